//! The floor: a loop written by hand that inflates, finds the delimiters, and does nothing else.
//!
//! No program that answers a question from these objects can do less than this with the same inflater.

use std::collections::HashMap;
use std::fmt::Write as _;

use floodmark_formats::log_type::{Encoding, Quotes};
use memchr::{memchr2, memchr2_iter, memchr3};

use crate::arguments::Arguments;
use crate::logs::{self, Log};
use crate::objects::{Inflater, list, share};

/// How many fields of a line are told apart.
const FIELDS_MAX: usize = 64;
/// How many clients the question asks for.
const TOP: usize = 30;

/// What one thread found.
#[derive(Default)]
struct Found {
    inflater: Inflater,
    bytes: u64,
    lines: u64,
    fields: u64,
    answer: HashMap<Vec<u8>, u64>,
}

/// What is done with the text of each object.
#[derive(Clone, Copy)]
enum Task {
    Inflate,
    Delimit,
    Answer,
}

/// Runs the loop over the objects of a log and prints what it found.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let name = arguments.text("log", "nlb");
    let log = logs::find(name)?;
    let task = match (arguments.has("inflate-only"), arguments.has("answer")) {
        (true, _) => Task::Inflate,
        (_, true) => Task::Answer,
        _ => Task::Delimit,
    };
    let objects = list(&arguments.folder()?.join(name))?;
    let found = share(&objects, |found: &mut Found, path| {
        let Found { inflater, bytes, lines, fields, answer } = found;
        let text = inflater.read(path)?;
        *bytes += text.len() as u64;
        match task {
            Task::Inflate => {}
            Task::Delimit => delimit(log, text, |_, ends| {
                *lines += 1;
                *fields += ends.len() as u64;
            }),
            Task::Answer => delimit(log, text, |start, ends| {
                if let Some((client, amount)) = passes(log, text, start, ends) {
                    *answer.entry(client.to_owned()).or_default() += amount;
                }
            }),
        }
        Ok(())
    })?;
    let sum = |of: fn(&Found) -> u64| found.iter().map(of).sum::<u64>();
    Ok(match task {
        Task::Answer => top(&found),
        _ => format!(
            "objects {} bytes {} lines {} fields {}\n",
            objects.len(),
            sum(|found| found.bytes),
            sum(|found| found.lines),
            sum(|found| found.fields),
        ),
    })
}

/// Calls with each line's start and the ends of its fields.
fn delimit(log: &Log, text: &[u8], line: impl FnMut(usize, &[u32])) {
    let Encoding::Words { separators, quotes, .. } = log.log_type.encoding else {
        return json(text, line);
    };
    match quotes {
        Quotes::None => plain(text, separators[0], line),
        _ => quoted(text, separators[0], line),
    }
}

fn plain(text: &[u8], separator: u8, mut line: impl FnMut(usize, &[u32])) {
    let (mut start, mut count, mut ends) = (0, 0, [0; FIELDS_MAX]);
    for at in memchr2_iter(separator, b'\n', text) {
        ends[count % FIELDS_MAX] = at as u32;
        count += 1;
        if text[at] == b'\n' {
            line(start, &ends[..count.min(FIELDS_MAX)]);
            (start, count) = (at + 1, 0);
        }
    }
}

/// Lines of JSON: its strings are passed over, and the signs between them that end a member or a value.
fn json(text: &[u8], mut line: impl FnMut(usize, &[u32])) {
    let (mut start, mut count, mut ends) = (0, 0, [0; FIELDS_MAX]);
    let mut from = 0;
    while let Some(found) = memchr3(b'"', b',', b'\n', &text[from..]) {
        let at = from + found;
        from = at + 1;
        match text[at] {
            b'"' => {
                while let Some(found) = memchr3(b'"', b'\\', b'\n', &text[from..]) {
                    from += found + 1;
                    match text[from - 1] {
                        b'\\' => from += 1,
                        b'"' => break,
                        _ => {
                            from -= 1;
                            break;
                        }
                    }
                }
            }
            b'\n' => {
                ends[count % FIELDS_MAX] = at as u32;
                line(start, &ends[..(count + 1).min(FIELDS_MAX)]);
                (start, count) = (at + 1, 0);
            }
            _ => {
                ends[count % FIELDS_MAX] = at as u32;
                count += 1;
            }
        }
    }
}

fn quoted(text: &[u8], separator: u8, mut line: impl FnMut(usize, &[u32])) {
    let (mut start, mut count, mut ends) = (0, 0, [0; FIELDS_MAX]);
    let mut from = 0;
    while let Some(found) = memchr3(separator, b'"', b'\n', &text[from..]) {
        let at = from + found;
        from = at + 1;
        match text[at] {
            // What stands in quotes is passed over in one step, with the blanks in it.
            b'"' => match memchr2(b'"', b'\n', &text[from..]) {
                Some(close) if text[from + close] == b'"' => from += close + 1,
                _ => {}
            },
            b'\n' => {
                ends[count % FIELDS_MAX] = at as u32;
                line(start, &ends[..(count + 1).min(FIELDS_MAX)]);
                (start, count) = (at + 1, 0);
            }
            _ => {
                ends[count % FIELDS_MAX] = at as u32;
                count += 1;
            }
        }
    }
}

/// The client and what it adds to its sum, if a line passes the filter of the benchmark's question.
///
/// The questions stand in SQL in `compare.py`; this is their check by other means.
fn passes<'a>(log: &Log, text: &'a [u8], start: usize, ends: &[u32]) -> Option<(&'a [u8], u64)> {
    if ends.len() < log.fields || text[start] == b'#' {
        return None;
    }
    let field = |column: &str| -> Option<&'a [u8]> {
        let at = log
            .log_type
            .fields
            .iter()
            .position(|field| field.columns().any(|known| known.name == column))?;
        let begin = if at == 0 { start } else { ends[at - 1] as usize + 1 };
        Some(&text[begin..ends[at] as usize])
    };
    let address = |value: &'a [u8]| value.split(|byte| *byte == b':').next();
    match log.log_type.name {
        "nlb" => {
            let hour = field("tls_connection_creation_time")?.starts_with(b"2024-10-05T02:");
            let passes = hour
                && field("domain_name")? == b"api.example.com"
                && field("target_port")?.ends_with(b":443");
            passes.then_some((address(field("client_ip")?)?, 1))
        }
        "alb" => {
            let passes = field("time")?.starts_with(b"2024-10-05T02:")
                && field("domain_name")? == b"\"api.example.com\""
                && field("elb_status_code")? == b"200";
            passes.then_some((address(field("client_ip")?)?, 1))
        }
        "vpc_flow" => {
            let start: u64 = std::str::from_utf8(field("start")?).ok()?.parse().ok()?;
            let bytes: u64 = std::str::from_utf8(field("bytes")?).ok()?.parse().ok()?;
            let passes = field("dstport")? == b"443" && start / 3600 == 1_728_093_600 / 3600;
            passes.then_some((field("srcaddr")?, bytes))
        }
        "cloudfront" => {
            let passes = field("date")? == b"2024-10-05"
                && field("time")?.starts_with(b"02:")
                && field("cs_uri_stem")? == b"/index.html"
                && field("sc_status")? == b"200";
            passes.then_some((field("c_ip")?, 1))
        }
        _ => None,
    }
}

/// The answer as CSV, in the order of the benchmark's questions.
fn top(found: &[Found]) -> String {
    let mut sums: HashMap<&[u8], u64> = HashMap::new();
    for (client, sum) in found.iter().flat_map(|found| &found.answer) {
        *sums.entry(client).or_default() += sum;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    let mut text = String::new();
    for (client, sum) in sums.iter().take(TOP) {
        let _ = writeln!(text, "{},{sum}", String::from_utf8_lossy(client));
    }
    text
}
