//! The second pass: every contributor is counted again, exactly, by one query.

use std::collections::{BTreeMap, HashMap};

use floodmark_engine::Result;
use foldhash::fast::RandomState;

use crate::answer::{Batch, Rows};
use crate::explain::measures::{Part, PartKind};
use crate::limits::CLIENTS_COUNTED_MAX;
use crate::subject::Subject;
use crate::window::Window;

/// What is counted again.
pub(crate) struct Question<'a> {
    pub(crate) during: Window,
    pub(crate) before: &'a [Window],
    /// The conditions of contributors, and after them of what did not change.
    pub(crate) conditions: &'a [String],
    /// How many of the conditions are contributors.
    pub(crate) contributors: usize,
    /// The expression that names clients, or the values that are counted.
    pub(crate) entity: Option<&'a str>,
    /// Whether the measure is the count of different entities, so that those of all rows are needed.
    pub(crate) counts_entities: bool,
    pub(crate) parts: &'a [Part],
}

/// What was counted of some rows, before and during.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) before: Side,
    pub(crate) during: Side,
}

/// What was counted of some rows in a window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    pub(crate) rows: u64,
    /// Of each part: how many rows have it or meet it, and their sum.
    pub(crate) parts: Vec<(f64, f64)>,
}

/// What the second pass finds.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// What was counted for each condition.
    pub(crate) counted: Vec<Counted>,
    /// What was counted for rows by the contributors that they are of, as bits.
    pub(crate) by_bits: BTreeMap<u64, Counted>,
    /// The entities of each contributor; of each condition if entities are what is counted.
    pub(crate) entities: Vec<Entities>,
    /// The entities of the rows of no contributor, if entities are what is counted.
    pub(crate) rest_entities: Entities,
}

/// The clients of a contributor, or whatever is counted.
#[derive(Debug, Default)]
pub(crate) struct Entities {
    pub(crate) counted: HashMap<Option<String>, Counted, RandomState>,
    /// Whether there were too many to count.
    pub(crate) is_cut: bool,
}

impl Question<'_> {
    /// The query of the second pass.
    pub(crate) fn sql(&self, subject: &Subject<'_>) -> String {
        let mut windows = self.before.to_vec();
        windows.push(self.during);
        let bits: Vec<String> = (self.conditions.iter().enumerate())
            .map(|(at, condition)| format!("IF({condition}, {}, 0)", 1_u64 << at))
            .collect();
        let bits = if bits.is_empty() { "0".to_owned() } else { bits.join("\n    + ") };
        let mut inner = vec![
            format!("IF({}, 1, 0) AS is_during", self.during.condition("event_time")),
            format!("{bits} AS contributors"),
        ];
        inner.extend(self.entity.map(|entity| format!("{entity} AS client")));
        let mut outer = vec![match self.entity {
            Some(_) if self.counts_entities => "client".to_owned(),
            Some(_) => format!("IF(contributors % {} > 0, client)", 1_u64 << self.contributors),
            None => "NULL".to_owned(),
        }];
        outer.extend(["is_during", "contributors", "count(*)"].map(str::to_owned));
        for (at, part) in self.parts.iter().enumerate() {
            match part.kind {
                PartKind::Number => {
                    inner.push(format!("CAST({} AS double) AS p{at}", part.sql));
                    outer.push(format!("count(p{at}), sum(p{at})"));
                }
                PartKind::Condition => {
                    inner.push(format!("({}) AS p{at}", part.sql));
                    outer.push(format!("count_if(p{at})"));
                }
                PartKind::Value => {}
            }
        }
        format!(
            "SELECT {}\nFROM (\n  SELECT {}\n  {}\n)\nGROUP BY 1, 2, 3",
            outer.join(", "),
            inner.join(",\n    "),
            subject.from(&windows).replace('\n', "\n  "),
        )
    }
}

/// Counts everything again.
///
/// # Errors
///
/// Those of the engine.
pub(crate) async fn prove(subject: &Subject<'_>, question: &Question<'_>) -> Result<Proof> {
    let mut answer = Rows::ask(subject, &question.sql(subject), 1).await?;
    let mut proof =
        Proof { counted: vec![Counted::default(); question.conditions.len()], ..Proof::default() };
    let told =
        if question.counts_entities { question.conditions.len() } else { question.contributors };
    proof.entities.resize_with(told, Entities::default);
    while let Some(batch) = answer.next().await? {
        proof.take(&batch, question);
    }
    Ok(proof)
}

impl Proof {
    fn take(&mut self, batch: &Batch, question: &Question<'_>) {
        for row in batch.rows() {
            // A sum over nothing is NULL.
            let number = |column: usize| batch.number(column, row).unwrap_or(0.0);
            let entity = batch.texts(row).pop().flatten();
            let is_during = number(1) != 0.0;
            let bits = number(2) as u64;
            let mut side = Side { rows: number(3) as u64, parts: Vec::new() };
            let mut column = 4;
            for part in question.parts {
                side.parts.push(match part.kind {
                    PartKind::Number => {
                        column += 2;
                        (number(column - 2), number(column - 1))
                    }
                    PartKind::Condition => {
                        column += 1;
                        (number(column - 1), number(column - 1))
                    }
                    PartKind::Value => (0.0, 0.0),
                });
            }
            let of_contributors = bits % (1 << question.contributors);
            self.by_bits.entry(of_contributors).or_default().add(is_during, &side);
            if question.counts_entities && of_contributors == 0 {
                self.rest_entities.add(entity.as_ref(), is_during, &side);
            }
            for (at, counted) in self.counted.iter_mut().enumerate() {
                if bits & (1 << at) == 0 {
                    continue;
                }
                counted.add(is_during, &side);
                if let Some(entities) = self.entities.get_mut(at) {
                    entities.add(entity.as_ref(), is_during, &side);
                }
            }
        }
    }
}

impl Proof {
    /// What was counted for the rows of none of these contributors, given as bits.
    pub(crate) fn rest(&self, told: u64) -> Counted {
        let mut rest = Counted::default();
        for (_, counted) in self.by_bits.iter().filter(|(bits, _)| *bits & told == 0) {
            rest.add(false, &counted.before);
            rest.add(true, &counted.during);
        }
        rest
    }
}

impl Counted {
    fn add(&mut self, is_during: bool, side: &Side) {
        let into = if is_during { &mut self.during } else { &mut self.before };
        into.rows += side.rows;
        into.parts.resize(side.parts.len(), (0.0, 0.0));
        for (into, from) in into.parts.iter_mut().zip(&side.parts) {
            into.0 += from.0;
            into.1 += from.1;
        }
    }
}

impl Entities {
    /// How many different ones there were before, and during. NULL is none.
    pub(crate) fn different(&self) -> (f64, f64) {
        let count = |is_there: &dyn Fn(&Counted) -> bool| {
            let known = self.counted.iter();
            known.filter(|(value, counted)| value.is_some() && is_there(counted)).count() as f64
        };
        (count(&|counted| counted.before.rows > 0), count(&|counted| counted.during.rows > 0))
    }

    fn add(&mut self, entity: Option<&String>, is_during: bool, side: &Side) {
        let key = entity.cloned();
        if self.counted.len() >= CLIENTS_COUNTED_MAX && !self.counted.contains_key(&key) {
            self.is_cut = true;
            return;
        }
        self.counted.entry(key).or_default().add(is_during, side);
    }
}
