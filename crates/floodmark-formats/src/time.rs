//! Times as AWS writes them, in UTC.

use std::ops::RangeInclusive;

/// Microseconds since 1970-01-01T00:00:00 UTC.
pub type Micros = i64;

/// One second in [`Micros`].
pub const SECOND: Micros = 1_000_000;
/// One minute in [`Micros`].
pub const MINUTE: Micros = 60 * SECOND;
/// One hour in [`Micros`].
pub const HOUR: Micros = 60 * MINUTE;
/// One day in [`Micros`].
pub const DAY: Micros = 24 * HOUR;

/// The days since 1970-01-01 of a date of the proleptic Gregorian calendar; None if there is no such date.
///
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013), `days_from_civil`.
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The year, month and day of a number of days since 1970-01-01 (the inverse of [`days`]).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A time as ISO 8601 to the second with a `Z`, for people.
pub fn iso(time: Micros) -> String {
    let (year, month, day) = civil(time.div_euclid(DAY));
    let second = time.rem_euclid(DAY) / SECOND;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn time_of_day(hour: i64, minute: i64, second: i64) -> Option<Micros> {
    // A leap second is written as 60.
    (hour < 24 && minute < 60 && second <= 60)
        .then_some(hour * HOUR + minute * MINUTE + second * SECOND)
}

/// A date written as `yyyy-MM-dd`, in days since 1970.
pub fn date(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let days = days(number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?)?;
    i32::try_from(days).ok()
}

/// A time of day written as `hh:mm:ss`.
pub fn clock(text: &[u8]) -> Option<Micros> {
    if text.len() != 8 || text[2] != b':' || text[5] != b':' {
        return None;
    }
    time_of_day(number(&text[..2])?, number(&text[3..5])?, number(&text[6..])?)
}

/// An ISO 8601 time: `2018-12-20T02:59:40`, with or without a fraction, and with `Z`, `+0000` or nothing.
///
/// A blank in the place of the `T` is accepted. Another zone than UTC gives None: AWS writes none.
pub fn timestamp(text: &[u8]) -> Option<Micros> {
    if text.len() < 19 || !matches!(text[10], b'T' | b' ') {
        return None;
    }
    let day = i64::from(date(&text[..10])?) * DAY;
    let mut time = day + clock(&text[11..19])?;
    let mut rest = &text[19..];
    if let [b'.', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut unit = SECOND / 10;
        for digit in &fraction[..digits] {
            time += i64::from(digit - b'0') * unit;
            unit /= 10;
        }
        rest = &fraction[digits..];
    }
    matches!(rest, b"" | b"Z" | b"+0000" | b"+00:00").then_some(time)
}

/// Seconds since 1970 with or without a fraction, such as `1582752000.123`.
pub fn epoch_seconds(text: &[u8]) -> Option<Micros> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    if point == 0 || point > 12 {
        return None;
    }
    let mut time = number(&text[..point])? * SECOND;
    let mut unit = SECOND / 10;
    for digit in text.get(point + 1..).unwrap_or_default() {
        if !digit.is_ascii_digit() {
            return None;
        }
        time += i64::from(digit - b'0') * unit;
        unit /= 10;
    }
    Some(time)
}

/// Whole milliseconds since 1970.
pub fn epoch_millis(text: &[u8]) -> Option<Micros> {
    if text.is_empty() || text.len() > 15 {
        return None;
    }
    Some(number(text)? * 1000)
}

/// A time as web servers write it: `06/Feb/2019:00:00:38 +0000`.
pub fn common_log(text: &[u8]) -> Option<Micros> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    if text.len() != 26 || text[2] != b'/' || text[6] != b'/' || text[11] != b':' {
        return None;
    }
    let month = MONTHS.chunks(3).position(|name| name == &text[3..6])? + 1;
    let day = days(number(&text[7..11])?, i64::try_from(month).ok()?, number(&text[..2])?)?;
    (&text[20..] == b" +0000").then_some(())?;
    Some(day * DAY + clock(&text[12..20])?)
}

/// The moments that a written time or a beginning of one may mean: `2024-10-05` is that whole day.
///
/// Reads `yyyy`, `yyyy-MM`, `yyyy-MM-dd`, and that with `T` or a blank and `hh`, `hh:mm`, `hh:mm:ss` and a fraction.
/// None if the text is not the beginning of a time.
pub fn prefix_range(text: &str) -> Option<RangeInclusive<Micros>> {
    const PATTERN: &[u8] = b"0000-01-01T00:00:00";
    let bytes = text.as_bytes();
    if bytes.len() > PATTERN.len() {
        let start = timestamp(bytes)?;
        return Some(start..=start + SECOND);
    }
    let unit = match bytes.len() {
        4 | 5 => 366 * DAY,
        7 | 8 => 31 * DAY,
        10 | 11 => DAY,
        13 | 14 => HOUR,
        16 | 17 => MINUTE,
        19 => SECOND,
        _ => return None,
    };
    let mut whole = PATTERN.to_vec();
    whole[..bytes.len()].copy_from_slice(bytes);
    let start = timestamp(&whole)?;
    Some(start..=start + unit)
}
