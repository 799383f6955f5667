//! Names of addresses that were asked for, kept for a day.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use futures::StreamExt;

use crate::dns::{DnsOptions, Named, ask, resolver};
use crate::limits::{DNS_CONCURRENT_MAX, DNS_NAMES_KEPT_MAX};
use crate::{Error, Known, Result, file};

/// The names that were asked for, in a file of the folder.
#[derive(Debug)]
pub struct Names {
    path: PathBuf,
    kept: BTreeMap<IpAddr, Named>,
    trouble: Option<String>,
}

/// The file's name.
const FILE: &str = "names.json";

/// How long an answer holds, in seconds.
const LIFE: i64 = 86_400;

impl Names {
    /// Opens the names of a folder. A file that cannot be read is told by [`Names::trouble`], and is written anew with the next answers:
    /// it holds nothing that cannot be asked again.
    pub fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let read = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error.to_string()),
        };
        let (kept, trouble) = match read {
            Ok(kept) => (kept, None),
            Err(why) => {
                let trouble = format!(
                    "`{}` cannot be read ({why}); names are asked for anew",
                    path.display()
                );
                (BTreeMap::new(), Some(trouble))
            }
        };
        Self { path, kept, trouble }
    }

    /// What is wrong with the file.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// What the DNS answered for an address within the last day; `now` is in seconds since 1970 UTC.
    pub fn find(&self, address: IpAddr, now: i64) -> Known<&Named> {
        match self.kept.get(&address.to_canonical()).filter(|named| is_fresh(named, now)) {
            Some(named) if named.names.is_empty() => Known::Nothing,
            Some(named) => Known::Is(named),
            None => Known::Unknown,
        }
    }

    /// Asks for the addresses that are not known, a few at a time, and keeps the answers. Gives what failed: an address without
    /// an answer is asked again the next time.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the system's settings cannot be read or the file cannot be written.
    pub async fn resolve(
        &mut self,
        addresses: &[IpAddr],
        options: &DnsOptions,
        now: i64,
    ) -> Result<Vec<Error>> {
        let mut wanted: Vec<IpAddr> = addresses
            .iter()
            .map(IpAddr::to_canonical)
            .filter(|address| self.find(*address, now).is_unknown())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(vec![]);
        }
        let resolver = resolver(options)?;
        let answers: Vec<(IpAddr, Result<Named>)> = futures::stream::iter(wanted)
            .map(|address| {
                let resolver = &resolver;
                async move { (address, ask(resolver, address, now).await) }
            })
            .buffer_unordered(DNS_CONCURRENT_MAX)
            .collect()
            .await;
        let mut failed = vec![];
        for (address, answer) in answers {
            match answer {
                Ok(named) => {
                    self.kept.insert(address, named);
                }
                Err(error) => failed.push(error),
            }
        }
        self.save(now)?;
        Ok(failed)
    }

    /// Writes what is still true, of too many the newest.
    fn save(&mut self, now: i64) -> Result<()> {
        self.kept.retain(|_, named| is_fresh(named, now));
        if self.kept.len() > DNS_NAMES_KEPT_MAX {
            let mut times: Vec<i64> = self.kept.values().map(|named| named.asked).collect();
            times.sort_unstable();
            let oldest = times[times.len() - DNS_NAMES_KEPT_MAX];
            self.kept.retain(|_, named| named.asked >= oldest);
        }
        let text = serde_json::to_vec(&self.kept).expect("names are JSON");
        file::write_whole(&self.path, &text)
    }
}

/// Whether an answer still holds. One of the future does not: the clock was wrong.
fn is_fresh(named: &Named, now: i64) -> bool {
    (0..LIFE).contains(&now.saturating_sub(named.asked))
}
