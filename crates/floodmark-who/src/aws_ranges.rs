//! The address ranges that AWS publishes: which service of which region an address belongs to.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDateTime;
use ipnet::IpNet;
use serde::Deserialize;

use crate::data::{self, DataFile, Kind};
use crate::ranges::{NestedBuilder, Ranges, RangesBuilder};
use crate::{Known, Result};

/// The file `ip-ranges.json` in memory.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html>
#[derive(Debug)]
pub struct AwsRanges {
    ranges: Ranges<Arc<AwsRange>>,
    /// When AWS made the file, in seconds since 1970 UTC.
    pub date: Option<i64>,
    /// How many prefixes the file lists, a prefix once a service.
    pub rows: u64,
}

/// A prefix of AWS's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AwsRange {
    /// The smallest prefix that is listed.
    pub prefix: IpNet,
    /// The service that it is for, such as `S3` or `CLOUDFRONT`; `AMAZON` if no other is named.
    pub service: String,
    /// All services that list the prefix or one around it, the most telling first, `AMAZON` last.
    pub services: Vec<String>,
    /// The region, such as `eu-west-1`, or `GLOBAL`.
    pub region: String,
    /// Where AWS announces it from: the region, or a local or wavelength zone's group.
    pub border_group: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "createDate")]
    create_date: Option<String>,
    prefixes: Vec<Prefix>,
    #[serde(default)]
    ipv6_prefixes: Vec<Prefix>,
}

#[derive(Deserialize)]
struct Prefix {
    #[serde(alias = "ipv6_prefix")]
    ip_prefix: String,
    region: String,
    service: String,
    #[serde(default)]
    network_border_group: String,
}

impl AwsRanges {
    /// Opens the newest file of AWS's ranges of the folder of data files; nothing if there is none.
    ///
    /// # Errors
    ///
    /// If the file is damaged; it is named, with the way out.
    pub fn open(folder: &Path) -> Result<Option<(DataFile, Self)>> {
        let listing = data::list(folder)?;
        let Some(file) = listing.newest(&[Kind::AwsRanges]).cloned() else { return Ok(None) };
        let text = data::text_of(folder, &file)?;
        let ranges = Self::read(&text).map_err(|why| data::damaged(folder, &file, &why))?;
        Ok(Some((file, ranges)))
    }

    /// Reads the file's text; the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| format!("it is no `ip-ranges.json` of AWS's: {error}"))?;
        let mut builder = NestedBuilder::new();
        for prefix in file.prefixes.iter().chain(&file.ipv6_prefixes) {
            let network: IpNet = prefix
                .ip_prefix
                .parse()
                .map_err(|_| format!("`{}` is no prefix", prefix.ip_prefix))?;
            builder.add(network, prefix);
        }
        if builder.is_empty() {
            return Err("it lists no prefix".to_owned());
        }
        let rows = builder.len() as u64;
        let nested = builder.build();
        let mut by_prefix: HashMap<IpNet, Arc<AwsRange>> = HashMap::new();
        let mut ranges = RangesBuilder::new();
        for (number, (network, _)) in (0_u32..).zip(nested.iter()) {
            // Equal prefixes are neighbours, and the chain of the last one holds them all.
            by_prefix.insert(network, Arc::new(range(network, nested.chain(Some(number)))));
        }
        let mut prefixes: Vec<_> = by_prefix.into_iter().collect();
        prefixes.sort_unstable_by_key(|(network, _)| *network);
        for (network, range) in prefixes {
            ranges.add(network.network(), network.broadcast(), range);
        }
        let date = file.create_date.and_then(|date| {
            let date = NaiveDateTime::parse_from_str(&date, "%Y-%m-%d-%H-%M-%S").ok()?;
            Some(date.and_utc().timestamp())
        });
        Ok(Self { ranges: ranges.build(), date, rows })
    }

    /// All prefixes, each once.
    pub fn prefixes(&self) -> impl Iterator<Item = &AwsRange> {
        self.ranges.values().iter().map(Arc::as_ref)
    }

    /// AWS's prefix that holds an address; [`Known::Nothing`] if AWS lists none.
    pub fn find(&self, address: IpAddr) -> Known<Arc<AwsRange>> {
        if !self.ranges.has_family_of(address) {
            return Known::Unknown;
        }
        self.ranges.find(address).map_or(Known::Nothing, |range| Known::Is(Arc::clone(range)))
    }
}

/// What a prefix and those around it say. The smallest comes first.
fn range<'a>(network: IpNet, chain: impl Iterator<Item = (IpNet, &'a &'a Prefix)>) -> AwsRange {
    let chain: Vec<(IpNet, &Prefix)> = chain.map(|(around, prefix)| (around, *prefix)).collect();
    let mut named: Vec<(u8, u8, &str)> = chain
        .iter()
        .map(|(around, prefix)| {
            (vagueness(&prefix.service), u8::MAX - around.prefix_len(), prefix.service.as_str())
        })
        .collect();
    named.sort_unstable();
    let mut services: Vec<String> = vec![];
    for (_, _, service) in named {
        if !services.iter().any(|known| known == service) {
            services.push(service.to_owned());
        }
    }
    let smallest = chain.first().map(|(_, prefix)| *prefix);
    AwsRange {
        prefix: network,
        service: services.first().cloned().unwrap_or_default(),
        services,
        region: smallest.map(|prefix| prefix.region.clone()).unwrap_or_default(),
        border_group: smallest
            .map(|prefix| prefix.network_border_group.clone())
            .unwrap_or_default(),
    }
}

/// How little a service's name says: `AMAZON` lists everything, and `EC2` also ranges of services that have a name of their own.
fn vagueness(service: &str) -> u8 {
    match service {
        "AMAZON" => 2,
        "EC2" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "syncToken": "1700000000",
        "createDate": "2026-01-02-03-04-05",
        "prefixes": [
            {"ip_prefix": "198.51.100.0/24", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"},
            {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
            {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"},
            {"ip_prefix": "203.0.113.64/26", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1-dub-1"},
            {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "S3", "network_border_group": "eu-west-1"}
        ],
        "ipv6_prefixes": [
            {"ipv6_prefix": "2001:db8::/40", "region": "us-east-1", "service": "CLOUDFRONT", "network_border_group": "us-east-1"}
        ]
    }"#;

    #[test]
    fn the_most_telling_service_of_the_smallest_prefix_is_found() {
        let ranges = AwsRanges::read(FILE).unwrap();
        assert_eq!(ranges.date, Some(1_767_323_045));
        assert_eq!(ranges.rows, 6);
        let found = |address: &str| {
            ranges.find(address.parse().unwrap()).map(|range| {
                let services = range.services.join("+");
                let AwsRange { prefix, service, region, border_group, .. } = range.as_ref();
                format!("{prefix} {service} {services} {region} {border_group}")
            })
        };
        let is = |text: &str| Known::Is(text.to_owned());
        assert_eq!(found("203.0.113.1"), is("203.0.113.0/24 S3 S3+EC2+AMAZON eu-west-1 eu-west-1"));
        assert_eq!(
            found("203.0.113.65"),
            is("203.0.113.64/26 S3 S3+EC2+AMAZON eu-west-1 eu-west-1-dub-1")
        );
        assert_eq!(found("198.51.100.1"), is("198.51.100.0/24 AMAZON AMAZON GLOBAL GLOBAL"));
        assert_eq!(
            found("2001:db8::1"),
            is("2001:db8::/40 CLOUDFRONT CLOUDFRONT us-east-1 us-east-1")
        );
        assert_eq!(found("192.0.2.1"), Known::Nothing);
    }

    #[test]
    fn what_is_no_such_file_is_told() {
        for text in ["", "<html>", "{}", "{\"prefixes\": []}", &FILE[..300]] {
            assert!(AwsRanges::read(text).is_err(), "{text}");
        }
    }
}
