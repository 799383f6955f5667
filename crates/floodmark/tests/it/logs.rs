//! Synthetic logs in folders as AWS lays them out, with the values that were written.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use floodmark_formats::LogType;
use floodmark_formats::log_types::{CLOUDFRONT, VPC_FLOW};
use floodmark_formats::synthetic::{Place, Random, Record, header, key};
use floodmark_formats::time::{DAY, HOUR, MINUTE, Micros, days};

/// Logs in a folder of their own.
pub(crate) struct Logs {
    pub(crate) folder: tempfile::TempDir,
    /// What was written, by column.
    pub(crate) rows: Vec<BTreeMap<&'static str, String>>,
}

/// Midnight of the day of the stories.
pub(crate) fn midnight() -> Micros {
    days(2024, 10, 5).expect("a day") * DAY
}

/// Writes a file, and the folders above it.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder to write to");
    std::fs::write(path, bytes).expect("a file to write to");
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn values(log_type: &'static LogType, record: &Record) -> BTreeMap<&'static str, String> {
    (log_type.fields.iter().zip(record.values()))
        .map(|(field, value)| (field.columns().next().expect("a column").name, value.clone()))
        .collect()
}

/// A day of flow logs: a NAT gateway that most bytes go to, rejected flows, and records of missing data.
pub(crate) fn vpc_day() -> Logs {
    let mut random = Random::new(7);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rows = Vec::new();
    for slot in 0..48 {
        let time = midnight() + slot * 30 * MINUTE;
        let mut text = header(&VPC_FLOW);
        for number in 0..100 {
            let mut record = Record::new(&VPC_FLOW, time, &mut random);
            record.set("srcaddr", format!("10.0.1.{}", random.below(40)));
            let destination = if random.below(3) == 0 {
                "10.0.0.220".to_owned()
            } else {
                format!("10.0.2.{}", random.below(60))
            };
            record.set("dstaddr", destination);
            record.set("bytes", random.between(40, 5_000_000_000).to_string());
            record.set("action", *random.one_of(&[&"ACCEPT", &"ACCEPT", &"REJECT"]));
            record.set("log_status", "OK");
            if number == 99 {
                for column in [
                    "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
                    "action",
                ] {
                    record.set(column, "-");
                }
                record.set("log_status", "SKIPDATA");
            }
            text.push_str(&record.line());
            text.push('\n');
            rows.push(values(&VPC_FLOW, &record));
        }
        let place =
            Place { account: "111122223333", region: "eu-west-1", resource: "fl-0a1b2c3d", time };
        let path = folder.path().join(key(&VPC_FLOW, &place, &mut random) + ".log.gz");
        write(&path, &gzip(&text));
    }
    Logs { folder, rows }
}

/// A day of CloudFront's logs, every other object plain.
pub(crate) fn cloudfront_day() -> Logs {
    let mut random = Random::new(8);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rows = Vec::new();
    for hour in 0..24 {
        let time = midnight() + hour * HOUR;
        let mut text = header(&CLOUDFRONT);
        for _ in 0..100 {
            let mut record =
                Record::new(&CLOUDFRONT, time + random.between(0, HOUR - 1), &mut random);
            let number = random.below(25);
            let stem = match random.below(4) {
                0 => "/".to_owned(),
                1 if number < 3 => "/wp-login.php".to_owned(),
                _ => format!("/pages/{number}"),
            };
            record.set("cs_uri_stem", stem);
            record.set("sc_status", *random.one_of(&[&"200", &"200", &"404", &"000"]));
            let agents = [
                &"Mozilla/5.0%20(compatible;%20ExampleBot/2.1)",
                &"examplebot/1.0",
                &"Mozilla/5.0%20(X11;%20Linux%20x86_64)",
            ];
            record.set("cs_user_agent", *random.one_of(&agents));
            text.push_str(&record.line());
            text.push('\n');
            rows.push(values(&CLOUDFRONT, &record));
        }
        let place = Place { account: "", region: "", resource: "E2EXAMPLE", time };
        let name = key(&CLOUDFRONT, &place, &mut random);
        if hour % 2 == 0 {
            write(&folder.path().join(name + ".gz"), &gzip(&text));
        } else {
            write(&folder.path().join(name), text.as_bytes());
        }
    }
    Logs { folder, rows }
}
