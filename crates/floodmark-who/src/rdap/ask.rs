//! One question to a registry, and what its answer means.

use std::net::IpAddr;

use chrono::DateTime;
use floodmark_aws::http::{self, GetOptions, HttpClient, Response};
use serde_json::Value;
use url::{Host, Url};

use crate::ErrorKind;
use crate::limits::{RDAP_ANSWER_BYTES_MAX, RDAP_REDIRECTS_MAX};
use crate::rdap::resolve::RdapOptions;
use crate::rdap::{Network, answer};
use crate::special;

/// What came of a question. Texts are the ends of sentences that begin with the server's name.
#[derive(Debug)]
pub(super) enum Outcome {
    /// This is the network.
    Network(Box<Network>),
    /// There is none.
    Nothing,
    /// It wants to be left alone for so many seconds, if it says how many.
    Busy(Option<u64>),
    /// It went wrong, and may go well later.
    Failed(String),
    /// It went wrong, and would again.
    Refused(String),
    /// It does not answer us, whatever we ask.
    Denied(String),
}

/// Asks a server for the network of an address.
pub(super) async fn ask(
    client: &HttpClient,
    server: &Url,
    address: IpAddr,
    options: &RdapOptions,
    now: i64,
) -> Outcome {
    let Ok(mut url) = server.join(&format!("ip/{address}")) else {
        return Outcome::Denied("has an address below which there can be no other".to_owned());
    };
    let get = GetOptions {
        accept: Some("application/rdap+json, application/json;q=0.9"),
        bytes_max: RDAP_ANSWER_BYTES_MAX,
        time_max: options.time_max,
        ..GetOptions::default()
    };
    for _ in 0..=RDAP_REDIRECTS_MAX {
        let response = match http::get(client, url.as_str(), &get).await {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::LimitReached => {
                let most = RDAP_ANSWER_BYTES_MAX >> 10;
                return Outcome::Refused(format!("gave an answer of more than {most} KiB"));
            }
            Err(error) => return Outcome::Failed(format!("cannot be asked: {error}")),
        };
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return meaning(&response, &url, address, now);
        }
        let next = response.header("location").and_then(|location| url.join(location).ok());
        let Some(next) = next else {
            return Outcome::Refused("leads elsewhere without saying where".to_owned());
        };
        if let Err(reason) = may_follow(&url, &next, options) {
            return Outcome::Refused(reason);
        }
        url = next;
    }
    Outcome::Refused(format!("leads elsewhere more than {RDAP_REDIRECTS_MAX} times"))
}

/// Whether one address may lead to another: never from a secure connection to one that is not, and never from the internet into
/// this machine or its network.
fn may_follow(from: &Url, to: &Url, options: &RdapOptions) -> Result<(), String> {
    if !matches!(to.scheme(), "http" | "https") {
        return Err(format!("leads to `{to}`, which is not fetched by HTTP"));
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(format!("leads from a secure connection to one that is not: `{to}`"));
    }
    let is_ours = options.endpoint.is_some() || options.bootstrap.is_some();
    let is_inside = match to.host() {
        Some(Host::Ipv4(address)) => special::find(IpAddr::V4(address)).is_some(),
        Some(Host::Ipv6(address)) => special::find(IpAddr::V6(address)).is_some(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => true,
    };
    if is_inside && !is_ours {
        return Err(format!("leads into this network: `{to}`"));
    }
    Ok(())
}

fn meaning(response: &Response, url: &Url, address: IpAddr, now: i64) -> Outcome {
    let status = response.status;
    let retry_after = response.header("retry-after").and_then(|text| seconds(text, now));
    let host = url.host_str().unwrap_or_default();
    match status {
        200 => match answer::read(&response.body, address, host, now) {
            Ok(network) => Outcome::Network(Box::new(network)),
            Err(reason) => Outcome::Refused(reason),
        },
        // Another server than a registry's has a page for what it does not have.
        404 if response.body.is_empty() || is_object(&response.body) => Outcome::Nothing,
        404 => Outcome::Refused("answers like a server that is no registry's".to_owned()),
        429 => Outcome::Busy(retry_after),
        503 if retry_after.is_some() => Outcome::Busy(retry_after),
        401 | 403 | 407 | 451 => Outcome::Denied(format!("does not answer us: status {status}")),
        408 | 500 | 502..=599 => Outcome::Failed(format!("answers with status {status}")),
        _ => Outcome::Refused(format!("answers with status {status}")),
    }
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|value| value.is_object())
}

/// How long to wait, as the header `Retry-After` says: in seconds, or until a time (RFC 9110).
fn seconds(text: &str, now: i64) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?.timestamp();
    Some(u64::try_from(until.saturating_sub(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_given_in_seconds_or_as_a_time() {
        let now = 1_728_090_000;
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sat, 05 Oct 2024 01:00:30 GMT", Some(30)),
            ("Sat, 05 Oct 2024 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(seconds(text, now), expected, "{text}");
        }
    }

    #[test]
    fn no_registry_leads_into_this_network() {
        let public = RdapOptions::default();
        let endpoint = Some(Url::parse("http://127.0.0.1:1/").unwrap());
        let ours = RdapOptions { endpoint, ..RdapOptions::default() };
        for (from, to, may_public, may_ours) in [
            ("https://a.example.com/", "https://b.example.com/", true, true),
            ("https://a.example.com/", "http://b.example.com/", false, false),
            ("https://a.example.com/", "file:///etc/hosts", false, false),
            ("https://a.example.com/", "https://localhost/", false, true),
            ("https://a.example.com/", "https://169.254.169.254/latest", false, true),
            ("https://a.example.com/", "https://[::1]/", false, true),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/", false, true),
        ] {
            let [from, to] = [from, to].map(|url| Url::parse(url).unwrap());
            assert_eq!(may_follow(&from, &to, &public).is_ok(), may_public, "{to}");
            assert_eq!(may_follow(&from, &to, &ours).is_ok(), may_ours, "{to}");
        }
    }
}
