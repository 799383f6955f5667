//! Athena's functions: one list, from which they are registered, named in errors and shown.

pub(crate) mod declare;
pub(crate) mod planner;
mod rows;

pub(crate) mod aggregate;
pub(crate) mod array;
mod binary;
pub(crate) mod cast;
mod conditional;
mod date_time;
mod higher_order;
mod ip;
mod json;
mod map;
mod math;
mod names;
mod regex;
mod session;
mod string;
pub(crate) mod url;
pub(crate) mod who;

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF};

use crate::dialect::typing;

pub(crate) use date_time::FIELDS;
pub(crate) use names::{MISSING, is_callable, is_known, names_of, nearest};

/// The scalar functions.
pub(crate) fn scalars() -> Vec<Arc<ScalarUDF>> {
    [
        array::all(),
        binary::all(),
        cast::all(),
        conditional::all(),
        date_time::all(),
        ip::all(),
        json::all(),
        map::all(),
        math::all(),
        regex::all(),
        session::all(),
        string::all(),
        typing::scalars(),
        url::all(),
        who::all(),
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

/// The scalar function of a name.
pub(crate) fn find(name: &str) -> Option<Arc<ScalarUDF>> {
    static ALL: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(scalars);
    ALL.iter().find(|function| function.name() == name).map(Arc::clone)
}

/// Whether a name is that of an aggregate function.
pub(crate) fn is_aggregate(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let ours = aggregates();
        let others = datafusion::functions_aggregate::all_default_aggregate_functions();
        (ours.iter().chain(&others))
            .flat_map(|f| f.aliases().iter().cloned().chain([f.name().to_owned()]))
            .collect()
    });
    NAMES.contains(name)
}

/// Whether one of these functions has this name; those that DataFusion brings are not asked.
pub(crate) fn is_registered(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let scalars = scalars();
        let aggregates = aggregates();
        let scalars =
            scalars.iter().flat_map(|f| f.aliases().iter().map(String::as_str).chain([f.name()]));
        let aggregates = aggregates
            .iter()
            .flat_map(|f| f.aliases().iter().map(String::as_str).chain([f.name()]));
        scalars.chain(aggregates).map(str::to_owned).collect()
    });
    NAMES.contains(name)
}
