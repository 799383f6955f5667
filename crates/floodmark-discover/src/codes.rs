//! The values of one column in one chunk: codes as narrow as they can be, or texts that are compressed.

use floodmark_engine::{Error, ErrorKind, Result};

/// Codes of the rows of a chunk.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    /// All rows have the same.
    Same(u32),
    /// Below 256.
    Narrow(Box<[u8]>),
    /// Below 65,536.
    Middle(Box<[u16]>),
    /// Any.
    Wide(Box<[u32]>),
}

impl Codes {
    /// The codes of rows, stored as narrow as they can be.
    pub(crate) fn of(codes: &[u32]) -> Self {
        let most = codes.iter().copied().max().unwrap_or(0);
        let first = codes.first().copied().unwrap_or(0);
        if codes.iter().all(|code| *code == first) {
            return Self::Same(first);
        }
        if u8::try_from(most).is_ok() {
            return Self::Narrow(codes.iter().map(|code| *code as u8).collect());
        }
        if u16::try_from(most).is_ok() {
            return Self::Middle(codes.iter().map(|code| *code as u16).collect());
        }
        Self::Wide(codes.into())
    }

    /// Writes the codes of all rows.
    pub(crate) fn expand(&self, rows: usize, into: &mut Vec<u32>) {
        into.clear();
        match self {
            Self::Same(code) => into.resize(rows, *code),
            Self::Narrow(codes) => into.extend(codes.iter().map(|code| u32::from(*code))),
            Self::Middle(codes) => into.extend(codes.iter().map(|code| u32::from(*code))),
            Self::Wide(codes) => into.extend_from_slice(codes),
        }
    }

    /// The code of a row.
    pub(crate) fn at(&self, row: usize) -> u32 {
        match self {
            Self::Same(code) => *code,
            Self::Narrow(codes) => u32::from(codes[row]),
            Self::Middle(codes) => u32::from(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// How much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Narrow(codes) => codes.len(),
            Self::Middle(codes) => codes.len() * 2,
            Self::Wide(codes) => codes.len() * 4,
        }
    }
}

/// Texts of the rows of a chunk, one behind the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// Where each text ends.
    ends: Vec<u32>,
    /// Whether a row has none.
    is_null: Vec<bool>,
    text: String,
}

impl Texts {
    /// Adds the text of the next row; None is NULL.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
        self.is_null.push(text.is_none());
        self.ends.push(u32::try_from(self.text.len()).expect("a chunk has few rows"));
    }

    /// The text of a row; None is NULL.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        (!self.is_null[row]).then(|| &self.text[start..self.ends[row] as usize])
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Texts of the rows of a chunk, compressed.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    rows: usize,
    /// The length of what is compressed.
    length: usize,
    compressed: Box<[u8]>,
    /// A bit for each row, set for NULL; empty if no row has it.
    nulls: Box<[u8]>,
}

/// How hard texts are compressed: fast, for they are written once for each read row.
const LEVEL: i32 = 1;

/// How many bytes say the length of a text, plus one; 0 is NULL.
const LENGTH_BYTES: usize = 4;

impl Block {
    /// Compresses texts.
    ///
    /// # Errors
    ///
    /// `Internal` if there is no memory for it.
    pub(crate) fn of(texts: &Texts) -> Result<Self> {
        let rows = texts.len();
        let mut plain = Vec::with_capacity(rows * LENGTH_BYTES + texts.text.len());
        for row in 0..rows {
            let length = texts.get(row).map_or(0, |text| text.len() as u32 + 1);
            plain.extend_from_slice(&length.to_le_bytes());
        }
        plain.extend_from_slice(texts.text.as_bytes());
        let compressed = zstd::bulk::compress(&plain, LEVEL).map_err(defect)?;
        let has_nulls = texts.is_null.contains(&true);
        let mut nulls = vec![0_u8; if has_nulls { rows.div_ceil(8) } else { 0 }];
        for (row, _) in texts.is_null.iter().enumerate().filter(|(_, is_null)| **is_null) {
            nulls[row / 8] |= 1 << (row % 8);
        }
        let (length, compressed, nulls) = (plain.len(), compressed.into(), nulls.into());
        Ok(Self { rows, length, compressed, nulls })
    }

    /// The texts.
    ///
    /// # Errors
    ///
    /// `Internal` if there is no memory for them.
    pub(crate) fn open(&self) -> Result<Texts> {
        let plain = zstd::bulk::decompress(&self.compressed, self.length).map_err(defect)?;
        let (lengths, text) = plain.split_at(self.rows * LENGTH_BYTES);
        let mut texts = Texts {
            ends: Vec::with_capacity(self.rows),
            is_null: Vec::with_capacity(self.rows),
            text: String::from_utf8(text.to_vec()).map_err(defect)?,
        };
        let mut end = 0;
        for length in lengths.chunks_exact(LENGTH_BYTES) {
            let length = length.iter().rev().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
            end += length.saturating_sub(1);
            texts.ends.push(end);
            texts.is_null.push(length == 0);
        }
        Ok(texts)
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.compressed.len() + self.nulls.len()
    }

    /// Whether a row has no text.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.get(row / 8).is_some_and(|bits| bits & (1 << (row % 8)) != 0)
    }
}

fn defect(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Internal, "the kept rows cannot be unpacked").because(error)
}
