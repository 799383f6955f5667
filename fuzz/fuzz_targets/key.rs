//! Any object key.

#![no_main]

use floodmark_formats::{key, log_types, time};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    key::is_passed_over(text);
    key::folders(text);
    for log_type in log_types::ALL {
        let Some(facts) = key::read(log_type, text) else { continue };
        assert!(key::candidates(text).iter().any(|found| found.name == log_type.name));
        assert_eq!(facts.time.is_some(), facts.time_at.is_some());
        if let Some(time) = facts.time {
            time::iso(time);
            let name = text.rsplit('/').next().unwrap_or(text);
            assert!(name.is_char_boundary(facts.time_at.expect("a time stands somewhere")));
        }
        if let Some(account) = facts.account.filter(|_| !text.contains("aws-account-id=")) {
            assert_eq!(account.len(), 12);
        }
    }
});
