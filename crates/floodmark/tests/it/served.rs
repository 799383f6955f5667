//! A server of ours that runs for a test: `floodmark serve` on a free port, with a data folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::program;

/// How long a test waits for an answer before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that ends with the test.
pub(crate) struct Served {
    /// What clients take for an endpoint.
    pub(crate) url: String,
    child: Child,
    home: PathBuf,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
    /// The data folder, if it goes with the server.
    _own: Option<tempfile::TempDir>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The head, with all headers in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Served {
    /// Starts a server with a new data folder.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut served = Self::start_in(home.path(), arguments);
        served._own = Some(home);
        served
    }

    /// Starts a server with a data folder that stays.
    pub(crate) fn start_in(home: &Path, arguments: &[&str]) -> Self {
        let all: Vec<&str> =
            ["serve", "--listen", "127.0.0.1:0"].iter().chain(arguments).copied().collect();
        let mut child = in_home(home, &all).spawn().expect("the program starts");
        let said = Arc::<Mutex<String>>::default();
        let mut stderr = BufReader::new(child.stderr.take().expect("it is a pipe"));
        let mut url = None;
        while url.is_none() {
            let mut line = String::new();
            let read = stderr.read_line(&mut line).expect("standard error in UTF-8");
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            assert!(read > 0, "the server did not start: {said}");
            url = line.trim().strip_prefix("Floodmark listens at ").map(str::to_owned);
        }
        let kept = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self {
            url: url.expect("it was found"),
            child,
            home: home.to_owned(),
            said,
            listener: Some(listener),
            _own: None,
        }
    }

    /// Its data folder.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, address) = self.url.split_once("://").expect("a URL");
        address.parse().expect("a number and a port")
    }

    /// The program with the server's data folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        in_home(&self.home, arguments)
    }

    /// Sends what is to be a request, and gives what is answered until the server closes the connection.
    pub(crate) fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server may answer before it has read all, and read no more.
        let _ = stream.write_all(bytes);
        rest(&mut stream)
    }

    /// A connection that fails the test if it stays silent.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("the server takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        stream
    }

    /// Makes a request, with lines of headers besides `Host` and the length.
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &str) -> Reply {
        let mut head = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|header| header.to_ascii_lowercase().starts_with("host:")) {
            head.push_str(&format!("Host: {}\r\n", self.address()));
        }
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        reply(&self.send(format!("{head}\r\n{body}").as_bytes()))
    }

    /// Calls an action such as `AmazonAthena.GetWorkGroup`.
    pub(crate) fn call(&self, target: &str, input: &Value) -> (u16, Value) {
        let target = format!("X-Amz-Target: {target}");
        let content = "Content-Type: application/x-amz-json-1.1";
        let reply = self.ask("POST /", &[&target, content], &input.to_string());
        (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
    }

    /// What it has said so far on standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells it to end, as a system does; gives its exit code and all that it said.
    pub(crate) fn end(mut self) -> (i32, String) {
        signal("TERM", self.child.id());
        let status = self.child.wait().expect("it ends");
        if let Some(listener) = self.listener.take() {
            listener.join().expect("it reads to the end");
        }
        (status.code().unwrap_or(-1), self.said())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("/bin/sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .status()
        .expect("a shell");
    assert!(status.success(), "signal {name} to {pid}");
}

/// All that comes on a connection until it is closed, or cut.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the server neither answers nor closes the connection")
        }
        // Cut off is closed, too.
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// The first answer in what came.
pub(crate) fn reply(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

fn in_home(home: &Path, arguments: &[&str]) -> Command {
    let mut command = program::command(arguments);
    command.env("FLOODMARK_HOME", home).env("HOME", home).stdin(Stdio::null());
    command
}
