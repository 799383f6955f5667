//! Measures the CPU time of a thread.

use std::fs;
use std::time::Instant;

/// The CPU time of this thread where the system tells it (Linux), else the time on the wall.
pub(crate) enum Clock {
    Thread(u64),
    Wall(Instant),
}

impl Clock {
    /// Begins to measure.
    pub(crate) fn now() -> Self {
        thread_nanos().map_or_else(|| Self::Wall(Instant::now()), Self::Thread)
    }

    /// The seconds since then.
    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Thread(start) => {
                thread_nanos().map_or(f64::NAN, |now| (now - start) as f64 / 1e9)
            }
            Self::Wall(start) => start.elapsed().as_secs_f64(),
        }
    }
}

fn thread_nanos() -> Option<u64> {
    fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
