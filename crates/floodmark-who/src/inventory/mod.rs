//! The network interfaces of the user's accounts, by their addresses, as of a time.
//!
//! `refresh` asks AWS and keeps dated snapshots; everything else reads those, each when it is first needed.

mod answers;
mod held;
mod interface;
mod kind;
mod range_texts;
mod refresh;
mod shelf;
mod snapshot;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::inventory::held::Held;
use crate::inventory::shelf::Snapshot;
use crate::limits::INTERFACES_HELD_MAX;
use crate::{Known, Result};

pub use interface::{Interface, SecurityGroup};
pub use kind::Kind;
pub use refresh::{Counts, Place, RefreshOptions, refresh};

/// The folder of the snapshots in the folder of all that is known.
const FOLDER: &str = "inventory";

/// The snapshots at hand. Sharing it between threads is safe.
#[derive(Debug)]
pub struct Inventory {
    series: Vec<Series>,
    troubles: Mutex<Vec<String>>,
    /// How often a snapshot was used.
    uses: AtomicU64,
    interfaces_held_max: usize,
}

/// The snapshots of one account in one region.
#[derive(Debug)]
struct Series {
    account: String,
    region: String,
    /// In the order of their times.
    snapshots: Vec<Snapshot>,
}

/// What is at hand of one account in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesSummary {
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
    /// How many snapshots there are, readable or not.
    pub snapshots: usize,
    /// When the first one was taken, in seconds since 1970.
    pub first: i64,
    /// When the last one was taken, in seconds since 1970.
    pub last: i64,
    /// What the last readable one holds, and when that was taken.
    pub latest: Option<(i64, Counts)>,
}

impl Inventory {
    /// Finds the snapshots in the folder of all that is known (`who` of the data folder). None of them is read yet.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the folder cannot be read, `LimitReached` if there are too many files. An absent folder is no error.
    pub fn open(folder: &Path) -> Result<Self> {
        let series = snapshot::list(&snapshots_folder(folder))?;
        let series = series.into_iter().map(|files| Series {
            account: files.account,
            region: files.region,
            snapshots: files.files.into_iter().map(Snapshot::of).collect(),
        });
        Ok(Self {
            series: series.collect(),
            troubles: Mutex::default(),
            uses: AtomicU64::new(0),
            interfaces_held_max: INTERFACES_HELD_MAX,
        })
    }

    /// Whether there is no snapshot at all.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The interface that has an address at a time in seconds since 1970, or by the latest snapshots.
    ///
    /// The latest snapshot before the time answers, and only where none of any account holds the address, the earliest one after
    /// it: [`Interface::as_of`] tells. Unknown if an account has no snapshot that can be read, or if several VPCs use the
    /// address: see [`Inventory::interface_in`] and [`Inventory::interfaces`].
    pub fn interface(&self, address: IpAddr, at: Option<i64>) -> Known<Arc<Interface>> {
        only(self.interfaces(address, at))
    }

    /// The same where it is known in which VPC the address was seen.
    pub fn interface_in(
        &self,
        vpc: &str,
        address: IpAddr,
        at: Option<i64>,
    ) -> Known<Arc<Interface>> {
        let found = self.candidates(address, at).map(|mut found| {
            if found.iter().any(|interface| interface.vpc.as_deref() == Some(vpc)) {
                found.retain(|interface| interface.vpc.as_deref() == Some(vpc));
            }
            holders(found, address, at)
        });
        only(found)
    }

    /// All interfaces that have an address at a time, for several VPCs may use the same private one. In the order of accounts
    /// and regions, and never an empty list.
    pub fn interfaces(&self, address: IpAddr, at: Option<i64>) -> Known<Vec<Arc<Interface>>> {
        self.candidates(address, at).map(|found| holders(found, address, at))
    }

    /// The interface with an id such as `eni-0a1b2c3d4e5f60718`, as of a time.
    pub fn by_id(&self, id: &str, at: Option<i64>) -> Known<Arc<Interface>> {
        let found = self.find(at, |held| held.by_id.get(id).cloned());
        found.map(|found| {
            let nearest = found.into_iter().max_by_key(|interface| nearness(interface.as_of, at));
            nearest.expect("what is found is no empty list")
        })
    }

    /// The user's own ranges by the latest snapshots: of VPCs, of subnets, and every public address that
    /// an interface or a NAT gateway has.
    pub fn own_ranges(&self) -> Vec<IpNet> {
        let latest = self.series.iter().filter_map(|series| self.latest(series));
        let ranges: Vec<IpNet> = latest.flat_map(|(_, held)| held.ranges.clone()).collect();
        IpNet::aggregate(&ranges)
    }

    /// What is at hand, in the order of accounts and regions. Reads the latest snapshot of each.
    pub fn summary(&self) -> Vec<SeriesSummary> {
        let summary = |series: &Series| {
            let times = || series.snapshots.iter().map(|snapshot| snapshot.file.taken);
            Some(SeriesSummary {
                account: series.account.clone(),
                region: series.region.clone(),
                snapshots: series.snapshots.len(),
                first: times().min()?,
                last: times().max()?,
                latest: self.latest(series).map(|(taken, held)| (taken, held.counts)),
            })
        };
        self.series.iter().filter_map(summary).collect()
    }

    /// What is wrong with the snapshots that were read so far: those are passed over.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What each account and region says of an address, of an interface that several see what is nearest to the time.
    fn candidates(&self, address: IpAddr, at: Option<i64>) -> Known<Vec<Arc<Interface>>> {
        self.find(at, |held| held.at(address)).map(|found| {
            let mut candidates: Vec<Arc<Interface>> = Vec::new();
            for interface in found.into_iter().flatten() {
                match candidates.iter_mut().find(|other| other.id == interface.id) {
                    Some(other) if nearness(other.as_of, at) < nearness(interface.as_of, at) => {
                        *other = interface;
                    }
                    Some(_) => {}
                    None => candidates.push(interface),
                }
            }
            candidates
        })
    }

    /// What the snapshots of a time say, of each account and region the one before it, or else the one after it. Unknown if
    /// nothing is found, and not all of them have one that can be read.
    fn find<T>(&self, at: Option<i64>, look: impl Fn(&Held) -> Option<T>) -> Known<Vec<T>> {
        let mut found = Vec::new();
        let mut is_complete = !self.is_empty();
        for series in &self.series {
            let after = match at {
                Some(at) => series.snapshots.partition_point(|snapshot| snapshot.file.taken <= at),
                None => series.snapshots.len(),
            };
            let (before, after) = series.snapshots.split_at(after);
            let before = before.iter().rev().find_map(|snapshot| self.held(snapshot));
            if let Some(here) = before.as_deref().and_then(&look) {
                found.push(here);
                continue;
            }
            let after = after.iter().find_map(|snapshot| self.held(snapshot));
            found.extend(after.as_deref().and_then(&look));
            is_complete &= before.is_some() || after.is_some();
        }
        match (found.is_empty(), is_complete) {
            (false, _) => Known::Is(found),
            (true, true) => Known::Nothing,
            (true, false) => Known::Unknown,
        }
    }

    fn latest(&self, series: &Series) -> Option<(i64, Arc<Held>)> {
        let mut snapshots = series.snapshots.iter().rev();
        snapshots.find_map(|snapshot| Some((snapshot.file.taken, self.held(snapshot)?)))
    }

    /// What is in a snapshot, if it can be read.
    fn held(&self, snapshot: &Snapshot) -> Option<Arc<Held>> {
        match snapshot.open(self.uses.fetch_add(1, Ordering::Relaxed)) {
            Ok(Some((held, is_new))) => {
                if is_new {
                    let all = self.series.iter().flat_map(|series| &series.snapshots);
                    shelf::make_room(all, self.interfaces_held_max);
                }
                Some(held)
            }
            Ok(None) => None,
            Err(error) => {
                let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
                troubles.push(error.to_string());
                None
            }
        }
    }
}

/// Which of the candidates have an address: what is of after the time counts only if nothing is of before it, and of a public
/// address, which has one holder at a time, the nearest.
fn holders(
    mut found: Vec<Arc<Interface>>,
    address: IpAddr,
    at: Option<i64>,
) -> Vec<Arc<Interface>> {
    let nearness = |interface: &Arc<Interface>| nearness(interface.as_of, at);
    let Some(nearest) = found.iter().map(nearness).max() else { return found };
    let is_public = found.iter().any(|interface| interface.public_addresses.contains(&address));
    found.retain(|interface| match is_public {
        true => nearness(interface) == nearest,
        false => nearness(interface).0 == nearest.0,
    });
    found
}

/// How much a snapshot of one time says about another: one of before it more than one of after it, and then the nearer one.
fn nearness(as_of: i64, at: Option<i64>) -> (bool, i64) {
    match at {
        Some(at) if as_of > at => (false, as_of.saturating_neg()),
        _ => (true, as_of),
    }
}

/// The interface, if there is one alone.
fn only(found: Known<Vec<Arc<Interface>>>) -> Known<Arc<Interface>> {
    match found {
        Known::Is(mut found) => match (found.pop(), found.is_empty()) {
            (Some(interface), true) => Known::Is(interface),
            _ => Known::Unknown,
        },
        Known::Nothing => Known::Nothing,
        Known::Unknown => Known::Unknown,
    }
}

/// Where the snapshots are, in the folder of all that is known.
fn snapshots_folder(folder: &Path) -> PathBuf {
    folder.join(FOLDER)
}
