//! The beginning of any object: recognised or not, and what is recognised has lines of that log.

#![no_main]

use floodmark_formats::recognise::recognise;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let start = recognise(data, false, &[]);
    let whole = recognise(data, true, &[]);
    if data.ends_with(b"\n") {
        assert_eq!(start.map(|found| found.name), whole.map(|found| found.name));
    }
    if let Some(found) = whole {
        let again = recognise(data, true, &[found]);
        assert_eq!(again.map(|again| again.name), Some(found.name));
    }
});
