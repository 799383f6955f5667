//! The tokens of a text, in the shape in which the parser takes Trino's syntax.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Word};

use crate::dialect::trino::TrinoDialect;
use crate::dialect::{mistakes, syntax};
use crate::error::{Error, MALFORMED_QUERY, Position, Result};

/// Reads the tokens of a text. Names are in lower case, also quoted ones, as Athena does not tell the cases apart.
pub(crate) fn read(sql: &str) -> Result<Vec<TokenWithSpan>> {
    let tokens = Tokenizer::new(&TrinoDialect, sql)
        .tokenize_with_location()
        .map_err(|error| syntax::error(&error.to_string(), sql))?;
    check(&tokens)?;
    if let Some(mistake) = mistakes::find(&tokens) {
        return Err(mistake);
    }
    let mut tokens = unicode_escapes(tokens)?;
    for token in &mut tokens {
        match &mut token.token {
            Token::Word(word) => word.value = word.value.to_lowercase(),
            Token::HexStringLiteral(digits) => digits.retain(|digit| !digit.is_whitespace()),
            // Its escapes were read by the tokenizer.
            Token::UnicodeStringLiteral(text) => {
                token.token = Token::SingleQuotedString(std::mem::take(text));
            }
            _ => {}
        }
    }
    Ok(values_in_parentheses(&tables_as_queries(tokens)))
}

/// The hidden columns, such as `"$path"`, that tokens name.
pub(crate) fn hidden_columns(tokens: &[TokenWithSpan]) -> Vec<String> {
    let mut names: Vec<String> = tokens
        .iter()
        .filter_map(|token| match &token.token {
            Token::Word(word) if word.quote_style.is_some() && word.value.starts_with('$') => {
                Some(word.value.clone())
            }
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A statement's place in a text: where it begins, and where the next may.
pub(crate) type Place = (Position, Position);

/// The whole of a text.
pub(crate) fn everywhere() -> Place {
    (Position { line: 0, column: 0 }, Position { line: u64::MAX, column: 0 })
}

/// The places of the statements.
pub(crate) fn places(tokens: &[TokenWithSpan]) -> Vec<Place> {
    let mut places = Vec::new();
    let (mut from, end) = everywhere();
    let mut is_empty = true;
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::SemiColon => {
                let to = position(token.span).unwrap_or(end);
                if !std::mem::replace(&mut is_empty, true) {
                    places.push((from, to));
                }
                from = to;
            }
            _ => is_empty = false,
        }
    }
    if !is_empty {
        places.push((from, end));
    }
    places
}

/// The place where a token begins.
pub(crate) fn position(span: Span) -> Option<Position> {
    let start = span.start;
    (start.line > 0).then_some(Position { line: start.line, column: start.column })
}

/// `U&'#0041' UESCAPE '#'` as the text that it stands for.
fn unicode_escapes(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>> {
    let is_escape = |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case("uescape"));
    if !tokens.iter().any(|token| is_escape(&token.token)) {
        return Ok(tokens);
    }
    let mut result: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut tokens =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    while let Some(token) = tokens.next() {
        let is_literal = matches!(
            result.last(),
            Some(TokenWithSpan { token: Token::UnicodeStringLiteral(_), .. })
        );
        if !is_escape(&token.token) || !is_literal {
            result.push(token);
            continue;
        }
        let at = position(token.span);
        let invalid = |message: &str| Error::invalid_query(message).code(MALFORMED_QUERY).at(at);
        let escape = match tokens.next().map(|token| token.token) {
            Some(Token::SingleQuotedString(text)) if text.chars().count() == 1 => {
                text.chars().next().unwrap_or('\\')
            }
            _ => return Err(invalid("Empty Unicode escape character")),
        };
        if let Some(TokenWithSpan { token: Token::UnicodeStringLiteral(text), .. }) =
            result.last_mut()
        {
            *text = unescaped(text, escape)
                .ok_or_else(|| invalid("Incomplete escape sequence in a Unicode literal"))?;
        }
    }
    Ok(result)
}

/// The text of escapes with four digits, or with a plus and six.
fn unescaped(text: &str, escape: char) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character != escape {
            result.push(character);
            continue;
        }
        if let Some(after) = rest.strip_prefix(escape) {
            result.push(escape);
            rest = after;
            continue;
        }
        let (digits, length) = match rest.strip_prefix('+') {
            Some(digits) => (digits, 6),
            None => (rest, 4),
        };
        let number = digits.get(..length)?;
        result.push(char::from_u32(u32::from_str_radix(number, 16).ok()?)?);
        rest = &digits[length..];
    }
    Some(result)
}

/// Names that other engines take, and Trino does not.
fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    for (at, token) in tokens.iter().enumerate() {
        let message = match &token.token {
            Token::Char('`') => {
                "backquoted identifiers are not supported; use double quotes to quote identifiers"
            }
            Token::Number(..) if matches!(tokens.get(at + 1), Some(next) if is_unquoted(&next.token) && next.span.start == token.span.end) => {
                "identifiers must not start with a digit; surround the identifier with double quotes"
            }
            _ => continue,
        };
        let error = Error::invalid_query(message).code(MALFORMED_QUERY);
        return Err(error.at(position(token.span)));
    }
    Ok(())
}

fn is_unquoted(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none())
}

fn keyword(token: &Token) -> Keyword {
    match token {
        Token::Word(word) if word.quote_style.is_none() => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

fn made(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(token, span)
}

fn made_keyword(keyword: Keyword, text: &str, span: Span) -> TokenWithSpan {
    made(Token::Word(Word { value: text.to_owned(), quote_style: None, keyword }), span)
}

/// `TABLE t` as `SELECT * FROM t`.
fn tables_as_queries(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut result: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut before = Token::SemiColon;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let begins = matches!(before, Token::SemiColon | Token::LParen | Token::RParen)
            || matches!(
                keyword(&before),
                Keyword::UNION
                    | Keyword::ALL
                    | Keyword::DISTINCT
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
                    | Keyword::EXPLAIN
                    | Keyword::ANALYZE
            );
        let is_table = begins && keyword(&token.token) == Keyword::TABLE;
        if matches!(token.token, Token::Whitespace(_)) {
            result.push(token);
            continue;
        }
        before = token.token.clone();
        if !is_table {
            result.push(token);
            continue;
        }
        while let Some(blank) = tokens.next_if(|token| matches!(token.token, Token::Whitespace(_)))
        {
            result.push(blank);
        }
        if tokens.peek().is_some_and(|next| matches!(next.token, Token::Word(_))) {
            result.push(made_keyword(Keyword::SELECT, "select", token.span));
            result.push(made(Token::Mul, token.span));
            result.push(made_keyword(Keyword::FROM, "from", token.span));
        } else {
            result.push(token);
        }
    }
    result
}

/// `VALUES 1, 2` as `VALUES (1), (2)`.
fn values_in_parentheses(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut result = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        result.push(token.clone());
        rest = after;
        let next = after.iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
        let is_values = keyword(&token.token) == Keyword::VALUES
            && next.is_some_and(|next| !matches!(next.token, Token::Period | Token::Comma));
        if is_values {
            loop {
                let (item, after) = rest.split_at(item_length(rest));
                push_item(item, &mut result);
                rest = after;
                match rest.split_first() {
                    Some((comma, after)) if comma.token == Token::Comma => {
                        result.push(comma.clone());
                        rest = after;
                    }
                    _ => break,
                }
            }
        }
    }
    result
}

/// How many tokens an item of VALUES has.
fn item_length(tokens: &[TokenWithSpan]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return at,
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma | Token::SemiColon | Token::EOF if depth == 0 => return at,
            token if depth == 0 => match keyword(token) {
                Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::ORDER
                | Keyword::OFFSET
                | Keyword::LIMIT
                | Keyword::FETCH => return at,
                _ => {}
            },
            _ => {}
        }
    }
    tokens.len()
}

/// Writes an item of VALUES, in parentheses if it has none.
fn push_item(item: &[TokenWithSpan], result: &mut Vec<TokenWithSpan>) {
    let is_blank = |token: &TokenWithSpan| matches!(token.token, Token::Whitespace(_));
    let Some(first) = item.iter().position(|token| !is_blank(token)) else {
        return result.extend_from_slice(item);
    };
    let last = item.iter().rposition(|token| !is_blank(token)).unwrap_or(first);
    let mut depth = 0_usize;
    let closes_at = item.iter().position(|token| {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => return false,
        }
        depth == 0
    });
    let is_row = keyword(&item[first].token) == Keyword::ROW
        && item[first + 1..]
            .iter()
            .find(|token| !is_blank(token))
            .is_some_and(|token| token.token == Token::LParen);
    if (item[first].token == Token::LParen || is_row) && closes_at == Some(last) {
        // Trino's ROW(1, 2) in VALUES is the row itself.
        return result.extend(
            item.iter()
                .enumerate()
                .filter(|(at, _)| !(is_row && *at == first))
                .map(|(_, token)| token.clone()),
        );
    }
    result.extend_from_slice(&item[..first]);
    result.push(made(Token::LParen, item[first].span));
    result.extend_from_slice(&item[first..=last]);
    result.push(made(Token::RParen, item[last].span));
    result.extend_from_slice(&item[last + 1..]);
}
