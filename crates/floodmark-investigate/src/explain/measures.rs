//! What is measured, taken apart into numbers of single rows.

use floodmark_engine::dialect::{self, Aggregate};
use floodmark_engine::{Error, Result};
use floodmark_formats::LogType;
use floodmark_formats::measure::Amount;

/// A measure over rows.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) unit: String,
    /// The aggregate expression.
    pub(crate) sql: String,
    pub(crate) shape: Shape,
}

/// How a measure comes from the parts of rows, which are given by their positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// The count of rows.
    Records,
    /// The sum of a number.
    Sum(usize),
    /// The count of rows that meet a condition.
    CountIf(usize),
    /// The share of rows that meet a condition.
    Share(usize),
    /// The mean of a number.
    Mean(usize),
    /// A percentile of a number.
    Percentile(usize, f64),
    /// The count of different values.
    Distinct(usize),
}

/// Something that each row has: a number, a condition that it meets or not, or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) sql: String,
    pub(crate) kind: PartKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    Number,
    Condition,
    Value,
}

/// Measures, and the parts of rows that they are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measures {
    pub(crate) all: Vec<Measure>,
    pub(crate) parts: Vec<Part>,
}

impl Measures {
    /// The measures of a log, and the one that is asked for, if any: by its name, or as an aggregate expression.
    /// Gives the position of that.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for an expression that is none, `NotSupported` for one that cannot be taken apart.
    pub(crate) fn of(log_type: &LogType, asked: Option<&str>) -> Result<(Self, Option<usize>)> {
        let mut measures = Self::default();
        for measure in log_type.measures {
            let shape = measures.declared(measure.amount);
            measures.all.push(Measure {
                name: measure.name.to_owned(),
                title: measure.title.to_owned(),
                unit: measure.unit.to_owned(),
                sql: measure.sql(),
                shape,
            });
        }
        let Some(asked) = asked.map(str::trim) else { return Ok((measures, None)) };
        if let Some(at) = measures.all.iter().position(|measure| measure.name == asked) {
            return Ok((measures, Some(at)));
        }
        if asked.chars().all(|character| character.is_alphanumeric() || character == '_') {
            let names: Vec<_> =
                measures.all.iter().map(|measure| format!("`{}`", measure.name)).collect();
            let message = format!("`{}` has no measure `{asked}`", log_type.name);
            return Err(Error::not_found(message).hint(format!(
                "its measures are {}; an aggregate expression such as `sum({asked})` will do too",
                names.join(", ")
            )));
        }
        let aggregate = dialect::aggregate(asked)?.ok_or_else(|| {
            let message = format!("`{asked}` cannot be divided among contributors");
            Error::new(floodmark_engine::ErrorKind::NotSupported, message).hint(
                "ask for a count, count_if, sum, avg, count(DISTINCT …) or approx_percentile; `floodmark compare` takes any",
            )
        })?;
        let shape = measures.shape(&aggregate);
        measures.all.push(Measure {
            name: asked.to_owned(),
            title: asked.to_owned(),
            unit: String::new(),
            sql: asked.to_owned(),
            shape,
        });
        let last = measures.all.len() - 1;
        Ok((measures, Some(last)))
    }

    /// The shape of a declared measure.
    fn declared(&mut self, amount: Amount) -> Shape {
        match amount {
            Amount::Records => Shape::Records,
            Amount::Sum(sql) => Shape::Sum(self.part(sql, PartKind::Number)),
            Amount::CountIf(sql) => Shape::CountIf(self.part(sql, PartKind::Condition)),
            Amount::Share(sql) => Shape::Share(self.part(sql, PartKind::Condition)),
            Amount::Mean(sql) => Shape::Mean(self.part(sql, PartKind::Number)),
            Amount::Percentile(sql, share) => {
                Shape::Percentile(self.part(sql, PartKind::Number), share)
            }
            Amount::Distinct(sql) => Shape::Distinct(self.part(sql, PartKind::Value)),
        }
    }

    /// The shape of an aggregate that was written in SQL.
    fn shape(&mut self, aggregate: &Aggregate) -> Shape {
        match aggregate {
            Aggregate::Records => Shape::Records,
            Aggregate::Sum(sql) => Shape::Sum(self.part(sql, PartKind::Number)),
            Aggregate::CountIf(sql) => Shape::CountIf(self.part(sql, PartKind::Condition)),
            Aggregate::Mean(sql) => Shape::Mean(self.part(sql, PartKind::Number)),
            Aggregate::Percentile(sql, share) => {
                Shape::Percentile(self.part(sql, PartKind::Number), *share)
            }
            Aggregate::Distinct(sql) => Shape::Distinct(self.part(sql, PartKind::Value)),
        }
    }

    /// The position of a part, which is made if there is none like it.
    fn part(&mut self, sql: &str, kind: PartKind) -> usize {
        let part = Part { sql: sql.to_owned(), kind };
        self.parts.iter().position(|known| *known == part).unwrap_or_else(|| {
            self.parts.push(part);
            self.parts.len() - 1
        })
    }
}
