//! Synthetic records, made after the declarations: for the demo, the benchmark and the tests.
//!
//! Everything is determined by the seed. Addresses are of the ranges for documentation unless the caller sets others.

use std::fmt::Write as _;

use crate::log_type::{Encoding, Field, Header, LogType, Quotes, Quoting, Sample, TimeForm, Value};
use crate::time::{DAY, Micros, SECOND, civil};

/// A small generator of random numbers (SplitMix64: Steele, Lea, Flood 2014), so that the same seed gives the same logs for ever.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which must not be zero.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.wrapping_add_unsigned(self.below(span.max(1)))
    }

    /// A number between 0 and 1.
    pub fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these; the slice must not be empty.
    pub fn one_of<'a, T: ?Sized>(&mut self, values: &[&'a T]) -> &'a T {
        let at = self.below(values.len() as u64);
        values[usize::try_from(at).unwrap_or_default()]
    }
}

/// A record as it will be written: one value a field.
#[derive(Clone, Debug)]
pub struct Record {
    log_type: &'static LogType,
    values: Vec<String>,
}

/// Where a synthetic object lies.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The account, twelve digits.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The load balancer, flow log, distribution or other resource.
    pub resource: &'a str,
    /// The time in the object's name.
    pub time: Micros,
}

impl Record {
    /// A record of a moment, with values after the declaration.
    pub fn new(log_type: &'static LogType, time: Micros, random: &mut Random) -> Self {
        let values = log_type.fields.iter().map(|field| value(field, time, random)).collect();
        Self { log_type, values }
    }

    /// Sets the value of the field that fills a column.
    ///
    /// # Panics
    ///
    /// If the log type has no such column.
    pub fn set(&mut self, column: &str, value: impl Into<String>) {
        let field = self.log_type.fields.iter().position(|field| {
            field.name == column || field.columns().any(|known| known.name == column)
        });
        let field = field.expect("the caller knows the columns of the log type");
        self.values[field] = value.into();
    }

    /// The values, one a field, without the quotes of the line.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The record as a line, without its end.
    pub fn line(&self) -> String {
        let fields = self.log_type.fields.iter().zip(&self.values);
        match self.log_type.encoding {
            Encoding::Words { separators, quotes, .. } => {
                let mut line = String::with_capacity(512);
                for (at, (field, value)) in fields.enumerate() {
                    if at > 0 {
                        line.push(char::from(separators[0]));
                    }
                    match (field.quoting, quotes) {
                        (Quoting::Bare, Quotes::Stray) if value.contains(' ') => {
                            let _ = write!(line, "[{value}]");
                        }
                        (Quoting::Bare, _) => line.push_str(value),
                        (Quoting::Quoted | Quoting::Kept, _) => {
                            let _ = write!(line, "\"{value}\"");
                        }
                    }
                }
                line
            }
            Encoding::Json => {
                let members: Vec<String> = fields
                    .map(|(field, value)| format!("{}:{}", quoted(field.name), json(field, value)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

/// The header lines that stand before the records, each with its end; empty where there are none.
pub fn header(log_type: &LogType) -> String {
    header_of(log_type, log_type.fields.len())
}

/// The header lines of records that have only the first `fields` fields.
pub fn header_of(log_type: &LogType, fields: usize) -> String {
    let names: Vec<_> = log_type.fields[..fields].iter().map(|field| field.name).collect();
    match log_type.encoding {
        Encoding::Words { header: Header::Names | Header::NamesOfChoice, .. } => {
            names.join(" ") + "\n"
        }
        Encoding::Words { header: Header::Directives, .. } => {
            format!("#Version: 1.0\n#Fields: {}\n", names.join(" "))
        }
        _ => String::new(),
    }
}

/// The key of an object as AWS would name it, without suffixes such as `.log.gz`. Empty if the log has no names of its own.
pub fn key(log_type: &LogType, place: &Place<'_>, random: &mut Random) -> String {
    let Some(template) = log_type.keys.first() else { return String::new() };
    let node = format!("10.0.{}.{}", random.below(256), random.below(256));
    let unique = format!("{:08x}", random.below(1 << 32));
    let form = |form: &str| time(form, place.time);
    (log_type.folder.to_owned() + template)
        .replace("{account}", place.account)
        .replace("{region}", place.region)
        .replace("{resource}", place.resource)
        .replace("{label}", place.resource)
        .replace("{time}", &form(log_type.key_time))
        .replace("{node}", &node)
        .replace("{random}", &unique)
        .replace("{prefix}", "")
        .replace("{yyyy}", &form("yyyy"))
        .replace("{MM}", &form("MM"))
        .replace("{dd}", &form("dd"))
        .replace("{HH}", &form("HH"))
        .replace("{mm}", &form("mm"))
}

fn time(form: &str, time: Micros) -> String {
    let (year, month, day) = civil(time.div_euclid(DAY));
    let second = time.rem_euclid(DAY) / SECOND;
    form.replace("yyyy", &format!("{year:04}"))
        .replace("MM", &format!("{month:02}"))
        .replace("dd", &format!("{day:02}"))
        .replace("HH", &format!("{:02}", second / 3600))
        .replace("mm", &format!("{:02}", second / 60 % 60))
        .replace("ss", &format!("{:02}", second % 60))
}

/// A moment as a log writes it.
pub fn written(form: TimeForm, moment: Micros) -> String {
    let micros = moment.rem_euclid(SECOND);
    let second = moment.div_euclid(SECOND);
    match form {
        TimeForm::IsoSeconds => time("yyyy-MM-ddTHH:mm:ss", moment),
        TimeForm::IsoSecondsZ => time("yyyy-MM-ddTHH:mm:ssZ", moment),
        TimeForm::IsoMicros => format!("{}.{micros:06}Z", time("yyyy-MM-ddTHH:mm:ss", moment)),
        TimeForm::EpochSeconds => second.to_string(),
        TimeForm::EpochSecondsMillis => format!("{second}.{:03}", micros / 1000),
        TimeForm::EpochMillis => moment.div_euclid(1000).to_string(),
        TimeForm::Date => time("yyyy-MM-dd", moment),
        TimeForm::Clock => time("HH:mm:ss", moment),
        TimeForm::CommonLog => {
            const MONTHS: [&str; 12] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ];
            let (_, month, _) = civil(moment.div_euclid(DAY));
            let month = MONTHS[usize::try_from(month - 1).unwrap_or_default()];
            time(&format!("dd/{month}/yyyy:HH:mm:ss +0000"), moment)
        }
    }
}

/// An address of the ranges for documentation (RFC 5737).
pub fn address(random: &mut Random) -> String {
    let net = random.one_of(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{net}.{}", random.below(256))
}

fn value(field: &Field, moment: Micros, random: &mut Random) -> String {
    match (field.sample, &field.value) {
        (Sample::OneOf(values), _) => random.one_of(values).to_owned(),
        (Sample::Time(form), _) => written(form, moment),
        (_, Value::AddressAndPort(..)) => {
            format!("{}:{}", address(random), random.between(1024, 65_535))
        }
        (Sample::Address, _) => address(random),
        (Sample::Port, _) => random.between(1024, 65_535).to_string(),
        (Sample::Between(low, high), _) => random.between(low, high).to_string(),
        (Sample::Fraction(decimals), _) => format!("{:.decimals$}", random.fraction()),
        (Sample::Hex(digits), _) => {
            let mut text = String::new();
            while text.len() < digits {
                let _ = write!(text, "{:016x}", random.number());
            }
            text.truncate(digits);
            text
        }
        (Sample::Typed, Value::Request(..)) => {
            let path = random.one_of(&["/", "/index.html", "/api/v1/items?page=2", "/login"]);
            let verb = random.one_of(&["GET", "POST", "HEAD"]);
            format!("{verb} https://www.example.com:443{path} HTTP/2.0")
        }
        (Sample::Typed, Value::One(column)) => {
            use crate::column_type::ColumnType;
            match column.column_type {
                ColumnType::String => "-".to_owned(),
                ColumnType::Int | ColumnType::BigInt => random.between(0, 60_000).to_string(),
                ColumnType::Float | ColumnType::Double => format!("{:.3}", random.fraction()),
                ColumnType::Date => written(TimeForm::Date, moment),
                ColumnType::Timestamp => written(TimeForm::IsoMicros, moment),
                ColumnType::Nested(_) => "null".to_owned(),
            }
        }
    }
}

/// A value as JSON: nested values and nulls are JSON already, numbers stand as they are, all else is a string.
fn json(field: &Field, value: &str) -> String {
    use crate::column_type::ColumnType;
    let nested = field.columns().any(|column| matches!(column.column_type, ColumnType::Nested(_)));
    let number = field.columns().all(|column| column.column_type != ColumnType::String);
    if nested || value == "null" || (number && value.parse::<f64>().is_ok()) {
        value.to_owned()
    } else {
        quoted(value)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
