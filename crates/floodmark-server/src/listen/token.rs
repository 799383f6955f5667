//! The token that clients give if the server wants one.

use std::fmt;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::str::FromStr;

use floodmark_engine::{Error, Result};
use tokio_rustls::rustls::SupportedCipherSuite;
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use uuid::Uuid;

use crate::limits::{TOKEN_CHARACTERS_MAX, TOKEN_CHARACTERS_MIN};
use crate::listen::announcement::unusable;
use crate::listen::private_file;

/// The file in the server's folder with the token of its page, which only its owner may read.
const FILE: &str = "page-token";

/// A text that only who may ask knows. It is never shown: not in logs, not in errors.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token that nobody can guess.
    pub fn generate() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The token of the page of a server's folder: made once, so that whoever let a browser in need not do so again after a restart.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if its file cannot be used.
    pub fn kept(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                // One that somebody wrote in half, or changed, is made anew.
                if let Ok(token) = text.trim().parse() {
                    return Ok(token);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&path, error)),
        }
        let token = Self::generate();
        let text = format!("{}\n", token.reveal());
        private_file::write(&path, text.as_bytes()).map_err(|error| unusable(&path, error))?;
        Ok(token)
    }

    /// The token, for those who hand it to clients.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A token that follows from this one for a purpose, and does not lead back to it.
    pub(crate) fn derived(&self, purpose: &str) -> Self {
        let sha256 = match TLS13_AES_128_GCM_SHA256 {
            SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
            SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
        };
        let hash = sha256.hash(format!("{purpose}:{}", self.0).as_bytes());
        Self(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether a text is the token. The time that it takes tells nothing but the length.
    pub(crate) fn is(&self, text: &str) -> bool {
        let (own, text) = (self.0.as_bytes(), text.as_bytes());
        let difference = own
            .iter()
            .zip(text)
            .fold(0, |difference, (own, text)| black_box(difference | (own ^ text)));
        own.len() == text.len() && difference == 0
    }
}

impl FromStr for Token {
    type Err = Error;

    /// Takes a token that a user chose. It must be fit for an access key id, because some clients can give it only there.
    fn from_str(text: &str) -> Result<Self> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let lengths = TOKEN_CHARACTERS_MIN..=TOKEN_CHARACTERS_MAX;
        if lengths.contains(&text.len()) && text.bytes().all(is_fit) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid_query(format!(
            "a token has {TOKEN_CHARACTERS_MIN} to {TOKEN_CHARACTERS_MAX} letters, digits, `-` and `_`"
        ))
        .hint("`--token auto` makes one"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_taken() {
        let token: Token = "0123456789abcdef".parse().unwrap();
        assert!(token.is("0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef0"] {
            assert!(!token.is(other), "{other}");
        }
    }

    #[test]
    fn a_derived_token_is_the_hash_of_purpose_and_token() {
        let token: Token = "0123456789abcdef".parse().unwrap();
        let derived = token.derived("floodmark page");
        // As `printf 'floodmark page:0123456789abcdef' | sha256sum` prints.
        let expected = "8721914b2dae4ff126414b72d42a02471ca10995663a8bd7b67dc1225207ab19";
        assert_eq!(derived.reveal(), expected);
    }

    #[test]
    fn the_token_of_a_folder_stays() {
        let folder = tempfile::tempdir().unwrap();
        let token = Token::kept(folder.path()).unwrap();
        assert!(Token::kept(folder.path()).unwrap().is(token.reveal()));
        std::fs::write(folder.path().join(FILE), "short").unwrap();
        assert!(!Token::kept(folder.path()).unwrap().is(token.reveal()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(folder.path().join(FILE)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_token_is_long_and_plain_and_never_shown() {
        for text in ["short", "with spaces and more", "slashes/are/not/fit", ""] {
            let error = text.parse::<Token>().unwrap_err();
            assert!(!error.to_string().contains("slashes"), "{error}");
        }
        let token = Token::generate();
        assert_eq!(token.reveal().len(), 32);
        assert!(token.reveal().parse::<Token>().is_ok());
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_ne!(token.reveal(), Token::generate().reveal());
    }
}
