//! Sets of bytes, and how the first byte that is not in one is found.

use memchr::{memchr, memchr2, memchr3};
use wide::u8x16;

use crate::decode::delimiters::{STEP, chunk, places};
use crate::hive::pattern::syntax::Class;

/// A set of bytes. Of the bytes that are not ASCII all are in it or none, so that it holds whole characters.
#[derive(Clone, Debug)]
pub(crate) struct Bytes(Box<[bool; 256]>);

/// How the first byte that is not of a class is found.
#[derive(Clone, Debug)]
pub(crate) enum Search {
    /// Every byte is of the class.
    None,
    /// There is one such byte.
    One(u8),
    /// There are two.
    Two(u8, u8),
    /// There are three.
    Three(u8, u8, u8),
    /// Few ranges make up the class, or what is not of it.
    Ranges(Ranges),
    /// Each byte is looked up.
    Table,
}

/// A set of bytes as ranges, which are compared with many bytes at once.
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    ranges: Vec<(u8, u8)>,
    /// Whether the ranges are the set; else they are all that is not of it.
    inside: bool,
}

/// Where in the part of a line that is looked at the scanner's separator occurs.
#[derive(Debug, Default)]
pub(crate) struct Separators {
    pub(crate) byte: u8,
    base: usize,
    mask: u64,
}

/// How many ranges are compared with.
const RANGES_MAX: usize = 4;

impl Bytes {
    /// No byte.
    pub(crate) fn none() -> Self {
        Self(Box::new([false; 256]))
    }

    /// These bytes.
    pub(crate) fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::none();
        for byte in bytes {
            set.0[usize::from(byte)] = true;
        }
        set
    }

    /// The class as bytes; None if it holds only some of the characters that are not ASCII.
    pub(crate) fn of_class(class: &Class) -> Option<Self> {
        let ranges = class.as_ranges()?;
        let mut set = Self::none();
        for (first, last) in ranges {
            if first.is_ascii() {
                for code in *first as u32..=(*last as u32).min(127) {
                    set.0[code as usize] = true;
                }
            }
            if !last.is_ascii() {
                if *last != char::MAX || *first as u32 > 128 {
                    return None;
                }
                set.0[128..].fill(true);
            }
        }
        Some(set)
    }

    /// Whether a byte is in the set.
    #[inline]
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// The bytes of both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self::of((0..=255).filter(|byte| self.has(*byte) || other.has(*byte)))
    }

    /// Whether some byte is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        (0..=255).any(|byte| self.has(byte) && other.has(byte))
    }

    /// How the first byte that is not in the set is found.
    pub(crate) fn search(&self) -> Search {
        let others: Vec<u8> = (0..=255).filter(|byte| !self.has(*byte)).collect();
        match others[..] {
            [] => Search::None,
            [one] => Search::One(one),
            [one, two] => Search::Two(one, two),
            [one, two, three] => Search::Three(one, two, three),
            _ => Ranges::of(self).map_or(Search::Table, Search::Ranges),
        }
    }

    /// How many bytes at the beginning of a text are of the set, found by its own search.
    #[inline]
    pub(crate) fn run(&self, search: &Search, rest: &[u8]) -> usize {
        let end = match search {
            Search::None => None,
            Search::One(one) => memchr(*one, rest),
            Search::Two(one, two) => memchr2(*one, *two, rest),
            Search::Three(one, two, three) => memchr3(*one, *two, *three, rest),
            Search::Ranges(ranges) => ranges.end(rest),
            Search::Table => rest.iter().position(|byte| !self.has(*byte)),
        };
        end.unwrap_or(rest.len())
    }
}

impl Ranges {
    /// The ranges of a set; None if there are too many.
    fn of(set: &Bytes) -> Option<Self> {
        let few = |inside: bool| {
            let mut ranges: Vec<(u8, u8)> = Vec::new();
            for byte in (0..=255).filter(|byte| set.has(*byte) == inside) {
                match ranges.last_mut() {
                    Some((_, last)) if *last + 1 == byte => *last = byte,
                    _ => ranges.push((byte, byte)),
                }
            }
            (ranges.len() <= RANGES_MAX).then_some(Self { ranges, inside })
        };
        few(false).into_iter().chain(few(true)).min_by_key(|found| found.ranges.len())
    }

    /// The place of the first byte that is not of the set.
    #[inline]
    fn end(&self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < text.len() {
            let mut part = [0; 16];
            match text[at..].first_chunk() {
                Some(whole) => part = *whole,
                None => part[..text.len() - at].copy_from_slice(&text[at..]),
            }
            let part = u8x16::new(part);
            let mut found = 0;
            for (first, last) in &self.ranges {
                let nearest = part.max(u8x16::splat(*first)).min(u8x16::splat(*last));
                found |= part.simd_eq(nearest).to_bitmask();
            }
            if self.inside {
                found ^= 0xffff;
            }
            if found != 0 {
                let place = at + found.trailing_zeros() as usize;
                // After the text's end stand zeros.
                return (place < text.len()).then_some(place);
            }
            at += 16;
        }
        None
    }
}

impl Separators {
    /// Begins a line.
    #[inline]
    pub(crate) fn begin(&mut self, separator: u8) {
        // No part of the line was looked at.
        *self = Self { byte: separator, base: usize::MAX, mask: 0 };
    }

    /// The place of the separator that is the `count`th from `at`.
    #[inline]
    pub(crate) fn find(&mut self, line: &[u8], at: usize, count: u32) -> Option<usize> {
        let mut base = at - at % STEP;
        let mut before = at % STEP;
        let mut left = count;
        while base < line.len() {
            if self.base != base {
                self.mask = places(&chunk(line, base), self.byte);
                self.base = base;
            }
            let mut found = self.mask >> before << before;
            let ones = found.count_ones();
            if ones >= left {
                for _ in 1..left {
                    found &= found - 1;
                }
                let place = base + found.trailing_zeros() as usize;
                // After the line's end stand zeros.
                return (place < line.len()).then_some(place);
            }
            left -= ones;
            (base, before) = (base + STEP, 0);
        }
        None
    }
}

/// The place of a byte that is the `count`th from the line's end, if it is not before `low`.
#[inline]
pub(crate) fn from_end(line: &[u8], low: usize, byte: u8, count: u32) -> Option<usize> {
    let (mut end, mut left) = (line.len(), count);
    while end > low {
        let base = end.saturating_sub(STEP).max(low);
        let mut found = places(&chunk(line, base), byte);
        found &= u64::MAX >> (STEP - (end - base));
        let ones = found.count_ones();
        if ones >= left {
            for _ in left..ones {
                found &= found - 1;
            }
            return Some(base + found.trailing_zeros() as usize);
        }
        left -= ones;
        end = base;
    }
    None
}

/// Literals are short: comparing byte by byte costs less than a call.
#[inline]
pub(crate) fn starts_with(rest: &[u8], literal: &[u8]) -> bool {
    rest.len() >= literal.len() && literal.iter().zip(rest).all(|(one, other)| one == other)
}

/// Whether a character begins here, or the line ends.
#[inline]
pub(crate) fn is_boundary(line: &[u8], at: usize) -> bool {
    line.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

/// Where the character after the one at a place begins.
#[inline]
pub(crate) fn next_character(line: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while !is_boundary(line, next) {
        next += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_end_at_the_first_other_byte(
            set in prop::collection::vec(0_u8..=255, 0..40),
            text in prop::collection::vec(prop::sample::select(b"-.09 AZaz_\"\xc3".to_vec()), 0..60),
            log_like: bool,
        ) {
            let set = if log_like { Bytes::of(*b"-.0123456789") } else { Bytes::of(set) };
            let expected = text.iter().position(|byte| !set.has(*byte)).unwrap_or(text.len());
            prop_assert_eq!(set.run(&set.search(), &text), expected);
        }

        #[test]
        fn separators_are_counted(text in "[ab ]{0,300}", from in 0_usize..300, count in 1_u32..80) {
            let line = text.as_bytes();
            let from = from.min(line.len());
            let nth = |mut found: Vec<usize>| {
                let place = count as usize - 1;
                (place < found.len()).then(|| found.swap_remove(place))
            };
            let places = |range: std::ops::Range<usize>| {
                range.filter(|at| line[*at] == b' ').collect::<Vec<_>>()
            };
            let mut separators = Separators::default();
            separators.begin(b' ');
            prop_assert_eq!(separators.find(line, from, count), nth(places(from..line.len())));
            let backwards = places(from..line.len()).into_iter().rev().collect();
            prop_assert_eq!(from_end(line, from, b' ', count), nth(backwards));
        }
    }
}
