//! What it means when a service of AWS refuses a request.

use serde::Deserialize;

use crate::client::{Again, Attempt};
use crate::error::{Error, ErrorKind};
use crate::limits::REFUSAL_CHARACTERS_MAX;
use crate::service::Service;

/// The body of an answer that is an error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    #[serde(rename = "Code", alias = "__type", default)]
    code: Option<String>,
    #[serde(rename = "Message", alias = "message", default)]
    message: Option<String>,
}

/// The same in XML. EC2 puts it one level deeper.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    error: Option<Refusal>,
    #[serde(default)]
    errors: Option<Errors>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Errors {
    #[serde(default)]
    error: Vec<Refusal>,
}

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Too many requests.
    Throttled,
    /// What it works on is busy or not yet there.
    Busy,
    /// A right is missing.
    Denied,
    /// The credentials were good once.
    Expired,
    /// The credentials are not good.
    Unknown,
    /// The request was signed at another time than it is there.
    Clock,
}

/// Codes of the services, and what they mean.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html>
/// <https://docs.aws.amazon.com/waf/latest/APIReference/CommonErrors.html>
const MEANINGS: [(&str, Meaning); 28] = [
    ("AccessDenied", Meaning::Denied),
    ("AccessDeniedException", Meaning::Denied),
    ("AuthFailure", Meaning::Unknown),
    ("ConcurrentModificationException", Meaning::Busy),
    ("ExpiredToken", Meaning::Expired),
    ("ExpiredTokenException", Meaning::Expired),
    ("IncompleteSignature", Meaning::Unknown),
    ("InvalidAccessKeyId", Meaning::Unknown),
    ("InvalidClientTokenId", Meaning::Unknown),
    ("InvalidSignatureException", Meaning::Unknown),
    ("MissingAuthenticationToken", Meaning::Unknown),
    ("MissingAuthenticationTokenException", Meaning::Unknown),
    ("NotAuthorized", Meaning::Denied),
    ("OptInRequired", Meaning::Denied),
    ("RequestExpired", Meaning::Clock),
    ("RequestLimitExceeded", Meaning::Throttled),
    ("RequestThrottled", Meaning::Throttled),
    ("RequestTimeTooSkewed", Meaning::Clock),
    ("SignatureDoesNotMatch", Meaning::Unknown),
    ("SlowDown", Meaning::Throttled),
    ("Throttling", Meaning::Throttled),
    ("ThrottlingException", Meaning::Throttled),
    ("TokenRefreshRequired", Meaning::Expired),
    ("TooManyRequestsException", Meaning::Throttled),
    ("UnauthorizedException", Meaning::Denied),
    ("UnauthorizedOperation", Meaning::Denied),
    ("UnrecognizedClientException", Meaning::Unknown),
    ("WAFUnavailableEntityException", Meaning::Busy),
];

const KEYS: &str = "check AWS_PROFILE, or run `aws sso login`";

impl Refusal {
    pub(crate) fn from_json(answer: &[u8], named: Option<String>) -> Self {
        let mut refusal: Self = serde_json::from_slice(answer).unwrap_or_default();
        refusal.code = refusal.code.or(named);
        refusal
    }

    pub(crate) fn from_xml(answer: &[u8]) -> Self {
        let document: Document = quick_xml::de::from_reader(answer).unwrap_or_default();
        let deeper = document.errors.and_then(|errors| errors.error.into_iter().next());
        document.error.or(deeper).unwrap_or_default()
    }

    /// What it says, and whether to try again.
    pub(crate) fn meaning(self, service: &Service, operation: &str, status: u16) -> Attempt {
        let code = self.code.as_deref().unwrap_or_default();
        // `com.amazonaws.glue#EntityNotFoundException:http://…` and `Client.RequestLimitExceeded` are names with their places.
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        let code = code.trim_start_matches("Client.").trim_start_matches("Server.");
        let text = self.message.unwrap_or_default();
        // EC2 adds a page of letters that only it can read.
        let text = text.split(" Encoded authorization failure message").next().unwrap_or_default();
        let text: String = text.chars().take(REFUSAL_CHARACTERS_MAX).collect();
        let says = if text.is_empty() { String::new() } else { format!(": {text}") };
        let (title, actions) = (service.title, service.actions);
        let error = |kind, reason: &str, hint: &str| {
            let error = Error::new(kind, format!("{title} {reason}{says}")).hint(hint);
            if code.is_empty() { error } else { error.code(code) }
        };
        let refused = |reason: &str, hint: &str| {
            Attempt::lasting(error(ErrorKind::AccessDenied, reason, hint))
        };
        let meaning = MEANINGS.iter().find(|(name, _)| *name == code).map(|(_, meaning)| *meaning);
        let is_late = ["Signature expired", "Signature not yet current"]
            .iter()
            .any(|reason| text.contains(reason));
        let meaning = meaning.map(|meaning| match meaning {
            Meaning::Unknown if is_late => Meaning::Clock,
            meaning => meaning,
        });
        let meaning = meaning.or(match status {
            429 => Some(Meaning::Throttled),
            500.. => Some(Meaning::Busy),
            _ if code.contains("Throttl") => Some(Meaning::Throttled),
            401 | 403 => Some(Meaning::Denied),
            _ => None,
        });
        match meaning {
            Some(meaning @ (Meaning::Throttled | Meaning::Busy)) => {
                let name = if code.is_empty() { status.to_string() } else { code.to_owned() };
                let reason = format!("does not answer {operation} ({name})");
                let error = error(ErrorKind::Unavailable, &reason, service.again);
                let is_undone = meaning == Meaning::Throttled || status < 500;
                Attempt { error, again: if is_undone { Again::Safe } else { Again::Unsure } }
            }
            Some(Meaning::Denied) => {
                let right =
                    format!("allow {actions}:{operation} in the policies of the credentials");
                let hint = service.rights.unwrap_or(&right);
                refused(&format!("denies {actions}:{operation}"), hint)
            }
            Some(Meaning::Expired) => refused("says that the credentials have expired", KEYS),
            Some(Meaning::Unknown) => refused("does not accept the credentials", KEYS),
            Some(Meaning::Clock) => refused("finds this machine's clock wrong", "set the clock"),
            None => {
                let kind = kind_of(code);
                let reason = match kind {
                    ErrorKind::InvalidQuery => format!("does not take the request {operation}"),
                    _ => format!("refuses {operation} ({status} {code})"),
                };
                let hint = match kind {
                    ErrorKind::Unavailable => service.again,
                    ErrorKind::LimitReached => {
                        "ask AWS for a higher quota, or remove what is no longer needed"
                    }
                    _ => "check the names and values that it was asked for",
                };
                Attempt::lasting(error(kind, &reason, hint))
            }
        }
    }
}

/// What a code that is particular to a service means for the reader, by the words that all services use.
fn kind_of(code: &str) -> ErrorKind {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if has(&["NotFound", "NonexistentItem", "NoSuch"]) {
        ErrorKind::NotFound
    } else if has(&["LimitExceeded", "LimitsExceeded", "QuotaExceeded"]) {
        ErrorKind::LimitReached
    } else if has(&["Invalid", "Validation", "Malformed", "MissingParameter"]) {
        ErrorKind::InvalidQuery
    } else {
        ErrorKind::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::{Again, ErrorKind, Refusal};
    use crate::service::{EC2, ELB, GLUE, WAFV2};

    #[test]
    fn refusals_say_what_to_do() {
        let ec2 = |code: &str, text: &str| {
            let error = format!("<Error><Code>{code}</Code><Message>{text}</Message></Error>");
            let answer =
                format!("<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>");
            Refusal::from_xml(answer.as_bytes())
        };
        let elb = "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let json = |code: &str| {
            let answer = format!(r#"{{"__type":"com.amazonaws.wafv2#{code}","message":"said"}}"#);
            Refusal::from_json(answer.as_bytes(), None)
        };
        let denied = "You are not authorized. Encoded authorization failure message: AbCd";
        let cases = [
            (
                ec2("UnauthorizedOperation", denied),
                &EC2,
                403,
                ErrorKind::AccessDenied,
                Again::No,
                "Amazon EC2 denies ec2:Asked: You are not authorized.",
            ),
            (
                ec2("RequestLimitExceeded", "slower"),
                &EC2,
                503,
                ErrorKind::Unavailable,
                Again::Safe,
                "Amazon EC2 does not answer Asked (RequestLimitExceeded): slower",
            ),
            (
                ec2("InternalError", ""),
                &EC2,
                500,
                ErrorKind::Unavailable,
                Again::Unsure,
                "Amazon EC2 does not answer Asked (InternalError)",
            ),
            (
                ec2("AuthFailure", "unknown"),
                &EC2,
                401,
                ErrorKind::AccessDenied,
                Again::No,
                "Amazon EC2 does not accept the credentials: unknown",
            ),
            (
                ec2("InvalidVpcID.NotFound", "none"),
                &EC2,
                400,
                ErrorKind::NotFound,
                Again::No,
                "Amazon EC2 refuses Asked (400 InvalidVpcID.NotFound): none",
            ),
            (
                Refusal::from_xml(elb.as_bytes()),
                &ELB,
                403,
                ErrorKind::AccessDenied,
                Again::No,
                "Elastic Load Balancing denies elasticloadbalancing:Asked: no",
            ),
            (
                Refusal::from_xml(b"<html>busy"),
                &ELB,
                502,
                ErrorKind::Unavailable,
                Again::Unsure,
                "Elastic Load Balancing does not answer Asked (502)",
            ),
            (
                json("WAFOptimisticLockException"),
                &WAFV2,
                400,
                ErrorKind::Unavailable,
                Again::No,
                "AWS WAF refuses Asked (400 WAFOptimisticLockException): said",
            ),
            (
                json("WAFLimitsExceededException"),
                &WAFV2,
                400,
                ErrorKind::LimitReached,
                Again::No,
                "AWS WAF refuses Asked (400 WAFLimitsExceededException): said",
            ),
            (
                json("WAFUnavailableEntityException"),
                &WAFV2,
                400,
                ErrorKind::Unavailable,
                Again::Safe,
                "AWS WAF does not answer Asked (WAFUnavailableEntityException): said",
            ),
            (
                json("ExpiredTokenException"),
                &GLUE,
                400,
                ErrorKind::AccessDenied,
                Again::No,
                "the Glue Data Catalog says that the credentials have expired: said",
            ),
            (
                Refusal::from_json(
                    br#"{"__type":"InvalidSignatureException","message":"Signature expired: now"}"#,
                    None,
                ),
                &WAFV2,
                403,
                ErrorKind::AccessDenied,
                Again::No,
                "AWS WAF finds this machine's clock wrong: Signature expired: now",
            ),
            (
                Refusal::from_json(b"", Some("AccessDeniedException:http://x/".to_owned())),
                &WAFV2,
                400,
                ErrorKind::AccessDenied,
                Again::No,
                "AWS WAF denies wafv2:Asked",
            ),
        ];
        for (refusal, service, status, kind, again, message) in cases {
            let attempt = refusal.meaning(service, "Asked", status);
            assert_eq!(attempt.error.to_string(), message);
            assert_eq!((attempt.error.kind(), attempt.again), (kind, again), "{message}");
            assert!(attempt.error.hint_text().is_some(), "{message}");
        }
    }
}
