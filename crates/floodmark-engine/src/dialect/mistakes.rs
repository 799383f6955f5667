//! What other engines write, or documents make of it, and Athena does not take: found by its tokens, with what to write.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::tokens::position;
use crate::error::{Error, MALFORMED_QUERY};

/// The words that no unquoted name can be, and with which no expression begins.
pub(crate) const NO_EXPRESSIONS: &[&str] = &[
    "and",
    "as",
    "between",
    "by",
    "cross",
    "else",
    "except",
    "from",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "like",
    "natural",
    "on",
    "or",
    "order",
    "outer",
    "then",
    "union",
    "using",
    "when",
    "where",
];

/// The first mistake, if there is one.
pub(crate) fn find(tokens: &[TokenWithSpan]) -> Option<Error> {
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    (0..tokens.len()).find_map(|at| one(&tokens, at))
}

fn one(tokens: &[&TokenWithSpan], at: usize) -> Option<Error> {
    let token = &tokens[at].token;
    let before = at.checked_sub(1).map(|at| &tokens[at].token);
    let next = tokens.get(at + 1).map(|token| &token.token);
    let behind = tokens.get(at + 2).map(|token| &token.token);
    let is_operand = before.is_some_and(is_operand);
    let here = |hint: &str| Some(error(tokens[at], 0, "<expression>", hint));
    match (token, word(token)) {
        (Token::DoubleEq, _) => {
            Some(error(tokens[at], 1, "<expression>", "Athena compares with one `=`"))
        }
        (Token::DoubleColon, _) => here("write `CAST(value AS type)`"),
        (Token::Char('“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»'), _) => here(
            "this quote comes from a text editor: write 'text' for a text and \"name\" for a name",
        ),
        (Token::Tilde | Token::TildeAsterisk | Token::ExclamationMarkTilde, _) if is_operand => {
            here("write `regexp_like(text, 'pattern')`")
        }
        (Token::LBracket, _) if !is_operand && !before.is_some_and(|token| is(token, "array")) => {
            here("an array is written `ARRAY[1, 2]`")
        }
        (Token::LBrace, _) => here("a map is written `MAP(ARRAY['key'], ARRAY['value'])`"),
        (Token::Comma, _) => {
            let next = tokens.get(at + 1)?;
            let ends = match word(&next.token) {
                Some(word) => NO_EXPRESSIONS.contains(&word) && !matches!(word, "as" | "in" | "is"),
                None => matches!(next.token, Token::RParen | Token::EOF),
            };
            ends.then(|| {
                let expected = if is_list_of_outputs(&tokens[..at]) {
                    "'*', <expression>"
                } else {
                    "<expression>"
                };
                error(next, 0, expected, "the comma before it is one too many")
            })
        }
        (_, Some("ilike")) if is_operand && is_text(next) => {
            here("write `lower(text) LIKE 'pattern'`, or `regexp_like(text, '(?i)pattern')`")
        }
        (_, Some("rlike" | "regexp" | "similar" | "glob")) if is_operand && is_text(next) => {
            here("write `regexp_like(text, 'pattern')`")
        }
        (_, Some("top")) if before.is_some_and(|token| is(token, "select")) => match next {
            Some(Token::Number(digits, _)) => Some(error(
                tokens[at + 1],
                0,
                "<EOF>",
                &format!("write `LIMIT {digits}` at the end"),
            )),
            _ => None,
        },
        (_, Some("on"))
            if before.is_some_and(|token| is(token, "distinct"))
                && next == Some(&Token::LParen) =>
        {
            let hint =
                "number the rows with `row_number() OVER (PARTITION BY …)` and keep the first";
            Some(error(tokens[at], 0, "'*', <expression>", hint))
        }
        (_, Some("group" | "order"))
            if !next.is_some_and(|next| is(next, "by"))
                && !before
                    .is_some_and(|token| is(token, "within") || matches!(token, Token::Period)) =>
        {
            Some(error(tokens.get(at + 1)?, 0, "'BY'", "write `GROUP BY` or `ORDER BY`"))
        }
        (_, Some("offset"))
            if matches!(before, Some(Token::Number(..)))
                && matches!(next, Some(Token::Number(..)))
                && at >= 2
                && is(&tokens[at - 2].token, "limit") =>
        {
            Some(error(tokens[at], 0, "<EOF>", "OFFSET stands before LIMIT"))
        }
        (_, Some("limit"))
            if matches!(next, Some(Token::Minus)) && matches!(behind, Some(Token::Number(..))) =>
        {
            Some(error(tokens[at + 1], 0, "'ALL', <integer>", "a limit counts from 0"))
        }
        _ => None,
    }
}

fn error(token: &TokenWithSpan, columns: u64, expected: &str, hint: &str) -> Error {
    let found = match &token.token {
        Token::DoubleEq => "=".to_owned(),
        Token::DoubleColon => ":".to_owned(),
        Token::EOF => "<EOF>".to_owned(),
        token => token.to_string(),
    };
    let position = position(token.span).map(|mut position| {
        position.column += columns;
        position
    });
    Error::invalid_query(format!("mismatched input '{found}'. Expecting: {expected}"))
        .code(MALFORMED_QUERY)
        .at(position)
        .hint(hint)
}

/// An unquoted word; tokens were made lower case, or not yet.
fn word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => {
            Some(WORDS.iter().find(|known| word.value.eq_ignore_ascii_case(known)).copied()?)
        }
        _ => None,
    }
}

/// The words that matter here.
const WORDS: &[&str] = &[
    "and",
    "as",
    "between",
    "by",
    "cross",
    "else",
    "except",
    "from",
    "glob",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "like",
    "limit",
    "natural",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "regexp",
    "rlike",
    "similar",
    "then",
    "top",
    "union",
    "using",
    "when",
    "where",
];

fn is(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
}

fn is_text(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::SingleQuotedString(_)))
}

/// Whether a value can end with this token.
fn is_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            word.quote_style.is_some()
                || !matches!(
                    word.keyword,
                    Keyword::SELECT
                        | Keyword::DISTINCT
                        | Keyword::WHERE
                        | Keyword::HAVING
                        | Keyword::AND
                        | Keyword::OR
                        | Keyword::NOT
                        | Keyword::IN
                        | Keyword::BY
                        | Keyword::ON
                        | Keyword::WHEN
                        | Keyword::THEN
                        | Keyword::ELSE
                        | Keyword::VALUES
                        | Keyword::LIKE
                        | Keyword::BETWEEN
                        | Keyword::ARRAY
                )
        }
        Token::RParen
        | Token::RBracket
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_) => true,
        _ => false,
    }
}

/// Whether a comma behind these tokens is one between outputs.
fn is_list_of_outputs(tokens: &[&TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for token in tokens.iter().rev() {
        match &token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return false,
            Token::LParen => depth -= 1,
            token if depth == 0 && is(token, "select") => return true,
            token if depth == 0 && (is(token, "from") || is(token, "by")) => return false,
            _ => {}
        }
    }
    false
}
