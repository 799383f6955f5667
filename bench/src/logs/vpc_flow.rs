//! Flows of the interfaces of a VPC, both ways, in version 5 with all its fields.

use std::fmt::Write as _;

use floodmark_formats::time::{Micros, SECOND};

use crate::draw::{log_normal_whole, weighted};
use crate::logs::{ACCOUNT, REGION, Scene};

/// How many interfaces write into the log.
const INTERFACES: u64 = 40;

/// Appends the record of a flow whose window ended at a moment.
pub(crate) fn write(scene: &mut Scene<'_>, moment: Micros, text: &mut String) {
    let client = scene.client();
    let interface = scene.random.below(INTERFACES);
    let zone = interface % 3 + 1;
    // Each interface has its own ids, the same in every object.
    let id = (interface + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let own = format!("10.0.{zone}.{}", 20 + interface);
    let client_port = scene.ephemeral_port();
    let (port, protocol) = weighted(
        &mut scene.random,
        &[
            ((443, 6), 600),
            ((80, 6), 120),
            ((8080, 6), 90),
            ((53, 17), 80),
            ((5432, 6), 50),
            ((22, 6), 30),
            ((123, 17), 20),
            ((3389, 6), 10),
        ],
    );
    let refused = matches!(port, 22 | 3389);
    let (action, direction) = match refused {
        true => ("REJECT", "ingress"),
        false => ("ACCEPT", weighted(&mut scene.random, &[("ingress", 52), ("egress", 48)])),
    };
    let incoming = direction == "ingress";
    let packets = if refused { 1 } else { log_normal_whole(&mut scene.random, 9.0, 1.1) + 1 };
    let size = if incoming { 210.0 } else { 760.0 };
    let bytes = packets * (log_normal_whole(&mut scene.random, size, 0.5).clamp(12, 1460) + 40);
    let end = moment / SECOND;
    let start = end - weighted(&mut scene.random, &[(59, 6), (58, 2), (60, 1), (27, 1), (4, 1)]);
    let (source, target) = if incoming { (&client.address, &own) } else { (&own, &client.address) };
    let (source_port, target_port) =
        if incoming { (client_port, port) } else { (port, client_port) };
    let flags = match (protocol, refused) {
        (17, _) => 0,
        (_, true) => 2,
        _ => weighted(&mut scene.random, &[(3, 50), (19, 30), (0, 15), (7, 5)]),
    };
    let (service, path) = match incoming {
        true => ("- -", "-"),
        false => weighted(
            &mut scene.random,
            &[(("- -", "8"), 80), (("- S3", "7"), 10), (("- DYNAMODB", "7"), 5), (("- -", "1"), 5)],
        ),
    };
    let _ = write!(
        text,
        "5 {ACCOUNT} eni-0{id:016x} {source} {target} {source_port} {target_port} {protocol} \
         {packets} {bytes} {start} {end} {action} OK vpc-0a1b2c3d4e5f60718 \
         subnet-0{zone}1b2c3d4e5f60718 i-0{:016x} {flags} IPv4 {source} {target} {REGION} \
         euw1-az{zone} - - {service} {direction} {path}",
        id ^ 0xabc_def0,
    );
}
