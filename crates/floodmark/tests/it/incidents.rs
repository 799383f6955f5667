//! The generated incidents: the record tells what was written, and the same choice gives the same lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use floodmark_formats::LogType;
use floodmark_formats::log_types::ALL;
use serde_json::Value;

use crate::program::{ask, ask_number, repository, run};

/// An incident that was generated into a folder of its own.
pub(crate) struct Incident {
    pub(crate) name: String,
    pub(crate) record: Value,
    folder: tempfile::TempDir,
}

impl Incident {
    /// Generates an incident with more arguments of the command.
    pub(crate) fn new(name: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().to_str().expect("a path in UTF-8");
        let arguments = ["demo", "--incident", name, "--folder", path, "--generate-only"];
        let answer = run(&[&arguments, more].concat());
        assert_eq!(answer.code, 0, "{name}: {}", answer.err);
        let record = std::fs::read(folder.path().join("record.json")).expect("the record");
        let record = serde_json::from_slice(&record).expect("it is JSON");
        Self { name: name.to_owned(), record, folder }
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.record[name].as_str().expect("a text")
    }

    pub(crate) fn causes(&self) -> &[Value] {
        self.record["causes"].as_array().expect("a list")
    }

    pub(crate) fn log_type(&self) -> &'static LogType {
        ALL.iter().find(|log_type| log_type.name == self.text("log")).expect("a log type")
    }

    /// The objects below the folder, with their bytes.
    fn objects(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut objects = BTreeMap::new();
        let mut folders = vec![self.logs()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("an object");
                    let name = path.strip_prefix(self.folder.path()).expect("it lies below");
                    objects.insert(name.to_owned(), bytes);
                }
            }
        }
        objects
    }
}

/// The names of all incidents.
pub(crate) fn names() -> Vec<String> {
    let answer = run(&["demo", "--list"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let lines = answer.out.lines();
    lines.map(|line| line.split(' ').next().expect("a name").to_owned()).collect()
}

#[test]
fn the_record_of_an_incident_tells_what_was_written() {
    for name in names() {
        let incident = Incident::new(&name, &[]);
        let (log, logs) = (incident.text("log"), incident.logs());
        let (rows, report) = ask(&format!("SELECT count(*) FROM {log}"), &logs);
        assert_eq!(rows[0][0], incident.record["lines"].to_string(), "{name}");
        assert_eq!(report["lines"]["rejected"], 0, "{name}");
        check_amounts(&incident, "total", &Value::Array(Vec::new()), &incident.record["total"]);
        for cause in incident.causes() {
            let descriptions = cause["any_of"].as_array().expect("a list");
            let amounts = cause["amounts"].as_array().expect("a list");
            assert!(!descriptions.is_empty() && descriptions.len() == amounts.len(), "{name}");
            for (conditions, amounts) in descriptions.iter().zip(amounts) {
                check_amounts(&incident, "a cause", conditions, amounts);
            }
        }
    }
}

/// Compares the record's amounts of some rows with what their measures give in SQL.
fn check_amounts(incident: &Incident, what: &str, conditions: &Value, amounts: &Value) {
    let measures: Vec<_> = (incident.log_type().measures.iter())
        .filter(|measure| amounts["before"].get(measure.name).is_some())
        .collect();
    let columns: Vec<_> = measures.iter().map(|measure| measure.sql()).collect();
    let window = |name: &str| {
        let bound = |end: &str| {
            let moment = incident.record[name][end].as_str().expect("a moment");
            moment.trim_end_matches('Z').replace('T', " ")
        };
        let (start, end) = (bound("start"), bound("end"));
        format!("event_time >= timestamp '{start}' AND event_time < timestamp '{end}'")
    };
    for name in ["before", "during"] {
        let sql = format!(
            "SELECT {} FROM {} WHERE {}{}",
            columns.join(", "),
            incident.text("log"),
            window(name),
            conditions_sql(incident.log_type(), conditions)
        );
        let (rows, _) = ask(&sql, &incident.logs());
        for (measure, found) in measures.iter().zip(&rows[0]) {
            // The sum of no rows is NULL.
            let found: f64 = if found.is_empty() { 0.0 } else { found.parse().expect("a number") };
            let written = amounts[name][measure.name].as_f64().expect("a number");
            assert_eq!(found, written, "{}: {what}: {} in {sql}", incident.name, measure.name);
        }
    }
}

/// Conditions of the record as SQL, each after an AND.
fn conditions_sql(log_type: &LogType, conditions: &Value) -> String {
    let mut sql = String::new();
    for condition in conditions.as_array().expect("a list") {
        let column = condition["column"].as_str().expect("a name");
        let dimension = log_type.dimensions.iter().find(|dimension| dimension.name == column);
        let column =
            format!("CAST({} AS varchar)", dimension.map_or(column, |dimension| dimension.sql));
        let values = condition["values"].as_array().expect("a list");
        let any: Vec<_> = values
            .iter()
            .map(|value| one_condition(&column, value.as_str().expect("a text")))
            .collect();
        sql.push_str(&format!(" AND ({})", any.join(" OR ")));
    }
    sql
}

fn one_condition(column: &str, value: &str) -> String {
    if let Some(domain) = value.strip_prefix('*') {
        return format!("{column} LIKE '%{domain}' OR {column} LIKE '%{domain}.'");
    }
    if let Some(folder) = value.strip_suffix('*') {
        return format!("{column} LIKE '{folder}%'");
    }
    if let Some(class) = value.strip_suffix("xx") {
        return format!("{column} LIKE '{class}%'");
    }
    let network = value.split_once('/').is_some_and(|(_, length)| length.parse::<u8>().is_ok());
    if network && !value.contains(' ') {
        return format!("contains('{value}', TRY_CAST({column} AS ipaddress))");
    }
    let family = column.contains("user_agent") && !value.contains(['/', ' ']);
    if family {
        return format!("({column} LIKE '{value}/%' OR {column} LIKE '%; {value}/%')");
    }
    format!("{column} = '{value}'")
}

#[test]
fn the_manual_names_all_incidents() {
    let page = std::fs::read_to_string(repository("docs/manual/incidents.md")).expect("the page");
    let list = run(&["demo", "--list"]).out;
    let rows = list.lines().map(|line| {
        let mut words = line.splitn(2, ' ');
        let (name, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (log, story) = rest.trim_start().split_once(' ').expect("a log and a story");
        format!("| `{name}` | `{log}` | {} |\n", story.trim_start())
    });
    let table = rows.collect::<String>();
    let kept = page.split("| --- | --- | --- |\n").nth(1).expect("a table");
    let kept = kept.split("<!--").next().expect("its rows");
    if std::env::var_os("UPDATE").is_some() {
        let path = repository("docs/manual/incidents.md");
        std::fs::write(path, page.replacen(kept, &table, 1)).expect("a page to write to");
    } else {
        assert_eq!(kept, table, "`make update` writes it");
    }
}

#[test]
fn the_same_choice_gives_the_same_lines() {
    let choice = ["--seed", "7", "--drift", "0.3"];
    let one = Incident::new("heavy-client", &choice);
    let other = Incident::new("heavy-client", &choice);
    assert_eq!(one.objects(), other.objects());
    assert_eq!(one.record, other.record);
    let next = Incident::new("heavy-client", &["--seed", "8", "--drift", "0.3"]);
    assert_ne!(one.objects(), next.objects());
}

#[test]
fn earlier_hours_come_in_addition() {
    let few = Incident::new("long-connections", &[]);
    let many = Incident::new("long-connections", &["--earlier-hours", "2"]);
    assert_eq!(few.record["total"], many.record["total"]);
    let objects = many.objects();
    for (name, bytes) in few.objects() {
        // What is the first object of the one holds the ends of an hour that the other has in full.
        assert!(objects.get(&name) == Some(&bytes), "{}", name.display());
    }
    let hours = "SELECT count(DISTINCT date_trunc('hour', event_time)) FROM nlb";
    assert_eq!(ask_number(hours, &many.logs()) - ask_number(hours, &few.logs()), 2);
}

#[test]
fn drift_makes_clients_wander_and_the_total_stay() {
    let steady = Incident::new("none", &["--seed", "3"]);
    let wandering = Incident::new("none", &["--seed", "3", "--drift", "0.5"]);
    // How far apart the two hours of the busiest clients are, each in its own standard deviations.
    let spread = |logs: &Path| {
        let sql = "SELECT CAST(sum((d - b) * (d - b) * 1e3 / (d + b)) / count(*) AS bigint) FROM ( \
                   SELECT client_ip, count_if(hour(event_time) = 1) AS b, count_if(hour(event_time) = 2) AS d \
                   FROM alb GROUP BY client_ip) WHERE b + d > 40";
        ask_number(sql, logs)
    };
    let (steady, wandering) = (spread(&steady.logs()), spread(&wandering.logs()));
    assert!(steady < 1500, "{steady}");
    assert!(wandering > 3000, "{wandering}");
}

#[test]
fn an_incident_is_explained() {
    let answer = run(&["demo", "--incident", "mix"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for part in ["one domain loses what another gains", "shop.example.com", "login.example.com"] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
}

#[test]
fn an_incident_that_cannot_be_made_is_refused() {
    for (arguments, code, says) in [
        (vec!["demo", "--incident", "flod"], 3, "there is no incident `flod`"),
        (vec!["demo", "--incident", "flood", "--drift", "0.3"], 2, "always the same"),
        (vec!["demo", "--incident", "mix", "--drift=-1"], 2, "a number from 0 to 2"),
        (vec!["demo", "--incident", "mix", "--drift", "NaN"], 2, "a number from 0 to 2"),
        (vec!["demo", "--incident", "mix", "--earlier-hours", "700"], 2, "700"),
    ] {
        let answer = run(&arguments);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(says), "{arguments:?}: {}", answer.err);
    }
}
