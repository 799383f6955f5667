//! STS: who asks. There is one account here, and nobody is refused.

use http::{Response, StatusCode};

use crate::body::{ResponseBody, whole};

/// The account that this machine stands for.
pub(crate) const ACCOUNT: &str = "000000000000";

/// Answers a call of STS, whose body is a form.
pub(crate) fn answer(body: &[u8]) -> Response<ResponseBody> {
    let action = url::form_urlencoded::parse(body).find(|(name, _)| name == "Action");
    let action = action.map(|(_, action)| action.into_owned()).unwrap_or_default();
    let request_id = uuid::Uuid::new_v4();
    if action == "GetCallerIdentity" {
        let text = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
        return whole(StatusCode::OK, "text/xml", text);
    }
    let text = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Floodmark answers GetCallerIdentity of STS, and no other action</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    whole(StatusCode::BAD_REQUEST, "text/xml", text)
}
