//! A gate before a server of AWS's protocols: a test lets requests through, or answers them itself.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::http_server::{Reply, Request};

/// What a request asks for, such as `CreateIPSet`.
pub fn action(request: &Request) -> &str {
    if let Some(target) = request.headers.get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default();
    }
    let form = request.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    form.unwrap_or_default()
}

/// An answer that refuses, in the shape of the request's protocol.
pub fn refusal(request: &Request, status: u16, code: &str, message: &str) -> Reply {
    if request.headers.contains_key("x-amz-target") {
        let body = serde_json::json!({ "__type": code, "message": message });
        return Reply::new(status, body.to_string());
    }
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Reply::new(status, format!("<Response><Errors>{error}</Errors></Response>"))
}

/// The answer of the server behind the gate, at `http://127.0.0.1:PORT`.
///
/// # Panics
///
/// If it does not answer.
pub fn pass(endpoint: &str, request: &Request) -> Reply {
    let address = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server behind the gate listens");
    let mut text = format!("{} {} HTTP/1.0\r\n", request.method, request.path);
    let passed = request.headers.iter().filter(|(name, _)| *name != "connection");
    for (name, value) in passed {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(&request.body);
    stream.write_all(text.as_bytes()).expect("it takes the request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("it answers in HTTP");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    Reply::new(status.expect("it answers a status"), &answer[end + 4..])
}
