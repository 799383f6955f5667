//! Who may ask: a page of the web that a browser shows may not, nor who does not know the token.

use std::net::{IpAddr, SocketAddr};

use floodmark_engine::{Error, Result};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, header};

use crate::listen::refusal::{Reason, Refusal};
use crate::listen::token::Token;
use crate::route::{Service, credential, query_value};

/// Whom the guard lets through.
#[derive(Clone, Debug, Default)]
pub struct GuardOptions {
    /// Names under which the server is reached besides `localhost`, as the header `Host` has them; `*.example.com` stands for all
    /// names below.
    pub hosts: Vec<String>,
    /// What clients must know; None if nothing is asked of them.
    pub token: Option<Token>,
}

/// Looks at each request before anything else does.
#[derive(Debug)]
pub(crate) struct Guard {
    address: SocketAddr,
    options: GuardOptions,
}

impl Guard {
    /// A guard of the port at an address.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if other machines reach the address and no token is asked of them.
    pub(crate) fn new(address: SocketAddr, mut options: GuardOptions) -> Result<Self> {
        if !address.ip().is_loopback() && options.token.is_none() {
            let message = format!("other machines reach `{address}`, and no token keeps them out");
            return Err(Error::invalid_query(message).hint(
                "`--token auto` makes one; `--listen 127.0.0.1:8765` is for this machine alone",
            ));
        }
        for host in &mut options.hosts {
            *host = host.trim_end_matches('.').to_ascii_lowercase();
        }
        Ok(Self { address, options })
    }

    /// The same guard where the port has become known.
    pub(crate) fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Whether a request may go on.
    ///
    /// # Errors
    ///
    /// The answer to a request that may not.
    pub(crate) fn check(&self, request: &Parts, service: &Service) -> Result<(), Refusal> {
        let host = self.host(request)?;
        self.origin(&request.headers, &host)?;
        match (&self.options.token, service) {
            // Whether a server is there at all is no secret, nor where its page lies.
            (Some(_), Service::Page(path)) if path == "/-/health" || path == "/" => Ok(()),
            // The page asks for the token itself, of which browsers have a cookie.
            (_, Service::Ui(_)) => Ok(()),
            (Some(token), _) if !knows(token, request) => {
                let message =
                    "this server asks for its token: `floodmark env` prints what a client needs";
                Err(Refusal::new(Reason::Token, message))
            }
            _ => Ok(()),
        }
    }

    /// The host that the client believes to have asked. A name that is none of ours is one that somebody made to lead here.
    fn host(&self, request: &Parts) -> Result<Authority, Refusal> {
        let mut hosts = request.headers.get_all(header::HOST).iter();
        let (first, more) = (hosts.next(), hosts.next());
        let written = first.and_then(|host| host.to_str().ok());
        let host = written.and_then(|host| host.parse::<Authority>().ok());
        let (Some(host), None) = (host, more) else {
            return Err(Refusal::new(Reason::Place, "a request has one header `Host`"));
        };
        for host in [Some(&host), request.uri.authority()].into_iter().flatten() {
            if !self.is_ours(host.host()) {
                let name = host.host();
                let message = format!(
                    "this server does not answer to the name `{name}`; start it with `--allow-host {name}` if it should"
                );
                return Err(Refusal::new(Reason::Place, message));
            }
        }
        Ok(host)
    }

    /// A browser says whose page asks. Only our own may.
    fn origin(&self, headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
        let refusal =
            || Refusal::new(Reason::Place, "pages of other sites may not ask this server");
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().ok().and_then(place);
            let Some((authority, port)) = origin else { return Err(refusal()) };
            let is_our_port = port == self.address.port() || Some(port) == host.port_u16();
            if !self.is_ours(authority.host()) || !is_our_port {
                return Err(refusal());
            }
        }
        // Browsers leave `Origin` out where a page only embeds what it asks for; a link that a person follows is something else.
        let told = |name: &str| headers.get(name);
        let from_elsewhere =
            told("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
        let is_followed = told("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        if from_elsewhere && !is_followed { Err(refusal()) } else { Ok(()) }
    }

    /// Whether a host is one of our names.
    fn is_ours(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = bare.parse::<IpAddr>() {
            let ip = ip.to_canonical();
            // Nobody can make a number lead elsewhere, only a name.
            return ip.is_loopback()
                || ip == self.address.ip()
                || self.address.ip().is_unspecified();
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_allowed = |allowed: &String| match allowed.strip_prefix('*') {
            Some(end) => end.starts_with('.') && host.len() > end.len() && host.ends_with(end),
            None => host == *allowed,
        };
        host == "localhost"
            || host.ends_with(".localhost")
            || self.options.hosts.iter().any(is_allowed)
    }
}

/// The host and the port of an origin such as `http://localhost:8765`. `null` has none.
fn place(origin: &str) -> Option<(Authority, u16)> {
    let (scheme, rest) = origin.split_once("://")?;
    let authority: Authority = rest.parse().ok()?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let port = authority.port_u16().unwrap_or(usual);
    Some((authority, port))
}

/// Whether a request gives the token, in one of the places where clients can put it.
fn knows(token: &Token, request: &Parts) -> bool {
    let session = request.headers.get_all("x-amz-security-token").iter();
    let session = session.filter_map(|value| value.to_str().ok().map(str::to_owned));
    let authorization = request.headers.get_all(header::AUTHORIZATION).iter();
    let bearer = authorization.filter_map(|value| {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim().to_owned())
    });
    let signed = query_value(&request.uri, "X-Amz-Security-Token");
    let key = credential(request).and_then(|scope| scope.split('/').next().map(str::to_owned));
    session.chain(bearer).chain(signed).chain(key).any(|text| token.is(&text))
}
