//! What is asked of the web site that the logs of requests are about.

use floodmark_formats::synthetic::Random;

use crate::demo::incidents::draw::{log_normal, weighted};

/// The first words of what is searched for.
const KINDS: [&str; 16] = [
    "red", "blue", "green", "black", "white", "light", "warm", "cheap", "large", "small", "old",
    "new", "soft", "dry", "fine", "plain",
];

/// The second words of what is searched for.
const THINGS: [&str; 16] = [
    "shoes", "hats", "lamps", "chairs", "tables", "coats", "bags", "books", "pens", "cups",
    "bowls", "rugs", "boots", "belts", "rings", "clocks",
];

/// A domain of the site.
pub(crate) fn domain(random: &mut Random) -> &'static str {
    weighted(
        random,
        &[
            ("www.example.com", 45),
            ("shop.example.com", 25),
            ("api.example.com", 22),
            ("login.example.com", 8),
        ],
    )
}

/// A path.
pub(crate) fn path(random: &mut Random) -> String {
    match random.below(100) {
        0..=14 => "/".to_owned(),
        15..=44 => format!("/products/{}", 1000 + random.below(400)),
        45..=49 => format!("/search/{}-{}", random.one_of(&KINDS), random.one_of(&THINGS)),
        50..=74 => format!("/images/{}.jpg", 1000 + random.below(400)),
        75..=79 => "/cart".to_owned(),
        80..=83 => "/login".to_owned(),
        84..=93 => format!("/api/v1/items/{}", 1000 + random.below(400)),
        _ => "/static/app.js".to_owned(),
    }
}

/// A method.
pub(crate) fn method(random: &mut Random) -> &'static str {
    weighted(random, &[("GET", 88), ("POST", 10), ("HEAD", 2)])
}

/// A status; about one in a hundred is an error of the servers.
pub(crate) fn status(random: &mut Random) -> &'static str {
    weighted(
        random,
        &[
            ("200", 880),
            ("304", 50),
            ("404", 40),
            ("301", 15),
            ("403", 5),
            ("500", 3),
            ("502", 4),
            ("503", 3),
        ],
    )
}

/// The size of an answer in bytes.
pub(crate) fn answer_bytes(random: &mut Random) -> String {
    (log_normal(random, 14_000.0, 1.0) as u64 + 300).to_string()
}

/// The size of a request in bytes.
pub(crate) fn request_bytes(random: &mut Random) -> String {
    (log_normal(random, 600.0, 0.5) as u64 + 100).to_string()
}

/// A time of processing in seconds.
pub(crate) fn seconds(random: &mut Random) -> String {
    format!("{:.3}", log_normal(random, 0.04, 0.9))
}
