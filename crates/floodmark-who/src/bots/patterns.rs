//! Many patterns at once. Almost all are plain words, which are found by their first letters; the few others are regular expressions.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use regex::bytes::{RegexSet, RegexSetBuilder};

/// Patterns by their places in the list that they were made of.
pub(crate) struct Patterns {
    /// Plain words by their first bytes.
    words: HashMap<[u8; START], Vec<(usize, String)>, RandomState>,
    expressions: RegexSet,
    /// The places of the expressions.
    places: Vec<usize>,
}

/// How many first bytes of a word it is looked up by.
const START: usize = 3;

impl Patterns {
    /// Makes patterns ready, which must be regular expressions.
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let mut words: HashMap<_, Vec<_>, _> = HashMap::default();
        let (mut expressions, mut places) = (vec![], vec![]);
        for (place, pattern) in patterns.enumerate() {
            let word = word(pattern);
            match word.as_ref().and_then(|word| word.as_bytes().first_chunk::<START>()) {
                Some(start) => {
                    words.entry(*start).or_default().push((place, word.unwrap_or_default()));
                }
                None => {
                    expressions.push(pattern);
                    places.push(place);
                }
            }
        }
        let expressions = RegexSetBuilder::new(expressions)
            .unicode(false)
            .build()
            .expect("the kept lists hold regular expressions");
        Self { words, expressions, places }
    }

    /// The places of the patterns that a text matches, in no order, some of them more than once.
    pub(crate) fn matches(&self, text: &str) -> impl Iterator<Item = usize> {
        let bytes = text.as_bytes();
        let words = bytes.windows(START).enumerate().flat_map(move |(at, window)| {
            let start = window.first_chunk::<START>();
            let words =
                start.and_then(|start| self.words.get(start)).map_or(&[][..], Vec::as_slice);
            let rest = &bytes[at..];
            words
                .iter()
                .filter(|(_, word)| rest.starts_with(word.as_bytes()))
                .map(|(place, _)| *place)
        });
        let expressions = self.expressions.matches(bytes).into_iter();
        words.chain(expressions.filter_map(|number| self.places.get(number).copied()))
    }
}

/// The word that a pattern stands for, if it is a plain one.
fn word(pattern: &str) -> Option<String> {
    let mut word = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                class if class.is_ascii_alphanumeric() => return None,
                escaped => word.push(escaped),
            },
            '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => {
                return None;
            }
            letter => word.push(letter),
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_expressions_are_found() {
        let list = ["Bot\\/", "B.t", "^Bo", "ot", "a\\.b", "robot$", "\\d\\d"];
        let patterns = Patterns::new(list.into_iter());
        let found = |text: &str| {
            let mut found: Vec<&str> = patterns.matches(text).map(|place| list[place]).collect();
            found.sort_unstable();
            found.dedup();
            found.join(" ")
        };
        assert_eq!(found("Bot/1"), "B.t Bot\\/ ^Bo ot");
        assert_eq!(found("a Bot"), "B.t ot");
        assert_eq!(found("a.b"), "a\\.b");
        assert_eq!(found("axb"), "");
        assert_eq!(found("robot"), "ot robot$");
        assert_eq!(found("x10"), "\\d\\d");
        assert_eq!(found(""), "");
    }
}
