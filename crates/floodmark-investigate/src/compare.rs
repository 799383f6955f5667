//! The same groups of rows at two times, side by side.

use floodmark_engine::{Error, ErrorKind, Result, dialect};
use serde::Serialize;

use crate::answer::Rows;
use crate::grouping::{self, Grouping};
use crate::limits::{ROWS_SHOWN_MAX, WINDOWS_MAX};
use crate::measure::Measure;
use crate::naming::{Names, seconds};
use crate::subject::Subject;
use crate::window::{Before, Window};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct CompareQuestion<'a> {
    /// What rows are grouped by: columns, dimensions, expressions.
    pub by: &'a [String],
    /// The measure by its name or as an expression; None is the count of records.
    pub measure: Option<&'a str>,
    /// The time that is looked at.
    pub during: Window,
    /// What it is compared with.
    pub before: &'a Before,
    /// How many groups are shown, at most [`ROWS_SHOWN_MAX`].
    pub limit: usize,
}

/// The groups that changed the most, and what the others are together.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The names of what rows are grouped by.
    pub by: Vec<String>,
    /// Which of those are addresses.
    pub is_address: Vec<bool>,
    /// The names of the addresses that are shown, as far as they are known.
    pub names: Names,
    /// What is measured.
    pub measure: Measure,
    /// Whether the amounts are whole numbers as they were counted.
    pub is_whole: bool,
    /// By what amounts of before were multiplied, so that both times are equally long; 1 where amounts do not add up.
    pub scale: f64,
    /// The groups with the largest difference, the largest first; of equal ones in the order of their values.
    pub rows: Vec<CompareRow>,
    /// How many groups had rows before.
    pub groups_before: u64,
    /// How many groups have rows during the time that is looked at.
    pub groups_during: u64,
    /// How many other groups there are.
    pub other_groups: u64,
    /// The other groups together; None if there are none or amounts do not add up.
    pub others: Option<Change>,
    /// All groups together; None if amounts do not add up.
    pub total: Option<Change>,
}

impl Comparison {
    /// The addresses that are shown, the largest groups first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        grouping::addresses(&self.is_address, self.rows.iter().map(|row| row.values.as_slice()))
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompareRow {
    /// The values of what rows are grouped by, as text; None is NULL.
    pub values: Vec<Option<String>>,
    /// What became of it.
    pub change: Change,
    /// Whether it was not there before, or is no more.
    pub mark: Option<Mark>,
}

/// An amount at two times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// The amount before as it was counted; None if there was nothing to measure.
    pub before_counted: Option<f64>,
    /// The amount before, scaled to the length of the other time.
    pub before: Option<f64>,
    /// The amount during the time that is looked at.
    pub during: Option<f64>,
    /// `during - before`.
    pub difference: Option<f64>,
    /// `during / before`; None if there was nothing before.
    pub factor: Option<f64>,
    /// The difference by that of all groups together; None if that is 0 or amounts do not add up.
    pub share: Option<f64>,
}

/// A group that is at one of the times only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It was not there before.
    New,
    /// It is no more.
    Gone,
}

/// A question that was checked, as SQL.
#[derive(Clone, Debug)]
pub struct ComparePlan {
    by: Vec<Grouping>,
    measure: Measure,
    limit: usize,
    scale: f64,
    /// The time that is looked at.
    pub during: Window,
    /// The windows that it is compared with, the earliest first.
    pub before: Vec<Window>,
    /// The one statement that answers it: all groups, the one with the largest difference first.
    pub sql: String,
}

/// Makes the statement for a question; nothing is read.
///
/// # Errors
///
/// `NotFound` and `InvalidQuery` for measures and expressions that are none, and for windows that overlap.
pub fn plan(subject: &Subject<'_>, question: &CompareQuestion<'_>) -> Result<ComparePlan> {
    let measure = Measure::of(subject.log_type(), question.measure)?;
    let by = grouping::groupings(subject.table(), question.by)?;
    let (during, before) = (question.during, question.before.of(question.during)?);
    if before.len() >= WINDOWS_MAX {
        let message = format!("at most {WINDOWS_MAX} windows are compared");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    let length: i64 = before.iter().map(|window| window.length()).sum();
    let scale = if measure.is_additive { during.length() as f64 / length as f64 } else { 1.0 };
    let mut windows = before.clone();
    windows.push(during);
    let columns: Vec<_> =
        by.iter().map(|grouping| format!("    {},\n", grouping.selected())).collect();
    let names: Vec<_> = by.iter().map(|grouping| dialect::identifier(&grouping.name)).collect();
    let names = names.join(", ");
    let positions: Vec<_> = (1..=by.len()).map(|position| position.to_string()).collect();
    let positions = positions.join(", ");
    let side = by.len() + 1;
    // Nothing is 0 where amounts add up, and unknown elsewhere.
    let difference = match (measure.is_additive, scale == 1.0) {
        (true, true) => "coalesce(amount_during, 0) - coalesce(amount_before, 0)".to_owned(),
        (true, false) => {
            format!("coalesce(amount_during, 0) - {scale:e} * coalesce(amount_before, 0)")
        }
        (false, _) => "amount_during - amount_before".to_owned(),
    };
    let sql = format!(
        "WITH sides AS (\n  SELECT\n{columns}    CASE WHEN {during_condition} THEN 'during' ELSE 'before' END AS side,\n    \
         {measure} AS amount\n  {from}\n  GROUP BY {positions}, {side}\n),\n\
         changes AS (\n  SELECT\n    {names},\n    \
         max(CASE WHEN side = 'before' THEN amount END) AS amount_before,\n    \
         max(CASE WHEN side = 'during' THEN amount END) AS amount_during\n  \
         FROM sides\n  GROUP BY {positions}\n)\n\
         SELECT {names}, amount_before, amount_during\nFROM changes\n\
         ORDER BY abs({difference}) DESC, {positions}",
        columns = columns.concat(),
        during_condition = during.condition("event_time"),
        measure = measure.sql,
        from = subject.from(&windows).replace('\n', "\n  "),
    );
    let limit = question.limit.min(ROWS_SHOWN_MAX);
    Ok(ComparePlan { by, measure, limit, scale, during, before, sql })
}

/// Asks for the groups that changed the most.
///
/// One statement over the logs, in memory that does not grow with the groups: the engine spills.
///
/// # Errors
///
/// Those of the engine.
pub async fn ask(subject: &Subject<'_>, plan: &ComparePlan) -> Result<Comparison> {
    let keys = plan.by.len();
    let is_additive = plan.measure.is_additive;
    let mut answer = Rows::ask(subject, &plan.sql, keys).await?;
    let is_whole = answer.is_whole(keys) && answer.is_whole(keys + 1);
    let mut rows = Vec::new();
    let (mut groups_before, mut groups_during, mut other_groups) = (0, 0, 0);
    let (mut others, mut total) = ((0.0, 0.0), (0.0, 0.0));
    while let Some(batch) = answer.next().await? {
        for row in batch.rows() {
            let (before, during) = (batch.number(keys, row), batch.number(keys + 1, row));
            let add = |sums: &mut (f64, f64)| {
                sums.0 += before.unwrap_or(0.0);
                sums.1 += during.unwrap_or(0.0);
            };
            add(&mut total);
            groups_before += u64::from(before.is_some());
            groups_during += u64::from(during.is_some());
            if rows.len() == plan.limit {
                other_groups += 1;
                add(&mut others);
                continue;
            }
            let mark = match (before, during) {
                (None, Some(_)) => Some(Mark::New),
                (Some(_), None) => Some(Mark::Gone),
                _ => None,
            };
            let known = |amount: Option<f64>| {
                if is_additive { Some(amount.unwrap_or(0.0)) } else { amount }
            };
            let change = change(known(before), known(during), plan.scale);
            rows.push(CompareRow { values: batch.texts(row), change, mark });
        }
    }
    let sums = |(before, during): (f64, f64)| change(Some(before), Some(during), plan.scale);
    let mut total = is_additive.then(|| sums(total));
    let mut others = (is_additive && other_groups > 0).then(|| sums(others));
    let whole = total.and_then(|total| total.difference).filter(|difference| *difference != 0.0);
    let changes = rows.iter_mut().map(|row| &mut row.change);
    for change in changes.chain(others.as_mut()).chain(total.as_mut()) {
        change.share = whole.and_then(|whole| Some(change.difference? / whole));
    }
    let mut answer = Comparison {
        by: plan.by.iter().map(|grouping| grouping.name.clone()).collect(),
        is_address: plan.by.iter().map(|grouping| grouping.is_address).collect(),
        names: Names::default(),
        measure: plan.measure.clone(),
        is_whole,
        scale: plan.scale,
        rows,
        groups_before,
        groups_during,
        other_groups,
        others,
        total,
    };
    name(subject, plan, &mut answer);
    Ok(answer)
}

/// Names the addresses that an answer shows, as far as they are known by now.
pub fn name(subject: &Subject<'_>, plan: &ComparePlan, answer: &mut Comparison) {
    let at = Some(seconds(plan.during.start));
    answer.names = Names::of(subject.who(), answer.addresses(), at);
}

fn change(before_counted: Option<f64>, during: Option<f64>, scale: f64) -> Change {
    let before = before_counted.map(|before| before * scale);
    Change {
        before_counted,
        before,
        during,
        difference: during.zip(before).map(|(during, before)| during - before),
        factor: (during.zip(before))
            .filter(|(_, before)| *before != 0.0)
            .map(|(during, before)| during / before),
        share: None,
    }
}
