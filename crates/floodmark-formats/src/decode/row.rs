//! One line as a row: its written values, and what is made of them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};
use serde_json::value::RawValue;

use crate::column_type::ColumnType;
use crate::log_type::{Clock, Shape, Value};
use crate::predicate::{Predicate, Test};
use crate::table::{Source, Table};
use crate::time::{self, Micros};

/// A value as it stands in a line.
pub(crate) enum Written<'a> {
    /// A part of the block.
    Part(Range<usize>),
    /// Text that does not stand in the block as it is, such as a JSON string with escapes.
    Text(Cow<'a, str>),
}

impl Written<'_> {
    pub(crate) fn bytes<'b>(&'b self, block: &'b [u8]) -> &'b [u8] {
        match self {
            Self::Part(range) => &block[range.clone()],
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// A part of this value, by its place in it.
    fn part(self, range: Range<usize>) -> Self {
        match self {
            Self::Part(whole) => Self::Part(whole.start + range.start..whole.start + range.end),
            Self::Text(text) => Self::Text(Cow::Owned(text[range].to_owned())),
        }
    }
}

/// One line that is a row.
pub(crate) trait Row {
    /// The block that the line stands in.
    fn block(&self) -> &[u8];
    /// The value of a field, without the quotes that the column does not show; None if the line has none.
    fn written(&self, field: usize) -> Option<Written<'_>>;
    /// The value of a field as JSON, where the line is JSON.
    fn json(&self, field: usize) -> Option<&RawValue>;
    /// What the line holds beyond the fields that are known.
    fn trailing(&self) -> Option<Written<'_>>;
    /// Where the line stands in the block, without its end; None if it is no line of text.
    fn range(&self) -> Option<Range<usize>>;
    /// The line's number, from 1.
    fn number(&self) -> u64;
}

/// What is done with each row of a request, with the names resolved.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) table: Arc<Table>,
    pub(crate) columns: Vec<(Source, ColumnType)>,
    pub(crate) event_time: Vec<ClockPlan>,
    pub(crate) event_end: Vec<ClockPlan>,
    pub(crate) marks: Vec<(usize, Shape)>,
    pub(crate) hole: Option<(usize, &'static [u8])>,
    predicates: Vec<(Source, ColumnType, Test)>,
}

/// A clock with the positions of the fields that it reads.
#[derive(Debug)]
pub(crate) struct ClockPlan {
    clock: Clock,
    first: usize,
    second: usize,
}

impl Plan {
    pub(crate) fn new(table: &Arc<Table>, columns: &[usize], predicates: Vec<Predicate>) -> Self {
        let of = |column: usize| {
            let column = &table.columns[column];
            (column.source, column.column.column_type)
        };
        let clocks = |clocks: &'static [Clock]| {
            clocks.iter().map(|clock| ClockPlan::new(*clock, table)).collect()
        };
        let log_type = table.log_type;
        Self {
            table: Arc::clone(table),
            columns: columns.iter().map(|column| of(*column)).collect(),
            event_time: clocks(log_type.event_time),
            event_end: clocks(log_type.event_end),
            marks: (log_type.marks.iter())
                .map(|mark| (table.field_of(mark.column), mark.shape))
                .collect(),
            hole: log_type.hole.map(|(column, value)| (table.field_of(column), value.as_bytes())),
            predicates: predicates
                .into_iter()
                .map(|predicate| {
                    let (source, column_type) = of(predicate.column);
                    (source, column_type, predicate.test)
                })
                .collect(),
        }
    }

    /// Whether the value of a field is needed.
    pub(crate) fn needs(&self, field: usize) -> bool {
        let sources = (self.columns.iter().map(|(source, _)| *source))
            .chain(self.predicates.iter().map(|(source, ..)| *source));
        let reads = |clocks: &[ClockPlan]| {
            clocks.iter().any(|clock| clock.first == field || clock.second == field)
        };
        self.hole.is_some_and(|(hole, _)| hole == field)
            || sources.into_iter().any(|source| match source {
                Source::Field(other, _) => other == field,
                Source::EventTime => reads(&self.event_time),
                Source::EventEnd => reads(&self.event_end),
                _ => false,
            })
    }

    /// Whether the row may pass every predicate.
    #[inline]
    pub(crate) fn passes(&self, row: &impl Row) -> bool {
        self.predicates.iter().all(|(source, column_type, test)| match source {
            Source::Field(field, part) => {
                let Some(value) = self.value(row, *field, *part) else {
                    return false;
                };
                let bytes = value.bytes(row.block());
                match column_type {
                    ColumnType::String => test.text(bytes),
                    ColumnType::Int => {
                        integer(bytes).filter(is_int).is_some_and(|value| test.number(value))
                    }
                    ColumnType::BigInt => integer(bytes).is_some_and(|value| test.number(value)),
                    ColumnType::Date => {
                        time::date(bytes).is_some_and(|days| test.number(i64::from(days)))
                    }
                    _ => true,
                }
            }
            Source::EventTime => {
                self.moment(row, &self.event_time).is_some_and(|time| test.time(time))
            }
            Source::EventEnd => {
                self.moment(row, &self.event_end).is_some_and(|time| test.time(time))
            }
            _ => true,
        })
    }

    /// The value of one part of a field.
    #[inline]
    pub(crate) fn value<'a>(
        &self,
        row: &'a impl Row,
        field: usize,
        part: usize,
    ) -> Option<Written<'a>> {
        let written = row.written(field)?;
        match self.table.field(field).value {
            Value::One(_) => Some(written),
            Value::AddressAndPort(..) => {
                let range = address_and_port(written.bytes(row.block()), part);
                Some(written.part(range))
            }
            Value::Request(..) => {
                let range = request_line(written.bytes(row.block()), part)?;
                Some(written.part(range))
            }
        }
    }

    /// The first of these clocks that has a value.
    pub(crate) fn moment(&self, row: &impl Row, clocks: &[ClockPlan]) -> Option<Micros> {
        clocks.iter().find_map(|plan| {
            let first = row.written(plan.first)?;
            let first = first.bytes(row.block());
            match plan.clock {
                Clock::Iso(_) => time::timestamp(first),
                Clock::EpochSeconds(_) => time::epoch_seconds(first),
                Clock::EpochMillis(_) => time::epoch_millis(first),
                Clock::CommonLog(_) => time::common_log(first),
                Clock::IsoLess(..) => {
                    let duration = row.written(plan.second)?;
                    let millis = integer(duration.bytes(row.block()))?;
                    time::timestamp(first)?.checked_sub(millis.checked_mul(1000)?)
                }
                Clock::DateAndTime(..) => {
                    let clock = row.written(plan.second)?;
                    let clock = time::clock(clock.bytes(row.block()))?;
                    Some(i64::from(time::date(first)?) * time::DAY + clock)
                }
            }
        })
    }
}

impl ClockPlan {
    fn new(clock: Clock, table: &Table) -> Self {
        let mut fields = clock.columns().map(|column| table.field_of(column));
        let first = fields.next().expect("a clock reads at least one column");
        Self { clock, first, second: fields.next().unwrap_or(first) }
    }
}

fn is_int(value: &i64) -> bool {
    i32::try_from(*value).is_ok()
}

/// A whole number as Java's `parseLong` reads it: digits with at most one sign before them.
#[inline]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A decimal number. `NaN` and infinities are none: no log writes them, but a client may, and they would spoil every sum.
pub(crate) fn decimal<T: std::str::FromStr + Into<f64> + Copy>(text: &[u8]) -> Option<T> {
    let number: T = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.into().is_finite().then_some(number)
}

/// Where the address (part 0), without brackets, or the port (part 1) stands. A lone `-` has an empty address and an empty port.
fn address_and_port(text: &[u8], part: usize) -> Range<usize> {
    let split = match memrchr(b':', text) {
        Some(colon) => colon,
        None if text == b"-" => 0,
        None => text.len(),
    };
    if part == 1 {
        return (split + 1).min(text.len())..text.len();
    }
    match text[..split] {
        [b'[', .., b']'] => 1..split - 1,
        _ => 0..split,
    }
}

/// Where the method (part 0), the URL (1) or the version (2) stands.
///
/// The method ends at the first blank, the version begins after the last one. With one blank there is no version, with none
/// neither version nor URL. A Classic Load Balancer's TCP connection has `- - - `, which Athena reads as `-`, `-` and `- `.
fn request_line(text: &[u8], part: usize) -> Option<Range<usize>> {
    if text == b"- - - " {
        return Some([0..1, 2..3, 4..6][part].clone());
    }
    let first = memchr(b' ', text);
    let last = memrchr(b' ', text);
    match (part, first, last) {
        (0, None, _) => Some(0..text.len()),
        (0, Some(first), _) => Some(0..first),
        (1, Some(first), Some(last)) if first < last => Some(first + 1..last),
        (1, Some(first), _) => Some(first + 1..text.len()),
        (2, Some(first), Some(last)) if first < last => Some(last + 1..text.len()),
        _ => None,
    }
}

/// Whether a value looks like this.
pub(crate) fn has_shape(shape: Shape, text: &[u8]) -> bool {
    match shape {
        Shape::Present => true,
        // The positions of the separators tell enough, and are quick to test.
        Shape::Iso => {
            text.len() >= 19
                && text[4] == b'-'
                && text[7] == b'-'
                && text[10] == b'T'
                && text[13] == b':'
                && text[0].is_ascii_digit()
        }
        Shape::Date => time::date(text).is_some(),
        Shape::Clock => time::clock(text).is_some(),
        Shape::CommonLog => time::common_log(text).is_some(),
        Shape::Digits => text == b"-" || (!text.is_empty() && text.iter().all(u8::is_ascii_digit)),
        Shape::Decimal => time::epoch_seconds(text).is_some(),
        Shape::Address => {
            text == b"-"
                || (text.len() <= 45
                    && text.iter().any(|byte| matches!(byte, b'.' | b':'))
                    && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':')))
        }
        Shape::StartsWith(starts) => starts.iter().any(|start| text.starts_with(start.as_bytes())),
        Shape::OneOf(values) => values.iter().any(|value| text == value.as_bytes()),
        Shape::EventType(event_type) => {
            crate::decode::json::member(text, "event_type").is_some_and(|found| found == event_type)
        }
    }
}
