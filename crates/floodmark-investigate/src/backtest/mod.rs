//! What a rule would have blocked in the logs at hand: how much of the attack, and who else.

mod columns;
mod condition;
pub mod findings;
pub mod protected;
pub mod reach;
pub mod refusals;
mod statements;
pub mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;

use floodmark_block::rule::Direction;
use floodmark_block::target::Targets;
use floodmark_engine::{Error, Result, dialect};
use floodmark_who::Who;
use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::answer::{Batch, Rows};
use crate::backtest::columns::columns;
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
        let met = self.protected.entry(reason).or_insert_with(|| Met {
            name: format!("`{network}`, which is {name}", network = address),
            addresses: 0,
        });
        met.addresses += 1;
        Some(name.to_owned())
    }
}

impl Backtest {
    /// Names the busiest of those who are blocked, by what is known now.
    ///
    /// # Errors
    ///
    /// Those of damaged files.
    pub fn name(&mut self, who: &Who) -> Result<()> {
        let shown = self.bystanders.busiest.iter().filter_map(|one| one.address.as_deref());
        let at = self.during.map(|window| naming::seconds(window.start));
        self.names = Names::of(who, shown, at)?;
        Ok(())
    }

    /// Which share of the records that are no attack is blocked, from 0 to 1: of the windows before, or else of what is not of
    /// the attack; None if it is not known what the attack is.
    pub fn bystanders_share(&self) -> Option<f64> {
        let attack = self.attack.filter(|_| self.bystanders.which == Which::NotTheAttack);
        let others = attack.map(|attack| Blocked {
            records: self.all.records - attack.records,
            blocked: self.all.blocked - attack.blocked,
            ..Blocked::default()
        });
        let baseline = self.baseline.and_then(|baseline| baseline.share());
        baseline.or_else(|| others.and_then(|others| others.share()))
    }
}

/// The statements that answer a question; nothing is read.
///
/// # Errors
///
/// `InvalidQuery` for what is no condition, and for windows that are too many; `NotSupported` if the log does not say what the rule
/// looks at.
pub fn plan(subject: &Subject<'_>, question: &BacktestQuestion<'_>) -> Result<Vec<String>> {
    Ok(statements(subject, question)?.texts())
}

/// Asks what the rule would have blocked, by two statements over the windows: the amounts, and who else is blocked.
///
/// # Errors
///
/// Those of [`plan`] and of the engine.
pub async fn ask(subject: &Subject<'_>, question: &BacktestQuestion<'_>) -> Result<Backtest> {
    let statements = statements(subject, question)?;
    let mut amounts = Amounts::default();
    let mut rows = Rows::ask(subject, &statements.amounts, 1).await?;
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            amounts.add(&batch, row);
        }
    }
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
    let Amounts { all, during, attack, before, health_checks, refused } = amounts;
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
        bystanders,
        names: Names::default(),
        statements: statements.texts(),
    };
    backtest.name(subject.who())?;
    Ok(backtest)
}

/// What the records of a log are, for people.
fn records_of(subject: &Subject<'_>) -> String {
    let measure = subject.log_type().measures.first();
    measure.map_or_else(|| "records".to_owned(), |measure| measure.title.to_lowercase())
}

fn statements(subject: &Subject<'_>, question: &BacktestQuestion<'_>) -> Result<Statements> {
    if let Some(attack) = question.attack {
        dialect::condition(attack)?;
    }
    if question.before.len() >= WINDOWS_MAX {
        let message = format!("at most {WINDOWS_MAX} windows are compared");
        return Err(Error::new(floodmark_engine::ErrorKind::LimitReached, message));
    }
    let columns = columns(subject.table())?;
    let condition = match (question.rate, question.targets.is_empty()) {
        (Some(_), true) => "true".to_owned(),
        _ => condition::matched(&columns, question.targets, question.directions)?,
    };
    let seen = condition::seen(&columns, question.directions);
    let sides = Sides { during: question.during, before: question.before };
    let rule = statements::Rule { condition, rate: question.rate, attack: question.attack };
    Ok(Statements::new(subject, &columns, &sides, rule, seen))
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
    }
}

fn window<S: Serializer>(window: &Option<Window>, serializer: S) -> Result<S::Ok, S::Error> {
    window.map(|window| window.to_string()).serialize(serializer)
}

fn windows<S: Serializer>(windows: &[Window], serializer: S) -> Result<S::Ok, S::Error> {
    windows.iter().map(Window::to_string).collect::<Vec<_>>().serialize(serializer)
}
