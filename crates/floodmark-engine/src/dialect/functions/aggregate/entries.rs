//! Functions that make a map of the values of a group: `map_agg`, `histogram` and their like.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::Result;

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::aggregate::store::{Kept, Store, bytes};
use crate::dialect::functions::array::lists::{
    Lengths, Lists, Maps, entry_fields, fit, invalid, item, list_type, map_type,
};
use crate::limits::FREQUENT_VALUES_MAX;

/// How many keys a group may have before they are found by their hash.
const SEARCHED_KEYS_MAX: usize = 8;

/// What is done with the values of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first one counts: `map_agg(key, value)`.
    First,
    /// The first one counts: `map_union(map)`.
    Union,
    /// All are collected: `multimap_agg(key, value)`.
    All,
    /// They are counted: `histogram(key)`.
    Count,
    /// The most frequent are counted: `approx_most_frequent(buckets, key, capacity)`.
    Frequent,
}

/// The maps in the making.
pub(super) struct Entries {
    kind: Kind,
    keys: Store,
    values: Option<Store>,
    result: DataType,
    groups: Vec<Group>,
    bytes: usize,
}

/// The entries of a group.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    places: HashMap<Kept, usize>,
    /// How many entries are given, and how many are kept, where that is limited.
    limits: (usize, usize),
    /// Whether there was a map at all, which may have been empty.
    is_there: bool,
}

struct Entry {
    key: Kept,
    values: Vec<Kept>,
    count: i64,
}

impl Group {
    fn place(&self, key: &[u8]) -> Option<usize> {
        if self.places.is_empty() {
            return self.entries.iter().position(|entry| *entry.key == *key);
        }
        self.places.get(key).copied()
    }

    fn push(&mut self, key: &[u8]) -> usize {
        let at = self.entries.len();
        self.entries.push(Entry { key: key.into(), values: Vec::new(), count: 0 });
        if !self.places.is_empty() {
            self.places.insert(key.into(), at);
        } else if self.entries.len() > SEARCHED_KEYS_MAX {
            let places = self.entries.iter().enumerate();
            self.places = places.map(|(at, entry)| (entry.key.clone(), at)).collect();
        }
        at
    }

    /// Puts a new key in the place of the one that was seen least, and begins with its count.
    fn replace_least(&mut self, key: &[u8]) -> Option<usize> {
        let (at, _) = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.count)?;
        let old = std::mem::replace(&mut self.entries[at].key, key.into());
        if !self.places.is_empty() {
            self.places.remove(&old);
            self.places.insert(key.into(), at);
        }
        Some(at)
    }
}

/// How much memory an entry takes besides its values.
fn entry_bytes(key: &[u8]) -> usize {
    size_of::<Entry>() + 2 * bytes(key) + size_of::<usize>()
}

/// The map that `map_agg` makes.
pub(super) fn map_field(fields: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", map_type(&fields[0], &fields[1]), true)))
}

/// The map that `multimap_agg` makes.
pub(super) fn multimap_field(fields: &[FieldRef]) -> Result<FieldRef> {
    let values = Field::new("value", list_type(&fields[1]), true);
    Ok(Arc::new(Field::new("", map_type(&fields[0], &values), true)))
}

/// The map that counts the values of the argument at this position.
pub(super) fn count_field(fields: &[FieldRef], at: usize) -> Result<FieldRef> {
    let count = Field::new("value", DataType::Int64, true);
    Ok(Arc::new(Field::new("", map_type(&fields[at], &count), true)))
}

/// What `approx_most_frequent` hands on: the counts, and its limits.
pub(super) fn frequent_state(_: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    let number = || Arc::new(Field::new("", DataType::Int64, true));
    Ok(vec![Arc::clone(result), number(), number()])
}

impl Entries {
    /// For functions of this kind.
    pub(super) fn begin(given: &Given, kind: Kind) -> Result<Box<dyn Groups>> {
        let result = given.result.data_type().clone();
        let (key, value) = entry_fields(&result)?;
        let values = match kind {
            Kind::Count | Kind::Frequent => None,
            Kind::First | Kind::Union => Some(Store::of(value.data_type())?),
            Kind::All => Some(Store::of(item(value.data_type())?.data_type())?),
        };
        let keys = Store::of(key.data_type())?;
        Ok(Box::new(Self { kind, keys, values, result, groups: Vec::new(), bytes: 0 }))
    }

    /// The place of a key's entry; None if it has a value already, and no other counts.
    fn entry(&mut self, group: usize, key: &[u8]) -> Option<usize> {
        let group = &mut self.groups[group];
        if let Some(at) = group.place(key) {
            return (!matches!(self.kind, Kind::First | Kind::Union)).then_some(at);
        }
        if self.kind == Kind::Frequent && group.entries.len() >= group.limits.1 {
            return group.replace_least(key);
        }
        self.bytes += entry_bytes(key);
        Some(group.push(key))
    }

    fn add_value(&mut self, group: usize, key: &[u8], value: &[u8]) {
        if let Some(at) = self.entry(group, key) {
            self.bytes += bytes(value);
            self.groups[group].entries[at].values.push(value.into());
        }
    }

    fn add_count(&mut self, group: usize, key: &[u8], count: i64) {
        if let Some(at) = self.entry(group, key) {
            let entry = &mut self.groups[group].entries[at];
            entry.count = entry.count.saturating_add(count);
        }
    }

    fn set_limits(&mut self, group: usize, buckets: i64, capacity: i64) -> Result<()> {
        if self.groups[group].limits == (0, 0) {
            let positive = |number: i64, name: &str| {
                let number = usize::try_from(number).ok().filter(|number| *number > 0);
                number.ok_or_else(|| {
                    invalid(&format!("approx_most_frequent {name} must be positive"))
                })
            };
            let buckets = positive(buckets, "bucket count")?;
            let capacity = positive(capacity, "capacity")?.min(FREQUENT_VALUES_MAX);
            self.groups[group].limits = (buckets, capacity.max(buckets.min(FREQUENT_VALUES_MAX)));
        }
        Ok(())
    }

    /// Adds the entries of maps that other parts of the work have made, or that are united.
    fn add_maps(&mut self, maps: &ArrayRef, groups: &[usize]) -> Result<()> {
        let maps = Maps::of(maps)?;
        let keys = self.keys.rows(&maps.keys)?;
        let entries = &maps.entries;
        match (self.kind, &self.values) {
            (Kind::All, Some(store)) => {
                let lists = Lists::of(&entries.values)?;
                let values = store.rows(&lists.values)?;
                for (row, group) in groups.iter().copied().enumerate() {
                    for place in entries.range(row) {
                        for value in lists.range(place) {
                            let value = values.row(value);
                            self.add_value(group, keys.row(place).as_ref(), value.as_ref());
                        }
                    }
                }
            }
            (_, Some(store)) => {
                let values = store.rows(&entries.values)?;
                for (row, group) in groups.iter().copied().enumerate() {
                    self.groups[group].is_there |= !entries.is_null(row);
                    for place in entries.range(row) {
                        let value = values.row(place);
                        self.add_value(group, keys.row(place).as_ref(), value.as_ref());
                    }
                }
            }
            (_, None) => {
                let counts = fit(Arc::clone(&entries.values), &DataType::Int64)?;
                let counts = counts.as_primitive::<Int64Type>();
                for (row, group) in groups.iter().copied().enumerate() {
                    for place in entries.range(row) {
                        self.add_count(group, keys.row(place).as_ref(), counts.value(place));
                    }
                }
            }
        }
        Ok(())
    }

    /// The maps of the first groups; `all` also of entries that are not among the wanted ones.
    fn maps(&self, count: usize, all: bool) -> Result<ArrayRef> {
        let mut lengths = Lengths::with_capacity(count);
        let mut entries: Vec<&Entry> = Vec::new();
        for group in &self.groups[..count] {
            let first = entries.len();
            entries.extend(&group.entries);
            if self.kind == Kind::Frequent && !all {
                entries[first..].sort_by_key(|entry| std::cmp::Reverse(entry.count));
                entries.truncate(first + group.limits.0);
            }
            if entries.len() == first && !group.is_there {
                lengths.null_row();
            } else {
                lengths.end_row(entries.len())?;
            }
        }
        let keys = self.keys.array(entries.iter().map(|entry| Some(&*entry.key)))?;
        let values: ArrayRef = match &self.values {
            None => Arc::new(entries.iter().map(|entry| Some(entry.count)).collect::<Int64Array>()),
            Some(store) => {
                let values = store.array(
                    entries.iter().flat_map(|entry| &entry.values).map(|value| Some(&**value)),
                )?;
                if self.kind == Kind::All { self.collected(&entries, values)? } else { values }
            }
        };
        Ok(Arc::new(lengths.map(&self.result, keys, values)?))
    }

    /// Arrays of the values that belong to the same key.
    fn collected(&self, entries: &[&Entry], values: ArrayRef) -> Result<ArrayRef> {
        let mut lengths = Lengths::with_capacity(entries.len());
        let mut total = 0;
        for entry in entries {
            total += entry.values.len();
            lengths.end_row(total)?;
        }
        let (_, value) = entry_fields(&self.result)?;
        Ok(Arc::new(lengths.list(&item(value.data_type())?, values)?))
    }
}

impl Groups for Entries {
    fn resize(&mut self, groups: usize) {
        self.groups.resize_with(groups, Group::default);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        if self.kind == Kind::Union {
            return self.add_maps(&values[0], groups);
        }
        let key_column = if self.kind == Kind::Frequent { &values[1] } else { &values[0] };
        let nulls = key_column.logical_nulls();
        let keys = self.keys.rows(key_column)?;
        let added = self.values.as_ref().map(|store| store.rows(&values[1])).transpose()?;
        let number = |at: usize| fit(Arc::clone(&values[at]), &DataType::Int64);
        let limits = match self.kind {
            Kind::Frequent => Some((number(0)?, number(2)?)),
            _ => None,
        };
        for (row, group) in groups.iter().copied().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            if let Some((buckets, capacity)) = &limits {
                let at = |numbers: &ArrayRef| numbers.as_primitive::<Int64Type>().value(row);
                self.set_limits(group, at(buckets), at(capacity))?;
            }
            let key = keys.row(row);
            match &added {
                Some(added) => self.add_value(group, key.as_ref(), added.row(row).as_ref()),
                None => self.add_count(group, key.as_ref(), 1),
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        if self.kind == Kind::Frequent {
            let [buckets, capacity] =
                [1, 2].map(|at: usize| states[at].as_primitive::<Int64Type>());
            for (row, group) in groups.iter().copied().enumerate() {
                if buckets.value(row) > 0 {
                    self.set_limits(group, buckets.value(row), capacity.value(row))?;
                }
            }
        }
        self.add_maps(&states[0], groups)
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let mut states = vec![self.maps(count, true)?];
        if self.kind == Kind::Frequent {
            let limits = || self.groups[..count].iter().map(|group| group.limits);
            let buckets: Int64Array = limits().map(|(buckets, _)| Some(buckets as i64)).collect();
            let capacity: Int64Array = limits().map(|(_, most)| Some(most as i64)).collect();
            states.extend([Arc::new(buckets) as ArrayRef, Arc::new(capacity)]);
        }
        Ok(states)
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        self.maps(count, false)
    }

    fn drain(&mut self, count: usize) {
        for entry in self.groups.drain(..count).flat_map(|group| group.entries) {
            let values: usize = entry.values.iter().map(|value| bytes(value)).sum();
            self.bytes = self.bytes.saturating_sub(entry_bytes(&entry.key) + values);
        }
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Group>()
    }
}
