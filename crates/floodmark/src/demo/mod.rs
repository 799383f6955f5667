//! The demo's incidents: what is generated, what is asked of the first of them, and what the generator knows.

pub(crate) mod incidents;

/// The questions in their order: SQL whose first line is the question.
pub(crate) static QUESTIONS: &[&str] = &[
    include_str!("questions/1-connections.sql"),
    include_str!("questions/2-clients.sql"),
    include_str!("questions/3-ports.sql"),
    include_str!("questions/4-domains.sql"),
    include_str!("questions/5-addresses.sql"),
    include_str!("questions/6-durations.sql"),
];
