//! Calls of the planner's own functions that take more than Trino's do.

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::Expr;

use super::rules::type_of;
use crate::dialect::trino_type::{TrinoType, failure};

/// A function, whether it takes arguments of these types, and what it expects instead.
type Check = (&'static str, fn(&[TrinoType]) -> bool, &'static str);

static CHECKS: &[Check] = &[
    ("count", |given| given.len() < 2, "count(), count(T)"),
    ("lag", takes_offset, "lag(T), lag(T, bigint), lag(T, bigint, T)"),
    ("lead", takes_offset, "lead(T), lead(T, bigint), lead(T, bigint, T)"),
    ("max", is_orderable, "max(E) E:orderable, max(E, bigint) E:orderable"),
    ("min", is_orderable, "min(E) E:orderable, min(E, bigint) E:orderable"),
    (
        "nth_value",
        |given| given.get(1).is_some_and(|n| n.is_integer() || *n == TrinoType::Unknown),
        "nth_value(T, bigint)",
    ),
    (
        "ntile",
        |given| given.first().is_some_and(|n| n.is_integer() || *n == TrinoType::Unknown),
        "ntile(bigint)",
    ),
];

/// Checks the types of a call's arguments.
///
/// # Errors
///
/// `FUNCTION_NOT_FOUND` if Trino has no such form of the function.
pub(super) fn check(name: &str, args: &[Expr], schema: &DFSchema) -> Result<()> {
    let Some((_, takes, expected)) = CHECKS.iter().find(|(known, ..)| *known == name) else {
        return Ok(());
    };
    let types = args.iter().map(|arg| type_of(arg, schema));
    let Some(types) = types.collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    if takes(&types) {
        return Ok(());
    }
    let types: Vec<_> = types.iter().map(ToString::to_string).collect();
    let types = types.join(", ");
    let message =
        format!("Unexpected parameters ({types}) for function {name}. Expected: {expected}");
    Err(failure("FUNCTION_NOT_FOUND", &message))
}

fn takes_offset(given: &[TrinoType]) -> bool {
    given.get(1).is_none_or(|offset| offset.is_integer() || *offset == TrinoType::Unknown)
}

fn is_orderable(given: &[TrinoType]) -> bool {
    !matches!(given.first(), Some(TrinoType::Map(..) | TrinoType::Json))
}
