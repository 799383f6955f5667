//! What is kept, how much of it, and what is told of a part.

use floodmark_discover::view::{Filter, Op, WantFields, WantGroups, WantRows, WantTimeline};
use floodmark_discover::{Told, told};

use crate::ground::{ENOUGH, Ground, a_look, is_near, run};
use crate::logs;

fn a_question() -> floodmark_discover::Look {
    let mut question = a_look("nlb");
    question.want.timeline = Some(WantTimeline { bins: 20, by: Some("client_ip".to_owned()) });
    question.want.fields = Some(WantFields { names: None, top: 5 });
    question.want.rows = Some(WantRows { count: 20, ..WantRows::default() });
    question.want.groups = Some(vec![WantGroups { fields: vec!["client_ip".to_owned()], top: 3 }]);
    question
}

#[test]
fn rows_are_read_once_and_then_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 60);
    let at = |minute: i64| logs::ms(logs::START + minute * 60_000_000);
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        let mut question = a_question();
        let first = ground.look(&question).await;
        assert_eq!((first.end.source, first.end.state), (told::Source::Logs, told::State::Exact));
        assert_eq!((first.end.rows, first.end.account.rows), (3000, 3000));
        assert!(first.all.iter().any(|told| matches!(told, Told::Progress(_))));
        let again = ground.look(&question).await;
        assert_eq!(again.end.source, told::Source::Kept);
        assert_eq!(again.end.account, first.end.account);
        assert_eq!(again.timeline, first.timeline);
        assert_eq!(again.fields, first.fields);
        assert_eq!(again.rows, first.rows);
        assert_eq!(again.groups, first.groups);
        // Part of the time is kept as well; a condition in SQL is tested while rows are read, once.
        question.view.span = Some((at(10), at(20)));
        let part = ground.look(&question).await;
        assert_eq!((part.end.source, part.end.rows), (told::Source::Kept, 500));
        let sql = Some("received_bytes % 2 = 0".to_owned());
        let mut filter =
            Filter { field: String::new(), op: Op::Sql, values: vec![sql], not: false, off: false };
        question.view.filters = vec![filter.clone()];
        let even = ground.look(&question).await;
        assert_eq!(even.end.source, told::Source::Logs);
        assert_eq!(ground.look(&question).await.end.source, told::Source::Kept);
        filter.not = true;
        question.view.filters = vec![filter.clone()];
        let odd = ground.look(&question).await;
        assert_eq!(even.end.rows + odd.end.rows, 500);
        filter.off = true;
        question.view.filters = vec![filter];
        let off = ground.look(&question).await;
        assert_eq!((off.end.source, off.end.rows), (told::Source::Kept, 500));
        question.again = true;
        assert_eq!(ground.look(&question).await.end.source, told::Source::Logs);
        ground.kept.clear();
        assert_eq!(ground.kept.bytes(), 0);
    });
}

#[test]
fn of_too_many_rows_a_sample_is_kept_and_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 12_000, 60);
    run(async {
        let exact = Ground::at(&path, ENOUGH).await.look(&a_question()).await;
        let ground = Ground::at(&path, 300_000).await;
        let first = ground.look(&a_question()).await;
        assert_eq!(first.end.state, told::State::Exact);
        assert_eq!(first.timeline, exact.timeline);
        assert_eq!(first.rows, exact.rows);
        assert!(ground.kept.bytes() > 0 && ground.kept.bytes() <= 300_000);
        let second = ground.look(&a_question()).await;
        let sampled = second.all.iter().find_map(|told| match told {
            Told::Timeline(panel) if panel.panel.state == told::State::Sampled => Some(panel),
            _ => None,
        });
        let sampled = sampled.expect("a sample is told at once");
        // Nothing that says less comes behind it.
        let is_partial = |told: &Told| match told {
            Told::Timeline(panel) => panel.panel.state == told::State::Partial,
            Told::Fields(panel) => panel.panel.state == told::State::Partial,
            _ => false,
        };
        assert!(!second.all.iter().any(is_partial));
        let share = sampled.panel.sample_share.expect("a share");
        assert!(share < 1.0);
        assert!((10_000.0..14_000.0).contains(&sampled.total), "{}", sampled.total);
        assert_eq!(second.end.state, told::State::Exact);
        assert_eq!(second.timeline, exact.timeline);
        assert_eq!(second.end.rows, 12_000);
        // What fits is kept beside the sample, and not given up for another one.
        let mut narrow = a_question();
        narrow.view.span = Some((logs::ms(logs::START), logs::ms(logs::START + 300_000_000)));
        let source = async |question| ground.look(question).await.end.source;
        assert_eq!(source(&narrow).await, told::Source::Logs);
        assert_eq!(source(&narrow).await, told::Source::Kept);
        assert_eq!(source(&a_question()).await, told::Source::Logs);
        let heard = ground.look(&narrow).await;
        assert_eq!((heard.end.source, heard.end.rows), (told::Source::Kept, 1000));
        assert!(ground.kept.bytes() <= 300_000);
    });
}

#[test]
fn with_no_memory_nothing_is_kept_and_all_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 60);
    run(async {
        let exact = Ground::at(&path, ENOUGH).await.look(&a_question()).await;
        let ground = Ground::at(&path, 0).await;
        for _ in 0..2 {
            let heard = ground.look(&a_question()).await;
            assert_eq!(heard.end.source, told::Source::Logs);
            assert_eq!(ground.kept.bytes(), 0);
            assert_eq!((heard.end.rows, heard.rows), (3000, exact.rows.clone()));
            assert_eq!(heard.timeline, exact.timeline);
            assert_eq!(heard.groups, exact.groups);
            assert!(heard.end.notes.iter().any(|note| note.contains("`client_port`")));
            // Of columns with too many values nothing is said that is not so.
            for field in heard.fields.expect("fields").fields {
                let known = exact.fields.as_ref().expect("fields").fields.iter();
                let known = known.clone().find(|known| known.name == field.name);
                let known = known.expect("the field");
                assert!(field.distinct.is_none() || field == *known, "{field:?}");
                assert_eq!(field.nulls, known.nulls, "{}", field.name);
            }
        }
    });
}

#[test]
fn who_gives_up_or_stands_still_holds_nobody_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 60);
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        ground.give_up(&a_question()).await;
        let heard = ground.look_beside_a_stalled_one(&a_question()).await;
        assert_eq!((heard.end.source, heard.end.rows), (told::Source::Logs, 3000));
    });
}

#[test]
fn two_who_want_the_same_read_it_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 3000, 60);
    run(async {
        let ground = Ground::at(&path, ENOUGH).await;
        let question = a_question();
        let (one, other) = futures::join!(ground.look(&question), ground.look(&question));
        let mut sources = [one.end.source, other.end.source];
        sources.sort_by_key(|source| *source == told::Source::Kept);
        assert_eq!(sources, [told::Source::Logs, told::Source::Kept]);
        assert_eq!(one.timeline, other.timeline);
    });
}

#[test]
fn lines_that_are_no_rows_are_in_the_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = logs::nlb(folder.path(), 100, 10);
    let text = std::fs::read_to_string(&path).expect("the log");
    std::fs::write(&path, format!("{text}no log line\n\n<script>\n")).expect("a file is written");
    run(async {
        let heard = Ground::at(&path, ENOUGH).await.look(&a_question()).await;
        let account = heard.end.account;
        assert_eq!((account.objects, account.rows, account.rejected), (1, 100, 3));
        assert_eq!(account.rejections[0].line, 101);
        let total: f64 = heard.timeline.expect("a timeline").total;
        assert!(is_near(total, 100.0));
    });
}
