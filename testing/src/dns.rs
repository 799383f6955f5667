//! A server of names on loopback, with the records that a test says.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// How long an answer may be kept, in seconds.
const LIFE: u32 = 60;

/// Answers over UDP until it is dropped.
pub struct DnsServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    is_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the server knows.
#[derive(Clone, Debug, Default)]
pub struct Names {
    records: Vec<(Name, RData)>,
    silent: BTreeSet<Name>,
}

impl Names {
    /// Gives an address a name (PTR).
    #[must_use]
    pub fn reverse(mut self, address: &str, name: &str) -> Self {
        self.records.push((reverse_name(address), RData::PTR(PTR(plain(name)))));
        self
    }

    /// Gives a name an address (A or AAAA).
    #[must_use]
    pub fn forward(mut self, name: &str, address: &str) -> Self {
        let data = match address.parse().expect("it is an address") {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        self.records.push((plain(name), data));
        self
    }

    /// Never answers for the name of an address.
    #[must_use]
    pub fn silent(mut self, address: &str) -> Self {
        self.silent.insert(reverse_name(address));
        self
    }

    /// Never answers for the addresses of a name.
    #[must_use]
    pub fn silent_name(mut self, name: &str) -> Self {
        self.silent.insert(plain(name));
        self
    }
}

impl DnsServer {
    /// Starts a server on a free port.
    pub fn start(names: Names) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = socket.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(vec![]));
        let is_ended = Arc::new(AtomicBool::new(false));
        let (record, ended) = (Arc::clone(&asked), Arc::clone(&is_ended));
        let thread = std::thread::spawn(move || serve(&socket, &names, &record, &ended));
        Self { address, asked, is_ended, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked so far, as `name type`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        // Wakes it up.
        let woken =
            UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"", self.address));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, names: &Names, asked: &Mutex<Vec<String>>, is_ended: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok((length, client)) = socket.recv_from(&mut buffer) {
        if is_ended.load(Ordering::SeqCst) {
            break;
        }
        let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
        let Some(query) = question.query() else { continue };
        let line = format!("{} {}", query.name(), query.query_type());
        asked.lock().expect("nobody panics with it").push(line);
        if names.silent.contains(&query.name().to_lowercase()) {
            continue;
        }
        let answer = answer(&question, names, query.name(), query.query_type());
        let _ = socket.send_to(&answer.to_vec().expect("an answer can be written"), client);
    }
}

fn answer(question: &Message, names: &Names, name: &Name, wanted: RecordType) -> Message {
    let mut answer = Message::new();
    answer
        .set_id(question.id())
        .set_message_type(MessageType::Response)
        .set_op_code(question.op_code())
        .set_recursion_desired(question.recursion_desired())
        .set_recursion_available(true)
        .add_queries(question.queries().iter().cloned());
    let own = names.records.iter().filter(|(known, _)| *known == name.to_lowercase());
    if own.clone().next().is_none() {
        answer.set_response_code(ResponseCode::NXDomain);
    }
    for (_, data) in own.filter(|(_, data)| data.record_type() == wanted) {
        answer.add_answer(Record::from_rdata(name.clone(), LIFE, data.clone()));
    }
    answer
}

fn reverse_name(address: &str) -> Name {
    let address: IpAddr = address.parse().expect("it is an address");
    Name::from(address).to_lowercase()
}

fn plain(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("it is a name").to_lowercase();
    name.set_fqdn(true);
    name
}
