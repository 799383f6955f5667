//! Requests to S3, and what is answered.

mod client;
mod pass_through;
mod protocol;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use floodmark_buckets::Buckets;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tempfile::TempDir;

use crate::s3::{S3, Upstream};

/// S3 over a folder of our own, and the bucket `logs` that is mapped.
struct World {
    s3: Arc<S3>,
    folder: TempDir,
}

/// An answer, with its body as text.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl World {
    fn new() -> Self {
        Self::over(None)
    }

    /// With another place for buckets that are not here.
    fn over(upstream: Option<Upstream>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let logs = folder.path().join("logs");
        std::fs::create_dir_all(logs.join("2024/10")).expect("a folder of logs");
        std::fs::write(logs.join("2024/10/one.log"), "a line\n").expect("a log");
        let mut buckets = Buckets::new(Some(folder.path().join("own")));
        buckets.map("logs", logs).expect("a folder of logs");
        Self { s3: Arc::new(S3::new(Arc::new(buckets), upstream)), folder }
    }

    /// Sends a request that is written in lines: `PUT /bucket/key`, headers, and after an empty line the body.
    async fn ask(&self, request: &str) -> Answer {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let mut lines = head.lines().map(str::trim);
        let (method, uri) = lines.next().and_then(|line| line.split_once(' ')).expect("a line");
        let mut builder = Request::builder().method(method).uri(uri);
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        if !headers.iter().any(|(name, _)| *name == "Content-Length") && !body.is_empty() {
            builder = builder.header("Content-Length", body.len());
        }
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        self.send(builder.body(body).expect("a request")).await
    }

    async fn send<B>(&self, request: Request<B>) -> Answer
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let answer = self.s3.answer(request).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(parts.headers.contains_key("x-amz-request-id"));
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// The status of the answer to a request, with the code of the error or the body.
    async fn check(&self, request: &str, expect: &str) {
        let answer = self.ask(request).await;
        let code = answer.element("Code").unwrap_or(&answer.text);
        assert_eq!(format!("{} {code}", answer.status.as_u16()), expect, "{request}: {answer:?}");
    }

    /// All files that lie in our own folder, but for the lock that says that this process lives.
    fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => found.push(path.to_string_lossy().replace('\\', "/")),
                }
            }
        }
        let own = self.folder.path().join("own");
        let mut found = Vec::new();
        walk(&own, &mut found);
        found.retain(|path| Path::new(path).extension().is_none_or(|end| end != "lock"));
        let own = format!("{}/", own.to_string_lossy().replace('\\', "/"));
        found.iter().map(|path| path.replace(&own, "")).collect()
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The text of the first element of this name.
    fn element(&self, name: &str) -> Option<&str> {
        self.elements(name).into_iter().next()
    }

    /// The texts of all elements of this name, in their order.
    fn elements(&self, name: &str) -> Vec<&str> {
        let start = format!("<{name}>");
        let parts = self.text.split(&start).skip(1);
        parts.filter_map(|part| part.split("</").next()).collect()
    }
}
