//! What the properties of a table say about the values of its projected columns.

use std::collections::BTreeMap;

use floodmark_formats::time::{Micros, civil, days};

use crate::catalog::TableDefinition;
use crate::catalog::projection::candidates::{Candidates, Step};
use crate::catalog::projection::date_format::{
    DAY_MILLIS, DateFormat, HOUR_MILLIS, MINUTE_MILLIS, Millis, Precision, SECOND_MILLIS,
};

/// The properties of a table, with names in lower case.
pub(super) struct Properties(BTreeMap<String, String>);

/// The values of a projected column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    /// These.
    Enum(Vec<String>),
    /// Whole numbers.
    Integer { low: i64, high: i64, interval: i64, digits: usize },
    /// Moments.
    Date { low: Bound, high: Bound, step: Step, format: DateFormat },
    /// Those that the query names.
    Injected,
}

/// An end of a range of moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    At(Millis),
    /// So many steps after now.
    Now(i64, Unit),
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// So many months.
    Months(i64),
    /// So many milliseconds.
    Millis(Millis),
}

/// The units' names in lower case.
const UNITS: &[(&str, Unit)] = &[
    ("years", Unit::Months(12)),
    ("months", Unit::Months(1)),
    ("weeks", Unit::Millis(7 * DAY_MILLIS)),
    ("days", Unit::Millis(DAY_MILLIS)),
    ("hours", Unit::Millis(HOUR_MILLIS)),
    ("minutes", Unit::Millis(MINUTE_MILLIS)),
    ("seconds", Unit::Millis(SECOND_MILLIS)),
    ("millis", Unit::Millis(1)),
];

/// How many digits a number may be padded to.
const DIGITS_LARGEST: usize = 64;

/// The years that moments may lie in.
const YEARS: std::ops::RangeInclusive<i64> = 0..=9999;

impl Properties {
    pub(super) fn of(table: &TableDefinition) -> Self {
        let properties = table.properties.iter();
        Self(properties.map(|(name, value)| (name.to_lowercase(), value.clone())).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A property of a column.
    pub(super) fn column(&self, column: &str, name: &str) -> Option<&str> {
        self.get(&format!("projection.{}.{name}", column.to_lowercase()))
    }

    pub(super) fn is_enabled(&self) -> bool {
        let enabled = self.get("projection.enabled");
        enabled.is_some_and(|enabled| enabled.trim().eq_ignore_ascii_case("true"))
    }
}

impl Column {
    /// Reads a column's properties, or says what is wrong with them.
    pub(super) fn of(properties: &Properties, column: &str) -> Result<Self, String> {
        let get = |name| properties.column(column, name);
        let required = |name| {
            get(name)
                .ok_or_else(|| format!("Missing required property: 'projection.{column}.{name}'"))
        };
        let invalid = |name: &str, value: &str, expected: &str| {
            format!("Property 'projection.{column}.{name}' is '{value}', and has to be {expected}")
        };
        let positive = |name| {
            get(name)
                .map(|value| {
                    let number = value.trim().parse().ok().filter(|number: &i64| *number > 0);
                    number.ok_or_else(|| invalid(name, value, "a positive integer"))
                })
                .transpose()
        };
        match required("type")?.trim().to_lowercase().as_str() {
            "enum" => {
                // White space is a part of the values.
                let mut values: Vec<_> =
                    required("values")?.split(',').map(str::to_owned).collect();
                let mut seen = std::collections::HashSet::new();
                values.retain(|value| seen.insert(value.clone()));
                Ok(Self::Enum(values))
            }
            "integer" => {
                let range = required("range")?;
                let expected = "two integers, the smaller first, with a comma between them";
                let (low, high) = range
                    .split_once(',')
                    .and_then(|(low, high)| {
                        Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
                    })
                    .filter(|(low, high)| low <= high)
                    .ok_or_else(|| invalid("range", range, expected))?;
                let interval = positive("interval")?.unwrap_or(1);
                let digits = positive("digits")?.unwrap_or_default();
                let digits =
                    usize::try_from(digits).ok().filter(|digits| *digits <= DIGITS_LARGEST);
                let digits = digits.ok_or_else(|| {
                    invalid("digits", get("digits").unwrap_or_default(), "at most 64")
                })?;
                Ok(Self::Integer { low, high, interval, digits })
            }
            "date" => {
                let pattern = required("format")?;
                let format = DateFormat::parse(pattern).map_err(|reason| {
                    format!("Property 'projection.{column}.format' is '{pattern}': {reason}")
                })?;
                let range = required("range")?;
                let expected = format!(
                    "two dates as '{pattern}' or NOW, the earlier first, with a comma between them"
                );
                let (low, high) = range
                    .split_once(',')
                    .and_then(|(low, high)| {
                        Some((Bound::parse(low, &format)?, Bound::parse(high, &format)?))
                    })
                    .filter(
                        |bounds| !matches!(bounds, (Bound::At(low), Bound::At(high)) if low > high),
                    )
                    .ok_or_else(|| invalid("range", range, &expected))?;
                let unit = match get("interval.unit") {
                    Some(name) => {
                        let lower = name.trim().to_lowercase();
                        let unit = UNITS.iter().find(|(name, _)| *name == lower);
                        let names = UNITS.iter().map(|(name, _)| name.to_uppercase());
                        let names = names.collect::<Vec<_>>().join(", ");
                        unit.ok_or_else(|| {
                            invalid("interval.unit", name, &format!("one of {names}"))
                        })?
                        .1
                    }
                    None => match format.precision {
                        Precision::Month => Unit::Months(1),
                        Precision::Day => Unit::Millis(DAY_MILLIS),
                        _ => {
                            return Err(format!(
                                "Property 'projection.{column}.interval.unit' is required where '{pattern}' is not of the precision of a day or a month"
                            ));
                        }
                    },
                };
                let interval = positive("interval")?.unwrap_or(1);
                let step = unit.steps(interval).ok_or_else(|| {
                    invalid("interval", get("interval").unwrap_or_default(), "a smaller number")
                })?;
                Ok(Self::Date { low, high, step, format })
            }
            "injected" => Ok(Self::Injected),
            other => Err(invalid("type", other, "enum, integer, date or injected")),
        }
    }

    /// The values at a moment, or why they cannot be told.
    pub(super) fn candidates(&self, now: Micros) -> Result<Candidates, String> {
        Ok(match self {
            Self::Enum(values) => Candidates::of_texts(values.clone()),
            Self::Injected => Candidates::of_texts(Vec::new()),
            Self::Integer { low, high, interval, digits } => {
                Candidates::Integers { low: *low, high: *high, step: *interval, digits: *digits }
            }
            Self::Date { low, high, step, format } => {
                let now = now.div_euclid(1000);
                // As fine as the format: the day of now begins at midnight.
                let moment = |bound: &Bound| {
                    let moment = bound
                        .moment(now)
                        .filter(|moment| YEARS.contains(&civil(moment.div_euclid(DAY_MILLIS)).0));
                    let moment = moment.and_then(|moment| format.read(&format.write(moment)));
                    moment.ok_or_else(|| "Its range lies beyond the year 9999".to_owned())
                };
                Candidates::of_moments((moment(low)?, moment(high)?), *step, format.clone())
            }
        })
    }
}

impl Bound {
    fn parse(text: &str, format: &DateFormat) -> Option<Self> {
        let text = text.trim();
        if let Some(moment) = format.read(text) {
            return Some(Self::At(moment));
        }
        let upper = text.to_uppercase();
        let rest = upper.strip_prefix("NOW")?.trim_start();
        let (sign, rest) = match rest.as_bytes().first() {
            None => return Some(Self::Now(0, Unit::Millis(1))),
            Some(b'+') => (1, &rest[1..]),
            Some(b'-') => (-1, &rest[1..]),
            Some(_) => return None,
        };
        let rest = rest.trim_start();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let name = rest[digits..].trim().to_lowercase();
        let (_, unit) = UNITS.iter().find(|(unit, _)| {
            name == *unit || unit.strip_suffix('s').is_some_and(|singular| name == singular)
        })?;
        Some(Self::Now(sign * number, *unit))
    }

    fn moment(self, now: Millis) -> Option<Millis> {
        match self {
            Self::At(moment) => Some(moment),
            Self::Now(number, Unit::Months(months)) => {
                plus_months(now, number.checked_mul(months)?)
            }
            Self::Now(number, Unit::Millis(millis)) => now.checked_add(number.checked_mul(millis)?),
        }
    }
}

impl Unit {
    fn steps(self, interval: i64) -> Option<Step> {
        Some(match self {
            Self::Months(months) => Step::Months(months.checked_mul(interval)?),
            Self::Millis(millis) => Step::Millis(millis.checked_mul(interval)?),
        })
    }
}

/// The same day and time so many months later, or the last day of that month where it is shorter.
pub(super) fn plus_months(moment: Millis, months: i64) -> Option<Millis> {
    let (year, month, day) = civil(moment.div_euclid(DAY_MILLIS));
    let number = year.checked_mul(12)?.checked_add(month - 1)?.checked_add(months)?;
    let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
    if !(YEARS.start() - 1..=YEARS.end() + 1).contains(&year) {
        return None;
    }
    let date = (1..=day).rev().find_map(|day| days(year, month, day))?;
    Some(date * DAY_MILLIS + moment.rem_euclid(DAY_MILLIS))
}
