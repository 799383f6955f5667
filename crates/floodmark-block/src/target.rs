//! What is to be blocked: networks, countries, paths, user agents.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::limits::SHOWN_CHARS_MAX;
use crate::quotas;
use crate::{Error, Result};

/// How many bits stand before the IPv4 address in an address such as `::ffff:192.0.2.7`.
const MAPPED_BITS: u8 = 96;

/// One thing that is to be blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All addresses of a network; one address is a network of one.
    Network(IpNet),
    /// Whoever comes from a country.
    Country(Country),
    /// Requests of a path, without its query.
    Path(TextMatch),
    /// Requests with a user agent, decoded.
    UserAgent(TextMatch),
}

/// What is to be blocked: whatever is in one of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The networks, IPv4 and IPv6, in the order they were told.
    pub networks: Vec<IpNet>,
    /// The countries.
    pub countries: Vec<Country>,
    /// The paths.
    pub paths: Vec<TextMatch>,
    /// The user agents.
    pub user_agents: Vec<TextMatch>,
}

/// A country by its two capital letters, as in ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// A text and where it is to stand in what is looked at, letter by letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextMatch {
    /// The text: not empty, without control characters, at most 200 bytes.
    pub text: String,
    /// Where it is to stand.
    pub place: Place,
}

/// Where a text is to stand in what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It is the whole.
    Exactly,
    /// It is the beginning.
    StartsWith,
    /// It is the end.
    EndsWith,
    /// It is anywhere.
    Contains,
}

impl Target {
    /// Reads a target as it is written on a command line.
    ///
    /// - `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`: a network. Bits below the prefix are dropped.
    /// - `TV` or `country:tv`: a country.
    /// - `/login` or `path:/login`: a path; `/wp-*` its beginning, `*.php` its end, `*/admin/*` a part.
    /// - `user-agent:curl/8.1`: a user agent, with `*` as for a path.
    pub fn parse(text: &str) -> Result<Self> {
        let written = text.trim();
        if let Some(country) = written.strip_prefix("country:") {
            return Ok(Self::Country(country.trim().parse()?));
        }
        if let Some(path) = written.strip_prefix("path:") {
            return Self::path(path);
        }
        if let Some(agent) = written.strip_prefix("user-agent:") {
            return Ok(Self::UserAgent(TextMatch::parse(agent)?));
        }
        if written.starts_with('/') || written.starts_with('*') {
            return Self::path(written);
        }
        if let Some(network) = network(written) {
            return Ok(Self::Network(network));
        }
        if written.len() == 2 && written.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(Self::Country(written.parse()?));
        }
        Err(Error::invalid(format!("`{}` is no address, network, country or path", shown(written)))
            .hint(
                "write `192.0.2.0/24`, `2001:db8::/32`, `TV`, `/path*` or `user-agent:*text*`; \
                 `country:`, `path:` and `user-agent:` say what is meant",
            ))
    }

    /// Reads a path, with `*` at its ends as in [`TextMatch::parse`].
    pub fn path(text: &str) -> Result<Self> {
        let matched = TextMatch::parse(text)?;
        if matched.text.contains(['?', '#']) {
            return Err(Error::invalid(format!(
                "the path `{}` has a query, which AWS WAF does not look at here",
                shown(&matched.text)
            ))
            .hint("leave out the part from `?` on"));
        }
        let whole_or_beginning = matches!(matched.place, Place::Exactly | Place::StartsWith);
        if whole_or_beginning && !matched.text.starts_with('/') {
            return Err(Error::invalid(format!(
                "the path `{}` does not begin with `/`, and would match nothing",
                shown(&matched.text)
            ))
            .hint("write `/…`, or `*…*` for a part of the path"));
        }
        Ok(Self::Path(matched))
    }
}

impl Targets {
    /// Puts a target to its list, unless it is there.
    pub fn add(&mut self, target: Target) {
        fn once<T: PartialEq>(list: &mut Vec<T>, item: T) {
            if !list.contains(&item) {
                list.push(item);
            }
        }
        match target {
            // Networks are covered in any case, and there may be a million of them.
            Target::Network(network) => self.networks.push(network.trunc()),
            Target::Country(country) => once(&mut self.countries, country),
            Target::Path(path) => once(&mut self.paths, path),
            Target::UserAgent(agent) => once(&mut self.user_agents, agent),
        }
    }

    /// True if there is nothing to block.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many targets there are, of all kinds.
    pub fn len(&self) -> usize {
        self.networks.len() + self.countries.len() + self.paths.len() + self.user_agents.len()
    }
}

impl FromIterator<Target> for Targets {
    fn from_iter<I: IntoIterator<Item = Target>>(targets: I) -> Self {
        let mut all = Self::default();
        targets.into_iter().for_each(|target| all.add(target));
        all
    }
}

impl Country {
    /// The two capital letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII letters were checked")
    }
}

impl FromStr for Country {
    type Err = Error;

    /// Reads two letters, in any case.
    fn from_str(text: &str) -> Result<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().unwrap_or_default();
        let letters = letters.map(|letter| letter.to_ascii_uppercase());
        if quotas::COUNTRIES.as_bytes().chunks(3).any(|known| known[..2] == letters) {
            return Ok(Self(letters));
        }
        Err(Error::invalid(format!("AWS WAF knows no country `{}`", shown(text)))
            .hint("a country is two letters of ISO 3166-1, such as `TV`"))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Country {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl TextMatch {
    /// A text at a place; an error if AWS WAF cannot look for it.
    pub fn new(text: impl Into<String>, place: Place) -> Result<Self> {
        let text = text.into();
        if text.is_empty() {
            return Err(Error::invalid("an empty text would match every request")
                .hint("write what the path or the user agent has"));
        }
        if let Some(control) = text.chars().find(|char| char.is_control()) {
            return Err(Error::invalid(format!(
                "`{}` has the control character U+{:04X}, which no request has there",
                shown(&text),
                u32::from(control)
            )));
        }
        let bytes_max = quotas::SEARCH_STRING_BYTES_MAX.value;
        if text.len() > bytes_max {
            return Err(Error::new(
                crate::ErrorKind::LimitReached,
                format!(
                    "`{}` has {} bytes, and AWS WAF looks for {bytes_max} at most",
                    shown(&text),
                    text.len()
                ),
            )
            .hint("take a part of it that tells it apart: `*part*`"));
        }
        Ok(Self { text, place })
    }

    /// Reads a text with `*` at its beginning, its end or both; `\*` and `\\` are the characters.
    ///
    /// A `*` within the text stands for itself.
    pub fn parse(text: &str) -> Result<Self> {
        let (open_start, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let escapes = rest
            .strip_suffix('*')
            .map(|before| before.bytes().rev().take_while(|byte| *byte == b'\\').count());
        let open_end = escapes.is_some_and(|count| count % 2 == 0);
        let middle = if open_end { &rest[..rest.len() - 1] } else { rest };
        let mut plain = String::with_capacity(middle.len());
        let mut characters = middle.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, characters.peek()) {
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    plain.push(*escaped);
                    characters.next();
                }
                _ => plain.push(character),
            }
        }
        let place = match (open_start, open_end) {
            (false, false) => Place::Exactly,
            (false, true) => Place::StartsWith,
            (true, false) => Place::EndsWith,
            (true, true) => Place::Contains,
        };
        Self::new(plain, place)
    }
}

impl fmt::Display for TextMatch {
    /// Writes it as [`TextMatch::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open_start, open_end) = match self.place {
            Place::Exactly => (false, false),
            Place::StartsWith => (false, true),
            Place::EndsWith => (true, false),
            Place::Contains => (true, true),
        };
        let star = |open| if open { "*" } else { "" };
        let text = self.text.replace('\\', "\\\\").replace('*', "\\*");
        write!(f, "{}{text}{}", star(open_start), star(open_end))
    }
}

/// What a message shows of a text that came from outside.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// An address or a network; an IPv4 address in IPv6's form is the IPv4 address.
fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    let network: IpNet = text.parse().ok()?;
    Some(match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= MAPPED_BITS => {
            match mapped.addr().to_ipv4_mapped() {
                Some(address) => {
                    let prefix_len = mapped.prefix_len() - MAPPED_BITS;
                    IpNet::new(address.into(), prefix_len).ok()?.trunc()
                }
                None => network.trunc(),
            }
        }
        other => other.trunc(),
    })
}
