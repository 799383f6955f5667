//! What the environment of a client must hold, so that it asks here and nowhere else.

use std::ffi::OsString;

use http::Uri;

use crate::listen::Announcement;

/// A change of a client's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is set to; None if it is removed.
    pub value: Option<String>,
}

/// The region that clients get who have none: what they sign with matters to nobody.
const REGION: &str = "us-east-1";

/// What stands for both keys of clients, so that real ones do not leave.
const KEY: &str = "floodmark";

/// What would lead a client past the endpoint, or real credentials to it.
static REMOVED: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    // An older name of the session token, which wins over the one that we set.
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_ATHENA",
    "AWS_ENDPOINT_URL_GLUE",
    "AWS_ENDPOINT_URL_LAKEFORMATION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "WR_ATHENA_ENDPOINT_URL",
    "WR_GLUE_ENDPOINT_URL",
    "WR_LAKEFORMATION_ENDPOINT_URL",
    "WR_S3_ENDPOINT_URL",
    "WR_STS_ENDPOINT_URL",
];

/// The variables that name a proxy, which clients would ask in place of this machine.
static PROXIES: &[&str] =
    &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// What is reached without a proxy, besides the host that the server is reached by.
static DIRECT: &[&str] = &["127.0.0.1", "localhost"];

/// The changes of an environment, in the order in which they are told. What the client's environment holds now is looked up.
pub fn variables(
    server: &Announcement,
    region: Option<&str>,
    look: impl Fn(&str) -> Option<OsString>,
) -> Vec<Variable> {
    let held = |name: &str| {
        let value = look(name).map(|value| value.to_string_lossy().into_owned());
        value.filter(|value| !value.is_empty())
    };
    let set = |name, value: String| Variable { name, value: Some(value) };
    let mut variables = vec![
        set("AWS_ENDPOINT_URL", server.url.clone()),
        set("AWS_ACCESS_KEY_ID", KEY.to_owned()),
        set("AWS_SECRET_ACCESS_KEY", KEY.to_owned()),
        Variable { name: "AWS_SESSION_TOKEN", value: server.token.clone() },
        set("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    // Some clients read the one, some the other.
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let own = names.iter().find_map(|name| held(name));
    let wanted = region.map(str::to_owned).or(own).unwrap_or_else(|| REGION.to_owned());
    for name in names {
        if region.is_some() || held(name).is_none() {
            variables.push(set(name, wanted.clone()));
        }
    }
    if let Some(certificate) = &server.certificate {
        variables.push(set("AWS_CA_BUNDLE", certificate.to_string_lossy().into_owned()));
    }
    if PROXIES.iter().any(|name| held(name).is_some()) {
        let held = held("NO_PROXY").or_else(|| held("no_proxy")).unwrap_or_default();
        let mut direct: Vec<&str> = held.split(',').filter(|name| !name.is_empty()).collect();
        let url = server.url.parse::<Uri>().ok();
        let host = url.as_ref().and_then(Uri::host);
        // Some clients compare an address of IPv6 with its brackets, some without.
        let bare = host.map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        for name in DIRECT.iter().copied().chain(host).chain(bare) {
            if !direct.contains(&name) {
                direct.push(name);
            }
        }
        for name in ["NO_PROXY", "no_proxy"] {
            variables.push(set(name, direct.join(",")));
        }
    }
    variables.extend(REMOVED.iter().map(|name| Variable { name, value: None }));
    variables
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn server() -> Announcement {
        Announcement {
            url: "http://127.0.0.1:8765".to_owned(),
            address: ([127, 0, 0, 1], 8765).into(),
            pid: 1,
            certificate: None,
            token: None,
            page_token: String::new(),
        }
    }

    fn value(variables: &[Variable], name: &str) -> Option<String> {
        let mut found = variables.iter().filter(|variable| variable.name == name);
        let variable = found.next().unwrap_or_else(|| panic!("{name} is not told"));
        assert!(found.next().is_none(), "{name} is told twice");
        variable.value.clone()
    }

    #[test]
    fn real_credentials_and_other_endpoints_go() {
        let variables = variables(&server(), None, |_| None);
        assert_eq!(value(&variables, "AWS_ENDPOINT_URL").unwrap(), "http://127.0.0.1:8765");
        assert_eq!(value(&variables, "AWS_ACCESS_KEY_ID").unwrap(), "floodmark");
        for gone in [
            "AWS_SESSION_TOKEN",
            "AWS_SECURITY_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
            "AWS_PROFILE",
            "AWS_DEFAULT_PROFILE",
            "AWS_ENDPOINT_URL_S3",
        ] {
            assert_eq!(value(&variables, gone), None, "{gone}");
        }
        assert!(variables.iter().all(|variable| !variable.name.contains("PROXY")));
        assert!(variables.iter().all(|variable| variable.name != "AWS_CA_BUNDLE"));
    }

    #[test]
    fn the_token_and_the_certificate_are_told() {
        let server = Announcement {
            token: Some("0123456789abcdef".to_owned()),
            certificate: Some(PathBuf::from("ca.pem")),
            ..server()
        };
        let variables = variables(&server, None, |_| None);
        assert_eq!(value(&variables, "AWS_SESSION_TOKEN").unwrap(), "0123456789abcdef");
        assert_eq!(value(&variables, "AWS_CA_BUNDLE").unwrap(), "ca.pem");
    }

    #[test]
    fn a_region_that_is_set_stays() {
        let held = |name: &str| (name == "AWS_REGION").then(|| OsString::from("eu-west-1"));
        let with = variables(&server(), None, held);
        assert!(with.iter().all(|variable| variable.name != "AWS_REGION"));
        assert_eq!(value(&with, "AWS_DEFAULT_REGION").unwrap(), "eu-west-1");
        let without = variables(&server(), None, |_| None);
        assert_eq!(value(&without, "AWS_REGION").unwrap(), "us-east-1");
        let asked = variables(&server(), Some("eu-north-1"), held);
        assert_eq!(value(&asked, "AWS_REGION").unwrap(), "eu-north-1");
    }

    #[test]
    fn a_proxy_is_passed_by() {
        let held = |name: &str| match name {
            "https_proxy" => Some(OsString::from("http://proxy.example.com:3128")),
            "NO_PROXY" => Some(OsString::from("example.com,localhost")),
            _ => None,
        };
        let check = |url: &str, expect: &str| {
            let server = Announcement { url: url.to_owned(), ..server() };
            let variables = variables(&server, None, held);
            assert_eq!(value(&variables, "NO_PROXY").unwrap(), expect);
            assert_eq!(value(&variables, "no_proxy").unwrap(), expect);
        };
        check("http://127.0.0.1:8765", "example.com,localhost,127.0.0.1");
        check("https://192.0.2.7:8765", "example.com,localhost,127.0.0.1,192.0.2.7");
        check("http://[::1]:8765", "example.com,localhost,127.0.0.1,[::1],::1");
    }
}
