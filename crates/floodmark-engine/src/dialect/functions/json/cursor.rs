//! A place in a text of JSON: what is not asked for is passed over, and nothing is built.

use std::borrow::Cow;

use memchr::memchr2;

use crate::dialect::value_text::double_text;
use crate::limits::JSON_DEPTH_MAX;

/// A place in JSON. All its functions give None where the text is no JSON.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Text,
    Number,
    Truth,
    Null,
}

/// A text between quotes, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted<'a> {
    inside: &'a str,
    has_escapes: bool,
}

impl<'a> Quoted<'a> {
    /// Whether it is this text.
    pub(super) fn is(&self, text: &str) -> bool {
        match self.has_escapes {
            false => self.inside == text,
            true => self.text().is_some_and(|own| own == text),
        }
    }

    /// The text without its escapes.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        if !self.has_escapes {
            return Some(Cow::Borrowed(self.inside));
        }
        let mut made = String::with_capacity(self.inside.len());
        let mut rest = self.inside;
        while let Some(at) = rest.find('\\') {
            made.push_str(&rest[..at]);
            let escape = rest[at + 1..].chars().next()?;
            rest = &rest[at + 1 + escape.len_utf8()..];
            made.push(match escape {
                '"' | '\\' | '/' => escape,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let first = four_digits(rest)?;
                    rest = &rest[4..];
                    let second = rest.strip_prefix("\\u").and_then(four_digits);
                    match (first, second) {
                        (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                            rest = &rest[6..];
                            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                            char::from_u32(code)?
                        }
                        // Half a pair is no character.
                        _ => char::from_u32(first).unwrap_or('?'),
                    }
                }
                _ => return None,
            });
        }
        made.push_str(rest);
        Some(Cow::Owned(made))
    }
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What the next value is.
    pub(super) fn kind(&mut self) -> Option<Kind> {
        Some(match self.peek()? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::Text,
            b't' | b'f' => Kind::Truth,
            b'n' => Kind::Null,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => return None,
        })
    }

    /// Whether nothing more comes.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Goes to the next item of an array, from its bracket for the first; false at its end, which is passed.
    pub(super) fn item(&mut self, is_first: bool) -> Option<bool> {
        if is_first {
            self.take(b'[')?;
            if self.take(b']').is_some() {
                return Some(false);
            }
            return Some(true);
        }
        if self.take(b']').is_some() {
            return Some(false);
        }
        self.take(b',')?;
        Some(true)
    }

    /// Goes to the value of the next key of an object, from its brace for the first; no key at its end, which is passed.
    pub(super) fn key(&mut self, is_first: bool) -> Option<Option<Quoted<'a>>> {
        if is_first {
            self.take(b'{')?;
            if self.take(b'}').is_some() {
                return Some(None);
            }
        } else {
            if self.take(b'}').is_some() {
                return Some(None);
            }
            self.take(b',')?;
        }
        let key = self.quoted()?;
        self.take(b':')?;
        Some(Some(key))
    }

    /// The text of the value that is neither an array nor an object nor null, which is passed.
    pub(super) fn scalar(&mut self) -> Option<Cow<'a, str>> {
        match self.kind()? {
            Kind::Text => self.quoted()?.text(),
            Kind::Number => self.number().map(Cow::Borrowed),
            Kind::Truth => self.word().map(Cow::Borrowed),
            Kind::Object | Kind::Array | Kind::Null => None,
        }
    }

    /// Passes a value.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.walk(|_| {})
    }

    /// Passes a value, and writes it without spaces.
    pub(super) fn copy(&mut self, made: &mut String) -> Option<()> {
        self.walk(|token| write(token, made))
    }

    /// Passes a value, and tells its tokens.
    pub(super) fn walk(&mut self, mut tell: impl FnMut(Token<'a>)) -> Option<()> {
        // Whether each open bracket is an object's.
        let mut open: Vec<bool> = Vec::new();
        loop {
            match self.kind()? {
                kind @ (Kind::Object | Kind::Array) => {
                    if open.len() >= JSON_DEPTH_MAX {
                        return None;
                    }
                    let is_object = kind == Kind::Object;
                    let (begin, end) = if is_object { (b'{', b'}') } else { (b'[', b']') };
                    self.take(begin)?;
                    tell(Token::Sign(char::from(begin)));
                    if self.take(end).is_some() {
                        tell(Token::Sign(char::from(end)));
                    } else {
                        open.push(is_object);
                        if is_object {
                            self.tell_key(&mut tell)?;
                        }
                        continue;
                    }
                }
                Kind::Text => tell(Token::Text(self.quoted()?)),
                Kind::Number => tell(Token::Number(self.number()?)),
                Kind::Truth | Kind::Null => tell(Token::Word(self.word()?)),
            }
            // A value has ended, and perhaps what it stands in.
            loop {
                let Some(is_object) = open.last().copied() else { return Some(()) };
                if self.take(b',').is_some() {
                    tell(Token::Sign(','));
                    if is_object {
                        self.tell_key(&mut tell)?;
                    }
                    break;
                }
                let end = if is_object { b'}' } else { b']' };
                self.take(end)?;
                tell(Token::Sign(char::from(end)));
                open.pop();
            }
        }
    }

    fn tell_key(&mut self, tell: &mut impl FnMut(Token<'a>)) -> Option<()> {
        tell(Token::Text(self.quoted()?));
        self.take(b':')?;
        tell(Token::Sign(':'));
        Some(())
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes this byte, if it comes next.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes a text in quotes.
    fn quoted(&mut self) -> Option<Quoted<'a>> {
        self.take(b'"')?;
        let begin = self.at;
        let mut has_escapes = false;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let found = memchr2(b'"', b'\\', rest)?;
            self.at += found + 1;
            if rest[found] == b'"' {
                break;
            }
            has_escapes = true;
            // What is escaped is passed, so that a quote in it does not end the text.
            rest.get(found + 1)?;
            self.at += 1;
        }
        let inside = self.text.get(begin..self.at - 1)?;
        // A line feed or another control character must be escaped.
        (!inside.bytes().any(|byte| byte < b' ')).then_some(Quoted { inside, has_escapes })
    }

    /// Passes a number, and gives it as it is written.
    fn number(&mut self) -> Option<&'a str> {
        self.peek()?;
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let digits = |at: &mut usize| {
            let from = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at - from
        };
        let mut at = begin + usize::from(bytes[begin] == b'-');
        let is_zero = bytes.get(at) == Some(&b'0');
        let count = digits(&mut at);
        if count == 0 || (is_zero && count > 1) {
            return None;
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            if digits(&mut at) == 0 {
                return None;
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            if digits(&mut at) == 0 {
                return None;
            }
        }
        self.at = at;
        self.is_end_of_token().then(|| &self.text[begin..at])
    }

    /// Passes `true`, `false` or `null`.
    fn word(&mut self) -> Option<&'a str> {
        self.peek()?;
        let rest = &self.text[self.at..];
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word))?;
        self.at += word.len();
        self.is_end_of_token().then(|| &rest[..word.len()])
    }

    /// Whether a number or a word can end here.
    fn is_end_of_token(&self) -> bool {
        let next = self.text.as_bytes().get(self.at);
        next.is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}'))
    }
}

/// A part of JSON.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'a> {
    Sign(char),
    Text(Quoted<'a>),
    Number(&'a str),
    Word(&'a str),
}

/// Writes a token; numbers with a fraction as doubles are written.
pub(super) fn write(token: Token<'_>, made: &mut String) {
    match token {
        Token::Sign(sign) => made.push(sign),
        Token::Text(quoted) => match quoted.has_escapes {
            false => {
                made.push('"');
                made.push_str(quoted.inside);
                made.push('"');
            }
            true => write_text(&quoted.text().unwrap_or_default(), made),
        },
        Token::Number(number) => match number.contains(['.', 'e', 'E']) {
            true => match number.parse::<f64>() {
                Ok(value) => made.push_str(&double_text(value)),
                Err(_) => made.push_str(number),
            },
            false => made.push_str(number),
        },
        Token::Word(word) => made.push_str(word),
    }
}

/// Writes a text in quotes.
pub(super) fn write_text(text: &str, made: &mut String) {
    made.push('"');
    for char in text.chars() {
        match char {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            '\u{8}' => made.push_str("\\b"),
            '\u{c}' => made.push_str("\\f"),
            '\n' => made.push_str("\\n"),
            '\r' => made.push_str("\\r"),
            '\t' => made.push_str("\\t"),
            '\u{0}'..='\u{1f}' => made.push_str(&format!("\\u{:04X}", char as u32)),
            _ => made.push(char),
        }
    }
    made.push('"');
}

/// The number that four digits make.
fn four_digits(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}
