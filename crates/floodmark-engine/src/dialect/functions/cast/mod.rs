//! `CAST` and `TRY_CAST` as Trino defines them.

mod json;
mod number;
mod text;

use std::sync::Arc;

use datafusion::arrow::array::types::{
    Date32Type, Float32Type, Float64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, ListArray, MapArray,
    PrimitiveArray, StringViewArray, StructArray, new_null_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, cast as plain_cast,
};

use crate::dialect::moment::{DAY_MICROS, Zone};
use crate::dialect::trino_type::{TrinoType, failure};
use crate::dialect::value_text::{Writer, double_text, exponent_text, real_text};

/// What becomes of a value that cannot be cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Otherwise {
    /// The query fails.
    Error,
    /// It becomes NULL.
    Null,
}

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    [("$cast", Otherwise::Error), ("$try_cast", Otherwise::Null)]
        .into_iter()
        .map(|(name, otherwise)| {
            let signature = Signature::user_defined(Volatility::Immutable);
            ScalarUDF::new_from_impl(Cast { name, otherwise, signature })
        })
        .collect()
}

/// Whether a type can be cast to another.
pub(crate) fn is_castable(from: &TrinoType, to: &TrinoType) -> bool {
    use TrinoType as T;
    let simple = |t: &T| t.is_number() || matches!(t, T::Boolean | T::Varchar(_) | T::Char(_));
    match (from, to) {
        (T::Unknown, _) => true,
        (T::Array(from), T::Array(to)) => is_castable(from, to),
        (T::Map(key, value), T::Map(to_key, to_value)) => {
            is_castable(key, to_key) && is_castable(value, to_value)
        }
        (T::Row(from), T::Row(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(a, b)| is_castable(&a.1, &b.1))
        }
        (T::Json, T::Json) => true,
        (T::Json, T::Array(item)) => is_castable(&T::Json, item),
        (T::Json, T::Map(key, value)) => {
            (key.is_number() || matches!(**key, T::Varchar(_) | T::Boolean))
                && is_castable(&T::Json, value)
        }
        (T::Json, T::Row(fields)) => fields.iter().all(|(_, field)| is_castable(&T::Json, field)),
        (T::Json, to) => to.is_number() || matches!(to, T::Boolean | T::Varchar(_)),
        (T::Array(item), T::Json) => is_castable(item, &T::Json),
        (T::Map(key, value), T::Json) => {
            (key.is_number() || matches!(**key, T::Varchar(_) | T::Boolean | T::Unknown))
                && is_castable(value, &T::Json)
        }
        (T::Row(fields), T::Json) => fields.iter().all(|(_, field)| is_castable(field, &T::Json)),
        (from, T::Json) => {
            simple(from)
                || matches!(
                    from,
                    T::Date | T::Timestamp | T::TimestampWithTimeZone(_) | T::IpAddress
                )
        }
        (T::Varchar(_) | T::Char(_), to) => {
            simple(to)
                || matches!(
                    to,
                    T::Date
                        | T::Time
                        | T::Timestamp
                        | T::TimestampWithTimeZone(_)
                        | T::IpAddress
                        | T::IpPrefix
                )
        }
        (from, T::Varchar(_)) => {
            simple(from)
                || matches!(
                    from,
                    T::Date
                        | T::Time
                        | T::Timestamp
                        | T::TimestampWithTimeZone(_)
                        | T::IntervalDayToSecond
                        | T::IntervalYearToMonth
                        | T::IpAddress
                        | T::IpPrefix
                )
        }
        (
            T::Date | T::Timestamp | T::TimestampWithTimeZone(_),
            T::Date | T::Timestamp | T::TimestampWithTimeZone(_),
        )
        | (T::Timestamp | T::TimestampWithTimeZone(_), T::Time)
        | (T::Varbinary, T::IpAddress)
        | (T::IpAddress, T::Varbinary | T::IpPrefix)
        | (T::IpPrefix, T::IpAddress) => true,
        (from, to) => {
            from == to
                || ((from.is_number() || *from == T::Boolean)
                    && (to.is_number() || *to == T::Boolean))
        }
    }
}

/// Casts an array from one type of Trino to another.
pub(crate) fn convert(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    use TrinoType as T;
    let is_nested = matches!(from, T::Array(_) | T::Map(..) | T::Row(_))
        || matches!(to, T::Array(_) | T::Map(..) | T::Row(_));
    if is_nested && otherwise == Otherwise::Null {
        return convert_rows(array, from, to);
    }
    match (from, to) {
        (T::Unknown, to) => Ok(new_null_array(&to.arrow(), array.len())),
        (T::Json, T::Json) => Ok(cast(array, &DataType::Utf8View)?),
        (T::Json, to) => json::from_json(array, to, otherwise),
        (from, T::Json) => json::to_json(array, from),
        (T::Varchar(_) | T::Char(_), to) => text::from_text(array, to, otherwise),
        (from, T::Varchar(_) | T::Char(_)) => to_text(array, from, to, otherwise),
        (T::Array(from), T::Array(to_item)) => {
            let array = cast_list(array)?;
            let array = array.as_list::<i32>();
            let items = convert(array.values(), from, to_item, otherwise)?;
            let field = Arc::new(to_item.field("item"));
            let list =
                ListArray::try_new(field, array.offsets().clone(), items, array.nulls().cloned())?;
            Ok(Arc::new(list))
        }
        (T::Map(key, value), T::Map(to_key, to_value)) => {
            let array = array.as_map_opt().ok_or_else(|| unsupported(from, to))?;
            let keys = convert(array.keys(), key, to_key, otherwise)?;
            let values = convert(array.values(), value, to_value, otherwise)?;
            let DataType::Map(entries_field, _) = to.arrow() else {
                return Err(unsupported(from, to));
            };
            let DataType::Struct(fields) = entries_field.data_type() else {
                return Err(unsupported(from, to));
            };
            let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
            let (offsets, nulls) = (array.offsets().clone(), array.nulls().cloned());
            Ok(Arc::new(MapArray::try_new(entries_field, offsets, entries, nulls, false)?))
        }
        (T::Row(fields), T::Row(to_fields)) => {
            let array = array.as_struct_opt().ok_or_else(|| unsupported(from, to))?;
            let columns = (fields.iter().zip(to_fields).zip(array.columns()))
                .map(|(((_, from), (_, to)), column)| convert(column, from, to, otherwise))
                .collect::<Result<Vec<_>>>()?;
            let DataType::Struct(arrow) = to.arrow() else { return Err(unsupported(from, to)) };
            let nulls = array.nulls().cloned();
            let length = array.len();
            Ok(Arc::new(StructArray::try_new_with_length(arrow, columns, nulls, length)?))
        }
        (T::IpAddress, T::Varbinary) => Ok(cast(array, &DataType::Binary)?),
        (T::IpAddress | T::IpPrefix | T::Varbinary, T::IpAddress | T::IpPrefix) if from != to => {
            addresses(array, to, otherwise)
        }
        _ if from == to => Ok(cast(array, &to.arrow())?),
        (
            T::Date | T::Timestamp | T::TimestampWithTimeZone(_),
            T::Date | T::Time | T::Timestamp | T::TimestampWithTimeZone(_),
        ) => moments(array, from, to),
        _ => number::between_numbers(array, from, to, otherwise),
    }
}

/// The 17 bytes of a prefix: the address without the bits behind its length, and the length.
pub(crate) fn prefix_of(address: [u8; 16], length: u8) -> [u8; 17] {
    let is_v4 = std::net::Ipv6Addr::from(address).to_ipv4_mapped().is_some();
    let bits = u32::from(length) + if is_v4 { 96 } else { 0 };
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or_default();
    let base = (u128::from_be_bytes(address) & mask).to_be_bytes();
    let mut prefix = [0; 17];
    prefix[..16].copy_from_slice(&base);
    prefix[16] = length;
    prefix
}

/// The error of a pair of types between which there is no cast.
fn unsupported(from: &TrinoType, to: &TrinoType) -> DataFusionError {
    failure("TYPE_MISMATCH", &format!("Cannot cast {from} to {to}"))
}

fn cast_list(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => Ok(Arc::clone(array)),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(cast(array, &DataType::List(Arc::clone(item)))?)
        }
        other => Err(unsupported(&TrinoType::of(other), &TrinoType::of(other))),
    }
}

/// Casts row by row: a value in which anything cannot be cast becomes NULL as a whole.
fn convert_rows(array: &ArrayRef, from: &TrinoType, to: &TrinoType) -> Result<ArrayRef> {
    if let Ok(all) = convert(array, from, to, Otherwise::Error) {
        return Ok(all);
    }
    let rows: Vec<ArrayRef> = (0..array.len())
        .map(|row| {
            convert(&array.slice(row, 1), from, to, Otherwise::Error)
                .unwrap_or_else(|_| new_null_array(&to.arrow(), 1))
        })
        .collect();
    let rows: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
    if rows.is_empty() {
        return Ok(new_null_array(&to.arrow(), 0));
    }
    Ok(concat(&rows)?)
}

fn to_text(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    if !is_castable(from, &TrinoType::Varchar(None)) {
        return Err(unsupported(from, to));
    }
    let texts: StringViewArray = match from {
        TrinoType::Double => (array.as_primitive::<Float64Type>().iter())
            .map(|value| value.map(|value| exponent_text(&format!("{value:e}"), value)))
            .collect(),
        TrinoType::Real => (cast(array, &DataType::Float32)?.as_primitive::<Float32Type>().iter())
            .map(|value| value.map(|v| exponent_text(&format!("{v:e}"), f64::from(v))))
            .collect(),
        _ => {
            let writer = Writer::new(array, &from.field("value"))?;
            (0..array.len()).map(|row| writer.text(row)).collect()
        }
    };
    let length = match to {
        TrinoType::Varchar(length) => *length,
        TrinoType::Char(length) => Some(*length),
        _ => None,
    };
    let most = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    let fits = |text: &str| most.is_none_or(|most| text.chars().count() <= most);
    let texts: ArrayRef = if texts.iter().flatten().all(fits) {
        Arc::new(texts)
    } else if otherwise == Otherwise::Null {
        Arc::new(
            texts.iter().map(|text| text.filter(|text| fits(text))).collect::<StringViewArray>(),
        )
    } else {
        let row = (0..texts.len()).find(|row| texts.is_valid(*row) && !fits(texts.value(*row)));
        let row = row.unwrap_or_default();
        let text = texts.value(row);
        let value = match from {
            TrinoType::Double => {
                format!("{} ({text})", double_text(array.as_primitive::<Float64Type>().value(row)))
            }
            TrinoType::Real => {
                format!("{} ({text})", real_text(array.as_primitive::<Float32Type>().value(row)))
            }
            _ => text.to_owned(),
        };
        return Err(failure(
            "INVALID_CAST_ARGUMENT",
            &format!("Value {value} cannot be represented as {to}"),
        ));
    };
    match to {
        TrinoType::Char(_) => text::from_text(&texts, to, otherwise),
        _ => Ok(texts),
    }
}

/// Casts between dates, times and timestamps.
fn moments(array: &ArrayRef, from: &TrinoType, to: &TrinoType) -> Result<ArrayRef> {
    let micros = |array: &ArrayRef| -> Result<Int64Array> {
        let zone = match array.data_type() {
            DataType::Timestamp(_, zone) => zone.clone(),
            _ => None,
        };
        let array = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone))?;
        Ok(array.as_primitive::<TimestampMicrosecondType>().reinterpret_cast())
    };
    let zone_of = |name: &Arc<str>| {
        Zone::parse(name)
            .ok_or_else(|| failure("NOT_SUPPORTED", &format!("Time zone not supported: {name}")))
    };
    // What the clock of the value shows.
    let local: Int64Array = match from {
        TrinoType::TimestampWithTimeZone(name) => {
            let zone = zone_of(name)?;
            if let TrinoType::TimestampWithTimeZone(name) = to {
                let same: PrimitiveArray<TimestampMicrosecondType> =
                    micros(array)?.reinterpret_cast();
                return Ok(Arc::new(same.with_timezone(Arc::clone(name))));
            }
            micros(array)?.unary(|utc| zone.local(utc))
        }
        _ => micros(array)?,
    };
    Ok(match to {
        TrinoType::Date => {
            let days = local.unary::<_, Date32Type>(|local| {
                i32::try_from(local.div_euclid(DAY_MICROS)).unwrap_or_default()
            });
            Arc::new(days)
        }
        TrinoType::Time => {
            Arc::new(local.unary::<_, Time64MicrosecondType>(|local| local.rem_euclid(DAY_MICROS)))
        }
        TrinoType::TimestampWithTimeZone(name) => {
            let zone = zone_of(name)?;
            let utc = local.unary::<_, TimestampMicrosecondType>(|local| zone.utc(local));
            Arc::new(utc.with_timezone(Arc::clone(name)))
        }
        _ => Arc::new(local.reinterpret_cast::<TimestampMicrosecondType>()),
    })
}

/// Casts between addresses, prefixes and bytes.
fn addresses(array: &ArrayRef, to: &TrinoType, otherwise: Otherwise) -> Result<ArrayRef> {
    let bytes = cast(array, &DataType::BinaryView)?;
    let values = bytes.as_binary_view().iter().map(|bytes| {
        let Some(bytes) = bytes else { return Ok(None) };
        let address: Option<[u8; 16]> = match bytes.len() {
            4 => <[u8; 4]>::try_from(bytes)
                .ok()
                .map(|v4| std::net::Ipv4Addr::from(v4).to_ipv6_mapped().octets()),
            16 => bytes.try_into().ok(),
            17 => bytes[..16].try_into().ok(),
            _ => None,
        };
        match (address, to) {
            (Some(address), TrinoType::IpPrefix) => {
                let is_v4 = std::net::Ipv6Addr::from(address).to_ipv4_mapped().is_some();
                Ok(Some(prefix_of(address, if is_v4 { 32 } else { 128 }).to_vec()))
            }
            (Some(address), _) => Ok(Some(address.to_vec())),
            (None, _) if otherwise == Otherwise::Null => Ok(None),
            (None, _) => Err(failure(
                "INVALID_CAST_ARGUMENT",
                &format!("Invalid IP address binary length: {}", bytes.len()),
            )),
        }
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    let size = if *to == TrinoType::IpPrefix { 17 } else { 16 };
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), size)?))
}

/// `"$cast"(value, 'type')`, for which `CAST` stands.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cast {
    name: &'static str,
    otherwise: Otherwise,
    signature: Signature,
}

/// The type that the second argument of a cast names.
fn target(name: Option<&ScalarValue>, value: Option<&ScalarValue>) -> Result<TrinoType> {
    let name = name.and_then(|name| name.try_as_str()).flatten().unwrap_or_default();
    let target = TrinoType::parse(name)
        .ok_or_else(|| failure("TYPE_MISMATCH", &format!("Unknown type: {name}")))?;
    // A text that is known now tells its zone.
    if let (TrinoType::TimestampWithTimeZone(_), Some(value)) = (&target, value)
        && let Some(Some(text)) = value.try_as_str()
        && let Some(zone) = text::zone_of(text)
    {
        return Ok(TrinoType::TimestampWithTimeZone(zone.name));
    }
    Ok(target)
}

impl ScalarUDFImpl for Cast {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field_from_args`".to_owned()))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [_, _] => Ok(arg_types.to_vec()),
            _ => Err(failure("FUNCTION_NOT_FOUND", "A cast takes a value and a type")),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let value = args.scalar_arguments.first().copied().flatten();
        let to = target(args.scalar_arguments.get(1).copied().flatten(), value)?;
        let from = TrinoType::of_field(&args.arg_fields[0]);
        if !is_castable(&from, &to) {
            return Err(unsupported(&from, &to));
        }
        Ok(Arc::new(to.field(self.name)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let from = TrinoType::of_field(&args.arg_fields[0]);
        let to = match TrinoType::of_field(&args.return_field) {
            // The length is told by the name alone.
            TrinoType::Varchar(_) => match &args.args[1] {
                ColumnarValue::Scalar(name) => target(Some(name), None)?,
                ColumnarValue::Array(_) => TrinoType::Varchar(None),
            },
            to => to,
        };
        match &args.args[0] {
            ColumnarValue::Scalar(value) => {
                let value = convert(&value.to_array()?, &from, &to, self.otherwise)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&value, 0)?))
            }
            ColumnarValue::Array(array) => {
                Ok(ColumnarValue::Array(convert(array, &from, &to, self.otherwise)?))
            }
        }
    }

    /// Where Arrow's cast does the same, it takes the place of ours: the optimizer knows it.
    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        use TrinoType as T;
        let Expr::Literal(name, _) = &args[1] else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let to = target(Some(name), None)?;
        let field = args[0].to_field(info.schema())?.1;
        let from = T::of_field(&field);
        let rank = |t: &T| match t {
            T::TinyInt => Some(1),
            T::SmallInt => Some(2),
            T::Integer => Some(3),
            T::BigInt => Some(4),
            _ => None,
        };
        let is_same = match (&from, &to) {
            (T::Varchar(None), T::Varchar(None)) => true,
            (T::Timestamp, T::Timestamp | T::Date) | (T::Date, T::Date | T::Timestamp) => true,
            (T::BigInt, T::BigInt) => !field.data_type().is_unsigned_integer(),
            (from, T::Double) if from.is_integer() => true,
            (from, to) if from.is_integer() && to.is_integer() => rank(from) <= rank(to),
            (from, to) => from == to && matches!(from, T::Boolean | T::Real | T::Double),
        };
        if !is_same || matches!(args[0], Expr::Literal(..)) {
            return Ok(ExprSimplifyResult::Original(args));
        }
        let [value, _] = <[Expr; 2]>::try_from(args)
            .map_err(|_| DataFusionError::Internal("a cast takes two arguments".to_owned()))?;
        if *field.data_type() == to.arrow() {
            return Ok(ExprSimplifyResult::Simplified(value));
        }
        Ok(ExprSimplifyResult::Simplified(plain_cast(value, to.arrow())))
    }
}
