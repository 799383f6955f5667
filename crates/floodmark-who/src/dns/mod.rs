//! Names of addresses, and whether a bot's address belongs to its operator, by the DNS and only on request.

mod names;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::rr::Name as DomainName;
use hickory_resolver::proto::xfer::Protocol;
use hickory_resolver::{ResolveError, TokioResolver};
use serde::{Deserialize, Serialize};

use crate::bots::Bot;
use crate::limits::{DNS_ANSWERS_MAX, DNS_ATTEMPTS_MAX};
use crate::{Error, ErrorKind, Result};

pub use names::Names;

/// Whom to ask, and for how long to wait.
#[derive(Clone, Copy, Debug)]
pub struct DnsOptions {
    /// The server to ask; without one, those of the system.
    pub server: Option<SocketAddr>,
    /// How long to wait for one answer; it is asked for twice.
    pub time_max: Duration,
}

/// What the DNS says about an address that calls itself a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The name of the address, if it has one; a confirmed one if there are several.
    pub name: Option<String>,
    /// Whether the name leads back to the address. Whoever owns an address can give it any name, but not this.
    pub is_confirmed: bool,
    /// Whether the name is below a domain of the bot's operator; nothing if none is known.
    pub is_of: Option<bool>,
}

/// What the DNS answered for an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its names; none if it has none.
    pub names: Vec<Name>,
    /// When it was asked, in seconds since 1970 UTC.
    pub asked: i64,
}

/// A name of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The name without the point at its end, in small letters.
    pub name: String,
    /// Whether the name leads back to the address.
    pub is_confirmed: bool,
}

/// The domains below which an operator's bots have their names.
struct Operator {
    /// Parts of the bots' names, in small letters.
    bots: &'static [&'static str],
    domains: &'static [&'static str],
}

/// The operators that tell how to verify their bots by the DNS, as their own pages say. Others publish lists of addresses, or nothing.
static OPERATORS: [Operator; 19] = [
    // https://developers.google.com/crawling/docs/crawlers-fetchers/verify-google-requests
    // Names below `googleusercontent.com` are those of Google's customers.
    Operator { bots: &["google"], domains: &["googlebot.com", "google.com"] },
    // https://www.bing.com/webmasters/help/how-to-verify-bingbot-3905dc26
    Operator { bots: &["bing", "msnbot", "adidxbot"], domains: &["search.msn.com"] },
    // https://support.apple.com/en-us/119829
    Operator { bots: &["applebot"], domains: &["applebot.apple.com"] },
    // https://yandex.com/support/webmaster/robot-workings/check-yandex-robots.html
    Operator { bots: &["yandex"], domains: &["yandex.ru", "yandex.net", "yandex.com"] },
    Operator { bots: &["baidu"], domains: &["baidu.com", "baidu.jp"] },
    Operator { bots: &["slurp"], domains: &["crawl.yahoo.net"] },
    Operator { bots: &["seznam"], domains: &["seznam.cz"] },
    Operator { bots: &["petalbot", "aspiegel"], domains: &["petalsearch.com", "aspiegel.com"] },
    // https://developer.amazon.com/amazonbot
    Operator { bots: &["amazonbot"], domains: &["crawl.amazonbot.amazon"] },
    Operator { bots: &["mojeek"], domains: &["mojeek.com"] },
    Operator { bots: &["qwant"], domains: &["qwant.com"] },
    Operator { bots: &["pinterest"], domains: &["pinterest.com"] },
    // https://commoncrawl.org/ccbot
    Operator { bots: &["ccbot"], domains: &["crawl.commoncrawl.org"] },
    Operator { bots: &["yeti"], domains: &["naver.com"] },
    Operator { bots: &["ahrefs"], domains: &["ahrefs.com", "ahrefs.net"] },
    Operator { bots: &["semrush"], domains: &["semrush.com"] },
    Operator { bots: &["linkedin"], domains: &["linkedin.com"] },
    Operator { bots: &["sogou"], domains: &["sogou.com"] },
    Operator { bots: &["archive.org"], domains: &["archive.org"] },
];

impl Default for DnsOptions {
    fn default() -> Self {
        Self { server: None, time_max: Duration::from_secs(3) }
    }
}

impl Verification {
    /// Whether the bot is what it says: its address belongs to its operator.
    pub fn is_verified(&self) -> bool {
        self.is_confirmed && self.is_of == Some(true)
    }
}

impl Named {
    /// The name to show: a confirmed one if there is one.
    pub fn best(&self) -> Option<&Name> {
        self.names.iter().max_by_key(|name| name.is_confirmed)
    }

    /// The operator of bots below whose domains a confirmed name is, by the name of its bot such as `google`.
    pub fn operator(&self) -> Option<&'static str> {
        let mut confirmed = self.names.iter().filter(|name| name.is_confirmed);
        confirmed.find_map(|name| {
            let is_of = |operator: &&Operator| {
                operator.domains.iter().any(|domain| is_below(&name.name, domain))
            };
            OPERATORS.iter().find(is_of)?.bots.first().copied()
        })
    }

    /// What the names say about an address that calls itself a bot.
    pub fn verification(&self, bot: &Bot) -> Verification {
        let operator = operator(bot);
        let is_of = |name: &Name| {
            operator
                .map(|operator| operator.domains.iter().any(|domain| is_below(&name.name, domain)))
        };
        let best =
            self.names.iter().max_by_key(|name| (name.is_confirmed, is_of(name) == Some(true)));
        Verification {
            name: best.map(|name| name.name.clone()),
            is_confirmed: best.is_some_and(|name| name.is_confirmed),
            // An address without a name is not the operator's.
            is_of: best.map_or(operator.map(|_| false), is_of),
        }
    }
}

/// The name of an address, if it has one. Nothing says that it is true: see [`verify`].
///
/// # Errors
///
/// `Unavailable` if no server answers.
pub async fn reverse_name(address: IpAddr, options: &DnsOptions) -> Result<Option<String>> {
    let resolver = resolver(options)?;
    Ok(names_of(&resolver, address).await?.first().map(shown))
}

/// Asks for the names of an address, and whether they lead back to it, as search engines ask everybody to do who wants to know
/// whether a bot is theirs. `now` is the time that the answer is of, in seconds since 1970 UTC.
///
/// # Errors
///
/// `Unavailable` if no server answers.
pub async fn look_up(address: IpAddr, options: &DnsOptions, now: i64) -> Result<Named> {
    let resolver = resolver(options)?;
    ask(&resolver, address, now).await
}

/// Asks whether an address that calls itself a bot belongs to the bot's operator.
///
/// # Errors
///
/// `Unavailable` if no server answers.
pub async fn verify(address: IpAddr, bot: &Bot, options: &DnsOptions) -> Result<Verification> {
    Ok(look_up(address, options, 0).await?.verification(bot))
}

/// Asks for the names of an address, and where they lead. A name whose servers do not answer leads nowhere: whoever owns an address
/// can give it such a name, and it must not hide the others.
async fn ask(resolver: &TokioResolver, address: IpAddr, now: i64) -> Result<Named> {
    let mut names = vec![];
    for name in names_of(resolver, address).await? {
        let is_confirmed = leads_to(resolver, &name, address).await.unwrap_or(false);
        names.push(Name { name: shown(&name), is_confirmed });
    }
    Ok(Named { names, asked: now })
}

/// The operator of a bot, if it is one of those that can be verified.
fn operator(bot: &Bot) -> Option<&'static Operator> {
    let name = bot.name.to_ascii_lowercase();
    OPERATORS.iter().find(|operator| operator.bots.iter().any(|part| name.contains(part)))
}

/// Whether a name is a domain or below it.
fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|start| start.is_empty() || start.ends_with('.'))
}

fn resolver(options: &DnsOptions) -> Result<TokioResolver> {
    let mut builder = match options.server {
        Some(server) => {
            let mut config = ResolverConfig::new();
            config.add_name_server(NameServerConfig::new(server, Protocol::Udp));
            config.add_name_server(NameServerConfig::new(server, Protocol::Tcp));
            TokioResolver::builder_with_config(config, TokioConnectionProvider::default())
        }
        None => TokioResolver::builder_tokio().map_err(|error| {
            Error::new(ErrorKind::Unavailable, "the system's settings of the DNS cannot be read")
                .because(error)
        })?,
    };
    let settings = builder.options_mut();
    settings.timeout = options.time_max;
    settings.attempts = DNS_ATTEMPTS_MAX;
    settings.use_hosts_file = ResolveHosts::Never;
    Ok(builder.build())
}

/// The names of an address.
async fn names_of(resolver: &TokioResolver, address: IpAddr) -> Result<Vec<DomainName>> {
    match resolver.reverse_lookup(address.to_canonical()).await {
        Ok(found) => Ok(found.iter().take(DNS_ANSWERS_MAX).map(|name| name.0.clone()).collect()),
        Err(error) if is_none(&error) => Ok(vec![]),
        Err(error) => Err(silent(address, error)),
    }
}

/// Whether one of a name's addresses is this one.
async fn leads_to(
    resolver: &TokioResolver,
    name: &DomainName,
    address: IpAddr,
) -> Result<bool, ResolveError> {
    match address.to_canonical() {
        IpAddr::V4(address) => resolver
            .ipv4_lookup(name.clone())
            .await
            .map(|found| found.iter().take(DNS_ANSWERS_MAX).any(|own| own.0 == address)),
        IpAddr::V6(address) => resolver
            .ipv6_lookup(name.clone())
            .await
            .map(|found| found.iter().take(DNS_ANSWERS_MAX).any(|own| own.0 == address)),
    }
}

/// Whether a server answered that there is nothing.
fn is_none(error: &ResolveError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

fn silent(address: IpAddr, error: ResolveError) -> Error {
    let message = format!("the DNS does not answer for `{address}`: {error}");
    Error::new(ErrorKind::Unavailable, message)
        .hint("check the connection, and try again later")
        .because(error)
}

/// A name as people write it.
fn shown(name: &DomainName) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_below_a_domain_only_at_a_point() {
        assert!(is_below("crawl-1.googlebot.com", "googlebot.com"));
        assert!(is_below("googlebot.com", "googlebot.com"));
        assert!(!is_below("evilgooglebot.com", "googlebot.com"));
        assert!(!is_below("googlebot.com.example.com", "googlebot.com"));
    }
}
