//! Objects that are cut: truncated, begun in the middle, or come in pieces.

use std::sync::Arc;

use floodmark_formats::Request;
use floodmark_formats::decode::{Lines, Piece};

use crate::decoded::{Decoded, request, samples};

/// Gives the start of each sample: the header and two records have every kind of place to cut, and all records would
/// take minutes.
fn check(check: impl Fn(&Arc<Request>, &[u8])) {
    for sample in samples() {
        let lines: Vec<_> = sample.bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let headers = lines.iter().filter(|line| line.starts_with(b"#")).count();
        let bytes = lines[..lines.len().min(headers.max(1) + 1)].concat();
        check(&request(sample.log_type, Vec::new()), &bytes);
    }
}

#[test]
fn an_object_that_ends_anywhere_is_accounted_for() {
    check(|request, bytes| {
        for cut in 0..=bytes.len() {
            let decoded = Decoded::of(Arc::clone(request), &[&bytes[..cut]]);
            assert!(decoded.account.adds_up(), "{} cut at {cut}", request.table().log_type.name);
        }
    });
}

#[test]
fn an_object_that_begins_anywhere_is_accounted_for() {
    check(|request, bytes| {
        for cut in 0..=bytes.len() {
            let decoded = Decoded::of(Arc::clone(request), &[&bytes[cut..]]);
            assert!(decoded.account.adds_up(), "{} cut at {cut}", request.table().log_type.name);
        }
    });
}

#[test]
fn an_object_in_two_pieces_gives_the_same_rows_as_whole() {
    check(|request, bytes| {
        let name = request.table().log_type.name;
        let whole = Decoded::of(Arc::clone(request), &[bytes]);
        let [rows] = whole.batches.as_slice() else {
            panic!("a few lines are one batch");
        };
        let mut divided = Vec::new();
        for cut in 0..=bytes.len() {
            let (first, second) = bytes.split_at(cut);
            let blocks = blocks(&[first, second]);
            assert_eq!(blocks.concat(), bytes, "{name} in two pieces at {cut}");
            // The decoder sees the blocks alone: cuts within one line give it the same ones.
            if std::mem::replace(&mut divided, blocks.clone()) == blocks {
                continue;
            }
            let pieces = Decoded::of(Arc::clone(request), &[first, second]);
            let mut at = 0;
            for batch in &pieces.batches {
                let same = rows.slice(at, batch.num_rows()) == *batch;
                assert!(same, "{name} in two pieces at {cut}");
                at += batch.num_rows();
            }
            assert_eq!(at, rows.num_rows(), "{name} in two pieces at {cut}");
            assert_eq!(pieces.account, whole.account, "{name} in two pieces at {cut}");
            assert_eq!(pieces.rejections, whole.rejections, "{name} in two pieces at {cut}");
        }
    });
}

fn blocks(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut lines = Lines::default();
    let mut blocks: Vec<_> = pieces.iter().flat_map(|piece| lines.push(piece)).collect();
    blocks.extend(lines.finish(true));
    let bytes = |piece| match piece {
        Piece::Lines(bytes) | Piece::Rejected(_, bytes) => bytes,
    };
    blocks.into_iter().map(bytes).collect()
}
