//! `listagg`: the texts of a group in one text.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::RowConverter;
use datafusion::common::Result;

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::aggregate::store::{Kept, bytes};
use crate::dialect::functions::array::lists::{Lengths, Lists, fit, list_type};
use crate::dialect::trino_type::failure;
use crate::limits::LIST_TEXT_BYTES_MAX;

/// The texts of each group with what they are sorted by.
pub(super) struct ListAgg {
    order: Option<RowConverter>,
    is_distinct: bool,
    /// How many arguments there are; behind them stands what the texts are sorted by.
    arguments: usize,
    groups: Vec<Texts>,
    bytes: usize,
}

#[derive(Default)]
struct Texts {
    separator: Option<Box<str>>,
    texts: Vec<(Kept, Box<str>)>,
}

/// A text.
pub(super) fn text_field(_: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", DataType::Utf8View, true)))
}

/// The texts, what they are sorted by, and the separator.
pub(super) fn list_state(_: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    let order = list_type(&Field::new("", DataType::Binary, true));
    Ok(vec![
        Arc::new(Field::new("", list_type(result), true)),
        Arc::new(Field::new("", order, true)),
        Arc::clone(result),
    ])
}

impl ListAgg {
    /// For `listagg`.
    pub(super) fn begin(given: &Given) -> Result<Box<dyn Groups>> {
        let is_ordered = !given.order.is_empty();
        let order = is_ordered.then(|| RowConverter::new(given.order.clone())).transpose()?;
        Ok(Box::new(Self {
            order,
            is_distinct: given.is_distinct,
            arguments: given.fields.len(),
            groups: Vec::new(),
            bytes: 0,
        }))
    }

    fn add(&mut self, group: usize, order: &[u8], text: &str) {
        self.bytes += bytes(order) + bytes(text.as_bytes());
        self.groups[group].texts.push((order.into(), text.into()));
    }
}

impl Groups for ListAgg {
    fn resize(&mut self, groups: usize) {
        self.groups.resize_with(groups, Texts::default);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let texts = fit(Arc::clone(&values[0]), &DataType::Utf8View)?;
        let texts = texts.as_string_view();
        let separators = match self.arguments {
            1 => None,
            _ => Some(fit(Arc::clone(&values[1]), &DataType::Utf8View)?),
        };
        let order = match &self.order {
            None => None,
            Some(order) => Some(order.convert_columns(&values[self.arguments..])?),
        };
        for (row, group) in groups.iter().copied().enumerate() {
            if texts.is_null(row) {
                continue;
            }
            if self.groups[group].separator.is_none() {
                let separator = separators.as_ref().map(|texts| texts.as_string_view().value(row));
                self.groups[group].separator = Some(separator.unwrap_or_default().into());
            }
            match &order {
                None => self.add(group, &[], texts.value(row)),
                Some(order) => self.add(group, order.row(row).as_ref(), texts.value(row)),
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let (texts, orders) = (Lists::of(&states[0])?, Lists::of(&states[1])?);
        let text = fit(Arc::clone(&texts.values), &DataType::Utf8View)?;
        let order = fit(Arc::clone(&orders.values), &DataType::Binary)?;
        let separators = states[2].as_string_view();
        for (row, group) in groups.iter().copied().enumerate() {
            if separators.is_null(row) {
                continue;
            }
            if self.groups[group].separator.is_none() {
                self.groups[group].separator = Some(separators.value(row).into());
            }
            for (place, at) in texts.range(row).zip(orders.range(row)) {
                let order = order.as_binary::<i32>().value(at);
                self.add(group, order, text.as_string_view().value(place));
            }
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let mut separators = StringViewBuilder::new();
        let (mut texts, mut orders) = (StringViewBuilder::new(), Vec::new());
        let (mut text_lengths, mut order_lengths) =
            (Lengths::with_capacity(count), Lengths::with_capacity(count));
        for group in &self.groups[..count] {
            separators.append_option(group.separator.as_deref());
            for (order, text) in &group.texts {
                texts.append_value(text);
                orders.push(Some(&**order));
            }
            text_lengths.end_row(orders.len())?;
            order_lengths.end_row(orders.len())?;
        }
        let text_item = Arc::new(Field::new_list_field(DataType::Utf8View, true));
        let order_item = Arc::new(Field::new_list_field(DataType::Binary, true));
        let orders = datafusion::arrow::array::BinaryArray::from(orders);
        Ok(vec![
            Arc::new(text_lengths.list(&text_item, Arc::new(texts.finish()))?),
            Arc::new(order_lengths.list(&order_item, Arc::new(orders))?),
            Arc::new(separators.finish()),
        ])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        let mut joined = StringViewBuilder::with_capacity(count);
        for group in &self.groups[..count] {
            let Some(separator) = &group.separator else {
                joined.append_null();
                continue;
            };
            let mut texts: Vec<&(Kept, Box<str>)> = group.texts.iter().collect();
            texts.sort_by(|left, right| left.0.cmp(&right.0));
            let mut seen = HashSet::new();
            let mut line = String::new();
            let mut is_first = true;
            for (_, text) in texts {
                if self.is_distinct && !seen.insert(&**text) {
                    continue;
                }
                if !is_first {
                    line.push_str(separator);
                }
                is_first = false;
                line.push_str(text);
                if line.len() > LIST_TEXT_BYTES_MAX {
                    let message = format!(
                        "Concatenated string has the length in bytes larger than the maximum \
                         output length {LIST_TEXT_BYTES_MAX}"
                    );
                    return Err(failure("EXCEEDED_FUNCTION_MEMORY_LIMIT", &message));
                }
            }
            joined.append_value(&line);
        }
        Ok(Arc::new(joined.finish()))
    }

    fn drain(&mut self, count: usize) {
        for (order, text) in self.groups.drain(..count).flat_map(|group| group.texts) {
            self.bytes -= bytes(&order) + bytes(text.as_bytes());
        }
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Texts>()
    }
}
