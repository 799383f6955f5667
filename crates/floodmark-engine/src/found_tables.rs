//! The tables that the logs at a place would have in Athena.

use std::collections::{BTreeMap, BTreeSet};

use floodmark_formats::LogType;
use floodmark_formats::athena::{AthenaTable, RowFormat};

use crate::catalog::{ColumnDefinition, TableDefinition};
use crate::check::{HeaderLines, Kind, columns_of, header_of};
use crate::dialect::ddl::{DAY, DdlOptions, PROJECTION, create_table, table_like};
use crate::error::Result;
use crate::execute::location;
use crate::layout::DayFolders;
use crate::scan::FoundFolder;
use crate::session::Session;

/// Which tables are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct FoundTables<'a> {
    /// Only that of this log; None for all that are found.
    pub log_type: Option<&'static LogType>,
    /// The database; None leaves it to the session.
    pub database: Option<&'a str>,
    /// The table's name; None for the one in AWS's documentation.
    pub name: Option<&'a str>,
    /// Whether days, accounts and regions are partitions where folders are named after them.
    pub projection: bool,
}

/// A table for a log that was found.
#[derive(Clone, Debug)]
pub struct FoundTable {
    /// The log.
    pub log_type: &'static LogType,
    /// The statement that makes the table.
    pub sql: String,
    /// What should be said about it.
    pub notes: Vec<String>,
}

/// Folders of one log that one table can read.
#[derive(Debug, Default)]
struct Group {
    /// The parts of the path; None where it differs.
    parts: Vec<Option<String>>,
    /// What stands in the parts that have a name in the log's template, by their positions.
    values: BTreeMap<usize, (&'static str, BTreeSet<String>)>,
    days: Option<DayFolders>,
    first_day: Option<String>,
}

impl Session<'_> {
    /// A table for each log at the places of this session, whose location is right above its folders of years.
    ///
    /// # Errors
    ///
    /// Those of listing and fetching.
    pub async fn found_tables(&self, question: &FoundTables<'_>) -> Result<Vec<FoundTable>> {
        let summary = self.summary().await?;
        let mut tables = Vec::new();
        for log in &summary.logs {
            let log_type = log.log_type;
            if question.log_type.is_some_and(|wanted| wanted.name != log_type.name) {
                continue;
            }
            for (at, group) in groups(log_type, &log.folders).iter().enumerate() {
                tables.extend(self.found_table(log_type, group, at, question).await?);
            }
        }
        Ok(tables)
    }

    async fn found_table(
        &self,
        log_type: &'static LogType,
        group: &Group,
        at: usize,
        question: &FoundTables<'_>,
    ) -> Result<Option<FoundTable>> {
        let fixed = group.parts.iter().map_while(Option::as_deref).collect::<Vec<_>>().join("/");
        let place = location(if fixed.is_empty() { "." } else { &fixed })?;
        let (kind, header) = self.form_of(log_type, &place).await;
        let Some(documented) = documented(log_type, kind) else { return Ok(None) };
        let mut name = question.name.unwrap_or(documented.name).to_owned();
        if at > 0 {
            name = format!("{name}_{}", at + 1);
        }
        let options = DdlOptions {
            database: question.database,
            name: Some(&name),
            location: &place,
            projection: false,
        };
        let mut table = table_like(log_type, documented, &options);
        if let Some(header) = &header {
            adapt(&mut table, log_type, documented, header);
        }
        if question.projection
            && let Some(days) = group.days
        {
            project(&mut table, group, days);
        }
        let shown = match question.database {
            Some(database) => format!("{database}.{name}"),
            None => name,
        };
        let sql = create_table(&table, &shown);
        let notes = self.check(&table).await;
        Ok(Some(FoundTable { log_type, sql, notes }))
    }

    /// How the files of a log at a place are written, and the header of the first.
    async fn form_of(
        &self,
        log_type: &'static LogType,
        place: &str,
    ) -> (Option<Kind>, Option<HeaderLines>) {
        let Some(sample) = self.glance(place).await else { return (None, None) };
        let mut starts = sample.starts.iter();
        let own = starts.find(|start| start.log_type.is_some_and(|own| own.name == log_type.name));
        let Some(start) = own else { return (None, None) };
        let kind = Kind::of(start);
        let header = (kind == Some(Kind::Text)).then(|| header_of(log_type, &start.text));
        (kind, header)
    }
}

/// The documented table for files of a kind.
fn documented(log_type: &'static LogType, kind: Option<Kind>) -> Option<&'static AthenaTable> {
    let reads = |table: &&AthenaTable| match kind {
        None => true,
        Some(Kind::Parquet) => table.row_format == RowFormat::Parquet,
        Some(Kind::Json) => table.row_format == RowFormat::Json,
        Some(Kind::Text) => {
            matches!(table.row_format, RowFormat::Regex(_) | RowFormat::Delimited(_))
        }
    };
    log_type.athena.iter().find(reads).or_else(|| log_type.athena.first())
}

/// Makes a table fit to the header lines of the files.
fn adapt(
    table: &mut TableDefinition,
    log_type: &'static LogType,
    documented: &AthenaTable,
    header: &HeaderLines,
) {
    let skip = "skip.header.line.count";
    match header.count {
        0 => table.properties.remove(skip),
        count => table.properties.insert(skip.to_owned(), count.to_string()),
    };
    if !matches!(documented.row_format, RowFormat::Delimited(_)) || header.names.is_empty() {
        return;
    }
    let columns = columns_of(log_type, &header.names);
    // Fields that later versions add may stay.
    let same = columns.iter().zip(&table.columns).all(|(found, known)| found.name == known.name);
    let mut names = BTreeSet::new();
    let distinct = columns.iter().all(|column| names.insert(column.name.clone()));
    if distinct && (!same || columns.len() > table.columns.len()) {
        table.columns = columns;
    }
}

/// Adds the partitions that the folders make.
fn project(table: &mut TableDefinition, group: &Group, days: DayFolders) {
    let mut template = table.location.trim_end_matches('/').to_owned();
    let fixed = group.parts.iter().take_while(|part| part.is_some()).count();
    let mut keys = Vec::new();
    let mut properties: Vec<(String, String)> = Vec::new();
    for (at, part) in group.parts.iter().enumerate().skip(fixed) {
        template.push('/');
        match (part, group.values.get(&at)) {
            (Some(part), _) => template.push_str(part),
            (None, Some((what, values))) => {
                let taken = table.columns.iter().any(|column| column.name == *what);
                let key = if taken { format!("log_{what}") } else { (*what).to_owned() };
                let prefix = values.iter().find_map(|value| value.split_once('='));
                let values: Vec<&str> = (values.iter())
                    .map(|value| value.split_once('=').map_or(value.as_str(), |(_, value)| value))
                    .collect();
                if let Some((name, _)) = prefix {
                    template.push_str(&format!("{name}="));
                }
                template.push_str(&format!("${{{key}}}"));
                properties.push((format!("projection.{key}.type"), "enum".to_owned()));
                properties.push((format!("projection.{key}.values"), values.join(",")));
                keys.push(key);
            }
            (None, None) => return,
        }
    }
    let first = group.first_day.as_deref().unwrap_or("2012/01/01");
    match days {
        DayFolders::Plain => {
            properties.extend(PROJECTION.iter().map(|(name, value)| {
                let range = name.ends_with(".range").then(|| format!("{first},NOW"));
                ((*name).to_owned(), range.unwrap_or_else(|| (*value).to_owned()))
            }));
            template.push_str(&format!("/${{{DAY}}}"));
            keys.push(DAY.to_owned());
        }
        DayFolders::Hive => {
            let year = first.split('/').next().unwrap_or(first);
            let range = format!("{year},NOW");
            for (name, value) in [
                ("projection.enabled", "true"),
                ("projection.year.type", "date"),
                ("projection.year.format", "yyyy"),
                ("projection.year.range", &range),
                ("projection.year.interval", "1"),
                ("projection.year.interval.unit", "YEARS"),
                ("projection.month.type", "integer"),
                ("projection.month.range", "1,12"),
                ("projection.month.digits", "2"),
                ("projection.day.type", "integer"),
                ("projection.day.range", "1,31"),
                ("projection.day.digits", "2"),
            ] {
                properties.push((name.to_owned(), value.to_owned()));
            }
            template.push_str("/year=${year}/month=${month}/day=${day}");
            keys.extend(["year", "month", "day"].map(str::to_owned));
        }
    }
    table.properties.extend(properties);
    table.properties.insert("storage.location.template".to_owned(), template);
    let key = |name| ColumnDefinition { name, hive_type: "string".to_owned(), comment: None };
    table.partition_keys = keys.into_iter().map(key).collect();
}

/// Puts folders together that differ only in what the log's template names: accounts, regions, resources.
fn groups(log_type: &'static LogType, folders: &BTreeMap<String, FoundFolder>) -> Vec<Group> {
    let above = log_type.folder.split("{yyyy}").next().unwrap_or_default();
    let template: Vec<&'static str> = above.split_terminator('/').collect();
    let mut groups: BTreeMap<(Option<DayFolders>, Vec<Option<String>>), Group> = BTreeMap::new();
    for (folder, found) in folders {
        let parts: Vec<&str> = folder.split('/').collect();
        let named = if found.days.is_some() { named(&template, &parts) } else { Vec::new() };
        let key: Vec<Option<String>> = match found.days {
            // What names no day is one table, at what all have in common.
            None => Vec::new(),
            Some(_) => (parts.iter().enumerate())
                .map(|(at, part)| {
                    let is_named = named.iter().any(|(named, _)| *named == at);
                    (!is_named).then(|| (*part).to_owned())
                })
                .collect(),
        };
        let group = groups.entry((found.days, key)).or_default();
        if group.parts.is_empty() {
            group.parts = parts.iter().map(|part| Some((*part).to_owned())).collect();
        } else if found.days.is_none() {
            let same = group.parts.iter().zip(&parts);
            let same = same.take_while(|(known, part)| known.as_deref() == Some(part)).count();
            group.parts.truncate(same);
        }
        for (at, what) in named {
            let values = group.values.entry(at).or_insert_with(|| (what, BTreeSet::new()));
            values.1.insert(parts[at].to_owned());
            if values.1.len() > 1 {
                group.parts[at] = None;
            }
        }
        group.days = found.days;
        let first = found.first_day.clone();
        group.first_day = match group.first_day.take() {
            Some(known) => Some(first.map_or(known.clone(), |first| first.min(known))),
            None => first,
        };
    }
    groups.into_values().collect()
}

/// The positions of a path's parts that a template names; none if the path does not end like the template.
fn named(template: &[&'static str], parts: &[&str]) -> Vec<(usize, &'static str)> {
    let Some(from) = parts.len().checked_sub(template.len()) else { return Vec::new() };
    let mut named = Vec::new();
    for (at, (pattern, part)) in template.iter().zip(&parts[from..]).enumerate() {
        let value = part.split_once('=').map_or(*part, |(_, value)| value);
        match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(what) => named.push((from + at, what)),
            None if *pattern == value => {}
            None => return Vec::new(),
        }
    }
    named
}
