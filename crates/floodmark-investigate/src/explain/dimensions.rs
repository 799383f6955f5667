//! What contributors are looked for in: the columns and further dimensions of a log.

use floodmark_engine::Result;
use floodmark_engine::dialect::{UrlPart, identifier};
use floodmark_formats::Table;
use floodmark_formats::kind::Kind;
use floodmark_who::{Fact, Who};

/// Something that rows are told apart by.
#[derive(Clone, Debug)]
pub(crate) struct Dimension {
    /// The column's name, or the dimension's.
    pub(crate) name: String,
    /// Its value, in SQL.
    pub(crate) sql: String,
    /// What its values are.
    pub(crate) kind: Kind,
    /// Where its values come from.
    pub(crate) source: Source,
}

/// Where the values of a dimension come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// They are selected.
    Selected,
    /// They are a part of the URLs of another dimension, by its position. Each different URL is cut once.
    UrlPart(usize, UrlPart),
    /// They are what is known of the addresses of another dimension, by its position.
    Fact(usize, Fact),
}

/// The kinds in the order in which a reader wants to be told of them. Others are no dimensions.
const KINDS: &[Kind] = &[
    Kind::Address,
    Kind::Domain,
    Kind::Path,
    Kind::Port,
    Kind::Status,
    Kind::UserAgent,
    Kind::Category,
    Kind::QueryString,
    Kind::Url,
];

/// The functions of SQL that cut a URL.
const URL_PARTS: &[(&str, UrlPart)] = &[
    ("url_extract_host(", UrlPart::Host),
    ("url_extract_path(", UrlPart::Path),
    ("url_extract_query(", UrlPart::Query),
];

/// What is looked for of addresses, where there are data at hand that tell it.
const FACTS: &[Fact] =
    &[Fact::ThreatList, Fact::AwsService, Fact::AutonomousSystemName, Fact::Country];

/// Of how many dimensions of addresses.
const NAMED_MAX: usize = 2;

/// Columns of a key that say where the record was logged, not what happened.
const OF_THE_KEY: &[&str] = &["log_day", "trailing"];

/// The dimensions of a table, those first that a reader wants to be told of first.
///
/// # Errors
///
/// Those of damaged files about addresses.
pub(crate) fn dimensions(table: &Table, who: &Who) -> Result<Vec<Dimension>> {
    let columns = table.columns.iter().filter(|column| !column.hidden).map(|column| &column.column);
    let selected = columns
        .filter(|column| !OF_THE_KEY.contains(&column.name))
        .map(|column| (column.name, identifier(column.name), column.kind));
    let further = (table.log_type.dimensions.iter())
        .map(|dimension| (dimension.name, dimension.sql.to_owned(), dimension.kind));
    let mut all: Vec<Dimension> = selected
        .chain(further)
        .filter_map(|(name, sql, kind)| {
            KINDS.contains(&kind).then(|| Dimension {
                name: name.to_owned(),
                sql,
                kind,
                source: Source::Selected,
            })
        })
        .collect();
    // The client comes before all others.
    let client = table.log_type.client;
    let rank = |dimension: &Dimension| {
        let is_client = client
            .is_some_and(|client| dimension.sql == client || dimension.sql == identifier(client));
        (!is_client, KINDS.iter().position(|kind| *kind == dimension.kind))
    };
    all.sort_by_key(rank);
    for at in 0..all.len() {
        if let Some((of, part)) = part_of_url(&all[at].sql, &all) {
            all[at].source = Source::UrlPart(of, part);
        }
    }
    let named: Vec<usize> = match all.first() {
        // Where the log has a client, nobody else is asked for.
        Some(first) if client.is_some() && first.kind == Kind::Address => vec![0],
        _ => (0..all.len()).filter(|at| all[*at].kind == Kind::Address).take(NAMED_MAX).collect(),
    };
    for fact in FACTS {
        // Of a damaged file is told with the answer, which does without it.
        if !who.has(*fact).unwrap_or(false) {
            continue;
        }
        for at in &named {
            let sql = format!("{}({})", fact.name(), all[*at].sql);
            let (kind, source) = (Kind::Category, Source::Fact(*at, *fact));
            let name = format!("{}({})", fact.name(), all[*at].name);
            all.push(Dimension { name, sql, kind, source });
        }
    }
    Ok(all)
}

/// The URL's dimension and the part of it that an expression gives.
fn part_of_url(sql: &str, all: &[Dimension]) -> Option<(usize, UrlPart)> {
    let (inner, part) =
        URL_PARTS.iter().find_map(|(start, part)| Some((sql.strip_prefix(start)?, *part)))?;
    let column = inner.strip_suffix(')')?;
    let of = all
        .iter()
        .position(|dimension| dimension.sql == identifier(column) && dimension.kind == Kind::Url)?;
    Some((of, part))
}
