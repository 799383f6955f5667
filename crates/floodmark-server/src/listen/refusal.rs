//! What a client is told that the guard does not let through, in the words of the service that it asked.

use floodmark_engine::{Error, ErrorKind};
use http::{Response, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::body::{ResponseBody, whole};
use crate::route::Service;
use crate::ui::{self, Failure};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What the services call it.
    pub(crate) reason: Reason,
    /// What the person behind the client reads.
    pub(crate) message: String,
}

/// A reason that services have names for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The client comes from a place that is not let in.
    Place,
    /// The token is missing, or another.
    Token,
    /// The body is longer than it may be.
    Length,
    /// The body did not come in time.
    Silence,
    /// It is written in a way that is not read.
    Encoding,
    /// A defect of ours.
    Defect,
    /// The service is none of ours.
    Service,
}

/// How a reason is called.
struct Words {
    status: StatusCode,
    json: &'static str,
    s3: &'static str,
    sts: &'static str,
}

impl Reason {
    /// The kind of error that it is.
    fn kind(self) -> ErrorKind {
        match self {
            Self::Place | Self::Token => ErrorKind::AccessDenied,
            Self::Length => ErrorKind::LimitReached,
            Self::Silence => ErrorKind::Unavailable,
            Self::Encoding | Self::Service => ErrorKind::NotSupported,
            Self::Defect => ErrorKind::Internal,
        }
    }

    fn words(self) -> Words {
        let words = |status, json, s3, sts| Words { status, json, s3, sts };
        match self {
            Self::Place => words(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "AccessDenied",
                "AccessDenied",
            ),
            Self::Token => words(
                StatusCode::FORBIDDEN,
                "UnrecognizedClientException",
                "AccessDenied",
                "InvalidClientTokenId",
            ),
            Self::Length => words(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                "EntityTooLarge",
                "RequestEntityTooLarge",
            ),
            Self::Silence => words(
                StatusCode::REQUEST_TIMEOUT,
                "RequestTimeoutException",
                "RequestTimeout",
                "RequestTimeout",
            ),
            Self::Encoding => words(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "SerializationException",
                "InvalidRequest",
                "MalformedInput",
            ),
            Self::Defect => words(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerException",
                "InternalError",
                "InternalFailure",
            ),
            Self::Service => words(
                StatusCode::BAD_REQUEST,
                "UnknownOperationException",
                "NotImplemented",
                "InvalidAction",
            ),
        }
    }
}

impl Refusal {
    /// A refusal with what the person behind the client reads.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// The answer, as the service would write it.
    pub(crate) fn response(&self, service: &Service) -> Response<ResponseBody> {
        let words = self.reason.words();
        let (status, message) = (words.status, xml(&self.message));
        match service {
            Service::Athena(_)
            | Service::Glue(_)
            | Service::LakeFormation
            | Service::Unknown(_) => {
                let body = json!({ "__type": words.json, "Message": self.message });
                whole(status, "application/x-amz-json-1.1", body.to_string())
            }
            Service::Sts => {
                let (code, id) = (words.sts, Uuid::new_v4());
                let text = format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
                );
                whole(status, "text/xml", text)
            }
            Service::S3 => {
                let (code, id) = (words.s3, Uuid::new_v4());
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"
                );
                whole(status, "application/xml", text)
            }
            Service::Ui(path) if ui::is_api(path) => {
                let failure: Failure = Error::new(self.reason.kind(), &self.message).into();
                ui::guarded(failure.response(status))
            }
            Service::Ui(_) => ui::guarded(whole(
                status,
                "text/plain; charset=utf-8",
                format!("{}\n", self.message),
            )),
            Service::Page(_) => {
                whole(status, "text/plain; charset=utf-8", format!("{}\n", self.message))
            }
        }
    }
}

/// A text that can stand in XML and HTML, whatever it holds.
pub(crate) fn xml(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '&' => written.push_str("&amp;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            // What XML cannot hold at all.
            character if character.is_control() && !matches!(character, '\t' | '\n' | '\r') => {
                written.push('\u{fffd}');
            }
            character => written.push(character),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_message_becomes_markup() {
        assert_eq!(
            xml("<a href=\"x\" b='y'>&\u{1b}\0"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd}\u{fffd}"
        );
    }
}
