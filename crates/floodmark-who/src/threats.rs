//! Threat lists that the user brings: addresses and networks with a bad name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use crate::data::{self, DataFile, Kind};
use crate::limits::{
    NETWORK_FREE_BITS_IPV4_MAX, NETWORK_FREE_BITS_IPV6_MAX, THREAT_ENTRIES_MAX,
    THREAT_NOTE_CHARACTERS_MAX,
};
use crate::ranges::{Nested, NestedBuilder};
use crate::{Error, ErrorKind, Result};

/// All threat lists at hand.
#[derive(Debug)]
pub struct Threats {
    lists: Vec<DataFile>,
    entries: Nested<Listed>,
}

/// An entry of a list.
#[derive(Clone, Debug)]
struct Listed {
    /// The list's place among the lists.
    list: usize,
    note: Option<String>,
}

/// What the lists say about an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threat {
    /// The names of the lists that hold the address, each once, that with the smallest network first.
    pub lists: Vec<String>,
    /// The smallest network that is listed.
    pub network: IpNet,
    /// What is noted at it, else at the next larger one.
    pub note: Option<String>,
}

/// A row of the table of threats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The network that is listed.
    pub network: IpNet,
    /// The list's name.
    pub list: &'a str,
    /// What is noted at it.
    pub note: Option<&'a str>,
    /// When the list was brought, in seconds since 1970 UTC.
    pub added: i64,
}

/// What a list's text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The networks with their notes.
    pub entries: Vec<(IpNet, Option<String>)>,
    /// How many lines are no addresses, or a network too wide to be believed.
    pub rejected: u64,
    /// The first of those lines, with their numbers.
    pub first_rejected: Vec<String>,
}

impl Threats {
    /// Opens the threat lists of the folder of data files. There are none where nobody has brought any.
    ///
    /// # Errors
    ///
    /// If a list cannot be read: an incomplete answer would look like a good one.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut lists = vec![];
        let mut builder = NestedBuilder::new();
        for file in
            data::list(folder)?.files.into_iter().filter(|file| file.kind == Kind::ThreatList)
        {
            let parsed = parse(&data::text_of(folder, &file)?);
            for (network, note) in parsed.entries {
                builder.add(network, Listed { list: lists.len(), note });
            }
            if builder.len() > THREAT_ENTRIES_MAX {
                let message =
                    format!("the threat lists hold more than {THREAT_ENTRIES_MAX} networks");
                return Err(Error::new(ErrorKind::LimitReached, message)
                    .hint(format!("`floodmark data remove {}` removes the last one", file.name)));
            }
            lists.push(file);
        }
        Ok(Self { lists, entries: builder.build() })
    }

    /// What the lists say about an address; nothing if none holds it.
    pub fn find(&self, address: IpAddr) -> Option<Threat> {
        let mut lists: Vec<String> = vec![];
        let mut smallest = None;
        let mut noted = None;
        for (network, listed) in self.entries.find_all(address) {
            smallest = smallest.or(Some(network));
            noted = noted.or(listed.note.as_ref());
            let name = &self.lists[listed.list].name;
            if !lists.contains(name) {
                lists.push(name.clone());
            }
        }
        Some(Threat { lists, network: smallest?, note: noted.cloned() })
    }

    /// All entries of all lists, in the order of their addresses.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries.iter().map(|(network, listed)| {
            let list = &self.lists[listed.list];
            Entry { network, list: &list.name, note: listed.note.as_deref(), added: list.fetched }
        })
    }

    /// The lists, as they were brought.
    pub fn lists(&self) -> &[DataFile] {
        &self.lists
    }

    /// How many networks are listed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Reads a list: an address, a network or a range a line, with `#` and `;` for comments; or CSV, with or without a header, in which
/// the first column that holds an address is the network, and `note`, `category`, `description` or the next column the note. Where
/// the header says `start` and `end`, or the next column holds a higher address, the two are a range.
///
/// A network or a range of more addresses than an IPv4 `/8` or an IPv6 `/16` has is rejected: it would put a name on everybody.
pub fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut columns: Option<Columns> = None;
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        let fields = fields(line);
        if columns.is_none() && parsed.entries.is_empty() {
            columns = Columns::of_header(&fields);
            if columns.is_some() {
                continue;
            }
        }
        let found = match columns {
            Some(columns) => columns.range(&fields).map(|range| (range, columns.note)),
            None => Columns::without_header(&fields),
        };
        let refused = match found {
            None => "",
            Some((range, _)) if range.is_too_wide() => ", which is too wide to be believed",
            Some((range, note)) => {
                let note = note.and_then(|place| fields.get(place)).map(|note| clean(note));
                let note = note.filter(|note| !note.is_empty());
                let networks = range.networks().into_iter();
                parsed.entries.extend(networks.map(|network| (network, note.clone())));
                continue;
            }
        };
        parsed.rejected += 1;
        if parsed.first_rejected.len() < data::REJECTED_SHOWN {
            let start: String = line.chars().take(80).collect();
            parsed.first_rejected.push(format!("line {number}: {start}{refused}"));
        }
    }
    parsed
}

/// Where the network and the note stand in a line.
#[derive(Clone, Copy, Debug)]
struct Columns {
    network: usize,
    /// Where the range's last address stands, if the network is the first one.
    end: Option<usize>,
    note: Option<usize>,
}

/// Addresses of one family from the first to the last.
#[derive(Clone, Copy, Debug)]
enum Range {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
}

impl Columns {
    const NETWORK: [&str; 14] = [
        "network",
        "net",
        "cidr",
        "ip",
        "ip_address",
        "ipaddress",
        "address",
        "src_ip",
        "source_ip",
        "ip_range",
        "range",
        "prefix",
        "indicator",
        "dst_ip",
    ];
    const START: [&str; 8] = [
        "start",
        "start_ip",
        "ip_start",
        "startip",
        "start_address",
        "range_start",
        "first",
        "first_ip",
    ];
    const END: [&str; 8] =
        ["end", "end_ip", "ip_end", "endip", "end_address", "range_end", "last", "last_ip"];
    const NOTE: [&str; 11] = [
        "note",
        "category",
        "categories",
        "description",
        "comment",
        "reason",
        "type",
        "threat",
        "malware",
        "tag",
        "tags",
    ];

    /// The columns by their names; nothing if the line is no header.
    fn of_header(fields: &[String]) -> Option<Self> {
        let place = |names: &[&str]| {
            names.iter().find_map(|name| {
                fields.iter().position(|field| field.trim().eq_ignore_ascii_case(name))
            })
        };
        let note = place(&Self::NOTE);
        match (place(&Self::NETWORK), place(&Self::START), place(&Self::END)) {
            (Some(network), ..) => Some(Self { network, end: None, note }),
            (None, Some(network), Some(end)) => Some(Self { network, end: Some(end), note }),
            _ => None,
        }
    }

    /// The range in the columns that the header names.
    fn range(self, fields: &[String]) -> Option<Range> {
        let start = fields.get(self.network)?;
        match self.end {
            Some(end) => Range::between(address(start)?, address(fields.get(end)?)?),
            None => Range::of(start),
        }
    }

    /// The first range of a line, and where its note stands.
    fn without_header(fields: &[String]) -> Option<(Range, Option<usize>)> {
        let mut places = fields.iter().enumerate();
        let (place, range) = places.find_map(|(place, field)| Some((place, Range::of(field)?)))?;
        let end = fields.get(place + 1).and_then(|field| address(field));
        let between = address(&fields[place]).zip(end);
        match between.and_then(|(start, end)| Range::between(start, end)) {
            Some(range) => Some((range, Some(place + 2))),
            None => Some((range, Some(place + 1))),
        }
    }
}

impl Range {
    /// The range that a field names: of an address, a CIDR, or the first and the last address.
    fn of(field: &str) -> Option<Self> {
        if let Some(address) = address(field) {
            return Self::between(address, address);
        }
        let field = unquoted(field);
        if let Ok(network) = field.parse::<IpNet>() {
            return Self::between(network.network(), network.broadcast());
        }
        let (first, last) = field.split_once('-')?;
        Self::between(address(first)?, address(last)?)
    }

    /// From one address to another one that is not smaller.
    fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => Some(Self::V4(first, last)),
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => Some(Self::V6(first, last)),
            _ => None,
        }
    }

    /// Whether it has more addresses than anybody is given.
    fn is_too_wide(self) -> bool {
        match self {
            Self::V4(first, last) => {
                (last.to_bits() - first.to_bits()) >> NETWORK_FREE_BITS_IPV4_MAX > 0
            }
            Self::V6(first, last) => {
                (last.to_bits() - first.to_bits()) >> NETWORK_FREE_BITS_IPV6_MAX > 0
            }
        }
    }

    /// The fewest networks that cover it.
    fn networks(self) -> Vec<IpNet> {
        match self {
            Self::V4(first, last) => Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect(),
            Self::V6(first, last) => Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect(),
        }
    }
}

/// The address that a field is.
fn address(field: &str) -> Option<IpAddr> {
    unquoted(field).parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn unquoted(field: &str) -> &str {
    field.trim().trim_matches(['"', '\'', '[', ']'])
}

/// The fields of a line: of CSV, of TSV, or of an address with a comment behind it.
fn fields(line: &str) -> Vec<String> {
    if line.contains([',', '"']) {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(line.as_bytes());
        if let Some(Ok(record)) = reader.records().next() {
            return record.iter().map(str::to_owned).collect();
        }
    }
    if line.contains('\t') {
        return line.split('\t').map(|field| field.trim().to_owned()).collect();
    }
    match line.split_once([' ', '#', ';']) {
        Some((network, rest)) if !rest.trim_start().starts_with('-') => {
            let note = rest.trim_start_matches([' ', '#', ';']);
            vec![network.to_owned(), note.trim().to_owned()]
        }
        _ => vec![line.to_owned()],
    }
}

/// A note without line ends and controls, and not endless.
fn clean(note: &str) -> String {
    let plain = note.chars().filter(|letter| !letter.is_control());
    plain.take(THREAT_NOTE_CHARACTERS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(String, Option<String>)> {
        let parsed = parse(text);
        parsed.entries.into_iter().map(|(network, note)| (network.to_string(), note)).collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<(String, Option<String>)> = expected
            .iter()
            .map(|(network, note)| {
                ((*network).to_owned(), Some((*note).to_owned()).filter(|note| !note.is_empty()))
            })
            .collect();
        assert_eq!(entries(text), expected, "{text}");
    }

    #[test]
    fn lists_of_every_form_are_read() {
        check(
            "# a list\n; of two\n\n192.0.2.1\n198.51.100.9/24\t\n2001:db8::1 # a scanner\n203.0.113.7 ; SBL1\n",
            &[
                ("192.0.2.1/32", ""),
                ("198.51.100.0/24", ""),
                ("2001:db8::1/128", "a scanner"),
                ("203.0.113.7/32", "SBL1"),
            ],
        );
        check(
            "date,category,cidr\n2026-01-01,\"brute force, ssh\",192.0.2.0/25\n",
            &[("192.0.2.0/25", "brute force, ssh")],
        );
        check("1,192.0.2.1,scanner\n", &[("192.0.2.1/32", "scanner")]);
        check("192.0.2.0 - 192.0.2.2\n", &[("192.0.2.0/31", ""), ("192.0.2.2/32", "")]);
        check("::ffff:192.0.2.1\r\n", &[("192.0.2.1/32", "")]);
        check(
            "# a list\nStart\tEnd\tNetmask\tAttacks\n192.0.2.0\t192.0.2.255\t24\t900\n",
            &[("192.0.2.0/24", "")],
        );
        check("end,start,reason\n192.0.2.3,192.0.2.0,scan\n", &[("192.0.2.0/30", "scan")]);
        check("ip,start,end\n192.0.2.1,2026-01-01,2026-02-01\n", &[("192.0.2.1/32", "")]);
        check("192.0.2.0,192.0.2.255,scanner\n", &[("192.0.2.0/24", "scanner")]);
        check("2001:db8::,2001:db8::ffff\n", &[("2001:db8::/112", "")]);
        check("192.0.2.0 192.0.2.1\n", &[("192.0.2.0/31", "")]);
        // Two that are no range.
        check("192.0.2.9,192.0.2.1\n", &[("192.0.2.9/32", "192.0.2.1")]);
        check("192.0.2.9,2001:db8::1\n", &[("192.0.2.9/32", "2001:db8::1")]);
        check("192.0.2.1,bad\u{1b}[31m\n", &[("192.0.2.1/32", "bad[31m")]);
    }

    #[test]
    fn what_is_no_address_is_told() {
        let parsed = parse("192.0.2.1\n<html>\n192.0.2.300\n192.0.2.9-192.0.2.1\n");
        assert_eq!(parsed.entries.len(), 1);
        assert_eq!(parsed.rejected, 3);
        assert_eq!(parsed.first_rejected[0], "line 2: <html>");
        assert_eq!(parsed.first_rejected[1], "line 3: 192.0.2.300");
    }

    #[test]
    fn what_would_name_everybody_is_rejected() {
        let text = "0.0.0.0/0\n::/0\n10.0.0.0/7\n2000::/15\n192.0.2.1,223.255.255.255\n10.0.0.0/8\n2001::/16\n";
        let parsed = parse(text);
        let networks: Vec<String> =
            parsed.entries.iter().map(|(network, _)| network.to_string()).collect();
        assert_eq!(networks, ["10.0.0.0/8", "2001::/16"]);
        assert_eq!(parsed.rejected, 5);
        assert_eq!(parsed.first_rejected[0], "line 1: 0.0.0.0/0, which is too wide to be believed");
    }
}
