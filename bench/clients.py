"""Measures Athena's API with unmodified clients, and writes its tables as Markdown.

The server is a process of its own; the clients run in this one, which has loaded them before. Every answer is checked. The ways take
turns, so that a busy minute hits them all; given are medians after one run to warm up.

    clients.py --floodmark PROGRAM [--rows 1000000] [--runs 5] [--write docs/performance.md]
"""

import argparse
import csv
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import awswrangler as wr
import boto3
import pandas as pd
import pyathena
from pyathena.arrow.cursor import ArrowCursor
from pyathena.cursor import Cursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "testing" / "python"))

from served import Server  # noqa: E402

BEGIN, END = "<!-- clients:begin -->", "<!-- clients:end -->"
DATABASE, TABLE = "bench", "million"
BUCKET = "bench-results"
OUTPUT = f"s3://{BUCKET}/results/"
CSV, PARQUET = "pandas reads the CSV file from disk", "pandas reads the Parquet files from disk"
FLOORS = (CSV, PARQUET)

# How many times a short query is asked in one measurement.
SHORT = 20
# What the clients say at least for one query: they ask for the workgroup, start, ask for the state, fetch.
CALLS = 4


@dataclass
class Way:
    """One way to get an answer."""

    name: str
    ask: Callable[[], object]
    check: Callable[[object], object]
    floor: str = ""
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    server_cpus: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(self, name))


def wrangler(sql: str, **options: object) -> pd.DataFrame:
    """A query through awswrangler."""
    return wr.athena.read_sql_query(sql, database=DATABASE, **options)


def cursor(kind: type, managed: bool, **options: object) -> object:
    """A cursor of PyAthena."""
    place = {"s3_staging_dir": "", "work_group": "primary"} if managed else {"s3_staging_dir": OUTPUT}
    return pyathena.connect(schema_name=DATABASE, cursor_class=kind, **place, **options).cursor()


def short_ways() -> list[Way]:
    """All ways to ask for one number."""
    sql = "SELECT 1 AS a"
    athena = boto3.client("athena")
    one = lambda frame: int(frame["a"].iloc[0]) == 1  # noqa: E731
    first = lambda rows: rows == [(1,)]  # noqa: E731

    def calls() -> int:
        for _ in range(CALLS):
            athena.get_work_group(WorkGroup="primary")
        return CALLS

    def bare() -> list:
        query_id = athena.start_query_execution(QueryString=sql)["QueryExecutionId"]
        while athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] != "SUCCEEDED":
            pass
        rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [tuple(int(one["VarCharValue"]) for one in row["Data"]) for row in rows[1:]]

    managed, in_s3 = cursor(Cursor, True), cursor(Cursor, False)
    return [
        Way(f"the floor: {CALLS} calls of `GetWorkGroup` with boto3", calls, lambda made: made == CALLS),
        Way("boto3", bare, first),
        Way("PyAthena `Cursor`, managed", lambda: managed.execute(sql).fetchall(), first),
        Way("PyAthena `Cursor`, S3", lambda: in_s3.execute(sql).fetchall(), first),
        Way("awswrangler, managed", lambda: wrangler(sql, ctas_approach=False), one),
        Way("awswrangler, CSV in S3", lambda: wrangler(sql, ctas_approach=False, workgroup="s3-results", s3_output=OUTPUT), one),
        Way("awswrangler, `CREATE TABLE AS` (its default)", lambda: wrangler(sql, s3_output=OUTPUT), one),
        Way("awswrangler, `UNLOAD`", lambda: wrangler(sql, ctas_approach=False, unload_approach=True, s3_output=f"{OUTPUT}u{time.time_ns()}/"), one),
    ]


def file_ways(home: Path) -> list[Way]:
    """The floors: the same rows from a file of this machine, as awswrangler reads them."""
    known = wr.athena.start_query_execution(f"SELECT * FROM {TABLE}", database=DATABASE, workgroup="s3-results", s3_output=OUTPUT, wait=True)
    location = known["ResultConfiguration"]["OutputLocation"]
    folder = home / "files"
    folder.mkdir()
    wr.s3.download(path=location, local_file=str(folder / "rows.csv"))
    for number, path in enumerate(wr.s3.list_objects(f"s3://{BUCKET}/{TABLE}/")):
        wr.s3.download(path=path, local_file=str(folder / f"{number}.parquet"))
    parquet = sorted(folder.glob("*.parquet"))
    dtypes = {"number": "Int64", "address": "string", "path": "string", "duration": "float64"}
    options = {"dtype": dtypes, "parse_dates": ["moment"], "quoting": csv.QUOTE_ALL, "keep_default_na": False, "na_values": ["", "NaN"], "skip_blank_lines": False}
    return [
        Way(CSV, lambda: pd.read_csv(folder / "rows.csv", **options), lambda _: True),
        Way(PARQUET, lambda: pd.concat([pd.read_parquet(one) for one in parquet]), lambda _: True),
    ]


def row_ways(home: Path, rows: int) -> list[Way]:
    """All ways to get many rows."""
    sql = f"SELECT * FROM {TABLE}"
    total = rows * (rows + 1) // 2
    in_s3 = {"ctas_approach": False, "workgroup": "s3-results", "s3_output": OUTPUT, "keep_files": False}

    def unloaded() -> pd.DataFrame:
        return wrangler(sql, ctas_approach=False, unload_approach=True, keep_files=False, s3_output=f"{OUTPUT}u{time.time_ns()}/")

    frame = lambda found: len(found) == rows and int(found["number"].sum()) == total  # noqa: E731
    tuples = lambda found: len(found) == rows and sum(row[0] for row in found) == total  # noqa: E731
    arrow = lambda found: found.num_rows == rows and sum(found["number"].to_pylist()) == total  # noqa: E731
    ways = [
        *file_ways(home),
        Way("awswrangler, managed (`GetQueryResults`)", lambda: wrangler(sql, ctas_approach=False), frame, CSV),
        Way("awswrangler, CSV in S3", lambda: wrangler(sql, **in_s3), frame, CSV),
        Way("awswrangler, `CREATE TABLE AS`", lambda: wrangler(sql, s3_output=OUTPUT, keep_files=False), frame, PARQUET),
        Way("awswrangler, `UNLOAD`", unloaded, frame, PARQUET),
        Way("PyAthena `Cursor`, managed", lambda: cursor(Cursor, True).execute(sql).fetchall(), tuples, CSV),
        Way("PyAthena `PandasCursor`, S3", lambda: cursor(PandasCursor, False).execute(sql).as_pandas(), frame, CSV),
        Way("PyAthena `PandasCursor`, `UNLOAD`", lambda: cursor(PandasCursor, False, cursor_kwargs={"unload": True}).execute(sql).as_pandas(), frame, PARQUET),
        Way("PyAthena `PolarsCursor`, S3", lambda: cursor(PolarsCursor, False).execute(sql).as_polars(), frame, CSV),
        Way("PyAthena `ArrowCursor`, managed", lambda: cursor(ArrowCursor, True).execute(sql).as_arrow(), arrow, CSV),
    ]
    for way in ways[:2]:
        way.check = frame
    return ways


def measure(server: Server, ways: list[Way], runs: int, times: int) -> None:
    """Lets the ways take turns."""
    for run in range(runs + 1):
        for way in ways:
            server.forget_peak()
            server_cpu, cpu, wall = server.cpu(), time.process_time(), time.perf_counter()
            for _ in range(times):
                found = way.ask()
            wall, cpu, server_cpu = time.perf_counter() - wall, time.process_time() - cpu, server.cpu() - server_cpu
            assert way.check(found), f"{way.name} gave another answer"
            del found
            if run > 0:
                way.walls.append(wall / times)
                way.cpus.append(cpu / times)
                way.server_cpus.append(server_cpu / times)
                way.peaks.append(server.peak())
        print(".", end="", file=sys.stderr, flush=True)


def short_table(ways: list[Way]) -> str:
    """The waits for one number."""
    floor = ways[0].median("walls")
    lines = ["| client | wall, ms | ÷ floor | its own CPU, ms | the server's CPU, ms |", "| --- | ---: | ---: | ---: | ---: |"]
    for way in ways:
        wall, cpu, server = (way.median(name) for name in ("walls", "cpus", "server_cpus"))
        lines.append(f"| {way.name} | {wall * 1000:.1f} | {wall / floor:.2f} | {cpu * 1000:.1f} | {server * 1000:.1f} |")
    return "\n".join(lines)


def row_table(ways: list[Way]) -> str:
    """The waits for many rows."""
    floors = {way.name: way.median("walls") for way in ways if way.name in FLOORS}
    lines = ["| client | wall, s | ÷ its floor | its own CPU, s | the server's CPU, s | the server's peak, MB |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for way in ways:
        wall, cpu, server, peak = (way.median(name) for name in ("walls", "cpus", "server_cpus", "peaks"))
        if not way.floor:
            lines.append(f"| {way.name} | {wall:.2f} | 1.00 | {cpu:.2f} | | |")
            continue
        kind = "CSV" if way.floor == CSV else "Parquet"
        lines.append(f"| {way.name} | {wall:.2f} | {wall / floors[way.floor]:.2f} ({kind}) | {cpu:.2f} | {server:.2f} | {peak:.0f} |")
    return "\n".join(lines)


def conditions(runs: int, load: float) -> str:
    """Where and how it was measured."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    names = ["awswrangler", "PyAthena", "boto3", "pandas", "polars", "pyarrow"]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({processor}), {platform.system()}; {versions}, "
        f"Python {platform.python_version()}; medians of {runs} runs after one to warm up. Load average before the first run: {load:.1f}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floodmark", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as home:
        server = Server(asked.floodmark, Path(home))
        server.point()
        wr.catalog.create_database(DATABASE)
        thousand = asked.rows // 1000
        wr.athena.start_query_execution(
            f"CREATE TABLE {TABLE} WITH (format = 'PARQUET', external_location = 's3://{BUCKET}/{TABLE}/') AS "
            "SELECT CAST(a * 1000 + b AS bigint) AS number, '10.' || CAST(a % 256 AS varchar) || '.' || CAST(b % 256 AS varchar) || '.7' AS address, "
            "'/path/' || CAST(b AS varchar) || '/index.html' AS path, (a + b) / 7e0 AS duration, "
            "date_add('second', a * 1000 + b, TIMESTAMP '2024-10-05 00:00:00') AS moment "
            f"FROM (SELECT x AS a FROM UNNEST(sequence(0, {thousand - 1})) AS s (x)) AS s "
            "CROSS JOIN (SELECT x AS b FROM UNNEST(sequence(1, 1000)) AS t (x)) AS t",
            database=DATABASE,
            workgroup="s3-results",
            s3_output=OUTPUT,
            wait=True,
        )
        short, many = short_ways(), row_ways(Path(home), thousand * 1000)
        measure(server, short, asked.runs, SHORT)
        measure(server, many, asked.runs, 1)
        server.end()
    text = (
        f"{conditions(asked.runs, load)}\n\n`SELECT 1`, {SHORT} times in a row:\n\n{short_table(short)}\n\n"
        f"{thousand * 1000:,} rows of five columns (number, address, path, duration, moment), read from a table in Parquet:\n\n{row_table(many)}"
    )
    print(text)
    if asked.write:
        page = asked.write.read_text()
        before, rest = page.split(BEGIN, 1)
        asked.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END, 1)[1]}")


if __name__ == "__main__":
    main()
