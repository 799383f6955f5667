//! Which log an object holds, from its first lines.

use std::sync::Arc;

use memchr::memrchr;

use crate::decode::{Decoder, ObjectFacts, Request};
use crate::limits::RECOGNISE_LINES_MAX;
use crate::log_type::LogType;
use crate::log_types;
use crate::table;
use crate::text::Block;

/// The log type of which the first lines of an object are rows, among these candidates, or among all if there are none.
///
/// `start` is the inflated beginning of the object; `whole` says whether it is the whole object. None if it is no log
/// that is known. The log type that reads the most lines and knows the most names of a header line is taken.
pub fn recognise(
    start: &[u8],
    whole: bool,
    candidates: &[&'static LogType],
) -> Option<&'static LogType> {
    let candidates = if candidates.is_empty() { log_types::ALL } else { candidates };
    let mut end = if whole { start.len() } else { memrchr(b'\n', start).map_or(0, |at| at + 1) };
    let ends = memchr::memchr_iter(b'\n', start).map(|at| at + 1);
    if let Some(enough) = ends.take(RECOGNISE_LINES_MAX).last().filter(|_| whole || end > 0) {
        let lines = memchr::memchr_iter(b'\n', start).take(RECOGNISE_LINES_MAX).count();
        if lines == RECOGNISE_LINES_MAX {
            end = end.min(enough);
        }
    }
    let lines = Block::new(start[..end].to_vec());
    let mut best: Option<(u64, usize, &'static LogType)> = None;
    for log_type in candidates {
        let request = Arc::new(Request::new(table::of(log_type), &[], Vec::new(), usize::MAX));
        let mut decoder = Decoder::new(request, Arc::new(ObjectFacts::default()));
        decoder.feed(lines.clone());
        while decoder.next_batch().is_some() {}
        let unknown = decoder.header_names_unknown();
        let account = decoder.account();
        // A header alone tells too: the object of a quiet interval holds nothing else.
        let read = account.rows + if decoder.header_told() { account.headers } else { 0 };
        let better = best.as_ref().is_none_or(|(best_read, best_unknown, _)| {
            read > *best_read || (read == *best_read && unknown < *best_unknown)
        });
        if read > 0 && better {
            best = Some((read, unknown, log_type));
        }
    }
    best.map(|(_, _, log_type)| log_type)
}
