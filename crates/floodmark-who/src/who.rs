//! All that is known here of addresses, from the files of one folder.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ipnet::IpNet;

use crate::{Fact, Known, Result};

/// All that is known here of addresses. Each part is read when it is asked for the first time.
#[derive(Debug, Default)]
pub struct Who {
    folder: Option<PathBuf>,
}

/// The time of this machine, in seconds since 1970.
pub fn system_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Who {
    /// What the files of a folder tell. Nothing is read yet; the folder need not exist. The clock gives seconds since 1970: it
    /// decides what is stale.
    pub fn open(folder: &Path, _clock: fn() -> i64) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    /// Where its files lie; None if it knows nothing but what is built in.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether there are data at hand that tell this of many addresses.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn has(&self, _fact: Fact) -> Result<bool> {
        Ok(false)
    }

    /// What is known of an address, in words. `at` is when it had the address, in seconds since 1970; None is now.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn tell(&self, _fact: Fact, _address: IpAddr, _at: Option<i64>) -> Result<Known<Arc<str>>> {
        Ok(Known::Unknown)
    }

    /// The name of the network interface of ours with this id, at a time as for [`Who::tell`].
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn interface_by_id(&self, _id: &str, _at: Option<i64>) -> Result<Known<Arc<str>>> {
        Ok(Known::Unknown)
    }

    /// The best short name of an address for a reader: our own interface, else whose network it is and where; and the threat
    /// lists that name it.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn label(&self, _address: IpAddr, _at: Option<i64>) -> Result<Option<String>> {
        Ok(None)
    }

    /// The name of a network that all its addresses share.
    ///
    /// # Errors
    ///
    /// Those of a damaged file.
    pub fn label_of_network(&self, _network: IpNet) -> Result<Option<String>> {
        Ok(None)
    }
}
