//! Aggregate expressions taken apart: what each row adds.

use datafusion::sql::sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use crate::dialect::parse_expression;
use crate::error::Result;

/// An aggregate over rows. The texts are SQL over the columns of one row; what is NULL does not count.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// How many rows there are.
    Records,
    /// How many rows meet a condition.
    CountIf(String),
    /// The sum of a number.
    Sum(String),
    /// The mean of a number.
    Mean(String),
    /// A percentile of a number; the share below it is from 0 to 1.
    Percentile(String, f64),
    /// How many different values there are.
    Distinct(String),
}

/// Takes `count`, `count_if`, `sum`, `avg`, `approx_percentile`, `approx_distinct` and `count(DISTINCT …)` apart, with or
/// without FILTER. None for any other expression.
///
/// # Errors
///
/// `InvalidQuery` with the place of what is no SQL.
pub fn aggregate(text: &str) -> Result<Option<Aggregate>> {
    Ok(match parse_expression(text, "an aggregate")? {
        Expr::Function(function) => of(&function),
        _ => None,
    })
}

fn of(function: &Function) -> Option<Aggregate> {
    let name = function.name.to_string().to_lowercase();
    let FunctionArguments::List(list) = &function.args else { return None };
    let is_plain = function.over.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
        && list.clauses.is_empty();
    if !is_plain {
        return None;
    }
    let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    let filter = function.filter.as_ref().map(ToString::to_string);
    // A row that the filter leaves out has no value.
    let value = |argument: &FunctionArg| match (argument, &filter) {
        (FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), None) => Some(value.to_string()),
        (FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), Some(filter)) => {
            Some(format!("CASE WHEN {filter} THEN {value} END"))
        }
        _ => None,
    };
    let is_star = |argument: &FunctionArg| {
        matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Wildcard))
    };
    match (name.as_str(), list.args.as_slice(), is_distinct) {
        ("count", [], false) => Some(filter.map_or(Aggregate::Records, Aggregate::CountIf)),
        ("count", [argument], false) if is_star(argument) => {
            Some(filter.map_or(Aggregate::Records, Aggregate::CountIf))
        }
        ("count", [argument], false) => {
            Some(Aggregate::CountIf(format!("({}) IS NOT NULL", value(argument)?)))
        }
        ("count", [argument], true) | ("approx_distinct", [argument], false) => {
            Some(Aggregate::Distinct(value(argument)?))
        }
        ("count_if", [argument], false) => Some(Aggregate::CountIf(value(argument)?)),
        ("sum", [argument], false) => Some(Aggregate::Sum(value(argument)?)),
        ("avg", [argument], false) => Some(Aggregate::Mean(value(argument)?)),
        (
            "approx_percentile",
            [argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(share))],
            false,
        ) => {
            let share: f64 = share.to_string().parse().ok()?;
            let share = (0.0..=1.0).contains(&share).then_some(share)?;
            Some(Aggregate::Percentile(value(argument)?, share))
        }
        _ => None,
    }
}
