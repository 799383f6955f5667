"""Runs the benchmark and writes its tables as Markdown.

Every program is a process of its own, on the same objects, and takes turns with the others, so that a busy minute hits
them all. Measured are CPU time (user and system, of the process and its children), time on the wall and peak memory;
given are medians after one run to warm up. An answer that differs fails the benchmark.

    compare.py --folder DATA --bench PROGRAM [--floodmark PROGRAM] [--runs 5] [--logs nlb,alb] [--write docs/performance.md]
"""

import argparse
import gzip
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from questions import QUESTIONS, TABLE_QUESTIONS, TOP, Question

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
TABLES_BEGIN, TABLES_END = "<!-- tables:begin -->", "<!-- tables:end -->"
EXPLAIN_BEGIN, EXPLAIN_END = "<!-- explain:begin -->", "<!-- explain:end -->"
CORES = os.cpu_count() or 1

# The day that is asked of a table of days.
DAY = "2024/10/01"

# What Floodmark aims at, without pruning: CPU over the floor's, CPU and wall over DuckDB's and over Polars'.
AIM_FLOOR, AIM_DUCKDB, AIM_POLARS = 1.15, 0.5, 0.7
# What a question of a user's table may cost, over the same question of the log's own table.
AIM_TABLE = 1.3
# What `explain` may cost over one count of the same rows, and what it aims at.
LIMIT_EXPLAIN, AIM_EXPLAIN = 5.0, 3.0

# The hour that is explained, the two with the one before it, and an address that is in no other log.
EXPLAINED = "2024-10-05T02:00/03:00"
TWO_HOURS = "event_time >= TIMESTAMP '2024-10-05 01:00:00' AND event_time < TIMESTAMP '2024-10-05 03:00:00'"
FLOOD_CLIENT = "203.0.113.7"

FLOOR, INFLATE = "the floor", "inflating only"
PRUNED, UNPRUNED, WHOLE = "floodmark, pruned by name", "floodmark, same hour, unprunable", "floodmark, all hours"


@dataclass
class Run:
    """One process: what it said and what it cost."""

    output: str
    cpu: float
    wall: float
    peak: float  # MB


@dataclass
class Program:
    """A way to answer, and its runs."""

    name: str
    command: list[str]
    runs_max: int
    # What it must answer; None for programs that answer nothing.
    expected: str | None = None
    has_header: bool = False
    # A home with a catalog; None for an empty one each time.
    home: str | None = None
    runs: list[Run] = field(default_factory=list)

    def median(self, of: str) -> float:
        return statistics.median(getattr(run, of) for run in self.runs)


class Failure(Exception):
    """The benchmark cannot go on: a program failed, or an answer differs."""


def run(command: list[str], home: str | None = None) -> Run:
    """Runs a command. Floodmark gets an empty home unless one is given: what an earlier run kept must not help."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory() as empty:
        environment = dict(os.environ, FLOODMARK_HOME=home or empty)
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=said, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            text = said.read().decode(errors="replace")[-2000:]
            raise Failure(f"exit code {process.returncode}: {' '.join(command)}\n{text}")
        output.seek(0)
        text = output.read().decode()
    return Run(text, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def measure(programs: list[Program]) -> None:
    """One run to warm up, then the programs take turns."""
    for turn in range(1 + max(program.runs_max for program in programs)):
        for program in programs:
            # Who runs once only, because it is slow, is not warmed up: the others have read the objects already.
            if turn > program.runs_max or (turn == 0 and program.runs_max == 1):
                continue
            done = run(program.command, program.home)
            check(program, done.output)
            if turn > 0:
                program.runs.append(done)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def check(program: Program, output: str) -> None:
    if program.expected is None:
        return
    answer = output.replace("\r\n", "\n")
    if program.has_header:
        answer = answer.split("\n", 1)[1]
    if answer != program.expected:
        raise Failure(f"{program.name} answers otherwise:\n{answer}\nexpected:\n{program.expected}")


@dataclass
class Bench:
    """What the command line asked for."""

    folder: Path
    bench: str
    floodmark: str | None
    runs: int
    pandas_runs: int

    def floor(self, log: str, folder: Path, *more: str) -> list[str]:
        return [self.bench, "floor", "--log", log, "--folder", str(folder), *more]

    def peer(self, name: str, log: str, *more: str) -> list[str]:
        return [sys.executable, str(HERE / "peers.py"), name, log, str(self.folder / "main"), *more]

    def query(self, sql: str, folder: Path | None) -> list[str]:
        place = ["--from", str(folder)] if folder else []
        return [self.floodmark or "", "query", sql, *place, "--format", "csv"]


def question_section(bench: Bench, question: Question) -> str:
    """The table of one log."""
    log, folder = question.log, bench.folder / "main"
    answer = run(bench.floor(log, folder, "--answer")).output
    if answer.count("\n") != TOP:
        raise Failure(f"{log}: the question has no {TOP} answers: generate more")
    programs = [
        Program(INFLATE, bench.floor(log, folder, "--inflate-only"), bench.runs),
        Program(FLOOR, bench.floor(log, folder), bench.runs),
    ]
    if bench.floodmark:
        whole = run(bench.peer("duckdb", log, "--whole")).output
        times = {PRUNED: question.hour, UNPRUNED: question.hour_unprunable, WHOLE: question.whole}
        for name, said in times.items():
            command = bench.query(question.floodmark(said), folder / log)
            expected = whole if name == WHOLE else answer
            programs.append(Program(name, command, bench.runs, expected, has_header=True))
    for name in ("polars", "duckdb"):
        programs.append(Program(name, bench.peer(name, log), bench.runs, answer))
    if bench.pandas_runs:
        programs.append(Program("pandas", bench.peer("pandas", log), bench.pandas_runs, answer))
    measure(programs)
    lines = [f"### {log}: {question.words}", "", size_of(folder / log, programs[1]), "", *table(programs)]
    aims = aims_of(programs)
    return "\n".join(lines + (["", *aims] if aims else []))


def table(programs: list[Program]) -> list[str]:
    """The figures, and their ratios to the floor and to the two fastest peers."""
    by_name = {program.name: program for program in programs}
    others = [("floor", FLOOR), ("DuckDB", "duckdb"), ("Polars", "polars")]
    heads = ["program"]
    for measured in ("CPU, s", "wall, s", "peak, MB"):
        heads += [measured] + [f"÷ {title}" for title, _ in others]
    rows = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for program in programs:
        cells = [program.name]
        for measured in ("cpu", "wall", "peak"):
            value = program.median(measured)
            cells.append(f"{value:.0f}" if measured == "peak" else f"{value:.3f}")
            cells += [f"{value / by_name[other].median(measured):.2f}" for _, other in others]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def aims_of(programs: list[Program]) -> list[str]:
    """Whether the same question, on all objects, stays within the aims."""
    by_name = {program.name: program for program in programs}
    ours = by_name.get(UNPRUNED)
    if ours is None:
        return []
    aims = [("CPU", "cpu", FLOOR, AIM_FLOOR)]
    for peer, limit in (("duckdb", AIM_DUCKDB), ("polars", AIM_POLARS)):
        aims += [("CPU", "cpu", peer, limit), ("wall", "wall", peer, limit)]
    said = []
    for title, measured, other, limit in aims:
        ratio = ours.median(measured) / by_name[other].median(measured)
        said.append(f"{title} {ratio:.2f} of {other} (aim {limit}, {'met' if ratio <= limit else 'missed'})")
    return [f"Without pruning: {'; '.join(said)}."]


def size_of(folder: Path, floor: Program) -> str:
    stored = sum(path.stat().st_size for path in folder.rglob("*.gz"))
    words = floor.runs[0].output.split()
    facts = dict(zip(words[::2], map(int, words[1::2])))
    return (
        f"{facts['objects']:,} objects, {facts['lines']:,} lines, {stored / 1e6:.0f} MB stored, "
        f"{facts['bytes'] / 1e6:.0f} MB inflated."
    )


def floodmark_section(bench: Bench) -> str:
    """What is of interest of Floodmark alone: start-up, shapes of folders, listing."""
    nlb = QUESTIONS["nlb"]
    cases: list[tuple[str, Path | None, str, list[str] | None]] = [
        ("start-up: `SELECT 1`", None, "SELECT 1", None),
    ]
    for log in QUESTIONS:
        folder = bench.folder / "main"
        if (folder / log).exists():
            sql = f"SELECT count(*) FROM {log}"
            cases.append((f"`{sql}`", folder / log, sql, bench.floor(log, folder)))
    for name, title in (("large", "few large objects"), ("small", "many small objects")):
        folder = bench.folder / name
        if (folder / "nlb").exists():
            sql = nlb.floodmark(nlb.hour_unprunable)
            objects = sum(1 for _ in (folder / "nlb").rglob("*.gz"))
            cases.append((f"{title}: {objects:,}, the question", folder / "nlb", sql, bench.floor("nlb", folder)))
    folder = bench.folder / "listing"
    if (folder / "nlb").exists():
        objects = sum(1 for _ in (folder / "nlb").rglob("*.gz"))
        sql = "SELECT count(*) FROM nlb WHERE time > '2030-01-01T00:00:00'"
        cases.append((f"listing {objects:,} objects, all pruned", folder / "nlb", sql, None))
    rows = [
        "### Floodmark alone",
        "",
        f"Utilisation is CPU time over wall time and {CORES} cores.",
        "",
        "| case | CPU, s | wall, s | utilisation | peak, MB | floor's CPU, s | ÷ floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for title, place, sql, floor_command in cases:
        ours = Program(title, bench.query(sql, place), bench.runs)
        programs = [ours]
        if floor_command:
            programs.append(Program(FLOOR, floor_command, bench.runs))
        measure(programs)
        cpu, wall = ours.median("cpu"), ours.median("wall")
        cells = [title, f"{cpu:.3f}", f"{wall:.3f}", f"{cpu / wall / CORES:.0%}", f"{ours.median('peak'):.0f}"]
        if floor_command:
            floor = programs[1].median("cpu")
            cells += [f"{floor:.3f}", f"{cpu / floor:.2f}"]
        else:
            cells += ["", ""]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def greatest(table: str, columns: list[tuple[str, str]]) -> str:
    """A question of every column: its greatest value, or how many there are where values have no order."""
    nested = ("array", "map", "struct")
    values = ", ".join(f'{"count" if kind.startswith(nested) else "max"}("{name}")' for name, kind in columns)
    return f"SELECT {values} FROM {table}"


def tables_section(bench: Bench) -> str:
    """The same questions of the logs' own tables and of the tables that a user of Athena has."""
    rows = [
        "| question | own table: CPU, s | user's: CPU, s | ÷ own | ÷ floor | own: wall, s | user's: wall, s | ÷ own | peak, MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    missed = []
    with tempfile.TemporaryDirectory() as home:

        def compare(title: str, folder: Path, log: str, own: str, user: str, same: bool, floor: bool) -> None:
            answer = run(bench.query(own, folder / log)).output if same else None
            programs = [
                Program("own", bench.query(own, folder / log), bench.runs, answer),
                Program("user's", bench.query(user, None), bench.runs, answer, home=home),
            ]
            if floor:
                programs.append(Program(FLOOR, bench.floor(log, folder), bench.runs))
            measure(programs)
            (cpu, wall), (user_cpu, user_wall) = [(p.median("cpu"), p.median("wall")) for p in programs[:2]]
            over_floor = f"{user_cpu / programs[2].median('cpu'):.2f}" if floor else ""
            rows.append(
                f"| {title} | {cpu:.3f} | {user_cpu:.3f} | {user_cpu / cpu:.2f} | {over_floor} "
                f"| {wall:.3f} | {user_wall:.3f} | {user_wall / wall:.2f} | {programs[1].median('peak'):.0f} |"
            )
            if title.endswith("top 30") and user_cpu / cpu > AIM_TABLE:
                missed.append(title.split(":")[0])

        def make(log: str, folder: Path, table: str, *more: str) -> None:
            said = run([bench.bench, "ddl", "--log", log, "--folder", str(folder), "--table", table, *more]).output
            run([bench.floodmark or "", "query", said], home)

        main = bench.folder / "main"
        for question in TABLE_QUESTIONS:
            log, table = question.log, f"user_{question.log}"
            if not (main / log).exists():
                continue
            make(log, main, table)
            columns = run([bench.bench, "ddl", "--log", log, "--folder", str(main), "--columns"]).output
            columns = [line.split("\t") for line in columns.splitlines()]
            everything = [
                greatest(log, [(ours, kind) for _, kind, ours in columns]),
                greatest(table, [(name, kind) for name, kind, _ in columns]),
            ]
            count = "SELECT count(*) FROM "
            compare(f"{log}: `count(*)`", main, log, count + log, count + table, True, True)
            compare(f"{log}: top 30", main, log, question.top(log), question.top(table), True, True)
            compare(f"{log}: `max` of every column", main, log, *everything, False, True)
        days = bench.folder / "days"
        if (days / "nlb").exists():
            make("nlb", days, "user_days", "--partitioned")
            own = f"SELECT count(*) FROM nlb WHERE log_day = '{DAY}'"
            user = f"SELECT count(*) FROM user_days WHERE day = '{DAY}'"
            compare("nlb: `count(*)` of one day of ten, of 3,653 projected ones", days, "nlb", own, user, True, False)
    met = f"missed by {', '.join(missed)}" if missed else "met"
    aim = f"The aim is at most {AIM_TABLE} times the CPU time of the own table for the top 30: {met}."
    return "\n".join(["### Users' tables", "", *rows, "", aim])


def flood(bench: Bench, question: Question) -> Path:
    """One more object of the hour, whose records all come from one new address; gives its folder."""
    main, folder = bench.folder / "main" / question.log, bench.folder / "flood" / question.log
    last = max(path for path in main.rglob("*.gz"))
    target = folder / last.relative_to(main)
    target = target.with_name(target.name.replace(".log.gz", "").replace(".gz", "")[:-4] + "f00d" + "".join(target.suffixes[-2:]))
    if target.exists():
        return folder
    separator = question.separator.encode()
    client = FLOOD_CLIENT.encode() + (b":40000" if question.client_has_port else b"")
    lines = gzip.decompress(last.read_bytes()).split(b"\n")
    for at, line in enumerate(lines):
        fields = line.split(separator)
        if at >= question.header_lines and len(fields) > question.needed["client"]:
            fields[question.needed["client"]] = client
            lines[at] = separator.join(fields)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(b"\n".join(lines), 6))
    return folder


def explain_section(bench: Bench) -> str:
    """What `explain` costs over one count of the same rows."""
    rows = [
        "| log | rows | `count(*)`: CPU, s | `explain`: CPU, s | ÷ count | wall, s | ÷ count | peak, MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    ratios = {}
    for question in QUESTIONS.values():
        log = question.log
        if not (bench.folder / "main" / log).exists():
            continue
        places = [str(bench.folder / "main" / log), str(flood(bench, question))]
        sql = f"SELECT count(*) FROM {log} WHERE {TWO_HOURS}"
        count = [bench.floodmark or "", "query", sql, "--from", *places, "--format", "csv"]
        explain = [bench.floodmark or "", "explain", *places, "--during", EXPLAINED, "--earlier", "0"]
        if FLOOD_CLIENT not in run(explain).output:
            raise Failure(f"{log}: the cause was not found")
        programs = [Program("count", count, bench.runs), Program("explain", explain, bench.runs)]
        measure(programs)
        counted = int(programs[0].runs[0].output.splitlines()[-1])
        (cpu, wall), (explain_cpu, explain_wall) = [(p.median("cpu"), p.median("wall")) for p in programs]
        ratios[log] = explain_cpu / cpu
        rows.append(
            f"| {log} | {counted:,} | {cpu:.3f} | {explain_cpu:.3f} | {explain_cpu / cpu:.2f} "
            f"| {explain_wall:.3f} | {explain_wall / wall:.2f} | {programs[1].median('peak'):.0f} |"
        )
    missed = [log for log, ratio in ratios.items() if ratio > LIMIT_EXPLAIN]
    said = f"missed by {', '.join(missed)}" if missed else "met"
    aimed = [log for log, ratio in ratios.items() if ratio <= AIM_EXPLAIN]
    return "\n".join([
        "### What `explain` costs",
        "",
        *rows,
        "",
        f"At most {LIMIT_EXPLAIN:.0f} times the CPU time of the count: {said}. The aim of {AIM_EXPLAIN:.0f}: "
        + (f"met by {', '.join(aimed)}." if aimed else "met by none."),
    ])


def conditions(bench: Bench, load_before: float, with_peers: bool) -> str:
    """Where and with what the figures were measured."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    versions, pandas = "", ""
    if with_peers:
        versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("duckdb", "polars", "pandas"))
        versions, pandas = f" {versions}, Python {platform.python_version()};", f" (pandas: {bench.pandas_runs})"
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}, {CORES} cores ({processor}), {platform.system()};{versions} "
        f"medians of {bench.runs} runs after one to warm up{pandas}. Load average before the first run: {load_before:.1f}; the benchmark alone makes "
        f"about {CORES}, and more than that at the start means that others were at work."
    )


def write(path: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Puts the text between the markers of a page."""
    page = path.read_text()
    if begin not in page or end not in page:
        raise Failure(f"{path} has no `{begin}` and `{end}`")
    before, rest = page.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares Floodmark with other programs and with the floor.")
    parser.add_argument("--folder", type=Path, required=True, help="where the logs are: main, large, small, listing")
    parser.add_argument("--bench", required=True, help="the program `floodmark-bench`")
    parser.add_argument("--floodmark", help="the program `floodmark`; without it only the others are measured")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pandas-runs", type=int, default=1, help="0 leaves pandas out")
    parser.add_argument("--logs", default=",".join(QUESTIONS), help="which logs, separated by commas")
    parser.add_argument("--write", type=Path, help="the page whose block of figures is replaced")
    parser.add_argument("--tables", action="store_true", help="only users' tables, against the logs' own")
    parser.add_argument("--explain", action="store_true", help="only what `explain` costs, over one count")
    asked = parser.parse_args()
    bench = Bench(asked.folder, asked.bench, asked.floodmark, asked.runs, asked.pandas_runs)
    try:
        alone = asked.tables or asked.explain
        sections = [conditions(bench, os.getloadavg()[0], not alone)]
        if asked.explain:
            text = "\n\n".join([*sections, explain_section(bench)])
            if asked.write:
                write(asked.write, text, EXPLAIN_BEGIN, EXPLAIN_END)
            print(text)
            return 0
        if asked.tables:
            text = "\n\n".join([*sections, tables_section(bench)])
            if asked.write:
                write(asked.write, text, TABLES_BEGIN, TABLES_END)
            print(text)
            return 0
        for log in asked.logs.split(","):
            print(log, end=" ", file=sys.stderr, flush=True)
            sections.append(question_section(bench, QUESTIONS[log]))
        if bench.floodmark:
            sections.append(floodmark_section(bench))
        text = "\n\n".join(sections)
        if asked.write:
            write(asked.write, text)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
