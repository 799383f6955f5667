//! The catalog of a service on a free port, which answers as Glue does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion::logical_expr::{col, lit};
use serde_json::{Value, json};

use super::{GlueCatalog, GlueOptions};
use crate::catalog::{
    Catalog, ColumnDefinition, GlueMembers, IfExists, PartitionFilter, Relation, SerdeDefinition,
    TableDefinition,
};
use crate::error::{Error, ErrorKind, Result};
use crate::store::S3Options;

/// What was asked: the headers in one text, and the body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A service with an answer to each operation: its status and its body.
struct Service {
    endpoint: String,
    asked: Asked,
}

impl Service {
    fn start(answer: impl Fn(&str, &Value) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked::default();
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that has gone is no matter.
                let _ = serve(stream.unwrap(), &record, &answer);
            }
        });
        Self { endpoint, asked }
    }

    fn catalog(&self, retries: usize) -> GlueCatalog {
        let options = GlueOptions {
            endpoint: Some(self.endpoint.clone()),
            s3: S3Options { retries: Some(retries), ..S3Options::default() },
            ..GlueOptions::default()
        };
        let keys =
            Credentials::new("AKIAEXAMPLE", "made-up", Some("token".to_owned()), None, "test");
        let config = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .region(Region::new("eu-west-1"))
            .build();
        run(GlueCatalog::of(&config, &options)).unwrap()
    }
}

fn serve(
    mut stream: TcpStream,
    asked: &Asked,
    answer: &impl Fn(&str, &Value) -> (u16, Value),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut headers, mut length, mut operation) = (String::new(), 0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if lower.starts_with("x-amz-target:") {
            operation = line.trim().rsplit('.').next().unwrap().to_owned();
        }
        headers.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let (status, answer) = answer(&operation, &body);
    asked.lock().unwrap().push((headers, body));
    let answer = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    )
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn table_json(name: &str) -> Value {
    json!({
        "Name": name,
        "DatabaseName": "logs",
        "CreateTime": 1.7e9,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": { "EXTERNAL": "TRUE", "classification": null },
        "PartitionKeys": [{ "Name": "day", "Type": "string" }],
        "StorageDescriptor": {
            "Columns": [{ "Name": "Type", "Type": "array<struct<Name: string>>", "Comment": "" }],
            "Location": "s3://bucket/flow/",
            "InputFormat": "in",
            "OutputFormat": "out",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": { "field.delim": " " },
            },
        },
    })
}

fn view_json(text: &str) -> Value {
    json!({
        "Name": "top",
        "DatabaseName": "logs",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": text,
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": { "Columns": [{ "Name": "n", "Type": "int" }] },
    })
}

fn missing() -> (u16, Value) {
    let code = "com.amazonaws.glue#EntityNotFoundException";
    (400, json!({ "__type": code, "Message": "Entity Not Found" }))
}

fn table() -> TableDefinition {
    let column = |name: &str, hive_type: &str| ColumnDefinition {
        name: name.to_owned(),
        hive_type: hive_type.to_owned(),
        comment: None,
    };
    TableDefinition {
        database: "logs".to_owned(),
        name: "flow".to_owned(),
        columns: vec![column("type", "array<struct<name:string>>")],
        partition_keys: vec![column("day", "string")],
        comment: None,
        location: "s3://bucket/flow/".to_owned(),
        serde: SerdeDefinition {
            class: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe".to_owned(),
            properties: [("field.delim".to_owned(), " ".to_owned())].into(),
            input_format: "in".to_owned(),
            output_format: "out".to_owned(),
        },
        properties: [("EXTERNAL".to_owned(), "TRUE".to_owned())].into(),
        created_s: 1_700_000_000,
        updated_s: 0,
        glue: Some(GlueMembers::new()),
    }
}

#[test]
fn catalog_of_glue_gives_tables() {
    let service = Service::start(|operation, body| match (operation, body["Name"].as_str()) {
        ("GetTable", Some("flow")) => (200, json!({ "Table": table_json("flow") })),
        _ => missing(),
    });
    let catalog = service.catalog(0);
    let found = run(catalog.relation("Logs", "FLOW")).unwrap();
    assert_eq!(found, Some(Relation::Table(table())));
    assert_eq!(run(catalog.relation("logs", "other")).unwrap(), None);
    assert_eq!(run(catalog.database("logs")).unwrap(), None);
    let asked = service.asked.lock().unwrap();
    let (headers, body) = &asked[0];
    assert_eq!(*body, json!({ "DatabaseName": "logs", "Name": "flow" }));
    let headers = headers.to_lowercase();
    assert!(headers.contains("content-type: application/x-amz-json-1.1"), "{headers}");
    assert!(headers.contains("x-amz-target: awsglue.gettable"), "{headers}");
    assert!(headers.contains("x-amz-security-token: token"), "{headers}");
    assert!(
        headers.contains("authorization: aws4-hmac-sha256 credential=akiaexample/"),
        "{headers}"
    );
    assert!(headers.contains("/eu-west-1/glue/aws4_request, signedheaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, signature="), "{headers}");
}

#[test]
fn catalog_of_glue_gives_views() {
    let presto = json!({
        "originalSql": "SELECT count(*) AS n FROM flow",
        "catalog": "awsdatacatalog",
        "schema": "logs",
        "columns": [{ "name": "n", "type": "bigint" }],
    });
    let text = format!("/* Presto View: {} */", STANDARD.encode(presto.to_string()));
    let view = |text: String| {
        let service = Service::start(move |_, _| (200, json!({ "Table": view_json(&text) })));
        run(service.catalog(0).relation("logs", "top"))
    };
    let Some(Relation::View(view_found)) = view(text).unwrap() else { panic!("a view") };
    assert_eq!(view_found.sql, "SELECT count(*) AS n FROM flow");
    assert_eq!(view_found.columns, [("n".to_owned(), "bigint".to_owned())]);
    assert_eq!(view_found.default_database, "logs");
    for text in ["SELECT 1", "/* Presto View: !!! */", "/* Presto View: e30= */", ""] {
        let error = view(text.to_owned()).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        assert!(
            error.to_string().contains("the view 'logs.top' is not in Athena's SQL"),
            "{error}"
        );
    }
}

#[test]
fn catalog_of_glue_gives_lists_page_by_page() {
    let service = Service::start(|operation, body| {
        let page = body["NextToken"].as_str();
        match (operation, page) {
            ("GetDatabases", _) => (
                200,
                json!({ "DatabaseList": [
                    { "Name": "logs", "LocationUri": "s3://b/", "Description": "of us" },
                    { "Name": "Default" },
                ]}),
            ),
            ("GetTables", None) => {
                (200, json!({ "TableList": [table_json("flow")], "NextToken": "2" }))
            }
            ("GetTables", Some("2")) => (200, json!({ "TableList": [], "NextToken": "3" })),
            ("GetTables", Some(_)) => {
                (200, json!({ "TableList": [view_json("HiveQL"), table_json("a")] }))
            }
            _ => missing(),
        }
    });
    let catalog = Catalog::Glue(Arc::new(service.catalog(0)));
    let databases = run(catalog.databases()).unwrap();
    let names: Vec<_> = databases.iter().map(|database| database.name.as_str()).collect();
    assert_eq!(names, ["default", "logs"]);
    assert_eq!(databases[1].comment.as_deref(), Some("of us"));
    let relations = run(catalog.relations("logs")).unwrap();
    let names: Vec<_> = relations.iter().map(Relation::name).collect();
    assert_eq!(names, ["a", "flow", "top"]);
    let service = Service::start(|_, _| missing());
    let error = run(service.catalog(0).relations("none")).expect_err("no database");
    assert_eq!(error.athena_code(), Some("SCHEMA_NOT_FOUND"));
    let changed = run(catalog.change(|local| local.create_table(&table(), IfExists::Fail)));
    let error = changed.expect_err("only read");
    assert_eq!(error.to_string(), "the Glue Data Catalog is only read");
    assert!(error.hint_text().unwrap().contains("--catalog local"));
}

#[test]
fn catalog_of_glue_gives_partitions() {
    let service = Service::start(|_, body| {
        if body["Expression"].as_str().is_some_and(|expression| expression.contains("bad")) {
            return (400, json!({ "__type": "InvalidInputException", "Message": "no" }));
        }
        let partition = |day: &str, location: &str| json!({ "Values": [day], "StorageDescriptor": { "Location": location } });
        match body["NextToken"].as_str() {
            None => (
                200,
                json!({ "Partitions": [partition("2", "s3://x/2/"), partition("1", "")], "NextToken": "n" }),
            ),
            Some(_) => (
                200,
                json!({ "Partitions": [partition("__HIVE_DEFAULT_PARTITION__", "s3://x/0/"), { "Values": [] }] }),
            ),
        }
    });
    let catalog = service.catalog(0);
    let partitions = |filters: &[_]| {
        let filter = PartitionFilter::of(filters, &table().partition_keys);
        let partitions = run(catalog.partitions(&table(), &filter)).unwrap();
        let text = partitions.iter().map(|partition| {
            format!("{} {}", partition.values[0].as_deref().unwrap_or("NULL"), partition.location)
        });
        text.collect::<Vec<_>>()
    };
    let all = ["NULL s3://x/0/", "1 s3://bucket/flow/day=1/", "2 s3://x/2/"];
    assert_eq!(partitions(&[]), all);
    assert_eq!(partitions(&[col("day").gt(lit("1"))]), all[2..]);
    // What the service does not take is done here.
    assert_eq!(partitions(&[col("day").not_eq(lit("bad"))]), all[1..]);
    let asked = service.asked.lock().unwrap();
    assert_eq!(asked[0].1["ExcludeColumnSchema"], true);
    assert_eq!(asked[0].1.get("Expression"), None);
    assert_eq!(asked[2].1["Expression"], "day > '1'");
    assert_eq!(asked[3].1["NextToken"], "n");
    assert_eq!(asked[5].1.get("Expression"), None);
}

/// The error after an answer, and how often was asked.
fn refused(status: u16, answer: Value, retries: usize) -> (Error, usize) {
    let service = Service::start(move |_, _| (status, answer.clone()));
    let result: Result<_> = run(service.catalog(retries).relation("logs", "flow"));
    let error = result.expect_err("it is refused");
    let asked = service.asked.lock().unwrap().len();
    (error, asked)
}

#[test]
fn catalog_of_glue_says_why_it_does_not_answer() {
    let denied = "User: arn:aws:iam::1:user/x is not authorized to perform: glue:GetTable";
    let cases = [
        (
            400,
            json!({ "__type": "AccessDeniedException", "Message": denied }),
            ErrorKind::AccessDenied,
            "the Glue Data Catalog denies glue:GetTable: User: arn",
            1,
        ),
        (
            400,
            json!({ "__type": "ExpiredTokenException", "message": "old" }),
            ErrorKind::AccessDenied,
            "the credentials have expired: old",
            1,
        ),
        (
            400,
            json!({ "__type": "UnrecognizedClientException" }),
            ErrorKind::AccessDenied,
            "does not accept the credentials",
            1,
        ),
        (403, json!({}), ErrorKind::AccessDenied, "denies glue:GetTable", 1),
        (
            400,
            json!({ "__type": "ThrottlingException", "Message": "Rate exceeded" }),
            ErrorKind::Unavailable,
            "does not answer GetTable (ThrottlingException): Rate exceeded",
            3,
        ),
        (503, json!("no"), ErrorKind::Unavailable, "does not answer GetTable (503)", 3),
        (
            400,
            json!({ "__type": "OperationTimeoutException" }),
            ErrorKind::Unavailable,
            "refuses GetTable (400 OperationTimeoutException)",
            1,
        ),
        (200, json!({ "Table": { "Name": 5 } }), ErrorKind::Unavailable, "cannot be read", 1),
        (
            200,
            json!({ "Table": { "Name": "flow", "TargetTable": { "DatabaseName": "d", "Name": "t" } } }),
            ErrorKind::NotSupported,
            "is a link to another table",
            1,
        ),
    ];
    for (status, answer, kind, text, times) in cases {
        let (error, asked) = refused(status, answer, 2);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(asked, times, "{error}");
    }
}

#[test]
fn catalog_of_glue_is_asked_again_after_trouble() {
    let times = Mutex::new(0);
    let service = Service::start(move |_, _| {
        let mut times = times.lock().unwrap();
        *times += 1;
        match *times {
            1 => (400, json!({ "__type": "ThrottlingException" })),
            2 => (500, json!({ "__type": "InternalServiceException" })),
            _ => (200, json!({ "Table": table_json("flow") })),
        }
    });
    assert!(run(service.catalog(2).relation("logs", "flow")).unwrap().is_some());
    // Nobody listens there.
    let nowhere = Service { endpoint: "http://127.0.0.1:1".to_owned(), asked: Asked::default() };
    let error = run(nowhere.catalog(0).relation("logs", "flow")).expect_err("no service");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("does not answer GetTable"), "{error}");
}
