//! Glue's API of `floodmark serve`, and what Athena's says of databases and tables.

mod metadata;
mod refused;

use serde_json::{Value, json};

use crate::logs::write;
use crate::program::answer;
use crate::served::Served;

const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

/// A server whose Glue is asked.
struct Glue(Served);

impl Glue {
    fn start(arguments: &[&str]) -> Self {
        Self(Served::start(arguments))
    }

    /// Calls an action that must succeed.
    #[expect(clippy::needless_pass_by_value, reason = "a call reads as one literal")]
    fn call(&self, action: &str, input: Value) -> Value {
        let (status, answer) = self.0.call(&format!("AWSGlue.{action}"), &input);
        assert_eq!(status, 200, "{action} {input}: {answer}");
        answer
    }

    /// Calls an action that must be refused; gives the kind of the error and its message.
    fn refused(&self, action: &str, input: &Value) -> (String, String) {
        let (status, answer) = self.0.call(&format!("AWSGlue.{action}"), input);
        assert_eq!(status, 400, "{action} {input}: {answer}");
        let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        (text("__type"), text("Message"))
    }

    fn athena(&self, action: &str, input: &Value) -> (u16, Value) {
        self.0.call(&format!("AmazonAthena.{action}"), input)
    }

    /// The rows of a statement that the command line runs over the same catalog.
    fn rows(&self, sql: &str) -> Vec<String> {
        let mut command = self.0.command(&["query", sql, "--format", "csv", "--report", "none"]);
        let answer = answer(&mut command, b"");
        assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
        answer.out.lines().skip(1).map(str::to_owned).collect()
    }

    /// The rows of a query that Athena's API runs, with commas.
    fn athena_rows(&self, sql: &str) -> Vec<String> {
        let (status, started) = self.athena("StartQueryExecution", &json!({ "QueryString": sql }));
        assert_eq!(status, 200, "{sql}: {started}");
        let id = json!({ "QueryExecutionId": started["QueryExecutionId"] });
        // The server answers late while a query runs.
        let mut answers = (0..60).map(|_| self.athena("GetQueryExecution", &id).1);
        let has_ended =
            |answer: &Value| answer["QueryExecution"]["Status"]["CompletionDateTime"].is_number();
        let ended = answers.find(has_ended).unwrap_or_default();
        assert_eq!(ended["QueryExecution"]["Status"]["State"], "SUCCEEDED", "{sql}: {ended}");
        let (_, results) = self.athena("GetQueryResults", &id);
        let rows = results["ResultSet"]["Rows"].as_array().into_iter().flatten().skip(1);
        let text = |value: &Value| value["VarCharValue"].as_str().unwrap_or_default().to_owned();
        let row = |row: &Value| {
            row["Data"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(",")
        };
        rows.map(row).collect()
    }

    /// A database `web`, and its table `hits` with a partition key, below a folder.
    fn with_hits(&self, location: &str) {
        self.call("CreateDatabase", json!({ "DatabaseInput": { "Name": "web" } }));
        self.call("CreateTable", json!({ "DatabaseName": "web", "TableInput": hits(location) }));
    }
}

/// A table of text with commas, with members that SQL does not use.
fn hits(location: &str) -> Value {
    json!({
        "Name": "Hits",
        "Description": "Requests",
        "Owner": "me",
        "Retention": 7,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": { "classification": "csv", "it's \"quoted\"": "ü'; DROP" },
        "PartitionKeys": [{ "Name": "Day", "Type": "string", "Comment": "of the request" }],
        "StorageDescriptor": {
            "Columns": [
                { "Name": "Path", "Type": "STRING", "Comment": "what was asked", "Parameters": { "a": "b" } },
                { "Name": "n", "Type": "bigint" },
            ],
            "Location": location,
            "InputFormat": TEXT_INPUT,
            "OutputFormat": TEXT_OUTPUT,
            "Compressed": true,
            "NumberOfBuckets": -1,
            "SerdeInfo": {
                "Name": "mine",
                "SerializationLibrary": LAZY_SIMPLE,
                "Parameters": { "field.delim": "," },
            },
            "BucketColumns": [],
            "SortColumns": [{ "Column": "n", "SortOrder": 1 }],
            "Parameters": { "CrawlerSchemaDeserializerVersion": "1.0" },
            "StoredAsSubDirectories": false,
        },
    })
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let name = |item: &Value| item["Name"].as_str().unwrap_or_default().to_owned();
    answer[list].as_array().into_iter().flatten().map(name).collect()
}

#[test]
fn glue_gives_back_what_was_written_and_sql_reads_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("day=2024-10-05/a.csv"), b"/a,3\n/b,4\n");
    write(&folder.path().join("elsewhere/a.csv"), b"/c,5\n");
    let bucket = format!("web-logs={}", folder.path().to_str().expect("a path in UTF-8"));
    let glue = Glue::start(&["--bucket", &bucket]);
    let place = "s3://web-logs/";
    glue.with_hits(place);
    let table = &glue.call("GetTable", json!({ "DatabaseName": "WEB", "Name": "HITS" }))["Table"];
    let mut expected = hits(place);
    expected["Name"] = json!("hits");
    expected["PartitionKeys"][0]["Name"] = json!("day");
    expected["StorageDescriptor"]["Columns"][0]["Name"] = json!("path");
    expected["StorageDescriptor"]["Columns"][0]["Type"] = json!("string");
    for (member, value) in expected.as_object().expect("an object") {
        if member != "StorageDescriptor" {
            assert_eq!(&table[member], value, "{member}");
        }
    }
    for (member, value) in expected["StorageDescriptor"].as_object().expect("an object") {
        assert_eq!(&table["StorageDescriptor"][member], value, "{member}");
    }
    assert_eq!(table["DatabaseName"], "web");
    assert_eq!(table["CatalogId"], "000000000000");
    assert_eq!(table["VersionId"], "0");
    assert!(table["CreateTime"].is_f64(), "{table}");
    let partition = |day: &str, place: &str| {
        let storage = json!({ "Location": place, "Parameters": { "x": "y" } });
        json!({ "Values": [day], "StorageDescriptor": storage, "Parameters": { "k": "v" } })
    };
    let on_day = format!("{place}day=2024-10-05/");
    let inputs =
        [partition("2024-10-05", &on_day), partition("2024-10-06", &format!("{place}elsewhere/"))];
    let of = |more: Value| {
        let mut input = json!({ "DatabaseName": "web", "TableName": "hits" });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        input
    };
    let made = glue.call("BatchCreatePartition", of(json!({ "PartitionInputList": inputs })));
    assert_eq!(made, json!({ "Errors": [] }));
    assert_eq!(glue.athena_rows("SELECT sum(n), min(day) FROM web.hits"), ["12,2024-10-05"]);
    assert_eq!(glue.athena_rows("SELECT sum(n) FROM web.hits WHERE day > '2024-10-05'"), ["5"]);
    let found = glue.call("GetPartition", of(json!({ "PartitionValues": ["2024-10-05"] })));
    let found = &found["Partition"];
    assert_eq!(found["Parameters"], json!({ "k": "v" }));
    assert_eq!(found["StorageDescriptor"]["Location"], on_day.as_str());
    assert_eq!(found["StorageDescriptor"]["Parameters"]["x"], "y");
    assert_eq!(found["StorageDescriptor"]["Columns"][0]["Name"], "path");
    // What the command line changes stands in both.
    glue.rows("ALTER TABLE web.hits SET TBLPROPERTIES ('by' = 'sql')");
    glue.rows("ALTER TABLE web.hits ADD PARTITION (day = '2024-10-07')");
    let table = &glue.call("GetTable", json!({ "DatabaseName": "web", "Name": "hits" }))["Table"];
    assert_eq!(table["Parameters"]["by"], "sql");
    assert_eq!(table["Owner"], "me");
    let all = glue.call("GetPartitions", of(json!({})));
    assert_eq!(all["Partitions"].as_array().map(Vec::len), Some(3));
    assert_eq!(all.get("NextToken"), None);
    // A new definition takes the place of all that was said, and the partitions stay.
    let mut changed = hits(place);
    changed["Parameters"] = json!({});
    changed.as_object_mut().expect("an object").remove("Owner");
    glue.call("UpdateTable", json!({ "DatabaseName": "web", "TableInput": changed }));
    let table = &glue.call("GetTable", json!({ "DatabaseName": "web", "Name": "hits" }))["Table"];
    assert_eq!(table["Parameters"], json!({}));
    assert_eq!(table.get("Owner"), None);
    assert_eq!(glue.athena_rows("SELECT count(*) FROM web.hits"), ["3"]);
    // Also if something else is said of a key. Other keys would not fit them.
    changed["PartitionKeys"][0]["Comment"] = json!("another");
    glue.call("UpdateTable", json!({ "DatabaseName": "web", "TableInput": changed }));
    assert_eq!(glue.rows("SHOW PARTITIONS web.hits").len(), 3);
    changed["PartitionKeys"] = json!([]);
    let update = json!({ "DatabaseName": "web", "TableInput": changed });
    let (kind, message) = glue.refused("UpdateTable", &update);
    assert_eq!(kind, "InvalidInputException");
    assert!(message.contains("would not fit 0 partition keys"), "{message}");
    assert_eq!(glue.rows("SHOW PARTITIONS web.hits").len(), 3);
    glue.call("DeleteTable", json!({ "DatabaseName": "web", "Name": "hits" }));
    assert_eq!(
        names(&glue.call("GetTables", json!({ "DatabaseName": "web" })), "TableList"),
        [""; 0]
    );
    assert!(folder.path().join("elsewhere/a.csv").exists());
}

#[test]
fn glue_gives_tables_and_views_of_sql_as_athena_makes_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().to_str().expect("a path in UTF-8");
    let glue = Glue::start(&[]);
    glue.rows("CREATE DATABASE web COMMENT 'the web'");
    glue.rows(&format!(
        "CREATE EXTERNAL TABLE web.hits (path string, n bigint COMMENT 'how many') COMMENT \"it's\" PARTITIONED BY (day string) CLUSTERED BY (path) INTO 4 BUCKETS ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{place}' TBLPROPERTIES ('skip.header.line.count'='1')"
    ));
    glue.rows("CREATE VIEW web.totals AS SELECT sum(n) AS total, 'x' AS name FROM web.hits");
    let database = &glue.call("GetDatabase", json!({ "Name": "web" }))["Database"];
    assert_eq!(database["Description"], "the web");
    let listed = glue.call("GetTables", json!({ "DatabaseName": "web" }));
    let table = &listed["TableList"][0];
    assert_eq!(table["Description"], "it's");
    assert_eq!(table["TableType"], "EXTERNAL_TABLE");
    assert_eq!(table["Parameters"]["EXTERNAL"], "TRUE");
    assert_eq!(table["Parameters"]["skip.header.line.count"], "1");
    assert!(table["Parameters"]["transient_lastDdlTime"].is_string(), "{table}");
    assert_eq!(table["PartitionKeys"], json!([{ "Name": "day", "Type": "string" }]));
    let storage = &table["StorageDescriptor"];
    assert_eq!(storage["Location"], place);
    assert_eq!(storage["InputFormat"], TEXT_INPUT);
    assert_eq!(storage["NumberOfBuckets"], 4);
    assert_eq!(storage["BucketColumns"], json!(["path"]));
    assert_eq!(storage["SerdeInfo"]["SerializationLibrary"], LAZY_SIMPLE);
    assert_eq!(storage["SerdeInfo"]["Parameters"]["field.delim"], ",");
    let count = json!({ "Name": "n", "Type": "bigint", "Comment": "how many" });
    assert_eq!(storage["Columns"][1], count);
    let view = &listed["TableList"][1];
    assert_eq!(view["TableType"], "VIRTUAL_VIEW");
    assert_eq!(view["ViewExpandedText"], "/* Presto View */");
    assert_eq!(view["Parameters"]["presto_view"], "true");
    let columns =
        json!([{ "Name": "total", "Type": "bigint" }, { "Name": "name", "Type": "string" }]);
    assert_eq!(view["StorageDescriptor"]["Columns"], columns);
    // The same text makes the same view.
    let copy = json!({
        "Name": "copy",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": view["ViewOriginalText"],
        "ViewExpandedText": view["ViewExpandedText"],
        "Parameters": { "presto_view": "true", "mine": "yes" },
        "StorageDescriptor": { "Columns": columns, "SerdeInfo": {} },
    });
    glue.call("CreateTable", json!({ "DatabaseName": "web", "TableInput": copy }));
    assert_eq!(glue.rows("SELECT total, name FROM web.copy"), [",x"]);
    assert_eq!(glue.rows("SHOW VIEWS IN web"), ["copy", "totals"]);
    let view = &glue.call("GetTable", json!({ "DatabaseName": "web", "Name": "copy" }))["Table"];
    assert_eq!(view["Parameters"]["mine"], "yes");
    assert_eq!(view["ViewOriginalText"], copy["ViewOriginalText"]);
    // The command line asks it as it asks Glue itself.
    let mut command = glue.0.command(&[
        "query",
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'web' ORDER BY 1",
        "--catalog",
        "glue",
        "--format",
        "csv",
        "--report",
        "none",
    ]);
    command.env("AWS_ENDPOINT_URL", &glue.0.url).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "made-up");
    let answer = answer(&mut command, b"");
    assert_eq!(answer.out, "table_name\ncopy\nhits\ntotals\n", "{}", answer.err);
}

#[test]
fn glue_lists_in_pages_and_chooses_by_names() {
    let glue = Glue::start(&[]);
    glue.with_hits("s3://example-bucket/hits/");
    for number in 0..12 {
        let input = json!({ "Name": format!("t_{number:02}"), "Description": "Numbered" });
        glue.call("CreateTable", json!({ "DatabaseName": "web", "TableInput": input }));
    }
    let mut input = json!({ "DatabaseName": "web", "Expression": "t_.*", "MaxResults": 5 });
    let mut pages = Vec::new();
    loop {
        let page = glue.call("GetTables", input.clone());
        pages.push(names(&page, "TableList").len());
        match page.get("NextToken") {
            None => break,
            Some(token) => input["NextToken"] = token.clone(),
        }
    }
    assert_eq!(pages, [5, 5, 2]);
    let found = |expression: &str| {
        let input = json!({ "DatabaseName": "web", "Expression": expression });
        names(&glue.call("GetTables", input), "TableList")
    };
    assert_eq!(found("T_0[12]"), ["t_01", "t_02"]);
    assert_eq!(found(".*its"), ["hits"]);
    assert_eq!(found("*its"), ["hits"]);
    assert_eq!(found("t_"), [""; 0]);
    let search = |input: Value| names(&glue.call("SearchTables", input), "TableList");
    assert_eq!(search(json!({ "SearchText": "WHAT was" })), ["hits"]);
    assert_eq!(search(json!({ "SearchText": "numbered", "MaxResults": 3 })).len(), 3);
    let filters = json!([{ "Key": "DatabaseName", "Value": "default" }]);
    assert_eq!(search(json!({ "SearchText": "numbered", "Filters": filters })), [""; 0]);
    assert_eq!(names(&glue.call("GetDatabases", json!({})), "DatabaseList"), ["default", "web"]);
    let first = glue.call("GetDatabases", json!({ "MaxResults": 1 }));
    let token = &first["NextToken"];
    let second = glue.call("GetDatabases", json!({ "NextToken": token }));
    assert_eq!(names(&second, "DatabaseList"), ["web"]);
    // A token is one of the list that gave it.
    let (kind, _) =
        glue.refused("GetTables", &json!({ "DatabaseName": "web", "NextToken": token }));
    assert_eq!(kind, "InvalidInputException");
}

#[test]
fn glue_finds_changes_and_drops_partitions() {
    let glue = Glue::start(&[]);
    glue.call("CreateDatabase", json!({ "DatabaseInput": { "Name": "web" } }));
    let keys = json!([{ "Name": "year", "Type": "string" }, { "Name": "n", "Type": "int" }]);
    let table = json!({
        "Name": "t",
        "PartitionKeys": keys,
        "StorageDescriptor": { "Location": "s3://example-bucket/t/", "Columns": [{ "Name": "x", "Type": "int" }] },
    });
    glue.call("CreateTable", json!({ "DatabaseName": "web", "TableInput": table }));
    let call = |action: &str, more: Value| {
        let mut input = json!({ "DatabaseName": "web", "TableName": "t" });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        glue.0.call(&format!("AWSGlue.{action}"), &input)
    };
    let inputs: Vec<Value> =
        (0..25).map(|n| json!({ "Values": [(2020 + n % 5).to_string(), n.to_string()] })).collect();
    let (_, made) = call("BatchCreatePartition", json!({ "PartitionInputList": inputs }));
    assert_eq!(made["Errors"], json!([]));
    let again = json!([inputs[3], { "Values": ["2024", "x"] }, { "Values": ["2024"] }, { "Values": ["2030", "99"] }]);
    let (_, made) = call("BatchCreatePartition", json!({ "PartitionInputList": again }));
    let errors = made["Errors"].as_array().expect("a list");
    let codes: Vec<_> =
        errors.iter().filter_map(|error| error["ErrorDetail"]["ErrorCode"].as_str()).collect();
    assert_eq!(codes, ["InvalidInputException", "InvalidInputException", "AlreadyExistsException"]);
    let count = |more: Value| {
        let (status, found) = call("GetPartitions", more);
        assert_eq!(status, 200, "{found}");
        found["Partitions"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(json!({})), 26);
    assert_eq!(count(json!({ "Expression": "year = '2021' AND n > 9" })), 3);
    assert_eq!(count(json!({ "Expression": "n in (1, 2) or year like '203%'" })), 3);
    let segment = |number: i64| json!({ "SegmentNumber": number, "TotalSegments": 3 });
    let parts: usize = (0..3).map(|number| count(json!({ "Segment": segment(number) }))).sum();
    assert_eq!(parts, 26);
    let mut more = json!({ "MaxResults": 10, "ExcludeColumnSchema": true });
    let (mut seen, mut pages) = (std::collections::BTreeSet::new(), 0);
    loop {
        let (_, page) = call("GetPartitions", more.clone());
        pages += 1;
        for partition in page["Partitions"].as_array().expect("a list") {
            assert_eq!(partition["StorageDescriptor"].get("Columns"), None);
            seen.insert(partition["Values"].to_string());
        }
        match page.get("NextToken") {
            None => break,
            Some(token) => more["NextToken"] = token.clone(),
        }
    }
    assert_eq!((pages, seen.len()), (3, 26));
    let wanted = json!([{ "Values": ["2020", "0"] }, { "Values": ["1999", "0"] }]);
    let (_, found) = call("BatchGetPartition", json!({ "PartitionsToGet": wanted }));
    assert_eq!(found["Partitions"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["UnprocessedKeys"], json!([]));
    assert_eq!(
        found["Partitions"][0]["StorageDescriptor"]["Location"],
        "s3://example-bucket/t/year=2020/n=0/"
    );
    let moved = json!({ "Values": ["1999", "0"], "StorageDescriptor": { "Location": "s3://example-bucket/old/" } });
    let update = json!({ "PartitionValueList": ["2020", "0"], "PartitionInput": moved });
    assert_eq!(call("UpdatePartition", update.clone()).0, 200);
    let (status, refused) = call("UpdatePartition", update);
    assert_eq!((status, &refused["__type"]), (400, &json!("EntityNotFoundException")));
    let (_, dropped) = call("BatchDeletePartition", json!({ "PartitionsToDelete": wanted }));
    assert_eq!(dropped["Errors"][0]["PartitionValues"], json!(["2020", "0"]));
    assert_eq!(count(json!({})), 25);
    assert_eq!(call("DeletePartition", json!({ "PartitionValues": ["2030", "99"] })).0, 200);
    let (status, missing) = call("GetPartition", json!({ "PartitionValues": ["2030", "99"] }));
    assert_eq!((status, &missing["Message"]), (400, &json!("Cannot find partition.")));
    assert_eq!(glue.rows("SHOW PARTITIONS web.t").len(), 24);
    for (more, text) in [
        (json!({ "Expression": "region = 'x'" }), "'region' is no partition key"),
        (json!({ "Expression": "n = " }), "ends too early"),
        (json!({ "MaxResults": 1001 }), "less than or equal to 1000"),
        (json!({ "NextToken": "W10" }), "NextToken is none"),
        (json!({ "Segment": { "SegmentNumber": 0, "TotalSegments": 0 } }), "between 1 and 10"),
        (
            json!({ "Segment": { "SegmentNumber": 3, "TotalSegments": 3 } }),
            "less than totalSegments",
        ),
    ] {
        let (status, refused) = call("GetPartitions", more);
        assert_eq!((status, &refused["__type"]), (400, &json!("InvalidInputException")));
        assert!(refused["Message"].as_str().unwrap_or_default().contains(text), "{refused}");
    }
}
