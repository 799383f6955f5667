//! Where a server listens, told to other programs of its user by a file.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use floodmark_engine::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::limits::{PROBE_BYTES_MAX, PROBE_TIME};
use crate::listen::private_file;

/// The name of the file in the server's folder.
const FILE: &str = "address.json";

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
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement").field("url", &self.url).field("pid", &self.pid).finish()
    }
}

impl Announcement {
    /// The server that last announced itself in a folder, if it is still there.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none; `Unavailable` or `AccessDenied` if the file cannot be read.
    pub fn find(folder: &Path) -> Result<Self> {
        let announced = Self::read(folder)?;
        match announced {
            Some(announcement) if announcement.answers() => Ok(announcement),
            _ => Err(Error::not_found(format!("no server of `{}` is running", folder.display()))
                .hint("`floodmark serve` starts one")),
        }
    }

    /// What stands in the file, whether or not the server is still there; None if there is no file, or one that is none of ours.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, error)),
        }
    }

    /// Writes the file.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let bytes = serde_json::to_vec(self).map_err(io::Error::from);
        let written = bytes.and_then(|bytes| private_file::write(&path, &bytes));
        written.map_err(|error| unusable(&path, error))
    }

    /// Removes the file if it is still this server's.
    pub(crate) fn remove(&self, folder: &Path) {
        if Self::read(folder).ok().flatten().as_ref() == Some(self) {
            // Whoever reads it later finds that nobody answers.
            let _ = std::fs::remove_file(folder.join(FILE));
        }
    }

    /// Whether a server of ours answers there. It is asked without TLS: one that speaks it says so without it, too.
    pub(crate) fn answers(&self) -> bool {
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
