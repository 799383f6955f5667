//! TLS connections of a Network Load Balancer with four listeners.

use std::fmt::Write as _;

use floodmark_formats::time::Micros;

use crate::draw::{happens, log_normal_whole, weighted};
use crate::logs::Scene;

const LISTENERS: &[((i64, &str), u64)] = &[
    ((443, "5c8e0f1a2b3d4e6f"), 72),
    ((8080, "1f2e3d4c5b6a7988"), 18),
    ((8443, "a7b6c5d4e3f20110"), 7),
    ((9443, "0f1e2d3c4b5a6978"), 3),
];

/// Appends the record of a connection that ended at a moment.
pub(crate) fn write(scene: &mut Scene<'_>, moment: Micros, text: &mut String) {
    let client = scene.client();
    let client_port = scene.ephemeral_port();
    let (port, listener) = weighted(&mut scene.random, LISTENERS);
    let duration_ms = log_normal_whole(&mut scene.random, 900.0, 1.7).max(3);
    text.push_str("tls 2.0 ");
    scene.iso(moment, text);
    let _ = write!(
        text,
        " net/front/0a1b2c3d4e5f6071 {listener} {}:{client_port} 10.0.{}.5:{port} {duration_ms} ",
        client.address,
        scene.node + 1,
    );
    if happens(&mut scene.random, 8) {
        // The handshake failed.
        let alert = weighted(&mut scene.random, &[("-", 5), ("40", 2), ("42", 1), ("48", 2)]);
        let _ = write!(text, "- 0 0 {alert} - - - - - - - - - ");
    } else {
        let handshake_ms = log_normal_whole(&mut scene.random, 11.0, 0.8).clamp(1, duration_ms);
        let received = log_normal_whole(&mut scene.random, 900.0, 1.1) + 60;
        let sent = log_normal_whole(&mut scene.random, 5200.0, 1.5) + 90;
        let host = scene.host();
        let certificate = if host.ends_with(".com") { 1 } else { 2 };
        let tls = if client.tls == "TLSv1.3" { "tlsv13" } else { "tlsv12" };
        let (protocol, offered) = match client.http2 {
            true => ("h2", "\"h2\",\"http/1.1\""),
            false => {
                weighted(&mut scene.random, &[(("http/1.1", "\"http/1.1\""), 3), (("-", "-"), 1)])
            }
        };
        let _ = write!(
            text,
            "{handshake_ms} {received} {sent} - \
             arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-{certificate:012} \
             - {} {tls} - {host} {protocol} {protocol} {offered} ",
            client.cipher,
        );
    }
    scene.iso(moment - duration_ms * 1000, text);
}
