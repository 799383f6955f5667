//! The fields of a log: its columns, the dimensions that it declares, and what is known of its addresses.

use floodmark_engine::dialect::identifier;
use floodmark_engine::{Error, Result};
use floodmark_formats::Table;
use floodmark_formats::column_type::ColumnType;
use floodmark_formats::kind::Kind;
use floodmark_formats::measure::Amount;
use floodmark_formats::table::Source as ColumnSource;
use floodmark_who::{Fact, Who};

/// The fields and measures of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogFields {
    /// The columns, then the dimensions, then the facts.
    pub(crate) fields: Vec<Field>,
    /// What can be added up; the first is the count of records.
    pub(crate) measures: Vec<Measure>,
    /// The field with the address that asks.
    pub(crate) client: Option<usize>,
    /// The field with the address that is asked.
    pub(crate) target: Option<usize>,
}

/// A column, a dimension, or a fact.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Its value, as Athena's SQL.
    pub(crate) sql: String,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    /// Athena's type.
    pub(crate) type_name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) about: String,
    pub(crate) source: Source,
    /// Whether a search looks into it.
    pub(crate) is_searched: bool,
}

/// Where a field's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The column with the time of the event, which every row has as a number.
    EventTime,
    /// A column.
    Column,
    /// An expression over columns.
    Dimension,
    /// What is known of the addresses of another field, by its position.
    Fact(usize, Fact),
}

/// What the values are for SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Whole,
    Real,
    Double,
    /// A date or a timestamp.
    Moment,
    Nested,
    /// An expression of which only the engine knows the type.
    Expression,
}

/// An amount that can be added up.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    /// The aggregate, as Athena's SQL; over no rows it is NULL or 0.
    pub(crate) sql: String,
    pub(crate) of: MeasureOf,
}

/// What a row adds to a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MeasureOf {
    /// One.
    Records,
    /// The number in a field, by its position.
    Field(usize),
    /// The number of an expression.
    Expression(String),
}

/// What is told of addresses, where there are data at hand.
const FACTS: &[(Fact, &str)] = &[
    (Fact::Country, "The country"),
    (Fact::AutonomousSystemName, "The name of the autonomous system"),
    (Fact::AwsService, "The AWS service"),
    (Fact::ThreatList, "The threat lists"),
];

/// Of how many fields of addresses, where the log has no client.
const NAMED: usize = 2;

impl LogFields {
    /// The fields and measures of a log's table. Facts are fields only where there are data at hand that tell them.
    pub(crate) fn of(table: &Table, who: &Who) -> Self {
        let log_type = table.log_type;
        let mut fields = Vec::new();
        for column in table.columns.iter().filter(|column| !column.hidden) {
            let is_time = matches!(column.source, ColumnSource::EventTime);
            let of_record = !matches!(column.source, ColumnSource::EventEnd) && !is_time;
            let column = column.column;
            let shape = shape(column.column_type);
            fields.push(Field {
                name: column.name.to_owned(),
                sql: identifier(column.name),
                kind: column.kind,
                shape,
                type_name: column.column_type.athena(),
                unit: column.unit,
                about: column.meaning.to_owned(),
                source: if is_time { Source::EventTime } else { Source::Column },
                is_searched: of_record && !matches!(shape, Shape::Real | Shape::Double),
            });
        }
        for dimension in log_type.dimensions {
            let is_number = matches!(dimension.kind, Kind::Port | Kind::Quantity);
            fields.push(Field {
                name: dimension.name.to_owned(),
                sql: dimension.sql.to_owned(),
                kind: dimension.kind,
                shape: Shape::Expression,
                type_name: if is_number { "bigint" } else { "string" },
                unit: "",
                about: format!("`{}`", dimension.sql),
                source: Source::Dimension,
                is_searched: false,
            });
        }
        let client = log_type.client.and_then(|client| {
            let quoted = identifier(client);
            fields.iter().position(|field| field.sql == client || field.sql == quoted)
        });
        let addresses = (0..fields.len()).filter(|at| fields[*at].kind == Kind::Address);
        let mut others = addresses.clone().filter(|at| Some(*at) != client);
        let target = client.and_then(|_| others.next());
        let named: Vec<usize> = match client {
            Some(client) => std::iter::once(client).chain(target).collect(),
            None => addresses.take(NAMED).collect(),
        };
        for (fact, about) in FACTS {
            // Of a damaged file the server tells with the start; the log is looked at without it.
            if !who.has(*fact).unwrap_or(false) {
                continue;
            }
            for at in &named {
                let of = &fields[*at];
                fields.push(Field {
                    name: format!("{}({})", fact.name(), of.name),
                    sql: format!("{}({})", fact.name(), of.sql),
                    kind: Kind::Category,
                    shape: Shape::Text,
                    type_name: "string",
                    unit: "",
                    about: format!("{about} of `{}`.", of.name),
                    source: Source::Fact(*at, *fact),
                    is_searched: false,
                });
            }
        }
        let additive = log_type.measures.iter().filter(|measure| measure.amount.is_additive());
        let measures = additive.map(|measure| Measure {
            name: measure.name,
            title: measure.title,
            unit: measure.unit,
            sql: measure.sql(),
            of: match measure.amount {
                Amount::Sum(number) => {
                    match fields.iter().position(|field| {
                        field.name == number && matches!(field.shape, Shape::Whole | Shape::Double)
                    }) {
                        Some(field) => MeasureOf::Field(field),
                        None => MeasureOf::Expression(format!("CAST({number} AS double)")),
                    }
                }
                Amount::CountIf(condition) => {
                    MeasureOf::Expression(format!("CAST(if({condition}, 1, 0) AS double)"))
                }
                _ => MeasureOf::Records,
            },
        });
        let measures = measures.collect();
        Self { fields, measures, client, target }
    }

    /// The position of a field.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none of this name.
    pub(crate) fn find(&self, name: &str) -> Result<usize> {
        self.fields.iter().position(|field| field.name == name).ok_or_else(|| {
            let error = Error::not_found(format!("the log has no field `{name}`"));
            match name.contains('(') {
                true => error.hint("`floodmark data update` fetches what is told of addresses"),
                false => error.hint("`floodmark describe` lists the columns"),
            }
        })
    }

    /// A measure by its name; the count of records for an empty one.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none of this name, or if its amounts do not add up.
    pub(crate) fn measure(&self, name: &str) -> Result<usize> {
        if name.is_empty() {
            return Ok(0);
        }
        self.measures.iter().position(|measure| measure.name == name).ok_or_else(|| {
            let names: Vec<_> =
                self.measures.iter().map(|measure| format!("`{}`", measure.name)).collect();
            Error::not_found(format!("there is no measure `{name}` whose amounts add up"))
                .hint(format!("choose one of {}", names.join(", ")))
        })
    }
}

impl Field {
    /// Its value as text, in SQL.
    pub(crate) fn text_sql(&self) -> String {
        match self.shape {
            Shape::Text => self.sql.clone(),
            Shape::Nested => format!("json_format(CAST({} AS json))", self.sql),
            _ => format!("CAST({} AS varchar)", self.sql),
        }
    }

    /// Its value as a number, in SQL.
    pub(crate) fn number_sql(&self) -> String {
        match self.shape {
            Shape::Whole | Shape::Real | Shape::Double => self.sql.clone(),
            _ => format!("TRY_CAST({} AS double)", self.text_sql()),
        }
    }

    /// Its value as it is shown, in SQL.
    pub(crate) fn shown_sql(&self) -> String {
        if self.shape == Shape::Nested { self.text_sql() } else { self.sql.clone() }
    }

    /// The value under its name, as in a list of SELECT.
    pub(crate) fn selected(&self) -> String {
        let (sql, name) = (self.shown_sql(), identifier(&self.name));
        if sql == name { name } else { format!("{sql} AS {name}") }
    }

    /// Whether its order is that of numbers.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.shape, Shape::Whole | Shape::Real | Shape::Double)
            || matches!(self.kind, Kind::Quantity | Kind::Port | Kind::Status)
    }

    /// Whether its values are worth counting by themselves.
    pub(crate) fn is_facet(&self) -> bool {
        self.shape != Shape::Nested && self.source != Source::EventTime
    }
}

fn shape(column_type: ColumnType) -> Shape {
    match column_type {
        ColumnType::String => Shape::Text,
        ColumnType::Int | ColumnType::BigInt => Shape::Whole,
        ColumnType::Float => Shape::Real,
        ColumnType::Double => Shape::Double,
        ColumnType::Date | ColumnType::Timestamp => Shape::Moment,
        ColumnType::Nested(_) => Shape::Nested,
    }
}
