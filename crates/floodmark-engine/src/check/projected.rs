//! Which objects a projection misses.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{Expr, lit};
use floodmark_formats::hive::HiveType;
use floodmark_formats::key;
use floodmark_formats::time::Micros;
use regex::Regex;

use crate::catalog::{ColumnDefinition, PartitionFilter, Projection};
use crate::check::rule::{Finding, PROJECTION_MISSES, PROJECTION_TEMPLATE};
use crate::check::sample::Sample;
use crate::check::subject::Subject;
use crate::layout::{DayFolders, layout};

/// The template of a table's partitions.
pub(crate) fn template(subject: &Subject) -> String {
    match subject.property("storage.location.template") {
        Some(template) => template.to_owned(),
        None => {
            let keys = &subject.definition.partition_keys;
            let folders = keys.iter().map(|key| format!("/{0}=${{{0}}}", key.name));
            let location = subject.definition.location.trim_end_matches('/');
            format!("{location}{}", folders.collect::<String>())
        }
    }
}

/// The folder above all of a table's projected partitions.
pub(crate) fn root(subject: &Subject) -> String {
    let template = template(subject);
    let fixed = template.split("${").next().unwrap_or_default();
    fixed.rsplit_once('/').map_or(fixed, |(folder, _)| folder).to_owned() + "/"
}

/// The paths of objects in projected partitions, whatever the values.
pub(crate) fn folders(subject: &Subject) -> Option<Regex> {
    subject.projection.as_ref()?;
    pattern(&template(subject), subject)
}

/// Looks for objects outside of the projected partitions.
pub(crate) fn check(subject: &Subject, sample: &Sample, now: Micros, findings: &mut Vec<Finding>) {
    let Some(projection) = &subject.projection else { return };
    let keys = &subject.definition.partition_keys;
    let template = template(subject);
    let Some(pattern) = pattern(&template, subject) else { return };
    let (mut total, mut outside) = (0, None);
    let mut found: Vec<BTreeSet<String>> = vec![BTreeSet::new(); keys.len()];
    for object in sample.listed() {
        // The folder above may well hold other logs.
        let candidates = key::candidates(&object.key);
        let is_other = (subject.log_type()).is_some_and(|ours| {
            !candidates.is_empty() && candidates.iter().all(|other| other.name != ours.name)
        });
        if is_other {
            continue;
        }
        total += 1;
        let Some(captures) = pattern.captures(&object.path) else {
            outside.get_or_insert((&object.path, 0)).1 += 1;
            continue;
        };
        for (at, values) in found.iter_mut().enumerate() {
            if let Some(value) = captures.name(&format!("k{at}")) {
                values.insert(value.as_str().to_owned());
            }
        }
    }
    if let Some((path, count)) = outside {
        let all = count == total;
        let rule = if all { &PROJECTION_TEMPLATE } else { &PROJECTION_MISSES };
        let which = if all {
            "no object lies".to_owned()
        } else {
            format!("{count} of {total} objects do not lie")
        };
        let finding =
            Finding::new(rule, format!("{which} in a folder of `{template}`, such as `{path}`"));
        findings.push(match correct_template(subject, path) {
            Some(correction) if all => finding.correct(correction),
            _ => finding,
        });
        if all {
            return;
        }
    }
    let injected: Vec<Expr> = (keys.iter().zip(&found))
        .filter(|(key, _)| property(subject, key, "type").eq_ignore_ascii_case("injected"))
        .filter_map(|(key, values)| condition(key, values.first()?))
        .collect();
    for (key, values) in keys.iter().zip(&found) {
        let missed: Vec<&String> = (values.iter())
            .filter(|value| {
                condition(key, value).is_some_and(|one| {
                    let conditions: Vec<_> = injected.iter().cloned().chain([one]).collect();
                    !is_projected(projection, &conditions, keys, now)
                })
            })
            .collect();
        let (Some(first), Some(last)) = (missed.first(), missed.last()) else { continue };
        let name =
            if first == last { format!("`{first}`") } else { format!("`{first}` to `{last}`") };
        let said = ["range", "values", "format"]
            .map(|last| property(subject, key, last))
            .into_iter()
            .find(|said| !said.is_empty())
            .unwrap_or_default();
        let finding = Finding::new(
            &PROJECTION_MISSES,
            format!(
                "the projection of `{}` is `{said}`, and there are objects of {name}: their rows are missing",
                key.name
            ),
        );
        findings.push(match wider(subject, key, values, first) {
            Some((property, value)) => {
                finding.correct(subject.set_properties(&[(&property, &value)]))
            }
            None => finding,
        });
    }
}

/// Whether there are projected partitions for some conditions. What cannot be told is taken for yes.
fn is_projected(
    projection: &Projection,
    conditions: &[Expr],
    keys: &[ColumnDefinition],
    now: Micros,
) -> bool {
    let filter = PartitionFilter::of(conditions, keys);
    match projection.partitions(&filter, now) {
        Ok(mut partitions) => partitions.next().is_some(),
        Err(_) => true,
    }
}

fn condition(key: &ColumnDefinition, value: &str) -> Option<Expr> {
    let data_type = HiveType::parse(&key.hive_type).ok()?.arrow();
    let value = match ScalarValue::try_from_string(value.to_owned(), &data_type).ok()? {
        ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text) => ScalarValue::Utf8(text),
        value => value,
    };
    Some(Expr::Column(Column::from_name(&key.name)).eq(lit(value)))
}

fn property<'s>(subject: &'s Subject, key: &ColumnDefinition, last: &str) -> &'s str {
    subject.property(&format!("projection.{}.{last}", key.name)).unwrap_or_default()
}

/// A pattern for the paths below a template, in which the group `k0` is the value of the first key.
fn pattern(template: &str, subject: &Subject) -> Option<Regex> {
    let mut text = String::from("^");
    let mut rest = template.trim_end_matches('/');
    let mut seen: BTreeMap<usize, ()> = BTreeMap::new();
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, behind) = behind.split_once('}')?;
        let keys = &subject.definition.partition_keys;
        let at = keys.iter().position(|key| key.name.eq_ignore_ascii_case(name))?;
        let slashes = |text: &str| text.matches('/').count();
        let folders = match property(subject, &keys[at], "type").to_ascii_lowercase().as_str() {
            "date" => slashes(property(subject, &keys[at], "format")),
            "enum" => slashes(property(subject, &keys[at], "values").split(',').next()?),
            _ => 0,
        };
        let values = format!("[^/]+{}", "/[^/]+".repeat(folders));
        text.push_str(&regex::escape(before));
        text.push_str(&match seen.insert(at, ()) {
            None => format!("(?P<k{at}>{values})"),
            Some(()) => format!("(?:{values})"),
        });
        rest = behind;
    }
    text.push_str(&regex::escape(rest));
    text.push('/');
    Regex::new(&text).ok()
}

/// The property of a key, made wide enough for values that were found.
fn wider(
    subject: &Subject,
    key: &ColumnDefinition,
    values: &BTreeSet<String>,
    first: &str,
) -> Option<(String, String)> {
    let name = |last: &str| format!("projection.{}.{last}", key.name);
    match property(subject, key, "type").to_ascii_lowercase().as_str() {
        "enum" => {
            let said = property(subject, key, "values").split(',').map(str::trim);
            let mut all: Vec<&str> = said.collect();
            all.extend(values.iter().map(String::as_str).filter(|value| !value.contains(',')));
            let mut seen = BTreeSet::new();
            all.retain(|value| seen.insert(*value));
            Some((name("values"), all.join(",")))
        }
        "integer" => {
            let (low, high) = property(subject, key, "range").split_once(',')?;
            let numbers: Vec<i64> = values.iter().filter_map(|value| value.parse().ok()).collect();
            let low = numbers.iter().copied().chain(low.trim().parse()).min()?;
            let high = numbers.iter().copied().chain(high.trim().parse()).max()?;
            Some((name("range"), format!("{low},{high}")))
        }
        "date" => {
            let (low, high) = property(subject, key, "range").split_once(',')?;
            // The order of text is that of time where the year comes first.
            let is_before = first < low.trim() && first.len() == low.trim().len();
            let high = if is_before { high.trim() } else { "NOW" };
            let low = if is_before { first } else { low.trim() };
            Some((name("range"), format!("{low},{high}")))
        }
        _ => None,
    }
}

/// The statement that projects the folders that there are, for a table of one key of days.
fn correct_template(subject: &Subject, path: &str) -> Option<String> {
    let found = layout(path)?;
    let [key] = subject.definition.partition_keys.as_slice() else { return None };
    let (format, day) = match found.form {
        DayFolders::Plain => ("yyyy/MM/dd", found.day.join("/")),
        DayFolders::Hive => (
            "'year='yyyy'/month='MM'/day='dd",
            format!("year={}/month={}/day={}", found.day[0], found.day[1], found.day[2]),
        ),
    };
    let name = |last: &str| format!("projection.{}.{last}", key.name);
    Some(subject.set_properties(&[
        (&name("type"), "date"),
        (&name("format"), format),
        (&name("range"), &format!("{day},NOW")),
        ("storage.location.template", &format!("{}/${{{}}}", found.above, key.name)),
    ]))
}
