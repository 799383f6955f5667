//! Grok: patterns with names, which become regular expressions.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::hive::grok_patterns::PATTERNS;
use crate::hive::pattern::Pattern;
use crate::hive::serde::{Properties, SerdeError, only_plain};
use crate::hive::table::HiveColumn;
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_DEPTH_MAX};

/// The pattern of a table whose lines are described by Grok.
pub(crate) fn pattern(
    properties: &Properties,
    columns: &[HiveColumn],
) -> Result<Pattern, SerdeError> {
    let Some(format) = properties.get("input.format") else {
        return Err(SerdeError::new("GrokSerDe has no property `input.format`")
            .hint("WITH SERDEPROPERTIES ('input.format' = '%{…}')"));
    };
    only_plain("GrokSerDe", columns)?;
    let mut expander = Expander {
        patterns: PATTERNS.iter().copied().collect(),
        fields: Vec::new(),
        out: String::new(),
    };
    if let Some(custom) = properties.get("input.grokCustomPatterns") {
        for line in custom.lines() {
            // A name, blanks, and the pattern to the line's end; what is not so is passed over, comments among it.
            let line = line.trim_start();
            if let Some((name, pattern)) = line.split_once(char::is_whitespace)
                && name.bytes().all(is_name)
            {
                expander.patterns.insert(name, pattern.trim_start());
            }
        }
    }
    let unreadable = |reason: String| {
        SerdeError::new(format!("the Grok pattern of `input.format` is not readable: {reason}"))
    };
    expander.expand(format, PATTERN_DEPTH_MAX).map_err(unreadable)?;
    let (pattern, names) = Pattern::anywhere(&expander.out).map_err(unreadable)?;
    let fields: Vec<(String, usize)> = names
        .into_iter()
        .map(|(name, group)| {
            let field = name.strip_prefix(GROUP).and_then(|at| at.parse::<usize>().ok());
            let field = field.and_then(|at| expander.fields.get(at).cloned());
            (field.unwrap_or(name), group)
        })
        .collect();
    let by_name = |column: &HiveColumn| {
        fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name))
    };
    // Where the names are others than the columns', the order counts.
    let groups = columns
        .iter()
        .enumerate()
        .map(|(at, column)| by_name(column).or_else(|| fields.get(at)).map(|(_, group)| *group));
    let groups = groups.collect();
    Ok(pattern.with_columns(groups))
}

/// How the groups are called that a pattern's fields become.
const GROUP: &str = "grokfield";

struct Expander<'a> {
    patterns: HashMap<&'a str, &'a str>,
    /// The names of the fields, in the order of their groups.
    fields: Vec<String>,
    out: String,
}

impl Expander<'_> {
    fn expand(&mut self, text: &str, depth_left: usize) -> Result<(), String> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err("the patterns stand within each other without end".to_owned());
        };
        let mut rest = text;
        while let Some(start) = rest.find("%{") {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            self.out.push_str(&rest[..start]);
            let inside = &rest[start + 2..start + length];
            rest = &rest[start + length + 1..];
            let mut parts = inside.splitn(3, ':');
            let name = parts.next().unwrap_or_default();
            let Some(pattern) = self.patterns.get(name).copied() else {
                return Err(format!("there is no pattern `{name}`"));
            };
            match parts.next() {
                Some(field) => {
                    let _ = write!(self.out, "(?<{GROUP}{}>", self.fields.len());
                    self.fields.push(field.to_owned());
                }
                None => self.out.push_str("(?:"),
            }
            let pattern = pattern.to_owned();
            self.expand(&pattern, depth_left)?;
            self.out.push(')');
            if self.out.len() > PATTERN_BYTES_MAX {
                return Err(format!("it becomes longer than {PATTERN_BYTES_MAX} bytes"));
            }
        }
        self.out.push_str(rest);
        Ok(())
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
