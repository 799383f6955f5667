//! What may stand beside what: Trino converts nothing between text, numbers and times by itself.

mod analyzer;
mod calls;
mod operators;
mod planner;
mod rules;

use std::sync::Arc;

use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::optimizer::Analyzer;

/// Sets Trino's rules for types before those of the planner.
pub(crate) fn configure(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let planners = builder.expr_planners().get_or_insert_default();
    planners.insert(0, Arc::new(planner::TrinoOperators));
    let mut rules = Analyzer::new().rules;
    rules.insert(0, Arc::new(analyzer::TrinoTypes));
    builder.with_analyzer_rules(rules)
}

/// The functions behind operators.
pub(crate) fn scalars() -> Vec<ScalarUDF> {
    operators::all()
}
