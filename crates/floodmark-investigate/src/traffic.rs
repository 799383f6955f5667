//! The traffic that addresses made, as a log shows it: in each of the log's columns that hold addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use floodmark_engine::{Result, dialect};
use floodmark_formats::kind::Kind;
use serde::Serialize;

use crate::answer::Rows;
use crate::counting;
use crate::limits::{ADDRESSES_DETAILED_MAX, VALUES_DETAILED_MAX};
use crate::measure::Measure;
use crate::subject::Subject;
use crate::top::{self, TopQuestion};
use crate::window::Window;

/// What a log shows of some addresses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// By address, the column with most records first. An address of which there is nothing is not there.
    pub roles: BTreeMap<IpAddr, Vec<Role>>,
    /// Which records count, if not all of them do.
    pub counting: Option<String>,
}

/// What a log shows of an address in one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Role {
    /// The column, such as `client_ip` or `dstaddr`.
    pub column: String,
    /// When its first record begins, in UTC as Athena writes it.
    pub first: Option<String>,
    /// When its last record begins.
    pub last: Option<String>,
    /// The amounts: records, then bytes where the log has them.
    pub amounts: Vec<Amount>,
    /// Its most frequent values of other columns. Only of the first column of the first addresses.
    pub values: Vec<Values>,
}

/// How much it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// The measure's name.
    pub measure: String,
    /// Its unit; empty for a count.
    pub unit: String,
    /// The amount.
    pub amount: f64,
}

/// The most frequent values of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Values {
    /// The column or dimension.
    pub column: String,
    /// The values with their counts of records, the most frequent first.
    pub values: Vec<(String, f64)>,
}

/// The kinds of values that tell what an address does, one column of each, in this order.
const TELLING: [&[Kind]; 5] = [
    &[Kind::Address],
    &[Kind::Port],
    &[Kind::Domain],
    &[Kind::Path, Kind::Url],
    &[Kind::UserAgent],
];

/// Asks what a log shows of addresses: a statement for each column of addresses, and for the first few addresses some for what
/// they do.
///
/// # Errors
///
/// Those of the engine.
pub async fn ask(
    subject: &Subject<'_>,
    addresses: &[IpAddr],
    during: Option<Window>,
) -> Result<Traffic> {
    let windows: Vec<Window> = during.into_iter().collect();
    let rule = counting::rule(subject, &windows).await?;
    let rule = rule.filter(|counting| counting.predicate != "true");
    let counted = rule.as_ref().map(|counting| subject.and(&counting.predicate));
    let subject = counted.as_ref().unwrap_or(subject);
    let mut traffic =
        Traffic { counting: rule.map(|counting| counting.sentence), ..Traffic::default() };
    let measures = measures(subject)?;
    let literals: Vec<String> =
        addresses.iter().map(|address| dialect::literal(&address.to_string())).collect();
    if literals.is_empty() {
        return Ok(traffic);
    }
    for column in columns(subject) {
        let name = dialect::identifier(&column);
        let of_addresses = subject.and(&format!("{name} IN ({})", literals.join(", ")));
        let amounts: Vec<&str> = measures.iter().map(|measure| measure.sql.as_str()).collect();
        let sql = format!(
            "SELECT {name}, CAST(min(event_time) AS varchar), CAST(max(event_time) AS varchar), {}\n{}\nGROUP BY 1\nORDER BY 1",
            amounts.join(", "),
            of_addresses.from(&windows),
        );
        let mut answer = Rows::ask(&of_addresses, &sql, 3).await?;
        while let Some(batch) = answer.next().await? {
            for row in batch.rows() {
                let mut texts = batch.texts(row).into_iter();
                let address = texts.next().flatten().and_then(|text| text.parse().ok());
                let Some(address) = address else { continue };
                let (first, last) = (texts.next().flatten(), texts.next().flatten());
                let amounts = measures.iter().enumerate().map(|(at, measure)| Amount {
                    measure: measure.name.clone(),
                    unit: measure.unit.clone(),
                    amount: batch.number(3 + at, row).unwrap_or(0.0),
                });
                let (column, amounts) = (column.clone(), amounts.collect());
                let role = Role { column, first, last, amounts, values: Vec::new() };
                traffic.roles.entry(address).or_default().push(role);
            }
        }
    }
    let records = |role: &Role| role.amounts.first().map_or(0.0, |amount| amount.amount);
    for roles in traffic.roles.values_mut() {
        roles.sort_by(|a, b| records(b).total_cmp(&records(a)));
    }
    for address in addresses.iter().take(ADDRESSES_DETAILED_MAX) {
        let roles = traffic.roles.get_mut(address);
        if let Some(role) = roles.and_then(|roles| roles.first_mut()) {
            role.values = values(subject, *address, &role.column, during).await?;
        }
    }
    Ok(traffic)
}

/// The most frequent values of what tells most, among the records with an address.
async fn values(
    subject: &Subject<'_>,
    address: IpAddr,
    column: &str,
    during: Option<Window>,
) -> Result<Vec<Values>> {
    let condition =
        format!("{} = {}", dialect::identifier(column), dialect::literal(&address.to_string()));
    let subject = subject.and(&condition);
    let mut found = Vec::new();
    for kinds in TELLING {
        let Some(name) = first_of(&subject, kinds, column) else { continue };
        let by = [name.clone()];
        let question = TopQuestion { by: &by, measure: None, during, limit: VALUES_DETAILED_MAX };
        let plan = top::plan(&subject, &question)?;
        let answer = top::ask(&subject, &plan).await?;
        let values = answer.rows.into_iter().filter_map(|row| {
            let value = row.values.into_iter().next().flatten()?;
            (!value.is_empty() && value != "-").then(|| (value, row.amount.unwrap_or(0.0)))
        });
        let values: Vec<(String, f64)> = values.collect();
        if !values.is_empty() {
            found.push(Values { column: name, values });
        }
    }
    Ok(found)
}

/// The columns that hold addresses, the client's first.
fn columns(subject: &Subject<'_>) -> Vec<String> {
    let table = subject.table();
    let shown = table.columns.iter().filter(|column| !column.hidden);
    let columns = shown.filter(|column| column.column.kind == Kind::Address);
    let mut columns: Vec<String> = columns.map(|column| column.column.name.to_owned()).collect();
    columns.sort_by_key(|column| table.log_type.client != Some(column.as_str()));
    columns
}

/// The first column, or else dimension, of some kinds, other than one.
fn first_of(subject: &Subject<'_>, kinds: &[Kind], other: &str) -> Option<String> {
    let table = subject.table();
    let dimensions = table.log_type.dimensions.iter();
    let dimensions = dimensions.map(|dimension| (dimension.name, dimension.kind));
    // Where a row comes from is no path that anybody asked for.
    let shown = table.columns.iter().filter(|column| !column.hidden);
    let columns = shown.map(|column| (column.column.name, column.column.kind));
    // A path is told by a dimension where the column is a whole URL.
    let of_kind = |kind: &Kind| {
        let mut all = columns.clone().chain(dimensions.clone());
        let found = all.find(|(name, its)| its == kind && *name != other);
        found.map(|(name, _)| name.to_owned())
    };
    kinds.iter().find_map(of_kind)
}

/// The count of records, and the first measure of bytes.
fn measures(subject: &Subject<'_>) -> Result<Vec<Measure>> {
    let log_type = subject.log_type();
    let mut measures = vec![Measure::of(log_type, None)?];
    let mut of_bytes = log_type.measures.iter().filter(|measure| measure.amount.is_additive());
    if let Some(bytes) = of_bytes.find(|measure| measure.unit == "bytes") {
        measures.push(Measure::of(log_type, Some(bytes.name))?);
    }
    Ok(measures)
}
