//! Passes over JSON that nobody asks for, as fast as it can be checked.
//!
//! Only what is written as usual is passed over here: strings in double quotes, plain keys, numbers, no comments. Of all else nothing is
//! said, and the reader that knows every oddity looks at it, with its errors.

use memchr::memchr2;
use wide::u8x16;

use crate::hive::json_text::Dialect;

/// How deep a value may be here.
const DEPTH_MAX: usize = 24;
/// How many keys an object may have here.
const KEYS_MAX: usize = 64;

/// Where the usual value ends that begins at `at`; None if it is not written as usual, or no JSON at all.
pub(crate) fn pass(
    text: &[u8],
    at: usize,
    dialect: Dialect,
    keys: &mut Vec<PassedKey>,
) -> Option<usize> {
    keys.clear();
    Passing { text, dialect, keys }.value(at, DEPTH_MAX)
}

/// Of a key its signature, and where it stands.
pub(crate) type PassedKey = (u64, u32, u32);

/// A number that two keys can only have in common if they are as long and begin and end alike, whatever their case.
///
/// Keys that are not ASCII have none.
#[inline]
pub(crate) fn signature(key: &[u8]) -> Option<u64> {
    if !key.is_ascii() {
        return None;
    }
    let part =
        |from: usize| key.get(from..from + 4).map(|part| [part[0], part[1], part[2], part[3]]);
    let word = |part: Option<[u8; 4]>| u64::from(u32::from_le_bytes(part.unwrap_or_default()));
    let ends = match key.len() {
        0..4 => key.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        length => word(part(0)) << 32 | word(part(length - 4)),
    };
    // Letters differ from their other case in one bit.
    let folded = ends | 0x2020_2020_2020_2020;
    Some(folded.rotate_left(8) ^ (key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

struct Passing<'a> {
    text: &'a [u8],
    dialect: Dialect,
    /// The keys of the objects that are not ended yet.
    keys: &'a mut Vec<PassedKey>,
}

impl Passing<'_> {
    #[inline]
    fn blanks(&self, mut at: usize) -> usize {
        while matches!(self.text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        at
    }

    fn value(&mut self, at: usize, depth_left: usize) -> Option<usize> {
        let depth_left = depth_left.checked_sub(1)?;
        let at = self.blanks(at);
        match self.text.get(at)? {
            b'"' => self.string(at + 1),
            b'{' => self.object(at + 1, depth_left),
            b'[' => self.array(at + 1, depth_left),
            _ => self.literal(at),
        }
    }

    fn array(&mut self, at: usize, depth_left: usize) -> Option<usize> {
        let mut at = self.blanks(at);
        if self.text.get(at) == Some(&b']') {
            return Some(at + 1);
        }
        loop {
            at = self.value(at, depth_left)?;
            at = self.blanks(at);
            match self.text.get(at)? {
                b',' => at += 1,
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn object(&mut self, at: usize, depth_left: usize) -> Option<usize> {
        let first = self.keys.len();
        let mut at = self.blanks(at);
        if self.text.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        loop {
            at = self.blanks(at);
            if self.text.get(at) != Some(&b'"') {
                return None;
            }
            let start = at + 1;
            let end = find_end(self.text, start)?;
            if self.text[end] != b'"' || !self.adds(first, start, end)? {
                return None;
            }
            at = self.blanks(end + 1);
            if self.text.get(at) != Some(&b':') {
                return None;
            }
            at = self.value(at + 1, depth_left)?;
            at = self.blanks(at);
            match self.text.get(at)? {
                b',' => at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        self.keys.truncate(first);
        Some(at + 1)
    }

    /// Notes a key of an object whose keys begin at `first`, and says whether it is another one than those before.
    #[inline]
    fn adds(&mut self, first: usize, start: usize, end: usize) -> Option<bool> {
        if self.dialect == Dialect::Jackson {
            return Some(self.is_plain(start, end));
        }
        let key = &self.text[start..end];
        let signature = signature(key)?;
        let before = &self.keys[first..];
        if before.len() > KEYS_MAX {
            return None;
        }
        let differs =
            |from: u32, to: u32| !self.text[from as usize..to as usize].eq_ignore_ascii_case(key);
        let is_new =
            before.iter().all(|(other, from, to)| *other != signature || differs(*from, *to));
        self.keys.push((signature, start as u32, end as u32));
        Some(is_new)
    }

    /// Whether a text has no control characters, which Jackson does not take.
    fn is_plain(&self, start: usize, end: usize) -> bool {
        self.text[start..end].iter().all(|byte| *byte >= b' ')
    }

    /// Where a string ends whose first character stands at `start`.
    #[inline]
    fn string(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            let end = find_end(self.text, at)?;
            if self.text[end] == b'"' {
                let plain = self.dialect != Dialect::Jackson || self.is_plain(start, end);
                return plain.then_some(end + 1);
            }
            at = end + 2;
            match self.text.get(end + 1)? {
                b'u' => {
                    let digits = self.text.get(at..at + 4)?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    at += 4;
                }
                b't' | b'b' | b'n' | b'r' | b'f' | b'"' | b'\\' | b'/' => {}
                _ => return None,
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    #[inline]
    fn literal(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let word = |word: &[u8]| rest.starts_with(word).then_some(word.len());
        let length = match rest.first()? {
            b't' => word(b"true")?,
            b'f' => word(b"false")?,
            b'n' => word(b"null")?,
            b'0' => 1,
            b'1'..=b'9' => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => return None,
        };
        // What follows must end it.
        matches!(rest.get(length)?, b',' | b']' | b'}' | b' ').then_some(at + length)
    }
}

/// The next quote or backslash.
#[inline]
pub(crate) fn find_end(text: &[u8], start: usize) -> Option<usize> {
    // Most strings are short: looking at sixteen bytes costs less than a call.
    if let Some(part) = text[start..].first_chunk::<16>() {
        let part = u8x16::new(*part);
        let found = part.simd_eq(u8x16::splat(b'"')) | part.simd_eq(u8x16::splat(b'\\'));
        let mask = found.to_bitmask();
        if mask != 0 {
            return Some(start + mask.trailing_zeros() as usize);
        }
        return memchr2(b'"', b'\\', &text[start + 16..]).map(|length| start + 16 + length);
    }
    memchr2(b'"', b'\\', &text[start..]).map(|length| start + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hive::json_text::JsonReader;

    const DIALECTS: [Dialect; 3] =
        [Dialect::Jackson, Dialect::OpenX { any_case: true }, Dialect::OpenX { any_case: false }];

    proptest! {
        #[test]
        fn what_is_passed_over_is_read_to_the_same_place(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"a\"", "\"A\"", "\"key_one\"", "\"key_two\"", "\"KEY_ONE\"", "\"é\"",
                    "\"x\":", "\"y\":", "1", "-1", "01", "1e5", "true", "null", "nulls", "'a'", " ", "\t", "//", "/*", "#",
                    "\"\\u00e9\"", "\"\\u00\"", "\"\\q\"", "\"\\\"\"", ";", "=", "\"a long string of more than sixteen bytes\"",
                ]),
                0..24,
            )
        ) {
            let text = parts.concat();
            for dialect in DIALECTS {
                if let Some(end) = pass(text.as_bytes(), 0, dialect, &mut Vec::new()) {
                    let mut reader = JsonReader::new(&text, dialect);
                    prop_assert!(reader.value(true).is_ok(), "{text}");
                    prop_assert_eq!(reader.place(), end, "{}", text);
                }
            }
        }

        #[test]
        fn keys_of_one_name_have_one_signature(key in "[a-zA-Z_0-9-]{0,12}") {
            prop_assert_eq!(signature(key.as_bytes()), signature(key.to_lowercase().as_bytes()));
        }
    }

    #[test]
    fn usual_values_are_passed_over() {
        for text in [
            r#"{"a":1,"b":[{"name":"x","value":"\"q\""},{}],"c":null} "#,
            r#"[] "#,
            r#"[1,true,"é"] "#,
        ] {
            for dialect in DIALECTS {
                assert_eq!(
                    pass(text.as_bytes(), 0, dialect, &mut Vec::new()),
                    Some(text.len() - 1),
                    "{text}"
                );
            }
        }
    }
}
