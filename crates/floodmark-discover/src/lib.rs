//! A log as one looks at it: its timeline, fields and rows from one pass, and kept for the next question.
