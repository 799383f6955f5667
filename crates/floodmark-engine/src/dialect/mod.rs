//! SQL as text: the only place where the parser is touched.

pub(crate) mod functions;
pub(crate) mod subscript;
mod trino;
pub(crate) mod trino_type;
pub(crate) mod value_text;

use std::collections::VecDeque;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Ident, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Statement as SqlStatement, TableFactor, VisitMut, VisitorMut,
    WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use floodmark_formats::table;

use crate::dialect::trino::TrinoDialect;
use crate::error::{Error, Position, Result};

/// One statement, ready to be planned.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub(crate) statement: Statement,
    /// The hidden columns that it names.
    pub(crate) hidden: Vec<String>,
}

/// Reads statements separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub fn parse(sql: &str) -> Result<Vec<Parsed>> {
    let dialect = TrinoDialect;
    let statements = DFParserBuilder::new(sql)
        .with_dialect(&dialect)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| syntax_error(&error.strip_backtrace(), sql))?;
    let hidden = hidden_columns(sql, &dialect);
    statements
        .into_iter()
        .map(|statement| prepare(statement, &hidden))
        .collect::<Result<VecDeque<_>>>()
        .map(Vec::from)
}

/// The hidden columns, such as `"$path"`, that a text names.
fn hidden_columns(sql: &str, dialect: &TrinoDialect) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(dialect, sql).tokenize() else {
        return Vec::new();
    };
    let mut names: Vec<String> = tokens
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) if word.quote_style.is_some() && word.value.starts_with('$') => {
                Some(word.value)
            }
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn prepare(mut statement: Statement, hidden: &[String]) -> Result<Parsed> {
    let inner = match &mut statement {
        Statement::Statement(inner) => inner.as_mut(),
        Statement::Explain(explain) => match explain.statement.as_mut() {
            Statement::Statement(inner) => inner.as_mut(),
            _ => return Err(not_supported()),
        },
        _ => return Err(not_supported()),
    };
    if !matches!(
        inner,
        SqlStatement::Query(_)
            | SqlStatement::Explain { .. }
            | SqlStatement::ExplainTable { .. }
            | SqlStatement::ShowTables { .. }
            | SqlStatement::ShowColumns { .. }
    ) {
        return Err(not_supported());
    }
    if !hidden.is_empty() {
        let mut narrow = LeaveOut { hidden, with: Vec::new() };
        let _ = VisitMut::visit(inner, &mut narrow);
    }
    Ok(Parsed { statement, hidden: hidden.to_vec() })
}

fn not_supported() -> Error {
    Error::new(
        crate::error::ErrorKind::NotSupported,
        "only queries are run: SELECT, WITH, VALUES, EXPLAIN, DESCRIBE and SHOW",
    )
}

/// `SELECT *` leaves the hidden columns out, also where the statement names some.
struct LeaveOut<'a> {
    hidden: &'a [String],
    /// The names of common table expressions: these have no hidden columns.
    with: Vec<String>,
}

impl LeaveOut<'_> {
    /// The names under which a part of FROM gives logs.
    fn logs(&self, factor: &TableFactor, found: &mut Vec<String>) {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.logs(&table_with_joins.relation, found);
            for join in &table_with_joins.joins {
                self.logs(&join.relation, found);
            }
        }
        found.extend(self.log(factor));
    }

    fn log(&self, factor: &TableFactor) -> Option<String> {
        let TableFactor::Table { name, alias, .. } = factor else {
            return None;
        };
        let last = name.0.last()?.as_ident()?.value.to_ascii_lowercase();
        if self.with.contains(&last) || table::find(&last).is_none() {
            return None;
        }
        Some(alias.as_ref().map_or(last, |alias| alias.name.value.to_ascii_lowercase()))
    }

    /// Leaves the hidden columns out, besides those that the statement leaves out itself.
    fn exclude(&self, options: &mut WildcardAdditionalOptions) {
        let mut names: Vec<ObjectName> = match options.opt_exclude.take() {
            None => Vec::new(),
            Some(ExcludeSelectItem::Single(name)) => vec![name],
            Some(ExcludeSelectItem::Multiple(names)) => names,
        };
        let hidden = self.hidden.iter().map(|name| ObjectName::from(Ident::with_quote('"', name)));
        let hidden: Vec<_> = hidden.filter(|name| !names.contains(name)).collect();
        names.extend(hidden);
        options.opt_exclude = Some(ExcludeSelectItem::Multiple(names));
    }
}

impl VisitorMut for LeaveOut<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(with) = &query.with {
            let names = with.cte_tables.iter();
            self.with.extend(names.map(|table| table.alias.name.value.to_ascii_lowercase()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let factors = select.from.iter().flat_map(|from| {
            std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
        });
        let mut logs = Vec::new();
        for factor in factors {
            self.logs(factor, &mut logs);
        }
        for item in &mut select.projection {
            match item {
                SelectItem::Wildcard(options) if !logs.is_empty() => self.exclude(options),
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    let name = name.0.last().and_then(|part| part.as_ident());
                    let name = name.map(|name| name.value.to_ascii_lowercase());
                    if name.is_some_and(|name| logs.contains(&name)) {
                        self.exclude(options);
                    }
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

/// An error of the parser, with the place that its text names.
fn syntax_error(message: &str, sql: &str) -> Error {
    let message = message.strip_prefix("SQL error: ").unwrap_or(message);
    let message =
        message.trim_start_matches("ParserError(\"").trim_start_matches("TokenizerError(\"");
    let message = message.trim_end_matches("\")").replace("\\\"", "\"");
    let (text, position) = match message.find(" at Line: ") {
        Some(at) => (message[..at].to_owned(), position(&message[at..])),
        None if message.ends_with("found: EOF") => (message, Some(end_of(sql))),
        None => (message, None),
    };
    Error::invalid_query(text).at(position)
}

/// The place behind the last character of a text.
fn end_of(sql: &str) -> Position {
    let lines = sql.trim_end().lines();
    let last = lines.clone().last().unwrap_or_default();
    Position { line: lines.count().max(1) as u64, column: last.chars().count() as u64 + 1 }
}

fn position(text: &str) -> Option<Position> {
    let number = |text: &str| {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok()
    };
    let (_, line) = text.split_once("Line: ")?;
    let (_, column) = text.split_once("Column: ")?;
    Some(Position { line: number(line)?, column: number(column)? })
}

/// An identifier as it is written in SQL: the one quoting function.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
