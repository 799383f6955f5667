//! Rows as they come out of the logs: coded, kept within a budget, or a sample of them.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use floodmark_engine::dialect::identifier;
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::Micros;
use floodmark_who::Who;

use crate::codes::{Block, Texts};
use crate::column::{Cells, Chunk, Column, RowSet};
use crate::dictionary::{Dictionary, NULL, Numbers};
use crate::encode;
use crate::facts::Facts;
use crate::fields::{LogFields, MeasureOf, Shape, Source};
use crate::limits::{
    CHUNK_BYTES_MAX, CHUNK_ROWS_MAX, DICTIONARIES_SHARE_MAX, DICTIONARY_SHARE_MAX,
    ROWS_BEFORE_TEXT_MAX, SAMPLE_SHARE_MAX, VALUES_BYTES_MAX,
};

/// From which share of different values on a column is kept as text.
const TEXT_SHARE: f64 = 0.9;

/// How few rows are never made fewer.
const SAMPLE_ROWS: usize = 1000;

/// Codes rows.
#[derive(Debug)]
pub(crate) struct Builder {
    pub(crate) columns: Vec<Column>,
    /// Where the values of a column stand in batches; None if they follow from something else.
    places: Vec<Option<usize>>,
    /// Which columns must have codes.
    must_code: Vec<bool>,
    chunks: Vec<Chunk>,
    bytes_max: usize,
    /// Whether chunks are kept.
    pub(crate) keeps: bool,
    pub(crate) weight: u64,
    random: u64,
    rows_read: usize,
    pub(crate) span: Option<(Micros, Micros)>,
    waiting: Vec<RecordBatch>,
    /// How much text they hold.
    waiting_bytes: usize,
    threads: usize,
}

/// What is selected of a log, behind `event_time`: a column each.
pub(crate) fn selected(fields: &LogFields) -> Vec<String> {
    let own = fields.fields.iter().enumerate().filter_map(|(at, field)| {
        let sql = field.shown_sql();
        match field.source {
            Source::Column if sql == identifier(&field.name) => Some(sql),
            Source::Column | Source::Dimension => Some(format!("{sql} AS d{at}")),
            Source::EventTime | Source::Fact(..) => None,
        }
    });
    let measures =
        fields.measures.iter().enumerate().filter_map(|(at, measure)| match &measure.of {
            MeasureOf::Expression(sql) => Some(format!("{sql} AS m{at}")),
            MeasureOf::Records | MeasureOf::Field(_) => None,
        });
    own.chain(measures).collect()
}

impl Builder {
    /// Nothing is read yet. `must_code` names columns that must have codes.
    pub(crate) fn new(
        fields: &LogFields,
        who: &Arc<Who>,
        must_code: &[usize],
        bytes_max: usize,
        keeps: bool,
    ) -> Self {
        let (mut columns, mut places, mut next) = (Vec::new(), Vec::new(), 1);
        let mut place = || {
            next += 1;
            Some(next - 1)
        };
        let mut of_facts = Vec::new();
        for (at, field) in fields.fields.iter().enumerate() {
            let numbers = match field.shape {
                Shape::Real => Numbers::Real,
                _ if field.is_number() => Numbers::Double,
                _ => Numbers::None,
            };
            let (column, place) = match field.source {
                Source::EventTime => (Column::EventTime, None),
                Source::Column | Source::Dimension => {
                    (Column::Coded(Dictionary::new(numbers)), place())
                }
                Source::Fact(of, fact) => {
                    // A fact has codes as long as its addresses have.
                    if must_code.contains(&at) {
                        of_facts.push(of);
                    }
                    (Column::Fact(Facts::new(of, fact, Arc::clone(who))), None)
                }
            };
            columns.push(column);
            places.push(place);
        }
        for measure in &fields.measures {
            if matches!(measure.of, MeasureOf::Expression(_)) {
                columns.push(Column::Coded(Dictionary::new(Numbers::Double)));
                places.push(place());
            }
        }
        let is_must = |at: usize| must_code.contains(&at) || of_facts.contains(&at);
        Self {
            must_code: (0..columns.len()).map(is_must).collect(),
            columns,
            places,
            chunks: Vec::new(),
            bytes_max,
            keeps,
            weight: 1,
            // The same logs give the same sample.
            random: 0x9e37_79b9_7f4a_7c15,
            rows_read: 0,
            span: None,
            waiting: Vec::new(),
            waiting_bytes: 0,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// Takes rows. Gives whether there are enough for a chunk.
    pub(crate) fn take(&mut self, batch: RecordBatch) -> bool {
        self.waiting_bytes += encode::text_bytes(&batch);
        self.waiting.push(batch);
        let rows: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        rows >= CHUNK_ROWS_MAX || self.waiting_bytes >= CHUNK_BYTES_MAX
    }

    /// Codes the rows that wait; None if there are none.
    ///
    /// # Errors
    ///
    /// Those of coding; `LimitReached` if there are too many values in a column that must have codes.
    pub(crate) fn seal(&mut self) -> Result<Option<Chunk>> {
        let batches = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows == 0 {
            return Ok(None);
        }
        let times = encode::times(&batches)?;
        let cells = self.encode(&batches, rows)?;
        self.look_up()?;
        let chunk = Chunk::new(times, cells);
        self.rows_read += chunk.rows;
        if let Some((first, last)) = chunk.span {
            let (earliest, latest) = self.span.unwrap_or((first, last));
            self.span = Some((earliest.min(first), latest.max(last)));
        }
        Ok(Some(chunk))
    }

    /// Keeps a chunk, or a sample of it, and bounds what is kept. Gives whether columns lost their codes.
    ///
    /// # Errors
    ///
    /// Those of packing; `LimitReached` if there are too many values in a column that must have codes.
    pub(crate) fn keep(&mut self, chunk: Chunk) -> Result<bool> {
        if self.keeps {
            let mask = self.weight - 1;
            if mask == 0 {
                self.chunks.push(chunk);
            } else {
                let rows: Vec<u32> =
                    (0..chunk.rows as u32).filter(|_| self.draw() & mask == 0).collect();
                if !rows.is_empty() {
                    self.chunks.push(chunk.only(&rows)?);
                }
            }
        }
        let has_lost = self.bound_dictionaries()?;
        // What is a sample once leaves room for rows of less time, which may fit.
        let bytes_max = self.bytes_max;
        let most = |weight: u64| if weight == 1 { bytes_max } else { bytes_max / SAMPLE_SHARE_MAX };
        while self.keeps && self.bytes() > most(self.weight) {
            let rows: usize = self.chunks.iter().map(|chunk| chunk.rows).sum();
            if rows <= SAMPLE_ROWS {
                self.keeps = false;
                self.chunks.clear();
                break;
            }
            self.halve()?;
        }
        Ok(has_lost)
    }

    /// The rows that are kept; None if none are.
    pub(crate) fn finish(mut self) -> Option<RowSet> {
        if !self.keeps {
            return None;
        }
        for column in &mut self.columns {
            match column {
                Column::Coded(dictionary) => dictionary.finish(),
                Column::Fact(facts) => facts.dictionary.finish(),
                Column::EventTime | Column::Text | Column::LateFact(_) => {}
            }
        }
        let bytes = self.bytes();
        Some(RowSet {
            columns: self.columns,
            chunks: self.chunks,
            weight: self.weight as f64,
            span: self.span,
            bytes,
        })
    }

    fn encode(&mut self, batches: &[RecordBatch], rows: usize) -> Result<Vec<Cells>> {
        /// Fewer rows are coded faster than a thread is started.
        const ROWS_FOR_THREADS: usize = 8_192;
        let threads = if rows < ROWS_FOR_THREADS { 1 } else { self.threads };
        let mut cells: Vec<Cells> = self.columns.iter().map(|_| Cells::None).collect();
        let work = (self.columns.iter_mut().zip(&mut cells).zip(&self.places))
            .filter_map(|((column, cells), place)| Some((column, cells, (*place)?)));
        let work = Mutex::new(work.collect::<Vec<_>>().into_iter());
        let run = || -> Result<()> {
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((column, cells, place)) = next else { return Ok(()) };
                *cells = encode::cells(column, batches, place)?;
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let own = run();
            let others = others.into_iter().map(|other| {
                other.join().unwrap_or_else(|_| {
                    Err(Error::new(ErrorKind::Internal, "rows could not be coded"))
                })
            });
            others.fold(own, Result::and)
        })?;
        Ok(cells)
    }

    /// Looks up what is known of new addresses.
    fn look_up(&mut self) -> Result<()> {
        for at in 0..self.columns.len() {
            let (before, after) = self.columns.split_at_mut(at);
            if let Some(Column::Fact(facts)) = after.first_mut()
                && let Column::Coded(addresses) = &before[facts.of]
            {
                facts.update(addresses)?;
            }
        }
        Ok(())
    }

    fn bound_dictionaries(&mut self) -> Result<bool> {
        let mut has_lost = false;
        let most = self.bytes_max / DICTIONARY_SHARE_MAX;
        for at in 0..self.columns.len() {
            let Column::Coded(dictionary) = &self.columns[at] else { continue };
            let is_unique = self.rows_read >= ROWS_BEFORE_TEXT_MAX
                && dictionary.len() as f64 > TEXT_SHARE * self.rows_read as f64;
            if self.must_code[at] {
                if dictionary.is_full() || dictionary.bytes() > VALUES_BYTES_MAX {
                    let message = "there are too many different values to count them one by one";
                    return Err(Error::new(ErrorKind::LimitReached, message)
                        .hint("choose less time, another field, or ask in SQL"));
                }
            } else if is_unique || dictionary.bytes() > most || dictionary.is_full() {
                self.lose(at)?;
                has_lost = true;
            }
        }
        // Fewer rows would not make them smaller.
        let most = self.bytes_max / DICTIONARIES_SHARE_MAX;
        loop {
            let sizes = self.columns.iter().enumerate().filter_map(|(at, column)| match column {
                Column::Coded(dictionary) if !self.must_code[at] => Some((dictionary.bytes(), at)),
                _ => None,
            });
            let sizes: Vec<(usize, usize)> = sizes.collect();
            let all: usize = sizes.iter().map(|(bytes, _)| bytes).sum();
            match sizes.into_iter().max() {
                Some((_, largest)) if all > most => self.lose(largest)?,
                _ => return Ok(has_lost),
            }
            has_lost = true;
        }
    }

    /// Keeps a column as texts from now on.
    fn lose(&mut self, at: usize) -> Result<()> {
        let column = std::mem::replace(&mut self.columns[at], Column::Text);
        let Column::Coded(dictionary) = column else { return Ok(()) };
        for column in &mut self.columns {
            if let Column::Fact(facts) = column
                && facts.of == at
            {
                *column = Column::LateFact(facts.forgotten());
            }
        }
        for chunk in &mut self.chunks {
            let Cells::Codes(codes) = &chunk.cells[at] else { continue };
            let mut texts = Texts::default();
            for row in 0..chunk.rows {
                let code = codes.at(row);
                texts.push(if code == NULL { None } else { dictionary.get(code) });
            }
            chunk.cells[at] = Cells::Texts(Block::of(&texts)?);
        }
        Ok(())
    }

    fn halve(&mut self) -> Result<()> {
        self.weight *= 2;
        let chunks = std::mem::take(&mut self.chunks);
        for chunk in chunks {
            let rows: Vec<u32> = (0..chunk.rows as u32).filter(|_| self.draw() & 1 == 0).collect();
            if !rows.is_empty() {
                self.chunks.push(chunk.only(&rows)?);
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::bytes).sum();
        let columns = self.columns.iter().map(|column| match column {
            Column::EventTime | Column::Text | Column::LateFact(_) => 0,
            Column::Coded(dictionary) => dictionary.bytes(),
            Column::Fact(facts) => facts.dictionary.bytes() + facts.codes.len() * 4,
        });
        chunks + columns.sum::<usize>()
    }

    /// The next number of a fixed series (splitmix64).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) >> 11
    }
}
