//! Reads Java's regular expressions.

use crate::hive::pattern::syntax::{Class, Greed, Node};
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_DEPTH_MAX, PATTERN_REPETITIONS_MAX};

/// A pattern that was read.
pub(crate) struct Parsed {
    pub(crate) node: Node,
    /// How many groups capture.
    pub(crate) groups: usize,
    /// The groups with names.
    pub(crate) names: Vec<(String, usize)>,
}

/// Reads a pattern. The error says what is wrong, and where.
pub(crate) fn parse(pattern: &str, any_case: bool, dot_all: bool) -> Result<Parsed, String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!("it is longer than {PATTERN_BYTES_MAX} bytes"));
    }
    let mut parser = Parser {
        pattern: pattern.chars().collect(),
        at: 0,
        flags: Flags { any_case, dot_all, ..Flags::default() },
        groups: 0,
        names: Vec::new(),
        depth: 0,
        references: Vec::new(),
    };
    let node = parser.alternation()?;
    if parser.at < parser.pattern.len() {
        return Err(parser.wrong("`)` closes nothing"));
    }
    if let Some(group) = parser.references.iter().find(|group| **group > parser.groups) {
        return Err(format!("there is no group {group}"));
    }
    Ok(Parsed { node, groups: parser.groups, names: parser.names })
}

#[derive(Clone, Copy, Default)]
struct Flags {
    any_case: bool,
    dot_all: bool,
    multi_line: bool,
    comments: bool,
}

struct Parser {
    pattern: Vec<char>,
    at: usize,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
    references: Vec<usize>,
}

type Read<T> = Result<T, String>;

impl Parser {
    fn wrong(&self, what: &str) -> String {
        format!("{what} at character {}", self.at + 1)
    }

    fn peek(&self) -> Option<char> {
        self.pattern.get(self.at).copied()
    }

    fn peek_at(&self, further: usize) -> Option<char> {
        self.pattern.get(self.at + further).copied()
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = expected.chars().enumerate().all(|(at, c)| self.peek_at(at) == Some(c));
        if found {
            self.at += expected.chars().count();
        }
        found
    }

    fn next(&mut self) -> Read<char> {
        let next = self.peek().ok_or_else(|| self.wrong("the pattern ends too early"))?;
        self.at += 1;
        Ok(next)
    }

    fn comments(&mut self) {
        while self.flags.comments {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() || c == '\x0b' => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn alternation(&mut self) -> Read<Node> {
        self.depth += 1;
        if self.depth > PATTERN_DEPTH_MAX {
            return Err(self.wrong("the groups are too deep"));
        }
        let mut branches = vec![self.concat()?];
        while self.take("|") {
            branches.push(self.concat()?);
        }
        self.depth -= 1;
        Ok(match branches.len() {
            1 => branches.remove(0),
            _ => Node::Alternation(branches),
        })
    }

    fn concat(&mut self) -> Read<Node> {
        let mut nodes = Vec::new();
        loop {
            self.comments();
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => {}
            }
            let Some(atom) = self.atom()? else {
                continue;
            };
            if let Node::Concat(parts) = atom {
                nodes.extend(parts);
                if let Some(last) = nodes.pop() {
                    nodes.push(self.repeated(last)?);
                }
            } else {
                nodes.push(self.repeated(atom)?);
            }
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    fn repeated(&mut self, mut node: Node) -> Read<Node> {
        loop {
            self.comments();
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    self.at += 1;
                    let min = self.count()?;
                    let max = if self.take(",") {
                        if self.peek() == Some('}') { None } else { Some(self.count()?) }
                    } else {
                        Some(min)
                    };
                    if self.peek() != Some('}') || max.is_some_and(|max| max < min) {
                        return Err(self.wrong("the repetition is not readable"));
                    }
                    (min, max)
                }
                _ => return Ok(node),
            };
            self.at += 1;
            let greed = match self.peek() {
                Some('?') => Greed::Lazy,
                Some('+') => Greed::Possessive,
                _ => Greed::Greedy,
            };
            if greed != Greed::Greedy {
                self.at += 1;
            }
            if matches!(self.peek(), Some('*' | '+' | '?')) {
                return Err(self.wrong("a repetition stands after a repetition"));
            }
            node = Node::Repeat { node: Box::new(node), min, max, greed };
        }
    }

    fn count(&mut self) -> Read<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        match digits.parse() {
            Ok(count) if count <= PATTERN_REPETITIONS_MAX => Ok(count),
            Ok(_) => Err(self.wrong("the repetition is too large")),
            Err(_) => Err(self.wrong("the repetition is not readable")),
        }
    }

    fn class(&self, class: Class) -> Node {
        Node::Class(if self.flags.any_case { class.any_case() } else { class })
    }

    /// The next part; None if it only set flags. Several literals of a quotation are a `Concat`.
    fn atom(&mut self) -> Read<Option<Node>> {
        let first = self.next()?;
        Ok(Some(match first {
            '(' => return self.group(),
            '[' => {
                let class = self.brackets()?;
                Node::Class(class)
            }
            '.' if self.flags.dot_all => Node::Class(Class::any()),
            '.' => Node::Class(line_end().negated()),
            '^' if self.flags.multi_line => Node::Place("(?m:^)"),
            '^' => Node::Place("^"),
            '$' if self.flags.multi_line => Node::Place("(?m:$)"),
            '$' => Node::Place("$"),
            '\\' => return self.escape().map(Some),
            '*' | '+' | '?' => {
                self.at -= 1;
                return Err(self.wrong(&format!("`{first}` repeats nothing")));
            }
            '{' => {
                self.at -= 1;
                return Err(self.wrong("`{` repeats nothing"));
            }
            literal => self.class(Class::one(literal)),
        }))
    }

    fn group(&mut self) -> Read<Option<Node>> {
        let outer = self.flags;
        if !self.take("?") {
            self.groups += 1;
            let group = self.groups;
            let node = self.closed()?;
            self.flags = outer;
            return Ok(Some(Node::Capture(group, Box::new(node))));
        }
        let node = if self.take(":") {
            // A group of its own, so that what follows repeats all of it.
            single(self.closed()?)
        } else if self.take(">") {
            Node::Atomic(Box::new(self.closed()?))
        } else if self.take("=") || self.take("!") {
            let negated = self.pattern[self.at - 1] == '!';
            Node::Look { ahead: true, negated, node: Box::new(self.closed()?) }
        } else if self.take("<=") || self.take("<!") {
            let negated = self.pattern[self.at - 1] == '!';
            Node::Look { ahead: false, negated, node: Box::new(self.closed()?) }
        } else if self.take("<") {
            self.groups += 1;
            let group = self.groups;
            let name = self.name()?;
            if self.names.iter().any(|(other, _)| *other == name) {
                return Err(self.wrong(&format!("the group `{name}` occurs twice")));
            }
            self.names.push((name, group));
            Node::Capture(group, Box::new(self.closed()?))
        } else {
            let mut on = true;
            loop {
                match self.next()? {
                    '-' => on = false,
                    'i' => self.flags.any_case = on,
                    's' => self.flags.dot_all = on,
                    'm' => self.flags.multi_line = on,
                    'x' => self.flags.comments = on,
                    // Without cases of Unicode and other line ends a line gives the same.
                    'u' | 'd' | 'U' => {}
                    ')' => return Ok(None),
                    ':' => break,
                    other => return Err(self.wrong(&format!("`{other}` is no flag"))),
                }
            }
            single(self.closed()?)
        };
        self.flags = outer;
        Ok(Some(node))
    }

    fn closed(&mut self) -> Read<Node> {
        let node = self.alternation()?;
        if self.take(")") { Ok(node) } else { Err(self.wrong("`)` is missing")) }
    }

    fn name(&mut self) -> Read<String> {
        let mut name = String::new();
        loop {
            match self.next()? {
                '>' if !name.is_empty() => return Ok(name),
                c if c.is_ascii_alphanumeric() => name.push(c),
                _ => return Err(self.wrong("the name of a group is not readable")),
            }
        }
    }

    /// What stands after a backslash, outside brackets.
    fn escape(&mut self) -> Read<Node> {
        let escaped = self.next()?;
        Ok(match escaped {
            'b' if self.take("{g}") => return Err(self.wrong("`\\b{g}` is not supported")),
            'b' => Node::Place(r"(?-u:\b)"),
            'B' => Node::Place(r"(?-u:\B)"),
            'A' | 'G' => Node::Place("^"),
            'Z' | 'z' => Node::Place("$"),
            'Q' => {
                let mut literals = Vec::new();
                while self.at < self.pattern.len() && !self.take("\\E") {
                    let literal = self.next()?;
                    literals.push(self.class(Class::one(literal)));
                }
                if literals.is_empty() { Node::Empty } else { Node::Concat(literals) }
            }
            'E' => Node::Empty,
            'R' => Node::Alternation(vec![
                Node::Concat(vec![Node::Class(Class::one('\r')), Node::Class(Class::one('\n'))]),
                Node::Class(line_end().and(Class::Ranges(vec![('\x0b', '\x0c')]))),
            ]),
            'X' => return Err(self.wrong("`\\X` is not supported")),
            'k' => {
                if !self.take("<") {
                    return Err(self.wrong("the name of a group is missing"));
                }
                let name = self.name()?;
                let group = self.names.iter().find(|(other, _)| *other == name);
                let Some((_, group)) = group else {
                    return Err(self.wrong(&format!("there is no group `{name}`")));
                };
                Node::BackReference { group: *group, any_case: self.flags.any_case }
            }
            '1'..='9' => {
                let mut group = escaped as usize - '0' as usize;
                // Further digits belong to the number as long as there are so many groups.
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer > self.groups {
                        break;
                    }
                    group = longer;
                    self.at += 1;
                }
                self.references.push(group);
                Node::BackReference { group, any_case: self.flags.any_case }
            }
            other => {
                let class = self.escaped_class(other)?;
                self.class(class)
            }
        })
    }

    /// The characters that an escape stands for, in brackets or outside.
    fn escaped_class(&mut self, escaped: char) -> Read<Class> {
        Ok(match escaped {
            'd' => digits(),
            'D' => digits().negated(),
            'w' => word(),
            'W' => word().negated(),
            's' => blanks(),
            'S' => blanks().negated(),
            'h' => horizontal(),
            'H' => horizontal().negated(),
            'v' => vertical(),
            'V' => vertical().negated(),
            'p' => self.property(false)?,
            'P' => self.property(true)?,
            't' => Class::one('\t'),
            'n' => Class::one('\n'),
            'r' => Class::one('\r'),
            'f' => Class::one('\x0c'),
            'a' => Class::one('\x07'),
            'e' => Class::one('\x1b'),
            'c' => {
                let control = self.next()?;
                Class::one(char::from_u32(control as u32 ^ 64).unwrap_or(control))
            }
            '0' => {
                let mut value = 0;
                let mut count = 0;
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) {
                    if count == 3 || value * 8 + digit > 0o377 {
                        break;
                    }
                    value = value * 8 + digit;
                    count += 1;
                    self.at += 1;
                }
                if count == 0 {
                    return Err(self.wrong("octal digits are missing"));
                }
                Class::one(char::from_u32(value).unwrap_or('\0'))
            }
            'x' if self.take("{") => {
                let mut digits = String::new();
                while self.peek().is_some_and(|c| c != '}') && digits.len() < 9 {
                    digits.push(self.next()?);
                }
                let character = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                match character.filter(|_| self.take("}")) {
                    Some(character) => Class::one(character),
                    None => return Err(self.wrong("the code of a character is not readable")),
                }
            }
            'x' => Class::one(self.code(2)?),
            'u' => Class::one(self.code(4)?),
            other if other.is_ascii_alphabetic() => {
                return Err(self.wrong(&format!("`\\{other}` is no escape")));
            }
            literal => Class::one(literal),
        })
    }

    fn code(&mut self, digits: usize) -> Read<char> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.next()?.to_digit(16);
            value =
                value * 16 + digit.ok_or_else(|| self.wrong("a hexadecimal digit is missing"))?;
        }
        char::from_u32(value).ok_or_else(|| self.wrong("half a character is not supported"))
    }

    fn property(&mut self, negated: bool) -> Read<Class> {
        let name = if self.take("{") {
            let mut name = String::new();
            loop {
                match self.next()? {
                    '}' => break name,
                    c => name.push(c),
                }
            }
        } else {
            self.next()?.to_string()
        };
        let of = |ranges: &[(char, char)]| Class::ranges(ranges.to_vec());
        let punctuation = [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')];
        let class = match name.as_str() {
            "Lower" => of(&[('a', 'z')]),
            "Upper" => of(&[('A', 'Z')]),
            "ASCII" => of(&[('\0', '\x7f')]),
            "Alpha" => of(&[('a', 'z'), ('A', 'Z')]),
            "Digit" => digits(),
            "Alnum" => of(&[('a', 'z'), ('A', 'Z'), ('0', '9')]),
            "Punct" => of(&punctuation),
            "Graph" => of(&[('!', '~')]),
            "Print" => of(&[(' ', '~')]),
            "Blank" => of(&[(' ', ' '), ('\t', '\t')]),
            "Cntrl" => of(&[('\0', '\x1f'), ('\x7f', '\x7f')]),
            "XDigit" => of(&[('0', '9'), ('a', 'f'), ('A', 'F')]),
            "Space" => blanks(),
            _ => {
                let name = name.strip_prefix("java").unwrap_or(&name);
                let name = name.strip_prefix("Is").unwrap_or(name);
                let name = match name {
                    "LowerCase" => "Lowercase",
                    "UpperCase" => "Uppercase",
                    "Whitespace" => "White_Space",
                    "Letter" => "L",
                    "Digit" => "Nd",
                    "LetterOrDigit" => return Ok(letters_or_digits(negated)),
                    other => other,
                };
                if let Some(block) = name.strip_prefix("In") {
                    return Err(self.wrong(&format!("the block `{block}` is not supported")));
                }
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=' | ' ');
                if name.is_empty() || !name.chars().all(plain) {
                    return Err(self.wrong("the name of a property is not readable"));
                }
                return Ok(Class::Property { name: name.to_owned(), negated });
            }
        };
        Ok(if negated { class.negated() } else { class })
    }

    /// A class in brackets, of which the first is read.
    fn brackets(&mut self) -> Read<Class> {
        self.depth += 1;
        if self.depth > PATTERN_DEPTH_MAX {
            return Err(self.wrong("the classes are too deep"));
        }
        let negated = self.take("^");
        let mut class = self.members(true)?;
        while self.take("&&") {
            // An empty side changes nothing.
            if matches!(self.peek(), Some(']')) {
                break;
            }
            let other = self.members(false)?;
            class = class.both(other);
        }
        if !self.take("]") {
            return Err(self.wrong("`]` is missing"));
        }
        self.depth -= 1;
        Ok(if negated { class.negated() } else { class })
    }

    /// The members of a class up to `]` or `&&`.
    fn members(&mut self, mut first: bool) -> Read<Class> {
        let mut class = Class::Ranges(Vec::new());
        loop {
            self.comments();
            if self.peek() == Some('&') && self.peek_at(1) == Some('&') {
                return Ok(class);
            }
            match self.peek() {
                None => return Err(self.wrong("`]` is missing")),
                Some(']') if !first => return Ok(class),
                _ => {}
            }
            first = false;
            let member = match self.next()? {
                '[' => self.brackets()?,
                '\\' if self.take("Q") => {
                    let mut quoted = Class::Ranges(Vec::new());
                    while self.at < self.pattern.len() && !self.take("\\E") {
                        let literal = self.next()?;
                        quoted = quoted.and(Class::one(literal));
                    }
                    quoted
                }
                '\\' if self.take("E") => continue,
                '\\' => {
                    let escaped = self.next()?;
                    let start = self.escaped_class(escaped)?;
                    match start.literal() {
                        Some(literal) => self.range(literal)?,
                        None => start,
                    }
                }
                literal => self.range(literal)?,
            };
            let member = if self.flags.any_case { member.any_case() } else { member };
            class = class.and(member);
        }
    }

    /// A character, or a range that it begins.
    fn range(&mut self, start: char) -> Read<Class> {
        if self.peek() != Some('-') || matches!(self.peek_at(1), None | Some(']' | '[')) {
            return Ok(Class::one(start));
        }
        self.at += 1;
        let end = match self.next()? {
            '\\' => {
                let escaped = self.next()?;
                self.escaped_class(escaped)?.literal()
            }
            literal => Some(literal),
        };
        match end {
            Some(end) if start <= end => Ok(Class::Ranges(vec![(start, end)])),
            _ => Err(self.wrong("the range of characters is not readable")),
        }
    }
}

/// A part that stays together when it is repeated.
fn single(node: Node) -> Node {
    match node {
        node @ Node::Concat(_) => Node::Alternation(vec![node]),
        node => node,
    }
}

fn digits() -> Class {
    Class::Ranges(vec![('0', '9')])
}

fn word() -> Class {
    Class::ranges(vec![('a', 'z'), ('A', 'Z'), ('_', '_'), ('0', '9')])
}

fn blanks() -> Class {
    Class::Ranges(vec![('\t', '\r'), (' ', ' ')])
}

fn horizontal() -> Class {
    Class::ranges(vec![
        ('\t', '\t'),
        (' ', ' '),
        ('\u{a0}', '\u{a0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{180e}', '\u{180e}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{202f}', '\u{202f}'),
        ('\u{205f}', '\u{205f}'),
        ('\u{3000}', '\u{3000}'),
    ])
}

fn vertical() -> Class {
    Class::ranges(vec![('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

fn line_end() -> Class {
    Class::ranges(vec![('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

fn letters_or_digits(negated: bool) -> Class {
    let property = |name: &str| Class::Property { name: name.to_owned(), negated: false };
    let class = Class::Union(vec![property("L"), property("Nd")]);
    if negated { Class::Not(Box::new(class)) } else { class }
}
