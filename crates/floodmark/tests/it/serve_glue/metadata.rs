//! What Athena tells of databases and tables, and where the logs stand among them.

use serde_json::{Value, json};

use super::{Glue, LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT, names};
use crate::logs::write;
use crate::program::{answer, repository};

#[test]
fn glue_and_athena_show_the_logs_that_lie_at_the_places() {
    let samples = repository("samples/nlb");
    let glue = Glue::start(&["--from", samples.to_str().expect("a path in UTF-8")]);
    assert_eq!(names(&glue.call("GetDatabases", json!({})), "DatabaseList"), ["default", "logs"]);
    assert_eq!(
        names(&glue.call("GetTables", json!({ "DatabaseName": "logs" })), "TableList"),
        ["nlb"]
    );
    let table = &glue.call("GetTable", json!({ "DatabaseName": "logs", "Name": "NLB" }))["Table"];
    assert_eq!(table["StorageDescriptor"]["Columns"][0]["Name"], "type");
    let (kind, message) =
        glue.refused("GetTable", &json!({ "DatabaseName": "logs", "Name": "alb" }));
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("EntityNotFoundException", "Table alb not found.")
    );
    let (kind, _) = glue.refused("DeleteTable", &json!({ "DatabaseName": "logs", "Name": "nlb" }));
    assert_eq!(kind, "AccessDeniedException");
    let catalog = json!({ "CatalogName": "AwsDataCatalog", "DatabaseName": "logs" });
    let (_, listed) = glue.athena("ListTableMetadata", &catalog);
    assert_eq!(names(&listed, "TableMetadataList"), ["nlb"]);
    let place = samples.to_str().expect("a path in UTF-8");
    for (sql, rows) in [
        ("SHOW DATABASES", &["default", "logs"][..]),
        ("SHOW TABLES IN logs", &["nlb"]),
        ("SELECT table_schema, table_name FROM information_schema.tables", &["logs,nlb"]),
    ] {
        let mut command =
            glue.0.command(&["query", sql, "--from", place, "--format", "csv", "--report", "none"]);
        let answer = answer(&mut command, b"");
        assert_eq!(answer.out.lines().skip(1).collect::<Vec<_>>(), rows, "{}", answer.err);
    }
}

#[test]
fn glue_gives_own_tables_though_the_logs_cannot_be_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let logs = folder.path().join("logs");
    write(&logs.join("a.log"), b"no log\n");
    let glue = Glue::start(&["--from", logs.to_str().expect("a path in UTF-8")]);
    std::fs::remove_dir_all(&logs).expect("a folder of ours");
    glue.with_hits("s3://example-bucket/hits/");
    for _ in 0..2 {
        let (status, refused) =
            glue.0.call("AWSGlue.GetTables", &json!({ "DatabaseName": "logs" }));
        assert_eq!(status, 400, "{refused}");
    }
    let found = glue.call("SearchTables", json!({ "SearchText": "" }));
    assert_eq!(names(&found, "TableList"), ["hits"]);
    let sql = "SELECT table_name FROM information_schema.tables";
    assert_eq!(glue.athena_rows(sql), ["hits"]);
    let (kind, _) = glue.refused("CreateDatabase", &json!({ "DatabaseInput": { "Name": "logs" } }));
    assert_eq!(kind, "AccessDeniedException");
    let (_, said) = glue.0.end();
    assert!(said.contains("the tables of `logs` are left out"), "{said}");
}

#[test]
fn athena_tells_of_databases_and_tables() {
    let glue = Glue::start(&[]);
    glue.with_hits("s3://example-bucket/hits/");
    let of = |more: Value| {
        let mut input = json!({ "CatalogName": "awsdatacatalog" });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        input
    };
    let (_, listed) = glue.athena("ListDatabases", &of(json!({})));
    assert_eq!(listed, json!({ "DatabaseList": [{ "Name": "default" }, { "Name": "web" }] }));
    let (_, first) = glue.athena("ListDatabases", &of(json!({ "MaxResults": 1 })));
    let (_, second) = glue.athena("ListDatabases", &of(json!({ "NextToken": first["NextToken"] })));
    assert_eq!(second, json!({ "DatabaseList": [{ "Name": "web" }] }));
    let (_, database) = glue.athena("GetDatabase", &of(json!({ "DatabaseName": "WEB" })));
    assert_eq!(database, json!({ "Database": { "Name": "web" } }));
    let wanted = of(json!({ "DatabaseName": "Web", "TableName": "Hits" }));
    let (_, found) = glue.athena("GetTableMetadata", &wanted);
    let mut table = found["TableMetadata"].clone();
    assert!(table["CreateTime"].is_f64());
    table.as_object_mut().expect("an object").remove("CreateTime");
    let expected = json!({
        "Name": "hits",
        "TableType": "EXTERNAL_TABLE",
        "Columns": [
            { "Name": "path", "Type": "string", "Comment": "what was asked" },
            { "Name": "n", "Type": "bigint" },
        ],
        "PartitionKeys": [{ "Name": "day", "Type": "string", "Comment": "of the request" }],
        "Parameters": {
            "classification": "csv",
            "comment": "Requests",
            "it's \"quoted\"": "ü'; DROP",
            "inputformat": TEXT_INPUT,
            "location": "s3://example-bucket/hits",
            "outputformat": TEXT_OUTPUT,
            "serde.param.field.delim": ",",
            "serde.serialization.lib": LAZY_SIMPLE,
        },
    });
    assert_eq!(table, expected);
    let chosen = |expression: &str| {
        let input = of(json!({ "DatabaseName": "web", "Expression": expression }));
        names(&glue.athena("ListTableMetadata", &input).1, "TableMetadataList")
    };
    assert_eq!((chosen("h.*"), chosen("x.*")), (vec!["hits".to_owned()], Vec::new()));
    let (_, catalogs) = glue.athena("ListDataCatalogs", &json!({}));
    assert_eq!(catalogs["DataCatalogsSummary"][0]["CatalogName"], "AwsDataCatalog");
    let (_, catalog) = glue.athena("GetDataCatalog", &json!({ "Name": "awsdatacatalog" }));
    assert_eq!(catalog["DataCatalog"]["Type"], "GLUE");
    let missing = of(json!({ "DatabaseName": "web", "TableName": "no" }));
    let cases = [
        (
            "GetTableMetadata",
            missing,
            "MetadataException",
            "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: ",
        ),
        (
            "GetDatabase",
            of(json!({ "DatabaseName": "no" })),
            "MetadataException",
            "EntityNotFoundException",
        ),
        (
            "ListTableMetadata",
            of(json!({ "DatabaseName": "no" })),
            "MetadataException",
            "EntityNotFoundException",
        ),
        (
            "ListDatabases",
            json!({ "CatalogName": "other" }),
            "InvalidRequestException",
            "Data catalog other was not found",
        ),
        ("ListDatabases", json!({}), "InvalidRequestException", "Value null at 'catalogName'"),
        (
            "ListDatabases",
            of(json!({ "MaxResults": 51 })),
            "InvalidRequestException",
            "less than or equal to 50",
        ),
        (
            "ListDatabases",
            of(json!({ "NextToken": "forged" })),
            "InvalidRequestException",
            "Malformed nextPageToken forged",
        ),
        (
            "ListTableMetadata",
            of(json!({ "DatabaseName": "web", "Expression": "[" })),
            "InvalidRequestException",
            "no regular expression",
        ),
        (
            "CreateDataCatalog",
            json!({ "Name": "x", "Type": "GLUE" }),
            "InvalidRequestException",
            "CreateDataCatalog is not supported by Floodmark",
        ),
    ];
    for (action, input, kind, text) in cases {
        let (status, refused) = glue.athena(action, &input);
        assert_eq!(
            (status, &refused["__type"]),
            (400, &json!(kind)),
            "{action} {input}: {refused}"
        );
        assert!(refused["Message"].as_str().unwrap_or_default().contains(text), "{refused}");
    }
}
