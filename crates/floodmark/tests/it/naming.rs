//! Names for what logs only number: functions of SQL, names beside addresses in answers, `--resolve`.

use std::path::{Path, PathBuf};
use std::process::Command;

use floodmark_testing::rdap::{RdapServer, Registered, Shape};
use serde_json::Value;

use crate::program::{Answer, answer, command};

/// A data folder of its own, flow logs, and a registry.
struct Scene {
    folder: tempfile::TempDir,
    server: RdapServer,
}

impl Scene {
    /// Synthetic flow logs in the default format: few senders with many bytes, many senders with few.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = RdapServer::start();
        let network = |shape, range, name, owner, country| {
            server.network(&Registered { shape, range, name, owner, country });
        };
        network(Shape::Ripe, "91.10.0.0/16", "EXAMPLE-DSL", "Example Telecom", "DE");
        network(Shape::Arin, "145.57.0.0/16", "EXAMPLE-HOSTING", "Example Holding", "US");
        let mut lines = vec![
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
                .to_owned(),
        ];
        let mut line = |source: &str, bytes: u64, number: u64| {
            let start = 1_728_093_600 + number % 300;
            lines.push(format!(
                "2 111122223333 eni-0a1b2c3d4e5f60718 {source} 10.0.1.17 {} 443 6 10 {bytes} {start} {} ACCEPT OK",
                40_000 + number,
                start + 59,
            ));
        };
        for number in 0..40 {
            line(&format!("91.10.0.{number}"), 1_000, number);
        }
        for number in 0..4 {
            line(&format!("145.57.55.{number}"), 1_000_000, number);
        }
        line("10.0.2.5", 500, 1);
        line("-", 0, 2);
        let scene = Self { folder, server };
        std::fs::create_dir_all(scene.logs()).expect("a folder");
        std::fs::write(scene.logs().join("flow.log"), lines.join("\n") + "\n").expect("a file");
        scene
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command
            .env("FLOODMARK_HOME", self.folder.path().join("home"))
            .env("FLOODMARK_RDAP_ENDPOINT", self.server.endpoint());
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        answer(&mut self.command(arguments), b"")
    }

    /// Runs a command over the logs, which must succeed.
    fn ask(&self, arguments: &[&str]) -> Answer {
        let logs = self.logs();
        let logs = logs.to_str().expect("a path in UTF-8");
        let arguments: Vec<&str> =
            arguments.iter().map(|word| if *word == "LOGS" { logs } else { word }).collect();
        let answer = self.run(&arguments);
        assert_eq!(answer.code, 0, "{arguments:?}\n{}", answer.err);
        answer
    }

    fn query(&self, sql: &str, more: &[&str]) -> Answer {
        let mut arguments = vec!["query", sql, "--from", "LOGS", "--format", "csv"];
        arguments.extend(more);
        self.ask(&arguments)
    }

    /// Brings a file of data about addresses.
    fn bring(&self, name: &str, content: &str, kind: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        self.ask(&["data", "import", text(&path), "--as", kind]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn what_nobody_knows_is_null_and_counted() {
    let scene = Scene::new();
    let sql = "SELECT count(*), count(network_name(srcaddr)), count(country(srcaddr)), count(asn(srcaddr)), \
               count(aws_service(srcaddr)), count(interface_of(srcaddr, event_time)), count(threat_list(srcaddr)) FROM vpc_flow";
    let answer = scene.query(sql, &["--report", "json"]);
    // Private use is known without asking anybody.
    assert_eq!(answer.out.lines().nth(1), Some("46,1,0,0,0,0,0"));
    let report: Value = serde_json::from_str(&answer.err).expect("a report");
    assert_eq!(report["unknown"]["network_name"]["addresses"], 44);
    assert_eq!(report["unknown"]["network_name"]["rows"], 44);
    assert_eq!(report["unknown"]["network_name"]["cut"], false);
    assert_eq!(scene.server.requests().len(), 0, "a query asks nobody");
    let told = scene.query("SELECT network_name(srcaddr) FROM vpc_flow", &[]);
    assert!(told.err.contains("network_name is not known here of 44 addresses"), "{}", told.err);
    assert!(told.err.contains("--resolve"), "{}", told.err);
}

#[test]
fn built_in_names_need_no_file() {
    let scene = Scene::new();
    let ask = |sql: &str| scene.query(sql, &[]).out.lines().nth(1).unwrap_or_default().to_owned();
    assert_eq!(
        ask("SELECT DISTINCT port_name(dstport), protocol_name(protocol) FROM vpc_flow"),
        "https,tcp"
    );
    assert_eq!(
        ask("SELECT port_name(70000), port_name(-1), protocol_name(256), port_name('-')"),
        ",,,"
    );
    assert_eq!(
        ask("SELECT bot('Mozilla/5.0%20(compatible;%20Googlebot/2.1)'), bot_class('curl/8.1')"),
        "Googlebot,library"
    );
    assert_eq!(
        ask(
            "SELECT bot(NULL), bot('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0')"
        ),
        ","
    );
    assert_eq!(
        ask("SELECT network_name('169.254.169.254'), network_name(CAST('10.1.2.3' AS ipaddress))"),
        "EC2 instance metadata,private use"
    );
    assert_eq!(
        ask("SELECT network_name('no address'), network_name(''), network_name(NULL)"),
        ",,"
    );
}

#[test]
fn the_largest_sources_are_grouped_by_network() {
    let scene = Scene::new();
    let by = "network_name(srcaddr)";
    let answer = scene.ask(&[
        "top",
        "LOGS",
        "--by",
        by,
        "--measure",
        "bytes",
        "--resolve",
        "--format",
        "csv",
    ]);
    let rows: Vec<&str> = answer.out.lines().skip(1).collect();
    assert!(rows[0].starts_with("1,EXAMPLE-HOSTING,4000000,"), "{}", answer.out);
    assert!(rows[1].starts_with("2,EXAMPLE-DSL,40000,"), "{}", answer.out);
    // One question a network, not one an address.
    assert_eq!(scene.server.requests().len(), 2, "{:?}", scene.server.requests());
    // What was learnt stays.
    let again = scene.ask(&["top", "LOGS", "--by", by, "--measure", "bytes", "--format", "csv"]);
    assert_eq!(again.out, answer.out);
    assert_eq!(scene.server.requests().len(), 2);
}

#[test]
fn only_so_many_addresses_are_asked_about_and_the_largest_first() {
    let scene = Scene::new();
    let answer = scene.ask(&[
        "top",
        "LOGS",
        "--by",
        "network_owner(srcaddr)",
        "--measure",
        "bytes",
        "--resolve=2",
        "--format",
        "csv",
    ]);
    assert!(answer.out.contains("Example Holding,4000000"), "{}", answer.out);
    assert!(!answer.out.contains("Example Telecom"), "{}", answer.out);
}

#[test]
fn a_query_asks_again_with_what_was_learnt() {
    let scene = Scene::new();
    let sql = "SELECT srcaddr, network_name(srcaddr) AS network, sum(bytes) AS bytes FROM vpc_flow \
               GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 5";
    let answer = scene.query(sql, &["--resolve"]);
    let rows: Vec<&str> = answer.out.lines().skip(1).collect();
    assert_eq!(rows[0], "145.57.55.0,EXAMPLE-HOSTING,1000000");
    assert_eq!(rows[4], "91.10.0.0,EXAMPLE-DSL,1000");
    // A statement that writes is not run twice.
    let once = scene.query(
        "CREATE TABLE named AS SELECT network_name(srcaddr) AS n FROM vpc_flow",
        &["--resolve"],
    );
    assert_eq!(once.code, 0);
}

#[test]
fn answers_name_the_addresses_they_show() {
    let scene = Scene::new();
    scene.bring(
        "countries.csv",
        "91.10.0.0,91.10.255.255,DE\n145.57.0.0,145.57.255.255,NL\n",
        "country",
    );
    scene.bring("bad.txt", "# brought by hand\n145.57.55.0/30 ; botnet\n", "threat-list");
    let top = ["top", "LOGS", "--by", "srcaddr", "--measure", "bytes", "--limit", "1"];
    let csv = scene.ask(&[&top[..], &["--resolve", "--format", "csv"]].concat());
    assert!(csv.out.starts_with("rank,srcaddr,srcaddr_name,bytes,"), "{}", csv.out);
    assert!(csv.out.contains("EXAMPLE-HOSTING, NL; on threat list bad"), "{}", csv.out);
    let table = scene.ask(&[&top[..], &["--format", "table"]].concat());
    assert!(
        table.out.contains("145.57.55.0 (EXAMPLE-HOSTING, NL; on threat list bad)"),
        "{}",
        table.out
    );
    let compare = scene.ask(&[
        "compare",
        "LOGS",
        "--by",
        "srcaddr",
        "--during",
        "2024-10-05T02:00:20Z/2024-10-05T02:00:40Z",
        "--before",
        "2024-10-05T02:00:00Z/2024-10-05T02:00:20Z",
        "--format",
        "csv",
    ]);
    assert!(compare.out.starts_with("rank,srcaddr,srcaddr_name,"), "{}", compare.out);
    // The lists are a table too.
    let listed = scene.query("SELECT network, list, note FROM threat_ips", &[]);
    assert_eq!(listed.out.lines().nth(1), Some("145.57.55.0/30,bad,botnet"), "{}", listed.out);
    let joined = scene.query(
        "SELECT t.list, count(*) FROM vpc_flow f JOIN threat_ips t ON contains(t.network, TRY_CAST(f.srcaddr AS ipaddress)) GROUP BY 1",
        &[],
    );
    assert_eq!(joined.out.lines().nth(1), Some("bad,4"));
    let countries = scene.query("SELECT country(srcaddr), count(*) FROM vpc_flow WHERE country(srcaddr) IS NOT NULL GROUP BY 1 ORDER BY 1", &[]);
    assert_eq!(countries.out.lines().skip(1).collect::<Vec<_>>(), ["DE,40", "NL,4"]);
}

#[test]
fn a_registry_that_lies_is_not_believed_and_hostile_names_are_shown_harmless() {
    let scene = Scene::new();
    scene.server.network(&Registered {
        shape: Shape::Arin,
        range: "145.57.55.0/24",
        name: "\u{1b}[31m=cmd()<script>",
        owner: "x",
        country: "US",
    });
    let answer = scene.ask(&[
        "top",
        "LOGS",
        "--by",
        "srcaddr",
        "--measure",
        "bytes",
        "--limit",
        "2",
        "--resolve",
        "--format",
        "table",
    ]);
    assert!(!answer.out.contains('\u{1b}'), "{}", answer.out);
    assert!(answer.out.contains("<script>"), "{}", answer.out);
}

#[test]
fn a_registry_that_is_away_is_a_warning_and_the_answer_stands() {
    let scene = Scene::new();
    let mut command = scene.command(&[
        "top",
        text(&scene.logs()),
        "--by",
        "network_name(srcaddr)",
        "--resolve",
        "--format",
        "csv",
    ]);
    // Nobody listens at the discard port of this machine.
    command.env("FLOODMARK_RDAP_ENDPOINT", "http://127.0.0.1:9");
    let answer = answer(&mut command, b"");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("private use"), "{}", answer.out);
    assert!(answer.err.contains("warning: "), "{}", answer.err);
}

#[test]
fn a_damaged_file_of_networks_is_an_error_with_a_way_out() {
    let scene = Scene::new();
    let folder = scene.folder.path().join("home/who");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("rdap.sqlite"), b"half a file of something else").expect("a file");
    let logs = scene.logs();
    let answer =
        scene.run(&["query", "SELECT network_name(srcaddr) FROM vpc_flow", "--from", text(&logs)]);
    assert_ne!(answer.code, 0);
    assert!(answer.err.contains("rdap.sqlite"), "{}", answer.err);
    assert!(answer.err.contains("hint:"), "{}", answer.err);
    // It is not thrown away.
    assert!(folder.join("rdap.sqlite").exists());
}

#[test]
fn the_addresses_that_are_shown_are_asked_about_first() {
    let scene = Scene::new();
    let sql = "SELECT dstaddr, srcaddr, network_name(srcaddr) AS network, sum(bytes) AS bytes FROM vpc_flow \
               GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2 LIMIT 4";
    let answer = scene.query(sql, &["--resolve=4"]);
    let rows: Vec<&str> = answer.out.lines().skip(1).collect();
    assert!(rows.iter().all(|row| row.contains("EXAMPLE-HOSTING")), "{}", answer.out);
    assert_eq!(scene.server.requests().len(), 1, "{:?}", scene.server.requests());
}

#[test]
fn standard_input_is_refused_before_anybody_is_asked() {
    let scene = Scene::new();
    for arguments in [
        &["query", "SELECT network_name(srcaddr) FROM vpc_flow", "--from", "-", "--resolve"][..],
        &["top", "-", "--log", "vpc_flow", "--by", "srcaddr", "--resolve"][..],
    ] {
        let answer = scene.run(arguments);
        assert_eq!(answer.code, 2, "{}", answer.err);
        assert!(answer.err.contains("`--resolve`"), "{}", answer.err);
    }
    assert!(scene.server.requests().is_empty());
}

#[test]
fn explain_finds_what_the_addresses_of_a_change_have_in_common() {
    let scene = Scene::new();
    let folder = scene.folder.path().join("incident");
    scene.ask(&["demo", "--incident", "botnet", "--folder", text(&folder), "--generate-only"]);
    scene.bring("bad.txt", "198.18.0.0/16\n", "threat-list");
    let logs = folder.join("logs");
    let window = "2024-10-05T02:00/03:00";
    let answer = scene.ask(&["explain", text(&logs), "--during", window, "--format", "json"]);
    let answer: Value = serde_json::from_str(&answer.out).expect("an answer");
    let found = &answer["contributors"][0];
    let also = found["also"].as_array().expect("a list");
    let listed = also.iter().find(|common| common["column"] == "threat_list(client_ip)");
    assert_eq!(listed.expect("it is told")["values"][0], "bad", "{found}");
    let client = found["clients"]["busiest"][0]["client"].as_str().expect("a client");
    assert_eq!(answer["names"][client], "on threat list bad", "{answer}");
}
