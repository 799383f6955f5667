//! What a rule would have blocked in the logs at hand: how much of the attack, and who else.

mod columns;
mod condition;
pub mod findings;
mod health_checkers;
pub mod protected;
pub mod reach;
pub mod refusals;
mod statements;
pub mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;

use floodmark_block::rule::Direction;
use floodmark_block::target::Targets;
use floodmark_engine::{Error, ErrorKind, Result, dialect};
use floodmark_who::Who;
use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::answer::{Batch, Rows};
use crate::backtest::columns::{Columns, columns};
use crate::backtest::protected::Protected;
use crate::backtest::refusals::Reason;
use crate::backtest::statements::{Sides, Statements};
use crate::limits::{BYSTANDERS_SHOWN_MAX, WINDOWS_MAX};
use crate::naming::{self, Names};
use crate::subject::Subject;
use crate::window::Window;

/// A rule, and the times at which it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct BacktestQuestion<'a> {
    /// What the rule matches. Without any, a rate rule counts all requests.
    pub targets: &'a Targets,
    /// The packets that it sees, of flow logs; for all other logs it is inbound.
    pub directions: &'a [Direction],
    /// The ids of the subnets whose packets the rule sees; none if it sees all, or if that is not known.
    pub subnets: &'a [String],
    /// If the rule blocks only who asks too often: how often.
    pub rate: Option<Rate>,
    /// When the attack was; None if there is none, or nobody knows when.
    pub during: Option<Window>,
    /// When there was none, for comparison.
    pub before: &'a [Window],
    /// What the attack is, as a condition in SQL; None if it is whatever there is more of than before.
    pub attack: Option<&'a str>,
    /// Whom the rule must not block.
    pub protected: &'a Protected,
}

/// How often an address may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// How many requests in a window are allowed.
    pub requests_max: u32,
    /// The length of the window, in seconds.
    pub window_seconds: u32,
}

/// What a rule would have blocked.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// The log's name.
    pub log: String,
    /// What its records are: `requests`, `connections`, `flows`.
    pub records: String,
    /// The condition in SQL of what the rule matches.
    pub condition: String,
    /// When the attack was.
    #[serde(serialize_with = "window")]
    pub during: Option<Window>,
    /// What it is compared with.
    #[serde(serialize_with = "windows")]
    pub before: Vec<Window>,
    /// All records that were looked at.
    pub all: Blocked,
    /// Those during the attack; None if no window was named.
    pub all_during: Option<Blocked>,
    /// Those of the attack; None if it is not known what the attack is.
    pub attack: Option<Blocked>,
    /// Those of the windows before, when there was none; None if no window was named.
    pub baseline: Option<Blocked>,
    /// How many health checks of load balancers and of Route 53 are blocked.
    pub health_checks: u64,
    /// How many records of what is blocked are refused already.
    pub refused: u64,
    /// Which records do not say what the rule looks at; None if all do.
    pub untold: Option<Untold>,
    /// Who else is blocked.
    pub bystanders: Bystanders,
    /// The names of the busiest of them, as far as they are known.
    pub names: Names,
    /// The statements: that of all amounts, and that of who else is blocked.
    pub statements: Vec<String>,
}

/// An amount, and how much of it is blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Blocked {
    /// How many records there are. What there is more of than before may be a fraction.
    pub records: f64,
    /// How many of them are blocked.
    pub blocked: f64,
    /// How many bytes they stand for; 0 if the log does not tell.
    pub bytes: f64,
    /// How many bytes of them are blocked.
    pub blocked_bytes: f64,
}

/// Records that do not say what a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Untold {
    /// What they do not say.
    pub what: UntoldPart,
    /// How many they are.
    pub records: u64,
}

/// What a record may not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UntoldPart {
    /// Where the client is: such a record is not blocked in the test.
    Country,
    /// In which subnet it was seen: such a record is tested as if the network ACL guarded it.
    Subnet,
}

/// Those who are blocked, though they are not the attack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bystanders {
    /// Whom the list has.
    pub which: Which,
    /// The busiest, the busiest first.
    pub busiest: Vec<Bystander>,
    /// How many addresses there are.
    pub addresses: u64,
    /// How many of their records are blocked.
    pub blocked: f64,
    /// Those among them that must not be blocked, by the reason.
    pub protected: BTreeMap<Reason, Met>,
}

/// Addresses that must not be blocked, and are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Met {
    /// The busiest one, and what it is.
    pub name: String,
    /// How many addresses there are.
    pub addresses: u64,
}

/// Whom a list of bystanders has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Whoever is blocked and not of the attack.
    NotTheAttack,
    /// Whoever is blocked in the windows before.
    Before,
    /// Whoever is blocked.
    All,
}

/// An address that is blocked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bystander {
    /// The address; None for NULL.
    pub address: Option<String>,
    /// What it is, if it must not be blocked.
    pub name: Option<String>,
    /// How many of its records are blocked.
    pub blocked: f64,
    /// How many bytes they stand for.
    pub blocked_bytes: f64,
}

impl Blocked {
    /// Which share of the records is blocked, from 0 to 1; None if there are none.
    pub fn share(&self) -> Option<f64> {
        (self.records > 0.0).then(|| (self.blocked / self.records).clamp(0.0, 1.0))
    }

    /// Which share of the bytes is blocked, from 0 to 1; None if there are none.
    pub fn share_of_bytes(&self) -> Option<f64> {
        (self.bytes > 0.0).then(|| (self.blocked_bytes / self.bytes).clamp(0.0, 1.0))
    }

    /// Whether it is told by bytes alone: more bytes in no more records.
    pub fn is_of_bytes(&self) -> bool {
        self.records <= 0.0 && self.bytes > 0.0
    }

    /// What is left without a part of it.
    fn without(self, part: Self) -> Self {
        Self {
            records: self.records - part.records,
            blocked: self.blocked - part.blocked,
            bytes: self.bytes - part.bytes,
            blocked_bytes: self.blocked_bytes - part.blocked_bytes,
        }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.blocked += other.blocked;
        self.bytes += other.bytes;
        self.blocked_bytes += other.blocked_bytes;
    }

    /// What there is more of than in the windows before, scaled to the same length.
    fn rise(self, before: Self, scale: f64) -> Self {
        let more = |during: f64, before: f64| (during - before * scale).max(0.0);
        let (records, bytes) = (more(self.records, before.records), more(self.bytes, before.bytes));
        Self {
            records,
            blocked: more(self.blocked, before.blocked).min(records),
            bytes,
            blocked_bytes: more(self.blocked_bytes, before.blocked_bytes).min(bytes),
        }
    }
}

impl Bystanders {
    /// Notes an address that must not be blocked, and says what it is.
    fn meet(&mut self, address: Option<&str>, protected: &Protected) -> Option<String> {
        let address = address?;
        let network = IpNet::from(address.parse::<IpAddr>().ok()?);
        let (reason, name) = protected.touched(&network).next()?;
        let met = self
            .protected
            .entry(reason)
            .or_insert_with(|| Met { name: format!("`{address}`, which is {name}"), addresses: 0 });
        met.addresses += 1;
        Some(name.to_owned())
    }
}

impl Backtest {
    /// Names the busiest of those who are blocked, by what is known now.
    pub fn name(&mut self, who: &Who) {
        let shown = self.bystanders.busiest.iter().filter_map(|one| one.address.as_deref());
        let at = self.during.map(|window| naming::seconds(window.start));
        self.names = Names::of(who, shown, at);
    }

    /// Which share of what is no attack is blocked, from 0 to 1: the larger one of the windows before and of what else there is
    /// during the attack; None if it is not known what the attack is. It is a share of records, and if the attack is of bytes,
    /// also one of bytes.
    pub fn bystanders_share(&self) -> Option<f64> {
        let attack = self.attack.filter(|_| self.bystanders.which == Which::NotTheAttack);
        let others = attack.map(|attack| self.all_during.unwrap_or(self.all).without(attack));
        let is_of_bytes = self.attack.is_some_and(|attack| attack.is_of_bytes());
        let shares = self.baseline.into_iter().chain(others).flat_map(|others| {
            let of_bytes = others.share_of_bytes().filter(|_| is_of_bytes);
            others.share().into_iter().chain(of_bytes)
        });
        shares.reduce(f64::max)
    }
}

/// The statements that answer a question; nothing is read.
///
/// # Errors
///
/// `InvalidQuery` for what is no condition, and for windows that are too many; `NotSupported` if the log does not say what the rule
/// looks at.
pub fn plan(subject: &Subject<'_>, question: &BacktestQuestion<'_>) -> Result<Vec<String>> {
    Ok(statements(subject, question)?.0.texts())
}

/// Asks what the rule would have blocked, by two statements over the windows: the amounts, and who else is blocked.
///
/// # Errors
///
/// Those of [`plan`] and of the engine; `NotSupported` if no record says where its client is, and the rule looks at nothing else.
pub async fn ask(subject: &Subject<'_>, question: &BacktestQuestion<'_>) -> Result<Backtest> {
    let (statements, untold_part) = statements(subject, question)?;
    let mut amounts = Amounts::default();
    let mut rows = Rows::ask(subject, &statements.amounts, 1).await?;
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            amounts.add(&batch, row);
        }
    }
    let untold = untold_part
        .filter(|_| amounts.untold > 0)
        .map(|what| Untold { what, records: amounts.untold });
    check_countries(question, untold, amounts.all)?;
    let mut bystanders = Bystanders {
        which: statements.which,
        busiest: Vec::new(),
        addresses: 0,
        blocked: 0.0,
        protected: BTreeMap::new(),
    };
    let mut rows = Rows::ask(subject, &statements.bystanders, 1).await?;
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            let number = |column| batch.number(column, row).unwrap_or(0.0);
            let (blocked, blocked_bytes) = (number(1), number(2));
            let address = batch.texts(row).pop().flatten();
            bystanders.addresses += 1;
            bystanders.blocked += blocked;
            let name = bystanders.meet(address.as_deref(), question.protected);
            if bystanders.busiest.len() < BYSTANDERS_SHOWN_MAX {
                bystanders.busiest.push(Bystander { address, name, blocked, blocked_bytes });
            }
        }
    }
    let Amounts { all, during, attack, before, health_checks, refused, .. } = amounts;
    let baseline = (!question.before.is_empty()).then_some(before);
    let all_during = question.during.map(|_| during);
    let attack = match (question.during, question.attack) {
        (_, Some(_)) => Some(attack),
        (Some(window), None) if baseline.is_some() => {
            let length: i64 = question.before.iter().map(|window| window.length()).sum();
            Some(during.rise(before, window.length() as f64 / length.max(1) as f64))
        }
        _ => None,
    };
    let mut backtest = Backtest {
        log: subject.log_type().name.to_owned(),
        records: records_of(subject),
        condition: statements.condition.clone(),
        during: question.during,
        before: question.before.to_vec(),
        all,
        all_during,
        attack,
        baseline,
        health_checks,
        refused,
        untold,
        bystanders,
        names: Names::default(),
        statements: statements.texts(),
    };
    backtest.name(subject.who());
    Ok(backtest)
}

/// What the records of a log are, for people.
fn records_of(subject: &Subject<'_>) -> String {
    let measure = subject.log_type().measures.first();
    measure.map_or_else(|| "records".to_owned(), |measure| measure.title.to_lowercase())
}

/// The statements, and what records may not say of that which the rule looks at.
fn statements(
    subject: &Subject<'_>,
    question: &BacktestQuestion<'_>,
) -> Result<(Statements, Option<UntoldPart>)> {
    if let Some(attack) = question.attack {
        dialect::condition(attack)?;
    }
    if question.before.len() >= WINDOWS_MAX {
        let message = format!("at most {WINDOWS_MAX} windows are compared");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    let columns = columns(subject.table())?;
    let condition = match (question.rate, question.targets.is_empty()) {
        (Some(_), true) => "true".to_owned(),
        _ => condition::matched(&columns, question.targets, question.directions)?,
    };
    let subnets = condition::in_subnets(&columns, question.subnets);
    let untold = untold_part(&columns, question);
    let rule = statements::Rule {
        condition,
        address: condition::other_side(&columns, question.targets, question.directions),
        untold: untold.as_ref().map(|(_, condition)| condition.clone()),
        rate: question.rate,
        attack: question.attack,
    };
    let seen = condition::seen(&columns, question.directions).into_iter().chain(subnets).collect();
    let sides = Sides { during: question.during, before: question.before };
    let statements = Statements::new(subject, &columns, &sides, rule, seen);
    Ok((statements, untold.map(|(what, _)| what)))
}

/// What of that which the rule looks at a record may not say, and the condition that it does not.
fn untold_part(columns: &Columns, question: &BacktestQuestion<'_>) -> Option<(UntoldPart, String)> {
    let is_absent = |value: &str| format!("nullif({value}, '-') IS NULL");
    if !question.targets.countries.is_empty() {
        return Some((UntoldPart::Country, is_absent(&columns.country)));
    }
    let subnet = columns.subnet.as_ref().filter(|_| !question.subnets.is_empty())?;
    Some((UntoldPart::Subnet, is_absent(subnet)))
}

/// An error if the rule looks at nothing but countries, and not one is known.
fn check_countries(
    question: &BacktestQuestion<'_>,
    untold: Option<Untold>,
    all: Blocked,
) -> Result<()> {
    let targets = question.targets;
    let is_blind = untold.is_some_and(|untold| {
        untold.what == UntoldPart::Country
            && untold.records as f64 >= all.records
            && targets.len() == targets.countries.len()
    });
    if !is_blind {
        return Ok(());
    }
    let message = "no country of a client is known, so that a rule of countries cannot be tested";
    Err(Error::new(ErrorKind::NotSupported, message)
        .hint("`floodmark data update` fetches a file of countries; without `--from` the rule is written untested"))
}

/// What was counted.
#[derive(Default)]
struct Amounts {
    all: Blocked,
    during: Blocked,
    attack: Blocked,
    before: Blocked,
    health_checks: u64,
    refused: u64,
    untold: u64,
}

impl Amounts {
    /// Takes a row: the side, whether it is of the attack, and what was counted.
    fn add(&mut self, batch: &Batch, row: usize) {
        let number = |column| batch.number(column, row).unwrap_or(0.0);
        let side = batch.texts(row).pop().flatten();
        let blocked = Blocked {
            records: number(2),
            blocked: number(3),
            bytes: number(4),
            blocked_bytes: number(5),
        };
        self.all.add(blocked);
        match side.as_deref() {
            Some(statements::DURING) => self.during.add(blocked),
            Some(statements::BEFORE) => self.before.add(blocked),
            _ => {}
        }
        if number(1) > 0.0 {
            self.attack.add(blocked);
        }
        self.health_checks += number(6) as u64;
        self.refused += number(7) as u64;
        self.untold += number(8) as u64;
    }
}

fn window<S: Serializer>(window: &Option<Window>, serializer: S) -> Result<S::Ok, S::Error> {
    window.map(|window| window.to_string()).serialize(serializer)
}

fn windows<S: Serializer>(windows: &[Window], serializer: S) -> Result<S::Ok, S::Error> {
    windows.iter().map(Window::to_string).collect::<Vec<_>>().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A back-test on 1,000 requests before and 1,000 others during the attack, some of which are blocked.
    fn check(attack: Blocked, baseline: Blocked, during: Blocked, expect: f64) {
        let mut all = baseline;
        all.add(during);
        let backtest = Backtest {
            log: "alb".to_owned(),
            records: "requests".to_owned(),
            condition: "true".to_owned(),
            during: None,
            before: Vec::new(),
            all,
            all_during: Some(during),
            attack: Some(attack),
            baseline: Some(baseline),
            health_checks: 0,
            refused: 0,
            untold: None,
            bystanders: Bystanders {
                which: Which::NotTheAttack,
                busiest: Vec::new(),
                addresses: 0,
                blocked: 0.0,
                protected: BTreeMap::new(),
            },
            names: Names::default(),
            statements: Vec::new(),
        };
        assert_eq!(backtest.bystanders_share(), Some(expect));
    }

    #[test]
    fn the_larger_share_of_bystanders_counts() {
        let of = |records, blocked, bytes, blocked_bytes| Blocked {
            records,
            blocked,
            bytes,
            blocked_bytes,
        };
        let attack = of(100.0, 100.0, 0.0, 0.0);
        let (some, none) = (of(1000.0, 20.0, 0.0, 0.0), of(1000.0, 0.0, 0.0, 0.0));
        check(attack, some, of(1100.0, 100.0, 0.0, 0.0), 0.02);
        check(attack, none, of(1100.0, 150.0, 0.0, 0.0), 0.05);
        let of_bytes = of(0.0, 0.0, 500.0, 500.0);
        check(of_bytes, of(1000.0, 20.0, 100.0, 40.0), of(1000.0, 20.0, 600.0, 540.0), 0.4);
    }
}
