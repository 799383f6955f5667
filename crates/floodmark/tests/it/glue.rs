//! The Glue Data Catalog through the command line: a service on a free port says where the tables lie, and S3 holds them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::logs::write;
use crate::program::{Answer, answer, command};
use crate::s3_server::{BUCKET, KEY_ID, SECRET, Server};

/// A view as Athena keeps it: `SELECT action, sum(bytes) AS total FROM requests GROUP BY action` in the database `flow`.
const VIEW: &str = "eyJvcmlnaW5hbFNxbCI6ICJTRUxFQ1QgYWN0aW9uLCBzdW0oYnl0ZXMpIEFTIHRvdGFsIEZST00gcmVxdWVzdHMgR1JPVVAgQlkgYWN0aW9uIiwgImNhdGFsb2ciOiAiYXdzZGF0YWNhdGFsb2ciLCAic2NoZW1hIjogImZsb3ciLCAiY29sdW1ucyI6IFt7Im5hbWUiOiAiYWN0aW9uIiwgInR5cGUiOiAidmFyY2hhciJ9LCB7Im5hbWUiOiAidG90YWwiLCAidHlwZSI6ICJiaWdpbnQifV19";

/// A catalog with the database `flow`, its table `requests` of two partitions and its view `totals`.
struct Glue {
    endpoint: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Glue {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port to listen on");
        let endpoint = format!("http://{}", listener.local_addr().expect("it listens"));
        let asked = Arc::default();
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that has gone is no matter.
                let _ = serve(stream, &record);
            }
        });
        Self { endpoint, asked }
    }

    /// What was asked since the last call.
    fn take_asked(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.asked.lock().expect("no thread panics while it holds this"))
    }
}

fn serve(mut stream: TcpStream, asked: &Mutex<Vec<(String, Value)>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut operation, mut signed) = (0, String::new(), false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "x-amz-target" => operation = value.rsplit('.').next().unwrap_or_default().to_owned(),
            "authorization" => signed = value.contains(KEY_ID),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, text) = match signed {
        true => said(&operation, &body),
        false => (400, json!({ "__type": "AccessDeniedException", "Message": "not signed" })),
    };
    asked.lock().expect("no thread panics while it holds this").push((operation, body));
    let text = text.to_string();
    let head = "content-type: application/x-amz-json-1.1\r\nconnection: close";
    write!(stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{text}", text.len())
}

fn table() -> Value {
    json!({
        "Name": "requests",
        "DatabaseName": "flow",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": { "EXTERNAL": "TRUE", "skip.header.line.count": "1" },
        "PartitionKeys": [{ "Name": "day", "Type": "string" }],
        "StorageDescriptor": storage("requests/"),
    })
}

fn storage(place: &str) -> Value {
    json!({
        "Columns": [{ "Name": "action", "Type": "string" }, { "Name": "bytes", "Type": "bigint" }],
        "Location": format!("s3://{BUCKET}/{place}"),
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": { "field.delim": " ", "serialization.format": " " },
        },
    })
}

fn view() -> Value {
    json!({
        "Name": "totals",
        "DatabaseName": "flow",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": { "presto_view": "true" },
        "ViewOriginalText": format!("/* Presto View: {VIEW} */"),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{ "Name": "action", "Type": "string" }, { "Name": "total", "Type": "bigint" }],
        },
    })
}

fn said(operation: &str, body: &Value) -> (u16, Value) {
    let database = |name: &str| json!({ "Name": name });
    let partition = |day: &str| {
        let place = format!("requests/{}/", day.replace('-', "/"));
        json!({ "Values": [day], "StorageDescriptor": storage(&place) })
    };
    match (operation, body["Name"].as_str().or(body["TableName"].as_str())) {
        ("GetDatabases", _) => {
            (200, json!({ "DatabaseList": [database("default"), database("flow")] }))
        }
        ("GetDatabase", Some(name @ ("flow" | "default"))) => {
            (200, json!({ "Database": database(name) }))
        }
        ("GetTables", _) if body["DatabaseName"] == "flow" => {
            (200, json!({ "TableList": [table(), view()] }))
        }
        ("GetTables", _) => (200, json!({ "TableList": [] })),
        ("GetTable", Some("requests")) if body["DatabaseName"] == "flow" => {
            (200, json!({ "Table": table() }))
        }
        ("GetTable", Some("totals")) if body["DatabaseName"] == "flow" => {
            (200, json!({ "Table": view() }))
        }
        ("GetPartitions", Some("requests")) => {
            (200, json!({ "Partitions": [partition("2024-10-05"), partition("2024-10-06")] }))
        }
        _ => (400, json!({ "__type": "EntityNotFoundException", "Message": "Entity Not Found" })),
    }
}

/// Runs a statement with the catalog, against the bucket.
fn run(glue: &Glue, server: &Server, sql: &str) -> Answer {
    let mut command = command(&["query", sql, "--format", "csv", "--report", "none"]);
    command
        .args(["--catalog", "glue", "--endpoint", &server.endpoint, "--region", "eu-west-1"])
        .env("AWS_ENDPOINT_URL_GLUE", &glue.endpoint)
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    answer(&mut command, b"")
}

#[test]
fn glue_tables_and_views_are_read_as_they_stand() {
    let (glue, server) = (Glue::start(), Server::start());
    write(&server.file("requests/2024/10/05/x.log"), b"action bytes\nACCEPT 10\nREJECT 1\n");
    write(&server.file("requests/2024/10/06/x.log"), b"action bytes\nACCEPT 20\nACCEPT -\n");
    let cases: &[(&str, &str)] = &[
        ("SHOW DATABASES", "default\nflow"),
        ("SHOW TABLES IN flow", "requests\ntotals"),
        ("SHOW PARTITIONS flow.requests", "day=2024-10-05\nday=2024-10-06"),
        ("SHOW COLUMNS IN flow.requests", "action\nbytes\nday"),
        (
            "SELECT day, count(*), sum(bytes) FROM flow.requests GROUP BY day ORDER BY day",
            "2024-10-05,2,11\n2024-10-06,2,20",
        ),
        ("SELECT action, total FROM flow.totals ORDER BY action", "ACCEPT,30\nREJECT,1"),
        (
            "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'flow' ORDER BY 1",
            "requests,BASE TABLE\ntotals,VIEW",
        ),
        (
            "SELECT \"$path\" FROM flow.requests WHERE day = '2024-10-05' LIMIT 1",
            "s3://logs/requests/2024/10/05/x.log",
        ),
    ];
    for (sql, expected) in cases {
        let answer = run(&glue, &server, sql);
        assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
        let rows = answer.out.split_once('\n').map_or("", |(_, rows)| rows).trim_end();
        assert_eq!(rows, *expected, "{sql}");
    }
}

#[test]
fn glue_is_asked_for_the_partitions_of_a_condition() {
    let (glue, server) = (Glue::start(), Server::start());
    write(&server.file("requests/2024/10/05/x.log"), b"action bytes\nACCEPT 10\n");
    let sql = "SELECT sum(bytes) FROM flow.requests WHERE day = '2024-10-05' AND action = 'ACCEPT'";
    let answer = run(&glue, &server, sql);
    assert_eq!((answer.code, answer.out.as_str()), (0, "_col0\n10\n"), "{}", answer.err);
    let asked = glue.take_asked();
    let partitions = asked.iter().find(|(operation, _)| operation == "GetPartitions");
    let (_, body) = partitions.expect("it asks for partitions");
    let expression = body["Expression"].as_str().unwrap_or_default();
    assert!(expression.contains("day") && expression.contains("2024-10-05"), "{body}");
    assert!(!expression.contains("ACCEPT"), "{body}");
    // What lies under the other day is not even listed.
    assert!(server.take_asked().iter().all(|asked| asked.key.starts_with("requests/2024/10/05/")));
}

#[test]
fn glue_is_never_changed() {
    let (glue, server) = (Glue::start(), Server::start());
    for sql in [
        "CREATE DATABASE other",
        "DROP TABLE flow.requests",
        "ALTER TABLE flow.requests ADD PARTITION (day = '2024-10-07')",
        "CREATE VIEW flow.v AS SELECT 1 AS a",
        "CREATE EXTERNAL TABLE flow.t (a int) LOCATION 's3://logs/t/'",
        "CREATE TABLE flow.t WITH (external_location = 's3://logs/t/') AS SELECT 1 AS a",
        "INSERT INTO flow.requests VALUES ('a', 1, '2024-10-07')",
        "MSCK REPAIR TABLE flow.requests",
    ] {
        let answer = run(&glue, &server, sql);
        assert_eq!(answer.code, 7, "{sql}\n{}{}", answer.out, answer.err);
        assert!(answer.err.contains("the Glue Data Catalog is only read"), "{sql}\n{}", answer.err);
    }
    let read = |operation: &str| operation.starts_with("Get");
    assert!(glue.take_asked().iter().all(|(operation, _)| read(operation)));
}

#[test]
fn glue_without_a_table_says_so_in_athenas_words() {
    let (glue, server) = (Glue::start(), Server::start());
    let answer = run(&glue, &server, "SELECT * FROM flow.absent");
    let words = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.flow.absent' does not exist";
    assert_eq!(answer.code, 3);
    assert!(answer.err.contains(words), "{}", answer.err);
    let answer = run(&glue, &server, "SELECT * FROM absent.t");
    assert!(answer.err.contains("SCHEMA_NOT_FOUND: line 1:15"), "{}", answer.err);
}
