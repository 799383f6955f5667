//! Patterns over whole lines, as `RegexSerDe` and Grok match them: Java's regular expressions, whole line, `.` for any character.

mod java;
mod syntax;

use std::sync::Arc;

use crate::hive::cells::{Cell, Cells};
use crate::hive::pattern::syntax::Node;
use crate::limits::{PATTERN_BACKTRACKS_MAX, PATTERN_BYTES_MAX};

/// A pattern whose groups are columns.
#[derive(Clone, Debug)]
pub struct Pattern {
    node: Arc<Node>,
    groups: usize,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Regular(regex::Regex),
    /// For what looks around or refers back; it may try very many ways, of which there is a limit.
    Fancy(Arc<fancy_regex::Regex>),
}

/// What a pattern says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The cells hold the groups.
    Matched,
    /// The whole line does not match.
    Unmatched,
    /// There are too many ways to match the line to try them all.
    GaveUp,
}

/// Matches lines one after the other.
#[derive(Debug)]
pub(crate) struct Matcher {
    pattern: Pattern,
    locations: Option<regex::CaptureLocations>,
}

impl Pattern {
    /// Compiles a pattern of Java. The error says what is wrong with it.
    pub(crate) fn new(pattern: &str, any_case: bool) -> Result<Self, String> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("it is longer than {PATTERN_BYTES_MAX} bytes"));
        }
        let (node, groups) = java::parse(pattern, any_case)?;
        let mut text = String::from("^(?:");
        node.write(&mut text);
        text.push_str(")$");
        let engine = if node.is_fancy() {
            let regex = fancy_regex::RegexBuilder::new(&text)
                .backtrack_limit(PATTERN_BACKTRACKS_MAX)
                .build()
                .map_err(|error| error.to_string())?;
            Engine::Fancy(Arc::new(regex))
        } else {
            Engine::Regular(regex::Regex::new(&text).map_err(|error| reason(&error))?)
        };
        Ok(Self { node: Arc::new(node), groups, engine })
    }

    /// How many groups capture.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }
}

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it becomes too large".to_owned(),
        other => other.to_string(),
    }
}

impl Matcher {
    /// Matches with memory of its own, so that several threads do not wait for each other.
    pub(crate) fn new(pattern: &Pattern) -> Self {
        let pattern = pattern.clone();
        let locations = match &pattern.engine {
            Engine::Regular(regex) => Some(regex.capture_locations()),
            Engine::Fancy(_) => None,
        };
        Self { pattern, locations }
    }

    /// Matches a line that begins at `start` of its block, and notes the group `column + 1` for each wanted column.
    pub(crate) fn read(&mut self, line: &str, start: usize, cells: &mut Cells) -> Outcome {
        match (&self.pattern.engine, &mut self.locations) {
            (Engine::Regular(regex), Some(locations)) => {
                if regex.captures_read(locations, line).is_none() {
                    return Outcome::Unmatched;
                }
                cells.fill(|column| match locations.get(column + 1) {
                    Some((from, to)) => Cell::part(start + from, start + to),
                    None => Cell::Null,
                });
                Outcome::Matched
            }
            (Engine::Fancy(regex), _) => match regex.captures(line) {
                Ok(Some(captures)) => {
                    cells.fill(|column| match captures.get(column + 1) {
                        Some(group) => Cell::part(start + group.start(), start + group.end()),
                        None => Cell::Null,
                    });
                    Outcome::Matched
                }
                Ok(None) => Outcome::Unmatched,
                Err(_) => Outcome::GaveUp,
            },
            (Engine::Regular(_), None) => Outcome::Unmatched,
        }
    }
}
