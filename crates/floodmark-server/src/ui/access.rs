//! Who may ask the API of the page: a browser that once opened the address with the token, and has its cookie since.

use std::sync::{Mutex, PoisonError};

use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};

use crate::body::ResponseBody;
use crate::listen::Token;
use crate::ui::{PLACE, redirect};

/// The member of the page's address that holds the token.
const MEMBER: &str = "token";

/// What the cookie's value is derived for.
const PURPOSE: &str = "floodmark page";

/// The token of the page, and the cookie that stands for it.
#[derive(Debug)]
pub(crate) struct Access {
    token: Token,
    /// The cookie's value. It is not the token, which is that of the AWS API as well: browsers send a cookie to all ports of a host.
    pass: Token,
    /// A token that can be exchanged once, for an address that others may see.
    once: Mutex<Option<Token>>,
    /// The cookie's name, which tells servers of one host apart: cookies know no ports.
    cookie: String,
    /// Whether the port speaks TLS.
    is_secured: bool,
}

impl Access {
    /// The access to the page at a port.
    pub(crate) fn new(token: Token, port: u16, is_secured: bool) -> Self {
        Self {
            pass: token.derived(PURPOSE),
            token,
            once: Mutex::default(),
            cookie: format!("floodmark_{port}"),
            is_secured,
        }
    }

    /// A token that can be exchanged for the cookie once. One that was made before counts no longer.
    pub(crate) fn make_once(&self) -> Token {
        let once = Token::generate();
        *self.once.lock().unwrap_or_else(PoisonError::into_inner) = Some(once.clone());
        once
    }

    /// Whether a request has the cookie, or the token as `Authorization: Bearer`.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == self.cookie).then_some(value)
        });
        let mut bearers = headers.get_all(AUTHORIZATION).iter().filter_map(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        cookies.any(|text| self.pass.is(text)) || bearers.any(|text| self.token.is(text))
    }

    /// Takes the token out of the page's address: the answer leads to the same address without it, and has the cookie if it was the
    /// right one. None if the address has none, or is only asked after, as what shows links beforehand does.
    pub(crate) fn exchange(&self, request: &Parts) -> Option<Response<ResponseBody>> {
        if request.method != Method::GET {
            return None;
        }
        let query = request.uri.query().unwrap_or_default();
        let members = || url::form_urlencoded::parse(query.as_bytes());
        let (_, given) = members().find(|(name, _)| name == MEMBER)?;
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        rest.extend_pairs(members().filter(|(name, _)| name != MEMBER));
        let rest = rest.finish();
        let mark = if rest.is_empty() { "" } else { "?" };
        let mut response = redirect(&format!("{PLACE}/{mark}{rest}"));
        if (self.token.is(&given) || self.take_once(&given))
            && let Ok(cookie) = HeaderValue::from_str(&self.set_cookie())
        {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        Some(response)
    }

    fn take_once(&self, given: &str) -> bool {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        once.take_if(|once| once.is(given)).is_some()
    }

    /// The cookie, which no script reads, and which no other site's page makes a browser send.
    fn set_cookie(&self) -> String {
        let (name, pass) = (&self.cookie, self.pass.reveal());
        let secure = if self.is_secured { "; Secure" } else { "" };
        format!("{name}={pass}; HttpOnly; SameSite=Strict; Path={PLACE}{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_tls_the_cookie_goes_nowhere_else() {
        let token: Token = "0123456789abcdef".parse().unwrap();
        let cookie = |is_secured| Access::new(token.clone(), 8765, is_secured).set_cookie();
        let pass = token.derived(PURPOSE);
        let pass = pass.reveal();
        let plain = format!("floodmark_8765={pass}; HttpOnly; SameSite=Strict; Path=/_ui");
        assert_eq!(cookie(false), plain);
        assert_eq!(cookie(true), format!("{plain}; Secure"));
    }

    #[test]
    fn a_token_for_once_lets_in_once() {
        let access = Access::new("0123456789abcdef".parse().unwrap(), 8765, false);
        let once = access.make_once();
        let request = |method: Method| {
            let uri = format!("/_ui/?token={}&log=nlb", once.reveal());
            let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
            request.into_parts().0
        };
        // Whoever only asks after the address does not use it up.
        assert!(access.exchange(&request(Method::HEAD)).is_none());
        let get = request(Method::GET);
        let is_let_in = || access.exchange(&get).unwrap().headers().contains_key(SET_COOKIE);
        assert!(is_let_in());
        assert!(!is_let_in());
    }
}
