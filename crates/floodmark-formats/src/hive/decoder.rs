//! From the bytes of an object of a user's table to rows in Arrow, with an account of every line.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};

use crate::account::{Account, Reason, Rejection};
use crate::decode::{ObjectFacts, rejection};
use crate::hive::batch::{Batch, Place, push_text, whole_columns};
use crate::hive::cells::Cells;
use crate::hive::column::Column;
use crate::hive::delimited::Delimited;
use crate::hive::hive_type::HiveType;
use crate::hive::pattern::{Matcher, Outcome};
use crate::hive::request::{HiveRequest, passes};
use crate::hive::serde::Serde;
use crate::hive::value::{Rules, scalar};
use crate::limits::{LINE_BYTES_MAX, REJECTIONS_KEPT_MAX};
use crate::text::Block;

/// Reads the lines of one object of a user's table.
///
/// Blocks of whole lines go in by [`feed`](HiveDecoder::feed), batches come out by [`next_batch`](HiveDecoder::next_batch),
/// and what became of the lines is in the [`account`](HiveDecoder::account).
#[derive(Debug)]
pub struct HiveDecoder {
    request: Arc<HiveRequest>,
    facts: Arc<ObjectFacts>,
    reader: Reader,
    cells: Cells,
    block: Block,
    /// Where in the block the next line begins.
    at: usize,
    /// Whether the first block is still to come.
    first: bool,
    /// The last lines so far, of which the footer consists if no other follows.
    footer: Vec<u8>,
    notes: Notes,
    /// Whether the caller takes the rejected lines in time, so that none is dropped.
    all_rejections: bool,
}

/// The first line for which Athena would have failed the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line's number in the inflated object, from 1.
    pub line: u64,
    /// Athena's code, such as `HIVE_CURSOR_ERROR`.
    pub code: &'static str,
    /// What Athena says.
    pub message: String,
}

/// What is written down of the lines that are read.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) account: Account,
    rejections: Vec<Rejection>,
    unmatched: Vec<Rejection>,
    pub(crate) failure: Option<Failure>,
}

/// What knows how the lines are written.
#[derive(Debug)]
enum Reader {
    Delimited(Delimited),
    Pattern(Box<Matcher>),
    /// Rows do not come as lines.
    Columns,
}

impl HiveDecoder {
    /// Begins an object.
    pub fn new(request: Arc<HiveRequest>, facts: Arc<ObjectFacts>) -> Self {
        let table = request.table();
        let reader = match &table.serde {
            Serde::Delimited(delimited) => Reader::Delimited(delimited.clone()),
            Serde::Regex(pattern) => Reader::Pattern(Box::new(Matcher::new(pattern))),
            Serde::Parquet => Reader::Columns,
        };
        Self {
            cells: Cells::new(table.columns.len(), request.wanted()),
            reader,
            request,
            facts,
            block: Block::new(Vec::new()),
            at: 0,
            first: true,
            footer: Vec::new(),
            notes: Notes::default(),
            all_rejections: false,
        }
    }

    /// Keeps every rejected line: the caller takes them by [`take_rejections`](HiveDecoder::take_rejections) after each batch.
    pub fn keep_all_rejections(mut self) -> Self {
        self.all_rejections = true;
        self
    }

    /// The rejected lines that were kept since the last call.
    pub fn take_rejections(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.notes.rejections)
    }

    /// The first lines that are rows of NULLs because they do not match the pattern, since the last call.
    pub fn take_unmatched(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.notes.unmatched)
    }

    /// The first line for which Athena would have failed the query; here it was rejected, or a value of it is NULL.
    pub fn failure(&self) -> Option<&Failure> {
        self.notes.failure.as_ref()
    }

    /// Takes the next block of whole lines; the last line of an object may lack its line end.
    ///
    /// The block before it must have been read to its end. It is given back, so that its memory can serve again.
    pub fn feed(&mut self, block: Block) -> Block {
        debug_assert!(self.at == self.block.bytes().len(), "the block before is read to its end");
        self.notes.account.not_utf8 += block.not_utf8();
        let block = self.without_footer(block);
        self.at = 0;
        if std::mem::take(&mut self.first) && block.bytes().starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        std::mem::replace(&mut self.block, block)
    }

    /// The next rows of the block, or None when it is read to its end.
    pub fn next_batch(&mut self) -> Option<RecordBatch> {
        let end = self.block.bytes().len();
        if self.at == end {
            return None;
        }
        let block = self.block.clone();
        let text = block.text();
        let request = Arc::clone(&self.request);
        let mut batch = Batch::new(&request, &self.facts, &block);
        while self.at < end && batch.rows() < request.rows_max {
            if self.all_rejections && self.notes.rejections.len() >= REJECTIONS_KEPT_MAX {
                break;
            }
            let (range, next) = line_at(text.as_bytes(), self.at);
            self.at = next;
            self.notes.account.lines += 1;
            let place = Place { range, number: self.notes.account.lines };
            if place.number <= request.table().header_lines {
                self.notes.account.headers += 1;
            } else if place.range.len() > LINE_BYTES_MAX {
                self.notes.reject(&place, Reason::TooLong, text);
            } else {
                self.reader.read(
                    &request,
                    text,
                    &place,
                    &mut self.cells,
                    &mut self.notes,
                    &mut batch,
                );
            }
        }
        Some(batch.finish())
    }

    /// Makes rows of values that are columns already, as in Parquet: for each column of the table its values, of the column's type.
    ///
    /// A column that the file lacks is NULL. Every value is a line of the account. Predicates are not tested.
    ///
    /// # Panics
    ///
    /// If the columns are not as many as the table's, not of the same length, or not of its types.
    pub fn columns(&mut self, columns: &[Option<ArrayRef>], rows: usize) -> RecordBatch {
        let request = Arc::clone(&self.request);
        assert_eq!(columns.len(), request.table().columns.len(), "one column of the file a column");
        let first = self.notes.account.lines + 1;
        self.notes.account.lines += rows as u64;
        self.notes.account.rows += rows as u64;
        whole_columns(&request, &self.facts, columns, rows, first)
    }

    /// Accounts for a line at whose middle the object ends because it is truncated or damaged, or that is too long to be kept.
    pub fn reject(&mut self, reason: Reason, text: &[u8]) {
        self.notes.account.lines += 1;
        let line = self.notes.account.lines;
        *self.notes.account.rejected.entry(reason).or_default() += 1;
        if self.all_rejections || self.notes.rejections.len() < REJECTIONS_KEPT_MAX {
            self.notes.rejections.push(rejection(line, reason, text));
        }
    }

    /// What is asked for.
    pub fn request(&self) -> &Arc<HiveRequest> {
        &self.request
    }

    /// What became of the lines so far.
    pub fn account(&self) -> &Account {
        &self.notes.account
    }

    /// The account and the rejected lines that were kept.
    ///
    /// The lines of a footer count as headers: they are no rows either.
    pub fn finish(mut self) -> (Account, Vec<Rejection>) {
        let footer = lines_of(&self.footer);
        self.notes.account.lines += footer;
        self.notes.account.headers += footer;
        (self.notes.account, self.notes.rejections)
    }

    /// The block with the lines before it that may have been the footer, and without those that may be it now.
    fn without_footer(&mut self, block: Block) -> Block {
        let footer_lines = self.request.table().footer_lines;
        if footer_lines == 0 {
            return block;
        }
        let mut text = std::mem::take(&mut self.footer);
        text.extend_from_slice(block.bytes());
        let mut starts: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            starts.push(at);
            at = line_at(&text, at).1;
        }
        let footer_lines = usize::try_from(footer_lines).unwrap_or(usize::MAX);
        let kept = starts.len().saturating_sub(footer_lines);
        let end = starts.get(kept).copied().unwrap_or(text.len());
        self.footer = text.split_off(end);
        Block::new(text)
    }
}

impl Notes {
    /// Notes a line that is no row.
    pub(crate) fn reject(&mut self, place: &Place, reason: Reason, block: &str) {
        *self.account.rejected.entry(reason).or_default() += 1;
        if self.rejections.len() < REJECTIONS_KEPT_MAX {
            let line = block[place.range.clone()].as_bytes();
            self.rejections.push(rejection(place.number, reason, line));
        }
    }

    /// Notes a line that is a row of NULLs.
    pub(crate) fn unmatched(&mut self, place: &Place, reason: Reason, block: &str) {
        self.account.unmatched += 1;
        self.account.gave_up += u64::from(reason == Reason::GaveUp);
        if self.unmatched.len() < REJECTIONS_KEPT_MAX {
            let line = block[place.range.clone()].as_bytes();
            self.unmatched.push(rejection(place.number, reason, line));
        }
    }

    /// Notes that Athena fails the query at a line.
    pub(crate) fn fail(
        &mut self,
        place: &Place,
        code: &'static str,
        message: impl FnOnce() -> String,
    ) {
        if self.failure.is_none() {
            self.failure = Some(Failure { line: place.number, code, message: message() });
        }
    }
}

impl Reader {
    fn read(
        &mut self,
        request: &HiveRequest,
        block: &str,
        place: &Place,
        cells: &mut Cells,
        notes: &mut Notes,
        batch: &mut Batch<'_>,
    ) {
        let line = &block[place.range.clone()];
        let start = place.range.start;
        let table = request.table();
        match self {
            Self::Delimited(delimited) => {
                if !cells.wanted().is_empty() {
                    delimited.read(line, start, table.columns.len(), cells);
                }
                notes.account.rows += 1;
                if delimited_passes(request, delimited, block, cells) {
                    batch.push(place, |at, column| {
                        push_delimited(
                            delimited,
                            &table.columns[at].hive_type,
                            cells,
                            at,
                            block,
                            column,
                        );
                    });
                }
            }
            Self::Pattern(matcher) => {
                notes.account.rows += 1;
                let reason = match matcher.read(line, start, cells) {
                    Outcome::Matched => {
                        if cells_pass(request, Rules::Java, block, cells) {
                            batch.push(place, |at, column| {
                                let hive_type = &table.columns[at].hive_type;
                                push_cell(hive_type, Rules::Java, cells, at, block, column);
                            });
                        }
                        return;
                    }
                    Outcome::Unmatched => Reason::Unmatched,
                    Outcome::GaveUp => Reason::GaveUp,
                };
                notes.unmatched(place, reason, block);
                if request.predicates.is_empty() {
                    batch.push_nulls(place);
                }
            }
            Self::Columns => notes.account.rows += 1,
        }
    }
}

/// Whether a row whose values are plain text may pass every predicate.
#[inline]
fn cells_pass(request: &HiveRequest, rules: Rules, block: &str, cells: &Cells) -> bool {
    request.predicates.iter().all(|predicate| {
        let hive_type = &request.table().columns[predicate.column].hive_type;
        let text = cells.text(predicate.column, block);
        let value = text.and_then(|text| scalar(hive_type, rules, Cow::Borrowed(text)));
        passes(&predicate.test, value.as_ref())
    })
}

#[inline]
fn delimited_passes(
    request: &HiveRequest,
    delimited: &Delimited,
    block: &str,
    cells: &Cells,
) -> bool {
    request.predicates.iter().all(|predicate| {
        let hive_type = &request.table().columns[predicate.column].hive_type;
        let value = cells.text(predicate.column, block).and_then(|text| {
            let text = if hive_type.is_text() { delimited.unescaped(text) } else { text.into() };
            scalar(hive_type, Rules::Lazy, text)
        });
        passes(&predicate.test, value.as_ref())
    })
}

/// Appends a value that is plain text.
#[inline]
fn push_cell(
    hive_type: &HiveType,
    rules: Rules,
    cells: &Cells,
    at: usize,
    block: &str,
    column: &mut Column,
) {
    match column {
        Column::Text(column) => push_text(column, hive_type, cells, at, block),
        Column::Values(values) => {
            let text = cells.text(at, block);
            values.push(text.and_then(|text| scalar(hive_type, rules, Cow::Borrowed(text))));
        }
    }
}

#[inline]
fn push_delimited(
    delimited: &Delimited,
    hive_type: &HiveType,
    cells: &Cells,
    at: usize,
    block: &str,
    column: &mut Column,
) {
    match column {
        Column::Text(column) => match cells.text(at, block).map(|text| delimited.unescaped(text)) {
            Some(Cow::Owned(text)) => {
                column.push_text(crate::hive::value::fitted(hive_type, &text))
            }
            _ => push_text(column, hive_type, cells, at, block),
        },
        Column::Values(values) => match cells.text(at, block) {
            Some(text) => delimited.push(values, hive_type, text, 1),
            None => values.push_null(),
        },
    }
}

/// The line that begins at `start`, without its end, and where the next one begins.
///
/// As in Hadoop, a carriage return alone ends a line too.
fn line_at(bytes: &[u8], start: usize) -> (Range<usize>, usize) {
    let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[start..]) else {
        return (start..bytes.len(), bytes.len());
    };
    let end = start + length;
    let both = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
    (start..end, end + 1 + usize::from(both))
}

fn lines_of(bytes: &[u8]) -> u64 {
    let (mut lines, mut at) = (0, 0);
    while at < bytes.len() {
        lines += 1;
        at = line_at(bytes, at).1;
    }
    lines
}
