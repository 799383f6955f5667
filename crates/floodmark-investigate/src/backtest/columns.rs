//! Where a log says what rules look at: who sends, to whom, for which path, with what program.

use floodmark_engine::dialect::identifier;
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::kind::Kind;
use floodmark_formats::measure::Amount;
use floodmark_formats::observation::Observation;
use floodmark_formats::{LogType, Table};

/// What rules look at, as expressions of SQL over one record.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// The sender's address, as the packet bears it.
    pub(crate) source: String,
    /// The receiver's address; None if the log has requests of clients only.
    pub(crate) destination: Option<String>,
    /// `ingress` or `egress`, NULL if the log does not say; None if it has no such column.
    pub(crate) way: Option<String>,
    /// The sender's country by two letters.
    pub(crate) country: String,
    /// The URL's path as it was sent, which is what AWS WAF looks at.
    pub(crate) path: Option<String>,
    /// What the client calls itself.
    pub(crate) user_agent: Option<String>,
    /// The id of the subnet of the interface that saw it, NULL or `-` if the log does not say.
    pub(crate) subnet: Option<String>,
    /// How many bytes a record stands for.
    pub(crate) bytes: Option<&'static str>,
    /// The condition that something refuses it already.
    pub(crate) refused: Option<&'static str>,
}

/// Logs that write values of requests percent-encoded once more.
const PERCENT_ENCODED: &[&str] = &["cloudfront", "cloudfront_realtime"];

/// The names of receivers' addresses, in logs that have no interfaces.
pub(crate) const DESTINATIONS: &[&str] = &["dstaddr", "destination"];

/// The names of countries, where a log has what WAF or CloudFront found out by itself.
pub(crate) const COUNTRIES: &[&str] = &["country", "c_country"];

/// The name of the column of subnets.
const SUBNET: &str = "subnet_id";

/// How an expression begins that takes a URL's path and undoes its percent-encoding.
const DECODED_PATH: &str = "url_extract_path(";

/// The names of measures that count what is refused already.
const REFUSED: &[&str] = &["rejects", "blocks"];

/// The columns of a log.
///
/// # Errors
///
/// `NotSupported` for a log that names no clients.
pub(crate) fn columns(table: &Table) -> Result<Columns> {
    let log = table.log_type;
    let Some(client) = log.client else {
        let message =
            format!("`{}` names no clients, so that no rule can be tested on it", log.name);
        return Err(Error::new(ErrorKind::NotSupported, message));
    };
    let (source, destination, way) = match log.observation {
        Observation::Interfaces(interfaces) => (
            packet_address(interfaces.packet_source, interfaces.source),
            Some(packet_address(interfaces.packet_destination, interfaces.destination)),
            Some(format!("nullif({}, '-')", interfaces.direction)),
        ),
        _ => (client.to_owned(), named(table, DESTINATIONS), None),
    };
    let requested = |kind| {
        let value = of_kind(table, kind)?;
        let value = of_decoded_path(&value).map_or_else(|| value.clone(), path_as_sent);
        Some(if is_percent_encoded(log) { decoded(&value) } else { value })
    };
    let country = named(table, COUNTRIES).unwrap_or_else(|| format!("country({source})"));
    Ok(Columns {
        country,
        path: requested(Kind::Path),
        user_agent: requested(Kind::UserAgent),
        subnet: named(table, &[SUBNET]),
        bytes: log.measures.iter().find_map(|measure| match measure.amount {
            Amount::Sum(sql) if measure.unit == "bytes" => Some(sql),
            _ => None,
        }),
        refused: log.measures.iter().find_map(|measure| match measure.amount {
            Amount::CountIf(sql) if REFUSED.contains(&measure.name) => Some(sql),
            _ => None,
        }),
        source,
        destination,
        way,
    })
}

/// The name of the first dimension of a kind, or else of the first column.
pub(crate) fn name_of_kind(table: &Table, kind: Kind) -> Option<&'static str> {
    let dimension = table.log_type.dimensions.iter().find(|dimension| dimension.kind == kind);
    let mut columns = table.columns.iter().filter(|column| !column.hidden);
    dimension
        .map(|dimension| dimension.name)
        .or_else(|| Some(columns.find(|column| column.column.kind == kind)?.column.name))
}

/// Whether a log writes values of requests percent-encoded once more than they came.
pub(crate) fn is_percent_encoded(log: &LogType) -> bool {
    PERCENT_ENCODED.contains(&log.name)
}

/// Whether the log's paths are shown with their percent-encoding undone, once more than AWS WAF does.
pub(crate) fn shows_decoded_paths(table: &Table) -> bool {
    of_kind(table, Kind::Path).is_some_and(|value| of_decoded_path(&value).is_some())
}

/// Whether the log says in which subnet its records were seen.
pub(crate) fn says_subnets(table: &Table) -> bool {
    named(table, &[SUBNET]).is_some()
}

/// The URL whose decoded path an expression is; None if it is something else.
fn of_decoded_path(value: &str) -> Option<&str> {
    value.strip_prefix(DECODED_PATH)?.strip_suffix(')')
}

/// The path of a URL letter by letter, also of one that no URL may have.
fn path_as_sent(url: &str) -> String {
    format!("regexp_extract({url}, '^[^:]+://[^/?#]*([^?#]*)', 1)")
}

/// The address that a packet bears, or where the log does not have it the interface's.
fn packet_address(packet: &str, interface: &str) -> String {
    format!("coalesce(nullif({packet}, '-'), {interface})")
}

/// The value before it was percent-encoded; as it stands if that cannot be undone.
fn decoded(value: &str) -> String {
    // The function takes a plus for a blank, which the log never writes for one.
    format!("coalesce(try(url_decode(replace({value}, '+', '%2B'))), {value})")
}

/// The column or dimension that has one of these names.
fn named(table: &Table, names: &[&str]) -> Option<String> {
    let dimensions = table.log_type.dimensions.iter();
    let column = table.columns.iter().find(|column| names.contains(&column.column.name));
    dimensions
        .into_iter()
        .find(|dimension| names.contains(&dimension.name))
        .map(|dimension| dimension.sql.to_owned())
        .or_else(|| Some(identifier(column?.column.name)))
}

/// The value of the first dimension of a kind, or else of the first column.
fn of_kind(table: &Table, kind: Kind) -> Option<String> {
    let name = name_of_kind(table, kind)?;
    let dimension = table.log_type.dimensions.iter().find(|dimension| dimension.name == name);
    Some(dimension.map_or_else(|| identifier(name), |dimension| dimension.sql.to_owned()))
}
