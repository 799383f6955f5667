//! Where a server listens, told to other programs of its user by a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use floodmark_engine::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::limits::{PROBE_BYTES_MAX, PROBE_TIME};
use crate::listen::private_file;
use crate::ui::PLACE;

/// The name of the file in the server's folder.
const FILE: &str = "address.json";

/// The name of the file that the announced server keeps locked for as long as it lives, whatever ends it.
const LOCK_FILE: &str = "serving.lock";

/// The name of the server in the header `Server` of its answers.
pub(crate) const SERVER: &str = concat!("floodmark/", env!("CARGO_PKG_VERSION"));

/// How a server is reached, and by which process it is one.
///
/// The file holds the token too, so that `floodmark env` needs nothing else; it can be read by its owner alone.
#[derive(Clone, Deserialize, Serialize, PartialEq, Eq)]
pub struct Announcement {
    /// What clients take for an endpoint: `http://127.0.0.1:8765`.
    pub url: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// The file with the certificate that clients must trust; None if they know it already, or the server speaks no TLS.
    pub certificate: Option<PathBuf>,
    /// What clients must know.
    pub token: Option<String>,
    /// What browsers must know that open the page.
    #[serde(default)]
    pub page_token: String,
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement").field("url", &self.url).field("pid", &self.pid).finish()
    }
}

/// The right to announce itself in a folder, which one server at a time has. The announcement goes with it.
#[derive(Debug)]
pub(crate) struct Claim {
    folder: PathBuf,
    /// Locked as long as this is here.
    _lock: File,
}

impl Claim {
    /// Takes the right.
    ///
    /// # Errors
    ///
    /// `Unavailable` if another server has it; `Unavailable` or `AccessDenied` if the folder cannot be used.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK_FILE);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| unusable(&path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(runs_already(folder)),
            Err(TryLockError::Error(error)) => return Err(unusable(&path, error)),
        }
        let claim = Self { folder: folder.to_owned(), _lock: lock };
        // What a server left that was killed is true no longer.
        claim.withdraw();
        Ok(claim)
    }

    /// Announces a server, until this is dropped.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `AccessDenied` if the file cannot be written.
    pub(crate) fn announce(&self, announcement: &Announcement) -> Result<()> {
        let path = self.folder.join(FILE);
        let bytes = serde_json::to_vec(announcement).map_err(io::Error::from);
        let written = bytes.and_then(|bytes| private_file::write(&path, &bytes));
        written.map_err(|error| unusable(&path, error))
    }

    fn withdraw(&self) {
        // It counts only with the lock, so a file that stays is no harm.
        let _ = std::fs::remove_file(self.folder.join(FILE));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl Announcement {
    /// The address of the page with its token: a browser that opens it is let in from then on.
    pub fn page(&self) -> String {
        format!("{}{PLACE}/?token={}", self.url, self.page_token)
    }

    /// The server that last announced itself in a folder, if it is still there.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none; `Unavailable` or `AccessDenied` if the file cannot be read.
    pub fn find(folder: &Path) -> Result<Self> {
        let announced = Self::read(folder)?;
        match announced {
            // Another program may listen there by now, a server of another folder among them.
            Some(announcement) if announcement.answers() && is_claimed(folder) => Ok(announcement),
            _ => Err(Error::not_found(format!("no server of `{}` is running", folder.display()))
                .hint("`floodmark serve` starts one")),
        }
    }

    /// What stands in the file, whether or not the server is still there; None if there is no file, or one that is none of ours.
    fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, error)),
        }
    }

    /// Whether a server of ours answers there. It is asked without TLS: one that speaks it says so without it, too.
    fn answers(&self) -> bool {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        probe(address).is_ok_and(|head| {
            let server = format!("\r\nserver: {}", SERVER.split('/').next().unwrap_or_default());
            head.to_ascii_lowercase().contains(&server)
        })
    }
}

/// Whether a server holds the right to announce itself in a folder.
fn is_claimed(folder: &Path) -> bool {
    // Those who only look do not keep each other out.
    File::open(folder.join(LOCK_FILE))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The refusal of a second server.
fn runs_already(folder: &Path) -> Error {
    let place = match Announcement::read(folder) {
        Ok(Some(other)) => format!(", at {}", other.url),
        // It has not yet begun to listen.
        _ => String::new(),
    };
    let message = format!("a server of this data folder runs already{place}");
    Error::new(ErrorKind::Unavailable, message)
        .hint("stop it, or give this one a data folder of its own with `--home FOLDER`")
}

/// The beginning of what is answered at an address.
fn probe(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PROBE_TIME)?;
    stream.set_read_timeout(Some(PROBE_TIME))?;
    stream.set_write_timeout(Some(PROBE_TIME))?;
    let request = format!("GET /-/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; PROBE_BYTES_MAX];
    let mut length = 0;
    while length < answer.len() && !answer[..length].windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut answer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// A file or folder of the server's that cannot be used.
pub(crate) fn unusable(path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("cannot use `{}`: {error}", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time_is_announced_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_claimed(folder.path()));
        let first = Claim::take(folder.path()).unwrap();
        let announcement = Announcement {
            url: "http://127.0.0.1:8765".to_owned(),
            address: ([127, 0, 0, 1], 8765).into(),
            pid: 1,
            certificate: None,
            token: None,
            page_token: String::new(),
        };
        let refused = Claim::take(folder.path()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        first.announce(&announcement).unwrap();
        let refused = Claim::take(folder.path()).unwrap_err();
        assert!(refused.to_string().contains("at http://127.0.0.1:8765"), "{refused}");
        assert!(is_claimed(folder.path()));
        drop(first);
        assert!(!is_claimed(folder.path()) && !folder.path().join(FILE).exists());
        Claim::take(folder.path()).unwrap();
    }
}
