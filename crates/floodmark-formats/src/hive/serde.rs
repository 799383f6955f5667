//! How the lines of a user's table are written: Hive's SerDes and their properties.

use std::collections::BTreeMap;
use std::fmt;

use crate::hive::delimited::Delimited;
use crate::hive::hive_type::HiveType;
use crate::hive::pattern::Pattern;
use crate::hive::table::HiveColumn;
use crate::hive::value::Rules;

/// How the lines of a user's table are written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Serde {
    /// Values between delimiters: `LazySimpleSerDe`.
    Delimited(Delimited),
    /// Groups of a regular expression: `RegexSerDe`.
    Regex(Pattern),
    /// Columns that are columns in the file: Parquet.
    Parquet,
}

/// What is wrong with a SerDe or its properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerdeError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// The classes of the SerDes that are read.
pub const SERDE_CLASSES: &[&str] = &[LAZY_SIMPLE, REGEX, REGEX_CONTRIB, PARQUET];

const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const REGEX: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";
const REGEX_CONTRIB: &str = "org.apache.hadoop.hive.contrib.serde2.RegexSerDe";
const PARQUET: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

/// The properties of a SerDe, by their names.
pub(crate) type Properties = BTreeMap<String, String>;

impl Serde {
    /// The SerDe of a class with its properties, for these columns.
    pub fn of(
        class: &str,
        serde_properties: &Properties,
        columns: &[HiveColumn],
    ) -> Result<Self, SerdeError> {
        match class {
            LAZY_SIMPLE => Delimited::of(serde_properties, columns).map(Self::Delimited),
            REGEX | REGEX_CONTRIB => regex(serde_properties, columns).map(Self::Regex),
            PARQUET => Ok(Self::Parquet),
            _ => Err(SerdeError {
                message: format!("the SerDe `{class}` is not supported"),
                hint: Some(format!("these are: {}", SERDE_CLASSES.join(", "))),
            }),
        }
    }

    /// Whether Athena fails the query at a line that cannot be read.
    pub(crate) fn malformed_fails(&self) -> bool {
        match self {
            Self::Delimited(_) | Self::Regex(_) | Self::Parquet => false,
        }
    }

    /// How the SerDe reads text as values.
    pub(crate) fn rules(&self) -> Rules {
        match self {
            Self::Delimited(_) => Rules::Lazy,
            Self::Regex(_) | Self::Parquet => Rules::Java,
        }
    }
}

impl SerdeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SerdeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SerdeError {}

fn regex(properties: &Properties, columns: &[HiveColumn]) -> Result<Pattern, SerdeError> {
    let Some(input) = properties.get("input.regex") else {
        return Err(SerdeError::new("RegexSerDe has no property `input.regex`")
            .hint("WITH SERDEPROPERTIES ('input.regex' = '…')"));
    };
    only_plain("RegexSerDe", columns)?;
    let any_case = is_true(properties, "input.regex.case.insensitive");
    Pattern::new(input, any_case).map_err(|reason| {
        SerdeError::new(format!(
            "the regular expression of `input.regex` is not readable: {reason}"
        ))
        .hint(format!("after Hive's unescaping of the text it is `{input}`"))
    })
}

/// Fails if a column is of a type that the values of a pattern cannot have.
pub(crate) fn only_plain(serde: &str, columns: &[HiveColumn]) -> Result<(), SerdeError> {
    let unfit =
        |column: &&HiveColumn| column.hive_type.is_nested() || column.hive_type == HiveType::Binary;
    match columns.iter().find(unfit) {
        None => Ok(()),
        Some(column) => Err(SerdeError::new(format!(
            "{serde} has no columns of type `{}`: `{}` is one",
            column.hive_type, column.name
        ))),
    }
}

/// Whether a property says `true`.
pub(crate) fn is_true(properties: &Properties, name: &str) -> bool {
    properties.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
