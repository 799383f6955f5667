//! Rows page by page and in every order, single rows and those around them, hostile values, facts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use floodmark_discover::view::{
    Around, Filter, Op, Sort, WantFields, WantRow, WantRows, WantTimeline,
};
use floodmark_discover::{described, told};
use floodmark_formats::synthetic::{Random, Record};

use crate::ground::{ENOUGH, Ground, a_look, repository, run};
use crate::logs;

fn a_page(count: usize, sort: Option<Sort>, after: Option<String>) -> WantRows {
    WantRows { sort, count, after, around: None }
}

#[test]
fn pages_give_each_row_once_in_the_order_of_the_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 500, 1);
    let text = std::fs::read_to_string(&path).expect("the log");
    // Rows that are all alike, and very many of one second.
    let alike: String = text.lines().take(5).map(|line| format!("{line}\n").repeat(20)).collect();
    std::fs::write(&path, format!("{text}{alike}")).expect("a file is written");
    let by = |field: &str, descending| Some(Sort { field: field.to_owned(), descending });
    run(async {
        for sort in [
            None,
            by("event_time", false),
            by("client_ip", true),
            by("received_bytes", false),
            by("trailing", true),
        ] {
            let ground = Ground::at(&path, ENOUGH).await;
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let mut question = a_look("nlb");
                question.want.rows = Some(a_page(37, sort.clone(), after.take()));
                // What is read anew is in the same order.
                question.again = pages.len() % 2 == 1;
                let page = ground.look(&question).await.rows.expect("rows");
                assert_eq!(page.total, 600);
                pages.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let mut question = a_look("nlb");
            question.want.rows = Some(a_page(1000, sort.clone(), None));
            let whole = ground.look(&question).await.rows.expect("rows");
            assert_eq!(pages, whole.rows, "{sort:?}");
            assert_eq!(pages.len(), 600);
        }
    });
}

#[test]
fn every_order_is_that_of_the_statement() {
    run(async {
        for name in ["nlb", "alb", "vpc_flow", "cloudfront", "s3_access", "waf"] {
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            let log = ground.described(name).await;
            for (at, field) in log.fields.iter().enumerate() {
                let sort = Sort { field: field.name.clone(), descending: at % 2 == 0 };
                let mut question = a_look(name);
                question.want.rows = Some(a_page(1000, Some(sort), None));
                let rows = ground.look(&question).await.rows.expect("rows");
                let told: Vec<_> = rows.rows.iter().map(|row| row.cells[at].clone()).collect();
                let counted = ground.sql(&rows.panel.sql).await;
                let counted: Vec<_> = counted.iter().map(|row| row[at].clone()).collect();
                // Texts that are no numbers come last, among each other in any order.
                let is_number = |value: &Option<String>| {
                    value.as_ref().is_some_and(|value| value.parse::<f64>().is_ok())
                };
                let is_of_numbers = matches!(field.kind, "quantity" | "port" | "HTTP status");
                let relevant = |values: &[Option<String>]| -> Vec<Option<String>> {
                    let kept = values.iter().filter(|value| !is_of_numbers || is_number(value));
                    kept.cloned().collect()
                };
                assert_eq!(relevant(&told), relevant(&counted), "{}", rows.panel.sql);
            }
        }
    });
}

#[test]
fn a_row_is_found_by_its_id_and_stands_among_its_neighbours() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 300, 10);
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        let mut question = a_look("nlb");
        question.want.rows = Some(a_page(1000, None, None));
        let all = ground.look(&question).await.rows.expect("rows");
        let chosen = &all.rows[120];
        let mut question = a_look("nlb");
        question.again = true;
        question.want.row = Some(WantRow { row: chosen.row.clone() });
        let around = Around { row: chosen.row.clone(), count: 4 };
        question.want.rows = Some(WantRows { around: Some(around), ..WantRows::default() });
        let heard = ground.look(&question).await;
        let row = heard.row.expect("a row");
        let cells: Vec<_> = row.cells.iter().map(|cell| cell.value.clone()).collect();
        assert_eq!((cells, row.time), (chosen.cells.clone(), chosen.time));
        let panel = heard.rows.expect("rows");
        assert_eq!(panel.rows, all.rows[116..=124]);
        let cells = |rows: &[told::RowCells]| -> Vec<Vec<Option<String>>> {
            rows.iter().map(|row| row.cells.clone()).collect()
        };
        assert_eq!(ground.sql(&panel.panel.sql).await, cells(&panel.rows));
        // So does the statement of a page that is not the first.
        let mut question = a_look("nlb");
        question.want.rows = Some(a_page(20, None, None));
        let first = ground.look(&question).await.rows.expect("rows");
        question.want.rows = Some(a_page(20, None, first.next));
        let second = ground.look(&question).await.rows.expect("rows");
        assert_eq!(second.rows, all.rows[20..40]);
        assert_eq!(ground.sql(&second.panel.sql).await, cells(&second.rows));
        let sql = ground.sql(&row.panel.sql).await;
        assert!(sql.contains(&chosen.cells));
    });
}

#[test]
fn hostile_values_stay_values() {
    let hostile = [
        "/'; DROP TABLE nlb; --",
        "/<script>alert(1)</script>",
        "/\u{202e}gpj.exe",
        "/\\x22quoted\\x22",
        "/percent%27_",
        "/\u{0}\u{7f}",
        "/ÅÄÖ\u{130}ß",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random::new(3);
    let mut text = String::new();
    for (row, path) in hostile.iter().cycle().take(70).enumerate() {
        let time = logs::START + row as i64 * 1_000_000;
        let mut record = Record::new(logs::log_type("alb"), time, &mut random);
        record.set("request_url", format!("GET http://www.example.com{path} HTTP/1.1"));
        text.push_str(&record.line());
        text.push('\n');
    }
    let path = folder.path().join("alb.log");
    std::fs::write(&path, text).expect("a file is written");
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        let mut question = a_look("alb");
        let names = Some(vec!["request_url".to_owned()]);
        question.want.fields = Some(WantFields { names, top: 50 });
        question.want.timeline =
            Some(WantTimeline { bins: 10, by: Some("request_url".to_owned()) });
        let heard = ground.look(&question).await;
        let urls = heard.fields.expect("fields").fields.remove(0);
        assert_eq!(urls.top.len(), hostile.len(), "{urls:?}");
        let timeline = heard.timeline.expect("a timeline");
        assert!(!ground.sql(&timeline.panel.sql).await.is_empty());
        for top in urls.top {
            let mut question = a_look("alb");
            let values = vec![top.value.clone()];
            let field = "request_url".to_owned();
            question.view.filters =
                vec![Filter { field, op: Op::Is, values, not: false, off: false }];
            let end = ground.look(&question).await.end;
            assert_eq!(end.rows, 10, "{top:?}");
            let sql = format!("SELECT count(*) FROM alb WHERE {}", end.condition);
            assert_eq!(ground.sql(&sql).await[0][0].as_deref(), Some("10"), "{sql}");
        }
    });
}

/// A folder that tells which addresses are bad.
fn a_threat_list(folder: &Path) -> PathBuf {
    let home = folder.join("home");
    let list = folder.join("list.txt");
    std::fs::write(&list, "203.0.113.0/24\n").expect("a file is written");
    let data = home.join(floodmark_who::DATA_FOLDER);
    std::fs::create_dir_all(&data).expect("a folder");
    let import = floodmark_who::data::Import {
        path: &list,
        kind: Some(floodmark_who::data::Kind::ThreatList),
        name: Some("bad"),
        licence: None,
        now: 1_728_086_400,
    };
    floodmark_who::data::import(&data, &import).expect("a list");
    home
}

#[test]
fn of_too_many_addresses_facts_are_looked_up_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 70_000, 60);
    let home = a_threat_list(folder.path());
    run(async {
        // Nobody asks for facts, so they do not stand in the way.
        let ground = Ground::with_home(&path, 0, Some(&home)).await;
        let mut question = a_look("nlb");
        let fact = "threat_list(client_ip)".to_owned();
        question.view.filters = vec![Filter {
            field: fact.clone(),
            op: Op::Is,
            values: vec![Some("bad".to_owned())],
            not: false,
            off: false,
        }];
        question.want.fields = Some(WantFields { names: None, top: 5 });
        question.want.rows =
            Some(a_page(5, Some(Sort { field: fact.clone(), descending: false }), None));
        let heard = ground.look(&question).await;
        let sql = format!("SELECT count(*) FROM nlb WHERE {}", heard.end.condition);
        assert_eq!(ground.sql(&sql).await[0][0], Some(heard.end.rows.to_string()));
        assert!(heard.end.rows > 10_000);
        let rows = heard.rows.expect("rows");
        let at = rows.columns.iter().position(|name| *name == fact).expect("the fact");
        assert!(rows.rows.iter().all(|row| row.cells[at].as_deref() == Some("bad")));
        assert!(heard.end.notes.iter().any(|note| note.contains("`threat_list(client_ip)`")));
    });
}

#[test]
fn packets_that_are_logged_twice_are_noted() {
    run(async {
        for (name, is_noted) in [("vpc_flow", true), ("tgw_flow", true), ("nlb", false)] {
            let ground = Ground::at(&repository(&format!("samples/{name}")), ENOUGH).await;
            for _ in 0..2 {
                let notes = ground.look(&a_look(name)).await.end.notes;
                let found = notes.iter().any(|note| note.contains("two interfaces"));
                assert_eq!(found, is_noted, "{notes:?}");
            }
        }
    });
}

#[test]
fn what_is_known_of_addresses_is_a_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 300, 10);
    let home = a_threat_list(folder.path());
    run(async {
        let ground = Ground::with_home(&path, ENOUGH, Some(&home)).await;
        let log = ground.described("nlb").await;
        let facts: Vec<_> = (log.fields.iter())
            .filter(|field| field.source == described::Source::Fact)
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(facts, ["threat_list(client_ip)", "threat_list(target_ip)"]);
        let mut question = a_look("nlb");
        question.view.filters = vec![Filter {
            field: facts[0].to_owned(),
            op: Op::Is,
            values: vec![Some("bad".to_owned())],
            not: false,
            off: false,
        }];
        question.want.fields = Some(WantFields { names: None, top: 50 });
        question.want.timeline = Some(WantTimeline { bins: 10, by: Some(facts[0].to_owned()) });
        let heard = ground.look(&question).await;
        assert_eq!(heard.end.rows, 50);
        let fields = heard.fields.expect("fields");
        let by_name: HashMap<&str, &told::FieldSummary> =
            fields.fields.iter().map(|field| (field.name.as_str(), field)).collect();
        assert_eq!(by_name["client_ip"].top[0].value.as_deref(), Some("203.0.113.9"));
        assert_eq!(by_name[facts[0]].distinct, Some(1));
        let sql = format!("SELECT count(*) FROM nlb WHERE {}", heard.end.condition);
        assert_eq!(ground.sql(&sql).await[0][0].as_deref(), Some("50"));
    });
}

#[test]
fn questions_that_make_no_sense_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 10, 10);
    let check = |change: &dyn Fn(&mut floodmark_discover::Look), expect: &str| {
        let mut question = a_look("nlb");
        change(&mut question);
        let error = run(async { Ground::at(&path, ENOUGH).await.try_look(&question).await });
        let error = error.expect_err(expect).to_string();
        assert!(error.contains(expect), "{error}");
    };
    let filter = |field: &str, op: Op, value: &str| Filter {
        field: field.to_owned(),
        op,
        values: vec![Some(value.to_owned())],
        not: false,
        off: false,
    };
    check(&|look| look.view.filters = vec![filter("nope", Op::Is, "")], "no field `nope`");
    check(&|look| look.view.filters = vec![filter("client_ip", Op::Within, "x")], "no network");
    check(&|look| look.view.filters = vec![filter("", Op::Sql, "1=1) OR (2=2")], "");
    check(&|look| look.view.filters = vec![filter("client_port", Op::Between, "x")], "no number");
    check(&|look| look.view.measure = "nope".to_owned(), "no measure `nope`");
    check(&|look| look.view.span = Some((5.0, 5.0)), "ends before it starts");
    check(&|look| look.view.span = Some((0.0, 4e15)), "years 0 to 9999");
    check(&|look| look.view.during = Some((-1e30, 1e30)), "years 0 to 9999");
    let names = || Some(vec!["client_ip".to_owned(); 60_000]);
    check(&|look| look.want.fields = Some(WantFields { names: names(), top: 1 }), "at most");
    let cursor = |alike: u64, field: &str| {
        let place = format!("{{\"key\":null,\"time\":0,\"hash\":0,\"alike\":{alike}}}");
        Some(format!(
            "{{\"field\":{field},\"is_descending\":true,\"rows_before\":1,\"place\":{place}}}"
        ))
    };
    let after = |after: Option<String>| Some(a_page(1, None, after));
    check(&|look| look.want.rows = after(cursor(u64::MAX, "null")), "all alike");
    check(&|look| look.want.rows = after(cursor(0, "\"client_ip\"")), "another order");
    check(&|look| look.want.row = Some(WantRow { row: "x".to_owned() }), "no row's id");
    check(&|look| look.want.rows = Some(a_page(1, None, Some("x".to_owned()))), "next rows");
}

#[test]
fn questions_and_answers_have_the_names_of_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 30, 10);
    let question = serde_json::json!({
        "view": {
            "log": "nlb", "span": null, "during": [1_728_086_400_000_u64, 1_728_086_700_000_u64], "before": null,
            "filters": [
                {"field": "client_ip", "op": "within", "values": ["198.51.100.0/24"], "not": false},
                {"field": "", "op": "sql", "values": ["received_bytes > 0"], "off": true},
            ],
            "search": "", "measure": "connections",
        },
        "want": {
            "timeline": {"bins": 10, "by": null},
            "fields": {"top": 2},
            "rows": {"sort": {"field": "client_ip", "descending": true}, "count": 2},
            "row": {"row": "1728086400000000-0000000000000000"},
            "compare": {"top": 2},
            "groups": [{"fields": ["client_ip"], "top": 2}],
            "hours": {},
        },
    });
    let question = serde_json::from_value(question).expect("a question");
    let heard = run(async { Ground::at(&path, ENOUGH).await.look(&question).await });
    let members = |told: serde_json::Value| -> Vec<(String, Vec<String>)> {
        let told = told.as_object().expect("an object").iter();
        told.map(|(name, panel)| {
            let panel = panel.as_object().expect("an object");
            (name.clone(), panel.keys().cloned().collect())
        })
        .collect()
    };
    let expected = [
        ("progress", "bytes bytes_wanted objects objects_wanted rows seconds"),
        ("timeline", "by series sql start state total width"),
        ("fields", "fields rows sql state"),
        ("rows", "columns next rows sql state total"),
        ("row", "cells row sql state time"),
        ("compare", "before before_rows dimensions during during_rows sql state"),
        ("groups", "groups sql state"),
        ("hours", "amounts sql start state width"),
        ("end", "account condition notes rows seconds source span span_rows state"),
    ];
    for told in &heard.all {
        let told = serde_json::to_value(told).expect("JSON");
        let [(name, mut found)] = members(told).try_into().expect("one member");
        found.sort();
        let wanted = expected.iter().find(|(known, _)| *known == name).expect("a known panel");
        assert_eq!(found.join(" "), wanted.1, "{name}");
    }
    // A row that is not there has no cells.
    assert!(heard.row.expect("a row").cells.is_empty());
}
