//! Every limit of the investigator's questions, in one place.

/// The most buckets of a timeline in which spikes are looked for: the time for it grows with their square at worst.
pub const SPIKE_BUCKETS_MAX: usize = 20_000;

/// The most spikes and dips that are named in one timeline.
pub const SPIKES_MAX: usize = 20;
