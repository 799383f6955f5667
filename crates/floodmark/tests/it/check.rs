//! The doctor and the tables that are written for logs, through the command line.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Answer, answer, ask_number, command, repository, run};

/// The location that the tables of the documentation have.
const BUCKET: &str = "s3://amzn-s3-demo-bucket/";
const ELB: &str = "AWSLogs/111122223333/elasticloadbalancing/us-east-1/";
const VPC: &str = "AWSLogs/111122223333/vpcflowlogs/us-east-1/";
const NLB_NAME: &str =
    "2024/10/05/111122223333_elasticloadbalancing_us-east-1_net.front.0a1b_20241005T0105Z_ab12.log";
const ALB_NAME: &str = "2024/10/05/111122223333_elasticloadbalancing_us-east-1_app.web.0a1b_20241005T0105Z_192.0.2.1_ab12.log";
const FLOW_NAME: &str =
    "2024/10/05/111122223333_vpcflowlogs_us-east-1_fl-0a1b_20241005T0105Z_ab12.log";

/// A folder in the place of a bucket, with samples at these keys.
fn bucket(objects: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("what the test has made");
    for (key, sample) in objects {
        put(
            folder.path(),
            key,
            &std::fs::read(repository("samples").join(sample)).expect("what the test has made"),
        );
    }
    folder
}

fn put(folder: &Path, key: &str, content: &[u8]) {
    let path = folder.join(key);
    std::fs::create_dir_all(path.parent().expect("what the test has made"))
        .expect("what the test has made");
    std::fs::write(path, content).expect("what the test has made");
}

/// A table of the documentation that lies in a folder in the place of the bucket.
fn ddl(name: &str, folder: &Path) -> String {
    let path = repository("crates/floodmark/tests/ddl").join(format!("{name}.sql"));
    let sql = std::fs::read_to_string(path).expect("what the test has made");
    sql.replace(BUCKET, &format!("{}/", folder.to_str().expect("what the test has made")))
}

/// The findings in statements: code, severity, text, correction.
fn found(sql: &str) -> Vec<[String; 4]> {
    let answer = run(&["check", sql, "--format", "json"]);
    let tables: Value = serde_json::from_str(&answer.out)
        .unwrap_or_else(|_| panic!("{sql}\n{}{}", answer.out, answer.err));
    let findings: Vec<[String; 4]> = (tables.as_array().expect("what the test has made").iter())
        .flat_map(|table| table["findings"].as_array().expect("what the test has made"))
        .map(|finding| {
            ["code", "severity", "text", "correction"]
                .map(|name| finding[name].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let wrong = findings.iter().any(|[_, severity, ..]| severity != "note");
    assert_eq!(answer.code, if wrong { 2 } else { 0 }, "{sql}\n{}", answer.err);
    findings
}

/// Checks that just these findings come, each with a part of its correction.
fn check(sql: &str, expected: &[(&str, &str)]) {
    let findings = found(sql);
    let codes: Vec<&str> = findings.iter().map(|finding| finding[0].as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, wanted, "{sql}\n{findings:#?}");
    for ([code, _, text, correction], (_, part)) in findings.iter().zip(expected) {
        assert!(correction.contains(part), "{code}: {text}\n{correction}");
    }
}

/// A table of text with these columns.
fn text_table(columns: &str, rest: &str, folder: &Path) -> String {
    format!(
        "CREATE EXTERNAL TABLE t ({columns}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','\n\
         LOCATION '{}' {rest}",
        folder.to_str().expect("what the test has made")
    )
}

#[test]
fn documented_tables_over_their_logs_are_healthy() {
    for (name, sample, key) in [
        ("nlb", "nlb/22-fields.log", format!("{ELB}{NLB_NAME}")),
        ("alb", "alb/2026-34-fields.log", format!("{ELB}{ALB_NAME}")),
        ("alb-33-columns", "alb/2025-33-fields.log", format!("{ELB}{ALB_NAME}")),
        ("alb-projection", "alb/2025-33-fields.log", format!("{ELB}{ALB_NAME}")),
        (
            "alb_connection",
            "alb_connection/2023-12-fields.log",
            format!("{ELB}{}", ALB_NAME.replace("05/111", "05/conn_log_111")),
        ),
        ("cloudfront", "cloudfront/legacy-33-fields.log", "E2EXAMPLE.2024-10-05-01.ab12cd34".to_owned()),
        ("vpc_flow", "vpc_flow/version-5.log", format!("{VPC}{FLOW_NAME}")),
        ("s3_access", "s3_access/26-fields.log", "prefix/2024-10-05-01-02-03-ABCDEF0123456789".to_owned()),
        ("route53_resolver", "route53_resolver/2021-firewall.log", "AWSLogs/111122223333/vpcdnsquerylogs/vpc-0a1b2c3d4e5f60718/2024/10/05/vpc-0a1b2c3d4e5f60718_vpcdnsquerylogs_111122223333_20241005T0105Z_ab12.log".to_owned()),
        ("waf", "waf/2025-all-fields.log", "AWSLogs/111122223333/WAFLogs/us-east-1/example-web-acl/2025/01/02/03/05/111122223333_waflogs_us-east-1_example-web-acl_20250102T0305Z_ab12.log".to_owned()),
        ("waf-projection", "waf/2025-all-fields.log", "AWSLogs/111122223333/WAFLogs/us-east-1/example-web-acl/2025/01/02/03/05/111122223333_waflogs_us-east-1_example-web-acl_20250102T0305Z_ab12.log".to_owned()),
    ] {
        let folder = bucket(&[(&key, sample)]);
        let mut sql = ddl(name, folder.path());
        if sql.contains("PARTITIONED BY") && !sql.contains("projection.enabled") {
            let table = if name == "waf" { "waf_logs" } else { "vpc_flow_logs" };
            let place = folder.path().join(key.split("2024/").next().expect("what the test has made")).join("2024/10/05/");
            sql.push_str(&format!(
                ";\nALTER TABLE {table} ADD PARTITION (`date`='2024-10-05') LOCATION '{}'",
                place.to_str().expect("what the test has made")
            ));
        }
        let findings = found(&sql);
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}

#[test]
fn placeholders_and_places_that_are_none() {
    let nlb = |location: &str| ddl("nlb", Path::new("X")).replace(&format!("X/{ELB}"), location);
    for (location, code, part) in [
        ("s3://amzn-s3-demo-bucket/AWSLogs/111122223333/", "PLACEHOLDER", ""),
        ("s3://DOC-EXAMPLE-BUCKET/AWSLogs/111122223333/", "PLACEHOLDER", ""),
        ("s3://your_log_bucket/prefix/AWSLogs/111122223333/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/<ACCOUNT-ID>/elasticloadbalancing/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/AWS_account_ID/elasticloadbalancing/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/{account_id}/elasticloadbalancing/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/123456/elasticloadbalancing/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/111122223333/elasticloadbalancing/region/", "PLACEHOLDER", ""),
        ("s3://b/AWSLogs/111122223333/x/us-east-1/YYYY/MM/dd/", "PLACEHOLDER", ""),
        ("arn:aws:s3:::logs/x", "INVALID_LOCATION", "LOCATION 's3://logs/x/'"),
        ("https://logs.s3.amazonaws.com/x", "INVALID_LOCATION", "s3://"),
        ("gs://logs/x", "INVALID_LOCATION", ""),
        ("s3://logs/*/x", "INVALID_LOCATION", ""),
    ] {
        let findings = found(&nlb(location));
        assert_eq!(findings[0][0], code, "{location}: {findings:#?}");
        assert!(findings[0][3].contains(part), "{findings:#?}");
        assert!(findings.iter().all(|finding| finding[0] == code), "{findings:#?}");
    }
    let folder = bucket(&[(&format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log")]);
    std::fs::create_dir(folder.path().join("empty")).expect("what the test has made");
    let at = |name: &str| nlb(folder.path().join(name).to_str().expect("what the test has made"));
    check(&at("empty"), &[("LOCATION_EMPTY", "SET LOCATION")]);
    check(&at("none"), &[("LOCATION_MISSING", "SET LOCATION")]);
    let object = format!("{ELB}{NLB_NAME}");
    let parent = Path::new(&object)
        .parent()
        .expect("what the test has made")
        .to_str()
        .expect("what the test has made")
        .to_owned();
    check(&at(&object), &[("LOCATION_IS_OBJECT", &format!("{parent}/'"))]);
}

#[test]
fn header_lines_that_are_rows_and_rows_that_are_skipped() {
    let folder = bucket(&[(&format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log")]);
    let nlb = ddl("nlb", folder.path());
    let skipping = format!("{nlb} TBLPROPERTIES ('skip.header.line.count'='1')");
    check(&skipping, &[("HEADER_EATS_ROWS", "SET TBLPROPERTIES ('skip.header.line.count' = '0')")]);

    let folder = bucket(&[("E2EXAMPLE.2024-10-05-01.ab12cd34", "cloudfront/legacy-33-fields.log")]);
    let cloudfront = ddl("cloudfront", folder.path());
    let sql = cloudfront.replace("'skip.header.line.count'='2'", "'skip.header.line.count'='1'");
    check(&sql, &[("HEADER_IS_ROW", "('skip.header.line.count' = '2')")]);
    let sql = cloudfront.replace("'skip.header.line.count'='2'", "'skip.header.line.count'='3'");
    check(&sql, &[("HEADER_EATS_ROWS", "('skip.header.line.count' = '2')")]);

    // A header of a log that nobody knows.
    let folder = tempfile::tempdir().expect("what the test has made");
    put(folder.path(), "one.csv", b"id,size,name\n1,2,x\n3,4,y\n");
    let sql = text_table("id int, size bigint, name string", "", folder.path());
    check(&sql, &[("HEADER_IS_ROW", "('skip.header.line.count' = '1')")]);
    let sql = format!("{sql} TBLPROPERTIES ('skip.header.line.count'='1')");
    check(&sql, &[]);
}

#[test]
fn columns_that_stand_in_another_order_than_the_fields() {
    let key = format!("{VPC}{FLOW_NAME}");
    let folder = bucket(&[(&key, "vpc_flow/custom-order.log")]);
    let place = folder.path().join(VPC);
    let add = |sql: &str| {
        format!(
            "{sql};\nALTER TABLE vpc_flow_logs ADD PARTITION (`date`='2024-10-05') LOCATION '{}/2024/10/05/'",
            place.to_str().expect("what the test has made")
        )
    };
    let sql = add(&ddl("vpc_flow", folder.path()));
    check(
        &sql,
        &[(
            "FIELD_ORDER",
            "REPLACE COLUMNS (\n  start bigint,\n  `end` bigint,\n  flow_direction string,\n  srcaddr string",
        )],
    );
    // The documented projection of text leaves a field out.
    let folder = bucket(&[(&key, "vpc_flow/version-5.log")]);
    check(
        &ddl("vpc_flow-projection", folder.path()),
        &[("FIELD_ORDER", "pkt_dstaddr string,\n  region string,\n  az_id string")],
    );
}

#[test]
fn patterns_that_do_not_match() {
    let folder = bucket(&[(&format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log")]);
    let nlb = ddl("nlb", folder.path());
    let fewer = nlb.replace(" ([^ ]*) ?([^ ]*)?( .*)?')", "')");
    let codes: Vec<String> = found(&fewer).into_iter().map(|finding| finding[0].clone()).collect();
    assert_eq!(codes, ["REGEX_FEWER_GROUPS", "REGEX_UNMATCHED"]);
    let wrong =
        nlb.replacen("([^ ]*):([0-9]*) ([^ ]*):([0-9]*)", "([^ ]*)#([0-9]*) ([^ ]*):([0-9]*)", 1);
    let findings = found(&wrong);
    assert_eq!(findings[0][0], "REGEX_UNMATCHED");
    assert!(
        findings[0][2].contains("it matches up to `client_ip`, and then comes ` "),
        "{findings:#?}"
    );
    assert!(findings[0][3].contains("CREATE EXTERNAL TABLE"));
    let broken = nlb.replacen("'([^ ]*) ", "'([^ ]* ", 1);
    assert_eq!(found(&broken)[0][0], "INVALID_DEFINITION");
}

#[test]
fn objects_of_other_logs_and_formats() {
    let folder = bucket(&[
        (&format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log"),
        (&format!("{ELB}{ALB_NAME}"), "alb/2025-33-fields.log"),
    ]);
    put(folder.path(), &format!("{ELB}ELBAccessLogTestFile"), b"Enable AccessLog for ELB: x\n");
    check(
        &ddl("nlb", folder.path()),
        &[
            ("TEST_FILE", "NOT LIKE '%LogTestFile'"),
            ("FOREIGN_OBJECTS", "WHERE \"$path\" LIKE '%_net.%'"),
        ],
    );
    put(folder.path(), &format!("{ELB}notes.txt"), b"nothing\nof a log\n");
    let codes: Vec<String> =
        found(&ddl("nlb", folder.path())).into_iter().map(|finding| finding[0].clone()).collect();
    assert_eq!(codes, ["TEST_FILE", "FOREIGN_OBJECTS", "UNKNOWN_OBJECTS", "REGEX_UNMATCHED"]);
    // All of it is another log, or another format.
    let folder = bucket(&[(&format!("{ELB}{ALB_NAME}"), "alb/2025-33-fields.log")]);
    check(&ddl("nlb", folder.path()), &[("OTHER_LOG", "chosen_cert_arn")]);
    let folder = bucket(&[(&format!("{ELB}x.json"), "waf/2025-all-fields.log")]);
    check(&ddl("nlb", folder.path()), &[("FORMAT_MISMATCH", "JsonSerDe")]);
    // Athena goes by the name.
    let folder = tempfile::tempdir().expect("what the test has made");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(
        &std::fs::read(repository("samples/nlb/22-fields.log")).expect("what the test has made"),
    )
    .expect("what the test has made");
    put(
        folder.path(),
        &format!("{ELB}{NLB_NAME}"),
        &gzip.finish().expect("what the test has made"),
    );
    check(&ddl("nlb", folder.path()), &[("COMPRESSION_NAME", ".gz")]);
}

#[test]
fn projections_that_miss_the_data() {
    let key = format!("{ELB}{ALB_NAME}");
    let old = key.replace("2024/10/05", "2021/10/05").replace("20241005", "20211005");
    let folder = bucket(&[(&key, "alb/2025-33-fields.log"), (&old, "alb/2025-33-fields.log")]);
    let sql = ddl("alb-projection", folder.path());
    check(&sql, &[("PROJECTION_MISSES", "('projection.day.range' = '2021/10/05,NOW')")]);
    let over = sql.replace("2022/01/01,NOW", "2021/01/01,2024/12/31");
    check(&over, &[("PROJECTION_ENDS", "('projection.day.range' = '2021/01/01,NOW')")]);
    let off = sql.replace("\"projection.enabled\" = \"true\",", "");
    assert_eq!(found(&off)[0][0], "PROJECTION_DISABLED");
    let untyped = sql.replace("\"projection.day.type\" = \"date\",", "");
    assert_eq!(found(&untyped)[0][0], "INVALID_DEFINITION");
    let elsewhere = sql.replace("us-east-1/${day}", "us-east-1/day=${day}");
    check(&elsewhere, &[("PROJECTION_TEMPLATE", "us-east-1/${day}'")]);
    let injected =
        sql.replace("\"projection.day.type\" = \"date\"", "\"projection.day.type\" = \"injected\"");
    assert_eq!(found(&injected)[0][0], "PROJECTION_INJECTED");
    let folder = bucket(&[
        (key.as_str(), "alb/2025-33-fields.log"),
        (&key.replace("us-east-1", "eu-west-1"), "alb/2025-33-fields.log"),
    ]);
    let enums = ddl("alb-projection", folder.path())
        .replace("day STRING", "region STRING, day STRING")
        .replace("/us-east-1/${day}", "/${region}/${day}")
        .replace("\"projection.enabled\"", "\"projection.region.type\"=\"enum\",\"projection.region.values\"=\"us-east-1\",\"projection.enabled\"");
    check(&enums, &[("PROJECTION_MISSES", "('projection.region.values' = 'us-east-1,eu-west-1')")]);
}

#[test]
fn partitions_that_are_missing_empty_or_elsewhere() {
    let folder = tempfile::tempdir().expect("what the test has made");
    put(folder.path(), "day=05/one.csv", b"1,x\n");
    let table = |keys: &str, folder: &Path| {
        text_table("id int, name string", "", folder)
            .replace("ROW FORMAT", &format!("PARTITIONED BY ({keys}) ROW FORMAT"))
    };
    check(&table("day string", folder.path()), &[("NO_PARTITIONS", "MSCK REPAIR TABLE default.t")]);
    let sql = table("day string", folder.path());
    let folder = folder.path().to_str().expect("what the test has made");
    let add =
        |place: &str| format!("{sql};\nALTER TABLE t ADD PARTITION (day='05') LOCATION '{place}'");
    check(&add(&format!("{folder}/day=05/")), &[]);
    check(
        &add(&format!("{folder}/day=06/")),
        &[("PARTITION_EMPTY", "PARTITION (day = '05') SET LOCATION")],
    );
    let findings = found(&add("s3://other/day=05/"));
    assert_eq!(findings[0][0], "INVALID_PARTITION_LOCATION", "{findings:#?}");
    let dated = tempfile::tempdir().expect("what the test has made");
    put(dated.path(), "2024/10/05/one.csv", b"1,x\n");
    check(
        &table("day string", dated.path()),
        &[("NO_PARTITIONS", "'projection.day.range' = '2024/10/05,NOW'")],
    );
    check(
        &table("year string, month string, day string", dated.path()),
        &[("NO_PARTITIONS", "PARTITION (year = '2024', month = '10', day = '05') LOCATION")],
    );
}

#[test]
fn types_and_fields_that_do_not_fit() {
    let folder = tempfile::tempdir().expect("what the test has made");
    put(folder.path(), "one.csv", b"1,5000000000,x\n2,7,9\n");
    let table = |columns: &str| text_table(columns, "", folder.path());
    check(
        &table("id int, size int, name string"),
        &[("TYPE_TOO_NARROW", "CHANGE COLUMN size size bigint")],
    );
    check(
        &table("id int, size bigint, name int"),
        &[("TYPE_UNFIT", "CHANGE COLUMN name name string")],
    );
    check(&table("id int, size bigint, name string, more string"), &[("FIELDS_FEWER", "")]);
    check(&table("id int, size bigint"), &[("FIELDS_MORE", "")]);
    let tabs = table("id string, size bigint, name string").replace("','", "'\\t'");
    check(&tabs, &[("WRONG_DELIMITER", "TERMINATED BY ','")]);
    // The documented table has an int for a number of bytes.
    let key = "prefix/AWSLogs/111122223333/globalaccelerator/us-west-2/2024/10/05/x.log";
    let flows = bucket(&[(key, "global_accelerator/24-fields.log")]);
    let place = flows.path().join(key.replace("x.log", ""));
    let sql = format!(
        "{};\nALTER TABLE aga_flow_logs ADD PARTITION (dt='2024-10-05') LOCATION '{}'",
        ddl("global_accelerator", flows.path()),
        place.to_str().expect("what the test has made")
    );
    check(&sql, &[("TYPE_TOO_NARROW", "CHANGE COLUMN numbytes numbytes bigint")]);
    put(folder.path(), "one.csv", b"{\"id\":1,\"name\":\"x\"}\n{\"id\":2}\n");
    let json = table("id int, nmae string").replace(
        "DELIMITED FIELDS TERMINATED BY ','",
        "SERDE 'org.openx.data.jsonserde.JsonSerDe'",
    );
    check(&json, &[("COLUMN_NULL", "")]);
    put(folder.path(), "one.csv", b"{\"id\":1,\n");
    assert_eq!(found(&json.replace("nmae", "name"))[0][0], "BAD_LINES");
}

/// Runs statements with a catalog of its own.
fn query(home: &TempDir, sql: &str) -> Answer {
    let mut command = command(&["query", sql, "--report", "none", "--format", "csv"]);
    answer(command.env("FLOODMARK_HOME", home.path()), b"")
}

#[test]
fn create_table_tells_and_the_correction_puts_it_right() {
    let folder = bucket(&[(&format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log")]);
    let home = tempfile::tempdir().expect("what the test has made");
    let sql = ddl("nlb", folder.path()) + " TBLPROPERTIES ('skip.header.line.count'='1')";
    let made = query(&home, &sql);
    assert_eq!(made.code, 0, "{}", made.err);
    let correction =
        "ALTER TABLE default.nlb_tls_logs SET TBLPROPERTIES ('skip.header.line.count' = '0')";
    assert!(made.err.contains("note: HEADER_EATS_ROWS: "), "{}", made.err);
    let checked =
        |arguments: &[&str]| answer(command(arguments).env("FLOODMARK_HOME", home.path()), b"");
    let wrong = checked(&["check", "nlb_tls_logs"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.out.contains(correction), "{}", wrong.out);
    assert!(wrong.err.contains("something is wrong with 1 of 1 table"), "{}", wrong.err);
    assert_eq!(query(&home, correction).code, 0);
    for arguments in [&["check", "default.nlb_tls_logs"][..], &["check"]] {
        let right = checked(arguments);
        assert_eq!((right.code, right.err.as_str()), (0, ""), "{}", right.out);
        assert!(right.out.contains("nothing is wrong (1 object listed, 1 looked into)"));
    }
    assert_eq!(checked(&["check", "missing"]).code, 3);
}

#[test]
fn a_partition_outside_of_the_bucket_is_refused() {
    let home = tempfile::tempdir().expect("what the test has made");
    let folder = tempfile::tempdir().expect("what the test has made");
    put(folder.path(), "day=05/one.csv", b"1,x\n");
    let create = text_table("id int, name string", "", folder.path())
        .replace("ROW FORMAT", "PARTITIONED BY (day string) ROW FORMAT");
    assert_eq!(query(&home, &create).code, 0);
    let refused =
        query(&home, "ALTER TABLE t ADD PARTITION (day='05') LOCATION 's3://other/day=05/'");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("INVALID_PARTITION_LOCATION"), "{}", refused.err);
    assert!(refused.err.contains("hint: "), "{}", refused.err);
}

#[test]
fn lines_with_controls_are_shown_without_them() {
    let folder = tempfile::tempdir().expect("what the test has made");
    put(folder.path(), "one.csv", b"1,\x1b[2Jx\n2,y\n");
    let answer = run(&["check", &text_table("id int, name int", "", folder.path())]);
    assert!(answer.out.contains("TYPE_UNFIT"), "{}", answer.out);
    assert!(!answer.out.contains('\u{1b}'));
}

#[test]
fn tables_are_written_for_the_logs_at_a_place_and_read_them() {
    let second = ELB.replace("111122223333", "444455556666");
    let hive = "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2024/month=10/day=07/111122223333_vpcflowlogs_eu-west-1_fl-0a1b_20241007T0105Z_ab12.log";
    for objects in [
        vec![
            (format!("{ELB}{NLB_NAME}"), "nlb/22-fields.log"),
            (format!("{second}{}", NLB_NAME.replace("10/05", "10/06")), "nlb/22-fields.log"),
            (format!("{VPC}{FLOW_NAME}"), "vpc_flow/custom-order.log"),
            ("waf/x.log".to_owned(), "waf/2025-all-fields.log"),
        ],
        vec![(hive.to_owned(), "vpc_flow/version-5.log")],
        vec![("cf/E2EXAMPLE.2024-10-05-01.ab12cd34".to_owned(), "cloudfront/legacy-33-fields.log")],
        vec![("cf/x.json".to_owned(), "cloudfront/v2.json")],
    ] {
        let objects: Vec<(&str, &str)> =
            objects.iter().map(|(key, sample)| (key.as_str(), *sample)).collect();
        let folder = bucket(&objects);
        let home = tempfile::tempdir().expect("what the test has made");
        let written =
            run(&["ddl", "--from", folder.path().to_str().expect("what the test has made")]);
        assert_eq!((written.code, written.err.as_str()), (0, ""), "{}", written.out);
        let made = query(&home, &written.out);
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", written.out);
        for statement in written.out.split("CREATE EXTERNAL TABLE `").skip(1) {
            let name = statement.split('`').next().expect("what the test has made");
            let mut logs = floodmark_formats::log_types::ALL.iter();
            let log = logs
                .find(|log| log.athena.iter().any(|table| table.name == name))
                .expect("what the test has made")
                .name;
            let all = ask_number(&format!("SELECT count(*) FROM {log}"), folder.path());
            let counted = query(&home, &format!("SELECT count(*) AS n FROM {name}"));
            assert_eq!(counted.out, format!("n\n{all}\n"), "{name}");
            let findings = found(&format!("CREATE EXTERNAL TABLE `{statement}"));
            assert!(findings.is_empty(), "{findings:#?}");
        }
        if written.out.contains("'projection.account.values'='111122223333,444455556666'") {
            let pruned = query(
                &home,
                "SELECT count(DISTINCT \"$path\") AS n FROM nlb_tls_logs WHERE day = '2024/10/06'",
            );
            assert_eq!(pruned.out, "n\n1\n");
            let mut pruned = command(&[
                "query",
                "SELECT count(*) FROM nlb_tls_logs WHERE account = '444455556666' AND day >= '2024/10/06'",
                "--report",
                "json",
            ]);
            let pruned = answer(pruned.env("FLOODMARK_HOME", home.path()), b"");
            let report: Value = serde_json::from_str(&pruned.err).expect("what the test has made");
            assert_eq!(report["objects"]["listed"], 1, "{report}");
        }
    }
}

#[test]
fn a_table_is_written_for_a_log_type() {
    let written = run(&[
        "ddl",
        "nlb",
        "--location",
        "s3://b/AWSLogs/111122223333/elasticloadbalancing/eu-west-1",
        "--table",
        "n",
        "--database",
        "d",
    ]);
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    assert!(written.out.starts_with("CREATE EXTERNAL TABLE `d.n`("), "{}", written.out);
    assert!(written.out.contains("eu-west-1/${day}'"), "{}", written.out);
    let plain = run(&["ddl", "nlb", "--location", "s3://b/", "--no-projection"]);
    assert!(!plain.out.contains("PARTITIONED BY"));
    for log_type in floodmark_formats::log_types::ALL {
        let example = run(&["ddl", log_type.name]);
        assert_eq!(example.code, 0);
        assert!(example.err.contains("the location is an example"));
        assert!(found(&example.out).iter().any(|finding| finding[0] == "PLACEHOLDER"));
    }
    assert_eq!(run(&["ddl", "nonsense"]).code, 3);
    assert_eq!(run(&["ddl"]).code, 2);
}

#[test]
fn every_finding_is_in_the_manual() {
    let page = std::fs::read_to_string(repository("docs/manual/check.md"))
        .expect("what the test has made");
    for rule in floodmark_engine::check::RULES {
        assert!(
            page.contains(&format!("| `{}` | {} |", rule.code, rule.severity)),
            "{}",
            rule.code
        );
    }
}
