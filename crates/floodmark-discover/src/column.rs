//! Rows as they are kept: chunks of codes, and what the codes stand for.

use floodmark_engine::Result;
use floodmark_formats::time::{DAY, HOUR, MINUTE, SECOND};
use floodmark_formats::time::{Micros, civil};

use crate::codes::{Block, Codes, Texts};
use crate::dictionary::{Dictionary, NULL, NULL_HASH, hash_of, number_of};
use crate::facts::Facts;

/// The time of a row that has none.
pub(crate) const UNDATED: Micros = Micros::MIN;

/// What the values of a column are kept as.
#[derive(Debug)]
pub(crate) enum Column {
    /// As the times of the rows, which every chunk has.
    EventTime,
    /// As codes.
    Coded(Dictionary),
    /// As texts: there are too many different ones.
    Text,
    /// They follow from another column's.
    Fact(Facts),
    /// They follow from another column's texts, of which there are too many to look up each once.
    LateFact(Facts),
}

/// Some rows.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) rows: usize,
    /// When each row was; [`UNDATED`] if it does not say.
    pub(crate) times: Vec<Micros>,
    /// The earliest and the latest time; None if no row has one.
    pub(crate) span: Option<(Micros, Micros)>,
    /// Whether a row has no time.
    pub(crate) has_undated: bool,
    /// By column.
    pub(crate) cells: Vec<Cells>,
}

/// The values of one column in one chunk.
#[derive(Debug)]
pub(crate) enum Cells {
    /// They follow from something else.
    None,
    Codes(Codes),
    Texts(Block),
}

impl Chunk {
    /// A chunk of rows whose values are given by column.
    pub(crate) fn new(times: Vec<Micros>, cells: Vec<Cells>) -> Self {
        let dated = times.iter().copied().filter(|time| *time != UNDATED);
        let span = dated.fold(None, |span: Option<(Micros, Micros)>, time| {
            let (first, last) = span.unwrap_or((time, time));
            Some((first.min(time), last.max(time)))
        });
        let has_undated = times.contains(&UNDATED);
        Self { rows: times.len(), times, span, has_undated, cells }
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let cells = self.cells.iter().map(|cells| match cells {
            Cells::None => 0,
            Cells::Codes(codes) => codes.bytes(),
            Cells::Texts(block) => block.bytes(),
        });
        self.times.len() * size_of::<Micros>() + cells.sum::<usize>()
    }

    /// The chunk with only some of its rows.
    ///
    /// # Errors
    ///
    /// Those of unpacking.
    pub(crate) fn only(&self, rows: &[u32]) -> Result<Self> {
        let times = rows.iter().map(|row| self.times[*row as usize]).collect();
        let mut cells = Vec::with_capacity(self.cells.len());
        for all in &self.cells {
            cells.push(match all {
                Cells::None => Cells::None,
                Cells::Codes(codes) => {
                    let codes: Vec<u32> = rows.iter().map(|row| codes.at(*row as usize)).collect();
                    Cells::Codes(Codes::of(&codes))
                }
                Cells::Texts(block) => {
                    let all = block.open()?;
                    let mut texts = Texts::default();
                    for row in rows {
                        texts.push(all.get(*row as usize));
                    }
                    Cells::Texts(Block::of(&texts)?)
                }
            });
        }
        Ok(Self::new(times, cells))
    }

    /// Writes the codes of a column. Gives whether it has any.
    pub(crate) fn codes(&self, columns: &[Column], at: usize, into: &mut Vec<u32>) -> bool {
        if let Column::Fact(facts) = &columns[at] {
            if !self.codes(columns, facts.of, into) {
                return false;
            }
            for code in into {
                *code = facts.codes[*code as usize];
            }
            return true;
        }
        let Cells::Codes(codes) = &self.cells[at] else { return false };
        codes.expand(self.rows, into);
        true
    }
}

/// Whether the values of a column have no codes, for there are too many.
pub(crate) fn is_lost(column: &Column) -> bool {
    matches!(column, Column::Text | Column::LateFact(_))
}

/// The dictionary of a column; None if it has none.
pub(crate) fn dictionary(column: &Column) -> Option<&Dictionary> {
    match column {
        Column::Coded(dictionary) => Some(dictionary),
        Column::Fact(facts) => Some(&facts.dictionary),
        Column::EventTime | Column::Text | Column::LateFact(_) => None,
    }
}

/// Reads single rows of a chunk. Texts are unpacked once.
pub(crate) struct Reader<'a> {
    pub(crate) chunk: &'a Chunk,
    columns: &'a [Column],
    texts: Vec<Option<Texts>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(chunk: &'a Chunk, columns: &'a [Column]) -> Self {
        Self { chunk, columns, texts: vec![None; columns.len()] }
    }

    /// The texts of a column that is kept as such.
    pub(crate) fn texts(&mut self, at: usize) -> Result<Option<&Texts>> {
        if let (None, Cells::Texts(block)) = (&self.texts[at], &self.chunk.cells[at]) {
            self.texts[at] = Some(block.open()?);
        }
        Ok(self.texts[at].as_ref())
    }

    /// The value of a row; None is NULL.
    pub(crate) fn value(&mut self, at: usize, row: usize) -> Result<Option<String>> {
        let columns = self.columns;
        match &columns[at] {
            Column::LateFact(facts) => match self.value(facts.of, row)? {
                Some(address) => facts.told(&address),
                None => Ok(None),
            },
            Column::EventTime => Ok(time_text(self.chunk.times[row])),
            Column::Fact(facts) => {
                let code = self.code(facts.of, row);
                Ok(facts.dictionary.owned(facts.codes[code as usize]))
            }
            Column::Coded(dictionary) => Ok(dictionary.owned(self.code(at, row))),
            Column::Text => Ok(self.texts(at)?.and_then(|texts| texts.get(row)).map(str::to_owned)),
        }
    }

    /// The number that each row adds to an amount, 0 for none.
    pub(crate) fn numbers(&mut self, at: usize) -> Result<Vec<f64>> {
        let or_zero = |number: f64| if number.is_nan() { 0.0 } else { number };
        if let Column::Coded(dictionary) = &self.columns[at]
            && let Some(numbers) = dictionary.numbers()
        {
            let mut codes = Vec::new();
            self.chunk.codes(self.columns, at, &mut codes);
            return Ok(codes.iter().map(|code| or_zero(numbers[*code as usize])).collect());
        }
        let rows = self.chunk.rows;
        let Some(texts) = self.texts(at)? else { return Ok(vec![0.0; rows]) };
        let number = |text: Option<&str>| text.map_or(0.0, |text| or_zero(number_of(text, false)));
        Ok((0..rows).map(|row| number(texts.get(row))).collect())
    }

    /// A hash of what columns say of a row, the same in every run.
    pub(crate) fn hash(&mut self, columns: &[usize], row: usize) -> Result<u64> {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut hash = self.chunk.times[row] as u64;
        for at in columns {
            let value = match &self.columns[*at] {
                Column::Coded(dictionary) => dictionary.hash(self.code(*at, row)),
                Column::Text => {
                    let text = self.texts(*at)?.and_then(|texts| texts.get(row));
                    text.map_or(NULL_HASH, hash_of)
                }
                Column::EventTime | Column::Fact(_) | Column::LateFact(_) => continue,
            };
            hash = (hash.rotate_left(23) ^ value).wrapping_mul(FACTOR);
        }
        Ok(hash ^ (hash >> 29))
    }

    fn code(&self, at: usize, row: usize) -> u32 {
        match &self.chunk.cells[at] {
            Cells::Codes(codes) => codes.at(row),
            Cells::None | Cells::Texts(_) => NULL,
        }
    }
}

/// Rows that are kept, all that were read or a sample of them.
#[derive(Debug)]
pub(crate) struct RowSet {
    pub(crate) columns: Vec<Column>,
    pub(crate) chunks: Vec<Chunk>,
    /// For how many rows each kept row stands.
    pub(crate) weight: f64,
    /// The first and the last time of all rows that were read.
    pub(crate) span: Option<(Micros, Micros)>,
    /// How much memory they take, in bytes.
    pub(crate) bytes: usize,
}

/// A moment as Athena writes it; None for [`UNDATED`].
pub(crate) fn time_text(time: Micros) -> Option<String> {
    if time == UNDATED {
        return None;
    }
    let (year, month, day) = civil(time.div_euclid(DAY));
    let of_day = time.rem_euclid(DAY);
    let (hour, minute) = (of_day / HOUR, of_day % HOUR / MINUTE);
    let (second, ms) = (of_day % MINUTE / SECOND, of_day % SECOND / 1000);
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}"))
}
