//! The parser, by statements with what they are read for.
