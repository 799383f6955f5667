//! What traffic costs, as it is told.

use serde::Serialize;

use crate::cost::prices::Prices;

/// What the traffic in the logs costs, who makes it, and what would save.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// What costs most and what would save most, in a sentence or some.
    pub sentence: String,
    /// The time that the records of the log span, whatever condition they meet, in UTC with seconds as `2024-10-05T02:00:00Z`; None if
    /// there are none.
    pub start: Option<String>,
    /// The end of that time.
    pub end: Option<String>,
    /// How long that is, in hours.
    pub hours: f64,
    /// How many records were asked, those that stand for no flow among them.
    pub records: u64,
    /// How many of them stand for flows.
    pub flows: u64,
    /// The NAT gateways that were found, and how.
    pub gateways: Vec<Gateway>,
    /// What is paid for, the largest first. Amounts in US dollars, for the time of the records.
    pub bill: Vec<Charge>,
    /// What would save, the largest first.
    pub savings: Vec<Saving>,
    /// Who and what makes the bytes: tables, each with the SQL that counted it.
    pub sections: Vec<Section>,
    /// The prices that were taken.
    pub prices: Prices,
    /// What the logs do not tell, and how they would; what else is to know.
    pub notes: Vec<String>,
    /// The addresses outside with the most bytes through NAT gateways, those first, as many as were asked for.
    #[serde(skip)]
    pub largest_outside: Vec<String>,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gateway {
    /// Its network interface, or the id of a regional gateway, or the address that was given.
    pub id: String,
    /// What the inventory calls it; None if it does not know it.
    pub name: Option<String>,
    /// Its own addresses, as far as the logs tell.
    pub addresses: Vec<String>,
    /// How it is known that it is one.
    pub told_by: ToldBy,
}

/// How a NAT gateway is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToldBy {
    /// The user named it.
    User,
    /// The logs say what the interface is for.
    Log,
    /// The inventory of interfaces names it.
    Inventory,
    /// What comes in from hosts leaves it again under its own address, and the answers come back.
    Behaviour,
}

/// Something that is paid for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Charge {
    /// What it is.
    pub title: &'static str,
    /// How much of it there was.
    pub quantity: f64,
    /// The unit: `bytes` or `hours`.
    pub unit: &'static str,
    /// What it cost in the time of the records.
    pub usd: f64,
    /// What it would cost in 30 days like these; None if the time is too short to tell.
    pub usd_a_month: Option<f64>,
}

/// Something that would cost less.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saving {
    /// What to do, such as `create a gateway endpoint for S3`.
    pub advice: String,
    /// How many bytes it is about.
    pub bytes: f64,
    /// What it would have saved in the time of the records.
    pub usd: f64,
    /// What it would save in 30 days like these; None if the time is too short to tell.
    pub usd_a_month: Option<f64>,
}

/// A table of who or what makes the bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its name for machines, such as `nat_sources`.
    pub name: &'static str,
    /// What it shows, for people.
    pub title: &'static str,
    /// What the rows are grouped by.
    pub by: Vec<&'static str>,
    /// The rows, the most bytes first.
    pub rows: Vec<Row>,
    /// All other rows together; None if there are none.
    pub others: Option<Others>,
    /// All rows together.
    pub bytes: f64,
    /// The statement that counted it.
    pub sql: String,
}

/// One group of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The values of what rows are grouped by; None is what is not known.
    pub values: Vec<Option<String>>,
    /// Bytes from inside to outside, or from the first to the second.
    pub bytes_out: f64,
    /// Bytes the other way.
    pub bytes_in: f64,
    /// Both together.
    pub bytes: f64,
    /// Their share of all rows of the table, from 0 to 1.
    pub share: Option<f64>,
    /// What they cost in the time of the records.
    pub usd: f64,
    /// What they would cost in 30 days like these; None if the time is too short to tell.
    pub usd_a_month: Option<f64>,
    /// What to do about it; None if there is nothing.
    pub advice: Option<String>,
}

/// The rows that are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Others {
    /// How many they are.
    pub rows: u64,
    /// Their bytes.
    pub bytes: f64,
    /// What they cost.
    pub usd: f64,
}
