//! Plain values as Hive's text formats write them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Field, Schema, TimeUnit, TimestampMicrosecondType as Microseconds,
};

use crate::athena;
use crate::error::{Error, ErrorKind, Result};

/// The values of an array that is not nested, as texts.
pub(crate) fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    let as_type = |data_type: &DataType| {
        cast(array, data_type).map_err(|error| {
            Error::new(ErrorKind::Internal, "a column does not fit its type").because(error)
        })
    };
    Ok(match array.data_type() {
        DataType::Timestamp(..) => {
            let array = as_type(&DataType::Timestamp(TimeUnit::Microsecond, None))?;
            array.as_primitive::<Microseconds>().iter().map(|time| time.map(timestamp)).collect()
        }
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => {
            let array = as_type(&DataType::Binary)?;
            let bytes = array.as_binary::<i32>();
            bytes.iter().map(|bytes| bytes.map(|bytes| STANDARD.encode(bytes))).collect()
        }
        data_type => {
            let schema = Arc::new(Schema::new(vec![Field::new("value", data_type.clone(), true)]));
            let batch = RecordBatch::try_new(schema, vec![Arc::clone(array)]).map_err(|error| {
                Error::new(ErrorKind::Internal, "a column does not fit its type").because(error)
            })?;
            athena::rows(&batch)?.into_iter().map(|mut row| row.pop().flatten()).collect()
        }
    })
}

/// A moment with as many digits of its second as it has, three at least: `2024-10-05 01:02:03.000`.
fn timestamp(micros: i64) -> String {
    let Some(time) = DateTime::from_timestamp_micros(micros) else {
        return String::new();
    };
    let form = if micros % 1000 == 0 { "%Y-%m-%d %H:%M:%S%.3f" } else { "%Y-%m-%d %H:%M:%S%.6f" };
    time.format(form).to_string()
}
