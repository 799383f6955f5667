//! Regular expressions, with Java's syntax.

mod java;
mod pattern;

use std::sync::Arc;

use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::regex::pattern::Pattern;
use crate::dialect::functions::rows::{
    Column, bigints, invalid, invalid_argument, texts, to_bigint, to_boolean, to_number, to_text,
    to_texts,
};

const TEXT: Parameter = Parameter::Text;
const BIGINT: Parameter = Parameter::BigInt;
const VARCHAR: Returns = Returns::Always("varchar");
const ARRAY: Returns = Returns::Always("array(varchar)");

static ALL: &[Scalar] = &[
    Scalar::new("regexp_count", &[&[TEXT, TEXT]], Returns::Always("bigint"), count),
    Scalar::new("regexp_extract", &[&[TEXT, TEXT], &[TEXT, TEXT, BIGINT]], VARCHAR, extract),
    Scalar::new("regexp_extract_all", &[&[TEXT, TEXT], &[TEXT, TEXT, BIGINT]], ARRAY, extract_all),
    Scalar::new("regexp_like", &[&[TEXT, TEXT]], Returns::Always("boolean"), like),
    Scalar::new(
        "regexp_position",
        &[&[TEXT, TEXT], &[TEXT, TEXT, BIGINT], &[TEXT, TEXT, BIGINT, BIGINT]],
        Returns::Always("integer"),
        position,
    ),
    Scalar::new("regexp_replace", &[&[TEXT, TEXT], &[TEXT, TEXT, TEXT]], VARCHAR, replace),
    Scalar::new("regexp_split", &[&[TEXT, TEXT]], ARRAY, split),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// Where a pattern matches, and where its groups do.
pub(crate) struct Match {
    /// Where it begins, in bytes.
    pub(crate) from: usize,
    /// Where it ends, in bytes.
    pub(crate) to: usize,
    /// Where its groups begin and end, from the first one; None for one that took no part.
    pub(crate) groups: Vec<Option<(usize, usize)>>,
}

/// All matches of a pattern.
pub(crate) fn matches(text: &str, pattern: &str) -> Result<Vec<Match>> {
    let pattern = Pattern::find(pattern)?;
    let mut matches = Vec::new();
    pattern.each_groups(text, |groups| {
        let (from, to) = groups.whole();
        let groups = (1..=pattern.groups_count()).map(|group| groups.get(group)).collect();
        matches.push(Match { from, to, groups });
        Ok(())
    })?;
    Ok(matches)
}

/// The patterns of a column: the last is kept, because most often there is one alone.
struct Patterns {
    column: Column<StringViewArray>,
    last: Option<(String, Arc<Pattern>)>,
}

impl Patterns {
    fn new(args: &ScalarFunctionArgs) -> Result<Self> {
        Ok(Self { column: texts(args, 1)?, last: None })
    }

    /// A row's pattern.
    fn get(&mut self, row: usize) -> Option<Result<Arc<Pattern>>> {
        let text = self.column.get(row)?;
        if let Some((last, pattern)) = &self.last
            && last == text
        {
            return Some(Ok(Arc::clone(pattern)));
        }
        Some(Pattern::find(text).inspect(|pattern| {
            self.last = Some((text.to_owned(), Arc::clone(pattern)));
        }))
    }
}

/// `regexp_like(text, pattern)`: whether it matches somewhere.
fn like(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    to_boolean(args, |row| {
        let text = text.get(row)?;
        Some(patterns.get(row)?.and_then(|pattern| pattern.is_match(text)))
    })
}

/// `regexp_count(text, pattern)`.
fn count(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    to_bigint(args, |row| {
        let text = text.get(row)?;
        Some(patterns.get(row)?.and_then(|pattern| {
            let mut count = 0;
            pattern.each_match(text, 0, |_, _| {
                count += 1;
                Ok(true)
            })?;
            Ok(count)
        }))
    })
}

/// `regexp_extract(text, pattern[, group])`: NULL if it does not match.
fn extract(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    let group = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    to_text(args, |row| {
        let text = text.get(row)?;
        let group = match &group {
            None => 0,
            Some(group) => group.get(row)?,
        };
        (patterns.get(row)?)
            .and_then(|pattern| match checked(&pattern, group)? {
                0 => {
                    let found = pattern.find_at(text, 0)?;
                    Ok(found.map(|(from, to)| &text[from..to]))
                }
                group => {
                    let found = pattern.groups_at(text, 0)?;
                    Ok(found.and_then(|groups| groups.get(group)).map(|(from, to)| &text[from..to]))
                }
            })
            .transpose()
    })
}

/// `regexp_extract_all(text, pattern[, group])`.
fn extract_all(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    let group = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    to_texts(args, |row| {
        let text = text.get(row)?;
        let group = match &group {
            None => 0,
            Some(group) => group.get(row)?,
        };
        Some(patterns.get(row)?.and_then(|pattern| {
            let group = checked(&pattern, group)?;
            let mut found = Vec::new();
            if group == 0 {
                pattern.each_match(text, 0, |from, to| {
                    found.push(Some(&text[from..to]));
                    Ok(true)
                })?;
            } else {
                pattern.each_groups(text, |groups| {
                    found.push(groups.get(group).map(|(from, to)| &text[from..to]));
                    Ok(())
                })?;
            }
            Ok(found)
        }))
    })
}

/// `regexp_split(text, pattern)`.
fn split(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    to_texts(args, |row| {
        let text = text.get(row)?;
        Some(patterns.get(row)?.and_then(|pattern| {
            let mut parts = Vec::new();
            let mut last = 0;
            pattern.each_match(text, 0, |from, to| {
                parts.push(Some(&text[last..from]));
                last = to;
                Ok(true)
            })?;
            parts.push(Some(&text[last..]));
            Ok(parts)
        }))
    })
}

/// `regexp_position(text, pattern[, start[, occurrence]])`: from 1, -1 if it does not match.
fn position(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    let start = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    let occurrence = (args.args.len() > 3).then(|| bigints(args, 3)).transpose()?;
    to_number::<Int32Type>(args, |row| {
        let text = text.get(row)?;
        let pattern = patterns.get(row)?;
        let start = match &start {
            None => 1,
            Some(start) => start.get(row)?,
        };
        let occurrence = match &occurrence {
            None => 1,
            Some(occurrence) => occurrence.get(row)?,
        };
        if start < 1 {
            return invalid("start position cannot be smaller than 1");
        }
        if occurrence < 1 {
            return invalid("occurrence cannot be smaller than 1");
        }
        let skipped = usize::try_from(start - 1).unwrap_or(usize::MAX);
        let begin = match text.char_indices().nth(skipped) {
            Some((place, _)) => place,
            None => return Some(pattern.map(|_| -1)),
        };
        Some(pattern.and_then(|pattern| {
            let (mut left, mut place) = (occurrence, None);
            pattern.each_match(text, begin, |from, _| {
                left -= 1;
                if left == 0 {
                    place = Some(from);
                }
                Ok(left > 0)
            })?;
            let before = place.map(|place| text[..place].chars().count());
            Ok(before.and_then(|before| i32::try_from(before + 1).ok()).unwrap_or(-1))
        }))
    })
}

/// `regexp_replace(text, pattern[, replacement])`: all matches.
fn replace(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, mut patterns) = (texts(args, 0)?, Patterns::new(args)?);
    let replacements = (args.args.len() > 2).then(|| texts(args, 2)).transpose()?;
    // The last replacement with the pattern for which it was read.
    let mut last: Option<(String, Arc<Pattern>, Vec<Piece>)> = None;
    to_text(args, |row| {
        let text = text.get(row)?;
        let pattern = match patterns.get(row)? {
            Ok(pattern) => pattern,
            Err(error) => return Some(Err(error)),
        };
        let replacement = match &replacements {
            None => "",
            Some(replacements) => replacements.get(row)?,
        };
        let is_read = last
            .as_ref()
            .is_some_and(|(known, of, _)| known == replacement && Arc::ptr_eq(of, &pattern));
        if !is_read {
            match pieces(replacement, &pattern) {
                Ok(pieces) => last = Some((replacement.to_owned(), Arc::clone(&pattern), pieces)),
                Err(error) => return Some(Err(error)),
            }
        }
        let (_, _, pieces) = last.as_ref()?;
        Some(replaced(text, &pattern, pieces))
    })
}

/// A part of a replacement.
enum Piece {
    Text(String),
    Group(usize),
}

/// A text with all matches replaced.
fn replaced(text: &str, pattern: &Pattern, pieces: &[Piece]) -> Result<String> {
    let mut made = String::with_capacity(text.len());
    let mut last = 0;
    if pieces.iter().any(|piece| matches!(piece, Piece::Group(_))) {
        pattern.each_groups(text, |groups| {
            let (from, to) = groups.whole();
            made.push_str(&text[last..from]);
            for piece in pieces {
                match piece {
                    Piece::Text(piece) => made.push_str(piece),
                    Piece::Group(group) => {
                        made.push_str(groups.get(*group).map_or("", |(from, to)| &text[from..to]));
                    }
                }
            }
            last = to;
            Ok(())
        })?;
    } else {
        pattern.each_match(text, 0, |from, to| {
            made.push_str(&text[last..from]);
            for piece in pieces {
                if let Piece::Text(piece) = piece {
                    made.push_str(piece);
                }
            }
            last = to;
            Ok(true)
        })?;
    }
    made.push_str(&text[last..]);
    Ok(made)
}

/// Reads a replacement: `$1`, `${name}`, and `\` before what stands for itself.
fn pieces(replacement: &str, pattern: &Pattern) -> Result<Vec<Piece>> {
    let illegal = |why: &str| invalid_argument(format!("Illegal replacement sequence: {why}"));
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = replacement.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push(chars.next().ok_or_else(|| illegal(replacement))?),
            '$' => {
                let group = match chars.next() {
                    Some('{') => {
                        let mut name = String::new();
                        loop {
                            match chars.next() {
                                Some('}') => break,
                                Some(char) => name.push(char),
                                None => return Err(illegal(replacement)),
                            }
                        }
                        pattern
                            .group_named(&name)
                            .ok_or_else(|| illegal(&format!("unknown group {{ {name} }}")))?
                    }
                    Some(digit) if digit.is_ascii_digit() => {
                        let mut group = digit as usize - '0' as usize;
                        if group > pattern.groups_count() {
                            return Err(illegal(&format!("unknown group {group}")));
                        }
                        // As many digits as still make a group that is there.
                        while let Some(digit) = chars.peek().and_then(|digit| digit.to_digit(10)) {
                            let longer = group * 10 + digit as usize;
                            if longer > pattern.groups_count() {
                                break;
                            }
                            group = longer;
                            chars.next();
                        }
                        group
                    }
                    _ => return Err(illegal(replacement)),
                };
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
            }
            _ => text.push(char),
        }
    }
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(pieces)
}

/// A group that the pattern has.
fn checked(pattern: &Pattern, group: i64) -> Result<usize> {
    if group < 0 {
        return Err(invalid_argument("Group cannot be negative"));
    }
    usize::try_from(group).ok().filter(|group| *group <= pattern.groups_count()).ok_or_else(|| {
        invalid_argument(format!(
            "Pattern has {} groups. Cannot access group {group}",
            pattern.groups_count()
        ))
    })
}
