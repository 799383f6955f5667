//! The stories that must work, against what the generator says that it wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

use crate::logs::{Logs, cloudfront_day, vpc_day};
use crate::program::{ask, ask_number, repository, run};

struct Incident {
    logs: PathBuf,
    record: Value,
    _folder: tempfile::TempDir,
}

static INCIDENT: LazyLock<Incident> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    assert_eq!(run(&["demo", "--generate-only", "--folder", path]).code, 0);
    let record = std::fs::read(folder.path().join("record.json")).expect("the generator's record");
    let record = serde_json::from_slice(&record).expect("it is JSON");
    Incident { logs: folder.path().join("logs"), record, _folder: folder }
});

/// The two windows as the notebook writes them.
const WINDOWS: [(&str, &str, &str); 2] = [
    ("before", "2024-10-05T01:00:00", "2024-10-05T02:00:00"),
    ("during", "2024-10-05T02:00:00", "2024-10-05T03:00:00"),
];

/// The notebook's inner query, with a further condition.
fn notebook(start: &str, end: &str, and: &str) -> String {
    format!(
        "SELECT row_number()over() as num_lign, time, client_ip, target_ip, target_port, tcp_connection_time_ms, \
         tls_handshake_time_ms, received_bytes, sent_bytes, tls_protocol_version, domain_name, tls_connection_creation_time \
         FROM nlb_tls_logs WHERE tls_connection_creation_time > '{start}' \
         AND tls_connection_creation_time < '{end}' {and}"
    )
}

/// A map of the record as rows of two columns, in the order of the keys.
fn counts(map: &Value) -> BTreeMap<String, u64> {
    let map = map.as_object().expect("a map");
    map.iter().map(|(key, count)| (key.clone(), count.as_u64().expect("a count"))).collect()
}

fn pairs(rows: &[Vec<String>]) -> BTreeMap<String, u64> {
    rows.iter().map(|row| (row[0].clone(), row[1].parse().expect("a count"))).collect()
}

#[test]
fn the_notebook_gets_the_generators_numbers() {
    let Incident { logs, record, .. } = &*INCIDENT;
    for (window, start, end) in WINDOWS {
        let hour = &record[window];
        let inner = notebook(start, end, "");
        let all =
            ask_number(&format!("SELECT COUNT(num_lign) as nb_of_requests FROM ({inner})"), logs);
        assert_eq!(Some(all), hour["connections"].as_u64());

        let clients = ask_number(&format!("SELECT COUNT(distinct client_ip) FROM ({inner})"), logs);
        assert_eq!(clients, counts(&hour["clients"]).len() as u64);

        let (ports, _) = ask(
            &format!(
                "SELECT target_port, COUNT(num_lign) as connections_on_this_port FROM ({inner}) GROUP BY target_port"
            ),
            logs,
        );
        assert_eq!(pairs(&ports), counts(&hour["ports"]));

        let inner = notebook(start, end, "AND target_port = 443\n-- LIMIT 10\n");
        let (domains, _) = ask(
            &format!("SELECT domain_name, COUNT(num_lign) FROM ({inner}) GROUP BY domain_name"),
            logs,
        );
        assert_eq!(pairs(&domains), counts(&hour["domains_on_443"]));

        let loud = hour["loud_domain_clients"].as_object().expect("a map");
        let mut expected: Vec<u64> =
            loud.values().map(|pair| pair[0].as_u64().expect("a count")).collect();
        expected.sort_unstable_by(|left, right| right.cmp(left));
        expected.truncate(30);
        let inner =
            notebook(start, end, "AND target_port = 443 AND domain_name = 'api.example.com'");
        let (top, _) = ask(
            &format!(
                "SELECT client_ip, COUNT(num_lign) as connections_from_this_client_ip FROM ({inner}) \
                 GROUP BY client_ip order by connections_from_this_client_ip desc limit 30"
            ),
            logs,
        );
        let found: Vec<u64> = top.iter().map(|row| row[1].parse().expect("a count")).collect();
        assert_eq!(found, expected);

        let (durations, _) = ask(
            &format!(
                "SELECT client_ip, round(avg(tcp_connection_time_ms)) as avg_tcp_connec_time_ms_port443 FROM nlb_tls_logs \
                 WHERE tls_connection_creation_time > '{start}' AND tls_connection_creation_time < '{end}' \
                 AND target_port = 443 AND domain_name = 'api.example.com' AND client_ip in ( \
                 SELECT client_ip FROM (SELECT client_ip, COUNT(num_lign) as connections_from_this_client_ip FROM ({inner}) \
                 GROUP BY client_ip order by connections_from_this_client_ip desc limit 30)) \
                 group by client_ip order by avg_tcp_connec_time_ms_port443 desc"
            ),
            logs,
        );
        assert_eq!(durations.len(), 30);
        for row in &durations {
            let (count, sum) = (&loud[&row[0]][0], &loud[&row[0]][1]);
            let average = sum.as_f64().expect("a sum") / count.as_f64().expect("a count");
            assert_eq!(row[1].parse::<f64>().expect("an average"), average.round(), "{row:?}");
        }
        let long: Vec<&String> = durations
            .iter()
            .filter(|row| row[1].parse::<f64>().expect("an average") > 300_000.0)
            .map(|row| &row[0])
            .collect();
        let flood = if window == "during" { record["loud_addresses"].as_array() } else { None };
        let flood: Vec<&str> =
            flood.into_iter().flatten().filter_map(|address| address.as_str()).collect();
        assert_eq!(long.len(), flood.len());
        assert!(flood.iter().all(|address| long.iter().any(|found| found == address)));
    }
}

#[test]
fn a_lower_bound_on_the_creation_time_prunes_and_an_upper_one_does_not() {
    let Incident { logs, .. } = &*INCIDENT;
    let pruned = |condition: &str| {
        let (_, report) = ask(&format!("SELECT count(*) FROM nlb WHERE {condition}"), logs);
        report["objects"]["pruned"].as_u64().expect("a count")
    };
    assert!(pruned("tls_connection_creation_time > '2024-10-05T02:00:00'") >= 10);
    assert!(pruned("event_time > timestamp '2024-10-05 02:00:00'") >= 10);
    assert_eq!(pruned("tls_connection_creation_time < '2024-10-05T02:00:00'"), 0);
    assert!(pruned("time < '2024-10-05T02:00:00'") >= 10);
    assert!(pruned("time BETWEEN '2024-10-05T01:30' AND '2024-10-05T01:40'") >= 20);
}

#[test]
fn pruning_never_costs_a_row() {
    let Incident { logs, .. } = &*INCIDENT;
    for bound in ["2024-10-05T01:04:59", "2024-10-05T02:59", "2024-10-05T03"] {
        for comparison in ["<", "<=", ">", ">=", "="] {
            for column in ["time", "tls_connection_creation_time"] {
                let asked = |column: &str| {
                    ask_number(
                        &format!("SELECT count(*) FROM nlb WHERE {column} {comparison} '{bound}'"),
                        logs,
                    )
                };
                // An expression is not looked into, so nothing is pruned by it.
                assert_eq!(
                    asked(column),
                    asked(&format!("concat({column}, '')")),
                    "{column} {comparison} {bound}"
                );
            }
        }
    }
}

#[test]
fn the_demo_walks_through_the_incident() {
    let answer = run(&["demo"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for address in INCIDENT.record["loud_addresses"].as_array().expect("a list") {
        assert!(answer.out.contains(address.as_str().expect("an address")));
    }
    assert!(answer.err.contains("0 rejected"));
}

#[test]
fn flow_logs_tell_the_largest_destinations_and_their_sources() {
    let Logs { folder, rows } = vpc_day();
    let from = folder.path();
    let sums = |key: &str, keep: &dyn Fn(&BTreeMap<&'static str, String>) -> bool| {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for row in rows.iter().filter(|row| keep(row)) {
            if let Ok(bytes) = row["bytes"].parse::<u64>() {
                *sums.entry(row[key].clone()).or_default() += bytes;
            }
        }
        let mut sums: Vec<(String, u64)> = sums.into_iter().collect();
        sums.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        sums.truncate(5);
        sums
    };
    let asked = |sql: &str| {
        let (rows, _) = ask(sql, from);
        rows.iter()
            .map(|row| (row[0].clone(), row[1].parse().expect("a sum")))
            .collect::<Vec<(String, u64)>>()
    };
    let destinations = sums("dstaddr", &|_| true);
    assert_eq!(
        asked(
            "SELECT dstaddr, sum(bytes) FROM vpc_flow WHERE bytes IS NOT NULL GROUP BY dstaddr ORDER BY 2 DESC, 1 LIMIT 5"
        ),
        destinations
    );
    let nat = &destinations[0].0;
    assert_eq!(
        asked(&format!(
            "SELECT srcaddr, sum(bytes) FROM vpc_flow_logs WHERE dstaddr = '{nat}' GROUP BY srcaddr ORDER BY 2 DESC, 1 LIMIT 5"
        )),
        sums("srcaddr", &|row| row["dstaddr"] == *nat)
    );
    let rejects = rows.iter().filter(|row| row["action"] == "REJECT").count() as u64;
    assert_eq!(
        ask_number("SELECT count(*) FROM vpc_flow_logs WHERE action = 'REJECT'", from),
        rejects
    );
    let (_, report) = ask("SELECT count(*) FROM vpc_flow", from);
    let holes = rows.iter().filter(|row| row["log_status"] == "SKIPDATA").count() as u64;
    assert_eq!(report["holes"].as_u64(), Some(holes));
}

#[test]
fn cloudfront_logs_tell_pages_bots_and_probes() {
    let Logs { folder, rows } = cloudfront_day();
    let from = folder.path();
    let mut stems: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *stems.entry(&row["cs_uri_stem"]).or_default() += 1;
    }
    let mut stems: Vec<(String, u64)> =
        stems.into_iter().map(|(stem, n)| (stem.to_owned(), n)).collect();
    for (order, descending) in [("DESC", true), ("ASC", false)] {
        stems.sort_by(|left, right| {
            let by_count = left.1.cmp(&right.1);
            if descending { by_count.reverse() } else { by_count }.then(left.0.cmp(&right.0))
        });
        let (found, _) = ask(
            &format!(
                "SELECT cs_uri_stem, count(*) FROM cloudfront_standard_logs GROUP BY 1 ORDER BY 2 {order}, 1 LIMIT 10"
            ),
            from,
        );
        let found: Vec<(String, u64)> =
            found.iter().map(|row| (row[0].clone(), row[1].parse().expect("a count"))).collect();
        assert_eq!(found, stems[..stems.len().min(10)]);
    }
    let count = |keep: &dyn Fn(&BTreeMap<&'static str, String>) -> bool| {
        rows.iter().filter(|row| keep(row)).count() as u64
    };
    assert_eq!(
        ask_number("SELECT count(*) FROM cloudfront WHERE cs_user_agent LIKE '%bot%'", from),
        count(&|row| row["cs_user_agent"].contains("bot"))
    );
    let (referers, _) = ask(
        "SELECT cs_referrer, count(*) FROM cloudfront WHERE cs_uri_stem = '/' AND sc_status = 200 \
         AND cs_user_agent NOT LIKE '%bot%' GROUP BY 1",
        from,
    );
    let found: u64 = referers.iter().map(|row| row[1].parse::<u64>().expect("a count")).sum();
    let ok = |row: &BTreeMap<&'static str, String>| {
        row["cs_uri_stem"] == "/"
            && row["sc_status"] == "200"
            && !row["cs_user_agent"].contains("bot")
    };
    assert_eq!(found, count(&ok));
    assert_eq!(
        ask_number("SELECT count(*) FROM cloudfront WHERE cs_uri_stem LIKE '%wp-login.php%'", from),
        count(&|row| row["cs_uri_stem"].contains("wp-login.php"))
    );
}

#[test]
fn every_sample_is_found_and_read() {
    let samples = repository("samples");
    for entry in std::fs::read_dir(&samples).expect("the samples") {
        let folder = entry.expect("an entry").path();
        if !folder.is_dir() {
            continue;
        }
        let table = folder.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(ask_number(&format!("SELECT count(*) FROM {table}"), &folder) > 0, "{table}");
    }
}
