//! Functions on dates, times and intervals.

pub(crate) mod arithmetic;
mod clock;
mod fields;
mod format;
mod iso;
mod pattern;
mod unix;

use std::sync::Arc;

use datafusion::arrow::array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::declare::array;
use crate::dialect::moment::{DAY_MICROS, Zone};
use crate::dialect::trino_type::failure;

pub(crate) use fields::FIELDS;

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    let declared = [arithmetic::ALL, fields::ALL, format::ALL, iso::ALL, unix::ALL];
    declared.into_iter().flatten().map(|scalar| scalar.udf()).chain(clock::all()).collect()
}

/// Dates or timestamps, as their clocks show them.
struct Moments {
    /// In microseconds since 1970, as the clock of the value shows them.
    local: Int64Array,
    kind: Kind,
}

/// What moments are.
#[derive(Clone, Debug)]
enum Kind {
    Null,
    Date,
    Timestamp,
    Zoned(Zone, Arc<str>),
}

impl Moments {
    /// The argument at a position, which is a `Parameter::Moment`.
    fn of(args: &ScalarFunctionArgs, at: usize) -> Result<Self> {
        Self::new(&array(args, at)?)
    }

    fn new(array: &ArrayRef) -> Result<Self> {
        match array.data_type() {
            DataType::Null => Ok(Self {
                local: new_null_array(&DataType::Int64, array.len())
                    .as_primitive::<Int64Type>()
                    .clone(),
                kind: Kind::Null,
            }),
            DataType::Timestamp(_, zone) => {
                let micros =
                    cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                let micros: Int64Array =
                    micros.as_primitive::<TimestampMicrosecondType>().reinterpret_cast();
                Ok(match zone {
                    None => Self { local: micros, kind: Kind::Timestamp },
                    Some(name) => {
                        let zone = named_zone(name)?;
                        let local = micros.unary(|utc| zone.local(utc));
                        Self { local, kind: Kind::Zoned(zone, Arc::clone(name)) }
                    }
                })
            }
            _ => {
                let days = cast(array, &DataType::Date32)?;
                let local = days.as_primitive::<Date32Type>();
                let local = local.unary::<_, Int64Type>(|days| i64::from(days) * DAY_MICROS);
                Ok(Self { local, kind: Kind::Date })
            }
        }
    }

    /// Values of the same type, from what their clock shows.
    fn same(&self, local: &Int64Array) -> ArrayRef {
        match &self.kind {
            Kind::Null => new_null_array(&DataType::Null, local.len()),
            Kind::Date => Arc::new(local.unary::<_, Date32Type>(day)),
            Kind::Timestamp => Arc::new(local.reinterpret_cast::<TimestampMicrosecondType>()),
            Kind::Zoned(zone, name) => {
                let utc = local.unary::<_, TimestampMicrosecondType>(|local| zone.utc(local));
                Arc::new(utc.with_timezone(Arc::clone(name)))
            }
        }
    }

    /// Microseconds since 1970 in UTC.
    fn utc(&self) -> Int64Array {
        match &self.kind {
            Kind::Zoned(zone, _) => self.local.unary(|local| zone.utc(local)),
            _ => self.local.clone(),
        }
    }
}

/// The day on which a clock shows this.
fn day(local: i64) -> i32 {
    i32::try_from(local.div_euclid(DAY_MICROS)).unwrap_or_default()
}

/// The zone of this name.
fn named_zone(name: &str) -> Result<Zone> {
    Zone::parse(name).ok_or_else(|| {
        failure("INVALID_FUNCTION_ARGUMENT", &format!("'{name}' is not a valid time zone"))
    })
}

/// Does the work on each value; what cannot be told is out of range.
fn each(values: &Int64Array, work: impl Fn(i64) -> Option<i64>) -> Result<Int64Array> {
    values.try_unary(|value| work(value).ok_or_else(out_of_range))
}

/// The error of a moment that cannot be held.
fn out_of_range() -> DataFusionError {
    failure("INVALID_FUNCTION_ARGUMENT", "Timestamp is out of range")
}
