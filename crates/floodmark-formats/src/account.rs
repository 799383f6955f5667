//! The account of an object: what became of each of its lines.

use std::collections::BTreeMap;
use std::fmt;

/// Why a line is not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The line is not of this log type: another log's line, or no log line at all.
    Foreign,
    /// The line has fewer fields than the oldest era of the format.
    TooFewFields,
    /// The line is not a JSON object.
    NotJson,
    /// A line without a header before it whose fields are not in the default order.
    UnknownOrder,
    /// The line is longer than [`LINE_BYTES_MAX`](crate::limits::LINE_BYTES_MAX).
    TooLong,
    /// The object ends in the middle of this line: it is truncated or damaged.
    CutShort,
    /// An empty line.
    Empty,
    /// The line does not match the pattern of a user's table: it is a row of NULLs, and not rejected.
    Unmatched,
    /// There are too many ways to match the line with the pattern of a user's table: it is a row of NULLs, and not rejected.
    GaveUp,
}

impl Reason {
    /// The reason in a few words, as the report and the table `rejected` show it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Foreign => "not a line of this log type",
            Self::TooFewFields => "too few fields",
            Self::NotJson => "not a JSON object",
            Self::UnknownOrder => "no header line, and not in the default order",
            Self::TooLong => "longer than 16 MiB",
            Self::CutShort => "cut short: the object is truncated or damaged",
            Self::Empty => "empty line",
            Self::Unmatched => "does not match the table's pattern: a row of NULLs",
            Self::GaveUp => "too costly to match with the table's pattern: a row of NULLs",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The line's number in the inflated object, from 1.
    pub line: u64,
    /// Why it is not a row.
    pub reason: Reason,
    /// The beginning of the line, at most [`REJECTION_TEXT_BYTES_MAX`](crate::limits::REJECTION_TEXT_BYTES_MAX) bytes.
    pub text: String,
}

/// What became of the lines of one object or of many: `lines = rows + headers + rejected`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Lines read.
    pub lines: u64,
    /// Lines that are rows, those included that a predicate dropped.
    pub rows: u64,
    /// Header lines.
    pub headers: u64,
    /// Lines that are no rows, by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// Rows of which the log itself says that records are missing around them (`SKIPDATA`).
    pub holes: u64,
    /// Lines with bytes that are not UTF-8; each is shown as U+FFFD.
    pub not_utf8: u64,
    /// Rows of a user's table that are all NULL because their line does not match its pattern or SerDe.
    pub unmatched: u64,
    /// Those of them whose line has too many ways to match to try them all.
    pub gave_up: u64,
}

impl Account {
    /// All rejected lines.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Whether every line is accounted for.
    pub fn adds_up(&self) -> bool {
        self.lines == self.rows + self.headers + self.rejected_total()
    }

    /// Adds the account of another object.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.rows += other.rows;
        self.headers += other.headers;
        self.holes += other.holes;
        self.not_utf8 += other.not_utf8;
        self.unmatched += other.unmatched;
        self.gave_up += other.gave_up;
        for (reason, count) in &other.rejected {
            *self.rejected.entry(*reason).or_default() += count;
        }
    }
}
