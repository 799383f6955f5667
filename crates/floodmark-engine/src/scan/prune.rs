//! What the conditions of a query say about objects and lines before they are read.
//!
//! All of it only saves work: the plan tests the conditions again on every row. Nothing here may exclude a row for which they hold.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Like, Operator};
use floodmark_formats::column_type::ColumnType;
use floodmark_formats::log_type::{Window, Written};
use floodmark_formats::predicate::{Comparison, Predicate, Test};
use floodmark_formats::table::Source;
use floodmark_formats::time::{DAY, Micros, SECOND, prefix_range};
use floodmark_formats::{ObjectFacts, Table};

use crate::dialect::typing::guarded;
use crate::limits::IN_LIST_MAX;
use crate::store::ListHints;

/// What is known before anything is read.
#[derive(Debug, Default)]
pub(crate) struct Pruning {
    /// Conditions that the decoder tests.
    pub(crate) predicates: Vec<Predicate>,
    /// Which times a wanted object's name may bear.
    pub(crate) hints: ListHints,
    /// Conditions on what an object's key says.
    key_tests: Vec<(Source, Test)>,
}

/// A condition on one column.
struct Condition<'a> {
    column: usize,
    column_type: ColumnType,
    comparison: Comparison,
    value: &'a ScalarValue,
}

/// Whether a condition can save work.
pub(crate) fn prunes(table: &Table, filter: &Expr) -> bool {
    let pruning = Pruning::new(table, std::slice::from_ref(filter));
    !pruning.predicates.is_empty()
        || !pruning.key_tests.is_empty()
        || pruning.hints != ListHints::default()
}

impl Pruning {
    /// Reads conditions that all hold.
    pub(crate) fn new(table: &Table, filters: &[Expr]) -> Self {
        let mut pruning = Self::default();
        for filter in filters {
            pruning.add(table, filter);
        }
        pruning
    }

    fn add(&mut self, table: &Table, filter: &Expr) {
        if let Some((condition, guarded)) = guarded(filter) {
            self.add(table, condition);
            return self.add(table, guarded);
        }
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                self.add(table, left);
                self.add(table, right);
            }
            // A short IN list comes as a chain of these.
            Expr::BinaryExpr(BinaryExpr { op: Operator::Or, .. }) => {
                let mut values = Vec::new();
                if let Some(column) = alternatives(filter, &mut values) {
                    self.one_of(table, column, &values);
                }
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let Some(comparison) = comparison(*op) else {
                    return;
                };
                let (column, value, comparison) = match (&**left, &**right) {
                    (Expr::Column(column), Expr::Literal(value, _)) => (column, value, comparison),
                    (Expr::Literal(value, _), Expr::Column(column)) => {
                        (column, value, comparison.mirrored())
                    }
                    _ => return,
                };
                self.compare(table, &column.name, comparison, value);
            }
            Expr::Between(between) if !between.negated => {
                if let Expr::Column(column) = &*between.expr {
                    if let Expr::Literal(low, _) = &*between.low {
                        self.compare(table, &column.name, Comparison::GreaterOrEqual, low);
                    }
                    if let Expr::Literal(high, _) = &*between.high {
                        self.compare(table, &column.name, Comparison::LessOrEqual, high);
                    }
                }
            }
            Expr::InList(list) if !list.negated => {
                if let Expr::Column(column) = &*list.expr {
                    let values = list.list.iter().map(|value| match value {
                        Expr::Literal(value, _) => Some(value),
                        _ => None,
                    });
                    if let Some(values) = values.collect::<Option<Vec<_>>>() {
                        self.one_of(table, &column.name, &values);
                    }
                }
            }
            Expr::Like(like) if !like.negated && !like.case_insensitive => {
                self.like(table, like);
            }
            _ => {}
        }
    }

    fn compare(&mut self, table: &Table, name: &str, comparison: Comparison, value: &ScalarValue) {
        let Some(condition) = Condition::new(table, name, comparison, value) else {
            return;
        };
        if let Some(window) = table.log_type.windows.iter().find(|window| window.column == name)
            && let Some((low, high)) = moments(window.written, value)
        {
            self.narrow(window, comparison, low, high);
        }
        if let Some(test) = condition.test() {
            self.test(table, condition.column, test);
        }
    }

    /// The column is one of these values.
    fn one_of(&mut self, table: &Table, name: &str, values: &[&ScalarValue]) {
        let window = table.log_type.windows.iter().find(|window| window.column == name);
        let ranges = window.map(|window| {
            values.iter().map(|value| moments(window.written, value)).collect::<Option<Vec<_>>>()
        });
        if let (Some(window), Some(Some(ranges))) = (window, ranges) {
            let low = ranges.iter().map(|(low, _)| *low).min();
            let high = ranges.iter().map(|(_, high)| *high).max();
            if let (Some(low), Some(high)) = (low, high) {
                self.narrow(window, Comparison::Equal, low, high);
            }
        }
        if values.len() > IN_LIST_MAX {
            return;
        }
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        for value in values {
            let condition = Condition::new(table, name, Comparison::Equal, value);
            match condition.and_then(|condition| condition.test()) {
                Some(Test::Text(_, text)) => texts.push(text),
                Some(Test::Number(_, number)) => numbers.push(number),
                _ => return,
            }
        }
        let Some(position) = table.position(name) else {
            return;
        };
        match (texts.is_empty(), numbers.is_empty()) {
            (false, true) => self.test(table, position, Test::TextIn(texts)),
            (true, false) => self.test(table, position, Test::NumberIn(numbers)),
            _ => {}
        }
    }

    /// Keeps a test, for objects if their keys tell the value, else for lines.
    fn test(&mut self, table: &Table, column: usize, test: Test) {
        let source = table.columns[column].source;
        if is_told_by_key(source) {
            self.key_tests.push((source, test));
        } else {
            self.predicates.push(Predicate { column, test });
        }
    }

    /// `LIKE '2024-10-05%'` is a range of text.
    fn like(&mut self, table: &Table, like: &Like) {
        let (Expr::Column(column), Expr::Literal(pattern, _)) = (&*like.expr, &*like.pattern)
        else {
            return;
        };
        let Some(Some(pattern)) = pattern.try_as_str() else {
            return;
        };
        let Some(prefix) = pattern.strip_suffix('%') else {
            return;
        };
        if prefix.contains(['%', '_', '\\']) || like.escape_char.is_some() {
            return;
        }
        let low = ScalarValue::Utf8(Some(prefix.to_owned()));
        self.compare(table, &column.name, Comparison::GreaterOrEqual, &low);
        if let Some(window) = (table.log_type.windows.iter())
            .find(|window| window.column == column.name && window.written == Written::Iso)
            && let Some(range) = prefix_range(prefix)
        {
            self.narrow(window, Comparison::LessOrEqual, *range.start(), *range.end());
        }
        // Every text that begins so is less than the prefix with its last byte raised; 0xFF is no byte of UTF-8.
        let mut next = prefix.as_bytes().to_vec();
        if let Some(last) = next.last_mut()
            && let Some(position) = table.position(&column.name)
            && table.columns[position].column.column_type == ColumnType::String
        {
            *last += 1;
            self.test(table, position, Test::Text(Comparison::Less, next));
        }
    }

    /// Narrows the times that a name may bear, by a condition on a time column whose literal means a moment from `low` to `high`.
    fn narrow(&mut self, window: &Window, comparison: Comparison, low: Micros, high: Micros) {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let (after, before) = match comparison {
            Equal => (Some(low), Some(high)),
            NotEqual => (None, None),
            Less | LessOrEqual => (None, Some(high)),
            Greater | GreaterOrEqual => (Some(low), None),
        };
        // The value lies between K + earliest and K + latest: so K ≥ value − latest, and K ≤ value − earliest.
        if let (Some(after), Some(latest)) = (after, window.latest) {
            let from = after.saturating_sub(latest);
            self.hints.from = Some(self.hints.from.map_or(from, |known| known.max(from)));
        }
        if let (Some(before), Some(earliest)) = (before, window.earliest) {
            let to = before.saturating_sub(earliest);
            self.hints.to = Some(self.hints.to.map_or(to, |known| known.min(to)));
        }
    }

    /// Whether an object can hold no wanted row.
    pub(crate) fn excludes(&self, facts: &ObjectFacts) -> bool {
        facts.key.time.is_some_and(|time| self.hints.exclude(time))
            || self.key_tests.iter().any(|(source, test)| {
                let text = match source {
                    Source::Account => facts.key.account.as_deref(),
                    Source::Region => facts.key.region.as_deref(),
                    Source::Resource => facts.key.resource.as_deref(),
                    Source::Day => facts.key.day.as_deref(),
                    Source::Path => Some(facts.path.as_str()),
                    _ => return false,
                };
                !text.is_some_and(|text| test.text(text.as_bytes()))
            })
    }

    /// The hints for a plan's display.
    pub(crate) fn describe(self: &Arc<Self>) -> String {
        use floodmark_formats::time::iso;
        let bound = |bound: Option<Micros>| bound.map_or_else(|| "…".to_owned(), iso);
        format!("names={}..{}", bound(self.hints.from), bound(self.hints.to))
    }
}

impl<'a> Condition<'a> {
    fn new(
        table: &Table,
        name: &str,
        comparison: Comparison,
        value: &'a ScalarValue,
    ) -> Option<Self> {
        let column = table.position(name)?;
        let table_column = &table.columns[column];
        let column_type = table_column.column.column_type;
        Some(Self { column, column_type, comparison, value })
    }

    /// The condition as a test on written values.
    fn test(&self) -> Option<Test> {
        match self.column_type {
            ColumnType::String => {
                let text = self.value.try_as_str()??;
                Some(Test::Text(self.comparison, text.as_bytes().to_vec()))
            }
            ColumnType::Int | ColumnType::BigInt => {
                Some(Test::Number(self.comparison, whole_number(self.value)?))
            }
            ColumnType::Date => match self.value {
                ScalarValue::Date32(Some(days)) => {
                    Some(Test::Number(self.comparison, i64::from(*days)))
                }
                _ => None,
            },
            ColumnType::Timestamp => Some(Test::Time(self.comparison, micros(self.value)?)),
            _ => None,
        }
    }
}

/// Whether a column's value is the same for all rows of an object.
fn is_told_by_key(source: Source) -> bool {
    use Source::{Account, Day, Path, Region, Resource};
    matches!(source, Account | Region | Resource | Day | Path)
}

/// The column of a chain of `column = value OR column = value`, and its values.
pub(crate) fn alternatives<'a>(
    filter: &'a Expr,
    values: &mut Vec<&'a ScalarValue>,
) -> Option<&'a str> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else {
        return None;
    };
    match (op, &**left, &**right) {
        (Operator::Or, left, right) => {
            let column = alternatives(left, values)?;
            (alternatives(right, values)? == column).then_some(column)
        }
        (Operator::Eq, Expr::Column(column), Expr::Literal(value, _))
        | (Operator::Eq, Expr::Literal(value, _), Expr::Column(column)) => {
            values.push(value);
            Some(&column.name)
        }
        _ => None,
    }
}

pub(crate) fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(crate) fn whole_number(value: &ScalarValue) -> Option<i64> {
    Some(match value {
        ScalarValue::Int8(Some(value)) => i64::from(*value),
        ScalarValue::Int16(Some(value)) => i64::from(*value),
        ScalarValue::Int32(Some(value)) => i64::from(*value),
        ScalarValue::Int64(Some(value)) => *value,
        ScalarValue::UInt8(Some(value)) => i64::from(*value),
        ScalarValue::UInt16(Some(value)) => i64::from(*value),
        ScalarValue::UInt32(Some(value)) => i64::from(*value),
        _ => return None,
    })
}

fn micros(value: &ScalarValue) -> Option<Micros> {
    match value {
        ScalarValue::TimestampMicrosecond(Some(value), _) => Some(*value),
        _ => None,
    }
}

/// The moments that a literal on a time column means: the first and the last.
fn moments(written: Written, value: &ScalarValue) -> Option<(Micros, Micros)> {
    match written {
        Written::Timestamp => micros(value).map(|moment| (moment, moment)),
        Written::Date => match value {
            ScalarValue::Date32(Some(days)) => {
                let start = i64::from(*days).checked_mul(DAY)?;
                Some((start, start.checked_add(DAY)?))
            }
            _ => None,
        },
        Written::Iso => {
            let text = value.try_as_str()??;
            // A blank comes before every `T`: such a text lies before all times of its day.
            let text = if text.as_bytes().get(10) == Some(&b' ') { text.get(..10)? } else { text };
            let range = prefix_range(text)?;
            Some((*range.start(), *range.end()))
        }
        Written::EpochSeconds => {
            let start = whole_number(value)?.checked_mul(SECOND)?;
            Some((start, start.checked_add(SECOND)?))
        }
        Written::EpochMillis => {
            let start = whole_number(value)?.checked_mul(1000)?;
            Some((start, start.checked_add(1000)?))
        }
    }
}
