//! One object on its way from stored bytes to batches.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use datafusion::arrow::array::RecordBatch;
use floodmark_formats::decode::{Lines, Piece};
use floodmark_formats::hive::{HiveDecoder, HiveRequest, Serde};
use floodmark_formats::recognise::recognise;
use floodmark_formats::text::Block;
use floodmark_formats::{Decoder, LogType, ObjectFacts, Reason, Rejection, Request};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{BLOCK_BYTES, PARQUET_BYTES_MAX, RECOGNISE_BYTES};
use crate::report::Metrics;
use crate::scan::columns::Columns;
use crate::scan::inflate::{Compression, Inflater, WholeInflater};
use crate::store::Fetched;

/// What a partition keeps from one object to the next.
#[derive(Default)]
pub(crate) struct Memory {
    inflater: WholeInflater,
    /// Memory for the next object's text.
    text: Vec<u8>,
}

/// An object whose log type may still have to be found out.
pub(crate) struct Opening {
    pub(crate) facts: Arc<ObjectFacts>,
    pub(crate) fetched: Fetched,
    /// The log types that its name allows; empty if the name says nothing, None if nobody asks.
    pub(crate) candidates: Option<Vec<&'static LogType>>,
}

/// An object with the beginning of its text.
pub(crate) struct Opened {
    pub(crate) facts: Arc<ObjectFacts>,
    /// What it holds; None if that is no known log.
    pub(crate) log_type: Option<&'static LogType>,
    text: Text,
}

/// The text of an object, as far as it has been inflated.
enum Text {
    Whole(Vec<u8>),
    Pieces(Pieces),
    Columns(Columns),
}

struct Pieces {
    /// Stored bytes that have come and are not inflated.
    at_hand: Bytes,
    coming: Option<BoxStream<'static, Result<Bytes>>>,
    inflater: Inflater,
    /// Inflated bytes that have not been cut into lines.
    inflated: Vec<u8>,
    lines: Lines,
    end: End,
}

#[derive(PartialEq, Eq)]
enum End {
    NotYet,
    Whole,
    Damaged,
}

/// What makes rows of lines.
enum Reader {
    Log(Box<Decoder>),
    Table(Box<HiveDecoder>),
}

/// An object being read.
pub(crate) struct Reading {
    facts: Arc<ObjectFacts>,
    decoder: Option<Reader>,
    text: Option<Text>,
    /// What was cut into lines and not fed yet.
    pieces: std::vec::IntoIter<Piece>,
    metrics: Arc<Metrics>,
}

impl Opening {
    /// Inflates the beginning and finds out what log it is.
    pub(crate) async fn open(self, memory: &mut Memory, metrics: &Metrics) -> Result<Opened> {
        let (first, mut coming) = match self.fetched {
            Fetched::Whole(bytes) => (bytes, None),
            Fetched::Stream(mut stream) => match stream.next().await.transpose()? {
                Some(first) => (first, Some(stream)),
                None => (Bytes::new(), None),
            },
        };
        metrics.fetched(first.len() as u64);
        let compression = Compression::of(&first);
        if compression == Compression::Parquet {
            let bytes = match coming.take() {
                None => first,
                Some(stream) => collect(first, stream, &self.facts.path, metrics).await?,
            };
            let columns = Columns::open(bytes, &self.facts.path)?;
            let log_type =
                (self.candidates.as_ref()).and_then(|candidates| columns.log_type(candidates));
            return Ok(Opened { facts: self.facts, log_type, text: Text::Columns(columns) });
        }
        let mut inflated = std::mem::take(&mut memory.text);
        let whole = coming.is_none()
            && match compression {
                Compression::Gzip => memory.inflater.gzip(&first, &mut inflated).is_some(),
                Compression::Plain => {
                    inflated.clear();
                    inflated.extend_from_slice(&first);
                    true
                }
                _ => false,
            };
        if whole {
            metrics.inflated(inflated.len() as u64);
            let start = &inflated[..inflated.len().min(RECOGNISE_BYTES)];
            let log_type = told(start, start.len() == inflated.len(), self.candidates.as_deref());
            return Ok(Opened { facts: self.facts, log_type, text: Text::Whole(inflated) });
        }
        inflated.clear();
        let inflater = Inflater::new(compression).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("cannot inflate: {error}")).because(error)
        })?;
        let lines = Lines::default();
        let mut pieces =
            Pieces { at_hand: first, coming, inflater, inflated, lines, end: End::NotYet };
        while pieces.inflated.len() < RECOGNISE_BYTES && pieces.end == End::NotYet {
            pieces.inflate(RECOGNISE_BYTES, &self.facts.path, metrics).await?;
        }
        let log_type =
            told(&pieces.inflated, pieces.end != End::NotYet, self.candidates.as_deref());
        Ok(Opened { facts: self.facts, log_type, text: Text::Pieces(pieces) })
    }
}

/// The log type, by the name if that is enough, else by the content.
fn told(
    start: &[u8],
    whole: bool,
    candidates: Option<&[&'static LogType]>,
) -> Option<&'static LogType> {
    match candidates? {
        [only] => Some(only),
        candidates => recognise(start, whole, candidates),
    }
}

async fn collect(
    first: Bytes,
    mut stream: BoxStream<'static, Result<Bytes>>,
    path: &str,
    metrics: &Metrics,
) -> Result<Bytes> {
    let mut bytes = first.to_vec();
    while let Some(piece) = stream.next().await.transpose()? {
        metrics.fetched(piece.len() as u64);
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > PARQUET_BYTES_MAX {
            let message =
                format!("`{path}` is a Parquet object larger than {PARQUET_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::LimitReached, message));
        }
    }
    Ok(bytes.into())
}

impl Pieces {
    /// Inflates until there are some `enough` bytes more or the object ends.
    async fn inflate(&mut self, enough: usize, path: &str, metrics: &Metrics) -> Result<()> {
        /// How many stored bytes are inflated at a time: a small step bounds what one step can blow up to.
        const STEP: usize = 64 << 10;
        let before = self.inflated.len();
        while self.inflated.len() < before + enough && self.end == End::NotYet {
            if self.at_hand.is_empty() && !self.inflater.is_pending() {
                match &mut self.coming {
                    Some(stream) => match stream.next().await.transpose()? {
                        Some(piece) => {
                            metrics.fetched(piece.len() as u64);
                            self.at_hand = piece;
                            continue;
                        }
                        None => self.coming = None,
                    },
                    None => {
                        let finished = self.inflater.finish(&mut self.inflated);
                        self.end = End::Whole;
                        self.note(finished, path, metrics);
                    }
                }
                continue;
            }
            let step = self.at_hand.slice(..self.at_hand.len().min(STEP));
            match self.inflater.push(&step, &mut self.inflated) {
                Ok(taken) => self.at_hand.advance(taken),
                Err(error) => self.note(Err(error), path, metrics),
            }
        }
        metrics.inflated((self.inflated.len() - before) as u64);
        Ok(())
    }

    fn note(&mut self, result: std::io::Result<()>, path: &str, metrics: &Metrics) {
        if let Err(error) = result {
            self.end = End::Damaged;
            metrics.trouble(format!(
                "`{path}` is truncated or damaged ({error}); what stands before that was read"
            ));
        }
    }
}

impl Opened {
    /// Begins to read the rows that are asked for.
    pub(crate) fn read(self, request: &Arc<Request>, metrics: &Arc<Metrics>) -> Reading {
        let decoder = Decoder::new(Arc::clone(request), Arc::clone(&self.facts));
        self.reading(Reader::Log(Box::new(decoder)), metrics)
    }

    /// Begins to read the rows that are asked for, as a user's table reads them.
    pub(crate) fn read_table(
        mut self,
        request: &Arc<HiveRequest>,
        metrics: &Arc<Metrics>,
    ) -> Reading {
        if let (Text::Pieces(pieces), Serde::CloudTrail(_)) =
            (&mut self.text, &request.table().serde)
        {
            pieces.lines = Lines::of_documents();
        }
        let decoder = HiveDecoder::new(Arc::clone(request), Arc::clone(&self.facts));
        self.reading(Reader::Table(Box::new(decoder)), metrics)
    }

    fn reading(self, decoder: Reader, metrics: &Arc<Metrics>) -> Reading {
        Reading {
            decoder: Some(decoder),
            facts: self.facts,
            text: Some(self.text),
            pieces: Vec::new().into_iter(),
            metrics: Arc::clone(metrics),
        }
    }

    /// Gives the memory back without reading.
    pub(crate) fn pass_over(self, memory: &mut Memory) {
        if let Text::Whole(text) = self.text {
            memory.text = text;
        }
    }
}

impl Reader {
    fn next_batch(&mut self) -> Option<RecordBatch> {
        match self {
            Self::Log(decoder) => decoder.next_batch(),
            Self::Table(decoder) => decoder.next_batch(),
        }
    }

    fn feed(&mut self, block: Block) -> Block {
        match self {
            Self::Log(decoder) => decoder.feed(block),
            Self::Table(decoder) => decoder.feed(block),
        }
    }

    fn reject(&mut self, reason: Reason, start: &[u8]) {
        match self {
            Self::Log(decoder) => decoder.reject(reason, start),
            Self::Table(decoder) => decoder.reject(reason, start),
        }
    }

    fn take_rejections(&mut self) -> Vec<Rejection> {
        match self {
            Self::Log(decoder) => decoder.take_rejections(),
            Self::Table(decoder) => decoder.take_rejections(),
        }
    }
}

impl Reading {
    /// The next batch, or None at the object's end.
    pub(crate) async fn next(&mut self, memory: &mut Memory) -> Result<Option<RecordBatch>> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(None);
        };
        loop {
            if let Some(batch) = decoder.next_batch() {
                return Ok(Some(batch));
            }
            if let Some(piece) = self.pieces.next() {
                match piece {
                    Piece::Lines(lines) => {
                        decoder.feed(Block::new(lines));
                    }
                    Piece::Rejected(reason, start) => decoder.reject(reason, &start),
                }
                continue;
            }
            match self.text.take() {
                None => {
                    // The text is read: take its memory for the next object, if no batch points into it any more.
                    let text = decoder.feed(Block::new(Vec::new()));
                    if let Some(text) = text.into_vec() {
                        memory.text = text;
                    }
                    return Ok(None);
                }
                Some(Text::Whole(text)) => {
                    decoder.feed(Block::new(text));
                }
                Some(Text::Columns(mut columns)) => {
                    let rows = match decoder {
                        Reader::Log(decoder) => columns.next(decoder, &self.facts.path)?,
                        Reader::Table(decoder) => {
                            columns.next_of_table(decoder, &self.facts.path)?
                        }
                    };
                    if let Some(rows) = rows {
                        self.text = Some(Text::Columns(columns));
                        return Ok(Some(rows));
                    }
                }
                Some(Text::Pieces(mut pieces)) => {
                    if pieces.inflated.is_empty() {
                        pieces.inflate(BLOCK_BYTES, &self.facts.path, &self.metrics).await?;
                    }
                    let mut cut = pieces.lines.push(&std::mem::take(&mut pieces.inflated));
                    if pieces.end == End::NotYet {
                        self.text = Some(Text::Pieces(pieces));
                    } else {
                        cut.extend(pieces.lines.finish(pieces.end == End::Whole));
                    }
                    self.pieces = cut.into_iter();
                }
            }
        }
    }

    /// The same reading, which keeps every rejected line until it is taken.
    pub(crate) fn keep_all_rejections(mut self) -> Self {
        self.decoder = self.decoder.take().map(|reader| match reader {
            Reader::Log(decoder) => Reader::Log(Box::new(decoder.keep_all_rejections())),
            Reader::Table(decoder) => Reader::Table(Box::new(decoder.keep_all_rejections())),
        });
        self
    }

    /// The lines rejected since the last call.
    pub(crate) fn take_rejections(&mut self) -> Vec<Rejection> {
        self.decoder.as_mut().map(Reader::take_rejections).unwrap_or_default()
    }

    pub(crate) fn facts(&self) -> &Arc<ObjectFacts> {
        &self.facts
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        match self.decoder.take() {
            None => {}
            Some(Reader::Log(decoder)) => {
                let (account, rejections) = decoder.finish();
                self.metrics.read(&self.facts.path, &account, rejections);
            }
            Some(Reader::Table(mut decoder)) => {
                let path = &self.facts.path;
                self.metrics.unmatched(path, decoder.take_unmatched());
                if let Some(failure) = decoder.failure() {
                    self.metrics.trouble(format!(
                        "Athena fails at line {} of `{path}`: {}; here the line was rejected",
                        failure.line, failure.message
                    ));
                }
                let (account, rejections) = decoder.finish();
                self.metrics.read(path, &account, rejections);
            }
        }
    }
}
