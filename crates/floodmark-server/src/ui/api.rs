//! The questions that the page asks: their names, and what answers them.

use std::sync::Arc;

use bytes::Bytes;
use floodmark_engine::Error;
use futures::StreamExt;
use futures::future::BoxFuture;
use http::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::{ResponseBody, whole};
use crate::state::State;
use crate::ui::export::Download;
use crate::ui::lines::{self, Lines};
use crate::ui::work::{self, Pieces};
use crate::ui::{
    Failure, block, explain, export, look, not_allowed, schema, sql, start, who, whois,
};

/// What the page asks with.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The body of a POST.
    pub(crate) body: Bytes,
    /// The members of the address.
    pub(crate) query: String,
}

impl Asked {
    /// The value of a member of the form, which is the body, or the address where there is none.
    pub(crate) fn member(&self, wanted: &str) -> Option<String> {
        let form = if self.body.is_empty() { self.query.as_bytes() } else { &self.body };
        let mut members = url::form_urlencoded::parse(form);
        members.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    }
}

/// A question of the page.
pub(crate) struct Endpoint {
    /// Its name below `/_ui/api/`.
    name: &'static str,
    /// The methods that it is asked with, as the header `Allow` has them.
    methods: &'static str,
    run: Run,
}

/// What a question does that lines answer.
type RunLines = fn(Arc<State>, Asked, Lines) -> BoxFuture<'static, Result<(), Failure>>;

/// How a question is answered.
enum Run {
    /// By one JSON.
    Whole(fn(Arc<State>, Asked) -> BoxFuture<'static, Result<String, Failure>>),
    /// By lines of JSON while it works.
    Lines(RunLines),
    /// By a file.
    File(fn(&Arc<State>, &Asked) -> Result<Download, Failure>),
}

/// Declares a question that one JSON answers, by a function that takes the state and what is asked with: for POST, what its body says.
macro_rules! whole {
    ($name:literal, GET, $run:path) => {
        Endpoint {
            name: $name,
            methods: "GET",
            run: Run::Whole(|state, asked| {
                Box::pin(async move { written(&$run(&state, &asked).await?) })
            }),
        }
    };
    ($name:literal, POST, $run:path) => {
        Endpoint {
            name: $name,
            methods: "POST",
            run: Run::Whole(|state, asked| {
                Box::pin(async move { written(&$run(&state, read(&asked.body)?).await?) })
            }),
        }
    };
}

/// Declares a question that lines of JSON answer.
macro_rules! lines {
    ($name:literal, $run:path) => {
        Endpoint {
            name: $name,
            methods: "POST",
            run: Run::Lines(|state, asked, lines| {
                Box::pin(async move { $run(&state, read(&asked.body)?, &lines).await })
            }),
        }
    };
}

/// All questions.
static ENDPOINTS: &[Endpoint] = &[
    lines!("block", block::run),
    lines!("explain", explain::run),
    // A statement that is too long for an address comes as a form.
    Endpoint { name: "export", methods: "GET, POST", run: Run::File(export::export) },
    lines!("look", look::run),
    whole!("schema", GET, schema::schema),
    lines!("sql", sql::run),
    whole!("sql/check", POST, sql::check),
    whole!("sql/plan", POST, sql::plan),
    whole!("start", GET, start::start),
    whole!("who", POST, who::who),
    lines!("whois", whois::run),
];

/// The question of a name.
///
/// # Errors
///
/// The answer to a question that there is not, or that is asked with another method.
pub(crate) fn find(
    name: &str,
    method: &Method,
) -> Result<&'static Endpoint, Box<Response<ResponseBody>>> {
    let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.name == name) else {
        let failure: Failure = Error::not_found("the page has no such question").into();
        return Err(Box::new(failure.answer()));
    };
    if endpoint.methods.split(", ").any(|known| known == method.as_str()) {
        return Ok(endpoint);
    }
    let message = format!("`{name}` is asked with {}", endpoint.methods);
    let failure: Failure = Error::invalid_query(message).into();
    Err(Box::new(not_allowed(failure.answer(), endpoint.methods)))
}

/// Answers a question.
pub(crate) async fn answer(
    endpoint: &'static Endpoint,
    state: &Arc<State>,
    asked: Asked,
) -> Response<ResponseBody> {
    let own = Arc::clone(state);
    match endpoint.run {
        Run::Whole(run) => {
            let pieces = work::begin(state, endpoint.name, |taker| async move {
                let json = run(own, asked).await?;
                taker.take(Ok(Bytes::from(json))).await;
                Ok(())
            });
            one(pieces).await
        }
        Run::Lines(run) => lines::response(work::begin(state, endpoint.name, |taker| {
            run(own, asked, Lines::new(taker))
        })),
        Run::File(run) => match run(state, &asked) {
            Ok(download) => download.response().await,
            Err(failure) => failure.answer(),
        },
    }
}

/// The answer of one JSON.
async fn one(mut pieces: Pieces) -> Response<ResponseBody> {
    match pieces.next().await {
        Some(Ok(json)) => whole(StatusCode::OK, "application/json", json),
        Some(Err(failure)) => failure.answer(),
        None => Failure::defect().answer(),
    }
}

/// What a question is asked with, out of its JSON.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Error::invalid_query(format!("the question cannot be read: {error}"))
            .hint("reload the page: it may be of another version than the server")
            .into()
    })
}

fn written(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(answer).map_err(|_| Failure::defect())
}
