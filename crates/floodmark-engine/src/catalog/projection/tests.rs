//! Projections of tables, and the partitions that they make for a query.

use datafusion::logical_expr::{Expr, col, lit};
use floodmark_formats::time::{DAY, HOUR};

use super::Projection;
use crate::catalog::{ColumnDefinition, PartitionFilter, TableDefinition};
use crate::error::{Error, ErrorKind};

/// 2024-10-05T12:00:00
const NOW: i64 = 20_001 * DAY + 12 * HOUR;

fn table(keys: &[(&str, &str)], properties: &[(&str, &str)]) -> TableDefinition {
    let key = |(name, hive_type): &(&str, &str)| ColumnDefinition {
        name: (*name).to_owned(),
        hive_type: (*hive_type).to_owned(),
        comment: None,
    };
    let property = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut properties: Vec<_> = properties.iter().map(property).collect();
    properties.push(("projection.enabled".to_owned(), "true".to_owned()));
    TableDefinition {
        database: "default".to_owned(),
        name: "t".to_owned(),
        partition_keys: keys.iter().map(key).collect(),
        location: "s3://bucket/logs".to_owned(),
        properties: properties.into_iter().collect(),
        ..TableDefinition::default()
    }
}

/// The values of the partitions, with `|` between keys.
fn values(table: &TableDefinition, filters: &[Expr]) -> Result<Vec<String>, Error> {
    // No more is tried than a few values for each that is given.
    values_within(table, filters, (1000, 3000))
}

fn values_within(
    table: &TableDefinition,
    filters: &[Expr],
    limits: (usize, usize),
) -> Result<Vec<String>, Error> {
    let projection = Projection::of(table)?.expect("it is enabled");
    let filter = PartitionFilter::of(filters, &table.partition_keys);
    let partitions = projection.walk(&filter, NOW, limits)?;
    let partitions = partitions.map(|partition| {
        let values: Vec<_> = partition?.values.into_iter().map(|value| value.unwrap()).collect();
        Ok(values.join("|"))
    });
    partitions.collect()
}

/// Checks the values of a projection of one column, `c`.
fn check(hive_type: &str, properties: &[(&str, &str)], filters: &[Expr], expected: &[&str]) {
    let properties: Vec<_> = (properties.iter())
        .map(|(name, value)| (format!("projection.c.{name}"), (*value).to_owned()))
        .collect();
    let properties: Vec<_> =
        properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let table = table(&[("c", hive_type)], &properties);
    assert_eq!(values(&table, filters).unwrap(), expected, "{properties:?} {filters:?}");
}

#[test]
fn catalog_projects_enums_and_integers() {
    let letters = [("type", "enum"), ("values", "a, b,c,a")];
    check("string", &letters, &[], &["a", " b", "c"]);
    check("string", &letters, &[col("c").eq(lit("b"))], &[]);
    check("string", &letters, &[col("c").gt_eq(lit("a"))], &["a", "c"]);
    let integers = |range, interval, digits| {
        [("type", "INTEGER"), ("range", range), ("interval", interval), ("digits", digits)]
    };
    check("int", &[("type", "integer"), ("range", "-1, 2")], &[], &["-1", "0", "1", "2"]);
    check("int", &integers("0001,10", "4", "2"), &[], &["01", "05", "09"]);
    check("int", &integers("0,1000000000", "1", "4"), &[col("c").eq(lit(7))], &["0007"]);
    check("string", &integers("0,1000000000", "1", "4"), &[col("c").eq(lit("0007"))], &["0007"]);
    check("string", &integers("0,1000000000", "1", "4"), &[col("c").eq(lit("7"))], &[]);
    check(
        "int",
        &integers("0,1000000000", "5", "1"),
        &[col("c").between(lit(6), lit(16))],
        &["10", "15"],
    );
    check("string", &integers("0,23", "1", "2"), &[col("c").gt(lit("21"))], &["22", "23"]);
    check("string", &[("type", "integer"), ("range", "0,12")], &[col("c").gt(lit("8"))], &["9"]);
    check(
        "int",
        &integers("9223372036854775806,9223372036854775807", "1", "1"),
        &[],
        &["9223372036854775806", "9223372036854775807"],
    );
}

#[test]
fn catalog_projects_dates() {
    let days = |range| [("type", "date"), ("range", range), ("format", "yyyy/MM/dd")];
    check(
        "string",
        &days("2024/02/28,2024/03/01"),
        &[],
        &["2024/02/28", "2024/02/29", "2024/03/01"],
    );
    check("string", &days("2024/10/04,NOW"), &[], &["2024/10/04", "2024/10/05"]);
    check(
        "string",
        &days("NOW-1DAYS, NOW + 1 day"),
        &[],
        &["2024/10/04", "2024/10/05", "2024/10/06"],
    );
    check("string", &days("2025/01/01,NOW"), &[], &[]);
    check(
        "string",
        &days("2020/01/01,NOW"),
        &[col("c").gt(lit("2024/10/03"))],
        &["2024/10/04", "2024/10/05"],
    );
    check(
        "string",
        &days("2020/01/01,NOW"),
        &[col("c").like(lit("2020/01/0_"))]
            .map(|filter| filter.and(col("c").lt(lit("2020/01/03")))),
        &["2020/01/01", "2020/01/02"],
    );
    check("string", &days("2020/01/01,NOW"), &[col("c").eq(lit("2019/12/31"))], &[]);
    check("string", &days("2020/01/01,NOW"), &[col("c").eq(lit("2020/1/1"))], &[]);
    let dates = |range, format, interval, unit| {
        [
            ("type", "date"),
            ("range", range),
            ("format", format),
            ("interval", interval),
            ("interval.unit", unit),
        ]
    };
    check(
        "string",
        &dates("2024-10-05-22,2024-10-06-01", "yyyy-MM-dd-HH", "1", "hours"),
        &[],
        &["2024-10-05-22", "2024-10-05-23", "2024-10-06-00", "2024-10-06-01"],
    );
    check(
        "string",
        &dates("NOW-2HOURS,NOW", "HH 'on' dd.MM.yyyy", "2", "Hours"),
        &[],
        &["10 on 05.10.2024", "12 on 05.10.2024"],
    );
    check(
        "string",
        &dates("2024-01,2024-12", "yyyy-MM", "5", "MONTHS"),
        &[],
        &["2024-01", "2024-06", "2024-11"],
    );
    check(
        "string",
        &[("type", "date"), ("range", "NOW-1MONTH,NOW"), ("format", "yyyyMM")],
        &[],
        &["202409", "202410"],
    );
    check(
        "string",
        &dates("NOW-3YEARS,NOW", "yyyy", "1", "YEARS"),
        &[],
        &["2021", "2022", "2023", "2024"],
    );
    check(
        "string",
        &dates("2024-01-31,2024-04-30", "yyyy-MM-dd", "1", "MONTHS"),
        &[],
        &["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-29"],
    );
    check(
        "string",
        &dates("2024-10-01,2024-10-20", "yyyy-MM-dd", "1", "WEEKS"),
        &[],
        &["2024-10-01", "2024-10-08", "2024-10-15"],
    );
    // A step that is shorter than what is written gives each value once.
    check(
        "string",
        &dates("2024-10-01,2024-10-03", "yyyy-MM-dd", "7", "HOURS"),
        &[],
        &["2024-10-01", "2024-10-02"],
    );
    check(
        "string",
        &dates("2024-10-01,2024-10-03", "yyyy-MM-dd", "7", "HOURS"),
        &[col("c").eq(lit("2024-10-02"))],
        &["2024-10-02"],
    );
    check(
        "date",
        &dates("2024-10-01,2024-10-03", "yyyy-MM-dd", "1", "DAYS"),
        &[col("c").gt(lit(datafusion::common::ScalarValue::Date32(Some(19_998))))],
        &["2024-10-03"],
    );
}

#[test]
fn catalog_projects_only_what_a_query_asks_for() {
    let minutes = |range, format| {
        table(
            &[("region", "string"), ("day", "string")],
            &[
                ("projection.region.type", "enum"),
                ("projection.region.values", "eu,us"),
                ("projection.day.type", "date"),
                ("projection.day.range", range),
                ("projection.day.format", format),
                ("projection.day.interval", "1"),
                ("projection.day.interval.unit", "MINUTES"),
            ],
        )
    };
    // More than five million minutes in each of two regions.
    let ordered = minutes("2015/01/01/00/00,NOW", "yyyy/MM/dd/HH/mm");
    let last =
        values(&ordered, &[col("day").gt_eq(lit("2024/10/05")), col("region").eq(lit("us"))])
            .unwrap();
    assert_eq!(last.len(), 12 * 60 + 1);
    assert_eq!(
        (last[0].as_str(), last[720].as_str()),
        ("us|2024/10/05/00/00", "us|2024/10/05/12/00")
    );
    let two = col("day").like(lit("2016/05/05/05/05%")).or(col("day").eq(lit("2017/05/05/05/05")));
    assert_eq!(values(&ordered, &[two]).unwrap().len(), 4);
    let pairs =
        |region: &str, day: &str| col("region").eq(lit(region)).and(col("day").eq(lit(day)));
    let either = pairs("eu", "2016/05/05/05/05").or(pairs("us", "2017/05/05/05/05"));
    assert_eq!(
        values(&ordered, &[either]).unwrap(),
        ["eu|2016/05/05/05/05", "us|2017/05/05/05/05"]
    );
    let other = minutes("00:00 01.01.2015,NOW", "HH:mm dd.MM.yyyy");
    let named =
        values(&other, &[col("day").in_list(vec![lit("05:05 05.05.2016"), lit("no")], false)]);
    assert_eq!(named.unwrap(), ["eu|05:05 05.05.2016", "us|05:05 05.05.2016"]);
    for (table, filter, text) in [
        (&ordered, lit(true), "partitions of the table `t`"),
        (&other, col("day").gt(lit("x")), "values to try"),
    ] {
        let error = values_within(table, &[filter], (1000, 3000)).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::LimitReached);
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn catalog_projects_injected_columns() {
    let table = table(
        &[("device", "string"), ("hour", "int")],
        &[
            ("projection.device.type", "injected"),
            ("projection.hour.type", "integer"),
            ("projection.hour.range", "0,1"),
        ],
    );
    let named = col("device").in_list(vec![lit("b"), lit("a/1"), lit("b")], false);
    assert_eq!(values(&table, &[named]).unwrap(), ["b|0", "b|1", "a/1|0", "a/1|1"]);
    for filters in [vec![], vec![col("device").gt(lit("a"))], vec![col("hour").eq(lit(1))]] {
        let error = values(&table, &filters).expect_err("nothing to inject");
        assert_eq!(error.athena_code(), Some("CONSTRAINT_VIOLATION"));
        assert_eq!(
            error.to_string(),
            "For the injected projected partition column device, the WHERE clause must contain only static equality conditions, and at least one such condition must be present."
        );
    }
}

#[test]
fn catalog_projects_locations() {
    let location = |template: Option<&str>| {
        let mut properties = vec![
            ("projection.region.type", "enum"),
            ("projection.region.values", "eu"),
            ("projection.day.type", "enum"),
            ("projection.day.values", "2024/10/05"),
        ];
        properties.extend(template.map(|template| ("storage.location.template", template)));
        let table = table(&[("region", "string"), ("day", "string")], &properties);
        let filter = PartitionFilter::default();
        let projection = Projection::of(&table)?.unwrap();
        let partition = projection.partitions(&filter, NOW)?.next().unwrap()?;
        Ok::<_, Error>(partition.location)
    };
    assert_eq!(location(None).unwrap(), "s3://bucket/logs/region=eu/day=2024%2F10%2F05/");
    let template = "s3://other/${region}/x/${Day}";
    assert_eq!(location(Some(template)).unwrap(), "s3://other/eu/x/2024/10/05/");
    let template = "s3://other/${day}/${region}-${day}/";
    assert_eq!(location(Some(template)).unwrap(), "s3://other/2024/10/05/eu-2024/10/05/");
    for (template, text) in [
        ("s3://b/${day}/", "has to contain ${region}"),
        ("s3://b/${day}/${region}/${x}", "names ${x}"),
    ] {
        let error = location(Some(template)).expect_err(text);
        assert_eq!(error.athena_code(), Some("INVALID_TABLE_PROPERTY"));
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn catalog_says_what_is_wrong_with_a_projection() {
    let date = ("projection.c.type", "date");
    let integer = ("projection.c.type", "integer");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[],
            "Table default.t is configured for partition projection, but the following partition columns are missing projection configuration: [c]",
        ),
        (&[("projection.c.type", "list")], "has to be enum, integer, date or injected"),
        (&[("projection.c.type", "enum")], "Missing required property: 'projection.c.values'"),
        (&[integer], "Missing required property: 'projection.c.range'"),
        (&[integer, ("projection.c.range", "5,1")], "two integers, the smaller first"),
        (&[integer, ("projection.c.range", "1")], "two integers"),
        (&[integer, ("projection.c.range", "1,x")], "two integers"),
        (
            &[integer, ("projection.c.range", "1,5"), ("projection.c.interval", "0")],
            "a positive integer",
        ),
        (&[integer, ("projection.c.range", "1,5"), ("projection.c.digits", "1000")], "at most 64"),
        (
            &[date, ("projection.c.range", "NOW,NOW")],
            "Missing required property: 'projection.c.format'",
        ),
        (
            &[date, ("projection.c.format", "yyyy-MM-dd")],
            "Missing required property: 'projection.c.range'",
        ),
        (
            &[date, ("projection.c.format", "yyyy-MM-dd"), ("projection.c.range", "2024-10-05")],
            "two dates",
        ),
        (
            &[
                date,
                ("projection.c.format", "yyyy-MM-dd"),
                ("projection.c.range", "2024/10/05,NOW"),
            ],
            "two dates",
        ),
        (
            &[
                date,
                ("projection.c.format", "yyyy-MM-dd"),
                ("projection.c.range", "2024-10-05,2024-10-04"),
            ],
            "the earlier first",
        ),
        (
            &[
                date,
                ("projection.c.format", "yyyy-MM-dd"),
                ("projection.c.range", "NOW-1MOONS,NOW"),
            ],
            "two dates",
        ),
        (
            &[date, ("projection.c.format", "EEE"), ("projection.c.range", "NOW,NOW")],
            "`EEE` is not supported",
        ),
        (
            &[date, ("projection.c.format", "yyyy-MM-dd-HH"), ("projection.c.range", "NOW,NOW")],
            "interval.unit' is required",
        ),
        (
            &[date, ("projection.c.format", "yyyy"), ("projection.c.range", "NOW,NOW")],
            "interval.unit' is required",
        ),
        (
            &[
                date,
                ("projection.c.format", "yyyy-MM-dd"),
                ("projection.c.range", "NOW,NOW"),
                ("projection.c.interval.unit", "DAY"),
            ],
            "one of YEARS, MONTHS",
        ),
        (
            &[
                date,
                ("projection.c.format", "yyyy-MM-dd"),
                ("projection.c.range", "NOW,NOW+9999YEARS"),
            ],
            "beyond the year 9999",
        ),
    ];
    for (properties, text) in cases {
        let table = table(&[("c", "string")], properties);
        let error = values(&table, &[]).expect_err(text);
        assert_eq!(error.athena_code(), Some("INVALID_TABLE_PROPERTY"), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn catalog_projects_nothing_where_it_is_not_enabled() {
    let mut table = table(&[("c", "string")], &[]);
    for enabled in ["false", "", "yes"] {
        table.properties.insert("projection.enabled".to_owned(), enabled.to_owned());
        assert!(Projection::of(&table).unwrap().is_none());
    }
    table.properties.clear();
    assert!(Projection::of(&table).unwrap().is_none());
    table.properties.insert("projection.enabled".to_owned(), "TRUE".to_owned());
    table.partition_keys.clear();
    assert!(Projection::of(&table).unwrap().is_none());
}
