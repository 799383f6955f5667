//! `floodmark open`: the page over logs at any place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::program::{self, repository, run};
use crate::served::{reply, rest, signal};

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it, and gives the address that it prints, and what it says after that.
fn open(command: &mut Command) -> (Running, String, impl BufRead + use<>) {
    let mut child = Running(command.stdin(Stdio::null()).spawn().expect("the program starts"));
    let mut said = BufReader::new(child.0.stderr.take().expect("it is a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line in UTF-8");
    let page = line.trim().strip_prefix("page: ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, page, said)
}

fn get(address: &str, path: &str) -> crate::served::Reply {
    let mut stream = TcpStream::connect(address).expect("the server takes connections");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the server reads");
    reply(&rest(&mut stream))
}

#[test]
fn the_page_is_opened_over_the_named_places() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let sample = repository("samples/nlb");
    let sample = sample.to_str().expect("a path in UTF-8");
    let mut command = program::command(&["open", sample, "--no-browser"]);
    let (mut running, page, mut said) = open(command.env("FLOODMARK_HOME", home.path()));
    let (address, path) =
        page.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let let_in = get(address, &format!("/{path}"));
    assert_eq!(let_in.status, 303, "{}", let_in.head);
    assert!(let_in.head.contains("set-cookie: floodmark_"), "{}", let_in.head);

    // The token that it prints is the same.
    let token = program::answer(
        program::command(&["open", "--print-token"]).env("FLOODMARK_HOME", home.path()),
        b"",
    );
    assert!(page.ends_with(&format!("?token={}", token.out.trim())), "{page}");

    signal("TERM", running.0.id());
    assert_eq!(running.0.wait().expect("it ends").code(), Some(0));
    let mut text = String::new();
    said.read_to_string(&mut text).expect("text in UTF-8");
    assert!(text.contains("Ctrl-C ends it"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_gets_an_address_that_lets_in_once() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    // What stands for the system's browser writes down what it is told.
    let pipe = folder.path().join("told");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("a pipe");
    assert!(made.success());
    let browser = folder.path().join("xdg-open");
    std::fs::write(&browser, "#!/bin/sh\necho \"$1\" > \"${0%/*}/told\"\n").expect("a script");
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o755)).expect("permissions");
    let sample = repository("samples/nlb");
    let mut command = program::command(&["open", sample.to_str().expect("a path in UTF-8")]);
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let home = folder.path().join("home");
    let (_running, page, _said) = open(command.env("PATH", path).env("FLOODMARK_HOME", home));
    let told = std::fs::read_to_string(&pipe).expect("an address");
    let token = |address: &str| address.trim().rsplit_once("token=").expect("a token").1.to_owned();
    assert_ne!(token(&told), token(&page));
    let address = told.trim().strip_prefix("http://").expect("an address");
    let (address, path) = address.split_once('/').expect("a path");
    let is_let_in = || get(address, &format!("/{path}")).head.contains("set-cookie: floodmark_");
    assert!(is_let_in());
    assert!(!is_let_in());
}

#[test]
fn without_a_browser_the_address_is_said() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let sample = repository("samples/nlb");
    let mut command = program::command(&["open", sample.to_str().expect("a path in UTF-8")]);
    let (_running, page, mut said) =
        open(command.env("PATH", home.path()).env("FLOODMARK_HOME", home.path()));
    assert!(page.starts_with("http://127.0.0.1:"), "{page}");
    let mut text = String::new();
    while !text.contains("hint:") {
        assert!(said.read_line(&mut text).expect("text in UTF-8") > 0, "{text}");
    }
    assert!(text.contains("no browser could be started"), "{text}");
}

#[test]
fn what_cannot_be_opened_is_told() {
    let none = run(&["open", "--no-browser"]);
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.err.contains("PATH"), "{}", none.err);
    let nowhere = run(&["open", "/no/such/place", "--no-browser"]);
    assert_eq!(nowhere.code, 3, "{}", nowhere.err);
}
