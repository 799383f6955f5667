//! The tables that AWS documents for its logs, on the samples of these logs: the fast way and the regular expression agree.

use std::sync::{Arc, LazyLock};

use floodmark_formats::hive::{HiveRequest, HiveTable};
use proptest::prelude::*;

use crate::decoded::samples;
use crate::hive::{Read, read, read_request, read_shared, table};

const CLASS: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";

/// A documented table: the log, its pattern after Hive's unescaping, and how many groups there are.
struct Documented {
    log: &'static str,
    pattern: &'static str,
    groups: usize,
    /// Of the samples' lines the share that matches at least, in percent.
    matched: u64,
}

const DOCUMENTED: &[Documented] = &[
    Documented {
        log: "nlb",
        pattern: r"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*):([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-0-9]*) ([-0-9]*) ([-0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?",
        groups: 25,
        matched: 50,
    },
    Documented {
        log: "nlb",
        pattern: r"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*):([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-0-9]*) ([-0-9]*) ([-0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)$",
        groups: 23,
        matched: 0,
    },
    Documented {
        log: "alb",
        pattern: r#"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)? ?( .*)?"#,
        groups: 35,
        matched: 30,
    },
    Documented {
        log: "alb_connection",
        pattern: r#"([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) "([^"]*)" ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?"#,
        groups: 13,
        matched: 50,
    },
    Documented {
        log: "clb",
        pattern: r#"([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) ([^ ]*) (- |[^ ]*)\" ("[^"]*") ([A-Z0-9-]+) ([A-Za-z0-9.-]*)$"#,
        groups: 19,
        matched: 40,
    },
    Documented {
        log: "s3_access",
        pattern: r#"([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$"#,
        groups: 26,
        matched: 50,
    },
];

impl Documented {
    fn table(&self, pattern: &str) -> HiveTable {
        let declared: Vec<_> = (0..self.groups).map(|at| format!("c{at} string")).collect();
        table(CLASS, &declared.join(", "), &[("input.regex", pattern)]).unwrap()
    }

    /// The table with a pattern that says the same and that only a regular expression can match.
    fn slow(&self) -> HiveTable {
        self.table(&format!("(?:{}){{1}}", self.pattern))
    }
}

fn lines(log: &str) -> Vec<u8> {
    let samples = samples().into_iter().filter(|sample| sample.log_type.name == log);
    samples.flat_map(|sample| sample.bytes).collect()
}

/// A table, the same one with a pattern that only a regular expression can match, and the lines of its samples.
type Both = (Arc<HiveTable>, Arc<HiveTable>, Vec<u8>);

/// The tables, each with the one that only a regular expression can match, and the lines of their samples.
static TABLES: LazyLock<Vec<Both>> = LazyLock::new(|| {
    let of = |documented: &Documented| {
        let fast = Arc::new(documented.table(documented.pattern));
        (fast, Arc::new(documented.slow()), lines(documented.log))
    };
    DOCUMENTED.iter().map(of).collect()
});

/// Reads an object in both ways, and checks that they agree.
fn check(fast: &Arc<HiveTable>, slow: &Arc<HiveTable>, bytes: &[u8]) -> Read {
    let read = read_shared(fast, &[bytes]);
    let expected = read_shared(slow, &[bytes]);
    assert_eq!(read.rows(), expected.rows());
    assert_eq!(read.account, expected.account);
    read
}

#[test]
fn both_ways_give_the_same_groups_on_every_sample() {
    for (documented, (fast, slow, bytes)) in DOCUMENTED.iter().zip(&*TABLES) {
        let account = check(fast, slow, bytes).account;
        let share = (account.rows - account.unmatched) * 100 / account.rows;
        assert!(share >= documented.matched, "{}: {share} %", documented.log);
    }
}

#[test]
fn a_few_columns_are_the_same_as_among_all() {
    for (of, _, bytes) in &*TABLES {
        let all = read_shared(of, &[bytes]).rows();
        for columns in [vec![], vec![5], vec![of.columns.len() - 1, 0], vec![2, 2]] {
            let some = read_request(HiveRequest::new(of, &columns, Vec::new(), 7), &[bytes]);
            for (some, all) in some.rows().iter().zip(&all) {
                let expected: Vec<_> = columns.iter().map(|column| all[*column].clone()).collect();
                assert_eq!(*some, expected);
            }
        }
    }
}

#[test]
fn an_object_cut_anywhere_is_accounted_for() {
    for (of, _, bytes) in &*TABLES {
        let length = bytes.split_inclusive(|b| *b == b'\n').take(2).map(<[u8]>::len).sum();
        let whole = read_shared(of, &[&bytes[..length]]);
        for cut in 0..=length {
            // Each reading checks that its account adds up.
            read_shared(of, &[&bytes[..cut]]);
            let pieces = read_shared(of, &[&bytes[..cut], &bytes[cut..length]]);
            assert_eq!(pieces.rows(), whole.rows());
            assert_eq!(pieces.account, whole.account);
        }
    }
}

/// One change of a line.
#[derive(Clone, Debug)]
enum Change {
    Delete(prop::sample::Index),
    Insert(prop::sample::Index, char),
    Replace(prop::sample::Index, char),
    Swap(prop::sample::Index, prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let sign = prop::sample::select(" \"-:[].09aZ\\é\u{2028}\t_".chars().collect::<Vec<_>>());
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Change::Delete),
        (at(), sign.clone()).prop_map(|(at, sign)| Change::Insert(at, sign)),
        (at(), sign).prop_map(|(at, sign)| Change::Replace(at, sign)),
        (at(), at()).prop_map(|(first, second)| Change::Swap(first, second)),
        (at(), at()).prop_map(|(first, second)| Change::Double(first, second)),
    ]
}

fn changed(line: &str, changes: &[Change]) -> String {
    let mut line: Vec<char> = line.chars().collect();
    for change in changes {
        let length = line.len();
        if length == 0 {
            break;
        }
        match change {
            Change::Delete(at) => drop(line.remove(at.index(length))),
            Change::Insert(at, sign) => line.insert(at.index(length), *sign),
            Change::Replace(at, sign) => line[at.index(length)] = *sign,
            Change::Swap(first, second) => line.swap(first.index(length), second.index(length)),
            Change::Double(first, second) => {
                let (first, second) = (first.index(length), second.index(length));
                let part = line[first.min(second)..first.max(second)].to_vec();
                line.splice(first..first, part);
            }
        }
    }
    line.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn both_ways_give_the_same_groups_on_changed_lines(
        changes in prop::collection::vec(prop::collection::vec(change(), 0..6), 20),
        which: prop::sample::Index,
    ) {
        for (fast, slow, bytes) in &*TABLES {
            let text = String::from_utf8_lossy(bytes);
            let all: Vec<&str> = text.lines().collect();
            let mut text = String::new();
            for (at, changes) in changes.iter().enumerate() {
                let line = all[(which.index(all.len()) + at) % all.len()];
                text.push_str(&changed(line, changes));
                text.push('\n');
            }
            check(fast, slow, text.as_bytes());
        }
    }

    #[test]
    fn both_ways_give_the_same_groups_of_any_pattern(
        parts in prop::collection::vec(part(), 1..7),
        lines in prop::collection::vec("[ab\" é-]{0,14}", 12),
    ) {
        let pattern = parts.concat();
        let groups = pattern.matches('(').count() - pattern.matches("(?:").count();
        let documented = Documented { log: "", pattern: "", groups: groups.max(1), matched: 0 };
        let text = lines.join("\n") + "\n";
        let fast = read(documented.table(&pattern), text.as_bytes());
        let slow = read(documented.table(&format!("(?:{pattern}){{1}}")), text.as_bytes());
        prop_assert_eq!(fast.rows(), slow.rows(), "{}", pattern);
    }
}

/// A part of a pattern that can be scanned.
fn part() -> impl Strategy<Value = String> {
    let class = prop::sample::select(vec![
        "a", "b", "é", "[^ ]", "[ab]", ".", "[^\"]", "[^ab]", "[ -]", "[é]", "\"",
    ]);
    let many = prop::sample::select(vec![
        "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}",
    ]);
    let simple = (class, many).prop_map(|(class, many)| format!("{class}{many}"));
    let several = prop::collection::vec(simple, 0..3).prop_map(|parts| parts.concat());
    prop_oneof![
        3 => several.clone(),
        3 => several.clone().prop_map(|part| format!("({part})")),
        2 => several.clone().prop_map(|part| format!("({part})?")),
        1 => several.clone().prop_map(|part| format!("(?:({part}) )??")),
        2 => (several.clone(), several.clone()).prop_map(|(one, two)| format!("({one}|{two})")),
        1 => (several.clone(), several).prop_map(|(one, two)| format!("(?:{one}|({two}))?")),
    ]
}
