//! STS: who asks. There is one account here, and nobody is refused.

use http::{HeaderValue, Response, StatusCode};
use uuid::Uuid;

use crate::body::{ResponseBody, whole};
use crate::listen::refusal::xml;

/// The account that this machine stands for.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The actions that are answered.
pub(crate) static ACTIONS: &[&str] = &["GetCallerIdentity"];

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The action that a call is for, whose body is a form.
pub(crate) fn action(body: &[u8]) -> String {
    let action = url::form_urlencoded::parse(body).find(|(name, _)| name == "Action");
    action.map(|(_, action)| action.into_owned()).unwrap_or_default()
}

/// Answers a call of an action.
pub(crate) fn answer(action: &str) -> Response<ResponseBody> {
    let id = Uuid::new_v4();
    if !ACTIONS.contains(&action) {
        let text = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>{} of STS is not supported by Floodmark</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
            xml(action)
        );
        return identified(whole(StatusCode::BAD_REQUEST, "text/xml", text), id);
    }
    let result = format!(
        "<Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account>"
    );
    let text = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    identified(whole(StatusCode::OK, "text/xml", text), id)
}

/// The answer with the id that its body has.
fn identified(mut response: Response<ResponseBody>, id: Uuid) -> Response<ResponseBody> {
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
