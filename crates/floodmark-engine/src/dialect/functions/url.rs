//! Functions on URLs, which are read as Java's `URI` reads them.

use std::borrow::Cow;

use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::rows::{Answer, invalid_argument, texts, to_bigint, to_text};

const TEXT: &[&[Parameter]] = &[&[Parameter::Text]];
const VARCHAR: Returns = Returns::Always("varchar");

static ALL: &[Scalar] = &[
    Scalar::new("url_decode", TEXT, VARCHAR, |args| {
        let text = texts(args, 0)?;
        to_text(args, |row| Some(decoded_form(text.get(row)?)))
    }),
    Scalar::new("url_encode", TEXT, VARCHAR, |args| {
        let text = texts(args, 0)?;
        to_text(args, |row| Some(Ok(encoded(text.get(row)?))))
    }),
    Scalar::new("url_extract_fragment", TEXT, VARCHAR, |args| {
        part(args, |uri| decoded(uri.fragment.unwrap_or_default()))
    }),
    Scalar::new("url_extract_host", TEXT, VARCHAR, |args| {
        part(args, |uri| Cow::Borrowed(uri.host.unwrap_or_default()))
    }),
    Scalar::new("url_extract_parameter", &[&[Parameter::Text, Parameter::Text]], VARCHAR, |args| {
        let (text, name) = (texts(args, 0)?, texts(args, 1)?);
        to_text(args, |row| parameter(text.get(row)?, name.get(row)?))
    }),
    Scalar::new("url_extract_path", TEXT, VARCHAR, |args| part(args, |uri| decoded(uri.path))),
    Scalar::new("url_extract_port", TEXT, Returns::Always("bigint"), |args| {
        let text = texts(args, 0)?;
        to_bigint(args, |row| Uri::read(text.get(row)?)?.port.map(Ok))
    }),
    Scalar::new("url_extract_protocol", TEXT, VARCHAR, |args| {
        part(args, |uri| Cow::Borrowed(uri.scheme.unwrap_or_default()))
    }),
    Scalar::new("url_extract_query", TEXT, VARCHAR, |args| {
        part(args, |uri| decoded(uri.query.unwrap_or_default()))
    }),
];

/// The functions of this kind.
/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPart {
    /// The host.
    Host,
    /// The path, unescaped.
    Path,
    /// The query, unescaped.
    Query,
}

/// A part of a URL as the functions of SQL give it: empty if the URL has none, None if it cannot be read.
pub fn url_part(url: &str, part: UrlPart) -> Option<String> {
    let uri = Uri::read(url)?;
    Some(match part {
        UrlPart::Host => uri.host.unwrap_or_default().to_owned(),
        UrlPart::Path => decoded(uri.path).into_owned(),
        UrlPart::Query => decoded(uri.query.unwrap_or_default()).into_owned(),
    })
}

pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// A URI's parts as they are written.
#[derive(Default)]
struct Uri<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    port: Option<i64>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Reads a URI; None if it is none.
    fn read(text: &'a str) -> Option<Self> {
        if !escapes_are_whole(text) || text.chars().any(is_barred) {
            return None;
        }
        let mut uri = Self::default();
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        if fragment.is_some_and(|fragment| fragment.contains(['#', '[', ']'])) {
            return None;
        }
        uri.fragment = fragment;
        let scheme_end = rest.find([':', '/', '?']).filter(|at| rest[*at..].starts_with(':'));
        let rest = match scheme_end {
            None => rest,
            Some(at) => {
                let scheme = &rest[..at];
                let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                // A scheme alone says nothing.
                if !is_scheme || rest.len() == at + 1 {
                    return None;
                }
                uri.scheme = Some(scheme);
                &rest[at + 1..]
            }
        };
        if uri.scheme.is_some() && !rest.starts_with('/') {
            // What does not begin with a slash, such as `mailto:a@b`, has no parts.
            return (!rest.contains(['[', ']'])).then_some(uri);
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        uri.query = query;
        uri.path = rest;
        if let Some(rest) = rest.strip_prefix("//") {
            let end = rest.find('/').unwrap_or(rest.len());
            uri.path = &rest[end..];
            let authority = &rest[..end];
            // Java takes `file:///a`, and nothing else without an authority.
            if authority.is_empty() && uri.path.is_empty() && query.is_none() && fragment.is_none()
            {
                return None;
            }
            uri.authority(authority)?;
        }
        (!uri.path.contains(['[', ']'])).then_some(uri)
    }

    /// Reads the authority; one that names no server has neither a host nor a port.
    fn authority(&mut self, authority: &'a str) -> Option<()> {
        let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
        let (host, port) = match server.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let (address_only, _) = address.split_once('%').unwrap_or((address, ""));
                address_only.parse::<std::net::Ipv6Addr>().ok()?;
                (
                    &server[..address.len() + 2],
                    port.strip_prefix(':').or(port.is_empty().then_some(""))?,
                )
            }
            None => match server.rsplit_once(':') {
                Some((host, port)) => (host, port),
                None => (server, ""),
            },
        };
        if !(host.starts_with('[') || is_host(host)) {
            return (!authority.contains(['[', ']'])).then_some(());
        }
        let port = match port {
            "" => None,
            _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                // Java's numbers end there.
                Some(i64::from(port.parse::<i32>().ok()?))
            }
            _ => return Some(()),
        };
        self.host = Some(host);
        self.port = port;
        Some(())
    }
}

/// Whether a name can be a server's: an IPv4 address, or labels of which the last begins with a letter.
fn is_host(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let last = labels.rsplit('.').next().unwrap_or_default();
    host.parse::<std::net::Ipv4Addr>().is_ok()
        || (labels.split('.').all(is_label) && last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether Java's `URI` takes no such character anywhere.
fn is_barred(char: char) -> bool {
    match char {
        '\u{0}'..=' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '\u{7f}' => true,
        _ if char.is_ascii() => false,
        _ => char.is_control() || char.is_whitespace(),
    }
}

/// Whether two digits stand behind each `%`.
fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let bytes = rest.as_bytes();
        bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

/// A part of each URL; NULL for what is no URL.
fn part(
    args: &ScalarFunctionArgs,
    of: impl for<'a> Fn(Uri<'a>) -> Cow<'a, str>,
) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_text(args, |row| Some(Ok(of(Uri::read(text.get(row)?)?))))
}

/// The first value of a parameter, decoded.
fn parameter(text: &str, name: &str) -> Answer<String> {
    let query = Uri::read(text)?.query?;
    let value = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })?;
    Some(decoded_form(value))
}

/// A part with its escapes decoded.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = unescaped(text, false).unwrap_or_else(|_| text.as_bytes().to_vec());
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text of a form's value, in which `+` is a space.
fn decoded_form(text: &str) -> Result<String> {
    let bytes = unescaped(text, true)?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn unescaped(text: &str, is_form: bool) -> Result<Vec<u8>> {
    let mut made = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'+' if is_form => made.push(b' '),
            b'%' => {
                let digit =
                    |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                    let message = match after.len() < 2 {
                        true => "URLDecoder: Incomplete trailing escape (%) pattern",
                        false => "URLDecoder: Illegal hex characters in escape (%) pattern",
                    };
                    return Err(invalid_argument(message));
                };
                made.push((high << 4 | low) as u8);
                rest = &after[2..];
            }
            _ => made.push(*byte),
        }
    }
    Ok(made)
}

/// A text as a form's value.
fn encoded(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => made.push('+'),
            b'-' | b'_' | b'.' | b'*' => made.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => made.push(char::from(byte)),
            _ => {
                made.push('%');
                for digit in [byte >> 4, byte & 15] {
                    made.extend(
                        char::from_digit(u32::from(digit), 16).map(|d| d.to_ascii_uppercase()),
                    );
                }
            }
        }
    }
    made
}
