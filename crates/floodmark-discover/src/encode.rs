//! Batches of rows as codes or texts.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use floodmark_engine::athena::Texts as Writers;
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::Micros;

use crate::codes::{Block, Codes, Texts};
use crate::column::{Cells, Column, UNDATED};
use crate::dictionary::{Dictionary, NULL};

/// The values of a column in some batches, at a position of theirs.
///
/// # Errors
///
/// `Internal` for a type that has no text.
pub(crate) fn cells(column: &mut Column, batches: &[RecordBatch], at: usize) -> Result<Cells> {
    match column {
        Column::EventTime | Column::Fact(_) | Column::LateFact(_) => Ok(Cells::None),
        Column::Coded(dictionary) => {
            let mut codes = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
            for batch in batches {
                encode(batch, at, dictionary, &mut codes)?;
            }
            Ok(Cells::Codes(Codes::of(&codes)))
        }
        Column::Text => {
            let mut texts = Texts::default();
            for batch in batches {
                write(batch, at, &mut texts)?;
            }
            Ok(Cells::Texts(Block::of(&texts)?))
        }
    }
}

/// The times in the first column of some batches.
///
/// # Errors
///
/// `Internal` if it holds none.
pub(crate) fn times(batches: &[RecordBatch]) -> Result<Vec<Micros>> {
    let mut times = Vec::new();
    for batch in batches {
        let array = batch.column(0);
        let DataType::Timestamp(TimeUnit::Microsecond, _) = array.data_type() else {
            return Err(defect(&format!("a time is of the type {}", array.data_type())));
        };
        let array = array.as_primitive::<TimestampMicrosecondType>();
        times.extend(array.iter().map(|time| time.unwrap_or(UNDATED)));
    }
    Ok(times)
}

/// How much text a batch holds, in bytes. What several columns share is counted for each.
pub(crate) fn text_bytes(batch: &RecordBatch) -> usize {
    let of_column = |array: &ArrayRef| match array.data_type() {
        // The lower half of a view is the length of its text.
        DataType::Utf8View => {
            array.as_string_view().views().iter().map(|view| *view as u32 as usize).sum()
        }
        DataType::Utf8 => array.as_string::<i32>().value_data().len(),
        _ => 0,
    };
    batch.columns().iter().map(of_column).sum()
}

/// Adds the codes of the rows of a batch.
fn encode(
    batch: &RecordBatch,
    at: usize,
    dictionary: &mut Dictionary,
    codes: &mut Vec<u32>,
) -> Result<()> {
    let array = batch.column(at);
    match array.data_type() {
        DataType::Utf8View => {
            encode_texts(array.as_string_view().iter(), dictionary, codes);
            return Ok(());
        }
        DataType::Utf8 => {
            encode_texts(array.as_string::<i32>().iter(), dictionary, codes);
            return Ok(());
        }
        DataType::Null => {
            codes.resize(codes.len() + array.len(), NULL);
            return Ok(());
        }
        _ => {}
    }
    let writers = writers(array, batch.schema_ref().field(at))?;
    let Some(bits) = bits(array) else {
        let mut text = String::new();
        for row in 0..array.len() {
            text.clear();
            let code = match writers.append(0, row, &mut text) {
                true => dictionary.code(&text),
                false => NULL,
            };
            codes.push(code);
        }
        return Ok(());
    };
    let mut last: Option<(i64, u32)> = None;
    for (row, bits) in bits.into_iter().enumerate() {
        let Some(bits) = bits else {
            codes.push(NULL);
            continue;
        };
        let code = match last {
            Some((known, code)) if known == bits => code,
            _ => {
                let text = || writers.text(0, row).unwrap_or_default();
                dictionary.code_of_bits(bits, text)
            }
        };
        last = Some((bits, code));
        codes.push(code);
    }
    Ok(())
}

fn encode_texts<'t>(
    texts: impl Iterator<Item = Option<&'t str>>,
    dictionary: &mut Dictionary,
    codes: &mut Vec<u32>,
) {
    // Neighbours are often alike.
    let mut last: Option<(&str, u32)> = None;
    codes.extend(texts.map(|text| {
        let Some(text) = text else { return NULL };
        let code = match last {
            Some((known, code)) if known == text => code,
            _ => dictionary.code(text),
        };
        last = Some((text, code));
        code
    }));
}

/// Adds the texts of the rows of a batch.
fn write(batch: &RecordBatch, at: usize, texts: &mut Texts) -> Result<()> {
    let array = batch.column(at);
    match array.data_type() {
        DataType::Utf8View => {
            array.as_string_view().iter().for_each(|text| texts.push(text));
        }
        DataType::Utf8 => {
            array.as_string::<i32>().iter().for_each(|text| texts.push(text));
        }
        DataType::Null => (0..array.len()).for_each(|_| texts.push(None)),
        _ => {
            let writers = writers(array, batch.schema_ref().field(at))?;
            let mut text = String::new();
            for row in 0..array.len() {
                text.clear();
                let has_text = writers.append(0, row, &mut text);
                texts.push(has_text.then_some(text.as_str()));
            }
        }
    }
    Ok(())
}

/// The bits of values that are told apart by them; None for other types.
fn bits(array: &ArrayRef) -> Option<Vec<Option<i64>>> {
    Some(match array.data_type() {
        DataType::Int32 => {
            array.as_primitive::<Int32Type>().iter().map(|v| v.map(i64::from)).collect()
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().collect(),
        DataType::Float32 => {
            let bits = |value: f32| i64::from(value.to_bits());
            array.as_primitive::<Float32Type>().iter().map(|v| v.map(bits)).collect()
        }
        DataType::Float64 => {
            let bits = |value: f64| value.to_bits() as i64;
            array.as_primitive::<Float64Type>().iter().map(|v| v.map(bits)).collect()
        }
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().iter().map(|v| v.map(i64::from)).collect()
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            array.as_primitive::<TimestampMicrosecondType>().iter().collect()
        }
        _ => return None,
    })
}

fn writers(array: &ArrayRef, field: &Field) -> Result<Writers> {
    let schema = Schema::new(vec![field.clone()]);
    let batch = RecordBatch::try_new(schema.into(), vec![std::sync::Arc::clone(array)])
        .map_err(|error| defect("a column is no column").because(error))?;
    Writers::new(&batch)
}

fn defect(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the rows cannot be kept: {what}"))
}
