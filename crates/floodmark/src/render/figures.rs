//! Numbers and times for people.

use floodmark_formats::time::{DAY, MINUTE, Micros, iso};
use floodmark_investigate::{Names, Window};

use crate::report_text::{bytes, count};

/// What stands in the place of an amount that is not known.
pub(crate) const NONE: &str = "-";

/// An amount in its unit.
pub(crate) fn amount(amount: Option<f64>, unit: &str) -> String {
    let Some(amount) = amount else { return NONE.to_owned() };
    let sign = if amount < 0.0 { "-" } else { "" };
    let size = amount.abs();
    match unit {
        "bytes" => format!("{sign}{}", bytes(size.round() as u64)),
        "ms" => format!("{sign}{}", seconds(size / 1000.0)),
        "s" | "seconds" => format!("{sign}{}", seconds(size)),
        _ if size.fract() == 0.0 || size >= 1000.0 => {
            format!("{sign}{}", count(size.round() as u64))
        }
        _ if size >= 10.0 => format!("{amount:.1}"),
        _ if size >= 0.01 => format!("{amount:.3}"),
        _ => format!("{amount:.2e}"),
    }
}

/// An amount with its sign.
pub(crate) fn difference(difference: Option<f64>, unit: &str) -> String {
    let plus = if difference.is_some_and(|difference| difference > 0.0) { "+" } else { "" };
    format!("{plus}{}", amount(difference, unit))
}

/// A share as a percentage.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// A factor, with as many digits as say something.
pub(crate) fn factor(factor: f64) -> String {
    match factor {
        factor if !factor.is_finite() => NONE.to_owned(),
        factor if factor >= 100.0 => count(factor.round() as u64),
        factor if factor >= 10.0 => format!("{factor:.1}"),
        factor => format!("{factor:.2}"),
    }
}

/// A length of time.
fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole / 3600 % 24),
    }
}

/// A window as it is written for `--during`.
pub(crate) fn window(window: Window) -> String {
    let (start, end) = (moment(window.start), moment(window.end));
    if window.start.div_euclid(DAY) == window.end.div_euclid(DAY) {
        format!("{start}/{}", end.get(11..).unwrap_or(&end))
    } else {
        format!("{start}/{end}")
    }
}

/// A moment to the minute, or to the second where it has some.
pub(crate) fn moment(moment: Micros) -> String {
    let text = iso(moment);
    let end = if moment % MINUTE == 0 { 16 } else { 19 };
    text.get(..end).unwrap_or(&text).to_owned()
}

/// The time of day of a moment.
pub(crate) fn clock(at: Micros) -> String {
    moment(at).get(11..).unwrap_or_default().to_owned()
}

/// The values of a group, with the names of addresses.
pub(crate) fn named(values: &[Option<String>], names: &Names) -> Vec<String> {
    let shown = values.iter().map(|value| {
        let Some(value) = value.as_deref() else { return "NULL".to_owned() };
        match names.get(value) {
            Some(name) => format!("{value} ({name})"),
            None => value.to_owned(),
        }
    });
    shown.collect()
}
