//! Uploads in parts that are being completed, and those that are: a client that has waited too long for the answer asks again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use floodmark_buckets::Object;

use crate::limits::COMPLETIONS_KEPT_MAX;

/// What came of completing uploads, those asked for last.
#[derive(Debug, Default)]
pub(crate) struct Completions {
    known: Mutex<VecDeque<(Upload, Completion)>>,
}

/// Which upload it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The name of its bucket.
    pub(crate) bucket: String,
    /// The key of its object.
    pub(crate) key: String,
    /// What it is asked for by.
    pub(crate) id: String,
}

/// The object that an upload has become, if it has. Whoever completes the upload holds it, so that others wait.
pub(crate) type Completion = Arc<tokio::sync::Mutex<Option<Object>>>;

impl Completions {
    /// What came, or will come, of completing an upload.
    pub(crate) fn of(&self, upload: Upload) -> Completion {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, completion)) = known.iter().find(|(known, _)| *known == upload) {
            return Arc::clone(completion);
        }
        if known.len() >= COMPLETIONS_KEPT_MAX {
            known.pop_front();
        }
        let completion = Completion::default();
        known.push_back((upload, Arc::clone(&completion)));
        completion
    }
}
