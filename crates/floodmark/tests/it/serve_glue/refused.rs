//! What Glue's API refuses, and in which words.

use serde_json::{Value, json};

use super::{Glue, hits, names};

#[test]
fn glue_refuses_what_cannot_be_meant() {
    let glue = Glue::start(&[]);
    glue.with_hits("s3://example-bucket/hits/");
    let table = |input: Value| json!({ "DatabaseName": "web", "TableInput": input });
    let long = "x".repeat(600_000);
    let cases = [
        (
            "GetDatabase",
            json!({ "Name": "no" }),
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "GetDatabase",
            json!({}),
            "InvalidInputException",
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": null }),
            "InvalidInputException",
            "Value null at 'databaseName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "GetTables",
            json!({ "DatabaseName": "" }),
            "InvalidInputException",
            "Member must have length greater than or equal to 1",
        ),
        (
            "GetPartitions",
            json!({ "DatabaseName": "web" }),
            "InvalidInputException",
            "Value null at 'tableName' failed to satisfy constraint: Member must not be null",
        ),
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
            "InvalidInputException",
            "the name `logs` is reserved",
        ),
        (
            "CreateDatabase",
            json!({ "DatabaseInput": { "Name": "Information_Schema" } }),
            "InvalidInputException",
            "reserved",
        ),
        (
            "GetTable",
            json!({ "DatabaseName": "logs", "Name": "t" }),
            "EntityNotFoundException",
            "Database logs not found.",
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

#[test]
fn glue_takes_no_path_of_the_machine() {
    let glue = Glue::start(&[]);
    glue.with_hits("s3://example-bucket/hits/");
    let of = |action: &str, member: &str, input: Value| {
        let mut all = json!({
            "DatabaseName": "web",
            "TableName": "hits",
            "Name": "web",
            "PartitionValueList": ["0"],
        });
        all[member] = input;
        glue.0.call(&format!("AWSGlue.{action}"), &all)
    };
    let refused = |(status, answer): (u16, Value)| {
        assert_eq!((status, &answer["__type"]), (400, &json!("InvalidInputException")), "{answer}");
        let message = answer["Message"].as_str().unwrap_or_default();
        assert!(message.contains("is no place in S3"), "{answer}");
    };
    of("CreatePartition", "PartitionInput", json!({ "Values": ["0"] }));
    let templated =
        |place: &str| json!({ "Name": "t", "Parameters": { "storage.location.template": place } });
    for place in ["/etc/ssl/", "etc", "file:///etc/ssl/", "-", "s3:/etc/ssl/"] {
        for action in ["CreateDatabase", "UpdateDatabase"] {
            let input = json!({ "Name": "web", "LocationUri": place });
            refused(of(action, "DatabaseInput", input));
        }
        for action in ["CreateTable", "UpdateTable"] {
            refused(of(action, "TableInput", hits(place)));
            refused(of(action, "TableInput", templated(place)));
        }
        let partition = json!({ "Values": ["1"], "StorageDescriptor": { "Location": place } });
        for action in ["CreatePartition", "UpdatePartition"] {
            refused(of(action, "PartitionInput", partition.clone()));
        }
        let (_, made) = of("BatchCreatePartition", "PartitionInputList", json!([partition]));
        let error = &made["Errors"][0]["ErrorDetail"];
        assert_eq!(error["ErrorCode"], "InvalidInputException", "{made}");
    }
    assert_eq!(glue.rows("SHOW PARTITIONS web.hits"), ["day=0"]);
    let table = json!({ "DatabaseName": "web", "TableInput": templated("s3a://b/${day}/") });
    glue.call("CreateTable", table);
}

#[test]
fn glue_keeps_tags_as_long_as_what_has_them() {
    let glue = Glue::start(&[]);
    let many: serde_json::Map<String, Value> =
        (0..51).map(|number| (format!("tag-{number}"), json!("x"))).collect();
    let (kind, message) = glue
        .refused("CreateDatabase", &json!({ "DatabaseInput": { "Name": "web" }, "Tags": many }));
    assert_eq!(kind, "InvalidInputException");
    assert!(message.contains("more than 50 tags"), "{message}");
    assert_eq!(names(&glue.call("GetDatabases", json!({})), "DatabaseList"), ["default"]);
    let database = json!({ "ResourceArn": "arn:aws:glue:eu-west-1:000000000000:database/web" });
    let table = json!({ "ResourceArn": "arn:aws:glue:eu-west-1:000000000000:table/web/hits" });
    let tagged = |of: &Value, tag: &str| {
        glue.call(
            "TagResource",
            json!({ "ResourceArn": of["ResourceArn"], "TagsToAdd": { tag: "1" } }),
        );
    };
    let tags = |of: &Value| glue.call("GetTags", of.clone())["Tags"].clone();
    glue.with_hits("s3://example-bucket/hits/");
    // Those who tag at the same time do not lose one another's.
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (tagged, table) = (&tagged, &table);
            scope.spawn(move || tagged(table, &format!("tag-{number}")));
        }
    });
    assert_eq!(tags(&table).as_object().map(serde_json::Map::len), Some(8));
    glue.call("DeleteTable", json!({ "DatabaseName": "web", "Name": "hits" }));
    let again = json!({ "DatabaseName": "web", "TableInput": hits("s3://example-bucket/hits/") });
    glue.call("CreateTable", again);
    assert_eq!(tags(&table), json!({}));
    tagged(&table, "a");
    tagged(&database, "b");
    glue.call("DeleteDatabase", json!({ "Name": "web" }));
    glue.with_hits("s3://example-bucket/hits/");
    assert_eq!((tags(&table), tags(&database)), (json!({}), json!({})));
}
