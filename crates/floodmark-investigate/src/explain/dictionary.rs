//! Values as numbers: what a column holds, each value once.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

use crate::limits::VALUE_BYTES_MAX;

/// The code of NULL in every dictionary.
pub(crate) const NULL: u32 = 0;

/// The values of one column, each with its code.
#[derive(Debug)]
pub(crate) struct Dictionary {
    values: Vec<Value>,
    /// The code of a text by its hash; of those whose hash is taken, by the next free number.
    texts: HashMap<u64, u32, BuildPlain>,
    numbers: HashMap<i64, u32, RandomState>,
    hasher: RandomState,
    bytes: usize,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    /// There is none.
    Null,
    /// A text.
    Text(Box<str>),
    /// The beginning of a text that is longer than [`VALUE_BYTES_MAX`].
    Cut(Box<str>),
    /// A whole number.
    Number(i64),
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            values: vec![Value::Null],
            texts: HashMap::default(),
            numbers: HashMap::default(),
            hasher: RandomState::default(),
            bytes: 0,
        }
    }
}

impl Dictionary {
    /// The code of a text. One that is too long shares its code with all that begin alike.
    pub(crate) fn text(&mut self, text: &str) -> u32 {
        let kept = cut(text);
        let mut hash = self.hasher.hash_one(kept);
        loop {
            match self.texts.get(&hash) {
                None => break,
                Some(code) => match &self.values[*code as usize] {
                    Value::Text(known) | Value::Cut(known) if **known == *kept => return *code,
                    _ => hash = hash.wrapping_add(1),
                },
            }
        }
        let code = self.next();
        self.texts.insert(hash, code);
        self.bytes += kept.len() + size_of::<Value>();
        self.values.push(if kept.len() < text.len() {
            Value::Cut(kept.into())
        } else {
            Value::Text(kept.into())
        });
        code
    }

    /// The code of a whole number.
    pub(crate) fn number(&mut self, number: i64) -> u32 {
        let next = self.next();
        let code = *self.numbers.entry(number).or_insert(next);
        if code == next {
            self.values.push(Value::Number(number));
            self.bytes += size_of::<Value>();
        }
        code
    }

    /// The values by their codes.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// About how much memory the values take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same dictionary with only the values of these codes, which are changed to the new ones.
    pub(crate) fn rebuild(&mut self, codes: &mut [u32]) {
        let old = std::mem::take(self);
        let mut renamed = vec![u32::MAX; old.values.len()];
        renamed[NULL as usize] = NULL;
        for code in codes {
            let known = &mut renamed[*code as usize];
            if *known == u32::MAX {
                *known = match &old.values[*code as usize] {
                    Value::Null => NULL,
                    Value::Number(number) => self.number(*number),
                    Value::Text(text) => self.text(text),
                    Value::Cut(text) => {
                        let code = self.text(text);
                        self.values[code as usize] = Value::Cut(text.clone());
                        code
                    }
                };
            }
            *code = *known;
        }
    }

    fn next(&self) -> u32 {
        u32::try_from(self.values.len()).expect("fewer values than rows, and those are limited")
    }
}

/// The beginning of a text that is kept.
fn cut(text: &str) -> &str {
    if text.len() <= VALUE_BYTES_MAX {
        return text;
    }
    let end = (0..=VALUE_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Takes hashes as they are: they are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BuildPlain;

/// See [`BuildPlain`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain(u64);

impl BuildHasher for BuildPlain {
    type Hasher = Plain;

    fn build_hasher(&self) -> Plain {
        Plain(0)
    }
}

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are looked up");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
