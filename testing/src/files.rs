//! Files over HTTP on loopback, with versions, and with faults by the file.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Answers over HTTP until it is dropped.
pub struct FileServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    is_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What is answered for a path.
#[derive(Clone, Debug)]
pub enum Served {
    /// A file, with its version in `ETag`; to whom has this version, 304.
    File {
        /// What it holds.
        body: Vec<u8>,
        /// Its version.
        version: String,
    },
    /// Another status, with a page that says so.
    Status(u16),
    /// A redirection.
    Redirect(String),
    /// The connection ends after so many bytes of the body.
    Cut {
        /// What the file holds.
        body: Vec<u8>,
        /// After how many bytes the connection ends.
        after: usize,
    },
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The version that the client has, from `If-None-Match`.
    pub version: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

#[derive(Default)]
struct State {
    served: BTreeMap<String, Served>,
    asked: Vec<Asked>,
}

impl FileServer {
    /// Starts a server without files on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State::default()));
        let is_ended = Arc::new(AtomicBool::new(false));
        let (own, ended) = (Arc::clone(&state), Arc::clone(&is_ended));
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(connection) = connection {
                    // Whoever leaves early is no failure of the test.
                    let _ = answer(&connection, &own);
                }
            }
        });
        Self { address, state, is_ended, thread: Some(thread) }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers for a path from now on.
    pub fn serve(&self, path: &str, served: Served) {
        self.state().served.insert(path.to_owned(), served);
    }

    /// Answers with a file, whose version is made of what it holds.
    pub fn serve_file(&self, path: &str, body: impl Into<Vec<u8>>) {
        let body = body.into();
        let sum = body
            .iter()
            .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        self.serve(path, Served::File { body, version: format!("\"{sum:x}\"") });
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        // Wakes it up.
        if let (Ok(_), Some(thread)) = (TcpStream::connect(self.address), self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// Reads one request and answers it.
fn answer(connection: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut version = None;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("if-none-match")
        {
            version = Some(value.trim().to_owned());
        }
    }
    let served = state.lock().expect("nobody panics with it").served.get(&path).cloned();
    let page = |status: u16| format!("<html><h1>{status}</h1></html>").into_bytes();
    let (status, headers, body, length) = match served {
        None => (404, String::new(), page(404), None),
        Some(Served::Status(status)) => (status, String::new(), page(status), None),
        Some(Served::Redirect(to)) => (302, format!("Location: {to}\r\n"), vec![], None),
        Some(Served::Cut { body, after }) => {
            let length = body.len();
            (200, String::new(), body[..after.min(length)].to_vec(), Some(length))
        }
        Some(Served::File { version: own, .. }) if version.as_ref() == Some(&own) => {
            (304, format!("ETag: {own}\r\n"), vec![], None)
        }
        Some(Served::File { body, version: own }) => (200, format!("ETag: {own}\r\n"), body, None),
    };
    state.lock().expect("nobody panics with it").asked.push(Asked { path, version, status });
    let length = length.unwrap_or(body.len());
    let mut writer = connection;
    write!(
        writer,
        "HTTP/1.1 {status} Answer\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    writer.write_all(&body)?;
    writer.flush()
}
