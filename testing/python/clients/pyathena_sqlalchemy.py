"""SQLAlchemy through PyAthena: queries, types, and what is told of tables and views."""

import datetime
import logging
from urllib.parse import quote_plus

import sqlalchemy
from sqlalchemy import MetaData, Table, func, select, text
from sqlalchemy.exc import NoSuchTableError, OperationalError

from checks import DATABASE, check, fails, main, place, same, unique
from statements import done, ready

STAGING = place("sqlalchemy")

# PyAthena logs each result that does not lie in S3.
logging.getLogger("pyathena").setLevel(logging.CRITICAL)
DRIVERS_IN_S3 = ["rest", "pandas", "polars", "s3fs"]
DRIVERS_MANAGED = [*DRIVERS_IN_S3, "arrow"]


def engine(driver: str = "rest", managed: bool = False) -> sqlalchemy.Engine:
    """An engine with results in S3, or through the API."""
    # The host's second word is the region; the server is named by the environment.
    url = f"awsathena+{driver}://athena.us-east-1.amazonaws.com:443/{DATABASE}?poll_interval=0.1&"
    url += "s3_staging_dir=&work_group=primary" if managed else f"s3_staging_dir={quote_plus(STAGING)}"
    return sqlalchemy.create_engine(url)


def engines() -> list[tuple[str, sqlalchemy.Engine]]:
    """All drivers with results in S3, and all without."""
    made = [(f"{driver} in S3", engine(driver)) for driver in DRIVERS_IN_S3]
    return made + [(f"{driver} managed", engine(driver, True)) for driver in DRIVERS_MANAGED]


def table() -> str:
    """A table with two partitions, three rows and many types."""
    ready()
    name, folder = unique("reflected"), place("reflected")
    done(
        f"CREATE EXTERNAL TABLE {DATABASE}.{name} (a int COMMENT 'one', big bigint, real double, amount decimal(9,2), words string, truth boolean, "
        f"day date, moment timestamp, list array<int>, pairs map<string,int>, parts struct<x:int,y:string>) COMMENT 'a table' "
        f"PARTITIONED BY (year string) STORED AS PARQUET LOCATION '{folder}'"
    )
    done(
        f"INSERT INTO {DATABASE}.{name} (a, words, amount, day, year) VALUES "
        "(1, 'x', DECIMAL '1.50', DATE '2024-10-05', '2023'), (2, 'y', NULL, NULL, '2024'), (3, NULL, NULL, NULL, '2024')"
    )
    return name


@check
def every_driver_answers() -> None:
    ready()
    for way, one in engines():
        with one.connect() as connection:
            same([tuple(row) for row in connection.execute(text("SELECT 1 AS a, 'x' AS b"))], [(1, "x")], way)
            row = connection.execute(text("SELECT :a AS a, :b AS b"), {"a": 41, "b": "it's"}).one()
            same(tuple(row), (41, "it's"), way)
            with fails(OperationalError, "COLUMN_NOT_FOUND"):
                connection.execute(text("SELECT nothing"))


@check
def a_table_is_reflected() -> None:
    name = table()
    for managed in [False, True]:
        one = engine(managed=managed)
        with one.connect() as connection:
            inspector = sqlalchemy.inspect(connection)
            assert {"default", DATABASE} <= set(inspector.get_schema_names())
            assert name in inspector.get_table_names(schema=DATABASE)
            same((inspector.has_table(name), inspector.has_table("nowhere")), (True, False))
            columns = {column["name"]: column for column in inspector.get_columns(name)}
            same(list(columns), ["a", "big", "real", "amount", "words", "truth", "day", "moment", "list", "pairs", "parts", "year"])
            kinds = {column: str(type(told["type"]).__name__).upper() for column, told in columns.items()}
            same((kinds["a"], kinds["big"], kinds["amount"], kinds["truth"], kinds["day"]), ("INTEGER", "BIGINT", "DECIMAL", "BOOLEAN", "DATE"))
            same((columns["amount"]["type"].precision, columns["amount"]["type"].scale), (9, 2))
            same(columns["a"]["comment"], "one")
            same(inspector.get_table_comment(name)["text"], "a table")
            same(inspector.get_pk_constraint(name)["constrained_columns"], [])
            same(inspector.get_foreign_keys(name), [])
            with fails(NoSuchTableError):
                inspector.get_columns("nowhere")


@check
def a_reflected_table_is_asked() -> None:
    name = table()
    for way, one in engines():
        with one.connect() as connection:
            found = Table(name, MetaData(), autoload_with=connection)
            counted = select(found.c.year, func.count().label("n")).group_by(found.c.year).order_by(found.c.year)
            same([tuple(row) for row in connection.execute(counted)], [("2023", 1), ("2024", 2)], way)
            row = connection.execute(select(found.c.a, found.c.words, found.c.day).where(found.c.a == 1)).one()
            day = row[2].date() if isinstance(row[2], datetime.datetime) else row[2]
            same((row[0], row[1], day), (1, "x", datetime.date(2024, 10, 5)), way)
            same(connection.execute(select(func.count()).where(found.c.words.is_(None)).select_from(found)).scalar(), 1, way)
            limited = select(found.c.a).order_by(found.c.a.desc()).limit(1).offset(1)
            same(connection.execute(limited).scalar(), 2, way)


@check
def a_view_is_reflected() -> None:
    name, view = table(), unique("view")
    done(f"CREATE VIEW {DATABASE}.{view} AS SELECT a, words FROM {DATABASE}.{name}")
    with engine().connect() as connection:
        inspector = sqlalchemy.inspect(connection)
        assert view in inspector.get_view_names(schema=DATABASE)
        assert view not in inspector.get_table_names(schema=DATABASE)
        assert name not in inspector.get_view_names(schema=DATABASE)
        same([column["name"] for column in inspector.get_columns(view)], ["a", "words"])
        definition = inspector.get_view_definition(view, schema=DATABASE)
        assert "SELECT" in definition.upper() and name in definition, definition
        found = Table(view, MetaData(), autoload_with=connection)
        same(connection.execute(select(func.count()).select_from(found)).scalar(), 3)


@check
def all_tables_are_reflected_at_once() -> None:
    name = table()
    with engine().connect() as connection:
        everything = MetaData()
        everything.reflect(bind=connection, schema=DATABASE)
        assert f"{DATABASE}.{name}" in everything.tables, list(everything.tables)


@check
def the_information_schema_tells_columns() -> None:
    name = table()
    with engine().connect() as connection:
        sql = text("SELECT column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_schema = :schema AND table_name = :name ORDER BY ordinal_position")
        rows = [tuple(row) for row in connection.execute(sql, {"schema": DATABASE, "name": name})]
        same(rows[0][:2], ("a", "integer"))
        same(rows[-1][:2], ("year", "varchar"))
        same(len(rows), 12)


main()
