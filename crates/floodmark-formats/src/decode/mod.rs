//! From the bytes of an object to rows in Arrow, with an account of every line.

mod batch;
mod columns;
pub(crate) mod delimiters;
mod json;
mod nested;
pub(crate) mod row;
mod words;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringViewArray};
use arrow_schema::{Schema, SchemaRef};
use memchr::memchr;

use crate::account::{Account, Reason, Rejection};
use crate::decode::batch::Batch;
use crate::decode::row::Plan;
use crate::decode::words::Words;
use crate::key::KeyFacts;
use crate::limits::{
    DOCUMENT_BYTES_MAX, LINE_BYTES_MAX, REJECTION_TEXT_BYTES_MAX, REJECTIONS_KEPT_MAX,
};
use crate::log_type::Encoding;
use crate::predicate::Predicate;
use crate::table::Table;
use crate::text::Block;
use crate::time::Micros;

/// Which rows and columns of a table are wanted.
#[derive(Debug)]
pub struct Request {
    table: Arc<Table>,
    schema: SchemaRef,
    plan: Plan,
    rows_max: usize,
}

/// What is known of an object besides its bytes.
#[derive(Clone, Debug, Default)]
pub struct ObjectFacts {
    /// Where it lies, as the user would write it.
    pub path: String,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<Micros>,
    /// What its key says.
    pub key: KeyFacts,
}

/// Reads the lines of one object.
///
/// Blocks of whole lines go in by [`feed`](Decoder::feed), batches come out by [`next_batch`](Decoder::next_batch),
/// and what became of the lines is in the [`account`](Decoder::account).
#[derive(Debug)]
pub struct Decoder {
    request: Arc<Request>,
    facts: Arc<ObjectFacts>,
    /// How lines are written that are no JSON, where the log has such lines.
    words: Option<Words>,
    block: Block,
    /// Where in the block the next line begins.
    at: usize,
    account: Account,
    rejections: Vec<Rejection>,
    /// Whether the caller takes the rejected lines in time, so that none is dropped.
    all_rejections: bool,
}

/// What a line turned out to be.
enum Line {
    /// A row; it stands in the batch if it passes the predicates.
    Row,
    Header,
    Rejected(Reason),
}

impl Request {
    /// Asks for columns of a table by their positions, in this order, in batches of at most `rows_max` rows.
    ///
    /// Rows that a predicate excludes are left out; the account counts them as rows all the same.
    pub fn new(
        table: &Arc<Table>,
        columns: &[usize],
        predicates: Vec<Predicate>,
        rows_max: usize,
    ) -> Self {
        let fields: Vec<_> =
            columns.iter().map(|column| Arc::clone(&table.schema.fields()[*column])).collect();
        Self {
            table: Arc::clone(table),
            schema: Arc::new(Schema::new(fields)),
            plan: Plan::new(table, columns, predicates),
            rows_max,
        }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether the value of a field is needed for the columns or the predicates.
    pub fn needs(&self, field: usize) -> bool {
        self.plan.needs(field)
    }

    /// The table that is asked.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }
}

impl Decoder {
    /// Begins an object.
    pub fn new(request: Arc<Request>, facts: Arc<ObjectFacts>) -> Self {
        let words = match request.table.log_type.encoding {
            Encoding::Words { separators, quotes, header } => {
                Some(Words::new(&request.table, separators, quotes, header))
            }
            Encoding::Json => None,
        };
        Self {
            request,
            facts,
            words,
            block: Block::new(Vec::new()),
            at: 0,
            account: Account::default(),
            rejections: Vec::new(),
            all_rejections: false,
        }
    }

    /// Keeps every rejected line: the caller takes them by [`take_rejections`](Decoder::take_rejections) after each batch.
    pub fn keep_all_rejections(mut self) -> Self {
        self.all_rejections = true;
        self
    }

    /// The rejected lines that were kept since the last call.
    pub fn take_rejections(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.rejections)
    }

    /// Takes the next block of whole lines; the last line of an object may lack its line end.
    ///
    /// The block before it must have been read to its end. It is given back, so that its memory can serve again.
    pub fn feed(&mut self, block: Block) -> Block {
        debug_assert!(self.at == self.block.bytes().len(), "the block before is read to its end");
        self.account.not_utf8 += block.not_utf8();
        self.at = 0;
        std::mem::replace(&mut self.block, block)
    }

    /// The next rows of the block, or None when it is read to its end.
    pub fn next_batch(&mut self) -> Option<RecordBatch> {
        let end = self.block.bytes().len();
        if self.at == end {
            return None;
        }
        let block = self.block.clone();
        let bytes = block.bytes();
        let request = Arc::clone(&self.request);
        let mut batch = Batch::new(&request.plan, &self.facts, &block, request.rows_max);
        while self.at < end && batch.rows() < request.rows_max {
            if self.all_rejections && self.rejections.len() >= REJECTIONS_KEPT_MAX {
                break;
            }
            let start = self.at;
            self.account.lines += 1;
            let number = self.account.lines;
            let account = &mut self.account;
            // CloudFront and the load balancers write either words or JSON; no line of words begins with a brace.
            let (line, next) = match &mut self.words {
                Some(words) if bytes[start] != b'{' => {
                    words.read(&request, bytes, start, number, account, &mut batch)
                }
                _ => json::read(&request, bytes, start, number, account, &mut batch),
            };
            self.at = next;
            match line {
                Line::Row => self.account.rows += 1,
                Line::Header => self.account.headers += 1,
                Line::Rejected(reason) => {
                    *self.account.rejected.entry(reason).or_default() += 1;
                    if self.rejections.len() < REJECTIONS_KEPT_MAX {
                        let rejection = rejection(self.account.lines, reason, &bytes[start..next]);
                        self.rejections.push(rejection);
                    }
                }
            }
        }
        Some(batch.finish(&request.schema))
    }

    /// Makes rows of values that are columns already, as in Parquet: for each field of the declaration its values as text.
    ///
    /// Every value is a line of the account.
    ///
    /// # Panics
    ///
    /// If the columns are not as many as the log type's fields, or not of the same length.
    pub fn columns(&mut self, columns: &[Option<StringViewArray>], rows: usize) -> RecordBatch {
        let request = Arc::clone(&self.request);
        assert_eq!(columns.len(), request.table.log_type.fields.len(), "one column a field");
        let block = Block::new(Vec::new());
        let mut batch = Batch::new(&request.plan, &self.facts, &block, rows);
        for at in 0..rows {
            self.account.lines += 1;
            self.account.rows += 1;
            columns::read(&request, columns, at, self.account.lines, &mut self.account, &mut batch);
        }
        batch.finish(&request.schema)
    }

    /// Accounts for a line at whose middle the object ends because it is truncated or damaged, or that is too long to be kept.
    pub fn reject(&mut self, reason: Reason, text: &[u8]) {
        self.account.lines += 1;
        *self.account.rejected.entry(reason).or_default() += 1;
        if self.all_rejections || self.rejections.len() < REJECTIONS_KEPT_MAX {
            self.rejections.push(rejection(self.account.lines, reason, text));
        }
    }

    /// What is asked for.
    pub fn request(&self) -> &Arc<Request> {
        &self.request
    }

    /// What became of the lines so far.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The account and the rejected lines that were kept.
    pub fn finish(self) -> (Account, Vec<Rejection>) {
        (self.account, self.rejections)
    }

    /// Whether a header line told the order of the fields.
    pub(crate) fn header_told(&self) -> bool {
        self.words.as_ref().is_some_and(Words::header_told)
    }

    /// How many names of the header line the log type does not know.
    pub(crate) fn header_names_unknown(&self) -> usize {
        self.words.as_ref().map_or(0, Words::names_unknown)
    }
}

pub(crate) fn rejection(line: u64, reason: Reason, text: &[u8]) -> Rejection {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let kept = &text[..text.len().min(REJECTION_TEXT_BYTES_MAX)];
    Rejection { line, reason, text: String::from_utf8_lossy(kept).into_owned() }
}

/// The line that begins at `start`, without its end, and where the next one begins.
fn line_at(bytes: &[u8], start: usize) -> (Range<usize>, usize) {
    match memchr(b'\n', &bytes[start..]) {
        Some(length) => (start..without_return(bytes, start, start + length), start + length + 1),
        None => (start..without_return(bytes, start, bytes.len()), bytes.len()),
    }
}

/// The end of a line without the carriage return that some tools add.
fn without_return(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

/// Cuts inflated bytes, which come in pieces of any size, into blocks of whole lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// Whether the line at hand is longer than is kept, and is passed over to its end.
    too_long: bool,
    /// Whether the object is one document, whose line may be longer than others.
    document: bool,
}

/// What [`Lines`] gives.
#[derive(Debug)]
pub enum Piece {
    /// A block of whole lines.
    Lines(Vec<u8>),
    /// The beginning of a line that cannot be read, to be given to [`Decoder::reject`].
    Rejected(Reason, Vec<u8>),
}

impl Lines {
    /// Cuts an object whose lines are whole documents, as CloudTrail's are: up to
    /// [`DOCUMENT_BYTES_MAX`](crate::limits::DOCUMENT_BYTES_MAX) bytes of a line are kept.
    pub fn of_documents() -> Self {
        Self { document: true, ..Self::default() }
    }

    /// Takes a piece and gives the lines that end in it, together with what came before.
    pub fn push(&mut self, mut piece: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if self.too_long {
            let Some(end) = memchr(b'\n', piece) else {
                return pieces;
            };
            self.too_long = false;
            piece = &piece[end + 1..];
        }
        if let Some(end) = memchr::memrchr(b'\n', piece) {
            let mut block = std::mem::take(&mut self.rest);
            block.extend_from_slice(&piece[..=end]);
            pieces.push(Piece::Lines(block));
            piece = &piece[end + 1..];
        }
        self.rest.extend_from_slice(piece);
        let longest = if self.document { DOCUMENT_BYTES_MAX } else { LINE_BYTES_MAX };
        if self.rest.len() > longest {
            self.too_long = true;
            let mut start = std::mem::take(&mut self.rest);
            start.truncate(REJECTION_TEXT_BYTES_MAX);
            pieces.push(Piece::Rejected(Reason::TooLong, start));
        }
        pieces
    }

    /// The last line, if it has no line end. `whole` says whether the object ends here, or only what could be read of it.
    pub fn finish(self, whole: bool) -> Option<Piece> {
        (!self.rest.is_empty()).then_some(if whole {
            Piece::Lines(self.rest)
        } else {
            Piece::Rejected(Reason::CutShort, self.rest)
        })
    }
}
