//! What stands behind a condition is computed only where the condition holds.
//!
//! `cardinality(a) > 2 AND a[3] = 'x'` must not fail for short arrays. The planner takes both sides of AND as it likes, and
//! makes AND and OR of a CASE of truths. So what can fail goes into a CASE of numbers, which it leaves as it is.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue, TableReference};
use datafusion::logical_expr::expr::{Case, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{
    conjunction, merge_schema, split_conjunction, split_conjunction_owned,
};
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, Filter, LogicalPlan, Operator,
    ScalarFunctionArgs, ScalarUDF,
};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{AnalyzerRule, OptimizerConfig, OptimizerRule};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::find;

/// A truth as a number.
const AS_NUMBER: &str = "$truth_as_number";
/// A number as a truth.
const AS_TRUTH: &str = "$number_as_truth";

/// The functions that fail for some values.
const FALLIBLE: &[&str] = &[
    "$cast",
    "$divide",
    "$modulus",
    "$subscript",
    "bar",
    "chr",
    "date",
    "date_parse",
    "from_base",
    "from_base32",
    "from_base64",
    "from_base64url",
    "from_big_endian_32",
    "from_big_endian_64",
    "from_hex",
    "from_ieee754_32",
    "from_ieee754_64",
    "from_iso8601_date",
    "from_iso8601_timestamp",
    "from_iso8601_timestamp_nanos",
    "from_unixtime",
    "from_utf8",
    "inverse_normal_cdf",
    "json_parse",
    "mod",
    "parse_datetime",
    "parse_duration",
    "parse_data_size",
    "parse_presto_data_size",
    "regexp_like",
    "repeat",
    "sequence",
    "split_to_map",
    "url_decode",
];

static NUMBERS: &[Scalar] = &[
    Scalar::new(AS_NUMBER, &[&[Parameter::Boolean]], Returns::Always("tinyint"), |args| {
        converted(args, &DataType::Int8)
    }),
    Scalar::new(AS_TRUTH, &[&[Parameter::Any]], Returns::Always("boolean"), |args| {
        converted(args, &DataType::Boolean)
    }),
];

/// The functions that turn truths into numbers and back.
pub(super) fn all() -> Vec<ScalarUDF> {
    NUMBERS.iter().map(Scalar::udf).collect()
}

/// The condition and what is guarded by it, if an expression is such a pair; both hold where it holds.
pub(crate) fn guarded(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Case(case) = argument(expr, AS_TRUTH)? else { return None };
    match (&case.expr, case.when_then_expr.as_slice(), &case.else_expr) {
        (None, [(when, then)], None) => Some((when, argument(then, AS_NUMBER)?)),
        _ => None,
    }
}

/// Guards what can fail; it comes after types are coerced.
#[derive(Debug)]
pub(super) struct Guards;

impl AnalyzerRule for Guards {
    fn name(&self) -> &str {
        "guards"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(guard_plan)?.data)
    }
}

/// Guards the conditions that the optimizer brought together from several places.
impl OptimizerRule for Guards {
    fn name(&self) -> &str {
        "guards_of_filters"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = &plan else { return Ok(Transformed::no(plan)) };
        let parts = split_conjunction(&filter.predicate);
        let is_open = |part: &&&Expr| can_fail(part) && guarded(part).is_none();
        if parts.len() < 2 || !parts.iter().any(|part| is_open(&part)) {
            return Ok(Transformed::no(plan));
        }
        let predicate = joined(filter.predicate.clone());
        let changed = predicate != filter.predicate;
        let filter = Filter::try_new(predicate, Arc::clone(&filter.input))?;
        let plan = LogicalPlan::Filter(filter);
        Ok(if changed { Transformed::yes(plan) } else { Transformed::no(plan) })
    }
}

fn converted(args: &ScalarFunctionArgs, target: &DataType) -> Result<ColumnarValue> {
    match &args.args[0] {
        ColumnarValue::Scalar(value) => Ok(ColumnarValue::Scalar(value.cast_to(target)?)),
        ColumnarValue::Array(array) if *target == DataType::Boolean => {
            let numbers = cast(array, &DataType::Int8)?;
            let truths: datafusion::arrow::array::BooleanArray = numbers
                .as_primitive::<datafusion::arrow::datatypes::Int8Type>()
                .iter()
                .map(|number| number.map(|number| number != 0))
                .collect();
            Ok(ColumnarValue::Array(std::sync::Arc::new(truths)))
        }
        ColumnarValue::Array(array) => Ok(ColumnarValue::Array(cast(array, target)?)),
    }
}

fn argument<'e>(expr: &'e Expr, function: &str) -> Option<&'e Expr> {
    match expr {
        Expr::ScalarFunction(call) if call.func.name() == function => call.args.first(),
        _ => None,
    }
}

fn call(name: &str, argument: Expr) -> Expr {
    let function = find(name).expect("it is among the functions of this module");
    Expr::ScalarFunction(ScalarFunction { func: function, args: vec![argument] })
}

fn guard_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let mut fails = false;
    plan.apply_expressions(|expr| {
        fails |= can_fail(expr);
        Ok(TreeNodeRecursion::Continue)
    })?;
    if !fails {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(
            scan.table_name.clone(),
            &scan.source.schema(),
        )?);
    }
    let is_filter = matches!(plan, LogicalPlan::Filter(_) | LogicalPlan::Join(_));
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        if !can_fail(&expr) {
            return Ok(Transformed::no(expr));
        }
        let name = names.save(&expr);
        let is_condition = is_filter && matches!(expr.get_type(&schema), Ok(DataType::Boolean));
        let expr = if is_condition { condition(expr, &schema)? } else { value(expr, &schema)? };
        Ok(Transformed::yes(name.restore(expr)))
    })
}

/// A condition of which only the rows matter for which it holds.
fn condition(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let mut parts = split_conjunction_owned(expr);
    for part in &mut parts {
        if can_fail(part) {
            *part = value(std::mem::take(part), schema)?;
        }
    }
    Ok(conjunction(parts).map_or_else(truth, joined))
}

fn truth() -> Expr {
    Expr::Literal(ScalarValue::Boolean(Some(true)), None)
}

/// Conditions that all hold, each of which is computed only where those before it do.
fn joined(expr: Expr) -> Expr {
    let parts = split_conjunction_owned(expr);
    let (failing, safe): (Vec<Expr>, Vec<Expr>) =
        parts.into_iter().partition(|part| can_fail(part) && guarded(part).is_none());
    let mut guarded: Vec<Expr> = Vec::new();
    let mut chains: Vec<Expr> = Vec::new();
    for part in failing {
        if !can_move(&part) {
            chains.push(part);
            continue;
        }
        guarded.push(part);
    }
    // Each is guarded by what can be known where it is computed: the conditions on its own tables.
    let mut before: Vec<Expr> = Vec::new();
    for part in guarded {
        let tables = relations(&part);
        let is_known = |guard: &&Expr| relations(guard).is_subset(&tables);
        let guards = safe.iter().filter(|guard| can_move(guard) && !guard.is_volatile());
        // The last one before it stands behind all others.
        let last = before.iter().rev().find(is_known);
        let guard = conjunction(guards.filter(is_known).chain(last).cloned());
        let part = match guard {
            Some(guard) => behind(guard, part),
            None => part,
        };
        before.push(part.clone());
        chains.push(part);
    }
    conjunction(safe.into_iter().chain(chains)).unwrap_or_else(truth)
}

/// `$number_as_truth(CASE WHEN guard THEN $truth_as_number(part) END)`.
fn behind(guard: Expr, part: Expr) -> Expr {
    call(
        AS_TRUTH,
        Expr::Case(Case {
            expr: None,
            when_then_expr: vec![(Box::new(guard), Box::new(call(AS_NUMBER, part)))],
            else_expr: None,
        }),
    )
}

/// An expression whose value matters, be it NULL.
fn value(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let guarded = expr.transform_up(|expr| {
        Ok(match expr {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: op @ (Operator::And | Operator::Or),
                right,
            }) if can_fail(&right) && can_move(&left) && can_move(&right) => {
                let (settles, result) = match op {
                    Operator::And => (Expr::IsFalse(left.clone()), false),
                    _ => (Expr::IsTrue(left.clone()), true),
                };
                let result = Expr::Literal(ScalarValue::Int8(Some(i8::from(result))), None);
                let both = Expr::BinaryExpr(BinaryExpr { left, op, right });
                Transformed::yes(call(
                    AS_TRUTH,
                    Expr::Case(Case {
                        expr: None,
                        when_then_expr: vec![(Box::new(settles), Box::new(result))],
                        else_expr: Some(Box::new(call(AS_NUMBER, both))),
                    }),
                ))
            }
            Expr::Case(case) if is_truth(&case, schema) => {
                let number = |expr: Box<Expr>| Box::new(call(AS_NUMBER, *expr));
                let when_then_expr = case.when_then_expr.into_iter();
                Transformed::yes(call(
                    AS_TRUTH,
                    Expr::Case(Case {
                        expr: case.expr,
                        when_then_expr: when_then_expr
                            .map(|(when, then)| (when, number(then)))
                            .collect(),
                        else_expr: case.else_expr.map(number),
                    }),
                ))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(guarded.data)
}

/// Whether the results of a CASE are truths that can fail to be computed.
fn is_truth(case: &Case, schema: &DFSchema) -> bool {
    let results = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
    let mut results = results.chain(case.else_expr.as_deref());
    let fails = case.when_then_expr.iter().any(|(when, then)| can_fail(when) || can_fail(then))
        || case.else_expr.as_deref().is_some_and(can_fail);
    fails
        && results
            .all(|result| matches!(result.get_type(schema), Ok(DataType::Boolean | DataType::Null)))
}

/// Whether computing an expression can fail for some rows.
fn can_fail(expr: &Expr) -> bool {
    let is_literal = |expr: &Expr| matches!(expr, Expr::Literal(..));
    let mut fails = false;
    let _ = expr.apply(|expr| {
        if let Expr::ScalarFunction(call) = expr
            && FALLIBLE.contains(&call.func.name())
        {
            let is_safe = match (call.func.name(), call.args.as_slice()) {
                ("$divide" | "$modulus", [_, Expr::Literal(by, _)]) => !is_zero(by),
                // The pattern fails before rows are read.
                ("regexp_like", [_, pattern, ..]) => is_literal(pattern),
                ("$cast", [_, Expr::Literal(target, _)])
                    if target.try_as_str() == Some(Some("varchar")) =>
                {
                    true
                }
                (_, args) => args.iter().all(is_literal),
            };
            fails |= !is_safe;
        }
        Ok(if fails { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    fails
}

fn is_zero(value: &ScalarValue) -> bool {
    value.is_null()
        || matches!(value.cast_to(&DataType::Float64), Ok(ScalarValue::Float64(Some(by))) if by == 0.0)
}

/// Whether an expression may stand within another; the planner finds sub-queries only where they are.
fn can_move(expr: &Expr) -> bool {
    let mut may = true;
    let _ = expr.apply(|expr| {
        may &= !matches!(
            expr,
            Expr::OuterReferenceColumn(..)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
                | Expr::ScalarSubquery(_)
                | Expr::SetComparison(_)
        );
        Ok(if may { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    may
}

fn relations(expr: &Expr) -> HashSet<Option<TableReference>> {
    expr.column_refs().into_iter().map(|column| column.relation.clone()).collect()
}
