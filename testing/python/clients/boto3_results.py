"""Results through boto3: pages, types, the shapes of all answers, and the files in S3 byte for byte."""

import io

import pyarrow.parquet
from botocore.exceptions import ClientError

import kinds
from checks import DATABASE, check, fails, holds, main, place, same, unique
from statements import (
    answer,
    athena,
    done,
    in_s3,
    keys,
    parted,
    read,
    ready,
    results,
    rows,
    run,
    s3,
    texts,
    write,
)

CONTEXT = {"Database": DATABASE}


def columns(query_id: str) -> list[dict]:
    """What a result says of its columns."""
    return results(query_id, MaxResults=1)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]


@check
def the_first_row_of_a_query_is_its_header() -> None:
    for options in [{}, {"WorkGroup": "s3-results"}]:
        known = done(kinds.query(), **options)
        page = results(known["QueryExecutionId"])
        same(texts(page)[0], kinds.COLUMNS)
        same(texts(page)[1:], kinds.TEXTS)
        # NULL has no member, and an empty text has one.
        empty = page["ResultSet"]["Rows"][5]["Data"]
        same(empty[1:], [{}] * 8)
        same(page["ResultSet"]["Rows"][6]["Data"][4], {"VarCharValue": ""})
        same(page.get("NextToken"), None)
        same(page["UpdateCount"], 0)


@check
def columns_have_athenas_types() -> None:
    expressions = [
        ("true", "boolean", 0, 0, False),
        ("CAST(1 AS tinyint)", "tinyint", 3, 0, False),
        ("CAST(1 AS smallint)", "smallint", 5, 0, False),
        ("1", "integer", 10, 0, False),
        ("CAST(1 AS bigint)", "bigint", 19, 0, False),
        ("CAST(1.5 AS real)", "float", 17, 0, False),
        ("CAST(1.5 AS double)", "double", 17, 0, False),
        ("CAST(1.5 AS decimal(10, 2))", "decimal", 10, 2, False),
        ("CAST('a' AS varchar)", "varchar", 2147483647, 0, True),
        # Athena says 5, and char with 3: lengths are not known here.
        ("CAST('a' AS varchar(5))", "varchar", 2147483647, 0, True),
        ("CAST('a' AS char(3))", "varchar", 2147483647, 0, True),
        ("X'0102ff'", "varbinary", 1073741824, 0, False),
        ("DATE '2024-01-02'", "date", 0, 0, False),
        ("TIME '13:24:11'", "time", 3, 0, False),
        ("TIMESTAMP '2024-01-02 03:04:05.678'", "timestamp", 3, 0, False),
        ("TIMESTAMP '2024-01-02 03:04:05.678 UTC'", "timestamp with time zone", 3, 0, False),
        ("INTERVAL '1' DAY", "interval day to second", 0, 0, None),
        ("INTERVAL '1' YEAR", "interval year to month", 0, 0, None),
        ("ARRAY[1, 2]", "array", 0, 0, False),
        ("MAP(ARRAY['k', 'm'], ARRAY[1, 2])", "map", 0, 0, False),
        ("CAST(ROW(1, 'x') AS ROW(id integer, name varchar))", "row", 0, 0, False),
        ("JSON '{\"a\":1}'", "json", 0, 0, False),
        ("CAST('10.0.0.1' AS ipaddress)", "ipaddress", 0, 0, False),
        ("count(*)", "bigint", 19, 0, False),
    ]
    wrong = []
    for expression, name, precision, scale, cased in expressions:
        known = run(f"SELECT {expression} AS x")
        if known["Status"]["State"] != "SUCCEEDED":
            wrong.append(f"{expression}: {known['Status'].get('StateChangeReason')}")
            continue
        column = columns(known["QueryExecutionId"])[0]
        expected = {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": "x",
            "Label": "x",
            "Type": name,
            "Precision": precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": cased,
        }
        if cased is None:
            column["CaseSensitive"] = None
        if column != expected:
            wrong.append(f"{expression}: {({k: v for k, v in column.items() if expected.get(k) != v})}")
    assert not wrong, "\n  ".join(wrong)
    found = [(one["Type"], one["Precision"], one["Scale"]) for one in columns(done(kinds.query())["QueryExecutionId"])]
    same(found, kinds.TYPES)


@check
def values_have_athenas_texts() -> None:
    cases = [
        ("CAST(1 AS double)", "1.0"),
        ("DOUBLE '1e20'", "1.0E20"),
        ("DOUBLE '1e-7'", "1.0E-7"),
        ("nan()", "NaN"),
        ("infinity()", "Infinity"),
        ("-infinity()", "-Infinity"),
        ("CAST(1.5 AS decimal(10, 2))", "1.50"),
        ("CAST('a' AS char(3))", "a  "),
        ("X'0102ff'", "01 02 ff"),
        ("TIME '13:24:11'", "13:24:11.000"),
        ("TIMESTAMP '2024-01-02 03:04:05.678 UTC'", "2024-01-02 03:04:05.678 UTC"),
        ("INTERVAL '1' DAY", "1 00:00:00.000"),
        ("INTERVAL '1' YEAR", "1-0"),
        ("ARRAY['a', NULL]", "[a, null]"),
        ("MAP(ARRAY['m', 'k'], ARRAY[2, 1])", "{k=1, m=2}"),
        ("CAST(ROW(1, 'x') AS ROW(id integer, name varchar))", "{id=1, name=x}"),
        ("ROW(1, 'x')", "{1, x}"),
        ("JSON '{\"a\":1}'", '{"a":1}'),
        ("CAST('2001:DB8::1' AS ipaddress)", "2001:db8::1"),
    ]
    wrong = []
    for expression, text in cases:
        known = run(f"SELECT {expression}")
        if known["Status"]["State"] != "SUCCEEDED":
            wrong.append(f"{expression}: {known['Status'].get('StateChangeReason')}")
        elif (found := rows(known["QueryExecutionId"])[1]) != [text]:
            wrong.append(f"{expression}: {found[0]!r} and not {text!r}")
    assert not wrong, "\n  ".join(wrong)


@check
def columns_without_names_are_counted_and_names_may_repeat() -> None:
    known = done("SELECT 1, 2 AS two, 3, 4 AS two")
    same(rows(known["QueryExecutionId"])[0], ["_col0", "two", "_col2", "two"])


@check
def pages_have_the_asked_size() -> None:
    query_id = done("SELECT x FROM UNNEST(sequence(1, 25)) AS t (x) ORDER BY x")["QueryExecutionId"]
    expected = [["x"], *([str(number)] for number in range(1, 26))]
    for size in [1, 2, 7, 13, 25, 26, 27, 1000]:
        found, token, pages = [], None, 0
        while True:
            page = results(query_id, MaxResults=size, **({"NextToken": token} if token else {}))
            found += texts(page)
            assert len(page["ResultSet"]["Rows"]) <= size
            token = page.get("NextToken")
            assert token != ""
            pages += 1
            if token is None or pages > 40:
                break
        same(found, expected, f"pages of {size}")


@check
def many_rows_come_in_pages() -> None:
    query_id = done("SELECT x, 'row ' || CAST(x AS varchar) AS words FROM UNNEST(sequence(1, 10000)) AS t (x) ORDER BY x")["QueryExecutionId"]
    expected = [[str(number), f"row {number}"] for number in range(1, 10001)]
    same(rows(query_id)[1:], expected)
    first = results(query_id, MaxResults=1000)
    same(len(first["ResultSet"]["Rows"]), 1000)
    # A page can be asked for twice.
    token = first["NextToken"]
    same(texts(results(query_id, NextToken=token, MaxResults=5)), texts(results(query_id, NextToken=token, MaxResults=5)))
    same(texts(results(query_id, NextToken=token, MaxResults=1)), [["1000", "row 1000"]])
    # The token of another query is none.
    other = done("SELECT 1")["QueryExecutionId"]
    with fails(ClientError, "Malformed nextPageToken"):
        results(other, NextToken=token)


@check
def an_empty_result_has_its_header() -> None:
    query_id = done(kinds.query(where="false"))["QueryExecutionId"]
    same(rows(query_id), [kinds.COLUMNS])
    same([one["Type"] for one in columns(query_id)], [name for name, _, _ in kinds.TYPES])


@check
def statements_without_rows_answer_so() -> None:
    ready()
    table, folder = unique("answers"), place("answers")
    ddl = done(f"CREATE EXTERNAL TABLE {table} (a int, name string COMMENT 'who') PARTITIONED BY (year string, month string) STORED AS PARQUET LOCATION '{folder}data/'", QueryExecutionContext=CONTEXT)
    page = results(ddl["QueryExecutionId"])
    same(page["ResultSet"]["Rows"], [])
    same("UpdateCount" in page, False, "a count of changed rows")

    insert = done(f"INSERT INTO {table} SELECT 1, 'x', '2024', '01' UNION ALL SELECT 2, 'y', '2024', '02'", QueryExecutionContext=CONTEXT)
    same(results(insert["QueryExecutionId"])["UpdateCount"], 2)

    made = unique("made")
    ctas = done(f"CREATE TABLE {made} WITH (external_location = '{folder}made/') AS SELECT 1 AS a UNION ALL SELECT 2", QueryExecutionContext=CONTEXT)
    page = results(ctas["QueryExecutionId"])
    same(page["UpdateCount"], 2)
    same(texts(page), [])
    found = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    same([(one["Name"], one["Type"], one["Precision"], one["Scale"]) for one in found], [("rows", "bigint", 19, 0)])

    ask = lambda sql: answer(sql, QueryExecutionContext=CONTEXT)  # noqa: E731
    same(ask(f"SHOW TABLES '{table}'"), [[table]])
    same(ask(f"SHOW COLUMNS IN {table}"), [["a".ljust(20)], ["name".ljust(20)], ["year".ljust(20)], ["month".ljust(20)]])
    same(ask(f"SHOW PARTITIONS {table}"), [["year=2024/month=01"], ["year=2024/month=02"]])
    assert ["default"] in ask("SHOW DATABASES")
    line = lambda *words: ["\t".join(word.ljust(20) for word in words)]  # noqa: E731
    keyed = [line("year", "string", ""), line("month", "string", "")]
    same(
        ask(f"DESCRIBE {table}"),
        [
            line("a", "int", ""),
            line("name", "string", "who"),
            *keyed,
            ["\t \t "],
            ["# Partition Information\t \t "],
            ["# " + line("col_name", "data_type", "comment")[0]],
            ["\t \t "],
            *keyed,
        ],
    )
    text = "\n".join(row[0] for row in ask(f"SHOW CREATE TABLE {table}"))
    holds(text, f"CREATE EXTERNAL TABLE `{DATABASE}.{table}`", "PARTITIONED BY", "LOCATION", "TBLPROPERTIES")
    shown = done(f"SHOW CREATE TABLE {table}", QueryExecutionContext=CONTEXT)["QueryExecutionId"]
    same([(one["Name"], one["Type"]) for one in columns(shown)], [("createtab_stmt", "string")])
    same("UpdateCount" in results(shown), False, "a count of changed rows")
    described = done(f"DESCRIBE {table}", QueryExecutionContext=CONTEXT)["QueryExecutionId"]
    same([one["Name"] for one in columns(described)], ["col_name", "data_type", "comment"])
    properties = done(f"SHOW TBLPROPERTIES {table}", QueryExecutionContext=CONTEXT)["QueryExecutionId"]
    same([one["Name"] for one in columns(properties)], ["prpt_name", "prpt_value"])
    assert all(len(row) == 1 and "\t" in row[0] for row in rows(properties))
    plan = done("EXPLAIN SELECT 1")["QueryExecutionId"]
    same([(one["Name"], one["Type"]) for one in columns(plan)], [("Query Plan", "varchar")])
    same(rows(plan)[0], ["Query Plan"])
    same("UpdateCount" in results(plan), False, "a count of changed rows")


@check
def the_file_of_a_query_is_athenas_csv() -> None:
    known = in_s3(kinds.query())
    path = known["ResultConfiguration"]["OutputLocation"]
    same(read(path).decode(), kinds.csv())
    cases = [
        ("SELECT 1 AS a WHERE false", '"a"\n'),
        ("SELECT CAST(NULL AS integer) AS a", '"a"\n\n'),
        ("SELECT NULL AS a, NULL AS b", '"a","b"\n,\n'),
        ("SELECT '' AS a, NULL AS b, 'x' AS c", '"a","b","c"\n"",,"x"\n'),
        ("SELECT 1 AS \"quo\"\"te\"", '"quo""te"\n"1"\n'),
    ]
    for sql, text in cases:
        same(read(in_s3(sql)["ResultConfiguration"]["OutputLocation"]).decode(), text, sql)


@check
def the_file_of_another_statement_is_athenas_text() -> None:
    ready()
    table, folder = unique("texts"), place("texts")
    made = in_s3(f"CREATE EXTERNAL TABLE {table} (a int, b string) LOCATION '{folder}'", QueryExecutionContext=CONTEXT)
    same(read(made["ResultConfiguration"]["OutputLocation"]), b"")
    shown = in_s3(f"DESCRIBE {table}", QueryExecutionContext=CONTEXT)
    expected = "\n".join("\t".join(word.ljust(20) for word in words) for words in [("a", "int", ""), ("b", "string", "")])
    same(read(shown["ResultConfiguration"]["OutputLocation"]).decode(), expected)
    plan = in_s3("EXPLAIN SELECT 1")
    text = read(plan["ResultConfiguration"]["OutputLocation"]).decode()
    same(text.splitlines(), [row[0] for row in rows(plan["QueryExecutionId"])])
    assert not text.endswith("\n"), text


def varint(data: io.BytesIO) -> int:
    """A number of variable length, as protobuf writes it."""
    value = shift = 0
    while True:
        byte = data.read(1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def message(data: bytes) -> list[tuple[int, int | bytes]]:
    """The fields of a protobuf message, in their order."""
    stream, fields = io.BytesIO(data), []
    while stream.tell() < len(data):
        tag = varint(stream)
        match tag & 7:
            case 0:
                fields.append((tag >> 3, varint(stream)))
            case 2:
                fields.append((tag >> 3, stream.read(varint(stream))))
            case other:
                raise AssertionError(f"field {tag >> 3} has the form {other}")
    return fields


def metadata(path: str) -> tuple[dict, list[dict]]:
    """The `.metadata` of a result: the fields of the query, and those of each column."""
    fields = message(read(path))
    assert all(number in (1, 2, 3, 4) for number, _ in fields), fields
    return dict(field for field in fields if field[0] != 4), [dict(message(value)) for number, value in fields if number == 4]


@check
def the_metadata_of_a_file_tells_its_columns() -> None:
    known = in_s3(kinds.query())
    query, found = metadata(known["ResultConfiguration"]["OutputLocation"] + ".metadata")
    assert query[1], "the engine's name of the query"
    same(query.get(2), None, "what was changed")
    same([column[4].decode() for column in found], kinds.COLUMNS)
    same([column[5].decode() for column in found], kinds.COLUMNS)
    same([column[6].decode() for column in found], [name for name, _, _ in kinds.TYPES])
    same({column[1] for column in found}, {b"hive"})
    same({column[9] for column in found}, {3})
    by_name = {column[4].decode(): column for column in found}
    for name, (_, precision, scale) in zip(kinds.COLUMNS, kinds.TYPES, strict=True):
        has = {number for number in (7, 8, 10) if number in by_name[name]}
        expected = {"truth": {10}, "day": {8, 10}, "list": set()}.get(name, {7, 8, 10})
        same(has, expected, f"the members of {name}")
        if 7 in has:
            same((by_name[name][7], by_name[name][8]), (precision, scale), name)
    same(by_name["words"][10], 1)
    same(by_name["number"][10], 0)

    ready()
    table = unique("metadata")
    made = in_s3(f"CREATE EXTERNAL TABLE {DATABASE}.{table} (a int) LOCATION '{place('metadata')}'")
    metadata(made["ResultConfiguration"]["OutputLocation"] + ".metadata")


def manifest(known: dict) -> list[str]:
    """The files that a statement says that it wrote. Each must be there."""
    path = known["Statistics"]["DataManifestLocation"]
    text = read(path).decode()
    assert text == "" or text.endswith("\n"), text
    files = text.splitlines()
    for file in files:
        same(parted(file)[0], parted(path)[0], "the bucket of a file")
        assert read(file), file
    return files


def parquet(files: list[str]) -> list[dict]:
    """The rows of Parquet files."""
    return [row for file in files for row in pyarrow.parquet.read_table(io.BytesIO(read(file))).to_pylist()]


@check
def a_table_made_from_a_query_lists_its_files() -> None:
    ready()
    table, folder = unique("ctas"), place("ctas")
    output = {"OutputLocation": f"{folder}out/"}
    known = in_s3(
        f"CREATE TABLE {table} WITH (format = 'PARQUET', external_location = '{folder}data/') AS {kinds.query()}",
        QueryExecutionContext=CONTEXT,
        ResultConfiguration=output,
    )
    query_id = known["QueryExecutionId"]
    same(known["ResultConfiguration"]["OutputLocation"], f"{folder}out/tables/{query_id}")
    same(known["Statistics"]["DataManifestLocation"], f"{folder}out/tables/{query_id}-manifest.csv")
    files = manifest(known)
    same(sorted(files), sorted(keys(f"{folder}data/")))
    found = parquet(files)
    key = lambda row: str(row["number"])  # noqa: E731
    found.sort(key=key)
    expected = sorted((dict(zip(kinds.COLUMNS, row, strict=True)) for row in kinds.ROWS), key=key)
    same(found, expected)
    metadata(f"{folder}out/tables/{query_id}.metadata")
    same(answer(f"SELECT * FROM {table} ORDER BY number", QueryExecutionContext=CONTEXT), sorted(kinds.TEXTS, key=lambda row: int(row[0])))


@check
def an_insert_lists_its_files() -> None:
    ready()
    table, folder = unique("insert"), place("insert")
    done(f"CREATE EXTERNAL TABLE {table} (a int, b string) PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{folder}data/'", QueryExecutionContext=CONTEXT)
    output = {"OutputLocation": f"{folder}out/"}
    known = in_s3(f"INSERT INTO {table} VALUES (1, 'x', '2024-10-05'), (2, 'y', '2024-10-06')", QueryExecutionContext=CONTEXT, ResultConfiguration=output)
    query_id = known["QueryExecutionId"]
    same(known["Statistics"]["DataManifestLocation"], f"{folder}out/{query_id}-manifest.csv")
    files = manifest(known)
    same(sorted(file.removeprefix(f"{folder}data/").split("/")[0] for file in files), ["day=2024-10-05", "day=2024-10-06"])
    same(answer(f"SELECT a, b, day FROM {table} ORDER BY a", QueryExecutionContext=CONTEXT), [["1", "x", "2024-10-05"], ["2", "y", "2024-10-06"]])
    query, _ = metadata(f"{folder}out/{query_id}.metadata")
    same((query[2], query[3]), (b"INSERT", 2))


@check
def an_unload_lists_its_files() -> None:
    folder = place("unload")
    output = {"OutputLocation": f"{folder}out/"}
    for format in ["PARQUET", "JSON", "TEXTFILE", "ORC", "AVRO"]:
        target = f"{folder}{format.lower()}/"
        known = run(f"UNLOAD (SELECT 1 AS a, 'x' AS b) TO '{target}' WITH (format = '{format}')", ResultConfiguration=output)
        if format in ("ORC", "AVRO") and known["Status"]["State"] == "FAILED":
            holds(known["Status"]["StateChangeReason"], "NOT_SUPPORTED")
            continue
        same(known["Status"]["State"], "SUCCEEDED", f"{format} {known['Status'].get('StateChangeReason')}")
        same(known["Statistics"]["DataManifestLocation"], f"{folder}out/{known['QueryExecutionId']}-manifest.csv")
        files = manifest(known)
        same(sorted(files), sorted(keys(target)))
        if format == "PARQUET":
            same(parquet(files), [{"a": 1, "b": "x"}])


@check
def a_managed_unload_answers_rows_too() -> None:
    target = place("unload")
    known = done(f"UNLOAD (SELECT 1 AS a, 'x' AS b) TO '{target}' WITH (format = 'PARQUET')")
    same(parquet(manifest(known)), [{"a": 1, "b": "x"}])
    same(parted(known["Statistics"]["DataManifestLocation"])[0], parted(target)[0], "the bucket of the manifest")
    same(rows(known["QueryExecutionId"]), [["a", "b"], ["1", "x"]])


@check
def an_empty_table_has_an_empty_manifest() -> None:
    ready()
    table, folder = unique("none"), place("none")
    known = in_s3(f"CREATE TABLE {table} WITH (external_location = '{folder}') AS SELECT 1 AS a WHERE false", QueryExecutionContext=CONTEXT)
    assert known["Statistics"]["DataManifestLocation"]
    same(parquet(manifest(known)), [])
    same(answer(f"SELECT * FROM {table}", QueryExecutionContext=CONTEXT), [])


@check
def a_failed_query_leaves_no_result() -> None:
    folder = place("failed")
    known = run("SELECT 1 / x FROM (VALUES 1, 0) AS t (x)", ResultConfiguration={"OutputLocation": folder})
    same(known["Status"]["State"], "FAILED")
    same([key for key in keys(folder) if key.endswith(".csv")], [])


@check
def a_view_answers_through_the_api() -> None:
    ready()
    view = unique("view")
    done(f"CREATE VIEW {view} AS SELECT 1 AS a, 'x' AS b", QueryExecutionContext=CONTEXT)
    same(answer(f"SELECT * FROM {view}", QueryExecutionContext=CONTEXT), [["1", "x"]])
    found = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName=view)["TableMetadata"]
    same(found["TableType"], "VIRTUAL_VIEW")
    same([column["Name"] for column in found["Columns"]], ["a", "b"])
    shown = done(f"SHOW CREATE VIEW {view}", QueryExecutionContext=CONTEXT)["QueryExecutionId"]
    holds("\n".join(row[0] for row in rows(shown)), "CREATE VIEW", "SELECT")


@check
def results_of_hostile_texts_come_back_as_they_are() -> None:
    ready()
    table, folder = unique("hostile"), place("hostile")
    words = ["\x1b[31mred", "=cmd()", "a\tb", "\\N", "<script>", '""', "é" * 1000, "x" * 100_000]
    write(f"{folder}data.txt", "\n".join(word.replace("\t", " ") for word in words).encode() + b"\n")
    done(f"CREATE EXTERNAL TABLE {table} (words string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '{folder}'", QueryExecutionContext=CONTEXT)
    expected = sorted(None if word == "\\N" else word.replace("\t", " ") for word in words if word != "\\N")
    found = answer(f"SELECT words FROM {table} WHERE words IS NOT NULL", QueryExecutionContext=CONTEXT)
    same(sorted(row[0] for row in found), expected)
    same(s3.head_object(Bucket=parted(folder)[0], Key=parted(folder)[1] + "data.txt")["ContentLength"] > 0, True)


main()
