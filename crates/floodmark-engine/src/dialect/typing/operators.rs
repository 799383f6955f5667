//! `+`, `-`, `*`, `/` and `%` on whole numbers, which overflow with an error, and on times and intervals.

use std::sync::Arc;

use datafusion::arrow::array::types::{
    Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalYearMonthType, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, FieldRef, IntervalMonthDayNano, IntervalUnit, TimeUnit,
};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::decimals;
use crate::dialect::moment::{DAY_MICROS, Zone, add_months, at, micros};
use crate::dialect::trino_type::{TrinoType, failure};

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

const ALL: [Operation; 5] = [
    Operation::Add,
    Operation::Subtract,
    Operation::Multiply,
    Operation::Divide,
    Operation::Modulus,
];

/// The functions.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.into_iter().map(function).collect()
}

/// The function of an operation.
pub(super) fn function(operation: Operation) -> ScalarUDF {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::new_from_impl(Operator { operation, signature })
}

impl Operation {
    /// The operation of an operator.
    pub(super) fn of(op: &BinaryOperator) -> Option<Self> {
        Some(match op {
            BinaryOperator::Plus => Self::Add,
            BinaryOperator::Minus => Self::Subtract,
            BinaryOperator::Multiply => Self::Multiply,
            BinaryOperator::Divide => Self::Divide,
            BinaryOperator::Modulo => Self::Modulus,
            _ => return None,
        })
    }

    /// How it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulus => "%",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "$add",
            Self::Subtract => "$subtract",
            Self::Multiply => "$multiply",
            Self::Divide => "$divide",
            Self::Modulus => "$modulus",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Add => "addition",
            Self::Subtract => "subtraction",
            Self::Multiply => "multiplication",
            Self::Divide => "division",
            Self::Modulus => "modulus",
        }
    }

    /// The type of the result, where the operation is done here.
    pub(super) fn result(self, left: &TrinoType, right: &TrinoType) -> Option<TrinoType> {
        use TrinoType as T;
        let is_interval = |t: &T| matches!(t, T::IntervalDayToSecond | T::IntervalYearToMonth);
        let is_moment = |t: &T| matches!(t, T::Date | T::Timestamp | T::TimestampWithTimeZone(_));
        let is_factor = |t: &T| t.is_number();
        match (self, left, right) {
            (_, left, right) if left.is_integer() && right.is_integer() => {
                Some(if rank(left) >= rank(right) { left.clone() } else { right.clone() })
            }
            (_, left, right) if decimals::result(self, left, right).is_some() => {
                decimals::result(self, left, right)
            }
            (Self::Add | Self::Subtract, moment, interval)
                if is_moment(moment) && is_interval(interval) =>
            {
                Some(moment.clone())
            }
            (Self::Add, interval, moment) if is_moment(moment) && is_interval(interval) => {
                Some(moment.clone())
            }
            (Self::Add | Self::Subtract, T::Time, T::IntervalDayToSecond)
            | (Self::Add, T::IntervalDayToSecond, T::Time) => Some(T::Time),
            (Self::Subtract, T::Time, T::Time) => Some(T::IntervalDayToSecond),
            (Self::Subtract, left, right) if is_moment(left) && is_moment(right) => {
                Some(T::IntervalDayToSecond)
            }
            (Self::Add | Self::Subtract, left, right) if is_interval(left) && left == right => {
                Some(left.clone())
            }
            (Self::Multiply | Self::Divide, interval, factor)
                if is_interval(interval) && is_factor(factor) =>
            {
                Some(interval.clone())
            }
            (Self::Multiply, factor, interval) if is_interval(interval) && is_factor(factor) => {
                Some(interval.clone())
            }
            _ => None,
        }
    }
}

fn rank(integer: &TrinoType) -> usize {
    match integer {
        TrinoType::TinyInt => 1,
        TrinoType::SmallInt => 2,
        TrinoType::Integer => 3,
        _ => 4,
    }
}

/// An operator as DataFusion sees it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Operator {
    operation: Operation,
    signature: Signature,
}

impl ScalarUDFImpl for Operator {
    fn name(&self) -> &str {
        self.operation.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field_from_args`".to_owned()))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let types: Vec<TrinoType> = arg_types.iter().map(TrinoType::of).collect();
        let [left, right] = types.as_slice() else {
            return Err(failure("FUNCTION_NOT_FOUND", "An operator takes two operands"));
        };
        let result = self.operation.result(left, right).ok_or_else(|| {
            let sign = self.operation.sign();
            failure("TYPE_MISMATCH", &format!("Cannot apply operator: {left} {sign} {right}"))
        })?;
        let both_integers = left.is_integer() && right.is_integer();
        Ok(types
            .iter()
            .map(|operand| {
                if both_integers {
                    result.arrow()
                } else if let (TrinoType::Decimal(..), Some((precision, scale))) =
                    (&result, decimals::digits(operand))
                {
                    DataType::Decimal128(precision, scale)
                } else if operand.is_number() {
                    DataType::Float64
                } else {
                    operand.arrow()
                }
            })
            .collect())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let left = TrinoType::of_field(&args.arg_fields[0]);
        let right = TrinoType::of_field(&args.arg_fields[1]);
        let result = self.operation.result(&left, &right).unwrap_or(TrinoType::Unknown);
        Ok(Arc::new(result.field(self.name())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let left_type = TrinoType::of_field(&args.arg_fields[0]);
        let right_type = TrinoType::of_field(&args.arg_fields[1]);
        if left_type.is_integer() && right_type.is_integer() {
            return integers(self.operation, &args);
        }
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let array = match self.operation.result(&left_type, &right_type) {
            Some(TrinoType::Decimal(precision, scale)) => {
                decimals::compute(self.operation, &arrays[0], &arrays[1], (precision, scale))?
            }
            _ => times(self.operation, &arrays[0], &left_type, &arrays[1], &right_type)?,
        };
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        if all_scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}

/// Whole numbers, checked.
fn integers(operation: Operation, args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let compute = match operation {
        Operation::Add => numeric::add,
        Operation::Subtract => numeric::sub,
        Operation::Multiply => numeric::mul,
        Operation::Divide => numeric::div,
        Operation::Modulus => numeric::rem,
    };
    let result = match (&args.args[0], &args.args[1]) {
        (ColumnarValue::Array(left), ColumnarValue::Array(right)) => compute(left, right),
        (ColumnarValue::Array(left), ColumnarValue::Scalar(right)) => {
            compute(left, &right.to_scalar()?)
        }
        (ColumnarValue::Scalar(left), ColumnarValue::Array(right)) => {
            compute(&left.to_scalar()?, right)
        }
        (ColumnarValue::Scalar(left), ColumnarValue::Scalar(right)) => {
            compute(&left.to_scalar()?, &right.to_scalar()?)
        }
    };
    let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    match result {
        Ok(array) if all_scalar => {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        }
        Ok(array) => Ok(ColumnarValue::Array(array)),
        Err(error) => Err(explained(operation, args).unwrap_or_else(|| error.into())),
    }
}

/// Why whole numbers could not be computed with.
fn explained(operation: Operation, args: &ScalarFunctionArgs) -> Option<DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(&args.args).ok()?;
    let (left, right) =
        (cast(&arrays[0], &DataType::Int64).ok()?, cast(&arrays[1], &DataType::Int64).ok()?);
    let trino_type = TrinoType::of(args.return_type());
    let size: u32 = match trino_type {
        TrinoType::TinyInt => 7,
        TrinoType::SmallInt => 15,
        TrinoType::Integer => 31,
        _ => 63,
    };
    let limit = 1_i128 << size;
    for (left, right) in
        left.as_primitive::<Int64Type>().iter().zip(right.as_primitive::<Int64Type>())
    {
        let (Some(left), Some(right)) = (left, right) else { continue };
        let (wide, other) = (i128::from(left), i128::from(right));
        let value = match operation {
            Operation::Add => wide + other,
            Operation::Subtract => wide - other,
            Operation::Multiply => wide * other,
            Operation::Divide | Operation::Modulus if right == 0 => {
                return Some(failure("DIVISION_BY_ZERO", "Division by zero"));
            }
            Operation::Divide | Operation::Modulus => wide / other,
        };
        if value < -limit || value >= limit {
            let (noun, sign) = (operation.noun(), operation.sign());
            return Some(failure(
                "NUMERIC_VALUE_OUT_OF_RANGE",
                &format!("{trino_type} {noun} overflow: {left} {sign} {right}"),
            ));
        }
    }
    None
}

/// A time that passes: months, or microseconds.
#[derive(Clone, Copy)]
struct Passing {
    months: i64,
    micros: i64,
}

fn out_of_range() -> DataFusionError {
    failure("NUMERIC_VALUE_OUT_OF_RANGE", "Date, time or interval is out of range")
}

/// The intervals of an array.
fn passing(array: &ArrayRef) -> Result<Vec<Option<Passing>>> {
    if let DataType::Interval(IntervalUnit::YearMonth) = array.data_type() {
        let months = array.as_primitive::<IntervalYearMonthType>().iter();
        return Ok(months
            .map(|months| months.map(|months| Passing { months: months.into(), micros: 0 }))
            .collect());
    }
    let intervals = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>().iter();
    Ok(intervals
        .map(|interval| {
            interval.map(|interval| Passing {
                months: interval.months.into(),
                micros: i64::from(interval.days) * DAY_MICROS + interval.nanoseconds / 1000,
            })
        })
        .collect())
}

/// Intervals as an array of their type.
fn intervals(values: Vec<Option<Passing>>, trino_type: &TrinoType) -> Result<ArrayRef> {
    if *trino_type == TrinoType::IntervalYearToMonth {
        let months = values.into_iter().map(|value| {
            value.map(|value| i32::try_from(value.months).map_err(|_| out_of_range())).transpose()
        });
        return Ok(Arc::new(months.collect::<Result<PrimitiveArray<IntervalYearMonthType>>>()?));
    }
    let values = values.into_iter().map(|value| {
        value
            .map(|value| {
                // Of intervals that are the same, all parts are: those are what is compared.
                let days = value.micros.div_euclid(DAY_MICROS);
                let days = i32::try_from(days).map_err(|_| out_of_range())?;
                Ok(IntervalMonthDayNano::new(0, days, value.micros.rem_euclid(DAY_MICROS) * 1000))
            })
            .transpose()
    });
    Ok(Arc::new(values.collect::<Result<PrimitiveArray<IntervalMonthDayNanoType>>>()?))
}

/// A zone with its name.
type NamedZone = (Zone, Arc<str>);

/// The clocks of moments or times, in microseconds, and their zone.
fn clocks(array: &ArrayRef) -> Result<(Int64Array, Option<NamedZone>)> {
    match array.data_type() {
        DataType::Time64(_) | DataType::Time32(_) => {
            let times = cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
            Ok((times.as_primitive::<Time64MicrosecondType>().reinterpret_cast(), None))
        }
        DataType::Timestamp(_, zone) => {
            let values = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let values: Int64Array =
                values.as_primitive::<TimestampMicrosecondType>().reinterpret_cast();
            let Some(name) = zone else { return Ok((values, None)) };
            let zone = Zone::parse(name).ok_or_else(out_of_range)?;
            Ok((values.unary(|utc| zone.local(utc)), Some((zone, Arc::clone(name)))))
        }
        _ => {
            let days = cast(array, &DataType::Date32)?;
            let days = days.as_primitive::<Date32Type>();
            Ok((days.unary(|days| i64::from(days) * DAY_MICROS), None))
        }
    }
}

fn times(
    operation: Operation,
    left: &ArrayRef,
    left_type: &TrinoType,
    right: &ArrayRef,
    right_type: &TrinoType,
) -> Result<ArrayRef> {
    use TrinoType as T;
    let is_interval = |t: &T| matches!(t, T::IntervalDayToSecond | T::IntervalYearToMonth);
    match (is_interval(left_type), is_interval(right_type)) {
        (false, false) => {
            let utc = |array: &ArrayRef| -> Result<Int64Array> {
                let (local, zone) = clocks(array)?;
                Ok(zone.map_or(local.clone(), |(zone, _)| local.unary(|local| zone.utc(local))))
            };
            let (left, right) = (utc(left)?, utc(right)?);
            let passed = left.iter().zip(&right).map(|(left, right)| {
                Some(Passing { months: 0, micros: left?.checked_sub(right?)? })
            });
            intervals(passed.collect(), &T::IntervalDayToSecond)
        }
        (true, true) => {
            let sums = passing(left)?.into_iter().zip(passing(right)?).map(|(left, right)| {
                let (left, right) = (left?, right?);
                let sign = if operation == Operation::Subtract { -1 } else { 1 };
                Some(Passing {
                    months: left.months + sign * right.months,
                    micros: left.micros.saturating_add(sign * right.micros),
                })
            });
            intervals(sums.collect(), left_type)
        }
        (true, false) if right_type.is_number() => scaled(operation, left, left_type, right),
        (false, true) if left_type.is_number() => scaled(operation, right, right_type, left),
        (true, false) => moved(operation, right, right_type, left),
        (false, true) => moved(operation, left, left_type, right),
    }
}

fn scaled(
    operation: Operation,
    array: &ArrayRef,
    trino_type: &TrinoType,
    factors: &ArrayRef,
) -> Result<ArrayRef> {
    let factors = factors.as_primitive::<Float64Type>().iter();
    let values = passing(array)?.into_iter().zip(factors).map(|(value, factor)| {
        let (Some(value), Some(factor)) = (value, factor) else { return Ok(None) };
        if operation == Operation::Divide && factor == 0.0 {
            return Err(failure("DIVISION_BY_ZERO", "Division by zero"));
        }
        let apply = |amount: i64| {
            let amount = amount as f64;
            let amount = match operation {
                Operation::Divide => amount / factor,
                _ => amount * factor,
            };
            if amount.abs() < 9e18 { Ok(amount as i64) } else { Err(out_of_range()) }
        };
        // Intervals hold whole milliseconds.
        let micros = apply(value.micros)? / 1000 * 1000;
        Ok(Some(Passing { months: apply(value.months)?, micros }))
    });
    intervals(values.collect::<Result<Vec<_>>>()?, trino_type)
}

fn moved(
    operation: Operation,
    array: &ArrayRef,
    trino_type: &TrinoType,
    by: &ArrayRef,
) -> Result<ArrayRef> {
    let sign = if operation == Operation::Subtract { -1 } else { 1 };
    let (local, zone) = clocks(array)?;
    let values = local.iter().zip(passing(by)?).map(|(local, by)| {
        let (Some(local), Some(by)) = (local, by) else { return Ok(None) };
        if *trino_type == TrinoType::Date && by.micros % DAY_MICROS != 0 {
            return Err(failure(
                "INVALID_FUNCTION_ARGUMENT",
                "Cannot add hour, minutes or seconds to a date",
            ));
        }
        let months = || {
            if by.months == 0 {
                return Some(local);
            }
            add_months(at(local)?, sign * by.months).map(micros)
        };
        let after = months().ok_or_else(out_of_range)?;
        let by_micros = by.micros.checked_mul(sign).ok_or_else(out_of_range)?;
        let moved = match &zone {
            None => after.checked_add(by_micros),
            Some((zone, _)) => zone.utc(after).checked_add(by_micros),
        };
        moved.filter(|moved| at(*moved).is_some()).map(Some).ok_or_else(out_of_range)
    });
    let values = values.collect::<Result<Int64Array>>()?;
    Ok(match (trino_type, zone) {
        (TrinoType::Date, _) => {
            let days = values.unary::<_, Date32Type>(|local| {
                i32::try_from(local.div_euclid(DAY_MICROS)).unwrap_or_default()
            });
            Arc::new(days)
        }
        (TrinoType::Time, _) => {
            let times = values.unary::<_, Time64MicrosecondType>(|t| t.rem_euclid(DAY_MICROS));
            Arc::new(times)
        }
        (_, Some((_, name))) => {
            Arc::new(values.reinterpret_cast::<TimestampMicrosecondType>().with_timezone(name))
        }
        _ => Arc::new(values.reinterpret_cast::<TimestampMicrosecondType>()),
    })
}
