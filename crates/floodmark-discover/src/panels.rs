//! Panels made of what was counted.

use std::cmp::Ordering;

use floodmark_formats::kind::Kind;
use floodmark_formats::time::Micros;
use floodmark_investigate::Window;

use crate::column::{Column, UNDATED, dictionary, is_lost};
use crate::dictionary::{Dictionary, NULL};
use crate::limits::{GROUP_FIELDS_MAX, GROUPS_MAX, QUARTERS_MAX, SERIES_MAX};
use crate::listing::{Cursor, Found, Listing};
use crate::plan::{Plan, TimelinePlan};
use crate::statements::QUARTER;
use crate::tally::{Counts, GroupCounts, OTHERS, Tally, WIDTHS};
use crate::told::{
    Cell, Compare, Compared, ComparedValue, FieldSummary, Fields, Group, Grouped, Groups, Hours,
    Panel, Row, RowCells, Rows, Series, State, Timeline, Told, TopValue,
};
use crate::view::{Value, ms, span};

/// How good figures are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    pub(crate) state: State,
    /// For how many rows each counted row stands.
    pub(crate) weight: f64,
}

/// How often a value is new: if nearly every row has one of its own, a field tells no rows apart.
const UNIQUE_SHARE: f64 = 0.95;
/// Of fewer rows nobody can say that.
const UNIQUE_ROWS: u64 = 1000;

/// Makes panels of what was counted.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) tally: &'a Tally,
    pub(crate) columns: &'a [Column],
    pub(crate) quality: Quality,
    /// The first and the last time of all rows that were read.
    pub(crate) span: Option<(Micros, Micros)>,
}

impl Panels<'_> {
    /// All panels that are wanted.
    pub(crate) fn told(self) -> Vec<Told> {
        let plan = self.plan;
        let mut told = Vec::new();
        told.extend(plan.timeline.map(|timeline| Told::Timeline(self.timeline(timeline))));
        if let Some((listed, top)) = &plan.listed {
            told.push(Told::Fields(self.fields(listed, *top)));
        }
        if let Some(rows) = &self.tally.rows {
            told.push(Told::Rows(self.rows(rows)));
        }
        if let Some((newer, older)) = &self.tally.around {
            told.push(Told::Rows(self.around(newer, older)));
        }
        if let Some(row) = &self.tally.row {
            told.push(Told::Row(self.row(row)));
        }
        if let Some((compared, top)) = &plan.compared {
            told.push(Told::Compare(self.compare(compared, *top)));
        }
        if plan.has_groups {
            told.push(Told::Groups(self.groups()));
        }
        if plan.hours {
            told.push(Told::Hours(self.hours()));
        }
        told
    }

    /// What is to be said about them.
    pub(crate) fn notes(self) -> Vec<String> {
        let plan = self.plan;
        let mut notes = Vec::new();
        let listed = plan.listed.iter().flat_map(|(listed, _)| listed);
        let compared = plan.compared.iter().flat_map(|(compared, _)| compared);
        let mut lost: Vec<usize> =
            listed.chain(compared).copied().filter(|at| is_lost(&self.columns[*at])).collect();
        lost.sort_unstable();
        lost.dedup();
        if !lost.is_empty() {
            let names = lost.iter().map(|at| format!("`{}`", plan.fields.fields[*at].name));
            let names: Vec<String> = names.collect();
            notes.push(format!(
                "too many different values to count them one by one in the memory at hand: {}; ask in SQL for their top values",
                names.join(", ")
            ));
        }
        if self.tally.timeline.is_cut {
            notes.push(
                "there are very many values: the timeline's series were chosen while rows were counted, and may lack a part"
                    .to_owned(),
            );
        }
        if self.tally.groups.iter().any(|counts| counts.is_cut) {
            notes.push(format!(
                "more than {GROUPS_MAX} groups: those that came later are counted together as others, and amounts may lack a part"
            ));
        }
        notes
    }

    /// How many rows meet all conditions in what was brushed, and in the whole timeline.
    pub(crate) fn row_counts(self) -> (u64, u64) {
        (self.scaled(self.tally.during_rows), self.scaled(self.tally.span_rows))
    }

    /// What the timeline spans in fact.
    pub(crate) fn whole(self) -> Option<Window> {
        self.plan.windows.span.or_else(|| {
            self.span.map(|(start, last)| Window { start, end: last.saturating_add(1) })
        })
    }

    fn panel(self, sql: String) -> Panel {
        let Quality { state, weight } = self.quality;
        let sample_share = (weight > 1.0).then_some(1.0 / weight);
        Panel { state, sample_share, sql }
    }

    /// A panel that is not exact if something was cut off.
    fn cut(self, panel: Panel, is_cut: bool) -> Panel {
        let state = match panel.state {
            State::Exact if is_cut => State::Partial,
            state => state,
        };
        Panel { state, ..panel }
    }

    fn scaled(self, rows: u64) -> u64 {
        (rows as f64 * self.quality.weight).round() as u64
    }

    fn timeline(self, wanted: TimelinePlan) -> Timeline {
        let bins = &self.tally.timeline;
        let window = self.whole().unwrap_or(Window { start: 0, end: 1 });
        let last = WIDTHS.len() - 1;
        let width = (bins.width..=last)
            .find(|at| window.length() / WIDTHS[*at] <= wanted.bins as i64)
            .unwrap_or(last);
        let mut bins = bins.clone();
        bins.widen(width);
        let width = WIDTHS[width];
        let first = window.start.div_euclid(width);
        let count = ((window.end - 1).div_euclid(width) - first + 1) as usize;
        let values = wanted.by.and_then(|by| dictionary(&self.columns[by]));
        let mut totals: Vec<(u32, f64)> = bins.totals().into_iter().collect();
        totals.sort_by(|(a, of_a), (b, of_b)| {
            of_b.total_cmp(of_a).then_with(|| match values {
                Some(values) => by_value(values, *a, *b),
                None => Ordering::Equal,
            })
        });
        totals.truncate(SERIES_MAX);
        if wanted.by.is_none() && totals.is_empty() {
            totals.push((NULL, 0.0));
        }
        let mut series: Vec<Series> = (totals.iter())
            .map(|(code, _)| Series {
                value: values.and_then(|values| values.owned(*code)),
                is_others: false,
                amounts: vec![0.0; count],
            })
            .collect();
        let mut others = Series { value: None, is_others: true, amounts: vec![0.0; count] };
        let (mut total, mut has_others) = (0.0, false);
        for ((bin, code), amount) in &bins.amounts {
            let Some(at) = usize::try_from(bin - first).ok().filter(|at| *at < count) else {
                continue;
            };
            let amount = amount * self.quality.weight;
            total += amount;
            let of_code = totals.iter().position(|(known, _)| known == code && *code != OTHERS);
            match of_code {
                Some(of_code) => series[of_code].amounts[at] += amount,
                None => {
                    has_others = true;
                    others.amounts[at] += amount;
                }
            }
        }
        let shown: Vec<Value> = series.iter().map(|series| series.value.clone()).collect();
        if has_others {
            series.push(others);
        }
        let by = wanted.by.map(|by| &self.plan.fields.fields[by]);
        let sql = self.plan.statements.timeline(width, by.map(|field| (field, shown.as_slice())));
        Timeline {
            panel: self.cut(self.panel(sql), self.tally.timeline.is_cut),
            start: ms(first.saturating_mul(width)),
            width: ms(width),
            by: by.map(|field| field.name.clone()),
            series,
            total,
        }
    }

    fn fields(self, listed: &[usize], top: usize) -> Fields {
        let summaries = listed.iter().zip(&self.tally.listed);
        Fields {
            panel: self.panel(self.plan.statements.total()),
            rows: self.scaled(self.tally.during_rows),
            fields: summaries.map(|(at, counts)| self.field(*at, counts, top)).collect(),
        }
    }

    fn field(self, at: usize, counts: &Counts, top: usize) -> FieldSummary {
        let field = &self.plan.fields.fields[at];
        let summary = FieldSummary {
            name: field.name.clone(),
            sql: self.plan.statements.field(field, top),
            ..FieldSummary::default()
        };
        let nulls = self.scaled(counts.rows.first().copied().unwrap_or(0));
        let values = dictionary(&self.columns[at]).filter(|_| !counts.is_lost);
        let Some(values) = values else { return FieldSummary { nulls, ..summary } };
        let mut codes: Vec<u32> =
            (1..counts.rows.len() as u32).filter(|code| counts.rows[*code as usize] > 0).collect();
        let distinct = codes.len() as u64;
        let (mut least, mut most, mut sum, mut numbers) =
            (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0);
        if field.kind == Kind::Quantity
            && let Some(of_values) = values.numbers()
        {
            for code in &codes {
                let (number, rows) = (of_values[*code as usize], counts.rows[*code as usize]);
                if !number.is_nan() {
                    (least, most) = (least.min(number), most.max(number));
                    sum += number * rows as f64;
                    numbers += rows;
                }
            }
        }
        largest(&mut codes, top, |a, b| {
            (counts.amount(*b as usize).total_cmp(&counts.amount(*a as usize)))
                .then_with(|| by_value(values, *a, *b))
        });
        let has_numbers = numbers > 0;
        FieldSummary {
            nulls,
            distinct: Some(distinct),
            is_at_least: self.quality.weight > 1.0,
            top: (codes.iter())
                .map(|code| TopValue {
                    value: values.owned(*code),
                    amount: counts.amount(*code as usize) * self.quality.weight,
                    rows: self.scaled(counts.rows[*code as usize]),
                })
                .collect(),
            least: has_numbers.then_some(least),
            most: has_numbers.then_some(most),
            mean: has_numbers.then(|| sum / numbers as f64),
            ..summary
        }
    }

    fn rows(self, listing: &Listing) -> Rows {
        let (found, next) = listing.rows();
        let plan = self.plan;
        let sql = plan.statements.rows(
            &plan.fields,
            listing.order,
            listing.rows_before,
            found.len().max(1),
        );
        let rows_before = listing.rows_before.saturating_add(found.len() as u64);
        let cursor = |place| Cursor::new(&plan.fields, listing.order, rows_before, place);
        Rows {
            next: next.map(|place| cursor(place).written()),
            total: self.scaled(self.tally.during_rows),
            ..self.listed_rows(sql, found)
        }
    }

    fn around(self, newer: &Listing, older: &Listing) -> Rows {
        let (mut found, _) = newer.rows();
        found.reverse();
        found.extend(older.rows().0);
        let plan = self.plan;
        let times: Vec<Micros> = found.iter().map(|found| found.place.time).collect();
        let sql = plan.statements.around(&plan.fields, &times);
        Rows { total: self.scaled(self.tally.span_rows), ..self.listed_rows(sql, found) }
    }

    fn listed_rows(self, sql: String, found: Vec<Found>) -> Rows {
        let names = self.plan.fields.fields.iter().map(|field| field.name.clone());
        Rows {
            panel: self.panel(sql),
            columns: names.collect(),
            rows: (found.into_iter())
                .map(|found| RowCells {
                    row: found.place.row(),
                    time: time(found.place.time),
                    cells: found.cells,
                })
                .collect(),
            ..Rows::default()
        }
    }

    fn row(self, listing: &Listing) -> Row {
        let plan = self.plan;
        let Some(wanted) = listing.start() else { return Row::default() };
        let sql = plan.statements.row(&plan.fields, wanted);
        let (found, _) = listing.rows();
        let is_it = |found: &Found| found.place.row() == wanted.row();
        let cells = found.into_iter().find(is_it).map(|found| found.cells).unwrap_or_default();
        let names = plan.fields.fields.iter().map(|field| field.name.clone());
        Row {
            panel: self.panel(sql),
            row: wanted.row(),
            time: time(wanted.time),
            cells: names.zip(cells).map(|(field, value)| Cell { field, value }).collect(),
        }
    }

    fn compare(self, compared: &[usize], top: usize) -> Compare {
        let plan = self.plan;
        let empty = (0.0, 0.0);
        let sides = compared.iter().zip(&self.tally.compared);
        let mut dimensions: Vec<Compared> =
            sides.filter_map(|(at, sides)| self.compared(*at, sides, top)).collect();
        dimensions.sort_by(|a, b| b.difference.total_cmp(&a.difference));
        Compare {
            panel: self.panel(plan.statements.both_sides()),
            during: plan.windows.during.map_or(empty, span),
            before: plan.windows.before.map_or(empty, span),
            during_rows: self.scaled(self.tally.during_rows),
            before_rows: self.scaled(self.tally.before_rows),
            dimensions,
        }
    }

    /// A dimension on both sides; None if it tells no rows apart, or if its values were not counted.
    fn compared(self, at: usize, sides: &[Counts; 2], top: usize) -> Option<Compared> {
        let field = &self.plan.fields.fields[at];
        let [during, before] = sides;
        if during.is_lost || before.is_lost {
            return None;
        }
        let values = dictionary(&self.columns[at])?;
        let rows =
            |counts: &Counts, code: u32| counts.rows.get(code as usize).copied().unwrap_or(0);
        let codes: Vec<u32> = (0..during.rows.len().max(before.rows.len()) as u32)
            .filter(|code| rows(during, *code) + rows(before, *code) > 0)
            .collect();
        let all_rows = self.tally.during_rows + self.tally.before_rows;
        let is_unique = codes.len() as f64 >= UNIQUE_SHARE * all_rows as f64;
        if is_unique && all_rows >= UNIQUE_ROWS && field.kind != Kind::Address {
            return None;
        }
        let total =
            |counts: &Counts| codes.iter().map(|code| counts.amount(*code as usize)).sum::<f64>();
        let (total_during, total_before) = (total(during), total(before));
        let share = |counts: &Counts, code: u32, total: f64| match total > 0.0 {
            true => counts.amount(code as usize) / total,
            false => 0.0,
        };
        let both = total_during > 0.0 && total_before > 0.0;
        let part = |code: u32| match both {
            true => {
                divergence(share(during, code, total_during), share(before, code, total_before))
            }
            false => 0.0,
        };
        let mut parts: Vec<(u32, f64)> = codes.iter().map(|code| (*code, part(*code))).collect();
        let difference: f64 = parts.iter().map(|(_, part)| part).sum();
        let distinct = |counts: &Counts| {
            codes.iter().filter(|code| **code != NULL && rows(counts, **code) > 0).count() as u64
        };
        let only = |here: &Counts, there: &Counts| {
            let is_only =
                |code: &&u32| **code != NULL && rows(here, **code) > 0 && rows(there, **code) == 0;
            codes.iter().filter(is_only).count() as u64
        };
        largest(&mut parts, top, |(a, of_a), (b, of_b)| {
            let amount = |code: u32| during.amount(code as usize) + before.amount(code as usize);
            (of_b.total_cmp(of_a))
                .then_with(|| amount(*b).total_cmp(&amount(*a)))
                .then_with(|| by_value(values, *a, *b))
        });
        let weight = self.quality.weight;
        Some(Compared {
            name: field.name.clone(),
            difference: difference.clamp(0.0, 1.0),
            during_distinct: distinct(during),
            before_distinct: distinct(before),
            new_values: only(during, before),
            vanished_values: only(before, during),
            values: (parts.iter())
                .map(|(code, _)| ComparedValue {
                    value: values.owned(*code),
                    during: during.amount(*code as usize) * weight,
                    before: before.amount(*code as usize) * weight,
                    during_share: share(during, *code, total_during),
                    before_share: share(before, *code, total_before),
                })
                .collect(),
            sql: self.plan.statements.compared(field),
        })
    }

    fn groups(self) -> Groups {
        let lists = self.plan.groups.iter().zip(&self.tally.groups);
        Groups {
            panel: self.cut(
                self.panel(self.plan.statements.total()),
                self.tally.groups.iter().any(|counts| counts.is_cut),
            ),
            groups: lists.map(|((by, top), counts)| self.grouped(by, *top, counts)).collect(),
        }
    }

    fn grouped(self, by: &[usize], top: usize, counts: &GroupCounts) -> Grouped {
        let fields: Vec<_> = by.iter().map(|at| &self.plan.fields.fields[*at]).collect();
        let values: Vec<Option<&Dictionary>> =
            by.iter().map(|at| dictionary(&self.columns[*at])).collect();
        let weight = self.quality.weight;
        let mut groups: Vec<(&[u32; GROUP_FIELDS_MAX], f64)> =
            counts.amounts.iter().map(|(key, amount)| (key, *amount)).collect();
        let distinct = groups.len() as u64;
        let total: f64 = groups.iter().map(|(_, amount)| amount).sum::<f64>() + counts.others;
        largest(&mut groups, top, |(a, of_a), (b, of_b)| {
            let in_order = values.iter().zip(a.iter().zip(b.iter())).map(|(values, (a, b))| {
                values.map_or(Ordering::Equal, |values| by_value(values, *a, *b))
            });
            of_b.total_cmp(of_a).then_with(|| in_order.fold(Ordering::Equal, Ordering::then))
        });
        let shown: f64 = groups.iter().map(|(_, amount)| amount).sum();
        Grouped {
            rows: (groups.iter())
                .map(|(key, amount)| Group {
                    values: (values.iter().zip(key.iter()))
                        .map(|(values, code)| values.and_then(|values| values.owned(*code)))
                        .collect(),
                    amount: amount * weight,
                })
                .collect(),
            others: (total - shown).max(0.0) * weight,
            distinct,
            sql: self.plan.statements.groups(&fields, top),
            fields: fields.iter().map(|field| field.name.clone()).collect(),
        }
    }

    fn hours(self) -> Hours {
        let window = self.plan.during().or_else(|| self.whole());
        let window = window.unwrap_or(Window { start: 0, end: 1 });
        let last = (window.end - 1).div_euclid(QUARTER);
        // Of longer times only the end is told: a question that names such a time is refused.
        let first = window.start.div_euclid(QUARTER).max(last + 1 - QUARTERS_MAX as i64);
        let count = (last - first + 1) as usize;
        let mut amounts = vec![0.0; count];
        for (quarter, amount) in &self.tally.hours {
            let at = usize::try_from(quarter - first).ok();
            if let Some(of_quarter) = at.and_then(|at| amounts.get_mut(at)) {
                *of_quarter += amount * self.quality.weight;
            }
        }
        Hours {
            panel: self.panel(self.plan.statements.hours()),
            start: ms(first * QUARTER),
            width: ms(QUARTER),
            amounts,
        }
    }
}

/// What one value adds to the Jensen-Shannon divergence, in bits.
fn divergence(p: f64, q: f64) -> f64 {
    let mean = p.midpoint(q);
    let part = |share: f64| if share > 0.0 { 0.5 * share * (share / mean).log2() } else { 0.0 };
    part(p) + part(q)
}

/// The order of values: numbers as such, NULL last.
pub(crate) fn by_value(values: &Dictionary, a: u32, b: u32) -> Ordering {
    if a == NULL || b == NULL {
        return (a == NULL).cmp(&(b == NULL));
    }
    let by_text = || values.get(a).cmp(&values.get(b));
    match values.numbers() {
        Some(numbers) => {
            let (of_a, of_b) = (numbers[a as usize], numbers[b as usize]);
            (of_a.is_nan().cmp(&of_b.is_nan()))
                .then_with(|| of_a.total_cmp(&of_b))
                .then_with(by_text)
        }
        None => by_text(),
    }
}

/// Keeps the first of a list, in order.
fn largest<T>(list: &mut Vec<T>, count: usize, mut order: impl FnMut(&T, &T) -> Ordering) {
    if count == 0 {
        list.clear();
        return;
    }
    if list.len() > count {
        list.select_nth_unstable_by(count - 1, &mut order);
        list.truncate(count);
    }
    list.sort_by(order);
}

fn time(time: Micros) -> Option<f64> {
    (time != UNDATED).then(|| ms(time))
}
