//! From text to values, as each SerDe reads them.

use std::borrow::Cow;

use crate::decode::row::integer;
use crate::hive::hive_type::HiveType;
use crate::hive::time_format::TimeFormat;
use crate::time::{self, DAY, HOUR, MINUTE, Micros, SECOND};

/// Whose rules turn text into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// `LazySimpleSerDe`: the digits after the point of a whole number are dropped, a boolean is `true` or `false`.
    Lazy,
    /// `RegexSerDe` and Grok: as Java's `parse…` methods read it.
    Java,
    /// The JSON SerDe of OpenX: whole numbers also in hexadecimal and octal digits.
    OpenX,
    /// The JSON SerDe of Hive.
    Json,
    /// `OpenCSVSerde`: dates are days and times are milliseconds since 1970.
    Csv,
}

/// How text becomes values.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) rules: Rules,
    /// In what formats times are written besides the usual ones.
    formats: Vec<TimeFormat>,
}

impl Reading {
    pub(crate) fn new(rules: Rules, formats: Vec<TimeFormat>) -> Self {
        Self { rules, formats }
    }

    fn timestamp(&self, text: &str) -> Option<Micros> {
        let formatted = self.formats.iter().find_map(|format| format.parse(text.trim()));
        formatted.or_else(|| timestamp(self.rules, text))
    }
}

/// A value that is not nested.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Boolean(bool),
    /// `tinyint` to `bigint`, and `date` in days since 1970.
    Whole(i64),
    Float(f32),
    Double(f64),
    Decimal(i128),
    Text(Cow<'a, str>),
    Binary(Vec<u8>),
    Time(Micros),
}

/// The value that a text has in a column of this type; None if it has none.
pub(crate) fn scalar<'a>(
    hive_type: &HiveType,
    reading: &Reading,
    text: Cow<'a, str>,
) -> Option<Scalar<'a>> {
    let rules = reading.rules;
    let whole = |range: std::ops::RangeInclusive<i64>| {
        whole(rules, &text).filter(|value| range.contains(value)).map(Scalar::Whole)
    };
    match hive_type {
        HiveType::Boolean => boolean(rules, &text).map(Scalar::Boolean),
        HiveType::TinyInt => whole(i64::from(i8::MIN)..=i64::from(i8::MAX)),
        HiveType::SmallInt => whole(i64::from(i16::MIN)..=i64::from(i16::MAX)),
        HiveType::Int => whole(i64::from(i32::MIN)..=i64::from(i32::MAX)),
        HiveType::BigInt => whole(i64::MIN..=i64::MAX),
        HiveType::Float => float(&text).map(Scalar::Float),
        HiveType::Double => float(&text).map(Scalar::Double),
        HiveType::Decimal(precision, scale) => {
            decimal(&text, *precision, *scale).map(Scalar::Decimal)
        }
        HiveType::Date => date(rules, &text).map(Scalar::Whole),
        HiveType::Timestamp => reading.timestamp(&text).map(Scalar::Time),
        HiveType::Binary => binary(rules, &text).map(Scalar::Binary),
        HiveType::String => Some(Scalar::Text(text)),
        HiveType::Char(_) | HiveType::Varchar(_) => Some(Scalar::Text(match text {
            Cow::Borrowed(text) => Cow::Borrowed(fitted(hive_type, text)),
            Cow::Owned(text) => Cow::Owned(fitted(hive_type, &text).to_owned()),
        })),
        HiveType::Array(_) | HiveType::Map(..) | HiveType::Struct(_) => None,
    }
}

/// The part of a text that a column of this type keeps.
pub(crate) fn fitted<'a>(hive_type: &HiveType, text: &'a str) -> &'a str {
    let (HiveType::Char(length) | HiveType::Varchar(length)) = hive_type else {
        return text;
    };
    let kept = match text.char_indices().nth(*length as usize) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    if matches!(hive_type, HiveType::Char(_)) { kept.trim_end_matches(' ') } else { kept }
}

fn boolean(rules: Rules, text: &str) -> Option<bool> {
    match rules {
        Rules::Lazy | Rules::Csv => {
            let value = text.eq_ignore_ascii_case("true");
            (value || text.eq_ignore_ascii_case("false")).then_some(value)
        }
        // Java's `parseBoolean`: what is not `true` is false.
        Rules::Java | Rules::OpenX | Rules::Json => Some(text.eq_ignore_ascii_case("true")),
    }
}

fn whole(rules: Rules, text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    match rules {
        Rules::Java | Rules::Csv => integer(bytes),
        // Jackson drops what stands after the point.
        Rules::Json => integer(bytes).or_else(|| decimal_whole(text)),
        Rules::Lazy => match memchr::memchr(b'.', bytes) {
            None => integer(bytes),
            Some(point) => {
                let (before, after) = (&bytes[..point], &bytes[point + 1..]);
                if !after.iter().all(u8::is_ascii_digit) || text.is_empty() {
                    return None;
                }
                // A point without digits before it is zero, as long as something stands there.
                match before {
                    [] | [b'-' | b'+'] => Some(0),
                    before => integer(before),
                }
            }
        },
        Rules::OpenX => prefixed(text).or_else(|| decimal_whole(text)),
    }
}

/// A whole number in decimal, in hexadecimal digits after `0x`, or in octal ones after `0`.
pub(crate) fn prefixed(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [b'0', b'x' | b'X', first, ..] if first.is_ascii_hexdigit() => {
            i64::from_str_radix(&text[2..], 16).ok()
        }
        [b'0', b'0'..=b'8', ..] => {
            let digits = &text[1..];
            digits.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
            i64::from_str_radix(digits, 8).ok()
        }
        bytes => integer(bytes),
    }
}

/// A decimal number with what stands after its point dropped.
fn decimal_whole(text: &str) -> Option<i64> {
    let number = Digits::of(text)?;
    i64::try_from(number.scaled(0, false)?).ok()
}

/// A floating point number as Java's `parseDouble` reads it: with blanks around it, `NaN`, `Infinity`, and a last `f` or `d`.
pub(crate) fn float<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = text.trim_matches(|c| c <= ' ');
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(number, "NaN" | "Infinity") {
        return text.parse().ok();
    }
    let text = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    // What Rust reads besides are other spellings of infinity.
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+');
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok()
}

/// A decimal number with `scale` digits after its point, rounded half up, in units of the last of them.
fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let value = Digits::of(text)?.scaled(i32::from(scale), true)?;
    let bound = 10_i128.checked_pow(u32::from(precision))?;
    (-bound < value && value < bound).then_some(value)
}

/// A decimal number as it is written.
struct Digits<'a> {
    negative: bool,
    before: &'a [u8],
    after: &'a [u8],
    exponent: i32,
}

impl<'a> Digits<'a> {
    /// Reads `[+-]digits[.digits][e[+-]digits]`, as Java's `BigDecimal` does.
    fn of(text: &'a str) -> Option<Self> {
        let negative = text.starts_with('-');
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (number, exponent) = match text.find(['e', 'E']) {
            Some(at) => {
                let exponent = &text[at + 1..];
                let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                (&text[..at], exponent.parse().ok()?)
            }
            None => (text, 0),
        };
        let (before, after) = number.split_once('.').unwrap_or((number, ""));
        let (before, after) = (before.as_bytes(), after.as_bytes());
        if before.is_empty() && after.is_empty() {
            return None;
        }
        (before.iter().chain(after).all(u8::is_ascii_digit)).then_some(Self {
            negative,
            before,
            after,
            exponent,
        })
    }

    /// The number times ten to the power of `scale`, rounded half up or cut; None if it is too large.
    fn scaled(&self, scale: i32, round: bool) -> Option<i128> {
        let point = i64::try_from(self.before.len()).ok()?;
        // How many of the digits stand before the point once it is moved.
        let kept = point + i64::from(self.exponent) + i64::from(scale);
        let mut value = 0_i128;
        let mut digits = self.before.iter().chain(self.after);
        let mut at = 0;
        while at < kept {
            match digits.next() {
                Some(digit) => {
                    value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
                }
                None if value == 0 => break,
                None => value = value.checked_mul(10)?,
            }
            at += 1;
        }
        if round && kept >= 0 && at == kept && digits.next().is_some_and(|digit| *digit >= b'5') {
            value = value.checked_add(1)?;
        }
        Some(if self.negative { -value } else { value })
    }
}

/// A decimal number as Java's `BigDecimal` writes it; None if the text is none.
pub(crate) fn canonical_number(text: &str) -> Option<String> {
    let number = Digits::of(text)?;
    let digits: String =
        number.before.iter().chain(number.after).map(|digit| char::from(*digit)).collect();
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let sign = if number.negative && digits != "0" { "-" } else { "" };
    let scale = i64::try_from(number.after.len()).ok()? - i64::from(number.exponent);
    let length = i64::try_from(digits.len()).ok()?;
    // The exponent of the first digit.
    let adjusted = length - 1 - scale;
    if scale == 0 {
        return Some(format!("{sign}{digits}"));
    }
    if scale < 0 || adjusted < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let plus = if adjusted > 0 { "+" } else { "" };
        if adjusted == 0 {
            return Some(format!("{sign}{first}{point}{rest}"));
        }
        return Some(format!("{sign}{first}{point}{rest}E{plus}{adjusted}"));
    }
    let before = length - scale;
    if before > 0 {
        let (whole, fraction) = digits.split_at(usize::try_from(before).ok()?);
        return Some(format!("{sign}{whole}.{fraction}"));
    }
    let zeros = "0".repeat(usize::try_from(-before).ok()?);
    Some(format!("{sign}0.{zeros}{digits}"))
}

/// Days since 1970.
fn date(rules: Rules, text: &str) -> Option<i64> {
    let in_range = |days: i64| i32::try_from(days).is_ok().then_some(days);
    match rules {
        Rules::Csv => in_range(integer(text.as_bytes())?),
        Rules::OpenX => written_date(text).or_else(|| prefixed(text)).and_then(in_range),
        _ => written_date(text).and_then(in_range),
    }
}

/// A date as Hive reads it: without leading zeros too, with a time after a blank, and days past the month's end run on.
fn written_date(text: &str) -> Option<i64> {
    let text = text.trim_matches(|c| c <= ' ');
    let text = text.split(' ').next().unwrap_or(text);
    if let Some(days) = time::date(text.as_bytes()) {
        return Some(i64::from(days));
    }
    let (days, rest) = lenient_date(text.as_bytes())?;
    rest.is_empty().then_some(days)
}

/// The days since 1970 of a date at the beginning of a text, and what follows it.
fn lenient_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = field(text)?;
    let (month, rest) = field(rest.strip_prefix(b"-")?)?;
    let (day, rest) = field(rest.strip_prefix(b"-")?)?;
    let months = year * 12 + month - 1;
    let first = time::days(months.div_euclid(12), months.rem_euclid(12) + 1, 1)?;
    Some((first + day - 1, rest))
}

/// A number of at most nine digits with a sign or without.
fn field(text: &[u8]) -> Option<(i64, &[u8])> {
    let signed = usize::from(matches!(text, [b'-' | b'+', ..]));
    let digits = text[signed..].iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at(signed + digits);
    Some((integer(number)?, rest))
}

/// Microseconds since 1970, of whole milliseconds.
fn timestamp(rules: Rules, text: &str) -> Option<Micros> {
    match rules {
        Rules::Csv => integer(text.as_bytes())?.checked_mul(1000),
        Rules::OpenX => openx_timestamp(text),
        _ => written_timestamp(text),
    }
}

/// A time as Hive reads it: `yyyy-MM-dd HH:mm:ss` with a fraction or without, or with `T` for the blank.
fn written_timestamp(text: &str) -> Option<Micros> {
    let text = text.trim_matches(|c| c <= ' ').as_bytes();
    let (days, rest) = lenient_date(text)?;
    let iso = matches!(rest, [b'T' | b't', ..]);
    if !iso && !matches!(rest, [b' ', ..]) {
        return None;
    }
    let (hour, rest) = field(&rest[1..])?;
    let (minute, mut rest) = field(rest.strip_prefix(b":")?)?;
    let mut second = 0;
    if !iso || !rest.is_empty() {
        (second, rest) = field(rest.strip_prefix(b":")?)?;
    }
    let mut nanos = 0_i64;
    if let [b'.', fraction @ ..] = rest {
        if fraction.len() > 9 || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut unit = 100_000_000;
        for digit in fraction {
            nanos += i64::from(digit - b'0') * unit;
            unit /= 10;
        }
        rest = &[];
    }
    if !rest.is_empty() {
        return None;
    }
    // The product is far below 63 bits: every field has at most nine digits, and years become days below 2^42.
    let day = days.checked_mul(DAY)?;
    let clock = hour * HOUR + minute * MINUTE + second * SECOND;
    // Athena keeps milliseconds, rounded half up.
    let millis = (nanos + 500_000) / 1_000_000;
    day.checked_add(clock)?.checked_add(millis * 1000)
}

fn openx_timestamp(text: &str) -> Option<Micros> {
    if text.find(':').is_some_and(|at| at > 0) {
        if let Some(body) = text.strip_suffix(['z', 'Z']) {
            return body.contains(['T', 't']).then(|| written_timestamp(body))?;
        }
        if let Some((body, offset)) = zone(text) {
            return written_timestamp(body)?.checked_sub(offset);
        }
        return written_timestamp(text);
    }
    if text.contains('.') {
        let millis = Digits::of(text)?.scaled(3, false)?;
        return i64::try_from(millis).ok()?.checked_mul(1000);
    }
    let number = integer(text.as_bytes())?;
    number.checked_mul(if text.len() >= 13 { 1000 } else { SECOND })
}

/// A time with `T`, and the offset from UTC that follows it: `+0200` or `+02:00`.
fn zone(text: &str) -> Option<(&str, Micros)> {
    let at = text.rfind(['+', '-']).filter(|at| text[..*at].contains(['T', 't']))?;
    let digits: Vec<u8> = text[at + 1..].bytes().filter(|b| *b != b':').collect();
    if digits.len() != 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| i64::from(digits[at] - b'0') * 10 + i64::from(digits[at + 1] - b'0');
    let offset = pair(0) * HOUR + pair(2) * MINUTE;
    Some((&text[..at], if text[at..].starts_with('-') { -offset } else { offset }))
}

fn binary(rules: Rules, text: &str) -> Option<Vec<u8>> {
    match rules {
        Rules::Lazy => Some(base64(text).unwrap_or_else(|| text.as_bytes().to_vec())),
        Rules::OpenX => base64(text),
        _ => Some(text.as_bytes().to_vec()),
    }
}

/// Decodes Base64; None if another sign occurs in the text.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}
