//! The parser, by statements with what they are read for.

use std::path::Path;

use crate::dialect::ddl::literal::{hive_comment, hive_quoted, hive_text};
use crate::dialect::ddl::statement::{CreateTable, Statement};
use crate::dialect::ddl::{create_table, parse, split};
use crate::error::Error;

fn one(sql: &str) -> Result<Option<Statement>, Error> {
    let ranges = split(sql);
    assert_eq!(ranges.len(), 1, "{sql}");
    parse(sql, ranges[0].clone())
}

fn table(sql: &str) -> CreateTable {
    match one(sql) {
        Ok(Some(Statement::CreateTable(table))) => *table,
        Ok(other) => panic!("{sql}: {other:?}"),
        Err(error) => panic!("{sql}: {}", error.athena_text()),
    }
}

/// AWS's documented tables, one a file.
pub(super) fn documented() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../floodmark/tests/ddl");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() > 30);
    files
}

#[test]
fn ddl_splits_statements_at_semicolons_outside_of_quotes_and_comments() {
    for (sql, expected) in [
        ("", &[][..]),
        (" ; ;-- only\n/* ; */;", &[]),
        ("select 1", &["select 1"]),
        (" select ';' ; select 2 -- ; \n", &["select ';'", "select 2"]),
        ("select \"a;b\" /* ; */ from t;x", &["select \"a;b\" /* ; */ from t", "x"]),
        // Trino's texts have no escapes, Hive's do.
        ("select '\\'; select '\\'", &["select '\\'", "select '\\'"]),
        ("show tables '\\';'; select 1", &["show tables '\\';'", "select 1"]),
        ("select 'it''s;'; x", &["select 'it''s;'", "x"]),
        (
            "create table t with (field_delimiter='\\') as select 1; x",
            &["create table t with (field_delimiter='\\') as select 1", "x"],
        ),
        ("select 'a; b", &["select 'a; b"]),
        ("\u{feff}select 1;", &["select 1"]),
    ] {
        let found: Vec<_> = split(sql).into_iter().map(|range| &sql[range]).collect();
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn ddl_texts_of_hive_are_unescaped() {
    for (written, expected) in [
        (r#"'a\\s'"#, r"a\s"),
        (r#"'\"'"#, "\""),
        (r#"'\\\"'"#, "\\\""),
        (r"'\n\t\r\b\0\Z'", "\n\t\r\u{8}\0\u{1a}"),
        (r"'\%\_'", r"\%\_"),
        (r"'[^\s]'", "[^s]"),
        (r"'\001\101'", "\u{1}A"),
        (r"'\u0041\u00e9\uD83D\uDE00'", "A\u{e9}\u{1f600}"),
        (r"'\uD83D'", "\u{fffd}"),
        (r"'\u00'", "u00"),
        ("'it''s'", "its"),
        ("\"a'b\"", "a'b"),
        (r"'it\'s'", "it's"),
        (r"'\201'", "201"),
        ("''", ""),
    ] {
        assert_eq!(hive_text(written), expected, "{written}");
    }
    for text in ["", "a\\s\"'; \t\n\u{1}\u{e9}\u{1f600}", "%_\\%\\_", "\\001", "\\u0041 \0\u{1a}"] {
        assert_eq!(hive_text(&hive_quoted(text)), text);
        assert_eq!(hive_text(&hive_comment(text)), text);
    }
}

#[test]
fn ddl_of_documented_tables_is_read_and_rendered_back() {
    for (file, sql) in documented() {
        let mut made = table(&sql);
        // The statement itself says it.
        made.table.properties.remove("EXTERNAL");
        assert!(!made.table.columns.is_empty(), "{file}");
        assert!(made.table.location.starts_with("s3://"), "{file}");
        let rendered = create_table(&made.table, &made.table.name);
        let mut again = table(&rendered).table;
        again.database.clone_from(&made.table.database);
        assert_eq!(again, made.table, "{file}: {rendered}");
    }
}

#[test]
fn ddl_of_odd_tables_is_rendered_back() {
    for sql in [
        "CREATE EXTERNAL TABLE a.b (`select` int COMMENT 'it\\'s; \\\\ é', `x-y` string) COMMENT 'T \\n'
         PARTITIONED BY (p string COMMENT 'q') CLUSTERED BY (`x-y`) INTO 8 BUCKETS
         ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '|'
         MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' NULL DEFINED AS '\\\\N'
         STORED AS TEXTFILE LOCATION 's3://b/ä ö/' TBLPROPERTIES ('a\"b'='c;d', \"n\"=5, 'transient_lastDdlTime'='7')",
        "create external table t (a struct<b:array<map<string,struct<`end`:decimal(12, 3), \
         `user-agent` : VarChar( 10 )>>>, c:INT COMMENT 'x'>) stored as orc location 's3://b/'",
        "create external table `a`.`b` (a char(3), b decimal, c numeric(5)) stored as inputformat 'i' outputformat 'o'
         with serdeproperties ('k'='v', 'serialization.format'='2') location 's3://b/' comment 'behind'",
        "create external table \"a\".\"b\" (a int) location \"s3://b/\"",
        "create external table t row format serde 'org.apache.hadoop.hive.serde2.avro.AvroSerDe'
         with serdeproperties ('avro.schema.literal'='{\"type\": \"record\"}') stored as avro location 's3://b/'",
    ] {
        let made = table(sql);
        let rendered = create_table(&made.table, &made.table.name);
        let mut again = table(&rendered).table;
        again.database.clone_from(&made.table.database);
        assert_eq!(again, made.table, "{rendered}");
    }
}

#[test]
fn ddl_of_a_table_prints_as_athena_prints_it() {
    let made = table(
        "create external table if not exists db.t (a int, b array<string> comment 'x')
         partitioned by (dt string) row format serde 'org.apache.hadoop.hive.serde2.RegexSerDe'
         with serdeproperties ('serialization.format'='1', 'input.regex'='([^ ]*) \\\"(\\\\d+)\\\"')
         location 's3://b/p/' tblproperties ('has_encrypted_data'='false', 'classification'='x')",
    );
    assert!(made.if_not_exists);
    assert_eq!((made.table.database.as_str(), made.table.name.as_str()), ("db", "t"));
    let expected = "CREATE EXTERNAL TABLE `db.t`(
  `a` int, 
  `b` array<string> COMMENT 'x')
PARTITIONED BY ( 
  `dt` string)
ROW FORMAT SERDE 
  'org.apache.hadoop.hive.serde2.RegexSerDe' 
WITH SERDEPROPERTIES ( 
  'input.regex'='([^ ]*) \\\"(\\\\d+)\\\"') 
STORED AS INPUTFORMAT 
  'org.apache.hadoop.mapred.TextInputFormat' 
OUTPUTFORMAT 
  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION
  's3://b/p/'
TBLPROPERTIES (
  'classification'='x', 
  'has_encrypted_data'='false')";
    assert_eq!(create_table(&made.table, "db.t"), expected);
}

#[test]
fn ddl_statements_are_read() {
    for (sql, expected) in [
        ("select 1", None),
        ("(select 1)", None),
        ("-- c\n WITH a as (select 1) select * from a", None),
        ("table t", None),
        (
            "CREATE DATABASE IF NOT EXISTS `logs` COMMENT 'x' LOCATION 's3://b/' WITH DBPROPERTIES ('a'='b')",
            Some("CreateDatabase"),
        ),
        ("create schema if not exists `s`", Some("CreateDatabase")),
        ("drop schema awsdatacatalog.s cascade", Some("DropDatabase")),
        ("drop table if exists \"db\".\"t\"", Some("DropTable")),
        ("drop view v", Some("DropView")),
        (
            "CREATE TABLE \"db\".\"t\"\nWITH(\n    external_location = 's3://b/',\n    format = 'PARQUET')\nAS select 1 as a",
            Some("external_location"),
        ),
        (
            "create table t with (partitioned_by = ARRAY['a', 'b'], is_external = true, bucket_count = 5) as (select 1 a) with no data",
            Some("with_data: false"),
        ),
        (
            "create table t as with a as (select 1 b) select * from a with data",
            Some("CreateTableAs"),
        ),
        ("INSERT INTO db.t (a, b) SELECT 1, 2", Some("columns: [\"a\", \"b\"]")),
        ("insert into t values (1, ')')", Some("InsertInto")),
        ("insert into t (select 1)", Some("columns: []")),
        (
            "UNLOAD (\n\tselect ')' from (values 1) -- )\n)\nTO 's3://b/x''y/'\nWITH (\n\tformat = 'PARQUET',\n\tcompression = 'SNAPPY'\n)",
            Some("s3://b/x'y/"),
        ),
        (
            "create or replace view v (a, b) comment 'x' security definer as select 1, 2",
            Some("or_replace: true"),
        ),
        (
            "ALTER TABLE vpc_flow_logs ADD PARTITION (dt='2024-01-01') location 's3://b/2024/01/01'",
            Some("AddPartitions"),
        ),
        (
            "alter table t add if not exists partition (a = 1, `b` = 'x') partition (a=-2, b='y') location 's3://b/'",
            Some("\"-2\""),
        ),
        (
            "alter table t drop if exists partition (a > '5', b <> 'x'), partition (a <= date '2024-01-01')",
            Some("LessOrEqual"),
        ),
        ("alter table t partition (a='1') rename to partition (a='2')", Some("RenamePartition")),
        ("alter table t partition (a='1') set location 's3://b/'", Some("SetLocation")),
        (
            "alter table `s`.`m` set tblproperties ('classification'='parquet')",
            Some("SetProperties"),
        ),
        ("alter table t unset tblproperties if exists ('a', 'b')", Some("UnsetProperties")),
        (
            "alter table t add columns (a int comment 'x', b struct<c:int>) cascade",
            Some("struct<c:int>"),
        ),
        ("alter table t replace columns (a int)", Some("ReplaceColumns")),
        ("alter table t change column a b bigint comment 'x' after c", Some("After(\"c\")")),
        ("alter table t change a a string first", Some("First")),
        ("alter table t rename to u", Some("RenameTable")),
        ("alter table t drop column c", Some("DropColumn")),
        ("alter database d set dbproperties ('a'='b')", Some("AlterDatabase")),
        ("MSCK REPAIR TABLE `db`.`t`", Some("MsckRepair")),
        ("show databases like 'a.*'", Some("Pattern(\"a.*\")")),
        ("SHOW SCHEMAS", Some("ShowDatabases { like: None }")),
        ("show tables in `db` 'x*|y'", Some("Pattern(\"x*|y\")")),
        ("show tables from db like 'x%'", Some("Sql(\"x%\", None)")),
        ("show tables", Some("ShowTables { database: None, like: None }")),
        ("show views in db like 'v*'", Some("ShowViews")),
        ("show columns from t in db", Some("database: Some(\"db\")")),
        ("show partitions db.t", Some("ShowPartitions")),
        ("show create table `db.t`", Some("database: Some(\"db\")")),
        ("show create view v", Some("ShowCreateView")),
        ("show tblproperties t('a')", Some("key: Some(\"a\")")),
        ("show functions like 'regexp\\_%' escape '\\\\'", Some("Some('\\\\')")),
        ("DESCRIBE `t`", Some("detail: Columns")),
        ("desc formatted db.t partition (a='1')", Some("detail: Formatted")),
        ("describe extended", Some("name: \"extended\"")),
        ("describe t a.b.'$elem$'", Some("\"$elem$\"")),
        ("describe input p", Some("DescribeInput")),
        ("describe output p", Some("DescribeOutput")),
        ("describe input", Some("Describe {")),
        ("explain analyze verbose select 1", Some("verbose: true")),
        (
            "explain (type io, format json) select 1",
            Some("format: Some(\"JSON\"), kind: Some(\"IO\")"),
        ),
        ("explain (select 1)", Some("inner: 8..18")),
        ("PREPARE p FROM SELECT * FROM t WHERE a = ?", Some("query: 15..42")),
        (
            "EXECUTE \"p\" USING 'a,b', f(1, 2), ARRAY[1, 2]",
            Some("parameters: [18..23, 25..32, 34..45]"),
        ),
        ("execute immediate 'select ''x'' where 1 = ?' using 1", Some("select 'x' where 1 = ?")),
        ("deallocate prepare p", Some("Deallocate")),
        (
            "merge into t using s on true when matched then delete",
            Some("what: \"MERGE\", by_athena: false"),
        ),
        ("vacuum t", Some("VACUUM")),
        ("grant select on t to u", Some("by_athena: true")),
        ("create function f() returns int", Some("CREATE FUNCTION")),
        (
            "create table t (a int) location 's3://b/' tblproperties ('table_type'='ICEBERG')",
            Some("Iceberg"),
        ),
        (
            "create table t (a int) partitioned by (day(a)) location 's3://b/' tblproperties (\"table_type\"=\"iceberg\")",
            Some("Iceberg"),
        ),
        ("create external table t like u", Some("CREATE TABLE LIKE")),
        ("insert overwrite t select 1", Some("INSERT OVERWRITE")),
        ("alter table t touch", Some("TOUCH")),
    ] {
        match (one(sql), expected) {
            (Ok(None), None) => {}
            (Ok(Some(statement)), Some(expected)) => {
                let shown = format!("{statement:?}");
                assert!(shown.contains(expected), "{sql}: {shown}");
            }
            (Ok(other), _) => panic!("{sql}: {other:?}"),
            (Err(error), _) => panic!("{sql}: {}", error.athena_text()),
        }
    }
}

#[test]
fn ddl_inner_queries_are_ranges_of_the_whole_text() {
    let sql = "select 1;\ncreate view v as -- why\n  select 2 -- end\n;";
    let range = split(sql)[1].clone();
    let Ok(Some(Statement::CreateView(view))) = parse(sql, range) else { panic!("no view") };
    assert_eq!(&sql[view.query], "select 2");
    let sql = "create table t as select 'WITH DATA' from u with no data";
    let Ok(Some(Statement::CreateTableAs(table))) = one(sql) else { panic!("no table") };
    assert_eq!(&sql[table.query], "select 'WITH DATA' from u");
}

#[test]
fn ddl_errors_are_in_athenas_words() {
    for (sql, expected) in [
        (
            "SELEC 1",
            "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', \
             'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', \
             'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', \
             'UPDATE', 'USE', <query>",
        ),
        ("create", "line 1:7: mismatched input '<EOF>'. Expecting: "),
        ("create viev v as select 1", "line 1:8: mismatched input 'viev'. Expecting: "),
        ("create view v as selec 1", "line 1:18: mismatched input 'selec'. Expecting: <query>"),
        ("drop tabel t", "line 1:6: no viable alternative at input 'drop tabel'"),
        ("drop table t u", "line 1:14: extraneous input 'u' expecting <EOF>"),
        (
            "create external table t (a int",
            "line 1:31: no viable alternative at input 'create external table t (a int<EOF>'",
        ),
        (
            "create external table t (a strin) location 's3://b/'",
            "line 1:28: no viable alternative at input 'create external table t (a strin'",
        ),
        (
            "create external table t\n  (a int) location s3",
            "line 2:20: mismatched input 's3' expecting <string>",
        ),
        (
            "create external table t (a int)",
            "No location was specified for table. An S3 location must be specified",
        ),
        (
            "create table t (a int)",
            "No location was specified for table. An S3 location must be specified",
        ),
        (
            "create external table t (a int, A string) location 's3://b/'",
            "FAILED: SemanticException [Error 10036]: Duplicate column name: a",
        ),
        (
            "create external table t (a int) partitioned by (a string) location 's3://b/'",
            "FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns",
        ),
        (
            "create external table t (a struct<b int>) location 's3://b/'",
            "line 1:37: mismatched input 'int' expecting ':'",
        ),
        (
            "create external table a-b (c int) location 's3://b/'",
            "line 1:24: no viable alternative at input 'create external table a-'",
        ),
        ("show tables in 'x", "line 1:16: mismatched input ''' expecting <identifier>"),
        ("unload select 1 to 's3://b/'", "line 1:8: mismatched input 'select'. Expecting: '('"),
        ("execute p using", "line 1:16: mismatched input '<EOF>'. Expecting: <expression>"),
        ("drop table a.b.c.d", "SYNTAX_ERROR: line 1:12: Too many parts in table name: a.b.c.d"),
    ] {
        match one(sql) {
            Ok(statement) => panic!("{sql}: {statement:?}"),
            Err(error) => {
                let text = error.athena_text();
                assert!(text.starts_with(expected), "{sql}: {text}");
            }
        }
    }
    for (sql, hint) in [
        ("SELEC 1", "did you mean `SELECT`?"),
        ("creat view v as select 1", "did you mean `CREATE`?"),
        ("create external tabel t (a int)", "did you mean `TABLE`?"),
        ("create external table t (a strng)", "did you mean `string`?"),
        ("create external table t (a text)", "did you mean `string`?"),
        ("show tables in 'x", "a quote is not closed"),
    ] {
        let error = one(sql).expect_err(sql);
        assert_eq!(error.hint_text(), Some(hint), "{sql}: {}", error.athena_text());
    }
}

#[test]
fn ddl_that_is_hostile_is_an_error() {
    let deep = format!("create external table t (a {}", "array<".repeat(100_000));
    let cut =
        "create external table `db`.`t` (a struct<`b`:int>) comment '\\'é' location \"s3://b/\"";
    let arrays = format!("create table t with (a = {}", "ARRAY[".repeat(100_000));
    for sql in [
        deep.as_str(),
        arrays.as_str(),
        "show tables '\\",
        "create external table `",
        "drop table .",
        "\\",
        "'",
    ] {
        assert!(one(sql).is_err(), "{}", &sql[..sql.len().min(80)]);
    }
    for (end, _) in cut.char_indices() {
        for range in split(&cut[..end]) {
            let _ = parse(&cut[..end], range);
        }
    }
}
