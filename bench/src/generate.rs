//! Writes the logs that everything is measured on, the same ones for the same seed.

use std::fs;
use std::path::{Path, PathBuf};

use floodmark_formats::synthetic::header_of;
use floodmark_formats::synthetic::{Place, Random, key};
use floodmark_formats::time::{DAY, HOUR, Micros};
use libdeflater::{CompressionLvl, Compressor};

use crate::arguments::Arguments;
use crate::clients::Clients;
use crate::logs::{self, ACCOUNT, INTERVAL, Log, REGION, Scene};
use crate::objects::share;

/// When the last hour ends: 2024-10-05T03:00:00Z. The benchmark's questions ask about that hour.
const END: Micros = 20_001 * DAY + 3 * HOUR;
/// AWS's objects are as large as those of gzip's usual level.
const GZIP_LEVEL: i32 = 6;

/// How much to write.
struct Amount {
    objects: u64,
    lines: u64,
    hours: i64,
    seed: u64,
}

/// One object to be written.
struct Object {
    log: &'static Log,
    number: u64,
}

/// Bytes written by one thread, inflated and stored, by log.
#[derive(Default)]
struct Written {
    sizes: Vec<(&'static str, u64, u64)>,
}

/// Generates what the arguments ask for and says how much it was.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let folder = arguments.folder()?;
    let amount = Amount {
        objects: arguments.value("objects", 24)?,
        lines: arguments.value("lines", 100_000)?,
        hours: arguments.value("hours", 6)?.max(1),
        seed: arguments.value("seed", 1)?,
    };
    let wanted = arguments.text("log", "all");
    let chosen: Vec<&'static Log> = logs::ALL
        .iter()
        .copied()
        .filter(|log| wanted == "all" || wanted == log.log_type.name)
        .collect();
    if chosen.is_empty() {
        return Err(format!("unknown log `{wanted}`"));
    }
    let clients = Clients::new(amount.seed);
    let objects: Vec<Object> = chosen
        .iter()
        .flat_map(|log| (0..amount.objects).map(|number| Object { log, number }))
        .collect();
    let written = share(&objects, |written: &mut Written, object| {
        let (text, path) = make(object, &amount, &clients);
        let stored = compress(text.as_bytes())?;
        store(&folder.join(object.log.log_type.name).join(path), &stored)?;
        written.sizes.push((object.log.log_type.name, text.len() as u64, stored.len() as u64));
        Ok(())
    })?;
    let report = chosen.iter().map(|log| {
        let name = log.log_type.name;
        let sizes = written.iter().flat_map(|written| &written.sizes);
        let (inflated, stored) = sizes
            .filter(|(log, ..)| *log == name)
            .fold((0, 0), |sum, (_, inflated, stored)| (sum.0 + inflated, sum.1 + stored));
        format!(
            "{name}: {} objects, {} records, {inflated} bytes in {stored}, {:.1} : 1\n",
            amount.objects,
            amount.objects * amount.lines,
            inflated as f64 / stored.max(1) as f64,
        )
    });
    Ok(report.collect())
}

/// The text and the key of an object.
fn make(object: &Object, amount: &Amount, clients: &Clients) -> (String, PathBuf) {
    let log = object.log;
    let intervals = amount.hours * (HOUR / INTERVAL);
    // Few objects are spread over the hours; many share the intervals, as those of several nodes do.
    let number = i128::from(object.number);
    let interval = (number * i128::from(intervals) / i128::from(amount.objects.max(1))) as i64;
    let start = END - (intervals - interval) * INTERVAL;

    let place = logs::ALL.iter().position(|other| std::ptr::eq(*other, log)).unwrap_or_default();
    let mut random = Random::new(amount.seed ^ (object.number << 8) ^ ((place as u64 + 1) << 56));
    let time = (log.key_time)(start);
    let place = Place { account: ACCOUNT, region: REGION, resource: log.resource, time };
    let path = key(log.log_type, &place, &mut random) + log.suffix;

    let visits = clients.visits(&mut random);
    let mut scene = Scene::new(start, random, visits);
    let mut text = String::with_capacity(amount.lines as usize * 600 + 4096);
    text.push_str(&header_of(log.log_type, log.fields));
    let step = INTERVAL / i64::try_from(amount.lines.max(1)).unwrap_or(INTERVAL).min(INTERVAL);
    for line in 0..amount.lines as i64 {
        // AWS's records are in order but for some seconds.
        let disorder = scene.random.between(-2_000_000, 2_000_000);
        let moment = start + (line * step + disorder).rem_euclid(INTERVAL);
        (log.write)(&mut scene, moment, &mut text);
        text.push('\n');
    }
    (text, PathBuf::from(path))
}

fn compress(text: &[u8]) -> Result<Vec<u8>, String> {
    let level = CompressionLvl::new(GZIP_LEVEL).map_err(|error| format!("{error:?}"))?;
    let mut compressor = Compressor::new(level);
    let mut stored = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor.gzip_compress(text, &mut stored).map_err(|error| error.to_string())?;
    stored.truncate(length);
    Ok(stored)
}

fn store(path: &Path, stored: &[u8]) -> Result<(), String> {
    let said = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(said)?;
    }
    fs::write(path, stored).map_err(said)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use floodmark_formats::decode::{Decoder, ObjectFacts, Request};
    use floodmark_formats::log_type::LogType;
    use floodmark_formats::text::Block;
    use floodmark_formats::{key, table};

    use super::*;

    const AMOUNT: Amount = Amount { objects: 12, lines: 500, hours: 6, seed: 7 };

    fn each(check: impl Fn(&'static LogType, &str, &Path)) {
        let clients = Clients::new(AMOUNT.seed);
        for log in logs::ALL {
            for number in [0, 5, 11] {
                let (text, path) = make(&Object { log, number }, &AMOUNT, &clients);
                check(log.log_type, &text, &path);
            }
        }
    }

    #[test]
    fn every_line_is_a_row_of_its_log() {
        each(|log_type, text, _| {
            let request = Request::new(table::of(log_type), &[0], Vec::new(), 8192);
            let mut decoder = Decoder::new(Arc::new(request), Arc::new(ObjectFacts::default()));
            decoder.feed(Block::new(text.as_bytes().to_vec()));
            while decoder.next_batch().is_some() {}
            let account = decoder.account();
            assert_eq!(account.rows, AMOUNT.lines, "{}: {account:?}", log_type.name);
            assert!(account.rejected.is_empty(), "{}: {account:?}", log_type.name);
        });
    }

    #[test]
    fn keys_are_those_of_the_log() {
        each(|log_type, _, path| {
            let facts = key::read(log_type, &path.to_string_lossy());
            assert!(facts.is_some_and(|facts| facts.time.is_some()), "{}", path.display());
        });
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let object = Object { log: logs::ALL[0], number: 3 };
        let twice = [(); 2].map(|()| make(&object, &AMOUNT, &Clients::new(AMOUNT.seed)));
        assert_eq!(twice[0], twice[1]);
    }
}
