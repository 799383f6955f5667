//! Objects decoded, in a form that can be read and compared.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use floodmark_formats::decode::{Lines, Piece};
use floodmark_formats::key::KeyFacts;
use floodmark_formats::predicate::Predicate;
use floodmark_formats::text::Block;
use floodmark_formats::{
    Account, Decoder, LogType, ObjectFacts, Rejection, Request, log_types, table, time,
};

/// What a decoder made of an object.
pub(crate) struct Decoded {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) account: Account,
    pub(crate) rejections: Vec<Rejection>,
}

/// A sample file.
pub(crate) struct Sample {
    pub(crate) log_type: &'static LogType,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Decoded {
    /// Decodes an object that comes in one piece, all columns, all rows.
    pub(crate) fn whole(log_type: &'static LogType, bytes: &[u8]) -> Self {
        Self::pieces(log_type, &[bytes])
    }

    /// Decodes an object that comes in pieces.
    pub(crate) fn pieces(log_type: &'static LogType, pieces: &[&[u8]]) -> Self {
        Self::of(request(log_type, Vec::new()), pieces)
    }

    /// Decodes an object with predicates.
    pub(crate) fn filtered(
        log_type: &'static LogType,
        bytes: &[u8],
        predicates: Vec<Predicate>,
    ) -> Self {
        Self::of(request(log_type, predicates), &[bytes])
    }

    /// Decodes the pieces of an object as asked for.
    pub(crate) fn of(request: Arc<Request>, pieces: &[&[u8]]) -> Self {
        let mut decoder = Decoder::new(request, Arc::new(facts()));
        let mut batches = Vec::new();
        let mut lines = Lines::default();
        let mut take = |piece| match piece {
            Piece::Lines(block) => {
                decoder.feed(Block::new(block));
                while let Some(batch) = decoder.next_batch() {
                    batches.push(batch);
                }
            }
            Piece::Rejected(reason, text) => decoder.reject(reason, &text),
        };
        for piece in pieces {
            lines.push(piece).into_iter().for_each(&mut take);
        }
        lines.finish(true).into_iter().for_each(&mut take);
        let (account, rejections) = decoder.finish();
        Self { batches, account, rejections }
    }

    /// The values of one column.
    pub(crate) fn column(&self, name: &str) -> Vec<Option<String>> {
        self.batches
            .iter()
            .flat_map(|batch| {
                let column = batch.column_by_name(name).expect("the table has such a column");
                (0..column.len()).map(|row| shown(column, row)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Rows with their columns that have a value, then the account, then the rejected lines.
    pub(crate) fn report(&self) -> String {
        let mut report = String::new();
        for batch in &self.batches {
            for row in 0..batch.num_rows() {
                for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                    // What all rows of all samples share says nothing, and the line itself stands in the sample.
                    let name = field.name();
                    if ["log_account", "log_region", "log_resource", "$path", "$raw", "$file_size"]
                        .contains(&name.as_str())
                    {
                        continue;
                    }
                    if let Some(value) = shown(column, row) {
                        let _ = writeln!(report, "{name} = {}", printable(&value));
                    }
                }
                report.push('\n');
            }
        }
        let Account { lines, rows, headers, rejected, holes, not_utf8, .. } = &self.account;
        let _ = writeln!(
            report,
            "lines {lines}, rows {rows}, headers {headers}, holes {holes}, not UTF-8 {not_utf8}"
        );
        for (reason, count) in rejected {
            let _ = writeln!(report, "rejected {count}: {reason}");
        }
        for Rejection { line, reason, text } in &self.rejections {
            let _ = writeln!(report, "line {line}: {reason}: {}", printable(text));
        }
        report
    }
}

/// All samples, in the order of the list of log types and of the files' names.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for log_type in log_types::ALL {
        let mut files: Vec<PathBuf> = std::fs::read_dir(samples_folder().join(log_type.name))
            .unwrap_or_else(|error| panic!("`{}` has no samples: {error}", log_type.name))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "`{}` has no sample", log_type.name);
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            samples.push(Sample { log_type, name, bytes: std::fs::read(file).unwrap() });
        }
    }
    samples
}

pub(crate) fn samples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// A log type by its name.
pub(crate) fn log_type(name: &str) -> &'static LogType {
    log_types::ALL.iter().find(|log_type| log_type.name == name).unwrap()
}

/// All columns of a log type's table.
pub(crate) fn request(log_type: &'static LogType, predicates: Vec<Predicate>) -> Arc<Request> {
    let table = table::of(log_type);
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    Arc::new(Request::new(table, &columns, predicates, 4096))
}

pub(crate) fn facts() -> ObjectFacts {
    let key = KeyFacts {
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        resource: Some("a-resource-with-a-long-name".to_owned()),
        time: Some(0),
        day: None,
        time_at: None,
    };
    ObjectFacts { path: "s3://logs/key".to_owned(), size: 1, modified: None, key }
}

/// A value as text, None for NULL. Nested values are written as JSON is, with strings unquoted.
pub(crate) fn shown(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Binary => format!("{:?}", array.as_binary::<i32>().value(row)),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(row));
            let (year, month, day) = time::civil(days);
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataType::Timestamp(..) => {
            let moment = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let micros = moment.rem_euclid(time::SECOND);
            time::iso(moment).replace('Z', &format!(".{micros:06}Z"))
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items: Vec<_> = (0..items.len()).map(|at| or_null(&items, at)).collect();
            format!("[{}]", items.join(", "))
        }
        DataType::Struct(fields) => {
            let members: Vec<_> = (fields.iter().zip(array.as_struct().columns()))
                .map(|(field, column)| format!("{}: {}", field.name(), or_null(column, row)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let members: Vec<_> = (0..entries.len())
                .map(|at| {
                    format!(
                        "{}: {}",
                        or_null(entries.column(0), at),
                        or_null(entries.column(1), at)
                    )
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => unreachable!("no log has values of {other}"),
    })
}

fn printable(text: &str) -> String {
    let escaped = |character: char| character.escape_default().to_string();
    text.chars()
        .map(
            |character| {
                if character.is_control() { escaped(character) } else { character.to_string() }
            },
        )
        .collect()
}

fn or_null(array: &dyn Array, row: usize) -> String {
    shown(array, row).unwrap_or_else(|| "null".to_owned())
}
