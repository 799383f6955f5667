//! The expression by which the Glue Data Catalog chooses partitions.

use floodmark_formats::predicate::Comparison;

use crate::catalog::partition_filter::{Check, Condition, Scalar, Test};
use crate::catalog::{ColumnDefinition, PartitionFilter};
use crate::limits::GLUE_EXPRESSION_CHARACTERS_MAX;

/// What of a filter the service can do, if it can do something of it. The rest is done here.
pub(super) fn expression(filter: &PartitionFilter, keys: &[ColumnDefinition]) -> Option<String> {
    let parts = match filter.condition() {
        Condition::All(all) => all.iter().filter_map(|condition| part(condition, keys)).collect(),
        condition => vec![part(condition, keys)?],
    };
    let mut expression = String::new();
    // Each part only leaves out more: as many as there is room for.
    for part in parts {
        let joint = if expression.is_empty() { "" } else { " AND " };
        let characters = [&expression, joint, &part].map(|text| text.chars().count());
        if characters.iter().sum::<usize>() <= GLUE_EXPRESSION_CHARACTERS_MAX {
            expression.push_str(joint);
            expression.push_str(&part);
        }
    }
    (!expression.is_empty()).then_some(expression)
}

/// The whole of a condition, or nothing.
fn part(condition: &Condition, keys: &[ColumnDefinition]) -> Option<String> {
    let (conditions, joint) = match condition {
        Condition::Unknown => return None,
        Condition::Test(test) => return text(test, keys),
        Condition::All(all) => (all, " AND "),
        Condition::Any(any) => (any, " OR "),
    };
    if conditions.is_empty() {
        return None;
    }
    let parts = conditions.iter().map(|condition| part(condition, keys));
    let parts = parts.collect::<Option<Vec<_>>>()?;
    Some(format!("({})", parts.join(joint)))
}

fn text(test: &Test, keys: &[ColumnDefinition]) -> Option<String> {
    let key = keys.get(test.key)?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_plain = key.name.starts_with(|first: char| first.is_ascii_lowercase());
    // Dates and times are left to this side: their written forms differ.
    if !begins_plain || !key.name.bytes().all(is_plain) || WORDS.contains(&key.name.as_str()) {
        return None;
    }
    let name = &key.name;
    match (&test.check, key.hive_type.as_str()) {
        (Check::Compare(comparison, Scalar::Text(text)), "string") => {
            let operator = operator(*comparison);
            Some(format!("{name} {operator} {}", quoted(text)?))
        }
        (Check::Compare(comparison, Scalar::Integer(number)), "int" | "bigint") => {
            Some(format!("{name} {} {number}", operator(*comparison)))
        }
        // `_` and `%` would be patterns.
        (Check::Prefix(prefix, true), "string") if !prefix.contains(['%', '_', '\\']) => {
            Some(format!("{name} LIKE {}", quoted(&format!("{prefix}%"))?))
        }
        _ => None,
    }
}

/// Names of columns that the service reads as words of its language.
const WORDS: &[&str] = &[
    "date",
    "time",
    "timestamp",
    "interval",
    "and",
    "or",
    "in",
    "like",
    "not",
    "between",
    "is",
    "null",
];

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn quoted(text: &str) -> Option<String> {
    (!text.contains('\\')).then(|| format!("'{}'", text.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{Expr, col, lit};

    use super::*;

    #[test]
    fn catalog_asks_glue_for_some_partitions() {
        let key = |(name, hive_type): (&str, &str)| ColumnDefinition {
            name: name.to_owned(),
            hive_type: hive_type.to_owned(),
            comment: None,
        };
        let keys = [
            ("year", "string"),
            ("n", "int"),
            ("d", "date"),
            ("a-b", "string"),
            ("date", "string"),
        ]
        .map(key);
        let day = || col("year").eq(lit("2024"));
        let cases: Vec<(Vec<Expr>, Option<&str>)> = vec![
            (vec![day()], Some("year = '2024'")),
            (vec![day(), col("n").gt(lit(5))], Some("year = '2024' AND n > 5")),
            (vec![col("year").eq(lit("it's"))], Some("year = 'it''s'")),
            (vec![col("year").like(lit("20%"))], Some("year LIKE '20%'")),
            (vec![col("year").eq(lit("\\"))], None),
            (vec![day().or(col("n").not_eq(lit(1)))], Some("(year = '2024' OR n <> 1)")),
            // What it cannot do is left out where that leaves out less.
            (vec![day(), col("a-b").eq(lit("x"))], Some("year = '2024'")),
            (vec![day().or(col("a-b").eq(lit("x")))], None),
            (vec![col("date").eq(lit("x"))], None),
            (vec![col("year").is_null()], None),
            (vec![col("bytes").gt(lit(1))], None),
            (vec![], None),
            (vec![day(), col("year").eq(lit("x".repeat(3000)))], Some("year = '2024'")),
        ];
        for (filters, expected) in cases {
            let filter = PartitionFilter::of(&filters, &keys);
            assert_eq!(expression(&filter, &keys).as_deref(), expected, "{filters:?}");
        }
    }
}
