//! Which rows a view keeps: conditions are tested once for each different value.

use std::collections::HashSet;
use std::net::IpAddr;

use floodmark_engine::Result;
use floodmark_investigate::Window;
use ipnet::IpNet;

use crate::column::{Chunk, Column, Reader, UNDATED, dictionary, time_text};
use crate::condition::{applied, check, finite, lower, networks, one_text, range, whole};
use crate::dictionary::{NULL, number_of};
use crate::fields::{LogFields, Shape};
use crate::view::{Op, View};

/// The conditions of a view's filters and its search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher {
    terms: Vec<Term>,
    /// What is searched, in lower case, and the columns that are looked into.
    search: Option<(String, Vec<usize>)>,
}

/// A condition on one column.
#[derive(Clone, Debug)]
struct Term {
    column: usize,
    test: Test,
    is_real: bool,
    not: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Values(HashSet<String>, bool),
    Numbers(Vec<f64>, bool),
    Contains(String),
    Starts(String),
    Between(Option<f64>, Option<f64>),
    Within(Vec<IpNet>),
    Exists,
}

impl Matcher {
    /// The conditions of a view, but for those in SQL, which are tested while logs are read.
    pub(crate) fn of(fields: &LogFields, view: &View) -> Result<Self> {
        let mut terms = Vec::new();
        for filter in applied(view)?.filter(|filter| filter.op != Op::Sql) {
            let column = fields.find(&filter.field)?;
            let field = &fields.fields[column];
            check(field, filter)?;
            let texts = || filter.values.iter().flatten();
            let has_null = filter.values.iter().any(Option::is_none);
            let test = match filter.op {
                Op::Is => match field.shape {
                    Shape::Whole => {
                        let numbers = texts().filter_map(|text| whole(text));
                        Test::Values(numbers.map(|number| number.to_string()).collect(), has_null)
                    }
                    Shape::Real => {
                        let numbers = texts().filter_map(|text| finite(text));
                        let numbers = numbers.map(|number| number_of(&number.to_string(), true));
                        Test::Numbers(numbers.collect(), has_null)
                    }
                    Shape::Double => {
                        Test::Numbers(texts().filter_map(|text| finite(text)).collect(), has_null)
                    }
                    _ => Test::Values(texts().cloned().collect(), has_null),
                },
                Op::Contains => Test::Contains(lower(one_text(filter)?)),
                Op::Starts => Test::Starts(one_text(filter)?.to_owned()),
                Op::Between => {
                    let (least, most) = range(filter)?;
                    Test::Between(least, most)
                }
                Op::Within => Test::Within(networks(filter)?),
                Op::Exists => Test::Exists,
                Op::Sql => continue,
            };
            terms.push(Term { column, test, is_real: field.shape == Shape::Real, not: filter.not });
        }
        let search = (!view.search.is_empty()).then(|| {
            let searched = (0..fields.fields.len()).filter(|at| fields.fields[*at].is_searched);
            (lower(&view.search), searched.collect())
        });
        Ok(Self { terms, search })
    }

    fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.search.is_none()
    }
}

impl Term {
    fn keeps(&self, text: Option<&str>) -> bool {
        let Some(text) = text else {
            let is_kept = match self.test {
                Test::Values(_, has_null) | Test::Numbers(_, has_null) => has_null,
                _ => false,
            };
            return is_kept != self.not;
        };
        let is_kept = match &self.test {
            Test::Values(values, _) => values.contains(text),
            Test::Numbers(numbers, _) => numbers.contains(&number_of(text, self.is_real)),
            Test::Contains(part) => lower(text).contains(part.as_str()),
            Test::Starts(start) => text.starts_with(start.as_str()),
            Test::Between(least, most) => {
                let number = number_of(text, self.is_real);
                !number.is_nan()
                    && least.is_none_or(|least| number >= least)
                    && most.is_none_or(|most| number <= most)
            }
            Test::Within(networks) => match text.parse::<IpAddr>() {
                Ok(address) => {
                    let address = address.to_canonical();
                    networks.iter().any(|network| network.contains(&address))
                }
                Err(_) => false,
            },
            Test::Exists => true,
        };
        is_kept != self.not
    }
}

/// What the conditions say of every value that columns have as codes, by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    terms: Vec<Vec<bool>>,
    search: Vec<Vec<bool>>,
}

impl Flags {
    /// Tests the values that are new.
    pub(crate) fn update(&mut self, matcher: &Matcher, columns: &[Column]) {
        self.terms.resize(matcher.terms.len(), Vec::new());
        for (term, flags) in matcher.terms.iter().zip(&mut self.terms) {
            let Some(dictionary) = dictionary(&columns[term.column]) else { continue };
            let codes = flags.len()..dictionary.len();
            flags.extend(codes.map(|code| term.keeps(dictionary.get(code as u32))));
        }
        let Some((text, searched)) = &matcher.search else { return };
        self.search.resize(searched.len(), Vec::new());
        for (column, flags) in searched.iter().zip(&mut self.search) {
            let Some(dictionary) = dictionary(&columns[*column]) else { continue };
            let codes = flags.len()..dictionary.len();
            flags.extend(codes.map(|code| {
                let value = dictionary.get(code as u32);
                value.is_some_and(|value| lower(value).contains(text.as_str()))
            }));
        }
    }

    /// Which rows of a chunk meet the conditions; None if all do.
    pub(crate) fn mask(
        &self,
        matcher: &Matcher,
        columns: &[Column],
        reader: &mut Reader<'_>,
    ) -> Result<Option<Vec<bool>>> {
        if matcher.is_empty() {
            return Ok(None);
        }
        let chunk = reader.chunk;
        let mut mask = vec![true; chunk.rows];
        let mut codes = Vec::new();
        for (term, flags) in matcher.terms.iter().zip(&self.terms) {
            if chunk.codes(columns, term.column, &mut codes) {
                for (kept, code) in mask.iter_mut().zip(&codes) {
                    *kept &= flags[*code as usize];
                }
            } else if matches!(columns[term.column], Column::EventTime) {
                for (kept, time) in mask.iter_mut().zip(&chunk.times) {
                    *kept = *kept && term.keeps(time_text(*time).as_deref());
                }
            } else if let Some(texts) = reader.texts(term.column)? {
                for (row, kept) in mask.iter_mut().enumerate() {
                    *kept = *kept && term.keeps(texts.get(row));
                }
            } else if matches!(columns[term.column], Column::LateFact(_)) {
                for (row, kept) in mask.iter_mut().enumerate() {
                    *kept = *kept && term.keeps(reader.value(term.column, row)?.as_deref());
                }
            }
        }
        let Some((text, searched)) = &matcher.search else { return Ok(Some(mask)) };
        let mut found = vec![false; chunk.rows];
        for (column, flags) in searched.iter().zip(&self.search) {
            if chunk.codes(columns, *column, &mut codes) {
                for (found, code) in found.iter_mut().zip(&codes) {
                    *found |= *code != NULL && flags[*code as usize];
                }
            } else if let Some(texts) = reader.texts(*column)? {
                for (row, found) in found.iter_mut().enumerate() {
                    if mask[row] && !*found {
                        *found = (texts.get(row))
                            .is_some_and(|value| lower(value).contains(text.as_str()));
                    }
                }
            }
        }
        for (kept, found) in mask.iter_mut().zip(found) {
            *kept &= found;
        }
        Ok(Some(mask))
    }
}

/// Some rows of a chunk.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    /// All, of which there are so many.
    All(usize),
    /// Those, in their order.
    Some(Vec<u32>),
}

impl Chosen {
    /// The rows of a mask that lie in a window; no window is all of time, and rows without a time are in none.
    pub(crate) fn of(chunk: &Chunk, mask: Option<&[bool]>, window: Option<Window>) -> Self {
        let is_within = match (window, chunk.span) {
            (None, _) => true,
            (Some(window), Some((first, last))) => {
                if !chunk.has_undated && window.contains(first) && window.contains(last) {
                    true
                } else if last < window.start || first >= window.end {
                    return Self::Some(Vec::new());
                } else {
                    false
                }
            }
            (Some(_), None) => return Self::Some(Vec::new()),
        };
        let rows = 0..chunk.rows as u32;
        let is_in = |row: &u32| {
            let time = chunk.times[*row as usize];
            time != UNDATED && window.is_some_and(|window| window.contains(time))
        };
        match (mask, is_within) {
            (None, true) => Self::All(chunk.rows),
            (None, false) => Self::Some(rows.filter(is_in).collect()),
            (Some(mask), true) => Self::Some(rows.filter(|row| mask[*row as usize]).collect()),
            (Some(mask), false) => {
                Self::Some(rows.filter(|row| mask[*row as usize] && is_in(row)).collect())
            }
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Some(rows) => rows.len(),
        }
    }

    /// Does something with each.
    pub(crate) fn each(&self, mut with: impl FnMut(usize)) {
        match self {
            Self::All(rows) => (0..*rows).for_each(with),
            Self::Some(rows) => rows.iter().for_each(|row| with(*row as usize)),
        }
    }
}
