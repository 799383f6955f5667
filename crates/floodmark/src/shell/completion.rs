//! What Tab offers: columns of the tables that the input names, tables, keywords and backslash commands.

use std::sync::Arc;

use clap::ValueEnum;
use floodmark_engine::dialect::{self, KEYWORDS};
use floodmark_engine::{REJECTED, THREAT_IPS};
use floodmark_formats::table::{self, Table};
use reedline::{Completer, CompletionResult, Span, Suggestion};

use crate::render::Format;
use crate::shell::backslash::{self, Action};
use crate::shell::input::{Kind, Token, tokens};

/// The functions that questions to logs are made of.
const FUNCTIONS: &[&str] = &[
    "approx_distinct",
    "avg",
    "coalesce",
    "count",
    "date_trunc",
    "from_unixtime",
    "lower",
    "max",
    "min",
    "regexp_like",
    "row_number",
    "split_part",
    "substr",
    "sum",
];

/// The words after which a table stands.
const BEFORE_TABLES: &[&str] = &["FROM", "JOIN", "DESCRIBE"];

/// The names that Tab knows besides those of the log types.
pub(crate) struct Names {
    /// The columns of the table of rejected lines, which no log type declares.
    pub(crate) rejected: Vec<String>,
}

/// A table that the input names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Log(&'static str),
    Rejected,
}

/// What can be inserted, with what it is.
struct Offer {
    value: String,
    description: String,
    /// Whether nothing can follow it directly.
    is_word: bool,
}

impl Offer {
    fn new(value: impl Into<String>, description: impl Into<String>) -> Self {
        Self { value: value.into(), description: description.into(), is_word: false }
    }
}

impl Completer for Names {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let (start, offers) = self.offers(line, position);
        let suggestions = offers.into_iter().map(|offer| Suggestion {
            value: offer.value,
            description: Some(offer.description).filter(|description| !description.is_empty()),
            span: Span::new(start, position),
            append_whitespace: offer.is_word,
            ..Suggestion::default()
        });
        CompletionResult::fresh(suggestions.collect::<Vec<_>>())
    }
}

impl Names {
    /// Where the word before the cursor begins, and what it can become.
    fn offers(&self, input: &str, cursor: usize) -> (usize, Vec<Offer>) {
        let Some(typed) = input.get(..cursor) else { return (cursor, Vec::new()) };
        let mut before = tokens(typed);
        let prefix = match before.last() {
            Some(token) if token.kind == Kind::Command => return in_command(token),
            Some(token) if is_inside(token) => return (cursor, Vec::new()),
            Some(token) if token.kind == Kind::Word || !token.closed => token.text,
            _ => "",
        };
        if !prefix.is_empty() {
            before.pop();
        }
        before.retain(|token| !matches!(token.kind, Kind::Space | Kind::Comment));
        let mut offers = self.candidates(input, prefix, &before);
        let wanted = prefix.to_lowercase();
        offers.retain(|offer| {
            let value = offer.value.to_lowercase();
            value.starts_with(&wanted) || value.trim_start_matches(['"', '$']).starts_with(&wanted)
        });
        (cursor - prefix.len(), offers)
    }

    fn candidates(&self, input: &str, prefix: &str, before: &[Token<'_>]) -> Vec<Offer> {
        let last = before.last();
        if last.is_some_and(|last| BEFORE_TABLES.contains(&last.text.to_uppercase().as_str())) {
            return tables();
        }
        let mut named = named(input);
        if last.is_some_and(|last| last.text == ".") {
            // What stands before the point may be a table or the short name of one.
            let qualifier = before.len().checked_sub(2).and_then(|at| before.get(at));
            if let Some(table) = qualifier.and_then(table_of) {
                named = vec![table];
            }
            return self.columns(&named);
        }
        let mut offers = Vec::new();
        if !named.is_empty() {
            offers = self.columns(&named);
        } else if !prefix.is_empty() {
            offers = self.columns(&all());
        }
        offers.extend(tables());
        if !prefix.is_empty() {
            offers.extend(words(prefix));
        }
        offers
    }

    /// The columns of tables, each name once.
    fn columns(&self, named: &[Named]) -> Vec<Offer> {
        let mut offers: Vec<Offer> = Vec::new();
        let mut add = |offer: Offer| {
            if !offers.iter().any(|other| other.value == offer.value) {
                offers.push(offer);
            }
        };
        for table in named {
            match table {
                Named::Log(name) => {
                    table::find(name).map(columns_of).into_iter().flatten().for_each(&mut add)
                }
                Named::Rejected => {
                    self.rejected.iter().for_each(|name| add(Offer::new(written(name), "")));
                }
            }
        }
        offers
    }
}

/// Whether the cursor stands in a text or a comment, where there is nothing to offer.
fn is_inside(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Text => !token.closed,
        Kind::Comment => !token.closed || token.text.starts_with("--"),
        _ => false,
    }
}

fn columns_of(table: &Arc<Table>) -> impl Iterator<Item = Offer> {
    table.columns.iter().map(|column| {
        let column = column.column;
        let description = format!("{:<9} {}", column.column_type.athena(), column.meaning);
        Offer::new(written(column.name), description)
    })
}

/// A column's name as SQL reads it.
fn written(name: &str) -> String {
    let is_plain = name.chars().all(|character| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
    }) && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_plain && !KEYWORDS.contains(&name.to_uppercase().as_str()) {
        name.to_owned()
    } else {
        dialect::identifier(name)
    }
}

fn table_of(token: &Token<'_>) -> Option<Named> {
    if !matches!(token.kind, Kind::Word | Kind::Name) {
        return None;
    }
    let name = token.text.trim_matches(['"', '`']).to_lowercase();
    if name == REJECTED {
        return Some(Named::Rejected);
    }
    table::find(&name).map(|table| Named::Log(table.log_type.name))
}

/// The tables that the input names, each once.
fn named(input: &str) -> Vec<Named> {
    let mut named = Vec::new();
    for table in tokens(input).iter().filter_map(table_of) {
        if !named.contains(&table) {
            named.push(table);
        }
    }
    named
}

fn all() -> Vec<Named> {
    table::all().iter().map(|table| Named::Log(table.log_type.name)).collect()
}

fn tables() -> Vec<Offer> {
    let mut offers = Vec::new();
    for table in table::all() {
        let log_type = table.log_type;
        offers.push(Offer::new(log_type.name, log_type.title));
    }
    offers.push(Offer::new(REJECTED, "The lines of all logs that are no rows"));
    offers.push(Offer::new(THREAT_IPS, "The entries of the threat lists that you imported"));
    // AWS's names come last: whoever types theirs finds them, whoever looks is not shown each table twice.
    for table in table::all() {
        let also = format!("the same as {}", table.log_type.name);
        let aliases = table.log_type.aliases.iter();
        offers.extend(aliases.map(|alias| Offer::new(*alias, also.as_str())));
    }
    offers
}

/// Keywords and functions, in the case that is being typed.
fn words(prefix: &str) -> impl Iterator<Item = Offer> {
    let is_lower = !prefix.contains(char::is_uppercase);
    let keywords = KEYWORDS.iter().map(move |keyword| {
        let value = if is_lower { keyword.to_lowercase() } else { (*keyword).to_owned() };
        Offer { value, description: String::new(), is_word: true }
    });
    let functions = FUNCTIONS.iter().map(|function| Offer::new(format!("{function}("), "function"));
    keywords.chain(functions)
}

/// What a backslash command or its argument can become.
fn in_command(token: &Token<'_>) -> (usize, Vec<Offer>) {
    let Some((name, _)) = token.text.split_once(char::is_whitespace) else {
        let commands =
            backslash::ALL.iter().filter(|command| command.names[0].starts_with(token.text));
        let offers =
            commands.map(|command| Offer::new(command.names[0], command.meaning)).collect();
        return (token.start, offers);
    };
    let begun = token.text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let action = backslash::ALL.iter().find(|command| command.names.contains(&name));
    let mut offers = match action.map(|command| command.action) {
        Some(Action::Describe) => tables(),
        Some(Action::Expanded | Action::Timing) => {
            vec![Offer::new("on", ""), Offer::new("off", "")]
        }
        Some(Action::Format) => values::<Format>(),
        Some(Action::Report) => values::<crate::settings::ReportForm>(),
        _ => Vec::new(),
    };
    offers.retain(|offer| offer.value.starts_with(&token.text[begun..]));
    (token.start + begun, offers)
}

fn values<T: ValueEnum>() -> Vec<Offer> {
    let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let offer = |value: clap::builder::PossibleValue| {
        let help = value.get_help().map(ToString::to_string);
        Offer::new(value.get_name(), help.unwrap_or_default())
    };
    values.map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::Names;

    /// Checks what is offered first at the `|`, and how often anything is.
    #[track_caller]
    fn check(input: &str, start: usize, first: &[&str], total: impl FnOnce(usize) -> bool) {
        let cursor = input.find('|').unwrap();
        let names = Names { rejected: vec!["log_type".to_owned(), "reason".to_owned()] };
        let (at, offers) = names.offers(&input.replace('|', ""), cursor);
        let offered: Vec<_> = offers.iter().map(|offer| offer.value.as_str()).collect();
        assert_eq!(at, start, "{input}");
        assert_eq!(&offered[..first.len().min(offered.len())], first, "{input}");
        assert!(total(offered.len()), "{input}: {offered:?}");
    }

    #[test]
    fn columns_of_the_named_tables_come_first() {
        check("SELECT cl| FROM nlb", 7, &["client_ip", "client_port"], |total| total > 2);
        check("SELECT | FROM nlb", 7, &["type", "version", "time"], |total| total > 20);
        check("SELECT * FROM vpc_flow WHERE en|", 29, &["\"end\""], |total| total > 1);
        check("SELECT n.cl| FROM nlb n", 9, &["client_ip", "client_port"], |total| total == 2);
        check("SELECT nlb.cl| FROM nlb, alb", 11, &["client_ip", "client_port"], |total| {
            total == 2
        });
        check("SELECT reas| FROM rejected", 7, &["reason"], |total| total == 1);
        check("SELECT \"$p| FROM nlb", 7, &["\"$path\""], |total| total == 1);
        check("SELECT pat| FROM nlb", 7, &["\"$path\""], |total| total >= 1);
    }

    #[test]
    fn tables_are_offered_where_one_stands() {
        check("SELECT * FROM n|", 14, &["nlb"], |total| total > 2);
        check("SELECT * FROM nl|", 14, &["nlb", "nlb_tls_logs"], |total| total == 2);
        check("SELECT * FROM |", 14, &[], |total| total > 20);
        check("describe rej|", 9, &["rejected"], |total| total == 1);
    }

    #[test]
    fn keywords_are_offered_in_the_case_that_is_typed() {
        check("sel|", 0, &["select"], |total| total == 1);
        check("SEL|", 0, &["SELECT"], |total| total == 1);
        check("SELECT approx|", 7, &["approx_distinct("], |total| total == 1);
    }

    #[test]
    fn nothing_is_offered_in_texts_and_comments() {
        check("SELECT 'cl|' FROM nlb", 10, &[], |total| total == 0);
        check("SELECT 1 -- sel|", 15, &[], |total| total == 0);
        check("/* sel|", 6, &[], |total| total == 0);
    }

    #[test]
    fn commands_and_their_arguments_are_offered() {
        check("\\f|", 0, &["\\from", "\\format"], |total| total == 2);
        check("\\format c|", 8, &["csv"], |total| total == 1);
        check("\\d nl|", 3, &["nlb", "nlb_tls_logs"], |total| total == 2);
        check("\\x |", 3, &["on", "off"], |total| total == 2);
    }
}
