//! Listing: streams objects from many folders at the same time, and passes over days that are not asked for.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use floodmark_buckets::Bucket;
use floodmark_formats::key;
use floodmark_formats::time::{DAY, HOUR, Micros, civil, days};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, FuturesUnordered};
use futures::{FutureExt, StreamExt, TryStreamExt};
use glob::{MatchOptions, Pattern};
use tokio::sync::{Semaphore, mpsc};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{FOLDERS_DEPTH_MAX, LISTED_AHEAD_MAX, LISTINGS_MAX};
use crate::store::s3::{Page, PageOptions, S3};
use crate::store::{Location, Object, Store, bucket, local};

/// Which objects are asked for, by the time in their names. What a folder's date excludes is not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListHints {
    /// The earliest time that a wanted object's name may bear.
    pub from: Option<Micros>,
    /// The latest.
    pub to: Option<Micros>,
    /// Whether a folder that may not be listed is passed over, with its error in the stream, and the rest goes on.
    pub keep_going: bool,
    /// Whether a location may hold nothing, or not exist: no error, as in Athena.
    pub may_be_empty: bool,
}

impl ListHints {
    /// Whether an object whose name bears this time is excluded.
    pub fn exclude(&self, time: Micros) -> bool {
        self.from.is_some_and(|from| time < from) || self.to.is_some_and(|to| time > to)
    }

    /// Whether every object in a folder of this time is excluded.
    fn exclude_folder(&self, folder: &FolderTime) -> bool {
        self.from.is_some_and(|from| folder.end + folder.slack <= from)
            || self.to.is_some_and(|to| folder.start - folder.slack > to)
    }

    /// Whether any object is excluded by its time.
    fn are_bounded(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

/// Lists the objects below a location. Reading can begin with the first.
///
/// A folder that cannot be listed is an error in the stream, after which nothing more comes unless the hints say to go on.
/// Must be called within a tokio runtime; dropping the stream ends the listing.
pub fn list(
    store: &Store,
    location: &Location,
    hints: ListHints,
) -> BoxStream<'static, Result<Object>> {
    if let Store::Overlay(folder, s3) = store {
        return overlaid(folder, s3, location, hints);
    }
    let (sender, receiver) = mpsc::channel(LISTED_AHEAD_MAX);
    match (store, location) {
        (Store::S3(_) | Store::Bucket(_), Location::S3 { prefix, pattern, .. }) => {
            let walk = S3Walk {
                store: store.clone(),
                hints,
                sender,
                permits: Arc::new(Semaphore::new(LISTINGS_MAX)),
                pattern: pattern.as_deref().and_then(|pattern| Pattern::new(pattern).ok()),
                root: prefix.clone(),
                found: AtomicBool::new(false),
            };
            let location = location.to_string();
            tokio::spawn(async move {
                let gone = walk.sender.clone();
                tokio::select! {
                    () = Arc::new(walk).run(location) => {}
                    () = gone.closed() => {}
                }
            });
        }
        (_, Location::Path(path)) => {
            let path = path.clone();
            tokio::task::spawn_blocking(move || {
                let walk = LocalWalk { hints, sender, found: Cell::new(false) };
                let dates = Dates::default().enter_all(&path.to_string_lossy());
                if hints.may_be_empty && !path.exists() {
                    return;
                }
                if walk.path(&path, dates, 0).is_ok() && !walk.found.get() && !hints.may_be_empty {
                    let message = format!("there is no file below `{}`", path.display());
                    let _ = walk.send(Err(Error::not_found(message)));
                }
            });
        }
        (_, Location::Glob(pattern)) => {
            let pattern = pattern.clone();
            tokio::task::spawn_blocking(move || {
                glob_walk(&LocalWalk { hints, sender, found: Cell::new(false) }, &pattern);
            });
        }
        (_, Location::StandardInput | Location::S3 { .. }) => {
            return stream::iter([Ok(Object::standard_input())]).boxed();
        }
    }
    stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|object| (object, receiver))
    })
    .boxed()
}

/// Lists what lies on this machine, and then what lies in S3 under other keys.
fn overlaid(
    folder: &Arc<Bucket>,
    s3: &Arc<S3>,
    location: &Location,
    hints: ListHints,
) -> BoxStream<'static, Result<Object>> {
    let may_be_empty = ListHints { may_be_empty: true, ..hints };
    let here = list(&Store::Bucket(Arc::clone(folder)), location, may_be_empty);
    let there = list(&Store::S3(Arc::clone(s3)), location, may_be_empty);
    // What is here is listed before S3 is looked at.
    let keys = Arc::new(Mutex::new(HashSet::new()));
    let known = Arc::clone(&keys);
    let here = here.inspect_ok(move |object| {
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(object.key.clone());
    });
    let there = there.filter(move |object| {
        let keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
        let is_here = object.as_ref().is_ok_and(|object| keys.contains(&object.key));
        std::future::ready(!is_here)
    });
    here.chain(there).boxed()
}

/// The time that the folders so far have named, below a folder `AWSLogs`: elsewhere a number may mean anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Dates {
    #[default]
    Outside,
    /// Below `AWSLogs`, or below a folder there that is no date.
    Inside,
    Year(i64),
    Month(i64, i64),
    Day(i64, i64, i64),
    Hour(i64, i64, i64, i64),
    /// Below a folder of an hour, or another one below that of a day.
    Within,
}

/// The time of a folder, the end excluded.
struct FolderTime {
    start: Micros,
    end: Micros,
    /// The folder bears the time of delivery, the name that of the records: by how much they may lie apart.
    slack: Micros,
}

impl Dates {
    /// The time after entering a folder: `2024`, `year=2024`, then `10`, `month=10`, then `05`, `day=05`, then `01`, `hour=01`.
    fn enter(self, folder: &str) -> Self {
        if folder == "AWSLogs" {
            return Self::Inside;
        }
        let (name, value) = folder.split_once('=').unwrap_or(("", folder));
        let part = |of: &str, length: usize, range: RangeInclusive<i64>| {
            let named = name.is_empty() || name.eq_ignore_ascii_case(of);
            let digits = value.len() == length && value.bytes().all(|byte| byte.is_ascii_digit());
            let number = value.parse().ok().filter(|number| range.contains(number));
            number.filter(|_| named && digits)
        };
        match self {
            Self::Outside => Self::Outside,
            // AWS has written logs since 2006.
            Self::Inside => part("year", 4, 2006..=2100).map_or(Self::Inside, Self::Year),
            Self::Year(year) => {
                part("month", 2, 1..=12).map_or(Self::Inside, |month| Self::Month(year, month))
            }
            Self::Month(year, month) => {
                part("day", 2, 1..=31).map_or(Self::Inside, |day| Self::Day(year, month, day))
            }
            Self::Day(year, month, day) => part("hour", 2, 0..=23)
                .map_or(Self::Within, |hour| Self::Hour(year, month, day, hour)),
            Self::Hour(..) | Self::Within => Self::Within,
        }
    }

    fn enter_all(self, path: &str) -> Self {
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').fold(self, Self::enter)
    }

    /// The time of the folder. A year alone tells too little: it may be a name of the owner's.
    fn time(self) -> Option<FolderTime> {
        let of_days = |first: i64, next: i64| {
            Some(FolderTime { start: first * DAY, end: next * DAY, slack: DAY })
        };
        match self {
            Self::Month(year, 12) => of_days(days(year, 12, 1)?, days(year + 1, 1, 1)?),
            Self::Month(year, month) => of_days(days(year, month, 1)?, days(year, month + 1, 1)?),
            Self::Day(year, month, day) => {
                let day = days(year, month, day)?;
                of_days(day, day + 1)
            }
            Self::Hour(year, month, day, hour) => {
                let start = days(year, month, day)? * DAY + hour * HOUR;
                Some(FolderTime { start, end: start + HOUR, slack: 2 * HOUR })
            }
            Self::Outside | Self::Inside | Self::Year(_) | Self::Within => None,
        }
    }

    fn excluded(self, hints: &ListHints) -> bool {
        self.time().is_some_and(|folder| hints.exclude_folder(&folder))
    }

    /// Whether folders below may be excluded by their names.
    fn may_tell_more(self, hints: &ListHints) -> bool {
        match self {
            Self::Day(..) => hints.are_bounded(),
            Self::Hour(..) | Self::Within => false,
            Self::Outside | Self::Inside | Self::Year(_) | Self::Month(..) => true,
        }
    }
}

struct LocalWalk {
    hints: ListHints,
    sender: mpsc::Sender<Result<Object>>,
    /// Whether there is anything at all.
    found: Cell<bool>,
}

/// The listing is over: the reader has gone, or an error ends it.
struct Over;

impl LocalWalk {
    fn send(&self, object: Result<Object>) -> std::result::Result<(), Over> {
        let end = object.is_err() && !self.hints.keep_going;
        self.sender.blocking_send(object).map_err(|_| Over)?;
        if end { Err(Over) } else { Ok(()) }
    }

    fn path(&self, path: &Path, dates: Dates, depth: usize) -> std::result::Result<(), Over> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.send(Err(local::failure(path, error))),
        };
        if !metadata.is_dir() {
            self.found.set(true);
            return self.send(Ok(local::object(path, &metadata)));
        }
        if depth > FOLDERS_DEPTH_MAX {
            let message = format!(
                "`{}` is nested more than {FOLDERS_DEPTH_MAX} folders deep",
                path.display()
            );
            return self.send(Err(Error::new(ErrorKind::LimitReached, message)));
        }
        let entries = std::fs::read_dir(path).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()
        });
        let mut names = match entries {
            Ok(names) => names,
            Err(error) => return self.send(Err(local::failure(path, error))),
        };
        names.sort();
        for name in names {
            let inner = dates.enter(&name.to_string_lossy());
            let path: PathBuf = path.join(&name);
            if inner.excluded(&self.hints) && path.is_dir() {
                self.found.set(true);
            } else if !leads_back(&path) {
                self.path(&path, inner, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// Whether a path is a link to a folder that it lies in.
fn leads_back(path: &Path) -> bool {
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    is_link
        && folder.is_some_and(|folder| {
            path.canonicalize().is_ok_and(|target| folder.starts_with(target))
        })
}

fn glob_walk(walk: &LocalWalk, pattern: &str) {
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        Err(error) => {
            let message = format!("`{pattern}` is no glob: {}", error.msg);
            let _ = walk.send(Err(Error::invalid_query(message)));
            return;
        }
    };
    let mut found = false;
    // A pattern may match a folder and what lies in it; all of it is read once.
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in paths {
        found = true;
        let sent = match path {
            Ok(path) if folders.iter().any(|folder| path.starts_with(folder)) => continue,
            Ok(path) => {
                let dates = Dates::default().enter_all(&path.to_string_lossy());
                let sent = walk.path(&path, dates, 0);
                if path.is_dir() {
                    folders.push(path);
                }
                sent
            }
            Err(error) => {
                let path = error.path().to_owned();
                walk.send(Err(local::failure(&path, error.into())))
            }
        };
        if sent.is_err() {
            return;
        }
    }
    if !found {
        let error = Error::not_found(format!("no file matches `{pattern}`"));
        let _ =
            walk.send(Err(error.hint("globs are written in quotes; `**` goes through folders")));
    }
}

struct S3Walk {
    store: Store,
    hints: ListHints,
    sender: mpsc::Sender<Result<Object>>,
    permits: Arc<Semaphore>,
    pattern: Option<Pattern>,
    /// The prefix that the user wrote. Without a pattern it is an object, or a folder with or without its last `/`.
    root: String,
    /// Whether anything lies there, be it wanted or not.
    found: AtomicBool,
}

impl S3Walk {
    /// Lists all of it. That there is nothing is an error, as it is for a path: most likely the address is wrong.
    async fn run(self: Arc<Self>, location: String) {
        let dates = Dates::default().enter_all(&self.root);
        let listed = Arc::clone(&self).folder(self.root.clone(), dates, 0).await;
        let error = match listed {
            Err(error) => error,
            Ok(()) if self.found.load(Ordering::Relaxed) || self.hints.may_be_empty => return,
            Ok(()) => Error::not_found(format!("there is no object at `{location}`")).hint(
                "`aws s3 ls` shows what is there; the beginning of a name needs a `*` at its end",
            ),
        };
        // Nobody to tell if the reader has gone.
        let _ = self.sender.send(Err(error)).await;
    }

    /// One page of a folder.
    async fn page(&self, prefix: &str, options: PageOptions) -> Result<Page> {
        match &self.store {
            Store::S3(s3) => s3.page(prefix, options).await,
            Store::Bucket(folder) => bucket::page(folder, prefix, options).await,
            Store::Local | Store::StandardInput(_) | Store::Overlay(..) => Ok(Page::default()),
        }
    }

    /// Lists one folder, and those below it at the same time.
    fn folder(
        self: Arc<Self>,
        prefix: String,
        dates: Dates,
        depth: usize,
    ) -> BoxFuture<'static, Result<()>> {
        async move {
            // Where no name of a folder could exclude anything, one flat listing takes the fewest requests.
            let by_folder =
                depth == 0 || (dates.may_tell_more(&self.hints) && depth < FOLDERS_DEPTH_MAX);
            let mut options = PageOptions { by_folder, ..PageOptions::default() };
            let mut below = FuturesUnordered::new();
            loop {
                // Held until the page's objects are handed on: there may be thousands of folders, each with a page in memory.
                let permit = self.permits.acquire().await;
                let page = match self.page(&prefix, options.clone()).await {
                    Ok(page) => page,
                    Err(error) if self.hints.keep_going => {
                        self.found.store(true, Ordering::Relaxed);
                        let _ = self.sender.send(Err(error)).await;
                        break;
                    }
                    Err(error) => return Err(error),
                };
                for folder in page.folders {
                    if (depth == 0 && !self.is_below_root(&folder)) || !self.may_match(&folder) {
                        continue;
                    }
                    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                    let inner = dates.enter(name);
                    if inner.excluded(&self.hints) {
                        self.found.store(true, Ordering::Relaxed);
                    } else {
                        below.push(Arc::clone(&self).folder(folder, inner, depth + 1));
                    }
                }
                let after = self.jump(&page.objects);
                for object in page.objects {
                    if self.is_wanted(&object.key) {
                        self.found.store(true, Ordering::Relaxed);
                        if self.sender.send(Ok(object)).await.is_err() {
                            return Ok(());
                        }
                    }
                }
                drop(permit);
                let Some(token) = page.token else { break };
                (options.after, options.token) = match after {
                    Some(after) => (Some(after), None),
                    None => (None, Some(token)),
                };
            }
            while let Some(done) = below.next().await {
                done?;
            }
            Ok(())
        }
        .boxed()
    }

    fn is_below_root(&self, folder: &str) -> bool {
        self.pattern.is_some()
            || self.root.is_empty()
            || self.root.ends_with('/')
            || folder.strip_prefix(&self.root).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether an object in this folder may match the pattern.
    fn may_match(&self, folder: &str) -> bool {
        let Some(pattern) = self.pattern.as_ref().map(Pattern::as_str) else { return true };
        let names = folder.trim_end_matches('/').split('/');
        pattern.contains("**")
            || names
                .zip(pattern.split('/'))
                .all(|(name, part)| Pattern::new(part).map_or(true, |part| part.matches(name)))
    }

    fn is_wanted(&self, key: &str) -> bool {
        let Some(pattern) = &self.pattern else {
            return self.root.is_empty()
                || self.root.ends_with('/')
                || key == self.root
                || key.strip_prefix(&self.root).is_some_and(|rest| rest.starts_with('/'));
        };
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        // A pattern that matches a folder means all that lies below it.
        let ends = key.match_indices('/').map(|(at, _)| at).chain([key.len()]);
        let folder = pattern.as_str().trim_end_matches('/');
        let matches = |text: &str| {
            pattern.matches_with(text, options)
                || Pattern::new(folder).is_ok_and(|folder| folder.matches_with(text, options))
        };
        ends.map(|end| &key[..end]).any(matches)
    }

    /// Where to go on in a folder whose names are ordered by time, if the next names are all excluded.
    fn jump(&self, objects: &[Object]) -> Option<String> {
        let facts = |object: &Object| {
            let log_type = *key::candidates(&object.key).first()?;
            let facts = key::read(log_type, &object.key)?;
            let name_at = object.key.rfind('/').map_or(0, |slash| slash + 1);
            // Where nothing stands before the time, names of other logs may lie between two times.
            let time_at = name_at + facts.time_at.filter(|at| *at > 0)?;
            Some((object.key[..time_at].to_owned(), facts.time?, time_at))
        };
        let last = objects.last()?;
        let (before, time, time_at) = facts(last)?;
        let (first_before, ..) = facts(objects.first()?)?;
        if before != first_before {
            return None;
        }
        if let Some(from) = self.hints.from
            && time < from
        {
            let after = before + &like(&last.key[time_at..], from);
            // In the hour in which the window begins there is nothing to jump over.
            return Some(after).filter(|after| *after > last.key);
        }
        // A colon comes after all digits, so this is after the last time and before the next resource.
        self.hints.to.is_some_and(|to| time > to).then(|| before + ":")
    }
}

/// A time written with its digits where those of `form` stand, to the hour, which all forms have.
fn like(form: &str, time: Micros) -> String {
    let (year, month, day) = civil(time.div_euclid(DAY));
    let hour = time.rem_euclid(DAY) / HOUR;
    let digits = format!("{year:04}{month:02}{day:02}{hour:02}");
    let mut digits = digits.chars().peekable();
    let mut text = String::new();
    for character in form.chars() {
        // Nothing may follow the last digit: the text must come before every name of that hour.
        if digits.peek().is_none() {
            break;
        }
        match character.is_ascii_digit() {
            true => text.extend(digits.next()),
            false => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_other_days_and_hours_are_excluded_with_slack() {
        let noon = days(2024, 10, 5).expect("a day") * DAY + 12 * HOUR;
        let hints = ListHints { from: Some(noon), to: Some(noon + HOUR), ..ListHints::default() };
        let excluded = |path: &str| Dates::default().enter_all(path).excluded(&hints);
        for path in [
            "AWSLogs/1/2024/09/",
            "AWSLogs/2024/10/03/",
            "AWSLogs/year=2024/month=10/day=07/",
            "AWSLogs/2024/10/05/09/",
            "AWSLogs/2024/10/05/16/",
        ] {
            assert!(excluded(path), "{path}");
        }
        for path in [
            "AWSLogs/2023/",
            "AWSLogs/2024/10/",
            "AWSLogs/2024/10/04/",
            "AWSLogs/2024/10/06/",
            "AWSLogs/2024/10/05/10/",
            "AWSLogs/2024/10/05/40/",
            "AWSLogs/2024/10/05/0200/",
            "2019/01/01/",
            "team/2019/AWSLogs/",
        ] {
            assert!(!excluded(path), "{path}");
        }
    }

    #[test]
    fn a_time_is_written_like_another() {
        let time = days(2024, 10, 5).expect("a day") * DAY + 7 * HOUR + 59;
        assert_eq!(like("2023-01-02-03.abc", time), "2024-10-05-07");
        assert_eq!(like("20230102T0300Z_abc", time), "20241005T07");
    }
}
