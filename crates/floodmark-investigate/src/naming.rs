//! Names of the addresses that an answer shows.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use floodmark_engine::Result;
use floodmark_formats::time::{Micros, SECOND};
use floodmark_who::{Fact, Who};
use serde::Serialize;

/// Names by addresses and networks as they are shown. What is not known has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of those texts that are addresses or networks; `at` is the time of their records, in seconds since 1970. A
    /// damaged file hides only what stands in it: see [`Who::troubles`].
    pub fn of<'a>(who: &Who, texts: impl IntoIterator<Item = &'a str>, at: Option<i64>) -> Self {
        let texts: BTreeSet<&str> = texts.into_iter().collect();
        let mut names = BTreeMap::new();
        for text in texts {
            let name = match text.split_once('/') {
                None => match text.parse::<IpAddr>() {
                    Ok(address) => who.label(address.to_canonical(), at),
                    Err(_) => None,
                },
                Some(_) => match text.parse() {
                    Ok(network) => who.label_of_network(network),
                    Err(_) => None,
                },
            };
            if let Some(name) = name {
                names.insert(text.to_owned(), name);
            }
        }
        Self(names)
    }

    /// The name of an address or a network.
    pub fn get(&self, text: &str) -> Option<&str> {
        self.0.get(text).map(String::as_str)
    }

    /// Whether nothing has a name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Those addresses among some texts of which no registry has been asked, in their order, each once.
///
/// # Errors
///
/// Those of damaged files.
pub fn unresolved<'a>(who: &Who, texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<IpAddr>> {
    let mut unresolved = Vec::new();
    let mut seen = BTreeSet::new();
    for text in texts {
        let Ok(address) = text.parse::<IpAddr>() else { continue };
        let address = address.to_canonical();
        if seen.insert(address) && who.tell(Fact::NetworkName, address, None)?.is_unknown() {
            unresolved.push(address);
        }
    }
    Ok(unresolved)
}

/// A time in seconds since 1970, as names are asked for.
pub(crate) fn seconds(time: Micros) -> i64 {
    time.div_euclid(SECOND)
}
