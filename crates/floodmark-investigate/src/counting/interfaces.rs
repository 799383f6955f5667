//! VPC flow logs: a packet is logged at each network interface that it passes.

use std::collections::{BTreeMap, BTreeSet};

use floodmark_engine::Result;
use floodmark_formats::observation::Interfaces;

use crate::counting::answer::Answer;
use crate::counting::own::{PRIVATE, Pairs, own_addresses};
use crate::counting::{Holes, LoggedInterface, Rule, from, holes, is_in, is_not_in, quoted};
use crate::limits::{
    ADDRESSES_LISTED_MAX, INTERFACE_ROWS_MAX, INTERFACES_MAX, INTERFACES_NAMED_MAX,
};
use crate::subject::Subject;
use crate::window::Window;

/// By how much of the larger one what comes in and what goes out of a forwarding interface may differ. Only the edges of
/// the windows make a difference.
const BALANCE: f64 = 0.05;

/// In which share of an interface's records its own address stands at least.
const OWN_SHARE: f64 = 0.9;

/// How much of the bytes at an interface without an instance are others' if it forwards.
const OTHERS_SHARE: f64 = 0.9;

/// Keeps a packet's record at its sender's interface, or at its receiver's if the sender's is not logged. Gives the interfaces too,
/// none if the logs do not name them.
///
/// An interface that forwards what others send (NAT and transit gateways) has every packet too, under its own address and
/// twice in the case of NAT. Its records count only for hosts behind it whose own interface is not logged, and then those
/// between it and the host. AWS page: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html>
pub(super) async fn examine(
    subject: &Subject<'_>,
    windows: &[Window],
    columns: Interfaces,
) -> Result<(Rule, Vec<LoggedInterface>)> {
    let mut log = Log { subject, columns, from: from(subject, windows), ends: Ends::told(columns) };
    let Overview { mut interfaces, pairs, rows, holes, is_told, is_named, is_exact } =
        log.overview().await?;
    let give_up = |why: &str| Rule {
        condition: None,
        sentences: vec![format!(
            "Bytes are counted at each interface that logged them, so that a packet between two of \
             them counts twice: {why}."
        )],
        holes,
    };
    if !is_named {
        let rule = give_up("the logs do not name interface, sender and receiver");
        return Ok((rule, Vec::new()));
    }
    if interfaces.len() > INTERFACES_MAX || rows > INTERFACE_ROWS_MAX {
        let rule = give_up("there are too many interfaces to tell them apart");
        return Ok((rule, logged(&interfaces, &BTreeMap::new())));
    }
    let mut sentences = Vec::new();
    if !is_told {
        let pairs: Vec<_> =
            (pairs.into_iter()).map(|((interface, _), pairs)| Pairs { interface, pairs }).collect();
        let owned = own_addresses(&pairs);
        log.ends = Ends::by_address(columns, &owned);
        log.add_legs(&owned, &mut interfaces).await?;
        sentences.push(
            "The logs do not tell the direction, so an interface's own address is the one that \
             stands in all of its records."
                .to_owned(),
        );
    }
    let has_instances = interfaces.values().any(|interface| interface.instances > 0);
    let (forwarding, plain): (Found, Found) = (interfaces.iter())
        .partition(|(name, interface)| interface.forwards(name, columns, has_instances));
    let logged = logged(&interfaces, &forwarding);
    let mut addresses: BTreeSet<String> =
        plain.values().flat_map(|interface| interface.owned.iter().cloned()).collect();
    if is_exact {
        addresses.extend(log.further_addresses(&plain).await?);
    }
    let forwarded: usize = forwarding.values().map(|interface| interface.owned.len().max(1)).sum();
    if addresses.len() + forwarded > ADDRESSES_LISTED_MAX {
        return Ok((give_up("their addresses are too many for one condition"), logged));
    }
    sentences.push(
        "Bytes are counted once, at the sender's interface if it is logged, else at the receiver's; \
         what was rejected counts where it was rejected."
            .to_owned(),
    );
    sentences.extend(named(&forwarding));
    let condition = log.condition(&plain, &forwarding, &addresses);
    Ok((Rule { condition: Some(condition), sentences, holes }, logged))
}

type Found<'i> = BTreeMap<&'i String, &'i Interface>;

/// A log of interfaces as it is asked.
struct Log<'s> {
    subject: &'s Subject<'s>,
    columns: Interfaces,
    from: String,
    ends: Ends,
}

/// How a record tells which end of the flow its interface is.
struct Ends {
    /// The condition for what the interface sent.
    outgoing: String,
    /// The condition for what it received.
    incoming: String,
    /// What is joined to the flows so that the conditions can be asked; empty for nothing.
    joined: String,
}

/// What was found out about all interfaces.
struct Overview {
    interfaces: BTreeMap<String, Interface>,
    /// Sender and receiver of some records, by interface and by whether they are IPv6.
    pairs: BTreeMap<(String, bool), Vec<String>>,
    rows: usize,
    holes: Holes,
    /// Whether all records tell their direction.
    is_told: bool,
    /// Whether all records name their interface and addresses.
    is_named: bool,
    /// Whether records tell the addresses that the packets bear.
    is_exact: bool,
}

/// What was found out about an interface.
#[derive(Clone, Debug, Default)]
struct Interface {
    records: u64,
    /// In how many records its own address stands.
    own_records: u64,
    owned: BTreeSet<String>,
    purpose: Option<String>,
    instances: u64,
    /// What came in from hosts that it may forward for.
    inside_in: Volume,
    /// What went out to them.
    inside_out: Volume,
    /// What came in from elsewhere.
    outside_in: Volume,
    /// What went out to elsewhere.
    outside_out: Volume,
}

/// Bytes and packets.
#[derive(Clone, Copy, Debug, Default)]
struct Volume {
    bytes: f64,
    packets: f64,
}

impl Ends {
    /// By the direction that the records tell.
    fn told(columns: Interfaces) -> Self {
        let direction = columns.direction;
        Self {
            outgoing: format!("{direction} = 'egress'"),
            incoming: format!("{direction} = 'ingress'"),
            joined: String::new(),
        }
    }

    /// By the interfaces' own addresses.
    fn by_address(columns: Interfaces, owned: &[(String, String)]) -> Self {
        let Interfaces { interface, source, destination, .. } = columns;
        let rows: Vec<_> = (owned.iter())
            .map(|(interface, address)| format!("({}, {})", quoted(interface), quoted(address)))
            .collect();
        let joined = if rows.is_empty() {
            String::new()
        } else {
            format!(
                "JOIN (VALUES {}) AS owned (own_interface, own_address) \
                 ON {interface} = own_interface AND own_address IN ({source}, {destination})",
                rows.join(", ")
            )
        };
        Self {
            outgoing: format!("{source} = own_address"),
            incoming: format!("{destination} = own_address"),
            joined,
        }
    }
}

impl Log<'_> {
    /// The flows, with only the columns that are needed.
    fn flows(&self) -> String {
        let of = self.columns;
        let columns = [
            of.interface,
            of.source,
            of.destination,
            of.packet_source,
            of.packet_destination,
            of.direction,
            of.bytes,
            of.packets,
        ];
        format!("FROM (SELECT {} {}) AS flows {}", columns.join(", "), self.from, self.ends.joined)
    }

    /// Whether what came in is for a host that the interface forwards to: the packet bears another address than the
    /// interface's; where that is not logged, the sender is a private address.
    fn is_inside_in(&self) -> String {
        let Interfaces { source, destination, packet_destination, .. } = self.columns;
        format!(
            "coalesce(nullif({packet_destination}, '-') <> {destination}, regexp_like({source}, '{PRIVATE}'))"
        )
    }

    /// Whether what went out came from elsewhere, and goes to a host that the interface forwards for.
    fn is_inside_out(&self) -> String {
        let Interfaces { source, destination, packet_source, .. } = self.columns;
        format!(
            "coalesce(nullif({packet_source}, '-') <> {source}, regexp_like({destination}, '{PRIVATE}'))"
        )
    }

    /// The columns of a query that sum up what an interface forwards.
    fn legs(&self) -> String {
        let Ends { outgoing, incoming, .. } = &self.ends;
        let (inside_in, inside_out) = (self.is_inside_in(), self.is_inside_out());
        let of = self.columns;
        let mut sums = Vec::new();
        for (name, condition) in [
            ("inside_in", format!("{incoming} AND {inside_in}")),
            ("inside_out", format!("{outgoing} AND {inside_out}")),
            ("outside_in", format!("{incoming} AND NOT {inside_in}")),
            ("outside_out", format!("{outgoing} AND NOT {inside_out}")),
        ] {
            for (unit, column) in [("bytes", of.bytes), ("packets", of.packets)] {
                sums.push(format!("sum(if({condition}, {column})) AS {name}_{unit}"));
            }
        }
        sums.join(", ")
    }

    /// Asks once, and learns all that one pass tells.
    async fn overview(&self) -> Result<Overview> {
        let of = self.columns;
        let (source, destination) =
            (format!("nullif({}, '-')", of.source), format!("nullif({}, '-')", of.destination));
        let pair = format!("{source} || ' ' || {destination}");
        // With the pairs the other way round, an interface of two peers shows both.
        let reverse = format!("{destination} || ' ' || {source}");
        let sql = format!(
            "SELECT {interface} AS interface, \
             CASE {direction} WHEN 'egress' THEN {source} WHEN 'ingress' THEN {destination} END AS own, \
             strpos({source}, ':') > 0 AS long, \
             count({source}) AS records, count(*) AS rows_read, \
             count(CASE WHEN {direction} IN ('egress', 'ingress') THEN 1 END) AS told, \
             max(nullif({purpose}, '-')) AS purpose, count(nullif({instance}, '-')) AS instances, \
             min({pair}) AS pair_1, max({pair}) AS pair_2, \
             min({reverse}) AS pair_3, max({reverse}) AS pair_4, \
             min_by({pair}, {bytes}) AS pair_5, max_by({pair}, {bytes}) AS pair_6, \
             count(nullif({packet_source}, '-')) AS exact, \
             {legs}, {holes}\n{from}\nGROUP BY 1, 2, 3\nLIMIT {limit}",
            interface = of.interface,
            direction = of.direction,
            purpose = of.purpose,
            instance = of.instance,
            bytes = of.bytes,
            packet_source = of.packet_source,
            legs = self.legs(),
            holes = holes(self.subject),
            from = self.from,
            limit = INTERFACE_ROWS_MAX + 1,
        );
        let mut overview = Overview {
            interfaces: BTreeMap::new(),
            pairs: BTreeMap::new(),
            rows: 0,
            holes: Holes::default(),
            is_told: true,
            is_named: true,
            is_exact: false,
        };
        for batch in self.subject.ask(&sql).await? {
            for answer in Answer::rows(&batch) {
                overview.add(&answer);
            }
        }
        Ok(overview)
    }

    /// Asks what the interfaces forward, and in how many records their own addresses stand.
    async fn add_legs(
        &self,
        owned: &[(String, String)],
        interfaces: &mut BTreeMap<String, Interface>,
    ) -> Result<()> {
        for interface in interfaces.values_mut() {
            // What the records with a direction told comes once more.
            *interface = Interface {
                records: interface.records,
                purpose: interface.purpose.take(),
                instances: interface.instances,
                ..Interface::default()
            };
        }
        for (name, address) in owned {
            if let Some(interface) = interfaces.get_mut(name) {
                interface.owned.insert(address.clone());
            }
        }
        if owned.is_empty() {
            return Ok(());
        }
        let interface = self.columns.interface;
        let sql = format!(
            "SELECT {interface} AS interface, count(*) AS own_records, {}\n{}\nGROUP BY {interface}",
            self.legs(),
            self.flows()
        );
        for batch in self.subject.ask(&sql).await? {
            for answer in Answer::rows(&batch) {
                if let Some(interface) =
                    answer.text("interface").and_then(|name| interfaces.get_mut(name))
                {
                    interface.own_records += answer.count("own_records");
                    interface.add_legs(&answer);
                }
            }
        }
        Ok(())
    }

    /// The further addresses of interfaces that have several, such as those of the pods of a node.
    async fn further_addresses(&self, plain: &Found<'_>) -> Result<Vec<String>> {
        let Interfaces { interface, packet_source, packet_destination, .. } = self.columns;
        let several: Vec<_> = (plain.iter())
            .filter(|(_, interface)| interface.inside_in.bytes + interface.inside_out.bytes > 0.0)
            .map(|(name, _)| name.as_str())
            .collect();
        if several.is_empty() {
            return Ok(Vec::new());
        }
        let Ends { outgoing, incoming, .. } = &self.ends;
        let sql = format!(
            "SELECT DISTINCT nullif(CASE WHEN {outgoing} THEN {packet_source} \
             WHEN {incoming} THEN {packet_destination} END, '-') AS address\n{}\nWHERE {}\nLIMIT {}",
            self.flows(),
            is_in(interface, several),
            ADDRESSES_LISTED_MAX + 1
        );
        let mut addresses = Vec::new();
        for batch in self.subject.ask(&sql).await? {
            let texts = Answer::rows(&batch).filter_map(|answer| answer.text("address"));
            addresses.extend(texts.map(str::to_owned));
        }
        Ok(addresses)
    }

    /// The condition that keeps one record of each packet.
    fn condition(
        &self,
        plain: &Found<'_>,
        forwarding: &Found<'_>,
        addresses: &BTreeSet<String>,
    ) -> String {
        let Interfaces { interface, source, destination, packet_source, action, .. } = self.columns;
        let is_told = self.ends.joined.is_empty();
        let pairs: Vec<_> = (plain.iter())
            .flat_map(|(name, interface)| {
                interface.owned.iter().map(move |address| format!("{name} {address}"))
            })
            .collect();
        let sent = if is_told {
            self.ends.outgoing.clone()
        } else {
            is_in(&format!("{interface} || ' ' || {source}"), pairs.iter().map(String::as_str))
        };
        let logged = || addresses.iter().map(String::as_str);
        let from_elsewhere =
            is_not_in(&format!("coalesce(nullif({packet_source}, '-'), {source})"), logged());
        let once = format!("{sent} OR {from_elsewhere} OR {action} = 'REJECT'");
        if forwarding.is_empty() {
            return once;
        }
        let own =
            || forwarding.values().flat_map(|interface| interface.owned.iter().map(String::as_str));
        let (came, went) = if is_told {
            (self.ends.incoming.clone(), self.ends.outgoing.clone())
        } else {
            (is_in(destination, own()), is_in(source, own()))
        };
        format!(
            "CASE WHEN {is_forwarding} THEN ({came} AND {inside_in} AND {sender_elsewhere}) \
             OR ({went} AND {inside_out} AND {receiver_elsewhere}) OR {action} = 'REJECT' \
             ELSE {once} END",
            is_forwarding = is_in(interface, forwarding.keys().map(|name| name.as_str())),
            inside_in = self.is_inside_in(),
            sender_elsewhere = is_not_in(source, logged()),
            inside_out = self.is_inside_out(),
            receiver_elsewhere = is_not_in(destination, logged()),
        )
    }
}

impl Overview {
    fn add(&mut self, answer: &Answer<'_>) {
        self.rows += 1;
        self.holes += Holes::read(answer);
        let records = answer.count("records");
        let holes = Holes::read(answer);
        let flows = answer.count("rows_read") - holes.without_traffic - holes.missing;
        self.is_named &= records >= flows && (records == 0 || answer.text("interface").is_some());
        if records == 0 {
            return;
        }
        self.is_exact |= answer.count("exact") > 0;
        self.is_told &= answer.count("told") >= records;
        let Some(name) = answer.text("interface") else { return };
        let interface = self.interfaces.entry(name.to_owned()).or_default();
        interface.records += records;
        interface.instances += answer.count("instances");
        if let Some(own) = answer.text("own") {
            interface.owned.insert(own.to_owned());
            interface.own_records += records;
        }
        if let Some(purpose) = answer.text("purpose") {
            interface.purpose = Some(purpose.to_owned());
        }
        interface.add_legs(answer);
        let pairs = (1..=6).map(|number| format!("pair_{number}"));
        for pair in pairs.filter_map(|name| answer.text(&name)) {
            let key = (name.to_owned(), pair.contains(':'));
            self.pairs.entry(key).or_default().push(pair.to_owned());
        }
    }
}

impl Interface {
    fn add_legs(&mut self, answer: &Answer<'_>) {
        for (volume, bytes, packets) in [
            (&mut self.inside_in, "inside_in_bytes", "inside_in_packets"),
            (&mut self.inside_out, "inside_out_bytes", "inside_out_packets"),
            (&mut self.outside_in, "outside_in_bytes", "outside_in_packets"),
            (&mut self.outside_out, "outside_out_bytes", "outside_out_packets"),
        ] {
            volume.bytes += answer.sum(bytes);
            volume.packets += answer.sum(packets);
        }
    }

    /// Whether it forwards what others send.
    fn forwards(&self, name: &str, columns: Interfaces, has_instances: bool) -> bool {
        // A regional NAT gateway has no interface.
        if name == "-" {
            return true;
        }
        if let Some(purpose) = &self.purpose {
            return columns.forwarding.contains(&purpose.as_str());
        }
        if (self.own_records as f64) < OWN_SHARE * self.records as f64 {
            return true;
        }
        let inside = self.inside_in.bytes + self.inside_out.bytes;
        let outside = self.outside_in.bytes + self.outside_out.bytes;
        if inside == 0.0 {
            return false;
        }
        // A transit gateway's interface shows one leg only, and has no instance.
        let is_foreign = has_instances && self.instances == 0;
        self.translates() || (is_foreign && inside >= OTHERS_SHARE * (inside + outside))
    }

    /// Whether what hosts send by it leaves it again under its own address, and the answers too, as at a NAT gateway.
    fn translates(&self) -> bool {
        self.inside_in.bytes + self.inside_out.bytes > 0.0
            && self.inside_in.balances(self.outside_out)
            && self.outside_in.balances(self.inside_out)
    }
}

/// The interfaces as others ask for them.
fn logged(
    interfaces: &BTreeMap<String, Interface>,
    forwarding: &Found<'_>,
) -> Vec<LoggedInterface> {
    let all = interfaces.iter().map(|(name, interface)| LoggedInterface {
        name: name.clone(),
        addresses: interface.owned.iter().cloned().collect(),
        purpose: interface.purpose.clone(),
        has_instance: interface.instances > 0,
        forwards: forwarding.contains_key(name),
        translates: forwarding.contains_key(name) && interface.translates(),
    });
    all.collect()
}

impl Volume {
    fn balances(self, other: Self) -> bool {
        let close = |one: f64, two: f64| (one - two).abs() <= BALANCE * one.max(two);
        close(self.bytes, other.bytes) && close(self.packets, other.packets)
    }
}

/// The sentence on interfaces that forward.
fn named(forwarding: &Found<'_>) -> Option<String> {
    let count = forwarding.len();
    if count == 0 {
        return None;
    }
    let mut names: Vec<_> =
        forwarding.keys().take(INTERFACES_NAMED_MAX).map(|name| name.as_str()).collect();
    let more = format!("{} more", count.saturating_sub(INTERFACES_NAMED_MAX));
    if count > INTERFACES_NAMED_MAX {
        names.push(&more);
    }
    let names = names.join(", ");
    let subject = if count == 1 {
        format!("The interface {names} forwards")
    } else {
        format!("{count} interfaces ({names}) forward")
    };
    Some(format!(
        "{subject} what others send, as a NAT or transit gateway does: such records count only for \
         hosts whose own interface is not logged."
    ))
}
