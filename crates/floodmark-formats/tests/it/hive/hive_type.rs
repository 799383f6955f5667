//! Types as DDL writes them.

use floodmark_formats::hive::HiveType;

#[test]
fn types_are_read_and_written_as_in_ddl() {
    for (text, expected) in [
        ("STRING", "string"),
        ("INTEGER", "int"),
        (" int ", "int"),
        ("double precision", "double"),
        ("decimal", "decimal(10,0)"),
        ("DECIMAL(5)", "decimal(5,0)"),
        ("decimal( 38 , 38 )", "decimal(38,38)"),
        ("char(10)", "char(10)"),
        ("varchar(65535)", "varchar(65535)"),
        ("array<array<int>>", "array<array<int>>"),
        ("map<string, array<bigint>>", "map<string,array<bigint>>"),
        ("struct<Name: string, `End` : int>", "struct<name:string,end:int>"),
        ("struct<a:int COMMENT 'one, two>',b:int>", "struct<a:int,b:int>"),
        ("struct<x-y:int,a.b:int>", "struct<x-y:int,a.b:int>"),
        ("struct<`a:b`:int>", "struct<`a:b`:int>"),
        (
            "array<struct<Rdata: string,Type: string,Class: string>>",
            "array<struct<rdata:string,type:string,class:string>>",
        ),
    ] {
        let parsed = HiveType::parse(text).unwrap();
        assert_eq!(parsed.to_string(), expected);
        assert_eq!(HiveType::parse(expected).unwrap(), parsed);
    }
}

#[test]
fn what_is_no_type_is_told_with_its_place() {
    for (text, expected) in [
        ("", "a type is missing at character 1 of the type ``"),
        ("text", "`text` is no type at character 1 of the type `text`"),
        ("array<int", "`>` is missing at character 10 of the type `array<int`"),
        ("int>", "`>` follows the type at character 4 of the type `int>`"),
        ("array<strin>", "`strin` is no type at character 7 of the type `array<strin>`"),
        ("char(0)", "the length is not between 1 and 255 at character 6 of the type `char(0)`"),
        ("struct<a int>", "`:` is missing at character 13 of the type `struct<a int>`"),
        (
            "struct<a:int,A:int>",
            "the field `a` occurs twice at character 14 of the type `struct<a:int,A:int>`",
        ),
        (
            "map<array<int>,int>",
            "the key of a map is nested at character 5 of the type `map<array<int>,int>`",
        ),
        (
            "decimal(39)",
            "a decimal has 1 to 38 digits, and no more of them after the point at character 8 of the type `decimal(39)`",
        ),
    ] {
        assert_eq!(HiveType::parse(text).unwrap_err(), expected);
    }
    let deep = "array<".repeat(100_000);
    assert!(HiveType::parse(&deep).unwrap_err().contains("more than 64 levels"));
}
