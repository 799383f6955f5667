//! Aggregations that keep their rows: of different ones, in an order, and of a window's frame that moves.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use crate::dialect::functions::aggregate::declare::{Aggregate, Given, Groups};
use crate::dialect::functions::aggregate::store::{Kept, bytes};
use crate::dialect::functions::array::lists::{Lengths, Lists, fit, list_type};
use crate::dialect::functions::declare::single;

/// Begins the work of a function.
pub(super) type Begin = fn(&Given) -> Result<Box<dyn Groups>>;

/// The rows of each group, which a function takes when its result is asked for.
pub(super) struct Collected {
    begin: Begin,
    /// What the function knows: nothing of order and of what counts once.
    given: Given,
    is_distinct: bool,
    values: RowConverter,
    order: Option<RowConverter>,
    groups: Vec<Rows>,
    bytes: usize,
}

#[derive(Default)]
struct Rows {
    /// What each row is sorted by, and its values.
    rows: Vec<(Kept, Kept)>,
    seen: HashSet<Kept>,
}

/// What is handed on: a list of the values of each argument, and one of what they are sorted by.
pub(super) fn collected_state(fields: &[FieldRef]) -> Vec<FieldRef> {
    let order = Field::new("", list_type(&Field::new("", DataType::Binary, true)), true);
    (fields.iter())
        .map(|field| Arc::new(Field::new("", list_type(field), true)))
        .chain([Arc::new(order)])
        .collect()
}

impl Collected {
    /// Collects rows for a function.
    pub(super) fn begin(begin: Begin, given: &Given) -> Result<Box<dyn Groups>> {
        let fields = given.fields.iter().map(|field| SortField::new(field.data_type().clone()));
        let is_ordered = !given.order.is_empty();
        Ok(Box::new(Self {
            begin,
            given: Given { order: Vec::new(), is_distinct: false, ..given.clone() },
            is_distinct: given.is_distinct,
            values: RowConverter::new(fields.collect())?,
            order: is_ordered.then(|| RowConverter::new(given.order.clone())).transpose()?,
            groups: Vec::new(),
            bytes: 0,
        }))
    }

    fn add(&mut self, group: usize, order: &[u8], values: &[u8]) {
        let group = &mut self.groups[group];
        if self.is_distinct {
            if group.seen.contains(values) {
                return;
            }
            group.seen.insert(values.into());
            self.bytes += bytes(values);
        }
        self.bytes += bytes(order) + bytes(values);
        group.rows.push((order.into(), values.into()));
    }

    /// The values in the types of the arguments.
    fn fitted(&self, values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        (values.iter().zip(&self.given.fields))
            .map(|(values, field)| fit(Arc::clone(values), field.data_type()))
            .collect()
    }

    /// The values of rows, a column an argument.
    fn columns<'a>(&self, rows: impl Iterator<Item = &'a Kept>) -> Result<Vec<ArrayRef>> {
        let parser = self.values.parser();
        let columns = self.values.convert_rows(rows.map(|row| parser.parse(row)))?;
        self.fitted(&columns)
    }
}

impl Groups for Collected {
    fn resize(&mut self, groups: usize) {
        self.groups.resize_with(groups, Rows::default);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let arguments = self.given.fields.len();
        let rows = self.values.convert_columns(&self.fitted(&values[..arguments])?)?;
        let order = match &self.order {
            None => None,
            Some(order) => Some(order.convert_columns(&values[arguments..])?),
        };
        for (row, group) in groups.iter().copied().enumerate() {
            match &order {
                None => self.add(group, &[], rows.row(row).as_ref()),
                Some(order) => self.add(group, order.row(row).as_ref(), rows.row(row).as_ref()),
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let lists = states.iter().map(|state| Lists::of(state));
        let mut lists = lists.collect::<Result<Vec<_>>>()?;
        let Some(orders) = lists.pop() else { return Ok(()) };
        let order = fit(Arc::clone(&orders.values), &DataType::Binary)?;
        let columns: Vec<_> = lists.iter().map(|list| Arc::clone(&list.values)).collect();
        let rows = self.values.convert_columns(&self.fitted(&columns)?)?;
        for (row, group) in groups.iter().copied().enumerate() {
            for place in orders.range(row) {
                self.add(group, order.as_binary::<i32>().value(place), rows.row(place).as_ref());
            }
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let groups = &self.groups[..count];
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let lengths = || -> Result<Lengths> {
            let mut lengths = Lengths::with_capacity(count);
            let mut total = 0;
            for group in groups {
                total += group.rows.len();
                lengths.end_row(total)?;
            }
            Ok(lengths)
        };
        let list = |field: &Field, values: ArrayRef| -> Result<ArrayRef> {
            let item = field.clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
            Ok(Arc::new(lengths()?.list(&Arc::new(item), values)?))
        };
        let columns = self.columns(rows().map(|(_, values)| values))?;
        let mut states = (columns.into_iter().zip(&self.given.fields))
            .map(|(column, field)| list(field, column))
            .collect::<Result<Vec<_>>>()?;
        let mut orders = BinaryBuilder::new();
        rows().for_each(|(order, _)| orders.append_value(order));
        states.push(list(&Field::new("", DataType::Binary, true), Arc::new(orders.finish()))?);
        Ok(states)
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        let mut function = (self.begin)(&self.given)?;
        function.resize(count);
        let mut rows: Vec<(usize, &(Kept, Kept))> = Vec::new();
        for (at, group) in self.groups[..count].iter().enumerate() {
            rows.extend(group.rows.iter().map(|row| (at, row)));
        }
        if self.order.is_some() {
            rows.sort_by(|left, right| (left.0, &left.1.0).cmp(&(right.0, &right.1.0)));
        }
        if !rows.is_empty() {
            let columns = self.columns(rows.iter().map(|(_, (_, values))| values))?;
            let groups: Vec<usize> = rows.iter().map(|(group, _)| *group).collect();
            function.update(&columns, &groups)?;
        }
        function.evaluate(count)
    }

    fn drain(&mut self, count: usize) {
        for group in self.groups.drain(..count) {
            for (order, values) in group.rows {
                self.bytes -= bytes(&order) + bytes(&values);
            }
            self.bytes -= group.seen.iter().map(|values| bytes(values)).sum::<usize>();
        }
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Rows>()
    }
}

/// The rows of a frame that moves over a window. Where a function cannot take rows back, each result is made anew.
pub(super) struct Moving {
    function: &'static Aggregate,
    given: Given,
    /// The work on the frame as it is, of a function that takes rows back.
    groups: Option<Box<dyn Groups>>,
    /// The columns of rows, the oldest first.
    parts: Vec<Vec<ArrayRef>>,
}

impl std::fmt::Debug for Moving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Moving")
    }
}

impl Moving {
    /// For a function.
    pub(super) fn new(function: &'static Aggregate, given: Given) -> Result<Self> {
        let mut groups = function.groups(&given)?;
        groups.resize(1);
        let groups = groups.retracts().then_some(groups);
        Ok(Self { function, given, groups, parts: Vec::new() })
    }

    /// Brings all rows into one part.
    fn settle(&mut self) -> Result<()> {
        if self.parts.len() > 1 {
            let columns = (0..self.parts[0].len()).map(|at| {
                let pieces: Vec<&dyn Array> =
                    self.parts.iter().map(|part| part[at].as_ref()).collect();
                Ok(concat(&pieces)?)
            });
            self.parts = vec![columns.collect::<Result<Vec<_>>>()?];
        }
        Ok(())
    }
}

impl Accumulator for Moving {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if let Some(groups) = &mut self.groups {
            let rows = values.first().map_or(0, |values| values.len());
            return groups.update(values, &vec![0; rows]);
        }
        if values.first().is_some_and(|values| !values.is_empty()) {
            self.parts.push(values.to_vec());
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        // What leaves a frame is what came first.
        let gone = values.first().map_or(0, |values| values.len());
        if gone == 0 {
            return Ok(());
        }
        if let Some(groups) = &mut self.groups {
            return groups.retract(values, &vec![0; gone]);
        }
        self.settle()?;
        if let Some(part) = self.parts.first_mut() {
            for column in part.iter_mut() {
                let gone = gone.min(column.len());
                *column = column.slice(gone, column.len() - gone);
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if let Some(groups) = &self.groups {
            return single(&groups.evaluate(1)?);
        }
        self.settle()?;
        let mut function = self.function.groups(&self.given)?;
        function.resize(1);
        if let Some(part) = self.parts.first()
            && let Some(rows) = part.first().map(|column| column.len()).filter(|rows| *rows > 0)
        {
            function.update(part, &vec![0; rows])?;
        }
        single(&function.evaluate(1)?)
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self.parts.iter().flatten().map(|a| a.get_array_memory_size()).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(Vec::new())
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        Ok(())
    }
}
