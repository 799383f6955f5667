//! The expression by which `GetPartitions` chooses: conditions on partition keys in a small part of SQL.

use std::cmp::Ordering;

use floodmark_engine::catalog::ColumnDefinition;
use regex::Regex;

use crate::limits::{PARTITION_EXPRESSION_CHARACTERS_MAX, PARTITION_EXPRESSION_DEPTH_MAX};

/// A condition on the values of a partition.
#[derive(Debug)]
pub(super) struct PartitionExpression(Condition);

#[derive(Debug)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Test),
}

/// What is asked of the value of a key.
#[derive(Debug)]
struct Test {
    key: usize,
    kind: Kind,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Null,
    Compare(Operator, String),
    Between(String, String),
    In(Vec<String>),
    Like(Regex),
}

/// How values of a key's type are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The signs of comparisons; longer ones come first.
const OPERATORS: &[(&str, Operator)] = &[
    ("<>", Operator::NotEqual),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name or a word of the language; names in quotes are never words.
    Word(String),
    Name(String),
    /// A text in quotes, or a number as it is written.
    Text(String),
    Number(String),
    Operator(Operator),
    Symbol(char),
}

impl PartitionExpression {
    /// Reads an expression over the keys of a table. The error says what is wrong with it.
    pub(super) fn parse(text: &str, keys: &[ColumnDefinition]) -> Result<Self, String> {
        if text.chars().count() > PARTITION_EXPRESSION_CHARACTERS_MAX {
            return Err(format!(
                "the expression has more than {PARTITION_EXPRESSION_CHARACTERS_MAX} characters"
            ));
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, keys };
        let condition = parser.any()?;
        match parser.next() {
            None => Ok(Self(condition)),
            Some(token) => Err(unexpected(Some(token))),
        }
    }

    /// Whether the condition holds for these values of the keys.
    pub(super) fn takes(&self, values: &[Option<String>]) -> bool {
        self.0.holds(values) == Some(true)
    }
}

impl Condition {
    /// Whether it holds; None where a NULL leaves it open.
    fn holds(&self, values: &[Option<String>]) -> Option<bool> {
        match self {
            Self::Not(condition) => condition.holds(values).map(|holds| !holds),
            Self::Test(test) => test.holds(values.get(test.key).and_then(Option::as_deref)),
            Self::All(all) => decided(all, values, false),
            Self::Any(any) => decided(any, values, true),
        }
    }
}

/// What several conditions come to, of which one that is so decides.
fn decided(conditions: &[Condition], values: &[Option<String>], decides: bool) -> Option<bool> {
    let mut outcome = Some(!decides);
    for condition in conditions {
        match condition.holds(values) {
            Some(holds) if holds == decides => return Some(decides),
            Some(_) => {}
            None => outcome = None,
        }
    }
    outcome
}

impl Test {
    fn holds(&self, value: Option<&str>) -> Option<bool> {
        if let Check::Null = self.check {
            return Some(value.is_none());
        }
        let value = value?;
        let order = |other: &str| self.kind.order(value, other);
        match &self.check {
            Check::Null => None,
            Check::Compare(operator, other) => order(other).map(|order| operator.holds(order)),
            Check::Between(low, high) => Some(order(low)?.is_ge() && order(high)?.is_le()),
            Check::In(list) => Some(list.iter().any(|other| order(other) == Some(Ordering::Equal))),
            Check::Like(pattern) => Some(pattern.is_match(value)),
        }
    }
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The same with the sides exchanged.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

impl Kind {
    fn of(key: &ColumnDefinition) -> Self {
        match key.hive_type.split('(').next().unwrap_or_default() {
            "tinyint" | "smallint" | "int" | "integer" | "bigint" | "long" => Self::Integer,
            "float" | "double" | "decimal" => Self::Number,
            _ => Self::Text,
        }
    }

    fn order(self, one: &str, other: &str) -> Option<Ordering> {
        match self {
            Self::Text => Some(one.cmp(other)),
            Self::Integer => match (one.parse::<i128>(), other.parse::<i128>()) {
                (Ok(one), Ok(other)) => Some(one.cmp(&other)),
                _ => Self::Number.order(one, other),
            },
            Self::Number => one.parse::<f64>().ok()?.partial_cmp(&other.parse().ok()?),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_alphanumeric() || "_$-.".contains(character);
        let (token, length) = if "'\"`".contains(first) {
            let (text, length) = quoted(rest, first)?;
            (if first == '\'' { Token::Text(text) } else { Token::Name(text) }, length)
        } else if let Some((sign, operator)) =
            OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign))
        {
            (Token::Operator(*operator), sign.len())
        } else if first.is_ascii_digit() || "+-.".contains(first) {
            let is_number =
                |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
            let end = rest.find(|character| !is_number(character)).unwrap_or(rest.len());
            (Token::Number(rest[..end].to_owned()), end)
        } else if "(),".contains(first) {
            (Token::Symbol(first), 1)
        } else if is_word(first) {
            let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            (Token::Word(rest[..end].to_owned()), end)
        } else {
            return Err(format!("'{first}' cannot stand in the expression"));
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A text in quotes, in which two stand for one, and how long it is with them in bytes.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut unquoted = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            unquoted.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            unquoted.push(quote);
        } else {
            return Ok((unquoted, at + 1));
        }
    }
    Err("a quote in the expression is not closed".to_owned())
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        None => "the expression ends too early".to_owned(),
        Some(Token::Word(text) | Token::Name(text) | Token::Text(text) | Token::Number(text)) => {
            format!("'{text}' is not expected in the expression")
        }
        Some(Token::Symbol(symbol)) => format!("'{symbol}' is not expected in the expression"),
        Some(Token::Operator(_)) => "a comparison is not expected there".to_owned(),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    keys: &'a [ColumnDefinition],
}

/// One side of a comparison.
enum Operand {
    Key(usize),
    Value(String),
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    /// Takes a word of the language, if it is next.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Word(text)) if text.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn takes_symbol(&mut self, symbol: char) -> bool {
        let is_next = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(is_next);
        is_next
    }

    fn expects(&mut self, is_there: bool) -> Result<(), String> {
        if is_there { Ok(()) } else { Err(unexpected(self.next())) }
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut any = vec![self.all()?];
        while self.takes("OR") {
            any.push(self.all()?);
        }
        Ok(Condition::Any(any))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut all = vec![self.one()?];
        while self.takes("AND") {
            all.push(self.one()?);
        }
        Ok(Condition::All(all))
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > PARTITION_EXPRESSION_DEPTH_MAX {
            return Err(format!(
                "the expression is nested deeper than {PARTITION_EXPRESSION_DEPTH_MAX}"
            ));
        }
        let condition = if self.takes("NOT") {
            Condition::Not(Box::new(self.one()?))
        } else if self.takes_symbol('(') {
            let inner = self.any()?;
            let is_closed = self.takes_symbol(')');
            self.expects(is_closed)?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn test(&mut self) -> Result<Condition, String> {
        let key = match self.operand()? {
            Operand::Key(key) => key,
            Operand::Value(value) => {
                let Some(Token::Operator(operator)) = self.next() else {
                    return Err(format!("'{value}' is compared with nothing"));
                };
                let Operand::Key(key) = self.operand()? else {
                    return Err(format!("'{value}' is compared with no partition key"));
                };
                return self.tested(key, Check::Compare(operator.turned(), value));
            }
        };
        if let Some(Token::Operator(operator)) = self.tokens.get(self.at) {
            self.at += 1;
            let value = self.value()?;
            return self.tested(key, Check::Compare(*operator, value));
        }
        if self.takes("IS") {
            let is_not = self.takes("NOT");
            let is_null = self.takes("NULL");
            self.expects(is_null)?;
            return Ok(negated(is_not, self.tested(key, Check::Null)?));
        }
        let is_not = self.takes("NOT");
        let check = if self.takes("IN") {
            Check::In(self.list()?)
        } else if self.takes("BETWEEN") {
            let low = self.value()?;
            let is_there = self.takes("AND");
            self.expects(is_there)?;
            Check::Between(low, self.value()?)
        } else if self.takes("LIKE") {
            Check::Like(like(&self.value()?)?)
        } else {
            return Err(unexpected(self.next()));
        };
        Ok(negated(is_not, self.tested(key, check)?))
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        let is_open = self.takes_symbol('(');
        self.expects(is_open)?;
        let mut list = vec![self.value()?];
        while self.takes_symbol(',') {
            list.push(self.value()?);
        }
        let is_closed = self.takes_symbol(')');
        self.expects(is_closed)?;
        Ok(list)
    }

    fn value(&mut self) -> Result<String, String> {
        match self.operand()? {
            Operand::Value(value) => Ok(value),
            Operand::Key(key) => {
                Err(format!("the key '{}' stands where a value must", self.keys[key].name))
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let name = match self.next() {
            Some(Token::Text(text) | Token::Number(text)) => {
                return Ok(Operand::Value(text.clone()));
            }
            Some(Token::Word(name) | Token::Name(name)) => name,
            other => return Err(unexpected(other)),
        };
        let found = self.keys.iter().position(|key| key.name.eq_ignore_ascii_case(name));
        // `date '2024-01-02'`, and `true` for a key that is a boolean.
        match (found, self.tokens.get(self.at), name.to_lowercase().as_str()) {
            (_, Some(Token::Text(text)), "date" | "timestamp") => {
                self.at += 1;
                Ok(Operand::Value(text.clone()))
            }
            (Some(key), _, _) => Ok(Operand::Key(key)),
            (None, _, word @ ("true" | "false")) => Ok(Operand::Value(word.to_owned())),
            (None, _, _) => Err(format!("'{name}' is no partition key of the table")),
        }
    }

    /// A test of a key, whose values must be numbers where the key is one.
    fn tested(&self, key: usize, check: Check) -> Result<Condition, String> {
        let kind = Kind::of(&self.keys[key]);
        let values: Vec<&String> = match &check {
            Check::Null | Check::Like(_) => Vec::new(),
            Check::Compare(_, value) => vec![value],
            Check::Between(low, high) => vec![low, high],
            Check::In(list) => list.iter().collect(),
        };
        let wrong = values.into_iter().find(|value| value.parse::<f64>().is_err());
        match wrong.filter(|_| kind != Kind::Text) {
            Some(value) => {
                let ColumnDefinition { name, hive_type, .. } = &self.keys[key];
                Err(format!("'{value}' is no {hive_type}, as the key '{name}' is"))
            }
            None => Ok(Condition::Test(Test { key, kind, check })),
        }
    }
}

fn negated(is_not: bool, condition: Condition) -> Condition {
    if is_not { Condition::Not(Box::new(condition)) } else { condition }
}

/// The pattern of LIKE: `%` for any text, `_` for a character.
fn like(pattern: &str) -> Result<Regex, String> {
    let mut regex = String::from("(?s)^");
    for character in pattern.chars() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex::escape(&other.to_string())),
        }
    }
    regex.push('$');
    Regex::new(&regex).map_err(|_| "the pattern of LIKE is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<ColumnDefinition> {
        let keys = [("year", "string"), ("n", "int"), ("d", "date"), ("share", "decimal(4,2)")];
        let key = |(name, hive_type): (&str, &str)| ColumnDefinition {
            name: name.to_owned(),
            hive_type: hive_type.to_owned(),
            comment: None,
        };
        keys.map(key).to_vec()
    }

    #[test]
    fn glue_chooses_partitions_by_an_expression() {
        let values = ["2024", "10", "2024-01-05", "2.50"].map(|value| Some(value.to_owned()));
        let cases = [
            ("year='2024' AND n>'9'", true),
            ("year = '2024' and n < 9", false),
            ("(YEAR = 2023 OR n = 10)", true),
            ("9 < n", true),
            ("11 <= n", false),
            ("n != 10", false),
            ("n <> 10.5", true),
            ("n BETWEEN 2 AND 10", true),
            ("n NOT BETWEEN 2 AND 10", false),
            ("year in ('2023', '2024')", true),
            ("NOT year IN ('2024')", false),
            ("year like '20_4' and \"year\" LIKE '%4'", true),
            ("year not like '2.24'", true),
            ("d >= date '2024-01-05' and d < '2024-02-01'", true),
            ("share = 2.5", true),
            ("year is null", false),
            ("year IS NOT NULL", true),
            ("`year` = 'it''s'", false),
        ];
        for (text, expected) in cases {
            let expression = PartitionExpression::parse(text, &keys());
            assert_eq!(
                expression.map(|expression| expression.takes(&values)),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn glue_finds_nothing_in_a_null() {
        let values = vec![None; 4];
        let cases = [
            ("year = 'x'", false),
            ("NOT year = 'x'", false),
            ("year = 'x' OR n IS NULL", true),
            ("year = 'x' AND n IS NULL", false),
            ("NOT (year = 'x' AND n IS NOT NULL)", true),
        ];
        for (text, expected) in cases {
            let expression = PartitionExpression::parse(text, &keys()).expect("it can be read");
            assert_eq!(expression.takes(&values), expected, "{text}");
        }
    }

    #[test]
    fn glue_says_what_is_wrong_with_an_expression() {
        let deep = format!("{}n = 1{}", "(".repeat(100), ")".repeat(100));
        let long = format!("year = '{}'", "x".repeat(3000));
        let cases = [
            ("year", "ends too early"),
            ("year = ", "ends too early"),
            ("region = 'x'", "'region' is no partition key"),
            ("n = 'x'", "'x' is no int"),
            ("n = 1 n", "'n' is not expected"),
            ("year = 'x", "not closed"),
            ("year = n", "stands where a value must"),
            ("year ; 1", "';' cannot stand"),
            ("1 = 1", "compared with no partition key"),
            ("year in ()", "')' is not expected"),
            (&deep, "nested deeper"),
            (&long, "more than 2048 characters"),
        ];
        for (text, expected) in cases {
            let error = PartitionExpression::parse(text, &keys()).expect_err("it is wrong");
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
