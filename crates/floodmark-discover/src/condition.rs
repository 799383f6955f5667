//! The conditions of a view as SQL, and the windows of time that it names.

use std::net::IpAddr;

use floodmark_engine::dialect::{self, literal};
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::Table;
use floodmark_investigate::Window;
use floodmark_who::Who;
use ipnet::IpNet;

use crate::fields::{Field, LogFields, Shape};
use crate::limits::{FILTER_VALUES_MAX, FILTERS_MAX, SEARCH_BYTES_MAX};
use crate::view::{Filter, Op, Value, View, is_of_this_age, just_before, window};

/// The windows of time of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// What the timeline spans; None is all.
    pub span: Option<Window>,
    /// What was brushed; None is the whole timeline.
    pub during: Option<Window>,
    /// What it is compared with: as long just before, if the view names nothing. None without something brushed.
    pub before: Option<Window>,
}

/// The windows of time of a view.
///
/// # Errors
///
/// `InvalidQuery` for a span that ends before it starts, or that lies in no year from 0 to 9999.
pub fn windows(view: &View) -> Result<Windows> {
    let read = |span: Option<(f64, f64)>| match span {
        None => Ok(None),
        Some(span) if !is_of_this_age(span) => {
            Err(Error::invalid_query("the span of time is not within the years 0 to 9999")
                .hint("times are in milliseconds since 1970: choose a nearer span"))
        }
        Some(span) => window(span).map(Some).ok_or_else(|| {
            Error::invalid_query("the span of time ends before it starts")
                .hint("name its start first, in milliseconds since 1970")
        }),
    };
    let (span, during, before) = (read(view.span)?, read(view.during)?, read(view.before)?);
    let before = before.or_else(|| during.map(just_before));
    Ok(Windows { span, during, before })
}

/// The condition of a view's filters and its search in SQL, without its time; None if all rows meet it.
///
/// # Errors
///
/// `NotFound` for a field that the log has not, and `InvalidQuery` for filters that make no sense.
pub fn condition(table: &Table, who: &Who, view: &View) -> Result<Option<String>> {
    joined(&LogFields::of(table, who), view)
}

/// As [`condition`], of fields that are known.
pub(crate) fn joined(fields: &LogFields, view: &View) -> Result<Option<String>> {
    let mut conditions = Vec::new();
    for filter in applied(view)? {
        conditions.push(of_filter(fields, filter)?);
    }
    conditions.extend(of_search(fields, &view.search)?);
    Ok(match conditions.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => {
            let several: Vec<String> = several.iter().map(|one| in_brackets(one)).collect();
            Some(together(&several, " AND "))
        }
    })
}

/// The filters that are applied.
pub(crate) fn applied(view: &View) -> Result<impl Iterator<Item = &Filter>> {
    if view.filters.len() > FILTERS_MAX {
        let message = format!("a view has at most {FILTERS_MAX} filters");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    Ok(view.filters.iter().filter(|filter| !filter.off))
}

/// The condition in SQL of the view's own SQL filters; None if it has none.
pub(crate) fn own_sql(view: &View) -> Result<Option<String>> {
    let mut conditions = Vec::new();
    for filter in applied(view)?.filter(|filter| filter.op == Op::Sql) {
        conditions.push(in_brackets(&of_own_sql(filter)?));
    }
    Ok((!conditions.is_empty()).then(|| together(&conditions, " AND ")))
}

/// The networks of a filter.
pub(crate) fn networks(filter: &Filter) -> Result<Vec<IpNet>> {
    let networks = texts(filter)?.into_iter().map(|text| {
        let network = match text.trim().parse::<IpAddr>() {
            Ok(address) => Some(IpNet::from(address.to_canonical())),
            Err(_) => text.trim().parse::<IpNet>().ok().map(|network| network.trunc()),
        };
        network.ok_or_else(|| {
            Error::invalid_query(format!("`{text}` is no network"))
                .hint("write it as `192.0.2.0/24` or `2001:db8::/32`")
        })
    });
    networks.collect()
}

/// The ends of a range of numbers; None is open.
pub(crate) fn range(filter: &Filter) -> Result<(Option<f64>, Option<f64>)> {
    let number = |value: Option<&Value>| match value.and_then(|value| value.as_deref()) {
        None => Ok(None),
        Some(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(Error::invalid_query(format!("`{text}` is no number"))
                .hint("a range goes from one number to another")),
        },
    };
    Ok((number(filter.values.first())?, number(filter.values.get(1))?))
}

/// The one text of a filter.
pub(crate) fn one_text(filter: &Filter) -> Result<&str> {
    match texts(filter)?.as_slice() {
        [only] => Ok(only),
        _ => Err(wrong(filter, "needs one text")),
    }
}

/// Checks that a filter's values can be compared with the field's in this way.
pub(crate) fn check(field: &Field, filter: &Filter) -> Result<()> {
    if filter.values.len() > FILTER_VALUES_MAX {
        let message = format!("a filter has at most {FILTER_VALUES_MAX} values");
        return Err(Error::new(ErrorKind::LimitReached, message)
            .hint("name networks or beginnings in the place of many values"));
    }
    let is_float = matches!(field.shape, Shape::Real | Shape::Double);
    if is_float && matches!(filter.op, Op::Contains | Op::Starts) {
        let message = format!("`{}` is a number, and holds no text", field.name);
        return Err(Error::invalid_query(message).hint("choose a range of numbers"));
    }
    Ok(())
}

/// A whole number as it is compared with a column of such; None for what is none.
pub(crate) fn whole(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// A number as it is compared with a column of such; None for what is none.
pub(crate) fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A text in the case in which texts are compared: each character by itself, as Athena's `lower` has it.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let single = |character: char| {
        let mut lower = character.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(only), None) => only,
            _ => character,
        }
    };
    text.chars().map(single).collect()
}

fn of_filter(fields: &LogFields, filter: &Filter) -> Result<String> {
    if filter.op == Op::Sql {
        return of_own_sql(filter);
    }
    let field = &fields.fields[fields.find(&filter.field)?];
    check(field, filter)?;
    let sql = &field.sql;
    let condition = match filter.op {
        Op::Is => return Ok(of_values(field, filter)),
        Op::Exists if filter.not => return Ok(format!("{sql} IS NULL")),
        Op::Exists => return Ok(format!("{sql} IS NOT NULL")),
        Op::Contains => {
            let text = literal(&lower(one_text(filter)?));
            format!("strpos(lower({}), {text}) > 0", field.text_sql())
        }
        Op::Starts => {
            format!("starts_with({}, {})", field.text_sql(), literal(one_text(filter)?))
        }
        Op::Between => {
            let number = field.number_sql();
            let (least, most) = range(filter)?;
            let least = least.map(|least| format!("{number} >= {}", number_literal(least)));
            let most = most.map(|most| format!("{number} <= {}", number_literal(most)));
            let ends: Vec<String> = least.into_iter().chain(most).collect();
            if ends.is_empty() { format!("{number} IS NOT NULL") } else { ends.join(" AND ") }
        }
        Op::Within => {
            let networks = networks(filter)?;
            let text = field.text_sql();
            let any: Vec<String> = (networks.iter())
                .map(|network| {
                    let network = literal(&network.to_string());
                    format!("contains({network}, TRY_CAST({text} AS ipaddress))")
                })
                .collect();
            if any.is_empty() { "false".to_owned() } else { together(&any, " OR ") }
        }
        Op::Sql => unreachable!("it was answered above"),
    };
    Ok(if filter.not { format!("NOT coalesce({condition}, false)") } else { condition })
}

/// The condition that a field has one of the values, or none of them.
fn of_values(field: &Field, filter: &Filter) -> String {
    let has_null = filter.values.iter().any(Option::is_none);
    let texts: Vec<&str> = filter.values.iter().flatten().map(String::as_str).collect();
    let (value, literals): (String, Vec<String>) = match field.shape {
        Shape::Whole => {
            let numbers = texts.iter().filter_map(|text| whole(text));
            (field.sql.clone(), numbers.map(|number| number.to_string()).collect())
        }
        Shape::Real | Shape::Double => {
            let name = if field.shape == Shape::Real { "REAL" } else { "DOUBLE" };
            let numbers = texts.iter().filter_map(|text| finite(text));
            let written = numbers.map(|number| format!("{name} {}", literal(&number.to_string())));
            (field.sql.clone(), written.collect())
        }
        _ => (field.text_sql(), texts.iter().map(|text| literal(text)).collect()),
    };
    let sql = &field.sql;
    let list = literals.join(", ");
    match (filter.not, literals.len(), has_null) {
        (false, 0, false) => "false".to_owned(),
        (false, 0, true) => format!("{sql} IS NULL"),
        (false, 1, false) => format!("{value} = {list}"),
        (false, _, false) => format!("{value} IN ({list})"),
        (false, _, true) => format!("{value} IN ({list}) OR {sql} IS NULL"),
        (true, 0, false) => "true".to_owned(),
        (true, 0, true) => format!("{sql} IS NOT NULL"),
        (true, 1, false) => format!("{value} <> {list} OR {sql} IS NULL"),
        (true, _, false) => format!("{value} NOT IN ({list}) OR {sql} IS NULL"),
        (true, _, true) => format!("{value} NOT IN ({list}) AND {sql} IS NOT NULL"),
    }
}

fn of_sql(filter: &Filter) -> Result<String> {
    let condition = one_text(filter)?.trim();
    if condition.is_empty() {
        return Err(wrong(filter, "needs a condition"));
    }
    dialect::condition(condition)?;
    // A comment at its end must not swallow what follows.
    Ok(if condition.contains("--") { format!("{condition}\n") } else { condition.to_owned() })
}

fn of_own_sql(filter: &Filter) -> Result<String> {
    let condition = of_sql(filter)?;
    Ok(if filter.not { format!("NOT coalesce({condition}, false)") } else { condition })
}

fn of_search(fields: &LogFields, search: &str) -> Result<Option<String>> {
    if search.is_empty() {
        return Ok(None);
    }
    if search.len() > SEARCH_BYTES_MAX {
        let message = format!("a search has at most {SEARCH_BYTES_MAX} bytes");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    let text = literal(&lower(search));
    let searched = fields.fields.iter().filter(|field| field.is_searched);
    let any: Vec<String> =
        searched.map(|field| format!("strpos(lower({}), {text}) > 0", field.text_sql())).collect();
    Ok(Some(together(&any, "\n    OR ")))
}

fn number_literal(number: f64) -> String {
    /// Up to which number every whole one is written as such.
    const WHOLE: f64 = 1e15;
    if number.fract() == 0.0 && number.abs() < WHOLE {
        return format!("{number:.0}");
    }
    format!("DOUBLE {}", literal(&number.to_string()))
}

fn texts(filter: &Filter) -> Result<Vec<&str>> {
    let texts = filter.values.iter().map(|value| value.as_deref());
    texts.collect::<Option<Vec<_>>>().ok_or_else(|| wrong(filter, "cannot be compared with NULL"))
}

fn wrong(filter: &Filter, what: &str) -> Error {
    let of = if filter.field.is_empty() {
        "in SQL".to_owned()
    } else {
        format!("on `{}`", filter.field)
    };
    Error::invalid_query(format!("the filter {of} {what}"))
}

/// Conditions as one. Many are put together by halves: a chain is as deep as it is long, and whoever reads SQL goes down into it.
fn together(conditions: &[String], word: &str) -> String {
    /// How many make no deep chain.
    const FEW: usize = 8;
    if conditions.len() <= FEW {
        return conditions.join(word);
    }
    let (first, second) = conditions.split_at(conditions.len() / 2);
    format!("({}){word}({})", together(first, word), together(second, word))
}

fn in_brackets(condition: &str) -> String {
    format!("({condition})")
}
