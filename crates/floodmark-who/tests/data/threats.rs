//! Threat lists: what several say about an address.

use floodmark_who::data::{self, Import};
use floodmark_who::threats::Threats;

#[test]
fn all_lists_that_hold_an_address_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(Threats::open(&data).unwrap().is_empty());
    let lists = [
        ("wide.txt", "192.0.2.0/24 # a bad neighbourhood\n203.0.113.0/24\n", 10),
        ("exact.csv", "ip,category\n192.0.2.7,scanner\n192.0.2.7,scanner\n192.0.2.8,\n", 20),
    ];
    for (file, text, now) in lists {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let import = Import { path: &path, kind: None, name: None, licence: None, now };
        data::import(&data, &import).unwrap();
    }
    let threats = Threats::open(&data).unwrap();
    let found = |address: &str| {
        let threat = threats.find(address.parse().unwrap())?;
        let note = threat.note.unwrap_or_default();
        Some(format!("{} {} {note}", threat.lists.join("+"), threat.network))
    };
    assert_eq!(found("192.0.2.7").unwrap(), "exact+wide 192.0.2.7/32 scanner");
    assert_eq!(found("192.0.2.8").unwrap(), "exact+wide 192.0.2.8/32 a bad neighbourhood");
    assert_eq!(found("192.0.2.9").unwrap(), "wide 192.0.2.0/24 a bad neighbourhood");
    assert_eq!(found("::ffff:203.0.113.1").unwrap(), "wide 203.0.113.0/24 ");
    assert_eq!(found("198.51.100.1"), None);
    let rows: Vec<String> = threats
        .entries()
        .map(|row| {
            format!("{} {} {} {}", row.network, row.list, row.note.unwrap_or("-"), row.added)
        })
        .collect();
    assert_eq!(
        rows,
        [
            "192.0.2.0/24 wide a bad neighbourhood 10",
            "192.0.2.7/32 exact scanner 20",
            "192.0.2.7/32 exact scanner 20",
            "192.0.2.8/32 exact - 20",
            "203.0.113.0/24 wide - 10",
        ]
    );
}
