"""The AWS CLI: queries, results, the catalog, and files to and from S3."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import BUCKET, DATABASE, S3_RESULTS, check, holds, main, place, same, unique

AWS = Path(sys.executable).parent / "aws"


def run(*arguments: str) -> subprocess.CompletedProcess:
    """Runs a command of the CLI, however it ends."""
    environment = dict(os.environ, AWS_CONFIG_FILE=os.devnull, AWS_PAGER="")
    return subprocess.run([str(AWS), *arguments], capture_output=True, text=True, timeout=120, env=environment)


def aws(*arguments: str) -> str:
    """The text that a command of the CLI answers."""
    ended = run(*arguments)
    assert ended.returncode == 0, f"aws {' '.join(arguments)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout.strip()


def told(*arguments: str) -> dict:
    """The JSON that a command of the CLI answers."""
    return json.loads(aws(*arguments, "--output", "json") or "{}")


def ended(sql: str, *options: str) -> str:
    """Runs a statement to its end, and gives its id."""
    query_id = aws("athena", "start-query-execution", "--query-string", sql, *options, "--query", "QueryExecutionId", "--output", "text")
    for _ in range(60):
        status = told("athena", "get-query-execution", "--query-execution-id", query_id)["QueryExecution"]["Status"]
        if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            same(status["State"], "SUCCEEDED", f"{sql} {status.get('StateChangeReason')}")
            return query_id
    raise AssertionError(f"{sql} does not end")


@check
def a_query_is_asked() -> None:
    query_id = ended("SELECT 1 AS one, 'x' AS two", "--work-group", "primary")
    text = aws("athena", "get-query-results", "--query-execution-id", query_id, "--output", "text")
    rows = [line.split("\t")[1:] for line in text.splitlines() if line.startswith("DATA")]
    same(rows, [["one"], ["two"], ["1"], ["x"]])
    found = told("athena", "get-query-results", "--query-execution-id", query_id)["ResultSet"]["Rows"]
    same([[datum["VarCharValue"] for datum in row["Data"]] for row in found], [["one", "two"], ["1", "x"]])
    text = aws("athena", "list-query-executions", "--work-group", "primary", "--output", "text")
    holds(text, query_id)


@check
def a_result_is_copied_from_s3() -> None:
    folder = place("cli")
    query_id = ended("SELECT 1 AS one", "--result-configuration", f"OutputLocation={folder}", "--work-group", S3_RESULTS)
    same(aws("s3", "cp", f"{folder}{query_id}.csv", "-"), '"one"\n"1"')


@check
def workgroups_are_listed() -> None:
    names = [one["Name"] for one in told("athena", "list-work-groups")["WorkGroups"]]
    assert {"primary", S3_RESULTS} <= set(names), names
    same(told("athena", "get-work-group", "--work-group", "primary")["WorkGroup"]["State"], "ENABLED")


@check
def errors_are_told() -> None:
    refused = run("athena", "start-query-execution", "--query-string", "SELEC 1")
    assert refused.returncode != 0
    holds(refused.stderr, "InvalidRequestException", "mismatched input 'SELEC'")
    refused = run("glue", "get-table", "--database-name", "nowhere", "--name", "nothing")
    holds(refused.stderr, "EntityNotFoundException")
    refused = run("s3", "ls", "s3://there-is-no-such-bucket/")
    holds(refused.stderr, "NoSuchBucket")


@check
def the_catalog_is_told() -> None:
    ended(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    table = unique("cli")
    made = {
        "Name": table,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "int"}],
            "Location": place("cli-table"),
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}},
        },
    }
    aws("glue", "create-table", "--database-name", DATABASE, "--table-input", json.dumps(made))
    names = [one["Name"] for one in told("glue", "get-tables", "--database-name", DATABASE)["TableList"]]
    assert table in names, names
    found = told("glue", "get-table", "--database-name", DATABASE, "--name", table)["Table"]
    same(found["StorageDescriptor"]["Columns"][0]["Name"], "a")
    same(found["PartitionKeys"], made["PartitionKeys"])
    same(told("glue", "get-partitions", "--database-name", DATABASE, "--table-name", table)["Partitions"], [])
    assert DATABASE in [one["Name"] for one in told("glue", "get-databases")["DatabaseList"]]
    listed = told("athena", "list-table-metadata", "--catalog-name", "AwsDataCatalog", "--database-name", DATABASE)
    assert table in [one["Name"] for one in listed["TableMetadataList"]]
    aws("glue", "delete-table", "--database-name", DATABASE, "--name", table)


@check
def who_asks_is_told() -> None:
    found = told("sts", "get-caller-identity")
    assert found["Account"].isdigit() and len(found["Account"]) == 12, found
    holds(found["Arn"], f":{found['Account']}:")


@check
def files_go_to_s3_and_back() -> None:
    folder = place("cli-files")
    with tempfile.TemporaryDirectory() as here:
        root = Path(here)
        (root / "up" / "deeper").mkdir(parents=True)
        (root / "up" / "one.txt").write_text("one\n")
        (root / "up" / "deeper" / "two words.txt").write_text("two\n")
        # More than one part of an upload.
        large = os.urandom(1 << 20) * 20
        (root / "up" / "large.bin").write_bytes(large)
        (root / "up" / "packed.gz").write_bytes(gzip.compress(b"packed\n"))
        aws("s3", "sync", str(root / "up"), folder)
        listed = aws("s3", "ls", folder, "--recursive")
        same(sorted(line.split("/", 2)[2] for line in listed.splitlines()), ["deeper/two words.txt", "large.bin", "one.txt", "packed.gz"])
        holds(aws("s3", "ls", folder), "PRE deeper/", "one.txt")
        aws("s3", "sync", folder, str(root / "down"))
        same((root / "down" / "large.bin").read_bytes() == large, True, "that the large file came back")
        same((root / "down" / "deeper" / "two words.txt").read_text(), "two\n")
        same(gzip.decompress((root / "down" / "packed.gz").read_bytes()), b"packed\n")
        # What is there already is not sent again.
        same(aws("s3", "sync", str(root / "up"), folder), "")
        aws("s3", "cp", f"{folder}one.txt", f"{folder}copy.txt")
        same(aws("s3", "cp", f"{folder}copy.txt", "-"), "one")
        aws("s3", "mv", f"{folder}copy.txt", f"{folder}moved.txt")
        aws("s3", "rm", f"{folder}one.txt")
        names = sorted(line.split()[-1] for line in aws("s3", "ls", folder).splitlines())
        same(names, ["deeper/", "large.bin", "moved.txt", "packed.gz"])
        aws("s3", "rm", folder, "--recursive")
        same(run("s3", "ls", folder).stdout.strip(), "")


@check
def buckets_come_and_go() -> None:
    name = unique("bucket").replace("_", "-")
    aws("s3", "mb", f"s3://{name}")
    holds(aws("s3", "ls"), name)
    aws("s3api", "head-bucket", "--bucket", name)
    aws("s3", "rb", f"s3://{name}")
    assert name not in aws("s3", "ls")
    url = aws("s3", "presign", f"s3://{BUCKET}/x")
    holds(url, "Signature=")


main()
