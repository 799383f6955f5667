//! The investigator's questions, as SQL and small statistics: SQL in, batches out.
