//! Requests without their signatures. Any credentials will do, so there is nothing to compare a signature with; whether a client
//! may ask at all is the guard's question.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RANGE, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use s3s::dto::Range;
use s3s::{Body, HttpRequest, S3ErrorCode, S3Result};

use crate::limits::OBJECT_BYTES_MAX;
use crate::s3::fault::fault;
use crate::s3::payload::{Announced, payload};

/// The members of a query that sign it, besides those that begin with `X-Amz-`.
const OLD_SIGNATURE: [&str; 3] = ["awsaccesskeyid", "signature", "expires"];

const CONTENT_SHA256: &str = "x-amz-content-sha256";
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
const TRAILER: &str = "x-amz-trailer";

/// The request without its signature, and with its body as the client meant it.
pub(crate) fn unsigned<B>(request: Request<B>) -> S3Result<HttpRequest>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut parts, body) = request.into_parts();
    parts.uri = without_signature(&parts.uri)?;
    let headers = &mut parts.headers;
    headers.remove(AUTHORIZATION);
    if text(headers, RANGE.as_str()).is_some_and(|range| Range::parse(range).is_err()) {
        // S3 gives the whole object if it does not understand which part is wanted.
        headers.remove(RANGE);
    }
    let is_form = text(headers, CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"));
    if is_form {
        return Err(fault(S3ErrorCode::NotImplemented, "uploads by forms are not supported"));
    }
    if parts.method != Method::PUT {
        headers.remove(CONTENT_SHA256);
        return Ok(Request::from_parts(parts, Body::http_body_unsync(boxed(body))));
    }
    let announced = announced(headers)?;
    Ok(Request::from_parts(parts, payload(body, &announced)))
}

/// What the headers say of the body; they say afterwards what is true of it without its wrapping.
fn announced(headers: &mut HeaderMap) -> S3Result<Announced> {
    let sha256 = headers.remove(CONTENT_SHA256);
    let sha256 = sha256.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = text(headers, CONTENT_ENCODING.as_str()).unwrap_or_default().to_owned();
    let is_chunked = sha256.starts_with("STREAMING-") || is_aws_chunked(&encoding);
    let length = text(headers, if is_chunked { DECODED_LENGTH } else { CONTENT_LENGTH.as_str() });
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    let is_copy = headers.contains_key("x-amz-copy-source");
    let length = match length {
        Some(length) => length,
        // Without a body there is nothing to announce.
        None if is_copy || !headers.contains_key(TRANSFER_ENCODING) && !is_chunked => 0,
        None => {
            let message = "the length of the body must be told before it";
            return Err(fault(S3ErrorCode::MissingContentLength, message));
        }
    };
    if length > OBJECT_BYTES_MAX {
        let message =
            format!("{length} bytes are more than {OBJECT_BYTES_MAX}; upload it in parts");
        return Err(fault(S3ErrorCode::EntityTooLarge, message));
    }
    let trailers = text(headers, TRAILER).unwrap_or_default().to_ascii_lowercase();
    let mut digests: Vec<(String, Option<String>)> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-amz-checksum-") || *name == "content-md5")
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), Some(value.to_str().ok()?.to_owned())))
        })
        .collect();
    let trailers = trailers.split(',').map(str::trim).filter(|name| !name.is_empty());
    digests.extend(trailers.map(|name| (name.to_owned(), None)));
    // One digest is enough, and this one costs the most.
    if digests.is_empty() && sha256.len() == 64 {
        digests.push((CONTENT_SHA256.to_owned(), Some(sha256.to_owned())));
    }
    if is_chunked {
        headers.remove(DECODED_LENGTH);
        headers.remove(TRAILER);
        headers.remove(TRANSFER_ENCODING);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        let rest: Vec<&str> =
            encoding.split(',').map(str::trim).filter(|part| !is_aws_chunked(part)).collect();
        match HeaderValue::try_from(rest.join(", ")) {
            Ok(rest) if !rest.is_empty() => {
                headers.insert(CONTENT_ENCODING, rest);
            }
            _ => {
                headers.remove(CONTENT_ENCODING);
            }
        }
    }
    Ok(Announced { length, is_chunked, digests })
}

fn is_aws_chunked(encoding: &str) -> bool {
    encoding.split(',').any(|part| part.trim().eq_ignore_ascii_case("aws-chunked"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// An address without the members of its query that sign it.
fn without_signature(uri: &Uri) -> S3Result<Uri> {
    let Some(query) = uri.query() else { return Ok(uri.clone()) };
    let rest: Vec<&str> = query
        .split('&')
        .filter(|member| {
            let name = member.split('=').next().unwrap_or_default().to_ascii_lowercase();
            !name.starts_with("x-amz-") && !OLD_SIGNATURE.contains(&name.as_str())
        })
        .collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    let path = format!("{}{query}", uri.path());
    let mut parts = uri.clone().into_parts();
    let invalid = || fault(S3ErrorCode::InvalidURI, "the address cannot be read");
    parts.path_and_query = Some(path.parse().map_err(|_| invalid())?);
    Uri::from_parts(parts).map_err(|_| invalid())
}

/// A body whose errors are of one type.
fn boxed<B>(
    body: B,
) -> impl hyper::body::Body<Data = Bytes, Error = Box<dyn std::error::Error + Send + Sync>> + Send
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    http_body_util::BodyExt::map_err(body, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_an_address_is_taken_off() {
        for (uri, expect) in [
            ("/b/k?X-Amz-Signature=1&x-id=GetObject&X-Amz-Expires=60", "/b/k?x-id=GetObject"),
            ("/b/k?AWSAccessKeyId=a&Signature=b&Expires=1", "/b/k"),
            ("/b?list-type=2&prefix=a%2Fb%26c", "/b?list-type=2&prefix=a%2Fb%26c"),
            ("/b/a%2Fb", "/b/a%2Fb"),
        ] {
            let uri: Uri = uri.parse().expect("an address");
            assert_eq!(without_signature(&uri).expect("an address").to_string(), expect);
        }
    }
}
