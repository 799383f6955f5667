"""Answers a question of the benchmark with another program, and prints the answer as CSV.

    peers.py duckdb|polars|pandas LOG FOLDER [--whole]

Each is written as someone who knows the program well would write it: only the needed fields are kept, types are given
and not guessed, the filter stands where the program can push it down, and all cores may be used.
"""

import glob
import sys

from questions import NUMBERS, QUESTIONS, TOP, Question


def objects(folder: str, log: str) -> list[str]:
    return sorted(glob.glob(f"{folder}/{log}/**/*.gz", recursive=True))


def with_duckdb(question: Question, paths: list[str], whole: bool) -> list[tuple[str, int]]:
    import duckdb

    names = {place: name for name, place in question.needed.items()}
    columns = {}
    for place in range(question.fields):
        name = names.get(place, f"field_{place}")
        columns[name] = "BIGINT" if name in NUMBERS else "VARCHAR"
    client = "split_part(client, ':', 1)" if question.client_has_port else "client"
    measure = question.measure
    time = question.duckdb_whole if whole else question.duckdb_hour
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    return connection.execute(
        f"""
        SELECT {client} AS address, {measure} AS total
        FROM read_csv($paths, delim = $separator, quote = $quote, escape = $quote, header = false,
                      skip = $skip, auto_detect = false, columns = {columns!r})
        WHERE {question.duckdb_where} AND {time}
        GROUP BY address ORDER BY total DESC, address LIMIT {TOP}
        """,
        {
            "paths": paths,
            "separator": question.separator,
            "quote": question.quote or "",
            "skip": question.header_lines,
        },
    ).fetchall()


def with_polars(question: Question, paths: list[str], whole: bool) -> list[tuple[str, int]]:
    import polars

    names = {place: name for name, place in question.needed.items()}
    columns = {}
    for place in range(question.fields):
        name = names.get(place, f"field_{place}")
        columns[name] = polars.Int64 if name in NUMBERS else polars.String
    frame = polars.scan_csv(
        paths,
        separator=question.separator,
        quote_char=question.quote,
        has_header=False,
        skip_lines=question.header_lines,
        schema=columns,
        low_memory=False,
    )
    client = polars.col("client")
    if question.client_has_port:
        client = client.str.split_exact(":", 1).struct.field("field_0")
    measure = polars.col("bytes").sum() if "bytes" in columns else polars.len()
    return (
        frame.filter(conditions(question, polars.col, whole))
        .group_by(client.alias("address"))
        .agg(measure.alias("total"))
        .sort(["total", "address"], descending=[True, False])
        .head(TOP)
        .collect(engine="streaming")
        .rows()
    )


def with_pandas(question: Question, paths: list[str], whole: bool) -> list[tuple[str, int]]:
    import pandas

    names = {place: name for name, place in question.needed.items()}
    columns = [names.get(place, f"field_{place}") for place in range(question.fields)]
    parts = []
    # Object by object, as one who minds the memory does it. Two threads were no faster: the parser holds the interpreter's
    # lock while it makes strings. The parser of pyarrow takes no choice of columns for files without a header.
    for path in paths:
        frame = pandas.read_csv(
            path,
            sep=question.separator,
            quoting=0 if question.quote else 3,
            header=None,
            names=columns,
            usecols=list(question.needed),
            dtype={name: "int64" if name in NUMBERS else "str" for name in question.needed},
            skiprows=question.header_lines,
            na_filter=False,
            engine="c",
        )
        parts.append(frame[conditions(question, lambda name: frame[name], whole)])
    frame = pandas.concat(parts)
    address = frame["client"].str.split(":", n=1).str[0] if question.client_has_port else frame["client"]
    groups = frame.groupby(address)
    totals = groups["bytes"].sum() if "bytes" in question.needed else groups.size()
    totals = totals.rename("total").rename_axis("address").reset_index()
    totals = totals.sort_values(["total", "address"], ascending=[False, True]).head(TOP)
    return list(totals.itertuples(index=False, name=None))


def conditions(question: Question, column, whole: bool):
    """The filter, for Polars' expressions and pandas' columns alike."""
    from questions import DAYS_END, DAYS_START, HOUR_END, HOUR_START

    if question.log == "vpc_flow":
        start, end = (DAYS_START, DAYS_END) if whole else (HOUR_START, HOUR_END)
        return (column("port") == "443") & (column("start") >= start) & (column("start") < end)
    if question.log == "cloudfront":
        found = (column("path") == "/index.html") & (column("status") == "200")
        if whole:
            return found & (column("date") >= "2024-10-04") & (column("date") < "2024-10-06")
        return (
            found
            & (column("date") == "2024-10-05")
            & (column("time") >= "02:00:00")
            & (column("time") < "03:00:00")
        )
    start, end = (
        ("2024-10-04T00:00:00", "2024-10-06T00:00:00")
        if whole
        else ("2024-10-05T02:00:00", "2024-10-05T03:00:00")
    )
    found = (column("domain") == "api.example.com") & (column("time") >= start) & (column("time") < end)
    if question.log == "nlb":
        target = column("target").str
        # The one name in which Polars and pandas differ.
        ends_with = getattr(target, "ends_with", None) or target.endswith
        return found & ends_with(":443")
    return found & (column("status") == "200")


PROGRAMS = {"duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas}


def main() -> None:
    program, log, folder, *rest = sys.argv[1:]
    question = QUESTIONS[log]
    for address, total in PROGRAMS[program](question, objects(folder, log), "--whole" in rest):
        print(f"{address},{int(total)}")


if __name__ == "__main__":
    main()
