//! What is kept, for how long, and how much of it.
