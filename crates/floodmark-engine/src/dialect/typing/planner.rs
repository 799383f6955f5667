//! Operators as Trino types them.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, cast};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::operators::{self, Operation};
use super::rules::{have_common, mismatch, mismatch_of, not_text, type_of};
use crate::dialect::functions;
use crate::dialect::functions::FIELDS;
use crate::dialect::moment::DAY_MICROS;
use crate::dialect::trino_type::{TrinoType, failure};

/// Plans operators by Trino's rules.
#[derive(Debug)]
pub(super) struct TrinoOperators;

impl ExprPlanner for TrinoOperators {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, left, right } = expr;
        let (left, right) = (months_apart(left), months_apart(right));
        let (Some(left_type), Some(right_type)) = (type_of(&left, schema), type_of(&right, schema))
        else {
            return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
        };
        let refused = |sign: &str| {
            let message = format!("Cannot apply operator: {left_type} {sign} {right_type}");
            Err(mismatch_of(message, &left, &right, not_text(&left_type, &right_type)))
        };
        match &op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => {
                // Text beside `bigint` is refused later, when literals have their own types.
                let is_later = matches!(
                    (&left_type, &right_type),
                    (TrinoType::BigInt, TrinoType::Varchar(_))
                        | (TrinoType::Varchar(_), TrinoType::BigInt)
                );
                if !is_later && !have_common(&left_type, &right_type) {
                    return refused(match op {
                        BinaryOperator::Lt | BinaryOperator::Gt => "<",
                        BinaryOperator::LtEq | BinaryOperator::GtEq => "<=",
                        _ => "=",
                    });
                }
                let left = in_zone(left, &left_type, &right_type);
                let right = in_zone(right, &right_type, &left_type);
                Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
            }
            BinaryOperator::And | BinaryOperator::Or => {
                for (side, side_type) in [(&left, &left_type), (&right, &right_type)] {
                    if !matches!(
                        side_type,
                        TrinoType::Boolean | TrinoType::Unknown | TrinoType::Other(_)
                    ) {
                        let message = format!(
                            "Logical expression term must evaluate to a boolean (actual: {side_type})"
                        );
                        return Err(mismatch(message, None).context(side.to_string()));
                    }
                }
                Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
            }
            BinaryOperator::StringConcat => concatenation(op, left, right, &left_type, &right_type),
            _ => {
                let Some(operation) = Operation::of(&op) else {
                    return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
                };
                if is_open(&left_type) || is_open(&right_type) {
                    return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
                }
                match operation.result(&left_type, &right_type) {
                    Some(_) => {
                        let function = Arc::new(operators::function(operation));
                        Ok(PlannerResult::Planned(function.call(vec![left, right])))
                    }
                    None if left_type.is_number() && right_type.is_number() => {
                        Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
                    }
                    None => refused(operation.sign()),
                }
            }
        }
    }

    fn plan_extract(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        let name = match args.first() {
            Some(Expr::Literal(name, _)) => name.try_as_str().flatten().unwrap_or_default(),
            _ => return Ok(PlannerResult::Original(args)),
        };
        let name = name.to_ascii_lowercase();
        let Some((_, function)) = FIELDS.iter().find(|(field, _)| *field == name) else {
            return Err(failure(
                "SYNTAX_ERROR",
                &format!("Invalid EXTRACT field: {}", name.to_uppercase()),
            ));
        };
        let function = functions::scalars().into_iter().find(|known| known.name() == *function);
        Ok(match function {
            Some(function) => PlannerResult::Planned(function.call(args[1..].to_vec())),
            None => PlannerResult::Original(args),
        })
    }
}

/// Whether it is not known what a type is.
fn is_open(trino_type: &TrinoType) -> bool {
    matches!(trino_type, TrinoType::Unknown | TrinoType::Other(_))
}

/// `||` joins texts, arrays and bytes, and nothing else.
fn concatenation(
    op: BinaryOperator,
    left: Expr,
    right: Expr,
    left_type: &TrinoType,
    right_type: &TrinoType,
) -> Result<PlannerResult<RawBinaryExpr>> {
    use TrinoType as T;
    let is_text = |t: &T| matches!(t, T::Varchar(_) | T::Char(_));
    let fits = is_open(left_type)
        || is_open(right_type)
        || (is_text(left_type) && is_text(right_type))
        || matches!((left_type, right_type), (T::Array(_), _) | (_, T::Array(_)))
        || (*left_type == T::Varbinary && *right_type == T::Varbinary);
    if !fits {
        return Err(failure(
            "FUNCTION_NOT_FOUND",
            &format!(
                "Unexpected parameters ({left_type}, {right_type}) for function concat. Expected: \
                 concat(char(x), char(y)), concat(array(E), E) E, concat(E, array(E)) E, \
                 concat(array(E)) E, concat(varchar), concat(varbinary)"
            ),
        ));
    }
    Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
}

/// A moment without a zone, which is to be compared with one that has one, is in UTC.
fn in_zone(expr: Expr, own: &TrinoType, other: &TrinoType) -> Expr {
    match (own, other) {
        (TrinoType::Date | TrinoType::Timestamp, TrinoType::TimestampWithTimeZone(_)) => {
            let local = cast(expr, DataType::Timestamp(TimeUnit::Microsecond, None));
            cast(local, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
        }
        _ => expr,
    }
}

/// A literal of months gets the type of such intervals.
pub(super) fn months_apart(expr: Expr) -> Expr {
    match expr {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata)
            if interval.months != 0 && interval.days == 0 && interval.nanoseconds == 0 =>
        {
            Expr::Literal(ScalarValue::IntervalYearMonth(Some(interval.months)), metadata)
        }
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata)
            if interval.months == 0 =>
        {
            Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(settled(interval))), metadata)
        }
        Expr::Negative(inner) => match months_apart(*inner) {
            Expr::Literal(ScalarValue::IntervalYearMonth(Some(months)), metadata) => {
                Expr::Literal(ScalarValue::IntervalYearMonth(months.checked_neg()), metadata)
            }
            Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata) => {
                let back = IntervalMonthDayNano::new(
                    interval.months.wrapping_neg(),
                    interval.days.wrapping_neg(),
                    interval.nanoseconds.wrapping_neg(),
                );
                let back = settled(back);
                Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(back)), metadata)
            }
            other => Expr::Negative(Box::new(other)),
        },
        other => other,
    }
}

/// An interval whose parts are the same as those of all that are as long: less than a day beside whole days.
fn settled(interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
    const DAY_NANOS: i64 = DAY_MICROS * 1000;
    let days = i64::from(interval.days) + interval.nanoseconds.div_euclid(DAY_NANOS);
    match i32::try_from(days) {
        Ok(days) if interval.months == 0 => {
            IntervalMonthDayNano::new(0, days, interval.nanoseconds.rem_euclid(DAY_NANOS))
        }
        _ => interval,
    }
}
