//! Queries over the tables of a Glue Data Catalog, which a server in this process speaks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::logs::write;
use crate::program::{Answer, answer, command};
use crate::s3_server::{BUCKET, KEY_ID, SECRET, Server};

/// The operations that were asked for, in their order.
type Asked = Arc<Mutex<Vec<String>>>;

/// A Glue Data Catalog with a database `web`.
struct Glue {
    endpoint: String,
    asked: Asked,
    home: tempfile::TempDir,
}

impl Glue {
    /// Answers each operation with a status and a body.
    fn start(reply: impl Fn(&str, &Value) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
        let asked = Asked::default();
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that has gone is no matter.
                let _ = serve(stream, &record, &reply);
            }
        });
        Self { endpoint, asked, home: tempfile::tempdir().expect("a temporary folder") }
    }

    fn run(&self, sql: &str, more: &[&str]) -> Answer {
        let mut command =
            command(&["query", sql, "--catalog", "glue", "--report", "none", "--format", "csv"]);
        command
            .args(more)
            .env("FLOODMARK_HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL_GLUE", &self.endpoint);
        answer(&mut command, b"")
    }

    /// The rows of a statement that must succeed, the names first.
    fn rows(&self, sql: &str) -> String {
        let answer = self.run(sql, &[]);
        assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
        answer.out
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("no thread panics while it holds this"))
    }
}

fn serve(
    mut stream: TcpStream,
    asked: &Asked,
    reply: &impl Fn(&str, &Value) -> (u16, Value),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut operation) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if lower.starts_with("x-amz-target:") {
            operation = line.rsplit('.').next().unwrap_or_default().to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = reply(&operation, &body);
    asked.lock().expect("no thread panics while it holds this").push(operation);
    let answer = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    )
}

fn missing() -> (u16, Value) {
    (400, json!({ "__type": "EntityNotFoundException", "Message": "Entity Not Found" }))
}

/// A table of text with commas, partitioned by day.
fn hits(location: &str) -> Value {
    json!({
        "Name": "hits",
        "DatabaseName": "web",
        "CreateTime": 1.7e9,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{ "Name": "day", "Type": "date" }],
        "StorageDescriptor": {
            "Columns": [{ "Name": "path", "Type": "string" }, { "Name": "n", "Type": "int" }],
            "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": { "field.delim": "," },
            },
        },
    })
}

/// `SELECT path, sum(n) AS total FROM hits GROUP BY path`, as Athena keeps it.
const VIEW: &str = "eyJvcmlnaW5hbFNxbCI6IlNFTEVDVCBwYXRoLCBzdW0obikgQVMgdG90YWwgRlJPTSBoaXRzIEdST1VQIEJZIHBhdGgiLCJjYXRhbG9nIjoiYXdzZGF0YWNhdGFsb2ciLCJzY2hlbWEiOiJ3ZWIiLCJjb2x1bW5zIjpbeyJuYW1lIjoicGF0aCIsInR5cGUiOiJ2YXJjaGFyIn0seyJuYW1lIjoidG90YWwiLCJ0eXBlIjoiYmlnaW50In1dfQ==";

/// The catalog with the table `hits` at a location, and the view `totals`.
fn web(location: &str) -> Glue {
    let location = location.to_owned();
    Glue::start(move |operation, request| {
        let view = json!({
            "Name": "totals",
            "DatabaseName": "web",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": format!("/* Presto View: {VIEW} */"),
            "ViewExpandedText": "/* Presto View */",
            "StorageDescriptor": { "Columns": [] },
        });
        let found = |body: Value| (200, body);
        match (operation, request["Name"].as_str().unwrap_or_default()) {
            ("GetTable", "hits") => found(json!({ "Table": hits(&location) })),
            ("GetTable", "totals") => found(json!({ "Table": view })),
            ("GetDatabase", "web") => found(json!({ "Database": { "Name": "web" } })),
            ("GetDatabases", _) => found(json!({ "DatabaseList": [{ "Name": "web" }] })),
            ("GetTables", _) => found(json!({ "TableList": [hits(&location), view] })),
            ("GetPartitions", _) => {
                let partition = |day: &str| {
                    let location = format!("{}/day={day}/", location.trim_end_matches('/'));
                    json!({ "Values": [day], "StorageDescriptor": { "Location": location } })
                };
                found(json!({ "Partitions": [partition("2024-10-05"), partition("2024-10-06")] }))
            }
            _ => missing(),
        }
    })
}

fn fill(folder: &Path) {
    write(&folder.join("day=2024-10-05/a.csv"), b"/a,1\n/b,2\n");
    write(&folder.join("day=2024-10-06/a.csv"), b"/a,10\n");
}

#[test]
fn tables_of_glue_are_read_by_every_name_without_any_statement_before() {
    let files = tempfile::tempdir().expect("a temporary folder");
    fill(files.path());
    let glue = web(files.path().to_str().expect("a path in UTF-8"));
    for name in
        ["web.hits", "AwsDataCatalog.web.hits", "\"awsdatacatalog\".\"web\".\"hits\"", "WEB.Hits"]
    {
        let sql = format!("SELECT path, n, day FROM {name} ORDER BY n");
        let rows = "path,n,day\n/a,1,2024-10-05\n/b,2,2024-10-05\n/a,10,2024-10-06\n";
        assert_eq!(glue.rows(&sql), rows, "{name}");
    }
    let answer = glue.run("SELECT count(*) AS rows FROM hits", &["--database", "web"]);
    assert_eq!(answer.out, "rows\n3\n", "{}", answer.err);
    glue.asked();
    let sql = "SELECT sum(n) AS n FROM web.hits WHERE day = DATE '2024-10-06'";
    assert_eq!(glue.rows(sql), "n\n10\n");
    assert_eq!(glue.asked().iter().filter(|asked| *asked == "GetPartitions").count(), 1);
    let joined =
        "SELECT a.n, b.n AS more FROM web.hits a JOIN web.hits b ON a.path = b.path AND a.n < b.n";
    assert_eq!(glue.rows(joined), "n,more\n1,10\n");
}

#[test]
fn views_and_lists_of_glue_are_shown() {
    let files = tempfile::tempdir().expect("a temporary folder");
    fill(files.path());
    let glue = web(files.path().to_str().expect("a path in UTF-8"));
    assert_eq!(glue.rows("SELECT * FROM web.totals ORDER BY total"), "path,total\n/b,2\n/a,11\n");
    assert_eq!(glue.rows("SHOW TABLES IN web"), "tab_name\nhits\ntotals\n");
    assert_eq!(
        glue.rows("SHOW PARTITIONS web.hits"),
        "partition\nday=2024-10-05\nday=2024-10-06\n"
    );
}

#[test]
fn tables_of_glue_lie_in_buckets() {
    let server = Server::start();
    fill(&server.file("web"));
    let glue = web(&format!("s3://{BUCKET}/web"));
    let sql = "SELECT sum(n) AS n FROM web.hits";
    let answer = glue.run(sql, &["--endpoint", &server.endpoint]);
    assert_eq!(answer.out, "n\n13\n", "{}", answer.err);
}

#[test]
fn glue_is_only_read_and_prepared_statements_are_kept_on_this_machine() {
    let files = tempfile::tempdir().expect("a temporary folder");
    fill(files.path());
    let glue = web(files.path().to_str().expect("a path in UTF-8"));
    for sql in ["CREATE DATABASE other", "DROP TABLE web.hits", "INSERT INTO web.hits SELECT 1"] {
        let answer = glue.run(sql, &[]);
        assert_eq!(answer.code, 7, "{sql}: {}", answer.err);
        assert!(answer.err.contains("the Glue Data Catalog is only read"), "{}", answer.err);
    }
    glue.rows("PREPARE of_path FROM SELECT sum(n) AS n FROM web.hits WHERE path = ?");
    assert_eq!(glue.rows("EXECUTE of_path USING '/a'"), "n\n11\n");
    glue.rows("DEALLOCATE PREPARE of_path");
    assert_eq!(glue.run("EXECUTE of_path USING '/a'", &[]).code, 3);
}

#[test]
fn what_glue_refuses_is_told() {
    let denied = Glue::start(|_, _| {
        (400, json!({ "__type": "AccessDeniedException", "Message": "not authorized" }))
    });
    let answer = denied.run("SELECT * FROM web.hits", &[]);
    assert_eq!(answer.code, 4, "{}", answer.err);
    assert!(answer.err.contains("denies glue:GetTable"), "{}", answer.err);
    assert!(answer.err.contains("hint: reading the catalog takes"), "{}", answer.err);
    let throttled =
        Glue::start(|_, _| (400, json!({ "__type": "ThrottlingException", "Message": "slow" })));
    let answer = throttled.run("SELECT * FROM web.hits", &["--retries", "2"]);
    assert!(
        answer.err.contains("does not answer GetTable (ThrottlingException)"),
        "{}",
        answer.err
    );
    assert_eq!(throttled.asked().len(), 3);
    let glue = web("/nowhere");
    let answer = glue.run("SELECT * FROM web.hit", &[]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(answer.err.contains("hint: did you mean `hits`?"), "{}", answer.err);
    let answer = glue.run("SELECT * FROM other.other", &[]);
    assert!(answer.err.contains("Schema 'other' does not exist"), "{}", answer.err);
}
