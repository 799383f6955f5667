//! Requests to a CloudFront distribution, in the legacy format of 33 fields.

use std::fmt::Write as _;

use floodmark_formats::time::Micros;

use crate::draw::{happens, log_normal, log_normal_whole, weighted};
use crate::logs::Scene;

/// Appends the record of a request that was answered at a moment.
pub(crate) fn write(scene: &mut Scene<'_>, moment: Micros, text: &mut String) {
    let client = scene.client();
    let client_port = scene.ephemeral_port();
    let time_start = text.len();
    scene.iso(moment, text);
    // `2024-10-05T02:00:00` is written as two fields.
    text.replace_range(time_start + 10..=time_start + 10, "\t");

    let number = log_normal_whole(&mut scene.random, 300.0, 1.3);
    let (kind, median) = match scene.random.below(20) {
        0..=2 => ("text/html", 6200.0),
        3..=8 => ("image/jpeg", 41_000.0),
        9..=11 => ("application/javascript", 88_000.0),
        12..=13 => ("text/css", 19_000.0),
        14..=16 => ("application/json", 2300.0),
        17 => ("font/woff2", 31_000.0),
        _ => ("image/png", 15_000.0),
    };
    let length = log_normal_whole(&mut scene.random, median, 0.8) + 20;
    let status = weighted(
        &mut scene.random,
        &[(200, 840), (304, 90), (404, 30), (403, 12), (206, 15), (0, 8), (502, 5)],
    );
    let result = match status {
        0 | 403 | 404 | 502 => "Error",
        _ => weighted(&mut scene.random, &[("Hit", 80), ("Miss", 15), ("RefreshHit", 5)]),
    };
    let method = weighted(&mut scene.random, &[("GET", 94), ("HEAD", 3), ("POST", 3)]);
    let edge = scene.random.between(1, 8);
    let _ = write!(
        text,
        "\t{}-P{edge}\t{}\t{}\t{method}\td111111abcdef8.cloudfront.net\t",
        client.airport,
        if method == "HEAD" { 420 } else { length + 390 },
        client.address,
    );
    let _ = match kind {
        "text/html" if number % 2 == 0 => write!(text, "/index.html"),
        "text/html" => write!(text, "/products/{number}"),
        "image/jpeg" => write!(text, "/images/products/{}/{number}.jpg", number % 16),
        "image/png" => write!(text, "/images/icons/{}.png", number % 200),
        "application/javascript" => write!(text, "/assets/chunk-{:06x}.js", number % 80 * 7919),
        "text/css" => write!(text, "/assets/style-{:06x}.css", number % 12 * 6113),
        "font/woff2" => write!(text, "/fonts/inter-{}.woff2", number % 9 * 100),
        _ => write!(text, "/v1/items/{number}"),
    };
    let referrer = weighted(
        &mut scene.random,
        &[
            ("https://www.example.com/", 50),
            ("https://www.example.com/index.html", 20),
            ("https://shop.example.com/", 15),
            ("-", 15),
        ],
    );
    let _ = write!(text, "\t{status:03}\t{referrer}\t");
    for part in client.user_agent.split_inclusive(' ') {
        match part.strip_suffix(' ') {
            Some(word) => {
                text.push_str(word);
                text.push_str("%20");
            }
            None => text.push_str(part),
        }
    }
    match happens(&mut scene.random, 250) {
        true => {
            let _ = write!(text, "\tv={}&w={}", number % 60, 160 * (1 + number % 8));
        }
        false => text.push_str("\t-"),
    }
    let _ = write!(text, "\t-\t{result}\t");
    request_id(scene, text);
    let host = if happens(&mut scene.random, 700) { "www.example.com" } else { "shop.example.com" };
    let taken = log_normal(&mut scene.random, if result == "Miss" { 0.14 } else { 0.004 }, 1.0);
    let received = log_normal_whole(&mut scene.random, 190.0, 0.5) + 60;
    let version = if client.http2 { "HTTP/2.0" } else { "HTTP/1.1" };
    let detail = match (result, status) {
        ("Error", 0) => "ClientCommError",
        ("Miss", _) if number % 3 == 0 => "OriginShieldHit",
        _ => result,
    };
    let _ = write!(
        text,
        "\t{host}\thttps\t{received}\t{taken:.3}\t-\t{}\t{}\t{result}\t{version}\t-\t-\t{client_port}\
         \t{:.3}\t{detail}\t{kind}\t{length}\t-\t-",
        client.tls,
        client.cipher,
        taken * 0.9,
    );
}

/// Fifty-four letters of Base64 for URLs, as CloudFront's request ids are.
fn request_id(scene: &mut Scene<'_>, text: &mut String) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for _ in 0..6 {
        let number = scene.random.number();
        text.extend((0..9).map(|at| char::from(LETTERS[(number >> (6 * at) & 63) as usize])));
    }
    text.push_str("==");
}
