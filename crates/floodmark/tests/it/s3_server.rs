//! An S3 server on a free port: the files of a temporary folder, with faults by rule, and a record of what was asked.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{StreamExt, stream};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    CommonPrefix, GetObjectInput, GetObjectOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    PutObjectInput, PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// The keys that the server accepts, made up.
pub(crate) const KEY_ID: &str = "AKIAEXAMPLEEXAMPLE00";
pub(crate) const SECRET: &str = "an-example-secret-that-opens-nothing";

/// The bucket with files.
pub(crate) const BUCKET: &str = "logs";

/// A bucket that anybody may read; the same files lie there as the test writes.
pub(crate) const PUBLIC_BUCKET: &str = "public";

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    List,
    Put,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) kind: Kind,
    /// The key, or the prefix of a listing.
    pub(crate) key: String,
    pub(crate) signed: bool,
    /// Whether the sender pays.
    pub(crate) pays: bool,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The request is refused with a code of S3's.
    Refused(&'static str),
    /// The connection is closed after so many bytes of the object.
    Broken(usize),
    /// The object comes in pieces of so many bytes, with a pause before each.
    Slow(usize, Duration),
}

struct Rule {
    kind: Kind,
    /// The beginning of the keys or prefixes that it holds for.
    prefix: String,
    fault: Fault,
    times: usize,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    asked: Vec<Asked>,
    /// Keys that are listed without being there, besides the files.
    pretended: BTreeSet<String>,
    /// How many connections are still to be cut, and after how many bytes.
    cut: (usize, u64),
}

/// The server; it ends when this is dropped.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    state: Arc<Mutex<State>>,
    pub(crate) endpoint: String,
    _runtime: Runtime,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no thread panics while it holds this")
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for bucket in [BUCKET, PUBLIC_BUCKET] {
            std::fs::create_dir(folder.path().join(bucket)).expect("a folder for the bucket");
        }
        let state = Arc::new(Mutex::new(State::default()));
        let files = s3s_fs::FileSystem::new(folder.path()).expect("the folder is there");
        let mut builder = S3ServiceBuilder::new(Faulty { files, state: Arc::clone(&state) });
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        builder.set_access(Everybody);
        let service = builder.build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let listener =
            runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port to listen on");
        let address = listener.local_addr().expect("it listens");
        runtime.spawn(serve(listener, service, Arc::clone(&state)));
        Self { folder, state, endpoint: format!("http://{address}"), _runtime: runtime }
    }

    /// Where an object's file lies.
    pub(crate) fn file(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }

    /// Makes requests for keys or prefixes that begin so fail, so many times.
    pub(crate) fn fault(&self, kind: Kind, prefix: &str, times: usize, fault: Fault) {
        lock(&self.state).rules.push(Rule { kind, prefix: prefix.to_owned(), fault, times });
    }

    /// Cuts the next connections after so many bytes of answers.
    pub(crate) fn cut_connections(&self, number: usize, after: u64) {
        lock(&self.state).cut = (number, after);
    }

    /// Lists these keys in place of the files.
    pub(crate) fn pretend(&self, keys: BTreeSet<String>) {
        lock(&self.state).pretended = keys;
    }

    /// What was asked since the last call.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.state).asked)
    }
}

async fn serve(listener: TcpListener, service: S3Service, state: Arc<Mutex<State>>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let service = service.clone();
        let cut = {
            let mut state = lock(&state);
            let (number, after) = state.cut;
            state.cut.0 = number.saturating_sub(1);
            (number > 0).then_some(after)
        };
        tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            // An error here is a client that has gone, or a fault that the test asked for.
            let _ = match cut {
                None => http.serve_connection(TokioIo::new(socket), service).await,
                Some(after) => {
                    http.serve_connection(TokioIo::new(cut_after(socket, after)), service).await
                }
            };
        });
    }
}

/// The other end of a connection that closes after so many bytes of answers.
fn cut_after(socket: TcpStream, after: u64) -> tokio::io::DuplexStream {
    let (near, far) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move {
        let (mut from_client, mut to_client) = socket.into_split();
        let (from_server, mut to_server) = tokio::io::split(far);
        let mut from_server = from_server.take(after);
        tokio::select! {
            _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
            _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        }
    });
    near
}

/// Lets requests without a signature through: the buckets decide.
struct Everybody;

#[async_trait::async_trait]
impl S3Access for Everybody {
    async fn check(&self, _context: &mut S3AccessContext<'_>) -> S3Result<()> {
        Ok(())
    }
}

/// The files, with faults.
struct Faulty {
    files: s3s_fs::FileSystem,
    state: Arc<Mutex<State>>,
}

impl Faulty {
    /// Notes the request, and gives the fault that is meant for it.
    fn ask(&self, asked: Asked, bucket: &str) -> S3Result<Option<Fault>> {
        let mut state = lock(&self.state);
        let rule = state.rules.iter_mut().find(|rule| {
            rule.times > 0 && rule.kind == asked.kind && asked.key.starts_with(&rule.prefix)
        });
        let fault = rule.map(|rule| {
            rule.times -= 1;
            rule.fault.clone()
        });
        let allowed = asked.signed || bucket == PUBLIC_BUCKET;
        state.asked.push(asked);
        match fault {
            _ if !allowed => Err(s3_error!(AccessDenied)),
            Some(Fault::Refused(code)) => {
                let code = S3ErrorCode::from_bytes(code.as_bytes()).expect("a code of S3's");
                Err(S3Error::new(code))
            }
            fault => Ok(fault),
        }
    }
}

fn pays<T>(request: &S3Request<T>) -> bool {
    request.headers.get("x-amz-request-payer").is_some_and(|payer| payer == "requester")
}

#[async_trait::async_trait]
impl S3 for Faulty {
    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let asked = Asked {
            kind: Kind::Get,
            key: request.input.key.clone(),
            signed: request.credentials.is_some(),
            pays: pays(&request),
        };
        let fault = self.ask(asked, &request.input.bucket)?;
        let mut answer = self.files.get_object(request).await?;
        if let Some(body) = answer.output.body.take() {
            answer.output.body = Some(match fault {
                Some(Fault::Broken(after)) => broken(body, after),
                Some(Fault::Slow(size, pause)) => slow(body, size, pause),
                _ => body,
            });
        }
        Ok(answer)
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let asked = Asked {
            kind: Kind::Put,
            key: request.input.key.clone(),
            signed: request.credentials.is_some(),
            pays: pays(&request),
        };
        self.ask(asked, &request.input.bucket)?;
        self.files.put_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let asked = Asked {
            kind: Kind::List,
            key: request.input.prefix.clone().unwrap_or_default(),
            signed: request.credentials.is_some(),
            pays: pays(&request),
        };
        self.ask(asked, &request.input.bucket)?;
        {
            let state = lock(&self.state);
            if !state.pretended.is_empty() {
                return Ok(S3Response::new(page(&state.pretended, &request.input)));
            }
        }
        self.files.list_objects_v2(request).await
    }
}

fn broken(body: StreamingBlob, after: usize) -> StreamingBlob {
    let mut left = after;
    StreamingBlob::wrap(body.map(move |piece| {
        let piece = piece.map_err(std::io::Error::other)?;
        if left == 0 {
            return Err(std::io::Error::other("the test breaks it here"));
        }
        let piece = piece.slice(..left.min(piece.len()));
        left -= piece.len();
        Ok(piece)
    }))
}

fn slow(body: StreamingBlob, size: usize, pause: Duration) -> StreamingBlob {
    let pieces = body.flat_map(move |piece| {
        let piece = piece.unwrap_or_default();
        let pieces: Vec<Bytes> = piece.chunks(size).map(Bytes::copy_from_slice).collect();
        stream::iter(pieces)
    });
    StreamingBlob::wrap(pieces.then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(piece)
    }))
}

/// A page of a listing, as S3 gives it.
fn page(keys: &BTreeSet<String>, input: &ListObjectsV2Input) -> ListObjectsV2Output {
    const PAGE: usize = 1000;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.clone().or_else(|| input.start_after.clone());
    let (mut contents, mut folders) = (Vec::new(), Vec::new());
    // Where to go on: behind this key.
    let mut last = after.unwrap_or_default();
    let more = loop {
        let start = match last < prefix {
            true => Bound::Included(prefix.as_str()),
            false => Bound::Excluded(last.as_str()),
        };
        let Some(key) = keys.range::<str, _>((start, Bound::Unbounded)).next() else { break false };
        let Some(rest) = key.strip_prefix(&prefix) else { break false };
        if contents.len() + folders.len() == PAGE {
            break true;
        }
        let folder = rest.find('/').filter(|_| input.delimiter.is_some());
        last = match folder {
            // The character after all others: the next key is behind the folder.
            Some(slash) => {
                let folder = format!("{prefix}{}", &rest[..=slash]);
                folders.push(CommonPrefix { prefix: Some(folder.clone()) });
                folder + "\u{10ffff}"
            }
            None => {
                contents.push(Object {
                    key: Some(key.clone()),
                    size: Some(1000),
                    last_modified: Some(Timestamp::from(SystemTime::UNIX_EPOCH)),
                    ..Object::default()
                });
                key.clone()
            }
        };
    };
    ListObjectsV2Output {
        is_truncated: Some(more),
        next_continuation_token: more.then_some(last),
        name: Some(input.bucket.clone()),
        prefix: input.prefix.clone(),
        contents: Some(contents),
        common_prefixes: Some(folders),
        ..ListObjectsV2Output::default()
    }
}
