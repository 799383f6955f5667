//! Functions that take lambdas.

use datafusion::logical_expr::HigherOrderUDF;

/// The functions of this kind.
pub(super) fn all() -> Vec<HigherOrderUDF> {
    Vec::new()
}
