//! TLS: with the user's certificate, or with one of our own making.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Datelike, Utc};
use floodmark_engine::{Error, ErrorKind, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use uuid::Uuid;

use crate::limits::{CERTIFICATE_DAYS, CERTIFICATE_NAMES_MAX, CERTIFICATE_RENEWED_DAYS};
use crate::listen::announcement::unusable;
use crate::listen::private_file;

/// Whether a server speaks TLS, and with which certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// It speaks plain HTTP.
    #[default]
    Off,
    /// With a certificate that it makes for this machine's names, and makes anew before it ends.
    SelfSigned,
    /// With a certificate of the user's, both files in PEM.
    Files {
        /// The certificate, followed by those that lead to one that clients know.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// What speaks TLS on new connections.
pub(crate) struct Secured {
    /// Takes the connections.
    pub(crate) acceptor: TlsAcceptor,
    /// The file with the certificate that clients must trust, if it is none that they know.
    pub(crate) certificate: Option<PathBuf>,
}

/// The file in the server's folder with the certificate of our own making and its key, which only its owner may read.
const IDENTITY_FILE: &str = "identity.json";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate of our own making.
#[derive(Deserialize, Serialize)]
struct Identity {
    /// What tells it from others that were made for the same folder.
    id: String,
    /// The names that it is for.
    names: Vec<String>,
    /// When it ends, in seconds since 1970.
    ends_s: u64,
    /// The certificate of who signed it, in PEM. The key that signed was thrown away: nobody can sign anything else with it.
    authority: String,
    /// The certificate, in PEM.
    certificate: String,
    /// Its key, in PEM.
    key: String,
}

/// Reads or makes a certificate. Gives None without TLS.
///
/// # Errors
///
/// `NotFound`, `AccessDenied`, `Unavailable` if a file cannot be used; `InvalidQuery` if the user's are no certificate and key.
pub(crate) fn open(tls: &Tls, ip: IpAddr, folder: &Path) -> Result<Option<Secured>> {
    match tls {
        Tls::Off => Ok(None),
        Tls::Files { certificate, key } => {
            let read = |path: &Path| std::fs::read(path).map_err(|error| unusable(path, error));
            let unfit = |error: Box<dyn std::error::Error + Send + Sync>| {
                let (certificate, key) = (certificate.display(), key.display());
                Error::invalid_query(format!(
                    "`{certificate}` and `{key}` are no certificate and its key in PEM: {error}"
                ))
                .because(error)
            };
            let acceptor = acceptor(&read(certificate)?, &read(key)?).map_err(unfit)?;
            Ok(Some(Secured { acceptor, certificate: None }))
        }
        Tls::SelfSigned => {
            let identity = identity(&names(ip), folder, SystemTime::now())?;
            let acceptor = acceptor(identity.certificate.as_bytes(), identity.key.as_bytes());
            let acceptor = acceptor.map_err(not_made)?;
            // A file of its own: a server that runs already may have another certificate, which its clients go on to trust.
            let authority = folder.join(format!("ca-{}.pem", identity.id));
            let written = private_file::write(&authority, identity.authority.as_bytes());
            written.map_err(|error| unusable(&authority, error))?;
            Ok(Some(Secured { acceptor, certificate: Some(authority) }))
        }
    }
}

/// The names that clients of this machine may use.
fn names(ip: IpAddr) -> Vec<String> {
    let usual = ["localhost", "*.localhost", "*.s3.localhost", "127.0.0.1", "::1"];
    let mut names: Vec<String> = usual.map(str::to_owned).to_vec();
    let own = ip.to_string();
    if !ip.is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    names
}

/// The certificate that is kept if it still serves, or a new one, which has the names of one that is kept as well: those who start
/// servers at several addresses in turn need but one.
fn identity(names: &[String], folder: &Path, now: SystemTime) -> Result<Identity> {
    let path = folder.join(IDENTITY_FILE);
    let now_s = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let needed_s = now_s + DAY.as_secs() * u64::from(CERTIFICATE_RENEWED_DAYS);
    let mut all = names.to_vec();
    if let Ok(bytes) = std::fs::read(&path)
        && let Ok(kept) = serde_json::from_slice::<Identity>(&bytes)
        && kept.ends_s > needed_s
    {
        if names.iter().all(|name| kept.names.contains(name)) {
            return Ok(kept);
        }
        all.extend(kept.names.into_iter().filter(|name| !names.contains(name)));
        all.truncate(CERTIFICATE_NAMES_MAX);
    }
    let made = make(&all, now).map_err(|error| not_made(error.into()))?;
    let bytes = serde_json::to_vec(&made).map_err(|error| not_made(error.into()))?;
    private_file::write(&path, &bytes).map_err(|error| unusable(&path, error))?;
    Ok(made)
}

fn not_made(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot make a certificate: {error}")).because(error)
}

/// Makes a certificate that is signed by one which signs nothing else: strict clients take no certificate that signed itself.
fn make(names: &[String], now: SystemTime) -> std::result::Result<Identity, rcgen::Error> {
    // Days are told to the certificate, which begins and ends with one.
    let day = |time: SystemTime| {
        let time = DateTime::<Utc>::from(time);
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        date_time_ymd(time.year(), part(time.month()), part(time.day()))
    };
    let (first, last) = (now - DAY, now + DAY * CERTIFICATE_DAYS);
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "Floodmark on this machine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.not_before = day(first);
    authority.not_after = day(last);
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;

    let mut own = CertificateParams::new(names.to_vec())?;
    own.distinguished_name.push(DnType::CommonName, "localhost");
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.use_authority_key_identifier_extension = true;
    own.not_before = day(first);
    own.not_after = day(last);
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &Issuer::new(authority, authority_key))?;
    let ends_s = last.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    Ok(Identity {
        id: Uuid::new_v4().simple().to_string(),
        names: names.to_vec(),
        // The last day is not a whole one.
        ends_s: ends_s.saturating_sub(DAY.as_secs()),
        authority: authority_certificate.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn acceptor(
    certificate: &[u8],
    key: &[u8],
) -> std::result::Result<TlsAcceptor, Box<dyn std::error::Error + Send + Sync>> {
    let chain = CertificateDer::pem_slice_iter(certificate);
    let chain = chain.collect::<std::result::Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_kept_until_it_nears_its_end_or_a_name_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let start = SystemTime::UNIX_EPOCH + DAY * 20_000;
        let local = names("127.0.0.1".parse().unwrap());
        let made = |names: &[String], days: u32| {
            identity(names, folder.path(), start + DAY * days).unwrap().certificate
        };
        let first = made(&local, 0);
        assert_eq!(made(&local, 300), first);
        let later = made(&local, 395);
        assert_ne!(later, first);
        let more = names("192.0.2.7".parse().unwrap());
        assert_ne!(made(&more, 395), later);
        assert!(acceptor(first.as_bytes(), first.as_bytes()).is_err());
    }

    #[test]
    fn the_clients_of_a_server_that_runs_go_on_to_trust_it() {
        let folder = tempfile::tempdir().unwrap();
        let trusted = |address: &str| {
            let secured = open(&Tls::SelfSigned, address.parse().unwrap(), folder.path());
            secured.unwrap().unwrap().certificate.unwrap()
        };
        let first = trusted("127.0.0.1");
        let authority = std::fs::read(&first).unwrap();
        let second = trusted("192.0.2.7");
        assert_ne!(first, second);
        assert_eq!(std::fs::read(&first).unwrap(), authority);
        // The second serves both.
        assert_eq!(trusted("127.0.0.1"), second);
        assert_eq!(trusted("192.0.2.7"), second);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let secured = open(&Tls::SelfSigned, "127.0.0.1".parse().unwrap(), folder.path());
        let secured = secured.unwrap().unwrap();
        assert!(secured.certificate.unwrap().exists());
        let key = std::fs::metadata(folder.path().join(IDENTITY_FILE)).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}
