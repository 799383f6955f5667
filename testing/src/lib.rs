//! Servers that the tests talk to.
