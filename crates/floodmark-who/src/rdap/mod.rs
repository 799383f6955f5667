//! Who holds the network of an address, as the internet registries say by RDAP (RFC 9082, RFC 9083).
//!
//! Answers are kept in a file, and everything that only wants to know reads that file. Registries are asked by
//! [`resolve::resolve`] alone, a network and not an address at a time.

mod answer;
mod ask;
mod bootstrap;
mod cache;
mod jcard;
pub mod pace;
pub mod resolve;
mod segments;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use crate::limits::{NETWORK_AGE_MAX_S, NO_NETWORK_AGE_MAX_S};
use crate::rdap::cache::Cache;
use crate::rdap::segments::Segments;
use crate::special::{self, Special};
use crate::{Known, Result};

/// The name of the file in which answers are kept.
pub const FILE: &str = "rdap.sqlite";

/// A network as its registry describes it. Texts are without control characters and of limited length, but otherwise the
/// registry's, which is to say anybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The network's name, such as `EXAMPLE-NET-1`.
    pub name: Option<String>,
    /// The registry's identifier of the network.
    pub handle: Option<String>,
    /// Who holds it: the registrant's name, or what comes nearest to it.
    pub owner: Option<String>,
    /// The country that the registry gives: where the holder says to be, as two capital letters. Not where the addresses are.
    pub country: Option<String>,
    /// Where abuse is reported: an e-mail address.
    pub abuse: Option<String>,
    /// Whose answer it is: `arin`, `ripe`, `apnic`, `lacnic`, `afrinic`, `iana` for special purposes, or the name of another server.
    pub registry: String,
    /// The first address.
    pub start: IpAddr,
    /// The last address.
    pub end: IpAddr,
    /// The identifier of the network that this one is a part of.
    pub parent: Option<String>,
    /// What kind of network the registry calls it, such as `ALLOCATED PA`.
    pub kind: Option<String>,
    /// When the registry said so, in seconds since 1970.
    pub fetched: i64,
    /// The purpose, if a standard gives these addresses one. No registry was asked then.
    pub special: Option<Special>,
}

impl Network {
    /// A network of which only the range is known.
    pub(crate) fn new(start: IpAddr, end: IpAddr, fetched: i64) -> Self {
        Self {
            name: None,
            handle: None,
            owner: None,
            country: None,
            abuse: None,
            registry: String::new(),
            start,
            end,
            parent: None,
            kind: None,
            fetched,
            special: None,
        }
    }

    /// A range with a purpose, as a network.
    pub(crate) fn special(special: &Special, range: IpNet) -> Self {
        Self {
            name: Some(special.name.to_owned()),
            registry: "iana".to_owned(),
            kind: Some("special purpose".to_owned()),
            special: Some(*special),
            ..Self::new(range.network(), range.broadcast(), 0)
        }
    }

    /// What the network is called: its name, or else its handle, or else its holder.
    pub fn title(&self) -> Option<&str> {
        let names = [&self.name, &self.handle, &self.owner];
        names.into_iter().find_map(|name| name.as_deref())
    }

    /// Whether the answer is so old that its registry is asked again.
    pub fn is_stale(&self, now: i64) -> bool {
        self.special.is_none() && is_older(self.fetched, now, NETWORK_AGE_MAX_S)
    }

    /// Whether the address is one of the network's.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let number = segments::number(address);
        address.is_ipv4() == self.start.is_ipv4()
            && (segments::number(self.start)..=segments::number(self.end)).contains(&number)
    }

    /// The fewest CIDRs that are the network, in the order of addresses.
    pub fn cidrs(&self) -> Vec<IpNet> {
        match (self.start, self.end) {
            (IpAddr::V4(start), IpAddr::V4(end)) => {
                Ipv4Subnets::new(start, end, 0).map(IpNet::V4).collect()
            }
            (IpAddr::V6(start), IpAddr::V6(end)) => {
                Ipv6Subnets::new(start, end, 0).map(IpNet::V6).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The networks that are known: a file that several processes may fill at the same time, and a copy of it in memory.
#[derive(Debug)]
pub struct Networks {
    cache: Cache,
    held: RwLock<Held>,
}

/// What the file holds.
#[derive(Debug, Default)]
struct Held {
    segments: Segments,
    /// Addresses in no network, and when their registry said so.
    nothing: HashMap<IpAddr, i64>,
    count: usize,
}

impl Networks {
    /// Reads what is known from the folder's file. If there is none, nothing is known, and the first answer makes it. It costs
    /// about a microsecond a network.
    ///
    /// # Errors
    ///
    /// If the file is damaged, of a newer version, or not ours. It stays as it is.
    pub fn open(folder: &Path) -> Result<Self> {
        let cache = Cache::open(folder.join(FILE))?;
        let held = Held { nothing: cache.nothing()?, ..Held::default() };
        let networks = Self { cache, held: RwLock::new(held) };
        for network in networks.cache.networks()? {
            networks.hold(&Arc::new(network));
        }
        Ok(networks)
    }

    /// No networks, and no file: nothing can be kept.
    pub(crate) fn without_file() -> Self {
        Self { cache: Cache::without_file(), held: RwLock::default() }
    }

    /// The most exact network that is known to hold the address. One that is stale is told as long as there is nothing newer.
    ///
    /// `Nothing` means that the registry knows no network with it, and said so within the last day.
    pub fn find(&self, address: IpAddr, now: i64) -> Known<Arc<Network>> {
        let address = address.to_canonical();
        if let Some(network) = special::network(address) {
            return Known::Is(network);
        }
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let network = held.segments.find(address);
        let nothing = held.nothing.get(&address).copied();
        let is_nothing = nothing.is_some_and(|asked| !is_older(asked, now, NO_NETWORK_AGE_MAX_S));
        match network {
            Some(network) if !is_nothing || !network.is_stale(now) => {
                Known::Is(Arc::clone(network))
            }
            _ if is_nothing => Known::Nothing,
            _ => Known::Unknown,
        }
    }

    /// The network that all addresses of a range share, without narrower ones in it.
    pub fn find_all(&self, range: IpNet) -> Option<Arc<Network>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.segments.find_all(range.network(), range.broadcast()).cloned()
    }

    /// Whether a registry would be asked for the address: nothing is known of it, or what is known is stale.
    pub fn is_wanting(&self, address: IpAddr, now: i64) -> bool {
        match self.find(address, now) {
            Known::Is(network) => network.is_stale(now),
            Known::Nothing => false,
            Known::Unknown => true,
        }
    }

    /// How many networks are known, stale ones among them.
    pub fn count(&self) -> usize {
        self.held.read().unwrap_or_else(PoisonError::into_inner).count
    }

    /// The file, which may not be there yet.
    pub fn file(&self) -> PathBuf {
        self.cache.path().to_owned()
    }

    /// Keeps an answer, in the file first.
    fn keep(&self, network: &Arc<Network>) -> Result<()> {
        self.cache.keep(network)?;
        self.hold(network);
        Ok(())
    }

    /// Keeps that there is no network with the address.
    fn keep_nothing(&self, address: IpAddr, now: i64) -> Result<()> {
        self.cache.keep_nothing(address, now)?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.nothing.insert(address, now);
        Ok(())
    }

    fn hold(&self, network: &Arc<Network>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.segments.insert(network);
        held.count += 1;
    }
}

/// Whether something said at one time is too old at another. What was said in a future that is as far away is too: a clock was wrong.
fn is_older(said: i64, now: i64, age_max_s: i64) -> bool {
    now.abs_diff(said) > age_max_s.unsigned_abs()
}
