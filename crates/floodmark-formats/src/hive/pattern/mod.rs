//! Patterns over whole lines, as `RegexSerDe` and Grok match them: Java's regular expressions, whole line, `.` for any character.

mod bytes;
mod java;
mod scanner;
mod syntax;

use std::sync::Arc;

use crate::hive::cells::{Cell, Cells};
use crate::hive::pattern::scanner::{NOWHERE, Scan, Scanner};
use crate::hive::pattern::syntax::Node;
use crate::limits::PATTERN_BACKTRACKS_MAX;

/// A pattern whose groups are columns.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What a scanner is made of, if whole lines match.
    node: Option<Arc<Node>>,
    groups: usize,
    /// The group of each column, if it is not the next one.
    columns: Option<Arc<[Option<usize>]>>,
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
    scanner: Option<(Scanner, Scan)>,
}

impl Pattern {
    /// Compiles a pattern of Java that whole lines match. The error says what is wrong with it.
    pub(crate) fn new(pattern: &str, any_case: bool) -> Result<Self, String> {
        let parsed = java::parse(pattern, any_case, true)?;
        Self::compile(parsed.node, parsed.groups, "^(?:", ")$")
    }

    /// Compiles a pattern that matches somewhere in a line; with the groups that have names.
    pub(crate) fn anywhere(pattern: &str) -> Result<(Self, Vec<(String, usize)>), String> {
        let parsed = java::parse(pattern, false, false)?;
        Ok((Self::compile(parsed.node, parsed.groups, "(?:", ")")?, parsed.names))
    }

    /// The same pattern with a group for each column, where that is not simply the next one.
    pub(crate) fn with_columns(mut self, groups: Vec<Option<usize>>) -> Self {
        self.columns = Some(groups.into());
        self
    }

    fn compile(node: Node, groups: usize, before: &str, after: &str) -> Result<Self, String> {
        let mut text = before.to_owned();
        node.write(&mut text);
        text.push_str(after);
        let engine = if node.is_fancy() {
            for (place, looks) in WORD_BOUNDARIES {
                text = text.replace(place, looks);
            }
            let regex = fancy_regex::RegexBuilder::new(&text)
                .backtrack_limit(PATTERN_BACKTRACKS_MAX)
                .build()
                .map_err(|error| error.to_string())?;
            Engine::Fancy(Arc::new(regex))
        } else {
            Engine::Regular(regex::Regex::new(&text).map_err(|error| reason(&error))?)
        };
        let node = before.starts_with('^').then(|| Arc::new(node));
        Ok(Self { node, groups, columns: None, engine })
    }

    /// The group of a column.
    #[inline]
    fn group(&self, column: usize) -> Option<usize> {
        match &self.columns {
            None => (column < self.groups).then_some(column + 1),
            Some(groups) => groups.get(column).copied().flatten(),
        }
    }
}

/// The edges of words, as `regex` writes those of ASCII, and in the syntax of `fancy_regex`, which has only Unicode's.
///
/// Literals are written with escapes: the text can stand for nothing else.
const WORD_BOUNDARIES: [(&str, &str); 2] = [
    (r"(?-u:\b)", "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"),
    (r"(?-u:\B)", "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"),
];

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it becomes too large".to_owned(),
        other => other.to_string(),
    }
}

impl Matcher {
    /// Matches with memory of its own, so that several threads do not wait for each other.
    ///
    /// Only the groups of the wanted columns are noted.
    pub(crate) fn new(pattern: &Pattern, wanted: &[usize]) -> Self {
        let pattern = pattern.clone();
        let locations = match &pattern.engine {
            Engine::Regular(regex) => Some(regex.capture_locations()),
            Engine::Fancy(_) => None,
        };
        // The slots of a group stand where its column stands among the wanted ones.
        let slot = |group| wanted.iter().position(|column| pattern.group(*column) == Some(group));
        let scanner = pattern.node.as_ref().and_then(|node| Scanner::new(node, &slot));
        let scanner = scanner.map(|scanner| (scanner, Scan::of_groups(wanted.len())));
        Self { pattern, locations, scanner }
    }

    /// Matches a line that begins at `start` of its block, and notes the group of each wanted column.
    pub(crate) fn read(&mut self, line: &str, start: usize, cells: &mut Cells) -> Outcome {
        if let Some((scanner, scan)) = &mut self.scanner {
            match scanner.scan(line.as_bytes(), scan) {
                Some(true) => {
                    cells.fill_in_order(|place| match scan.slots[2 * place..2 * place + 2] {
                        [from, to] if from != NOWHERE && to != NOWHERE => {
                            Cell::part(start + from as usize, start + to as usize)
                        }
                        _ => Cell::Null,
                    });
                    return Outcome::Matched;
                }
                Some(false) => return Outcome::Unmatched,
                None => {}
            }
        }
        self.read_regex(line, start, cells)
    }

    fn read_regex(&mut self, line: &str, start: usize, cells: &mut Cells) -> Outcome {
        match (&self.pattern.engine, &mut self.locations) {
            (Engine::Regular(regex), Some(locations)) => {
                if regex.captures_read(locations, line).is_none() {
                    return Outcome::Unmatched;
                }
                let pattern = &self.pattern;
                let location = |column| locations.get(pattern.group(column)?);
                cells.fill(|column| match location(column) {
                    Some((from, to)) => Cell::part(start + from, start + to),
                    None => Cell::Null,
                });
                Outcome::Matched
            }
            (Engine::Fancy(regex), _) => match regex.captures(line) {
                Ok(Some(captures)) => {
                    let pattern = &self.pattern;
                    let group = |column| captures.get(pattern.group(column)?);
                    cells.fill(|column| match group(column) {
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
