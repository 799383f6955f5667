//! S3 through the command line: what is listed, what is fetched, and what becomes of every failure.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use floodmark_formats::LogType;
use floodmark_formats::log_types::{ALB, CLOUDFRONT, NLB, VPC_FLOW};
use floodmark_formats::synthetic::{Place, Random, Record, header, key};
use floodmark_formats::time::{DAY, HOUR, MINUTE, Micros};
use serde_json::Value;

use crate::logs::{gzip, midnight, write};
use crate::program::{Answer, answer as answered, command};
use crate::s3_server::{Asked, BUCKET, Fault, KEY_ID, Kind, PUBLIC_BUCKET, SECRET, Server};

const COUNT: &str = "SELECT count(*) FROM nlb";
const NLB_FOLDER: &str = "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2024/10/";

/// The text of an object with so many records.
fn text(log_type: &'static LogType, time: Micros, rows: usize, random: &mut Random) -> String {
    let mut text = header(log_type);
    for _ in 0..rows {
        text.push_str(&Record::new(log_type, time, random).line());
        text.push('\n');
    }
    text
}

/// The name of an object as AWS gives it, without its suffix.
fn name(log_type: &'static LogType, time: Micros, random: &mut Random) -> String {
    let place =
        Place { account: "111122223333", region: "eu-west-1", resource: "front.0a1b2c3d", time };
    key(log_type, &place, random)
}

/// Puts a gzip object with so many records into the bucket, and gives its key.
fn put(server: &Server, log_type: &'static LogType, time: Micros, rows: usize) -> String {
    let mut random = Random::new(time.unsigned_abs());
    let key = name(log_type, time, &mut random) + ".log.gz";
    write(&server.file(&key), &gzip(&text(log_type, time, rows, &mut random)));
    key
}

/// The address of a place in the bucket.
fn at(place: &str) -> String {
    format!("s3://{BUCKET}/{place}")
}

/// Runs the program against the server, with its keys.
fn run(server: &Server, arguments: &[&str]) -> Answer {
    let mut command = command(arguments);
    command
        .args(["--endpoint", &server.endpoint])
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    answered(&mut command, b"")
}

/// The report of a query, which must add up.
fn report(answer: &Answer) -> Value {
    let line = answer.err.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    let report: Value = serde_json::from_str(line).unwrap_or_default();
    let lines = &report["lines"];
    let number = |name: &str| lines[name].as_u64().unwrap_or_default();
    assert_eq!(
        number("read"),
        number("rows") + number("headers") + number("rejected"),
        "{}",
        answer.err
    );
    report
}

fn query(server: &Server, sql: &str, from: &str, more: &[&str]) -> (Answer, Value) {
    let arguments = ["query", sql, "--from", from, "--format", "csv", "--report", "json"];
    let answer = run(server, &[&arguments, more].concat());
    let report = report(&answer);
    (answer, report)
}

/// Asks for one number; the query must succeed without any trouble.
fn count(server: &Server, sql: &str, from: &str) -> (u64, Value) {
    let (answer, report) = query(server, sql, from, &[]);
    assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
    assert_eq!(report["troubles_total"], 0, "{}", answer.err);
    (number(&answer), report)
}

fn number(answer: &Answer) -> u64 {
    let value = answer.out.lines().nth(1).unwrap_or_default();
    value.parse().unwrap_or_else(|_| panic!("no number: {answer:?}"))
}

fn keys(asked: &[Asked], kind: Kind) -> Vec<&str> {
    asked.iter().filter(|asked| asked.kind == kind).map(|asked| asked.key.as_str()).collect()
}

/// An error in one line, with a hint, and nothing of the program's inner life.
fn check_error(answer: &Answer, code: i32, expected: &[&str]) {
    assert_eq!(answer.code, code, "{}", answer.err);
    let told: Vec<_> = answer.err.lines().filter(|line| !line.starts_with('{')).collect();
    assert!(told.len() <= 2, "{}", answer.err);
    assert!(told[0].starts_with("error: ") && told[0].len() < 500, "{}", answer.err);
    assert!(told.get(1).is_none_or(|hint| hint.starts_with("hint: ")), "{}", answer.err);
    for expected in expected {
        assert!(answer.err.contains(expected), "`{expected}` is not in {}", answer.err);
    }
    for inner in ["Generic", "<?xml", "Some(", "Error performing"] {
        assert!(!told.concat().contains(inner), "`{inner}` is in {}", answer.err);
    }
}

#[test]
fn ten_thousand_small_objects_are_counted_exactly_and_a_limit_fetches_few_of_them() {
    let server = Server::start();
    let mut random = Random::new(1);
    let texts: Vec<_> = (1..=4)
        .map(|rows| (rows as u64, gzip(&text(&NLB, midnight(), rows, &mut random))))
        .collect();
    let mut rows = 0;
    for (number, (_, bytes)) in texts.iter().enumerate() {
        write(&server.file(&format!("originals/{number}")), bytes);
    }
    for number in 0..10_000 {
        let time = midnight() + number % 10 * DAY + number % 288 * 5 * MINUTE;
        let text = usize::try_from(number % 4).expect("small");
        rows += texts[text].0;
        let file = server.file(&(name(&NLB, time, &mut random) + ".log.gz"));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder to write to");
        std::fs::hard_link(server.file(&format!("originals/{text}")), file).expect("a link");
    }
    let (counted, report) = count(&server, COUNT, &at("AWSLogs"));
    assert_eq!(counted, rows);
    assert_eq!(report["objects"]["read"], 10_000);
    assert_eq!(report["lines"]["rows"], rows);
    let asked = server.take_asked();
    assert_eq!(keys(&asked, Kind::Get).len(), 10_000);
    assert!(keys(&asked, Kind::List).len() < 40, "{}", keys(&asked, Kind::List).len());

    let (answer, _) = query(&server, "SELECT client_ip FROM nlb LIMIT 5", &at("AWSLogs"), &[]);
    assert_eq!((answer.code, answer.out.lines().count()), (0, 6));
    let gets = keys(&server.take_asked(), Kind::Get).len();
    assert!(gets < 150, "{gets} objects were fetched for five rows");
}

#[test]
fn objects_are_read_by_content_however_they_are_stored() {
    let server = Server::start();
    let mut random = Random::new(2);
    let mut text = |rows| text(&NLB, midnight(), rows, &mut random);
    let bzip2 = |text: &str| {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    };
    let objects = [
        gzip(&text(1)),
        [gzip(&text(10)), gzip(&text(10))].concat(),
        zstd::encode_all(text(100).as_bytes(), 1).expect("memory takes all"),
        bzip2(&text(1000)),
        text(10_000).into_bytes(),
    ];
    for (number, bytes) in objects.iter().enumerate() {
        // The names lie.
        let suffix = [".log.gz", ".log", ""][number % 3];
        let time = midnight() + 5 * MINUTE * i64::try_from(number).expect("small");
        let key = name(&NLB, time, &mut Random::new(number as u64)) + suffix;
        write(&server.file(&key), bytes);
    }
    let (counted, report) = count(&server, COUNT, &at(""));
    assert_eq!(counted, 11_121);
    assert_eq!(report["objects"]["read"], 5);
}

#[test]
fn markers_test_files_and_other_logs_lie_in_the_same_folder() {
    let server = Server::start();
    let mut random = Random::new(3);
    let mixed = |key: String| format!("mixed/{}", key.rsplit('/').next().expect("a name"));
    for (log_type, rows) in [(&NLB, 3), (&ALB, 4), (&VPC_FLOW, 5)] {
        let key = mixed(name(log_type, midnight(), &mut random)) + ".log.gz";
        write(&server.file(&key), &gzip(&text(log_type, midnight(), rows, &mut random)));
    }
    let cloudfront = mixed(name(&CLOUDFRONT, midnight(), &mut random)) + ".gz";
    let bytes = gzip(&text(&CLOUDFRONT, midnight(), 6, &mut random));
    write(&server.file(&cloudfront), &bytes);
    write(&server.file("mixed/my-own.name"), &gzip(&text(&NLB, midnight(), 7, &mut random)));
    write(&server.file("mixed/ELBAccessLogTestFile"), b"Enable AccessLog for ELB");
    write(&server.file("mixed/2024_$folder$"), b"");
    write(&server.file("mixed/readme.txt"), b"These are our logs.\n");
    for (sql, rows) in [
        (COUNT, 10),
        ("SELECT count(*) FROM alb", 4),
        ("SELECT count(*) FROM vpc_flow", 5),
        ("SELECT count(*) FROM cloudfront", 6),
    ] {
        let (counted, report) = count(&server, sql, &at("mixed"));
        assert_eq!(counted, rows, "{sql}");
        assert_eq!(report["objects"]["passed_over"], 2, "{sql}");
    }
    let asked = server.take_asked();
    assert!(!keys(&asked, Kind::Get).contains(&"mixed/ELBAccessLogTestFile"));

    let answer = run(&server, &["tables", "--from", &at(""), "--format", "json"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let summary: Value = serde_json::from_str(&answer.out).expect("JSON");
    let logs = summary["logs"].as_array().expect("a list");
    let found: BTreeSet<_> = (logs.iter())
        .map(|log| (log["table"].as_str().unwrap_or_default(), log["objects"].as_u64()))
        .collect();
    let expected = [("alb", 1), ("cloudfront", 1), ("nlb", 2), ("vpc_flow", 1)];
    assert_eq!(found, expected.map(|(name, number)| (name, Some(number))).into());
    assert_eq!(summary["unknown_total"], 1);
}

#[test]
fn a_place_is_an_object_a_folder_or_a_glob_and_never_its_sibling() {
    let server = Server::start();
    let first = put(&server, &NLB, midnight(), 1);
    put(&server, &NLB, midnight() + HOUR, 2);
    put(&server, &NLB, midnight() + DAY, 4);
    let sibling = first.replace("2024/10/05/", "2024/10/05-old/");
    write(&server.file(&sibling), &std::fs::read(server.file(&first)).expect("it was written"));
    for (place, rows) in [
        (first.clone(), 1),
        (format!("{NLB_FOLDER}05"), 3),
        (format!("{NLB_FOLDER}05/"), 3),
        (format!("{NLB_FOLDER}0*"), 8),
        (format!("{NLB_FOLDER}0?/*T00*"), 5),
        ("AWSLogs/*/elasticloadbalancing/*/2024/10/0[67]/".to_owned(), 4),
        ("**/*_net.*".to_owned(), 8),
        ("AWSLogs".to_owned(), 8),
    ] {
        assert_eq!(count(&server, COUNT, &at(&place)).0, rows, "{place}");
    }
    let both = [&at(&first), "--from", &at(&format!("{NLB_FOLDER}06"))];
    let (answer, _) = query(&server, COUNT, both[0], &both[1..]);
    assert_eq!(number(&answer), 5);
    // A part of a name without a `*`, as any place where nothing lies, is a mistake and no empty answer.
    for place in [format!("{NLB_FOLDER}0"), "AWSlogs/".to_owned(), "AWSLogs/*.parquet".to_owned()] {
        let (answer, _) = query(&server, COUNT, &at(&place), &[]);
        check_error(&answer, 3, &["there is no object at", &at(&place), "hint: "]);
    }
    let (answer, _) = query(&server, COUNT, &at("AWSLogs/[abc"), &[]);
    check_error(&answer, 2, &["is no glob"]);
}

#[test]
fn names_with_other_characters_are_read() {
    let server = Server::start();
    let bytes = gzip(&text(&NLB, midnight(), 1, &mut Random::new(4)));
    let names = ["a b.gz", "a+b.gz", "a%20b.gz", "é=1&2.gz", "a#b?.gz", "a'\"~b.gz", "a..b.gz"];
    for name in names {
        write(&server.file(&format!("odd/day=5/{name}")), &bytes);
    }
    let (counted, _) = count(&server, COUNT, &at("odd"));
    assert_eq!(counted, names.len() as u64);
}

#[test]
fn a_key_with_an_empty_part_is_refused_by_its_folder() {
    let server = Server::start();
    let key = format!("first//{}", name(&NLB, midnight(), &mut Random::new(5)));
    server.pretend([key].into());
    // This is wrong: S3 allows such keys. `object_store` does not, and then gives nothing of the page.
    let (answer, _) = query(&server, COUNT, &at(""), &[]);
    check_error(&answer, 7, &["s3://logs/first/", "empty part", "hint: "]);
}

#[test]
fn objects_and_days_that_a_time_excludes_are_neither_fetched_nor_listed() {
    let server = Server::start();
    for day in -4..=4 {
        for hour in [0, 1, 2, 3] {
            put(&server, &NLB, midnight() + day * DAY + hour * HOUR, 2);
        }
    }
    let sql = "SELECT count(*) FROM nlb WHERE time BETWEEN '2024-10-05T01:00:00' AND '2024-10-05T01:59:59'";
    let (counted, report) = count(&server, sql, &at("AWSLogs/"));
    assert_eq!(counted, 2);
    let asked = server.take_asked();
    let gets = keys(&asked, Kind::Get);
    assert!(gets.len() <= 2 && gets.iter().all(|key| key.contains("20241005T0")), "{gets:?}");
    // The day itself and the slack of one day on both sides.
    let days: Vec<_> = (keys(&asked, Kind::List).into_iter())
        .filter(|prefix| prefix.len() > NLB_FOLDER.len())
        .map(|prefix| &prefix[NLB_FOLDER.len()..])
        .collect();
    assert!(days.len() <= 3 && days.contains(&"05/"), "{days:?}");
    assert!(report["objects"]["pruned"].as_u64() >= Some(6), "{report}");

    let sql = "SELECT count(*) FROM nlb WHERE time < '2020'";
    let (answer, _) = query(&server, sql, &at("AWSLogs/"), &[]);
    assert_eq!((answer.code, number(&answer)), (0, 0));
    assert_eq!(keys(&server.take_asked(), Kind::Get).len(), 0);
}

#[test]
fn a_flat_folder_is_listed_from_the_time_on() {
    let server = Server::start();
    let mut all = BTreeSet::new();
    for distribution in ["E1EXAMPLE", "E2EXAMPLE", "E3EXAMPLE"] {
        // Twenty days of 24 hours with 20 objects each.
        for hour in 0..480 {
            let time = midnight() - 10 * DAY + hour * HOUR;
            let place = Place { account: "", region: "", resource: distribution, time };
            for number in 0..20 {
                let mut random = Random::new(number + hour.unsigned_abs() * 1000);
                all.insert(format!("cdn/{}.gz", key(&CLOUDFRONT, &place, &mut random)));
            }
        }
    }
    let bytes = gzip(&text(&CLOUDFRONT, midnight() + 5 * HOUR, 1, &mut Random::new(5)));
    let hour: Vec<_> = all.iter().filter(|key| key.contains(".2024-10-05-05.")).collect();
    for key in all.iter().filter(|key| key.contains(".2024-10-05-0")) {
        write(&server.file(key), &bytes);
    }
    server.pretend(all.clone());
    let sql = "SELECT count(*) FROM cloudfront WHERE event_time BETWEEN timestamp '2024-10-05 05:00:00' AND timestamp '2024-10-05 05:59:59' AND date = date '2024-10-05'";
    let (counted, report) = count(&server, sql, &at("cdn/"));
    // The neighbours of an hour may hold its records too.
    assert!(counted >= hour.len() as u64 && counted <= 5 * hour.len() as u64, "{counted}");
    assert_eq!(report["objects"]["read"], counted);
    let lists = keys(&server.take_asked(), Kind::List).len();
    // Without jumps it would be 29. With them: the begin, the hour and the end of each distribution.
    assert!(lists <= 12, "{lists} listings");
}

#[test]
fn refusals_that_pass_are_overcome() {
    let server = Server::start();
    let first = put(&server, &NLB, midnight(), 5);
    put(&server, &NLB, midnight() + HOUR, 7);
    server.fault(Kind::Get, &first, 2, Fault::Refused("SlowDown"));
    server.fault(Kind::List, "AWSLogs/", 1, Fault::Refused("InternalError"));
    assert_eq!(count(&server, COUNT, &at("AWSLogs/")).0, 12);
    let asked = server.take_asked();
    assert_eq!(keys(&asked, Kind::Get).iter().filter(|key| **key == first).count(), 3);
}

#[test]
fn an_object_that_is_always_refused_fails_the_query_by_its_name_unless_it_may_be_passed_over() {
    let server = Server::start();
    let first = put(&server, &NLB, midnight(), 5);
    put(&server, &NLB, midnight() + HOUR, 7);
    server.fault(Kind::Get, &first, usize::MAX, Fault::Refused("SlowDown"));
    let (answer, report) = query(&server, COUNT, &at("AWSLogs/"), &["--retries", "2"]);
    check_error(&answer, 5, &[&first, "503", "SlowDown", "after 2 retries", "--keep-going"]);
    assert_eq!(report["stopped"], true);
    assert_eq!(answer.out, "");

    let more = ["--retries", "1", "--keep-going"];
    let (answer, report) = query(&server, COUNT, &at("AWSLogs/"), &more);
    assert_eq!((answer.code, number(&answer)), (0, 7), "{}", answer.err);
    assert_eq!(report["troubles_total"], 1);
    assert!(report["troubles"][0].as_str().is_some_and(|trouble| trouble.contains(&first)));
}

#[test]
fn a_denied_folder_or_object_fails_the_query_unless_it_may_be_passed_over() {
    let server = Server::start();
    put(&server, &NLB, midnight(), 5);
    let key = put(&server, &NLB, midnight() + DAY, 7);
    let day = format!("{NLB_FOLDER}06/");
    for (kind, denied) in [(Kind::List, day.as_str()), (Kind::Get, key.as_str())] {
        let server = &server;
        server.fault(kind, denied, 2, Fault::Refused("AccessDenied"));
        let (answer, report) = query(server, COUNT, &at(""), &[]);
        check_error(&answer, 4, &[denied, "access denied", "s3:ListBucket", "s3:GetObject"]);
        // There is no report if nothing had been listed.
        assert_ne!(report["stopped"], false);

        let (answer, report) = query(server, COUNT, &at(""), &["--keep-going"]);
        assert_eq!((answer.code, number(&answer)), (0, 5), "{}", answer.err);
        assert_eq!(report["troubles_total"], 1);
        let trouble = report["troubles"][0].as_str().unwrap_or_default();
        assert!(trouble.contains(denied) && trouble.contains("denied"), "{trouble}");
    }
    // The place itself.
    server.fault(Kind::List, "", usize::MAX, Fault::Refused("AccessDenied"));
    let (answer, _) = query(&server, COUNT, &at(""), &[]);
    check_error(&answer, 4, &["access denied"]);
}

#[test]
fn a_truncated_object_gives_what_stands_before_the_cut() {
    let server = Server::start();
    put(&server, &NLB, midnight(), 5);
    for cut in [1, 7, 2000] {
        let key = put(&server, &NLB, midnight() + HOUR, 2000);
        let whole = std::fs::read(server.file(&key)).expect("it was written");
        write(&server.file(&key), &whole[..whole.len() - cut]);
        let (answer, report) = query(&server, COUNT, &at("AWSLogs/"), &[]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        let rows = number(&answer);
        assert!(rows > 1500 && rows <= 2005, "{rows} rows");
        assert_eq!(report["lines"]["rows"], rows);
        assert_eq!(report["troubles_total"], 1);
        let trouble = report["troubles"][0].as_str().unwrap_or_default();
        assert!(trouble.contains(&key) && trouble.contains("truncated"), "{trouble}");
    }
}

#[test]
fn a_transfer_that_breaks_or_is_slow_loses_no_row() {
    let server = Server::start();
    let first = put(&server, &NLB, midnight(), 2000);
    put(&server, &NLB, midnight() + HOUR, 7);
    server.fault(Kind::Get, &first, 2, Fault::Broken(5000));
    assert_eq!(count(&server, COUNT, &at("AWSLogs/")).0, 2007);
    assert_eq!(keys(&server.take_asked(), Kind::Get).len(), 4);

    server.fault(Kind::Get, &first, 1, Fault::Slow(4096, Duration::from_millis(5)));
    assert_eq!(count(&server, COUNT, &at("AWSLogs/")).0, 2007);

    // The listing's answer breaks.
    server.cut_connections(1, 700);
    assert_eq!(count(&server, COUNT, &at("AWSLogs/")).0, 2007);

    server.fault(Kind::Get, &first, usize::MAX, Fault::Broken(5000));
    let (answer, _) = query(&server, COUNT, &at("AWSLogs/"), &["--retries", "1"]);
    check_error(&answer, 5, &[&first, "--keep-going"]);
}

#[test]
fn a_large_object_is_fetched_in_ranges_each_of_which_may_break() {
    let server = Server::start();
    let mut random = Random::new(6);
    // 70 MiB, so that it is neither fetched nor inflated as a whole.
    let part = text(&NLB, midnight(), 5000, &mut random);
    let times = (70 << 20) / part.len() + 1;
    let key = name(&NLB, midnight(), &mut random) + ".log";
    write(&server.file(&key), part.repeat(times).as_bytes());
    server.fault(Kind::Get, &key, 1, Fault::Broken(1 << 20));
    server.fault(Kind::Get, &key, 1, Fault::Refused("SlowDown"));
    let (counted, report) = count(&server, COUNT, &at("AWSLogs/"));
    assert_eq!(counted, 5000 * times as u64);
    assert_eq!(report["bytes"]["fetched"], (part.len() * times) as u64);
    let gets = keys(&server.take_asked(), Kind::Get).len();
    assert_eq!(gets, 5 + 2);

    let answer = run(&server, &["tables", "--from", &at("AWSLogs/")]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(keys(&server.take_asked(), Kind::Get).len(), 0);
}

#[test]
fn a_wrong_bucket_or_key_or_region_or_address_is_told_in_two_lines() {
    let server = Server::start();
    put(&server, &NLB, midnight(), 5);
    let (answer, _) = query(&server, COUNT, "s3://no-such-bucket/AWSLogs/", &[]);
    check_error(&answer, 3, &["s3://no-such-bucket", "the bucket does not exist", "hint: "]);

    for (code, exit, expected) in [
        ("ExpiredToken", 4, "the credentials have expired"),
        ("InvalidAccessKeyId", 4, "the credentials are not accepted"),
        ("RequestTimeTooSkewed", 4, "clock"),
        ("AuthorizationHeaderMalformed", 3, "--region"),
        ("PermanentRedirect", 3, "--region"),
    ] {
        server.fault(Kind::List, "", 1, Fault::Refused(code));
        let (answer, _) = query(&server, COUNT, &at(""), &[]);
        check_error(&answer, exit, &[expected, "hint: "]);
    }

    let mut wrong = command(&["query", COUNT, "--from", &at(""), "--endpoint", &server.endpoint]);
    wrong.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", "wrong");
    let wrong = answered(&mut wrong, b"");
    check_error(&wrong, 4, &["the credentials are not accepted", "hint: "]);
}

#[test]
fn nobody_at_the_address_is_told_in_two_lines() {
    // The server has ended, so nobody listens there.
    let endpoint = Server::start().endpoint;
    let arguments = ["query", COUNT, "--from", "s3://logs/", "--retries", "1"];
    let mut command = command(&arguments);
    command
        .args(["--endpoint", &endpoint])
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    check_error(&answered(&mut command, b""), 5, &["s3://logs", "after 1 retry", "hint: "]);
}

/// Runs a count with these environment variables and no keys but those that they lead to.
fn count_as(server: &Server, more: &[&str], environment: &[(&str, &str)]) -> Answer {
    let from = at("");
    let arguments = ["query", COUNT, "--from", &from, "--report", "none"];
    let mut command = command(&[&arguments, more].concat());
    command.args(["--endpoint", &server.endpoint]).envs(environment.iter().copied());
    answered(&mut command, b"")
}

#[test]
fn credentials_come_from_the_profile_or_a_process_and_their_absence_is_told() {
    let server = Server::start();
    for hour in 0..30 {
        put(&server, &NLB, midnight() + hour * HOUR, 1);
    }
    let home = tempfile::tempdir().expect("a temporary folder");
    let config = home.path().join("config");
    let asked = home.path().join("asked");
    let process = home.path().join("keys.sh");
    let script = format!(
        "echo asked >> '{}'\necho '{{\"Version\": 1, \"AccessKeyId\": \"{KEY_ID}\", \"SecretAccessKey\": \"{SECRET}\"}}'\n",
        asked.display()
    );
    write(&process, script.as_bytes());
    let text = format!(
        "[profile keys]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n\
         [profile process]\ncredential_process = sh {}\n\
         [profile broken]\ncredential_process = sh {}-not-there\n",
        process.display(),
        process.display()
    );
    write(&config, text.as_bytes());
    let config = config.to_str().expect("a path in UTF-8");
    let file = ("AWS_CONFIG_FILE", config);

    let answer = count_as(&server, &[], &[]);
    check_error(&answer, 4, &["no AWS credentials", "AWS_PROFILE", "--anonymous"]);
    assert_eq!(server.take_asked().len(), 0);

    // Who names a profile means it, whatever stands in the environment.
    let others = [file, ("AWS_ACCESS_KEY_ID", "AKIAOTHER"), ("AWS_SECRET_ACCESS_KEY", "other")];
    for (more, environment) in [
        (&["--profile", "keys"][..], &[file][..]),
        (&[][..], &[file, ("AWS_PROFILE", "keys")][..]),
        (&["--profile", "keys"][..], &others[..]),
        (&["--profile", "process"][..], &[file][..]),
    ] {
        let answer = count_as(&server, more, environment);
        assert_eq!(answer.code, 0, "{more:?} {environment:?} {}", answer.err);
        assert_eq!(number(&answer), 30);
    }
    // Once for all 30 objects.
    let times = std::fs::read_to_string(&asked).expect("the process was started");
    assert_eq!(times.lines().count(), 1);

    let answer = count_as(&server, &["--profile", "broken"], &[file]);
    check_error(&answer, 4, &["no AWS credentials", "credential", "hint: "]);
    let answer = count_as(&server, &["--profile", "missing"], &[file]);
    check_error(&answer, 4, &["no AWS credentials", "missing", "hint: "]);
}

#[test]
fn public_buckets_are_read_without_a_signature_and_the_requester_pays_if_told() {
    let server = Server::start();
    let key = put(&server, &NLB, midnight(), 5);
    let bytes = std::fs::read(server.file(&key)).expect("it was written");
    write(&server.file(&format!("../{PUBLIC_BUCKET}/{key}")), &bytes);

    let from = format!("s3://{PUBLIC_BUCKET}/");
    let arguments = ["query", COUNT, "--from", &from, "--anonymous", "--report", "none"];
    let mut anonymous = command(&arguments);
    let answer = answered(anonymous.args(["--endpoint", &server.endpoint]), b"");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(number(&answer), 5);
    assert!(server.take_asked().iter().all(|asked| !asked.signed && !asked.pays));

    let (answer, _) = query(&server, COUNT, &at(""), &["--anonymous"]);
    check_error(&answer, 4, &["access denied"]);
    server.take_asked();

    let (answer, _) = query(&server, COUNT, &at(""), &["--requester-pays"]);
    assert_eq!((answer.code, number(&answer)), (0, 5));
    let asked = server.take_asked();
    assert!(asked.len() > 1 && asked.iter().all(|asked| asked.signed && asked.pays), "{asked:?}");
}

/// Runs the program, and gives the most memory that it held besides, in bytes.
#[cfg(target_os = "linux")]
fn run_measured(server: &Server, arguments: &[&str]) -> (Answer, u64) {
    let mut command = command(arguments);
    command
        .args(["--endpoint", &server.endpoint])
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    let child = command.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let mut peak = 0;
    let output = loop {
        if let Ok(output) = ended.recv_timeout(Duration::from_millis(2)) {
            break output.expect("it has ended");
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        peak = peak.max(kib << 10);
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (Answer { code, out: text(&output.stdout), err: text(&output.stderr) }, peak)
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_keys_are_listed_in_little_memory() {
    let server = Server::start();
    let mut all = BTreeSet::new();
    for day in 0..200_i64 {
        let mut random = Random::new(day.unsigned_abs());
        for _ in 0..500 {
            all.insert(name(&VPC_FLOW, midnight() + day * DAY, &mut random) + ".log.gz");
        }
    }
    // Objects of another log: they are listed, and none is fetched.
    let from = at("AWSLogs/");
    let arguments = ["query", COUNT, "--from", &from, "--format", "csv", "--report", "json"];
    server.pretend(all.iter().take(1).cloned().collect());
    let (_, before) = run_measured(&server, &arguments);
    server.pretend(all);
    let (answer, after) = run_measured(&server, &arguments);
    assert_eq!((answer.code, number(&answer)), (0, 0), "{}", answer.err);
    assert_eq!(report(&answer)["objects"]["other"], 100_000);
    // All keys with their paths would take more than 40 MiB.
    let more = after.saturating_sub(before) >> 20;
    assert!(more < 24, "listing took {more} MiB");
}
