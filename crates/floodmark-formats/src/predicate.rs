//! Conditions that a decoder tests before it builds a row.
//!
//! They only save work: whoever asks for rows tests them again. A predicate must never drop a row that its condition holds for.

use crate::time::Micros;

/// A condition on one column. Rows for which it is false or NULL are dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// The column's position in the table.
    pub column: usize,
    /// The condition.
    pub test: Test,
}

/// What must hold for a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The text compares so with this one, byte by byte.
    Text(Comparison, Vec<u8>),
    /// The text is one of these.
    TextIn(Vec<Vec<u8>>),
    /// The whole number compares so.
    Number(Comparison, i64),
    /// The whole number is one of these.
    NumberIn(Vec<i64>),
    /// The time compares so.
    Time(Comparison, Micros),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether `left` compares so with `right`.
    #[inline]
    pub fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    /// The comparison that says the same with its sides exchanged.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

impl Test {
    /// Whether a text passes.
    #[inline]
    pub fn text(&self, value: &[u8]) -> bool {
        match self {
            Self::Text(Comparison::Equal, expected) => value == expected.as_slice(),
            Self::Text(comparison, expected) => comparison.holds(value, expected.as_slice()),
            Self::TextIn(expected) => expected.iter().any(|expected| value == expected.as_slice()),
            _ => true,
        }
    }

    /// Whether a whole number passes.
    #[inline]
    pub fn number(&self, value: i64) -> bool {
        match self {
            Self::Number(comparison, expected) => comparison.holds(&value, expected),
            Self::NumberIn(expected) => expected.contains(&value),
            _ => true,
        }
    }

    /// Whether a time passes.
    #[inline]
    pub fn time(&self, value: Micros) -> bool {
        match self {
            Self::Time(comparison, expected) => comparison.holds(&value, expected),
            _ => true,
        }
    }
}
