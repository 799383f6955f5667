//! What an object's key says: log type, account, region, resource, time and day.
//!
//! A log type declares its objects' names as templates. `{account}` is twelve digits, `{region}` a region or `cloudfront`,
//! `{resource}` any text, `{label}` a resource without points, `{time}` a time in one of AWS's forms, `{node}` an address,
//! `{random}` letters and digits, `{prefix}` any text or none.

use crate::log_type::LogType;
use crate::log_types;
use crate::time::{DAY, HOUR, MINUTE, Micros, SECOND, civil, days};

/// What an object's key says about its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// The account, twelve digits.
    pub account: Option<String>,
    /// The region, or `cloudfront`.
    pub region: Option<String>,
    /// The load balancer, flow log, distribution, web ACL or other resource.
    pub resource: Option<String>,
    /// The time in the object's name.
    pub time: Option<Micros>,
    /// The day of the folder, else of the name, as `yyyy/MM/dd`.
    pub day: Option<String>,
    /// How many bytes of the object's name stand before the time, where names of one resource are ordered by time.
    pub time_at: Option<usize>,
}

/// Endings that say how an object is stored; the content decides, so names are compared without them.
const SUFFIXES: &[&str] =
    &[".gz", ".gzip", ".zst", ".bz2", ".log", ".parquet", ".json", ".txt", ".csv", ".tsv"];

/// Whether an object is one that Athena and Floodmark pass over: folder markers, hidden ones, AWS's test files and digests.
pub fn is_passed_over(key: &str) -> bool {
    let name = basename(key);
    name.is_empty()
        || name.starts_with(['_', '.'])
        || name.ends_with("LogTestFile")
        || key.contains("/CloudTrail-Digest/")
}

/// The log types whose objects bear such a name; several where the name does not tell them apart.
pub fn candidates(key: &str) -> Vec<&'static LogType> {
    log_types::ALL.iter().copied().filter(|log_type| read(log_type, key).is_some()).collect()
}

/// What a key says, if it bears a name of this log type.
pub fn read(log_type: &LogType, key: &str) -> Option<KeyFacts> {
    let name = bare(basename(key));
    let mut facts = log_type.keys.iter().find_map(|template| {
        let mut facts = KeyFacts::default();
        matches(template, name, 0, &mut facts).then_some(facts)
    })?;
    read_folders(key, &mut facts);
    Some(facts)
}

/// What the folders of a key say, for an object whose name says nothing.
pub fn folders(key: &str) -> KeyFacts {
    let mut facts = KeyFacts::default();
    read_folders(key, &mut facts);
    facts
}

fn basename(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn bare(mut name: &str) -> &str {
    while let Some(shorter) = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)) {
        name = shorter;
    }
    name
}

fn matches(template: &str, name: &str, at: usize, facts: &mut KeyFacts) -> bool {
    let Some(open) = template.find('{') else {
        return template == name;
    };
    let (literal, rest) = template.split_at(open);
    let Some(name) = name.strip_prefix(literal) else {
        return false;
    };
    let at = at + literal.len();
    let Some(close) = rest.find('}') else {
        return false;
    };
    let (placeholder, rest) = (&rest[1..close], &rest[close + 1..]);
    let mut lengths = lengths(placeholder, name);
    lengths.any(|length| {
        let value = &name[..length];
        if !matches(rest, &name[length..], at + length, facts) {
            return false;
        }
        match placeholder {
            "account" => facts.account = Some(value.to_owned()),
            "region" => facts.region = Some(value.to_owned()),
            "resource" | "label" => facts.resource = Some(value.to_owned()),
            "time" => {
                facts.time = time(value);
                facts.time_at = Some(at);
            }
            _ => {}
        }
        true
    })
}

/// The lengths that a placeholder may take at the beginning of `name`, in the order in which they are tried.
fn lengths(placeholder: &str, name: &str) -> Box<dyn Iterator<Item = usize>> {
    let run = |class: fn(u8) -> bool| name.bytes().take_while(|byte| class(*byte)).count();
    match placeholder {
        "account" => Box::new((run(|byte| byte.is_ascii_digit()) == 12).then_some(12).into_iter()),
        "region" => {
            let length =
                run(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            Box::new((length > 0).then_some(length).into_iter())
        }
        "label" => {
            let length = run(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            Box::new((1..=length).rev())
        }
        "node" => {
            let length = run(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'));
            Box::new((length > 0).then_some(length).into_iter())
        }
        "random" => {
            let length = run(|byte| byte.is_ascii_alphanumeric());
            Box::new((length > 0).then_some(length).into_iter())
        }
        "time" => Box::new([19, 16, 14, 13, 12].into_iter().filter({
            let name = name.to_owned();
            move |length| name.get(..*length).and_then(time).is_some()
        })),
        _ => {
            let boundaries: Vec<usize> =
                name.char_indices().map(|(at, _)| at).chain([name.len()]).collect();
            let least = usize::from(placeholder != "prefix");
            Box::new(boundaries.into_iter().skip(least))
        }
    }
}

/// A time in one of the forms of AWS's object names:
/// `20241005T0105Z`, `202410050105Z`, `202410050105`, `2024-10-05-01`, `2024-10-05-01-02-03`.
pub fn time(text: &str) -> Option<Micros> {
    let bytes = text.as_bytes();
    let form = |form: &str| {
        form.len() == bytes.len()
            && form.bytes().zip(bytes).all(|(expected, byte)| {
                if expected == b'0' { byte.is_ascii_digit() } else { expected == *byte }
            })
    };
    let known = [
        "00000000T0000Z",
        "000000000000Z",
        "000000000000",
        "0000-00-00-00",
        "0000-00-00-00-00-00",
        "00000000T000000Z",
    ];
    known.iter().any(|known| form(known)).then_some(())?;
    let digits: Vec<i64> =
        bytes.iter().filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0')).collect();
    let part = |from: usize, to: usize| {
        digits.get(from..to).map(|part| part.iter().fold(0, |sum, digit| sum * 10 + digit))
    };
    let day = days(part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
    let (hour, minute, second) =
        (part(8, 10).unwrap_or(0), part(10, 12).unwrap_or(0), part(12, 14).unwrap_or(0));
    (hour < 24 && minute < 60 && second < 61)
        .then_some(day * DAY + hour * HOUR + minute * MINUTE + second * SECOND)
}

fn read_folders(key: &str, facts: &mut KeyFacts) {
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut year, mut month, mut day) = (None, None, None);
    let mut previous = "";
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    for part in folder.split('/') {
        let (name, value) = part.split_once('=').unwrap_or(("", part));
        match name.to_ascii_lowercase().as_str() {
            "aws-account-id" if facts.account.is_none() => facts.account = Some(value.to_owned()),
            "aws-region" | "region" if facts.region.is_none() => {
                facts.region = Some(value.to_owned());
            }
            "distributionid" if facts.resource.is_none() => facts.resource = Some(value.to_owned()),
            "year" => year = number(value, 4),
            "month" => month = number(value, 2),
            "day" => day = number(value, 2),
            "" => {
                if previous == "AWSLogs" && facts.account.is_none() && number(part, 12).is_some() {
                    facts.account = Some(part.to_owned());
                }
                if let Some(number) = number(part, 4) {
                    (year, month, day) = (Some(number), None, None);
                } else if let Some(number) = number(part, 2) {
                    match (year, month, day) {
                        (Some(_), None, None) => month = Some(number),
                        (Some(_), Some(_), None) => day = Some(number),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        previous = part;
    }
    if let (Some(year), Some(month), Some(day)) = (year, month, day)
        && days(year, month, day).is_some()
    {
        facts.day = Some(format!("{year:04}/{month:02}/{day:02}"));
    } else if let Some(time) = facts.time {
        let (year, month, day) = civil(time.div_euclid(DAY));
        facts.day = Some(format!("{year:04}/{month:02}/{day:02}"));
    }
}
