//! What is wrong with a table by its definition alone.

use floodmark_formats::time::{DAY, Micros, civil};

use crate::check::placeholders;
use crate::check::rule::{
    Finding, INVALID_DEFINITION, INVALID_LOCATION, INVALID_PARTITION_LOCATION, PLACEHOLDER,
    PROJECTION_DISABLED, PROJECTION_ENDS, PROJECTION_INJECTED, REGEX_FEWER_GROUPS,
    REGEX_MORE_GROUPS,
};
use crate::check::subject::Subject;
use crate::error::{Error, Result};
use crate::scan::check_definition;
use crate::store::Location;

/// Looks at a definition. `now` is the time.
pub(crate) fn check(subject: &Subject, now: Micros, findings: &mut Vec<Finding>) {
    placeholders_in(subject, findings);
    if let Err(error) = check_definition(subject.definition) {
        let hint = error.hint_text().map(str::to_owned);
        findings.push(Finding {
            correction: hint,
            ..Finding::new(&INVALID_DEFINITION, error.to_string())
        });
    }
    if let Err(finding) = location(&subject.definition.location) {
        findings.push(*finding);
    }
    for partition in &subject.partitions {
        if let Err(error) = within_bucket(&subject.definition.location, &partition.location) {
            let finding = Finding::new(&INVALID_PARTITION_LOCATION, error.to_string());
            findings.push(Finding { correction: error.hint_text().map(str::to_owned), ..finding });
            break;
        }
    }
    projection(subject, now, findings);
    groups(subject, findings);
}

/// Whether a partition lies where the bucket of its table is.
pub(crate) fn within_bucket(table: &str, partition: &str) -> Result<()> {
    let bucket = |text: &str| match Location::parse(text) {
        Ok(Location::S3 { bucket, .. }) => Some(bucket),
        _ => None,
    };
    let (of_table, of_partition) = (bucket(table), bucket(partition));
    if of_table == of_partition {
        return Ok(());
    }
    let hint = match &of_table {
        Some(bucket) => format!("put it below `s3://{bucket}/`, or make a table of its own"),
        None => "the table lies in a folder of this machine: make a table of its own".to_owned(),
    };
    Err(Error::invalid_query(format!(
        "the partition's location `{partition}` is outside of the bucket of its table, `{table}`"
    ))
    .code("INVALID_PARTITION_LOCATION")
    .hint(hint))
}

fn placeholders_in(subject: &Subject, findings: &mut Vec<Finding>) {
    let mut texts = vec![("LOCATION".to_owned(), subject.definition.location.as_str())];
    for (name, value) in &subject.definition.properties {
        let is_place = name == "storage.location.template"
            || (name.starts_with("projection.") && name.ends_with(".values"));
        if is_place {
            texts.push((format!("`{name}`"), value));
        }
    }
    for partition in &subject.partitions {
        texts.push(("the location of a partition".to_owned(), &partition.location));
    }
    let mut told: Vec<String> = Vec::new();
    for (place, text) in texts {
        for (word, meant) in placeholders::find(text) {
            if !told.contains(&word) {
                findings.push(Finding::new(
                    &PLACEHOLDER,
                    format!("`{word}` in {place} stands for {meant}: `{text}`"),
                ));
                told.push(word);
            }
        }
    }
}

/// What is wrong with how a location is written.
fn location(text: &str) -> std::result::Result<(), Box<Finding>> {
    let wrong = |why: &str| Finding::new(&INVALID_LOCATION, format!("`{text}` {why}"));
    // What is no address is taken for a path, from wherever it is read.
    if let Some(at) = text.find("arn:aws").filter(|_| !text.starts_with("s3://")) {
        let path = text[at..].rsplit(":::").next().unwrap_or_default();
        return Err(Box::new(
            wrong("is the name of a resource, not an address")
                .correct(format!("LOCATION 's3://{}/'", path.trim_end_matches('/'))),
        ));
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(Box::new(
            wrong("is an address of the web").correct("LOCATION 's3://bucket/folder/'"),
        ));
    }
    match Location::parse(text) {
        Err(error) => Err(Box::new(Finding::new(&INVALID_LOCATION, error.to_string()))),
        Ok(Location::Glob(_) | Location::S3 { pattern: Some(_), .. }) => {
            Err(Box::new(wrong("is a pattern, and a table's location is a folder")))
        }
        Ok(Location::StandardInput) => Err(Box::new(wrong("is no folder"))),
        Ok(_) => Ok(()),
    }
}

fn projection(subject: &Subject, now: Micros, findings: &mut Vec<Finding>) {
    let properties = &subject.definition.properties;
    let enabled =
        subject.property("projection.enabled").is_some_and(|on| on.eq_ignore_ascii_case("true"));
    let configured = properties
        .keys()
        .any(|name| name.starts_with("projection.") && name != "projection.enabled");
    if configured && !enabled && !subject.definition.partition_keys.is_empty() {
        findings.push(
            Finding::new(
                &PROJECTION_DISABLED,
                "the projection is passed over without `projection.enabled`",
            )
            .correct(subject.set_properties(&[("projection.enabled", "true")])),
        );
    }
    for key in &subject.definition.partition_keys {
        let property = |last: &str| subject.property(&format!("projection.{}.{last}", key.name));
        match property("type").map(str::to_ascii_lowercase).as_deref() {
            Some("injected") => findings.push(Finding::new(
                &PROJECTION_INJECTED,
                format!("each query has to say `{0} = '…'`, for `{0}` is injected", key.name),
            )),
            Some("date") => {
                let range = property("range").unwrap_or_default();
                let Some((from, to)) = range.split_once(',') else { continue };
                if is_past(to, now) {
                    let name = format!("projection.{}.range", key.name);
                    let range = format!("{},NOW", from.trim());
                    findings.push(
                        Finding::new(
                            &PROJECTION_ENDS,
                            format!("nothing after `{}` of `{}` is read", to.trim(), key.name),
                        )
                        .correct(subject.set_properties(&[(&name, &range)])),
                    );
                }
            }
            _ => {}
        }
    }
}

/// Whether the end of a range is a day before today. `NOW` in any form is not.
fn is_past(end: &str, now: Micros) -> bool {
    if end.to_ascii_uppercase().contains("NOW") {
        return false;
    }
    let digits: String = end.chars().filter(char::is_ascii_digit).take(8).collect();
    let (year, month, day) = civil(now.div_euclid(DAY));
    let today = format!("{year:04}{month:02}{day:02}");
    // Only an end that is written from the year on compares with a day.
    let in_order = end.trim().starts_with(|first: char| first.is_ascii_digit())
        && end.trim().chars().take(4).all(|character| character.is_ascii_digit());
    in_order && digits.len() >= 4 && digits.as_str() < &today[..digits.len()]
}

fn groups(subject: &Subject, findings: &mut Vec<Finding>) {
    let (true, Some(pattern)) =
        (subject.serde() == "RegexSerDe", subject.definition.serde.properties.get("input.regex"))
    else {
        return;
    };
    let (groups, columns) = (group_ends(pattern).len(), subject.definition.columns.len());
    if groups < columns {
        let first = &subject.definition.columns[groups].name;
        findings.push(
            Finding::new(
                &REGEX_FEWER_GROUPS,
                format!(
                    "the regular expression has {groups} groups, the table {columns} columns: `{first}` and those behind it are NULL"
                ),
            )
            .correct("write a group `(…)` for each column, and `(?:…)` for what is none"),
        );
    }
    // Documented patterns end in a group for fields that may come.
    if groups > columns + 1 && subject.recognised.is_none() {
        findings.push(Finding::new(
            &REGEX_MORE_GROUPS,
            format!("the regular expression has {groups} groups, the table {columns} columns"),
        ));
    }
}

/// Where the groups of a pattern end, in the order in which they begin.
pub(crate) fn group_ends(pattern: &str) -> Vec<usize> {
    let bytes = pattern.as_bytes();
    let (mut at, mut in_class) = (0, false);
    let (mut ends, mut open): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' if !in_class => in_class = true,
            b']' if in_class => in_class = false,
            b'(' if !in_class => {
                let rest = &bytes[at + 1..];
                let named = rest.starts_with(b"?<")
                    && rest.get(2).is_some_and(|byte| !matches!(byte, b'=' | b'!'));
                let is_group = rest.first() != Some(&b'?') || named;
                open.push(is_group.then_some(ends.len()));
                if is_group {
                    ends.push(pattern.len());
                }
            }
            b')' if !in_class => {
                if let Some(Some(group)) = open.pop() {
                    ends[group] = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    ends
}
