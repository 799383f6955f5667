//! All that is known here of addresses, from the files of one folder.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use ipnet::IpNet;

use crate::aws_ranges::{AwsRange, AwsRanges};
use crate::data::DataFile;
use crate::geo::Geo;
use crate::inventory::Inventory;
use crate::rdap::{Network, Networks};
use crate::threats::Threats;
use crate::{Error, Fact, Known, Result, special};

/// The folder of the data files in the folder of all that is known.
pub const DATA_FOLDER: &str = "data";

/// All that is known here of addresses. Each part is read when it is asked for the first time.
#[derive(Debug)]
pub struct Who {
    folder: Option<PathBuf>,
    clock: fn() -> i64,
    networks: Part<Networks>,
    geo: Part<Geo>,
    aws_ranges: Part<Option<(DataFile, AwsRanges)>>,
    threats: Part<Threats>,
    inventory: Part<Inventory>,
}

/// Something that is read once, or cannot be.
#[derive(Debug)]
struct Part<T>(OnceLock<Result<T>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Part<T> {
    fn get(&self, open: impl FnOnce() -> Result<T>) -> Result<&T> {
        self.0.get_or_init(open).as_ref().map_err(Error::copy)
    }
}

impl Default for Who {
    fn default() -> Self {
        Self::of(None, system_clock)
    }
}

/// The time of this machine, in seconds since 1970.
pub fn system_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Who {
    /// What the files of a folder tell. Nothing is read yet; the folder need not exist. The clock gives seconds since 1970: it
    /// decides what is stale.
    pub fn open(folder: &Path, clock: fn() -> i64) -> Self {
        Self::of(Some(folder.to_owned()), clock)
    }

    fn of(folder: Option<PathBuf>, clock: fn() -> i64) -> Self {
        Self {
            folder,
            clock,
            networks: Part::default(),
            geo: Part::default(),
            aws_ranges: Part::default(),
            threats: Part::default(),
            inventory: Part::default(),
        }
    }

    /// Where its files lie; None if it knows nothing but what is built in.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What time it is, in seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// The networks of the registries; None without a folder.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn networks(&self) -> Result<Option<&Networks>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        self.networks.get(|| Networks::open(folder)).map(Some)
    }

    /// The files of countries and autonomous systems; None without a folder.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn geo(&self) -> Result<Option<&Geo>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        self.geo.get(|| Geo::open(&folder.join(DATA_FOLDER))).map(Some)
    }

    /// AWS's ranges, and the file that they were read from; None if there is none.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn aws_ranges(&self) -> Result<Option<&(DataFile, AwsRanges)>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        Ok(self.aws_ranges.get(|| AwsRanges::open(&folder.join(DATA_FOLDER)))?.as_ref())
    }

    /// The threat lists; None without a folder.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn threats(&self) -> Result<Option<&Threats>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        self.threats.get(|| Threats::open(&folder.join(DATA_FOLDER))).map(Some)
    }

    /// The network interfaces of the accounts that were read; None without a folder.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn inventory(&self) -> Result<Option<&Inventory>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        self.inventory.get(|| Inventory::open(folder)).map(Some)
    }

    /// Whether there are data at hand that tell this of many addresses.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn has(&self, fact: Fact) -> Result<bool> {
        Ok(match fact {
            Fact::NetworkName | Fact::NetworkOwner => {
                self.networks()?.is_some_and(|networks| networks.count() > 0)
            }
            Fact::Country => self.geo()?.is_some_and(|geo| geo.country_file().is_some()),
            Fact::AutonomousSystem | Fact::AutonomousSystemName => {
                self.geo()?.is_some_and(|geo| geo.system_file().is_some())
            }
            Fact::AwsService | Fact::AwsRegion => self.aws_ranges()?.is_some(),
            Fact::Interface => self.inventory()?.is_some_and(|inventory| !inventory.is_empty()),
            Fact::ThreatList => self.threats()?.is_some_and(|threats| !threats.is_empty()),
        })
    }

    /// What is known of an address, in words. `at` is when it had the address, in seconds since 1970; None is now.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn tell(&self, fact: Fact, address: IpAddr, at: Option<i64>) -> Result<Known<Arc<str>>> {
        Ok(match fact {
            Fact::NetworkName => of_network(self.network(address)?, Network::title),
            Fact::NetworkOwner => {
                of_network(self.network(address)?, |network| network.owner.as_deref())
            }
            Fact::Country => match self.geo()? {
                Some(geo) => geo.country(address).map(|country| country.as_str().into()),
                None => Known::Unknown,
            },
            Fact::AutonomousSystem => match self.geo()? {
                Some(geo) => {
                    geo.autonomous_system(address).map(|system| system.number.to_string().into())
                }
                None => Known::Unknown,
            },
            Fact::AutonomousSystemName => match self.geo()? {
                Some(geo) => geo.autonomous_system(address).map(|system| system.name),
                None => Known::Unknown,
            },
            Fact::AwsService => self.aws_range(address)?.map(|range| range.service.as_str().into()),
            Fact::AwsRegion => self.aws_range(address)?.map(|range| range.region.as_str().into()),
            Fact::Interface => match self.inventory()? {
                Some(inventory) => {
                    inventory.interface(address, at).map(|interface| interface.name.as_str().into())
                }
                None => Known::Unknown,
            },
            // Without a list nobody is named by one.
            Fact::ThreatList => match self.threats()?.and_then(|threats| threats.find(address)) {
                Some(threat) => Known::Is(threat.lists.join(", ").into()),
                None => Known::Nothing,
            },
        })
    }

    /// The registered network of an address, or the range of its special purpose.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn network(&self, address: IpAddr) -> Result<Known<Arc<Network>>> {
        if let Some(network) = special::network(address) {
            return Ok(Known::Is(network));
        }
        Ok(match self.networks()? {
            Some(networks) => networks.find(address, self.now()),
            None => Known::Unknown,
        })
    }

    /// The range of AWS's that an address is in.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn aws_range(&self, address: IpAddr) -> Result<Known<Arc<AwsRange>>> {
        Ok(match self.aws_ranges()? {
            Some((_, ranges)) => ranges.find(address),
            None => Known::Unknown,
        })
    }

    /// The name of the network interface of ours with this id, at a time as for [`Who::tell`].
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn interface_by_id(&self, id: &str, at: Option<i64>) -> Result<Known<Arc<str>>> {
        Ok(match self.inventory()? {
            Some(inventory) => {
                inventory.by_id(id, at).map(|interface| interface.name.as_str().into())
            }
            None => Known::Unknown,
        })
    }

    /// The best short name of an address for a reader: our own interface, else whose network it is and where; and the threat
    /// lists that name it.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn label(&self, address: IpAddr, at: Option<i64>) -> Result<Option<String>> {
        let tell = |fact| Ok::<_, Error>(self.tell(fact, address, at)?.value());
        let mut label = match tell(Fact::Interface)? {
            Some(name) => Some(name.to_string()),
            None => self.outside(address)?,
        };
        if let Some(lists) = tell(Fact::ThreatList)? {
            let flag = format!("on the list {lists}");
            label = Some(match label {
                Some(label) => format!("{label}, {flag}"),
                None => flag,
            });
        }
        Ok(label)
    }

    /// The name of a network that all its addresses share.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn label_of_network(&self, network: IpNet) -> Result<Option<String>> {
        let first = network.network();
        let whole = match self.network(first)? {
            Known::Is(known) => known.holds(network.broadcast()),
            Known::Nothing | Known::Unknown => false,
        };
        if whole { self.outside(first) } else { Ok(None) }
    }

    /// Whose address it is that is none of ours.
    fn outside(&self, address: IpAddr) -> Result<Option<String>> {
        if let Some(special) = special::find(address) {
            return Ok(special.names_a_host().then(|| special.name.to_owned()));
        }
        if let Known::Is(range) = self.aws_range(address)? {
            return Ok(Some(format!("AWS {} {}", range.service, range.region)));
        }
        let tell = |fact| Ok::<_, Error>(self.tell(fact, address, None)?.value());
        let network = self.network(address)?.value();
        let registered = network.as_ref().and_then(|network| network.title()).map(str::to_owned);
        let name = match registered {
            Some(name) => Some(name),
            None => tell(Fact::AutonomousSystemName)?.map(|name| name.to_string()),
        };
        let country = match tell(Fact::Country)? {
            Some(country) => Some(country.to_string()),
            None => network.and_then(|network| network.country.clone()),
        };
        Ok(match (name, country) {
            (Some(name), Some(country)) => Some(format!("{name}, {country}")),
            (name, country) => name.or(country),
        })
    }
}

fn of_network(
    network: Known<Arc<Network>>,
    text: impl Fn(&Network) -> Option<&str>,
) -> Known<Arc<str>> {
    match network {
        Known::Is(network) => match text(&network) {
            Some(text) => Known::Is(text.into()),
            None => Known::Nothing,
        },
        Known::Nothing => Known::Nothing,
        Known::Unknown => Known::Unknown,
    }
}
