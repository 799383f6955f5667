//! A snapshot: what one account has in one region at one time, as a file.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::file::write_whole;
use crate::inventory::interface::SecurityGroup;
use crate::inventory::range_texts;
use crate::limits::{
    SNAPSHOT_BYTES_MAX, SNAPSHOTS_ALL_KEPT_SECONDS, SNAPSHOTS_KEPT_MAX, SNAPSHOTS_LISTED_MAX,
};
use crate::{Error, ErrorKind, Result};

/// What is in a snapshot's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    /// The version of this form.
    pub(super) version: u32,
    pub(super) account: String,
    pub(super) region: String,
    /// When it was taken, in seconds since 1970.
    pub(super) taken: i64,
    /// By their ids.
    pub(super) vpcs: BTreeMap<String, VpcRecord>,
    pub(super) subnets: BTreeMap<String, SubnetRecord>,
    pub(super) nat_gateways: BTreeMap<String, NatGatewayRecord>,
    pub(super) instances: BTreeMap<String, InstanceRecord>,
    /// By their names with their ids, such as `app/web/50dc6c495c0c9188`.
    pub(super) load_balancers: BTreeMap<String, LoadBalancerRecord>,
    pub(super) interfaces: Vec<InterfaceRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VpcRecord {
    pub(super) name: Option<String>,
    #[serde(with = "range_texts")]
    pub(super) ranges: Vec<IpNet>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SubnetRecord {
    pub(super) name: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) zone_id: Option<String>,
    #[serde(with = "range_texts")]
    pub(super) ranges: Vec<IpNet>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NatGatewayRecord {
    pub(super) name: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) subnet: Option<String>,
    /// The ids of its interfaces. A regional one has none that show.
    pub(super) interfaces: Vec<String>,
    pub(super) public_addresses: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InstanceRecord {
    pub(super) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoadBalancerRecord {
    pub(super) arn: String,
    pub(super) host: Option<String>,
}

/// An interface as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InterfaceRecord {
    pub(super) id: String,
    pub(super) interface_type: String,
    pub(super) description: String,
    pub(super) requester: String,
    pub(super) instance: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) subnet: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) addresses: Vec<IpAddr>,
    #[serde(with = "range_texts")]
    pub(super) prefixes: Vec<IpNet>,
    pub(super) public_addresses: Vec<IpAddr>,
    pub(super) security_groups: Vec<SecurityGroup>,
    pub(super) tags: BTreeMap<String, String>,
}

/// The version of the form that is written and read.
pub(super) const VERSION: u32 = 1;

/// The form of the time in a file's name.
const NAME: &str = "%Y%m%dT%H%M%SZ";

/// A snapshot's file, which was not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SnapshotFile {
    pub(super) path: PathBuf,
    /// When it was taken, in seconds since 1970.
    pub(super) taken: i64,
}

/// The files of one account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeriesFiles {
    pub(super) account: String,
    pub(super) region: String,
    /// In the order of their times.
    pub(super) files: Vec<SnapshotFile>,
}

/// Whether it is an account's number.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it can be a region's name.
pub(super) fn is_region(text: &str) -> bool {
    const LONGEST: usize = 32;
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_letter)
}

/// The snapshots below a folder, in the order of accounts and regions. What is no snapshot by its name is passed over.
pub(super) fn list(folder: &Path) -> Result<Vec<SeriesFiles>> {
    let mut found = Vec::new();
    let mut listed = 0;
    for (account, folder) in entries(folder, &mut listed)? {
        if !is_account(&account) {
            continue;
        }
        for (region, folder) in entries(&folder, &mut listed)? {
            if !is_region(&region) {
                continue;
            }
            let files = entries(&folder, &mut listed)?;
            let mut files: Vec<_> = files
                .into_iter()
                .filter_map(|(name, path)| Some(SnapshotFile { taken: time_of(&name)?, path }))
                .collect();
            files.sort_by_key(|file| file.taken);
            if !files.is_empty() {
                found.push(SeriesFiles { account: account.clone(), region, files });
            }
        }
    }
    found.sort_by(|one, other| (&one.account, &one.region).cmp(&(&other.account, &other.region)));
    Ok(found)
}

/// The names in a folder; none if it does not exist.
fn entries(folder: &Path, listed: &mut usize) -> Result<Vec<(String, PathBuf)>> {
    let refused = |error: std::io::Error| {
        let message = format!("cannot read the folder `{}`: {error}", folder.display());
        Error::new(ErrorKind::Unavailable, message).because(error)
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_no_folder(&error) => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(refused)?;
        *listed += 1;
        if *listed > SNAPSHOTS_LISTED_MAX {
            let message = format!(
                "there are more than {SNAPSHOTS_LISTED_MAX} snapshots below `{}`",
                folder.display()
            );
            return Err(Error::new(ErrorKind::LimitReached, message).hint("remove the oldest"));
        }
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

fn is_no_folder(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The time in a file's name, in seconds since 1970.
fn time_of(name: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(name.strip_suffix(".json")?, NAME).ok()?;
    Some(time.and_utc().timestamp())
}

/// Reads a snapshot. An error says what is wrong with the file.
pub(super) fn read(path: &Path) -> Result<Content> {
    let shown = path.display();
    let refused = |reason: String| {
        Error::new(
            ErrorKind::Unavailable,
            format!("the snapshot `{shown}` is passed over: {reason}"),
        )
        .hint("`floodmark inventory refresh` takes a new one; this one can be removed")
    };
    let bytes = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if bytes > SNAPSHOT_BYTES_MAX {
        return Err(refused(format!("it has more than {SNAPSHOT_BYTES_MAX} bytes")));
    }
    let text = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let content: Content = serde_json::from_slice(&text).map_err(|error| match error.is_eof() {
        true => refused("it was written in part only".to_owned()),
        false => refused(format!("it is damaged: {error}")),
    })?;
    if content.version != VERSION {
        return Err(refused(format!("it has the form {} of another version", content.version)));
    }
    Ok(content)
}

/// Writes a snapshot into its place, and gives the path.
pub(super) fn write(folder: &Path, content: &Content) -> Result<PathBuf> {
    let time = DateTime::from_timestamp(content.taken, 0)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "the time of a snapshot is no time"))?;
    let name = format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z.json",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    let path = folder.join(&content.account).join(&content.region).join(name);
    let text = serde_json::to_vec(content).map_err(|error| {
        Error::new(ErrorKind::Internal, "a snapshot cannot be written as JSON").because(error)
    })?;
    write_whole(&path, &text)?;
    Ok(path)
}

/// Which files need not be kept: of days that are over for long, all but the last of the day; and the oldest beyond a limit.
pub(super) fn superfluous(files: &[SnapshotFile], now: i64) -> Vec<&SnapshotFile> {
    const DAY: i64 = 24 * 60 * 60;
    let day = |file: &SnapshotFile| file.taken.div_euclid(DAY);
    let is_kept = |(at, file): (usize, &SnapshotFile)| {
        now - file.taken <= SNAPSHOTS_ALL_KEPT_SECONDS
            || files.get(at + 1).is_none_or(|next| day(next) != day(file))
    };
    let (kept, mut over): (Vec<_>, Vec<_>) =
        files.iter().enumerate().partition(|(at, file)| is_kept((*at, file)));
    let beyond = kept.len().saturating_sub(SNAPSHOTS_KEPT_MAX);
    over.extend(kept.into_iter().take(beyond));
    over.into_iter().map(|(_, file)| file).collect()
}

#[cfg(test)]
mod tests {
    use super::{SnapshotFile, superfluous, time_of};
    use crate::limits::SNAPSHOTS_KEPT_MAX;

    const DAY: i64 = 24 * 60 * 60;

    fn files(times: impl Iterator<Item = i64>) -> Vec<SnapshotFile> {
        times.map(|taken| SnapshotFile { path: format!("{taken}.json").into(), taken }).collect()
    }

    #[test]
    fn old_days_keep_their_last_snapshot() {
        let now = 100 * DAY;
        let files = files([80 * DAY, 80 * DAY + 60, 81 * DAY, 90 * DAY, 90 * DAY + 60].into_iter());
        let gone: Vec<_> = superfluous(&files, now).iter().map(|file| file.taken).collect();
        assert_eq!(gone, [80 * DAY]);
        let many = i64::try_from(SNAPSHOTS_KEPT_MAX).unwrap() + 2;
        let files = self::files((0..many).map(|at| now - many + at));
        let gone: Vec<_> = superfluous(&files, now).iter().map(|file| file.taken).collect();
        assert_eq!(gone, [now - many, now - many + 1]);
    }

    #[test]
    fn names_are_times() {
        assert_eq!(time_of("20241005T010203Z.json"), Some(1_728_090_123));
        for name in ["20241005T010203Z.json.tmp", ".tmpAbCdEf", "20241305T010203Z.json", "x.json"] {
            assert_eq!(time_of(name), None, "{name}");
        }
    }
}
