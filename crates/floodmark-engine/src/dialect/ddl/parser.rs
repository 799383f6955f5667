//! The place in a statement, and what may come next. All errors of syntax are made here.
//!
//! Athena has two grammars, one for Hive's statements and one for Trino's, whose errors are worded differently. Where Athena
//! tries both and says only that it did not expect `EXTERNAL`, the error here is that of the grammar which the statement is
//! written in, at the place where it goes wrong.

use std::ops::Range;

use crate::error::{Error, Position, Result};

use crate::dialect::ddl::lexer::{Kind, Lexer, Syntax, Token, position};
use crate::dialect::ddl::literal::{hive_text, trino_text};
use crate::dialect::ddl::statement::{Name, PartitionValues};

/// A statement that is being read.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
    end: usize,
    syntax: Syntax,
}

impl<'a> Parser<'a> {
    /// A parser for a range of a text.
    pub(super) fn new(sql: &'a str, range: Range<usize>, syntax: Syntax) -> Self {
        let end = range.end;
        let tokens = Lexer::new(sql, range, syntax).collect();
        Self { sql, tokens, at: 0, end, syntax }
    }

    /// Whether the statement is in Trino's grammar.
    pub(super) fn is_trino(&self) -> bool {
        self.syntax == Syntax::Trino
    }

    /// The token that comes.
    pub(super) fn peek(&self) -> Option<Token> {
        self.peek_at(0)
    }

    /// The token that comes after `ahead` others.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// The token before.
    pub(super) fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at).copied())
    }

    /// The text of a token.
    pub(super) fn text(&self, token: Token) -> &'a str {
        &self.sql[token.start..token.end]
    }

    /// Goes on by a token.
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Where the token that comes begins.
    pub(super) fn position(&self) -> Position {
        self.position_of(self.peek())
    }

    /// Where a token begins; the end of the statement for None.
    pub(super) fn position_of(&self, token: Option<Token>) -> Position {
        position(self.sql, token.map_or(self.end, |token| token.start))
    }

    /// Whether a keyword comes.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.is_at(0, keyword)
    }

    /// Whether a keyword or symbol comes after `ahead` other tokens.
    pub(super) fn is_at(&self, ahead: usize, keyword: &str) -> bool {
        self.peek_at(ahead).is_some_and(|token| {
            matches!(token.kind, Kind::Word | Kind::Symbol)
                && self.text(token).eq_ignore_ascii_case(keyword)
        })
    }

    /// Goes over a keyword or symbol if it comes.
    pub(super) fn take(&mut self, keyword: &str) -> bool {
        let comes = self.is(keyword);
        self.at += usize::from(comes);
        comes
    }

    /// Goes over several keywords if they come one after the other.
    pub(super) fn take_all(&mut self, keywords: &[&str]) -> bool {
        let come = keywords.iter().enumerate().all(|(ahead, keyword)| self.is_at(ahead, keyword));
        self.at += if come { keywords.len() } else { 0 };
        come
    }

    /// Goes over a keyword or symbol that must come.
    pub(super) fn expect(&mut self, keyword: &str) -> Result<()> {
        if self.take(keyword) { Ok(()) } else { Err(self.unexpected(&[keyword])) }
    }

    /// Goes over keywords that must come.
    pub(super) fn expect_all(&mut self, keywords: &[&str]) -> Result<()> {
        keywords.iter().try_for_each(|keyword| self.expect(keyword))
    }

    /// Goes over the first of some keywords that comes, and says which.
    pub(super) fn one_of(&mut self, keywords: &[&'static str]) -> Result<&'static str> {
        let keyword = keywords.iter().find(|keyword| self.is(keyword));
        let keyword = keyword.ok_or_else(|| self.unexpected(keywords))?;
        self.advance();
        Ok(keyword)
    }

    /// Nothing may come.
    pub(super) fn finish(&self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) if self.syntax == Syntax::Trino => Err(self.unexpected(&["<EOF>"])),
            Some(token) => {
                let found = self.shown(Some(token));
                Err(self.malformed(format!("extraneous input '{found}' expecting <EOF>")))
            }
        }
    }

    /// Whether `IF NOT EXISTS` comes, which it goes over.
    pub(super) fn if_not_exists(&mut self) -> Result<bool> {
        let comes = self.is("IF") && !self.is_at(1, ".");
        if comes {
            self.expect_all(&["IF", "NOT", "EXISTS"])?;
        }
        Ok(comes)
    }

    /// Whether `IF EXISTS` comes, which it goes over.
    pub(super) fn if_exists(&mut self) -> Result<bool> {
        let comes = self.is("IF") && !self.is_at(1, ".");
        if comes {
            self.expect_all(&["IF", "EXISTS"])?;
        }
        Ok(comes)
    }

    /// A name of one part, in lower case.
    pub(super) fn identifier(&mut self) -> Result<String> {
        let token = self.peek().filter(|token| self.is_name(*token));
        let token = token.ok_or_else(|| self.unexpected(&["<identifier>"]))?;
        self.advance();
        Ok(self.unquoted(token).to_lowercase())
    }

    /// Whether a token can be a name. Double quotes are Trino's for names, and accepted in Hive's statements too.
    pub(super) fn is_name(&self, token: Token) -> bool {
        match token.kind {
            Kind::Word | Kind::Quoted => true,
            Kind::Text => self.text(token).starts_with('"'),
            Kind::Number | Kind::Symbol | Kind::Open => false,
        }
    }

    /// A name without its quotes.
    pub(super) fn unquoted(&self, token: Token) -> String {
        let text = self.text(token);
        let quote = text.chars().next().filter(|quote| matches!(quote, '`' | '"'));
        match quote {
            Some(quote) => {
                text[1..text.len() - 1].replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            None => text.to_owned(),
        }
    }

    /// The name of a table or view, of up to three parts.
    pub(super) fn name(&mut self) -> Result<Name> {
        let position = self.position();
        let mut parts = self.parts()?;
        if parts.len() > 3 {
            let text = format!("Too many parts in table name: {}", parts.join("."));
            return Err(Error::invalid_query(text).code("SYNTAX_ERROR").at(Some(position)));
        }
        let name = parts.pop().unwrap_or_default();
        let database = parts.pop();
        Ok(Name { catalog: parts.pop(), database, name, position })
    }

    /// The name of a database, perhaps with its catalog.
    pub(super) fn database_name(&mut self) -> Result<Name> {
        let position = self.position();
        let mut parts = self.parts()?;
        if parts.len() > 2 {
            let text = format!("Too many parts in schema name: {}", parts.join("."));
            return Err(Error::invalid_query(text).code("SYNTAX_ERROR").at(Some(position)));
        }
        let name = parts.pop().unwrap_or_default();
        Ok(Name { catalog: parts.pop(), database: None, name, position })
    }

    fn parts(&mut self) -> Result<Vec<String>> {
        let alone = self.peek();
        let mut parts = vec![self.identifier()?];
        while self.take(".") {
            parts.push(self.identifier()?);
        }
        // Athena writes `db.table` in one pair of backticks, and reads it so.
        if let [one] = parts.as_slice()
            && alone.is_some_and(|token| self.text(token).starts_with('`'))
        {
            parts = one.split('.').map(str::to_owned).collect();
        }
        Ok(parts)
    }

    /// A text in quotes, read as the statement's syntax says.
    pub(super) fn string(&mut self) -> Result<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Text);
        let token = token.ok_or_else(|| self.unexpected(&["<string>"]))?;
        self.advance();
        Ok(match self.syntax {
            Syntax::Hive => hive_text(self.text(token)),
            Syntax::Trino => trino_text(self.text(token)),
        })
    }

    /// `COMMENT '…'`, if it comes.
    pub(super) fn comment(&mut self) -> Result<Option<String>> {
        if self.take("COMMENT") { self.string().map(Some) } else { Ok(None) }
    }

    /// What `item` reads, once or more, with commas between and parentheses around.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.expect("(")?;
        let mut items = vec![item(self)?];
        loop {
            match self.one_of(&[",", ")"])? {
                "," => items.push(item(self)?),
                _ => return Ok(items),
            }
        }
    }

    /// `('key' = 'value', …)`. Numbers and bare words are taken for texts.
    pub(super) fn properties(&mut self) -> Result<Vec<(String, String)>> {
        self.list(|parser| {
            let key = parser.loose_text()?;
            parser.expect("=")?;
            Ok((key, parser.loose_text()?))
        })
    }

    fn loose_text(&mut self) -> Result<String> {
        match self.peek().map(|token| (token.kind, token)) {
            Some((Kind::Number | Kind::Word, token)) => {
                self.advance();
                Ok(self.text(token).to_owned())
            }
            Some((Kind::Symbol, token)) if self.text(token) == "-" => self.number(),
            _ => self.string(),
        }
    }

    /// A number, perhaps with a sign, as it is written.
    pub(super) fn number(&mut self) -> Result<String> {
        let sign = if self.take("-") { "-" } else { "" };
        let token = self.peek().filter(|token| token.kind == Kind::Number);
        let token = token.ok_or_else(|| self.unexpected(&["<number>"]))?;
        self.advance();
        Ok(format!("{sign}{}", self.text(token)))
    }

    /// The value of a partition key: a text, a number, or `DATE '…'`.
    pub(super) fn partition_value(&mut self) -> Result<String> {
        match self.peek() {
            Some(token) if token.kind == Kind::Number || self.text(token) == "-" => self.number(),
            _ => {
                let typed = self.is("DATE") || self.is("TIMESTAMP");
                if typed && self.peek_at(1).is_some_and(|token| token.kind == Kind::Text) {
                    self.advance();
                }
                self.string()
            }
        }
    }

    /// `(key = value, …)`.
    pub(super) fn partition_values(&mut self) -> Result<PartitionValues> {
        self.list(|parser| {
            let key = parser.identifier()?;
            let value = if parser.take("=") { Some(parser.partition_value()?) } else { None };
            Ok((key, value))
        })
    }

    /// Whether a query comes.
    pub(super) fn is_query(&self) -> bool {
        ["SELECT", "WITH", "VALUES", "TABLE", "("].iter().any(|word| self.is(word))
    }

    /// The rest of the statement, which must be a query.
    pub(super) fn query(&mut self) -> Result<Range<usize>> {
        if !self.is_query() {
            return Err(self.unexpected(&["<query>"]));
        }
        self.rest()
    }

    /// The rest of the statement, whatever it is, but something.
    pub(super) fn rest(&mut self) -> Result<Range<usize>> {
        let range = self.range(self.at, self.tokens.len());
        let range = range.ok_or_else(|| self.unexpected(&["<query>"]))?;
        self.at = self.tokens.len();
        Ok(range)
    }

    /// The bytes of the tokens that come, up to the last `leave` of them.
    pub(super) fn rest_but(&mut self, leave: usize) -> Option<Range<usize>> {
        let to = self.tokens.len().saturating_sub(leave);
        let range = self.range(self.at, to)?;
        self.at = to;
        Some(range)
    }

    /// Whether these words come somewhere, one after the other, in quotes or not.
    pub(super) fn has_words(&self, words: &[&str]) -> bool {
        let word = |token: &Token| self.text(*token).trim_matches(['\'', '"', '`']);
        self.tokens.windows(words.len()).any(|tokens| {
            tokens.iter().zip(words).all(|(token, known)| word(token).eq_ignore_ascii_case(known))
        })
    }

    /// Whether the statement ends with these keywords.
    pub(super) fn ends_with(&self, keywords: &[&str]) -> bool {
        let from = self.tokens.len().checked_sub(keywords.len()).filter(|from| *from >= self.at);
        from.is_some_and(|from| {
            keywords.iter().enumerate().all(|(n, word)| self.is_at(from - self.at + n, word))
        })
    }

    /// The bytes up to the next of these symbols that is not within parentheses, which is not gone over.
    pub(super) fn until(&mut self, symbols: &[&str]) -> Result<Range<usize>> {
        let from = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            let text = if token.kind == Kind::Symbol { self.text(token) } else { "" };
            if depth == 0 && symbols.contains(&text) {
                break;
            }
            match text {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
        self.range(from, self.at).ok_or_else(|| self.unexpected(&["<expression>"]))
    }

    fn range(&self, from: usize, to: usize) -> Option<Range<usize>> {
        let tokens = self.tokens.get(from..to)?;
        Some(tokens.first()?.start..tokens.last()?.end)
    }

    /// The error that none of what is expected comes.
    pub(super) fn unexpected(&self, expected: &[&str]) -> Error {
        let found = self.shown(self.peek());
        let words: Vec<_> = expected.iter().map(|word| in_quotes(word)).collect();
        let words = words.join(", ");
        let error = match self.syntax {
            Syntax::Trino => {
                self.malformed(format!("mismatched input '{found}'. Expecting: {words}"))
            }
            Syntax::Hive if expected.len() > 1 => self.unrecognised(),
            Syntax::Hive => self.malformed(format!("mismatched input '{found}' expecting {words}")),
        };
        match self.meant(expected) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Athena's error for a place where a Hive statement can go on in several ways: all of it up to there.
    pub(super) fn unrecognised(&self) -> Error {
        let from = self.tokens.first().map_or(self.end, |token| token.start);
        let text = match self.peek() {
            Some(token) => &self.sql[from..token.start + self.shown(Some(token)).len()],
            None => &format!("{}<EOF>", &self.sql[from..self.end]),
        };
        self.malformed(format!("no viable alternative at input '{text}'"))
    }

    /// An error at the token that comes.
    pub(super) fn malformed(&self, text: String) -> Error {
        Error::invalid_query(text).code(MALFORMED).at(Some(self.position()))
    }

    /// A hint at a keyword that was meant.
    fn meant(&self, expected: &[&str]) -> Option<String> {
        let token = self.peek()?;
        match token.kind {
            Kind::Open => Some("a quote is not closed".to_owned()),
            Kind::Word => {
                nearest(self.text(token), expected).map(|word| format!("did you mean `{word}`?"))
            }
            _ => None,
        }
    }

    fn shown(&self, token: Option<Token>) -> &'a str {
        match token {
            None => "<EOF>",
            Some(Token { kind: Kind::Open, start, .. }) => &self.sql[start..=start],
            Some(token) => self.text(token),
        }
    }
}

/// Athena's name for a statement that is not well formed.
const MALFORMED: &str = "MALFORMED_QUERY";

/// The word of a list that a misspelt one is nearest to.
pub(super) fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let word = word.to_ascii_uppercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&word, &known.to_ascii_uppercase());
    let known = words.iter().filter(|known| known.starts_with(char::is_alphabetic));
    let (distance, known) = known.map(|known| (distance(known), *known)).min()?;
    (distance > 0 && distance <= 2 && distance * 2 < known.len()).then_some(known)
}

fn in_quotes(word: &str) -> String {
    if word.starts_with('<') && word.len() > 2 { word.to_owned() } else { format!("'{word}'") }
}
