//! Every limit of this crate, in one place.

use std::time::Duration;

/// How often a request is sent again after a failure that may pass.
pub const RETRIES_MAX: usize = 8;

/// How long connecting to a service may take.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// How long one request may take with its whole answer, before it is sent again.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

/// How long to wait before a request to AWS is sent again for the first time. Each time it is twice as long.
pub const PAUSE_MIN: Duration = Duration::from_millis(100);

/// How long to wait at most before a request to AWS is sent again.
pub const PAUSE_MAX: Duration = Duration::from_secs(10);

/// How many bytes an answer of AWS may have.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;

/// How many characters of what a service says about a refusal are told.
pub const REFUSAL_CHARACTERS_MAX: usize = 500;

/// How long before their end credentials are renewed.
pub const CREDENTIALS_RENEWED_BEFORE: Duration = Duration::from_secs(5 * 60);

/// How long credentials are used that do not say when they end.
pub const CREDENTIALS_TIME_MAX: Duration = Duration::from_secs(15 * 60);

/// How long credentials are used at least, for their source may give the same ones until shortly before their end.
pub const CREDENTIALS_TIME_MIN: Duration = Duration::from_secs(10);

/// For how long a role is assumed at a time. Longer is refused to who has assumed a role already.
pub const ROLE_TIME: Duration = Duration::from_secs(60 * 60);

/// How many bytes a page or file may have that is fetched by plain HTTP, unless the caller says otherwise.
pub const FETCHED_BYTES_MAX: usize = 64 << 20;
