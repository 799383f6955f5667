//! What may stand beside what: Trino converts nothing between text, numbers and times by itself.

mod analyzer;
mod calls;
mod decimals;
mod guards;
pub(crate) mod literals;
mod markers;
mod operators;
mod planner;
mod rules;

use std::sync::Arc;

use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::optimizer::Analyzer;

pub(crate) use guards::guarded;
pub(crate) use markers::CONDITION;

/// Sets Trino's rules for types before those of the planner.
pub(crate) fn configure(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let planners = builder.expr_planners().get_or_insert_default();
    planners.insert(0, Arc::new(planner::TrinoOperators));
    let mut rules = Analyzer::new().rules;
    rules.insert(0, Arc::new(analyzer::TrinoTypes));
    rules.push(Arc::new(guards::Guards));
    builder.with_analyzer_rules(rules).with_optimizer_rule(Arc::new(guards::Guards))
}

/// The functions behind operators.
pub(crate) fn scalars() -> Vec<ScalarUDF> {
    [guards::all(), markers::all(), operators::all()].into_iter().flatten().collect()
}
