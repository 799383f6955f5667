//! A text of SQL as tokens, with the quoting of Hive or of Trino.

use std::ops::Range;

use crate::error::Position;

/// Which quoting a statement has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Hive's: `'…'` and `"…"` are texts in which `\` takes the meaning of the next character away.
    Hive,
    /// Trino's: `'…'` is a text and `"…"` a name, in which the quote itself stands twice.
    Trino,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends, in bytes.
    pub(super) end: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// Digits, perhaps with a decimal point.
    Number,
    /// A text in quotes.
    Text,
    /// A name in quotes.
    Quoted,
    /// Anything else, such as `(` or `<>`.
    Symbol,
    /// A quote that is not closed.
    Open,
}

/// Reads one token after the other.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    end: usize,
    syntax: Syntax,
}

impl<'a> Lexer<'a> {
    /// A lexer for a range of a text.
    pub(super) fn new(sql: &'a str, range: Range<usize>, syntax: Syntax) -> Self {
        Self { sql, at: range.start, end: range.end, syntax }
    }

    fn rest(&self) -> &'a str {
        &self.sql[self.at..self.end]
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - blank.len();
            if blank.starts_with("--") {
                self.at += blank.find('\n').unwrap_or(blank.len());
            } else if let Some(inside) = blank.strip_prefix("/*")
                && let Some(length) = inside.find("*/")
            {
                self.at += length + 4;
            } else {
                return;
            }
        }
    }

    /// How long the quoted text at the beginning of `rest` is; None if it is not closed.
    fn quoted(rest: &str, quote: char, escapes: bool) -> Option<usize> {
        let mut characters = rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            if escapes && character == '\\' {
                characters.next();
            } else if character == quote {
                // A quote that stands twice is one inside, and texts side by side are one.
                if rest[at + 1..].starts_with(quote) {
                    characters.next();
                } else {
                    return Some(at + 1);
                }
            }
        }
        None
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let hive = self.syntax == Syntax::Hive;
        let run = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (kind, length) = match first {
            '\'' | '"' | '`' => {
                let kind = match first {
                    '\'' => Kind::Text,
                    '"' if hive => Kind::Text,
                    _ => Kind::Quoted,
                };
                match Self::quoted(rest, first, hive && first != '`') {
                    Some(length) => (kind, length),
                    None => (Kind::Open, rest.len()),
                }
            }
            _ if is_word(first) => {
                let length = run(is_word);
                if rest[..length].bytes().all(|byte| byte.is_ascii_digit()) {
                    (Kind::Number, length + fraction(&rest[length..]))
                } else {
                    (Kind::Word, length)
                }
            }
            _ => {
                let pair = ["<>", "!=", "<=", ">=", "=>", "->", "||"];
                let double = pair.iter().any(|pair| rest.starts_with(pair));
                (Kind::Symbol, if double { 2 } else { first.len_utf8() })
            }
        };
        let start = self.at;
        self.at += length;
        Some(Token { kind, start, end: self.at })
    }
}

/// The quoting of the statement that begins at a byte.
pub(super) fn syntax_at(sql: &str, start: usize) -> Syntax {
    let mut tokens = Lexer::new(sql, start..sql.len(), Syntax::Trino);
    let mut word = || tokens.next().map(|token| sql[token.start..token.end].to_ascii_uppercase());
    match word().as_deref() {
        Some("ALTER" | "DESC" | "DESCRIBE" | "DROP" | "MSCK" | "SHOW") => Syntax::Hive,
        Some("CREATE") => match word().as_deref() {
            Some("EXTERNAL" | "DATABASE" | "SCHEMA") => Syntax::Hive,
            Some("TABLE") => {
                let mut next = word();
                if next.as_deref() == Some("IF") {
                    word();
                    word();
                    next = word();
                }
                // The name, with its points.
                while next.is_some() {
                    next = word();
                    if next.as_deref() != Some(".") {
                        break;
                    }
                    word();
                }
                match next.as_deref() {
                    Some("WITH" | "AS" | "COMMENT") => Syntax::Trino,
                    _ => Syntax::Hive,
                }
            }
            _ => Syntax::Trino,
        },
        _ => Syntax::Trino,
    }
}

/// The place of a byte, in lines and characters from 1.
pub(super) fn position(sql: &str, at: usize) -> Position {
    let before = &sql[..at.min(sql.len())];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) as u64 + 1;
    Position { line, column }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// How long the fraction of a number is: `.5`.
fn fraction(rest: &str) -> usize {
    let Some(digits) = rest.strip_prefix('.') else {
        return 0;
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !digits[length..].starts_with(is_word);
    if length > 0 && ends { length + 1 } else { 0 }
}
