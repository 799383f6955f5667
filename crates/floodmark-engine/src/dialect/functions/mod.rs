//! Athena's functions: one list, from which they are registered, named in errors and shown.

pub(crate) mod declare;

pub(crate) mod aggregate;
pub(crate) mod array;
mod binary;
mod cast;
mod date_time;
mod higher_order;
mod ip;
mod json;
mod map;
mod math;
mod regex;
mod session;
mod string;
mod url;

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF};

/// The scalar functions.
pub(crate) fn scalars() -> Vec<Arc<ScalarUDF>> {
    [
        array::all(),
        binary::all(),
        cast::all(),
        date_time::all(),
        ip::all(),
        json::all(),
        map::all(),
        math::all(),
        regex::all(),
        session::all(),
        string::all(),
        url::all(),
    ]
    .into_iter()
    .flatten()
    .map(Arc::new)
    .collect()
}

/// The aggregate functions.
pub(crate) fn aggregates() -> Vec<Arc<AggregateUDF>> {
    aggregate::all().into_iter().map(Arc::new).collect()
}

/// The functions that take lambdas.
pub(crate) fn higher_order() -> Vec<Arc<HigherOrderUDF>> {
    higher_order::all().into_iter().map(Arc::new).collect()
}
