//! Functions on dates, times and intervals.

use datafusion::logical_expr::ScalarUDF;

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    Vec::new()
}
