//! The levels of all dimensions: which cell each row lies in.

use std::collections::HashMap;
use std::net::IpAddr;

use floodmark_engine::Result;
use floodmark_engine::dialect::{UrlPart, url_part};
use floodmark_formats::kind::Kind;
use floodmark_who::{Fact, Who};
use foldhash::fast::RandomState;

use crate::explain::cells::Cell;
use crate::explain::dictionary::Value;
use crate::explain::dimensions::{Dimension, Source};
use crate::explain::rows::{Column, Rows};

/// A level of a dimension, such as a client's /24.
#[derive(Debug)]
pub(crate) struct Level {
    /// The dimension, by its position.
    pub(crate) dimension: usize,
    /// The place in the dimension's chain: 0 is the most general.
    pub(crate) depth: usize,
    /// What the codes stand for.
    pub(crate) cells: Vec<Cell>,
    /// The cell of each row, as a code.
    pub(crate) codes: Vec<u32>,
    /// Dimensions that say the same of every row.
    pub(crate) same: Vec<usize>,
}

/// The levels of all dimensions. Those that tell nothing apart, or nothing that an earlier one does not, are left out.
///
/// # Errors
///
/// Those of damaged files about addresses.
pub(crate) fn levels(dimensions: &[Dimension], rows: &Rows, who: &Who) -> Result<Vec<Level>> {
    let mut levels: Vec<Level> = Vec::new();
    for (at, dimension) in dimensions.iter().enumerate() {
        let column = match dimension.source {
            Source::Selected => &rows.columns[at],
            Source::UrlPart(of, _) | Source::Fact(of, _) => &rows.columns[of],
        };
        let values = match dimension.source {
            Source::Selected => column.dictionary.values().to_vec(),
            Source::UrlPart(_, part) => {
                column.dictionary.values().iter().map(|value| part_of(value, part)).collect()
            }
            Source::Fact(_, fact) => {
                let values = column.dictionary.values().iter();
                values.map(|value| fact_of(value, fact, who)).collect::<Result<_>>()?
            }
        };
        let mut chain: Vec<Level> = Vec::new();
        for level in of_dimension(at, dimension.kind, &values, column) {
            // A group for each value alone says nothing more than the values.
            let finer = level.cells.len();
            chain.retain(|coarser| coarser.cells.len() < finer);
            chain.push(level);
        }
        for level in chain {
            if level.cells.len() < 2 {
                continue;
            }
            match levels.iter_mut().find(|known| is_same(known, &level)) {
                Some(known) if known.dimension != at => known.same.push(at),
                Some(_) => {}
                None => levels.push(level),
            }
        }
    }
    Ok(levels)
}

/// What is known of an address, as the function of SQL says it.
fn fact_of(value: &Value, fact: Fact, who: &Who) -> Result<Value> {
    let Value::Text(text) = value else { return Ok(Value::Null) };
    let Ok(address) = text.parse::<IpAddr>() else { return Ok(Value::Null) };
    let known = who.tell(fact, address.to_canonical(), None)?.value();
    Ok(known.map_or(Value::Null, |text| Value::Text((*text).into())))
}

/// A part of a URL. Of one that was cut, the part that the cut is in is cut too.
fn part_of(value: &Value, part: UrlPart) -> Value {
    let (url, is_cut) = match value {
        Value::Text(url) => (url, false),
        Value::Cut(url) => (url, true),
        Value::Null | Value::Number(_) => return Value::Null,
    };
    let is_last = match part {
        UrlPart::Host => false,
        UrlPart::Path => !url.contains('?'),
        UrlPart::Query => true,
    };
    match url_part(url, part) {
        Some(text) if is_cut && is_last => Value::Cut(text.into()),
        Some(text) => Value::Text(text.into()),
        None => Value::Null,
    }
}

/// All levels of one dimension, the most general first. Only cells that occur have a code.
fn of_dimension(at: usize, kind: Kind, values: &[Value], column: &Column) -> Vec<Level> {
    let mut codes_of_value: Vec<Vec<u32>> = Vec::new();
    let mut levels: Vec<(Vec<Cell>, HashMap<Cell, u32, RandomState>)> = Vec::new();
    let mut occurs = vec![false; values.len()];
    for code in &column.codes {
        occurs[*code as usize] = true;
    }
    for (value, occurs) in values.iter().zip(occurs) {
        if !occurs {
            codes_of_value.push(Vec::new());
            continue;
        }
        let chain = Cell::chain(value, kind);
        levels.resize_with(chain.len().max(levels.len()), Default::default);
        let codes = chain.into_iter().zip(&mut levels).map(|(cell, (cells, known))| {
            *known.entry(cell).or_insert_with_key(|cell| {
                cells.push(cell.clone());
                u32::try_from(cells.len() - 1).expect("fewer cells than rows")
            })
        });
        codes_of_value.push(codes.collect());
    }
    (levels.into_iter().enumerate())
        .map(|(depth, (cells, _))| Level {
            dimension: at,
            depth,
            cells,
            codes: column.codes.iter().map(|code| codes_of_value[*code as usize][depth]).collect(),
            same: Vec::new(),
        })
        .collect()
}

/// Whether two levels divide the rows alike.
fn is_same(one: &Level, other: &Level) -> bool {
    if one.cells.len() != other.cells.len() {
        return false;
    }
    let mut partner = vec![u32::MAX; one.cells.len()];
    one.codes.iter().zip(&other.codes).all(|(left, right)| {
        let known = &mut partner[*left as usize];
        if *known == u32::MAX {
            *known = *right;
        }
        *known == *right
    })
}
