//! The bodies of uploads: unwrapped, and compared with what the client says of them.

mod chunked;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::{Body, S3ErrorCode};

use crate::s3::payload::chunked::Chunked;

/// What a client says of a body before it sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    /// How many bytes there are, without any wrapping.
    pub(crate) length: u64,
    /// Whether it is wrapped in chunks of S3's own.
    pub(crate) is_chunked: bool,
    /// The headers that name a digest with its value, or None if the value comes after the body. What is no digest is passed
    /// over.
    pub(crate) digests: Vec<(String, Option<String>)>,
}

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PayloadError {
    /// It is not wrapped as it should be.
    Malformed(&'static str),
    /// It is longer or shorter than was said.
    Length {
        /// How many bytes were announced.
        announced: u64,
    },
    /// It is not what was sent, by this digest.
    Digest(String),
}

impl PayloadError {
    /// S3's name for it.
    pub(crate) fn code(&self) -> S3ErrorCode {
        match self {
            Self::Malformed(_) => S3ErrorCode::InvalidRequest,
            Self::Length { .. } => S3ErrorCode::IncompleteBody,
            Self::Digest(_) => S3ErrorCode::BadDigest,
        }
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the chunks of the body cannot be read: {reason}"),
            Self::Length { announced } => {
                write!(f, "the body does not have the {announced} bytes that were announced")
            }
            Self::Digest(name) => write!(f, "the body is not what was sent: {name} differs"),
        }
    }
}

impl std::error::Error for PayloadError {}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body that the client means. It fails at its end if it is not what was announced.
pub(crate) fn payload<B>(body: B, announced: &Announced) -> Body
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let reading = Reading {
        body: Box::pin(body),
        chunked: announced.is_chunked.then(Chunked::default),
        digests: Digests::new(&announced.digests),
        left: announced.length,
        announced: announced.length,
        ready: VecDeque::new(),
        is_over: false,
    };
    let frames = stream::try_unfold(reading, |mut reading| async move {
        let piece = reading.next().await?;
        Ok::<_, BoxError>(piece.map(|piece| (Frame::data(piece), reading)))
    });
    Body::http_body_unsync(StreamBody::new(frames))
}

struct Reading<B> {
    body: Pin<Box<B>>,
    chunked: Option<Chunked>,
    digests: Digests,
    left: u64,
    announced: u64,
    ready: VecDeque<Bytes>,
    is_over: bool,
}

impl<B> Reading<B>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// The next bytes; None once all have come and are what was sent.
    async fn next(&mut self) -> Result<Option<Bytes>, BoxError> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                let wrong = PayloadError::Length { announced: self.announced };
                self.left = self.left.checked_sub(piece.len() as u64).ok_or(wrong)?;
                self.digests.update(&piece);
                return Ok(Some(piece));
            }
            if self.is_over {
                return Ok(None);
            }
            match self.body.frame().await.transpose().map_err(Into::into)? {
                Some(frame) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    match &mut self.chunked {
                        Some(chunked) => chunked.push(piece, &mut self.ready)?,
                        None if piece.is_empty() => {}
                        None => self.ready.push_back(piece),
                    }
                }
                None => {
                    self.is_over = true;
                    let trailers = self.chunked.take().map(Chunked::finish).transpose()?;
                    if self.left > 0 {
                        return Err(PayloadError::Length { announced: self.announced }.into());
                    }
                    let digests = std::mem::take(&mut self.digests);
                    digests.check(&trailers.unwrap_or_default())?;
                }
            }
        }
    }
}

/// The digests of a body that its client has named.
#[derive(Default)]
struct Digests {
    hasher: ChecksumHasher,
    md5: Option<Md5>,
    /// By the names of their headers; None if the value comes after the body.
    expected: Vec<(String, Option<String>)>,
}

impl Digests {
    fn new(announced: &[(String, Option<String>)]) -> Self {
        let mut digests = Self::default();
        for (name, value) in announced {
            let hasher = &mut digests.hasher;
            match name.as_str() {
                "x-amz-checksum-crc32" => hasher.crc32 = Some(Crc32::new()),
                "x-amz-checksum-crc32c" => hasher.crc32c = Some(Crc32c::new()),
                "x-amz-checksum-crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::new()),
                "x-amz-checksum-sha1" => hasher.sha1 = Some(Sha1::new()),
                "x-amz-checksum-sha256" | "x-amz-content-sha256" => {
                    hasher.sha256 = Some(Sha256::new());
                }
                "content-md5" => digests.md5 = Some(Md5::new()),
                // The algorithm's name, and whatever comes to be.
                _ => continue,
            }
            digests.expected.push((name.clone(), value.clone()));
        }
        digests
    }

    fn update(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        if let Some(md5) = &mut self.md5 {
            md5.update(piece);
        }
    }

    /// Compares them with what came before the body and after it.
    fn check(self, trailers: &[(String, String)]) -> Result<(), PayloadError> {
        let found = self.hasher.finalize();
        let md5 = self.md5.map(|md5| STANDARD.encode(md5.finalize()));
        for (name, value) in self.expected {
            let trailer = trailers.iter().find(|(trailer, _)| *trailer == name);
            let expected = value.or_else(|| trailer.map(|(_, value)| value.clone()));
            let Some(expected) = expected else { return Err(PayloadError::Digest(name)) };
            let found = match name.as_str() {
                "x-amz-checksum-crc32" => &found.checksum_crc32,
                "x-amz-checksum-crc32c" => &found.checksum_crc32c,
                "x-amz-checksum-crc64nvme" => &found.checksum_crc64nvme,
                "x-amz-checksum-sha1" => &found.checksum_sha1,
                "content-md5" => &md5,
                _ => &found.checksum_sha256,
            };
            let expected = match name.as_str() {
                "x-amz-content-sha256" => from_hex(&expected).map(|bytes| STANDARD.encode(bytes)),
                _ => Some(expected),
            };
            if expected.is_none() || expected != *found {
                return Err(PayloadError::Digest(name));
            }
        }
        Ok(())
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    Some(
        digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    /// Sends a body in pieces of every size, and gives what comes of it.
    fn check(sent: &[u8], announced: &Announced) -> Result<Vec<u8>, String> {
        let mut outcomes = Vec::new();
        for size in [1, 2, 3, 7, sent.len().max(1)] {
            let pieces: Vec<Result<_, BoxError>> = sent
                .chunks(size)
                .map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece))))
                .collect();
            let body = StreamBody::new(stream::iter(pieces));
            let mut body = payload(body, announced);
            let outcome = futures::executor::block_on(async {
                let mut all = Vec::new();
                while let Some(piece) = body.next().await {
                    all.extend_from_slice(&piece.map_err(|error| error.to_string())?);
                }
                Ok(all)
            });
            outcomes.push(outcome);
        }
        outcomes.dedup();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes.remove(0)
    }

    fn announced(length: u64, is_chunked: bool, digests: &[(&str, Option<&str>)]) -> Announced {
        let digests = digests.iter();
        let digests = digests.map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
        Announced { length, is_chunked, digests: digests.collect() }
    }

    // Digests of `hello world`, of the usual tools.
    const CRC32: &str = "DUoRhQ==";
    const SHA256: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
    const MD5: &str = "XrY7u+Ae7tCTyyK7j1rNww==";

    #[test]
    fn chunks_are_unwrapped_with_and_without_signatures_and_trailers() {
        let crc = format!("x-amz-checksum-crc32:{CRC32}\r\n");
        let signature = format!(";chunk-signature={}", "0".repeat(64));
        for (sent, digests) in [
            ("6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n".to_owned(), vec![]),
            ("B\r\nhello world\r\n0\r\n".to_owned(), vec![]),
            (
                format!("b{signature}\r\nhello world\r\n0{signature}\r\n\r\n"),
                vec![("x-amz-checksum-crc32", Some(CRC32))],
            ),
            (
                format!("b\r\nhello world\r\n0\r\n{crc}\r\n"),
                vec![("x-amz-checksum-crc32", None), ("x-amz-checksum-algorithm", Some("CRC32"))],
            ),
            (
                format!(
                    "b{signature}\r\nhello world\r\n0{signature}\r\n{crc}x-amz-trailer-signature:0\r\n\r\n"
                ),
                vec![("x-amz-checksum-crc32", None)],
            ),
        ] {
            let outcome = check(sent.as_bytes(), &announced(11, true, &digests));
            assert_eq!(outcome.as_deref(), Ok(b"hello world".as_slice()), "{sent}");
        }
    }

    #[test]
    fn a_plain_body_is_compared_with_its_digests() {
        for (name, value) in [
            ("x-amz-checksum-crc32", CRC32),
            ("x-amz-content-sha256", SHA256),
            ("content-md5", MD5),
            ("x-amz-checksum-crc32c", "yZRlqg=="),
            ("x-amz-checksum-sha1", "Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        ] {
            let right = announced(11, false, &[(name, Some(value))]);
            assert_eq!(check(b"hello world", &right).as_deref(), Ok(b"hello world".as_slice()));
            let error = check(b"hello w0rld", &right).expect_err(name);
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn what_is_cut_short_or_wrapped_badly_fails() {
        let long = format!("{}\r\n", "0".repeat(9000));
        for (sent, expect) in [
            ("6\r\nhello \r\n", "cannot be read"),
            ("6\r\nhel", "cannot be read"),
            ("6\r\nhello \r\n0\r\n\r\n", "11 bytes"),
            ("c\r\nhello worlds\r\n0\r\n\r\n", "11 bytes"),
            ("b\r\nhello worldx0\r\n\r\n", "cannot be read"),
            ("x\r\nhello world\r\n0\r\n\r\n", "cannot be read"),
            ("-1\r\nhello world\r\n0\r\n\r\n", "cannot be read"),
            ("ffffffffffffffffff\r\nhello", "cannot be read"),
            ("b\r\nhello world\r\n0\r\nx\r\n\r\n", "cannot be read"),
            ("b\r\nhello world\r\n0\r\n\r\nmore", "cannot be read"),
            (&long, "cannot be read"),
            ("", "cannot be read"),
        ] {
            let error = check(sent.as_bytes(), &announced(11, true, &[])).expect_err(sent);
            assert!(error.contains(expect), "{sent}: {error}");
        }
        let missing = announced(11, true, &[("x-amz-checksum-crc32", None)]);
        let sent = b"b\r\nhello world\r\n0\r\n\r\n";
        assert!(check(sent, &missing).expect_err("no trailer").contains("crc32"));
        assert!(check(b"hello", &announced(11, false, &[])).is_err());
    }
}
