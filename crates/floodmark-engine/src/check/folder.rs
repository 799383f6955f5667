//! What is wrong with a table by the names of the objects at its locations.

use std::collections::BTreeMap;

use floodmark_formats::{LogType, key};

use crate::catalog::find_partitions;
use crate::check::rule::{
    COMPRESSION_NAME, FOREIGN_OBJECTS, Finding, LOCATION_DENIED, LOCATION_EMPTY,
    LOCATION_IS_OBJECT, LOCATION_MISSING, LOCATION_UNREADABLE, NO_PARTITIONS, PARTITION_EMPTY,
    TEST_FILE, UNKNOWN_OBJECTS,
};
use crate::check::sample::{Sample, SpotFound, Start};
use crate::check::subject::{Subject, hive_name};
use crate::dialect::ddl::hive_quoted;
use crate::error::ErrorKind;
use crate::layout::{DayFolders, Layout, layout};
use crate::scan::Compression;
use crate::store::{Location, Object};

/// Looks at what the listing gave.
pub(crate) fn check(subject: &Subject, sample: &Sample, findings: &mut Vec<Finding>) {
    let mut empty_partitions = Vec::new();
    for found in &sample.spots {
        match &found.spot.partition {
            Some(partition) if found.error.is_none() && found.objects.is_empty() => {
                empty_partitions.push((partition.as_str(), found.spot.location.as_str()));
            }
            _ => spot(subject, found, findings),
        }
    }
    if let Some((first, location)) = empty_partitions.first() {
        let others = match empty_partitions.len() {
            1 => String::new(),
            more => format!(", nor in {} others", more - 1),
        };
        findings.push(
            Finding::new(
                &PARTITION_EMPTY,
                format!("no object lies in the partition `{first}` at `{location}`{others}"),
            )
            .correct(format!(
                "ALTER TABLE {} PARTITION ({}) SET LOCATION 's3://bucket/folder/'",
                subject.name(),
                partition_values(first),
            )),
        );
    }
    if sample.listed().next().is_none() {
        return;
    }
    test_files(sample, findings);
    compression(sample, findings);
    foreign(subject, sample, findings);
    partitions(subject, sample, findings);
}

/// `day=2024/10/05` as statements write it.
fn partition_values(name: &str) -> String {
    let parts = name.split("; ").map(|part| match part.split_once('=') {
        Some((key, value)) => format!("{key} = {}", hive_quoted(value)),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn spot(subject: &Subject, found: &SpotFound, findings: &mut Vec<Finding>) {
    let location = &found.spot.location;
    if let Some(error) = &found.error {
        let rule = match error.kind() {
            ErrorKind::NotFound => &LOCATION_MISSING,
            ErrorKind::AccessDenied => &LOCATION_DENIED,
            _ => &LOCATION_UNREADABLE,
        };
        let finding = Finding::new(rule, error.to_string());
        let correction = error.hint_text().map(str::to_owned);
        findings.push(Finding { correction, ..finding });
        return;
    }
    if found.is_object {
        let folder = location.rsplit_once('/').map_or("", |(folder, _)| folder);
        findings.push(
            Finding::new(&LOCATION_IS_OBJECT, format!("`{location}` is an object, not a folder"))
                .correct(set_location(subject, folder)),
        );
        return;
    }
    if found.objects.is_empty() {
        if let Ok(Location::Path(path)) = Location::parse(location)
            && !path.exists()
        {
            findings.push(
                Finding::new(&LOCATION_MISSING, format!("there is no folder `{location}`"))
                    .correct(set_location(subject, "…")),
            );
            return;
        }
        findings.push(
            Finding::new(&LOCATION_EMPTY, format!("no object lies at `{location}`"))
                .correct(set_location(subject, "s3://bucket/folder")),
        );
    }
}

fn set_location(subject: &Subject, folder: &str) -> String {
    format!("ALTER TABLE {} SET LOCATION {}", subject.name(), hive_quoted(&format!("{folder}/")))
}

fn test_files(sample: &Sample, findings: &mut Vec<Finding>) {
    let mut objects = sample.spots.iter().flat_map(|found| &found.objects);
    if let Some(file) = objects.find(|object| object.key.ends_with("LogTestFile")) {
        findings.push(
            Finding::new(&TEST_FILE, format!("`{}` is a test file", file.path))
                .correct("WHERE \"$path\" NOT LIKE '%LogTestFile'"),
        );
    }
}

/// The ends of names by which Athena tells compression.
const SUFFIXES: &[(&str, Compression)] = &[
    (".gz", Compression::Gzip),
    (".gzip", Compression::Gzip),
    (".bz2", Compression::Bzip2),
    (".zst", Compression::Zstd),
];

fn compression(sample: &Sample, findings: &mut Vec<Finding>) {
    let differs = |start: &&Start| {
        let name = start.object.key.to_ascii_lowercase();
        let told = SUFFIXES.iter().find(|(suffix, _)| name.ends_with(suffix));
        let told = told.map_or(Compression::Plain, |(_, compression)| *compression);
        start.error.is_none()
            && start.compression != Compression::Parquet
            && told != start.compression
    };
    if let Some(start) = sample.starts.iter().find(differs) {
        let is = match start.compression {
            Compression::Plain => "not compressed",
            Compression::Gzip => "compressed with gzip",
            Compression::Zstd => "compressed with zstd",
            Compression::Bzip2 => "compressed with bzip2",
            Compression::Parquet => "Parquet",
        };
        findings.push(
            Finding::new(
                &COMPRESSION_NAME,
                format!(
                    "`{}` is {is}, and its name says something else: Athena goes by the name, Floodmark by the content",
                    start.object.path
                ),
            )
            .correct("name the objects after their compression: `.gz`, `.bz2`, `.zst`, or nothing"),
        );
    }
}

/// The log of an object: by its content where it was looked into, else by its name.
fn log_type_of(object: &Object, starts: &BTreeMap<&str, &Start>) -> Known {
    if let Some(start) = starts.get(object.path.as_str()) {
        return match start.log_type {
            Some(log_type) => Known::Is(log_type),
            None if start.error.is_some() || start.text.trim().is_empty() => Known::Unsure,
            None => Known::Other,
        };
    }
    match key::candidates(&object.key).as_slice() {
        [only] => Known::Is(only),
        _ => Known::Unsure,
    }
}

enum Known {
    Is(&'static LogType),
    /// It holds no log that is known.
    Other,
    Unsure,
}

fn foreign(subject: &Subject, sample: &Sample, findings: &mut Vec<Finding>) {
    let starts: BTreeMap<&str, &Start> =
        sample.starts.iter().map(|start| (start.object.path.as_str(), start)).collect();
    let mut logs: BTreeMap<&'static str, (usize, &'static LogType, &Object)> = BTreeMap::new();
    let mut others: Vec<&Object> = Vec::new();
    for object in sample.objects() {
        match log_type_of(object, &starts) {
            Known::Is(log_type) => {
                logs.entry(log_type.name).or_insert((0, log_type, object)).0 += 1;
            }
            Known::Other => others.push(object),
            Known::Unsure => {}
        }
    }
    let main = subject
        .log_type()
        .map(|log_type| log_type.name)
        .or_else(|| logs.iter().max_by_key(|(_, (count, ..))| *count).map(|(name, _)| *name));
    let is_main = |name: &str| main == Some(name);
    // Where none is of the table's log, the format or the log is wrong: that is told by the lines.
    if !logs.contains_key(main.unwrap_or_default()) {
        return;
    }
    for (name, (count, log_type, example)) in &logs {
        if is_main(name) {
            continue;
        }
        let ours = logs.get(main.unwrap_or_default()).map(|(_, ours, _)| *ours);
        let finding = Finding::new(
            &FOREIGN_OBJECTS,
            format!(
                "{count} of the objects that were listed hold the log `{name}`, such as `{}`",
                example.path
            ),
        );
        findings.push(match ours.and_then(|ours| only_of(ours, log_type)) {
            Some(pattern) => finding.correct(format!("WHERE \"$path\" LIKE '{pattern}'")),
            None => finding.correct(format!(
                "WHERE \"$path\" NOT LIKE {}",
                hive_quoted(&format!("%{}", example.path.rsplit('/').next().unwrap_or_default()))
            )),
        });
    }
    if let Some(first) = others.first().filter(|_| subject.recognised.is_some()) {
        findings.push(Finding::new(
            &UNKNOWN_OBJECTS,
            format!("{} of the objects hold no known log, such as `{}`", others.len(), first.path),
        ));
    }
}

/// A pattern of `LIKE` for the names of one log that those of another do not match.
fn only_of(ours: &LogType, other: &LogType) -> Option<String> {
    let literals = |template: &'static str| {
        let parts = template.split(['{', '}']).enumerate();
        parts.filter(|(at, part)| at % 2 == 0 && part.len() > 2).map(|(_, part)| part)
    };
    let in_other = |literal: &str| other.keys.iter().any(|template| template.contains(literal));
    let mut own = ours.keys.iter().flat_map(|template| literals(template));
    own.find(|literal| !in_other(literal)).map(|literal| format!("%{literal}%"))
}

/// What a table with partition columns is to do to have partitions.
fn partitions(subject: &Subject, sample: &Sample, findings: &mut Vec<Finding>) {
    let definition = subject.definition;
    if definition.partition_keys.is_empty()
        || subject.projection.is_some()
        || !subject.partitions.is_empty()
    {
        return;
    }
    let base = definition.location.trim_end_matches('/');
    let below: Vec<&str> = (sample.objects())
        .filter_map(|object| object.path.strip_prefix(base))
        .map(|path| path.trim_start_matches('/'))
        .collect();
    let finding = Finding::new(
        &NO_PARTITIONS,
        "the table has partition columns and no partitions: a query gives no rows before there are some",
    );
    if !find_partitions(definition, below.iter().copied()).partitions.is_empty() {
        findings.push(finding.correct(format!("MSCK REPAIR TABLE {}", subject.name())));
        return;
    }
    let days: Vec<Layout> = sample.objects().filter_map(|object| layout(&object.path)).collect();
    let names: Vec<&str> = definition.partition_keys.iter().map(|key| key.name.as_str()).collect();
    let days_plain = || days.iter().filter(|day| day.form == DayFolders::Plain);
    let Some(first) = days_plain().min_by_key(|day| day.day) else {
        findings.push(finding.correct(format!(
            "ALTER TABLE {} ADD IF NOT EXISTS PARTITION ({}) LOCATION 's3://bucket/folder/'",
            subject.name(),
            names.iter().map(|name| format!("{name} = '…'")).collect::<Vec<_>>().join(", "),
        )));
        return;
    };
    if let ([key], true) = (names.as_slice(), days_plain().all(|day| day.above == first.above)) {
        let property = |last: &str| format!("projection.{key}.{last}");
        let range = format!("{},NOW", first.day.join("/"));
        let template = format!("{}/${{{key}}}", first.above);
        // A date is written with hyphens in queries, and the folders have slashes.
        if definition.partition_keys[0].hive_type == "string" {
            findings.push(finding.correct(subject.set_properties(&[
                ("projection.enabled", "true"),
                (&property("type"), "date"),
                (&property("format"), "yyyy/MM/dd"),
                (&property("range"), &range),
                (&property("interval"), "1"),
                (&property("interval.unit"), "DAYS"),
                ("storage.location.template", &template),
            ])));
            return;
        }
    }
    findings.push(finding.correct(add_partitions(subject, &names, &days)));
}

/// The statement that adds the partitions of the first days that were found.
fn add_partitions(subject: &Subject, names: &[&str], days: &[Layout]) -> String {
    const DAYS_MAX: usize = 10;
    let value = |name: &str, day: &Layout| match name {
        "year" => day.day[0].to_owned(),
        "month" => day.day[1].to_owned(),
        "day" if names.len() > 1 => day.day[2].to_owned(),
        _ => day.day.join("-"),
    };
    let mut places: Vec<(String, String)> = days
        .iter()
        .map(|day| {
            let values: Vec<_> = names
                .iter()
                .map(|name| format!("{} = '{}'", hive_name(name), value(name, day)))
                .collect();
            (values.join(", "), format!("{}/{}/", day.above, day.day.join("/")))
        })
        .collect();
    places.sort();
    places.dedup();
    let places: Vec<_> = (places.iter().take(DAYS_MAX))
        .map(|(values, place)| format!("\n  PARTITION ({values}) LOCATION {}", hive_quoted(place)))
        .collect();
    format!("ALTER TABLE {} ADD IF NOT EXISTS{}", subject.name(), places.concat())
}
