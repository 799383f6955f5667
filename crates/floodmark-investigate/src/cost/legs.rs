//! What NAT gateways pass on, as a query: each packet once, with its end inside and its end outside.

use crate::cost::answer::Gateway;
use crate::cost::gateways::REGIONAL;
use crate::counting::is_in;
use crate::counting::own::PRIVATE;
use crate::subject::Subject;
use crate::window::Window;

/// How the addresses begin that stand for IPv4 addresses where a NAT gateway translates IPv6 (NAT64, RFC 6052).
pub(super) const TRANSLATED: &str = "64:ff9b:";

/// The first parts of a statement that asks what gateways pass on: it goes on with a SELECT from `legs`.
///
/// A gateway logs each packet twice: between it and the host inside, and between it and the outside. Where the log has the addresses
/// that the packets bear, the first of these records tells both ends, and the second is left out. Where it has not, each tells one
/// end, and the other one is NULL. So each packet counts once in what is grouped by `inside`, and once in what is grouped by
/// `outside`. Columns: `gateway`, `zone` (the gateway's), `inside`, `outside`, `service` (that the log names), `is_out` (towards the
/// outside), `bytes`, `at` (when the record began).
pub(super) fn with_legs(subject: &Subject<'_>, windows: &[Window], gateways: &[Gateway]) -> String {
    let (gateway, condition) = at_gateways(gateways);
    let at = subject.and(&condition);
    let addresses: Vec<_> =
        gateways.iter().flat_map(|gateway| &gateway.addresses).map(String::as_str).collect();
    let own = |column: &str| is_in(column, addresses.iter().copied());
    let private = |column: &str| format!("regexp_like({column}, '{PRIVATE}')");
    let translated = |column: &str| format!("starts_with(lower({column}), '{TRANSLATED}')");
    format!(
        "WITH records AS (
  SELECT {gateway} AS gateway, nullif(az_id, '-') AS zone, bytes, event_time AS at,
    srcaddr, dstaddr, pkt_srcaddr, pkt_dstaddr, pkt_src_aws_service, pkt_dst_aws_service,
    CASE
      -- the packet's own end is not the record's: this is the leg between the gateway and the host inside
      WHEN pkt_srcaddr <> '-' AND pkt_dstaddr <> '-' THEN CASE
        WHEN pkt_dstaddr <> dstaddr AND ({src_private} OR NOT {pkt_dst_private}) THEN 'out'
        WHEN pkt_srcaddr <> srcaddr AND ({dst_private} OR NOT {pkt_src_private}) THEN 'back'
        WHEN {dst_translated} THEN 'out'
        WHEN {src_translated} THEN 'back'
      END
      -- without packet addresses, each leg tells one end
      WHEN {dst_translated} THEN 'from inside'
      WHEN {src_translated} THEN 'to inside'
      WHEN {dst_own} THEN if({src_private}, 'from inside', 'from outside')
      WHEN {src_own} THEN if({dst_private}, 'to inside', 'to outside')
    END AS way
  {from}
), legs AS (
  SELECT gateway, zone, bytes, at, way IN ('out', 'from inside', 'to outside') AS is_out,
    CASE WHEN way IN ('out', 'from inside') THEN srcaddr WHEN way IN ('back', 'to inside') THEN dstaddr END AS inside,
    CASE way WHEN 'out' THEN pkt_dstaddr WHEN 'back' THEN pkt_srcaddr
      WHEN 'to outside' THEN dstaddr WHEN 'from outside' THEN srcaddr END AS outside,
    nullif(if(way IN ('out', 'to outside'), pkt_dst_aws_service, pkt_src_aws_service), '-') AS service
  FROM records
  WHERE way IS NOT NULL
)",
        src_private = private("srcaddr"),
        dst_private = private("dstaddr"),
        pkt_src_private = private("pkt_srcaddr"),
        pkt_dst_private = private("pkt_dstaddr"),
        src_translated = translated("srcaddr"),
        dst_translated = translated("dstaddr"),
        src_own = own("srcaddr"),
        dst_own = own("dstaddr"),
        from = at.from(windows).replace('\n', "\n  "),
    )
}

/// The expression that names the gateway of a record, and the condition that a record is made at one.
fn at_gateways(gateways: &[Gateway]) -> (String, String) {
    let is_address = |gateway: &&Gateway| gateway.id.parse::<std::net::IpAddr>().is_ok();
    let (by_address, by_interface): (Vec<_>, Vec<_>) = gateways.iter().partition(is_address);
    let mut conditions = Vec::new();
    let mut name = "interface_id".to_owned();
    if by_interface.iter().any(|gateway| gateway.id == REGIONAL) {
        name = format!("if(interface_id = '{REGIONAL}', resource_id, interface_id)");
    }
    if !by_interface.is_empty() {
        let ids = || by_interface.iter().map(|gateway| gateway.id.as_str());
        conditions.push(is_in("interface_id", ids()));
        // A regional gateway can be named by its own id.
        if by_interface.iter().any(|gateway| gateway.id.starts_with("nat-")) {
            conditions.push(is_in("resource_id", ids()));
            name = format!("if(interface_id = '{REGIONAL}', resource_id, interface_id)");
        }
    }
    if !by_address.is_empty() {
        let ids = || by_address.iter().map(|gateway| gateway.id.as_str());
        let (source, destination) = (is_in("srcaddr", ids()), is_in("dstaddr", ids()));
        name = format!(
            "CASE WHEN {source} THEN srcaddr WHEN {destination} THEN dstaddr ELSE {name} END"
        );
        conditions.extend([source, destination]);
    }
    let at = conditions.join(" OR ");
    let condition = format!(
        "({at}) AND srcaddr <> '-' AND dstaddr <> '-' AND coalesce(action, 'ACCEPT') <> 'REJECT'"
    );
    (name, condition)
}
