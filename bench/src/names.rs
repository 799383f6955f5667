//! Compares how fast addresses and user agents are named: our tables and an MMDB file with the same ranges, our list of bots and one set of all its patterns.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use floodmark_formats::synthetic::Random;
use floodmark_testing::mmdb;
use floodmark_who::data::{Import, import};
use floodmark_who::geo::Geo;
use floodmark_who::{Known, bots};
use regex::RegexSet;
use serde_json::json;

use crate::arguments::Arguments;
use crate::clock::Clock;

/// Into how many ranges the addresses are divided: as many as the usual files of countries have.
const RANGES: u32 = 1 << 18;
/// How many addresses are named.
const ADDRESSES: usize = 1_000_000;
/// How many user agents are named.
const USER_AGENTS: usize = 200_000;
const COUNTRIES: [&str; 8] = ["DE", "US", "JP", "BR", "ZA", "FR", "IN", "TV"];

/// Times both pairs and prints the medians and their ratios.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let runs: usize = arguments.value("runs", 5)?.max(1);
    let mut random = Random::new(arguments.value("seed", 1)?);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let size = 1 << (32 - RANGES.ilog2());
    let country = |range: u32| COUNTRIES[(range.wrapping_mul(2_654_435_761) >> 29) as usize];
    let mut lines = String::new();
    let mut networks = Vec::new();
    for range in 0..RANGES {
        let first = Ipv4Addr::from(range * size);
        let last = Ipv4Addr::from(range * size + (size - 1));
        let _ = writeln!(lines, "{first},{last},{}", country(range));
        networks.push((
            format!("{first}/{}", RANGES.ilog2()),
            json!({ "country_code": country(range) }),
        ));
    }
    let path = folder.path().join("countries.csv");
    std::fs::write(&path, lines).map_err(|error| error.to_string())?;
    let kind = None;
    let data = folder.path().join("data");
    import(&data, &Import { path: &path, kind, name: None, licence: None, now: 0 })
        .map_err(|error| error.to_string())?;
    let ours = Geo::open(&data).map_err(|error| error.to_string())?;
    let networks: Vec<_> =
        networks.iter().map(|(network, value)| (network.as_str(), value.clone())).collect();
    let reader = maxminddb::Reader::from_source(mmdb::write("Example-Country", 0, &networks))
        .map_err(|error| error.to_string())?;
    let addresses: Vec<IpAddr> =
        (0..ADDRESSES).map(|_| IpAddr::V4(Ipv4Addr::from(random.below(1 << 32) as u32))).collect();
    let count = |named: &dyn Fn(IpAddr) -> bool| {
        addresses.iter().filter(|address| named(**address)).count()
    };
    let of_ranges = || {
        count(
            &|address| matches!(ours.country(address), Known::Is(country) if country.as_str() == "TV"),
        )
    };
    let of_mmdb = || {
        count(&|address| {
            let found = reader.lookup(address).ok();
            let code = found.and_then(|found| {
                found
                    .decode_path::<&str>(&[maxminddb::PathElement::Key("country_code")])
                    .ok()
                    .flatten()
            });
            code == Some("TV")
        })
    };
    let mut report = String::new();
    pair(&mut report, runs, ("ranges", &of_ranges), ("MMDB", &of_mmdb), ADDRESSES)?;

    let agents = user_agents(&mut random);
    let patterns: BTreeSet<&str> = bots::all().iter().map(|bot| bot.pattern.as_str()).collect();
    let set = RegexSet::new(&patterns).map_err(|error| error.to_string())?;
    let of_list = || agents.iter().filter(|agent| bots::find(agent).is_some()).count();
    // It has to say which patterns match, as the list does.
    let of_set =
        || agents.iter().filter(|agent| set.matches(agent).iter().next().is_some()).count();
    pair(
        &mut report,
        runs,
        ("list of bots", &of_list),
        ("one set of patterns", &of_set),
        agents.len(),
    )?;
    Ok(report)
}

/// Browsers and bots, every one different.
fn user_agents(random: &mut Random) -> Vec<String> {
    let mut agents = Vec::new();
    for number in 0..USER_AGENTS {
        let version = 90 + random.below(60);
        agents.push(match number % 4 {
            0 => format!("Mozilla/5.0 (compatible; Googlebot/2.{number}; +http://www.google.com/bot.html)"),
            1 => format!("curl/8.{number}.0"),
            2 => format!("Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.{number}"),
            _ => format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.{number}.0 Safari/537.36"),
        });
    }
    agents
}

/// Something that names all subjects and says of how many it was true.
type Work<'a> = (&'static str, &'a dyn Fn() -> usize);

/// Times two ways that must agree.
fn pair(
    report: &mut String,
    runs: usize,
    ours: Work<'_>,
    peer: Work<'_>,
    subjects: usize,
) -> Result<(), String> {
    let mut times = [Vec::new(), Vec::new()];
    let mut counts = BTreeSet::new();
    // One run to warm up; then they take turns.
    for run in 0..=runs {
        for (times, (_, work)) in times.iter_mut().zip([ours, peer]) {
            let start = Clock::now();
            counts.insert(work());
            if run > 0 {
                times.push(start.seconds());
            }
        }
    }
    if counts.len() != 1 {
        return Err(format!("{} and {} do not agree: {counts:?}", ours.0, peer.0));
    }
    let [ours_time, peer_time] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    for (name, time) in [(ours.0, ours_time), (peer.0, peer_time)] {
        let _ = writeln!(report, "{name:<24} {:.0} ns each", time / subjects as f64 * 1e9);
    }
    let _ = writeln!(report, "{} by {}: {:.2}", ours.0, peer.0, ours_time / peer_time);
    Ok(())
}
