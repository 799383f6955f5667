//! What several tests ask for.

use floodmark_block::plan::{Wanted, plan};
use floodmark_block::present::{NetworkAcl, Present, PresentEntry};
use floodmark_block::rule::{Direction, Plan};
use floodmark_block::target::{Target, Targets};
use floodmark_block::way::Way;

/// 2026-11-22T09:30:00Z.
pub(crate) const NOW: i64 = 1_795_339_800;

/// A load balancer.
pub(crate) const LOAD_BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188";

/// Targets as they are written on a command line.
pub(crate) fn targets(texts: &[&str]) -> Targets {
    texts.iter().map(|text| Target::parse(text).expect("it does")).collect()
}

/// A question with AWS's defaults.
pub(crate) fn wanted(way: Way, texts: &[&str]) -> Wanted {
    Wanted::new(way, targets(texts), NOW)
}

/// A question about a network ACL.
pub(crate) fn network_acl(texts: &[&str]) -> Wanted {
    let mut wanted = wanted(Way::Nacl, texts);
    wanted.network_acl.id = Some("acl-0a1b2c3d4e5f60718".to_owned());
    wanted
}

/// The plan where nothing is known of AWS.
pub(crate) fn planned(wanted: &Wanted) -> Plan {
    plan(wanted, &Present::default()).expect("it can be planned")
}

/// A network ACL with these entries: number, direction, whether it allows, network.
pub(crate) fn held(entries: &[(u16, Direction, bool, &str)]) -> Present {
    let entry =
        |(number, direction, allows, network): &(u16, Direction, bool, &str)| PresentEntry {
            number: *number,
            direction: *direction,
            allows: *allows,
            protocol: "-1".to_owned(),
            ports: None,
            icmp: None,
            network: network.parse().expect("it is well written"),
        };
    let network_acl = NetworkAcl {
        id: "acl-0a1b2c3d4e5f60718".to_owned(),
        entries: entries.iter().map(entry).collect(),
        subnets: Vec::new(),
    };
    Present { network_acl: Some(network_acl), ..Present::default() }
}
