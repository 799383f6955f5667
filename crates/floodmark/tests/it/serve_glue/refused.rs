//! What Glue's API refuses, and in which words.

use serde_json::json;

use super::{Glue, hits, names};

#[test]
fn glue_refuses_what_cannot_be_meant() {
    let glue = Glue::start(&[]);
    glue.with_hits("s3://example-bucket/hits/");
    let table = |input: serde_json::Value| json!({ "DatabaseName": "web", "TableInput": input });
    let long = "x".repeat(600_000);
    let cases = [
        (
            "GetDatabase",
            json!({ "Name": "no" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        ("GetDatabase", json!({}), "InvalidInputException", "'name'"),
        (
            "GetTable",
            json!({ "DatabaseName": "no", "Name": "t" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "GetTable",
            json!({ "DatabaseName": "web", "Name": "it's" }),
            "EntityNotFoundException",
            "Table it's not found.",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "no" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "web", "Expression": "(" }),
            "InvalidInputException",
            "'(' is no regular expression",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "web", "MaxResults": -1 }),
            "InvalidInputException",
            "greater than or equal to 1",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "web", "MaxResults": "many" }),
            "SerializationException",
            "",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "web", "NextToken": "x\u{0}'" }),
            "InvalidInputException",
            "NextToken is none",
        ),
        (
            "CreateDatabase",
            json!({ "DatabaseInput": { "Name": "WEB" } }),
            "AlreadyExistsException",
            "Database already exists.",
        ),
        (
            "CreateDatabase",
            json!({ "DatabaseInput": { "Name": "a\nb" } }),
            "InvalidInputException",
            "single line",
        ),
        (
            "CreateDatabase",
            json!({ "DatabaseInput": { "Name": "a", "TargetDatabase": {} } }),
            "InvalidInputException",
            "TargetDatabase",
        ),
        (
            "CreateDatabase",
            json!({ "DatabaseInput": { "Name": "logs" } }),
            "AccessDeniedException",
            "only read",
        ),
        (
            "DeleteDatabase",
            json!({ "Name": "default" }),
            "InvalidInputException",
            "cannot be dropped",
        ),
        (
            "DeleteDatabase",
            json!({ "Name": "no" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        ("CreateTable", table(hits("s3://b/")), "AlreadyExistsException", "Table already exists."),
        ("CreateTable", table(json!({})), "InvalidInputException", "tableInput.name"),
        ("CreateTable", table(json!({ "Name": 5 })), "InvalidInputException", ""),
        (
            "CreateTable",
            table(json!({ "Name": "x", "Retention": "seven" })),
            "InvalidInputException",
            "'Retention' must be a number",
        ),
        (
            "CreateTable",
            table(json!({ "Name": "x", "Parameters": { "a": 1 } })),
            "InvalidInputException",
            "TableInput cannot be read",
        ),
        (
            "CreateTable",
            table(json!({ "Name": "x", "Parameters": { "a": long } })),
            "InvalidInputException",
            "'parameters'",
        ),
        (
            "CreateTable",
            table(json!({ "Name": "x", "TargetTable": { "Name": "y" } })),
            "InvalidInputException",
            "TargetTable is not supported",
        ),
        (
            "CreateTable",
            json!({ "DatabaseName": "no", "TableInput": { "Name": "x" } }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "UpdateTable",
            table(json!({ "Name": "no" })),
            "EntityNotFoundException",
            "Table no not found.",
        ),
        (
            "UpdateTable",
            table(json!({ "Name": "hits", "TableType": "VIRTUAL_VIEW" })),
            "InvalidInputException",
            "",
        ),
        (
            "DeleteTable",
            json!({ "DatabaseName": "web", "Name": "no" }),
            "EntityNotFoundException",
            "Table no not found.",
        ),
        (
            "DeleteTable",
            json!({ "DatabaseName": "no", "Name": "no" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "GetTableVersion",
            json!({ "DatabaseName": "web", "TableName": "hits", "VersionId": "4" }),
            "EntityNotFoundException",
            "version 4",
        ),
        ("GetResourcePolicy", json!({}), "EntityNotFoundException", "Policy not found"),
        (
            "StartCrawler",
            json!({ "Name": "x" }),
            "InvalidInputException",
            "StartCrawler is not supported by Floodmark",
        ),
        ("GetTags", json!({ "ResourceArn": "x" }), "InvalidInputException", "no ARN"),
    ];
    for (action, input, kind, text) in cases {
        let (refused, message) = glue.refused(action, &input);
        let shown: String = input.to_string().chars().take(200).collect();
        assert_eq!(refused, kind, "{action} {shown}: {message}");
        assert!(message.contains(text), "{action} {shown}: {message}");
        assert!(message.len() < 1000, "{action}: {message}");
    }
    // Nothing of it was done.
    assert_eq!(names(&glue.call("GetDatabases", json!({})), "DatabaseList"), ["default", "web"]);
    assert_eq!(
        names(&glue.call("GetTables", json!({ "DatabaseName": "web" })), "TableList"),
        ["hits"]
    );
    // Names may have quotes, and go with their database.
    let odd = "o'd\"d `t`; --";
    glue.call("CreateTable", table(json!({ "Name": odd })));
    let gone = glue
        .call("BatchDeleteTable", json!({ "DatabaseName": "web", "TablesToDelete": [odd, "no"] }));
    assert_eq!(gone["Errors"][0]["TableName"], "no");
    assert_eq!(gone["Errors"].as_array().map(Vec::len), Some(1));
    let arn = "arn:aws:glue:eu-west-1:000000000000:database/web";
    glue.call("TagResource", json!({ "ResourceArn": arn, "TagsToAdd": { "a": "1", "b": "2" } }));
    glue.call("UntagResource", json!({ "ResourceArn": arn, "TagsToRemove": ["a"] }));
    assert_eq!(
        glue.call("GetTags", json!({ "ResourceArn": arn })),
        json!({ "Tags": { "b": "2" } })
    );
    glue.call("UpdateDatabase", json!({ "Name": "web", "DatabaseInput": { "Name": "web", "Description": "new", "LocationUri": "s3://b/", "Parameters": { "a": "b" } } }));
    let database = &glue.call("GetDatabase", json!({ "Name": "web" }))["Database"];
    assert_eq!(database["Description"], "new");
    assert_eq!(database["LocationUri"], "s3://b/");
    assert_eq!(database["Parameters"], json!({ "a": "b" }));
    let versions =
        glue.call("GetTableVersions", json!({ "DatabaseName": "web", "TableName": "hits" }));
    assert_eq!(versions["TableVersions"][0]["VersionId"], "0");
    assert_eq!(versions["TableVersions"][0]["Table"]["Name"], "hits");
    glue.call("DeleteDatabase", json!({ "Name": "web" }));
    assert_eq!(glue.rows("SHOW DATABASES"), ["default"]);
}
