//! The network interfaces of the user's accounts, by their addresses, as of a time.
//!
//! `refresh` asks AWS and keeps dated snapshots; everything else reads those, each when it is first needed.

mod answers;
mod interface;
mod kind;
mod range_texts;
mod refresh;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ipnet::IpNet;

use crate::inventory::snapshot::{Content, NatGatewayRecord, SnapshotFile};
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
}

/// The snapshots of one account in one region.
#[derive(Debug)]
struct Series {
    account: String,
    region: String,
    /// In the order of their times.
    snapshots: Vec<Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    file: SnapshotFile,
    /// What is in it, once it was read. None if it cannot be read.
    read: OnceLock<Option<Held>>,
}

/// What one snapshot holds, by what it is looked up.
#[derive(Debug)]
struct Held {
    counts: Counts,
    ranges: Vec<IpNet>,
    by_id: HashMap<String, Arc<Interface>>,
    by_address: HashMap<IpAddr, Vec<Arc<Interface>>>,
    by_prefix: HashMap<IpNet, Vec<Arc<Interface>>>,
    /// The lengths of the prefixes that occur, for IPv4 and IPv6 together.
    prefix_lengths: Vec<u8>,
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
            snapshots: files
                .files
                .into_iter()
                .map(|file| Snapshot { file, read: OnceLock::new() })
                .collect(),
        });
        Ok(Self { series: series.collect(), troubles: Mutex::default() })
    }

    /// Whether there is no snapshot at all.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The interface that has an address at a time in seconds since 1970, or by the latest snapshots.
    ///
    /// The latest snapshot before the time answers, and where it does not hold the address, the earliest one after it:
    /// [`Interface::as_of`] tells. Unknown if there is no snapshot, or if several VPCs use the address: see
    /// [`Inventory::interface_in`] and [`Inventory::interfaces`].
    pub fn interface(&self, address: IpAddr, at: Option<i64>) -> Known<Arc<Interface>> {
        self.only(self.interfaces(address, at))
    }

    /// The same where it is known in which VPC the address was seen.
    pub fn interface_in(
        &self,
        vpc: &str,
        address: IpAddr,
        at: Option<i64>,
    ) -> Known<Arc<Interface>> {
        let mut found = self.interfaces(address, at);
        if found.iter().any(|interface| interface.vpc.as_deref() == Some(vpc)) {
            found.retain(|interface| interface.vpc.as_deref() == Some(vpc));
        }
        self.only(found)
    }

    /// All interfaces that have an address at a time, for several VPCs may use the same private one. In the order of accounts
    /// and regions.
    pub fn interfaces(&self, address: IpAddr, at: Option<i64>) -> Vec<Arc<Interface>> {
        let mut found: Vec<Arc<Interface>> = Vec::new();
        for series in &self.series {
            let holds = |held: &Held| held.at(address);
            let here = self.find(series, at, holds).unwrap_or_default();
            for interface in here {
                match found.iter_mut().find(|other| other.id == interface.id) {
                    // Two accounts may see the same interface.
                    Some(other) if other.as_of < interface.as_of => *other = interface,
                    Some(_) => {}
                    None => found.push(interface),
                }
            }
        }
        // A public address has one holder at a time: the others are from before.
        let is_public = found.iter().any(|found| found.public_addresses.contains(&address));
        let newest = found.iter().map(|interface| interface.as_of).max();
        if is_public && let Some(newest) = newest {
            found.retain(|interface| interface.as_of == newest);
        }
        found
    }

    /// The interface with an id such as `eni-0a1b2c3d4e5f60718`, as of a time.
    pub fn by_id(&self, id: &str, at: Option<i64>) -> Known<Arc<Interface>> {
        let holds = |held: &Held| held.by_id.get(id).cloned();
        let found = self.series.iter().filter_map(|series| self.find(series, at, holds));
        self.only(found.max_by_key(|interface| interface.as_of).into_iter().collect())
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

    /// What the snapshots of a time say, the one before it first.
    fn find<T>(
        &self,
        series: &Series,
        at: Option<i64>,
        look: impl Fn(&Held) -> Option<T>,
    ) -> Option<T> {
        let after = match at {
            Some(at) => series.snapshots.partition_point(|snapshot| snapshot.file.taken <= at),
            None => series.snapshots.len(),
        };
        let (before, after) = series.snapshots.split_at(after);
        let before = before.iter().rev().find_map(|snapshot| self.held(snapshot));
        let found = before.and_then(&look);
        found.or_else(|| after.iter().find_map(|snapshot| self.held(snapshot)).and_then(&look))
    }

    fn latest<'a>(&self, series: &'a Series) -> Option<(i64, &'a Held)> {
        let mut snapshots = series.snapshots.iter().rev();
        snapshots.find_map(|snapshot| Some((snapshot.file.taken, self.held(snapshot)?)))
    }

    /// What is in a snapshot, if it can be read.
    fn held<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Held> {
        let read = || match snapshot::read(&snapshot.file.path) {
            Ok(content) => Some(Held::of(&content)),
            Err(error) => {
                let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
                troubles.push(error.to_string());
                None
            }
        };
        snapshot.read.get_or_init(read).as_ref()
    }

    fn only(&self, mut found: Vec<Arc<Interface>>) -> Known<Arc<Interface>> {
        match (found.pop(), found.is_empty()) {
            (Some(interface), true) => Known::Is(interface),
            (None, _) if !self.is_empty() => Known::Nothing,
            _ => Known::Unknown,
        }
    }
}

impl Held {
    fn of(content: &Content) -> Self {
        let mut held = Self {
            counts: Counts::of(content),
            ranges: Vec::new(),
            by_id: HashMap::new(),
            by_address: HashMap::new(),
            by_prefix: HashMap::new(),
            prefix_lengths: Vec::new(),
        };
        let of_vpcs = content.vpcs.values().flat_map(|vpc| &vpc.ranges);
        let of_subnets = content.subnets.values().flat_map(|subnet| &subnet.ranges);
        held.ranges.extend(of_vpcs.chain(of_subnets));
        let holders = NatGateways::of(content);
        let interfaces =
            content.interfaces.iter().map(|record| Interface::of(record, content, &holders));
        let shown: HashSet<_> = content.interfaces.iter().map(|record| &record.id).collect();
        let hidden = |one: &NatGatewayRecord| !one.interfaces.iter().any(|id| shown.contains(id));
        let gateways = content.nat_gateways.iter().filter(|(_, one)| hidden(one));
        let gateways = gateways.map(|(id, one)| Interface::of_gateway(id, one, content));
        for interface in interfaces.chain(gateways).map(Arc::new) {
            held.ranges.extend(interface.public_addresses.iter().copied().map(IpNet::from));
            for address in interface.addresses.iter().chain(&interface.public_addresses) {
                held.by_address.entry(*address).or_default().push(Arc::clone(&interface));
            }
            for prefix in &interface.prefixes {
                held.by_prefix.entry(prefix.trunc()).or_default().push(Arc::clone(&interface));
                held.prefix_lengths.push(prefix.prefix_len());
            }
            held.by_id.insert(interface.id.clone(), interface);
        }
        held.prefix_lengths.sort_unstable();
        held.prefix_lengths.dedup();
        held
    }

    /// The interfaces that have an address, if there are any.
    fn at(&self, address: IpAddr) -> Option<Vec<Arc<Interface>>> {
        if let Some(found) = self.by_address.get(&address) {
            return Some(found.clone());
        }
        let lengths = self.prefix_lengths.iter().rev();
        let ranges = lengths.filter_map(|length| IpNet::new(address, *length).ok());
        ranges.map(|range| range.trunc()).find_map(|range| self.by_prefix.get(&range).cloned())
    }
}

/// The NAT gateways of a snapshot by the ids of their interfaces.
#[derive(Default)]
struct NatGateways<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> NatGateways<'a> {
    fn of(content: &'a Content) -> Self {
        let gateways = content.nat_gateways.iter();
        let pairs = gateways.flat_map(|(id, gateway)| {
            gateway.interfaces.iter().map(move |interface| (interface.as_str(), id.as_str()))
        });
        Self(pairs.collect())
    }

    /// The id of the gateway that holds an interface.
    fn of_interface(&self, id: &str) -> Option<&'a str> {
        self.0.get(id).copied()
    }
}

/// Where the snapshots are, in the folder of all that is known.
fn snapshots_folder(folder: &Path) -> PathBuf {
    folder.join(FOLDER)
}
