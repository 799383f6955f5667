//! MaxMind's binary form, in the schemas of the known vendors.

use std::net::IpAddr;
use std::sync::Arc;

use maxminddb::{LookupResult, PathElement, Reader, WithinOptions};

use crate::Known;
use crate::geo::place::{AutonomousSystem, Country, system_number};

/// A database in memory, with the places where it keeps what is asked.
#[derive(Debug)]
pub(crate) struct Mmdb {
    reader: Reader<Vec<u8>>,
    country: Option<Field>,
    number: Option<Field>,
    name: Option<Field>,
    has_four: bool,
    has_six: bool,
}

/// The way to a value within a record.
type Field = &'static [PathElement<'static>];

/// The ends of a file of this form, by its specification: <https://maxmind.github.io/MaxMind-DB/>
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// How many bytes from its end the marker begins at the most.
const MARKER_AREA: usize = 128 * 1024;

/// How many records are looked into for what they hold.
const SNIFFED: usize = 2000;

/// Where vendors keep the country: MaxMind and DB-IP; IPinfo Lite and ip-location-db; IPinfo's older files. The last is the
/// country's name in IPinfo Lite, so it comes last and counts only if it is a code.
const COUNTRIES: [Field; 3] = [
    &[PathElement::Key("country"), PathElement::Key("iso_code")],
    &[PathElement::Key("country_code")],
    &[PathElement::Key("country")],
];

/// Where vendors keep the number: MaxMind, DB-IP and ip-location-db; IPinfo.
const NUMBERS: [Field; 3] = [
    &[PathElement::Key("autonomous_system_number")],
    &[PathElement::Key("asn")],
    &[PathElement::Key("traits"), PathElement::Key("autonomous_system_number")],
];

/// Where they keep the holder's name, in the same order.
const NAMES: [Field; 4] = [
    &[PathElement::Key("autonomous_system_organization")],
    &[PathElement::Key("as_name")],
    &[PathElement::Key("name")],
    &[PathElement::Key("traits"), PathElement::Key("autonomous_system_organization")],
];

/// Whether bytes are of this form.
pub(crate) fn is_mmdb(bytes: &[u8]) -> bool {
    let area = &bytes[bytes.len().saturating_sub(MARKER_AREA)..];
    area.windows(MARKER.len()).any(|window| window == MARKER)
}

impl Mmdb {
    /// Reads a database; the error says what is wrong with it.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, String> {
        let reader = Reader::from_source(bytes).map_err(|error| error.to_string())?;
        let (mut country, mut number, mut name) = (None, None, None);
        let networks =
            reader.networks(WithinOptions::default()).map_err(|error| error.to_string())?;
        for record in networks.take(SNIFFED) {
            let record = record.map_err(|error| error.to_string())?;
            let first = |fields: &[Field], is_there: &dyn Fn(Field) -> bool| {
                fields.iter().copied().find(|field| is_there(field))
            };
            country = country
                .or_else(|| first(&COUNTRIES, &|field| country_at(&record, field).is_some()));
            number =
                number.or_else(|| first(&NUMBERS, &|field| number_at(&record, field).is_some()));
            name = name.or_else(|| first(&NAMES, &|field| text_at(&record, field).is_some()));
            if country.is_some() && number.is_some() && name.is_some() {
                break;
            }
        }
        let has = |network: &str| {
            let network = network.parse().expect("it is a network");
            let within = reader.within(network, WithinOptions::default());
            within.is_ok_and(|mut networks| networks.next().is_some())
        };
        let has_four = has("0.0.0.0/0");
        let has_six = reader.metadata().ip_version == 6 && has("2000::/3");
        Ok(Self { country, number, name, has_four, has_six, reader })
    }

    /// Whether it holds countries.
    pub(crate) fn has_country(&self) -> bool {
        self.country.is_some()
    }

    /// Whether it holds autonomous systems.
    pub(crate) fn has_system(&self) -> bool {
        self.number.is_some()
    }

    /// What its maker calls it, such as `GeoLite2-Country`.
    pub(crate) fn database_type(&self) -> &str {
        &self.reader.metadata().database_type
    }

    /// When it was made, in seconds since 1970 UTC.
    pub(crate) fn built(&self) -> Option<i64> {
        i64::try_from(self.reader.metadata().build_epoch).ok().filter(|built| *built > 0)
    }

    /// Goes through all of it, and counts its networks; the error says what is wrong with it.
    pub(crate) fn verify(&self) -> Result<u64, String> {
        self.reader.verify().map_err(|error| error.to_string())?;
        let networks = self.reader.networks(WithinOptions::default());
        let mut count = 0;
        for record in networks.map_err(|error| error.to_string())? {
            record.map_err(|error| error.to_string())?;
            count += 1;
        }
        Ok(count)
    }

    /// The country of an address.
    pub(crate) fn country(&self, address: IpAddr) -> Known<Country> {
        self.at(address, self.country, country_at)
    }

    /// The autonomous system of an address.
    pub(crate) fn autonomous_system(&self, address: IpAddr) -> Known<AutonomousSystem> {
        self.at(address, self.number, |record, field| {
            let number = number_at(record, field)?;
            let name = self.name.and_then(|field| text_at(record, field)).unwrap_or_default();
            Some(AutonomousSystem { number, name: Arc::from(name) })
        })
    }

    fn at<T>(
        &self,
        address: IpAddr,
        field: Option<Field>,
        read: impl Fn(&Record<'_>, Field) -> Option<T>,
    ) -> Known<T> {
        let address = address.to_canonical();
        let is_covered = if address.is_ipv4() { self.has_four } else { self.has_six };
        let Some(field) = field.filter(|_| is_covered) else { return Known::Unknown };
        match self.reader.lookup(address) {
            Ok(record) => read(&record, field).map_or(Known::Nothing, Known::Is),
            Err(_) => Known::Unknown,
        }
    }
}

type Record<'a> = LookupResult<'a, Vec<u8>>;

fn text_at<'a>(record: &Record<'a>, field: Field) -> Option<&'a str> {
    record.decode_path(field).ok().flatten()
}

fn country_at(record: &Record<'_>, field: Field) -> Option<Country> {
    Country::parse(text_at(record, field)?)
}

/// The number, which vendors keep as a number or as `AS64496`.
fn number_at(record: &Record<'_>, field: Field) -> Option<u32> {
    match record.decode_path::<u32>(field) {
        Ok(number) => number.filter(|number| *number != 0),
        Err(_) => system_number(text_at(record, field)?),
    }
}
