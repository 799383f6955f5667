//! Partition projection: partitions that properties of the table say, instead of the catalog.
//!
//! <https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html>

mod candidates;
mod columns;
mod date_format;
#[cfg(test)]
mod tests;

use floodmark_formats::time::Micros;

use crate::catalog::partition_filter::{Known, Scalar};
use crate::catalog::projection::candidates::Candidates;
use crate::catalog::projection::columns::{Column, Properties};
use crate::catalog::{Partition, PartitionFilter, TableDefinition, partition_location, refused};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{PARTITIONS_MAX, PROJECTED_VALUES_TRIED_MAX};

/// The partitions that the properties of a table describe.
#[derive(Clone, Debug)]
pub struct Projection {
    table: TableDefinition,
    columns: Vec<Column>,
    /// The pieces of `storage.location.template`, if there is one.
    template: Option<Vec<Piece>>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The value of a key.
    Value(usize),
}

impl Projection {
    /// The projection of a table, if it has one.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if it is badly configured.
    pub fn of(table: &TableDefinition) -> Result<Option<Self>> {
        let properties = Properties::of(table);
        if !properties.is_enabled() || table.partition_keys.is_empty() {
            return Ok(None);
        }
        let missing: Vec<_> = (table.partition_keys.iter())
            .map(|key| key.name.as_str())
            .filter(|name| properties.column(name, "type").is_none())
            .collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "Table {}.{} is configured for partition projection, but the following partition columns are missing projection configuration: [{}]",
                table.database,
                table.name,
                missing.join(", ")
            ))
            .hint(format!("set `projection.{}.type` in TBLPROPERTIES", missing[0])));
        }
        let columns = table.partition_keys.iter().map(|key| {
            Column::of(&properties, &key.name).map_err(|reason| {
                invalid(format!("Column projection for column '{}' failed. {reason}", key.name))
            })
        });
        let columns = columns.collect::<Result<_>>()?;
        let template = properties.get("storage.location.template");
        let template = template.map(|template| pieces(template, table)).transpose()?;
        Ok(Some(Self { table: table.clone(), columns, template }))
    }

    /// The partitions that may hold what a filter asks for, made one by one. `now` is the moment that `NOW` means.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if an injected column is not compared; each item `LimitReached` for too many partitions.
    pub fn partitions<'a>(
        &'a self,
        filter: &'a PartitionFilter,
        now: Micros,
    ) -> Result<impl Iterator<Item = Result<Partition>> + 'a> {
        self.walk(filter, now, (PARTITIONS_MAX, PROJECTED_VALUES_TRIED_MAX))
    }

    /// Where the partition with these values lies, if it is one of the projected ones: then with the values as they are projected.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the projection is badly configured.
    pub(crate) fn place_of(
        &self,
        values: &[Option<String>],
        now: Micros,
    ) -> Result<Option<Partition>> {
        let mut known = Vec::with_capacity(values.len());
        for ((value, column), key) in
            values.iter().zip(&self.columns).zip(&self.table.partition_keys)
        {
            let Some(value) = value else { return Ok(None) };
            if let Column::Injected = column {
                known.push(Some(value.clone()));
                continue;
            }
            let candidates = column.candidates(now).map_err(|reason| {
                let name = &key.name;
                invalid(format!("Column projection for column '{name}' failed. {reason}"))
            })?;
            let text = Scalar::Text(value.clone());
            // The table may write 5 as `05`.
            let number = value.parse().ok().map(Scalar::Integer);
            let named = [Some(&text), number.as_ref()].into_iter().flatten();
            let mut found = named.clone().find_map(|named| candidates.among(&[named])?.pop());
            if found.is_none() {
                let tried = 0..candidates.len().min(PROJECTED_VALUES_TRIED_MAX);
                found = tried.map(|at| candidates.text(at)).find(|text| text == value);
            }
            let Some(found) = found else { return Ok(None) };
            known.push(Some(found));
        }
        let location = self.location(&known);
        Ok(Some(Partition { values: known, location }))
    }

    /// The same with limits: how many partitions are given, and how many values are tried.
    fn walk<'a>(
        &'a self,
        filter: &'a PartitionFilter,
        now: Micros,
        (given_max, tried_max): (usize, usize),
    ) -> Result<Walk<'a>> {
        let columns = self.columns.iter().zip(&self.table.partition_keys).enumerate();
        let columns = columns.map(|(key, (column, definition))| {
            let named = filter.named_values(key);
            if let Column::Injected = column {
                let values = named.and_then(|named| {
                    named.iter().map(|value| value.text()).collect::<Option<Vec<_>>>()
                });
                let values = values.ok_or_else(|| not_injected(&definition.name))?;
                return Ok(Candidates::of_texts(values));
            }
            let candidates = column.candidates(now).map_err(|reason| {
                let name = &definition.name;
                invalid(format!("Column projection for column '{name}' failed. {reason}"))
            })?;
            Ok(match named.and_then(|named| candidates.among(&named)) {
                Some(values) => Candidates::of_texts(values),
                None => candidates,
            })
        });
        let columns: Vec<_> = columns.collect::<Result<_>>()?;
        Ok(Walk {
            projection: self,
            filter,
            chosen: Vec::with_capacity(columns.len()),
            columns,
            given_left: given_max,
            tried_left: tried_max,
            is_begun: false,
            is_over: false,
        })
    }

    /// Where a partition lies.
    fn location(&self, values: &[Option<String>]) -> String {
        let Some(pieces) = &self.template else { return partition_location(&self.table, values) };
        let mut location = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => location.push_str(text),
                Piece::Value(key) => location.push_str(values[*key].as_deref().unwrap_or_default()),
            }
        }
        // A folder, so that `2024-1` does not stand for `2024-10` too.
        if !location.ends_with('/') {
            location.push('/');
        }
        location
    }
}

/// A walk through the combinations of all columns' candidates, which leaves out what the filter excludes.
struct Walk<'a> {
    projection: &'a Projection,
    filter: &'a PartitionFilter,
    columns: Vec<Candidates>,
    /// The candidates of the first columns that stand: their numbers and texts.
    chosen: Vec<(usize, String)>,
    given_left: usize,
    tried_left: usize,
    is_begun: bool,
    is_over: bool,
}

impl Iterator for Walk<'_> {
    type Item = Result<Partition>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.advance();
        self.is_over = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl Walk<'_> {
    fn advance(&mut self) -> Result<Option<Partition>> {
        // At first all columns are to be chosen, later the last one goes on.
        let mut last = self.chosen.pop();
        if last.is_none() && std::mem::replace(&mut self.is_begun, true) {
            return Ok(None);
        }
        while self.chosen.len() < self.columns.len() {
            match self.find(last.take())? {
                Some(found) => self.chosen.push(found),
                None => match self.chosen.pop() {
                    Some(chosen) => last = Some(chosen),
                    None => return Ok(None),
                },
            }
        }
        if self.given_left == 0 {
            return Err(refused::too_many_partitions(&self.projection.table.name));
        }
        self.given_left -= 1;
        let values: Vec<_> = self.chosen.iter().map(|(_, text)| Some(text.clone())).collect();
        let location = self.projection.location(&values);
        Ok(Some(Partition { values, location }))
    }

    /// The next candidate of the column behind the chosen ones, after the last one.
    fn find(&mut self, last: Option<(usize, String)>) -> Result<Option<(usize, String)>> {
        let column = &self.columns[self.chosen.len()];
        let order = column.order();
        let is_ordered = order.by_text || order.by_number;
        let (from, last) = match last {
            Some((number, text)) => (number + 1, Some(text)),
            None => (0, None),
        };
        // Ranges that are still to be looked into, the first on top. The nearest candidate alone comes first: mostly it is the one.
        let mut ranges = Vec::new();
        if from + 1 < column.len() {
            ranges.push((from + 1, column.len() - 1));
        }
        if from < column.len() {
            ranges.push((from, from));
        }
        while let Some((low, high)) = ranges.pop() {
            if self.tried_left == 0 {
                return Err(self.too_many_tried());
            }
            self.tried_left -= 1;
            let low_text = column.text(low);
            if low == high {
                // A step may be shorter than what the format writes.
                let is_new = last.as_ref() != Some(&low_text);
                if is_new && self.may_hold(Known::Value(Some(&low_text))) {
                    return Ok(Some((low, low_text)));
                }
                continue;
            }
            if is_ordered && !self.may_hold(Known::Between(&low_text, &column.text(high), order)) {
                continue;
            }
            // Without an order all are looked at, one after the other.
            let middle = if is_ordered { low + (high - low) / 2 } else { low };
            ranges.push((middle + 1, high));
            ranges.push((low, middle));
        }
        Ok(None)
    }

    /// Whether the conditions may hold with this in the column behind the chosen ones.
    fn may_hold(&self, value: Known<'_>) -> bool {
        self.filter.may_hold(&|key| match self.chosen.get(key) {
            Some((_, text)) => Known::Value(Some(text)),
            None if key == self.chosen.len() => value,
            None => Known::Nothing,
        })
    }

    fn too_many_tried(&self) -> Error {
        let message = format!(
            "the partition projection of the table `{}` has more than {PROJECTED_VALUES_TRIED_MAX} values to try",
            self.projection.table.name
        );
        Error::new(ErrorKind::LimitReached, message)
            .hint("compare the partition columns with `=`, or narrow `projection.….range`")
    }
}

/// Reads a template such as `s3://bucket/${region}/${day}`.
fn pieces(template: &str, table: &TableDefinition) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 2..start + length];
        let key = table.partition_keys.iter().position(|key| key.name.eq_ignore_ascii_case(name));
        let key = key.ok_or_else(|| {
            invalid(format!("'storage.location.template' names ${{{name}}}, which is no partition column of {}.{}", table.database, table.name))
        })?;
        pieces.push(Piece::Text(rest[..start].to_owned()));
        pieces.push(Piece::Value(key));
        rest = &rest[start + length + 1..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    for (number, key) in table.partition_keys.iter().enumerate() {
        if !pieces.contains(&Piece::Value(number)) {
            return Err(invalid(format!(
                "'storage.location.template' of {}.{} has to contain ${{{}}}",
                table.database, table.name, key.name
            ))
            .hint("it names each partition column"));
        }
    }
    Ok(pieces)
}

fn invalid(message: String) -> Error {
    Error::invalid_query(message).code("INVALID_TABLE_PROPERTY")
}

fn not_injected(column: &str) -> Error {
    Error::invalid_query(format!(
        "For the injected projected partition column {column}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present."
    ))
    .code("CONSTRAINT_VIOLATION")
    .hint(format!("add `{column} = '…'` to WHERE"))
}
