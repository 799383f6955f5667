//! Java's regular expressions: what they are made of, and the same in the syntax of the `regex` crates.

use std::fmt::Write as _;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Nothing.
    Empty,
    /// One character of a class; a literal is a class of one character.
    Class(Class),
    /// A group that captures, with its number from 1.
    Capture(usize, Box<Node>),
    /// Parts one after the other.
    Concat(Vec<Node>),
    /// The first of these that leads to a match.
    Alternation(Vec<Node>),
    /// A part several times.
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, greed: Greed },
    /// A part that must or must not match here, and takes nothing.
    Look { ahead: bool, negated: bool, node: Box<Node> },
    /// A part whose first match is kept.
    Atomic(Box<Node>),
    /// What a group captured.
    BackReference { group: usize, any_case: bool },
    /// A place, as the `regex` crates write it.
    Place(&'static str),
}

/// How much a repetition takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greed {
    /// As much as it can.
    Greedy,
    /// As little as it can.
    Lazy,
    /// As much as it can, and gives nothing back.
    Possessive,
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Class {
    /// These ranges, in order, apart from each other.
    Ranges(Vec<(char, char)>),
    /// A property of Unicode, as the `regex` crates name it.
    Property {
        name: String,
        negated: bool,
    },
    Union(Vec<Class>),
    Intersection(Box<Class>, Box<Class>),
    Not(Box<Class>),
}

impl Class {
    /// One character.
    pub(crate) fn one(character: char) -> Self {
        Self::Ranges(vec![(character, character)])
    }

    /// Every character.
    pub(crate) fn any() -> Self {
        Self::Ranges(vec![('\0', char::MAX)])
    }

    /// The characters in these ranges, in any order.
    pub(crate) fn ranges(mut ranges: Vec<(char, char)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(char, char)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= *end || next(*end) == Some(first) => {
                    *end = (*end).max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self::Ranges(merged)
    }

    /// All characters that are not in this class.
    pub(crate) fn negated(self) -> Self {
        let Self::Ranges(ranges) = self else {
            return Self::Not(Box::new(self));
        };
        let mut others = Vec::new();
        let mut start = Some('\0');
        for (first, last) in ranges {
            if let Some(start) = start.filter(|start| *start < first) {
                others.push((start, previous(first)));
            }
            start = next(last);
        }
        if let Some(start) = start {
            others.push((start, char::MAX));
        }
        Self::Ranges(others)
    }

    /// The characters of this class and of another.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ranges(mut ranges), Self::Ranges(others)) => {
                ranges.extend(others);
                Self::ranges(ranges)
            }
            (Self::Union(mut parts), other) => {
                parts.push(other);
                Self::Union(parts)
            }
            (first, other) => Self::Union(vec![first, other]),
        }
    }

    /// The characters that are in this class and in another.
    pub(crate) fn both(self, other: Self) -> Self {
        match (self, other) {
            (first @ Self::Ranges(_), other @ Self::Ranges(_)) => {
                first.negated().and(other.negated()).negated()
            }
            (first, other) => Self::Intersection(Box::new(first), Box::new(other)),
        }
    }

    /// The class with its ASCII letters in both cases, as Java's `CASE_INSENSITIVE` reads it.
    pub(crate) fn any_case(self) -> Self {
        let Self::Ranges(ranges) = self else {
            return self;
        };
        let mut both = ranges.clone();
        for (first, last) in ranges {
            for letter in 'a'..='z' {
                if first <= letter && letter <= last {
                    let other = letter.to_ascii_uppercase();
                    both.push((other, other));
                }
                let upper = letter.to_ascii_uppercase();
                if first <= upper && upper <= last {
                    both.push((letter, letter));
                }
            }
        }
        Self::ranges(both)
    }

    /// The ranges, if the class needs no table of Unicode.
    pub(crate) fn as_ranges(&self) -> Option<&[(char, char)]> {
        match self {
            Self::Ranges(ranges) => Some(ranges),
            _ => None,
        }
    }

    /// The only character of the class.
    pub(crate) fn literal(&self) -> Option<char> {
        match self.as_ranges()? {
            [(first, last)] if first == last => Some(*first),
            _ => None,
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Ranges(ranges) if ranges.is_empty() => out.push_str(r"[a&&b]"),
            Self::Ranges(ranges) => {
                if let Some(character) = self.literal() {
                    return write_character(character, out);
                }
                out.push('[');
                for (first, last) in ranges {
                    write_character(*first, out);
                    if last > first {
                        out.push('-');
                        write_character(*last, out);
                    }
                }
                out.push(']');
            }
            Self::Property { name, negated } => {
                let _ = write!(out, "\\{}{{{name}}}", if *negated { 'P' } else { 'p' });
            }
            Self::Union(parts) => {
                out.push('[');
                for part in parts {
                    part.write(out);
                }
                out.push(']');
            }
            Self::Intersection(first, other) => {
                out.push('[');
                first.write_bracketed(out);
                out.push_str("&&");
                other.write_bracketed(out);
                out.push(']');
            }
            Self::Not(class) => {
                out.push_str("[^");
                class.write(out);
                out.push(']');
            }
        }
    }

    fn write_bracketed(&self, out: &mut String) {
        out.push('[');
        self.write(out);
        out.push(']');
    }
}

fn next(character: char) -> Option<char> {
    match character {
        char::MAX => None,
        '\u{d7ff}' => Some('\u{e000}'),
        other => char::from_u32(other as u32 + 1),
    }
}

fn previous(character: char) -> char {
    match character {
        '\u{e000}' => '\u{d7ff}',
        other => char::from_u32((other as u32).saturating_sub(1)).unwrap_or('\0'),
    }
}

fn write_character(character: char, out: &mut String) {
    if character.is_ascii_alphanumeric() || (!character.is_ascii() && !character.is_whitespace()) {
        out.push(character);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", character as u32);
    }
}

impl Node {
    /// The part in the syntax of the `regex` crates.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Empty => out.push_str("(?:)"),
            Self::Class(class) if *class == Class::any() => out.push_str("(?s:.)"),
            Self::Class(class) => class.write(out),
            Self::Capture(_, node) => {
                out.push('(');
                node.write(out);
                out.push(')');
            }
            Self::Concat(nodes) => {
                for node in nodes {
                    if matches!(node, Self::Alternation(_)) {
                        node.write_grouped(out);
                    } else {
                        node.write(out);
                    }
                }
            }
            Self::Alternation(nodes) => {
                for (at, node) in nodes.iter().enumerate() {
                    if at > 0 {
                        out.push('|');
                    }
                    if *node != Self::Empty {
                        node.write(out);
                    }
                }
            }
            Self::Repeat { node, min, max, greed } => {
                if matches!(**node, Self::Class(_) | Self::Capture(..)) {
                    node.write(out);
                } else {
                    node.write_grouped(out);
                }
                let _ = match (min, max) {
                    (0, None) => write!(out, "*"),
                    (1, None) => write!(out, "+"),
                    (0, Some(1)) => write!(out, "?"),
                    (min, None) => write!(out, "{{{min},}}"),
                    (min, Some(max)) => write!(out, "{{{min},{max}}}"),
                };
                match greed {
                    Greed::Greedy => {}
                    Greed::Lazy => out.push('?'),
                    Greed::Possessive => out.push('+'),
                }
            }
            Self::Look { ahead, negated, node } => {
                out.push_str("(?");
                if !ahead {
                    out.push('<');
                }
                out.push(if *negated { '!' } else { '=' });
                node.write(out);
                out.push(')');
            }
            Self::Atomic(node) => {
                out.push_str("(?>");
                node.write(out);
                out.push(')');
            }
            Self::BackReference { group, any_case } => {
                let _ = match any_case {
                    true => write!(out, "(?i:\\{group})"),
                    false => write!(out, "(?:\\{group})"),
                };
            }
            Self::Place(place) => out.push_str(place),
        }
    }

    fn write_grouped(&self, out: &mut String) {
        out.push_str("(?:");
        self.write(out);
        out.push(')');
    }

    /// Whether the part needs more than a regular expression: what looks around, refers back or gives nothing back.
    pub(crate) fn is_fancy(&self) -> bool {
        match self {
            Self::Empty | Self::Class(_) | Self::Place(_) => false,
            Self::Capture(_, node) => node.is_fancy(),
            Self::Concat(nodes) | Self::Alternation(nodes) => nodes.iter().any(Self::is_fancy),
            Self::Repeat { node, greed, .. } => *greed == Greed::Possessive || node.is_fancy(),
            Self::Look { .. } | Self::Atomic(_) | Self::BackReference { .. } => true,
        }
    }
}
