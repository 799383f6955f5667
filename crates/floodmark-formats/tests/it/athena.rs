//! The patterns of Athena's tables, by the samples: a group matches what our column holds.

use floodmark_formats::athena::RowFormat;
use floodmark_formats::log_types;
use regex::Regex;

use crate::decoded::{Decoded, samples};

/// Samples of the eras that the patterns know, each with the number of its lines that the pattern does not match: rows of
/// nulls in Athena, and rows with values here.
const SAMPLES: &[(&str, usize)] = &[
    ("nlb/22-fields.log", 0),
    ("nlb/21-fields.log", 0),
    ("alb/2020-10-29-fields.log", 0),
    ("alb_connection/2023-12-fields.log", 0),
    ("alb_health_check/2025-10-fields.log", 0),
    ("alb_health_check/2025-8-fields.log", 0),
    ("clb/2015-15-fields.log", 2),
    ("s3_access/26-fields.log", 0),
    ("s3_access/18-fields.log", 0),
];

#[test]
fn the_patterns_of_athenas_tables_find_the_columns_of_the_samples() {
    let mut seen = 0;
    for log_type in log_types::ALL {
        let Some(table) = log_type.athena.first() else { continue };
        let RowFormat::Regex(pattern) = table.row_format else { continue };
        // Java reads a minus between classes as itself.
        let pattern = pattern.replace("0-9-_", "0-9_-");
        let pattern = Regex::new(&format!("^(?:{pattern})$")).unwrap();
        for sample in samples().iter().filter(|sample| sample.log_type.name == log_type.name) {
            let name = format!("{}/{}", log_type.name, sample.name);
            let Some((_, unmatched)) = SAMPLES.iter().find(|(sample, _)| *sample == name) else {
                continue;
            };
            seen += 1;
            let decoded = Decoded::whole(sample.log_type, &sample.bytes);
            let text = String::from_utf8_lossy(&sample.bytes).into_owned();
            let found: Vec<_> = text.lines().map(|line| pattern.captures(line)).collect();
            let missed = text.lines().zip(&found).filter(|(_, groups)| groups.is_none());
            let missed: Vec<_> = missed.map(|(line, _)| line).collect();
            assert_eq!(missed.len(), *unmatched, "{name}: {missed:#?}");
            // Numbers are compared where both are text.
            let texts = table.columns(log_type).into_iter().enumerate();
            for (at, column) in texts.filter(|(_, column)| column.hive_type == "string") {
                let ours = decoded.column(column.ours);
                assert_eq!(ours.len(), found.len(), "{name}");
                for (groups, ours) in found.iter().zip(ours) {
                    let Some(groups) = groups else { continue };
                    let theirs = groups.get(at + 1).map_or("", |group| group.as_str());
                    assert_eq!(ours.unwrap_or_default(), theirs, "{name}: {}", column.name);
                }
            }
        }
    }
    assert_eq!(seen, SAMPLES.len());
}
