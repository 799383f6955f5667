//! Which log a user's table is of, told from its SerDe and its columns.

use std::collections::{BTreeMap, BTreeSet};

use crate::athena::{AthenaColumn, AthenaTable, RowFormat, bare};
use crate::log_type::{Encoding, Header, LogType};
use crate::log_types;

/// What a table says about how its rows are written.
#[derive(Clone, Copy, Debug)]
pub struct Serde<'a> {
    /// The Java class of the SerDe.
    pub class: &'a str,
    /// Its properties, unescaped.
    pub properties: &'a BTreeMap<String, String>,
}

/// A table that holds a log.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// The log.
    pub log_type: &'static LogType,
    /// For each column of the table, the log type's column that it is, provided that the files hold what the table says:
    /// where values have no names, a table of other fields than its files' shows other values.
    pub mapping: Vec<Option<Mapped>>,
}

/// The log type's column that a table's column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its name.
    pub column: &'static str,
    /// How the types of the two fit.
    pub fit: Fit,
}

/// How the type of a table's column fits that of the log type's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They are the same.
    Same,
    /// Both are whole numbers, or both are numbers with a fraction: values of both compare alike.
    OtherWidth,
    /// They are of different kinds, so only the written text is the same.
    OtherKind,
}

/// The log that a table is of, from its SerDe and its columns' names and types in their order.
///
/// What is not quite like a documented table is none: a wrong guess would cost rows.
pub fn recognise(serde: Serde, columns: &[(&str, &str)]) -> Option<Recognised> {
    let kind = Kind::of(&serde)?;
    let mut best: Option<(usize, Recognised)> = None;
    let mut tied = false;
    for log_type in log_types::ALL {
        let mut found: Option<(usize, Vec<Option<&'static str>>)> = None;
        for table in log_type.athena {
            let candidate = match (&kind, table.row_format) {
                (Kind::Regex(pattern), RowFormat::Regex(documented)) => {
                    by_pattern(pattern, documented, &table.columns(log_type), columns)
                }
                (Kind::Delimited(delimiter), RowFormat::Delimited(documented))
                    if *delimiter == documented =>
                {
                    by_position(log_type, &table.columns(log_type), columns)
                        .or_else(|| by_choice(log_type, columns))
                }
                (Kind::Json(keys), RowFormat::Json) => by_name(log_type, table, columns, keys),
                (Kind::Parquet, RowFormat::Parquet) => {
                    by_name(log_type, table, columns, &BTreeMap::new())
                }
                _ => None,
            };
            let better =
                |(score, _): &(usize, _)| found.as_ref().is_none_or(|(found, _)| score > found);
            if let Some(candidate) = candidate.filter(better) {
                found = Some(candidate);
            }
        }
        let Some((score, mapping)) = found else { continue };
        match &best {
            Some((other, _)) if *other > score => continue,
            Some((other, _)) => tied = *other == score,
            None => {}
        }
        let mapping = mapping.iter().zip(columns).map(|(ours, (_, hive_type))| {
            ours.map(|column| Mapped { column, fit: fit(log_type, column, hive_type) })
        });
        best = Some((score, Recognised { log_type, mapping: mapping.collect() }));
    }
    best.filter(|_| !tied).map(|(_, recognised)| recognised)
}

/// How a table's rows are written, as far as it tells logs apart.
enum Kind {
    Regex(String),
    Delimited(char),
    /// With the keys that columns of other names are read from.
    Json(BTreeMap<String, String>),
    Parquet,
}

impl Kind {
    fn of(serde: &Serde) -> Option<Self> {
        let property = |name: &str| serde.properties.get(name).map(String::as_str);
        match serde.class.rsplit('.').next().unwrap_or_default() {
            "RegexSerDe" => Some(Self::Regex(plain(property("input.regex")?))),
            "LazySimpleSerDe" => {
                let mut delimiter = property("field.delim")?.chars();
                let first = delimiter.next()?;
                delimiter.next().is_none().then_some(Self::Delimited(first))
            }
            "JsonSerDe" => {
                let keys = serde.properties.iter().filter_map(|(name, key)| {
                    Some((name.strip_prefix("mapping.")?.to_ascii_lowercase(), key.clone()))
                });
                Some(Self::Json(keys.collect()))
            }
            "ParquetHiveSerDe" => Some(Self::Parquet),
            _ => None,
        }
    }
}

type Found = (usize, Vec<Option<&'static str>>);

/// A pattern without the differences that change no value: escaped quotes, `[^\s]` whose backslash was lost, anchors.
fn plain(pattern: &str) -> String {
    let pattern = pattern.trim();
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    pattern.replace("\\\"", "\"").replace("\\s", "s").replace("\\-", "-")
}

/// The beginning of a pattern up to the end of its n-th group.
fn up_to_group(pattern: &str, n: usize) -> Option<&str> {
    let bytes = pattern.as_bytes();
    let (mut at, mut groups, mut open, mut in_class) = (0, 0, Vec::new(), false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' if !in_class => in_class = true,
            b']' if in_class => in_class = false,
            b'(' if !in_class => {
                groups += usize::from(bytes.get(at + 1) != Some(&b'?'));
                open.push((groups, bytes.get(at + 1) != Some(&b'?')));
            }
            b')' if !in_class => {
                let opened = open.pop()?;
                if opened == (n, true) {
                    return pattern.get(..=at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// By the pattern: a column is what its group matches.
fn by_pattern(
    pattern: &str,
    documented: &str,
    theirs: &[AthenaColumn],
    columns: &[(&str, &str)],
) -> Option<Found> {
    let documented = plain(documented);
    let shared = theirs.len().min(columns.len());
    let (ours, known) = (up_to_group(pattern, shared)?, up_to_group(&documented, shared)?);
    // A pattern of blanks alone fits many logs, so then the names must tell.
    let telling = shared >= 10 && known.contains(['"', ':']);
    let named = shared_names(theirs, columns);
    if ours != known || (!telling && named * 2 < columns.len()) {
        return None;
    }
    let mapping = (0..columns.len()).map(|at| theirs.get(at).map(|column| column.ours)).collect();
    // The same pattern to its end counts for more than one that begins alike.
    Some((shared * 2 + usize::from(shared == theirs.len() && pattern == documented), mapping))
}

/// How many columns have the same name in the same place.
fn shared_names(theirs: &[AthenaColumn], columns: &[(&str, &str)]) -> usize {
    let same = |(known, (name, _)): &(&AthenaColumn, &(&str, &str))| {
        let name = letters(name);
        name == letters(&known.name) || name == letters(known.ours)
    };
    theirs.iter().zip(columns).filter(same).count()
}

/// By the order of the columns, some of which may have other names.
fn by_position(
    log_type: &'static LogType,
    theirs: &[AthenaColumn],
    columns: &[(&str, &str)],
) -> Option<Found> {
    let named = shared_names(theirs, columns);
    if named * 2 < columns.len().max(4) {
        return None;
    }
    let is_called = |known: &AthenaColumn, name: &str| {
        let name = letters(name);
        letters(&known.name) == name || letters(known.ours) == name
    };
    // A column that bears another one's name means another order.
    let displaced = columns.iter().enumerate().any(|(at, (name, _))| {
        !theirs.get(at).is_some_and(|known| is_called(known, name))
            && theirs.iter().any(|known| is_called(known, name))
    });
    if displaced {
        return None;
    }
    // Where the log says which fields it has, the owner's table goes by that. Elsewhere a value is what the log has in its
    // place: the documented table of CloudFront's real-time log leaves a field out, so its columns hold others' values.
    let chosen = chooses_fields(log_type);
    let written: Vec<_> = log_type
        .fields
        .iter()
        .flat_map(|field| field.columns().map(|column| column.name))
        .collect();
    let mapping = (0..columns.len()).map(|at| {
        let ours = theirs.get(at)?.ours;
        (chosen || written.get(at) == Some(&ours)).then_some(ours)
    });
    Some((named * 2 + usize::from(named == theirs.len()), mapping.collect()))
}

/// Whether the log's owner chooses its fields, and the log names them.
fn chooses_fields(log_type: &LogType) -> bool {
    matches!(log_type.encoding, Encoding::Words { header: Header::NamesOfChoice, .. })
}

/// By the names alone, for logs whose owner chooses fields and order: nearly all must be known.
fn by_choice(log_type: &'static LogType, columns: &[(&str, &str)]) -> Option<Found> {
    if !chooses_fields(log_type) {
        return None;
    }
    let mapping: Vec<_> = columns.iter().map(|(name, _)| ours(log_type, name)).collect();
    let known = mapping.iter().flatten().count();
    (known >= 3 && known * 5 >= columns.len() * 4).then_some((known * 2, mapping))
}

/// By the names, for formats that name each value.
fn by_name(
    log_type: &'static LogType,
    table: &AthenaTable,
    columns: &[(&str, &str)],
    keys: &BTreeMap<String, String>,
) -> Option<Found> {
    let mapping: Vec<_> = columns
        .iter()
        .map(|(name, _)| ours(log_type, keys.get(*name).map_or(*name, String::as_str)))
        .collect();
    let known = mapping.iter().flatten().count();
    if known < 3 || known * 5 < columns.len() * 3 {
        return None;
    }
    // Logs that share their outer names are told apart by what is nested in them.
    let theirs = table.columns(log_type);
    let differing: usize = columns
        .iter()
        .zip(&mapping)
        .filter_map(|((_, hive_type), ours)| {
            let known = theirs.iter().find(|known| Some(known.ours) == *ours)?;
            Some(differing_fields(&bare(hive_type), &known.hive_type))
        })
        .sum();
    Some((known * 10_000 - differing.min(9_999), mapping))
}

/// How many fields stand in one of two nested types alone; none if one of them is not nested.
fn differing_fields(one: &str, other: &str) -> usize {
    let names = |hive_type: &str| -> BTreeSet<String> {
        let parts = hive_type.split(['<', '>', ',']);
        parts.filter_map(|part| part.split_once(':').map(|(name, _)| name.to_owned())).collect()
    };
    let nested = one.contains('<') && other.contains('<');
    if nested { names(one).symmetric_difference(&names(other)).count() } else { 0 }
}

/// The log type's column that a name means: its own, the written one, or that of a documented table.
fn ours(log_type: &'static LogType, name: &str) -> Option<&'static str> {
    let name = letters(name);
    let columns = log_type.fields.iter().flat_map(|field| {
        field.columns().enumerate().map(move |(at, column)| (at == 0, field.name, column.name))
    });
    let mut columns = columns.filter(|(first, written, column)| {
        letters(column) == name || (*first && letters(written) == name)
    });
    if let Some((.., column)) = columns.next() {
        return Some(column);
    }
    let documented = log_type.athena.iter().flat_map(|table| table.renamed);
    let mut documented = documented.filter(|(_, other)| letters(other) == name);
    documented.next().map(|(ours, _)| *ours)
}

/// A name's letters and digits: `account_id`, `account-id` and `AccountId` are one.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

fn fit(log_type: &'static LogType, ours: &str, hive_type: &str) -> Fit {
    let column = log_type.fields.iter().flat_map(|field| field.columns());
    let mut column = column.filter(|column| column.name == ours);
    let Some(column) = column.next() else { return Fit::OtherKind };
    let (ours, theirs) = (bare(column.column_type.athena()), bare(hive_type));
    let whole = ["tinyint", "smallint", "int", "bigint"];
    let fractions = ["float", "double"];
    let both = |list: &[&str]| list.contains(&ours.as_str()) && list.contains(&theirs.as_str());
    match () {
        () if ours == theirs => Fit::Same,
        () if both(&whole) || both(&fractions) => Fit::OtherWidth,
        () => Fit::OtherKind,
    }
}
