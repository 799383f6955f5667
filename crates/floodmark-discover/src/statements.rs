//! The statement of Athena's SQL that answers a panel.

use floodmark_engine::dialect::{identifier, literal};
use floodmark_formats::time::{MINUTE, Micros, SECOND};
use floodmark_investigate::Window;
use floodmark_investigate::window::timestamp;

use crate::column::UNDATED;
use crate::condition::Windows;
use crate::fields::{Field, LogFields, Shape};
use crate::listing::{Order, Place, is_text_number};
use crate::view::Value;

/// The length of what the panel of hours shows.
pub(crate) const QUARTER: Micros = 15 * MINUTE;

/// What all statements of a question have in common.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    /// The log's name in FROM.
    name: String,
    windows: Windows,
    condition: Option<String>,
    /// The aggregate of the measure, and its name.
    measure: (String, String),
}

impl Statements {
    pub(crate) fn new(
        fields: &LogFields,
        name: &str,
        windows: Windows,
        condition: Option<String>,
        measure: usize,
    ) -> Self {
        let measure = &fields.measures[measure];
        let measure = (measure.sql.clone(), identifier(measure.name));
        Self { name: name.to_owned(), windows, condition, measure }
    }

    /// Amounts by bin, and by series if there are such: the values that have one of their own.
    pub(crate) fn timeline(&self, width: Micros, by: Option<(&Field, &[Value])>) -> String {
        let bin = bin(width);
        let (amount, name) = (self.amount(None), &self.measure.1);
        let from = self.from(self.windows.span, Some("event_time IS NOT NULL"));
        let Some((field, values)) = by else {
            return format!(
                "SELECT\n  {bin} AS bin,\n  {amount} AS {name}\n{from}\nGROUP BY 1\nORDER BY 1"
            );
        };
        let text = field.text_sql();
        let texts: Vec<String> = values.iter().flatten().map(|value| literal(value)).collect();
        let mut among = Vec::new();
        if !texts.is_empty() {
            among.push(format!("{text} IN ({})", texts.join(", ")));
        }
        if values.iter().any(Option::is_none) {
            among.push(format!("{} IS NULL", field.sql));
        }
        let among = if among.is_empty() { "false".to_owned() } else { among.join(" OR ") };
        format!(
            "SELECT\n  {bin} AS bin,\n  if({among}, {text}) AS series,\n  NOT coalesce({among}, false) AS is_others,\n  \
             {amount} AS {name}\n{from}\nGROUP BY 1, 2, 3\nORDER BY 1, 3, 4 DESC"
        )
    }

    /// How many rows there are, and how much.
    pub(crate) fn total(&self) -> String {
        format!("SELECT count(*) AS row_count\n{}", self.from(self.during(), None))
    }

    /// The top values of a field.
    pub(crate) fn field(&self, field: &Field, top: usize) -> String {
        let (sql, name) = (&field.sql, identifier(&field.name));
        let (amount, measure) = (self.amount(None), &self.measure.1);
        let from = self.from(self.during(), Some(&format!("{sql} IS NOT NULL")));
        format!(
            "SELECT\n  {sql} AS {name},\n  {amount} AS {measure},\n  count(*) AS row_count\n{from}\nGROUP BY 1\n\
             ORDER BY 2 DESC, 1\nLIMIT {top}"
        )
    }

    /// Rows in an order, behind so many.
    pub(crate) fn rows(
        &self,
        fields: &LogFields,
        order: Order,
        before: u64,
        count: usize,
    ) -> String {
        let columns: Vec<String> =
            fields.fields.iter().map(|field| format!("  {}", field.selected())).collect();
        let direction = |is_descending: bool| if is_descending { "DESC" } else { "ASC" };
        let mut orders = Vec::new();
        if let Some(at) = order.field {
            let field = &fields.fields[at];
            let sql = match is_text_number(fields, order) {
                true => field.number_sql(),
                false if field.shape == Shape::Nested => field.text_sql(),
                false => field.sql.clone(),
            };
            orders.push(format!("{sql} {} NULLS LAST", direction(order.is_descending)));
        }
        orders.push(format!("event_time {} NULLS LAST", direction(!order.is_oldest_first)));
        let offset = if before > 0 { format!("OFFSET {before}\n") } else { String::new() };
        format!(
            "SELECT\n{}\n{}\nORDER BY {}\n{offset}LIMIT {count}",
            columns.join(",\n"),
            self.from(self.during(), None),
            orders.join(", ")
        )
    }

    /// The rows of these times, the newest first.
    pub(crate) fn around(&self, fields: &LogFields, times: &[Micros]) -> String {
        let columns: Vec<String> =
            fields.fields.iter().map(|field| format!("  {}", field.selected())).collect();
        let dated = || times.iter().copied().filter(|time| *time != UNDATED);
        let mut any = Vec::new();
        if let (Some(first), Some(last)) = (dated().min(), dated().max()) {
            let (first, last) = (timestamp(first), timestamp(last));
            any.push(format!("event_time BETWEEN {first} AND {last}"));
        }
        if times.contains(&UNDATED) {
            any.push("event_time IS NULL".to_owned());
        }
        let any = if any.is_empty() { "false".to_owned() } else { any.join(" OR ") };
        format!(
            "SELECT\n{}\n{}\nORDER BY event_time DESC NULLS LAST",
            columns.join(",\n"),
            self.from(self.windows.span, Some(&format!("({any})")))
        )
    }

    /// The rows of the time of one.
    pub(crate) fn row(&self, fields: &LogFields, place: &Place) -> String {
        let columns: Vec<String> =
            fields.fields.iter().map(|field| format!("  {}", field.selected())).collect();
        let time = match place.time {
            UNDATED => "event_time IS NULL".to_owned(),
            time => format!("event_time = {}", timestamp(time)),
        };
        format!("SELECT\n{}\nFROM {}\nWHERE {time}", columns.join(",\n"), self.name)
    }

    /// A field in what was brushed and in what it is compared with.
    pub(crate) fn compared(&self, field: &Field) -> String {
        let (during, before) = self.sides();
        let (sql, name) = (&field.sql, identifier(&field.name));
        format!(
            "SELECT\n  {sql} AS {name},\n  {} AS during,\n  {} AS before\n{}\nGROUP BY 1\nORDER BY 2 DESC, 3 DESC, 1",
            self.amount(Some(&during)),
            self.amount(Some(&before)),
            self.from(None, Some(&format!("(({during}) OR ({before}))")))
        )
    }

    /// How many rows there are on each side.
    pub(crate) fn both_sides(&self) -> String {
        let (during, before) = self.sides();
        format!(
            "SELECT\n  count_if({during}) AS during,\n  count_if({before}) AS before\n{}",
            self.from(None, Some(&format!("(({during}) OR ({before}))")))
        )
    }

    /// Groups by some fields, the largest first.
    pub(crate) fn groups(&self, by: &[&Field], top: usize) -> String {
        let columns: Vec<String> =
            by.iter().map(|field| format!("  {},\n", field.selected())).collect();
        let positions: Vec<String> = (1..=by.len()).map(|at| at.to_string()).collect();
        let positions = positions.join(", ");
        format!(
            "SELECT\n{}  {} AS {}\n{}\nGROUP BY {positions}\nORDER BY {} DESC, {positions}\nLIMIT {top}",
            columns.concat(),
            self.amount(None),
            self.measure.1,
            self.from(self.during(), None),
            by.len() + 1
        )
    }

    /// Amounts of each quarter of an hour.
    pub(crate) fn hours(&self) -> String {
        format!(
            "SELECT\n  {} AS quarter,\n  {} AS {}\n{}\nGROUP BY 1\nORDER BY 1",
            bin(QUARTER),
            self.amount(None),
            self.measure.1,
            self.from(self.during(), Some("event_time IS NOT NULL"))
        )
    }

    fn during(&self) -> Option<Window> {
        self.windows.during.or(self.windows.span)
    }

    fn sides(&self) -> (String, String) {
        let condition = |window: Option<Window>| {
            window.map_or_else(|| "true".to_owned(), |window| window.condition("event_time"))
        };
        (condition(self.windows.during), condition(self.windows.before))
    }

    /// The measure over all rows, or over those that meet a condition.
    fn amount(&self, condition: Option<&str>) -> String {
        let aggregate = &self.measure.0;
        let filtered = match condition {
            Some(condition) => format!("{aggregate} FILTER (WHERE {condition})"),
            None => aggregate.clone(),
        };
        match aggregate.starts_with("sum(") {
            true => format!("coalesce({filtered}, 0)"),
            false => filtered,
        }
    }

    fn from(&self, window: Option<Window>, further: Option<&str>) -> String {
        let window = window.map(|window| window.condition("event_time"));
        let condition = self.condition.as_ref().map(|condition| format!("({condition})"));
        let further = further.map(str::to_owned);
        let all: Vec<String> = window.into_iter().chain(condition).chain(further).collect();
        if all.is_empty() {
            return format!("FROM {}", self.name);
        }
        format!("FROM {}\nWHERE {}", self.name, all.join("\n  AND "))
    }
}

/// The start of the bin that an event lies in.
fn bin(width: Micros) -> String {
    let seconds = width / SECOND;
    format!("from_unixtime(floor(to_unixtime(event_time) / {seconds}) * {seconds})")
}
