//! Formats of times as the property `timestamp.formats` names them, in the letters of Java.

use crate::hive::serde::{Properties, SerdeError};
use crate::time::{self, DAY, HOUR, MINUTE, Micros, SECOND};

/// A format of times.
#[derive(Clone, Debug)]
pub(crate) struct TimeFormat {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
enum Item {
    Literal(String),
    Number {
        field: Field,
        width: usize,
        fixed: bool,
    },
    /// The month or the day of the week by its name, of which at least three letters are written.
    Name {
        month: bool,
    },
    AmPm,
    /// `+0200`, `+02:00` or `Z`.
    Zone,
    /// Milliseconds since 1970.
    Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    HalfHour,
    Minute,
    Second,
    Fraction,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The formats that a SerDe's properties name, in order.
pub(crate) fn of(properties: &Properties) -> Result<Vec<TimeFormat>, SerdeError> {
    let Some(formats) = properties.get("timestamp.formats") else {
        return Ok(Vec::new());
    };
    let mut texts = vec![String::new()];
    let mut characters = formats.chars();
    while let Some(character) = characters.next() {
        match (character, texts.last_mut()) {
            (',', _) => texts.push(String::new()),
            ('\\', Some(text)) => text.extend(characters.next()),
            (other, Some(text)) => text.push(other),
            (_, None) => {}
        }
    }
    texts.iter().filter(|text| !text.is_empty()).map(|text| TimeFormat::of(text)).collect()
}

impl TimeFormat {
    fn of(text: &str) -> Result<Self, SerdeError> {
        if text.eq_ignore_ascii_case("millis") {
            return Ok(Self { items: vec![Item::Millis] });
        }
        let mut items = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(first) = characters.next() {
            if first == '\'' {
                let mut literal = String::new();
                loop {
                    match characters.next() {
                        None => return Err(unreadable(text, "a quote is not closed")),
                        Some('\'') if characters.next_if_eq(&'\'').is_some() => literal.push('\''),
                        Some('\'') => break,
                        Some(other) => literal.push(other),
                    }
                }
                items.push(Item::Literal(if literal.is_empty() {
                    "'".to_owned()
                } else {
                    literal
                }));
                continue;
            }
            if !first.is_ascii_alphabetic() {
                items.push(Item::Literal(first.to_string()));
                continue;
            }
            let mut width = 1;
            while characters.next_if_eq(&first).is_some() {
                width += 1;
            }
            let number = |field| Item::Number { field, width, fixed: false };
            items.push(match first {
                'y' | 'u' | 'Y' => number(Field::Year),
                'M' | 'L' if width >= 3 => Item::Name { month: true },
                'M' | 'L' => number(Field::Month),
                'd' => number(Field::Day),
                'H' | 'k' => number(Field::Hour),
                'h' | 'K' => number(Field::HalfHour),
                'm' => number(Field::Minute),
                's' => number(Field::Second),
                'S' | 'n' => number(Field::Fraction),
                'a' => Item::AmPm,
                'E' => Item::Name { month: false },
                'Z' | 'X' | 'x' | 'z' => Item::Zone,
                other => return Err(unreadable(text, &format!("`{other}` is not supported"))),
            });
        }
        // A number that another one follows at once has the width of its letters.
        for at in 1..items.len() {
            let follows = matches!(items[at], Item::Number { .. });
            if let Item::Number { fixed, .. } = &mut items[at - 1] {
                *fixed = follows;
            }
        }
        Ok(Self { items })
    }

    /// The moment that a text is in this format; None if it is not in it.
    pub(crate) fn parse(&self, text: &str) -> Option<Micros> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (1970, 1, 1);
        let (mut hour, mut minute, mut second, mut fraction) = (0, 0, 0, 0);
        let mut afternoon = None;
        let mut offset = 0;
        for item in &self.items {
            match item {
                Item::Literal(literal) => {
                    let start = rest.get(..literal.len())?;
                    start.eq_ignore_ascii_case(literal).then_some(())?;
                    rest = &rest[literal.len()..];
                }
                Item::Number { field, width, fixed } => {
                    let longest = if *fixed || *field == Field::Fraction { *width } else { 9 };
                    let longest = longest.min(9);
                    let length = rest.bytes().take(longest).take_while(u8::is_ascii_digit).count();
                    let number: i64 = rest[..length].parse().ok()?;
                    rest = &rest[length..];
                    match field {
                        // Two digits are a year of this century.
                        Field::Year if *width == 2 && length == 2 => year = 2000 + number,
                        Field::Year => year = number,
                        Field::Month => month = number,
                        Field::Day => day = number,
                        Field::Hour | Field::HalfHour => hour = number,
                        Field::Minute => minute = number,
                        Field::Second => second = number,
                        Field::Fraction => {
                            fraction = number * 10_i64.pow(9 - u32::try_from(length).ok()?);
                        }
                    }
                }
                Item::Name { month: is_month } => {
                    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                    let name = rest[..letters].to_ascii_lowercase();
                    let names: &[&str] = if *is_month { &MONTHS } else { &WEEKDAYS };
                    let same =
                        |full: &str| full == name || (letters == 3 && full.starts_with(&name));
                    let at = names.iter().position(|full| same(full))?;
                    if *is_month {
                        month = i64::try_from(at).ok()? + 1;
                    }
                    rest = &rest[letters..];
                }
                Item::AmPm => {
                    let half = rest.get(..2)?;
                    afternoon = Some(half.eq_ignore_ascii_case("pm"));
                    (afternoon == Some(true) || half.eq_ignore_ascii_case("am")).then_some(())?;
                    rest = &rest[2..];
                }
                Item::Zone => (offset, rest) = zone(rest)?,
                Item::Millis => {
                    let (number, after) = rest.split_once('.').unwrap_or((rest, "0"));
                    after.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
                    return number.parse::<i64>().ok()?.checked_mul(1000);
                }
            }
        }
        if let Some(afternoon) = afternoon {
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        if !rest.is_empty() || hour > 24 || minute > 59 || second > 60 {
            return None;
        }
        let clock = hour * HOUR + minute * MINUTE + second * SECOND + fraction / 1_000_000 * 1000;
        time::days(year, month, day)?.checked_mul(DAY)?.checked_add(clock - offset)
    }
}

fn zone(text: &str) -> Option<(Micros, &str)> {
    for utc in ["Z", "UTC", "GMT"] {
        if let Some(rest) = text.strip_prefix(utc) {
            return Some((0, rest));
        }
    }
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-'])?;
    let pair = |text: &str| text.get(..2)?.parse::<i64>().ok();
    let hours = pair(digits)?;
    let rest = &digits[2..];
    let after = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = match pair(after) {
        Some(minutes) => (minutes, &after[2..]),
        None => (0, rest),
    };
    let offset = hours * HOUR + minutes * MINUTE;
    Some((if negative { -offset } else { offset }, rest))
}

fn unreadable(format: &str, why: &str) -> SerdeError {
    SerdeError::new(format!("the format `{format}` of `timestamp.formats` is not readable: {why}"))
}
