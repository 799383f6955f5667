"""awswrangler's queries: all ways to fetch a result, all types, parameters, the cache, errors."""

import datetime
import os
from decimal import Decimal

import awswrangler as wr
import numpy
import pandas as pd

import kinds
from checks import DATABASE, S3_RESULTS, check, fails, holds, main, place, same, unique
from statements import athena, done, keys, ready, s3

# A query's result may come through the API, or as a file in S3, or as Parquet by CREATE TABLE AS or UNLOAD.
MANAGED = {"ctas_approach": False, "workgroup": "primary"}
CSV = {"ctas_approach": False, "workgroup": S3_RESULTS}
CTAS = {"ctas_approach": True, "workgroup": S3_RESULTS}
UNLOAD = {"ctas_approach": False, "unload_approach": True, "workgroup": S3_RESULTS}
MANAGED_CTAS = {"ctas_approach": True, "workgroup": "primary"}
MANAGED_UNLOAD = {"ctas_approach": False, "unload_approach": True, "workgroup": "primary"}
WAYS = {
    "managed": MANAGED,
    "csv": CSV,
    "ctas": CTAS,
    "unload": UNLOAD,
    "managed ctas": MANAGED_CTAS,
    "managed unload": MANAGED_UNLOAD,
}
TEXTUAL = ["managed", "csv"]


def ask(sql: str, **options: object) -> pd.DataFrame:
    """Reads a query's result, in a folder of its own."""
    if options.get("ctas_approach") or options.get("unload_approach"):
        options.setdefault("s3_output", place("wrangler"))
    return wr.athena.read_sql_query(sql, database=DATABASE, **options)


def plain(value: object) -> object:
    """A value of a frame as plain Python."""
    if isinstance(value, numpy.ndarray | list):
        return [plain(one) for one in value]
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, numpy.generic):
        return value.item()
    return value


def values(frame: pd.DataFrame) -> list[tuple]:
    """The rows of a frame as plain Python."""
    return [tuple(plain(value) for value in row) for row in frame.astype(object).itertuples(index=False, name=None)]


def expected(way: str) -> list[tuple]:
    """The rows of all kinds, as this way can tell them."""
    if way not in TEXTUAL:
        return [tuple(row) for row in kinds.ROWS]
    rows = []
    for row, text in zip(kinds.ROWS, kinds.TEXTS, strict=True):
        # awswrangler reads an empty text as missing, and leaves an array as its text.
        rows.append((*row[:4], row[4] or None, *row[5:8], text[8]))
    return rows


@check
def every_way_gives_every_kind() -> None:
    ready()
    dtypes = ["Int32", "Int64", "float64", "object", "string", "boolean", "object", "datetime64", "object"]
    for way, options in WAYS.items():
        frame = ask(kinds.query(), **options)
        same(list(frame.columns), kinds.COLUMNS, way)
        if way in TEXTUAL:
            same(values(frame), expected(way), way)
        else:
            key = lambda row: row[0]  # noqa: E731
            same(sorted(values(frame), key=key), sorted(expected(way), key=key), way)
        for name, dtype, wanted in zip(kinds.COLUMNS, frame.dtypes, dtypes, strict=True):
            if name == "real":
                wanted = "loat64"
            assert wanted in str(dtype), f"{way}: {name} is {dtype} and not {wanted}"


@check
def every_way_gives_an_empty_result_with_its_types() -> None:
    ready()
    for way, options in WAYS.items():
        if "unload" in way:
            # awswrangler itself has no types for it.
            with fails(wr.exceptions.EmptyDataFrame):
                ask(kinds.query(where="false"), **options)
            continue
        frame = ask(kinds.query(where="false"), **options)
        same((list(frame.columns), len(frame)), (kinds.COLUMNS, 0), way)
        same(str(frame.dtypes["number"]), "Int32", way)


@check
def chunks_add_up() -> None:
    ready()
    sql = "SELECT x, 'row ' || CAST(x AS varchar) AS words FROM UNNEST(sequence(1, 5000)) AS t (x)"
    for way, options in WAYS.items():
        for chunks in [700, True]:
            frames = list(ask(sql, chunksize=chunks, **options))
            if chunks == 700:
                assert all(len(frame) <= 700 for frame in frames), way
                assert len(frames) >= 8, f"{way}: {len(frames)} chunks"
            whole = pd.concat(frames)
            same(sorted(whole["x"]), list(range(1, 5001)), f"{way} {chunks}")
            same(sorted(whole["words"]), sorted(f"row {number}" for number in range(1, 5001)), way)


@check
def many_rows_come_through_the_api() -> None:
    ready()
    frame = ask("SELECT a * 1000 + b AS x FROM UNNEST(sequence(0, 49)) AS s (a), UNNEST(sequence(0, 999)) AS t (b)", **MANAGED)
    same(sorted(frame["x"]), list(range(50_000)))


@check
def parameters_stand_in_their_places() -> None:
    ready()
    sql = "SELECT ? AS words, ? + 1 AS number"
    for way, options in {"managed": MANAGED, "csv": CSV}.items():
        frame = ask(sql, params=["'it''s'", "41"], paramstyle="qmark", **options)
        same(values(frame), [("it's", 42)], way)
    named = "SELECT :words AS words, :number + 1 AS number, :day AS day, :truth AS truth, :amount AS amount"
    chosen = {"words": "it's", "number": 41, "day": kinds.DAY, "truth": True, "amount": Decimal("1.50")}
    for way, options in WAYS.items():
        frame = ask(named, params=chosen, paramstyle="named", **options)
        same(values(frame), [("it's", 42, kinds.DAY, True, Decimal("1.50"))], way)


@check
def the_cache_asks_no_second_time() -> None:
    ready()
    settings = {"max_cache_seconds": 900}
    # awswrangler does not look for what it unloaded.
    for way in ["csv", "ctas"]:
        # What is cached may not be deleted.
        options = dict(WAYS[way], athena_cache_settings=settings, keep_files=True)
        folder = place("cache")
        sql = f"SELECT 1 AS a, '{unique('cache')}' AS b"
        first = ask(sql, s3_output=folder, **options)
        second = ask(sql, s3_output=folder, **options)
        same(second.query_metadata["QueryExecutionId"], first.query_metadata["QueryExecutionId"], way)
        same(values(second), values(first), way)
        third = ask(sql, s3_output=folder, **WAYS[way], keep_files=True)
        assert third.query_metadata["QueryExecutionId"] != first.query_metadata["QueryExecutionId"], way


@check
def the_cache_works_with_managed_results() -> None:
    ready()
    sql = f"SELECT 1 AS a, '{unique('cache')}' AS b"
    first = ask(sql, athena_cache_settings={"max_cache_seconds": 900}, **MANAGED)
    second = ask(sql, athena_cache_settings={"max_cache_seconds": 900}, **MANAGED)
    same(values(second), values(first))
    same(second.query_metadata["QueryExecutionId"], first.query_metadata["QueryExecutionId"])


@check
def errors_are_athenas() -> None:
    ready()
    for way, options in {"managed": MANAGED, "csv": CSV}.items():
        with fails(wr.exceptions.QueryFailed, "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved") as raised:
            ask("SELECT nothing FROM (VALUES 1) AS t (a)", **options)
        holds(raised[0], "requester is not authorized")
        with fails(wr.exceptions.QueryFailed, "TABLE_NOT_FOUND"):
            ask("SELECT * FROM nowhere", **options)
        with fails(athena.exceptions.InvalidRequestException, "mismatched input 'SELEC'"):
            ask("SELEC 1", **options)
        same(way in WAYS, True)
    for options in [CTAS, MANAGED_CTAS]:
        with fails(wr.exceptions.InvalidArgumentValue, "Please, define all columns names"):
            ask("SELECT 1", **options)
        with fails(wr.exceptions.InvalidCtasApproachQuery, "define distinct names"):
            ask("SELECT 1 AS foo, 2 AS foo", **options)
        with fails(wr.exceptions.InvalidArgumentValue, "undefined columns types"):
            ask("SELECT NULL AS a", **options)


@check
def names_that_repeat_are_told_apart() -> None:
    ready()
    frame = ask("SELECT 1 AS foo, 2 AS foo", **CSV)
    same(list(frame.columns), ["foo", "foo.1"])
    same(values(frame), [(1, 2)])


@check
def a_column_without_a_name_has_one() -> None:
    ready()
    for options in [MANAGED, CSV]:
        frame = ask("select 1 ", **options)
        same((list(frame.columns), values(frame)), (["_col0"], [(1,)]))


@check
def a_query_may_begin_with_with_and_end_in_a_remark() -> None:
    ready()
    sql = "WITH a AS (SELECT 1 AS x, 'y' AS y)\nSELECT * FROM a -- the end"
    for way, options in WAYS.items():
        if "unload" in way:
            # Here awswrangler puts its bracket into the remark.
            continue
        same(values(ask(sql, **options)), [(1, "y")], way)


@check
def temporary_tables_and_files_go_away() -> None:
    ready()
    folder = place("temporary")
    ask("SELECT 1 AS a", s3_output=folder, keep_files=False, **CTAS)
    same(keys(folder), [])
    ask("SELECT 1 AS a", s3_output=folder, keep_files=False, **UNLOAD)
    same(keys(folder), [])
    ask("SELECT 1 AS a", s3_output=folder, keep_files=False, **CSV)
    same(keys(folder), [])
    left = [one["Name"] for one in wr.catalog.get_tables(database=DATABASE, name_prefix="temp_table_")]
    same(left, [])


@check
def without_an_output_a_bucket_is_found() -> None:
    ready()
    for options in [MANAGED, CSV, {"ctas_approach": True, "workgroup": "primary"}, {"ctas_approach": True, "workgroup": S3_RESULTS}]:
        frame = wr.athena.read_sql_query("SELECT 1 AS a", database=DATABASE, **options)
        same(values(frame), [(1,)])
    # Nothing but the statement and the database: awswrangler's own defaults.
    same(values(wr.athena.read_sql_query("SELECT 2 AS a", database=DATABASE)), [(2,)])


@check
def a_workgroup_without_a_place_gets_the_accounts_bucket() -> None:
    ready()
    group = unique("bare")
    athena.create_work_group(Name=group, Configuration={"ManagedQueryResultsConfiguration": {"Enabled": False}})
    frame = wr.athena.read_sql_query("SELECT 1 AS a", database=DATABASE, ctas_approach=False, workgroup=group)
    same(values(frame), [(1,)])
    bucket = wr.athena.create_athena_bucket()
    holds(bucket, "s3://aws-athena-query-results-")
    name = bucket.removeprefix("s3://").strip("/")
    assert name in [one["Name"] for one in s3.list_buckets()["Buckets"]]


@check
def statements_run_one_by_one() -> None:
    ready()
    folder = place("steps")
    query_id = wr.athena.start_query_execution("SELECT 7 AS a", database=DATABASE, s3_output=folder, workgroup=S3_RESULTS)
    same(wr.athena.wait_query(query_id)["Status"]["State"], "SUCCEEDED")
    same(values(wr.athena.get_query_results(query_id)), [(7,)])
    same(wr.athena.get_query_columns_types(query_id), {"a": "integer"})
    same(wr.athena.get_query_execution(query_id)["Query"], "SELECT 7 AS a")
    assert query_id in wr.athena.list_query_executions(workgroup=S3_RESULTS)
    told = wr.athena.get_query_executions([query_id])
    same(list(told["QueryExecutionId"]), [query_id])
    same(wr.athena.get_work_group(S3_RESULTS)["WorkGroup"]["Name"], S3_RESULTS)
    waited = wr.athena.start_query_execution("SELECT 8 AS a", database=DATABASE, workgroup="primary", wait=True)
    same(waited["Status"]["State"], "SUCCEEDED")

    numbers = "(SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x))"
    slow = f"SELECT a.x * rand() AS a, b.x AS b FROM {numbers} AS a CROSS JOIN {numbers} AS b"
    query_id = wr.athena.start_query_execution(slow, database=DATABASE, workgroup="primary")
    wr.athena.stop_query_execution(query_id)
    with fails(wr.exceptions.QueryCancelled, "Query cancelled by user"):
        wr.athena.wait_query(query_id)


@check
def statements_are_prepared() -> None:
    ready()
    name = unique("prepared")
    wr.athena.create_prepared_statement("SELECT ? AS a, ? AS b", statement_name=name)
    assert name in [one["StatementName"] for one in wr.athena.list_prepared_statements()]
    wr.athena.create_prepared_statement("SELECT ? + ? AS a", statement_name=name, mode="update")
    with fails(wr.exceptions.AlreadyExists):
        wr.athena.create_prepared_statement("SELECT 1", statement_name=name, mode="error")
    frame = ask(f'EXECUTE "{name}" USING 40, 2', **MANAGED)
    same(values(frame), [(42,)])
    frame = ask(f'EXECUTE "{name}"', params=["1", "2"], paramstyle="qmark", **MANAGED)
    same(values(frame), [(3,)])
    wr.athena.delete_prepared_statement(statement_name=name)
    with fails((wr.exceptions.ResourceDoesNotExist, Exception)):
        wr.athena.delete_prepared_statement(statement_name=name)


@check
def named_queries_are_read() -> None:
    query_id = athena.create_named_query(Name="one", Database="default", QueryString="SELECT 1")["NamedQueryId"]
    same(wr.athena.get_named_query_statement(query_id), "SELECT 1")


@check
def a_table_is_described() -> None:
    ready()
    table, folder = unique("described"), place("described")
    done(f"CREATE EXTERNAL TABLE {DATABASE}.{table} (a int COMMENT 'one', b string, c decimal(9,2)) PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{folder}'")
    for group in [S3_RESULTS, "primary"]:
        frame = wr.athena.describe_table(table, database=DATABASE, workgroup=group)
        told = wr.catalog.table(database=DATABASE, table=table)
        same(list(frame["Column Name"]), ["a", "b", "c", "day"], group)
        same(list(frame["Type"]), ["int", "string", "decimal(9,2)", "string"], group)
        same(list(frame["Partition"]), [False, False, False, True], group)
        same(list(told["Column Name"]), list(frame["Column Name"]), group)
        same(list(told["Partition"]), list(frame["Partition"]), group)
        text = wr.athena.show_create_table(table, database=DATABASE, workgroup=group)
        holds(text, f"CREATE EXTERNAL TABLE `{DATABASE}.{table}`", "PARTITIONED BY", folder.rstrip("/"))
        same(wr.athena.repair_table(table, database=DATABASE, workgroup=group), "SUCCEEDED", group)
    holds(wr.athena.generate_create_query(table, database=DATABASE), "CREATE EXTERNAL TABLE")


@check
def partitions_are_found_by_repair() -> None:
    ready()
    table, folder = unique("repaired"), place("repaired")
    frame = pd.DataFrame({"a": [1, 2], "day": ["x", "y"]})
    wr.s3.to_parquet(frame, path=folder, dataset=True, partition_cols=["day"])
    done(f"CREATE EXTERNAL TABLE {DATABASE}.{table} (a bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{folder}'")
    same(values(ask(f"SELECT a FROM {table}", **MANAGED)), [])
    wr.athena.repair_table(table, database=DATABASE, workgroup=S3_RESULTS)
    same(sorted(values(ask(f"SELECT a, day FROM {table}", **MANAGED))), [(1, "x"), (2, "y")])


@check
def a_table_is_made_from_a_query() -> None:
    ready()
    table, folder = unique("made"), place("made")
    told = wr.athena.create_ctas_table(
        "SELECT 1 AS a, 'x' AS b, '2024' AS year",
        database=DATABASE,
        ctas_table=table,
        s3_output=folder,
        storage_format="parquet",
        write_compression="snappy",
        partitioning_info=["year"],
        wait=True,
        workgroup=S3_RESULTS,
    )
    same((told["ctas_database"], told["ctas_table"]), (DATABASE, table))
    same(values(ask(f"SELECT a, b, year FROM {table}", **MANAGED)), [(1, "x", "2024")])
    frame = wr.athena.read_sql_table(table, database=DATABASE, ctas_approach=False, workgroup="primary")
    same(values(frame), [(1, "x", "2024")])


@check
def a_query_is_unloaded() -> None:
    ready()
    folder = place("unloaded")
    told = wr.athena.unload(kinds.query(), path=folder, database=DATABASE, file_format="PARQUET", compression="snappy", workgroup=S3_RESULTS)
    assert told.manifest_location
    # awswrangler puts the manifest and what describes it into the same folder.
    frame = wr.s3.read_parquet(folder, path_ignore_suffix=[".csv", ".metadata"])
    same(len(frame), len(kinds.ROWS))


@check
def a_partitioned_table_is_written_and_asked() -> None:
    ready()
    table, folder = unique("dataset"), place("dataset")
    frame = pd.DataFrame(
        {
            "number": pd.array([1, 2, None], dtype="Int64"),
            "words": ["a", None, ""],
            "moment": [datetime.datetime(2024, 10, 5, 1), pd.NaT, datetime.datetime(2024, 10, 5, 2)],
            "day": ["2024-10-05", "2024-10-05", "2024-10-06"],
        }
    )
    wr.s3.to_parquet(frame, path=folder, dataset=True, database=DATABASE, table=table, partition_cols=["day"])
    found = ask(f"SELECT number, words, moment, day FROM {table} ORDER BY number", **CTAS)
    found = found.sort_values("number")
    moment = datetime.datetime(2024, 10, 5, 1)
    same(values(found), [(1, "a", moment, "2024-10-05"), (2, None, None, "2024-10-05"), (None, "", datetime.datetime(2024, 10, 5, 2), "2024-10-06")])
    same(values(ask(f"SELECT count(*) AS n FROM {table} WHERE day = '2024-10-05'", **MANAGED)), [(2,)])
    wr.s3.to_parquet(frame, path=folder, dataset=True, database=DATABASE, table=table, partition_cols=["day"], mode="overwrite_partitions")
    same(values(ask(f"SELECT count(*) AS n FROM {table}", **MANAGED)), [(3,)])
    wr.s3.to_parquet(frame, path=folder, dataset=True, database=DATABASE, table=table, partition_cols=["day"], mode="append")
    same(values(ask(f"SELECT count(*) AS n FROM {table}", **MANAGED)), [(6,)])


@check
def a_csv_table_is_written_and_asked() -> None:
    ready()
    table, folder = unique("csv"), place("csv")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y z"]})
    wr.s3.to_csv(frame, path=folder, dataset=True, database=DATABASE, table=table, index=False)
    same(values(ask(f"SELECT a, b FROM {table} ORDER BY a", **MANAGED)), [(1, "x"), (2, "y z")])


@check
def what_a_query_cost_is_told() -> None:
    ready()
    frame = ask("SELECT 1 AS a", **MANAGED)
    told = frame.query_metadata
    same(told["Status"]["State"], "SUCCEEDED")
    assert told["Statistics"]["DataScannedInBytes"] >= 0
    same(os.environ.get("AWS_ENDPOINT_URL", "") != "", True, "that the server is named by the environment alone")


main()
