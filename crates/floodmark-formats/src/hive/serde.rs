//! How the lines of a user's table are written: Hive's SerDes and their properties.

use std::collections::BTreeMap;
use std::fmt;

use crate::hive::csv::Csv;
use crate::hive::delimited::Delimited;
use crate::hive::grok;
use crate::hive::hive_type::HiveType;
use crate::hive::json::JsonSerde;
use crate::hive::pattern::Pattern;
use crate::hive::table::HiveColumn;

/// How the lines of a user's table are written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Serde {
    /// Values between delimiters: `LazySimpleSerDe`.
    Delimited(Delimited),
    /// Groups of a regular expression: `RegexSerDe`.
    Regex(Pattern),
    /// Fields of a Grok pattern: `GrokSerDe`.
    Grok(Pattern),
    /// Values in quotes: `OpenCSVSerde`.
    Csv(Csv),
    /// An object of JSON a line, as OpenX reads it.
    OpenXJson(JsonSerde),
    /// An object of JSON a line, as Hive reads it.
    HiveJson(JsonSerde),
    /// An object a file, with a list of records.
    CloudTrail(JsonSerde),
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
pub const SERDE_CLASSES: &[&str] = &[
    LAZY_SIMPLE,
    REGEX,
    REGEX_CONTRIB,
    GROK,
    OPEN_CSV,
    OPENX_JSON,
    HCATALOG_JSON,
    HIVE_JSON,
    CLOUDTRAIL,
    PARQUET,
];

/// The input format whose files are documents of records, whatever SerDe reads the records.
pub const CLOUDTRAIL_INPUT_FORMAT: &str = "com.amazon.emr.cloudtrail.CloudTrailInputFormat";

const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const REGEX: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";
const REGEX_CONTRIB: &str = "org.apache.hadoop.hive.contrib.serde2.RegexSerDe";
const GROK: &str = "com.amazonaws.glue.serde.GrokSerDe";
const OPEN_CSV: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
const OPENX_JSON: &str = "org.openx.data.jsonserde.JsonSerDe";
const HCATALOG_JSON: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const HIVE_JSON: &str = "org.apache.hadoop.hive.serde2.JsonSerDe";
const CLOUDTRAIL: &str = "com.amazon.emr.hive.serde.CloudTrailSerde";
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
            GROK => grok::pattern(serde_properties, columns).map(Self::Grok),
            OPEN_CSV => {
                only_plain("OpenCSVSerde", columns)?;
                Csv::of(serde_properties).map(Self::Csv)
            }
            OPENX_JSON => JsonSerde::openx(serde_properties, columns).map(Self::OpenXJson),
            HCATALOG_JSON | HIVE_JSON => {
                JsonSerde::hive(serde_properties, columns).map(Self::HiveJson)
            }
            CLOUDTRAIL => JsonSerde::openx(serde_properties, columns).map(Self::CloudTrail),
            PARQUET => Ok(Self::Parquet),
            _ => Err(SerdeError::new(format!("the SerDe `{class}` is not supported"))
                .hint(format!("these are: {}", SERDE_CLASSES.join(", ")))),
        }
    }

    /// The SerDe for files of an input format: those of [CloudTrail](CLOUDTRAIL_INPUT_FORMAT) hold one document each.
    pub fn with_input_format(self, input_format: &str) -> Self {
        match self {
            Self::OpenXJson(json) | Self::HiveJson(json)
                if input_format == CLOUDTRAIL_INPUT_FORMAT =>
            {
                Self::CloudTrail(json)
            }
            other => other,
        }
    }

    /// Whether Athena fails the query at a line that cannot be read.
    pub(crate) fn malformed_fails(&self) -> bool {
        match self {
            Self::OpenXJson(json) | Self::HiveJson(json) | Self::CloudTrail(json) => {
                json.malformed_fails()
            }
            _ => false,
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
