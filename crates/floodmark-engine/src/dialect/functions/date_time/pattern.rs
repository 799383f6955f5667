//! The patterns of MySQL and of Joda by which dates and times are written and read.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};
use datafusion::common::Result;

use crate::dialect::moment::{self, Zone};
use crate::dialect::trino_type::failure;

/// A pattern, ready for use.
pub(super) struct Pattern(Vec<Part>);

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// A number with the least amount of digits.
    Number(Number, usize),
    /// The last two digits of the year.
    ShortYear,
    /// Digits of the fraction of the second: so many are written.
    Fraction(usize),
    /// The month's name, whole or its first three letters.
    Month(Length),
    /// The weekday's name.
    Weekday(Length),
    /// AM or PM.
    Half,
    Era,
    /// `+0000`, or with a colon.
    Offset(Colon),
    /// `UTC` or `America/New_York`.
    ZoneName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Short,
    Long,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colon {
    With,
    Without,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Year,
    Century,
    WeekYear,
    Month,
    Day,
    DayOfYear,
    Week,
    DayOfWeek,
    Hour,
    /// From 1 to 24.
    HourFromOne,
    /// From 1 to 12.
    HalfHourFromOne,
    /// From 0 to 11.
    HalfHour,
    Minute,
    Second,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Pattern {
    /// Reads a pattern of MySQL, as `%Y-%m-%d`.
    pub(super) fn mysql(text: &str) -> Result<Self> {
        use Number as N;
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(first) = chars.next() {
            if first != '%' {
                push_literal(&mut parts, first);
                continue;
            }
            let Some(letter) = chars.next() else {
                push_literal(&mut parts, '%');
                break;
            };
            match letter {
                'a' => parts.push(Part::Weekday(Length::Short)),
                'b' => parts.push(Part::Month(Length::Short)),
                'c' => parts.push(Part::Number(N::Month, 1)),
                'd' => parts.push(Part::Number(N::Day, 2)),
                'e' => parts.push(Part::Number(N::Day, 1)),
                'f' => parts.push(Part::Fraction(6)),
                'H' => parts.push(Part::Number(N::Hour, 2)),
                'h' | 'I' => parts.push(Part::Number(N::HalfHourFromOne, 2)),
                'i' => parts.push(Part::Number(N::Minute, 2)),
                'j' => parts.push(Part::Number(N::DayOfYear, 3)),
                'k' => parts.push(Part::Number(N::Hour, 1)),
                'l' => parts.push(Part::Number(N::HalfHourFromOne, 1)),
                'M' => parts.push(Part::Month(Length::Long)),
                'm' => parts.push(Part::Number(N::Month, 2)),
                'p' => parts.push(Part::Half),
                'r' => parts.extend(clock(N::HalfHourFromOne, true)),
                'S' | 's' => parts.push(Part::Number(N::Second, 2)),
                'T' => parts.extend(clock(N::Hour, false)),
                'v' => parts.push(Part::Number(N::Week, 2)),
                'W' => parts.push(Part::Weekday(Length::Long)),
                'x' => parts.push(Part::Number(N::WeekYear, 4)),
                'Y' => parts.push(Part::Number(N::Year, 4)),
                'y' => parts.push(Part::ShortYear),
                'w' | 'U' | 'u' | 'V' | 'X' | 'D' => {
                    return Err(failure(
                        "INVALID_FUNCTION_ARGUMENT",
                        &format!("%{letter} not supported in date format string"),
                    ));
                }
                other => push_literal(&mut parts, other),
            }
        }
        Ok(Self(parts))
    }

    /// Reads a pattern of Joda, as `yyyy-MM-dd`.
    pub(super) fn joda(text: &str) -> Result<Self> {
        use Number as N;
        let mut parts = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(first) = chars.next() {
            if first == '\'' {
                if chars.next_if_eq(&'\'').is_some() {
                    push_literal(&mut parts, '\'');
                    continue;
                }
                while let Some(next) = chars.next() {
                    if next == '\'' && chars.next_if_eq(&'\'').is_none() {
                        break;
                    }
                    push_literal(&mut parts, next);
                }
                continue;
            }
            if !first.is_ascii_alphabetic() {
                push_literal(&mut parts, first);
                continue;
            }
            let mut count = 1;
            while chars.next_if_eq(&first).is_some() {
                count += 1;
            }
            let named = |short: usize| if count > short { Length::Long } else { Length::Short };
            parts.push(match first {
                'G' => Part::Era,
                'C' => Part::Number(N::Century, count),
                'Y' | 'y' if count == 2 => Part::ShortYear,
                'Y' | 'y' => Part::Number(N::Year, count),
                'x' => Part::Number(N::WeekYear, count),
                'w' => Part::Number(N::Week, count),
                'e' => Part::Number(N::DayOfWeek, count),
                'E' => Part::Weekday(named(3)),
                'D' => Part::Number(N::DayOfYear, count),
                'M' if count < 3 => Part::Number(N::Month, count),
                'M' => Part::Month(named(3)),
                'd' => Part::Number(N::Day, count),
                'a' => Part::Half,
                'K' => Part::Number(N::HalfHour, count),
                'h' => Part::Number(N::HalfHourFromOne, count),
                'H' => Part::Number(N::Hour, count),
                'k' => Part::Number(N::HourFromOne, count),
                'm' => Part::Number(N::Minute, count),
                's' => Part::Number(N::Second, count),
                'S' => Part::Fraction(count),
                'z' => Part::ZoneName,
                'Z' if count == 1 => Part::Offset(Colon::Without),
                'Z' if count == 2 => Part::Offset(Colon::With),
                'Z' => Part::ZoneName,
                other => {
                    return Err(failure(
                        "INVALID_FUNCTION_ARGUMENT",
                        &format!("Illegal pattern component: {other}"),
                    ));
                }
            });
        }
        Ok(Self(parts))
    }

    /// Writes what a clock shows; the zone and its seconds ahead of UTC are for patterns that name them.
    pub(super) fn format(&self, local: i64, zone: &str, offset: i32) -> Option<String> {
        let time = moment::at(local)?;
        let mut out = String::new();
        for part in &self.0 {
            // Writing to a String cannot fail.
            let _ = match part {
                Part::Literal(text) => out.write_str(text),
                Part::Number(number, width) => {
                    let value = number.of(time);
                    let sign = if value < 0 { "-" } else { "" };
                    write!(out, "{sign}{:0width$}", value.abs())
                }
                Part::ShortYear => write!(out, "{:02}", time.year().rem_euclid(100)),
                Part::Fraction(width) => {
                    let digits = format!("{:09}", time.nanosecond() % 1_000_000_000);
                    // Milliseconds are all that a timestamp holds here.
                    let digits: String =
                        digits[..3].chars().chain(std::iter::repeat('0')).take(*width).collect();
                    out.write_str(&digits)
                }
                Part::Month(length) => {
                    out.write_str(shortened(MONTHS[time.month0() as usize], *length))
                }
                Part::Weekday(length) => {
                    let day = time.weekday().num_days_from_monday() as usize;
                    out.write_str(shortened(WEEKDAYS[day], *length))
                }
                Part::Half => out.write_str(if time.hour() < 12 { "AM" } else { "PM" }),
                Part::Era => out.write_str(if time.year() > 0 { "AD" } else { "BC" }),
                Part::Offset(colon) => {
                    let sign = if offset < 0 { '-' } else { '+' };
                    let minutes = offset.unsigned_abs() / 60;
                    let colon = if *colon == Colon::With { ":" } else { "" };
                    write!(out, "{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
                }
                Part::ZoneName => out.write_str(zone),
            };
        }
        Some(out)
    }

    /// Reads a text: what its clock shows in microseconds, and its zone if it names one.
    pub(super) fn parse(&self, text: &str) -> Result<(i64, Option<Zone>)> {
        let mut read = Read::default();
        let mut rest = text;
        let malformed = |rest: &str| {
            let near = if rest.is_empty() {
                " is too short".to_owned()
            } else if rest.len() == text.len() {
                String::new()
            } else {
                format!(" is malformed at \"{rest}\"")
            };
            failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format: \"{text}\"{near}"))
        };
        for (at, part) in self.0.iter().enumerate() {
            // Numbers that follow each other take as many digits as they are wide.
            let is_adjacent = matches!(
                self.0.get(at + 1),
                Some(Part::Number(..) | Part::ShortYear | Part::Fraction(_))
            );
            rest = read.part(part, rest, is_adjacent).ok_or_else(|| malformed(rest))?;
        }
        if !rest.is_empty() {
            return Err(malformed(rest));
        }
        let local = read.local().ok_or_else(|| {
            failure(
                "INVALID_FUNCTION_ARGUMENT",
                &format!("Cannot parse \"{text}\": Value is out of range"),
            )
        })?;
        Ok((local, read.zone))
    }
}

impl Number {
    fn of(self, time: chrono::NaiveDateTime) -> i64 {
        let half = i64::from(time.hour() % 12);
        match self {
            Self::Year => time.year().into(),
            Self::Century => i64::from(time.year()) / 100,
            Self::WeekYear => time.iso_week().year().into(),
            Self::Month => time.month().into(),
            Self::Day => time.day().into(),
            Self::DayOfYear => time.ordinal().into(),
            Self::Week => time.iso_week().week().into(),
            Self::DayOfWeek => time.weekday().number_from_monday().into(),
            Self::Hour => time.hour().into(),
            Self::HourFromOne => i64::from((time.hour() + 23) % 24 + 1),
            Self::HalfHourFromOne => (half + 11) % 12 + 1,
            Self::HalfHour => half,
            Self::Minute => time.minute().into(),
            Self::Second => time.second().into(),
        }
    }

    /// How many digits are read at the most.
    fn digits_max(self) -> usize {
        match self {
            Self::Year | Self::WeekYear | Self::Century => 9,
            Self::DayOfYear => 3,
            Self::DayOfWeek => 1,
            _ => 2,
        }
    }
}

/// What is read so far.
#[derive(Default)]
struct Read {
    numbers: Vec<(Number, i64)>,
    nanos: i64,
    is_afternoon: Option<bool>,
    weekday: Option<u32>,
    zone: Option<Zone>,
}

impl Read {
    /// Reads a part; what is left of the text.
    fn part<'a>(&mut self, part: &Part, text: &'a str, is_adjacent: bool) -> Option<&'a str> {
        match part {
            Part::Literal(literal) => {
                let start = text.get(..literal.len())?;
                start.eq_ignore_ascii_case(literal).then(|| &text[literal.len()..])
            }
            Part::Number(number, width) => {
                let (is_negative, unsigned) = match text.strip_prefix('-') {
                    Some(rest) if matches!(number, Number::Year | Number::WeekYear) => (true, rest),
                    _ => (false, text),
                };
                let most = if is_adjacent { (*width).max(1) } else { number.digits_max() };
                let (value, rest) = digits(unsigned, most)?;
                self.numbers.push((*number, if is_negative { -value } else { value }));
                Some(rest)
            }
            Part::ShortYear => {
                let most = if is_adjacent { 2 } else { 9 };
                let (value, rest) = digits(text, most)?;
                // Two digits stand for 1970 to 2069.
                let is_short = text.len() - rest.len() == 2;
                let year = match (is_short, value) {
                    (true, 70..) => 1900 + value,
                    (true, _) => 2000 + value,
                    (false, _) => value,
                };
                self.numbers.push((Number::Year, year));
                Some(rest)
            }
            Part::Fraction(width) => {
                let most = if is_adjacent { *width } else { (*width).max(9) };
                let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
                if length == 0 {
                    return None;
                }
                let digits = format!("{:0<9}", &text[..length.min(9)]);
                self.nanos = digits.parse().ok()?;
                Some(&text[length..])
            }
            Part::Month(_) => {
                let (at, rest) = name(&MONTHS, text)?;
                self.numbers.push((Number::Month, at + 1));
                Some(rest)
            }
            Part::Weekday(_) => {
                let (at, rest) = name(&WEEKDAYS, text)?;
                self.weekday = u32::try_from(at).ok();
                Some(rest)
            }
            Part::Half => {
                let start = text.get(..2)?;
                self.is_afternoon = Some(if start.eq_ignore_ascii_case("pm") {
                    true
                } else if start.eq_ignore_ascii_case("am") {
                    false
                } else {
                    return None;
                });
                Some(&text[2..])
            }
            Part::Era => text.strip_prefix("AD"),
            Part::Offset(_) => {
                if let Some(rest) = text.strip_prefix('Z') {
                    self.zone = Some(Zone::of_sessions());
                    return Some(rest);
                }
                let length = text
                    .bytes()
                    .enumerate()
                    .take_while(|(at, byte)| match at {
                        0 => matches!(byte, b'+' | b'-'),
                        _ => byte.is_ascii_digit() || (*byte == b':' && *at == 3),
                    })
                    .count()
                    .min(6);
                self.zone = Some(Zone::parse(&text[..length]).filter(|_| length >= 3)?);
                Some(&text[length..])
            }
            Part::ZoneName => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || "/_+-:".contains(c);
                let length = text.find(|c| !is_name(c)).unwrap_or(text.len());
                self.zone = Some(Zone::parse(&text[..length])?);
                Some(&text[length..])
            }
        }
    }

    fn number(&self, wanted: Number) -> Option<i64> {
        self.numbers.iter().rev().find(|(number, _)| *number == wanted).map(|(_, value)| *value)
    }

    fn small(&self, wanted: Number) -> Option<u32> {
        self.number(wanted).and_then(|value| u32::try_from(value).ok())
    }

    /// What the clock shows, in microseconds; what is not read is that of the beginning of 1970.
    fn local(&self) -> Option<i64> {
        let year = i32::try_from(self.number(Number::Year).unwrap_or(1970)).ok()?;
        let month = self.small(Number::Month);
        let date = if let Some(ordinal) = self.small(Number::DayOfYear) {
            NaiveDate::from_yo_opt(year, ordinal)?
        } else if let Some(week_year) = self.number(Number::WeekYear) {
            let week = self.small(Number::Week).unwrap_or(1);
            let day = self.small(Number::DayOfWeek).map_or(self.weekday, |day| day.checked_sub(1));
            let day = Weekday::try_from(u8::try_from(day.unwrap_or(0)).ok()?).ok()?;
            NaiveDate::from_isoywd_opt(i32::try_from(week_year).ok()?, week, day)?
        } else {
            NaiveDate::from_ymd_opt(year, month.unwrap_or(1), self.small(Number::Day).unwrap_or(1))?
        };
        let hour = match (self.small(Number::Hour), self.small(Number::HourFromOne)) {
            (Some(hour), _) => hour,
            (None, Some(hour @ 1..=24)) => hour % 24,
            (None, Some(_)) => return None,
            (None, None) => {
                let half = match self.small(Number::HalfHourFromOne) {
                    Some(hour @ 1..=12) => hour % 12,
                    Some(_) => return None,
                    None => self.small(Number::HalfHour).unwrap_or(0),
                };
                half + if self.is_afternoon == Some(true) { 12 } else { 0 }
            }
        };
        let time = NaiveTime::from_hms_opt(
            hour,
            self.small(Number::Minute).unwrap_or(0),
            self.small(Number::Second).unwrap_or(0),
        )?;
        // Timestamps hold milliseconds.
        moment::micros(date.and_time(time)).checked_add(self.nanos / 1_000_000 * 1000)
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: char) {
    match parts.last_mut() {
        Some(Part::Literal(text)) => text.push(literal),
        _ => parts.push(Part::Literal(literal.to_string())),
    }
}

/// The parts of a time with colons, and AM or PM behind it.
fn clock(hour: Number, with_half: bool) -> Vec<Part> {
    let colon = || Part::Literal(":".to_owned());
    let mut parts = vec![
        Part::Number(hour, 2),
        colon(),
        Part::Number(Number::Minute, 2),
        colon(),
        Part::Number(Number::Second, 2),
    ];
    if with_half {
        parts.extend([Part::Literal(" ".to_owned()), Part::Half]);
    }
    parts
}

fn shortened(name: &'static str, length: Length) -> &'static str {
    if length == Length::Short { &name[..3] } else { name }
}

/// Up to so many digits at the beginning of a text as a number.
fn digits(text: &str, most: usize) -> Option<(i64, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text.get(..length).filter(|_| length > 0)?.parse().ok()?, &text[length..]))
}

/// The name, whole or its first three letters, with which a text begins.
fn name<'a>(names: &[&str], text: &'a str) -> Option<(i64, &'a str)> {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|s| s.eq_ignore_ascii_case(name));
    let (at, name) = (names.iter().enumerate()).find_map(|(at, name)| {
        let found = if begins(name) { Some(*name) } else { Some(&name[..3]).filter(|n| begins(n)) };
        found.map(|name| (at, name))
    })?;
    Some((i64::try_from(at).ok()?, &text[name.len()..]))
}
