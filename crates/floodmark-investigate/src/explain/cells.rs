//! What a value of a dimension stands for at a level: itself, or a group of values such as an address prefix.

use std::net::{IpAddr, Ipv6Addr};

use floodmark_engine::dialect::literal;
use floodmark_formats::kind::Kind;

use crate::explain::dictionary::Value;

/// One value at a level, or a group of values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Cell {
    /// No value.
    Null,
    /// This text.
    Text(String),
    /// All texts that begin so, because they are too long to be told apart.
    Cut(String),
    /// This number.
    Number(i64),
    /// IPv4 addresses that begin with these bytes.
    Prefix4(Vec<u8>),
    /// IPv6 addresses of a network, by its address and length in bits.
    Prefix6(Ipv6Addr, u8),
    /// Paths below this one, which ends with a slash.
    Below(String),
    /// This name and those below it.
    Parent(String),
    /// Statuses from hundred times this on.
    StatusClass(i64),
    /// User agents that begin with this product, which ends with a slash.
    Begins(String),
    /// A name for user agents that hold a text and none of the others.
    Holds(String, String, Vec<&'static str>),
}

/// Browsers by what their user agents hold. Those further down are claimed by all above.
const BROWSERS: &[(&str, &str)] = &[
    ("Edge", "Edg/"),
    ("Opera", "OPR/"),
    ("Samsung Internet", "SamsungBrowser/"),
    ("Firefox", "Firefox/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
];

impl Cell {
    /// The value itself.
    pub(crate) fn exact(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Cut(text) => Self::Cut(text.to_string()),
            Value::Number(number) => Self::Number(*number),
        }
    }

    /// The value at each level of its kind, the most general first, the value itself last. All values of a kind have as many.
    pub(crate) fn chain(value: &Value, kind: Kind) -> Vec<Self> {
        let exact = Self::exact(value);
        match (kind, value) {
            (Kind::Address, Value::Text(text)) => {
                let [first, second] = prefixes(text).unwrap_or([exact.clone(), exact.clone()]);
                vec![first, second, exact]
            }
            (Kind::Address, _) => vec![exact.clone(), exact.clone(), exact],
            (Kind::Path, Value::Text(text) | Value::Cut(text)) => {
                let below = |slash: usize| {
                    let (at, _) = text.match_indices('/').nth(slash)?;
                    Some(Self::Below(text[..=at].to_owned()))
                };
                // The slash at the start is no part of its own.
                let first = usize::from(text.starts_with('/'));
                let one = below(first).unwrap_or_else(|| exact.clone());
                let two = below(first + 1).unwrap_or_else(|| exact.clone());
                vec![one, two, exact]
            }
            (Kind::Path, _) => vec![exact.clone(), exact.clone(), exact],
            (Kind::Domain, Value::Text(text)) => {
                vec![parent(text, 2), parent(text, 3), exact]
            }
            (Kind::Domain, _) => vec![exact.clone(), exact.clone(), exact],
            (Kind::Status, Value::Number(number)) if (100..=999).contains(number) => {
                vec![Self::StatusClass(number / 100), exact]
            }
            (Kind::Status, Value::Text(text)) => match text.parse::<i64>() {
                Ok(number) if (100..=999).contains(&number) && text.len() == 3 => {
                    vec![Self::StatusClass(number / 100), exact]
                }
                _ => vec![exact.clone(), exact],
            },
            (Kind::Status, _) => vec![exact.clone(), exact],
            // The mark of a browser may stand behind the cut.
            (Kind::UserAgent, Value::Text(text)) => vec![family(text), exact],
            (Kind::UserAgent, _) => vec![exact.clone(), exact],
            _ => vec![exact],
        }
    }

    /// The value as a reader sees it: `198.51.100.0/24`, `/search/*`, `*.example.com`, `5xx`, `curl`.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Text(text) if text.is_empty() => "''".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Cut(text) => format!("{text}…"),
            Self::Number(number) => number.to_string(),
            Self::Prefix4(bytes) => {
                let mut all = [0; 4];
                all[..bytes.len()].copy_from_slice(bytes);
                format!("{}/{}", IpAddr::from(all), 8 * bytes.len())
            }
            Self::Prefix6(network, bits) => format!("{network}/{bits}"),
            Self::Below(path) => format!("{path}*"),
            Self::Parent(name) => format!("*.{name}"),
            Self::StatusClass(class) => format!("{class}xx"),
            Self::Begins(text) => text.trim_end_matches('/').to_owned(),
            Self::Holds(name, ..) => name.clone(),
        }
    }

    /// The condition in SQL that a value belongs to it. `is_text` tells how the column holds numbers.
    pub(crate) fn condition(&self, sql: &str, is_text: bool) -> String {
        match self {
            Self::Null => format!("{sql} IS NULL"),
            Self::Text(text) => format!("{sql} = {}", literal(text)),
            Self::Number(number) => format!("{sql} = {number}"),
            Self::Cut(text) | Self::Below(text) | Self::Begins(text) => {
                format!("starts_with({sql}, {})", literal(text))
            }
            Self::Prefix4(bytes) => {
                let start: String = bytes.iter().map(|byte| format!("{byte}.")).collect();
                format!("starts_with({sql}, {})", literal(&start))
            }
            Self::Prefix6(network, bits) => {
                let network = literal(&format!("{network}/{bits}"));
                format!("contains({network}, TRY_CAST({sql} AS ipaddress))")
            }
            Self::Parent(name) => {
                let escaped = name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%");
                let escape = if escaped == *name { "" } else { " ESCAPE '\\'" };
                let below = literal(&format!("%.{escaped}"));
                format!("({sql} = {} OR {sql} LIKE {below}{escape})", literal(name))
            }
            Self::StatusClass(class) if is_text => format!("{sql} LIKE '{class}__'"),
            Self::StatusClass(class) => {
                format!("{sql} BETWEEN {} AND {}", class * 100, class * 100 + 99)
            }
            Self::Holds(_, text, not) => {
                let mut condition = format!("strpos({sql}, {}) > 0", literal(text));
                if !not.is_empty() {
                    // A browser, and no bot that names itself.
                    condition.push_str(&format!(" AND starts_with({sql}, {})", literal(MOZILLA)));
                }
                for text in not {
                    condition.push_str(&format!(" AND strpos({sql}, {}) = 0", literal(text)));
                }
                condition
            }
        }
    }

    /// The condition in SQL that a value belongs to one of several cells.
    pub(crate) fn condition_of_any(cells: &[Self], sql: &str, is_text: bool) -> String {
        let mut texts = Vec::new();
        let mut others = Vec::new();
        for cell in cells {
            match cell {
                Self::Text(text) => texts.push(literal(text)),
                Self::Number(number) => texts.push(number.to_string()),
                other => others.push(other.condition(sql, is_text)),
            }
        }
        match texts.as_slice() {
            [] => {}
            [only] => others.insert(0, format!("{sql} = {only}")),
            several => others.insert(0, format!("{sql} IN ({})", several.join(", "))),
        }
        match others.as_slice() {
            [only] => only.clone(),
            several => format!("({})", several.join(" OR ")),
        }
    }
}

/// The two prefixes of an address: /16 and /24, or /48 and /64.
fn prefixes(text: &str) -> Option<[Cell; 2]> {
    match text.parse().ok()? {
        IpAddr::V4(address) => {
            let bytes = address.octets();
            Some([Cell::Prefix4(bytes[..2].to_vec()), Cell::Prefix4(bytes[..3].to_vec())])
        }
        IpAddr::V6(address) => Some([48, 64].map(|bits| {
            let network = u128::from(address) & (u128::MAX << (128 - u32::from(bits)));
            Cell::Prefix6(network.into(), bits)
        })),
    }
}

/// The name that consists of the last labels of a name, and those below it.
fn parent(name: &str, labels: usize) -> Cell {
    let exact = || Cell::Text(name.to_owned());
    if name.parse::<IpAddr>().is_ok() {
        return exact();
    }
    let root = usize::from(name.ends_with('.'));
    match name.rmatch_indices('.').nth(labels - 1 + root) {
        Some((dot, _)) => Cell::Parent(name[dot + 1..].to_owned()),
        // A name with just as many labels is the parent itself.
        None if name.matches('.').count() + 1 == labels + root => Cell::Parent(name.to_owned()),
        None => exact(),
    }
}

/// What stands before the name of a bot that names itself. CloudFront writes blanks as `%20`.
const BOT_MARKS: [&str; 2] = ["compatible; ", "compatible;%20"];

/// The start of all browsers' user agents, and of many others'.
const MOZILLA: &str = "Mozilla/";

/// The family of a user agent: the bot that names itself, the browser, or the first product.
fn family(text: &str) -> Cell {
    for mark in BOT_MARKS {
        if let Some((_, rest)) = text.split_once(mark) {
            let end = rest.find(['/', ';', ' ', ')', '%']).unwrap_or(rest.len());
            if end > 0 && rest[end..].starts_with('/') {
                let name = rest[..end].to_owned();
                let held = format!("{mark}{name}/");
                return Cell::Holds(name, held, Vec::new());
            }
            return Cell::Text(text.to_owned());
        }
    }
    if text.starts_with(MOZILLA) {
        let browser = BROWSERS.iter().position(|(_, mark)| text.contains(mark));
        return match browser {
            Some(at) => {
                let (name, mark) = BROWSERS[at];
                let above = BROWSERS[..at].iter().map(|(_, mark)| *mark);
                let not = above.chain(BOT_MARKS).collect();
                Cell::Holds(name.to_owned(), mark.to_owned(), not)
            }
            None => Cell::Text(text.to_owned()),
        };
    }
    match text.find(['/', ' ']) {
        Some(end) if end > 0 && text[end..].starts_with('/') => {
            Cell::Begins(text[..=end].to_owned())
        }
        _ => Cell::Text(text.to_owned()),
    }
}
