//! A log as the page knows it: what it is, its fields, and what can be added up.

use floodmark_engine::scan::FoundLog;
use floodmark_formats::Table;
use floodmark_formats::kind::Kind;
use floodmark_investigate::Window;
use floodmark_who::Who;
use serde::Serialize;

use crate::fields::{self, LogFields};
use crate::view::{Span, span};

/// A log at hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The page of AWS's documentation.
    pub page: &'static str,
    /// How many objects.
    pub objects: u64,
    /// Their size as stored.
    pub bytes: u64,
    /// What the times in their names span; None if they do not tell.
    pub span: Option<Span>,
    /// Its fields: columns, dimensions, facts.
    pub fields: Vec<Field>,
    /// What can be added up; the first is the count of records.
    pub measures: Vec<Measure>,
    /// The field with the address that asks.
    pub client: Option<String>,
    /// The field with the address that is asked.
    pub target: Option<String>,
    /// The fields that are shown as columns at first.
    pub columns: Vec<String>,
}

/// A field of a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// Its name: that of the column, or `country(client_ip)` for a fact.
    pub name: String,
    /// Athena's type.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// What its values are.
    pub kind: &'static str,
    /// The unit of its numbers; empty if it has none.
    pub unit: &'static str,
    /// What it is, for people.
    pub about: String,
    /// Its value as SQL.
    pub sql: String,
    /// Where its values come from.
    pub source: Source,
}

/// Where a field's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A column of the table.
    Column,
    /// An expression over columns.
    Dimension,
    /// What is known of an address.
    Fact,
}

/// An amount that can be added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// Its unit; empty for counts.
    pub unit: &'static str,
}

/// The kinds of fields that are shown at first, in this order, the first field of each.
const SHOWN_KINDS: [&[Kind]; 5] =
    [&[Kind::Port], &[Kind::Domain], &[Kind::Url, Kind::Path], &[Kind::Status], &[Kind::UserAgent]];

/// How many quantities are shown at first.
const SHOWN_QUANTITIES: usize = 2;

/// Tells what a log is that was found at some places. Nothing is read but, once, what is known of addresses.
pub fn describe(table: &'static Table, who: &Who, found: &FoundLog) -> Log {
    let all = LogFields::of(table, who);
    let log_type = table.log_type;
    let name = |at: usize| all.fields[at].name.clone();
    Log {
        name: log_type.name,
        title: log_type.title,
        page: log_type.page,
        objects: found.objects,
        bytes: found.bytes,
        span: (found.first.zip(found.last)).map(|(start, end)| span(Window { start, end })),
        fields: all.fields.iter().map(described).collect(),
        measures: (all.measures.iter())
            .map(|measure| Measure { name: measure.name, title: measure.title, unit: measure.unit })
            .collect(),
        client: all.client.map(name),
        target: all.target.map(name),
        columns: shown(&all).into_iter().map(name).collect(),
    }
}

fn described(field: &fields::Field) -> Field {
    Field {
        name: field.name.clone(),
        type_name: field.type_name,
        kind: match field.kind {
            Kind::Url => "url",
            kind => kind.words(),
        },
        unit: field.unit,
        about: field.about.clone(),
        sql: field.sql.clone(),
        source: match field.source {
            fields::Source::EventTime | fields::Source::Column => Source::Column,
            fields::Source::Dimension => Source::Dimension,
            fields::Source::Fact(..) => Source::Fact,
        },
    }
}

/// The fields that are shown as columns at first.
fn shown(all: &LogFields) -> Vec<usize> {
    let positions = 0..all.fields.len();
    let mut shown: Vec<usize> = positions
        .clone()
        .filter(|at| all.fields[*at].source == fields::Source::EventTime)
        .collect();
    shown.extend(all.client);
    shown.extend(all.target);
    for kinds in SHOWN_KINDS {
        let of_kind = |at: &usize| {
            kinds.contains(&all.fields[*at].kind)
                && !matches!(all.fields[*at].source, fields::Source::Fact(..))
        };
        shown.extend(positions.clone().find(of_kind));
    }
    let is_bytes =
        |at: &usize| all.fields[*at].kind == Kind::Quantity && all.fields[*at].unit == "bytes";
    shown.extend(positions.filter(is_bytes).take(SHOWN_QUANTITIES));
    shown
}
