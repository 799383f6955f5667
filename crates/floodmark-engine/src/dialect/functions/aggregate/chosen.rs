//! Functions that choose one of the values of a group, or a few: `max_by`, `arbitrary`, `max(x, n)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::Result;

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::aggregate::store::{Kept, Store, bytes};
use crate::dialect::functions::array::lists::{Lengths, Lists, fit, invalid, item, list_type};
use crate::limits::CHOSEN_VALUES_MAX;

/// The value beside the least or the greatest key.
pub(super) struct Best {
    values: Store,
    keys: Store,
    greatest: bool,
    /// The key and the value of each group.
    best: Vec<Option<(Kept, Kept)>>,
    /// The row of a batch that is the best of its group so far.
    candidates: Vec<u32>,
    bytes: usize,
}

/// No row is a candidate.
const NONE: u32 = u32::MAX;

impl Best {
    /// For `max_by` or `min_by`.
    pub(super) fn begin(given: &Given, greatest: bool) -> Result<Box<dyn Groups>> {
        Ok(Box::new(Self {
            values: Store::of(given.fields[0].data_type())?,
            keys: Store::of(given.fields[1].data_type())?,
            greatest,
            best: Vec::new(),
            candidates: Vec::new(),
            bytes: 0,
        }))
    }

    fn beats(&self, key: &[u8], other: &[u8]) -> bool {
        if self.greatest { key > other } else { key < other }
    }
}

impl Groups for Best {
    fn resize(&mut self, groups: usize) {
        self.best.resize_with(groups, || None);
        self.candidates.resize(groups, NONE);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let nulls = values[1].logical_nulls();
        let keys = self.keys.rows(&values[1])?;
        let mut touched = Vec::new();
        for (row, group) in groups.iter().copied().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let key = keys.row(row);
            let key = key.as_ref();
            let candidate = self.candidates[group];
            let wins = if candidate != NONE {
                self.beats(key, keys.row(candidate as usize).as_ref())
            } else {
                self.best[group].as_ref().is_none_or(|(best, _)| self.beats(key, best))
            };
            if wins {
                if candidate == NONE {
                    touched.push(group);
                }
                self.candidates[group] = row as u32;
            }
        }
        // Only the values of rows that have won are brought into their form.
        let winners: Vec<u32> = touched.iter().map(|group| self.candidates[*group]).collect();
        let won = self.values.rows_at(&values[0], winners)?;
        for (at, group) in touched.into_iter().enumerate() {
            let key: Kept = keys.row(self.candidates[group] as usize).as_ref().into();
            let value: Kept = won.row(at).as_ref().into();
            self.candidates[group] = NONE;
            self.bytes += bytes(&key) + bytes(&value);
            if let Some((key, value)) = self.best[group].replace((key, value)) {
                self.bytes -= bytes(&key) + bytes(&value);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        self.update(states, groups)
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let keys = self.best[..count].iter().map(|best| best.as_ref().map(|(key, _)| &**key));
        Ok(vec![self.evaluate(count)?, self.keys.array(keys)?])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        let values = self.best[..count].iter();
        self.values.array(values.map(|best| best.as_ref().map(|(_, value)| &**value)))
    }

    fn drain(&mut self, count: usize) {
        for (key, value) in self.best.drain(..count).flatten() {
            self.bytes -= bytes(&key) + bytes(&value);
        }
        self.candidates.truncate(self.best.len());
    }

    fn len(&self) -> usize {
        self.best.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.best.capacity() * size_of::<Option<(Kept, Kept)>>()
    }
}

/// The first value that is not NULL.
pub(super) struct First {
    values: Store,
    first: Vec<Option<Kept>>,
    bytes: usize,
}

impl First {
    /// For `arbitrary`.
    pub(super) fn begin(given: &Given) -> Result<Box<dyn Groups>> {
        let values = Store::of(given.fields[0].data_type())?;
        Ok(Box::new(Self { values, first: Vec::new(), bytes: 0 }))
    }
}

impl Groups for First {
    fn resize(&mut self, groups: usize) {
        self.first.resize_with(groups, || None);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let nulls = values[0].logical_nulls();
        let mut found: Vec<(usize, u32)> = Vec::new();
        for (row, group) in groups.iter().copied().enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            if self.first[group].is_none() && !is_null {
                // An empty value stands for the one that is put there below.
                self.first[group] = Some(Kept::default());
                found.push((group, row as u32));
            }
        }
        let rows = found.iter().map(|(_, row)| *row).collect();
        let rows = self.values.rows_at(&values[0], rows)?;
        for (at, (group, _)) in found.into_iter().enumerate() {
            let value: Kept = rows.row(at).as_ref().into();
            self.bytes += bytes(&value);
            self.first[group] = Some(value);
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        self.update(states, groups)
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(count)?])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        self.values.array(self.first[..count].iter().map(Option::as_deref))
    }

    fn drain(&mut self, count: usize) {
        for value in self.first.drain(..count).flatten() {
            self.bytes -= bytes(&value);
        }
    }

    fn len(&self) -> usize {
        self.first.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.first.capacity() * size_of::<Option<Kept>>()
    }
}

/// The values beside the least or the greatest keys, so many of them.
pub(super) struct BestFew {
    name: &'static str,
    values: Store,
    keys: Store,
    item: FieldRef,
    greatest: bool,
    /// Whether the values are their own keys.
    is_own_key: bool,
    groups: Vec<Few>,
    bytes: usize,
}

/// The chosen entries of a group, the best first.
#[derive(Default)]
struct Few {
    most: usize,
    entries: Vec<(Kept, Kept)>,
}

/// An array of the values that were chosen.
pub(super) fn few_field(fields: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", list_type(&fields[0]), true)))
}

/// The arrays of values and of keys, and how many there may be.
pub(super) fn few_state(fields: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    let keys = list_type(&fields[fields.len() - 2]);
    Ok(vec![
        Arc::clone(result),
        Arc::new(Field::new("", keys, true)),
        Arc::new(Field::new("", DataType::Int64, true)),
    ])
}

impl BestFew {
    /// For the forms of `max_by`, `min_by`, `max` and `min` that say how many.
    pub(super) fn begin(
        given: &Given,
        name: &'static str,
        greatest: bool,
    ) -> Result<Box<dyn Groups>> {
        Ok(Box::new(Self {
            name,
            values: Store::of(given.fields[0].data_type())?,
            keys: Store::of(given.fields[given.fields.len() - 2].data_type())?,
            item: item(given.result.data_type())?,
            greatest,
            is_own_key: given.fields.len() == 2,
            groups: Vec::new(),
            bytes: 0,
        }))
    }

    fn insert(&mut self, group: usize, key: &[u8], value: &[u8]) {
        let few = &mut self.groups[group];
        let greatest = self.greatest;
        let at = few.entries.partition_point(|(other, _)| {
            if greatest { other.as_ref() >= key } else { other.as_ref() <= key }
        });
        if at >= few.most {
            return;
        }
        self.bytes += bytes(key) + bytes(value);
        few.entries.insert(at, (key.into(), value.into()));
        if few.entries.len() > few.most
            && let Some((key, value)) = few.entries.pop()
        {
            self.bytes -= bytes(&key) + bytes(&value);
        }
    }

    fn set_most(&mut self, group: usize, most: i64) -> Result<()> {
        if self.groups[group].most == 0 {
            let which = if self.is_own_key { "second" } else { "third" };
            let argument = format!("{which} argument of {}", self.name);
            let Some(count) = usize::try_from(most).ok().filter(|count| *count > 0) else {
                return Err(invalid(&format!("{argument} must be a positive integer")));
            };
            if count > CHOSEN_VALUES_MAX {
                return Err(invalid(&format!(
                    "{argument} must be less than or equal to {CHOSEN_VALUES_MAX}; found {most}"
                )));
            }
            self.groups[group].most = count;
        }
        Ok(())
    }

    fn lists(&self, count: usize, of_keys: bool) -> Result<ArrayRef> {
        let mut lengths = Lengths::with_capacity(count);
        let mut total = 0;
        for few in &self.groups[..count] {
            total += few.entries.len();
            if few.entries.is_empty() { lengths.null_row() } else { lengths.end_row(total)? }
        }
        let entries = self.groups[..count].iter().flat_map(|few| &few.entries);
        if of_keys {
            let keys = self.keys.array(entries.map(|(key, _)| Some(&**key)))?;
            let item = Arc::new(Field::new_list_field(keys.data_type().clone(), true));
            return Ok(Arc::new(lengths.list(&item, keys)?));
        }
        let values = self.values.array(entries.map(|(_, value)| Some(&**value)))?;
        Ok(Arc::new(lengths.list(&self.item, values)?))
    }
}

impl Groups for BestFew {
    fn resize(&mut self, groups: usize) {
        self.groups.resize_with(groups, Few::default);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let key_column = &values[values.len() - 2];
        let most = fit(Arc::clone(&values[values.len() - 1]), &DataType::Int64)?;
        let most = most.as_primitive::<Int64Type>();
        let nulls = key_column.logical_nulls();
        let keys = self.keys.rows(key_column)?;
        let chosen = self.values.rows(&values[0])?;
        for (row, group) in groups.iter().copied().enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            if is_null || most.is_null(row) {
                continue;
            }
            self.set_most(group, most.value(row))?;
            self.insert(group, keys.row(row).as_ref(), chosen.row(row).as_ref());
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let (values, keys) = (Lists::of(&states[0])?, Lists::of(&states[1])?);
        let value_rows = self.values.rows(&values.values)?;
        let key_rows = self.keys.rows(&keys.values)?;
        let most = states[2].as_primitive::<Int64Type>();
        for (row, group) in groups.iter().copied().enumerate() {
            if most.is_null(row) {
                continue;
            }
            self.set_most(group, most.value(row))?;
            for (value, key) in values.range(row).zip(keys.range(row)) {
                self.insert(group, key_rows.row(key).as_ref(), value_rows.row(value).as_ref());
            }
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let most = self.groups[..count].iter().map(|few| (few.most > 0).then_some(few.most as i64));
        let most: ArrayRef = Arc::new(most.collect::<Int64Array>());
        Ok(vec![self.lists(count, false)?, self.lists(count, true)?, most])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        self.lists(count, false)
    }

    fn drain(&mut self, count: usize) {
        for (key, value) in self.groups.drain(..count).flat_map(|few| few.entries) {
            self.bytes -= bytes(&key) + bytes(&value);
        }
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Few>()
    }
}
