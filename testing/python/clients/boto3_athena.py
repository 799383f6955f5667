"""Athena's operations through boto3: life cycle, errors, workgroups, named queries, prepared statements, tags."""

import json
import re
import urllib.error
import urllib.request
import uuid

from botocore.exceptions import ClientError

from checks import DATABASE, S3_RESULTS, check, fails, holds, main, place, same, unique
from statements import (
    answer,
    athena,
    careless,
    done,
    ended,
    execution,
    ready,
    results,
    rows,
    run,
    running,
    start,
    write,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# What no machine ends in time: one gives rows, the other none.
NUMBERS = "(SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x))"
ENDLESS = f"SELECT a.x * rand() AS a, b.x * rand() AS b FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b"
SILENT = f"SELECT count(*) FROM {NUMBERS} AS a CROSS JOIN {NUMBERS} AS b CROSS JOIN {NUMBERS} AS c"


def refused(call: object, kind: str, message: str, code: str | None = None) -> ClientError:
    """Fails unless a call is refused so. The message is a pattern of the whole."""
    try:
        call()
    except ClientError as error:
        same(error.response["Error"]["Code"], kind, "the type of the error")
        found = error.response["Error"].get("Message", "")
        assert re.fullmatch(message, found, re.DOTALL), f"the message is\n  {found}\nand not\n  {message}"
        if code:
            same(error.response.get("AthenaErrorCode"), code, "the code of the error")
        return error
    raise AssertionError(f"nothing was refused, instead of {kind}: {message}")


def workgroup() -> str:
    """A new workgroup with managed results: one without them, and without a place for them, runs no query."""
    name = unique("group")
    athena.create_work_group(Name=name, Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
    return name


@check
def a_query_has_all_members() -> None:
    sql = "  SELECT 1 AS one -- a remark\n ; "
    query_id = start(sql, QueryExecutionContext={"Database": "default", "Catalog": "AwsDataCatalog"})
    assert UUID.fullmatch(query_id), query_id
    known = ended(query_id)
    same(known["QueryExecutionId"], query_id)
    same(known["Query"], "SELECT 1 AS one -- a remark", "the statement")
    same((known["StatementType"], known["SubstatementType"]), ("DML", "SELECT"))
    same(known["Status"]["State"], "SUCCEEDED")
    submitted, completed = known["Status"]["SubmissionDateTime"], known["Status"]["CompletionDateTime"]
    assert submitted <= completed
    same(known["QueryExecutionContext"], {"Database": "default", "Catalog": "awsdatacatalog"})
    same(known["WorkGroup"], "primary")
    same(known["EngineVersion"]["EffectiveEngineVersion"], "Athena engine version 3")
    same(known["ResultReuseConfiguration"], {"ResultReuseByAgeConfiguration": {"Enabled": False}})
    statistics = known["Statistics"]
    for name in ["EngineExecutionTimeInMillis", "DataScannedInBytes", "TotalExecutionTimeInMillis", "QueryQueueTimeInMillis"]:
        assert statistics[name] >= 0, name
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"]
    same(statistics["ResultReuseInformation"], {"ReusedPreviousResult": False})


@check
def a_managed_result_has_no_place() -> None:
    known = done("SELECT 1")
    same("OutputLocation" in known.get("ResultConfiguration", {}), False, "an output location")
    same(known["ManagedQueryResultsConfiguration"]["Enabled"], True)
    same(rows(known["QueryExecutionId"]), [["_col0"], ["1"]])


@check
def a_named_place_is_used_with_and_without_a_slash() -> None:
    folder = place("named")
    for output in [folder, folder.rstrip("/")]:
        known = done("SELECT 1", ResultConfiguration={"OutputLocation": output})
        same(known["ResultConfiguration"]["OutputLocation"], f"{folder}{known['QueryExecutionId']}.csv")


@check
def names_in_back_ticks_and_other_cases_are_taken() -> None:
    ready()
    for database in [f"`{DATABASE}`", DATABASE.upper(), DATABASE]:
        context = {"Database": database, "Catalog": "AWSDATACATALOG"}
        same(answer("SELECT current_schema", QueryExecutionContext=context), [[DATABASE]])


@check
def errors_of_start_are_athenas() -> None:
    invalid = "InvalidRequestException"
    refused(lambda: start("SELEC 1"), invalid, r"line 1:1: mismatched input 'SELEC'.*", "MALFORMED_QUERY")
    refused(lambda: start("SELECT 1", WorkGroup="nowhere"), invalid, "WorkGroup is not found.*", "INVALID_INPUT")
    output = {"OutputLocation": "nowhere"}
    refused(lambda: start("SELECT 1", ResultConfiguration=output), invalid, "outputLocation is not a valid S3 path.*", "INVALID_INPUT")
    refused(
        lambda: careless.start_query_execution(ClientRequestToken=str(uuid.uuid4())),
        invalid,
        "1 validation error detected: Value null at 'queryString' failed to satisfy constraint: Member must not be null",
        "INVALID_INPUT",
    )
    refused(
        lambda: careless.start_query_execution(QueryString="SELECT 1", ClientRequestToken="short"),
        invalid,
        ".*clientRequestToken.*",
        "INVALID_INPUT",
    )
    refused(lambda: start("x" * 262_145), invalid, ".*", None)
    ready()
    missing = {"Database": DATABASE}
    for sql in ["DESCRIBE nowhere", "SHOW COLUMNS IN nowhere"]:
        refused(lambda sql=sql: start(sql, QueryExecutionContext=missing), invalid, r".*Entity Not Found \(.*\).*")


@check
def errors_of_results_are_athenas() -> None:
    invalid, input_code = "InvalidRequestException", "INVALID_INPUT"
    state = "INVALID_QUERY_EXECUTION_STATE"
    nobody = str(uuid.uuid4())
    for call in [
        lambda: results(nobody),
        lambda: execution(nobody),
        lambda: athena.stop_query_execution(QueryExecutionId=nobody),
        lambda: athena.get_query_runtime_statistics(QueryExecutionId=nobody),
    ]:
        refused(call, invalid, f"QueryExecution {nobody} was not found", "QUERY_EXECUTION_NOT_FOUND")
    nothing = "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: Member must not be null"
    refused(careless.get_query_execution, invalid, nothing, input_code)
    refused(careless.get_query_results, invalid, nothing, input_code)
    refused(lambda: careless.get_query_results(QueryExecutionId=nobody, MaxResults="x"), "SerializationException", ".*")
    refused(lambda: careless.get_query_execution(QueryExecutionId=1), "SerializationException", ".*")

    good = done("SELECT 1")["QueryExecutionId"]
    refused(
        lambda: careless.get_query_results(QueryExecutionId=good, MaxResults=1001),
        invalid,
        "MaxResults is more than maximum allowed length 1000",
        input_code,
    )
    refused(lambda: results(good, NextToken="nonsense"), invalid, "Malformed nextPageToken nonsense", input_code)
    bad = run("SELECT nothing")["QueryExecutionId"]
    refused(lambda: results(bad), invalid, "Query did not finish successfully. Final query state: FAILED", state)
    # The state is looked at before the token, and the number before the state.
    refused(lambda: results(bad, NextToken="x"), invalid, "Query did not finish successfully.*", state)
    refused(lambda: careless.get_query_results(QueryExecutionId=bad, MaxResults=1001), invalid, "MaxResults is more.*", input_code)

    slow = start(ENDLESS)
    running(slow)
    refused(lambda: results(slow), invalid, "Query has not yet finished. Current state: (RUNNING|QUEUED)", state)
    athena.stop_query_execution(QueryExecutionId=slow)
    same(ended(slow)["Status"]["State"], "CANCELLED")
    refused(lambda: results(slow), invalid, "Could not find results", "RESULT_NOT_FOUND")


def raw(target: str | None, body: bytes) -> tuple[int, dict, dict]:
    """Sends a body as it is, and gives status, headers and JSON."""
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if target:
        headers["X-Amz-Target"] = target
    request = urllib.request.Request(athena.meta.endpoint_url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as found:
            return found.status, dict(found.headers), json.loads(found.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read() or b"{}")


@check
def errors_stand_on_the_wire_as_athena_writes_them() -> None:
    body = json.dumps({"QueryString": "SELEC", "ClientRequestToken": str(uuid.uuid4())}).encode()
    status, headers, told = raw("AmazonAthena.StartQueryExecution", body)
    same(status, 400)
    same(told["__type"], "InvalidRequestException")
    same((told["AthenaErrorCode"], told["ErrorCode"]), ("MALFORMED_QUERY", "MALFORMED_QUERY"))
    holds(told["Message"], "line 1:1: mismatched input 'SELEC'")
    names = {name.lower(): value for name, value in headers.items()}
    assert UUID.fullmatch(names["x-amzn-requestid"]), names
    same("x-amzn-errortype" in names, False, "the error's type as a header")
    holds(names["content-type"], "application/x-amz-json-1.1")
    status, _, told = raw("Nobody.DoesThis", b"{}")
    same((status, told["__type"]), (400, "UnknownOperationException"))
    for bad in [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"QueryString": {"a": 1}}']:
        status, _, told = raw("AmazonAthena.StartQueryExecution", bad)
        same((status, told["__type"]), (400, "SerializationException"), str(bad))
    # Members that nobody knows are passed over.
    status, _, told = raw("AmazonAthena.ListWorkGroups", b'{"Tomorrow": 1}')
    same(status, 200)


@check
def times_on_the_wire_are_seconds() -> None:
    query_id = done("SELECT 1")["QueryExecutionId"]
    _, _, told = raw("AmazonAthena.GetQueryExecution", json.dumps({"QueryExecutionId": query_id}).encode())
    submitted = told["QueryExecution"]["Status"]["SubmissionDateTime"]
    assert isinstance(submitted, float | int) and 1_000_000_000 < submitted < 10_000_000_000, submitted


@check
def failures_have_athenas_words() -> None:
    ready()
    context = {"Database": DATABASE}
    cannot = "cannot be resolved or requester is not authorized to access requested resources"
    cases = [
        ("SELECT x", "COLUMN_NOT_FOUND", 1006, f"line 1:8: Column 'x' {cannot}"),
        ("SELECT * FROM nowhere", "TABLE_NOT_FOUND", 1301, f"line 1:15: Table 'awsdatacatalog.{DATABASE}.nowhere' does not exist"),
        ("SELECT * FROM nowhere.t", "SCHEMA_NOT_FOUND", 1301, "line 1:15: Schema 'nowhere' does not exist"),
        ("SELECT nofunction(1)", "FUNCTION_NOT_FOUND", 1303, "line 1:8: Function 'nofunction' not registered"),
        # Athena also says where: `line 1:20: `.
        ("SELECT 1 WHERE 'a' = 1", "TYPE_MISMATCH", 1002, "Cannot apply operator: varchar(1) = integer"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO", 1001, "Division by zero"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT", 1100, "Cannot cast 'x' to INT"),
        ("SELECT element_at(ARRAY[1], 0)", "INVALID_FUNCTION_ARGUMENT", 1106, ""),
    ]
    wrong = []
    for sql, code, kind, message in cases:
        known = run(sql, QueryExecutionContext=context)
        status = known["Status"]
        found = (status["State"], status.get("StateChangeReason", ""), status.get("AthenaError", {}))
        reason = found[1]
        right = (
            found[0] == "FAILED"
            and reason.startswith(f"{code}: {message}")
            and found[2].get("ErrorMessage") == reason
            and found[2].get("ErrorCategory") == 2
            and found[2].get("ErrorType") == kind
            and found[2].get("Retryable") is False
            and "CompletionDateTime" in status
        )
        if not right:
            wrong.append(f"{sql}\n    {found}\n    and not {code} ({kind}): {message}")
    assert not wrong, "\n  ".join(wrong)


@check
def statements_have_their_classes() -> None:
    ready()
    context = {"Database": DATABASE}
    folder = place("classes")
    table, view, other, made = (unique(name) for name in ["t", "v", "d", "ctas"])
    external = f"CREATE EXTERNAL TABLE {table} (a int, b string) PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{folder}{table}/'"
    cases = [
        ("SELECT 1", "DML", "SELECT", ".csv"),
        ("WITH a AS (SELECT 1 AS x) SELECT * FROM a", "DML", "SELECT", ".csv"),
        ("VALUES 1, 2", "DML", "SELECT", ".csv"),
        ("-- /* {\"app\": \"dbt\"} */\nSELECT 1", "DML", "SELECT", ".csv"),
        ("EXPLAIN SELECT 1", "DML", "EXPLAIN", ".txt"),
        (external, "DDL", "CREATE_TABLE", ".txt"),
        (f"ALTER TABLE {table} ADD PARTITION (day = '1')", "DDL", "ALTER_TABLE_ADD_PARTITION", ".txt"),
        (f"ALTER TABLE {table} DROP PARTITION (day = '1')", "DDL", "ALTER_TABLE_DROP_PARTITION", ".txt"),
        (f"ALTER TABLE {table} ADD COLUMNS (c int)", "DDL", "ALTER_TABLE_ADD_COLUMN", ".txt"),
        (f"ALTER TABLE {table} SET TBLPROPERTIES ('comment' = 'x')", "DDL", "ALTER_TABLE_PROPERTIES", ".txt"),
        (f"ALTER TABLE {table} SET LOCATION '{folder}{table}/'", "DDL", "ALTER_TABLE_SET_LOCATION", ".txt"),
        (f"MSCK REPAIR TABLE {table}", "DDL", "MSCK_REPAIR", ".txt"),
        (f"INSERT INTO {table} SELECT 1, 'x', 3, '2'", "DML", "INSERT", ""),
        (f"CREATE TABLE {made} WITH (format = 'PARQUET', external_location = '{folder}{made}/') AS SELECT 1 AS a", "DDL", "CREATE_TABLE_AS_SELECT", None),
        (f"UNLOAD (SELECT 1 AS a) TO '{folder}unloaded/' WITH (format = 'PARQUET')", "DML", "UNLOAD", ""),
        (f"CREATE OR REPLACE VIEW {view} AS SELECT 1 AS a", "DDL", "CREATE_VIEW", ".txt"),
        ("SHOW TABLES", "UTILITY", "SHOW_TABLES", ".txt"),
        ("SHOW DATABASES", "UTILITY", "SHOW_DATABASES", ".txt"),
        (f"SHOW COLUMNS IN {table}", "UTILITY", "SHOW_COLUMNS", ".txt"),
        (f"SHOW CREATE TABLE {table}", "UTILITY", "SHOW_CREATE_TABLE", ".txt"),
        (f"SHOW CREATE VIEW {view}", "UTILITY", "SHOW_CREATE_VIEW", ".txt"),
        (f"SHOW PARTITIONS {table}", "UTILITY", "SHOW_PARTITIONS", ".txt"),
        (f"SHOW TBLPROPERTIES {table}", "UTILITY", "SHOW_TABLE_PROPERTIES", ".txt"),
        (f"DESCRIBE {table}", "UTILITY", "DESCRIBE_TABLE", ".txt"),
        (f"DROP VIEW {view}", "DDL", "DROP_VIEW", ".txt"),
        (f"DROP TABLE {table}", "DDL", "DROP_TABLE", ".txt"),
        (f"DROP TABLE IF EXISTS {table}", "DDL", "DROP_TABLE", ".txt"),
        (f"CREATE DATABASE {other}", "DDL", "CREATE_DATABASE", ".txt"),
        (f"DROP DATABASE {other}", "DDL", "DROP_DATABASE", ".txt"),
    ]
    wrong = []
    for sql, kind, below, ending in cases:
        output = {"OutputLocation": folder}
        known = run(sql, QueryExecutionContext=context, ResultConfiguration=output)
        status, query_id = known["Status"], known["QueryExecutionId"]
        name = f"tables/{query_id}" if ending is None else f"{query_id}{ending}"
        expected = ("SUCCEEDED", kind, below, folder + name)
        found = (
            status["State"],
            known.get("StatementType"),
            known.get("SubstatementType"),
            known.get("ResultConfiguration", {}).get("OutputLocation"),
        )
        if found != expected:
            wrong.append(f"{sql}\n    {found} {status.get('StateChangeReason')}\n    and not {expected}")
    assert not wrong, "\n  ".join(wrong)


@check
def the_same_token_starts_one_query() -> None:
    token = str(uuid.uuid4())
    again = {"QueryString": "SELECT 1 AS token", "ClientRequestToken": token}
    first = athena.start_query_execution(**again)["QueryExecutionId"]
    same(athena.start_query_execution(**again)["QueryExecutionId"], first)
    ended(first)
    same(athena.start_query_execution(**again)["QueryExecutionId"], first)
    refused(
        lambda: athena.start_query_execution(QueryString="SELECT 2", ClientRequestToken=token),
        "InvalidRequestException",
        "Idempotent parameters do not match",
        "IDEMPOTENT_PARAMETER_MISMATCH",
    )


@check
def a_stopped_query_stops() -> None:
    for sql in [ENDLESS, SILENT]:
        slow = start(sql)
        running(slow)
        answered = athena.stop_query_execution(QueryExecutionId=slow)
        same([key for key in answered if key != "ResponseMetadata"], [])
        known = ended(slow, 10)
        same(known["Status"]["State"], "CANCELLED")
        same(known["Status"]["StateChangeReason"], "Query cancelled by user")
        assert known["Status"]["CompletionDateTime"]
        # There is room for others again.
        same(answer("SELECT 1"), [["1"]])
    # What has ended cannot be stopped, and is not an error.
    athena.stop_query_execution(QueryExecutionId=slow)
    good = done("SELECT 1")["QueryExecutionId"]
    athena.stop_query_execution(QueryExecutionId=good)
    same(execution(good)["Status"]["State"], "SUCCEEDED")


@check
def lists_are_newest_first_and_in_pages() -> None:
    group = workgroup()
    made = [done(f"SELECT {number}", WorkGroup=group)["QueryExecutionId"] for number in range(7)]
    made.reverse()
    found, token, pages = [], None, 0
    while True:
        more = {"NextToken": token} if token else {}
        page = athena.list_query_executions(WorkGroup=group, MaxResults=3, **more)
        found += page["QueryExecutionIds"]
        pages += 1
        token = page.get("NextToken")
        assert token != ""
        if not token or pages > 10:
            break
    same(found, made)
    same(athena.list_query_executions(WorkGroup=group)["QueryExecutionIds"], made)
    refused(lambda: careless.list_query_executions(MaxResults=51), "InvalidRequestException", ".*")
    refused(lambda: athena.list_query_executions(WorkGroup=group, NextToken="x"), "InvalidRequestException", ".*")
    refused(lambda: athena.list_query_executions(WorkGroup="nowhere"), "InvalidRequestException", "WorkGroup is not found.*")

    nobody = str(uuid.uuid4())
    batch = athena.batch_get_query_execution(QueryExecutionIds=[made[2], nobody, made[0]])
    same([known["QueryExecutionId"] for known in batch["QueryExecutions"]], [made[2], made[0]])
    same([one["QueryExecutionId"] for one in batch["UnprocessedQueryExecutionIds"]], [nobody])
    refused(
        lambda: careless.batch_get_query_execution(QueryExecutionIds=[nobody] * 51), "InvalidRequestException", ".*"
    )


@check
def results_are_reused_if_asked() -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    sql = f"SELECT '{unique('reuse')}' AS once"
    output = {"OutputLocation": place("reuse")}
    first = done(sql, ResultConfiguration=output, ResultReuseConfiguration=reuse)
    second = done(sql, ResultConfiguration=output, ResultReuseConfiguration=reuse)
    third = done(sql, ResultConfiguration=output)
    reused = [known["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] for known in [first, second, third]]
    same(reused, [False, True, False])
    assert first["QueryExecutionId"] != second["QueryExecutionId"]
    same(second["ResultConfiguration"]["OutputLocation"], first["ResultConfiguration"]["OutputLocation"])
    same(second["Statistics"]["DataScannedInBytes"], 0)
    same(second["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"], reuse["ResultReuseByAgeConfiguration"])
    same(rows(second["QueryExecutionId"]), rows(first["QueryExecutionId"]))
    # Another text, other values: another result.
    other = done(sql + " ", ResultConfiguration=output, ResultReuseConfiguration=reuse)
    same(other["Status"]["State"], "SUCCEEDED")
    parameters = [done("SELECT ?", ExecutionParameters=[value], ResultReuseConfiguration=reuse) for value in ["1", "2"]]
    same([rows(known["QueryExecutionId"])[1] for known in parameters], [["1"], ["2"]])


@check
def values_stand_for_question_marks() -> None:
    cases = [
        (["'abc'"], "abc"),
        (["Washington"], "Washington"),
        (["abc def"], "abc def"),
        (["it's"], "it's"),
        (["1 + 1"], "2"),
        (["NULL"], None),
        (["DATE '2024-01-01'"], "2024-01-01"),
        (["'quo''ted'"], "quo'ted"),
        (["'; DROP TABLE x"], "'; DROP TABLE x"),
    ]
    for values, expected in cases:
        known = done("SELECT ? AS a", ExecutionParameters=values)
        same(rows(known["QueryExecutionId"])[1], [expected], str(values))
        same(known["ExecutionParameters"], values)
    same(answer("SELECT 1", ExecutionParameters=["2", "3"]), [["1"]])
    known = run("SELECT ?, ?", ExecutionParameters=["1"])
    reason = known["Status"]["StateChangeReason"]
    same(known["Status"]["State"], "FAILED")
    holds(reason, "INVALID_PARAMETER_USAGE")


@check
def statements_are_prepared() -> None:
    name, group = unique("plus"), "primary"
    athena.create_prepared_statement(StatementName=name, WorkGroup=group, QueryStatement="SELECT ? + ?", Description="adds")
    found = athena.get_prepared_statement(StatementName=name, WorkGroup=group)["PreparedStatement"]
    same((found["StatementName"], found["WorkGroupName"], found["QueryStatement"], found["Description"]), (name, group, "SELECT ? + ?", "adds"))
    assert found["LastModifiedTime"]
    same(answer(f"EXECUTE {name} USING 1, 2"), [["3"]])
    same(answer(f'EXECUTE "{name}" USING 20, 22'), [["42"]])
    same(answer(f"EXECUTE {name}", ExecutionParameters=["5", "6"]), [["11"]])
    athena.update_prepared_statement(StatementName=name, WorkGroup=group, QueryStatement="SELECT ? * ?")
    same(answer(f"EXECUTE {name} USING 6, 7"), [["42"]])
    assert name in [one["StatementName"] for one in athena.list_prepared_statements(WorkGroup=group)["PreparedStatements"]]
    batch = athena.batch_get_prepared_statement(PreparedStatementNames=[name, "nowhere"], WorkGroup=group)
    same([one["StatementName"] for one in batch["PreparedStatements"]], [name])
    same([one["StatementName"] for one in batch["UnprocessedPreparedStatementNames"]], ["nowhere"])
    athena.delete_prepared_statement(StatementName=name, WorkGroup=group)
    for call in [athena.get_prepared_statement, athena.delete_prepared_statement]:
        refused(lambda call=call: call(StatementName=name, WorkGroup=group), "ResourceNotFoundException", ".+")

    other = unique("minus")
    done(f"PREPARE {other} FROM SELECT ? - ?")
    same(athena.get_prepared_statement(StatementName=other, WorkGroup=group)["PreparedStatement"]["QueryStatement"], "SELECT ? - ?")
    same(answer(f"EXECUTE {other} USING 5, 3"), [["2"]])
    done(f"DEALLOCATE PREPARE {other}")
    refused(lambda: athena.get_prepared_statement(StatementName=other, WorkGroup=group), "ResourceNotFoundException", ".+")
    same(answer("EXECUTE IMMEDIATE 'SELECT ? || ''!''' USING 'x'"), [["x!"]])


@check
def prepared_statements_belong_to_a_workgroup() -> None:
    name, group = unique("mine"), workgroup()
    athena.create_prepared_statement(StatementName=name, WorkGroup=group, QueryStatement="SELECT 7")
    same(answer(f"EXECUTE {name}", WorkGroup=group), [["7"]])
    with fails((ClientError, AssertionError)):
        answer(f"EXECUTE {name}")


@check
def queries_are_named() -> None:
    group = workgroup()
    token = str(uuid.uuid4())
    made = {"Name": "talkers", "Database": DATABASE, "QueryString": "SELECT 1", "WorkGroup": group, "Description": "top", "ClientRequestToken": token}
    query_id = athena.create_named_query(**made)["NamedQueryId"]
    same(athena.create_named_query(**made)["NamedQueryId"], query_id)
    found = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    same(found, {"Name": "talkers", "Database": DATABASE, "QueryString": "SELECT 1", "NamedQueryId": query_id, "WorkGroup": group, "Description": "top"})
    athena.update_named_query(NamedQueryId=query_id, Name="others", QueryString="SELECT 2", Description="new")
    found = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    same((found["Name"], found["QueryString"], found["Description"]), ("others", "SELECT 2", "new"))
    second = athena.create_named_query(Name="second", Database="default", QueryString="SELECT 3", WorkGroup=group)["NamedQueryId"]
    same(set(athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]), {query_id, second})
    page = athena.list_named_queries(WorkGroup=group, MaxResults=1)
    rest = athena.list_named_queries(WorkGroup=group, NextToken=page["NextToken"])
    same(set(page["NamedQueryIds"] + rest["NamedQueryIds"]), {query_id, second})
    nobody = str(uuid.uuid4())
    batch = athena.batch_get_named_query(NamedQueryIds=[query_id, nobody])
    same([one["NamedQueryId"] for one in batch["NamedQueries"]], [query_id])
    same([one["NamedQueryId"] for one in batch["UnprocessedNamedQueryIds"]], [nobody])
    athena.delete_named_query(NamedQueryId=query_id)
    refused(lambda: athena.get_named_query(NamedQueryId=query_id), "InvalidRequestException", ".+")


@check
def workgroups_are_made_changed_and_removed() -> None:
    built_in = {one["Name"]: one for one in athena.list_work_groups()["WorkGroups"]}
    for name in ["primary", S3_RESULTS]:
        same(built_in[name]["State"], "ENABLED")
        holds(built_in[name]["EngineVersion"]["EffectiveEngineVersion"], "Athena engine version 3")
    primary = athena.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]
    same(primary["EnforceWorkGroupConfiguration"], False)
    same(primary["ManagedQueryResultsConfiguration"]["Enabled"], True)
    other = athena.get_work_group(WorkGroup=S3_RESULTS)["WorkGroup"]["Configuration"]
    same(other.get("ManagedQueryResultsConfiguration", {}).get("Enabled", False), False)
    assert other["ResultConfiguration"]["OutputLocation"].startswith("s3://")

    name, output = unique("group"), place("group")
    settings = {"ResultConfiguration": {"OutputLocation": output}, "EnforceWorkGroupConfiguration": True}
    athena.create_work_group(Name=name, Description="mine", Configuration=settings, Tags=[{"Key": "team", "Value": "a"}])
    found = athena.get_work_group(WorkGroup=name)["WorkGroup"]
    same((found["Name"], found["State"], found["Description"]), (name, "ENABLED", "mine"))
    same(found["Configuration"]["EnforceWorkGroupConfiguration"], True)
    same(found["Configuration"]["ResultConfiguration"]["OutputLocation"], output)
    # What the workgroup enforces, a query cannot change.
    known = done("SELECT 1", WorkGroup=name, ResultConfiguration={"OutputLocation": place("elsewhere")})
    same(known["ResultConfiguration"]["OutputLocation"], f"{output}{known['QueryExecutionId']}.csv")
    refused(lambda: athena.create_work_group(Name=name), "InvalidRequestException", ".+")

    athena.update_work_group(WorkGroup=name, Description="changed", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}, State="DISABLED")
    found = athena.get_work_group(WorkGroup=name)["WorkGroup"]
    same((found["State"], found["Description"], found["Configuration"]["EnforceWorkGroupConfiguration"]), ("DISABLED", "changed", False))
    refused(lambda: start("SELECT 1", WorkGroup=name), "InvalidRequestException", ".+")
    athena.update_work_group(WorkGroup=name, State="ENABLED")
    athena.create_named_query(Name="one", Database="default", QueryString="SELECT 1", WorkGroup=name)
    refused(lambda: athena.delete_work_group(WorkGroup=name), "InvalidRequestException", ".*not empty.*")
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    refused(lambda: athena.get_work_group(WorkGroup=name), "InvalidRequestException", "WorkGroup is not found.*")
    refused(lambda: athena.delete_work_group(WorkGroup="primary"), "InvalidRequestException", ".+")


@check
def tags_are_kept() -> None:
    name = unique("group")
    athena.create_work_group(Name=name, Tags=[{"Key": "team", "Value": "a"}])
    resource = f"arn:aws:athena:us-east-1:111122223333:workgroup/{name}"
    tags = lambda: {tag["Key"]: tag["Value"] for tag in athena.list_tags_for_resource(ResourceARN=resource)["Tags"]}  # noqa: E731
    same(tags(), {"team": "a"})
    athena.tag_resource(ResourceARN=resource, Tags=[{"Key": "cost", "Value": "b"}, {"Key": "team", "Value": "c"}])
    same(tags(), {"team": "c", "cost": "b"})
    athena.untag_resource(ResourceARN=resource, TagKeys=["team"])
    same(tags(), {"cost": "b"})


@check
def the_catalog_is_told() -> None:
    ready()
    table = unique("told")
    location = f"{place('told')}"
    done(f"CREATE EXTERNAL TABLE {DATABASE}.{table} (a int COMMENT 'one', b string) COMMENT 'words' PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{location}'")
    catalogs = athena.list_data_catalogs()["DataCatalogsSummary"]
    same([(one["CatalogName"], one["Type"]) for one in catalogs], [("AwsDataCatalog", "GLUE")])
    same(athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"], "GLUE")
    names = [one["Name"] for one in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    assert {"default", DATABASE} <= set(names), names
    same(athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=DATABASE.upper())["Database"]["Name"], DATABASE)
    wanted = {"CatalogName": "AwsDataCatalog", "DatabaseName": DATABASE}
    listed = athena.list_table_metadata(**wanted, Expression=f"{table}.*")["TableMetadataList"]
    same([one["Name"] for one in listed], [table])
    found = athena.get_table_metadata(**wanted, TableName=table)["TableMetadata"]
    same([(column["Name"], column["Type"]) for column in found["Columns"]], [("a", "int"), ("b", "string")])
    same(found["Columns"][0]["Comment"], "one")
    same([(column["Name"], column["Type"]) for column in found["PartitionKeys"]], [("day", "string")])
    same(found["TableType"], "EXTERNAL_TABLE")
    parameters = found["Parameters"]
    same(parameters["location"], location.rstrip("/"))
    holds(parameters["serde.serialization.lib"], "LazySimpleSerDe")
    holds(parameters["inputformat"], "TextInputFormat")
    holds(parameters["outputformat"], "OutputFormat")
    same(parameters["serde.param.field.delim"], ",")
    assert found["CreateTime"]
    refused(lambda: athena.get_table_metadata(**wanted, TableName="nowhere"), "MetadataException", ".*EntityNotFoundException.*")
    refused(lambda: athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="nowhere"), "MetadataException", ".*EntityNotFoundException.*")


@check
def other_lists_are_told() -> None:
    versions = athena.list_engine_versions()["EngineVersions"]
    assert "Athena engine version 3" in [one["EffectiveEngineVersion"] for one in versions], versions
    known = done("SELECT * FROM UNNEST(sequence(1, 100)) AS t (x)")
    told = athena.get_query_runtime_statistics(QueryExecutionId=known["QueryExecutionId"])["QueryRuntimeStatistics"]
    same(told["Rows"]["OutputRows"], 100)
    assert told["Timeline"]["TotalExecutionTimeInMillis"] >= 0


@check
def what_is_not_supported_says_so() -> None:
    for call in [
        lambda: athena.list_notebook_metadata(WorkGroup="primary"),
        lambda: athena.list_sessions(WorkGroup="primary"),
        lambda: athena.list_capacity_reservations(),
        lambda: athena.create_data_catalog(Name="x", Type="HIVE"),
        lambda: athena.start_session(WorkGroup="primary", EngineConfiguration={"MaxConcurrentDpus": 4}),
    ]:
        refused(call, "InvalidRequestException", ".*not supported.*")


@check
def statistics_count_what_was_read() -> None:
    ready()
    folder, table = place("read"), unique("read")
    data = b"".join(b"%d,%d\n" % (number, number * number) for number in range(1000))
    write(f"{folder}data.csv", data)
    done(f"CREATE EXTERNAL TABLE {DATABASE}.{table} (a int, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{folder}'")
    known = done(f"SELECT sum(b) AS total FROM {DATABASE}.{table}")
    same(rows(known["QueryExecutionId"])[1], [str(sum(number * number for number in range(1000)))])
    same(known["Statistics"]["DataScannedInBytes"], len(data))
    told = athena.get_query_runtime_statistics(QueryExecutionId=known["QueryExecutionId"])["QueryRuntimeStatistics"]
    same((told["Rows"]["InputRows"], told["Rows"]["InputBytes"]), (1000, len(data)))


@check
def the_first_page_of_a_failed_insert_is_refused() -> None:
    known = run(f"INSERT INTO {DATABASE}.nowhere SELECT 1", WorkGroup=S3_RESULTS)
    same(known["Status"]["State"], "FAILED")
    holds(known["Status"]["StateChangeReason"], "TABLE_NOT_FOUND")


@check
def unknown_context_is_told() -> None:
    known = run("SELECT 1 FROM t", QueryExecutionContext={"Database": "nowhere"})
    same(known["Status"]["State"], "FAILED")
    holds(known["Status"]["StateChangeReason"], "nowhere")


main()
