//! How well `floodmark explain` finds the causes of the generated incidents.
//!
//! A finding is right if its conditions are those of one of the descriptions of a cause in the generator's record; anything else
//! that it names is a false finding. The table stands in `docs/performance.md`, which `UPDATE=1` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use crate::incidents::{Incident, names};
use crate::program::{ask_number, repository, run};

/// Where the table stands in the page.
const MARKS: (&str, &str) = ("<!-- incidents:begin -->", "<!-- incidents:end -->");

/// The windows, as they are given to the command.
const WINDOWS: [&str; 4] =
    ["--during", "2024-10-05T02:00/03:00", "--before", "2024-10-05T01:00/02:00"];

/// Deviations of the clients' rates.
const DRIFTS: [&str; 3] = ["0", "0.3", "0.5"];

/// The seeds of the hours without a cause.
const SEEDS: [&str; 5] = ["1", "2", "3", "4", "5"];

/// How many quiet hours are written before: as many as `explain` looks at.
const EARLIER_HOURS: usize = 3;

/// Conditions in the order of their columns, each with its values.
type Description = BTreeMap<String, BTreeSet<String>>;

/// What became of an incident.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    causes: usize,
    found: usize,
    false_findings: usize,
    incidents: usize,
    verdicts: usize,
}

impl Score {
    fn precision(self) -> f64 {
        ratio(self.found, self.found + self.false_findings)
    }

    fn recall(self) -> f64 {
        ratio(self.found, self.causes)
    }

    fn f1(self) -> f64 {
        ratio(2 * self.found, self.causes + self.found + self.false_findings)
    }

    fn add(&mut self, other: Self) {
        self.causes += other.causes;
        self.found += other.found;
        self.false_findings += other.false_findings;
        self.incidents += other.incidents;
        self.verdicts += other.verdicts;
    }

    fn row(self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {:.2} | {:.2} | {:.2} |\n",
            self.causes,
            self.found,
            self.false_findings,
            self.precision(),
            self.recall(),
            self.f1()
        )
    }
}

/// One, where there is nothing to find and nothing was found.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Asks what explains an incident.
fn explain(incident: &Incident, windows: &[&str]) -> Value {
    let logs = incident.logs();
    let logs = logs.to_str().expect("a path in UTF-8");
    let mut arguments = vec!["explain", logs, "--format", "json"];
    arguments.extend(windows);
    let answer = run(&arguments);
    assert_eq!(answer.code, 0, "{}: {arguments:?}: {}", incident.name, answer.err);
    serde_json::from_str(&answer.out).expect("it is JSON")
}

fn description(conditions: &Value) -> Description {
    let conditions = conditions.as_array().expect("a list of conditions");
    let texts = |values: &Value| {
        let values = values.as_array().expect("a list of values").iter();
        values
            .map(|value| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                // Logs write blanks as `%20`, and DNS a point at the end.
                text.replace("%20", " ").trim_end_matches('.').to_owned()
            })
            .collect()
    };
    conditions
        .iter()
        .map(|condition| {
            let column = condition["column"].as_str().expect("a name").to_owned();
            (column, texts(&condition["values"]))
        })
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Compares an answer with the record. `told` collects in words what is wrong.
fn score(incident: &Incident, how: &str, answer: &Value, told: &mut String) -> Score {
    let mut score = Score { causes: incident.causes().len(), incidents: 1, ..Score::default() };
    let name = format!("{}, {how}", incident.name);
    let mut open: Vec<&Value> = incident.causes().iter().collect();
    for contributor in list(&answer["contributors"]) {
        let found = description(&contributor["conditions"]);
        let right = open.iter().position(|cause| {
            list(&cause["any_of"]).iter().any(|conditions| description(conditions) == found)
        });
        match right {
            Some(at) => {
                score.found += 1;
                check_amounts(incident, open.remove(at), answer, contributor, &found);
            }
            None => {
                score.false_findings += 1;
                let _ = writeln!(
                    told,
                    "{name}: false: {found:?} {} -> {}, share {}",
                    contributor["before"], contributor["during"], contributor["share"]
                );
            }
        }
    }
    for cause in open {
        let _ = writeln!(told, "{name}: missed: {} {}", cause["any_of"][0], answer["sentence"]);
    }
    if answer["verdict"] == incident.record["verdict"] {
        score.verdicts += 1;
    } else {
        let (said, expected) = (&answer["verdict"], &incident.record["verdict"]);
        let _ =
            writeln!(told, "{name}: verdict {said}, and it is {expected}: {}", answer["sentence"]);
    }
    if answer["measure"]["name"] != incident.record["measure"] {
        let (said, expected) = (&answer["measure"]["name"], &incident.record["measure"]);
        let _ = writeln!(told, "{name}: measure {said}, and {expected} tells it");
    }
    score
}

/// What is said of a cause are the generator's own amounts, where the windows are the generator's.
fn check_amounts(
    incident: &Incident,
    cause: &Value,
    answer: &Value,
    contributor: &Value,
    found: &Description,
) {
    let window = |window: &Value| (window["start"].clone(), window["end"].clone());
    let record = &incident.record;
    let before = list(&answer["before"]);
    if window(&answer["during"]) != window(&record["during"])
        || before.len() != 1
        || window(&before[0]) != window(&record["before"])
    {
        return;
    }
    let at = list(&cause["any_of"]).iter().position(|known| description(known) == *found);
    let amounts = &cause["amounts"][at.expect("it was found there")];
    let measure = answer["measure"]["name"].as_str().expect("a name");
    for name in ["before", "during"] {
        let Some(written) = amounts[name][measure].as_f64() else { continue };
        // The record adds up what each interface logs; `explain` counts a packet once, where it was sent.
        let written = match incident.name.as_str() {
            "nat-bytes" => sent(incident, &record[name], found),
            _ => written,
        };
        let said = contributor[name].as_f64();
        assert_eq!(said, Some(written), "{}: {name} of {found:?}", incident.name);
    }
}

/// The bytes that senders of these addresses sent in a window, by the records of their own interfaces.
fn sent(incident: &Incident, window: &Value, found: &Description) -> f64 {
    let senders: Vec<_> = found["srcaddr"].iter().map(|sender| format!("'{sender}'")).collect();
    let moment =
        |name: &str| window[name].as_str().expect("a time").replace('T', " ").replace('Z', "");
    let (start, end) = (moment("start"), moment("end"));
    let sql = format!(
        "SELECT sum(bytes) FROM vpc_flow WHERE flow_direction = 'egress' AND srcaddr IN ({})
         AND event_time >= TIMESTAMP '{start}' AND event_time < TIMESTAMP '{end}'",
        senders.join(", ")
    );
    ask_number(&sql, &incident.logs()) as f64
}

/// Whether the incident is one that a timeline of its rows shows: they rise or fall by an eighth.
fn shows_in_a_timeline(incident: &Incident) -> bool {
    let rows = incident.log_type().measures[0].name;
    let total = |name: &str| incident.record["total"][name][rows].as_f64().expect("a number");
    let (before, during) = (total("before"), total("during"));
    incident.text("verdict") == "contributors" && (during / before - 1.0).abs() > 0.125
}

fn head(title: &str) -> String {
    format!(
        "| {title} | causes | found | false | precision | recall | F1 |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
}

#[test]
fn the_causes_of_incidents_are_found() {
    let mut told = String::new();
    let (mut with, mut without) = (Score::default(), Score::default());
    let mut table = head("incident, both hours given");
    let mut second = head("incident, no hours given");
    for name in names() {
        let incident = Incident::new(&name, &[]);
        let answer = explain(&incident, &WINDOWS);
        let scored = score(&incident, "hours given", &answer, &mut told);
        with.add(scored);
        table.push_str(&scored.row(&name));
        if shows_in_a_timeline(&incident) {
            let answer = explain(&incident, &[]);
            let scored = score(&incident, "no hours given", &answer, &mut told);
            without.add(scored);
            second.push_str(&scored.row(&name));
        }
    }
    table.push_str(&with.row("**all**"));
    second.push_str(&without.row("**all**"));
    let table = format!("{table}\n{second}");
    println!("{table}\n{told}");
    check_page(&table);
    assert_eq!(with.verdicts, with.incidents, "{told}");
    assert!(with.f1() >= 0.9, "{told}");
    assert!(without.f1() >= 0.9, "{told}");
}

#[test]
fn hours_without_a_cause_give_no_finding() {
    let mut told = String::new();
    for drift in DRIFTS {
        for seed in SEEDS {
            let hours = EARLIER_HOURS.to_string();
            let choice = ["--seed", seed, "--drift", drift, "--earlier-hours", &hours];
            let incident = Incident::new("none", &choice);
            // Where the hour before is named, no other is looked at; else it is learnt from earlier ones how clients wander.
            for (windows, earlier) in [(&WINDOWS[..], 0), (&WINDOWS[..2], EARLIER_HOURS)] {
                let answer = explain(&incident, windows);
                assert_eq!(list(&answer["earlier"]).len(), earlier, "{}", answer["sentence"]);
                let how = format!("drift {drift}, seed {seed}, {earlier} earlier hours");
                score(&incident, &how, &answer, &mut told);
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}

/// Compares the table with the one in the page; with UPDATE=1 writes it.
fn check_page(table: &str) {
    let path = repository("docs/performance.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (start, rest) = page.split_once(MARKS.0).expect("the place of the table");
    let (kept, end) = rest.split_once(MARKS.1).expect("the end of the table");
    let text = format!("\n\n{table}\n");
    if std::env::var_os("UPDATE").is_some() {
        let page = format!("{start}{}{text}{}{end}", MARKS.0, MARKS.1);
        std::fs::write(&path, page).expect("a page to write to");
        return;
    }
    assert!(
        kept == text,
        "the table in docs/performance.md is not current, `make update` writes it"
    );
}
