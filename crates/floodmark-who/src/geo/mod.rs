//! Country and autonomous system of an address, from files that the user brings or refreshes.

mod mmdb;
mod place;
mod range_file;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

pub use place::{AutonomousSystem, Country};

use crate::data::{self, DataFile, Kind};
use crate::geo::mmdb::Mmdb;
use crate::geo::range_file::RangeFile;
use crate::{Known, Result};

/// The files that countries and autonomous systems are read from: the newest of each kind.
#[derive(Debug, Default)]
pub struct Geo {
    country: Option<(DataFile, Arc<Table>)>,
    system: Option<(DataFile, Arc<Table>)>,
}

/// A file of either form.
#[derive(Debug)]
pub(crate) enum Table {
    /// MaxMind's binary form, which all known vendors offer.
    Mmdb(Box<Mmdb>),
    /// A line a range.
    Ranges(Box<RangeFile>),
}

impl Geo {
    /// Opens the newest files of the folder of data files that hold countries and autonomous systems. Where there are none, every
    /// answer is [`Known::Unknown`].
    ///
    /// # Errors
    ///
    /// If a file that is needed is damaged; it is named, with the way out.
    pub fn open(folder: &Path) -> Result<Self> {
        let listing = data::list(folder)?;
        let country = listing.newest(&data::COUNTRY_KINDS);
        let system = listing.newest(&data::SYSTEM_KINDS);
        let open = |file: &DataFile| {
            let bytes = data::bytes_of(folder, file)?;
            let table = Table::read(bytes).map_err(|why| data::damaged(folder, file, &why))?;
            Ok((file.clone(), Arc::new(table)))
        };
        let country = country.map(open).transpose()?;
        let system = match (&country, system) {
            (Some((file, table)), Some(system)) if file.name == system.name => {
                Some((file.clone(), Arc::clone(table)))
            }
            (_, system) => system.map(open).transpose()?,
        };
        Ok(Self { country, system })
    }

    /// The country of an address.
    pub fn country(&self, address: IpAddr) -> Known<Country> {
        self.country.as_ref().map_or(Known::Unknown, |(_, table)| table.country(address))
    }

    /// The autonomous system that announces an address.
    pub fn autonomous_system(&self, address: IpAddr) -> Known<AutonomousSystem> {
        self.system.as_ref().map_or(Known::Unknown, |(_, table)| table.autonomous_system(address))
    }

    /// The file that countries are read from.
    pub fn country_file(&self) -> Option<&DataFile> {
        self.country.as_ref().map(|(file, _)| file)
    }

    /// The file that autonomous systems are read from.
    pub fn system_file(&self) -> Option<&DataFile> {
        self.system.as_ref().map(|(file, _)| file)
    }
}

impl Table {
    /// Reads a file of either form; the error says what is wrong with it.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, String> {
        if mmdb::is_mmdb(&bytes) {
            return Ok(Self::Mmdb(Box::new(Mmdb::read(bytes)?)));
        }
        Ok(Self::Ranges(Box::new(RangeFile::read(&String::from_utf8_lossy(&bytes))?)))
    }

    /// The country of an address.
    pub(crate) fn country(&self, address: IpAddr) -> Known<Country> {
        match self {
            Self::Mmdb(file) => file.country(address),
            Self::Ranges(file) => file.country(address),
        }
    }

    /// The autonomous system of an address.
    pub(crate) fn autonomous_system(&self, address: IpAddr) -> Known<AutonomousSystem> {
        match self {
            Self::Mmdb(file) => file.autonomous_system(address),
            Self::Ranges(file) => file.autonomous_system(address),
        }
    }

    /// What the file holds; nothing if neither countries nor autonomous systems.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let (has_country, has_system) = match self {
            Self::Mmdb(file) => (file.has_country(), file.has_system()),
            Self::Ranges(file) => (file.has_country(), file.has_system()),
        };
        match (has_country, has_system) {
            (true, true) => Some(Kind::Location),
            (true, false) => Some(Kind::Country),
            (false, true) => Some(Kind::Asn),
            (false, false) => None,
        }
    }
}
