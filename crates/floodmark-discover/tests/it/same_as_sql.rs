//! What is counted in kept rows is what the engine counts: panel by panel, filter by filter, log by log.

use std::collections::BTreeMap;

use floodmark_discover::view::{
    Filter, Look, Op, Span, View, Want, WantFields, WantGroups, WantHours, WantRow, WantRows,
    WantTimeline, WantTop,
};
use floodmark_discover::{Told, told};
use floodmark_formats::log_types;
use floodmark_formats::synthetic::{Random, Record};

use crate::ground::{ENOUGH, Ground, a_look, is_near, number, repository, run};
use crate::logs;

type Rows = Vec<Vec<Option<String>>>;

/// Many, so that panels hold all values.
const MANY: usize = 5000;

/// All panels.
fn everything(fields: &[String]) -> Want {
    let groups = fields.chunks(3).map(|fields| WantGroups { fields: fields.to_vec(), top: MANY });
    Want {
        timeline: Some(WantTimeline { bins: 60, by: fields.first().cloned() }),
        fields: Some(WantFields { names: None, top: MANY }),
        rows: Some(WantRows { count: MANY, ..WantRows::default() }),
        groups: Some(groups.take(6).collect()),
        hours: Some(WantHours {}),
        ..Want::default()
    }
}

/// The rows without an order.
fn sorted(mut rows: Rows) -> Rows {
    rows.sort();
    rows
}

fn texts(
    rows: &[Vec<Option<String>>],
    columns: std::ops::Range<usize>,
    amount: usize,
) -> BTreeMap<Vec<Option<String>>, f64> {
    let mut found = BTreeMap::new();
    for row in rows {
        *found.entry(row[columns.clone()].to_vec()).or_default() += number(row[amount].as_ref());
    }
    found
}

fn assert_same(
    a: &BTreeMap<Vec<Option<String>>, f64>,
    b: &BTreeMap<Vec<Option<String>>, f64>,
    of: &str,
) {
    let is_same = a.len() == b.len()
        && a.iter().zip(b).all(|((of_a, a), (of_b, b))| of_a == of_b && is_near(*a, *b));
    assert!(is_same, "{of}\n{a:?}\n{b:?}");
}

async fn timeline_is_same(ground: &Ground, timeline: &told::Timeline) {
    let rows = ground.sql(&timeline.panel.sql).await;
    let mut told = BTreeMap::new();
    for series in &timeline.series {
        for (at, amount) in series.amounts.iter().enumerate() {
            let bin = timeline.start + timeline.width * at as f64;
            if *amount != 0.0 {
                let is_others = if timeline.by.is_some() { series.is_others } else { false };
                told.insert((bin as i64, is_others, series.value.clone()), *amount);
            }
        }
    }
    let mut counted = BTreeMap::new();
    for row in &rows {
        let bin = row[0].as_deref().expect("a bin");
        let bin = floodmark_formats::time::timestamp(&bin.as_bytes()[..19]).expect("a time") / 1000;
        let (is_others, value) = match timeline.by {
            Some(_) => (row[2].as_deref() == Some("true"), row[1].clone()),
            None => (false, None),
        };
        let amount = number(row.last().and_then(Option::as_ref));
        if amount != 0.0 {
            counted.insert((bin, is_others, value), amount);
        }
    }
    let is_same = told.len() == counted.len()
        && told.iter().zip(&counted).all(|((a, x), (b, y))| a == b && is_near(*x, *y));
    assert!(is_same, "{}\n{told:?}\n{counted:?}", timeline.panel.sql);
    assert!(is_near(timeline.total, told.values().sum()));
}

async fn fields_are_same(ground: &Ground, fields: &told::Fields) {
    for field in &fields.fields {
        let rows = ground.sql(&field.sql).await;
        if rows.len() == MANY {
            continue;
        }
        let told: Rows = (field.top.iter())
            .map(|top| {
                vec![top.value.clone(), Some(top.amount.to_string()), Some(top.rows.to_string())]
            })
            .collect();
        assert_same(&texts(&told, 0..1, 1), &texts(&rows, 0..1, 1), &field.sql);
        assert_same(&texts(&told, 0..1, 2), &texts(&rows, 0..1, 2), &field.sql);
        let amounts: Vec<f64> = rows.iter().map(|row| number(row[1].as_ref())).collect();
        let of_told: Vec<f64> = field.top.iter().map(|top| top.amount).collect();
        assert!(amounts.iter().zip(of_told).all(|(a, b)| is_near(*a, b)), "{}", field.sql);
        assert_eq!(field.distinct, Some(rows.len() as u64), "{}", field.sql);
        let not_null: u64 = field.top.iter().map(|top| top.rows).sum();
        assert_eq!(field.nulls, fields.rows - not_null, "{}", field.sql);
    }
}

async fn rows_are_same(ground: &Ground, panel: &told::Rows) {
    let rows = ground.sql(&panel.panel.sql).await;
    let told: Rows = panel.rows.iter().map(|row| row.cells.clone()).collect();
    if rows.is_empty() && told.is_empty() {
        return;
    }
    assert_eq!(sorted(told), sorted(rows), "{}", panel.panel.sql);
}

async fn groups_are_same(ground: &Ground, groups: &told::Groups) {
    for group in &groups.groups {
        let rows = ground.sql(&group.sql).await;
        let told: Rows = (group.rows.iter())
            .map(|row| row.values.iter().cloned().chain([Some(row.amount.to_string())]).collect())
            .collect();
        let width = group.fields.len();
        assert_same(&texts(&told, 0..width, width), &texts(&rows, 0..width, width), &group.sql);
        assert_eq!(group.distinct, rows.len() as u64, "{}", group.sql);
        assert!(is_near(group.others, 0.0));
    }
}

async fn compare_is_same(ground: &Ground, compare: &told::Compare) {
    let rows = ground.sql(&compare.panel.sql).await;
    assert_eq!(number(rows[0][0].as_ref()), compare.during_rows as f64);
    assert_eq!(number(rows[0][1].as_ref()), compare.before_rows as f64);
    for dimension in &compare.dimensions {
        let rows = ground.sql(&dimension.sql).await;
        let told: Rows = (dimension.values.iter())
            .map(|value| {
                vec![
                    value.value.clone(),
                    Some(value.during.to_string()),
                    Some(value.before.to_string()),
                ]
            })
            .collect();
        assert_same(&texts(&told, 0..1, 1), &texts(&rows, 0..1, 1), &dimension.sql);
        assert_same(&texts(&told, 0..1, 2), &texts(&rows, 0..1, 2), &dimension.sql);
        assert!((0.0..=1.0).contains(&dimension.difference));
    }
}

/// Runs the statement of each panel that was told, and compares.
async fn all_is_same(ground: &Ground, question: &Look) {
    let heard = ground.look(question).await;
    if let Some(timeline) = &heard.timeline {
        timeline_is_same(ground, timeline).await;
    }
    if let Some(fields) = &heard.fields {
        fields_are_same(ground, fields).await;
        let count = ground.sql(&fields.panel.sql).await;
        assert_eq!(number(count[0][0].as_ref()), fields.rows as f64, "{}", fields.panel.sql);
        assert_eq!(heard.end.rows, fields.rows);
    }
    if let Some(rows) = &heard.rows {
        rows_are_same(ground, rows).await;
    }
    if let Some(groups) = &heard.groups {
        groups_are_same(ground, groups).await;
    }
    if let Some(compare) = &heard.compare {
        compare_is_same(ground, compare).await;
    }
    if let Some(hours) = &heard.hours {
        let rows = ground.sql(&hours.panel.sql).await;
        let mut told = vec![0.0; hours.amounts.len()];
        for row in &rows {
            let start = row[0].as_deref().expect("a quarter");
            let start =
                floodmark_formats::time::timestamp(&start.as_bytes()[..19]).expect("a time");
            told[((logs::ms(start) - hours.start) / hours.width) as usize] =
                number(row[1].as_ref());
        }
        let is_same = told.iter().zip(&hours.amounts).all(|(a, b)| is_near(*a, *b));
        assert!(is_same, "{}", hours.panel.sql);
    }
}

/// The names of the fields that are counted by value.
fn counted(log: &floodmark_discover::Log) -> Vec<String> {
    let counted = log.fields.iter().filter(|field| field.kind != "nested");
    counted.map(|field| field.name.clone()).filter(|name| name != "event_time").collect()
}

#[test]
fn every_panel_of_every_log_is_what_its_statement_gives() {
    run(async {
        for log_type in log_types::ALL {
            let name = log_type.name;
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            let log = ground.described(name).await;
            assert_eq!(log.fields[0].source, floodmark_discover::described::Source::Column);
            let fields = counted(&log);
            for (at, measure) in log.measures.iter().enumerate() {
                let mut question = a_look(name);
                question.want = everything(&fields);
                if at > 0 {
                    // Whatever is added up, groups and rows are the same.
                    let names = Some(fields.iter().take(3).cloned().collect());
                    question.want.fields = Some(WantFields { names, top: MANY });
                    (question.want.groups, question.want.rows) = (None, None);
                }
                measure.name.clone_into(&mut question.view.measure);
                all_is_same(&ground, &question).await;
            }
        }
    });
}

/// Filters of a field with each operation, by values that it has.
fn filters(field: &str, is_float: bool, values: &[String]) -> Vec<Filter> {
    let mut filters = Vec::new();
    let mut add = |op: Op, values: Vec<Option<String>>| {
        for not in [false, true] {
            let (field, values) = (field.to_owned(), values.clone());
            filters.push(Filter { field, op, values, not, off: false });
        }
    };
    let first = values.first().cloned().unwrap_or_else(|| "x'y".to_owned());
    let middle = values.get(values.len() / 2).cloned().unwrap_or_default();
    add(Op::Is, vec![Some(first.clone())]);
    add(Op::Is, vec![Some(first.clone()), Some(middle.clone())]);
    add(Op::Is, vec![Some(first.clone()), None]);
    add(Op::Is, vec![None]);
    add(Op::Is, vec![]);
    add(Op::Exists, vec![]);
    if !is_float {
        let part: String = first.chars().skip(1).take(4).collect();
        add(Op::Contains, vec![Some(part.to_uppercase())]);
        add(Op::Contains, vec![Some("'; DROP \u{202e}<script>%_\\".to_owned())]);
        add(Op::Starts, vec![Some(first.chars().take(3).collect())]);
    }
    add(Op::Within, vec![Some("192.0.2.0/24".to_owned()), Some("2001:db8::/32".to_owned())]);
    add(Op::Within, vec![Some("10.0.0.7".to_owned())]);
    let mut numbers: Vec<f64> = values.iter().filter_map(|value| value.parse().ok()).collect();
    numbers.sort_by(f64::total_cmp);
    let low = numbers.first().copied().filter(|low| low.is_finite()).unwrap_or(0.0);
    let high = numbers.get(numbers.len() / 2).copied().filter(|high| high.is_finite());
    add(Op::Between, vec![Some(low.to_string()), Some(high.unwrap_or(9.5).to_string())]);
    add(Op::Between, vec![Some(high.unwrap_or(1.0).to_string()), None]);
    add(Op::Between, vec![None, None]);
    filters
}

#[test]
fn every_filter_keeps_the_rows_that_its_condition_keeps() {
    run(async {
        for log_type in log_types::ALL {
            let name = log_type.name;
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            let log = ground.described(name).await;
            let mut question = a_look(name);
            question.want.rows = Some(WantRows { count: MANY, ..WantRows::default() });
            let all = ground.look(&question).await.rows.expect("rows");
            for (at, field) in log.fields.iter().enumerate() {
                let mut values: Vec<String> =
                    all.rows.iter().filter_map(|row| row.cells[at].clone()).collect();
                values.sort();
                values.dedup();
                let is_float = matches!(field.type_name, "float" | "double");
                let filters = filters(&field.name, is_float, &values);
                let (mut kept, mut conditions) = (Vec::new(), Vec::new());
                for filter in &filters {
                    let mut question = a_look(name);
                    question.view.filters = vec![filter.clone()];
                    let end = ground.look(&question).await.end;
                    assert_eq!(end.source, told::Source::Kept);
                    kept.push(end.span_rows);
                    conditions.push(format!("count_if({})", end.condition));
                }
                let sql = format!("SELECT {} FROM {name}", conditions.join(",\n"));
                let counted = &ground.sql(&sql).await[0];
                for ((filter, kept), counted) in filters.iter().zip(kept).zip(counted) {
                    assert_eq!(kept as f64, number(counted.as_ref()), "{name}: {filter:?}");
                }
            }
        }
    });
}

#[test]
fn a_search_looks_into_every_column() {
    run(async {
        for log_type in log_types::ALL {
            let name = log_type.name;
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            for search in ["GET", "192.0", "'%", "\u{130}", "-"] {
                let mut question = a_look(name);
                search.clone_into(&mut question.view.search);
                question.want.fields = Some(WantFields { names: Some(Vec::new()), top: 1 });
                let heard = ground.look(&question).await;
                let sql = heard.fields.expect("fields").panel.sql;
                let counted = ground.sql(&sql).await;
                assert_eq!(number(counted[0][0].as_ref()), heard.end.rows as f64, "{sql}");
            }
        }
    });
}

#[test]
fn windows_and_filters_together_are_what_the_statements_give() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 90);
    let at = |minute: i64| logs::ms(logs::START + minute * 60_000_000);
    let client = |values: &[&str]| Filter {
        field: "client_ip".to_owned(),
        op: Op::Is,
        values: values.iter().map(|value| Some((*value).to_owned())).collect(),
        not: true,
        off: false,
    };
    let spans: [(Option<Span>, Option<Span>, Option<Span>); 4] = [
        (None, Some((at(60), at(90))), None),
        (Some((at(10), at(80))), Some((at(61), at(75))), None),
        (Some((at(30), at(85))), Some((at(70), at(75))), Some((at(0), at(20)))),
        (None, Some((at(200), at(210))), None),
    ];
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        let mut measures = ["", "received_bytes", "total_duration"].into_iter().cycle();
        for (span, during, before) in spans {
            for filters in [vec![], vec![client(&["198.51.100.3", "198.51.100.4"])]] {
                let view = View {
                    log: "nlb".to_owned(),
                    span,
                    during,
                    before,
                    filters,
                    measure: measures.next().unwrap_or_default().to_owned(),
                    ..View::default()
                };
                let want = Want {
                    compare: Some(WantTop { top: MANY }),
                    ..everything(&["client_ip".to_owned(), "target_port".to_owned()])
                };
                all_is_same(&ground, &Look { view, want, again: false }).await;
            }
        }
    });
}

#[test]
fn what_grew_most_stands_first_in_a_comparison() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 90);
    let at = |minute: i64| logs::ms(logs::START + minute * 60_000_000);
    let mut question = a_look("nlb");
    question.view.during = Some((at(60), at(90)));
    question.want.compare = Some(WantTop { top: 3 });
    let heard = run(async { Ground::at(&path, ENOUGH).await.look(&question).await });
    let compare = heard.compare.expect("a comparison");
    assert_eq!(compare.before, (at(30), at(60)));
    let client = compare.dimensions.iter().find(|one| one.name == "client_ip").expect("clients");
    assert_eq!(client.values[0].value.as_deref(), Some("203.0.113.9"));
    assert_eq!((client.new_values, client.vanished_values), (1, 0));
    assert_eq!(client.values[0].during_share, 0.5);
    assert_eq!(client.values[0].before_share, 0.0);
    assert!(heard.all.iter().any(|told| matches!(told, Told::Compare(_))));
}

#[test]
fn windows_are_as_fine_as_times() {
    run(async {
        for name in ["waf", "alb", "cloudfront_realtime"] {
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            let mut question = a_look(name);
            question.want.rows = Some(WantRows { count: MANY, ..WantRows::default() });
            let all = ground.look(&question).await;
            let rows = all.rows.expect("rows").rows;
            let mut times: Vec<f64> = rows.iter().filter_map(|row| row.time).collect();
            times.sort_by(f64::total_cmp);
            assert!(
                times.iter().any(|time| time % 1000.0 != 0.0),
                "{name} has fractions of seconds"
            );
            // What an answer says of its span holds the same rows, when the logs are read.
            question.view.span = all.end.span;
            question.again = true;
            let same = ground.look(&question).await;
            assert_eq!(
                (same.end.rows, same.end.source),
                (all.end.rows, told::Source::Logs),
                "{name}"
            );
            rows_are_same(&ground, &same.rows.expect("rows")).await;
            let (low, high) = (times[times.len() / 4], times[times.len() * 3 / 4]);
            let within = |time: &&f64| **time >= low && **time < high + 0.001;
            question.view.span = Some((low, high + 0.001));
            let part = ground.look(&question).await;
            assert_eq!(part.end.rows, times.iter().filter(within).count() as u64, "{name}");
            rows_are_same(&ground, &part.rows.expect("rows")).await;
            question.again = false;
            question.want =
                Want { row: Some(WantRow { row: rows[0].row.clone() }), ..Want::default() };
            question.view.span = None;
            let row = ground.look(&question).await.row.expect("a row");
            assert!(ground.sql(&row.panel.sql).await.contains(&rows[0].cells), "{}", row.panel.sql);
        }
    });
}

#[test]
fn many_networks_and_filters_are_no_deep_condition() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 60, 1);
    let filter = |op: Op, values: Vec<String>| Filter {
        field: "client_ip".to_owned(),
        op,
        values: values.into_iter().map(Some).collect(),
        not: false,
        off: false,
    };
    let networks = (0..1000).map(|at| format!("10.{}.{}.0/24", at / 250, at % 250));
    let networks: Vec<String> = networks.chain(["198.51.100.0/24".to_owned()]).collect();
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        for filters in [
            vec![filter(Op::Within, networks.clone())],
            vec![filter(Op::Starts, vec!["198.51.".to_owned()]); 200],
        ] {
            let mut question = a_look("nlb");
            question.view.filters = filters;
            let end = ground.look(&question).await.end;
            assert_eq!(end.rows, 50);
            let sql = format!("SELECT count(*) FROM nlb WHERE {}", end.condition);
            assert_eq!(number(ground.sql(&sql).await[0][0].as_ref()), 50.0);
        }
    });
}

#[test]
fn a_row_of_another_age_makes_few_bins() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 60, 1);
    let mut random = Random::new(9);
    let mut text = std::fs::read_to_string(&path).expect("the log");
    for days in [0, 2_932_000] {
        let time = days * floodmark_formats::time::DAY;
        let record = Record::new(logs::log_type("nlb"), time, &mut random);
        text.push_str(&format!("{}\n", record.line()));
    }
    std::fs::write(&path, text).expect("a file is written");
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        for bins in [1, 60, usize::MAX] {
            let mut question = a_look("nlb");
            question.want.timeline = Some(WantTimeline { bins, by: None });
            for again in [true, false] {
                question.again = again;
                let timeline = ground.look(&question).await.timeline.expect("a timeline");
                let count = timeline.series[0].amounts.len();
                assert!(count <= bins.min(2000) + 2, "{count} bins for {bins}");
                timeline_is_same(&ground, &timeline).await;
                assert!(is_near(timeline.total, 62.0));
            }
        }
    });
}
