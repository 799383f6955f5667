//! AWS's own health checks, by what they call themselves.

use floodmark_block::target::{Place, TextMatch};

/// A program of AWS that asks whether a site is well.
pub(crate) struct HealthChecker {
    /// How its user agents begin.
    pub(crate) start: &'static str,
    /// One of its user agents.
    sample: &'static str,
}

/// All of them.
pub(crate) const HEALTH_CHECKERS: &[HealthChecker] = &[
    HealthChecker { start: "ELB-HealthChecker/", sample: "ELB-HealthChecker/2.0" },
    HealthChecker {
        start: "Amazon-Route53-Health-Check-Service",
        sample: "Amazon-Route53-Health-Check-Service (ref 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9; report http://amzn.to/1vsZADi)",
    },
];

impl HealthChecker {
    /// Whether a user agent that is to be blocked is one of its own.
    pub(crate) fn is_matched(&self, matched: &TextMatch) -> bool {
        let text = matched.text.as_str();
        let is_of_sample = match matched.place {
            Place::Exactly => self.sample == text,
            Place::StartsWith => self.sample.starts_with(text),
            Place::EndsWith => self.sample.ends_with(text),
            Place::Contains => self.sample.contains(text),
        };
        is_of_sample || text.contains(self.start)
    }
}
