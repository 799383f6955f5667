//! The local catalog and the tables in it through the command line: accidents, several programs at once, damaged files, S3.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::logs::{gzip, write};
use crate::program::{Answer, answer, command};
use crate::s3_server::{BUCKET, Fault, KEY_ID, Kind, PUBLIC_BUCKET, SECRET, Server};

/// How long a test waits for what must come, at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// A data folder of its own, and a folder for tables.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a temporary folder"));
        for folder in ["home", "tables", "tmp"] {
            std::fs::create_dir(home.0.path().join(folder)).expect("a folder");
        }
        home
    }

    fn tables(&self) -> std::path::PathBuf {
        self.0.path().join("tables")
    }

    /// The program with SQL, in which `{folder}` stands for the folder for tables.
    fn command(&self, sql: &str) -> Command {
        let sql = sql.replace("{folder}", self.tables().to_str().expect("a path in UTF-8"));
        let mut command = command(&["query", &sql, "--format", "csv"]);
        command
            .env("FLOODMARK_REPORT", "none")
            .env("FLOODMARK_HOME", self.0.path().join("home"))
            .env("TMPDIR", self.0.path().join("tmp"));
        command
    }

    fn run(&self, sql: &str) -> Answer {
        answer(&mut self.command(sql), b"")
    }

    /// The rows of a statement that must succeed, without the line of the names.
    fn rows(&self, sql: &str) -> String {
        rows(sql, &self.run(sql))
    }

    /// Runs against an S3 server, with its keys.
    fn on(&self, server: &Server, sql: &str, more: &[&str]) -> Answer {
        let mut command = self.command(sql);
        command
            .args(["--endpoint", &server.endpoint])
            .args(more)
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET);
        answer(&mut command, b"")
    }
}

fn rows(sql: &str, answer: &Answer) -> String {
    assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
    answer.out.split_once('\n').map_or("", |(_, rows)| rows).trim_end().to_owned()
}

/// Fails with the code and words that it should, and not by a defect.
#[track_caller]
fn refused(answer: &Answer, code: i32, words: &str) {
    assert_eq!(answer.code, code, "{}{}", answer.out, answer.err);
    assert!(answer.err.contains(words), "{}", answer.err);
    assert!(!answer.err.contains("a defect"), "{}", answer.err);
}

#[test]
fn catalog_that_is_cut_is_named_and_left_as_it_is() {
    let home = Home::new();
    let many: String = (0..40)
        .map(|number| {
            format!("CREATE EXTERNAL TABLE t{number} (a string, b string) LOCATION '{{folder}}/{number}/';")
        })
        .collect();
    home.rows(&many);
    let path = home.0.path().join("home/catalog.sqlite");
    let whole = std::fs::read(&path).expect("the catalog");
    for length in [whole.len() / 2, 5000, 100, 0] {
        std::fs::write(&path, &whole[..length]).expect("the catalog can be cut");
        let answer = home.run("SELECT count(*) FROM t7");
        assert_ne!(answer.code, 0, "{length}: {}", answer.out);
        // An empty file is a new catalog, which has no such table.
        let words = if length == 0 { "TABLE_NOT_FOUND" } else { "catalog.sqlite" };
        assert!(answer.err.contains(words), "{length}: {}", answer.err);
        assert!(!answer.err.contains("a defect"), "{}", answer.err);
        if length > 0 {
            assert_eq!(std::fs::read(&path).expect("the catalog"), whole[..length]);
        }
    }
    std::fs::write(&path, &whole).expect("the catalog can be written");
    assert_eq!(home.rows("SELECT count(*) FROM t7"), "0");
}

#[test]
fn catalog_takes_partitions_of_several_programs_at_once() {
    let home = Home::new();
    home.rows("CREATE EXTERNAL TABLE t (n int) PARTITIONED BY (k string) LOCATION '{folder}/t/'");
    let running: Vec<_> = (0..4)
        .map(|program| {
            let statements: String = (0..20)
                .map(|number| format!("ALTER TABLE t ADD PARTITION (k = '{program}-{number}');"))
                .collect();
            home.command(&statements).spawn().expect("the program starts")
        })
        .collect();
    for program in running {
        let output = program.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(home.rows("SHOW PARTITIONS t").lines().count(), 80);
    // The same partition from all of them is added once, and the others are told.
    let running: Vec<_> = (0..4)
        .map(|_| {
            home.command("ALTER TABLE t ADD PARTITION (k = 'same')").spawn().expect("it starts")
        })
        .collect();
    let succeeded = running
        .into_iter()
        .filter_map(|program| program.wait_with_output().ok())
        .filter(|output| output.status.success());
    assert_eq!(succeeded.count(), 1);
}

#[test]
fn catalog_knows_nothing_of_a_table_whose_making_was_killed() {
    let home = Home::new();
    let many = "SELECT a.x AS x, b.x AS y FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(x)";
    let making = format!(
        "CREATE TABLE big WITH (format = 'JSON', external_location = '{{folder}}/big/') AS {many}"
    );
    let mut program = home.command(&making).spawn().expect("the program starts");
    let begun = Instant::now();
    let temporary = home.0.path().join("tmp");
    let is_written = || {
        let files = std::fs::read_dir(&temporary).expect("a folder").flatten();
        files.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten()).next()
    };
    while is_written().is_none() {
        assert!(begun.elapsed() < PATIENCE, "nothing was written");
        assert!(program.try_wait().expect("a process").is_none(), "it ended too early");
        std::thread::yield_now();
    }
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    assert_eq!(home.rows("SHOW TABLES"), "");
    assert!(!home.tables().join("big").exists());
    refused(&home.run("SELECT * FROM big"), 3, "TABLE_NOT_FOUND");
    let small = "CREATE TABLE big WITH (format = 'JSON', external_location = '{folder}/big/') AS SELECT 1 AS x";
    assert_eq!(home.rows(small), "1");
    assert_eq!(home.rows("SELECT x FROM big"), "1");
}

#[test]
fn catalog_shows_statements_that_make_the_same_again() {
    let home = Home::new();
    home.rows(
        "CREATE EXTERNAL TABLE t (`date` date, s string COMMENT 'it''s', l array<struct<a:int,`end`:string>>) COMMENT 'all of it'
         PARTITIONED BY (`day` string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
         WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true') LOCATION '{folder}/t/' TBLPROPERTIES ('a' = 'b')",
    );
    home.rows("CREATE VIEW v AS SELECT count(*) AS n, 'it''s' AS s FROM t");
    let text = |sql: &str| {
        let shown = home.rows(sql);
        let lines = shown.lines().map(|line| match line.strip_prefix('"') {
            Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let (table, view) = (text("SHOW CREATE TABLE t"), text("SHOW CREATE VIEW v"));
    let described = home.rows("DESCRIBE t");
    home.rows("DROP VIEW v; DROP TABLE t");
    home.rows(&table);
    home.rows(&view);
    assert_eq!(home.rows("DESCRIBE t"), described);
    assert_eq!(home.rows("SELECT n, s FROM v"), "0,it's");
    let timeless = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("lastDdlTime")).map(str::to_owned).collect()
    };
    assert_eq!(timeless(&text("SHOW CREATE TABLE t")), timeless(&table));
}

#[test]
fn catalog_refuses_statements_with_their_place() {
    let home = Home::new();
    let cases: &[(&str, i32, &str)] = &[
        ("CREATE EXTERNAL TABLE t (a int", 2, "line 1:"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION", 2, "line 1:"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION ''", 2, "No location was specified"),
        ("CREATE EXTERNAL TABLE t (a struct<b:) LOCATION '{folder}/t/'", 2, "line 1:"),
        ("CREATE EXTERNAL TABLE t (a decimal(99,1)) LOCATION '{folder}/t/'", 2, "decimal"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://'", 2, "s3://"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION '{folder}/*.log'", 2, "pattern"),
        ("ALTER TABLE t ADD PARTITION (a = 1)", 3, "TABLE_NOT_FOUND: line 1:13"),
        ("ALTER TABLE t", 2, "line 1:"),
        ("MSCK REPAIR TABLE t", 3, "TABLE_NOT_FOUND: line 1:19"),
        ("DROP TABLE", 2, "line 1:"),
        ("SELECT 1;\nDROP TABLE t", 3, "TABLE_NOT_FOUND: line 2:12"),
        ("CREATE DATABASE 'quoted'", 2, "line 1:"),
        ("INSERT INTO t", 2, "line 1:"),
        ("UNLOAD (SELECT 1) TO", 2, "line 1:"),
        ("PREPARE p FROM", 2, "line 1:"),
        ("VACUUM t", 7, "VACUUM"),
    ];
    for (sql, code, words) in cases {
        let answer = home.run(sql);
        assert_eq!(answer.code, *code, "{sql}\n{}{}", answer.out, answer.err);
        assert!(answer.err.contains(words), "{sql}\n{}", answer.err);
    }
    assert_eq!(home.rows("SHOW TABLES"), "");
}

#[test]
fn table_with_a_pattern_that_never_ends_ends() {
    let home = Home::new();
    let line = format!("{}c\n", "a".repeat(60));
    write(&home.tables().join("t/lines.log"), format!("{line}aab\n").as_bytes());
    // The second needs to look back, which is what such patterns are slow for.
    for (name, pattern) in [("linear", "(a+)+b"), ("backward", r"((a+)+)(?!x)\\2?b(?<=b)")] {
        home.rows(&format!(
            "CREATE EXTERNAL TABLE {name} (a string, b string, c string)
             ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
             WITH SERDEPROPERTIES ('input.regex' = '{pattern}') LOCATION '{{folder}}/t/'"
        ));
        let begun = Instant::now();
        let answer = home.run(&format!("SELECT count(*), count(a) FROM {name}"));
        assert!(begun.elapsed() < PATIENCE, "{name} took {:?}", begun.elapsed());
        match answer.code {
            0 => assert_eq!(rows(name, &answer), "2,1", "{name}"),
            _ => assert!(
                answer.err.contains("regex") || answer.err.contains("pattern"),
                "{}",
                answer.err
            ),
        }
    }
}

#[test]
fn table_over_damaged_files_says_which() {
    let home = Home::new();
    let packed = gzip(&"1,a\n2,b\n".repeat(1000));
    write(&home.tables().join("cut/x.csv.gz"), &packed[..packed.len() / 2]);
    write(&home.tables().join("cut/y.csv"), b"7,z\n");
    write(&home.tables().join("text/x.csv"), b"1,caf\xe9\n2,\xff\xfe\n3,ok\n");
    let huge = format!("1,{}\n2,b\n", "x".repeat(20 << 20));
    write(&home.tables().join("huge/x.csv"), huge.as_bytes());
    write(&home.tables().join("none/x.csv"), b"");
    for name in ["cut", "text", "huge", "none", "absent"] {
        home.rows(&format!(
            "CREATE EXTERNAL TABLE {name}_table (n int, s string)
             ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '{{folder}}/{name}/'"
        ));
    }
    // What stands before the cut is read, and the report says what is missing.
    let mut cut = home.command("SELECT count(*) < 2001, count_if(n = 7) FROM cut_table");
    let answered = answer(cut.env("FLOODMARK_REPORT", "text"), b"");
    assert_eq!(rows("cut", &answered), "true,1");
    assert!(answered.err.contains("x.csv.gz` is truncated or damaged"), "{}", answered.err);
    assert_eq!(
        home.rows("SELECT n, length(s) > 0 FROM text_table ORDER BY n"),
        "1,true\n2,true\n3,true"
    );
    assert_eq!(home.rows("SELECT s FROM text_table WHERE s LIKE 'caf%'"), "caf\u{fffd}");
    // A line that is too long is rejected, and the report says so.
    let mut huge = home.command("SELECT n, length(s) FROM huge_table ORDER BY n");
    let answered = answer(huge.env("FLOODMARK_REPORT", "text"), b"");
    assert_eq!(rows("huge", &answered), "2,1");
    assert!(answered.err.contains("1 rejected"), "{}", answered.err);
    assert_eq!(home.rows("SELECT count(*) FROM none_table"), "0");
    assert_eq!(home.rows("SELECT count(*) FROM absent_table"), "0");
}

/// A table with three partitions in a bucket, the last not below the table's own place.
fn in_a_bucket(home: &Home, server: &Server) {
    write(&server.file("logs/1/x.csv"), b"1,a\n2,b\n");
    write(&server.file("logs/2/x.csv"), b"3,c\n");
    write(&server.file("elsewhere/x.csv"), b"4,d\n");
    let sql = format!(
        "CREATE EXTERNAL TABLE t (n int, s string) PARTITIONED BY (k int)
           ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{BUCKET}/logs/';
         ALTER TABLE t ADD PARTITION (k = 1) LOCATION 's3://{BUCKET}/logs/1/' PARTITION (k = 2) LOCATION 's3://{BUCKET}/logs/2';
         ALTER TABLE t ADD PARTITION (k = 3) LOCATION 's3://{BUCKET}/elsewhere/'"
    );
    let answer = home.on(server, &sql, &[]);
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn table_in_s3_reads_the_partitions_that_are_asked_for() {
    let (home, server) = (Home::new(), Server::start());
    in_a_bucket(&home, &server);
    let sql = "SELECT k, sum(n), max(s) FROM t GROUP BY k ORDER BY k";
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "1,3,b\n2,3,c\n3,4,d");
    server.take_asked();
    let sql = "SELECT s FROM t WHERE k > 2";
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "d");
    let asked = server.take_asked();
    assert!(asked.iter().all(|asked| asked.key.starts_with("elsewhere/")), "{asked:?}");
    for explain in ["EXPLAIN", "EXPLAIN ANALYZE"] {
        let sql = format!("{explain} {sql}");
        let answer = home.on(&server, &sql, &[]);
        let plan = rows(&sql, &answer);
        assert!(answer.out.starts_with("Query Plan\n") && plan.contains("default.t"), "{plan}");
    }
}

#[test]
fn table_in_s3_takes_no_partition_of_another_bucket() {
    let (home, server) = (Home::new(), Server::start());
    in_a_bucket(&home, &server);
    let sql = format!("ALTER TABLE t ADD PARTITION (k = 4) LOCATION 's3://{PUBLIC_BUCKET}/x/'");
    refused(&home.on(&server, &sql, &[]), 2, "is outside of the bucket of its table");
    let sql = "SELECT max(k) FROM t";
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "3");
}

#[test]
fn table_in_s3_whose_partition_is_denied_fails_with_its_address() {
    let (home, server) = (Home::new(), Server::start());
    in_a_bucket(&home, &server);
    server.fault(Kind::List, "logs/2", 100, Fault::Refused("AccessDenied"));
    let answer = home.on(&server, "SELECT count(*) FROM t", &[]);
    refused(&answer, 4, &format!("s3://{BUCKET}/logs/2"));
    let sql = "SELECT count(*) FROM t WHERE k <> 2";
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "3");
    server.fault(Kind::Get, "logs/1/", 100, Fault::Refused("AccessDenied"));
    let answer = home.on(&server, "SELECT count(*) FROM t WHERE k = 1", &[]);
    refused(&answer, 4, &format!("s3://{BUCKET}/logs/1/x.csv"));
}

#[test]
fn table_is_written_to_s3_only_with_consent() {
    let (home, server) = (Home::new(), Server::start());
    in_a_bucket(&home, &server);
    let making = format!(
        "CREATE TABLE made WITH (format = 'JSON', external_location = 's3://{BUCKET}/made/', partitioned_by = ARRAY['k']) AS SELECT n, s, k FROM t"
    );
    let unload =
        format!("UNLOAD (SELECT n FROM t) TO 's3://{BUCKET}/unloaded/' WITH (format = 'JSON')");
    for sql in [&making, &unload] {
        refused(&home.on(&server, sql, &[]), 4, "--apply");
    }
    let folder = |name: &str| -> bool { Path::new(&server.file(name)).exists() };
    assert!(!folder("made") && !folder("unloaded"));
    refused(&home.on(&server, "SELECT * FROM made", &[]), 3, "TABLE_NOT_FOUND");

    assert_eq!(rows(&making, &home.on(&server, &making, &["--apply"])), "4");
    let sql = "SELECT k, count(*), sum(n) FROM made GROUP BY k ORDER BY k";
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "1,2,3\n2,1,3\n3,1,4");
    let insert = "INSERT INTO made VALUES (9, 'e', 4)";
    refused(&home.on(&server, insert, &[]), 4, "--apply");
    assert_eq!(rows(insert, &home.on(&server, insert, &["--apply"])), "1");
    assert_eq!(rows(sql, &home.on(&server, sql, &[])), "1,2,3\n2,1,3\n3,1,4\n4,1,9");
    assert_eq!(rows(&unload, &home.on(&server, &unload, &["--apply"])), "4");
    refused(&home.on(&server, &unload, &["--apply"]), 2, "HIVE_PATH_ALREADY_EXISTS");
}
