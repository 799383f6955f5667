//! Data are opened before they are kept: what cannot be read never takes the place of what can.

use crate::aws_ranges::AwsRanges;
use crate::data::{Kind, licences};
use crate::geo::Table;
use crate::threats;

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// What it is about.
    pub(crate) kind: Kind,
    /// How many ranges, prefixes or networks it holds.
    pub(crate) rows: u64,
    /// How many of its lines could not be read.
    pub(crate) rejected: u64,
    /// The first of those, with their numbers.
    pub(crate) first_rejected: Vec<String>,
    /// When it says that it was made, in seconds since 1970 UTC.
    pub(crate) date: Option<i64>,
    /// Its licence and whom to name, where its maker is told by it.
    pub(crate) licence: Option<&'static licences::Licence>,
    /// What its name should end with.
    pub(crate) extension: &'static str,
}

/// The beginnings of packed files, and what unpacks them.
const PACKED: [(&[u8], &str); 5] = [
    (b"\x1f\x8b", "gunzip"),
    (b"PK\x03\x04", "unzip"),
    (b"\xfd7zXZ\0", "unxz"),
    (b"7z\xbc\xaf", "7z x"),
    (b"BZh", "bunzip2"),
];

/// Opens data as what they are said to be, or as what they look like; the error says what is wrong with them.
pub(crate) fn check(bytes: &[u8], kind: Option<Kind>) -> Result<Checked, String> {
    if let Some((_, tool)) = PACKED.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(format!("it is packed; unpack it first, as with `{tool}`"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("it is empty".to_owned());
    }
    match kind {
        Some(Kind::AwsRanges) => aws_ranges(bytes),
        Some(Kind::ThreatList) => threat_list(bytes),
        Some(Kind::Country | Kind::Asn | Kind::Location) => place(bytes, kind),
        None if bytes.trim_ascii_start().starts_with(b"{") => aws_ranges(bytes),
        None => place(bytes, None).or_else(|why| threat_list(bytes).map_err(|_| why)),
    }
}

fn aws_ranges(bytes: &[u8]) -> Result<Checked, String> {
    let ranges = AwsRanges::read(&String::from_utf8_lossy(bytes))?;
    Ok(Checked {
        kind: Kind::AwsRanges,
        rows: ranges.rows,
        rejected: 0,
        first_rejected: vec![],
        date: ranges.date,
        licence: None,
        extension: "json",
    })
}

fn threat_list(bytes: &[u8]) -> Result<Checked, String> {
    let parsed = threats::parse(&String::from_utf8_lossy(bytes));
    let rows = parsed.entries.len() as u64;
    if rows == 0 || parsed.rejected > rows {
        let first = parsed.first_rejected.first();
        let first = first.map(|line| format!(", such as {line}")).unwrap_or_default();
        return Err(format!(
            "{rows} of its lines are addresses or networks, and {} are not{first}",
            parsed.rejected
        ));
    }
    Ok(Checked {
        kind: Kind::ThreatList,
        rows,
        rejected: parsed.rejected,
        first_rejected: parsed.first_rejected,
        date: None,
        licence: None,
        extension: "txt",
    })
}

fn place(bytes: &[u8], wanted: Option<Kind>) -> Result<Checked, String> {
    let table = Table::read(bytes.to_vec())?;
    let found = table.kind().ok_or("it holds neither countries nor autonomous systems")?;
    let kind = match wanted {
        // A file that holds both may be used for one of them.
        Some(wanted) if found == wanted || found == Kind::Location => wanted,
        Some(wanted) => return Err(format!("it is of the kind `{found}`, not `{wanted}`")),
        None => found,
    };
    Ok(match &table {
        Table::Mmdb(file) => Checked {
            kind,
            rows: file.verify()?,
            rejected: 0,
            first_rejected: vec![],
            date: file.built(),
            licence: licences::of_database(file.database_type()),
            extension: "mmdb",
        },
        Table::Ranges(file) => Checked {
            kind,
            rows: file.rows,
            rejected: file.rejected,
            first_rejected: file.first_rejected.clone(),
            date: None,
            licence: None,
            extension: "csv",
        },
    })
}
