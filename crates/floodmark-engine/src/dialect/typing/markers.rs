//! Functions that stand in a plan only until types are settled: what must be a truth, and what may be NULL.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF};

use super::rules::mismatch;
use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::find;
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, Position};

/// What must be a truth, with the error otherwise and the place of it: `$condition(x, error, line, column)`.
pub(crate) const CONDITION: &str = "$condition";
/// A value that may be NULL, whatever the planner takes it for.
pub(crate) const NULLABLE: &str = "$nullable";

static ALL: &[Scalar] = &[
    Scalar::new(
        CONDITION,
        &[&[Parameter::Any, Parameter::Any, Parameter::Any, Parameter::Any]],
        Returns::Always("boolean"),
        |args| Ok(args.args[0].clone()),
    ),
    Scalar::new(
        NULLABLE,
        &[&[Parameter::Any]],
        Returns::With(|args| Ok(Arc::new(args.arg_fields[0].as_ref().clone().with_nullable(true)))),
        |args| match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(Arc::clone(array))),
            ColumnarValue::Scalar(value) => Ok(ColumnarValue::Scalar(value.clone())),
        },
    ),
];

/// The functions.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// An expression that may be NULL.
pub(super) fn nullable(expr: Expr) -> Expr {
    let function = find(NULLABLE).expect("it is among the functions of this module");
    Expr::ScalarFunction(ScalarFunction { func: function, args: vec![expr] })
}

/// What a marked condition is, if it is a truth.
pub(super) fn settled(
    args: &[Expr],
    found: Option<TrinoType>,
) -> datafusion::common::Result<Option<Expr>> {
    let [expr, Expr::Literal(message, _), line, column] = args else { return Ok(None) };
    let is_truth = found.as_ref().is_none_or(|found| {
        matches!(found, TrinoType::Boolean | TrinoType::Unknown | TrinoType::Other(_))
    });
    match found {
        Some(found) if !is_truth => {
            let message = message.try_as_str().flatten().unwrap_or_default();
            let message = message.replace("{}", &found.to_string());
            let number = |expr: &Expr| match expr {
                Expr::Literal(ScalarValue::Int64(number), _) => number.map(i64::cast_unsigned),
                Expr::Literal(ScalarValue::Int32(number), _) => {
                    number.map(|number| u64::from(number.cast_unsigned()))
                }
                _ => None,
            };
            let position = match (number(line), number(column)) {
                (Some(line), Some(column)) if line > 0 => Some(Position { line, column }),
                _ => None,
            };
            match position {
                None => Err(mismatch(message, None)),
                position => {
                    Err(Error::invalid_query(message).code("TYPE_MISMATCH").at(position).into())
                }
            }
        }
        _ => Ok(Some(expr.clone())),
    }
}
