//! Compiled patterns: `regex` where it can, and `fancy_regex` for what needs steps back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use datafusion::common::{DataFusionError, Result};

use crate::dialect::functions::regex::java::{self, Translation};
use crate::dialect::functions::rows::invalid_argument;
use crate::error::{Error, ErrorKind};
use crate::limits::{PATTERN_STEPS_MAX, PATTERNS_KEPT_MAX};

/// A compiled pattern.
pub(super) struct Pattern {
    java: String,
    /// Finds what the pattern means, but where a text ends with a line feed and [`Self::minds_end`].
    quick: Option<regex::Regex>,
    /// Finds it everywhere; made when it is needed.
    careful: OnceLock<Option<fancy_regex::Regex>>,
    translation: Translation,
    groups: usize,
    names: HashMap<String, usize>,
}

/// Where the groups of a match stand.
pub(super) struct Groups {
    places: Vec<Option<(usize, usize)>>,
}

impl Groups {
    /// Where a group stands, if it took part in the match.
    pub(super) fn get(&self, group: usize) -> Option<(usize, usize)> {
        self.places.get(group).copied().flatten()
    }

    /// Where the match stands.
    pub(super) fn whole(&self) -> (usize, usize) {
        self.get(0).unwrap_or_default()
    }
}

impl Pattern {
    /// The compiled pattern of a text, from those that are kept if it is there.
    pub(super) fn find(text: &str) -> Result<Arc<Self>> {
        // What is no pattern is kept too: finding that out may take as long as compiling.
        type Kept = HashMap<String, Result<Arc<Pattern>, String>>;
        static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
        let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().as_ref().and_then(|kept| kept.get(text).cloned());
        let found = known.unwrap_or_else(|| {
            let made = Self::new(text).map(Arc::new);
            let mut kept = lock();
            let kept = kept.get_or_insert_default();
            if kept.len() >= PATTERNS_KEPT_MAX {
                kept.clear();
            }
            kept.insert(text.to_owned(), made.clone());
            made
        });
        found.map_err(invalid_argument)
    }

    /// Compiles a pattern; the error says what is wrong with it.
    fn new(text: &str) -> Result<Self, String> {
        let translation = java::translate(text);
        let quick = match translation.needs_steps_back {
            true => None,
            false => match regex::Regex::new(&translation.quick) {
                Ok(quick) => Some(quick),
                // The other engine is built on this one: what is too large here is so there.
                Err(error @ regex::Error::CompiledTooBig(_)) => {
                    return Err(format!("{text}: {error}"));
                }
                Err(_) => None,
            },
        };
        let mut pattern = Self {
            java: text.to_owned(),
            quick,
            careful: OnceLock::new(),
            translation,
            groups: 0,
            names: HashMap::new(),
        };
        let names: Vec<Option<String>> = match &pattern.quick {
            Some(quick) => quick.capture_names().map(|name| name.map(str::to_owned)).collect(),
            None => {
                let careful = fancy_regex::RegexBuilder::new(&pattern.translation.careful)
                    .backtrack_limit(PATTERN_STEPS_MAX)
                    .build()
                    .map_err(|error| format!("{text}: {error}"))?;
                let names = careful.capture_names().map(|name| name.map(str::to_owned)).collect();
                pattern.careful = OnceLock::from(Some(careful));
                names
            }
        };
        pattern.groups = names.len().saturating_sub(1);
        pattern.names = (names.into_iter().enumerate())
            .filter_map(|(at, name)| name.map(|name| (name, at)))
            .collect();
        Ok(pattern)
    }

    /// How many groups it has, without the whole match.
    pub(super) fn groups_count(&self) -> usize {
        self.groups
    }

    /// The group with a name.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// Whether it matches somewhere.
    pub(super) fn is_match(&self, text: &str) -> Result<bool> {
        match self.quick_for(text) {
            Some(quick) => Ok(quick.is_match(text)),
            None => self.careful()?.is_match(text).map_err(|error| self.failed(&error)),
        }
    }

    /// The first match that begins at a place or behind it.
    pub(super) fn find_at(&self, text: &str, from: usize) -> Result<Option<(usize, usize)>> {
        match self.quick_for(text) {
            Some(quick) => Ok(quick.find_at(text, from).map(|found| (found.start(), found.end()))),
            None => match self.careful()?.find_from_pos(text, from) {
                Ok(found) => Ok(found.map(|found| (found.start(), found.end()))),
                Err(error) => Err(self.failed(&error)),
            },
        }
    }

    /// The groups of the first match that begins at a place or behind it.
    pub(super) fn groups_at(&self, text: &str, from: usize) -> Result<Option<Groups>> {
        let places = match self.quick_for(text) {
            Some(quick) => quick.captures_at(text, from).map(|groups| {
                groups.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()
            }),
            None => match self.careful()?.captures_from_pos(text, from) {
                Ok(groups) => groups.map(|groups| {
                    let group = |group: Option<fancy_regex::Match<'_>>| {
                        group.map(|group| (group.start(), group.end()))
                    };
                    groups.iter().map(group).collect()
                }),
                Err(error) => return Err(self.failed(&error)),
            },
        };
        Ok(places.map(|places| Groups { places }))
    }

    /// Tells of each match from a place on, until it is told to stop. An empty match may stand right behind another match.
    pub(super) fn each_match(
        &self,
        text: &str,
        from: usize,
        mut tell: impl FnMut(usize, usize) -> Result<bool>,
    ) -> Result<()> {
        let mut next = Some(from);
        while let Some(from) = next {
            let Some((from, to)) = self.find_at(text, from)? else { break };
            if !tell(from, to)? {
                break;
            }
            next = behind(text, from, to);
        }
        Ok(())
    }

    /// Tells the groups of each match.
    pub(super) fn each_groups(
        &self,
        text: &str,
        mut tell: impl FnMut(&Groups) -> Result<()>,
    ) -> Result<()> {
        let mut next = Some(0);
        while let Some(from) = next {
            let Some(groups) = self.groups_at(text, from)? else { break };
            tell(&groups)?;
            let (from, to) = groups.whole();
            next = behind(text, from, to);
        }
        Ok(())
    }

    /// The quick engine, if it finds what the pattern means in this text.
    fn quick_for(&self, text: &str) -> Option<&regex::Regex> {
        let quick = self.quick.as_ref()?;
        (!self.translation.minds_end || !text.ends_with('\n')).then_some(quick)
    }

    fn careful(&self) -> Result<&fancy_regex::Regex> {
        let careful = self.careful.get_or_init(|| {
            fancy_regex::RegexBuilder::new(&self.translation.careful)
                .backtrack_limit(PATTERN_STEPS_MAX)
                .build()
                .ok()
        });
        careful.as_ref().ok_or_else(|| invalid_argument(format!("{}: not a pattern", self.java)))
    }

    /// The error of a search that took too long.
    fn failed(&self, error: &fancy_regex::Error) -> DataFusionError {
        let message = format!(
            "the pattern `{}` takes more than {PATTERN_STEPS_MAX} steps back in one text",
            self.java
        );
        Error::new(ErrorKind::LimitReached, message)
            .hint("look-around, back-references and possessive quantifiers cost such steps")
            .because(error.clone())
            .into()
    }
}

/// Where the search goes on behind a match.
fn behind(text: &str, from: usize, to: usize) -> Option<usize> {
    if from < to {
        return Some(to);
    }
    let char = text[to..].chars().next()?;
    Some(to + char.len_utf8())
}
