//! The JSON 1.1 protocol of Athena and Glue: a request names an action, and its body is what the action takes.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::body::{ResponseBody, whole};
use crate::state::State;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What an action answers.
pub(crate) type Answer<T> = Result<T, Fault>;

/// An action of a service.
pub(crate) struct Action {
    /// Its name after the dot of `X-Amz-Target`.
    pub(crate) name: &'static str,
    /// Reads what it takes, runs it, and writes what it gives.
    pub(crate) run: fn(Arc<State>, Value) -> BoxFuture<'static, Answer<String>>,
}

/// Declares an action: its name, and the function that takes the state and the input, and gives the output.
macro_rules! action {
    ($name:literal, $run:path) => {
        $crate::json::Action {
            name: $name,
            run: |state, input| {
                Box::pin(async move {
                    let input = $crate::json::read(input)?;
                    $crate::json::written($run(&state, input).await?)
                })
            },
        }
    };
}
pub(crate) use action;

/// An error as AWS's services write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The name of the exception: `InvalidRequestException`.
    pub(crate) kind: &'static str,
    /// What went wrong; None where AWS says nothing.
    pub(crate) message: Option<String>,
    /// `AthenaErrorCode`, in Athena's own errors.
    pub(crate) code: Option<&'static str>,
}

impl Fault {
    /// An error with this name.
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: Some(message.into()), code: None }
    }

    /// Athena's `InvalidRequestException` with its code.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new("InvalidRequestException", message) }
    }

    /// The status of the answer.
    fn status(&self) -> StatusCode {
        match self.kind {
            "InternalServerException" | "InternalServiceException" => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("__type".to_owned(), self.kind.into());
        if let Some(code) = self.code {
            body.insert("AthenaErrorCode".to_owned(), code.into());
            body.insert("ErrorCode".to_owned(), code.into());
        }
        if let Some(message) = &self.message {
            body.insert("Message".to_owned(), message.as_str().into());
        }
        Value::Object(body)
    }
}

/// Answers a request for an action, of which the target names the part after the dot.
pub(crate) async fn answer(
    actions: &'static [Action],
    name: &str,
    not_supported: impl FnOnce(&str) -> Fault,
    state: &Arc<State>,
    body: &[u8],
) -> Response<ResponseBody> {
    let outcome = match actions.iter().find(|action| action.name == name) {
        None => Err(not_supported(name)),
        Some(action) => match parse(body) {
            Err(fault) => Err(fault),
            Ok(input) => (action.run)(Arc::clone(state), input).await,
        },
    };
    match outcome {
        Ok(output) => whole(StatusCode::OK, CONTENT_TYPE, output),
        Err(fault) => whole(fault.status(), CONTENT_TYPE, fault.body().to_string()),
    }
}

/// The refusal of a request that names no action of the service.
pub(crate) fn unknown_operation() -> Response<ResponseBody> {
    let fault = Fault { kind: "UnknownOperationException", message: None, code: None };
    whole(fault.status(), CONTENT_TYPE, fault.body().to_string())
}

fn parse(body: &[u8]) -> Answer<Value> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Fault { kind: "SerializationException", message: None, code: None }),
    }
}

/// What an action takes, out of the JSON of a request. Members that are not known are passed over.
pub(crate) fn read<T: DeserializeOwned>(input: Value) -> Answer<T> {
    serde_json::from_value(without_nulls(input)).map_err(|error| {
        let text = error.to_string();
        let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        match missing {
            Some(member) => Fault::invalid("INVALID_INPUT", missing_member(member)),
            None => Fault { kind: "SerializationException", message: mismatch(&text), code: None },
        }
    })
}

/// What AWS says of a value of another type than the member's, out of what the reader of JSON says of it; None where AWS's words are
/// not known.
fn mismatch(text: &str) -> Option<String> {
    let rest = ["invalid type: ", "invalid value: "].iter().find_map(|it| text.strip_prefix(it))?;
    // What is expected is said by us; what was found is the client's, and may hold anything.
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = match found {
        "map" => return Some("Start of structure or map found where not expected.".to_owned()),
        "sequence" => return Some("Start of list found where not expected".to_owned()),
        "boolean `true`" => "TRUE_VALUE",
        "boolean `false`" => "FALSE_VALUE",
        _ if found.starts_with("string ") => "STRING_VALUE",
        _ if found.starts_with("integer ") || found.starts_with("floating point ") => {
            "NUMBER_VALUE"
        }
        _ => return None,
    };
    let wanted = match expected {
        "a string" => "a String",
        "a boolean" => "a Boolean",
        "f32" | "f64" => "a Double",
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            "an Integer"
        }
        "a sequence" => return Some("Expected list or null".to_owned()),
        "a map" => return Some("Expected null".to_owned()),
        _ if expected.starts_with("struct ") => return Some("Expected null".to_owned()),
        _ => return None,
    };
    Some(format!("{found} can not be converted to {wanted}"))
}

/// What AWS says of a member that must be there.
pub(crate) fn missing_member(member: &str) -> String {
    let mut characters = member.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    let name: String = first.into_iter().chain(characters).collect();
    format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    )
}

/// The members of an object that are not null, also of those within it.
pub(crate) fn without_null_members(members: Map<String, Value>) -> Map<String, Value> {
    match without_nulls(Value::Object(members)) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A member that is null is one that is not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            (members.into_iter())
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        other => other,
    }
}

/// What an action gives, as JSON.
pub(crate) fn written(output: impl Serialize) -> Answer<String> {
    serde_json::to_string(&output)
        .map_err(|_| Fault::new("InternalServerException", "the answer cannot be written"))
}
