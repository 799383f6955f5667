//! Conditions as a plan has them, and the partitions that they leave.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, cast, col, lit, not};

use super::{Known, Order, PartitionFilter, Scalar};
use crate::catalog::ColumnDefinition;

fn keys() -> Vec<ColumnDefinition> {
    let keys = [("s", "string"), ("n", "int"), ("d", "date"), ("t", "timestamp"), ("c", "char(3)")];
    let key = |(name, hive_type): (&str, &str)| ColumnDefinition {
        name: name.to_owned(),
        hive_type: hive_type.to_owned(),
        comment: None,
    };
    keys.map(key).into()
}

fn date(days: i32) -> Expr {
    lit(ScalarValue::Date32(Some(days)))
}

fn moment(micros: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(micros), None))
}

/// Checks which values of one key a condition leaves. The others are not NULL.
#[expect(clippy::needless_pass_by_value, reason = "conditions are written where they are checked")]
fn check(filter: Expr, key: &str, left: &[Option<&str>], excluded: &[Option<&str>]) {
    let keys = keys();
    let position = keys.iter().position(|column| column.name == key).unwrap();
    let partition_filter = PartitionFilter::of(std::slice::from_ref(&filter), &keys);
    for (values, expected) in [(left, true), (excluded, false)] {
        for value in values {
            let mut partition: Vec<_> = ["x", "7", "2024-10-05", "2024-10-05 01:02:03", "abc"]
                .map(str::to_owned)
                .map(Some)
                .into();
            partition[position] = value.map(str::to_owned);
            assert_eq!(partition_filter.matches(&partition), expected, "{filter}: {value:?}");
        }
    }
}

#[test]
fn catalog_filters_partitions_by_text() {
    let (a, b, c) = (Some("a"), Some("b"), Some("bc"));
    check(col("s").eq(lit("b")), "s", &[b], &[a, c, None]);
    check(lit("b").lt(col("s")), "s", &[c], &[a, b, None]);
    check(col("s").not_eq(lit("b")), "s", &[a, c], &[b, None]);
    check(not(col("s").eq(lit("b"))), "s", &[a, c], &[b, None]);
    check(not(col("s").lt(lit("b"))), "s", &[b, c], &[a, None]);
    check(col("s").between(lit("a"), lit("b")), "s", &[a, b], &[c, None]);
    check(col("s").not_between(lit("a"), lit("b")), "s", &[c], &[a, b, None]);
    check(col("s").in_list(vec![lit("a"), lit("bc")], false), "s", &[a, c], &[b, None]);
    check(col("s").in_list(vec![lit("a"), lit("bc")], true), "s", &[b], &[a, c, None]);
    check(col("s").is_null(), "s", &[None], &[a]);
    check(col("s").is_not_null(), "s", &[a], &[None]);
    check(not(col("s").is_null()), "s", &[a], &[None]);
    check(col("s").like(lit("b%")), "s", &[b, c], &[a, None]);
    check(col("s").like(lit("b%%")), "s", &[b, c], &[a, None]);
    check(col("s").like(lit("b")), "s", &[b], &[a, c, None]);
    check(col("s").like(lit("b_")), "s", &[b, c], &[a, None]);
    check(col("s").like(lit("%c")), "s", &[a, b, c], &[None]);
    check(col("s").not_like(lit("b%")), "s", &[a], &[b, c, None]);
    check(col("s").not_like(lit("b_")), "s", &[a, b, c, None], &[]);
    check(col("s").ilike(lit("B%")), "s", &[a, b, c, None], &[]);
    check(cast(col("s"), DataType::Utf8View).eq(lit("b")), "s", &[b], &[a]);
    check(col("S").eq(lit("b")), "s", &[b], &[a]);
}

#[test]
fn catalog_filters_partitions_by_numbers_and_moments() {
    let number =
        |filter| check(filter, "n", &[Some("5"), Some("05"), Some("x")], &[Some("6"), None]);
    number(col("n").eq(lit(5)));
    number(col("n").lt_eq(lit(5_i64)));
    number(lit(6).gt(col("n")));
    number(cast(col("n"), DataType::Int64).eq(lit(5_i64)));
    check(
        cast(col("s"), DataType::Int64).gt_eq(lit(10_i64)),
        "s",
        &[Some("10"), Some("x")],
        &[Some("9")],
    );
    check(cast(col("n"), DataType::Utf8).eq(lit("5")), "n", &[Some("05"), Some("6")], &[]);
    check(
        col("d").eq(date(1)),
        "d",
        &[Some("1970-01-02"), Some("never")],
        &[Some("1970-01-03"), None],
    );
    check(
        cast(col("s"), DataType::Date32).lt(date(1)),
        "s",
        &[Some("1970-01-01")],
        &[Some("1970-01-02")],
    );
    let second = 1_000_000;
    check(
        col("t").gt(moment(second)),
        "t",
        &[
            Some("1970-01-01 00:00:02"),
            Some("1970-01-01 00:00:01.5"),
            Some("1970-01-02"),
            Some("?"),
        ],
        &[Some("1970-01-01 00:00:01"), Some("1970-01-01"), None],
    );
    check(col("c").eq(lit("x")), "c", &[Some("abc"), Some("x")], &[]);
}

#[test]
fn catalog_filters_partitions_by_several_conditions() {
    let (a, b, c) = (Some("a"), Some("b"), Some("c"));
    let either = || col("s").eq(lit("a")).or(col("s").eq(lit("b")));
    check(either(), "s", &[a, b], &[c, None]);
    check(not(either()), "s", &[c], &[a, b, None]);
    check(either().and(col("s").gt(lit("a"))), "s", &[b], &[a, c]);
    // What says nothing about keys may hold, and with it what it is an alternative to.
    let other = || col("bytes").gt(lit(5));
    check(either().and(other()), "s", &[a, b], &[c]);
    check(either().or(other()), "s", &[a, b, c, None], &[]);
    check(col("s").in_list(vec![lit("a"), col("other")], false), "s", &[a, b, c], &[]);
    check(col("s").eq(lit(ScalarValue::Utf8(None))), "s", &[a, None], &[]);
    check(lit(false), "s", &[], &[a, None]);
    check(not(lit(false)), "s", &[a, None], &[]);
    // Conditions on two keys together.
    let pair = |s: &str, n: i32| col("s").eq(lit(s)).and(col("n").eq(lit(n)));
    check(pair("a", 7).or(pair("b", 8)), "s", &[a], &[b, c]);
    check(pair("a", 7).or(pair("b", 8)), "n", &[], &[Some("7"), Some("8")]);
    // A long chain does not end the program.
    let chain = (0..20_000).fold(col("s").eq(lit("a")), |chain, number| {
        chain.or(col("s").eq(lit(number.to_string())))
    });
    let filter = PartitionFilter::of(std::slice::from_ref(&chain), &keys());
    assert!(filter.matches(&[Some("19999".to_owned())]));
    assert!(!filter.matches(&[Some("20000".to_owned())]));
    // Dropping it would need as deep a stack, and is not ours.
    std::mem::forget(chain);
}

#[test]
fn catalog_filters_ranges_of_partitions() {
    let ordered = Order { by_text: true, by_number: true };
    // A condition, a range, and whether something in it can pass.
    let cases = [
        (col("s").eq(lit("m")), ("a", "z"), true),
        (col("s").eq(lit("m")), ("n", "z"), false),
        (col("s").not_eq(lit("m")), ("m", "m"), false),
        (col("s").not_eq(lit("m")), ("m", "n"), true),
        (col("s").lt(lit("m")), ("m", "z"), false),
        (col("s").lt_eq(lit("m")), ("m", "z"), true),
        (col("s").gt(lit("m")), ("a", "m"), false),
        (col("s").gt_eq(lit("m")), ("a", "m"), true),
        (col("s").like(lit("m%")), ("a", "l"), false),
        (col("s").like(lit("m%")), ("a", "z"), true),
        (col("s").like(lit("m%")), ("ma", "mb"), true),
        (col("s").like(lit("m%")), ("n", "o"), false),
        (col("s").not_like(lit("m%")), ("ma", "mb"), false),
        (col("s").not_like(lit("m%")), ("ma", "n"), true),
        (col("s").is_null(), ("a", "z"), false),
        (cast(col("s"), DataType::Int64).gt(lit(9_i64)), ("01", "09"), false),
        (cast(col("s"), DataType::Int64).gt(lit(9_i64)), ("01", "x"), true),
    ];
    for (filter, (low, high), expected) in cases {
        let text = format!("{filter}: {low} to {high}");
        let filter = PartitionFilter::of(&[filter], &keys());
        let may_hold = |order| filter.may_hold(&|_| Known::Between(low, high, order));
        assert_eq!(may_hold(ordered), expected, "{text}");
        if !text.contains("NULL") {
            assert!(may_hold(Order::default()), "{text}, without an order");
        }
    }
}

#[test]
fn catalog_knows_the_values_that_conditions_name() {
    let texts = |texts: &[&str]| {
        Some(texts.iter().map(|text| Scalar::Text((*text).to_owned())).collect::<Vec<_>>())
    };
    let a_or_b = || col("s").in_list(vec![lit("a"), lit("b")], false);
    let cases = [
        (a_or_b(), texts(&["a", "b"])),
        (a_or_b().and(col("s").eq(lit("a"))), texts(&["a"])),
        (a_or_b().and(col("n").eq(lit(5))), texts(&["a", "b"])),
        (a_or_b().or(col("n").eq(lit(5))), None),
        (a_or_b().or(col("s").eq(lit("c"))), texts(&["a", "b", "c"])),
        (col("s").gt(lit("a")), None),
        (col("s").not_eq(lit("a")), None),
    ];
    for (filter, expected) in cases {
        let text = filter.to_string();
        let filter = PartitionFilter::of(&[filter], &keys());
        let named = filter.named_values(0);
        let named = named.map(|values| values.into_iter().cloned().collect::<Vec<_>>());
        assert_eq!(named, expected, "{text}");
    }
}
