//! Rows in an order, as many as are wanted, from a place on.

use std::cmp::Ordering;
use std::collections::HashMap;

use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::Micros;
use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use crate::column::{Column, Reader, UNDATED, dictionary};
use crate::dictionary::{NULL, number_of};
use crate::fields::{LogFields, Shape, Source};
use crate::limits::ALIKE_ROWS_MAX;
use crate::matching::Chosen;
use crate::view::{Sort, Value};

/// The order of rows: by a field, then the newest first, then by what they hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    /// None is by time alone.
    pub(crate) field: Option<usize>,
    pub(crate) is_number: bool,
    pub(crate) is_descending: bool,
    /// Whether the oldest come first; NULL comes last all the same.
    pub(crate) is_oldest_first: bool,
    /// Whether the whole order is turned around.
    pub(crate) is_reversed: bool,
}

/// What rows are ordered by first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Null,
    /// By its bits: JSON knows no infinity, and rounds.
    Number(#[serde(with = "bits")] f64),
    Text(String),
}

/// A place in an order of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) key: Key,
    pub(crate) time: Micros,
    pub(crate) hash: u64,
    /// How many rows that are all alike lie before it.
    pub(crate) alike: usize,
}

/// Where the next rows of an order begin, as it goes to the page and comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The field of the order; None is the time.
    field: Option<String>,
    is_descending: bool,
    /// How many rows come before.
    pub(crate) rows_before: u64,
    pub(crate) place: Place,
}

/// A row that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) cells: Vec<Value>,
}

/// The first rows of an order, from a place on.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) order: Order,
    count: usize,
    start: Option<Place>,
    /// How many rows come before the start, as the page was told.
    pub(crate) rows_before: u64,
    /// Whether rows that are like that at the start are left out.
    is_behind: bool,
    found: Vec<Found>,
}

impl Order {
    /// The order that is asked for.
    pub(crate) fn of(fields: &LogFields, sort: Option<&Sort>) -> Result<Self> {
        let Some(sort) = sort else { return Ok(Self::default()) };
        let at = fields.find(&sort.field)?;
        let field = &fields.fields[at];
        if field.source == Source::EventTime {
            return Ok(Self { is_oldest_first: !sort.descending, ..Self::default() });
        }
        Ok(Self {
            field: Some(at),
            is_number: field.is_number(),
            is_descending: sort.descending,
            ..Self::default()
        })
    }

    fn keys(self, a: &Key, b: &Key) -> Ordering {
        let turned = |order: Ordering| if self.is_descending { order.reverse() } else { order };
        let order = match (a, b) {
            (Key::Null, Key::Null) => Ordering::Equal,
            (Key::Null, _) => Ordering::Greater,
            (_, Key::Null) => Ordering::Less,
            (Key::Number(a), Key::Number(b)) => turned(a.total_cmp(b)),
            (Key::Text(a), Key::Text(b)) => turned(a.cmp(b)),
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        };
        if self.is_reversed { order.reverse() } else { order }
    }

    fn times(self, a: Micros, b: Micros) -> Ordering {
        let order = match (a == UNDATED, b == UNDATED) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if self.is_oldest_first => a.cmp(&b),
            (false, false) => b.cmp(&a),
        };
        if self.is_reversed { order.reverse() } else { order }
    }

    fn hashes(self, a: u64, b: u64) -> Ordering {
        if self.is_reversed { b.cmp(&a) } else { a.cmp(&b) }
    }

    fn places(self, a: &Place, b: &Place) -> Ordering {
        (self.keys(&a.key, &b.key))
            .then_with(|| self.times(a.time, b.time))
            .then_with(|| self.hashes(a.hash, b.hash))
    }
}

impl Place {
    /// The place of a row by its id.
    pub(crate) fn of_row(id: &str) -> Result<Self> {
        let parts = id.rsplit_once('-').and_then(|(time, hash)| {
            let time = if time == "undated" { UNDATED } else { time.parse().ok()? };
            Some((time, u64::from_str_radix(hash, 16).ok()?))
        });
        let Some((time, hash)) = parts else {
            return Err(Error::invalid_query(format!("`{id}` is no row's id"))
                .hint("take it from an answer with rows"));
        };
        Ok(Self { key: Key::Null, time, hash, alike: 0 })
    }

    /// The id of the row at this place.
    pub(crate) fn row(&self) -> String {
        let hash = self.hash;
        match self.time {
            UNDATED => format!("undated-{hash:016x}"),
            time => format!("{time}-{hash:016x}"),
        }
    }
}

impl Cursor {
    /// The cursor that leads on from a place, behind so many rows.
    pub(crate) fn new(fields: &LogFields, order: Order, rows_before: u64, place: Place) -> Self {
        let (field, is_descending) = Self::order(fields, order);
        Self { field, is_descending, rows_before, place }
    }

    /// Reads a cursor as [`Cursor::written`] writes it.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is none, and for one of another order; `LimitReached` among too many rows that are alike.
    pub(crate) fn parse(text: &str, fields: &LogFields, order: Order) -> Result<Self> {
        let cursor: Self = serde_json::from_str(text).map_err(|error| {
            Error::invalid_query("the place where the next rows begin is none")
                .hint("take it from the answer before")
                .because(error)
        })?;
        if (cursor.field.clone(), cursor.is_descending) != Self::order(fields, order) {
            let message = "the place where the next rows begin is one of another order";
            return Err(Error::invalid_query(message)
                .hint("ask for the first rows of this order, without `after`"));
        }
        if cursor.place.alike >= ALIKE_ROWS_MAX {
            let message = format!("there are more than {ALIKE_ROWS_MAX} rows that are all alike");
            return Err(Error::new(ErrorKind::LimitReached, message)
                .hint("leave them out with a filter, or choose another order"));
        }
        Ok(cursor)
    }

    /// The cursor as a text.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts are JSON")
    }

    fn order(fields: &LogFields, order: Order) -> (Option<String>, bool) {
        match order.field {
            Some(at) => (Some(fields.fields[at].name.clone()), order.is_descending),
            None => (None, !order.is_oldest_first),
        }
    }
}

/// A number as its bits.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(number.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}

/// What of rows is read to list them.
pub(crate) struct Content<'a> {
    pub(crate) fields: &'a LogFields,
    /// The columns that tell rows apart.
    pub(crate) told_apart_by: &'a [usize],
}

impl Listing {
    pub(crate) fn new(order: Order, count: usize) -> Self {
        Self { order, count, start: None, rows_before: 0, is_behind: false, found: Vec::new() }
    }

    /// From this place on.
    pub(crate) fn from(self, place: Place) -> Self {
        Self { start: Some(place), ..self }
    }

    /// Behind this place, and all rows like the one that is there.
    pub(crate) fn behind(self, place: Place) -> Self {
        Self { start: Some(place), is_behind: true, ..self }
    }

    /// From where a cursor leads.
    pub(crate) fn after(self, cursor: Cursor) -> Self {
        let mut place = cursor.place;
        place.alike += 1;
        Self { rows_before: cursor.rows_before, ..self.from(place) }
    }

    /// The place that it starts at.
    pub(crate) fn start(&self) -> Option<&Place> {
        self.start.as_ref()
    }

    /// How many rows are collected: one more says whether there are more.
    fn limit(&self) -> usize {
        self.count + 1 + self.start.as_ref().map_or(0, |place| place.alike)
    }

    /// Looks for rows among those of a chunk.
    pub(crate) fn add(
        &mut self,
        columns: &[Column],
        reader: &mut Reader<'_>,
        chosen: &Chosen,
        content: &Content<'_>,
    ) -> Result<()> {
        let limit = self.limit();
        let last = (self.found.len() >= limit).then(|| self.found[limit - 1].place.clone());
        let chunk = reader.chunk;
        if self.order.field.is_none()
            && let (Some(last), Some((first_time, last_time))) = (&last, chunk.span)
            && !chunk.has_undated
        {
            let is_worse = |time| self.order.times(time, last.time) == Ordering::Greater;
            if is_worse(first_time) && is_worse(last_time) {
                return Ok(());
            }
        }
        let keys = self.keys(columns, reader, chosen)?;
        let mut candidates: Vec<(u32, Micros, u32)> = Vec::new();
        chosen.each(|row| {
            let rank = keys.ranks.as_ref().map_or(0, |ranks| ranks[row]);
            let (key, time) = (&keys.keys[rank as usize], chunk.times[row]);
            let against = |place: &Place| {
                self.order.keys(key, &place.key).then(self.order.times(time, place.time))
            };
            let is_wanted = last.as_ref().is_none_or(|last| against(last) != Ordering::Greater)
                && self.start.as_ref().is_none_or(|start| against(start) != Ordering::Less);
            if is_wanted {
                candidates.push((rank, time, row as u32));
            }
        });
        // Rows behind the start that share its key and time are told from it by their hashes only.
        let is_at_start = |rank: u32, time: Micros| {
            self.start.as_ref().is_some_and(|start| {
                start.time == time && self.order.keys(&keys.keys[rank as usize], &start.key).is_eq()
            })
        };
        let order = self.order;
        let roughly = |a: &(u32, Micros, u32), b: &(u32, Micros, u32)| {
            a.0.cmp(&b.0).then_with(|| order.times(a.1, b.1))
        };
        let at_start =
            candidates.iter().filter(|(rank, time, _)| is_at_start(*rank, *time)).count();
        let wanted = limit + at_start;
        if candidates.len() > wanted {
            let (_, nth, _) = candidates.select_nth_unstable_by(wanted - 1, roughly);
            let nth = *nth;
            candidates.retain(|candidate| roughly(candidate, &nth) != Ordering::Greater);
        }
        let mut places = Vec::with_capacity(candidates.len());
        for (rank, time, row) in candidates {
            let hash = reader.hash(content.told_apart_by, row as usize)?;
            let place = Place { key: keys.keys[rank as usize].clone(), time, hash, alike: 0 };
            let from = self.start.as_ref().map(|start| self.order.places(&place, start));
            let is_before = match from {
                None | Some(Ordering::Greater) => false,
                Some(Ordering::Equal) => self.is_behind,
                Some(Ordering::Less) => true,
            };
            if !is_before {
                places.push((place, row as usize));
            }
        }
        places.sort_by(|(a, _), (b, _)| self.order.places(a, b));
        places.truncate(limit);
        for (place, row) in places {
            if last.as_ref().is_some_and(|last| self.order.places(&place, last).is_ge()) {
                break;
            }
            let mut cells = Vec::with_capacity(content.fields.fields.len());
            for at in 0..content.fields.fields.len() {
                cells.push(reader.value(at, row)?);
            }
            self.found.push(Found { place, cells });
        }
        self.settle();
        Ok(())
    }

    /// Takes over what another part of the rows gave.
    pub(crate) fn merge(&mut self, other: Self) {
        self.found.extend(other.found);
        self.settle();
    }

    /// The rows, and the place of the last one if there are more behind it.
    pub(crate) fn rows(&self) -> (Vec<Found>, Option<Place>) {
        let mut found = self.found.clone();
        if let Some(start) = &self.start {
            let alike = found.iter().take_while(|row| self.order.places(&row.place, start).is_eq());
            let shown = alike.count().min(start.alike);
            found.drain(..shown);
        }
        let has_more = found.len() > self.count;
        found.truncate(self.count);
        let last = found.last().filter(|_| has_more).map(|last| {
            let is_alike = |place: &Place| self.order.places(place, &last.place).is_eq();
            let here = found.iter().filter(|row| is_alike(&row.place)).count();
            let shown = self.start.as_ref().filter(|start| is_alike(start));
            let before = shown.map_or(0, |start| start.alike);
            Place { alike: here + before - 1, ..last.place.clone() }
        });
        (found, last)
    }

    fn settle(&mut self) {
        self.found.sort_by(|a, b| self.order.places(&a.place, &b.place));
        self.found.truncate(self.limit());
    }

    /// The keys of a chunk's rows in their order, and the position of each row's.
    fn keys(&self, columns: &[Column], reader: &mut Reader<'_>, chosen: &Chosen) -> Result<Keys> {
        let Some(at) = self.order.field else {
            return Ok(Keys { keys: vec![Key::Null], ranks: None });
        };
        let key = |text: Option<&str>| match text {
            None => Key::Null,
            Some(text) if self.order.is_number => match number_of(text, false) {
                number if number.is_nan() => Key::Null,
                number => Key::Number(number),
            },
            Some(text) => Key::Text(text.to_owned()),
        };
        let rows = reader.chunk.rows;
        let mut codes = Vec::new();
        let mut keys: Vec<(Key, u32)> = Vec::new();
        if reader.chunk.codes(columns, at, &mut codes) {
            let mut different = Vec::with_capacity(chosen.len());
            chosen.each(|row| different.push(codes[row]));
            different.sort_unstable();
            different.dedup();
            let values = dictionary(&columns[at]);
            let value = |code: u32| values.and_then(|values| values.get(code));
            keys.extend(different.into_iter().map(|code| (key(value(code)), code)));
        } else {
            // A text of its own for each row.
            codes = (0..rows as u32).collect();
            if matches!(columns[at], Column::LateFact(_)) {
                let mut of_rows = Vec::with_capacity(chosen.len());
                chosen.each(|row| of_rows.push(row));
                for row in of_rows {
                    keys.push((key(reader.value(at, row)?.as_deref()), row as u32));
                }
            } else if let Some(texts) = reader.texts(at)? {
                chosen.each(|row| keys.push((key(texts.get(row)), row as u32)));
            } else {
                codes.fill(NULL);
                keys.push((Key::Null, NULL));
            }
        }
        keys.sort_by(|(a, _), (b, _)| self.order.keys(a, b));
        let mut sorted: Vec<Key> = Vec::new();
        let mut rank_of: HashMap<u32, u32, FixedState> = HashMap::default();
        for (key, code) in keys {
            if sorted.last() != Some(&key) {
                sorted.push(key);
            }
            rank_of.insert(code, sorted.len() as u32 - 1);
        }
        let mut ranks = vec![0; rows];
        chosen.each(|row| ranks[row] = rank_of.get(&codes[row]).copied().unwrap_or(0));
        if sorted.is_empty() {
            sorted.push(Key::Null);
        }
        Ok(Keys { keys: sorted, ranks: Some(ranks) })
    }
}

/// What rows of a chunk are ordered by.
struct Keys {
    keys: Vec<Key>,
    ranks: Option<Vec<u32>>,
}

/// The columns that tell rows apart: those of the record, in their order.
pub(crate) fn told_apart_by(fields: &LogFields) -> Vec<usize> {
    let of_record = |at: &usize| fields.fields[*at].source == Source::Column;
    (0..fields.fields.len()).filter(of_record).collect()
}

/// Whether a field's order in SQL needs a number made of its text.
pub(crate) fn is_text_number(fields: &LogFields, order: Order) -> bool {
    order.field.is_some_and(|at| {
        let shape = fields.fields[at].shape;
        order.is_number && matches!(shape, Shape::Text | Shape::Expression)
    })
}
