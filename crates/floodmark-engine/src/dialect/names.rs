//! Names of output columns: what Athena calls a column, and the hidden name under which it is planned.
//!
//! Athena allows several columns of one name, and columns without a name. The planner wants each to have its own, so a
//! hidden name is the shown one, a mark and a number. A column without a name is called `_col` and its position.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

/// Stands between a shown name and the number that makes it different from others.
const MARK: char = '\u{1}';

/// A hidden name; an empty shown name is that of a column without a name.
pub(crate) fn hidden(shown: &str, number: usize) -> String {
    format!("{shown}{MARK}{number}")
}

/// What Athena calls the column with this name at this position.
pub(crate) fn shown(name: &str, position: usize) -> String {
    match name.split_once(MARK) {
        None => name.to_owned(),
        Some(("", _)) => unnamed(position),
        Some((shown, _)) => shown.to_owned(),
    }
}

/// What Athena calls the column without a name at this position.
pub(crate) fn unnamed(position: usize) -> String {
    format!("_col{position}")
}

/// Whether a name is that of a column without a name.
pub(crate) fn is_unnamed(name: &str) -> bool {
    name.starts_with(MARK)
}

/// Whether a name is a hidden one.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.contains(MARK)
}

/// A text, such as a plan or an error, with shown names in the place of hidden ones.
pub(crate) fn clean(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    clean
}

/// A schema with the shown names, of which several may be the same.
pub(crate) fn shown_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().enumerate().map(|(position, field)| {
        if is_hidden(field.name()) {
            Arc::new(field.as_ref().clone().with_name(shown(field.name(), position)))
        } else {
            Arc::clone(field)
        }
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// The result of a query in FROM: names that are the only ones of their kind can be used from outside.
pub(crate) fn settle(plan: LogicalPlan, all_unnamed: bool) -> Result<LogicalPlan> {
    let names: Vec<String> = (plan.schema().fields().iter().enumerate())
        .map(|(position, field)| match all_unnamed {
            true => unnamed(position),
            false => shown(field.name(), position),
        })
        .collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *counts.entry(name).or_default() += 1;
    }
    let settled: Vec<String> = (names.iter().enumerate())
        .map(|(position, name)| match counts[name.as_str()] {
            1 => name.clone(),
            _ => hidden(name, position),
        })
        .collect();
    let fields = plan.schema().fields();
    if fields.iter().zip(&settled).all(|(field, name)| field.name() == name) {
        return Ok(plan);
    }
    let columns = plan.schema().iter().zip(settled).map(|(field, name)| {
        let column = Expr::Column(Column::from(field));
        if field.1.name() == &name { column } else { column.alias(name) }
    });
    let columns: Vec<_> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
