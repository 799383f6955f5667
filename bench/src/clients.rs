//! Who sends the traffic: many clients, few of them heavy, each with its own software.

use floodmark_formats::synthetic::Random;

use crate::draw::{Zipf, happens, weighted};

/// How many clients there are.
const CLIENTS: usize = 50_000;
/// How many of the last clients may come again at once, as browsers do.
const RECENT: usize = 24;

/// One who sends traffic.
pub(crate) struct Client {
    /// A number of its own, for ids.
    pub(crate) number: u64,
    pub(crate) address: String,
    pub(crate) user_agent: String,
    /// `TLSv1.2` or `TLSv1.3`, as the Application Load Balancer and CloudFront write it.
    pub(crate) tls: &'static str,
    pub(crate) cipher: &'static str,
    /// Whether it speaks HTTP/2.
    pub(crate) http2: bool,
    /// The airport of the edge location that it reaches.
    pub(crate) airport: &'static str,
}

/// All of them.
pub(crate) struct Clients {
    clients: Vec<Client>,
    frequency: Zipf,
}

/// Draws clients for one object: whoever came a moment ago often comes again.
pub(crate) struct Visits<'a> {
    clients: &'a Clients,
    recent: [usize; RECENT],
    at: usize,
}

impl Clients {
    /// The clients of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let clients = (0..CLIENTS).map(|_| client(&mut random)).collect();
        Self { clients, frequency: Zipf::new(CLIENTS, 1.0, 2.0) }
    }

    /// The visits of one object.
    pub(crate) fn visits<'a>(&'a self, random: &mut Random) -> Visits<'a> {
        Visits { clients: self, recent: [(); RECENT].map(|()| self.frequency.draw(random)), at: 0 }
    }
}

impl<'a> Visits<'a> {
    /// The client of the next record.
    pub(crate) fn next(&mut self, random: &mut Random) -> &'a Client {
        let rank = if happens(random, 300) {
            self.recent[random.below(RECENT as u64) as usize]
        } else {
            self.clients.frequency.draw(random)
        };
        self.at = (self.at + 1) % RECENT;
        self.recent[self.at] = rank;
        &self.clients.clients[rank]
    }
}

fn client(random: &mut Random) -> Client {
    // 240.0.0.0/4 is reserved (RFC 1112): as varied as real addresses, and nobody's.
    let address = format!(
        "{}.{}.{}.{}",
        random.between(240, 255),
        random.below(256),
        random.below(256),
        random.between(1, 254)
    );
    let tls = weighted(random, &[("TLSv1.3", 78), ("TLSv1.2", 22)]);
    let cipher = match tls {
        "TLSv1.3" => weighted(
            random,
            &[
                ("TLS_AES_128_GCM_SHA256", 80),
                ("TLS_AES_256_GCM_SHA384", 13),
                ("TLS_CHACHA20_POLY1305_SHA256", 7),
            ],
        ),
        _ => weighted(
            random,
            &[
                ("ECDHE-RSA-AES128-GCM-SHA256", 70),
                ("ECDHE-RSA-AES256-GCM-SHA384", 20),
                ("ECDHE-RSA-AES128-SHA256", 6),
                ("AES128-GCM-SHA256", 4),
            ],
        ),
    };
    Client {
        number: random.number(),
        address,
        user_agent: user_agent(random),
        tls,
        cipher,
        http2: happens(random, 700),
        airport: weighted(
            random,
            &[
                ("FRA56", 30),
                ("DUB2", 20),
                ("LHR50", 15),
                ("CDG52", 12),
                ("IAD89", 13),
                ("SIN2", 10),
            ],
        ),
    }
}

fn user_agent(random: &mut Random) -> String {
    let chrome = random.between(118, 129);
    match random.below(20) {
        0..=6 => format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
        ),
        7..=8 => format!(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
        ),
        9..=12 => format!(
            "Mozilla/5.0 (iPhone; CPU iPhone OS {}_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
            random.between(15, 18),
            random.below(7)
        ),
        13..=15 => format!(
            "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Mobile Safari/537.36",
            random.between(10, 14)
        ),
        16 => format!("okhttp/4.{}.{}", random.between(9, 12), random.below(4)),
        17 => format!("python-requests/2.{}.{}", random.between(25, 32), random.below(4)),
        18 => format!("curl/8.{}.{}", random.between(0, 10), random.below(2)),
        _ => weighted(
            random,
            &[
                ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 3),
                ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", 1),
                ("-", 1),
            ],
        )
        .to_owned(),
    }
}
