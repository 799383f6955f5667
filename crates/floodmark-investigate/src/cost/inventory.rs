//! What the inventory knows of the interfaces of a log, as of the end of its records.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodmark_engine::Result;
use floodmark_who::inventory::Interface;

use crate::cost::span::Span;
use crate::counting::LoggedInterface;
use crate::limits::ADDRESSES_LISTED_MAX;
use crate::naming::seconds;
use crate::subject::Subject;

/// The interfaces of a log that the inventory knows, by the names that the log has for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Inventoried(BTreeMap<String, Arc<Interface>>);

/// Looks the interfaces of a log up. Reads no log.
pub(super) fn look_up(
    subject: &Subject<'_>,
    interfaces: &[LoggedInterface],
    span: &Span,
) -> Result<Inventoried> {
    let Some(inventory) = subject.who().inventory()? else { return Ok(Inventoried::default()) };
    let at = span.window.map(|window| seconds(window.end));
    let mut known = BTreeMap::new();
    for interface in interfaces {
        let mut addresses = interface.addresses.iter().filter_map(|address| address.parse().ok());
        let by_id = inventory.by_id(&interface.name, at).value();
        let found = by_id
            .or_else(|| addresses.find_map(|address| inventory.interface(address, at).value()));
        if let Some(found) = found {
            known.insert(interface.name.clone(), found);
        }
    }
    Ok(Inventoried(known))
}

impl Inventoried {
    /// What is known of an interface.
    pub(super) fn get(&self, name: &str) -> Option<&Interface> {
        self.0.get(name).map(Arc::as_ref)
    }

    /// The availability zones of interfaces by their ids and their own addresses, so many at most.
    pub(super) fn zones(&self, interfaces: &[LoggedInterface]) -> Vec<(String, String)> {
        let mut zones = Vec::new();
        for interface in interfaces {
            let Some(zone) = self.get(&interface.name).and_then(|known| known.zone_id.clone())
            else {
                continue;
            };
            zones.push((interface.name.clone(), zone.clone()));
            let addresses = interface.addresses.iter();
            zones.extend(addresses.map(|address| (address.clone(), zone.clone())));
        }
        zones.truncate(ADDRESSES_LISTED_MAX);
        zones
    }
}
