//! What clients ask for that is not supported, told once each to the person who started the server.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, header};

use crate::limits::{TOLD_CHARACTERS_MAX, UNSUPPORTED_TOLD_MAX};

/// Says a line to the person who started the server. What stands in it may come from clients: whoever shows it on a terminal makes it
/// safe for that.
#[derive(Clone)]
pub struct Tell(Arc<dyn Fn(&str) + Send + Sync>);

impl Tell {
    /// Tells by a function, which gets a line without its end.
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Says a line.
    pub(crate) fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tell(…)")
    }
}

/// Remembers what was told.
#[derive(Debug)]
pub(crate) struct Unsupported {
    tell: Tell,
    told: Mutex<HashSet<String>>,
}

impl Unsupported {
    /// Nothing was told yet.
    pub(crate) fn new(tell: Tell) -> Self {
        Self { tell, told: Mutex::default() }
    }

    /// Tells once that something is not supported, and which client asked for it.
    pub(crate) fn tell(&self, headers: &HeaderMap, what: &str) {
        let what: String = what.chars().take(TOLD_CHARACTERS_MAX).collect();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() >= UNSUPPORTED_TOLD_MAX || !told.insert(what.clone()) {
                return;
            }
        }
        let client = headers.get(header::USER_AGENT).map(|client| client.as_bytes());
        let client = String::from_utf8_lossy(client.unwrap_or(b"a client without a name"));
        let client: String = client.chars().take(TOLD_CHARACTERS_MAX).collect();
        self.tell.say(&format!("{what} is not supported; {client} asked for it"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_and_not_endlessly() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let unsupported =
            Unsupported::new(Tell::new(move |line| kept.lock().unwrap().push(line.to_owned())));
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, "x".repeat(10_000).parse().unwrap());
        for _ in 0..2 {
            unsupported.tell(&headers, "Glue's CreateJob");
        }
        for number in 0..10_000 {
            unsupported.tell(&headers, &format!("{number} {}", "y".repeat(10_000)));
        }
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), UNSUPPORTED_TOLD_MAX);
        assert!(lines.iter().all(|line| line.len() < 3 * TOLD_CHARACTERS_MAX));
        assert_eq!(lines.iter().filter(|line| line.starts_with("Glue's CreateJob ")).count(), 1);
    }
}
