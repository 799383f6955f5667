//! Patterns in Java's syntax, written in that of the crates that run them.

use std::fmt::Write;

/// A pattern in the syntax of `regex` and `fancy_regex`.
#[derive(Debug, Default)]
pub(super) struct Translation {
    /// For `regex`: `$` stands for the end of the text alone.
    pub(super) quick: String,
    /// For `fancy_regex`: `$` stands for a line feed at the end too.
    pub(super) careful: String,
    /// Whether only `fancy_regex` can run it.
    pub(super) needs_steps_back: bool,
    /// Whether a line feed at a text's end matters.
    pub(super) minds_end: bool,
}

/// The end of the text, or the line feed that ends it.
const END: &str = r"(?=\n?\z)";

/// Java's names of classes of characters, where these are not Unicode's.
const CLASSES: &[(&str, &str)] = &[
    ("ASCII", r"\x00-\x7F"),
    ("Alnum", r"\p{Alphabetic}\p{Nd}"),
    ("Alpha", r"\p{Alphabetic}"),
    ("Blank", r" \t"),
    ("Cntrl", r"\p{Cc}"),
    ("Digit", r"\p{Nd}"),
    ("Graph", r"\p{L}\p{M}\p{N}\p{P}\p{S}"),
    ("Lower", r"\p{Lowercase}"),
    ("Print", r" \p{L}\p{M}\p{N}\p{P}\p{S}"),
    ("Punct", r"\p{P}$+<=>\^`|\~"),
    ("Space", r"\s"),
    ("Upper", r"\p{Uppercase}"),
    ("XDigit", r"0-9A-Fa-f"),
];

/// Translates a pattern. What is no pattern stays none.
pub(super) fn translate(pattern: &str) -> Translation {
    let mut writer = Writer {
        chars: pattern.chars().collect(),
        at: 0,
        made: Translation::default(),
        class_depth: 0,
        can_repeat: false,
        is_multi_line: sets_multi_line(pattern),
    };
    writer.write();
    writer.made
}

/// Whether a flag such as `(?m)` makes `$` stand for the end of each line.
fn sets_multi_line(pattern: &str) -> bool {
    pattern.match_indices("(?").any(|(at, _)| {
        let flags = pattern[at + 2..].chars().take_while(|c| c.is_ascii_alphabetic());
        flags.into_iter().any(|flag| flag == 'm')
    })
}

struct Writer {
    chars: Vec<char>,
    at: usize,
    made: Translation,
    /// How many `[` are open.
    class_depth: usize,
    /// Whether a quantifier was the last thing, so that a `+` makes it possessive.
    can_repeat: bool,
    is_multi_line: bool,
}

impl Writer {
    fn write(&mut self) {
        while let Some(char) = self.next() {
            let was_quantifier = std::mem::replace(&mut self.can_repeat, false);
            match char {
                '\\' => self.escape(),
                '[' => {
                    self.put("[");
                    self.class_depth += 1;
                    if self.peek() == Some('^') {
                        self.at += 1;
                        self.put("^");
                    }
                    // A bracket that is the first character of a class stands for itself.
                    if self.peek() == Some(']') {
                        self.at += 1;
                        self.put(r"\]");
                    }
                }
                ']' if self.class_depth > 0 => {
                    self.class_depth -= 1;
                    self.put("]");
                }
                _ if self.class_depth > 0 => self.in_class(char),
                '$' if !self.is_multi_line => {
                    self.made.minds_end = true;
                    self.made.quick.push_str(r"\z");
                    self.made.careful.push_str(END);
                }
                '(' => self.group(),
                '{' => match self.interval() {
                    Some(interval) => {
                        self.put(&interval);
                        self.can_repeat = true;
                    }
                    None => self.put(r"\{"),
                },
                '}' => self.put(r"\}"),
                ']' => self.put(r"\]"),
                '+' if was_quantifier => {
                    self.made.needs_steps_back = true;
                    self.put("+");
                }
                '?' if was_quantifier => self.put("?"),
                '*' | '+' | '?' => {
                    self.put(char.encode_utf8(&mut [0; 4]));
                    self.can_repeat = true;
                }
                _ => self.put(char.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let char = self.chars.get(self.at).copied();
        self.at += usize::from(char.is_some());
        char
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn put(&mut self, text: &str) {
        self.made.quick.push_str(text);
        self.made.careful.push_str(text);
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, char: char) {
        let mut text = String::new();
        if char.is_ascii() && !char.is_ascii_alphanumeric() {
            let _ = write!(text, r"\x{{{:x}}}", char as u32);
        } else {
            text.push(char);
        }
        self.put(&text);
    }

    /// Writes a character of a class: `--` and `~~` are nothing special to Java.
    fn in_class(&mut self, char: char) {
        match char {
            '~' => self.put(r"\~"),
            '-' if self.peek() == Some('-') || self.peek() == Some('[') => self.put(r"\-"),
            _ => self.put(char.encode_utf8(&mut [0; 4])),
        }
    }

    /// Writes a `(` with what makes the group a special one.
    fn group(&mut self) {
        self.put("(");
        if self.peek() != Some('?') {
            return;
        }
        let rest: String = self.chars[self.at..].iter().take(3).collect();
        let is_special =
            ["?=", "?!", "?>", "?<=", "?<!"].iter().any(|start| rest.starts_with(start));
        self.made.needs_steps_back |= is_special;
        self.at += 1;
        self.put("?");
    }

    /// The rest of an interval such as `{2,3}`, if this is one.
    fn interval(&mut self) -> Option<String> {
        let rest = &self.chars[self.at..];
        let end = rest.iter().position(|char| *char == '}')?;
        let inside: String = rest[..end].iter().collect();
        let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
        let is_number = |text: &str| text.chars().all(|char| char.is_ascii_digit());
        if least.is_empty() || !is_number(least) || !is_number(most) {
            return None;
        }
        self.at += end + 1;
        Some(format!("{{{inside}}}"))
    }

    /// Writes what stands behind a backslash.
    fn escape(&mut self) {
        let Some(char) = self.next() else {
            self.put(r"\");
            return;
        };
        let in_class = self.class_depth > 0;
        match char {
            'Q' if !in_class => self.quoted(),
            'E' if !in_class => {}
            'Z' if !in_class => {
                self.made.minds_end = true;
                self.made.quick.push_str(r"\z");
                self.made.careful.push_str(END);
            }
            'R' if !in_class => self.put(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            'h' => match in_class {
                true => self.put(r"\t\p{Zs}"),
                false => self.put(r"[\t\p{Zs}]"),
            },
            'H' if !in_class => self.put(r"[^\t\p{Zs}]"),
            'e' => self.put(r"\x1B"),
            'c' => {
                let control = self.next().unwrap_or_default();
                self.code((control as u32) & 0x1f);
            }
            '0' => {
                let code = self.digits(8, 3);
                self.code(code.unwrap_or(0));
            }
            'u' => match self.digits(16, 4) {
                Some(code) => self.code(code),
                None => self.literal('u'),
            },
            'x' if self.peek() != Some('{') => match self.digits(16, 2) {
                Some(code) => self.code(code),
                None => self.literal('x'),
            },
            'p' | 'P' => self.property(char == 'P'),
            'k' | 'G' | '1'..='9' if !in_class => {
                self.made.needs_steps_back = true;
                self.put(&format!("\\{char}"));
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'n' | 'r' | 't' | 'f' | 'a' | 'v' | 'x' => {
                self.put(&format!("\\{char}"));
            }
            'b' | 'B' | 'A' | 'z' if !in_class => self.put(&format!("\\{char}")),
            _ => self.literal(char),
        }
    }

    /// Writes what stands between `\Q` and `\E`.
    fn quoted(&mut self) {
        while let Some(char) = self.next() {
            if char == '\\' && self.peek() == Some('E') {
                self.at += 1;
                return;
            }
            self.literal(char);
        }
    }

    fn code(&mut self, code: u32) {
        self.put(&format!(r"\x{{{code:x}}}"));
    }

    /// Reads up to so many digits.
    fn digits(&mut self, radix: u32, count: usize) -> Option<u32> {
        let mut read = None;
        for _ in 0..count {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(radix)) else { break };
            self.at += 1;
            read = Some(read.unwrap_or(0) * radix + digit);
        }
        read
    }

    /// Writes a class such as `\p{Alpha}` or `\pL`.
    fn property(&mut self, mut is_negated: bool) {
        let name: String = if self.peek() == Some('{') {
            let rest = &self.chars[self.at..];
            let Some(end) = rest.iter().position(|char| *char == '}') else {
                self.put(r"\p");
                return;
            };
            let name = rest[1..end].iter().collect();
            self.at += end + 1;
            name
        } else {
            self.next().map(String::from).unwrap_or_default()
        };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                is_negated = !is_negated;
                rest
            }
            None => &name,
        };
        let inside = match CLASSES.iter().find(|(java, _)| java.eq_ignore_ascii_case(name)) {
            Some((_, inside)) => (*inside).to_owned(),
            None => {
                let name = name.strip_prefix("Is").or(name.strip_prefix("In")).unwrap_or(name);
                format!(r"\p{{{name}}}")
            }
        };
        let not = if is_negated { "^" } else { "" };
        self.put(&format!("[{not}{inside}]"));
    }
}
