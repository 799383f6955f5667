//! Statements through the port: where they may write, what they leave when they are stopped, and what a request that is sent again does.

use serde_json::{Value, json};

use crate::serve_state::{athena, ended, rows, start, state};
use crate::served::Served;

const UNLIKE: &str = "InvalidRequestException";

/// Runs a statement that must succeed; gives its rows.
fn run(served: &Served, sql: &str) -> Vec<Vec<String>> {
    let id = start(served, sql, &json!({}));
    let known = ended(served, &id);
    assert_eq!(state(&known), "SUCCEEDED", "{sql}: {known}");
    rows(served, &id)
}

/// Runs a statement that must fail; gives the reason.
fn fails(served: &Served, sql: &str, more: &Value) -> String {
    let known = ended(served, &start(served, sql, more));
    assert_eq!(state(&known), "FAILED", "{sql}: {known}");
    known["Status"]["StateChangeReason"].as_str().expect("a reason").to_owned()
}

fn put(served: &Served, path: &str, body: &str) {
    let reply = served.ask(&format!("PUT {path}"), &[], body);
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
}

fn table(name: &str, location: &str) -> String {
    format!(
        "CREATE EXTERNAL TABLE {name} (word string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{location}'"
    )
}

#[test]
fn what_is_written_over_a_bucket_of_aws_lies_beside_what_is_there() {
    // Another server of ours is the S3 that is elsewhere.
    let aws = Served::start(&[]);
    put(&aws, "/company/t/a.csv", "one\ntwo\n");
    put(&aws, "/company/t/b.csv", "three\n");
    let served = Served::start(&[
        "--pass-through",
        "--anonymous",
        "--region",
        "us-east-1",
        "--endpoint",
        &aws.url,
    ]);
    run(&served, &table("t", "s3://company/t/"));
    assert_eq!(run(&served, "SELECT count(*) FROM t"), [["3"]]);
    run(&served, "INSERT INTO t VALUES ('four')");
    assert_eq!(run(&served, "SELECT count(*) FROM t"), [["4"]]);
    assert_eq!(run(&served, "SELECT word FROM t WHERE word < 'o' ORDER BY word"), [["four"]]);
    // The result of a query in the same bucket hides nothing either.
    let place = json!({"ResultConfiguration": {"OutputLocation": "s3://company/results/"}});
    let id = start(&served, "SELECT word FROM t ORDER BY word", &place);
    assert_eq!(state(&ended(&served, &id)), "SUCCEEDED");
    assert_eq!(rows(&served, &id), [["four"], ["one"], ["three"], ["two"]]);
    let reply = served.ask(&format!("GET /company/results/{id}.csv"), &[], "");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(served.ask("GET /company/t/b.csv", &[], "").status, 200);
    // A bucket that is nowhere is made here.
    run(
        &served,
        "CREATE TABLE c WITH (external_location = 's3://nowhere/c/', format = 'JSON') AS SELECT word FROM t",
    );
    assert_eq!(run(&served, "SELECT count(*) FROM c"), [["4"]]);
    // Nothing was written elsewhere.
    assert_eq!(run(&aws, "SELECT 1"), [["1"]]);
    let listed = aws.ask("GET /company?list-type=2", &[], "").body;
    assert_eq!(listed.matches("<Key>").count(), 2, "{listed}");
}

#[test]
fn no_path_of_the_machine_can_be_named() {
    let served = Served::start(&[]);
    let secret = served.home().join("secret");
    std::fs::create_dir(&secret).expect("a folder");
    std::fs::write(secret.join("a.csv"), "word\n").expect("a file");
    let path = secret.display();
    run(&served, &table("t", "s3://own/t/"));
    for sql in [
        table("s", &format!("{path}/")),
        table("s", &format!("file://{path}/")),
        format!("ALTER TABLE t SET LOCATION '{path}'"),
        format!("ALTER TABLE t SET TBLPROPERTIES ('storage.location.template' = '{path}/')"),
        format!("UNLOAD (SELECT 1 AS a) TO '{path}/u/' WITH (format = 'JSON')"),
        format!("CREATE TABLE c WITH (external_location = '{path}/c/') AS SELECT 1 AS a"),
        format!("CREATE DATABASE d LOCATION '{path}/'"),
    ] {
        let reason = fails(&served, &sql, &json!({}));
        assert!(reason.contains("is no place in S3"), "{sql}: {reason}");
    }
    assert_eq!(std::fs::read_dir(&secret).expect("it is there").count(), 1);
}

#[test]
fn a_statement_that_is_stopped_has_written_all_or_nothing() {
    let served = Served::start(&[]);
    put(&served, "/own/t/a.csv", "a\n");
    run(&served, &table("t", "s3://own/t/"));
    let mut expected = 1;
    for _ in 0..12 {
        let id =
            start(&served, "INSERT INTO t SELECT 'x' FROM (VALUES 1, 2, 3) AS v (a)", &json!({}));
        athena(&served, "StopQueryExecution", &json!({ "QueryExecutionId": id }));
        match state(&ended(&served, &id)) {
            "SUCCEEDED" => expected += 3,
            "CANCELLED" => {}
            other => panic!("{other}"),
        }
        let counted = run(&served, "SELECT count(*) FROM t");
        assert_eq!(counted, [[expected.to_string()]]);
    }
}

#[test]
fn a_request_that_is_sent_again_is_known_by_all_that_it_says() {
    let served = Served::start(&[]);
    let asked = |sql: &str, place: &str| {
        let input = json!({
            "QueryString": sql,
            "ClientRequestToken": "a-token-that-is-long-enough-for-athena",
            "ResultConfiguration": { "OutputLocation": place },
        });
        served.call("AmazonAthena.StartQueryExecution", &input)
    };
    let (status, first) = asked("SELECT 1", "s3://own/p/q/");
    assert_eq!(status, 200, "{first}");
    assert_eq!(asked("SELECT 1", "s3://own/p/q"), (200, first));
    for (sql, place) in [("SELECT 2", "s3://own/p/q/"), ("SELECT 1", "s3://own/")] {
        let (status, answer) = asked(sql, place);
        assert_eq!((status, &answer["__type"]), (400, &json!(UNLIKE)), "{answer}");
        assert_eq!(answer["AthenaErrorCode"], "IDEMPOTENT_PARAMETER_MISMATCH");
    }
    let (status, answer) = asked("SELECT 1", "s3://own//p/");
    assert_eq!(
        (status, &answer["Message"]),
        (400, &json!("outputLocation is not a valid S3 path."))
    );
}

#[test]
fn prepared_statements_have_one_name_and_execute_no_other() {
    let served = Served::start(&[]);
    let make = |name: &str, sql: &str| {
        let input = json!({"StatementName": name, "WorkGroup": "primary", "QueryStatement": sql});
        athena(&served, "CreatePreparedStatement", &input);
    };
    make("MyStmt", "SELECT ? AS a");
    assert_eq!(run(&served, "EXECUTE MyStmt USING 7"), [["7"]]);
    assert_eq!(run(&served, "EXECUTE \"MyStmt\" USING 'x'"), [["x"]]);
    make("outer", "EXECUTE MyStmt USING 1");
    let reason = fails(&served, "EXECUTE outer", &json!({}));
    assert!(reason.contains("cannot execute another one"), "{reason}");
}

#[test]
fn what_has_another_shape_than_athenas_is_refused() {
    let served = Served::start(&[]);
    for (action, input) in [
        (
            "CreateWorkGroup",
            json!({"Name": "a", "Configuration": {"ManagedQueryResultsConfiguration": 7}}),
        ),
        (
            "StartQueryExecution",
            json!({"QueryString": "SELECT 1", "ResultConfiguration": {"EncryptionConfiguration": 5}}),
        ),
        (
            "StartQueryExecution",
            json!({"QueryString": "SELECT 1", "ExecutionParameters": ["x".repeat(1025)]}),
        ),
        ("ListQueryExecutions", json!({"NextToken": "-5"})),
        ("DeleteWorkGroup", json!({"WorkGroup": "primary"})),
        ("DeleteWorkGroup", json!({"WorkGroup": "s3-results"})),
    ] {
        let (status, answer) = served.call(&format!("AmazonAthena.{action}"), &input);
        assert_eq!(status, 400, "{action} {input}: {answer}");
    }
    assert_eq!(run(&served, "SELECT 1"), [["1"]]);
}

#[test]
fn a_join_that_gives_one_row_can_be_stopped() {
    let served = Served::start(&[]);
    let thousand = "(SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x))";
    let sql = format!(
        "SELECT count(*) FROM {thousand} AS a CROSS JOIN {thousand} AS b CROSS JOIN {thousand} AS c"
    );
    let ids: Vec<String> = (0..3).map(|_| start(&served, &sql, &json!({}))).collect();
    for id in &ids {
        athena(&served, "StopQueryExecution", &json!({ "QueryExecutionId": id }));
    }
    for id in &ids {
        assert_eq!(state(&ended(&served, id)), "CANCELLED");
    }
    assert_eq!(run(&served, "SELECT 1"), [["1"]]);
}
