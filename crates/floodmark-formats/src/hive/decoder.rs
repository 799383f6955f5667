//! From the bytes of an object of a user's table to rows in Arrow, with an account of every line.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};

use crate::account::{Account, Reason, Rejection};
use crate::decode::{ObjectFacts, rejection};
use crate::hive::batch::{Batch, Place, whole_columns};
use crate::hive::cells::Cells;
use crate::hive::json;
use crate::hive::reader::{Line, Reader, wanted};
use crate::hive::request::HiveRequest;
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
    /// Where in the block the next records of a document stand.
    records: VecDeque<Range<usize>>,
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

impl HiveDecoder {
    /// Begins an object.
    pub fn new(request: Arc<HiveRequest>, facts: Arc<ObjectFacts>) -> Self {
        let wanted = wanted(&request);
        Self {
            reader: Reader::new(&request.table().serde, &wanted),
            cells: Cells::new(request.table().columns.len(), wanted),
            request,
            facts,
            block: Block::new(Vec::new()),
            at: 0,
            records: VecDeque::new(),
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
        if self.at == end && self.records.is_empty() {
            return None;
        }
        let block = self.block.clone();
        let text = block.text();
        let request = Arc::clone(&self.request);
        let facts = Arc::clone(&self.facts);
        let mut batch = Batch::new(&request, &facts, &block);
        while batch.rows() < request.rows_max {
            if self.all_rejections && self.notes.rejections.len() >= REJECTIONS_KEPT_MAX {
                break;
            }
            let range = match self.records.pop_front() {
                Some(record) => record,
                None if self.at == end => break,
                None => {
                    let (range, next) = line_at(text.as_bytes(), self.at);
                    self.at = next;
                    if self.reader.reads_documents() {
                        self.read_document(text, range);
                        continue;
                    }
                    range
                }
            };
            self.notes.account.lines += 1;
            let place = Place { range, number: self.notes.account.lines };
            if place.number <= request.table().header_lines {
                self.notes.account.headers += 1;
            } else if place.range.len() > LINE_BYTES_MAX {
                self.notes.reject(&place, Reason::TooLong, text);
            } else {
                let line = Line { request: &request, block: text, place: &place };
                self.reader.read(&line, &mut self.cells, &mut self.notes, &mut batch);
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

    /// Finds the records of a document, each of which is a line of the account. A document without any is one header line.
    ///
    /// As in Athena a document that is none is passed over, and here it is rejected.
    fn read_document(&mut self, text: &str, range: Range<usize>) {
        let start = range.start;
        let document = text[range.clone()].trim_start();
        let start = start + (range.len() - document.len());
        let found = json::records(document);
        let reason = match found {
            Some(Some(records)) if !records.is_empty() => {
                let records = records.into_iter();
                self.records = records.map(|r| start + r.start..start + r.end).collect();
                return;
            }
            Some(Some(_)) => None,
            Some(None) => Some(Reason::Foreign),
            None if document.is_empty() => Some(Reason::Empty),
            None => Some(Reason::NotJson),
        };
        self.notes.account.lines += 1;
        let place = Place { range, number: self.notes.account.lines };
        match reason {
            Some(reason) => self.notes.reject(&place, reason, text),
            None => self.notes.account.headers += 1,
        }
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
