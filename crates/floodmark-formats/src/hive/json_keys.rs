//! The keys that the lines of an object have, each looked up once: most lines have the same ones in the same order.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::hive::json_text::{Dialect, KeySet};
use crate::limits::JSON_KEYS_KNOWN_MAX;

/// What is to be done with the member of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyUse {
    /// The wanted columns that it fills.
    pub(crate) columns: Vec<usize>,
    /// The column that gets its value as text, whatever it is.
    pub(crate) as_string: Option<usize>,
    /// Whether its value is text, whatever it is.
    pub(crate) is_text: bool,
    /// Whether it may fill a column whose name has underscores for its points.
    pub(crate) dotted: bool,
}

impl KeyUse {
    /// Whether the value is needed.
    pub(crate) fn keeps(&self) -> bool {
        !self.columns.is_empty() || self.as_string.is_some() || self.dotted
    }
}

/// The keys so far.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys {
    keys: Vec<Known>,
    places: HashMap<String, usize>,
    /// Keys that are one, when cases do not count, have one number.
    numbers: HashMap<String, usize>,
    /// For each number the line in which such a key occurred last.
    seen: Vec<u64>,
    line: u64,
    /// The place of the key that was added last.
    last: Option<usize>,
}

#[derive(Debug)]
struct Known {
    key: String,
    number: usize,
    /// None until it is asked for.
    key_use: Option<KeyUse>,
}

impl KnownKeys {
    /// Begins a line.
    pub(crate) fn begin(&mut self) {
        if self.keys.len() > JSON_KEYS_KNOWN_MAX {
            *self = Self { line: self.line, ..Self::default() };
        }
        self.line += 1;
        self.last = None;
    }

    /// What is to be done with the member whose key was added last.
    pub(crate) fn key_use(&mut self, find: impl FnOnce(&str) -> KeyUse) -> &KeyUse {
        let known = &mut self.keys[self.last.expect("a key was added")];
        known.key_use.get_or_insert_with(|| find(&known.key))
    }

    fn place(&mut self, key: &str, any_case: bool) -> usize {
        // Usually the key after the last one.
        let next = self.last.map_or(0, |last| last + 1);
        if self.keys.get(next).is_some_and(|known| known.key == key) {
            return next;
        }
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        let compared = if any_case { key.to_lowercase() } else { key.to_owned() };
        let number = *self.numbers.entry(compared).or_insert_with(|| {
            self.seen.push(0);
            self.seen.len() - 1
        });
        self.keys.push(Known { key: key.to_owned(), number, key_use: None });
        self.places.insert(key.to_owned(), self.keys.len() - 1);
        self.keys.len() - 1
    }
}

impl<'a> KeySet<'a> for KnownKeys {
    fn add(&mut self, key: &Cow<'a, str>, dialect: Dialect) -> bool {
        let any_case = dialect == Dialect::OpenX { any_case: true };
        let place = self.place(key, any_case);
        self.last = Some(place);
        let seen = &mut self.seen[self.keys[place].number];
        let is_new = *seen != self.line;
        *seen = self.line;
        is_new || dialect == Dialect::Jackson
    }
}
