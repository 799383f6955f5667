//! Data are downloaded when the user asks for it, and kept only if they can be read.

use std::path::Path;
use std::time::Duration;

use floodmark_aws::http::{self, GetOptions, Response};
use url::Url;

use crate::data::{self, DataFile, Kind, check};
use crate::limits::{DATA_DOWNLOAD_SECONDS_MAX, DATA_FILE_BYTES_MAX, DATA_REDIRECTIONS_MAX};
use crate::{Error, ErrorKind, Result};

/// What is downloaded, beside its name.
#[derive(Clone, Copy, Debug)]
pub struct UpdateOptions<'a> {
    /// Another address for it: of the file, or with a `/` at its end, of a folder that holds the source's files.
    pub from: Option<&'a str>,
    /// What the data are about, for a name that is no known source; without it, the data tell.
    pub kind: Option<Kind>,
    /// Their licence, for a name that is no known source.
    pub licence: Option<&'a str>,
    /// The time now, in seconds since 1970 UTC.
    pub now: i64,
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// New data, what of them could not be read, and what was there before.
    Brought {
        /// The new description.
        file: Box<DataFile>,
        /// The first lines that could not be read.
        first_rejected: Vec<String>,
        /// The description of what it replaced.
        before: Option<Box<DataFile>>,
    },
    /// The data at hand are current.
    Current(Box<DataFile>),
}

/// Where the data of a name come from and what they are.
struct Wanted {
    urls: Vec<String>,
    kind: Option<Kind>,
    licence: Option<String>,
    attribution: Option<String>,
}

/// New data have at least one row for so many of what is at hand: half a file looks like a good one otherwise.
const ROWS_BEFORE_PER_ROW: u64 = 2;

/// Downloads the data of a name: a known source, data that were downloaded before, or any name with an address. The server is
/// asked only for what is newer than what is at hand.
///
/// # Errors
///
/// `NotFound` for a name without an address, and `Unavailable` if the server does not answer, if the answer cannot be read, or if
/// it has less than half of the rows of what is at hand; what was there before stays in each case.
pub async fn update(folder: &Path, name: &str, options: &UpdateOptions<'_>) -> Result<Outcome> {
    data::checked_name(name)?;
    let before = data::find(folder, name)?;
    let wanted = wanted(name, before.as_ref(), options)?;
    // A damaged file is brought again whatever its version is.
    let kept = before
        .as_ref()
        .filter(|before| before.source == wanted.urls && data::bytes_of(folder, before).is_ok());
    let versions = kept.map(|file| file.versions.as_slice()).unwrap_or_default();
    let Some(answers) = download(&wanted.urls, versions).await? else {
        let mut file = before.expect("a version at hand is current");
        // Another process may have brought a newer one meanwhile, and removed this one.
        if let Some(newer) = data::find(folder, name)?.filter(|newer| newer.file != file.file) {
            return Ok(Outcome::Current(Box::new(newer)));
        }
        file.checked = options.now;
        data::describe(folder, &file)?;
        return Ok(Outcome::Current(Box::new(file)));
    };
    let bytes = joined(&answers);
    let shown = wanted.urls.join("`, `");
    let lie = |why: String| {
        let stays = if before.is_some() { "; what was there before stays" } else { "" };
        Error::new(
            ErrorKind::Unavailable,
            format!("what `{shown}` gives cannot be used: {why}{stays}"),
        )
    };
    let checked = check::check(&bytes, wanted.kind).map_err(|why| {
        lie(why).hint("see in a browser what lies there, or name another address with `--from`")
    })?;
    if let Some(before) = &before
        && before.kind == checked.kind
        && checked.rows < before.rows / ROWS_BEFORE_PER_ROW
    {
        let why = format!("it has {} rows where there were {}", checked.rows, before.rows);
        return Err(
            lie(why).hint(format!("if that is right, `floodmark data remove {name}` first"))
        );
    }
    let told = checked.licence;
    let file = DataFile {
        name: name.to_owned(),
        kind: checked.kind,
        file: data::file_name(name, options.now, checked.extension),
        licence: wanted.licence.or_else(|| told.map(|licence| licence.name.to_owned())),
        attribution: wanted.attribution.or_else(|| told?.attribution.map(str::to_owned)),
        date: checked.date.or_else(|| answers.iter().filter_map(written).max()),
        fetched: options.now,
        checked: options.now,
        versions: answers.iter().map(version).collect(),
        source: wanted.urls,
        bytes: bytes.len() as u64,
        rows: checked.rows,
        rejected: checked.rejected,
    };
    data::keep(folder, &file, &bytes)?;
    let before = before.map(Box::new);
    Ok(Outcome::Brought { file: Box::new(file), first_rejected: checked.first_rejected, before })
}

/// The names that are updated when none is given: what was downloaded before, or else the usual sources.
///
/// # Errors
///
/// `Unavailable` if the folder cannot be read.
pub fn due(folder: &Path) -> Result<Vec<String>> {
    let files = data::list(folder)?.files.into_iter().filter(DataFile::is_from_web);
    let names: Vec<String> = files.map(|file| file.name).collect();
    if !names.is_empty() {
        return Ok(names);
    }
    let usual = data::SOURCES.iter().filter(|source| source.is_usual);
    Ok(usual.map(|source| source.name.to_owned()).collect())
}

/// Where the data of a name come from.
fn wanted(name: &str, before: Option<&DataFile>, options: &UpdateOptions<'_>) -> Result<Wanted> {
    let source = data::source(name);
    let before = before.filter(|file| file.is_from_web());
    let known: Option<Vec<String>> =
        source.map(|source| source.urls.iter().map(|url| (*url).to_owned()).collect());
    let urls: Vec<String> = match (options.from, known) {
        (Some(from), known) => moved(from, &known.unwrap_or_default())?,
        // What was downloaded from another place comes from there again.
        (None, known) => before.map(|file| file.source.clone()).or(known).ok_or_else(|| {
            let names: Vec<&str> = data::SOURCES.iter().map(|source| source.name).collect();
            Error::not_found(format!("there is no source `{name}`")).hint(format!(
                "the sources are {}; another one takes its address with `--from URL`",
                names.join(", ")
            ))
        })?,
    };
    let of_before = |part: fn(&DataFile) -> Option<String>| before.and_then(part);
    Ok(Wanted {
        urls,
        kind: source.map(|source| source.kind).or(options.kind).or(before.map(|file| file.kind)),
        licence: source
            .map(|source| source.licence.to_owned())
            .or(options.licence.map(str::to_owned))
            .or_else(|| of_before(|file| file.licence.clone())),
        attribution: source
            .and_then(|source| source.attribution.map(str::to_owned))
            .or_else(|| of_before(|file| file.attribution.clone())),
    })
}

/// The addresses of a source's files below another folder, or the one that is named.
fn moved(from: &str, urls: &[String]) -> Result<Vec<String>> {
    let base = Url::parse(from).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let base = base.ok_or_else(|| {
        Error::invalid(format!("`{from}` is no address of the web"))
            .hint("it begins with `https://`; a file of this machine is brought by `floodmark data import FILE`")
    })?;
    if !base.path().ends_with('/') || urls.is_empty() {
        return Ok(vec![from.to_owned()]);
    }
    let names = urls.iter().filter_map(|url| url.rsplit('/').next());
    Ok(names.filter_map(|name| base.join(name).ok()).map(String::from).collect())
}

/// The answers of all files; nothing if all of them are still of these versions.
async fn download(urls: &[String], versions: &[String]) -> Result<Option<Vec<Response>>> {
    let mut answers = vec![];
    let mut is_current = versions.len() == urls.len();
    for (number, url) in urls.iter().enumerate() {
        let version = versions.get(number).filter(|version| is_current && !version.is_empty());
        let answer = get(url, version.map(String::as_str)).await?;
        is_current &= answer.status == 304;
        answers.push(answer);
    }
    if is_current {
        return Ok(None);
    }
    // Those before the first that is newer were asked for only what is newer.
    for (answer, url) in answers.iter_mut().zip(urls) {
        if answer.status == 304 {
            *answer = get(url, None).await?;
        }
    }
    Ok(Some(answers))
}

/// One file, or the news that it is still of this version.
async fn get(url: &str, version: Option<&str>) -> Result<Response> {
    let client = http::client(DATA_REDIRECTIONS_MAX)?;
    let options = GetOptions {
        // A version is an entity's tag, or the time that a server without tags tells.
        if_none_match: version.filter(|version| version.contains('"')),
        if_modified_since: version.filter(|version| !version.contains('"')),
        bytes_max: usize::try_from(DATA_FILE_BYTES_MAX).unwrap_or(usize::MAX),
        time_max: Duration::from_secs(DATA_DOWNLOAD_SECONDS_MAX),
        ..GetOptions::default()
    };
    let answer = Box::pin(http::get(&client, url, &options)).await?;
    match answer.status {
        200 => Ok(answer),
        304 if version.is_some() => Ok(answer),
        status => {
            let kind = match status {
                401 | 403 => ErrorKind::AccessDenied,
                404 | 410 => ErrorKind::NotFound,
                _ => ErrorKind::Unavailable,
            };
            Err(Error::new(kind, format!("`{url}` answers with status {status}"))
                .hint("what was there before stays; `--from URL` names another address"))
        }
    }
}

/// What a server calls the version of an answer.
fn version(answer: &Response) -> String {
    let tag = answer.header("etag").filter(|tag| tag.contains('"'));
    tag.or(answer.header("last-modified")).unwrap_or_default().to_owned()
}

/// When a server says that an answer was written, in seconds since 1970 UTC.
fn written(answer: &Response) -> Option<i64> {
    let date = chrono::DateTime::parse_from_rfc2822(answer.header("last-modified")?).ok()?;
    Some(date.timestamp())
}

/// The files one after the other, each from a new line.
fn joined(answers: &[Response]) -> Vec<u8> {
    let mut bytes = vec![];
    for answer in answers {
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&answer.body);
    }
    bytes
}
