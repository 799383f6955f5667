//! What the conditions of a query say about the lines of a user's table, and about its objects' names.
//!
//! All of it only saves work: the plan tests the conditions again on every row.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use floodmark_formats::athena::{Fit, Recognised, Serde, recognise};
use floodmark_formats::hive::{HiveTable, HiveType};
use floodmark_formats::predicate::{Predicate, Test};
use floodmark_formats::table;

use crate::catalog::TableDefinition;
use crate::dialect::typing::guarded;
use crate::limits::IN_LIST_MAX;
use crate::scan::prune::{Pruning, alternatives, comparison, whole_number};

/// The log that a user's table holds, if it is one of those that AWS documents.
pub(crate) fn log_of(definition: &TableDefinition) -> Option<Recognised> {
    let columns: Vec<(&str, &str)> = (definition.columns.iter())
        .map(|column| (column.name.as_str(), column.hive_type.as_str()))
        .collect();
    let serde = Serde { class: &definition.serde.class, properties: &definition.serde.properties };
    recognise(serde, &columns)
}

/// What the conditions say about the names of a log's objects.
pub(crate) fn pruning(log: &Recognised, definition: &TableDefinition, filters: &[Expr]) -> Pruning {
    // A name that no column has: conditions on it say nothing.
    const NONE: &str = "\0";
    let ours = |name: &str| {
        let at = definition.columns.iter().position(|column| column.name == name)?;
        log.mapping[at].filter(|mapped| mapped.fit != Fit::OtherKind).map(|mapped| mapped.column)
    };
    let filters: Vec<Expr> = (filters.iter())
        .filter_map(|filter| {
            let renamed = filter.clone().transform(|expr| {
                Ok(match expr {
                    Expr::Column(column) => {
                        let name = ours(&column.name).unwrap_or(NONE);
                        Transformed::yes(Expr::Column(Column::from_name(name)))
                    }
                    expr => Transformed::no(expr),
                })
            });
            renamed.ok().map(|renamed| renamed.data)
        })
        .collect();
    let mut pruning = Pruning::new(table::of(log.log_type), &filters);
    // Lines are read by the table's own SerDe.
    pruning.predicates.clear();
    pruning
}

/// Conditions that the decoder of a user's table tests.
pub(crate) fn predicates(table: &HiveTable, filters: &[Expr]) -> Vec<Predicate> {
    let mut found = Vec::new();
    for filter in filters {
        add(table, filter, &mut found);
    }
    found
}

fn add(table: &HiveTable, filter: &Expr, found: &mut Vec<Predicate>) {
    if let Some((condition, guarded)) = guarded(filter) {
        add(table, condition, found);
        return add(table, guarded, found);
    }
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            add(table, left, found);
            add(table, right, found);
        }
        Expr::BinaryExpr(BinaryExpr { op: Operator::Or, .. }) => {
            let mut values = Vec::new();
            if let Some(column) = alternatives(filter, &mut values) {
                found.extend(one_of(table, column, &values));
            }
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let Some(comparison) = comparison(*op) else {
                return;
            };
            let (column, value, comparison) = match (&**left, &**right) {
                (Expr::Column(column), Expr::Literal(value, _)) => (column, value, comparison),
                (Expr::Literal(value, _), Expr::Column(column)) => {
                    (column, value, comparison.mirrored())
                }
                _ => return,
            };
            let Some((column, hive_type)) = file_column(table, &column.name) else {
                return;
            };
            let test = match hive_type {
                HiveType::String => value
                    .try_as_str()
                    .flatten()
                    .map(|text| Test::Text(comparison, text.as_bytes().to_vec())),
                HiveType::Timestamp => match value {
                    ScalarValue::TimestampMicrosecond(Some(moment), None) => {
                        Some(Test::Time(comparison, *moment))
                    }
                    _ => None,
                },
                hive_type => {
                    number(hive_type, value).map(|number| Test::Number(comparison, number))
                }
            };
            found.extend(test.map(|test| Predicate { column, test }));
        }
        Expr::InList(list) if !list.negated => {
            if let Expr::Column(column) = &*list.expr {
                let values = list.list.iter().map(|value| match value {
                    Expr::Literal(value, _) => Some(value),
                    _ => None,
                });
                if let Some(values) = values.collect::<Option<Vec<_>>>() {
                    found.extend(one_of(table, &column.name, &values));
                }
            }
        }
        _ => {}
    }
}

/// A column of the files whose values can be tested as they are written.
fn file_column<'t>(table: &'t HiveTable, name: &str) -> Option<(usize, &'t HiveType)> {
    let at = table.columns.iter().position(|column| column.name == name)?;
    let hive_type = &table.columns[at].hive_type;
    matches!(
        hive_type,
        HiveType::String
            | HiveType::TinyInt
            | HiveType::SmallInt
            | HiveType::Int
            | HiveType::BigInt
            | HiveType::Date
            | HiveType::Timestamp
    )
    .then_some((at, hive_type))
}

/// A literal as the whole number that a value of this type is: a date in days since 1970.
fn number(hive_type: &HiveType, value: &ScalarValue) -> Option<i64> {
    match (hive_type, value) {
        (HiveType::Date, ScalarValue::Date32(Some(days))) => Some(i64::from(*days)),
        (HiveType::Date, _) => None,
        (_, value) => whole_number(value),
    }
}

fn one_of(table: &HiveTable, name: &str, values: &[&ScalarValue]) -> Option<Predicate> {
    if values.len() > IN_LIST_MAX {
        return None;
    }
    let (column, hive_type) = file_column(table, name)?;
    let test = match hive_type {
        HiveType::String => {
            let texts = values.iter().map(|value| Some(value.try_as_str()??.as_bytes().to_vec()));
            Test::TextIn(texts.collect::<Option<_>>()?)
        }
        HiveType::Timestamp => return None,
        hive_type => {
            let numbers = values.iter().map(|value| number(hive_type, value));
            Test::NumberIn(numbers.collect::<Option<_>>()?)
        }
    };
    Some(Predicate { column, test })
}
