//! The rows that are kept for the next question.

/// The rows that are kept, shared by all requests of a server, within a budget of bytes.
#[derive(Debug)]
pub struct Kept {
    bytes_max: usize,
}

impl Kept {
    /// Keeps nothing yet, and later at most about so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max }
    }

    /// How many bytes may be kept.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }
}
