"""Runs statements through boto3 and waits for their end."""

import time

import boto3
from botocore.config import Config

from checks import DATABASE, S3_RESULTS, until

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}

athena = boto3.client("athena")
s3 = boto3.client("s3")
glue = boto3.client("glue")
# Sends what boto3 itself would refuse.
careless = boto3.client("athena", config=Config(parameter_validation=False, retries={"max_attempts": 0}))


def start(sql: str, **members: object) -> str:
    """Starts a statement, and gives its id."""
    return athena.start_query_execution(QueryString=sql, **members)["QueryExecutionId"]


def execution(query_id: str) -> dict:
    """What is known of a statement."""
    return athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]


def ended(query_id: str, seconds: float = 60.0) -> dict:
    """Waits until a statement has ended."""
    end = time.monotonic() + seconds
    while True:
        known = execution(query_id)
        if known["Status"]["State"] in FINAL:
            return known
        assert time.monotonic() < end, f"{query_id} is {known['Status']['State']} after {seconds} seconds"
        time.sleep(0.02)


def run(sql: str, **members: object) -> dict:
    """Runs a statement, however it ends."""
    return ended(start(sql, **members))


def done(sql: str, **members: object) -> dict:
    """Runs a statement that must succeed."""
    known = run(sql, **members)
    status = known["Status"]
    assert status["State"] == "SUCCEEDED", f"{sql}\n  {status['State']}: {status.get('StateChangeReason')}"
    return known


def in_s3(sql: str, **members: object) -> dict:
    """Runs a statement that must succeed, in the workgroup whose results lie in S3."""
    return done(sql, WorkGroup=S3_RESULTS, **members)


def results(query_id: str, **members: object) -> dict:
    """A page of results."""
    return athena.get_query_results(QueryExecutionId=query_id, **members)


def texts(answer: dict) -> list[list[str | None]]:
    """The texts of a page, None for NULL."""
    return [[datum.get("VarCharValue") for datum in row["Data"]] for row in answer["ResultSet"]["Rows"]]


def rows(query_id: str) -> list[list[str | None]]:
    """The texts of all pages, the header too."""
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    return [row for page in pages for row in texts(page)]


def answer(sql: str, **members: object) -> list[list[str | None]]:
    """The texts that a statement gives, without the header of a query."""
    known = done(sql, **members)
    found = rows(known["QueryExecutionId"])
    return found[1:] if known["StatementType"] == "DML" else found


def parted(path: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` path."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def read(path: str) -> bytes:
    """An object."""
    bucket, key = parted(path)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def write(path: str, data: bytes) -> None:
    """Writes an object."""
    bucket, key = parted(path)
    s3.put_object(Bucket=bucket, Key=key, Body=data)


def keys(path: str) -> list[str]:
    """The paths of the objects below a folder."""
    bucket, prefix = parted(path)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [f"s3://{bucket}/{found['Key']}" for page in pages for found in page.get("Contents", [])]


def running(query_id: str) -> None:
    """Waits until a statement runs."""
    batch = {"QueryExecutionIds": [query_id]}
    until(lambda: athena.batch_get_query_execution(**batch)["QueryExecutions"][0]["Status"]["State"] != "QUEUED")


def ready() -> None:
    """Makes the database of the scripts."""
    done(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
