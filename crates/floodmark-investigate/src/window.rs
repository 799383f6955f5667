//! Windows of time: the one during which something happened, and those that it is compared with.

use std::fmt;

use floodmark_engine::{Error, Result};
use floodmark_formats::time::{self, DAY, HOUR, MINUTE, Micros, SECOND, iso};

/// A span of time in UTC: its start belongs to it, its end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first moment.
    pub start: Micros,
    /// The first moment after it.
    pub end: Micros,
}

/// What a window is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// The window of the same length just before.
    #[default]
    JustBefore,
    /// The same time of the day before.
    PreviousDay,
    /// The same time of the same day a week before.
    PreviousWeek,
    /// These windows together.
    Windows(Vec<Window>),
}

/// The longest window.
const LENGTH_MAX: Micros = 36_525 * DAY;

const MILLISECOND: Micros = SECOND / 1000;

const WRITTEN: &str = "write it as `2024-10-05T02:00/03:00`, `2024-10-05T02:00/2024-10-06T01:30`, \
`2024-10-05T02:00/90m`, or as a day or an hour: `2024-10-05`, `2024-10-05T02`; times are in UTC";

impl Window {
    /// Reads `START/END`, `START/TIME OF DAY`, `START/LENGTH` such as `90m`, or a day or an hour by itself. Times are in UTC.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is no window, and for one that ends before it starts.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::invalid_query(format!("`{text}` is no window of time")).hint(WRITTEN);
        let Some((start, end)) = text.trim().split_once('/') else {
            return whole(text.trim()).ok_or_else(wrong);
        };
        let start = moment(start).ok_or_else(wrong)?;
        let end = moment(end)
            .or_else(|| start.checked_add(length(end)?))
            .or_else(|| time_of_day(start, end))
            .ok_or_else(wrong)?;
        if end - start > LENGTH_MAX {
            let message = format!("the window `{text}` is longer than a hundred years");
            return Err(Error::invalid_query(message).hint(WRITTEN));
        }
        if end <= start {
            let message = format!("the window `{text}` ends before it starts");
            return Err(Error::invalid_query(message).hint(WRITTEN));
        }
        Ok(Self { start, end })
    }

    /// How long it is, in microseconds.
    pub fn length(self) -> Micros {
        self.end.saturating_sub(self.start)
    }

    /// The same window, earlier by so much.
    pub fn earlier(self, by: Micros) -> Self {
        Self { start: self.start.saturating_sub(by), end: self.end.saturating_sub(by) }
    }

    /// Whether a moment lies in it.
    pub fn contains(self, moment: Micros) -> bool {
        (self.start..self.end).contains(&moment)
    }

    /// Whether the two have a moment in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The condition in SQL that a time column lies in it.
    pub fn condition(self, column: &str) -> String {
        let (start, end) = (timestamp(self.start), timestamp(self.end));
        format!("{column} >= {start} AND {column} < {end}")
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", iso(self.start), iso(self.end))
    }
}

impl Before {
    /// Reads `previous-day`, `previous-week`, or a window as [`Window::parse`] does.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for anything else.
    pub fn parse(texts: &[String]) -> Result<Self> {
        match texts {
            [] => Ok(Self::JustBefore),
            [only] if only == "previous-day" => Ok(Self::PreviousDay),
            [only] if only == "previous-week" => Ok(Self::PreviousWeek),
            windows => windows
                .iter()
                .map(|text| Window::parse(text))
                .collect::<Result<_>>()
                .map(Self::Windows),
        }
    }

    /// The windows that `during` is compared with, the earliest first.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if one of them overlaps `during` or another one: rows would count twice.
    pub fn of(&self, during: Window) -> Result<Vec<Window>> {
        let mut windows = match self {
            Self::JustBefore => vec![during.earlier(during.length())],
            Self::PreviousDay => vec![during.earlier(DAY)],
            Self::PreviousWeek => vec![during.earlier(7 * DAY)],
            Self::Windows(windows) => windows.clone(),
        };
        windows.sort_unstable();
        let overlap = (windows.iter().zip(windows.iter().skip(1)))
            .find(|(first, second)| first.overlaps(**second))
            .map(|(first, second)| (*first, *second))
            .or_else(|| Some((*windows.iter().find(|window| window.overlaps(during))?, during)));
        match overlap {
            Some((first, second)) => {
                Err(Error::invalid_query(format!("the windows `{first}` and `{second}` overlap"))
                    .hint(
                        "what is compared must not be counted twice: name windows that are apart",
                    ))
            }
            None => Ok(windows),
        }
    }
}

/// The spans of time that windows cover together: those that touch are one.
pub fn covered(windows: &[Window]) -> Vec<Window> {
    let mut sorted = windows.to_vec();
    sorted.sort_unstable();
    let mut covered: Vec<Window> = Vec::new();
    for window in sorted {
        match covered.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => covered.push(window),
        }
    }
    covered
}

/// A moment as Athena's SQL writes it, to the microsecond where it has such.
pub fn timestamp(moment: Micros) -> String {
    let text = iso(moment).trim_end_matches('Z').replace('T', " ");
    let fraction = match moment.rem_euclid(SECOND) {
        0 => String::new(),
        micros if micros % MILLISECOND == 0 => format!(".{:03}", micros / MILLISECOND),
        micros => format!(".{micros:06}"),
    };
    format!("TIMESTAMP '{text}{fraction}'")
}

/// Reads a length of time: a number with `s`, `m`, `h`, `d` or `w`. In microseconds.
pub fn length(text: &str) -> Option<Micros> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let length = match unit {
        's' => SECOND,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    (number > 0).then_some(number)?.checked_mul(length)
}

/// A day, an hour or a minute by its name.
fn whole(text: &str) -> Option<Window> {
    let text = text.trim_end_matches('Z');
    if !matches!(text.len(), 10 | 13 | 16) {
        return None;
    }
    let range = time::prefix_range(text)?;
    Some(Window { start: *range.start(), end: *range.end() })
}

/// A moment: a date, or a date and a time of day.
fn moment(text: &str) -> Option<Micros> {
    let text = text.trim().trim_end_matches('Z');
    if !matches!(text.len(), 10 | 13 | 16 | 19..=26) {
        return None;
    }
    time::prefix_range(text).map(|range| *range.start())
}

/// The next such time of day after a moment.
fn time_of_day(start: Micros, text: &str) -> Option<Micros> {
    let text = text.trim().trim_end_matches('Z');
    let day = iso(start);
    let at = moment(&format!("{}T{text}", day.get(..10)?))?;
    Some(if at > start { at } else { at + DAY })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Window::parse(text).map_or_else(|error| error.to_string(), |window| window.to_string())
    }

    #[test]
    fn windows_are_read_as_people_write_them() {
        let hour = "2024-10-05T02:00:00Z/2024-10-05T03:00:00Z";
        for text in [
            "2024-10-05T02:00/03:00",
            "2024-10-05T02:00:00Z/03:00",
            "2024-10-05T02/1h",
            "2024-10-05T02:00/60m",
            "2024-10-05T02",
            "2024-10-05 02:00/2024-10-05 03:00",
        ] {
            assert_eq!(shown(text), hour, "{text}");
        }
        assert_eq!(shown("2024-10-05T23:30/00:30"), "2024-10-05T23:30:00Z/2024-10-06T00:30:00Z");
        assert_eq!(shown("2024-10-05"), "2024-10-05T00:00:00Z/2024-10-06T00:00:00Z");
        for text in
            ["", "/", "yesterday", "2024-13-05", "2024-10-05T02:00/0h", "2024-10-05T02:00/x"]
        {
            assert!(shown(text).contains("is no window"), "{text}: {}", shown(text));
        }
        assert!(shown("2024-10-05T02:00/2024-10-05T01:00").contains("ends before"));
    }

    #[test]
    fn conditions_are_written_to_the_microsecond() {
        let window = Window { start: 1_728_086_400_000_000, end: 1_728_086_400_123_456 };
        assert_eq!(
            window.condition("event_time"),
            "event_time >= TIMESTAMP '2024-10-05 00:00:00' \
             AND event_time < TIMESTAMP '2024-10-05 00:00:00.123456'"
        );
        assert_eq!(timestamp(1_728_086_400_050_000), "TIMESTAMP '2024-10-05 00:00:00.050'");
        assert_eq!(timestamp(-1), "TIMESTAMP '1969-12-31 23:59:59.999999'");
    }

    #[test]
    fn windows_that_overlap_are_refused() {
        let during = Window::parse("2024-10-05T02:00/03:00").expect("a window");
        let before = Before::parse(&["2024-10-05T01:30/02:30".to_owned()]).expect("a window");
        assert!(before.of(during).is_err());
        let before = Before::parse(&["previous-week".to_owned()]).expect("a week");
        assert_eq!(
            before.of(during).expect("it is apart")[0].to_string(),
            "2024-09-28T02:00:00Z/2024-09-28T03:00:00Z"
        );
    }
}
