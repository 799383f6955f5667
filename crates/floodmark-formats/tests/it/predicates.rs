//! A predicate saves work and never drops a row for which its condition holds.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use floodmark_formats::predicate::{Comparison, Predicate, Test};
use floodmark_formats::synthetic::{self, Random, Record};
use floodmark_formats::{table, time};
use proptest::prelude::*;

use crate::decoded::{Decoded, log_type};

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

/// A value of a column as predicates see it.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Text(Vec<u8>),
    Number(i64),
    Time(i64),
}

fn seen(batch: &RecordBatch, column: usize, row: usize) -> Option<Seen> {
    let array: &dyn Array = batch.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8View => Seen::Text(array.as_string_view().value(row).as_bytes().to_vec()),
        DataType::Int32 => Seen::Number(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Seen::Number(array.as_primitive::<Int64Type>().value(row)),
        DataType::Date32 => Seen::Number(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Timestamp(..) => {
            Seen::Time(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        _ => return None,
    })
}

fn holds(test: &Test, value: Option<&Seen>) -> bool {
    match (test, value) {
        (Test::Text(comparison, expected), Some(Seen::Text(value))) => {
            comparison.holds(value, expected)
        }
        (Test::TextIn(expected), Some(Seen::Text(value))) => expected.contains(value),
        (Test::Number(comparison, expected), Some(Seen::Number(value)))
        | (Test::Time(comparison, expected), Some(Seen::Time(value))) => {
            comparison.holds(value, expected)
        }
        (Test::NumberIn(expected), Some(Seen::Number(value))) => expected.contains(value),
        _ => false,
    }
}

/// A condition on a value like this one, or near it.
fn test(value: Seen, random: &mut Random) -> Test {
    let comparison = COMPARISONS[usize::try_from(random.below(6)).unwrap()];
    let near = random.between(-1, 1);
    match value {
        Seen::Text(text) if random.below(3) == 0 => Test::TextIn(vec![b"-".to_vec(), text]),
        Seen::Text(mut text) => {
            if near > 0 {
                text.push(b'0');
            } else if near < 0 {
                text.pop();
            }
            Test::Text(comparison, text)
        }
        Seen::Number(number) if random.below(3) == 0 => Test::NumberIn(vec![0, number]),
        Seen::Number(number) => Test::Number(comparison, number + near),
        Seen::Time(time) => Test::Time(comparison, time + near),
    }
}

/// Reads the same records with and without predicates, and compares the rows.
fn check(name: &str, seed: u64, predicates_max: usize) {
    let log_type = log_type(name);
    let mut random = Random::new(seed);
    let mut text = synthetic::header(log_type);
    for _ in 0..30 {
        let moment = random.between(1_700_000_000, 1_700_000_300) * time::SECOND;
        let mut record = Record::new(log_type, moment, &mut random);
        // Some values are not of their column's type, some lines are short.
        let at = usize::try_from(random.below(log_type.fields.len() as u64)).unwrap();
        let is_mark = |column: &str| log_type.marks.iter().any(|mark| mark.column == column);
        if !log_type.fields[at].columns().any(|column| is_mark(column.name)) {
            record.set(log_type.fields[at].name, random.one_of(&["-", "x", "99999999999", ""]));
        }
        text += &record.line();
        text += "\n";
    }
    let all = Decoded::whole(log_type, text.as_bytes());
    let [rows] = all.batches.as_slice() else { panic!("few rows are one batch") };
    let columns = table::of(log_type).columns.len() as u64;
    let mut predicates = Vec::new();
    while predicates.len() < predicates_max {
        let column = usize::try_from(random.below(columns)).unwrap();
        let row = usize::try_from(random.below(rows.num_rows() as u64)).unwrap();
        if let Some(value) = seen(rows, column, row) {
            predicates.push(Predicate { column, test: test(value, &mut random) });
        }
    }
    let kept = Decoded::filtered(log_type, text.as_bytes(), predicates.clone());
    assert_eq!(kept.account, all.account, "dropped rows are accounted for as rows");
    let kept: Vec<_> = kept.column("$line").into_iter().flatten().collect();
    let lines = all.column("$line");
    for (row, line) in lines.iter().flatten().enumerate() {
        let held = predicates
            .iter()
            .all(|predicate| holds(&predicate.test, seen(rows, predicate.column, row).as_ref()));
        assert!(!held || kept.contains(line), "{name}: line {line} is lost to {predicates:?}");
        // What a line says of itself is tested exactly.
        let exact = predicates.iter().all(|predicate| {
            use floodmark_formats::table::Source;
            let source = table::of(log_type).columns[predicate.column].source;
            matches!(source, Source::Field(..) | Source::EventTime | Source::EventEnd)
        });
        assert!(
            held || !exact || !kept.contains(line),
            "{name}: line {line} passes {predicates:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_predicate_loses_a_row(
        name in prop::sample::select(vec!["nlb", "alb", "vpc_flow", "cloudfront", "waf"]),
        seed: u64,
        predicates in 0_usize..4,
    ) {
        check(name, seed, predicates);
    }
}

#[test]
fn a_mirrored_comparison_says_the_same_with_its_sides_exchanged() {
    for comparison in COMPARISONS {
        for (left, right) in [(1, 2), (2, 2), (3, 2)] {
            assert_eq!(comparison.holds(&left, &right), comparison.mirrored().holds(&right, &left));
        }
    }
}
