//! Rows page by page, single rows, hostile values.
