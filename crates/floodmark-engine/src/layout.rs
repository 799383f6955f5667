//! How the folders of a log name their days.

use floodmark_formats::time::days;

/// How folders name a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayFolders {
    /// `2024/10/05`
    Plain,
    /// `year=2024/month=10/day=05`
    Hive,
}

/// Where in a path the folders of a day stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout<'p> {
    /// What stands above the folder of the year, without a `/` at its end.
    pub(crate) above: &'p str,
    /// How the day is written.
    pub(crate) form: DayFolders,
    /// The year, the month and the day.
    pub(crate) day: [&'p str; 3],
}

/// The folders of a day in the path of an object, those nearest to its name.
pub(crate) fn layout(path: &str) -> Option<Layout<'_>> {
    let (folder, _) = path.rsplit_once('/')?;
    let mut starts = vec![0];
    starts.extend(folder.match_indices('/').map(|(at, _)| at + 1));
    let part = |at: usize| folder[starts[at]..].split('/').next().unwrap_or_default();
    for first in (0..starts.len().saturating_sub(2)).rev() {
        let parts = [part(first), part(first + 1), part(first + 2)];
        let above = folder[..starts[first]].trim_end_matches('/');
        if let Some(day) = day(parts) {
            return Some(Layout { above, form: DayFolders::Plain, day });
        }
        let hive = ["year=", "month=", "day="];
        let values = [0, 1, 2].map(|at| parts[at].strip_prefix(hive[at]).unwrap_or_default());
        if let Some(day) = day(values) {
            return Some(Layout { above, form: DayFolders::Hive, day });
        }
    }
    None
}

fn day(parts: [&str; 3]) -> Option<[&str; 3]> {
    let number = |text: &str, length: usize| {
        let digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| digits)
    };
    let (year, month, day) = (number(parts[0], 4)?, number(parts[1], 2)?, number(parts[2], 2)?);
    days(year, month, day).map(|_| parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_a_day_are_found() {
        let found = |path| layout(path).map(|found| (found.above, found.form, found.day.join("")));
        let day = || "20241005".to_owned();
        for (path, expected) in [
            ("s3://b/AWSLogs/1/x/2024/10/05/o.gz", Some(("s3://b/AWSLogs/1/x", DayFolders::Plain))),
            ("b/2024/10/05/07/o", Some(("b", DayFolders::Plain))),
            ("b/year=2024/month=10/day=05/hour=07/o", Some(("b", DayFolders::Hive))),
            ("2024/10/05/o", Some(("", DayFolders::Plain))),
            ("b/2024/13/05/o", None),
            ("b/2024/10/o", None),
            ("o", None),
        ] {
            let expected = expected.map(|(above, form)| (above, form, day()));
            assert_eq!(found(path), expected, "{path}");
        }
    }
}
