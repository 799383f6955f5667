//! What a file says about where an address is.

use std::fmt;
use std::sync::Arc;

/// A country by its two letters of ISO 3166-1, in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// Who announces an address to the Internet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AutonomousSystem {
    /// Its number, by RFC 6793; never 0.
    pub number: u32,
    /// Its holder's name as the file says it; empty if it says none.
    pub name: Arc<str>,
}

/// What files write where there is no country. `ZZ`, `XX` and `T1` are codes that ISO 3166 leaves to users.
const NO_COUNTRY: [&str; 9] = ["", "-", "--", "??", "none", "unknown", "zz", "xx", "t1"];

/// What files write where there is no autonomous system.
const NO_SYSTEM: [&str; 5] = ["", "-", "none", "0", "as0"];

impl Country {
    /// The country of two letters of either case; nothing of anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.as_bytes() {
            [a, b]
                if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && !is_no_country(text) =>
            {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two letters of ASCII")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AutonomousSystem {
    /// `AS64496 Example`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.number)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " {}", self.name) }
    }
}

/// Whether a text stands for no country.
pub(crate) fn is_no_country(text: &str) -> bool {
    NO_COUNTRY.iter().any(|none| none.eq_ignore_ascii_case(text.trim()))
}

/// Whether a text stands for no autonomous system.
pub(crate) fn is_no_system(text: &str) -> bool {
    NO_SYSTEM.iter().any(|none| none.eq_ignore_ascii_case(text.trim()))
}

/// The number of `AS64496` or `64496`; nothing of 0 or anything else.
pub(crate) fn system_number(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_prefixed = text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("as"));
    let digits = if is_prefixed { &text[2..] } else { text };
    let is_plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|number| is_plain && *number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_two_letters() {
        assert_eq!(Country::parse("de").unwrap().as_str(), "DE");
        for text in ["", "-", "DEU", "D", "D1", "None", "ZZ", "Ü", "é"] {
            assert_eq!(Country::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_systems_are_plain() {
        assert_eq!(system_number("AS64496"), Some(64496));
        assert_eq!(system_number("64496"), Some(64496));
        for text in ["", "0", "AS0", "AS", "+5", "-5", "4294967296", "é5"] {
            assert_eq!(system_number(text), None, "{text}");
        }
    }
}
