//! The samples: each era of each format and each known trap.

use floodmark_formats::recognise::recognise;

use crate::decoded::{Decoded, Sample, samples};

/// The samples that hold lines which are no rows: their names say so.
const WITH_REJECTIONS: &[&str] = &[];

fn check(check: impl Fn(&Sample)) {
    for sample in samples() {
        check(&sample);
    }
}

#[test]
fn every_sample_decodes_to_the_rows_in_its_snapshot() {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        check(|sample| {
            let name = format!("{}__{}", sample.log_type.name, sample.name);
            insta::assert_snapshot!(name, Decoded::whole(sample.log_type, &sample.bytes).report());
        });
    });
}

#[test]
fn every_sample_is_recognised_as_its_log_type() {
    check(|sample| {
        let found = recognise(&sample.bytes, true, &[]).map(|log_type| log_type.name);
        assert_eq!(found, Some(sample.log_type.name), "{}", sample.name);
    });
}

#[test]
fn every_line_of_a_sample_is_a_row_or_a_header() {
    check(|sample| {
        let decoded = Decoded::whole(sample.log_type, &sample.bytes);
        assert!(decoded.account.adds_up(), "{}", sample.name);
        let expected = WITH_REJECTIONS.contains(&sample.name.as_str());
        assert_eq!(
            decoded.account.rejected_total() > 0,
            expected,
            "{}: {:?}",
            sample.name,
            decoded.rejections
        );
    });
}

#[test]
fn every_row_of_a_sample_has_a_time() {
    check(|sample| {
        let untimed = matches!(sample.name.as_str(), "v2-w3c-no-date.log");
        let times = Decoded::whole(sample.log_type, &sample.bytes).column("event_time");
        assert!(untimed || times.iter().all(Option::is_some), "{}: {times:?}", sample.name);
    });
}

#[test]
fn every_log_type_is_recognised_by_its_first_lines_alone() {
    check(|sample| {
        let cut = sample.bytes.len() * 2 / 3;
        if sample.bytes[..cut].iter().filter(|byte| **byte == b'\n').count() < 2 {
            return;
        }
        let found = recognise(&sample.bytes[..cut], false, &[]).map(|log_type| log_type.name);
        assert_eq!(found, Some(sample.log_type.name), "{}", sample.name);
    });
}
