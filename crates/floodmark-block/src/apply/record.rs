//! Records of what was changed in AWS: a JSON file each.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::apply::ApplyOptions;
use crate::apply::step::{Made, Step};
use crate::limits::{RECORD_BYTES_MAX, RECORDS_MAX};
use crate::names;
use crate::rule::{Plan, WebAclRule};
use crate::{Error, ErrorKind, Result};

/// What was changed in AWS, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id, which is its file's name: `20261122T093000Z-floodmark-nacl-1a2b3c4d`.
    pub id: String,
    /// The plan.
    pub plan: Plan,
    /// The number of the account that was changed.
    pub account: String,
    /// The region that AWS was asked in, if one was set.
    pub region: Option<String>,
    /// When it was begun, in seconds since 1970 UTC.
    pub begun: i64,
    /// When it was last written, in seconds since 1970 UTC.
    pub written: i64,
    /// How far it came.
    pub state: RecordState,
    /// The steps, in the order they are made.
    pub steps: Vec<StepRecord>,
}

/// Whose AWS it is, and where.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The account's number.
    pub(super) account: String,
    /// The region, if one is set.
    pub(super) region: Option<String>,
}

/// How far a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// It was begun, and nothing was written since: it was cut off, or runs now.
    Begun,
    /// All steps are made.
    Applied,
    /// A step failed, and those before it were taken back.
    TakenBack,
    /// A step could not be taken back.
    Stuck,
    /// It was applied, and taken back later.
    Undone,
}

/// A step and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub state: StepState,
    /// What AWS called what it made.
    pub made: Option<Made>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was not begun, or AWS refused it.
    Waiting,
    /// It was sent; whether AWS made it is not known.
    Begun,
    /// It is made.
    Done,
    /// It is taken back.
    TakenBack,
    /// It is left, since others have changed what it made, or what held it is gone.
    Left,
}

/// The records of a folder.
#[derive(Debug, Default)]
pub struct Records {
    /// Those that can be read, the newest first.
    pub records: Vec<Record>,
    /// What could not be read, a sentence each.
    pub troubles: Vec<String>,
}

/// Reads the record of an id.
pub fn read(folder: &Path, id: &str) -> Result<Record> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let missing = || {
        Error::not_found(format!("no record `{}` of a block", crate::target::shown(id)))
            .hint("`floodmark block list` lists them")
    };
    if id.is_empty() || !id.chars().all(plain) {
        return Err(missing());
    }
    let path = path(folder, id);
    if !path.exists() {
        return Err(missing());
    }
    open(&path)
}

/// Reads all records of a folder; none if there is no folder. What cannot be read is told, and the others are listed.
pub fn list(folder: &Path) -> Result<Records> {
    let mut records = Records::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(records),
        Err(error) => return Err(unreadable(folder, error)),
    };
    let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    // The names begin with the time.
    paths.sort_unstable_by(|one, other| other.cmp(one));
    for path in paths.into_iter().take(RECORDS_MAX) {
        match open(&path) {
            Ok(record) => records.records.push(record),
            Err(error) => records.troubles.push(error.to_string()),
        }
    }
    Ok(records)
}

/// The newest record of a plan's name that has something to take back.
pub fn newest(folder: &Path, name: &str) -> Result<Option<Record>> {
    let records = list(folder)?.records;
    Ok(records.into_iter().find(|record| {
        record.plan.name == name && record.steps.iter().any(|step| step.state.may_stand())
    }))
}

/// The newest later record of the same place that gave another form to a rule that this one put there.
///
/// Taking this one back first would let the later one put the rule back.
pub(super) fn later_of_same_rule(folder: &Path, record: &Record) -> Result<Option<Record>> {
    let rules: Vec<(&str, &WebAclRule)> = record.standing().filter_map(Step::rule).collect();
    if rules.is_empty() {
        return Ok(None);
    }
    // The newest come first, and those before the record itself are older.
    let newer = list(folder)?.records.into_iter().take_while(|other| other.id != record.id);
    let mut of_place =
        newer.filter(|other| other.account == record.account && other.region == record.region);
    Ok(of_place.find(|other| {
        other.standing().filter_map(Step::rule).any(|(web_acl, rule)| {
            rules.iter().any(|(known, ours)| {
                *known == web_acl && ours.name == rule.name && ours.scope == rule.scope
            })
        })
    }))
}

impl StepState {
    /// True if what the step made may stand in AWS.
    pub fn may_stand(self) -> bool {
        matches!(self, Self::Begun | Self::Done)
    }
}

impl Record {
    /// Writes down what is about to be done.
    pub(super) fn begin(
        plan: &Plan,
        steps: &[Step],
        place: Place,
        options: ApplyOptions<'_>,
    ) -> Result<Self> {
        let time = names::time(options.now).replace(['-', ':'], "");
        let stem = format!("{time}-{}", plan.name);
        // Two of the same second are told apart by a number.
        let mut id = stem.clone();
        let mut number = 2;
        while path(options.folder, &id).exists() {
            id = format!("{stem}-{number}");
            number += 1;
        }
        let waiting =
            |step: &Step| StepRecord { step: step.clone(), state: StepState::Waiting, made: None };
        // What was there before is not ours to take away.
        let mut plan = plan.clone();
        plan.changes.retain(|change| !change.is_there());
        let record = Self {
            id,
            plan,
            account: place.account,
            region: place.region,
            begun: options.now,
            written: options.now,
            state: RecordState::Begun,
            steps: steps.iter().map(waiting).collect(),
        };
        record.write(options)?;
        Ok(record)
    }

    /// Notes what became of a step.
    pub(super) fn set(
        &mut self,
        options: ApplyOptions<'_>,
        index: usize,
        state: StepState,
    ) -> Result<()> {
        self.steps[index].state = state;
        self.write(options)
    }

    /// Notes how it ended.
    pub(super) fn finish(&mut self, options: ApplyOptions<'_>, state: RecordState) -> Result<()> {
        self.state = state;
        self.written = options.now;
        self.write(options)
    }

    /// What has been made so far.
    pub(super) fn made(&self) -> Vec<Made> {
        self.steps.iter().filter_map(|step| step.made.clone()).collect()
    }

    /// The steps whose work may stand in AWS now.
    pub fn standing(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state.may_stand()).map(|step| &step.step)
    }

    /// Writes it as a whole: nobody sees half of it.
    fn write(&self, options: ApplyOptions<'_>) -> Result<()> {
        let path = path(options.folder, &self.id);
        let refused = |error: std::io::Error| {
            Error::new(
                ErrorKind::Unavailable,
                format!("cannot write the record `{}`: {error}", path.display()),
            )
            .hint("check the folder's permissions and the free space, or name another one with `--home`")
            .because(error)
        };
        let text = serde_json::to_vec_pretty(self).expect("a record is written as JSON");
        std::fs::create_dir_all(options.folder).map_err(refused)?;
        let mut file = tempfile::NamedTempFile::new_in(options.folder).map_err(refused)?;
        file.write_all(&text).map_err(refused)?;
        file.as_file().sync_all().map_err(refused)?;
        file.persist(&path).map_err(|error| refused(error.error))?;
        Ok(())
    }
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn open(path: &Path) -> Result<Record> {
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, error))?;
    let mut text = Vec::new();
    let mut limited = file.take(RECORD_BYTES_MAX + 1);
    limited.read_to_end(&mut text).map_err(|error| unreadable(path, error))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > RECORD_BYTES_MAX {
        return Err(Error::new(
            ErrorKind::LimitReached,
            format!("`{}` has more than {RECORD_BYTES_MAX} bytes", path.display()),
        ));
    }
    serde_json::from_slice(&text).map_err(|error| {
        Error::invalid(format!("`{}` is no record of a block: {error}", path.display()))
            .hint("it was altered or cut off; what it changed stands in AWS's own log, CloudTrail")
            .because(error)
    })
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("cannot read `{}`: {error}", path.display()))
        .because(error)
}
