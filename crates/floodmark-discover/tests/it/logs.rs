//! Logs that the tests write: synthetic records of a log type, with some values of their own.

use std::path::Path;

use floodmark_formats::LogType;
use floodmark_formats::log_types;
use floodmark_formats::synthetic::{Random, Record};
use floodmark_formats::time::{MINUTE, Micros, SECOND};

/// 2024-10-05T00:00:00Z.
pub(crate) const START: Micros = 1_728_086_400 * SECOND;

/// A time as the page has it.
pub(crate) fn ms(time: Micros) -> f64 {
    time as f64 / 1000.0
}

/// A log type by its name.
pub(crate) fn log_type(name: &str) -> &'static LogType {
    let found = log_types::ALL.iter().find(|log_type| log_type.name == name);
    found.copied().expect("a log type")
}

/// Writes a log of NLB connections: `rows` in the minutes from [`START`] on, of few clients; one of them in the last third only.
pub(crate) fn nlb(folder: &Path, rows: usize, minutes: i64) -> std::path::PathBuf {
    let mut random = Random::new(7);
    let mut text = String::new();
    for row in 0..rows {
        let time = START + minutes * MINUTE * row as i64 / rows as i64;
        let mut record = Record::new(log_type("nlb"), time, &mut random);
        let client = match row * 3 / rows {
            2 if row % 2 == 0 => "203.0.113.9".to_owned(),
            _ => format!("198.51.100.{}", random.below(12)),
        };
        record.set("client_ip", format!("{client}:{}", 1024 + random.below(60_000)));
        text.push_str(&record.line());
        text.push('\n');
    }
    let path = folder.join("nlb.log");
    std::fs::write(&path, text).expect("a file is written");
    path
}
