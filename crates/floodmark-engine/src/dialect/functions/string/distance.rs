//! How far texts are from each other, how they sound, and whether their digits add up.

use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{Answer, invalid, texts, to_bigint, to_boolean, to_text};
use crate::limits::EDIT_DISTANCE_PAIRS_MAX;

/// The group of sounds of each letter from A to Z; `0` is none.
const SOUNDS: &[u8; 26] = b"01230120022455012623010202";

/// `levenshtein_distance(a, b)`.
pub(super) fn levenshtein(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (texts(args, 0)?, texts(args, 1)?);
    to_bigint(args, |row| {
        let (left, right) = (left.get(row)?, right.get(row)?);
        let (left_count, right_count) = (left.chars().count(), right.chars().count());
        let fewer = left_count.min(right_count);
        if left_count.max(right_count) * fewer.saturating_sub(1) > EDIT_DISTANCE_PAIRS_MAX {
            return invalid("The combined inputs for Levenshtein distance are too large");
        }
        Some(Ok(strsim::levenshtein(left, right) as i64))
    })
}

/// `hamming_distance(a, b)`.
pub(super) fn hamming(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (texts(args, 0)?, texts(args, 1)?);
    to_bigint(args, |row| match strsim::hamming(left.get(row)?, right.get(row)?) {
        Ok(distance) => Some(Ok(distance as i64)),
        Err(_) => {
            invalid("The input strings to hamming_distance function must have the same length")
        }
    })
}

/// `soundex(text)`: a letter and three digits.
pub(super) fn soundex(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_text(args, |row| sound(text.get(row)?))
}

/// `luhn_check(digits)`.
pub(super) fn luhn_check(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_boolean(args, |row| {
        let text = text.get(row)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match text {
                "" => Some(Ok(false)),
                _ => invalid(format!("Input: '{text}' contains non-digit characters")),
            };
        }
        let sum: u64 = (text.bytes().rev().enumerate())
            .map(|(at, byte)| {
                let digit = u64::from(byte - b'0') << (at % 2);
                if digit > 9 { digit - 9 } else { digit }
            })
            .sum();
        Some(Ok(sum.is_multiple_of(10)))
    })
}

fn sound(text: &str) -> Answer<String> {
    let mut made = String::with_capacity(4);
    let mut last = b'0';
    for char in text.chars().filter(|char| char.is_alphabetic()) {
        let upper = char.to_ascii_uppercase();
        if !upper.is_ascii_uppercase() {
            return invalid(format!("The character is not mapped: {char}"));
        }
        let code = SOUNDS[upper as usize - 'A' as usize];
        if made.is_empty() {
            made.push(upper);
            last = code;
            continue;
        }
        // H and W do not stand between letters of the same sound.
        if upper == 'H' || upper == 'W' {
            continue;
        }
        if code != b'0' && code != last && made.len() < 4 {
            made.push(char::from(code));
        }
        last = code;
    }
    while !made.is_empty() && made.len() < 4 {
        made.push('0');
    }
    Some(Ok(made))
}
