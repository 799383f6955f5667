//! The largest groups of rows: top talkers, top paths, and so on.

use floodmark_engine::Result;
use serde::Serialize;

use crate::answer::Rows;
use crate::grouping::{self, Grouping};
use crate::limits::ROWS_SHOWN_MAX;
use crate::measure::Measure;
use crate::naming::{Names, seconds};
use crate::subject::Subject;
use crate::window::Window;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct TopQuestion<'a> {
    /// What rows are grouped by: columns, dimensions, expressions.
    pub by: &'a [String],
    /// The measure by its name or as an expression; None is the count of records.
    pub measure: Option<&'a str>,
    /// Only rows of this time; None is all.
    pub during: Option<Window>,
    /// How many groups are shown, at most [`ROWS_SHOWN_MAX`].
    pub limit: usize,
}

/// The largest groups, and what the others are together.
#[derive(Clone, Debug, Serialize)]
pub struct Top {
    /// The names of what rows are grouped by.
    pub by: Vec<String>,
    /// Which of those are addresses.
    pub is_address: Vec<bool>,
    /// The names of the addresses that are shown, as far as they are known.
    pub names: Names,
    /// What is measured.
    pub measure: Measure,
    /// Whether the amounts are whole numbers.
    pub is_whole: bool,
    /// The largest groups, the largest first; of equal ones in the order of their values. NULL stands last.
    pub rows: Vec<TopRow>,
    /// The other groups; None if there are none.
    pub others: Option<Others>,
    /// The amount of all groups together; None if amounts do not add up.
    pub whole: Option<f64>,
}

impl Top {
    /// The addresses that are shown, the largest groups first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        grouping::addresses(&self.is_address, self.rows.iter().map(|row| row.values.as_slice()))
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopRow {
    /// The values of what rows are grouped by, as text; None is NULL.
    pub values: Vec<Option<String>>,
    /// Its amount; None if there was nothing to measure.
    pub amount: Option<f64>,
    /// Its share of the whole, from 0 to 1; None if amounts do not add up.
    pub share: Option<f64>,
    /// Its share together with those of the groups above it.
    pub running_share: Option<f64>,
}

/// The groups that are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Others {
    /// How many they are.
    pub groups: u64,
    /// Their amount together; None if amounts do not add up.
    pub amount: Option<f64>,
    /// Their share of the whole.
    pub share: Option<f64>,
}

/// A question that was checked, as SQL.
#[derive(Clone, Debug)]
pub struct TopPlan {
    by: Vec<Grouping>,
    during: Option<Window>,
    measure: Measure,
    limit: usize,
    /// The one statement that answers it: all groups, the largest first.
    pub sql: String,
}

/// Makes the statement for a question; nothing is read.
///
/// # Errors
///
/// `NotFound` and `InvalidQuery` for measures and expressions that are none.
pub fn plan(subject: &Subject<'_>, question: &TopQuestion<'_>) -> Result<TopPlan> {
    let measure = Measure::of(subject.log_type(), question.measure)?;
    let by = grouping::groupings(subject.table(), question.by)?;
    let windows: Vec<Window> = question.during.into_iter().collect();
    let columns: Vec<_> =
        by.iter().map(|grouping| format!("  {},\n", grouping.selected())).collect();
    let positions: Vec<_> = (1..=by.len()).map(|position| position.to_string()).collect();
    let positions = positions.join(", ");
    let sql = format!(
        "SELECT\n{}  {} AS {}\n{}\nGROUP BY {positions}\nORDER BY {} DESC, {positions}",
        columns.concat(),
        measure.sql,
        floodmark_engine::dialect::identifier(&measure.name),
        subject.from(&windows),
        by.len() + 1,
    );
    Ok(TopPlan {
        by,
        during: question.during,
        measure,
        limit: question.limit.min(ROWS_SHOWN_MAX),
        sql,
    })
}

/// The addresses that the groups are named after, those with the largest amounts first, if the groups are named by registries.
///
/// # Errors
///
/// Those of the engine.
pub async fn addresses_of_registry(
    subject: &Subject<'_>,
    plan: &TopPlan,
    limit: usize,
) -> Result<Vec<String>> {
    let windows: Vec<Window> = plan.during.into_iter().collect();
    let mut addresses = Vec::new();
    for address in plan.by.iter().filter_map(Grouping::asked_of_registry) {
        let sql = format!(
            "SELECT CAST({address} AS varchar) AS address, {}\n{}\nGROUP BY 1\nORDER BY 2 DESC, 1\nLIMIT {limit}",
            plan.measure.sql,
            subject.from(&windows),
        );
        let mut answer = Rows::ask(subject, &sql, 1).await?;
        while let Some(batch) = answer.next().await? {
            addresses.extend(batch.rows().filter_map(|row| batch.texts(row).pop().flatten()));
        }
    }
    Ok(addresses)
}

/// Asks for the largest groups.
///
/// One statement over the logs. The groups are counted and sorted by the engine, which spills what does not fit into memory;
/// here only those are kept that are shown.
///
/// # Errors
///
/// Those of the engine.
pub async fn ask(subject: &Subject<'_>, plan: &TopPlan) -> Result<Top> {
    let keys = plan.by.len();
    let mut answer = Rows::ask(subject, &plan.sql, keys).await?;
    let is_whole = answer.is_whole(keys);
    let mut rows = Vec::new();
    let (mut groups, mut amount, mut whole) = (0, 0.0, 0.0);
    while let Some(batch) = answer.next().await? {
        for row in batch.rows() {
            let number = batch.number(keys, row);
            whole += number.unwrap_or(0.0);
            if rows.len() < plan.limit {
                let values = batch.texts(row);
                rows.push(TopRow { values, amount: number, share: None, running_share: None });
            } else {
                groups += 1;
                amount += number.unwrap_or(0.0);
            }
        }
    }
    let is_additive = plan.measure.is_additive;
    let share = |amount: f64| (is_additive && whole > 0.0).then(|| amount / whole);
    let mut running = 0.0;
    for row in &mut rows {
        let amount = row.amount.unwrap_or(0.0);
        running += amount;
        (row.share, row.running_share) = (share(amount), share(running));
    }
    let mut answer = Top {
        by: plan.by.iter().map(|grouping| grouping.name.clone()).collect(),
        is_address: plan.by.iter().map(|grouping| grouping.is_address).collect(),
        names: Names::default(),
        measure: plan.measure.clone(),
        is_whole,
        rows,
        others: (groups > 0).then(|| Others {
            groups,
            amount: is_additive.then_some(amount),
            share: share(amount),
        }),
        whole: is_additive.then_some(whole),
    };
    name(subject, plan, &mut answer);
    Ok(answer)
}

/// Names the addresses that an answer shows, as far as they are known by now.
pub fn name(subject: &Subject<'_>, plan: &TopPlan, answer: &mut Top) {
    let at = plan.during.map(|during| seconds(during.start));
    answer.names = Names::of(subject.who(), answer.addresses(), at);
}
