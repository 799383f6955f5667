//! Where data are downloaded from, when the user asks for it.

use crate::data::Kind;

/// A place on the web that data come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, and that of the data file.
    pub name: &'static str,
    /// What the data are about.
    pub kind: Kind,
    /// A line about the data.
    pub title: &'static str,
    /// The files, which are put together to one.
    pub urls: &'static [&'static str],
    /// The licence of the data.
    pub licence: &'static str,
    /// Whom to name when the data are shown to others, where the licence asks for it.
    pub attribution: Option<&'static str>,
    /// Whether it is brought when no name is given.
    pub is_usual: bool,
}

/// The sources that are known by name, all of which may be used without an account. The files of countries and systems are those of
/// <https://github.com/sapics/ip-location-db>, which are made daily.
pub static SOURCES: [Source; 4] = [
    Source {
        name: "aws-ranges",
        kind: Kind::AwsRanges,
        title: "AWS's published address ranges, by service and region",
        urls: &["https://ip-ranges.amazonaws.com/ip-ranges.json"],
        licence: "none stated; published by AWS",
        attribution: None,
        is_usual: true,
    },
    Source {
        name: "geo-whois-asn-country",
        kind: Kind::Country,
        title: "Countries, from networks' own feeds, registries and routes",
        urls: &[
            "https://cdn.jsdelivr.net/npm/@ip-location-db/geo-whois-asn-country/geo-whois-asn-country-ipv4.csv",
            "https://cdn.jsdelivr.net/npm/@ip-location-db/geo-whois-asn-country/geo-whois-asn-country-ipv6.csv",
        ],
        licence: "CC0 1.0",
        attribution: None,
        is_usual: true,
    },
    Source {
        name: "iptoasn-asn",
        kind: Kind::Asn,
        title: "Autonomous systems, from routes (IPtoASN)",
        urls: &[
            "https://cdn.jsdelivr.net/npm/@ip-location-db/iptoasn-asn/iptoasn-asn-ipv4.csv",
            "https://cdn.jsdelivr.net/npm/@ip-location-db/iptoasn-asn/iptoasn-asn-ipv6.csv",
        ],
        licence: "PDDL 1.0",
        attribution: None,
        is_usual: true,
    },
    Source {
        name: "iptoasn-country",
        kind: Kind::Country,
        title: "Countries of the systems that announce addresses (IPtoASN)",
        urls: &[
            "https://cdn.jsdelivr.net/npm/@ip-location-db/iptoasn-country/iptoasn-country-ipv4.csv",
            "https://cdn.jsdelivr.net/npm/@ip-location-db/iptoasn-country/iptoasn-country-ipv6.csv",
        ],
        licence: "PDDL 1.0",
        attribution: None,
        is_usual: false,
    },
];

/// The source of a name.
pub fn source(name: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.name == name)
}
