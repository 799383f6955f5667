//! A file of the user's becomes a data file.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::data::{self, DataFile, Kind, check};
use crate::limits::DATA_NAME_CHARACTERS_MAX;
use crate::{Error, Result};

/// What is brought, and how it is called.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The user's file, which stays as it is.
    pub path: &'a Path,
    /// What it is about; without it, the file tells.
    pub kind: Option<Kind>,
    /// Its name among the data files; without it, the file's own.
    pub name: Option<&'a str>,
    /// Its licence, where the file does not tell it.
    pub licence: Option<&'a str>,
    /// The time now, in seconds since 1970 UTC.
    pub now: i64,
}

/// Checks a file of the user's and copies it. Gives its description, and what of it could not be read.
///
/// # Errors
///
/// `NotFound` if there is no such file, `InvalidQuery` if it is none that can be read, with the reason. What was there under
/// the name stays in this case.
pub fn import(folder: &Path, import: &Import<'_>) -> Result<(DataFile, Vec<String>)> {
    let shown = import.path.display();
    let name = match import.name {
        Some(name) => name.to_owned(),
        None => name_of(import.path),
    };
    data::checked_name(&name)?;
    let bytes = data::read(import.path).map_err(|error| {
        let message = format!("cannot read `{shown}`: {error}");
        match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(message),
            _ => Error::invalid(message),
        }
        .because(error)
    })?;
    let checked = check::check(&bytes, import.kind).map_err(|why| {
        Error::invalid(format!("`{shown}` cannot be used: {why}")).hint(
            "it takes MMDB databases, CSV or TSV with ranges, AWS's `ip-ranges.json`, and lists of addresses; `--as` says which",
        )
    })?;
    let written = std::fs::metadata(import.path).and_then(|data| data.modified()).ok();
    let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let written = written.and_then(|time| i64::try_from(time.as_secs()).ok());
    let told = checked.licence;
    let described = DataFile {
        kind: checked.kind,
        file: data::file_name(&name, import.now, checked.extension),
        name,
        source: vec![shown.to_string()],
        licence: import.licence.or(told.map(|licence| licence.name)).map(str::to_owned),
        attribution: told.and_then(|licence| licence.attribution).map(str::to_owned),
        date: checked.date.or(written),
        fetched: import.now,
        checked: import.now,
        versions: vec![],
        bytes: bytes.len() as u64,
        rows: checked.rows,
        rejected: checked.rejected,
    };
    data::keep(folder, &described, &bytes)?;
    Ok((described, checked.first_rejected))
}

/// A name made of a file's: `GeoLite2-City_20260101.mmdb` becomes `geolite2-city-20260101`.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut name = String::new();
    for letter in stem.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(DATA_NAME_CHARACTERS_MAX);
    name.trim_end_matches('-').to_owned()
}
