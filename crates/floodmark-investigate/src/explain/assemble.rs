//! From findings to the answer: each is counted again, and told with its figures.

use floodmark_engine::Result;
use floodmark_formats::time::Micros;

use crate::contribution::{self, RatioSums, Sums};
use crate::explain::amounts::{Amounts, percentile_before};
use crate::explain::answer::{
    Change, Client, Clients, ConditionText, Contributor, Direction, Explanation, MeasureMoved,
    ReadRows, Rows, SpikeFound, Unchanged, Verdict,
};
use crate::explain::cells::Cell;
use crate::explain::collect::{Collected, Totals};
use crate::explain::dimensions::Dimension;
use crate::explain::findings::{Finding, Member};
use crate::explain::levels::Level;
use crate::explain::measures::{Measure, Measures, Part, PartKind, Shape};
use crate::explain::proof::{Counted, Entities, Proof, Question, Side, prove};
use crate::explain::{counted_as, portrait, rows_of_windows, span_notes, text};
use crate::limits::CLIENTS_SHOWN_MAX;
use crate::naming::Names;
use crate::subject::Subject;
use crate::window::Window;

/// How many rows are few.
const FEW_ROWS: u64 = 30;

/// Which share of a change a contributor must carry to be told.
const SHARE_MIN: f64 = 0.005;

/// The same for what went the other way.
const SHARE_AGAINST_MIN: f64 = 0.05;

/// By which share of the largest value a part's mean or share must change, where the whole did not.
const PART_CHANGE_MIN: f64 = 0.2;

/// By how much a value may have changed that is told as unchanged.
const UNCHANGED_BY_MAX: f64 = 0.15;

/// How many times what was expected a rise must be; a fall must be its reciprocal.
const LIFT_MIN: f64 = 1.25;

/// The windows of an answer.
pub(crate) struct Windows {
    pub(crate) during: Window,
    pub(crate) before: Vec<Window>,
    pub(crate) earlier: Vec<Window>,
}

/// All that an answer is made of.
pub(crate) struct Assembly<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) windows: Windows,
    pub(crate) dimensions: &'a [Dimension],
    pub(crate) measures: &'a Measures,
    pub(crate) explained: usize,
    pub(crate) moved: Vec<MeasureMoved>,
    pub(crate) collected: &'a Collected,
    pub(crate) levels: &'a [Level],
    pub(crate) amounts: &'a Amounts,
    pub(crate) contributors_max: usize,
    pub(crate) spikes: Vec<SpikeFound>,
    /// How the records were counted, where that is not plain.
    pub(crate) counting: Option<String>,
}

impl Assembly<'_> {
    /// Counts the findings again, and gives the answer.
    pub(crate) async fn answer(
        mut self,
        mut findings: Vec<Finding>,
        mut statements: Vec<String>,
    ) -> Result<Explanation> {
        // One query counts them all, and its sum of bits must stay a number.
        findings.sort_by(|left, right| right.gain.total_cmp(&left.gain));
        findings.retain(|finding| self.is_worth_counting(finding));
        findings.truncate(CANDIDATES_MAX);
        let also: Vec<_> = (findings.iter())
            .map(|finding| portrait::common(finding, self.levels, self.dimensions, self.amounts))
            .collect();
        let told: Vec<String> = also.iter().flatten().map(|common| common.column.clone()).collect();
        let unchanged = portrait::unchanged(
            &findings,
            &told,
            self.levels,
            self.dimensions,
            self.amounts,
            self.scale_of_kept(),
        );
        let mut conditions: Vec<String> =
            findings.iter().map(|finding| self.condition(finding)).collect();
        conditions.extend(unchanged.iter().map(|(level, code)| {
            let level = &self.levels[*level];
            self.condition_of(level.dimension, &[level.cells[*code as usize].clone()])
        }));
        let subject_ends = match self.collected.last_end {
            Some(_) => self.subject.held().await?.map(|held| held.end),
            None => None,
        };
        let parts = self.parts();
        let entity = match self.shape() {
            Shape::Distinct(part) => Some(self.measures.parts[part].sql.as_str()),
            _ => self.subject.log_type().client,
        };
        let question = Question {
            during: self.windows.during,
            before: &self.windows.before,
            conditions: &conditions,
            contributors: findings.len(),
            entity,
            counts_entities: matches!(self.shape(), Shape::Distinct(_)),
            parts: &parts,
        };
        let proof = if findings.is_empty() {
            Proof::default()
        } else {
            statements.push(question.sql(self.subject));
            prove(self.subject, &question).await?
        };
        let total = self.total();
        // What everything else did, as it was found first.
        let others = self.rest(&proof, u64::MAX, &total, findings.is_empty());
        let mut contributors = Vec::new();
        for (at, (finding, also)) in findings.iter().zip(also).enumerate() {
            let mut contributor = self.contributor(finding, &conditions[at], &total, &proof, at);
            contributor.also = also;
            contributor.peculiar =
                portrait::peculiar(finding, self.levels, self.measures, &self.collected.rows);
            let explained = &self.measure().name;
            contributor.peculiar.retain(|peculiar| peculiar.measure != *explained);
            if self.is_told(&contributor, &total, &others) {
                contributors.push((1_u64 << at, contributor));
            }
        }
        let rose = total.difference >= 0.0;
        contributors.sort_by(|(_, left), (_, right)| {
            let is_with = |one: &Contributor| (one.direction == Direction::Up) == rose;
            (is_with(right).cmp(&is_with(left)))
                .then(right.change.difference.abs().total_cmp(&left.change.difference.abs()))
                .then_with(|| left.condition.cmp(&right.condition))
        });
        let found = contributors.len();
        contributors.truncate(self.contributors_max);
        let told = contributors.iter().fold(0, |told, (bit, _)| told | bit);
        let contributors: Vec<_> = contributors.into_iter().map(|(_, one)| one).collect();
        let rest = self.rest(&proof, told, &total, contributors.is_empty());
        let unchanged = (unchanged.iter().enumerate())
            .map(|(at, (level, code))| {
                let level = &self.levels[*level];
                Unchanged {
                    column: self.dimensions[level.dimension].name.clone(),
                    value: level.cells[*code as usize].shown(),
                    change: self.change_at(&proof, findings.len() + at),
                }
            })
            .filter(|one: &Unchanged| {
                one.change.ratio.is_some_and(|ratio| (ratio - 1.0).abs() <= UNCHANGED_BY_MAX)
            })
            .collect();
        let measure = self.moved.remove(self.explained);
        let verdict = match (measure.moved, found == 0) {
            (true, false) => Verdict::Contributors,
            (true, true) => Verdict::Everywhere,
            (false, false) => Verdict::Mix,
            (false, true) => Verdict::Nothing,
        };
        let mut notes = self.notes(subject_ends);
        if found > contributors.len() {
            let more = found - contributors.len();
            notes.push(format!("{more} more contributors are not shown (`--limit`)"));
        }
        if found == 0 && !findings.is_empty() {
            let candidates = findings.len();
            notes.push(format!(
                "{candidates} {} too small or not borne out by the exact count",
                if candidates == 1 { "candidate was" } else { "candidates were" }
            ));
        }
        let before = self.windows.before.len();
        let mut answer = Explanation {
            log: self.subject.log_type().name.to_owned(),
            condition: self.subject.condition().map(str::to_owned),
            measure,
            during: self.windows.during,
            spikes: self.spikes,
            verdict,
            sentence: String::new(),
            amount_unit: match self.measures.all[self.explained].shape {
                Shape::Percentile(..) => String::new(),
                _ => self.measures.all[self.explained].unit.clone(),
            },
            total,
            contributors,
            rest,
            unchanged,
            names: Names::default(),
            measures: self.moved,
            notes,
            statements,
            read: ReadRows {
                during: self.collected.totals[0].rows,
                before: rows_of_windows(self.collected, 1..before + 1) as u64,
                earlier: rows_of_windows(self.collected, before + 1..usize::MAX) as u64,
                searched: self.collected.rows.len() as u64,
            },
            before: self.windows.before,
            earlier: self.windows.earlier,
        };
        answer.sentence = text::sentence(&answer);
        Ok(answer)
    }

    fn measure(&self) -> &Measure {
        &self.measures.all[self.explained]
    }

    fn shape(&self) -> Shape {
        self.measure().shape
    }

    /// The length of the window over that of all windows before of which rows are kept.
    fn scale_of_kept(&self) -> f64 {
        let all = self.windows.before.iter().chain(&self.windows.earlier);
        let length: i64 = all.map(|window| window.length()).sum();
        self.windows.during.length() as f64 / length as f64
    }

    /// The parts that are counted again: that of the measure; a percentile is counted as what exceeds it.
    fn parts(&self) -> Vec<Part> {
        match self.shape() {
            Shape::Records | Shape::Distinct(_) => Vec::new(),
            Shape::Percentile(part, share) => {
                let bound = percentile_before(&self.collected.rows, part, share);
                let sql = format!("({}) > {bound:?}", self.measures.parts[part].sql);
                vec![Part { sql, kind: PartKind::Condition }]
            }
            Shape::Sum(part) | Shape::CountIf(part) | Shape::Share(part) | Shape::Mean(part) => {
                vec![self.measures.parts[part].clone()]
            }
        }
    }

    /// The amount of the measure in what was counted of a window.
    fn amount(&self, side: &Side) -> f64 {
        let part = side.parts.first().copied().unwrap_or_default();
        let rows = (side.rows as f64).max(1.0);
        match self.shape() {
            Shape::Records | Shape::Distinct(_) => side.rows as f64,
            Shape::Sum(_) => part.1,
            Shape::CountIf(_) => part.0,
            Shape::Share(_) | Shape::Percentile(..) => part.0 / rows,
            Shape::Mean(_) => part.1 / part.0.max(1.0),
        }
    }

    fn change(&self, counted: &Counted) -> Change {
        self.change_of(self.amount(&counted.before), self.amount(&counted.during))
    }

    /// The change of all rows that are of none of these contributors.
    fn rest(&self, proof: &Proof, told: u64, total: &Change, is_all: bool) -> Change {
        match self.shape() {
            _ if is_all => *total,
            Shape::Distinct(_) => self.change_of_different(&proof.rest_entities),
            _ => self.change(&proof.rest(told)),
        }
    }

    /// The change of what a condition of the proof counted.
    fn change_at(&self, proof: &Proof, at: usize) -> Change {
        match self.shape() {
            Shape::Distinct(_) => self.change_of_different(&proof.entities[at]),
            _ => self.change(&proof.counted[at]),
        }
    }

    fn change_of_different(&self, entities: &Entities) -> Change {
        let (before, during) = entities.different();
        self.change_of(before, during)
    }

    fn change_of(&self, before: f64, during: f64) -> Change {
        let during_length = self.windows.during.length();
        let before_length: i64 = self.windows.before.iter().map(|window| window.length()).sum();
        // A share, a mean or a count of different values is no rate.
        let is_rate = matches!(self.shape(), Shape::Records | Shape::Sum(_) | Shape::CountIf(_));
        let before_length = if is_rate { before_length } else { during_length };
        Change::of(before, during, before_length, during_length)
    }

    fn total(&self) -> Change {
        let moved = &self.moved[self.explained];
        self.change_of(moved.before.unwrap_or(0.0), moved.during.unwrap_or(0.0))
    }

    /// The condition of a finding in SQL.
    fn condition(&self, finding: &Finding) -> String {
        let conditions: Vec<String> = (finding.cells(self.levels))
            .map(|(dimension, cells)| self.condition_of(dimension, &cells))
            .collect();
        conditions.join(" AND ")
    }

    fn condition_of(&self, dimension: usize, cells: &[Cell]) -> String {
        let is_text = self.collected.is_text[dimension];
        Cell::condition_of_any(cells, &self.dimensions[dimension].sql, is_text)
    }

    fn contributor(
        &self,
        finding: &Finding,
        condition: &str,
        total: &Change,
        proof: &Proof,
        at: usize,
    ) -> Contributor {
        let counted = &proof.counted[at];
        let entities = &proof.entities[at];
        let change = self.change_at(proof, at);
        let sums = |change: &Change| Sums { test: change.during, control: change.before_scaled };
        let figures = contribution::summable_metric(sums(&change), sums(total));
        let finite = |value: f64| value.is_finite().then_some(value);
        // What a part of a mean or a share would be, had it changed as the others did, does not follow from sums.
        let of_sums = |value: f64| finite(value).filter(|_| !self.amounts.is_per_record);
        let rows = Rows { before: counted.before.rows, during: counted.during.rows };
        let share = self.share(&change, total, counted);
        // A part may raise a mean by its weight, while its own mean falls.
        let adds = match share {
            Some(share) if self.amounts.is_per_record => share * total.difference,
            _ => change.difference,
        };
        let mut notes = Vec::new();
        if rows.before + rows.during < FEW_ROWS {
            notes.push(format!("small numbers: {} rows in all", rows.before + rows.during));
        }
        if entities.is_cut {
            notes.push("there are more clients than were counted one by one".to_owned());
        }
        Contributor {
            conditions: (finding.cells(self.levels))
                .map(|(dimension, cells)| ConditionText {
                    column: self.dimensions[dimension].name.clone(),
                    kind: self.dimensions[dimension].kind.words(),
                    values: cells.iter().map(Cell::shown).collect(),
                })
                .collect(),
            direction: if adds >= 0.0 { Direction::Up } else { Direction::Down },
            change,
            share,
            relative_difference: finite(figures.relative_difference),
            expected_metric_test: of_sums(figures.expected_metric_test),
            unexpected_difference: of_sums(figures.unexpected_difference),
            relative_unexpected_difference: of_sums(figures.relative_unexpected_difference),
            apriori_support: of_sums(figures.apriori_support),
            contribution: figures.contribution,
            gain: finding.gain,
            rows,
            also: Vec::new(),
            peculiar: Vec::new(),
            clients: self.clients(finding, entities),
            notes,
            condition: condition.to_owned(),
            sql: self.evidence(condition),
        }
    }

    /// The share of the total's change; None if that did not move.
    fn share(&self, change: &Change, total: &Change, counted: &Counted) -> Option<f64> {
        let moved = &self.moved[self.explained];
        if !moved.moved || total.difference == 0.0 {
            return None;
        }
        let part = |side: &Side| side.parts.first().copied().unwrap_or_default();
        let (before, during) = (part(&counted.before), part(&counted.during));
        // For a share or a mean: how much of its change the rows add.
        let numerator_and_count = |at: usize, totals: &Totals| match self.shape() {
            Shape::Mean(_) => (totals.parts[at].sum, totals.parts[at].count as f64),
            _ => (totals.parts[at].count as f64, totals.rows as f64),
        };
        let (at, segment) = match self.shape() {
            Shape::Share(at) => {
                let (rows_before, rows) = (counted.before.rows as f64, counted.during.rows as f64);
                let numerator = Sums { test: during.0, control: before.0 };
                (
                    at,
                    RatioSums { numerator, denominator: Sums { test: rows, control: rows_before } },
                )
            }
            Shape::Mean(at) => {
                let numerator = Sums { test: during.1, control: before.1 };
                let denominator = Sums { test: during.0, control: before.0 };
                (at, RatioSums { numerator, denominator })
            }
            _ if self.amounts.is_per_record => return None,
            _ => return Some(change.difference / total.difference),
        };
        let mut all = RatioSums::default();
        for (window, totals) in self.collected.totals.iter().enumerate() {
            let (numerator, count) = numerator_and_count(at, totals);
            if window == 0 {
                (all.numerator.test, all.denominator.test) = (numerator, count);
            } else if window <= self.windows.before.len() {
                all.numerator.control += numerator;
                all.denominator.control += count;
            }
        }
        let added = contribution::summable_ratio(segment, all).aumann_shapley_attribution;
        Some(added / total.difference).filter(|share| share.is_finite())
    }

    fn clients(&self, finding: &Finding, entities: &Entities) -> Option<Clients> {
        let column = self.subject.log_type().client?;
        if matches!(self.shape(), Shape::Distinct(_)) {
            return None;
        }
        let all = &entities.counted;
        let count = |is_wanted: &dyn Fn(&Counted) -> bool| {
            all.values().filter(|counted| is_wanted(counted)).count() as u64
        };
        let mut busiest: Vec<Client> = (all.iter())
            .map(|(client, counted)| Client {
                client: client.clone(),
                before: self.amount(&counted.before),
                during: self.amount(&counted.during),
            })
            .collect();
        let key = |client: &Client| if finding.is_up { client.during } else { client.before };
        busiest.sort_by(|left, right| {
            key(right).total_cmp(&key(left)).then_with(|| left.client.cmp(&right.client))
        });
        busiest.truncate(CLIENTS_SHOWN_MAX);
        Some(Clients {
            column: column.to_owned(),
            before: count(&|counted| counted.before.rows > 0),
            during: count(&|counted| counted.during.rows > 0),
            new: count(&|counted| counted.before.rows == 0),
            vanished: count(&|counted| counted.during.rows == 0),
            busiest,
        })
    }

    /// Whether a finding is anywhere near large enough to be told, by the rows that were kept.
    fn is_worth_counting(&self, finding: &Finding) -> bool {
        /// How far the kept rows may be off.
        const SLACK: f64 = 0.5;
        let leaves = &self.amounts.leaves;
        let scale = self.scale_of_kept();
        let member = Member::of(finding, self.levels);
        let mut total = (0.0, 0.0, 0.0);
        let mut change = 0.0;
        for (leaf, row) in self.amounts.rows.iter().enumerate() {
            let (before, during) = (scale * leaves.before[leaf], leaves.during[leaf]);
            total.0 += during - before;
            total.1 += before;
            total.2 += during;
            if member.holds(*row as usize) {
                change += during - before;
            }
        }
        let moved = self.moved[self.explained].moved;
        let of: f64 = if moved { total.0 } else { f64::max(total.1, total.2) };
        let is_against = moved && (total.0 >= 0.0) != finding.is_up;
        let share_min = if is_against { SHARE_AGAINST_MIN } else { SHARE_MIN };
        self.amounts.is_per_record || change.abs() >= SLACK * share_min * of.abs()
    }

    /// Whether what was counted bears out what was found, and is worth telling.
    fn is_told(&self, contributor: &Contributor, total: &Change, rest: &Change) -> bool {
        let change = &contributor.change;
        let scale = total.before_scaled.abs().max(total.during.abs());
        let of = if self.moved[self.explained].moved { total.difference.abs() } else { scale };
        // Held against what everything else did.
        let growth = rest.ratio.unwrap_or(1.0);
        let lift = (change.during + 0.5) / (change.before_scaled * growth + 0.5);
        let is_up = contributor.direction == Direction::Up;
        let is_lifted = if is_up { lift >= LIFT_MIN } else { lift <= 1.0 / LIFT_MIN };
        // What went against the change must be larger to be worth telling.
        let is_against = (total.difference >= 0.0) != is_up && self.moved[self.explained].moved;
        let share_min = if is_against { SHARE_AGAINST_MIN } else { SHARE_MIN };
        if self.amounts.is_per_record {
            return match contributor.share {
                Some(share) => share.abs() >= SHARE_AGAINST_MIN,
                None => change.difference.abs() >= PART_CHANGE_MIN * scale.max(change.during),
            };
        }
        is_lifted && change.difference.abs() >= share_min * of
    }

    /// The query that proves a contributor.
    fn evidence(&self, condition: &str) -> String {
        let mut windows = self.windows.before.clone();
        windows.push(self.windows.during);
        let measure = self.measure();
        let amount = match (self.shape(), self.parts().first()) {
            (Shape::Records, _) => String::new(),
            (Shape::Percentile(..), Some(part)) => {
                format!(", CAST(count_if({}) AS double) / count(*) AS share_above", part.sql)
            }
            _ => format!(", {} AS amount", measure.sql),
        };
        let from = self.subject.from(&windows);
        format!(
            "SELECT IF({}, 'during', 'before') AS time_window, count(*) AS records{amount}\n{from}\n  AND ({condition})\nGROUP BY 1\nORDER BY 1",
            self.windows.during.condition("event_time"),
        )
    }

    fn notes(&self, held_until: Option<Micros>) -> Vec<String> {
        let mut notes: Vec<String> = self.counting.iter().cloned().collect();
        let collected = self.collected;
        if collected.rows.is_sample() {
            notes.push(format!(
                "contributors were looked for among a sample of {} rows that keeps the heavy ones; all amounts are counted exactly",
                text::number(collected.rows.len() as f64)
            ));
        }
        notes.extend(span_notes(collected, &self.windows));
        let during = self.windows.during;
        if let Some(last) = held_until.filter(|last| *last <= during.end + during.length() / 10) {
            notes.push(format!(
                "this log is written when a connection or flow ends, and the objects at hand are of {} at the latest: those that were still open then are missing",
                floodmark_formats::time::iso(last)
            ));
        }
        if matches!(self.shape(), Shape::Distinct(_))
            && (self.windows.before.len() != 1
                || self.windows.before[0].length() != during.length())
        {
            notes.push(
                "how many different values there are does not grow as time does: compare windows of the same length"
                    .to_owned(),
            );
        }
        if let Shape::Percentile(part, share) = self.shape() {
            let bound = percentile_before(&collected.rows, part, share);
            notes.extend(counted_as(self.shape(), bound).map(|rows| {
                format!("contributors are told by their share of {rows} (the percentile before)")
            }));
        }
        let length: i64 = self.windows.before.iter().map(|window| window.length()).sum();
        if length != self.windows.during.length() {
            notes.push(
                "the windows differ in length: changes are those of rates, amounts are as counted"
                    .to_owned(),
            );
        }
        if !self.windows.earlier.is_empty() {
            notes.push(format!(
                "how much values vary by themselves was learnt from {} earlier windows",
                self.windows.earlier.len()
            ));
        }
        notes
    }
}

/// How many findings are counted again at most.
const CANDIDATES_MAX: usize = 30;
