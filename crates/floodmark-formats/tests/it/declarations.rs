//! What holds for every declaration of a log type.

use std::collections::HashSet;

use arrow_schema::DataType;
use floodmark_formats::column_type::{self, ColumnType};
use floodmark_formats::key::{self, KeyFacts};
use floodmark_formats::kind::Kind;
use floodmark_formats::log_type::{Sample, TimeForm};
use floodmark_formats::measure::Amount;
use floodmark_formats::observation::Observation;
use floodmark_formats::synthetic::{self, Place, Random};
use floodmark_formats::{LogType, Table, log_types, table, time};
use proptest::prelude::*;

fn check(check: impl Fn(&'static LogType, &Table)) {
    for log_type in log_types::ALL {
        check(log_type, table::of(log_type));
    }
}

#[test]
fn every_nested_type_parses() {
    check(|_, table| {
        for column in &table.columns {
            if let ColumnType::Nested(name) = column.column.column_type {
                assert!(column_type::nested(name).is_some(), "{name}");
            }
        }
    });
}

#[test]
fn a_nested_type_as_deep_as_a_page_is_refused() {
    assert_eq!(column_type::nested(&"array<".repeat(100_000)), None);
    assert_eq!(column_type::nested(&("array<".repeat(1000) + "int" + &">".repeat(1000))), None);
    assert!(matches!(column_type::nested("map<string,array<int>>"), Some(DataType::Map(..))));
}

fn columns_of_observation(log_type: &LogType) -> Vec<&'static str> {
    match log_type.observation {
        Observation::Event | Observation::Direction => Vec::new(),
        Observation::Interfaces(of) => vec![
            of.interface,
            of.source,
            of.destination,
            of.packet_source,
            of.packet_destination,
            of.direction,
            of.instance,
            of.purpose,
            of.bytes,
            of.packets,
            of.action,
        ],
        Observation::Attachments(of) => vec![of.attachment, of.other, of.direction],
    }
}

#[test]
fn clocks_windows_marks_and_holes_name_columns() {
    check(|log_type, table| {
        let clocks = log_type.event_time.iter().chain(log_type.event_end);
        let names = clocks
            .flat_map(|clock| clock.columns())
            .chain(log_type.windows.iter().map(|window| window.column))
            .chain(log_type.marks.iter().map(|mark| mark.column))
            .chain(log_type.hole.map(|(column, _)| column))
            .chain(columns_of_observation(log_type));
        for name in names {
            assert!(table.position(name).is_some(), "`{}` has no `{name}`", log_type.name);
        }
        assert!(!log_type.event_time.is_empty(), "`{}` tells no time", log_type.name);
    });
}

#[test]
fn no_two_columns_of_a_table_have_the_same_name() {
    check(|log_type, table| {
        let mut names = HashSet::new();
        for column in &table.columns {
            let name = column.column.name;
            assert!(names.insert(name), "`{}` has `{name}` twice", log_type.name);
            assert_eq!(
                name,
                name.to_lowercase(),
                "names are in lower case, as in Athena's catalog"
            );
        }
    });
}

#[test]
fn kinds_agree_with_what_records_hold() {
    check(|log_type, _| {
        for field in log_type.fields {
            for column in field.columns() {
                let name = column.name;
                let expected = match field.sample {
                    Sample::Time(_) => Kind::Time,
                    Sample::Address => continue,
                    _ if matches!(column.column_type, ColumnType::Nested(_)) => Kind::Nested,
                    _ => continue,
                };
                assert_eq!(column.kind, expected, "`{name}` of `{}`", log_type.name);
            }
            let first = field.columns().next().map(|column| column.kind);
            if matches!(field.sample, Sample::Address) {
                assert_eq!(first, Some(Kind::Address), "{}", field.name);
            }
        }
    });
}

#[test]
fn measures_and_dimensions_have_names_of_their_own() {
    check(|log_type, table| {
        let Some(first) = log_type.measures.first() else {
            panic!("`{}` measures nothing", log_type.name);
        };
        assert_eq!(first.amount, Amount::Records, "the first measure is the count of records");
        let mut names = HashSet::new();
        for measure in log_type.measures {
            assert!(names.insert(measure.name), "`{}` twice", measure.name);
        }
        names.clear();
        for dimension in log_type.dimensions {
            let name = dimension.name;
            assert!(names.insert(name) && table.position(name).is_none(), "`{name}` is taken");
            assert!(dimension.kind != Kind::Nested, "a dimension is no nested value");
        }
    });
}

/// What stands in expressions beside columns and functions.
const WORDS: &[&str] = &[
    "and", "or", "not", "null", "is", "in", "like", "between", "as", "double", "bigint", "escape",
];

/// The columns that an expression names, in the order of its text: all names but functions, parts and lambda's parameters.
fn columns_of(expression: &str) -> Vec<String> {
    let mut plain = String::new();
    for (at, part) in expression.split('\'').enumerate() {
        plain.push_str(if at % 2 == 0 { part } else { " " });
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '"';
    let mut names = Vec::new();
    let mut parameters = HashSet::new();
    let mut rest = plain.as_str();
    let mut before = ' ';
    while let Some(character) = rest.chars().next() {
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            before = character;
            rest = &rest[character.len_utf8()..];
            continue;
        }
        let (name, after) = rest.split_at(length);
        rest = after;
        let name = name.to_ascii_lowercase();
        if after.trim_start().starts_with("->") {
            parameters.insert(name);
        } else if before != '.'
            && !after.starts_with('(')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !WORDS.contains(&name.as_str())
            && !parameters.contains(&name)
        {
            names.push(name.trim_matches('"').to_owned());
        }
        before = ' ';
    }
    names
}

#[test]
fn the_names_in_an_expression_are_found() {
    let columns = columns_of("element_at(filter(a.b, h -> lower(h.c) = 'd'), 1).e + \"end\"");
    assert_eq!(columns, ["a", "end"]);
    assert_eq!(columns_of("CAST(x AS double) BETWEEN 400 AND y"), ["x", "y"]);
}

#[test]
fn expressions_name_columns_of_their_table() {
    check(|log_type, table| {
        let measured = log_type.measures.iter().filter_map(|measure| measure.amount.expression());
        let grouped = log_type.dimensions.iter().map(|dimension| dimension.sql);
        for expression in measured.chain(grouped).chain(log_type.client) {
            let columns = columns_of(expression);
            assert!(!columns.is_empty(), "`{expression}` reads nothing");
            for name in columns {
                let known = table.position(&name).is_some();
                assert!(known, "`{}` has no `{name}` of `{expression}`", log_type.name);
            }
        }
    });
}

#[test]
fn measures_are_sql_of_athena() {
    let sql = |table: &str, name: &str| {
        let measures = table::find(table).expect("a table").log_type.measures;
        measures.iter().find(|measure| measure.name == name).expect("a measure").sql()
    };
    assert_eq!(sql("nlb", "connections"), "count(*)");
    assert_eq!(sql("nlb", "p95_duration"), "approx_percentile(tcp_connection_time_ms, 0.95)");
    assert_eq!(sql("alb", "errors"), "count_if(elb_status_code >= 500)");
    assert_eq!(sql("waf", "clients"), "count(DISTINCT httprequest.clientip)");
}

#[test]
fn no_two_tables_have_the_same_name() {
    let mut names = HashSet::new();
    check(|log_type, _| {
        for name in log_type.aliases.iter().chain([&log_type.name]) {
            assert_eq!(table::find(name).map(|table| table.log_type.name), Some(log_type.name));
        }
    });
    for log_type in log_types::ALL {
        assert!(names.insert(log_type.name), "`{}` stands in the list twice", log_type.name);
    }
}

#[test]
fn every_written_name_finds_its_own_field() {
    check(|log_type, table| {
        for (index, field) in log_type.fields.iter().enumerate() {
            let name = field.name;
            for name in [name.to_owned(), name.to_uppercase(), name.replace('-', "_")] {
                assert_eq!(table.field_named(&name), Some(index), "{}: {name}", log_type.name);
            }
        }
    });
}

#[test]
fn every_log_type_and_column_says_what_it_is() {
    check(|log_type, table| {
        assert!(!log_type.title.is_empty(), "{}", log_type.name);
        assert!(log_type.page.starts_with("https://docs.aws.amazon.com/"), "{}", log_type.page);
        assert!(log_type.fields_min <= log_type.fields.len(), "{}", log_type.name);
        for column in &table.columns {
            let (name, meaning) = (column.column.name, column.column.meaning);
            assert!(meaning.ends_with('.'), "`{}.{name}`: {meaning}", log_type.name);
            assert!(meaning.starts_with(|first: char| !first.is_lowercase()), "{meaning}");
        }
    });
}

#[test]
fn every_window_holds_the_slack_it_states() {
    check(|log_type, _| {
        for window in log_type.windows {
            if let (Some(earliest), Some(latest)) = (window.earliest, window.latest) {
                assert!(earliest < latest, "`{}.{}`", log_type.name, window.column);
            }
        }
    });
}

#[test]
fn a_synthetic_key_says_what_it_was_made_of() {
    check(|log_type, _| {
        let Some(template) = log_type.keys.first() else { return };
        let mut random = Random::new(7);
        for day in 0..400 {
            let place = Place {
                account: "111122223333",
                region: "eu-west-1",
                resource: if template.contains("{label}") { "front-end" } else { "front.0a1b2c3d" },
                time: (20_000 + day) * time::DAY + day % 24 * time::HOUR,
            };
            let key = synthetic::key(log_type, &place, &mut random);
            for ending in ["", ".gz", ".log.gz", ".log.parquet"] {
                let key = format!("owner/prefix/{key}{ending}");
                assert!(!key::is_passed_over(&key), "{key}");
                let candidates = key::candidates(&key);
                assert!(candidates.iter().any(|found| found.name == log_type.name), "{key}");
                check_facts(template, &place, &key, &key::read(log_type, &key).unwrap());
            }
        }
    });
}

fn check_facts(template: &str, place: &Place<'_>, key: &str, facts: &KeyFacts) {
    let has = |name: &str| template.contains(name);
    let expected = |is: bool, value: &str| is.then(|| value.to_owned());
    assert_eq!(facts.account, expected(has("{account}"), place.account), "{key}");
    assert_eq!(facts.region, expected(has("{region}"), place.region), "{key}");
    let resource = has("{resource}") || has("{label}");
    assert_eq!(facts.resource, expected(resource, place.resource), "{key}");
    assert_eq!(facts.time, has("{time}").then_some(place.time), "{key}");
    let (year, month, day) = time::civil(place.time / time::DAY);
    assert_eq!(facts.day, Some(format!("{year:04}/{month:02}/{day:02}")), "{key}");
    let name = key.rsplit('/').next().unwrap();
    let at = facts.time_at.unwrap();
    assert!(name[at..].starts_with(&format!("{year:04}")), "{key}: the time stands at {at}");
}

/// A moment as written, read again: as exactly as the form writes it.
fn check_time(form: TimeForm, unit: time::Micros, moment: time::Micros) {
    let text = synthetic::written(form, moment);
    let bytes = text.as_bytes();
    let read = match form {
        TimeForm::IsoSeconds | TimeForm::IsoSecondsZ | TimeForm::IsoMicros => {
            time::timestamp(bytes)
        }
        TimeForm::EpochSeconds | TimeForm::EpochSecondsMillis => time::epoch_seconds(bytes),
        TimeForm::EpochMillis => time::epoch_millis(bytes),
        TimeForm::Date => time::date(bytes).map(|days| i64::from(days) * time::DAY),
        TimeForm::Clock => {
            time::clock(bytes).map(|clock| moment.div_euclid(time::DAY) * time::DAY + clock)
        }
        TimeForm::CommonLog => time::common_log(bytes),
    };
    assert_eq!(read, Some(moment.div_euclid(unit) * unit), "{text}");
}

proptest! {
    #[test]
    fn a_written_time_is_read_again(moment in 0..100 * 366 * time::DAY) {
        check_time(TimeForm::IsoSeconds, time::SECOND, moment);
        check_time(TimeForm::IsoSecondsZ, time::SECOND, moment);
        check_time(TimeForm::IsoMicros, 1, moment);
        check_time(TimeForm::EpochSeconds, time::SECOND, moment);
        check_time(TimeForm::EpochSecondsMillis, 1000, moment);
        check_time(TimeForm::EpochMillis, 1000, moment);
        check_time(TimeForm::Date, time::DAY, moment);
        check_time(TimeForm::Clock, time::SECOND, moment);
        check_time(TimeForm::CommonLog, time::SECOND, moment);
    }

    #[test]
    fn a_day_is_a_date_and_back(day in -1_000_000_i64..1_000_000) {
        let (year, month, of_month) = time::civil(day);
        prop_assert_eq!(time::days(year, month, of_month), Some(day));
    }

    #[test]
    fn the_beginning_of_a_time_means_a_range_that_holds_it(
        moment in 0..100 * 366 * time::DAY,
        length in 0_usize..27,
    ) {
        let text = synthetic::written(TimeForm::IsoMicros, moment);
        if let Some(range) = time::prefix_range(&text[..length]) {
            prop_assert!(range.contains(&moment), "{} is not in {range:?}", &text[..length]);
        }
    }

    #[test]
    fn any_text_is_a_time_or_none(text: Vec<u8>, start in "[0-9T:. Z+-]{0,30}") {
        for text in [text.as_slice(), start.as_bytes()] {
            time::timestamp(text);
            time::epoch_seconds(text);
            time::epoch_millis(text);
            time::common_log(text);
        }
        time::prefix_range(&start);
        key::time(&start);
    }
}
