//! The command line, read by hand: the bench builds without an argument parser.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

/// A command and its options.
pub(crate) struct Arguments {
    pub(crate) command: String,
    options: BTreeMap<String, String>,
}

/// Options that stand alone.
const SWITCHES: &[&str] = &["answer", "columns", "inflate-only", "partitioned"];
/// Options that take a value.
const OPTIONS: &[&str] =
    &["folder", "hours", "labels", "lines", "log", "objects", "runs", "seed", "table"];

impl Arguments {
    /// Reads the words after the program's name.
    pub(crate) fn of(words: Vec<String>) -> Result<Self, String> {
        let mut arguments = Self { command: String::new(), options: BTreeMap::new() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(name) if SWITCHES.contains(&name) => {
                    arguments.options.insert(name.to_owned(), String::new());
                }
                Some(name) if OPTIONS.contains(&name) => {
                    let value = words.next().ok_or(format!("`{word}` needs a value"))?;
                    arguments.options.insert(name.to_owned(), value);
                }
                None if arguments.command.is_empty() => arguments.command = word,
                None if !arguments.has("folder") => {
                    arguments.options.insert("folder".to_owned(), word);
                }
                _ => return Err(format!("unexpected `{word}`")),
            }
        }
        Ok(arguments)
    }

    /// The folder of the logs or the instances: an option, or the word after the command.
    pub(crate) fn folder(&self) -> Result<PathBuf, String> {
        self.options.get("folder").map(PathBuf::from).ok_or("`--folder` is needed".to_owned())
    }

    /// Whether a switch was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    /// The value of an option, or what it is without one.
    pub(crate) fn value<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        match self.options.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("`--{name} {text}` is not a number")),
        }
    }

    /// The text of an option, or what it is without one.
    pub(crate) fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.options.get(name).map_or(default, String::as_str)
    }
}
