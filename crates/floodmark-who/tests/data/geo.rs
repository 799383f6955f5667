//! Countries and autonomous systems, in the schemas of the known vendors.

use std::path::Path;

use floodmark_testing::mmdb;
use floodmark_who::data::{self, Import, Kind};
use floodmark_who::geo::Geo;
use floodmark_who::{ErrorKind, Known};
use serde_json::{Value, json};

/// When the databases of these tests were made.
const BUILT: u64 = 1_767_225_600;

fn import(folder: &Path, file: &str, bytes: &[u8], now: i64) -> data::DataFile {
    let path = folder.join(file);
    std::fs::write(&path, bytes).expect("a file to write to");
    let import = Import { path: &path, kind: None, name: None, licence: None, now };
    data::import(&folder.join("data"), &import).expect("data that can be read").0
}

/// What is known of an address, as `country system`.
fn known(folder: &Path, address: &str) -> String {
    let geo = Geo::open(&folder.join("data")).expect("files that can be read");
    let address = address.parse().expect("it is an address");
    let words = |known: Known<String>| match known {
        Known::Is(text) => text,
        Known::Nothing => "-".to_owned(),
        Known::Unknown => "?".to_owned(),
    };
    let country = words(geo.country(address).map(|country| country.to_string()));
    let system = words(geo.autonomous_system(address).map(|system| system.to_string()));
    format!("{country} {system}")
}

#[test]
fn databases_of_all_vendors_are_read() {
    let cases: [(&str, Value, Kind, Option<&str>, &str); 6] = [
        (
            "GeoLite2-Country",
            json!({"country": {"iso_code": "DE", "names": {"en": "Germany"}}}),
            Kind::Country,
            Some("GeoLite2 EULA"),
            "DE ?",
        ),
        (
            "GeoLite2-ASN",
            json!({"autonomous_system_number": 64496, "autonomous_system_organization": "Example"}),
            Kind::Asn,
            Some("GeoLite2 EULA"),
            "? AS64496 Example",
        ),
        (
            "ipinfo bundle_location_lite.mmdb",
            json!({"country": "Germany", "country_code": "DE", "asn": "AS64496", "as_name": "Example"}),
            Kind::Location,
            Some("CC BY-SA 4.0 (Lite files)"),
            "DE AS64496 Example",
        ),
        (
            "ipinfo country_asn.mmdb",
            json!({"country": "DE", "country_name": "Germany", "asn": "AS64496", "as_name": "Example"}),
            Kind::Location,
            Some("CC BY-SA 4.0 (Lite files)"),
            "DE AS64496 Example",
        ),
        (
            "DBIP-Country-Lite",
            json!({"country": {"iso_code": "DE", "is_in_european_union": true}}),
            Kind::Country,
            Some("CC BY 4.0 (Lite files)"),
            "DE ?",
        ),
        ("geo-whois-asn-country", json!({"country_code": "DE"}), Kind::Country, None, "DE ?"),
    ];
    for (database_type, value, kind, licence, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let networks = [
            ("192.0.2.0/24", value.clone()),
            ("2001:db8::/32", value),
            ("198.51.100.0/24", json!({"other": "thing"})),
        ];
        let bytes = mmdb::write(database_type, BUILT, &networks);
        let file = import(folder.path(), "a.mmdb", &bytes, 1);
        assert_eq!((file.kind, file.licence.as_deref()), (kind, licence), "{database_type}");
        assert_eq!((file.rows, file.date), (3, Some(1_767_225_600)), "{database_type}");
        for address in ["192.0.2.77", "::ffff:192.0.2.77", "2001:db8::1"] {
            assert_eq!(known(folder.path(), address), expected, "{database_type} {address}");
        }
        let nothing = expected.replace("DE", "-").replace("AS64496 Example", "-");
        for address in ["198.51.100.1", "203.0.113.1", "2a00::1"] {
            assert_eq!(known(folder.path(), address), nothing, "{database_type} {address}");
        }
    }
}

#[test]
fn the_newest_file_of_a_kind_counts() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(known(folder.path(), "192.0.2.1"), "? ?");
    import(folder.path(), "old.csv", b"192.0.2.0,192.0.2.255,DE\n", 10);
    assert_eq!(known(folder.path(), "192.0.2.1"), "DE ?");
    let networks =
        [("192.0.2.0/24", json!({"country_code": "FR", "asn": "AS64496", "as_name": "Example"}))];
    import(folder.path(), "both.mmdb", &mmdb::write("ipinfo", BUILT, &networks), 20);
    assert_eq!(known(folder.path(), "192.0.2.1"), "FR AS64496 Example");
    // No address of IPv6 stands in it.
    assert_eq!(known(folder.path(), "2001:db8::1"), "? ?");
    import(folder.path(), "asn.tsv", b"192.0.2.0\t192.0.2.255\t64500\tNone\tNewer\n", 30);
    assert_eq!(known(folder.path(), "192.0.2.1"), "FR AS64500 Newer");
    data::remove(&folder.path().join("data"), "both").unwrap();
    assert_eq!(known(folder.path(), "192.0.2.1"), "DE AS64500 Newer");
}

#[test]
fn a_damaged_file_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = import(folder.path(), "places.csv", b"192.0.2.0,192.0.2.255,DE\n", 10);
    let data = folder.path().join("data");
    let path = data.join(&file.file);
    for (content, why) in
        [(&b"192.0.2"[..], "bytes"), (&b"<html>0,192.0.2.255,xx\n\n\n"[..], "ranges")]
    {
        std::fs::write(&path, content).unwrap();
        let error = Geo::open(&data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("`places`"), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.hint_text().unwrap().contains("data remove places"), "{error:?}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(Geo::open(&data).unwrap_err().to_string().contains("`places`"));
    // A half-written description does not hide the others.
    std::fs::write(data.join("places.json"), "{\"name\": \"pla").unwrap();
    let listing = data::list(&data).unwrap();
    assert_eq!((listing.files.len(), listing.troubles.len()), (0, 1));
    assert!(listing.troubles[0].contains("places.json"), "{:?}", listing.troubles);
}

#[test]
fn a_cut_database_is_refused() {
    let networks = [("192.0.2.0/24", json!({"country_code": "DE"}))];
    let bytes = mmdb::write("x", BUILT, &networks);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.mmdb");
    for end in [bytes.len() - 10, bytes.len() / 2, 20] {
        std::fs::write(&path, &bytes[..end]).unwrap();
        let import = Import { path: &path, kind: None, name: None, licence: None, now: 1 };
        let error = data::import(&folder.path().join("data"), &import).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    }
    assert!(data::list(&folder.path().join("data")).unwrap().files.is_empty());
}
