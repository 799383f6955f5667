//! The files of data that the user brings or refreshes: countries, autonomous systems, AWS's ranges, threat lists.
//!
//! Each has a description beside it, `<name>.json`, that names the file which holds the data. A newer file lies under a name of
//! its own until its description has taken the place of the older one: nobody ever sees half of a change, also where two
//! bring the same at once.

mod check;
mod import;
mod licences;
mod sources;
mod update;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::limits::{DATA_FILE_BYTES_MAX, DATA_FILES_MAX, DATA_NAME_CHARACTERS_MAX};
use crate::{Error, ErrorKind, Result, file};

pub use import::{Import, import};
pub use sources::{SOURCES, Source, source};
pub use update::{Outcome, UpdateOptions, due, update};

/// What a data file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// AWS's own address ranges.
    AwsRanges,
    /// Countries of addresses.
    Country,
    /// Autonomous systems of addresses.
    Asn,
    /// Both of these.
    Location,
    /// Addresses with a bad name.
    ThreatList,
}

/// The description of a data file, as it lies beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its name, by which it is updated and removed.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// The file that holds the data, in the same folder.
    pub file: String,
    /// Where it came from: addresses of the web, or the path of the user's file.
    pub source: Vec<String>,
    /// The licence of the data, as far as it is known.
    pub licence: Option<String>,
    /// Whom to name when the data are shown to others, where the licence asks for it.
    pub attribution: Option<String>,
    /// When the data were made, in seconds since 1970 UTC, as far as it is told.
    pub date: Option<i64>,
    /// When it was brought, in seconds since 1970 UTC.
    pub fetched: i64,
    /// When it was last found to be current, in seconds since 1970 UTC.
    pub checked: i64,
    /// What the servers call this version, to ask only for a newer one; empty for a user's file.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The file's size in bytes.
    pub bytes: u64,
    /// How many ranges, prefixes or networks it holds.
    pub rows: u64,
    /// How many of its lines could not be read.
    #[serde(default)]
    pub rejected: u64,
}

/// What lies in the folder.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The data files, by name.
    pub files: Vec<DataFile>,
    /// Descriptions that cannot be read, each with the way out.
    pub troubles: Vec<String>,
}

/// The kinds that hold countries.
pub(crate) const COUNTRY_KINDS: [Kind; 2] = [Kind::Country, Kind::Location];

/// The kinds that hold autonomous systems.
pub(crate) const SYSTEM_KINDS: [Kind; 2] = [Kind::Asn, Kind::Location];

/// How many lines that could not be read are told.
pub(crate) const REJECTED_SHOWN: usize = 5;

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::AwsRanges, Self::Country, Self::Asn, Self::Location, Self::ThreatList];

    /// The kind of a name such as `threat-list`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsRanges => "aws-ranges",
            Self::Country => "country",
            Self::Asn => "asn",
            Self::Location => "location",
            Self::ThreatList => "threat-list",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Listing {
    /// The file that was brought last of one of these kinds: it is the one that answers.
    pub fn newest(&self, kinds: &[Kind]) -> Option<&DataFile> {
        let files = self.files.iter().filter(|file| kinds.contains(&file.kind));
        files.max_by_key(|file| file.fetched)
    }

    /// Whether a file answers questions: it is the newest of its kind, or one of the threat lists, which all do.
    pub fn is_used(&self, file: &DataFile) -> bool {
        let is_newest = |kinds: &[Kind]| self.newest(kinds).is_some_and(|newest| newest == file);
        file.kind == Kind::ThreatList
            || [&[Kind::AwsRanges][..], &COUNTRY_KINDS, &SYSTEM_KINDS].into_iter().any(is_newest)
    }
}

impl DataFile {
    /// Whether it can be updated: it came from the web.
    pub fn is_from_web(&self) -> bool {
        self.source.first().is_some_and(|source| is_web(source))
    }
}

/// The data files of a folder, by name. None if there is no such folder.
///
/// # Errors
///
/// `Unavailable` if the folder cannot be read.
pub fn list(folder: &Path) -> Result<Listing> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Listing::default()),
        Err(error) => return Err(unreadable(folder, error)),
    };
    let mut listing = Listing::default();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name.strip_suffix(".json").filter(|name| is_name(name)) else { continue };
        if listing.files.len() >= DATA_FILES_MAX {
            let message =
                format!("`{}` holds more than {DATA_FILES_MAX} data files", folder.display());
            return Err(Error::new(ErrorKind::LimitReached, message)
                .hint("`floodmark data remove NAME` removes one"));
        }
        let described = std::fs::read(&path).map_err(|error| error.to_string()).and_then(|bytes| {
            serde_json::from_slice::<DataFile>(&bytes).map_err(|error| error.to_string())
        });
        match described {
            Ok(described) if described.name == name && is_file_of(&described.file, name) => {
                listing.files.push(described);
            }
            Ok(_) => listing.troubles.push(format!(
                "`{}` describes another file; remove it, or bring the data again",
                path.display()
            )),
            Err(why) => listing.troubles.push(format!(
                "`{}` cannot be read ({why}); remove it, or bring the data again",
                path.display()
            )),
        }
    }
    listing.files.sort_by(|a, b| a.name.cmp(&b.name));
    listing.troubles.sort();
    Ok(listing)
}

/// The bytes of a data file.
///
/// # Errors
///
/// `Unavailable` if it cannot be read, is not there, or has another size than when it was brought.
pub fn bytes_of(folder: &Path, file: &DataFile) -> Result<Vec<u8>> {
    let path = folder.join(&file.file);
    let bytes = read(&path).map_err(|error| {
        let why = error.to_string();
        damaged(folder, file, &why).because(error)
    })?;
    if bytes.len() as u64 != file.bytes {
        let why =
            format!("it has {} bytes, and had {} when it was brought", bytes.len(), file.bytes);
        return Err(damaged(folder, file, &why));
    }
    Ok(bytes)
}

/// The text of a data file; bytes that are no UTF-8 are U+FFFD.
///
/// # Errors
///
/// As [`bytes_of`].
pub fn text_of(folder: &Path, file: &DataFile) -> Result<String> {
    let bytes = bytes_of(folder, file)?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Removes a data file with its description.
///
/// # Errors
///
/// `NotFound` if there is none of this name, `Unavailable` if the disk refuses it.
pub fn remove(folder: &Path, name: &str) -> Result<()> {
    let description = folder.join(format!("{name}.json"));
    if !is_name(name) || !description.exists() {
        let listing = list(folder)?;
        let names: Vec<&str> = listing.files.iter().map(|file| file.name.as_str()).collect();
        let error = Error::not_found(format!("there is no data file `{name}`"));
        return Err(match names.as_slice() {
            [] => error.hint("there is none at all"),
            names => error.hint(format!("there are {}", names.join(", "))),
        });
    }
    std::fs::remove_file(&description).map_err(|error| unwritable(&description, error))?;
    sweep(folder, name)
}

/// The error of a data file that cannot be used.
pub(crate) fn damaged(folder: &Path, file: &DataFile, why: &str) -> Error {
    let path = folder.join(&file.file);
    let message = format!("the data file `{}` (`{}`) is damaged: {why}", file.name, path.display());
    let again = if file.is_from_web() {
        format!("`floodmark data update {}` brings it again", file.name)
    } else {
        "`floodmark data import` brings it again".to_owned()
    };
    Error::new(ErrorKind::Unavailable, message)
        .hint(format!("{again}, `floodmark data remove {}` does without", file.name))
}

/// Keeps data under a name: first the data, then the description, then what that replaces goes, and nothing else: another process
/// may be bringing the same.
pub(crate) fn keep(folder: &Path, described: &DataFile, bytes: &[u8]) -> Result<()> {
    file::write_whole(&folder.join(&described.file), bytes)?;
    let before = find(folder, &described.name)?;
    describe(folder, described)?;
    match before {
        Some(before) if before.file != described.file => remove_file(&folder.join(before.file)),
        _ => Ok(()),
    }
}

/// The data file of a name, if there is one that can be read.
pub(crate) fn find(folder: &Path, name: &str) -> Result<Option<DataFile>> {
    Ok(list(folder)?.files.into_iter().find(|file| file.name == name))
}

/// Writes a description.
pub(crate) fn describe(folder: &Path, described: &DataFile) -> Result<()> {
    let text = serde_json::to_vec_pretty(described).expect("a description is JSON");
    file::write_whole(&folder.join(format!("{}.json", described.name)), &text)
}

/// Checks a name for a data file.
pub(crate) fn checked_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::invalid(format!("`{name}` is no name for a data file"))
        .hint("a name is of small letters, digits and `-`, such as `office-list`"))
}

/// Reads a file that is not too large.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;

    let mut bytes = vec![];
    let file = std::fs::File::open(path)?;
    file.take(DATA_FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DATA_FILE_BYTES_MAX {
        let why = format!("it has more than {} MiB", DATA_FILE_BYTES_MAX >> 20);
        return Err(std::io::Error::other(why));
    }
    Ok(bytes)
}

/// Whether a source is an address of the web.
fn is_web(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}

/// Whether a name is plain: it becomes part of names of files.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty()
        && name.len() <= DATA_NAME_CHARACTERS_MAX
        && !name.starts_with('-')
        && name.bytes().all(is_plain)
}

/// A name of its own for a file that holds data which were brought at a time: two processes may bring the same in one second.
fn file_name(name: &str, fetched: i64, extension: &str) -> String {
    // Each state of hashing starts from random keys.
    let unique = RandomState::new().hash_one(std::process::id());
    format!("{name}.{fetched}-{unique:016x}.{extension}")
}

/// Whether a file's name is one of this data's.
fn is_file_of(file: &str, name: &str) -> bool {
    let rest = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| rest.contains('.') && !rest.contains(['/', '\\']))
}

/// Removes all files of the data of a name, also those that a process left which was ended.
fn sweep(folder: &Path, name: &str) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    for entry in entries {
        let path: PathBuf = entry.map_err(|error| unreadable(folder, error))?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if is_file_of(file, name) {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, if it is still there.
fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(path, error)),
        _ => Ok(()),
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let message = format!("cannot read `{}`: {error}", path.display());
    Error::new(ErrorKind::Unavailable, message).hint("check its permissions").because(error)
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    let message = format!("cannot remove `{}`: {error}", path.display());
    Error::new(ErrorKind::Unavailable, message).hint("check its permissions").because(error)
}
