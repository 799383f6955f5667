//! What AWS asks for traffic: a dated list, any price of which can be set.

use floodmark_engine::{Error, Result};
use serde::Serialize;

/// How many bytes the GB of a price has, unless it is set.
///
/// AWS's price pages do not say which GB they mean. 10^9 gives the larger amount: it is at most 7.4 % too much if 2^30 is meant, as it is
/// where AWS reckons storage.
const GB_BYTES: f64 = 1e9;

/// The prices of a region, in US dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prices {
    /// The region that the prices are of.
    pub region: String,
    /// When they were noted, as `yyyy-MM-dd` or as the user's file says it.
    pub date: String,
    /// Where AWS publishes them; the user's file may name another source.
    pub source: String,
    /// Each price under the name by which it is set, in the order of the list.
    pub values: Vec<Price>,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    /// The name by which it is set, such as `nat-gb`.
    pub name: &'static str,
    /// What it is for.
    pub title: &'static str,
    /// The amount in US dollars; for `gb-bytes` a number of bytes.
    pub amount: f64,
    /// Whether the user has set it.
    pub is_set: bool,
}

/// Which price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    NatGb,
    NatHour,
    ZoneGb,
    InternetGb,
    EndpointGb,
    EndpointHour,
    GbBytes,
}

/// The prices by the names by which they are set, with what they are for.
const ITEMS: [(Item, &str, &str); 7] = [
    (Item::NatGb, "nat-gb", "a GB through a NAT gateway, either way"),
    (Item::NatHour, "nat-hour", "an hour of a NAT gateway"),
    (
        Item::ZoneGb,
        "zone-gb",
        "a GB out of an availability zone, and as much for it into the other",
    ),
    (Item::InternetGb, "internet-gb", "a GB to the internet, of the first 10 TB a month"),
    (Item::EndpointGb, "endpoint-gb", "a GB through an interface endpoint"),
    (Item::EndpointHour, "endpoint-hour", "an hour of an interface endpoint in one zone"),
    (Item::GbBytes, "gb-bytes", "how many bytes a GB of these prices has"),
];

/// The published prices of one region.
struct Published {
    region: &'static str,
    nat_gb: f64,
    nat_hour: f64,
    internet_gb: f64,
    endpoint_hour: f64,
}

/// When the list was noted.
const DATE: &str = "2026-11-22";

/// AWS's pages: the prices of NAT gateways, of endpoints, and of transfer.
const SOURCE: &str = "https://aws.amazon.com/vpc/pricing/, https://aws.amazon.com/privatelink/pricing/, \
                      https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer";

/// The region whose prices are taken where a region's own are not in the list.
const DEFAULT_REGION: &str = "us-east-1";

/// A GB between zones costs the same in each direction in all of these regions, and so does one through an interface endpoint.
const ZONE_GB: f64 = 0.01;
const ENDPOINT_GB: f64 = 0.01;

const fn published(
    region: &'static str,
    nat_gb: f64,
    nat_hour: f64,
    internet_gb: f64,
    endpoint_hour: f64,
) -> Published {
    Published { region, nat_gb, nat_hour, internet_gb, endpoint_hour }
}

/// The list, by region.
static PUBLISHED: &[Published] = &[
    published("ap-southeast-1", 0.059, 0.059, 0.12, 0.013),
    published("eu-central-1", 0.052, 0.052, 0.09, 0.012),
    published("eu-west-1", 0.048, 0.048, 0.09, 0.011),
    published("us-east-1", 0.045, 0.045, 0.09, 0.01),
    published("us-east-2", 0.045, 0.045, 0.09, 0.01),
    published("us-west-2", 0.045, 0.045, 0.09, 0.01),
];

impl Prices {
    /// The published prices of a region; those of us-east-1 if the list has none of it, which [`Prices::region`] then says.
    pub fn of(region: &str) -> Self {
        let published = find(region).or_else(|| find(DEFAULT_REGION));
        let published = published.expect("the default region is in the list");
        let values = ITEMS.iter().map(|(item, name, title)| {
            let amount = match item {
                Item::NatGb => published.nat_gb,
                Item::NatHour => published.nat_hour,
                Item::ZoneGb => ZONE_GB,
                Item::InternetGb => published.internet_gb,
                Item::EndpointGb => ENDPOINT_GB,
                Item::EndpointHour => published.endpoint_hour,
                Item::GbBytes => GB_BYTES,
            };
            Price { name, title, amount, is_set: false }
        });
        Self {
            region: published.region.to_owned(),
            date: DATE.to_owned(),
            source: SOURCE.to_owned(),
            values: values.collect(),
        }
    }

    /// Sets prices, each written `NAME=AMOUNT` such as `nat-gb=0.052`. The last of a name counts.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for a name that is none, and for an amount that is no number or negative; a GB has at least one byte.
    pub fn set(&mut self, settings: &[String]) -> Result<()> {
        for setting in settings {
            let wrong = || {
                let names: Vec<_> = ITEMS.iter().map(|(_, name, _)| format!("`{name}`")).collect();
                Error::invalid_query(format!("`{setting}` sets no price")).hint(format!(
                    "write it as `nat-gb=0.045`, in US dollars; the prices are {}",
                    names.join(", ")
                ))
            };
            let (name, amount) = setting.split_once('=').ok_or_else(wrong)?;
            let amount: f64 = amount.trim().parse().map_err(|_| wrong())?;
            let price = (self.values.iter_mut()).find(|price| price.name == name.trim());
            let price = price.ok_or_else(wrong)?;
            let least = if price.name == "gb-bytes" { 1.0 } else { 0.0 };
            if !amount.is_finite() || amount < least {
                return Err(wrong());
            }
            (price.amount, price.is_set) = (amount, true);
        }
        Ok(())
    }

    /// Takes prices from a file with a line `nat-gb = 0.045` each, which is TOML; `date = "…"` and `source = "…"` say what they are. Empty
    /// lines and those that begin with `#` say nothing.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` as for [`Prices::set`], with the line.
    pub fn read(&mut self, text: &str) -> Result<()> {
        for (number, line) in text.lines().enumerate() {
            let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let text = value.trim().trim_matches('"').to_owned();
            match name.trim() {
                "date" => self.date = text,
                "source" => self.source = text,
                _ => self.set(&[line.to_owned()]).map_err(|error| {
                    let hint = error.hint_text().unwrap_or_default().to_owned();
                    Error::invalid_query(format!("line {}: {error}", number + 1)).hint(hint)
                })?,
            }
        }
        Ok(())
    }

    /// The amount of a price.
    pub(super) fn get(&self, item: Item) -> f64 {
        let at = ITEMS.iter().position(|(known, _, _)| *known == item);
        at.and_then(|at| self.values.get(at)).map_or(0.0, |price| price.amount)
    }

    /// What so many bytes cost at a price a GB, in US dollars.
    pub(super) fn of_bytes(&self, item: Item, bytes: f64) -> f64 {
        bytes / self.get(Item::GbBytes) * self.get(item)
    }
}

/// The regions that the list has prices of, in their order.
pub fn regions() -> Vec<&'static str> {
    PUBLISHED.iter().map(|published| published.region).collect()
}

fn find(region: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|published| published.region == region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_region_and_can_be_set() {
        let mut prices = Prices::of("eu-central-1");
        assert!((prices.get(Item::NatGb) - 0.052).abs() < 1e-12);
        prices.set(&["nat-gb=0.1".to_owned(), " zone-gb = 0 ".to_owned()]).unwrap();
        assert!((prices.of_bytes(Item::NatGb, 5e9) - 0.5).abs() < 1e-12);
        assert!(prices.get(Item::ZoneGb).abs() < 1e-12);
        prices.set(&["gb-bytes=1073741824".to_owned()]).unwrap();
        assert!((prices.of_bytes(Item::NatGb, 1_073_741_824.0) - 0.1).abs() < 1e-12);
        assert_eq!(Prices::of("mars-north-1").region, "us-east-1");
    }

    #[test]
    fn a_file_of_prices_is_read() {
        let mut prices = Prices::of("us-east-1");
        let text = "# ours\n\ndate = \"2027-01-01\"\nnat-gb = 0.03 # agreed\nzone-gb=0\n";
        prices.read(text).unwrap();
        assert_eq!(prices.date, "2027-01-01");
        assert!((prices.get(Item::NatGb) - 0.03).abs() < 1e-12);
        let error = prices.read("\nnat-gb\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for wrong in ["", "nat-gb", "nat-gb=", "nat-gb=-1", "nat-gb=NaN", "gb-bytes=0", "x=1"] {
            assert!(Prices::of("us-east-1").set(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
