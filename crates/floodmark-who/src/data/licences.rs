//! The licences of databases whose makers are told by the databases.

/// Under what terms data come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Licence {
    /// How the type of the maker's databases begins, in small letters.
    database_type: &'static str,
    /// The licence's name.
    pub(crate) name: &'static str,
    /// Whom to name when the data are shown to others, where the licence asks for it.
    pub(crate) attribution: Option<&'static str>,
}

/// By the type that stands in a database; a paid file of the same maker has terms of its own.
static LICENCES: [Licence; 5] = [
    Licence {
        database_type: "geolite2",
        name: "GeoLite2 EULA",
        attribution: Some("GeoLite2 data by MaxMind, https://www.maxmind.com"),
    },
    Licence {
        database_type: "geoip2",
        name: "MaxMind's commercial licence",
        attribution: Some("GeoIP2 data by MaxMind, https://www.maxmind.com"),
    },
    Licence {
        database_type: "dbip",
        name: "CC BY 4.0 (Lite files)",
        attribution: Some("IP geolocation by DB-IP, https://db-ip.com"),
    },
    Licence {
        database_type: "ipinfo",
        name: "CC BY-SA 4.0 (Lite files)",
        attribution: Some("IP address data by IPinfo, https://ipinfo.io"),
    },
    Licence { database_type: "iptoasn", name: "PDDL 1.0", attribution: None },
];

/// The licence of a database by its type.
pub(crate) fn of_database(database_type: &str) -> Option<&'static Licence> {
    let name = database_type.to_ascii_lowercase().replace(['-', '_', ' '], "");
    LICENCES.iter().find(|licence| name.starts_with(licence.database_type))
}
