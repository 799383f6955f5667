//! An internet registry that answers by RDAP, and can behave badly.

mod shape;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::rdap::shape::Range;

/// Whose answers an answer is shaped like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The holder is an entity in which those for abuse are nested.
    Arin,
    /// The holder stands beside the maintainer of the database's entry.
    Ripe,
    /// The holder is a remark.
    Apnic,
    /// The holder has no kind, and the addresses have a length.
    Lacnic,
    /// As APNIC's, with a range alone.
    Afrinic,
}

/// All shapes.
pub const SHAPES: [Shape; 5] =
    [Shape::Arin, Shape::Ripe, Shape::Apnic, Shape::Lacnic, Shape::Afrinic];

/// A network that the registry knows.
#[derive(Clone, Debug)]
pub struct Registered<'a> {
    /// Whose answers the answer is shaped like.
    pub shape: Shape,
    /// The addresses: a CIDR, or the first and the last one with ` - ` between them.
    pub range: &'a str,
    /// The network's name.
    pub name: &'a str,
    /// Who holds it.
    pub owner: &'a str,
    /// The holder's country, as two letters.
    pub country: &'a str,
}

/// What the server does in place of its duty.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// It wants to be left alone for as long as the header says: 429.
    Busy(Option<String>),
    /// It never answers.
    Silent,
    /// It leads elsewhere: 302.
    Redirect(String),
    /// A status with a body.
    Status(u16, Vec<u8>),
    /// Another network's range: the first and the last address.
    Range(String, String),
    /// Its duty.
    Dutiful,
}

/// The server, on a port of its own on this machine, until it is dropped.
#[derive(Debug)]
pub struct RdapServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
}

#[derive(Debug, Default)]
struct State {
    networks: Vec<Known>,
    /// What it does with the next questions, one each.
    next: Vec<Behaviour>,
    /// What it always does for some addresses; the last one that holds counts.
    always: Vec<(Range, Behaviour)>,
    bootstrap: Option<Behaviour>,
    requests: Vec<String>,
}

#[derive(Debug)]
struct Known {
    range: Range,
    shape: Shape,
    name: String,
    owner: String,
    country: String,
}

impl RdapServer {
    /// Starts a server that knows no network yet.
    ///
    /// # Panics
    ///
    /// If this machine has no port for it.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        listener.set_nonblocking(true).expect("a socket that can be polled");
        let address = listener.local_addr().expect("a port that was bound");
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime for the server");
            runtime.block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("a socket that listens");
                tokio::select! {
                    () = serve(listener, address, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, state, stop: Some(stop) }
    }

    /// The address below which it answers for all registries.
    pub fn endpoint(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The folder of IANA's files, which name this server as each registry.
    pub fn bootstrap(&self) -> String {
        format!("http://{}/bootstrap/", self.address)
    }

    /// Makes a network known.
    ///
    /// # Panics
    ///
    /// If its range is none.
    pub fn network(&self, network: &Registered<'_>) {
        self.state().networks.push(Known {
            range: Range::parse(network.range),
            shape: network.shape,
            name: network.name.to_owned(),
            owner: network.owner.to_owned(),
            country: network.country.to_owned(),
        });
    }

    /// What it does with the next question for a network. Said twice, it is said of the next two.
    pub fn next(&self, behaviour: Behaviour) {
        self.state().next.push(behaviour);
    }

    /// What it does with all questions for addresses of a range.
    ///
    /// # Panics
    ///
    /// If it is no range.
    pub fn always(&self, range: &str, behaviour: Behaviour) {
        self.state().always.push((Range::parse(range), behaviour));
    }

    /// What it does with questions for IANA's files.
    pub fn bootstrap_is(&self, behaviour: Behaviour) {
        self.state().bootstrap = Some(behaviour);
    }

    /// The paths of all requests until now, in their order.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// The addresses that were asked for until now, in their order.
    pub fn asked(&self) -> Vec<IpAddr> {
        self.requests().iter().filter_map(|path| asked(path)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RdapServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // If it has ended by itself, there is nobody to hear it.
            let _ = stop.send(());
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, address: SocketAddr, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let state = Arc::clone(&state);
                async move { answer(request, address, &state).await }
            });
            // A client that goes away is none of the server's business.
            let builder = Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    address: SocketAddr,
    state: &Mutex<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let (status, headers, body) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(path.clone());
        let base = format!("http://{address}/");
        match state.behaviour(&path) {
            Behaviour::Silent => (0, Vec::new(), Vec::new()),
            Behaviour::Busy(retry_after) => {
                let header = retry_after.map(|value| ("retry-after", value));
                (429, header.into_iter().collect(), Vec::new())
            }
            Behaviour::Redirect(to) => (302, vec![("location", to)], Vec::new()),
            Behaviour::Status(status, body) => (status, Vec::new(), body),
            Behaviour::Range(start, end) => {
                let mut answer = state.answer(&path, &base).1;
                answer["startAddress"] = json!(start);
                answer["endAddress"] = json!(end);
                (200, Vec::new(), answer.to_string().into_bytes())
            }
            Behaviour::Dutiful => {
                let (status, answer) = state.answer(&path, &base);
                (status, Vec::new(), answer.to_string().into_bytes())
            }
        }
    };
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(status);
    response = response.header("content-type", "application/rdap+json");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(Bytes::from(body))).expect("headers that the test wrote"))
}

impl State {
    fn behaviour(&mut self, path: &str) -> Behaviour {
        if path.starts_with("/bootstrap/") {
            return self.bootstrap.clone().unwrap_or(Behaviour::Dutiful);
        }
        let Some(address) = asked(path) else { return Behaviour::Dutiful };
        if !self.next.is_empty() {
            return self.next.remove(0);
        }
        let mut always = self.always.iter().rev();
        let held = always.find(|(range, _)| range.holds(address));
        held.map_or(Behaviour::Dutiful, |(_, behaviour)| behaviour.clone())
    }

    fn answer(&self, path: &str, base: &str) -> (u16, Value) {
        match path {
            "/bootstrap/ipv4.json" => return (200, self.services(base, "0.0.0.0/0")),
            "/bootstrap/ipv6.json" => return (200, self.services(base, "::/0")),
            _ => {}
        }
        let holding = |address: IpAddr| {
            let holding = self.networks.iter().filter(|known| known.range.holds(address));
            holding.min_by_key(|known| known.range.width())
        };
        match asked(path).and_then(holding) {
            Some(known) => {
                let registered = Registered {
                    shape: known.shape,
                    range: "",
                    name: &known.name,
                    owner: &known.owner,
                    country: &known.country,
                };
                (200, shape::answer(&registered, &known.range, base))
            }
            None => (404, shape::not_found()),
        }
    }

    /// IANA's file: each shape is a registry below a path of its own, and ARIN's has what no network is in.
    fn services(&self, base: &str, whole: &str) -> Value {
        let whole = Range::parse(whole);
        let mut services = vec![json!([whole.cidrs(), [format!("{base}arin/")]])];
        for shape in SHAPES {
            let known = self
                .networks
                .iter()
                .filter(|known| known.shape == shape && known.range.is_ipv4() == whole.is_ipv4());
            let cidrs: Vec<String> = known.flat_map(|known| known.range.cidrs()).collect();
            let folder = format!("{base}{}/", shape.name());
            services.push(json!([cidrs, [folder]]));
        }
        json!({
            "description": "RDAP bootstrap file for addresses of the tests",
            "publication": "2024-10-01T00:00:00Z",
            "services": services,
            "version": "1.0",
        })
    }
}

/// The address that a path asks for.
fn asked(path: &str) -> Option<IpAddr> {
    let (_, address) = path.rsplit_once("/ip/")?;
    address.replace("%3A", ":").parse().ok()
}
