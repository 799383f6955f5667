//! What is counted of rows: chunk by chunk, on one thread or on several, and put together.

use std::collections::HashMap;

use floodmark_engine::Result;
use floodmark_formats::time::{DAY, HOUR, MINUTE, Micros, SECOND};
use floodmark_investigate::Window;
use foldhash::fast::FixedState;

use crate::codes::Codes;
use crate::column::{Cells, Chunk, Column, Reader, UNDATED, dictionary};
use crate::limits::{CELLS_MAX, GROUP_FIELDS_MAX, GROUPS_MAX, SERIES_MAX};
use crate::listing::{Content, Listing, told_apart_by};
use crate::matching::{Chosen, Flags};
use crate::plan::Plan;
use crate::statements::QUARTER;

/// The lengths of bins; each is a multiple of the one before.
pub(crate) const WIDTHS: [Micros; 20] = [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
    28 * DAY,
    364 * DAY,
    3_640 * DAY,
    36_400 * DAY,
    364_000 * DAY,
    7_280_000 * DAY,
];

/// The code of all values together that have no series.
pub(crate) const OTHERS: u32 = u32::MAX;

/// How many times as many bins are counted as are wanted, before they are made longer.
const FINER: usize = 8;

/// How many values keep a series while rows are read, if there are too many.
const SERIES_KEPT: usize = 16 * SERIES_MAX;

type Plain<K> = HashMap<K, f64, FixedState>;

/// What was counted so far.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) span_rows: u64,
    pub(crate) during_rows: u64,
    pub(crate) before_rows: u64,
    pub(crate) timeline: Bins,
    /// By the position in the plan's list of fields.
    pub(crate) listed: Vec<Counts>,
    /// What was brushed, and what it is compared with, by the position in the plan's list.
    pub(crate) compared: Vec<[Counts; 2]>,
    pub(crate) groups: Vec<GroupCounts>,
    pub(crate) hours: Plain<i64>,
    pub(crate) rows: Option<Listing>,
    pub(crate) around: Option<(Listing, Listing)>,
    pub(crate) row: Option<Listing>,
}

/// The amounts of bins, by series.
#[derive(Clone, Debug)]
pub(crate) struct Bins {
    /// The length of a bin, by its position in [`WIDTHS`].
    pub(crate) width: usize,
    /// By the bin's number since 1970, and the code of the value.
    pub(crate) amounts: Plain<(i64, u32)>,
    /// Whether small values were put together.
    pub(crate) is_cut: bool,
    bins: usize,
    /// The first and the last time that may lie in a bin.
    span: Option<(Micros, Micros)>,
}

/// Rows and amounts by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) rows: Vec<u64>,
    /// Empty where rows are what is added up.
    pub(crate) amounts: Vec<f64>,
    /// Whether there were too many values to count; of the rows, only those with NULL are counted then.
    pub(crate) is_lost: bool,
}

/// Amounts by the codes of up to three fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupCounts {
    pub(crate) amounts: Plain<[u32; GROUP_FIELDS_MAX]>,
    /// The amount of groups that came when there were too many.
    pub(crate) others: f64,
    /// Whether such groups came.
    pub(crate) is_cut: bool,
    pub(crate) is_lost: bool,
}

/// What a tally is told of the rows: how they are kept and which are wanted.
pub(crate) struct Pass<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) columns: &'a [Column],
    pub(crate) flags: &'a Flags,
    /// The codes that have a series of their own, if that is known before.
    pub(crate) series: Option<&'a [u32]>,
}

impl Tally {
    /// Nothing is counted yet. `width` is the position of the bins' length in [`WIDTHS`], if that is known.
    pub(crate) fn new(plan: &Plan, width: Option<usize>) -> Self {
        let bins = plan.timeline.map_or(1, |timeline| timeline.bins);
        let listed = plan.listed.as_ref().map_or(0, |(listed, _)| listed.len());
        let compared = plan.compared.as_ref().map_or(0, |(compared, _)| compared.len());
        Self {
            span_rows: 0,
            during_rows: 0,
            before_rows: 0,
            timeline: Bins {
                width: width.unwrap_or(0),
                amounts: Plain::default(),
                is_cut: false,
                bins,
                span: None,
            },
            listed: vec![Counts::default(); listed],
            compared: vec![Default::default(); compared],
            groups: vec![GroupCounts::default(); plan.groups.len()],
            hours: Plain::default(),
            rows: plan.rows.clone(),
            around: plan.around.clone(),
            row: plan.row.clone(),
        }
    }

    /// Counts the rows of a chunk.
    ///
    /// # Errors
    ///
    /// Those of unpacking.
    pub(crate) fn add(&mut self, pass: &Pass<'_>, chunk: &Chunk) -> Result<()> {
        let Pass { plan, columns, flags, .. } = *pass;
        let mut reader = Reader::new(chunk, columns);
        let mask = flags.mask(&plan.matcher, columns, &mut reader)?;
        let chosen = |window: Option<Window>| Chosen::of(chunk, mask.as_deref(), window);
        let span = chosen(plan.windows.span);
        let during = match plan.windows.during {
            Some(_) => chosen(plan.windows.during),
            None => span.clone(),
        };
        self.span_rows += span.len() as u64;
        self.during_rows += during.len() as u64;
        let amounts = match plan.amounts() {
            Some(column) => Some(reader.numbers(column)?),
            None => None,
        };
        let amounts = amounts.as_deref();
        if plan.timeline.is_some() {
            self.timeline.add(pass, chunk, &span, amounts);
        }
        let mut codes = Vec::new();
        if let Some((listed, _)) = &plan.listed {
            for (at, counts) in listed.iter().zip(&mut self.listed) {
                counts.add(pass, chunk, *at, &during, amounts, &mut codes);
            }
        }
        if let Some((compared, _)) = &plan.compared {
            let before = chosen(plan.windows.before);
            self.before_rows += before.len() as u64;
            for (at, sides) in compared.iter().zip(&mut self.compared) {
                let [of_during, of_before] = sides;
                of_during.add(pass, chunk, *at, &during, amounts, &mut codes);
                of_before.add(pass, chunk, *at, &before, amounts, &mut codes);
            }
        }
        for ((by, _), counts) in plan.groups.iter().zip(&mut self.groups) {
            counts.add(pass, chunk, by, &during, amounts);
        }
        if plan.hours {
            during.each(|row| {
                let time = chunk.times[row];
                if time != UNDATED {
                    *self.hours.entry(time.div_euclid(QUARTER)).or_default() +=
                        amounts.map_or(1.0, |amounts| amounts[row]);
                }
            });
        }
        let told_apart_by = told_apart_by(&plan.fields);
        let content = Content { fields: &plan.fields, told_apart_by: &told_apart_by };
        if let Some(rows) = &mut self.rows {
            rows.add(columns, &mut reader, &during, &content)?;
        }
        if let Some((newer, older)) = &mut self.around {
            newer.add(columns, &mut reader, &span, &content)?;
            older.add(columns, &mut reader, &span, &content)?;
        }
        if let Some(row) = &mut self.row {
            row.add(columns, &mut reader, &Chosen::All(chunk.rows), &content)?;
        }
        Ok(())
    }

    /// Takes over what was counted of other rows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.span_rows += other.span_rows;
        self.during_rows += other.during_rows;
        self.before_rows += other.before_rows;
        for (cell, amount) in other.timeline.amounts {
            *self.timeline.amounts.entry(cell).or_default() += amount;
        }
        self.timeline.is_cut |= other.timeline.is_cut;
        for (counts, other) in self.listed.iter_mut().zip(other.listed) {
            counts.merge(other);
        }
        for (sides, [during, before]) in self.compared.iter_mut().zip(other.compared) {
            sides[0].merge(during);
            sides[1].merge(before);
        }
        for (counts, other) in self.groups.iter_mut().zip(other.groups) {
            counts.merge(other);
        }
        for (quarter, amount) in other.hours {
            *self.hours.entry(quarter).or_default() += amount;
        }
        if let (Some(rows), Some(other)) = (&mut self.rows, other.rows) {
            rows.merge(other);
        }
        if let (Some(around), Some((newer, older))) = (&mut self.around, other.around) {
            around.0.merge(newer);
            around.1.merge(older);
        }
        if let (Some(row), Some(other)) = (&mut self.row, other.row) {
            row.merge(other);
        }
    }

    /// The values of a column are not counted any more: there are too many. `is_lost` says which columns have no codes.
    pub(crate) fn lose(&mut self, plan: &Plan, is_lost: impl Fn(usize) -> bool) {
        let listed = plan.listed.iter().flat_map(|(listed, _)| listed);
        for (at, counts) in listed.zip(&mut self.listed) {
            counts.lose(is_lost(*at));
        }
        let compared = plan.compared.iter().flat_map(|(compared, _)| compared);
        for (at, sides) in compared.zip(&mut self.compared) {
            for counts in sides {
                counts.lose(is_lost(*at));
            }
        }
        for ((by, _), counts) in plan.groups.iter().zip(&mut self.groups) {
            if by.iter().any(|at| is_lost(*at)) {
                *counts = GroupCounts { is_lost: true, ..GroupCounts::default() };
            }
        }
        if plan.timeline.and_then(|timeline| timeline.by).is_some_and(&is_lost) {
            self.timeline.put_together(|_| true);
        }
    }
}

impl Bins {
    fn add(&mut self, pass: &Pass<'_>, chunk: &Chunk, chosen: &Chosen, amounts: Option<&[f64]>) {
        let mut codes = Vec::new();
        if let Some(by) = pass.plan.timeline.and_then(|timeline| timeline.by) {
            if !chunk.codes(pass.columns, by, &mut codes) {
                codes.resize(chunk.rows, OTHERS);
            }
            if let Some(series) = pass.series {
                for code in &mut codes {
                    if !series.contains(code) {
                        *code = OTHERS;
                    }
                }
            }
        }
        if let Some((first, last)) = chunk.span {
            let window = pass.plan.windows.span;
            let first = window.map_or(first, |window| first.clamp(window.start, window.end));
            let last = window.map_or(last, |window| last.clamp(window.start, window.end));
            let (earliest, latest) = self.span.unwrap_or((first, last));
            self.span = Some((earliest.min(first), latest.max(last)));
        }
        let width = WIDTHS[self.width];
        // Rows that follow one another mostly lie in the same bin.
        let (mut cell, mut sum, mut start) = ((0, 0), 0.0, Micros::MAX);
        chosen.each(|row| {
            let time = chunk.times[row];
            if time == UNDATED {
                return;
            }
            let code = if codes.is_empty() { 0 } else { codes[row] };
            if time < start || time.saturating_sub(start) >= width || code != cell.1 {
                if sum != 0.0 {
                    *self.amounts.entry(cell).or_default() += sum;
                }
                cell = (time.div_euclid(width), code);
                (start, sum) = (cell.0.saturating_mul(width), 0.0);
            }
            sum += amounts.map_or(1.0, |amounts| amounts[row]);
        });
        if sum != 0.0 {
            *self.amounts.entry(cell).or_default() += sum;
        }
        self.bound();
    }

    /// Makes bins longer while there are too many, and puts small values together.
    fn bound(&mut self) {
        if let Some((first, last)) = self.span {
            let is_enough =
                |width: &Micros| last.saturating_sub(first) / width < (self.bins * FINER) as i64;
            let width = WIDTHS.iter().position(is_enough);
            let width = width.unwrap_or(WIDTHS.len() - 1);
            if width > self.width {
                self.widen(width);
            }
        }
        if self.amounts.len() > CELLS_MAX {
            let mut totals: Vec<(u32, f64)> = self.totals().into_iter().collect();
            totals.sort_by(|a, b| b.1.total_cmp(&a.1));
            let kept: Vec<u32> = totals.iter().take(SERIES_KEPT).map(|(code, _)| *code).collect();
            self.put_together(|code| !kept.contains(&code));
        }
    }

    /// Makes bins longer.
    pub(crate) fn widen(&mut self, width: usize) {
        if width == self.width {
            return;
        }
        let factor = WIDTHS[width] / WIDTHS[self.width];
        let mut amounts = Plain::default();
        for ((bin, code), amount) in std::mem::take(&mut self.amounts) {
            *amounts.entry((bin.div_euclid(factor), code)).or_default() += amount;
        }
        (self.amounts, self.width) = (amounts, width);
    }

    /// The amounts of all values that have codes.
    pub(crate) fn totals(&self) -> HashMap<u32, f64, FixedState> {
        let mut totals = HashMap::default();
        for ((_, code), amount) in &self.amounts {
            if *code != OTHERS {
                *totals.entry(*code).or_default() += amount;
            }
        }
        totals
    }

    fn put_together(&mut self, is_small: impl Fn(u32) -> bool) {
        let mut amounts = Plain::default();
        for ((bin, code), amount) in std::mem::take(&mut self.amounts) {
            let code = if is_small(code) { OTHERS } else { code };
            *amounts.entry((bin, code)).or_default() += amount;
        }
        self.amounts = amounts;
        self.is_cut = true;
    }
}

impl Counts {
    fn add(
        &mut self,
        pass: &Pass<'_>,
        chunk: &Chunk,
        at: usize,
        chosen: &Chosen,
        amounts: Option<&[f64]>,
        codes: &mut Vec<u32>,
    ) {
        let Some(dictionary) = dictionary(&pass.columns[at]) else {
            // What is kept as text still says which rows have none.
            self.lose(true);
            self.rows.resize(1, 0);
            if let Cells::Texts(block) = &chunk.cells[at] {
                let nulls = &mut self.rows[0];
                chosen.each(|row| *nulls += u64::from(block.is_null(row)));
            }
            return;
        };
        if let (Cells::Codes(Codes::Same(code)), None, false) =
            (&chunk.cells[at], amounts, self.is_lost)
        {
            self.rows.resize(dictionary.len(), 0);
            self.rows[*code as usize] += chosen.len() as u64;
            return;
        }
        self.is_lost |= !chunk.codes(pass.columns, at, codes);
        if self.is_lost {
            return;
        }
        self.rows.resize(dictionary.len(), 0);
        let rows = self.rows.as_mut_slice();
        chosen.each(|row| rows[codes[row] as usize] += 1);
        if let Some(amounts) = amounts {
            self.amounts.resize(dictionary.len(), 0.0);
            let sums = self.amounts.as_mut_slice();
            chosen.each(|row| sums[codes[row] as usize] += amounts[row]);
        }
    }

    /// What is added up, by code.
    pub(crate) fn amount(&self, code: usize) -> f64 {
        if self.amounts.is_empty() {
            return self.rows.get(code).map_or(0.0, |rows| *rows as f64);
        }
        self.amounts.get(code).copied().unwrap_or(0.0)
    }

    fn lose(&mut self, is_lost: bool) {
        if is_lost {
            self.is_lost = true;
            self.rows.truncate(1);
            self.amounts = Vec::new();
        }
    }

    fn merge(&mut self, other: Self) {
        self.is_lost |= other.is_lost;
        if self.rows.len() < other.rows.len() {
            self.rows.resize(other.rows.len(), 0);
        }
        for (rows, other) in self.rows.iter_mut().zip(other.rows) {
            *rows += other;
        }
        if self.amounts.len() < other.amounts.len() {
            self.amounts.resize(other.amounts.len(), 0.0);
        }
        for (amount, other) in self.amounts.iter_mut().zip(other.amounts) {
            *amount += other;
        }
    }
}

impl GroupCounts {
    fn add(
        &mut self,
        pass: &Pass<'_>,
        chunk: &Chunk,
        by: &[usize],
        chosen: &Chosen,
        amounts: Option<&[f64]>,
    ) {
        if self.is_lost {
            return;
        }
        let mut codes = vec![Vec::new(); by.len()];
        for (at, codes) in by.iter().zip(&mut codes) {
            if !chunk.codes(pass.columns, *at, codes) {
                self.is_lost = true;
                return;
            }
        }
        chosen.each(|row| {
            let mut key = [0; GROUP_FIELDS_MAX];
            for (part, codes) in key.iter_mut().zip(&codes) {
                *part = codes[row];
            }
            let amount = amounts.map_or(1.0, |amounts| amounts[row]);
            self.put(key, amount);
        });
    }

    fn put(&mut self, key: [u32; GROUP_FIELDS_MAX], amount: f64) {
        if let Some(known) = self.amounts.get_mut(&key) {
            *known += amount;
        } else if self.amounts.len() < GROUPS_MAX {
            self.amounts.insert(key, amount);
        } else {
            self.others += amount;
            self.is_cut = true;
        }
    }

    fn merge(&mut self, other: Self) {
        self.is_lost |= other.is_lost;
        self.others += other.others;
        self.is_cut |= other.is_cut;
        for (key, amount) in other.amounts {
            self.put(key, amount);
        }
    }
}
