//! Compares how fast a log's own decoder and that of the user's table read the same text, on one thread.

use std::fmt::Write as _;
use std::sync::Arc;

use floodmark_formats::decode::{Decoder, ObjectFacts, Request};
use floodmark_formats::hive::{HiveDecoder, HiveRequest};
use floodmark_formats::predicate::{Comparison, Predicate, Test};
use floodmark_formats::table;
use floodmark_formats::text::Block;

use crate::arguments::Arguments;
use crate::clock::Clock;
use crate::ddl;
use crate::logs::{self, Log};
use crate::objects::{Inflater, list};

/// How many objects of a log are read.
const OBJECTS: usize = 3;
/// How many rows a batch has, as in the engine.
const ROWS: usize = 8192;

/// What is asked of a log, in the names of its own columns.
struct Question {
    log: &'static str,
    columns: &'static [&'static str],
    text: (&'static str, &'static str),
    number: Option<(&'static str, i64)>,
}

const QUESTIONS: &[Question] = &[
    Question {
        log: "nlb",
        columns: &["client_ip", "tls_connection_creation_time"],
        text: ("domain_name", "api.example.com"),
        number: Some(("target_port", 443)),
    },
    Question {
        log: "alb",
        columns: &["client_ip", "time"],
        text: ("domain_name", "api.example.com"),
        number: Some(("elb_status_code", 200)),
    },
    Question {
        log: "vpc_flow",
        columns: &["srcaddr", "bytes", "start"],
        text: ("action", "ACCEPT"),
        number: Some(("dstport", 443)),
    },
    Question {
        log: "cloudfront",
        columns: &["c_ip", "time"],
        text: ("cs_uri_stem", "/index.html"),
        number: Some(("sc_status", 200)),
    },
    Question {
        log: "waf",
        columns: &["terminatingruleid", "ja3fingerprint"],
        text: ("action", "BLOCK"),
        number: None,
    },
];

/// Measures each question and prints the seconds.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let runs: usize = arguments.value("runs", 5)?.max(1);
    let wanted = arguments.text("log", "all");
    let mut report = String::new();
    for question in QUESTIONS.iter().filter(|question| ["all", question.log].contains(&wanted)) {
        let log = logs::find(question.log)?;
        let mut blocks = Vec::new();
        let mut inflater = Inflater::default();
        for path in list(&arguments.folder()?.join(question.log))?.iter().take(OBJECTS) {
            blocks.push(Block::new(inflater.read(path)?.to_vec()));
        }
        let bytes: usize = blocks.iter().map(|block| block.bytes().len()).sum();
        let _ = writeln!(report, "{}: {:.0} MB", question.log, bytes as f64 / 1e6);
        for (case, columns, filtered) in [
            ("count", &[][..], false),
            ("the question", question.columns, true),
            ("its columns, no filter", question.columns, false),
            ("all columns", &["*"], false),
        ] {
            let mut seconds = [Vec::new(), Vec::new()];
            let mut rows = [0, 0];
            for _ in 0..runs {
                for (place, hive) in [false, true].into_iter().enumerate() {
                    let clock = Clock::now();
                    rows[place] = match hive {
                        false => own(log, question, columns, filtered, &blocks)?,
                        true => users(log, question, columns, filtered, &blocks)?,
                    };
                    seconds[place].push(clock.seconds());
                }
            }
            let [own, users] = seconds.map(|mut seconds| {
                seconds.sort_by(f64::total_cmp);
                seconds[seconds.len() / 2]
            });
            let _ = writeln!(
                report,
                "  {case:<24} log {own:.3} s  table {users:.3} s  {:.2}  ({} rows, {})",
                users / own,
                rows[0],
                rows[1],
            );
        }
    }
    Ok(report)
}

fn predicates(
    question: &Question,
    filtered: bool,
    position: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<Predicate>, String> {
    if !filtered {
        return Ok(Vec::new());
    }
    let column = |name: &str| position(name).ok_or_else(|| format!("no column `{name}`"));
    let text = Test::Text(Comparison::Equal, question.text.1.as_bytes().to_vec());
    let mut found = vec![Predicate { column: column(question.text.0)?, test: text }];
    if let Some((name, value)) = question.number {
        let test = Test::Number(Comparison::Equal, value);
        found.push(Predicate { column: column(name)?, test });
    }
    Ok(found)
}

fn positions(
    names: &[&str],
    all: usize,
    position: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<usize>, String> {
    if names == ["*"] {
        return Ok((0..all).collect());
    }
    names.iter().map(|name| position(name).ok_or_else(|| format!("no column `{name}`"))).collect()
}

fn own(
    log: &Log,
    question: &Question,
    columns: &[&str],
    filtered: bool,
    blocks: &[Block],
) -> Result<usize, String> {
    let table = table::of(log.log_type);
    let all = ddl::documented(log)?.columns(log.log_type).len();
    let position = |name: &str| table.position(name);
    let columns = positions(columns, all, position)?;
    let request = Request::new(table, &columns, predicates(question, filtered, position)?, ROWS);
    let request = Arc::new(request);
    let mut rows = 0;
    for block in blocks {
        let mut decoder = Decoder::new(Arc::clone(&request), Arc::new(ObjectFacts::default()));
        decoder.feed(block.clone());
        while let Some(batch) = decoder.next_batch() {
            rows += batch.num_rows();
        }
    }
    Ok(rows)
}

fn users(
    log: &Log,
    question: &Question,
    columns: &[&str],
    filtered: bool,
    blocks: &[Block],
) -> Result<usize, String> {
    let table = ddl::hive_table(log)?;
    let known = ddl::documented(log)?.columns(log.log_type);
    let position = |name: &str| known.iter().position(|column| column.ours == name);
    let columns = positions(columns, known.len(), position)?;
    let request =
        HiveRequest::new(&table, &columns, predicates(question, filtered, position)?, ROWS);
    let request = Arc::new(request);
    let mut rows = 0;
    for block in blocks {
        let mut decoder = HiveDecoder::new(Arc::clone(&request), Arc::new(ObjectFacts::default()));
        decoder.feed(block.clone());
        while let Some(batch) = decoder.next_batch() {
            rows += batch.num_rows();
        }
    }
    Ok(rows)
}
