"""PyAthena's cursors, in the thread, in others and in asyncio, with results from the API and from S3."""

import asyncio
import datetime
import logging
from collections.abc import Callable
from decimal import Decimal

import numpy
import pandas as pd
import pyathena
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import DatabaseError, NotSupportedError, OperationalError
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.async_cursor import AsyncPolarsCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.async_cursor import AsyncS3FSCursor
from pyathena.s3fs.cursor import S3FSCursor

import kinds
from checks import DATABASE, S3_RESULTS, check, fails, holds, main, place, same, unique
from statements import keys, ready

STAGING = place("pyathena")

# PyAthena logs each refusal that a check wants, and each result that does not lie in S3.
logging.getLogger("pyathena").setLevel(logging.CRITICAL)

# pyarrow finds S3 by no variable of the environment, so an ArrowCursor asks the server only if it needs no S3.
IN_S3 = [Cursor, DictCursor, PandasCursor, PolarsCursor, S3FSCursor]
MANAGED = [*IN_S3, ArrowCursor]

NUMBERS = "(SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x))"
ENDLESS = f"SELECT a.x * rand() AS a, b.x * rand() AS b FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b"


def connect(cursor: type, staging: str | None = STAGING, **options: object) -> pyathena.connection.Connection:
    """A connection with results in S3, or none of them there if there is no staging folder."""
    if staging:
        options.setdefault("s3_staging_dir", staging)
    else:
        options.update(s3_staging_dir="", work_group="primary")
    return pyathena.connect(schema_name=DATABASE, cursor_class=cursor, poll_interval=0.1, **options)


def ways() -> list[tuple[str, Callable[[], pyathena.connection.Connection]]]:
    """All cursors with results in S3, and all without."""
    made = [(f"{cursor.__name__} in S3", lambda cursor=cursor: connect(cursor)) for cursor in IN_S3]
    return made + [(f"{cursor.__name__} managed", lambda cursor=cursor: connect(cursor, None)) for cursor in MANAGED]


def plain(value: object) -> object:
    """A value of a cursor as plain Python. Some cursors cannot tell an empty text from none."""
    if value is None or value is pd.NaT or value is pd.NA or value == "" or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, numpy.generic):
        return value.item()
    return value


def tuples(rows: list) -> list[tuple]:
    """The rows of a cursor as plain Python."""
    return [tuple(plain(value) for value in (row.values() if isinstance(row, dict) else row)) for row in rows]


def simple() -> list[tuple]:
    """The rows of all kinds without their lists."""
    return [tuple(plain(value) for value in row[:8]) for row in kinds.ROWS]


def dated(rows: list[tuple]) -> list[tuple]:
    """Rows whose days are days: pandas has only moments."""
    return [(*row[:6], row[6].date() if isinstance(row[6], datetime.datetime) else row[6], *row[7:]) for row in rows]


@check
def every_cursor_gives_every_kind() -> None:
    ready()
    for way, connection in ways():
        cursor = connection().cursor().execute(kinds.query(kinds.COLUMNS[:8]))
        same([(column[0], column[1], column[4], column[5], column[6]) for column in cursor.description], [(name, *kind, "UNKNOWN") for name, kind in zip(kinds.COLUMNS[:8], kinds.TYPES[:8], strict=True)], way)
        same(dated(tuples(cursor.fetchall())), simple(), way)
        same((cursor.state, cursor.database, cursor.catalog), ("SUCCEEDED", DATABASE, "awsdatacatalog"), way)
        same((cursor.statement_type, cursor.substatement_type), ("DML", "SELECT"), way)
        if "S3" in way.split():
            same(cursor.output_location, f"{STAGING}{cursor.query_id}.csv", way)
        else:
            same(cursor.output_location, None, way)


@check
def the_plain_cursor_tells_empty_texts_and_lists() -> None:
    ready()
    for staging in [STAGING, None]:
        cursor = connect(Cursor, staging).cursor().execute(kinds.query())
        same(cursor.fetchall(), [tuple(row) for row in kinds.ROWS])
        cursor = connect(DictCursor, staging).cursor().execute(kinds.query())
        same(cursor.fetchall(), [dict(zip(kinds.COLUMNS, row, strict=True)) for row in kinds.ROWS])


@check
def every_cursor_fetches_one_many_and_all() -> None:
    ready()
    sql = "SELECT x FROM UNNEST(sequence(1, 2500)) AS t (x) ORDER BY x"
    for way, connection in ways():
        with connection().cursor() as cursor:
            cursor.execute(sql)
            found = tuples([cursor.fetchone()]) + tuples(cursor.fetchmany(5)) + tuples(cursor.fetchmany(1000))
            found += tuples(list(cursor))
            same([row[0] for row in found], list(range(1, 2501)), way)
            same(cursor.fetchone(), None, way)


@check
def every_cursor_gives_an_empty_result() -> None:
    ready()
    for way, connection in ways():
        cursor = connection().cursor().execute(kinds.query(where="false"))
        same(list(cursor.fetchall()), [], way)
        same([column[0] for column in cursor.description], kinds.COLUMNS, way)


@check
def frames_come_whole_and_in_pieces() -> None:
    ready()
    sql = "SELECT x, 'row ' || CAST(x AS varchar) AS words FROM UNNEST(sequence(1, 3000)) AS t (x) ORDER BY x"
    numbers, words = list(range(1, 3001)), [f"row {number}" for number in range(1, 3001)]
    for staging in [STAGING, None]:
        frame = connect(PandasCursor, staging).cursor().execute(sql).as_pandas()
        same((list(frame["x"]), list(frame["words"])), (numbers, words))
        frame = connect(PolarsCursor, staging).cursor().execute(sql).as_polars()
        same((frame["x"].to_list(), frame["words"].to_list()), (numbers, words))
        cursor = connect(PandasCursor, staging).cursor().execute(sql, chunksize=700)
        pieces = list(cursor.as_pandas())
        same([number for piece in pieces for number in piece["x"]], numbers)
        cursor = connect(PolarsCursor, staging, cursor_kwargs={"chunksize": 700}).cursor().execute(sql)
        same([number for piece in cursor.iter_chunks() for number in piece["x"].to_list()], numbers)
    table = connect(ArrowCursor, None).cursor().execute(sql).as_arrow()
    same((table["x"].to_pylist(), table["words"].to_pylist()), (numbers, words))


@check
def results_are_unloaded() -> None:
    ready()
    # With a NULL among them, pandas makes numbers of whole ones, which loses the last digits of large ones.
    names = [name for name in kinds.COLUMNS[:8] if name != "big"]
    expected = [(row[0], *row[2:]) for row in simple()]
    for cursor in [PandasCursor, PolarsCursor]:
        opened = connect(cursor, cursor_kwargs={"unload": True}).cursor().execute(kinds.query(names))
        found = [(*row[:5], row[5].date() if isinstance(row[5], datetime.datetime) else row[5], row[6]) for row in tuples(opened.fetchall())]
        same(sorted(found, key=str), sorted(expected, key=str), cursor.__name__)
        holds(opened.data_manifest_location, STAGING)
        empty = connect(cursor, cursor_kwargs={"unload": True}).cursor().execute(kinds.query(["number"], where="false"))
        same(list(empty.fetchall()), [], cursor.__name__)


@check
def values_stand_for_marks() -> None:
    ready()
    for way, connection in ways():
        cursor = connection().cursor()
        found = cursor.execute("SELECT ? AS words, ? + 1 AS number", ["'it''s'", "41"], paramstyle="qmark").fetchall()
        same(tuples(found), [("it's", 42)], way)
        chosen = {"words": "it's", "number": 41, "amount": Decimal("1.50"), "day": kinds.DAY, "moment": kinds.MOMENT, "truth": True, "none": None}
        sql = "SELECT %(words)s AS words, %(number)d + 1 AS number, %(amount)s AS amount, %(day)s AS day, %(moment)s AS moment, %(truth)s AS truth, %(none)s AS nothing"
        found = tuples(cursor.execute(sql, chosen).fetchall())[0]
        same((found[0], found[1], found[2], found[5], found[6]), ("it's", 42, Decimal("1.50"), True, None), way)
        many = {"numbers": [1, 3], "words": ["a'b", "c"]}
        sql = "SELECT x FROM (VALUES (1, 'a''b'), (2, 'b'), (3, 'c')) AS t (x, w) WHERE x IN %(numbers)s AND w IN %(words)s ORDER BY x"
        same(tuples(cursor.execute(sql, many).fetchall()), [(1,), (3,)], way)


@check
def the_cache_gives_the_older_query() -> None:
    ready()
    for staging in [STAGING, None]:
        connection = connect(Cursor, staging)
        sql = f"SELECT 1 AS a, '{unique('cache')}' AS b"
        first = connection.cursor().execute(sql)
        second = connection.cursor().execute(sql, cache_size=100)
        same(second.query_id, first.query_id)
        same(second.fetchall(), first.fetchall())
        aged = connection.cursor().execute(sql, cache_expiration_time=3600)
        same(aged.query_id, first.query_id)
        third = connection.cursor().execute(sql)
        assert third.query_id != first.query_id


@check
def results_are_reused() -> None:
    ready()
    connection = connect(Cursor, result_reuse_enable=True, result_reuse_minutes=60)
    sql = f"SELECT 1 AS a, '{unique('reuse')}' AS b"
    first, second = connection.cursor().execute(sql), connection.cursor().execute(sql)
    same((first.reused_previous_result, second.reused_previous_result), (False, True))
    assert first.query_id != second.query_id
    same(second.fetchall(), first.fetchall())


@check
def a_query_is_cancelled() -> None:
    ready()
    with connect(AsyncCursor).cursor() as cursor:
        query_id, future = cursor.execute(ENDLESS)
        cursor.cancel(query_id).result(10)
        result = future.result(20)
        same((result.state, result.state_change_reason), ("CANCELLED", "Query cancelled by user"))
        same(result.description, None)
        same(list(result.fetchall()) if result.description else [], [])


@check
def cursors_of_other_threads_answer() -> None:
    ready()
    waiting = [AsyncCursor, AsyncDictCursor, AsyncPandasCursor, AsyncPolarsCursor, AsyncS3FSCursor]
    for staging, cursors in [(STAGING, waiting), (None, [*waiting, AsyncArrowCursor])]:
        for kind in cursors:
            way = f"{kind.__name__} {'in S3' if staging else 'managed'}"
            with connect(kind, staging).cursor() as cursor:
                made = [cursor.execute(f"SELECT {number} AS a, 'x' AS b") for number in range(5)]
                for number, (query_id, future) in enumerate(made):
                    result = future.result(60)
                    same(result.query_id, query_id, way)
                    same(result.state, "SUCCEEDED", way)
                    same(tuples(result.fetchall()), [(number, "x")], way)
                query_id, future = cursor.execute("SELECT nothing")
                result = None
                try:
                    result = future.result(60)
                except OperationalError as error:
                    holds(error, "COLUMN_NOT_FOUND")
                if result is not None:
                    same(result.state, "FAILED", way)
                    holds(result.state_change_reason, "COLUMN_NOT_FOUND")


@check
def cursors_of_asyncio_answer() -> None:
    ready()

    async def ask(staging: str | None) -> None:
        options = {"s3_staging_dir": staging} if staging else {"s3_staging_dir": "", "work_group": "primary"}
        async with await pyathena.aio_connect(schema_name=DATABASE, poll_interval=0.1, **options) as connection:
            async def one(number: int) -> object:
                async with connection.cursor() as cursor:
                    await cursor.execute("SELECT ? AS a", [str(number)], paramstyle="qmark")
                    return await cursor.fetchone()

            found = await asyncio.gather(*(one(number) for number in range(8)))
            same(found, [(number,) for number in range(8)])
            async with connection.cursor() as cursor:
                await cursor.execute(kinds.query())
                same(await cursor.fetchall(), [tuple(row) for row in kinds.ROWS])
            async with connection.cursor() as cursor:
                with fails(OperationalError, "COLUMN_NOT_FOUND"):
                    await cursor.execute("SELECT nothing")

    asyncio.run(ask(STAGING))
    asyncio.run(ask(None))


@check
def cursors_of_asyncio_give_frames() -> None:
    ready()
    from pyathena.aio.arrow.cursor import AioArrowCursor
    from pyathena.aio.pandas.cursor import AioPandasCursor
    from pyathena.aio.polars.cursor import AioPolarsCursor
    from pyathena.aio.s3fs.cursor import AioS3FSCursor

    async def ask(kind: type, staging: str | None) -> None:
        options = {"s3_staging_dir": staging} if staging else {"s3_staging_dir": "", "work_group": "primary"}
        async with await pyathena.aio_connect(schema_name=DATABASE, poll_interval=0.1, cursor_class=kind, **options) as connection:
            async with connection.cursor() as cursor:
                await cursor.execute(kinds.query(kinds.COLUMNS[:8]))
                same(dated(tuples(await cursor.fetchall())), simple(), kind.__name__)

    for kind in [AioPandasCursor, AioPolarsCursor, AioS3FSCursor]:
        asyncio.run(ask(kind, STAGING))
        asyncio.run(ask(kind, None))
    asyncio.run(ask(AioArrowCursor, None))


@check
def errors_are_athenas() -> None:
    ready()
    for way, connection in ways():
        cursor = connection().cursor()
        with fails(OperationalError, "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"):
            cursor.execute("SELECT nothing FROM (VALUES 1) AS t (a)")
        with fails(OperationalError, "TABLE_NOT_FOUND"):
            cursor.execute("SELECT * FROM nowhere")
        with fails(DatabaseError, "mismatched input 'SELEC'"):
            cursor.execute("SELEC 1")
        # The cursor can be used further on.
        same(tuples(cursor.execute("SELECT 1 AS a").fetchall()), [(1,)], way)


@check
def what_is_not_of_athena_says_so() -> None:
    with fails(NotSupportedError):
        connect(Cursor).rollback()


@check
def statements_other_than_queries_run() -> None:
    ready()
    table, folder = unique("ddl"), place("ddl")
    for way, connection in ways():
        if "managed" in way and "Arrow" not in way and "Dict" in way:
            continue
        cursor = connection().cursor()
        cursor.execute(f"CREATE EXTERNAL TABLE IF NOT EXISTS {table} (a int, b string) STORED AS PARQUET LOCATION '{folder}'")
        same(cursor.substatement_type, "CREATE_TABLE", way)
        same(list(cursor.fetchall()), [], way)
        found = tuples(cursor.execute(f"SHOW TABLES '{table}'").fetchall())
        same(found, [(table,)], way)
        if "Arrow" in way:
            # Three columns are declared and one is given, as in Athena: pyarrow does not take that.
            continue
        found = cursor.execute(f"DESCRIBE {table}").fetchall()
        assert len(list(found)) == 2, f"{way}: {found}"
        cursor.execute("SHOW DATABASES")
        assert (DATABASE,) in tuples(cursor.fetchall()), way


@check
def changes_are_counted() -> None:
    ready()
    table, folder = unique("changed"), place("changed")
    cursor = connect(Cursor).cursor()
    cursor.execute(f"CREATE EXTERNAL TABLE {table} (a int, b string) STORED AS PARQUET LOCATION '{folder}'")
    cursor.execute(f"INSERT INTO {table} VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    same(cursor.rowcount, 3)
    made = unique("made")
    cursor.execute(f"CREATE TABLE {made} WITH (format = 'PARQUET') AS SELECT * FROM {table}")
    same(cursor.rowcount, 3)
    same(cursor.description, [("rows", "bigint", None, None, 19, 0, "UNKNOWN")])
    same(sorted(cursor.execute(f"SELECT a, b FROM {made}").fetchall()), [(1, "x"), (2, "y"), (3, "z")])
    cursor.executemany(f"INSERT INTO {table} VALUES (%(a)d, %(b)s)", [{"a": 4, "b": "it's"}, {"a": 5, "b": None}])
    same(sorted(cursor.execute(f"SELECT a, b FROM {table} WHERE a > 3").fetchall()), [(4, "it's"), (5, None)])


@check
def metadata_are_told() -> None:
    ready()
    table, folder = unique("told"), place("told")
    cursor = connect(Cursor).cursor()
    cursor.execute(f"CREATE EXTERNAL TABLE {table} (a int COMMENT 'one', b array<string>) COMMENT 'words' PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{folder}'")
    assert {"default", DATABASE} <= {one.name for one in cursor.list_databases("awsdatacatalog")}
    names = [one.name for one in cursor.list_table_metadata(schema_name=DATABASE, expression=f"{table}.*")]
    same(names, [table])
    found = cursor.get_table_metadata(table, schema_name=DATABASE)
    same([(column.name, column.type, column.comment) for column in found.columns], [("a", "int", "one"), ("b", "array<string>", None)])
    same([(column.name, column.type) for column in found.partition_keys], [("day", "string")])
    same((found.table_type, found.location, found.comment), ("EXTERNAL_TABLE", folder.rstrip("/"), "words"))
    holds(found.input_format, "MapredParquetInputFormat")
    holds(found.serde_serialization_lib, "ParquetHiveSerDe")
    with fails(OperationalError, "EntityNotFoundException"):
        cursor.get_table_metadata("nowhere", schema_name=DATABASE)


@check
def statistics_are_told() -> None:
    ready()
    cursor = connect(Cursor, work_group=S3_RESULTS).cursor().execute("SELECT 1")
    for name in ["data_scanned_in_bytes", "engine_execution_time_in_millis", "total_execution_time_in_millis", "query_queue_time_in_millis"]:
        assert getattr(cursor, name) >= 0, name
    assert cursor.completion_date_time >= cursor.submission_date_time
    same((cursor.work_group, cursor.effective_engine_version), (S3_RESULTS, "Athena engine version 3"))


@check
def every_unloaded_file_lies_in_the_staging_folder() -> None:
    ready()
    folder = place("staging")
    connect(PandasCursor, folder, cursor_kwargs={"unload": True}).cursor().execute("SELECT 1 AS a").fetchall()
    assert any("/unload/" in key for key in keys(folder)), keys(folder)


main()
