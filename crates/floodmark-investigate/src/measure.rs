//! What is measured: one of a log's own measures, or any aggregate expression.

use floodmark_engine::dialect::{self, Aggregate};
use floodmark_engine::{Error, Result};
use floodmark_formats::LogType;
use serde::Serialize;

/// A measure over rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Its name, which is also that of its column in answers: the declared one, or the expression as it was given.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// The unit of its values; empty for counts, shares, and what was given as an expression.
    pub unit: String,
    /// The aggregate expression.
    #[serde(skip)]
    pub sql: String,
    /// Whether the values of parts add up to that of the whole, so that there are shares, and nothing is 0.
    pub is_additive: bool,
}

impl Measure {
    /// The measure that is asked for by its name or as an aggregate expression; without any, the count of records.
    ///
    /// # Errors
    ///
    /// `NotFound` for a name that the log has not; `InvalidQuery` for what is no expression.
    pub fn of(log_type: &LogType, asked: Option<&str>) -> Result<Self> {
        let asked = asked.map(str::trim);
        let declared = match asked {
            None => log_type.measures.first(),
            Some(name) => log_type.measures.iter().find(|measure| measure.name == name),
        };
        if let Some(measure) = declared {
            return Ok(Self {
                name: measure.name.to_owned(),
                title: measure.title.to_owned(),
                unit: measure.unit.to_owned(),
                sql: measure.sql(),
                is_additive: measure.amount.is_additive(),
            });
        }
        let asked = asked.unwrap_or("count(*)");
        if asked.chars().all(|character| character.is_alphanumeric() || character == '_') {
            let names: Vec<_> =
                log_type.measures.iter().map(|measure| format!("`{}`", measure.name)).collect();
            let message = format!("`{}` has no measure `{asked}`", log_type.name);
            return Err(Error::not_found(message).hint(format!(
                "its measures are {}; an aggregate expression such as `sum({asked})` will do too",
                names.join(", ")
            )));
        }
        let is_additive = matches!(
            dialect::aggregate(asked)?,
            Some(Aggregate::Records | Aggregate::CountIf(_) | Aggregate::Sum(_))
        );
        dialect::value(asked)?;
        Ok(Self {
            name: asked.to_owned(),
            title: asked.to_owned(),
            unit: String::new(),
            sql: in_line(asked),
            is_additive,
        })
    }
}

/// An expression that something may follow on its last line: a comment at its end must not swallow that.
pub(crate) fn in_line(expression: &str) -> String {
    if expression.contains("--") { format!("{expression}\n") } else { expression.to_owned() }
}
