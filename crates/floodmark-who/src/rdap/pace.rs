//! Pauses between requests.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is done where there is to be a pause.
#[derive(Clone, Debug, Default)]
pub enum Pace {
    /// The time passes.
    #[default]
    Wait,
    /// The pause is written down, and nothing waits.
    Note(Arc<Mutex<Vec<Duration>>>),
}

impl Pace {
    /// Makes a pause.
    pub async fn pause(&self, pause: Duration) {
        if pause.is_zero() {
            return;
        }
        match self {
            Self::Wait => tokio::time::sleep(pause).await,
            Self::Note(pauses) => {
                pauses.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
            }
        }
    }
}

/// The pause before an attempt, counted from one for the first repetition: it doubles, and is spread by half, so that those who failed
/// together do not come back together.
pub(super) fn before_attempt(attempt: u32, first: Duration) -> Duration {
    let whole = first.saturating_mul(1 << attempt.saturating_sub(1).min(6));
    let spread = RandomState::new().hash_one(attempt) % 1_000;
    whole / 2 + whole / 2 * u32::try_from(spread).expect("a number below a thousand") / 1_000
}
