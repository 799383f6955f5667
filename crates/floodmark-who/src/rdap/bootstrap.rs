//! Which registry is in charge of an address, as IANA's files say (RFC 9224).

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use floodmark_aws::http::{self, GetOptions, HttpClient};

use crate::limits::{BOOTSTRAP_AGE_MAX_S, BOOTSTRAP_BYTES_MAX};
use crate::rdap::cache::Cache;
use crate::rdap::resolve::RdapOptions;
use crate::{Error, ErrorKind, Result};

/// Where IANA's files lie.
const IANA: &str = "https://data.iana.org/rdap/";

/// A file of IANA's, and the copy of it that is built in.
struct List {
    name: &'static str,
    copy: &'static str,
}

const IPV4: List = List { name: "ipv4.json", copy: include_str!("iana/ipv4.json") };
const IPV6: List = List { name: "ipv6.json", copy: include_str!("iana/ipv6.json") };

/// Registries by the addresses that they are in charge of.
#[derive(Debug, Default)]
pub(super) struct Registries {
    /// Narrow ranges first.
    servers: Vec<(IpNet, Url)>,
    /// What the user is to know about where this comes from.
    pub(super) notes: Vec<String>,
}

/// What a list says.
struct Services {
    publication: Option<String>,
    servers: Vec<(IpNet, Url)>,
}

/// A file as IANA writes it. What else stands in it does not matter.
#[derive(Deserialize)]
struct Written {
    publication: Option<String>,
    services: Vec<Vec<Vec<String>>>,
}

impl Registries {
    /// The lists that these addresses need: from the cache, from IANA, or as they are built in.
    ///
    /// # Errors
    ///
    /// If the user has set another place for the lists, and they cannot be read there: to ask the public registries instead would
    /// tell them what was not meant for them.
    pub(super) async fn load(
        addresses: &[IpAddr],
        cache: &Cache,
        client: &HttpClient,
        options: &RdapOptions,
        now: i64,
    ) -> Result<Self> {
        let mut registries = Self::default();
        for (list, is_wanted) in
            [(IPV4, IpAddr::is_ipv4 as fn(&IpAddr) -> bool), (IPV6, IpAddr::is_ipv6)]
        {
            if addresses.iter().any(is_wanted) {
                registries.add(&list, cache, client, options, now).await?;
            }
        }
        registries.servers.sort_by_key(|(range, _)| std::cmp::Reverse(range.prefix_len()));
        Ok(registries)
    }

    /// The server of the registry that is in charge of an address.
    pub(super) fn server(&self, address: IpAddr) -> Option<&Url> {
        let found = self.servers.iter().find(|(range, _)| range.contains(&address));
        found.map(|(_, server)| server)
    }

    async fn add(
        &mut self,
        list: &List,
        cache: &Cache,
        client: &HttpClient,
        options: &RdapOptions,
        now: i64,
    ) -> Result<()> {
        let may_be_insecure = options.bootstrap.is_some();
        let base = options.bootstrap.clone();
        let base = base.unwrap_or_else(|| Url::parse(IANA).expect("an address of this file"));
        let url = as_folder(base).join(list.name).expect("a folder and a name").to_string();
        let kept = cache.bootstrap(&url)?;
        let kept = kept.and_then(|(at, text)| Some((at, read(&text, may_be_insecure)?.servers)));
        if let Some((at, servers)) = &kept
            && now.abs_diff(*at) <= BOOTSTRAP_AGE_MAX_S.unsigned_abs()
        {
            self.servers.extend_from_slice(servers);
            return Ok(());
        }
        let failure = match fetch(client, &url, options, may_be_insecure).await {
            Ok((text, servers)) => {
                cache.keep_bootstrap(&url, &text, now)?;
                self.servers.extend(servers);
                return Ok(());
            }
            Err(failure) => failure,
        };
        if let Some((_, servers)) = kept {
            self.notes.push(format!("{failure}; its last copy says which registry is asked"));
            self.servers.extend(servers);
            return Ok(());
        }
        if may_be_insecure {
            let hint = "check `--rdap-bootstrap`: the public registries are not asked instead";
            return Err(failure.hint(hint));
        }
        let services = read(list.copy, false).expect("a list of this program");
        let date =
            services.publication.as_deref().and_then(|date| date.get(..7)).unwrap_or_default();
        self.notes.push(format!("{failure}; the list of {date} says which registry is asked"));
        self.servers.extend(services.servers);
        Ok(())
    }
}

/// The address of a folder, which ends with a slash.
pub(super) fn as_folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

async fn fetch(
    client: &HttpClient,
    url: &str,
    options: &RdapOptions,
    may_be_insecure: bool,
) -> Result<(String, Vec<(IpNet, Url)>)> {
    let get = GetOptions {
        accept: Some("application/json"),
        bytes_max: BOOTSTRAP_BYTES_MAX,
        time_max: options.time_max,
        ..GetOptions::default()
    };
    let response = http::get(client, url, &get).await?;
    if response.status != 200 {
        let message = format!("`{url}` answers with status {}", response.status);
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    let text = String::from_utf8(response.body).ok();
    let read = text.and_then(|text| Some((read(&text, may_be_insecure)?.servers, text)));
    let (servers, text) = read.ok_or_else(|| {
        Error::new(ErrorKind::Unavailable, format!("`{url}` is no list of registries"))
    })?;
    Ok((text, servers))
}

/// Reads a list, if it is one that names a server. Services that cannot be read are passed over.
fn read(text: &str, may_be_insecure: bool) -> Option<Services> {
    let written: Written = serde_json::from_str(text).ok()?;
    let mut servers = Vec::new();
    for service in &written.services {
        let [ranges, urls] = service.as_slice() else { continue };
        let urls = urls.iter().filter_map(|url| Url::parse(url).ok());
        let mut urls: Vec<Url> = urls
            .filter(|url| url.scheme() == "https" || url.scheme() == "http" && may_be_insecure)
            .collect();
        urls.sort_by_key(|url| url.scheme() != "https");
        let Some(server) = urls.into_iter().next().map(as_folder) else { continue };
        let ranges = ranges.iter().filter_map(|range| range.parse::<IpNet>().ok());
        servers.extend(ranges.map(|range| (range, server.clone())));
    }
    (!servers.is_empty()).then_some(Services { publication: written.publication, servers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_name_one_registry_for_each_address_that_is_handed_out() {
        let servers = read(IPV4.copy, false).unwrap().servers;
        for first in 0..=255_u8 {
            let address = IpAddr::from([first, 1, 1, 1]);
            let count = servers.iter().filter(|(range, _)| range.contains(&address)).count();
            let is_handed_out = !matches!(first, 0 | 10 | 127 | 224..);
            assert_eq!(count, usize::from(is_handed_out), "{address}");
        }
        let servers = read(IPV6.copy, false).unwrap().servers;
        let server = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            let mut found = servers.iter().filter(|(range, _)| range.contains(&address));
            (found.next().map(|(_, url)| url.host_str().unwrap().to_owned()), found.count())
        };
        assert_eq!(server("2a00::1"), (Some("rdap.db.ripe.net".to_owned()), 0));
        assert_eq!(server("2600:1f00::1"), (Some("rdap.arin.net".to_owned()), 0));
        assert_eq!(server("2800::1"), (Some("rdap.lacnic.net".to_owned()), 0));
        assert_eq!(server("3000::1"), (None, 0));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        assert!(read("[]", true).is_none());
        assert!(read("{\"services\": [[[\"1.0.0.0/8\"]]]}", true).is_none());
        let insecure =
            "{\"services\": [[[\"1.0.0.0/8\", \"x\"], [\"http://a.example.com/\", \":\"]]]}";
        assert!(read(insecure, false).is_none());
        assert_eq!(read(insecure, true).unwrap().servers.len(), 1);
        let both = "{\"services\": [[[\"1.0.0.0/8\"], [\"http://a.example.com/\", \"https://b.example.com/rdap\"]]]}";
        assert_eq!(read(both, true).unwrap().servers[0].1.as_str(), "https://b.example.com/rdap/");
    }
}
