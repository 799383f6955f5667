//! The two statements of a back-test: its amounts, and who else is blocked.

use floodmark_engine::dialect::literal;

use crate::backtest::columns::Columns;
use crate::backtest::health_checkers::HEALTH_CHECKERS;
use crate::backtest::{Rate, Which};
use crate::counting;
use crate::subject::Subject;
use crate::window::Window;

/// The side of records during the attack.
pub(crate) const DURING: &str = "during";
/// The side of records of the windows before.
pub(crate) const BEFORE: &str = "before";

/// How often AWS WAF looks at the rates of addresses, about, in seconds.
const RATE_STEP_SECONDS: u32 = 10;

/// The times that are told apart.
pub(crate) struct Sides<'a> {
    pub(crate) during: Option<Window>,
    pub(crate) before: &'a [Window],
}

/// What the rule matches, and what the attack is.
pub(crate) struct Rule<'a> {
    pub(crate) condition: String,
    /// The address of those whom it cuts off.
    pub(crate) address: String,
    /// The condition that a record does not say what the rule looks at.
    pub(crate) untold: Option<String>,
    pub(crate) rate: Option<Rate>,
    pub(crate) attack: Option<&'a str>,
}

/// The statements.
pub(crate) struct Statements {
    pub(crate) condition: String,
    /// A row for each side, within and without the attack: how many records, how many blocked, bytes, blocked ones, health checks
    /// and refused ones among what is blocked, and those that do not say what the rule looks at.
    pub(crate) amounts: String,
    /// A row an address that is blocked and no attack, the busiest first.
    pub(crate) bystanders: String,
    /// Whom the second one finds.
    pub(crate) which: Which,
}

impl Statements {
    pub(crate) fn new(
        subject: &Subject<'_>,
        columns: &Columns,
        sides: &Sides<'_>,
        rule: Rule<'_>,
        seen: Vec<String>,
    ) -> Self {
        let mut windows = sides.before.to_vec();
        windows.extend(sides.during);
        let kept: Vec<_> = (counting::status(subject).into_iter().chain(seen))
            .map(|condition| format!("({condition})"))
            .collect();
        let from = match kept.as_slice() {
            [] => subject.from(&windows),
            kept => subject.and(&kept.join(" AND ")).from(&windows),
        };
        let which = match (rule.attack, sides.before) {
            (Some(_), _) => Which::NotTheAttack,
            (None, []) => Which::All,
            (None, _) => Which::Before,
        };
        let records = records(columns, sides, &rule, &from);
        let (records, share) = match rule.rate {
            None => (records, "IF(matches, 1, 0)".to_owned()),
            Some(rate) => (rated(&records, rate), "blocked_share".to_owned()),
        };
        let amounts = format!(
            "SELECT side, attack, sum(records) AS records, sum(records * {share}) AS blocked,\n  \
             sum(bytes) AS bytes, sum(bytes * {share}) AS blocked_bytes,\n  \
             sum(health_checks * {share}) AS health_checks, sum(refused * {share}) AS refused,\n  \
             sum(untold) AS untold\n\
             FROM (\n  {}\n)\nGROUP BY 1, 2\nORDER BY 1, 2",
            indented(&records)
        );
        let of_whom = match which {
            Which::NotTheAttack => " AND attack = 0".to_owned(),
            Which::Before => format!(" AND side = {}", literal(BEFORE)),
            Which::All => String::new(),
        };
        let bystanders = format!(
            "SELECT address, sum(records * {share}) AS blocked, sum(bytes * {share}) AS blocked_bytes\n\
             FROM (\n  {}\n)\nWHERE {share} > 0{of_whom}\nGROUP BY 1\nORDER BY 2 DESC, 1",
            indented(&records)
        );
        Self { condition: rule.condition, amounts, bystanders, which }
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        vec![self.amounts.clone(), self.bystanders.clone()]
    }
}

/// A row a record, or of a rate rule a row an address and step: side, whether it is of the attack, address, amounts, and whether
/// the rule matches it.
fn records(columns: &Columns, sides: &Sides<'_>, rule: &Rule<'_>, from: &str) -> String {
    let during = sides.during.map(|window| window.condition("event_time"));
    let side = match &during {
        None if sides.before.is_empty() => "'all'".to_owned(),
        None => literal(BEFORE),
        Some(during) => {
            format!("CASE WHEN {during} THEN {} ELSE {} END", literal(DURING), literal(BEFORE))
        }
    };
    let attack = match (rule.attack, &during) {
        (None, _) => "0".to_owned(),
        (Some(attack), None) => format!("IF({attack}, 1, 0)"),
        (Some(attack), Some(during)) => format!("IF(({during}) AND ({attack}), 1, 0)"),
    };
    let health: Vec<_> = (columns.user_agent.iter())
        .flat_map(|agent| {
            HEALTH_CHECKERS
                .iter()
                .map(move |checker| format!("starts_with({agent}, {})", literal(checker.start)))
        })
        .collect();
    let flag = |condition: String| {
        if condition.is_empty() { "0".to_owned() } else { format!("IF({condition}, 1, 0)") }
    };
    let health = flag(health.join(" OR "));
    let refused = flag(columns.refused.unwrap_or_default().to_owned());
    let untold = flag(rule.untold.clone().unwrap_or_default());
    let bytes =
        columns.bytes.map_or_else(|| "0".to_owned(), |bytes| format!("coalesce({bytes}, 0)"));
    let matches = format!("coalesce({}, false)", rule.condition);
    let select = format!(
        "SELECT {side} AS side, {attack} AS attack, {address} AS address,",
        address = rule.address
    );
    match rule.rate {
        None => format!(
            "{select}\n  1 AS records, {bytes} AS bytes, {health} AS health_checks, {refused} AS refused,\n  \
             {untold} AS untold, {matches} AS matches\n{from}"
        ),
        Some(_) => format!(
            "{select}\n  CAST(floor(to_unixtime(event_time) / {RATE_STEP_SECONDS}) AS bigint) AS step,\n  \
             {matches} AS matches, count(*) AS records, sum({bytes}) AS bytes,\n  \
             sum({health}) AS health_checks, sum({refused}) AS refused,\n  \
             sum({untold}) AS untold\n{from}\nGROUP BY 1, 2, 3, 4, 5"
        ),
    }
}

/// The same rows with the share of each that a rate rule blocks: what an address asked beyond the limit in the window that ends
/// with the step. AWS WAF takes about half a minute to see it, so that it blocks a little less.
fn rated(records: &str, rate: Rate) -> String {
    let steps = (rate.window_seconds / RATE_STEP_SECONDS).saturating_sub(1);
    let limit = rate.requests_max;
    format!(
        "SELECT *,\n  \
         CASE WHEN counted > 0 AND held > {limit} THEN least(1.0, (held - {limit}) / CAST(in_step AS double))\n  \
         ELSE 0.0 END AS blocked_share\n\
         FROM (\n  SELECT *, IF(matches, records, 0) AS counted,\n    \
         sum(IF(matches, records, 0)) OVER (PARTITION BY address, step) AS in_step,\n    \
         sum(IF(matches, records, 0)) OVER (PARTITION BY address ORDER BY step\n      \
         RANGE BETWEEN {steps} PRECEDING AND CURRENT ROW) AS held\n  \
         FROM (\n    {}\n  )\n)",
        indented(records).replace('\n', "\n  ")
    )
}

fn indented(sql: &str) -> String {
    sql.replace('\n', "\n  ")
}
