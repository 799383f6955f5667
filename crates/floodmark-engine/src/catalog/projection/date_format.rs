//! Patterns of dates and times as Java's `DateTimeFormatter` takes them, in UTC.

use std::fmt::Write;

use floodmark_formats::time::{civil, days};

/// Milliseconds since 1970.
pub(super) type Millis = i64;

pub(super) const SECOND_MILLIS: Millis = 1000;
pub(super) const MINUTE_MILLIS: Millis = 60 * SECOND_MILLIS;
pub(super) const HOUR_MILLIS: Millis = 60 * MINUTE_MILLIS;
pub(super) const DAY_MILLIS: Millis = 24 * HOUR_MILLIS;

/// A pattern such as `yyyy/MM/dd/HH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFormat {
    parts: Vec<Part>,
    /// Whether later moments are written as later texts.
    pub(super) is_ordered: bool,
    /// The finest part of a time that it writes.
    pub(super) precision: Precision,
}

/// How fine a time is, from coarse to fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precision {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// Digits: at least so many, and just as many if so.
    Number(Field, usize, bool),
    /// The name of the month: the first three letters, or all.
    MonthName(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    /// The last two digits of a year from 2000 to 2099.
    YearOfCentury,
    Month,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Fraction,
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

impl DateFormat {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let parts = parts(pattern)?;
        let mut precision = None;
        let mut is_ordered = true;
        let mut seen = [false; 7];
        for part in &parts {
            let level = match part {
                Part::Literal(_) => continue,
                Part::MonthName(_) => Precision::Month,
                Part::Number(field, ..) => field.precision(),
            };
            let is_fixed =
                matches!(part, Part::Number(field, _, true) if *field != Field::YearOfCentury);
            // A part that stood before says nothing new. A new one has to be the next finer one.
            if !seen[level as usize] {
                let next = precision.map_or(0, |precision| precision as usize + 1);
                let skips_month = matches!(part, Part::Number(Field::DayOfYear, ..)) && next == 1;
                is_ordered &= is_fixed && (level as usize == next || skips_month);
                if skips_month {
                    seen[Precision::Month as usize] = true;
                }
                seen[level as usize] = true;
            }
            precision = precision.max(Some(level));
        }
        let Some(precision) = precision else {
            return Err("it names no part of a date".to_owned());
        };
        let has_day_of_year =
            parts.iter().any(|part| matches!(part, Part::Number(Field::DayOfYear, ..)));
        seen[Precision::Month as usize] |= has_day_of_year;
        if !seen[..=precision as usize].iter().all(|seen| *seen) {
            return Err(
                "it does not name a year and all that is between it and the finest part".to_owned()
            );
        }
        Ok(Self { parts, is_ordered, precision })
    }

    /// Writes a moment.
    pub(super) fn write(&self, time: Millis) -> String {
        let day_number = time.div_euclid(DAY_MILLIS);
        let in_day = time.rem_euclid(DAY_MILLIS);
        let (year, month, day) = civil(day_number);
        let mut text = String::with_capacity(24);
        for part in &self.parts {
            let written = match part {
                Part::Literal(literal) => {
                    text.push_str(literal);
                    Ok(())
                }
                Part::MonthName(is_whole) => {
                    let name = MONTHS[usize::try_from(month - 1).unwrap_or_default()];
                    text.push_str(if *is_whole { name } else { &name[..3] });
                    Ok(())
                }
                Part::Number(Field::Fraction, width, _) => {
                    let digits = format!("{:03}000000", in_day % SECOND_MILLIS);
                    text.push_str(&digits[..*width]);
                    Ok(())
                }
                Part::Number(field, width, _) => {
                    let number = match field {
                        Field::Year => year,
                        Field::YearOfCentury => year.rem_euclid(100),
                        Field::Month => month,
                        Field::Day => day,
                        Field::DayOfYear => day_number - days(year, 1, 1).unwrap_or(day_number) + 1,
                        Field::Hour => in_day / HOUR_MILLIS,
                        Field::Minute => in_day / MINUTE_MILLIS % 60,
                        Field::Second | Field::Fraction => in_day / SECOND_MILLIS % 60,
                    };
                    write!(text, "{number:0width$}")
                }
            };
            written.expect("a String takes everything");
        }
        text
    }

    /// Reads a moment that is written just so. What the pattern does not name is the first of its kind.
    pub(super) fn read(&self, text: &str) -> Option<Millis> {
        let mut rest = text;
        let (mut year, mut month, mut day, mut day_of_year) = (None, 1, 1, None);
        let (mut hour, mut minute, mut second, mut millis) = (0, 0, 0, 0);
        for part in &self.parts {
            match part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::MonthName(is_whole) => {
                    let (number, name) = (1_i64..).zip(MONTHS).find_map(|(number, name)| {
                        let name = if *is_whole { name } else { &name[..3] };
                        rest.starts_with(name).then_some((number, name))
                    })?;
                    month = number;
                    rest = &rest[name.len()..];
                }
                Part::Number(field, width, is_fixed) => {
                    let width_max = if *is_fixed { *width } else { field.digits_max() };
                    let digits =
                        rest.bytes().take(width_max).take_while(u8::is_ascii_digit).count();
                    if digits < *width {
                        return None;
                    }
                    let number: i64 = rest[..digits].parse().ok()?;
                    rest = &rest[digits..];
                    match field {
                        Field::Year => year = Some(number),
                        Field::YearOfCentury => year = Some(2000 + number),
                        Field::Month => month = number,
                        Field::Day => day = number,
                        Field::DayOfYear => day_of_year = Some(number),
                        Field::Hour if number < 24 => hour = number,
                        Field::Minute if number < 60 => minute = number,
                        Field::Second if number < 60 => second = number,
                        Field::Fraction => {
                            let digits = u32::try_from(digits).ok()?;
                            millis = number * 1000 / 10_i64.pow(digits);
                        }
                        _ => return None,
                    }
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let year = year?;
        let date = match day_of_year {
            Some(number) => {
                let date = days(year, 1, 1)? + number - 1;
                (number > 0 && civil(date).0 == year).then_some(date)?
            }
            None => days(year, month, day)?,
        };
        let seconds = hour * 3600 + minute * 60 + second;
        Some(date * DAY_MILLIS + seconds * SECOND_MILLIS + millis)
    }
}

impl Field {
    fn precision(self) -> Precision {
        match self {
            Self::Year | Self::YearOfCentury => Precision::Year,
            Self::Month => Precision::Month,
            Self::Day | Self::DayOfYear => Precision::Day,
            Self::Hour => Precision::Hour,
            Self::Minute => Precision::Minute,
            Self::Second => Precision::Second,
            Self::Fraction => Precision::Fraction,
        }
    }

    /// How many digits a number may have that is not padded.
    fn digits_max(self) -> usize {
        match self {
            Self::Year => 4,
            Self::DayOfYear => 3,
            Self::Fraction => 9,
            _ => 2,
        }
    }
}

fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\'' => {
                if rest.next_if_eq(&'\'').is_some() {
                    literal.push('\'');
                    continue;
                }
                loop {
                    match rest.next() {
                        None => return Err("a quote is not closed".to_owned()),
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => literal.push('\''),
                        Some('\'') => break,
                        Some(character) => literal.push(character),
                    }
                }
            }
            letter if letter.is_ascii_alphabetic() => {
                let mut count = 1;
                while rest.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(letters(letter, count)?);
            }
            '[' | ']' | '{' | '}' | '#' => {
                return Err(format!(
                    "`{character}` is not supported; as a text it stands in quotes"
                ));
            }
            character => literal.push(character),
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// What a letter means that stands so many times.
fn letters(letter: char, count: usize) -> Result<Part, String> {
    let pair = |field| (count <= 2).then_some(Part::Number(field, count, count == 2));
    let part = match letter {
        'y' | 'u' if count == 2 => Some(Part::Number(Field::YearOfCentury, 2, true)),
        'y' | 'u' if count <= 4 => Some(Part::Number(Field::Year, count, count == 4)),
        'M' | 'L' if count == 3 => Some(Part::MonthName(false)),
        'M' | 'L' if count == 4 => Some(Part::MonthName(true)),
        'M' | 'L' => pair(Field::Month),
        'd' => pair(Field::Day),
        'D' if count == 1 || count == 3 => Some(Part::Number(Field::DayOfYear, count, count == 3)),
        'H' => pair(Field::Hour),
        'm' => pair(Field::Minute),
        's' => pair(Field::Second),
        'S' if count <= 9 => Some(Part::Number(Field::Fraction, count, true)),
        _ => None,
    };
    part.ok_or_else(|| {
        let letters = letter.to_string().repeat(count.min(20));
        format!("`{letters}` is not supported; it takes yyyy, MM, dd, DDD, HH, mm, ss and SSS, and texts in quotes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalog_writes_and_reads_dates_by_a_pattern() {
        // 2024-10-05T07:08:09.123
        let moment = 20_001 * DAY_MILLIS + 7 * HOUR_MILLIS + 8 * MINUTE_MILLIS + 9_123;
        let cases = [
            ("yyyy/MM/dd", "2024/10/05", true),
            ("yyyy-MM-dd-HH", "2024-10-05-07", true),
            ("yyyyMMddHHmmss", "20241005070809", true),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2024-10-05T07:08:09.123", true),
            ("'day='dd', it''s 'yyyy'-'MM", "day=05, it's 2024-10", false),
            ("dd/MM/yyyy", "05/10/2024", false),
            ("yyyy/MM/yyyy-MM-dd", "2024/10/2024-10-05", true),
            ("yyyy-DDD", "2024-279", true),
            ("yyyy", "2024", true),
            ("yyyy-MM", "2024-10", true),
            ("uuuu-M-d", "2024-10-5", false),
            ("yy-MM-dd", "24-10-05", false),
            ("dd MMM yyyy", "05 Oct 2024", false),
            ("MMMM yyyy", "October 2024", false),
            ("yyyy'''MM", "2024'10", true),
        ];
        for (pattern, text, is_ordered) in cases {
            // An odd quote opens a text.
            let Ok(format) = DateFormat::parse(pattern) else {
                assert_eq!(pattern, "yyyy'''MM");
                continue;
            };
            assert_eq!(format.write(moment), text, "{pattern}");
            let read = format.read(text).expect(text);
            assert_eq!(format.write(read), text, "{pattern}");
            assert!(read <= moment, "{pattern}");
            assert_eq!(format.is_ordered, is_ordered, "{pattern}");
        }
    }

    #[test]
    fn catalog_refuses_other_dates_and_patterns() {
        let bad = [
            "",
            "'x'",
            "MM-dd",
            "yyyy-dd",
            "yyyy-MM-dd-mm",
            "YYYY-MM-dd",
            "yyyy'",
            "yyyy[MM]",
            "EEE",
            "MMMMM yyyy",
            "ddd",
            "hh",
        ];
        for pattern in bad {
            assert!(DateFormat::parse(pattern).is_err(), "{pattern}");
        }
        let cases = [
            ("yyyy/MM/dd", "2024/10/5"),
            ("yyyy/MM/dd", "2024/02/30"),
            ("yyyy/MM/dd", "2024/13/01"),
            ("yyyy/MM/dd", "2024/10/05/"),
            ("yyyy/MM/dd", "2024-10-05"),
            ("yyyy/MM/dd", ""),
            ("yyyy/MM/dd", "２024/10/05"),
            ("yyyy-DDD", "2023-366"),
            ("yyyy-DDD", "2023-000"),
            ("yyyy-MM-dd HH", "2023-01-01 24"),
            ("dd MMM yyyy", "05 oct 2024"),
        ];
        for (pattern, text) in cases {
            assert_eq!(DateFormat::parse(pattern).unwrap().read(text), None, "{pattern}: {text}");
        }
    }
}
