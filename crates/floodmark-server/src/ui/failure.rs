//! What the page is told of what went wrong.

use std::fmt;

use floodmark_engine::{Error, ErrorKind};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::body::{ResponseBody, whole};
use crate::ui::words::of_page;

/// Why something cannot be answered, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    kind: &'static str,
    message: String,
    hint: Option<String>,
    /// The line in a statement, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// The character in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(skip)]
    status: StatusCode,
}

/// The name and the status of a kind of error.
fn words(kind: ErrorKind) -> (&'static str, StatusCode) {
    match kind {
        ErrorKind::InvalidQuery => ("InvalidQuery", StatusCode::BAD_REQUEST),
        ErrorKind::NotFound => ("NotFound", StatusCode::NOT_FOUND),
        ErrorKind::AccessDenied => ("AccessDenied", StatusCode::FORBIDDEN),
        ErrorKind::Unavailable => ("Unavailable", StatusCode::SERVICE_UNAVAILABLE),
        ErrorKind::LimitReached => ("LimitReached", StatusCode::UNPROCESSABLE_ENTITY),
        ErrorKind::NotSupported => ("NotSupported", StatusCode::UNPROCESSABLE_ENTITY),
        ErrorKind::Cancelled => ("Cancelled", StatusCode::CONFLICT),
        ErrorKind::Internal => ("Internal", StatusCode::INTERNAL_SERVER_ERROR),
    }
}

impl Failure {
    /// The refusal of who does not know the token.
    pub(crate) fn unknown_client() -> Self {
        let error = Error::new(ErrorKind::AccessDenied, "this browser is not known to the server");
        error.hint("open the address that `floodmark serve` printed").into()
    }

    /// The defect that a task ended with.
    pub(crate) fn defect() -> Self {
        let error = Error::new(ErrorKind::Internal, "a defect of Floodmark");
        error.hint("the server's terminal says where").into()
    }

    /// The same failure of a statement that stands behind some lines of ours.
    pub(crate) fn below(mut self, lines: u64) -> Self {
        self.line = self.line.map(|line| line.saturating_sub(lines).max(1));
        self
    }

    /// The answer to a question that has no other, with the status of the kind of error.
    pub(crate) fn answer(&self) -> Response<ResponseBody> {
        self.response(self.status)
    }

    /// The same with a status.
    pub(crate) fn response(&self, status: StatusCode) -> Response<ResponseBody> {
        whole(status, "application/json", json!({ "error": self }).to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (kind, status) = words(error.kind());
        let position = error.position();
        Self {
            kind,
            message: error.to_string(),
            hint: error.hint_text().map(of_page),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            status,
        }
    }
}

impl From<floodmark_who::Error> for Failure {
    fn from(error: floodmark_who::Error) -> Self {
        Error::from(error).into()
    }
}
