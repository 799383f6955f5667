//! What is known of something, told from what is not.

/// What is known of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is this.
    Is(T),
    /// It is known that there is nothing: the data at hand cover it, and name nothing.
    Nothing,
    /// Nobody has asked yet, or there are no data at hand.
    Unknown,
}

impl<T> Known<T> {
    /// What it is, if it is anything that is known.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The same for what is made of the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Is(value) => Known::Is(make(value)),
            Self::Nothing => Known::Nothing,
            Self::Unknown => Known::Unknown,
        }
    }
}
