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
use crate::rdap::resolve::{self, Progress, RdapOptions, Resolved};
use crate::rdap::{Network, Networks};
use crate::threats::Threats;
use crate::{Error, Fact, Known, Result, special};

/// The folder of data files in the folder of all that is known.
pub const DATA_FOLDER: &str = "data";

/// All that is known here of addresses. Each part is read when it is asked for the first time.
#[derive(Debug)]
pub struct Who {
    folder: Option<PathBuf>,
    clock: fn() -> i64,
    networks: OnceLock<Result<Networks>>,
    inventory: OnceLock<Result<Option<Inventory>>>,
    geo: OnceLock<Result<Geo>>,
    aws_ranges: OnceLock<Result<Option<(DataFile, AwsRanges)>>>,
    threats: OnceLock<Result<Option<Threats>>>,
}

/// The time of this machine, in seconds since 1970.
pub fn system_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Default for Who {
    /// What is built in, and nothing else.
    fn default() -> Self {
        Self::of(None, system_clock)
    }
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
            networks: OnceLock::new(),
            inventory: OnceLock::new(),
            geo: OnceLock::new(),
            aws_ranges: OnceLock::new(),
            threats: OnceLock::new(),
        }
    }

    /// Where its files lie; None if it knows nothing but what is built in.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// The networks that registries have told.
    ///
    /// # Errors
    ///
    /// If their file is damaged.
    pub fn networks(&self) -> Result<&Networks> {
        part(&self.networks, || match &self.folder {
            Some(folder) => Networks::open(folder),
            None => Ok(Networks::without_file()),
        })
    }

    /// The network interfaces of ours; None if nobody has read them yet.
    ///
    /// # Errors
    ///
    /// If the folder of snapshots cannot be read.
    pub fn inventory(&self) -> Result<Option<&Inventory>> {
        let inventory = part(&self.inventory, || {
            let opened = self.folder.as_deref().map(Inventory::open).transpose()?;
            Ok(opened.filter(|inventory| !inventory.is_empty()))
        })?;
        Ok(inventory.as_ref())
    }

    /// Countries and autonomous systems.
    ///
    /// # Errors
    ///
    /// If a file of them is damaged.
    pub fn geo(&self) -> Result<&Geo> {
        part(&self.geo, || match self.data_folder() {
            Some(folder) => Geo::open(&folder),
            None => Ok(Geo::default()),
        })
    }

    /// AWS's ranges with the file that they are from; None if nobody has brought it.
    ///
    /// # Errors
    ///
    /// If the file is damaged.
    pub fn aws_ranges(&self) -> Result<Option<&(DataFile, AwsRanges)>> {
        let ranges = part(&self.aws_ranges, || match self.data_folder() {
            Some(folder) => AwsRanges::open(&folder),
            None => Ok(None),
        })?;
        Ok(ranges.as_ref())
    }

    /// The threat lists; None if nobody has brought one.
    ///
    /// # Errors
    ///
    /// If one of them is damaged.
    pub fn threats(&self) -> Result<Option<&Threats>> {
        let threats = part(&self.threats, || {
            let opened = self.data_folder().map(|folder| Threats::open(&folder)).transpose()?;
            Ok(opened.filter(|threats| !threats.lists().is_empty()))
        })?;
        Ok(threats.as_ref())
    }

    /// Whether there are data at hand that tell this of many addresses.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn has(&self, fact: Fact) -> Result<bool> {
        Ok(match fact {
            Fact::NetworkName | Fact::NetworkOwner => self.networks()?.count() > 0,
            Fact::Country => self.geo()?.country_file().is_some(),
            Fact::AutonomousSystem | Fact::AutonomousSystemName => {
                self.geo()?.system_file().is_some()
            }
            Fact::AwsService | Fact::AwsRegion => self.aws_ranges()?.is_some(),
            Fact::Interface => self.inventory()?.is_some(),
            Fact::ThreatList => self.threats()?.is_some(),
        })
    }

    /// What is known of an address, in words. `at` is when it had the address, in seconds since 1970; None is now.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn tell(&self, fact: Fact, address: IpAddr, at: Option<i64>) -> Result<Known<Arc<str>>> {
        let told = match fact {
            Fact::NetworkName => {
                text(self.network(address)?, |network| network.title().map(Arc::from))
            }
            Fact::NetworkOwner => {
                text(self.network(address)?, |network| network.owner.as_deref().map(Arc::from))
            }
            Fact::Interface => match self.inventory()? {
                Some(inventory) => {
                    inventory.interface(address, at).map(|interface| interface.name.as_str().into())
                }
                None => Known::Unknown,
            },
            Fact::ThreatList => {
                let found = self.threats()?.map(|threats| threats.find(address));
                match found {
                    Some(Some(threat)) => Known::Is(threat.lists.join(", ").into()),
                    Some(None) => Known::Nothing,
                    None => Known::Unknown,
                }
            }
            Fact::Country => self.geo()?.country(address).map(|country| country.as_str().into()),
            Fact::AutonomousSystem => {
                let system = self.geo()?.autonomous_system(address);
                system.map(|system| system.number.to_string().into())
            }
            Fact::AutonomousSystemName => text(self.geo()?.autonomous_system(address), |system| {
                Some(Arc::clone(&system.name)).filter(|name| !name.is_empty())
            }),
            Fact::AwsService => self.aws_range(address)?.map(|range| range.service.as_str().into()),
            Fact::AwsRegion => self.aws_range(address)?.map(|range| range.region.as_str().into()),
        };
        // Without a file that says otherwise, nobody in particular has an address with a purpose of its own.
        let is_of_place = !matches!(fact, Fact::Interface | Fact::ThreatList);
        if told.is_unknown() && is_of_place && special::find(address).is_some() {
            return Ok(Known::Nothing);
        }
        Ok(told)
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
    /// lists that name it. A damaged file hides nothing but what stands in it: see [`Who::troubles`].
    pub fn label(&self, address: IpAddr, at: Option<i64>) -> Option<String> {
        let interface = self.tell(Fact::Interface, address, at).ok().and_then(Known::value);
        let label =
            interface.map(|name| name.to_string()).or_else(|| self.label_of_stranger(address));
        let lists = self.tell(Fact::ThreatList, address, at).ok().and_then(Known::value);
        let on = lists.map(|lists| format!("on threat list {lists}"));
        match (label, on) {
            (Some(label), Some(on)) => Some(format!("{label}; {on}")),
            (label, on) => label.or(on),
        }
    }

    /// The name of a network that all its addresses share. A damaged file hides nothing but what stands in it: see
    /// [`Who::troubles`].
    pub fn label_of_network(&self, network: IpNet) -> Option<String> {
        if let Ok(Known::Is(range)) = self.aws_range(network.network())
            && range.prefix.contains(&network)
        {
            return Some(of_aws(&range));
        }
        let shared = self.networks().ok()?.find_all(network)?;
        of_network(&shared, shared.country.as_deref())
    }

    /// What is wrong with the files that were asked so far, each once, with the way out. Names lack what stands in them.
    pub fn troubles(&self) -> Vec<String> {
        let parts = [
            self.networks.get().and_then(|part| part.as_ref().err()),
            self.inventory.get().and_then(|part| part.as_ref().err()),
            self.geo.get().and_then(|part| part.as_ref().err()),
            self.aws_ranges.get().and_then(|part| part.as_ref().err()),
            self.threats.get().and_then(|part| part.as_ref().err()),
        ];
        let mut troubles: Vec<String> = parts.into_iter().flatten().map(with_hint).collect();
        if let Some(Ok(Some(inventory))) = self.inventory.get() {
            troubles.extend(inventory.troubles());
        }
        troubles
    }

    /// Asks the registries for the networks of addresses, as [`resolve::resolve`] does.
    ///
    /// # Errors
    ///
    /// If there is no folder to keep the answers in, and what [`resolve::resolve`] says.
    pub async fn resolve(
        &self,
        addresses: &[IpAddr],
        options: &RdapOptions,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Resolved> {
        if self.folder.is_none() {
            return Err(Error::not_found("there is no folder to keep the registries' answers in")
                .hint("name one with `--home`"));
        }
        resolve::resolve(self.networks()?, addresses, options, progress, self.now()).await
    }

    /// The network of an address, as its registry has told.
    ///
    /// # Errors
    ///
    /// If the file of networks is damaged.
    pub fn network(&self, address: IpAddr) -> Result<Known<Arc<Network>>> {
        Ok(self.networks()?.find(address, self.now()))
    }

    /// AWS's range that an address is in.
    ///
    /// # Errors
    ///
    /// If the file of ranges is damaged.
    pub fn aws_range(&self, address: IpAddr) -> Result<Known<Arc<AwsRange>>> {
        Ok(self.aws_ranges()?.map_or(Known::Unknown, |(_, ranges)| ranges.find(address)))
    }

    fn label_of_stranger(&self, address: IpAddr) -> Option<String> {
        let special = special::find(address);
        if let Some(special) = special.filter(|special| special.is_of_aws()) {
            return Some(special.name.to_owned());
        }
        if let Ok(Known::Is(range)) = self.aws_range(address) {
            return Some(of_aws(&range));
        }
        let country = self.tell(Fact::Country, address, None).ok().and_then(Known::value);
        // What private addresses and the like are everybody knows.
        if let (Ok(Known::Is(network)), None) = (self.network(address), special) {
            let registered = network.country.as_deref();
            return of_network(&network, country.as_deref().or(registered));
        }
        match self.geo().map(|geo| geo.autonomous_system(address)) {
            Ok(Known::Is(system)) => Some(joined(&system.to_string(), country.as_deref())),
            _ => country.map(|country| country.to_string()),
        }
    }

    fn data_folder(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(DATA_FOLDER))
    }
}

/// A part that is read once. All who ask hear of what was wrong with it.
fn part<T>(part: &OnceLock<Result<T>>, read: impl FnOnce() -> Result<T>) -> Result<&T> {
    part.get_or_init(read).as_ref().map_err(Error::copy)
}

/// An error with its way out, in one line.
fn with_hint(error: &Error) -> String {
    error.hint_text().map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}"))
}

/// What a value says, if it says it.
fn text<T>(known: Known<T>, say: impl FnOnce(&T) -> Option<Arc<str>>) -> Known<Arc<str>> {
    match known {
        Known::Is(value) => say(&value).map_or(Known::Nothing, Known::Is),
        Known::Nothing => Known::Nothing,
        Known::Unknown => Known::Unknown,
    }
}

/// `S3 eu-west-1`, or `AWS eu-west-1` where AWS does not say which service it is.
fn of_aws(range: &AwsRange) -> String {
    let service = if range.service == "AMAZON" { "AWS" } else { &range.service };
    format!("{service} {}", range.region)
}

fn of_network(network: &Network, country: Option<&str>) -> Option<String> {
    Some(joined(network.title()?, country))
}

fn joined(name: &str, country: Option<&str>) -> String {
    country.map_or_else(|| name.to_owned(), |country| format!("{name}, {country}"))
}
