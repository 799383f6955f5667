//! Lines of JSON: the first byte picks the log type, the second where the object is cut in two.

#![no_main]

use floodmark_formats::log_type::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    floodmark_fuzz::check(data, |log_type| log_type.encoding == Encoding::Json);
});
