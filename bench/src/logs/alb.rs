//! Requests to an Application Load Balancer in front of two target groups.

use std::fmt::Write as _;

use floodmark_formats::synthetic::Random;
use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::draw::{happens, log_normal, log_normal_whole, weighted};
use crate::logs::Scene;

/// Appends the record of a request that was answered at a moment.
pub(crate) fn write(scene: &mut Scene<'_>, moment: Micros, text: &mut String) {
    let client = scene.client();
    let client_port = scene.ephemeral_port();
    let host = scene.host();
    let secure = !happens(&mut scene.random, 60);
    let http2 = secure && client.http2;
    let kind = match (secure, http2) {
        (_, true) => "h2",
        (true, _) => "https",
        _ => "http",
    };
    let status = weighted(
        &mut scene.random,
        &[
            ("200", 800),
            ("304", 60),
            ("301", 40),
            ("404", 50),
            ("403", 20),
            ("502", 15),
            ("500", 15),
        ],
    );
    let redirected = status == "301";
    let target = (scene.random.below(4), scene.random.below(12) + 20);
    let target_port = weighted(&mut scene.random, &[(8080, 3), (443, 1)]);
    let target_s = log_normal(&mut scene.random, 0.018, 1.2);
    let received = log_normal_whole(&mut scene.random, 420.0, 0.6) + 80;
    let sent = log_normal_whole(&mut scene.random, 3800.0, 1.4) + 150;

    let _ = write!(text, "{kind} ");
    scene.iso_micros(moment, text);
    let _ = write!(text, " app/web/50dc6c495c0c9188 {}:{client_port} ", client.address);
    if redirected {
        let _ = write!(text, "- -1 -1 -1 {status} - ");
    } else {
        let _ = write!(
            text,
            "10.0.{}.{}:{target_port} 0.00{} {target_s:.3} 0.000 {status} {status} ",
            target.0,
            target.1,
            scene.random.below(3),
        );
    }
    let method = weighted(&mut scene.random, &[("GET", 84), ("POST", 12), ("HEAD", 2), ("PUT", 2)]);
    let (scheme, port) = if secure { ("https", 443) } else { ("http", 80) };
    let _ = write!(text, "{received} {sent} \"{method} {scheme}://{host}:{port}");
    let path_start = text.len();
    scene.path(text);
    let path = text[path_start..].to_owned();
    let version = if http2 { "HTTP/2.0" } else { "HTTP/1.1" };
    let (cipher, tls) = if secure { (client.cipher, client.tls) } else { ("-", "-") };
    let service =
        if host.starts_with("api") { "api/943f017f100becff" } else { "web/73e2d6bc24d8a067" };
    let (first, second) = (scene.random.number(), scene.random.number());
    let _ = write!(
        text,
        " {version}\" \"{}\" {cipher} {tls} \
         arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{service} \
         \"Root=1-{:08x}-{:016x}{:08x}\" ",
        client.user_agent,
        moment / SECOND,
        first,
        second >> 32,
    );
    let (name, certificate) = match (secure, happens(&mut scene.random, 400)) {
        (false, _) => ("-", "-"),
        (true, true) => (host, "session-reused"),
        (true, false) => (
            host,
            "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000001",
        ),
    };
    let rule = weighted(&mut scene.random, &[(0, 50), (10, 25), (20, 15), (35, 10)]);
    let _ = write!(text, "\"{name}\" \"{certificate}\" {rule} ");
    let processing_micros = (target_s * 1e6) as i64 + scene.random.between(200, 1900);
    scene.iso_micros(moment - processing_micros, text);
    if redirected {
        let _ = write!(text, " \"redirect\" \"https://{host}:443{path}\" \"-\" \"-\" \"-\"");
    } else {
        let actions = weighted(&mut scene.random, &[("forward", 7), ("waf,forward", 3)]);
        let _ = write!(
            text,
            " \"{actions}\" \"-\" \"-\" \"10.0.{}.{}:{target_port}\" \"{status}\"",
            target.0, target.1,
        );
    }
    let (class, reason) = weighted(
        &mut scene.random,
        &[
            (("-", "-"), 985),
            (("Acceptable", "NonCompliantHeader"), 10),
            (("Ambiguous", "SpaceInUri"), 5),
        ],
    );
    // A client's requests of one minute come over one connection.
    let mut connection = Random::new(client.number ^ (moment / MINUTE) as u64);
    let (high, low) = (connection.number(), connection.number());
    let _ = write!(text, " \"{class}\" \"{reason}\" TID_{high:016x}{low:016x}");
}
