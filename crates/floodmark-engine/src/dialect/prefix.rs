//! Beginnings of expressions that only Trino has: casts to its types, literals of its types, and functions with words within.

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Interval, LambdaFunction, LambdaFunctionParameter, LambdaSyntax,
    OneOrManyWithParens,
};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::functions::is_registered;
use crate::dialect::mistakes::NO_EXPRESSIONS;
use crate::dialect::moment::{self, Zone};
use crate::dialect::rewrite::{call, text};

/// The cast of Athena, which takes the name of a type as text.
pub(crate) const CAST: &str = "$cast";
/// The cast that gives NULL for what cannot be cast.
pub(crate) const TRY_CAST: &str = "$try_cast";
/// The function that gives NULL for what fails.
pub(crate) const TRY: &str = "$try";
/// The beginning of what the parser says of syntax that is Trino's, and not supported.
pub(crate) const NOT_SUPPORTED: &str = "not supported: ";
/// The beginning of what the parser says of literals that are none.
pub(crate) const INVALID_LITERAL: &str = "invalid literal: ";

/// The types whose literals are their name and a text.
const LITERAL_TYPES: &[&str] = &[
    "bigint",
    "boolean",
    "char",
    "date",
    "decimal",
    "double",
    "int",
    "integer",
    "ipaddress",
    "ipprefix",
    "json",
    "real",
    "smallint",
    "time",
    "timestamp",
    "tinyint",
    "uuid",
    "varchar",
];

type Parsed = Result<Expr, ParserError>;

/// Parses an expression that begins in Trino's own way; None for what the parser knows.
pub(crate) fn parse(parser: &mut Parser) -> Option<Parsed> {
    let Token::Word(word) = &parser.peek_token_ref().token else {
        return None;
    };
    if word.quote_style.is_some() {
        return None;
    }
    let word = word.value.clone();
    let next = &parser.peek_nth_token_ref(1).token;
    match (word.as_str(), next) {
        ("cast", Token::LParen) if is_registered(CAST) => Some(cast(parser, CAST)),
        ("try_cast", Token::LParen) if is_registered(TRY_CAST) => Some(cast(parser, TRY_CAST)),
        ("try", Token::LParen) => Some(attempt(parser)),
        ("trim", Token::LParen) => Some(trim(parser)),
        ("interval", Token::SingleQuotedString(_) | Token::Plus | Token::Minus) => {
            Some(interval(parser))
        }
        ("json_query" | "json_value" | "json_exists", Token::LParen) => Some(json(parser, &word)),
        ("json_table" | "json_object" | "json_array", Token::LParen) => {
            Some(refused(&format!("{} is not supported", word.to_uppercase())))
        }
        (name, next)
            if NO_EXPRESSIONS.contains(&name)
                && !matches!(next, Token::LParen | Token::Period | Token::Arrow) =>
        {
            let found = parser.peek_token();
            Some(parser.expected("an expression", found))
        }
        (name, Token::SingleQuotedString(literal)) if LITERAL_TYPES.contains(&name) => {
            let literal = literal.clone();
            typed(parser, name, &literal)
        }
        _ => None,
    }
}

fn refused(message: &str) -> Parsed {
    Err(ParserError::ParserError(format!("{NOT_SUPPORTED}{message}")))
}

/// `CAST(x AS type)`.
fn cast(parser: &mut Parser, function: &str) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let expr = parser.parse_expr()?;
    parser.expect_keyword_is(Keyword::AS)?;
    let name = type_name(parser)?;
    parser.expect_token(&Token::RParen)?;
    Ok(call(function, vec![expr, text(&name)]))
}

/// The name of a type, up to the parenthesis that closes what surrounds it: `row(a integer, b varchar)`.
fn type_name(parser: &mut Parser) -> Result<String, ParserError> {
    let mut name = String::new();
    let mut depth = 0_usize;
    let mut before = Token::LParen;
    loop {
        let TokenWithSpan { token, span } = parser.peek_token();
        let piece = match &token {
            Token::RParen if depth == 0 => break,
            Token::Word(word) => match word.quote_style {
                Some(_) => format!("\"{}\"", word.value),
                None => word.value.clone(),
            },
            Token::Number(number, _) => number.clone(),
            Token::Comma => ", ".to_owned(),
            Token::LParen | Token::Lt => {
                depth += 1;
                "(".to_owned()
            }
            Token::RParen | Token::Gt => {
                depth = depth.saturating_sub(1);
                ")".to_owned()
            }
            _ => return parser.expected("<type>", TokenWithSpan { token, span }),
        };
        let is_word = |token: &Token| matches!(token, Token::Word(_) | Token::Number(..));
        let is_apart = is_word(&token) && (is_word(&before) || matches!(before, Token::RParen));
        if is_apart {
            name.push(' ');
        }
        name.push_str(&piece);
        before = token;
        parser.next_token();
    }
    if name.is_empty() {
        let found = parser.peek_token();
        return parser.expected("<type>", found);
    }
    Ok(name)
}

/// `TRY(x)`: what fails is computed within a lambda, so that the failure can be caught.
fn attempt(parser: &mut Parser) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let expr = parser.parse_expr()?;
    parser.expect_token(&Token::RParen)?;
    let parameter =
        LambdaFunctionParameter { name: Ident::with_quote('"', "$row"), data_type: None };
    let lambda = Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::One(parameter),
        body: Box::new(expr),
        syntax: LambdaSyntax::Arrow,
    });
    Ok(call(TRY, vec![lambda]))
}

/// `TRIM([LEADING | TRAILING | BOTH] [characters] [FROM] source)`.
fn trim(parser: &mut Parser) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let side = parser.parse_one_of_keywords(&[Keyword::BOTH, Keyword::LEADING, Keyword::TRAILING]);
    let mut args = Vec::new();
    if side.is_some() && parser.parse_keyword(Keyword::FROM) {
        args.push(parser.parse_expr()?);
    } else {
        args.push(parser.parse_expr()?);
        if parser.parse_keyword(Keyword::FROM) {
            args.insert(0, parser.parse_expr()?);
        } else if parser.consume_token(&Token::Comma) {
            args.push(parser.parse_expr()?);
        }
    }
    parser.expect_token(&Token::RParen)?;
    let function = match side {
        Some(Keyword::LEADING) => "ltrim",
        Some(Keyword::TRAILING) => "rtrim",
        _ => "trim",
    };
    Ok(call(function, args))
}

/// `json_value(document, path)`; the clauses that may follow are not known.
fn json(parser: &mut Parser, function: &str) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let mut args = vec![parser.parse_expr()?];
    while parser.consume_token(&Token::Comma) {
        args.push(parser.parse_expr()?);
    }
    if parser.peek_token_ref().token != Token::RParen {
        return refused(&format!("clauses of {} are not supported", function.to_uppercase()));
    }
    parser.expect_token(&Token::RParen)?;
    Ok(call(function, args))
}

/// A literal such as `DATE '2024-10-05'`; None if the parser is to make of it what it can.
fn typed(parser: &mut Parser, name: &str, literal: &str) -> Option<Parsed> {
    let function = if name == "json" { "json_parse" } else { CAST };
    if !is_registered(function) {
        return match name {
            "json" | "ipaddress" | "ipprefix" | "uuid" => {
                Some(refused(&format!("literals of type {name} are not supported")))
            }
            _ => None,
        };
    }
    let begin = parser.peek_token().span.start;
    parser.next_token();
    parser.next_token();
    let is_valid = match name {
        "date" => moment::parse_date(literal).is_some(),
        "timestamp" => moment::parse_timestamp(literal)
            .is_some_and(|(_, zone)| zone.is_none_or(|zone| Zone::parse(zone).is_some())),
        _ => true,
    };
    if !is_valid {
        return Some(Err(invalid(literal, name, begin)));
    }
    let literal_type = match name {
        "json" => return Some(Ok(call(function, vec![text(literal)]))),
        "decimal" => decimal_type(literal),
        "timestamp" | "time" => time_type(name, literal),
        _ => name.to_owned(),
    };
    Some(Ok(call(function, vec![text(literal), text(&literal_type)])))
}

fn invalid(literal: &str, name: &str, begin: impl std::fmt::Display) -> ParserError {
    let name = name.to_uppercase();
    ParserError::ParserError(format!(
        "{INVALID_LITERAL}'{literal}' is not a valid {name} literal{begin}"
    ))
}

/// `decimal(3, 2)` for `1.20`.
fn decimal_type(literal: &str) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let scale = literal.split_once('.').map_or(0, |(_, fraction)| digits(fraction));
    format!("decimal({}, {scale})", digits(literal).max(1))
}

/// The type of a time, which its text says: how many digits its seconds have, and whether it has a zone.
fn time_type(name: &str, literal: &str) -> String {
    let fraction = literal.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.chars().take_while(char::is_ascii_digit).count().max(3);
    let clock = if name == "timestamp" { literal.get(10..).unwrap_or_default() } else { literal };
    let zone = clock.chars().any(|c| c == '+' || c == '-' || (c.is_alphabetic() && c != 'T'));
    format!("{name}({digits}){}", if zone { " with time zone" } else { "" })
}

/// `INTERVAL '1 02:03' DAY TO MINUTE`.
fn interval(parser: &mut Parser) -> Parsed {
    let begin = parser.peek_token();
    parser.next_token();
    let mut negative = false;
    if parser.consume_token(&Token::Minus) {
        negative = true;
    } else {
        let _ = parser.consume_token(&Token::Plus);
    }
    let TokenWithSpan { token: Token::SingleQuotedString(literal), .. } = parser.next_token()
    else {
        let found = parser.peek_token();
        return parser.expected("<string>", found);
    };
    let first = interval_field(parser)?;
    let last = if parser.parse_keyword(Keyword::TO) { interval_field(parser)? } else { first };
    let Some(value) = interval_text(&literal, negative, first, last) else {
        return Err(invalid(&literal, "interval", begin.span.start));
    };
    Ok(Expr::Interval(Interval {
        value: Box::new(text(&value)),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    }))
}

/// The fields of intervals, each with what stands before it in a text that has several.
const INTERVAL_FIELDS: [(&str, &str); 6] =
    [("year", ""), ("month", "-"), ("day", ""), ("hour", " "), ("minute", ":"), ("second", ":")];

fn interval_field(parser: &mut Parser) -> Result<usize, ParserError> {
    let found = parser.next_token();
    if let Token::Word(word) = &found.token
        && let Some(at) = INTERVAL_FIELDS.iter().position(|(name, _)| *name == word.value)
    {
        return Ok(at);
    }
    parser.expected("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'", found)
}

/// An interval as the planner reads it: `1 day 2 hour 3 minute`.
fn interval_text(literal: &str, negative: bool, first: usize, last: usize) -> Option<String> {
    let is_year_month = |field: usize| field < 2;
    if first > last || is_year_month(first) != is_year_month(last) {
        return None;
    }
    let mut rest = literal.trim();
    let minus = rest.starts_with('-');
    rest = rest.trim_start_matches(['-', '+']);
    let sign = if minus == negative { "" } else { "-" };
    let mut parts = Vec::new();
    for (field, (name, _)) in INTERVAL_FIELDS.iter().enumerate().take(last + 1).skip(first) {
        let end = match INTERVAL_FIELDS.get(field + 1) {
            Some((_, separator)) if field < last => rest.find(separator)?,
            _ => rest.len(),
        };
        let number = &rest[..end];
        let is_number = number
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_number || (number.contains('.') && *name != "second") {
            return None;
        }
        parts.push(format!("{sign}{number} {name}"));
        rest = rest[end..].get(1..).unwrap_or_default();
    }
    Some(parts.join(" "))
}
