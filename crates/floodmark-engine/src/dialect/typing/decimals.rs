//! Decimals: the types of results and their rounding, which is half up.

use std::sync::Arc;

use datafusion::arrow::array::types::Decimal128Type;
use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::common::{Column, DFSchema, DataFusionError, Result};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, cast};

use super::operators::Operation;
use crate::dialect::trino_type::{TrinoType, failure};

/// The most digits that a decimal has.
const DIGITS_MAX: i16 = 38;

/// The digits and the scale with which a decimal or a whole number is computed.
pub(super) fn digits(trino_type: &TrinoType) -> Option<(u8, i8)> {
    Some(match trino_type {
        TrinoType::Decimal(precision, scale) => (*precision, *scale),
        TrinoType::TinyInt => (3, 0),
        TrinoType::SmallInt => (5, 0),
        TrinoType::Integer => (10, 0),
        TrinoType::BigInt => (19, 0),
        _ => return None,
    })
}

/// The type of a result; None if no operand is a decimal, or one is none and no whole number.
pub(super) fn result(
    operation: Operation,
    left: &TrinoType,
    right: &TrinoType,
) -> Option<TrinoType> {
    let is_decimal = |t: &TrinoType| matches!(t, TrinoType::Decimal(..));
    if !is_decimal(left) && !is_decimal(right) {
        return None;
    }
    let wide = |(precision, scale): (u8, i8)| (i16::from(precision), i16::from(scale));
    let ((p1, s1), (p2, s2)) = (wide(digits(left)?), wide(digits(right)?));
    let widest = s1.max(s2);
    let (precision, scale) = match operation {
        Operation::Add | Operation::Subtract => ((p1 - s1).max(p2 - s2) + widest + 1, widest),
        Operation::Multiply => (p1 + p2, s1 + s2),
        Operation::Divide => (p1 + s2 + (s2 - s1).max(0), widest),
        Operation::Modulus => ((p1 - s1).min(p2 - s2) + widest, widest),
    };
    let scale = scale.min(DIGITS_MAX);
    let precision = precision.clamp(scale.max(1), DIGITS_MAX);
    Some(TrinoType::Decimal(u8::try_from(precision).ok()?, i8::try_from(scale).ok()?))
}

/// Computes with decimals of these scales.
pub(super) fn compute(
    operation: Operation,
    left: &ArrayRef,
    right: &ArrayRef,
    target: (u8, i8),
) -> Result<ArrayRef> {
    let scale_of = |array: &ArrayRef| match array.data_type() {
        DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    };
    let (left_scale, right_scale) = (scale_of(left), scale_of(right));
    let (left, right) =
        (left.as_primitive::<Decimal128Type>(), right.as_primitive::<Decimal128Type>());
    let values = left.iter().zip(right).map(|(left, right)| {
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        one(operation, (left, left_scale), (right, right_scale), target.1).map(Some)
    });
    let values = values.collect::<Result<Decimal128Array>>()?;
    Ok(Arc::new(values.with_precision_and_scale(target.0, target.1)?))
}

/// Gives the averages of decimals the type of what they are the averages of.
pub(super) fn average(plan: LogicalPlan) -> Result<LogicalPlan> {
    let (exprs, input) = match &plan {
        LogicalPlan::Aggregate(aggregate) => (&aggregate.aggr_expr, &aggregate.input),
        LogicalPlan::Window(window) => (&window.window_expr, &window.input),
        _ => return Ok(plan),
    };
    let targets: Vec<Option<DataType>> =
        exprs.iter().map(|expr| averaged(expr, input.schema())).collect();
    if targets.iter().all(Option::is_none) {
        return Ok(plan);
    }
    let before = plan.schema().fields().len() - exprs.len();
    let columns: Vec<Expr> = (plan.schema().iter().enumerate())
        .map(|(at, field)| {
            let column = Expr::Column(Column::from(field));
            match at.checked_sub(before).and_then(|at| targets.get(at).cloned().flatten()) {
                None => column,
                Some(target) => {
                    cast(column, target).alias_qualified(field.0.cloned(), field.1.name())
                }
            }
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// A sum of decimals is one of all digits.
pub(super) fn sum(expr: Expr, schema: &DFSchema) -> Expr {
    let widened = |args: Vec<Expr>| -> Vec<Expr> {
        let widen = |arg: Expr| match arg.get_type(schema) {
            Ok(DataType::Decimal128(precision, scale)) if precision < 38 => {
                cast(arg, DataType::Decimal128(38, scale))
            }
            _ => arg,
        };
        args.into_iter().map(widen).collect()
    };
    match expr {
        Expr::AggregateFunction(AggregateFunction { func, mut params }) if func.name() == "sum" => {
            params.args = widened(params.args);
            Expr::AggregateFunction(AggregateFunction { func, params })
        }
        Expr::WindowFunction(window) if window.fun.name() == "sum" => {
            let WindowFunction { fun, mut params } = *window;
            params.args = widened(params.args);
            Expr::WindowFunction(Box::new(WindowFunction { fun, params }))
        }
        other => other,
    }
}

/// The type of an average of decimals.
fn averaged(expr: &Expr, schema: &DFSchema) -> Option<DataType> {
    let args = match expr {
        Expr::Alias(alias) => return averaged(&alias.expr, schema),
        Expr::AggregateFunction(function) if function.func.name() == "avg" => &function.params.args,
        Expr::WindowFunction(window) if window.fun.name() == "avg" => &window.params.args,
        _ => return None,
    };
    let found = args.first()?.get_type(schema).ok()?;
    matches!(found, DataType::Decimal128(..)).then_some(found)
}

fn overflow() -> DataFusionError {
    failure("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
}

fn power(exponent: i8) -> Option<i256> {
    i256::from_i128(10).checked_pow(u32::try_from(exponent).ok()?)
}

fn one(operation: Operation, left: (i128, i8), right: (i128, i8), scale: i8) -> Result<i128> {
    let scaled = |(value, own): (i128, i8), scale: i8| {
        i256::from_i128(value).checked_mul(power(scale - own)?)
    };
    let by_zero = || failure("DIVISION_BY_ZERO", "Division by zero");
    let value = match operation {
        Operation::Add | Operation::Subtract => scaled(left, scale)
            .zip(scaled(right, scale))
            .and_then(|(left, right)| match operation {
                Operation::Add => left.checked_add(right),
                _ => left.checked_sub(right),
            }),
        Operation::Multiply => i256::from_i128(left.0).checked_mul(i256::from_i128(right.0)),
        Operation::Divide if right.0 == 0 => return Err(by_zero()),
        Operation::Modulus if right.0 == 0 => return Err(by_zero()),
        Operation::Divide => {
            let dividend = scaled(left, scale + right.1);
            dividend.and_then(|dividend| rounded(dividend, i256::from_i128(right.0)))
        }
        Operation::Modulus => scaled(left, scale)
            .zip(scaled(right, scale))
            .and_then(|(left, right)| left.checked_rem(right)),
    };
    let limit = 10_i128.pow(38);
    value
        .and_then(i256::to_i128)
        .filter(|value| (-limit + 1..limit).contains(value))
        .ok_or_else(overflow)
}

/// A quotient, rounded half up, away from zero.
fn rounded(dividend: i256, divisor: i256) -> Option<i256> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?.checked_abs()?;
    if rest.checked_add(rest)? < divisor.checked_abs()? {
        return Some(quotient);
    }
    let is_negative = dividend.is_negative() != divisor.is_negative();
    let one = i256::from_i128(if is_negative { -1 } else { 1 });
    quotient.checked_add(one)
}
