//! What every decoder must hold, whatever the bytes.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use floodmark_formats::decode::{Lines, Piece};
use floodmark_formats::text::Block;
use floodmark_formats::{Decoder, LogType, ObjectFacts, Request, log_types, table};

/// Decodes an object by the log type that the first byte picks of those that `of` lets pass, whole and, if the second
/// byte says so, in two pieces cut where it says.
///
/// # Panics
///
/// If a line is not accounted for, or if the pieces give other rows than the whole.
pub fn check(data: &[u8], of: impl Fn(&LogType) -> bool) {
    let [which, cut, bytes @ ..] = data else { return };
    let log_types: Vec<_> = log_types::ALL.iter().filter(|log_type| of(log_type)).collect();
    let table = table::of(log_types[usize::from(*which) % log_types.len()]);
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    let request = Arc::new(Request::new(table, &columns, Vec::new(), 1 << 20));
    let (whole, whole_decoder) = decode(&request, vec![Piece::Lines(bytes.to_vec())]);
    if *cut == 0 {
        return;
    }
    let (first, second) = bytes.split_at(bytes.len() * usize::from(*cut) / 256);
    let mut lines = Lines::default();
    let mut pieces = lines.push(first);
    pieces.extend(lines.push(second));
    pieces.extend(lines.finish(true));
    let (pieces, pieces_decoder) = decode(&request, pieces);
    assert_eq!(pieces_decoder.account(), whole_decoder.account());
    assert_eq!(pieces_decoder.finish().1, whole_decoder.finish().1);
    let mut at = 0;
    for batch in &pieces {
        let rows = whole[0].slice(at, batch.num_rows());
        assert!(rows == *batch, "two pieces give other rows than the whole");
        at += batch.num_rows();
    }
    assert_eq!(at, whole.iter().map(|batch| batch.num_rows()).sum::<usize>());
}

fn decode(request: &Arc<Request>, pieces: Vec<Piece>) -> (Vec<RecordBatch>, Decoder) {
    let mut decoder = Decoder::new(Arc::clone(request), Arc::new(ObjectFacts::default()));
    let mut batches = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Lines(block) => {
                decoder.feed(Block::new(block));
            }
            Piece::Rejected(reason, text) => decoder.reject(reason, &text),
        }
        while let Some(batch) = decoder.next_batch() {
            check_text(&batch);
            batches.push(batch);
        }
    }
    assert!(decoder.account().adds_up());
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows as u64, decoder.account().rows, "without predicates every row is given");
    (batches, decoder)
}

/// Checks what the one unsafe place of the crate promises: every view is UTF-8 and lies in its buffer.
fn check_text(batch: &RecordBatch) {
    for column in batch.columns() {
        column.to_data().validate_full().expect("every array is valid");
    }
}
