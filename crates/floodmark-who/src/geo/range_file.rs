//! Files of ranges: a line a range, as CSV or TSV, with or without a header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use csv::StringRecord;
use ipnet::IpNet;

use crate::Known;
use crate::data::REJECTED_SHOWN;
use crate::geo::place::{AutonomousSystem, Country, is_no_country, is_no_system, system_number};
use crate::limits::DATA_ROWS_MAX;
use crate::ranges::{Ranges, RangesBuilder};

/// The ranges of a file in memory.
#[derive(Debug)]
pub(crate) struct RangeFile {
    ranges: Ranges<Place>,
    columns: Columns,
    /// How many lines are ranges.
    pub(crate) rows: u64,
    /// How many lines are none.
    pub(crate) rejected: u64,
    /// The first of those, with their numbers.
    pub(crate) first_rejected: Vec<String>,
}

/// What a line says about its range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    country: Option<Country>,
    system: Option<AutonomousSystem>,
}

/// Where things stand in a line.
#[derive(Clone, Copy, Debug)]
struct Columns {
    span: Span,
    country: Option<usize>,
    number: Option<usize>,
    name: Option<usize>,
}

/// Where the range stands in a line.
#[derive(Clone, Copy, Debug)]
enum Span {
    /// A network in one column.
    Network(usize),
    /// Its first and its last address.
    Ends(usize, usize),
}

/// How many lines are looked at to tell the columns of a file without a header.
const SNIFFED: usize = 200;

/// How many columns behind the range are looked at for a country.
const COUNTRY_COLUMNS: usize = 4;

/// How many columns behind the range are looked at for the number of a system.
const NUMBER_COLUMNS: usize = 2;

impl RangeFile {
    /// Reads a file; the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let head: Vec<StringRecord> =
            reader(text).into_records().take(SNIFFED).filter_map(Result::ok).collect();
        let columns = columns(&head).ok_or(
            "it holds no ranges of addresses with a country or a number of an autonomous system",
        )?;
        let mut builder = RangesBuilder::new();
        let (mut rows, mut rejected, mut first_rejected) = (0, 0, vec![]);
        let mut reader = reader(text);
        let mut record = StringRecord::new();
        let mut is_first = true;
        loop {
            let is_read = match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => add(&record, columns, &mut builder),
                Err(_) => false,
            };
            if is_read {
                rows += 1;
                if rows > DATA_ROWS_MAX {
                    return Err(format!("it has more than {DATA_ROWS_MAX} lines"));
                }
            } else if !(is_first && header(&record).is_some()) {
                rejected += 1;
                if first_rejected.len() < REJECTED_SHOWN {
                    let number = record.position().map_or(0, csv::Position::line);
                    let line = record.iter().collect::<Vec<_>>().join(",");
                    let start: String = line.chars().take(80).collect();
                    first_rejected.push(format!("line {number}: {start}"));
                }
            }
            is_first = false;
        }
        if rejected > rows {
            let first = first_rejected.first().map_or("", String::as_str);
            return Err(format!(
                "{rejected} of its {} lines are no ranges, such as {first}",
                rows + rejected
            ));
        }
        Ok(Self { ranges: builder.build(), columns, rows, rejected, first_rejected })
    }

    /// Whether it holds countries.
    pub(crate) fn has_country(&self) -> bool {
        self.columns.country.is_some()
    }

    /// Whether it holds autonomous systems.
    pub(crate) fn has_system(&self) -> bool {
        self.columns.number.is_some()
    }

    /// The country of an address.
    pub(crate) fn country(&self, address: IpAddr) -> Known<Country> {
        if !self.has_country() || !self.ranges.has_family_of(address) {
            return Known::Unknown;
        }
        self.ranges.find(address).and_then(|place| place.country).map_or(Known::Nothing, Known::Is)
    }

    /// The autonomous system of an address.
    pub(crate) fn autonomous_system(&self, address: IpAddr) -> Known<AutonomousSystem> {
        if !self.has_system() || !self.ranges.has_family_of(address) {
            return Known::Unknown;
        }
        let system = self.ranges.find(address).and_then(|place| place.system.clone());
        system.map_or(Known::Nothing, Known::Is)
    }
}

/// Adds the range of a line. False if it has none.
fn add(record: &StringRecord, columns: Columns, builder: &mut RangesBuilder<Place>) -> bool {
    let Some((first, last)) = ends(record, columns.span) else { return false };
    let field = |place: Option<usize>| place.and_then(|place| record.get(place));
    let system = field(columns.number).and_then(system_number).map(|number| AutonomousSystem {
        number,
        name: Arc::from(plain(field(columns.name).unwrap_or_default())),
    });
    let country = field(columns.country).and_then(Country::parse);
    builder.add(first, last, Place { country, system })
}

/// A name without controls.
fn plain(name: &str) -> String {
    name.trim().chars().filter(|letter| !letter.is_control()).collect()
}

/// A reader of lines of the delimiter that the first of them has.
fn reader(text: &str) -> csv::Reader<&[u8]> {
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let line = line.unwrap_or_default();
    let delimiter = [b'\t', b',', b';'].into_iter().find(|letter| line.as_bytes().contains(letter));
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter.unwrap_or(b','))
        // Names in TSV hold quotes that end nowhere.
        .quoting(delimiter != Some(b'\t'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
}

/// The columns of a file, by its header or by what its first lines hold.
fn columns(head: &[StringRecord]) -> Option<Columns> {
    let columns = match head.first().and_then(header) {
        Some(columns) => columns,
        None => sniffed(head)?,
    };
    (columns.country.is_some() || columns.number.is_some()).then_some(columns)
}

/// The columns by their names; nothing if the line is no header.
fn header(record: &StringRecord) -> Option<Columns> {
    let place = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| record.iter().position(|field| field.eq_ignore_ascii_case(name)))
    };
    let network = place(&["network", "cidr", "prefix", "range", "ip_range", "ip_prefix"]);
    let first =
        place(&["start_ip", "start", "ip_range_start", "range_start", "first", "ip_from", "from"]);
    let last = place(&["end_ip", "end", "ip_range_end", "range_end", "last", "ip_to", "to"]);
    let span = match (network, first, last) {
        (Some(network), _, _) => Span::Network(network),
        (None, Some(first), Some(last)) => Span::Ends(first, last),
        _ => return None,
    };
    Some(Columns {
        span,
        // IPinfo Lite has the country's name under `country`, and its code under `country_code`.
        country: place(&["country_code", "country_iso_code", "iso_code", "country"]),
        number: place(&["asn", "autonomous_system_number", "as_number", "as"]),
        name: place(&[
            "as_name",
            "autonomous_system_organization",
            "as_org",
            "organization",
            "org",
            "as_description",
            "name",
        ]),
    })
}

/// The columns of lines without a header.
fn sniffed(head: &[StringRecord]) -> Option<Columns> {
    let span = head.iter().take(5).find_map(|record| {
        // A single address is an entry of some other list.
        let is_network = record.get(0).is_some_and(|field| field.contains('/'));
        let span = if is_network { Span::Network(0) } else { Span::Ends(0, 1) };
        ends(record, span).map(|_| span)
    })?;
    let begin = match span {
        Span::Network(place) => place + 1,
        Span::Ends(_, last) => last + 1,
    };
    let lines: Vec<&StringRecord> =
        head.iter().filter(|record| ends(record, span).is_some()).collect();
    let find = |columns: usize, is_value: &dyn Fn(&str) -> bool, is_none: &dyn Fn(&str) -> bool| {
        (begin..begin + columns).find(|place| {
            let mut fields = lines.iter().map(|line| line.get(*place).unwrap_or_default());
            fields.clone().any(is_value) && fields.all(|field| is_value(field) || is_none(field))
        })
    };
    let country = find(COUNTRY_COLUMNS, &|field| Country::parse(field).is_some(), &is_no_country);
    let number = find(NUMBER_COLUMNS, &|field| system_number(field).is_some(), &is_no_system);
    // Behind the number stands the holder's name, or a country, which may be one that no line knows.
    let is_place = |place: &usize| {
        let mut fields = lines.iter().map(|line| line.get(*place).unwrap_or_default());
        fields.all(|field| Country::parse(field).is_some() || is_no_country(field))
    };
    let name = number.and_then(|number| (number + 1..number + 3).find(|place| !is_place(place)));
    Some(Columns { span, country, number, name })
}

/// The first and the last address of a line's range.
fn ends(record: &StringRecord, span: Span) -> Option<(IpAddr, IpAddr)> {
    match span {
        Span::Network(place) => {
            let field = record.get(place)?;
            let network: IpNet = match field.parse() {
                Ok(network) => network,
                Err(_) => IpNet::from(field.parse::<IpAddr>().ok()?),
            };
            Some((network.network(), network.broadcast()))
        }
        Span::Ends(first, last) => {
            let (first, last) = (record.get(first)?, record.get(last)?);
            let ends = match (first.parse(), last.parse()) {
                (Ok(first), Ok(last)) => (first, last),
                _ => numbers(first, last)?,
            };
            let is_range = ends.0 <= ends.1 && ends.0.is_ipv4() == ends.1.is_ipv4();
            is_range.then_some(ends)
        }
    }
}

/// Ends that are written as numbers: of IPv4 if both are small enough.
fn numbers(first: &str, last: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last): (u128, u128) = (first.parse().ok()?, last.parse().ok()?);
    Some(match (u32::try_from(first), u32::try_from(last)) {
        (Ok(first), Ok(last)) => {
            (IpAddr::V4(Ipv4Addr::from_bits(first)), IpAddr::V4(Ipv4Addr::from_bits(last)))
        }
        _ => (IpAddr::V6(Ipv6Addr::from_bits(first)), IpAddr::V6(Ipv6Addr::from_bits(last))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file says about an address: country, number and name.
    fn check(text: &str, address: &str, expected: &str) {
        let file = RangeFile::read(text).unwrap();
        let address = address.parse().unwrap();
        let country = match file.country(address) {
            Known::Is(country) => country.to_string(),
            Known::Nothing => "-".to_owned(),
            Known::Unknown => "?".to_owned(),
        };
        let system = match file.autonomous_system(address) {
            Known::Is(system) => system.to_string(),
            Known::Nothing => "-".to_owned(),
            Known::Unknown => "?".to_owned(),
        };
        assert_eq!(format!("{country} {system}"), expected, "{text}");
    }

    #[test]
    fn every_form_of_file_is_read() {
        let one = "192.0.2.1";
        check("192.0.2.0,192.0.2.255,DE\n198.51.100.0,198.51.100.255,FR\n", one, "DE ?");
        check("192.0.2.0,192.0.2.255,64496,\"Example, Inc.\"\n", one, "? AS64496 Example, Inc.");
        check(
            "192.0.2.0\t192.0.2.255\t64496\tDE\tEXAMPLE \"A\n192.0.3.0\t192.0.3.9\t0\tNone\tNot routed\n",
            one,
            "DE AS64496 EXAMPLE \"A",
        );
        check(
            "192.0.2.0\t192.0.2.255\t64496\tDE\tA\n192.0.3.0\t192.0.3.9\t0\tNone\tNot routed\n",
            "192.0.3.1",
            "- -",
        );
        check("192.0.2.0/24,DE\n", one, "DE ?");
        check(
            "network,country,country_code,asn,as_name\n192.0.2.0/24,Germany,DE,AS64496,Example\n",
            one,
            "DE AS64496 Example",
        );
        check("# a comment\nstart_ip,end_ip,country\n192.0.2.0,192.0.2.255,de\n", one, "DE ?");
        check("3221225984,3221226239,DE\n", one, "DE ?");
        check("2001:db8::,2001:db8::ffff,64496,Example\n", "2001:db8::9", "? AS64496 Example");
        check("192.0.2.0,192.0.2.255,DE\n", "2001:db8::1", "? ?");
        check("192.0.2.0,192.0.2.255,DE\n", "192.0.3.1", "- ?");
    }

    #[test]
    fn what_is_no_file_of_ranges_is_told() {
        for text in
            ["", "<html>\n<p>not found</p>\n", "192.0.2.1\n", "{\"a\": 1}", "192.0.2.0/24,hello\n"]
        {
            assert!(RangeFile::read(text).is_err(), "{text}");
        }
        let mostly = "192.0.2.0,192.0.2.255,DE\nx\ny\nz\n";
        let error = RangeFile::read(mostly).unwrap_err();
        assert_eq!(error, "3 of its 4 lines are no ranges, such as line 2: x");
        let partly = "192.0.2.0,192.0.2.255,DE\nx\n";
        let file = RangeFile::read(partly).unwrap();
        assert_eq!((file.rows, file.rejected), (1, 1));
        assert_eq!(file.first_rejected, ["line 2: x"]);
    }
}
