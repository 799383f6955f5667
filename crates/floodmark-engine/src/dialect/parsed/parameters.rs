//! The parameters of a statement: `?`, and what takes its place.

use std::ops::ControlFlow;

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::{
    Expr, Statement, Value, Visit, VisitMut, Visitor, VisitorMut,
};

use crate::dialect::rewrite::text;
use crate::dialect::tokens;
use crate::dialect::trino::TrinoDialect;
use crate::error::{Error, Result};
use crate::limits::NESTING_MAX;

/// A value that was given as text: an expression if it is one that names nothing, or else the text itself.
pub(crate) fn parameter(given: &str) -> Expr {
    expression(given).unwrap_or_else(|| text(given))
}

fn expression(given: &str) -> Option<Expr> {
    let tokens = tokens::read(given).ok()?;
    let mut parser = DFParserBuilder::new(tokens)
        .with_dialect(&TrinoDialect)
        .with_recursion_limit(NESTING_MAX)
        .build()
        .ok()?;
    let parsed = parser.parse_into_expr().ok()?;
    if parsed.alias.is_some() {
        return None;
    }
    let names = Visit::visit(&parsed.expr, &mut Names);
    names.is_continue().then_some(parsed.expr)
}

/// Stops at the first name, query or further parameter.
struct Names;

impl Visitor for Names {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Subquery(_)
            | Expr::InSubquery { .. }
            | Expr::Exists { .. }
            | Expr::Wildcard(_) => ControlFlow::Break(()),
            Expr::Value(value) if is_placeholder(&value.value) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn is_placeholder(value: &Value) -> bool {
    matches!(value, Value::Placeholder(text) if text == "?")
}

/// How many parameters a statement has.
pub(crate) fn count(statement: &Statement) -> usize {
    let mut count = Count(0);
    let _ = Visit::visit(statement, &mut count);
    count.0
}

/// Puts the parameters in the places of `?`, in the order of the text.
pub(crate) fn bind(statement: &mut Statement, parameters: Vec<Expr>) -> Result<()> {
    let given = parameters.len();
    let expected = count(statement);
    if expected == 0 {
        // What a statement has no place for is not looked at.
        return Ok(());
    }
    if expected != given {
        return Err(Error::invalid_query(format!(
            "Incorrect number of parameters: expected {expected} but found {given}"
        ))
        .code("INVALID_PARAMETER_USAGE"));
    }
    let _ = VisitMut::visit(statement, &mut Bind { parameters: parameters.into_iter() });
    Ok(())
}

struct Count(usize);

impl Visitor for Count {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expr {
            self.0 += usize::from(is_placeholder(&value.value));
        }
        ControlFlow::Continue(())
    }
}

struct Bind {
    parameters: std::vec::IntoIter<Expr>,
}

impl VisitorMut for Bind {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let is_parameter = matches!(expr, Expr::Value(value) if is_placeholder(&value.value));
        if is_parameter && let Some(parameter) = self.parameters.next() {
            *expr = match parameter {
                value @ Expr::Value(_) => value,
                parameter => Expr::Nested(Box::new(parameter)),
            };
        }
        ControlFlow::Continue(())
    }
}
