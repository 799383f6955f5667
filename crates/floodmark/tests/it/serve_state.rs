//! What is left of queries: of a thousand at once, of cancelled ones, and of a server that was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::served::{Served, signal};

/// Far more rows than a test waits for.
const ENDLESS: &str = "SELECT a.x, b.x, 'a text that takes some room in a file of results' AS words \
    FROM (SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x)) AS a \
    CROSS JOIN (SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x)) AS b";

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls an action of Athena that must succeed.
pub(crate) fn athena(served: &Served, action: &str, input: &Value) -> Value {
    let (status, answer) = served.call(&format!("AmazonAthena.{action}"), input);
    assert_eq!(status, 200, "{action} {input}: {answer}");
    answer
}

/// Starts a statement, when the server has room for it.
pub(crate) fn start(served: &Served, sql: &str, more: &Value) -> String {
    let mut input = json!({ "QueryString": sql });
    if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
        input.extend(more.clone());
    }
    let began = Instant::now();
    loop {
        let (status, answer) = served.call("AmazonAthena.StartQueryExecution", &input);
        if status == 200 {
            return answer["QueryExecutionId"].as_str().expect("an id").to_owned();
        }
        assert_eq!(answer["__type"], "TooManyRequestsException", "{sql}: {answer}");
        assert!(began.elapsed() < PATIENCE, "there was no room: {answer}");
    }
}

/// What is known of a query. The server answers late while the query runs.
fn execution(served: &Served, id: &str) -> Value {
    athena(served, "GetQueryExecution", &json!({ "QueryExecutionId": id }))["QueryExecution"].take()
}

pub(crate) fn state(execution: &Value) -> &str {
    execution["Status"]["State"].as_str().expect("a state")
}

/// Waits until a query has ended.
pub(crate) fn ended(served: &Served, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let known = execution(served, id);
        if !matches!(state(&known), "QUEUED" | "RUNNING") {
            return known;
        }
        assert!(began.elapsed() < PATIENCE, "{known}");
    }
}

/// The texts of a result, without the header.
pub(crate) fn rows(served: &Served, id: &str) -> Vec<Vec<String>> {
    let answer = athena(served, "GetQueryResults", &json!({ "QueryExecutionId": id }));
    let rows = answer["ResultSet"]["Rows"].as_array().expect("rows").iter().skip(1);
    let text = |datum: &Value| datum["VarCharValue"].as_str().unwrap_or_default().to_owned();
    rows.map(|row| row["Data"].as_array().expect("data").iter().map(text).collect()).collect()
}

/// The ids of all queries of a workgroup, newest first.
fn listed(served: &Served, workgroup: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut input = json!({ "WorkGroup": workgroup });
    loop {
        let page = athena(served, "ListQueryExecutions", &input);
        let ids = page["QueryExecutionIds"].as_array().expect("ids");
        found.extend(ids.iter().map(|id| id.as_str().expect("an id").to_owned()));
        match page["NextToken"].as_str() {
            Some(token) => input["NextToken"] = token.into(),
            None => return found,
        }
    }
}

/// The bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let one = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        // A file may go away in between.
        _ => entry.metadata().map_or(0, |metadata| metadata.len()),
    };
    entries.flatten().map(one).sum()
}

/// Waits until results of a query are being written.
fn is_written_to(folder: &Path, before: u64) {
    let began = Instant::now();
    while size(folder) < before + 1_000_000 {
        assert!(began.elapsed() < PATIENCE, "nothing is written");
        std::thread::yield_now();
    }
}

#[test]
fn a_thousand_queries_at_once_all_get_their_answers() {
    let served = Served::start(&[]);
    let ids = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for client in 0..50 {
            let (served, ids) = (&served, &ids);
            scope.spawn(move || {
                for number in (0..1000).skip(client).step_by(50) {
                    let id = start(served, &format!("SELECT {number} AS n"), &json!({}));
                    ids.lock().expect("no client failed").insert(id, number);
                }
            });
        }
    });
    let ids = ids.into_inner().expect("no client failed");
    assert_eq!(ids.len(), 1000);
    for (id, number) in &ids {
        let known = ended(&served, id);
        assert_eq!(state(&known), "SUCCEEDED", "{known}");
        assert_eq!(rows(&served, id), [[number.to_string()]]);
    }
    let listed = listed(&served, "primary");
    assert_eq!(listed.len(), 1000);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), ids.into_keys().collect());
}

#[test]
fn a_cancelled_query_makes_room_at_once() {
    let served = Served::start(&["--concurrent-queries", "1"]);
    let slow = start(&served, ENDLESS, &json!({}));
    let waiting = start(&served, "SELECT 1", &json!({}));
    let queued = start(&served, "SELECT 2", &json!({}));
    // What waits can be cancelled as well, and never begins.
    athena(&served, "StopQueryExecution", &json!({ "QueryExecutionId": queued }));
    assert_eq!(state(&ended(&served, &queued)), "CANCELLED");
    athena(&served, "StopQueryExecution", &json!({ "QueryExecutionId": slow }));
    let known = ended(&served, &slow);
    assert_eq!(state(&known), "CANCELLED");
    assert_eq!(known["Status"]["StateChangeReason"], "Query cancelled by user");
    assert_eq!(state(&ended(&served, &waiting)), "SUCCEEDED");
    assert_eq!(rows(&served, &waiting), [["1"]]);
}

#[test]
fn what_a_cancelled_query_wrote_is_gone() {
    let served = Served::start(&[]);
    let more = json!({ "ResultConfiguration": { "OutputLocation": "s3://results/cancelled/" } });
    let before = size(served.home());
    let slow = start(&served, ENDLESS, &more);
    is_written_to(served.home(), before);
    athena(&served, "StopQueryExecution", &json!({ "QueryExecutionId": slow }));
    assert_eq!(state(&ended(&served, &slow)), "CANCELLED");
    let began = Instant::now();
    while size(served.home()) >= before + 1_000_000 {
        assert!(began.elapsed() < PATIENCE, "{} bytes are left", size(served.home()));
        std::thread::yield_now();
    }
    let key = format!("GET /results/cancelled/{slow}.csv");
    assert_eq!(served.ask(&key, &[], "").status, 404);
}

#[test]
fn after_a_kill_no_half_result_is_seen_and_the_history_is_there() {
    for output in [None, Some("s3://results/killed/")] {
        let home = tempfile::tempdir().expect("a temporary folder");
        let more = output.map_or_else(
            || json!({}),
            |output| json!({ "ResultConfiguration": { "OutputLocation": output } }),
        );
        let served = Served::start_in(home.path(), &["--concurrent-queries", "1"]);
        let good = start(&served, "SELECT 42 AS n", &more);
        assert_eq!(state(&ended(&served, &good)), "SUCCEEDED");
        let bad = start(&served, "SELECT nothing", &more);
        let failed = ended(&served, &bad);
        let before = size(home.path());
        let slow = start(&served, ENDLESS, &more);
        let queued = start(&served, "SELECT 7 AS n", &more);
        is_written_to(home.path(), before);
        signal("KILL", served.pid());
        drop(served);

        let served = Served::start_in(home.path(), &[]);
        for id in [&slow, &queued] {
            let known = execution(&served, id);
            assert_eq!(state(&known), "FAILED", "{known}");
            let reason = known["Status"]["StateChangeReason"].as_str().expect("a reason");
            assert!(!reason.is_empty(), "{known}");
            assert!(known["Status"]["CompletionDateTime"].is_number(), "{known}");
            let input = json!({ "QueryExecutionId": id });
            let (status, refused) = served.call("AmazonAthena.GetQueryResults", &input);
            assert_eq!(
                (status, &refused["AthenaErrorCode"]),
                (400, &"INVALID_QUERY_EXECUTION_STATE".into())
            );
            let key = format!("GET /results/killed/{id}.csv");
            assert_eq!(served.ask(&key, &[], "").status, 404);
        }
        assert!(size(home.path()) < before + 1_000_000, "what was half written is left");
        // What had ended is as it was.
        assert_eq!(execution(&served, &bad)["Status"], failed["Status"]);
        assert_eq!(state(&execution(&served, &good)), "SUCCEEDED");
        assert_eq!(rows(&served, &good), [["42"]]);
        assert_eq!(listed(&served, "primary"), [queued, slow, bad, good]);
        // And the server goes on.
        let next = start(&served, "SELECT 8 AS n", &more);
        assert_eq!(state(&ended(&served, &next)), "SUCCEEDED");
        if output.is_some() {
            let key = format!("GET /results/killed/{next}.csv");
            assert_eq!(served.ask(&key, &[], "").body, "\"n\"\n\"8\"\n");
        }
    }
}
