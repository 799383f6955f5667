"""Many clients for minutes: queries, failures, cancels and results at once, and whether the state afterwards is right.

    soak.py --program FLOODMARK [--clients 10] [--seconds 300] [--seed 1]

Starts a server with a data folder of its own. Every answer is compared. In the end each query must be in the state in which it has to
be, the history must hold each exactly once, and the server's memory and open files must have stayed within bounds. Says the figures.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from served import Server

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
# What the server may use over its `--memory`: the program itself, and what is on its way to clients.
MEMORY_MB, MEMORY_OVER_MB = 512, 1024
# Files that may be open beside those of the clients' connections, after all have gone.
FILES_OVER = 40

NUMBERS = "(SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x))"
ENDLESS = f"SELECT a.x * rand() AS a, b.x * rand() AS b FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b"


def counted(hundreds: int) -> str:
    """A source with the numbers from 1 to so many hundreds, as the column x."""
    ones = "(SELECT x FROM UNNEST(sequence(1, 100)) AS t (x)) AS ones"
    return f"(SELECT (h.x * 100) + ones.x AS x FROM (SELECT x FROM UNNEST(sequence(0, {hundreds - 1})) AS t (x)) AS h CROSS JOIN {ones}) AS t"


class Client:
    """One of the many, with connections of its own."""

    def __init__(self, number: int, seed: int) -> None:
        self.random = random.Random(seed * 1000 + number)
        self.number = number
        # Nothing is tried again by the client itself, so that each refusal is seen.
        config = Config(retries={"max_attempts": 1}, read_timeout=120)
        self.athena = boto3.client("athena", config=config)
        self.s3 = boto3.client("s3", config=config)
        self.states: dict[str, str] = {}
        self.done: Counter[str] = Counter()
        self.database = f"soak_{number}"
        self.bucket = f"soak-{number}"

    def start(self, sql: str, ends: str, **members: object) -> str:
        """Starts a statement, when there is room for it, and remembers how it must end."""
        for _ in range(600):
            try:
                query_id = self.athena.start_query_execution(QueryString=sql, **members)["QueryExecutionId"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "TooManyRequestsException":
                    raise
                self.done["told to wait"] += 1
                time.sleep(0.1)
            else:
                self.states[query_id] = ends
                return query_id
        raise AssertionError("there was no room for a minute")

    def ended(self, query_id: str) -> dict:
        """Waits until a statement has ended as it must."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            known = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            state = known["Status"]["State"]
            if state in FINAL:
                assert state == self.states[query_id], f"{known['Query']} is {state}: {known['Status'].get('StateChangeReason')}"
                return known
        raise AssertionError(f"{query_id} does not end")

    def run(self, sql: str, ends: str = "SUCCEEDED", **members: object) -> dict:
        """Runs a statement."""
        return self.ended(self.start(sql, ends, **members))

    def rows(self, query_id: str) -> list[list[str | None]]:
        """All rows of a result but its header."""
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        rows = [[one.get("VarCharValue") for one in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
        return rows[1:]

    def short(self) -> None:
        number = self.random.randrange(1 << 30)
        known = self.run(f"SELECT {number} AS a")
        assert self.rows(known["QueryExecutionId"]) == [[str(number)]]

    def many_rows(self) -> None:
        hundreds = self.random.randrange(20, 200)
        count = hundreds * 100
        known = self.run(f"SELECT x, 'row ' || CAST(x AS varchar) AS words FROM {counted(hundreds)} ORDER BY x")
        rows = self.rows(known["QueryExecutionId"])
        assert rows == [[str(x), f"row {x}"] for x in range(1, count + 1)], f"{len(rows)} rows and not {count}"

    def half_read(self) -> None:
        known = self.run("SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x)")
        page = self.athena.get_query_results(QueryExecutionId=known["QueryExecutionId"], MaxResults=10)
        assert len(page["ResultSet"]["Rows"]) == 10

    def failing(self) -> None:
        known = self.run("SELECT 1 / x FROM (VALUES 1, 0) AS t (x)", "FAILED")
        assert "DIVISION_BY_ZERO" in known["Status"]["StateChangeReason"]

    def refused(self) -> None:
        try:
            self.athena.start_query_execution(QueryString="SELEC 1")
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("InvalidRequestException", "TooManyRequestsException"), error
        else:
            raise AssertionError("nothing was refused")

    def cancelled(self) -> None:
        query_id = self.start(ENDLESS, "CANCELLED")
        time.sleep(self.random.random() / 2)
        self.athena.stop_query_execution(QueryExecutionId=query_id)
        self.ended(query_id)

    def in_s3(self) -> None:
        hundreds = self.random.randrange(10, 500)
        count = hundreds * 100
        output = {"OutputLocation": f"s3://{self.bucket}/results/"}
        known = self.run(f"SELECT x FROM {counted(hundreds)}", WorkGroup="s3-results", ResultConfiguration=output)
        key = known["ResultConfiguration"]["OutputLocation"].split("/", 3)[3]
        lines = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode().splitlines()
        assert len(lines) == count + 1, f"{len(lines)} lines and not {count + 1}"
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key}, {"Key": f"{key}.metadata"}]})

    def tables(self) -> None:
        name = f"t{self.random.randrange(1 << 40)}"
        context = {"Database": self.database}
        folder = f"s3://{self.bucket}/tables/{name}/"
        self.run(f"CREATE TABLE {name} WITH (format = 'PARQUET', external_location = '{folder}') AS SELECT x FROM UNNEST(sequence(1, 1000)) AS t (x)", QueryExecutionContext=context)
        known = self.run(f"SELECT sum(x) AS total FROM {name}", QueryExecutionContext=context)
        assert self.rows(known["QueryExecutionId"]) == [["500500"]]
        self.run(f"DROP TABLE {name}", QueryExecutionContext=context)
        self.run(f"SELECT * FROM {name}", "FAILED", QueryExecutionContext=context)

    def prepared(self) -> None:
        name = f"p{self.random.randrange(1 << 40)}"
        self.athena.create_prepared_statement(StatementName=name, WorkGroup="primary", QueryStatement="SELECT ? + ? AS a")
        known = self.run(f"EXECUTE {name} USING 40, 2")
        assert self.rows(known["QueryExecutionId"]) == [["42"]]
        self.athena.delete_prepared_statement(StatementName=name, WorkGroup="primary")

    def listed(self) -> None:
        ids = self.athena.list_query_executions(MaxResults=50)["QueryExecutionIds"]
        if ids:
            known = self.athena.batch_get_query_execution(QueryExecutionIds=ids)
            assert len(known["QueryExecutions"]) == len(ids)

    def left_alone(self) -> None:
        """A query for which nobody asks again."""
        self.start(f"SELECT count(*) FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b WHERE b.x < 200", "SUCCEEDED")


# How often each is done.
WEIGHTS = {
    "short": 30,
    "many_rows": 8,
    "half_read": 5,
    "failing": 10,
    "refused": 5,
    "cancelled": 8,
    "in_s3": 8,
    "tables": 4,
    "prepared": 5,
    "listed": 5,
    "left_alone": 4,
}


def client(number: int, seed: int, seconds: float, told: multiprocessing.Queue) -> None:
    """Works until the time is over, and tells what it did."""
    one = Client(number, seed)
    wrong: list[str] = []
    try:
        one.run(f"CREATE DATABASE IF NOT EXISTS {one.database}")
        one.s3.create_bucket(Bucket=one.bucket)
    except Exception:  # noqa: BLE001
        wrong.append(traceback.format_exc())
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(wrong) < 5:
        name = one.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        try:
            getattr(one, name)()
            one.done[name] += 1
        except Exception:  # noqa: BLE001 - whatever goes wrong is told
            wrong.append(f"{name}: {traceback.format_exc()}")
    told.put((one.states, one.done, wrong))


def wrong_states(states: dict[str, str]) -> list[str]:
    """What is wrong with the state after all clients have gone."""
    athena = boto3.client("athena")
    wrong = []
    # What was left alone may still run.
    end = time.monotonic() + 120
    ids = list(states)
    for begin in range(0, len(ids), 50):
        batch = ids[begin : begin + 50]
        while True:
            answer = athena.batch_get_query_execution(QueryExecutionIds=batch)
            found = {one["QueryExecutionId"]: one["Status"] for one in answer["QueryExecutions"]}
            if all(status["State"] in FINAL for status in found.values()) or time.monotonic() > end:
                break
            time.sleep(0.2)
        for query_id in batch:
            state = found.get(query_id, {}).get("State", "unknown")
            if state != states[query_id]:
                wrong.append(f"{query_id} is {state} and not {states[query_id]}")
    listed: Counter[str] = Counter()
    for group in ["primary", "s3-results"]:
        for page in athena.get_paginator("list_query_executions").paginate(WorkGroup=group):
            listed.update(page["QueryExecutionIds"])
    twice = [query_id for query_id, count in listed.items() if count > 1]
    if twice:
        wrong.append(f"{len(twice)} queries are listed twice, such as {twice[0]}")
    # A history may forget the oldest, never the newest.
    missing = set(states) - set(listed)
    if missing and len(listed) < 10_000:
        wrong.append(f"{len(missing)} of {len(states)} queries are not listed, such as {min(missing)}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = Server(asked.program, Path(home), ["--memory", f"{MEMORY_MB}MiB"])
        server.point()
        boto3.client("athena").list_work_groups()
        before_mb, before_files = server.memory(), server.files()
        peak_files = before_files
        print(f"{asked.clients} clients for {asked.seconds:.0f} seconds, seed {asked.seed}", flush=True)
        told: multiprocessing.Queue = multiprocessing.Queue()
        clients = [multiprocessing.Process(target=client, args=(number, asked.seed, asked.seconds, told)) for number in range(asked.clients)]
        for one in clients:
            one.start()
        answers = []
        while len(answers) < len(clients):
            try:
                answers.append(told.get(timeout=1))
            except Exception:  # noqa: BLE001 - nothing was told for a second
                assert server.process.poll() is None, "the server ended: " + "".join(server.said[-20:])
            peak_files = max(peak_files, server.files())
        for one in clients:
            one.join()
        states: dict[str, str] = {}
        done: Counter[str] = Counter()
        wrong: list[str] = []
        for some, counts, errors in answers:
            states.update(some)
            done.update(counts)
            wrong += errors
        wrong += wrong_states(states)
        end = time.monotonic() + 60
        while server.files() > before_files + FILES_OVER and time.monotonic() < end:
            time.sleep(1)
        after_mb, peak_mb, after_files = server.memory(), server.peak(), server.files()
        if peak_mb > MEMORY_MB + MEMORY_OVER_MB:
            wrong.append(f"the server used {peak_mb} MB, and may use {MEMORY_MB + MEMORY_OVER_MB}")
        if after_files > before_files + FILES_OVER:
            wrong.append(f"{after_files} files are open after all clients have gone, and {before_files} were before")
        code = server.end()
        if code != 0:
            wrong.append(f"the server ended with {code}")
        print(f"{sum(count for name, count in done.items() if name in WEIGHTS):,} actions: " + ", ".join(f"{name} {count:,}" for name, count in sorted(done.items())))
        print(f"{len(states):,} queries: " + ", ".join(f"{count:,} {state}" for state, count in sorted(Counter(states.values()).items())))
        print(f"memory {before_mb} MB before, {peak_mb} MB at most, {after_mb} MB after; files {before_files}, {peak_files}, {after_files}")
        for one in wrong[:20]:
            print(f"WRONG: {one}")
        print("the state is right" if not wrong else f"{len(wrong)} things are wrong")
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
