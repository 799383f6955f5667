//! Dates, times and zones: their texts, and the clocks of places.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset,
    TimeDelta, TimeZone,
};
use datafusion::arrow::array::timezone::Tz;

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// A zone with the name by which it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// `UTC`, `+02:00` or `America/New_York`.
    pub(crate) name: Arc<str>,
    clock: Tz,
    is_utc: bool,
}

impl Zone {
    /// The zone of sessions.
    pub(crate) fn of_sessions() -> Self {
        static UTC: LazyLock<Zone> = LazyLock::new(|| {
            let clock = Tz::from_str("UTC").expect("UTC is a zone");
            Zone { name: "UTC".into(), clock, is_utc: true }
        });
        UTC.clone()
    }

    /// Reads the name of a zone: `UTC`, `Z`, `+02:00`, `-5`, `America/New_York`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let name = match text {
            "Z" | "z" | "UTC" | "GMT" | "UCT" | "Zulu" | "Etc/UTC" | "Etc/GMT" => {
                return Some(Self::of_sessions());
            }
            _ => {
                let offset = text
                    .strip_prefix("UTC")
                    .or_else(|| text.strip_prefix("GMT"))
                    .filter(|rest| rest.starts_with(['+', '-']))
                    .unwrap_or(text);
                match offset.strip_prefix(['+', '-']) {
                    Some(digits) => offset_name(offset.starts_with('-'), digits)?,
                    None => text.to_owned(),
                }
            }
        };
        if name == "UTC" {
            return Some(Self::of_sessions());
        }
        let clock = Tz::from_str(&name).ok()?;
        Some(Self { name: name.into(), clock, is_utc: false })
    }

    /// What the zone's clocks show at a moment in microseconds since 1970, counted in the same way.
    pub(crate) fn local(&self, utc: i64) -> i64 {
        utc.saturating_add(i64::from(self.offset_seconds(utc)).saturating_mul(1_000_000))
    }

    /// How far the zone's clocks are ahead of UTC at a moment, in seconds.
    pub(crate) fn offset_seconds(&self, utc: i64) -> i32 {
        if self.is_utc {
            return 0;
        }
        DateTime::from_timestamp_micros(utc).map_or(0, |moment| {
            self.clock.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()
        })
    }

    /// The moment at which the zone's clocks show this. Of two, the earlier; what a change of the clocks leaves out counts on.
    pub(crate) fn utc(&self, local: i64) -> i64 {
        if self.is_utc {
            return local;
        }
        let Some(shown) = DateTime::from_timestamp_micros(local).map(|local| local.naive_utc())
        else {
            return local;
        };
        let offset = match self.clock.offset_from_local_datetime(&shown) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                offset.fix().local_minus_utc()
            }
            LocalResult::None => self.offset_seconds(local.saturating_sub(DAY_MICROS)),
        };
        local.saturating_sub(i64::from(offset).saturating_mul(1_000_000))
    }
}

/// The name of an offset: `+02:00`, or `UTC` where there is none.
fn offset_name(is_west: bool, digits: &str) -> Option<String> {
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    if hours == 0 && minutes == 0 {
        return Some("UTC".to_owned());
    }
    Some(format!("{}{hours:02}:{minutes:02}", if is_west { '-' } else { '+' }))
}

/// The date and time that an amount of microseconds since 1970 stands for.
pub(crate) fn at(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc())
}

/// The microseconds since 1970 of a date and time.
pub(crate) fn micros(moment: NaiveDateTime) -> i64 {
    moment.and_utc().timestamp_micros()
}

/// The days since 1970 of a date.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// A moment some months later; the day is the month's last where the month has no such day.
pub(crate) fn add_months(moment: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let amount = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { moment.checked_sub_months(amount) } else { moment.checked_add_months(amount) }
}

/// A moment some days later.
pub(crate) fn add_days(moment: NaiveDateTime, days: i64) -> Option<NaiveDateTime> {
    let amount = Days::new(days.unsigned_abs());
    if days < 0 { moment.checked_sub_days(amount) } else { moment.checked_add_days(amount) }
}

/// The months from one moment to another that have passed whole.
pub(crate) fn months_between(from: NaiveDateTime, to: NaiveDateTime) -> i64 {
    let months = |moment: NaiveDateTime| i64::from(moment.year()) * 12 + i64::from(moment.month0());
    let mut between = months(to) - months(from);
    let reached = add_months(from, between).unwrap_or(from);
    if between > 0 && reached > to {
        between -= 1;
    } else if between < 0 && reached < to {
        between += 1;
    }
    between
}

/// Reads a date: `2024-01-02`, with fewer digits too.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let (date, rest) = read_date(text.trim())?;
    rest.is_empty().then(|| days(date))
}

/// Reads a time: `03:04`, `03:04:05`, `03:04:05.678`, in microseconds of the day.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (time, rest) = read_time(text.trim())?;
    rest.is_empty().then_some(time)
}

/// Reads a timestamp, in microseconds since 1970 as its clock shows them, and the name of a zone behind it.
pub(crate) fn parse_timestamp(text: &str) -> Option<(i64, Option<&str>)> {
    let (date, rest) = read_date(text.trim())?;
    let start = micros(date.and_time(NaiveTime::MIN));
    let Some(rest) = rest.strip_prefix(' ') else {
        return rest.is_empty().then_some((start, None));
    };
    let (time, zone) = read_time(rest).unwrap_or((0, rest));
    let zone = zone.trim();
    Some((start.checked_add(time)?, (!zone.is_empty()).then_some(zone)))
}

/// The digits at the beginning of a text as a number, and what comes behind.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length < least {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn read_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (is_before, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (year, rest) = digits(unsigned, 4, 6)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let year = i32::try_from(year).ok()?;
    Some((NaiveDate::from_ymd_opt(if is_before { -year } else { year }, month, day)?, rest))
}

fn read_time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 1, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => read_fraction(rest)?,
        None => (0, rest),
    };
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    let whole = time.signed_duration_since(NaiveTime::MIN);
    let micros = whole.checked_add(&TimeDelta::microseconds(fraction))?.num_microseconds()?;
    Some((micros, rest))
}

/// The digits behind a point as microseconds.
pub(crate) fn read_fraction(text: &str) -> Option<(i64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let mut micros = 0;
    for at in 0..6 {
        let digit = text.as_bytes().get(at).filter(|_| at < length).map_or(0, |d| d - b'0');
        micros = micros * 10 + i64::from(digit);
    }
    Some((micros, &text[length..]))
}
