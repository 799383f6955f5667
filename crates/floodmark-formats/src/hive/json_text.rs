//! JSON as text: read as OpenX or as Jackson reads it, and written as OpenX writes it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use memchr::memchr2;

use crate::hive::json_pass::{self, PassedKey, find_end, signature};
use crate::hive::value::{canonical_number, prefixed};
use crate::limits::JSON_DEPTH_MAX;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    /// A string, or what stands without quotes: a number, `true` or `false`.
    Text {
        text: Cow<'a, str>,
        quoted: bool,
    },
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Whose JSON is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As OpenX reads it: comments, other quotes or none, `;` and `=` are accepted; two equal keys are not.
    OpenX { any_case: bool },
    /// As Jackson reads it; the last of two equal keys counts.
    Jackson,
}

/// Reads one value and stops after it.
pub(crate) struct JsonReader<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    /// Memory for the keys of what is passed over.
    passed: Vec<PassedKey>,
}

/// The keys of an object in somebody's keeping.
pub(crate) trait KeySet<'a> {
    /// Adds a key, and says whether the object may have it: in OpenX's JSON it must be new.
    #[expect(clippy::ptr_arg, reason = "a borrowed key is kept without a copy")]
    fn add(&mut self, key: &Cow<'a, str>, dialect: Dialect) -> bool;
}

/// What is wrong with a text that is no JSON.
pub(crate) type Wrong = String;

impl<'a> JsonReader<'a> {
    pub(crate) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { text, at: 0, dialect, passed: Vec::new() }
    }

    fn wrong<T>(&self, what: &str) -> Result<T, Wrong> {
        Err(format!("{what} at {} [character {} line 1]", self.at, self.at + 1))
    }

    fn lenient(&self) -> bool {
        self.dialect != Dialect::Jackson
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over blanks and, where they are accepted, comments; the sign that follows.
    fn seek(&mut self) -> Result<Option<u8>, Wrong> {
        let bytes = self.text.as_bytes();
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') if self.lenient() => self.at = bytes.len(),
                Some(b'/') if self.lenient() => match bytes.get(self.at + 1) {
                    Some(b'/') => self.at = bytes.len(),
                    Some(b'*') => match self.text[self.at + 2..].find("*/") {
                        Some(length) => self.at += length + 4,
                        None => return self.wrong("Unclosed comment"),
                    },
                    _ => return Ok(Some(b'/')),
                },
                other => return Ok(other),
            }
        }
    }

    /// The next value; if it is not kept it is only checked, and Null is given.
    pub(crate) fn value(&mut self, keep: bool) -> Result<Json<'a>, Wrong> {
        if !keep && self.pass() {
            return Ok(Json::Null);
        }
        self.deep_value(keep, JSON_DEPTH_MAX)
    }

    /// Passes over the next value if it is written as usual.
    fn pass(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let end = json_pass::pass(bytes, self.at, self.dialect, &mut self.passed);
        self.at = end.unwrap_or(self.at);
        end.is_some()
    }

    fn deep_value(&mut self, keep: bool, depth_left: usize) -> Result<Json<'a>, Wrong> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return self.wrong("Too deep");
        };
        match self.seek()? {
            None => self.wrong("End of input"),
            Some(b'{') => {
                let mut members = Vec::new();
                self.members_deep(depth_left, &mut Keys::default(), |reader, _, key| {
                    let value = reader.deep_value(keep, depth_left)?;
                    if keep {
                        members.push((key, value));
                    }
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            Some(b'[') => self.array(keep, depth_left),
            Some(quote @ (b'"' | b'\'')) if quote == b'"' || self.lenient() => {
                let text = self.string(keep)?;
                Ok(Json::Text { text, quoted: true })
            }
            Some(_) => self.literal(),
        }
    }

    /// Calls `member` for each member of the object that begins here; it reads the value.
    pub(crate) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.members_of(&mut Keys::default(), |reader, _, key| member(reader, key))
    }

    /// The same with the keys in the caller's keeping.
    pub(crate) fn members_of<K: KeySet<'a>>(
        &mut self,
        keys: &mut K,
        member: impl FnMut(&mut Self, &mut K, Cow<'a, str>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        if self.seek()? != Some(b'{') {
            return self.wrong("A JSONObject text must begin with '{'");
        }
        self.members_deep(JSON_DEPTH_MAX, keys, member)
    }

    fn members_deep<K: KeySet<'a>>(
        &mut self,
        depth_left: usize,
        keys: &mut K,
        mut member: impl FnMut(&mut Self, &mut K, Cow<'a, str>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.at += 1;
        if self.seek()? == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = match self.seek()? {
                Some(b'"') => self.string(true)?,
                _ if self.lenient() => match self.deep_value(true, depth_left)? {
                    Json::Text { text, .. } => text,
                    _ => return self.wrong("Missing name of a value"),
                },
                _ => return self.wrong("A name in double quotes is missing"),
            };
            match self.seek()? {
                Some(b':') => self.at += 1,
                Some(b'=') if self.lenient() => {
                    self.at += 1;
                    if self.byte() == Some(b'>') {
                        self.at += 1;
                    }
                }
                _ => return self.wrong("Expected a ':' after a key"),
            }
            if !keys.add(&key, self.dialect) {
                return self.wrong(&format!("Duplicate key \"{key}\""));
            }
            member(self, keys, key)?;
            match self.seek()? {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b',') => self.at += 1,
                Some(b';') if self.lenient() => self.at += 1,
                _ => return self.wrong("Expected a ',' or '}'"),
            }
        }
    }

    /// Calls `item` for each item of the array that begins here; it reads the value.
    pub(crate) fn items(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        if self.seek()? != Some(b'[') {
            return self.wrong("A JSONArray text must start with '['");
        }
        self.at += 1;
        if self.seek()? == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.seek()?;
            item(self)?;
            match self.seek()? {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.wrong("Expected a ',' or ']'"),
            }
        }
    }

    /// Where the next value begins, or the last one ended.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    fn array(&mut self, keep: bool, depth_left: usize) -> Result<Json<'a>, Wrong> {
        self.at += 1;
        let mut items = Vec::new();
        let mut separated = false;
        loop {
            match self.seek()? {
                None => return self.wrong("Expected a ',' or ']'"),
                Some(b']') if self.lenient() || !separated => {
                    self.at += 1;
                    if separated && keep {
                        items.push(Json::Null);
                    }
                    return Ok(Json::Array(items));
                }
                Some(b',' | b';') if self.lenient() => {
                    self.at += 1;
                    separated = true;
                    if keep {
                        items.push(Json::Null);
                    }
                    continue;
                }
                Some(_) => {}
            }
            let item = self.deep_value(keep, depth_left)?;
            if keep {
                items.push(item);
            }
            match self.seek()? {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Array(items));
                }
                Some(b',') => self.at += 1,
                Some(b';') if self.lenient() => self.at += 1,
                _ => return self.wrong("Expected a ',' or ']'"),
            }
            separated = true;
        }
    }

    /// A string in quotes, of which the first is next.
    fn string(&mut self, keep: bool) -> Result<Cow<'a, str>, Wrong> {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at];
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            let found = match quote {
                b'"' => find_end(bytes, self.at),
                _ => memchr2(quote, b'\\', &bytes[self.at..]).map(|length| self.at + length),
            };
            let Some(found) = found else {
                self.at = bytes.len();
                return self.wrong("Unterminated string");
            };
            if !self.lenient() && bytes[self.at..found].iter().any(|byte| *byte < b' ') {
                return self.wrong("A control character in a string");
            }
            self.at = found + 1;
            if bytes[found] == quote {
                return Ok(match owned {
                    None => Cow::Borrowed(&self.text[start..found]),
                    Some(mut text) => {
                        text.push_str(&self.text[copied..found]);
                        Cow::Owned(text)
                    }
                });
            }
            let text = owned.get_or_insert_default();
            if keep {
                text.push_str(&self.text[copied..found]);
            }
            let character = self.escaped()?;
            if keep {
                owned.get_or_insert_default().push_str(&character);
            }
            copied = self.at;
        }
    }

    /// What stands after a backslash. Half a surrogate pair has no text, and stays as it is written.
    fn escaped(&mut self) -> Result<Cow<'a, str>, Wrong> {
        let Some(escaped) = self.text[self.at..].chars().next() else {
            return self.wrong("Unterminated escape sequence");
        };
        let start = self.at - 1;
        self.at += escaped.len_utf8();
        let plain = match escaped {
            't' => "\t",
            'b' => "\x08",
            'n' => "\n",
            'r' => "\r",
            'f' => "\x0c",
            'a' if self.lenient() => "\x07",
            'v' if self.lenient() => "\x09",
            'u' => {
                let first = self.code()?;
                let rest = self.text[self.at..].strip_prefix("\\u");
                if (0xd800..0xdc00).contains(&first) && rest.is_some() {
                    let before = self.at;
                    self.at += 2;
                    let second = self.code()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(Cow::Owned(
                            char::from_u32(code).map(String::from).unwrap_or_default(),
                        ));
                    }
                    self.at = before;
                }
                return Ok(match char::from_u32(first) {
                    Some(character) => Cow::Owned(character.to_string()),
                    None => Cow::Borrowed(&self.text[start..self.at]),
                });
            }
            '"' | '\\' | '/' => return Ok(Cow::Borrowed(&self.text[start + 1..self.at])),
            _ if self.lenient() => return Ok(Cow::Borrowed(&self.text[start + 1..self.at])),
            _ => return self.wrong("Unrecognized escape"),
        };
        Ok(Cow::Borrowed(plain))
    }

    fn code(&mut self) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at..self.at + 4);
        let code = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.wrong("Illegal escape"),
        }
    }

    /// A number, `true`, `false` or `null`; in OpenX's JSON any text without quotes.
    fn literal(&mut self) -> Result<Json<'a>, Wrong> {
        let ends = |byte: u8| {
            matches!(
                byte,
                b' ' | b'\r'
                    | b'\n'
                    | b'\t'
                    | 0x0c
                    | b'{'
                    | b'}'
                    | b'['
                    | b']'
                    | b'/'
                    | b'\\'
                    | b':'
                    | b','
                    | b'='
                    | b';'
                    | b'#'
            )
        };
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        let text = &rest[..length];
        if text.is_empty() {
            return self.wrong("Missing value");
        }
        if !self.lenient() && !matches!(text, "true" | "false" | "null") && !is_number(text) {
            return self.wrong("Unrecognized token");
        }
        self.at += length;
        if text.eq_ignore_ascii_case("null") {
            return Ok(Json::Null);
        }
        Ok(Json::Text { text: Cow::Borrowed(text), quoted: false })
    }
}

/// Whether a text is a number of JSON.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (before, after) = match number.split_once('.') {
        Some((before, after)) => (before, Some(after)),
        None => (number, None),
    };
    let zeros = before.len() > 1 && before.starts_with('0');
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    digits(before) && !zeros && after.is_none_or(digits) && exponent.is_none_or(digits)
}

/// The keys of one object so far.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<(Option<u64>, Cow<'a, str>)>,
    /// As they are compared, once there are many.
    many: HashSet<String>,
}

/// How many keys are compared one by one.
const FEW: usize = 32;

impl<'a> KeySet<'a> for Keys<'a> {
    fn add(&mut self, key: &Cow<'a, str>, dialect: Dialect) -> bool {
        let Dialect::OpenX { any_case } = dialect else {
            return true;
        };
        let compared = |key: &str| if any_case { key.to_lowercase() } else { key.to_owned() };
        if self.many.is_empty() && self.few.len() < FEW {
            let signature = signature(key.as_bytes());
            let same = |(of, other): &(Option<u64>, Cow<'_, str>)| match (signature, of) {
                (Some(one), Some(other)) if one != *other => false,
                (Some(_), Some(_)) if any_case => other.eq_ignore_ascii_case(key),
                _ if any_case => other.to_lowercase() == key.to_lowercase(),
                _ => other == key,
            };
            let new = !self.few.iter().any(same);
            self.few.push((signature, key.clone()));
            return new;
        }
        self.many.extend(self.few.drain(..).map(|(_, key)| compared(&key)));
        self.many.insert(compared(key))
    }
}

impl<'a> Json<'a> {
    /// The text that a column of text shows: a string's own, of anything else its JSON.
    pub(crate) fn shown(&self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Text { text, quoted: true } => text.clone(),
            Self::Text { text, quoted: false } => canonical(text),
            nested => Cow::Owned(nested.written()),
        })
    }

    /// The value as JSON.
    pub(crate) fn written(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Text { text, quoted } => {
                if !quoted && is_canonical(text) {
                    out.push_str(&canonical(text));
                } else {
                    write_string(text, out);
                }
            }
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Whether a text without quotes is a number or a boolean.
fn is_canonical(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
        || text.eq_ignore_ascii_case("false")
        || prefixed(text).is_some()
        || canonical_number(text).is_some()
}

/// A text without quotes as OpenX shows it: booleans in lower case, numbers as Java writes them.
fn canonical<'a>(text: &Cow<'a, str>) -> Cow<'a, str> {
    if let [b'1'..=b'9', rest @ ..] = text.as_bytes()
        && rest.len() < 18
        && rest.iter().all(u8::is_ascii_digit)
    {
        return text.clone();
    }
    if text.eq_ignore_ascii_case("true") {
        return Cow::Borrowed("true");
    }
    if text.eq_ignore_ascii_case("false") {
        return Cow::Borrowed("false");
    }
    if let Some(number) = prefixed(text) {
        return Cow::Owned(number.to_string());
    }
    canonical_number(text).map_or_else(|| text.clone(), Cow::Owned)
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut before = '\0';
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '/' if before == '<' => out.push_str("\\/"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
        before = character;
    }
    out.push('"');
}
