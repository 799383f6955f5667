//! Tables that a user declares: bytes go in, rows as Athena gives them come out.

mod csv;
mod delimited;
mod documented;
mod grok;
mod hive_type;
mod hostile;
mod json;
mod regex;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use floodmark_formats::decode::{Lines, Piece};
use floodmark_formats::hive::{
    Failure, HiveColumn, HiveDecoder, HiveRequest, HiveTable, HiveType, Serde, SerdeError,
};
use floodmark_formats::predicate::Predicate;
use floodmark_formats::text::Block;
use floodmark_formats::{Account, Rejection};

use crate::decoded::{facts, shown};

/// What a decoder made of an object.
pub(crate) struct Read {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) account: Account,
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) unmatched: Vec<Rejection>,
    pub(crate) failure: Option<Failure>,
}

impl Read {
    /// All rows, with the values as text.
    pub(crate) fn rows(&self) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        for batch in &self.batches {
            for row in 0..batch.num_rows() {
                let values =
                    batch.columns().iter().map(|column| shown(column.as_ref() as &dyn Array, row));
                rows.push(values.collect());
            }
        }
        rows
    }

    /// The only row, with NULL as `NULL`.
    pub(crate) fn row(&self) -> Vec<String> {
        let rows = self.rows();
        let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
        row.iter().map(|value| value.clone().unwrap_or_else(|| "NULL".to_owned())).collect()
    }
}

/// Columns as DDL declares them: `name type, name type`.
pub(crate) fn columns(declared: &str) -> Vec<HiveColumn> {
    let mut columns = Vec::new();
    let mut depth = 0;
    for part in declared.split_inclusive(|c| {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    }) {
        let part = part.trim().trim_end_matches(',').trim();
        let (name, hive_type) = part.split_once(' ').unwrap();
        let hive_type = HiveType::parse(hive_type).unwrap();
        columns.push(HiveColumn { name: name.trim_matches('`').to_lowercase(), hive_type });
    }
    columns
}

pub(crate) fn properties(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A table of a SerDe with its properties.
pub(crate) fn table(
    class: &str,
    declared: &str,
    pairs: &[(&str, &str)],
) -> Result<HiveTable, SerdeError> {
    let columns = columns(declared);
    let serde = Serde::of(class, &properties(pairs), &columns)?;
    Ok(HiveTable::new(columns, serde))
}

/// Reads an object that comes in pieces, as asked for.
pub(crate) fn read_request(request: HiveRequest, pieces: &[&[u8]]) -> Read {
    let mut decoder = HiveDecoder::new(Arc::new(request), Arc::new(facts()));
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
    let unmatched = decoder.take_unmatched();
    let failure = decoder.failure().cloned();
    let (account, rejections) = decoder.finish();
    assert!(account.adds_up(), "{account:?}");
    Read { batches, account, rejections, unmatched, failure }
}

/// Reads all columns of an object, without the hidden ones.
pub(crate) fn read(table: HiveTable, bytes: &[u8]) -> Read {
    read_pieces(table, &[bytes])
}

pub(crate) fn read_pieces(table: HiveTable, pieces: &[&[u8]]) -> Read {
    read_shared(&Arc::new(table), pieces)
}

/// Reads all columns of an object of a table that serves more than once.
pub(crate) fn read_shared(table: &Arc<HiveTable>, pieces: &[&[u8]]) -> Read {
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    read_request(HiveRequest::new(table, &columns, Vec::new(), 4096), pieces)
}

/// Reads these columns of the rows that pass the predicates.
pub(crate) fn read_some(
    table: HiveTable,
    names: &[&str],
    predicates: Vec<Predicate>,
    bytes: &[u8],
) -> Read {
    let table = Arc::new(table);
    let columns: Vec<usize> = names.iter().map(|name| table.position(name).unwrap()).collect();
    read_request(HiveRequest::new(&table, &columns, predicates, 4096), &[bytes])
}
