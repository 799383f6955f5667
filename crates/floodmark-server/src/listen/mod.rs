//! The port: takes connections, guards them, and hands requests on.

mod announcement;
mod connection;
mod ending;
mod guard;
pub(crate) mod pace;
pub(crate) mod page;
mod private_file;
pub(crate) mod refusal;
mod tls;
mod token;
mod unsupported;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use floodmark_buckets::Buckets;
use floodmark_discover::Kept;
use floodmark_engine::{Engine, Error, ErrorKind, Result};
use futures::FutureExt;
use http::header::{CONNECTION, EXPECT, SERVER};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::body::ResponseBody;
use crate::executions::QueryOptions;
use crate::limits::{ACCEPT_PAUSE, CONNECTIONS_MAX, ENDING_TIME, LONG_ACTIONS_MAX};
use crate::listen::announcement::{Claim, unusable};
use crate::listen::guard::Guard;
use crate::listen::pace::PacedBody;
use crate::listen::refusal::{Reason, Refusal};
use crate::listen::unsupported::Unsupported;
use crate::route::{self, Service};
use crate::s3::unread::Watched;
use crate::state::{PageFacts, Parts, State};
use crate::ui;

pub use announcement::Announcement;
pub(crate) use ending::Ending;
pub use guard::GuardOptions;
pub use tls::Tls;
pub use token::Token;
pub use unsupported::Tell;

/// How a server works.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where it keeps its history, results and buckets.
    pub folder: PathBuf,
    /// The logs whose tables are in the database `logs`.
    pub from: Vec<String>,
    /// Whom it answers.
    pub guard: GuardOptions,
    /// Whether it speaks TLS, and with which certificate.
    pub tls: Tls,
    /// How long a client may keep silent in the middle of a request, between requests, or with an answer that it does not take.
    pub silence: Duration,
    /// How the results of queries are handed out that name no place for them.
    pub result_mode: ResultMode,
    /// Whether buckets that are not here are asked for in the real S3.
    pub pass_through: bool,
    /// How long `GetQueryExecution` waits for a query to end.
    pub poll_wait: Duration,
    /// How many queries run at the same time. More wait.
    pub concurrent_queries: usize,
    /// How many queries may wait and run together. More are refused.
    pub queued_queries: usize,
    /// After what time a query is cancelled that its client no longer asks for; None if it runs to its end.
    pub cancel_abandoned: Option<Duration>,
    /// What the page in the browser needs.
    pub page: PageOptions,
    /// Whether it tells other programs of its user where it listens: see [`Announcement`]. Only one server of a folder does.
    pub is_announced: bool,
    /// To whom it says what clients ask for in vain.
    pub tell: Tell,
}

/// How the page in the browser works.
#[derive(Clone, Debug, Default)]
pub struct PageOptions {
    /// A folder with its files, for those who work on them; None for those in the program.
    pub folder: Option<PathBuf>,
    /// The command that prints its token, which it shows to its reader.
    pub token_command: String,
    /// How many bytes of rows are kept for its next question.
    pub kept_bytes_max: usize,
    /// Whom it may have asked about addresses; None if nobody.
    pub lookups: Option<ui::Lookups>,
}

/// How the results of queries are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultMode {
    /// Through `GetQueryResults`, as Athena's managed results.
    Managed,
    /// As files in a bucket, as Athena did before it managed results.
    S3,
}

/// A server that listens, and answers as soon as it runs.
pub struct Server {
    listener: TcpListener,
    front: Arc<Front>,
    announcement: Announcement,
    claim: Option<Claim>,
}

/// What all connections share.
pub(crate) struct Front {
    /// What all requests share.
    pub(crate) state: Arc<State>,
    /// What clients take for an endpoint.
    pub(crate) url: String,
    /// What was told of that is not supported.
    pub(crate) unsupported: Unsupported,
    /// How long a client may keep silent.
    pub(crate) silence: Duration,
    /// Room for calls with long bodies.
    pub(crate) long_actions: Semaphore,
    /// The page in the browser.
    pub(crate) page: ui::Page,
    guard: Guard,
    acceptor: Option<TlsAcceptor>,
}

impl Server {
    /// Begins to listen, and then opens the history and the logs: clients that come meanwhile wait. Queries run on the threads of
    /// `queries`, so that answers do not wait for them.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if other machines could ask without a token, `Unavailable` if the address is taken or another server of the same
    /// folder runs, whatever keeps the certificate from being read, `Unavailable` or `AccessDenied` if the folder cannot be used, and
    /// those of opening the logs.
    pub async fn open(
        engine: Arc<Engine>,
        buckets: Arc<Buckets>,
        queries: Handle,
        options: ServerOptions,
    ) -> Result<Self> {
        let guard = Guard::new(options.address, options.guard.clone())?;
        private_file::make_folder(&options.folder)
            .map_err(|error| unusable(&options.folder, error))?;
        let claim = match options.is_announced {
            true => Some(Claim::take(&options.folder)?),
            false => None,
        };
        let secured = tls::open(&options.tls, options.address.ip(), &options.folder)?;
        let listener = TcpListener::bind(options.address).await;
        let listener = listener.map_err(|error| not_bound(options.address, error))?;
        let address = listener.local_addr().map_err(|error| not_bound(options.address, error))?;
        let page_token = match &options.guard.token {
            Some(token) => token.clone(),
            None => Token::kept(&options.folder)?,
        };
        let own_url = url(address, secured.is_some());
        let page = PageFacts {
            url: format!("{own_url}{}/api/", ui::PLACE),
            token_command: options.page.token_command.clone(),
            kept: Arc::new(Kept::new(options.page.kept_bytes_max)),
            lookups: options.page.lookups.clone(),
        };
        let parts = Parts {
            engine,
            buckets,
            folder: &options.folder,
            from: &options.from,
            pass_through: options.pass_through,
            queries: QueryOptions {
                concurrent: options.concurrent_queries,
                queued: options.queued_queries,
                poll_wait: options.poll_wait,
                abandoned_after: options.cancel_abandoned,
                managed: options.result_mode == ResultMode::Managed,
            },
            runtime: queries,
            page,
            tell: options.tell.clone(),
        };
        let state = Arc::new(State::open(parts).await?);
        if let Err(error) = private_file::close_folders(&options.folder) {
            let folder = options.folder.display();
            options.tell.say(&format!("`{folder}` cannot be closed to other users: {error}"));
        }
        let (acceptor, certificate) = match secured {
            Some(secured) => (Some(secured.acceptor), secured.certificate),
            None => (None, None),
        };
        let announcement = Announcement {
            url: own_url,
            address,
            pid: std::process::id(),
            certificate,
            token: options.guard.token.as_ref().map(|token| token.reveal().to_owned()),
            page_token: page_token.reveal().to_owned(),
        };
        if let Some(claim) = &claim {
            claim.announce(&announcement)?;
        }
        let front = Arc::new(Front {
            state,
            url: announcement.url.clone(),
            unsupported: Unsupported::new(options.tell.clone()),
            silence: options.silence,
            long_actions: Semaphore::new(LONG_ACTIONS_MAX),
            page: ui::Page {
                access: ui::Access::new(page_token, address.port(), acceptor.is_some()),
                files: ui::Files::new(options.page.folder),
            },
            guard: guard.at(address),
            acceptor,
        });
        Ok(Self { listener, front, announcement, claim })
    }

    /// How it is reached.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// The address of the page with a token that lets in once: the arguments of a program that opens it are seen by all users of the
    /// machine.
    pub fn page_once(&self) -> String {
        let token = self.front.page.access.make_once();
        format!("{}{}/?token={}", self.announcement.url, ui::PLACE, token.reveal())
    }

    /// Answers, until something else is over. What is under way then has a few seconds to end.
    pub async fn run(self, until: impl Future<Output = ()>) {
        let Self { listener, front, claim, .. } = self;
        let mut connections = JoinSet::new();
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut until = pin!(until);
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = async {
                let room = Arc::clone(&room).acquire_owned().await.expect("nobody closes it");
                listener.accept().await.map(|(stream, _)| (stream, room))
            };
            let accepted = tokio::select! {
                biased;
                () = &mut until => break,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((stream, room)) => {
                    let front = Arc::clone(&front);
                    connections.spawn(async move {
                        connection::serve(stream, front).await;
                        drop(room);
                    });
                }
                // The client went away at once, or there are no more file handles: those who are here will give some back.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
        drop(listener);
        drop(claim);
        // Those who wait for a query hear that it ended, and how.
        front.state.executions.close().await;
        front.state.ending.begin();
        let ended = async { while connections.join_next().await.is_some() {} };
        // Whoever has not ended by then is cut off.
        let _ = timeout(ENDING_TIME, ended).await;
        connections.shutdown().await;
    }
}

impl Front {
    /// Answers a request, whatever happens.
    async fn answer(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let (parts, body) = request.into_parts();
        let is_expected = parts.headers.contains_key(EXPECT);
        let (body, is_read) = Watched::new(PacedBody::new(body, self.silence));
        let service = route::service(&parts);
        let mut response = match self.guard.check(&parts, &service) {
            Err(refusal) => refusal.response(&service),
            Ok(()) => {
                let answer = route::answer(self, &service, parts, body);
                or_defect(Box::pin(answer), &service).await
            }
        };
        let headers = response.headers_mut();
        // Otherwise the client's next request would be taken for the body that it did not send.
        if is_expected && !is_read.load(Ordering::Relaxed) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(SERVER, HeaderValue::from_static(announcement::SERVER));
        if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
            headers.entry("x-amzn-requestid").or_insert(id);
        }
        response
    }
}

/// An answer, or that there is a defect if it panics: the server goes on for all others.
async fn or_defect(
    answer: impl Future<Output = Response<ResponseBody>>,
    service: &Service,
) -> Response<ResponseBody> {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            let message = "a defect of Floodmark; the server's terminal says where";
            Refusal::new(Reason::Defect, message).response(service)
        }
    }
}

/// What clients take for an endpoint. It has a number in place of a name, so that clients of S3 put the bucket into the path.
fn url(address: SocketAddr, is_secured: bool) -> String {
    let scheme = if is_secured { "https" } else { "http" };
    let port = address.port();
    match address {
        _ if address.ip().is_unspecified() => format!("{scheme}://127.0.0.1:{port}"),
        _ => format!("{scheme}://{address}"),
    }
}

fn not_bound(address: SocketAddr, error: std::io::Error) -> Error {
    let (what, hint) = match error.kind() {
        std::io::ErrorKind::AddrInUse => (
            format!("another program listens at `{address}`"),
            "`--listen 127.0.0.1:0` takes a free port",
        ),
        std::io::ErrorKind::AddrNotAvailable => (
            format!("`{address}` is no address of this machine"),
            "`--listen 127.0.0.1:0` listens for this machine alone",
        ),
        _ => (
            format!("cannot listen at `{address}`: {error}"),
            "`--listen 127.0.0.1:0` takes a free port",
        ),
    };
    Error::new(ErrorKind::Unavailable, what).hint(hint).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let service = Service::Athena("GetWorkGroup".to_owned());
        let panics = async { panic!("on purpose") };
        let response = or_defect(panics, &service).await;
        assert_eq!(response.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn the_endpoint_is_a_number() {
        let check = |address: &str, expect: &str| {
            assert_eq!(url(address.parse().unwrap(), false), expect);
        };
        check("127.0.0.1:8765", "http://127.0.0.1:8765");
        check("0.0.0.0:80", "http://127.0.0.1:80");
        check("[::1]:8765", "http://[::1]:8765");
    }
}
