//! The values of a column, each once, with the codes that rows hold in their place.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::{FixedState, RandomState};

use crate::limits::{DICTIONARY_BYTES_MAX, DICTIONARY_VALUES_MAX};

/// The code of NULL in every dictionary.
pub(crate) const NULL: u32 = 0;

/// The hash that stands for NULL in the hash of a row.
pub(crate) const NULL_HASH: u64 = 0x6e75_6c6c_6e75_6c6c;

/// An empty place of the table of hashes.
const EMPTY: u32 = u32::MAX;

/// The values of one column by their codes.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// All texts, one behind the other.
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// The hashes of the texts, by a seed of this process: nobody can write values that all hash alike.
    hashes: Vec<u64>,
    seed: RandomState,
    /// The code of a text, at the place that its hash says or behind it.
    places: Vec<u32>,
    /// The number that each text is, NaN if it is none; only where numbers are asked for.
    numbers: Option<Vec<f64>>,
    /// Whether numbers have the precision of 32 bits.
    is_real: bool,
    /// The codes of values that are not texts, by their bits.
    by_bits: HashMap<i64, u32, RandomState>,
}

/// Whether the numbers of values are wanted, and how precise they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    None,
    Real,
    Double,
}

impl Dictionary {
    /// A dictionary that knows nothing but NULL.
    pub(crate) fn new(numbers: Numbers) -> Self {
        Self {
            text: String::new(),
            ends: vec![0],
            hashes: vec![NULL_HASH],
            seed: RandomState::default(),
            places: vec![EMPTY; 16],
            numbers: (numbers != Numbers::None).then(|| vec![f64::NAN]),
            is_real: numbers == Numbers::Real,
            by_bits: HashMap::default(),
        }
    }

    /// How many codes there are, that of NULL among them.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value of a code; None is NULL.
    pub(crate) fn get(&self, code: u32) -> Option<&str> {
        let at = code as usize;
        (code != NULL).then(|| &self.text[self.ends[at - 1] as usize..self.ends[at] as usize])
    }

    /// The value of a code, to be kept.
    pub(crate) fn owned(&self, code: u32) -> Option<String> {
        self.get(code).map(str::to_owned)
    }

    /// The hash of a value: it is the same in every dictionary.
    pub(crate) fn hash(&self, code: u32) -> u64 {
        self.get(code).map_or(NULL_HASH, hash_of)
    }

    /// The numbers of all values, NaN for none, if they are wanted.
    pub(crate) fn numbers(&self) -> Option<&[f64]> {
        self.numbers.as_deref()
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let numbers = self.numbers.as_ref().map_or(0, Vec::capacity);
        self.text.capacity()
            + self.ends.capacity() * 4
            + (self.hashes.capacity() + numbers) * 8
            + self.places.capacity() * 4
            + self.by_bits.capacity() * 16
    }

    /// Whether it cannot take more values of a chunk.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() > DICTIONARY_BYTES_MAX || self.len() > DICTIONARY_VALUES_MAX
    }

    /// The code of a text.
    pub(crate) fn code(&mut self, text: &str) -> u32 {
        let hash = self.seed.hash_one(text);
        let mut place = self.place(hash);
        loop {
            let code = self.places[place];
            if code == EMPTY {
                break;
            }
            if self.hashes[code as usize] == hash && self.get(code) == Some(text) {
                return code;
            }
            place = (place + 1) & (self.places.len() - 1);
        }
        let code = u32::try_from(self.ends.len()).expect("dictionaries are bounded");
        self.places[place] = code;
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("dictionaries are bounded"));
        self.hashes.push(hash);
        if let Some(numbers) = &mut self.numbers {
            numbers.push(number_of(text, self.is_real));
        }
        if self.ends.len() * 2 > self.places.len() {
            self.grow();
        }
        code
    }

    /// The code of a value by its bits; `write` gives its text if it is new.
    pub(crate) fn code_of_bits(&mut self, bits: i64, write: impl FnOnce() -> String) -> u32 {
        if let Some(code) = self.by_bits.get(&bits) {
            return *code;
        }
        let code = self.code(&write());
        self.by_bits.insert(bits, code);
        code
    }

    /// Forgets what is only needed to take more values.
    pub(crate) fn finish(&mut self) {
        self.by_bits = HashMap::default();
        self.places = Vec::new();
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.hashes = Vec::new();
    }

    fn place(&self, hash: u64) -> usize {
        // The upper bits are as good as the lower ones.
        (hash ^ (hash >> 32)) as usize & (self.places.len() - 1)
    }

    fn grow(&mut self) {
        self.places = vec![EMPTY; self.places.len() * 4];
        for code in 1..self.ends.len() {
            let mut place = self.place(self.hashes[code]);
            while self.places[place] != EMPTY {
                place = (place + 1) & (self.places.len() - 1);
            }
            self.places[place] = u32::try_from(code).expect("dictionaries are bounded");
        }
    }
}

/// The hash of a text, the same in every run.
pub(crate) fn hash_of(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

/// The number that a text is, NaN if it is none.
pub(crate) fn number_of(text: &str, is_real: bool) -> f64 {
    let begins = text.as_bytes().first();
    if !begins.is_some_and(|first| first.is_ascii_digit() || b"+-.".contains(first)) {
        return f64::NAN;
    }
    if is_real {
        return text.parse::<f32>().map_or(f64::NAN, f64::from);
    }
    text.parse().unwrap_or(f64::NAN)
}
