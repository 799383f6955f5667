//! How the records of each log are written: one file a log.
//!
//! Which fields there are, their names and their keys come from the declarations; here are the values.

mod alb;
mod cloudfront;
mod nlb;
mod vpc_flow;
mod waf;

use std::fmt::Write as _;

use floodmark_formats::LogType;
use floodmark_formats::log_type::TimeForm;
use floodmark_formats::log_types::{ALB, CLOUDFRONT, NLB, VPC_FLOW, WAF};
use floodmark_formats::synthetic::{Random, written};
use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::clients::{Client, Visits};
use crate::draw::{log_normal_whole, weighted};

/// The account of all objects.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The region of all objects.
pub(crate) const REGION: &str = "eu-west-1";

/// A log that the benchmark is run on.
pub(crate) struct Log {
    pub(crate) log_type: &'static LogType,
    /// How many of the declared fields a record has: those of the era and version that most people have.
    pub(crate) fields: usize,
    /// The resource in the objects' keys.
    pub(crate) resource: &'static str,
    /// What AWS appends to the key.
    pub(crate) suffix: &'static str,
    /// The time in the key of the object that holds the interval beginning then.
    pub(crate) key_time: fn(Micros) -> Micros,
    /// Appends a record of a moment, without the line end.
    pub(crate) write: fn(&mut Scene<'_>, Micros, &mut String),
}

/// All logs that the benchmark is run on.
pub(crate) static ALL: &[&Log] = &[
    &Log {
        log_type: &NLB,
        fields: 22,
        resource: "front.0a1b2c3d4e5f6071",
        suffix: ".log.gz",
        key_time: |start| start + INTERVAL,
        write: nlb::write,
    },
    &Log {
        log_type: &ALB,
        fields: 30,
        resource: "web.50dc6c495c0c9188",
        suffix: ".log.gz",
        key_time: |start| start + INTERVAL,
        write: alb::write,
    },
    &Log {
        log_type: &VPC_FLOW,
        fields: 29,
        resource: "fl-0a1b2c3d4e5f60718",
        suffix: ".log.gz",
        key_time: |start| start,
        write: vpc_flow::write,
    },
    &Log {
        log_type: &CLOUDFRONT,
        fields: 33,
        resource: "E2EXAMPLE1B2C3",
        suffix: ".gz",
        key_time: |start| start,
        write: cloudfront::write,
    },
    &Log {
        log_type: &WAF,
        fields: WAF.fields.len(),
        resource: "front",
        suffix: ".log.gz",
        key_time: |start| start,
        write: waf::write,
    },
];

/// The log of a name.
pub(crate) fn find(name: &str) -> Result<&'static Log, String> {
    let log = ALL.iter().find(|log| log.log_type.name == name);
    log.copied().ok_or_else(|| format!("unknown log `{name}`"))
}

/// How long the interval of an object is.
pub(crate) const INTERVAL: Micros = 5 * MINUTE;

/// What the records of one object have in common.
pub(crate) struct Scene<'a> {
    pub(crate) random: Random,
    pub(crate) visits: Visits<'a>,
    /// The node or interface that wrote the object, a small number.
    pub(crate) node: u64,
    seconds: Seconds,
}

impl<'a> Scene<'a> {
    /// The scene of the interval that begins at a moment.
    pub(crate) fn new(start: Micros, mut random: Random, visits: Visits<'a>) -> Self {
        let node = random.below(3);
        Self { random, visits, node, seconds: Seconds::new(start) }
    }

    /// The client of the next record.
    pub(crate) fn client(&mut self) -> &'a Client {
        self.visits.next(&mut self.random)
    }

    /// The port that a client chose: from the ranges that systems choose from.
    pub(crate) fn ephemeral_port(&mut self) -> i64 {
        self.random.between(32_768, 60_999)
    }

    /// The host that is asked for.
    pub(crate) fn host(&mut self) -> &'static str {
        weighted(
            &mut self.random,
            &[
                ("www.example.com", 34),
                ("api.example.com", 31),
                ("shop.example.com", 14),
                ("login.example.com", 9),
                ("static.example.net", 7),
                ("ws.example.org", 5),
            ],
        )
    }

    /// A path of an application, with an id in many.
    pub(crate) fn path(&mut self, text: &mut String) {
        let id = log_normal_whole(&mut self.random, 20_000.0, 1.6);
        let small = 1 + id % 40;
        let _ = match self.random.below(20) {
            0..=2 => write!(text, "/"),
            3..=4 => write!(text, "/index.html"),
            5..=7 => write!(text, "/v1/orders/{id}"),
            8..=9 => write!(text, "/v1/items?page={small}&per_page=50"),
            10..=12 => write!(text, "/products/{id}"),
            13 => write!(text, "/search?q=term{id}&sort=price"),
            14 => write!(text, "/v1/users/{id}/basket"),
            15 => write!(text, "/login"),
            16 => write!(text, "/health"),
            17 => write!(text, "/assets/app.{small:08x}.js"),
            18 => write!(text, "/images/{id}.jpg"),
            _ => write!(text, "/v2/sessions/{:016x}", self.random.number()),
        };
    }

    /// A moment as ISO 8601 to the second.
    pub(crate) fn iso(&mut self, moment: Micros, text: &mut String) {
        self.seconds.write(moment, text);
    }

    /// A moment as ISO 8601 to the microsecond.
    pub(crate) fn iso_micros(&mut self, moment: Micros, text: &mut String) {
        self.seconds.write(moment, text);
        let _ = write!(text, ".{:06}Z", moment.rem_euclid(SECOND));
    }
}

/// The seconds around an interval as text: writing a time anew for each record would cost more than all other fields.
struct Seconds {
    first: i64,
    texts: Vec<String>,
}

impl Seconds {
    fn new(start: Micros) -> Self {
        let first = (start - 2 * INTERVAL).div_euclid(SECOND);
        Self { first, texts: vec![String::new(); (4 * INTERVAL / SECOND) as usize] }
    }

    fn write(&mut self, moment: Micros, text: &mut String) {
        let at = moment.div_euclid(SECOND) - self.first;
        match usize::try_from(at).ok().and_then(|at| self.texts.get_mut(at)) {
            Some(known) => {
                if known.is_empty() {
                    *known = written(TimeForm::IsoSeconds, moment);
                }
                text.push_str(known);
            }
            None => text.push_str(&written(TimeForm::IsoSeconds, moment)),
        }
    }
}
