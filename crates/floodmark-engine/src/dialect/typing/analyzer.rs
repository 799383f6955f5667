//! What is checked and settled of a planned query before types are coerced.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{
    Column, DFSchema, DataFusionError, JoinType, NullEquality, Result, ScalarValue,
};
use datafusion::logical_expr::expr::{Between, Case, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, Union};
use datafusion::optimizer::AnalyzerRule;

use super::calls;
use super::decimals;
use super::markers::{self, CONDITION};
use super::planner::months_apart;
use super::rules::{have_common, mismatch, mismatch_of, not_text, type_of};
use crate::dialect::trino_type::TrinoType;

/// Trino's rules for types.
#[derive(Debug)]
pub(super) struct TrinoTypes;

impl AnalyzerRule for TrinoTypes {
    fn name(&self) -> &str {
        "trino_types"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let narrows = may_narrow(&plan)?;
        Ok(plan.transform_up_with_subqueries(|plan| settle(plan, narrows))?.data)
    }
}

/// Whether whole numbers may become `integer`: not where a type is told in two places.
fn may_narrow(plan: &LogicalPlan) -> Result<bool> {
    let mut may = true;
    plan.apply_with_subqueries(|plan| {
        if matches!(plan, LogicalPlan::RecursiveQuery(_) | LogicalPlan::Extension(_)) {
            may = false;
        }
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                if matches!(expr, Expr::OuterReferenceColumn(..)) {
                    may = false;
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(if may { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(may)
}

fn settle(plan: LogicalPlan, narrows: bool) -> Result<Transformed<LogicalPlan>> {
    if let LogicalPlan::Values(values) = plan {
        return settle_values(values, narrows);
    }
    // The planner looks for plain literals in a limit.
    if matches!(plan, LogicalPlan::Limit(_)) {
        return Ok(Transformed::no(LogicalPlan::recompute_schema(plan)?));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(
            scan.table_name.clone(),
            &scan.source.schema(),
        )?);
    }
    if let LogicalPlan::Union(union) = &plan {
        check_union(union)?;
    }
    if let LogicalPlan::Join(join) = &plan {
        // Such joins are made of set operations alone.
        let operation = match (join.null_equality, join.join_type) {
            (NullEquality::NullEqualsNull, JoinType::LeftSemi) => Some("INTERSECT"),
            (NullEquality::NullEqualsNull, JoinType::LeftAnti) => Some("EXCEPT"),
            _ => None,
        };
        for (at, (left, right)) in join.on.iter().enumerate() {
            let types = (type_of(left, join.left.schema()), type_of(right, join.right.schema()));
            if let (Some(left_type), Some(right_type)) = types
                && !have_common(&left_type, &right_type)
            {
                if let Some(operation) = operation {
                    return Err(incompatible(operation, at, &left_type, &right_type));
                }
                let message = format!("Cannot apply operator: {left_type} = {right_type}");
                return Err(mismatch(message, Some(left)));
            }
        }
    }
    let names = NamePreserver::new(&plan);
    let settled = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let mut has_lambda = false;
        let expr = expr.transform_up(|expr| {
            has_lambda |= matches!(expr, Expr::HigherOrderFunction(_));
            settle_expr(expr, &schema, narrows)
        })?;
        let expr = expr.data;
        let expr = if has_lambda { expr.resolve_lambda_variables(&schema)?.data } else { expr };
        check_all(&expr, &schema)?;
        Ok(Transformed::yes(name.restore(expr)))
    })?;
    settled.map_data(|plan| decimals::average(plan.recompute_schema()?))
}

/// Checks that the columns of several queries fit each other.
fn check_union(union: &Union) -> Result<()> {
    let Some((first, others)) = union.inputs.split_first() else { return Ok(()) };
    for other in others {
        let fields = first.schema().fields().iter().zip(other.schema().fields());
        for (at, (left, right)) in fields.enumerate() {
            let (left, right) = (TrinoType::of_field(left), TrinoType::of_field(right));
            if !have_common(&left, &right) {
                return Err(incompatible("UNION", at, &left, &right));
            }
        }
    }
    Ok(())
}

fn incompatible(
    operation: &str,
    at: usize,
    left: &TrinoType,
    right: &TrinoType,
) -> DataFusionError {
    let message =
        format!("column {} in {operation} query has incompatible types: {left}, {right}", at + 1);
    mismatch(message, None)
}

/// The rows of VALUES: a column of whole numbers is one of `integer` if all of them fit.
fn settle_values(
    values: datafusion::logical_expr::Values,
    narrows: bool,
) -> Result<Transformed<LogicalPlan>> {
    let schema = DFSchema::empty();
    let mut rows = values.values;
    for expr in rows.iter_mut().flatten() {
        // A NULL takes the type of its column, whatever that becomes.
        if let Expr::Cast(cast) = &*expr
            && matches!(cast.expr.as_ref(), Expr::Literal(value, _) if value.is_null())
        {
            *expr = Expr::Literal(ScalarValue::Null, None);
        }
    }
    let is_computed = rows.iter().flatten().any(|expr| !matches!(expr, Expr::Literal(..)));
    let columns = rows.first().map_or(0, Vec::len);
    for column in 0..columns {
        let fits = rows.iter().all(|row| match &row[column] {
            Expr::Literal(ScalarValue::Int64(value), _) => {
                value.is_none_or(|value| i32::try_from(value).is_ok())
            }
            Expr::Literal(value, _) => value.is_null(),
            _ => false,
        });
        for row in &mut rows {
            let expr = std::mem::take(&mut row[column]);
            let narrows = narrows && fits && !is_computed;
            if narrows && matches!(expr, Expr::Literal(ScalarValue::Int64(None), _)) {
                row[column] = Expr::Literal(ScalarValue::Int32(None), None);
                continue;
            }
            row[column] = expr.transform_up(|expr| settle_expr(expr, &schema, narrows))?.data;
            check_all(&row[column], &schema)?;
        }
    }
    if is_computed {
        // What is computed keeps the types that were planned.
        for row in &mut rows {
            for (expr, field) in row.iter_mut().zip(values.schema.fields()) {
                if matches!(expr, Expr::Literal(ScalarValue::Null, _)) {
                    let null = ScalarValue::try_new_null(field.data_type())?;
                    *expr = Expr::Literal(null, None);
                }
            }
        }
        let plan = LogicalPlan::Values(datafusion::logical_expr::Values {
            schema: values.schema,
            values: rows,
        });
        return Ok(Transformed::yes(plan));
    }
    Ok(Transformed::yes(LogicalPlanBuilder::values(rows)?.build()?))
}

fn settle_expr(expr: Expr, schema: &DFSchema, narrows: bool) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), metadata) if narrows => {
            match i32::try_from(value) {
                Ok(small) => {
                    Transformed::yes(Expr::Literal(ScalarValue::Int32(Some(small)), metadata))
                }
                Err(_) => Transformed::no(Expr::Literal(ScalarValue::Int64(Some(value)), metadata)),
            }
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == CONDITION => {
            let found = args.first().and_then(|condition| type_of(condition, schema));
            match markers::settled(&args, found)? {
                Some(condition) => Transformed::yes(condition),
                None => Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })),
            }
        }
        // A query that has no row is NULL.
        Expr::ScalarSubquery(query)
            if query.outer_ref_columns.is_empty()
                && !query.subquery.schema().field(0).is_nullable() =>
        {
            let inner = query.subquery.as_ref().clone();
            let field = inner
                .schema()
                .iter()
                .next()
                .map(|field| (Column::from(field), field.1.name().clone()));
            let Some((column, name)) = field else {
                return Ok(Transformed::no(Expr::ScalarSubquery(query)));
            };
            let column = markers::nullable(Expr::Column(column)).alias(name);
            let inner = LogicalPlanBuilder::from(inner).project([column])?.build()?;
            Transformed::yes(Expr::ScalarSubquery(Subquery { subquery: Arc::new(inner), ..query }))
        }
        expr @ (Expr::AggregateFunction(_) | Expr::WindowFunction(_)) => {
            Transformed::yes(decimals::sum(expr, schema))
        }
        Expr::ScalarFunction(ScalarFunction { func, args })
            if func.name() == "typeof" && args.len() == 1 =>
        {
            match type_of(&args[0], schema) {
                Some(trino_type) => {
                    let name = ScalarValue::Utf8View(Some(trino_type.to_string()));
                    Transformed::yes(Expr::Literal(name, None))
                }
                None => Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })),
            }
        }
        expr @ (Expr::Negative(_) | Expr::Literal(ScalarValue::IntervalMonthDayNano(_), _)) => {
            Transformed::yes(months_apart(expr))
        }
        other => Transformed::no(other),
    })
}

/// Checks an expression with all that is in it.
fn check_all(expr: &Expr, schema: &DFSchema) -> Result<()> {
    expr.apply(|expr| {
        check(expr, schema)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn check(expr: &Expr, schema: &DFSchema) -> Result<()> {
    match expr {
        Expr::Between(Between { expr, low: low_expr, high: high_expr, .. }) => {
            let (Some(value), Some(low), Some(high)) =
                (type_of(expr, schema), type_of(low_expr, schema), type_of(high_expr, schema))
            else {
                return Ok(());
            };
            if !have_common(&value, &low) || !have_common(&value, &high) {
                let message = format!("Cannot check if {value} is BETWEEN {low} and {high}");
                return Err(mismatch_of(message, expr, low_expr, not_text(&value, &low)));
            }
        }
        Expr::InList(InList { expr, list, .. }) => {
            let types = std::iter::once(expr.as_ref()).chain(list);
            same(types, schema, "IN value and list items", Some(expr))?;
        }
        Expr::Case(case) => check_case(case, schema)?,
        Expr::Not(inner) => {
            if let Some(found) = type_of(inner, schema)
                && !is_truth(&found)
            {
                let message = format!(
                    "Value of logical NOT expression must evaluate to a boolean (actual: {found})"
                );
                return Err(mismatch(message, None));
            }
        }
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => {
            let (Some(left), Some(right)) =
                (type_of(&binary.left, schema), type_of(&binary.right, schema))
            else {
                return Ok(());
            };
            if !have_common(&left, &right) {
                let sign = match binary.op {
                    Operator::Lt | Operator::Gt => "<",
                    Operator::LtEq | Operator::GtEq => "<=",
                    Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => "IS DISTINCT FROM",
                    _ => "=",
                };
                let message = format!("Cannot apply operator: {left} {sign} {right}");
                let beside = not_text(&left, &right);
                return Err(mismatch_of(message, &binary.left, &binary.right, beside));
            }
        }
        Expr::Like(like) => {
            if let Some(found) = type_of(&like.expr, schema)
                && !matches!(found, TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Unknown)
            {
                let message = format!(
                    "Left side of LIKE expression must evaluate to a varchar (actual: {found})"
                );
                return Err(mismatch(message, Some(&like.expr)));
            }
        }
        Expr::ScalarFunction(function) => match function.func.name() {
            "coalesce" => same(function.args.iter(), schema, "All COALESCE operands", None)?,
            "nullif" => {
                if let [left, right] = function.args.as_slice()
                    && let (Some(left), Some(right)) =
                        (type_of(left, schema), type_of(right, schema))
                    && !have_common(&left, &right)
                {
                    let message =
                        format!("Types are not comparable with NULLIF: {left} vs {right}");
                    return Err(mismatch(message, None));
                }
            }
            _ => {}
        },
        Expr::AggregateFunction(call) => {
            calls::check(call.func.name(), &call.params.args, schema)?;
        }
        Expr::WindowFunction(call) => {
            calls::check(call.fun.name(), &call.params.args, schema)?;
        }
        _ => {}
    }
    Ok(())
}

fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

fn is_truth(trino_type: &TrinoType) -> bool {
    matches!(trino_type, TrinoType::Boolean | TrinoType::Unknown | TrinoType::Other(_))
}

fn check_case(case: &Case, schema: &DFSchema) -> Result<()> {
    for (when, _) in &case.when_then_expr {
        let Some(found) = type_of(when, schema) else { continue };
        match case.expr.as_ref().map(|operand| type_of(operand, schema)) {
            None if !is_truth(&found) => {
                let message =
                    format!("CASE WHEN clause must evaluate to a boolean (actual: {found})");
                return Err(mismatch(message, None));
            }
            Some(Some(operand)) if !have_common(&operand, &found) => {
                let message = format!(
                    "CASE operand type does not match WHEN clause operand type: {operand} vs {found}"
                );
                return Err(mismatch(message, None));
            }
            _ => {}
        }
    }
    let results = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
    same(results.chain(case.else_expr.as_deref()), schema, "All CASE results", None)
}

/// Checks that expressions have a common type.
fn same<'a>(
    exprs: impl Iterator<Item = &'a Expr>,
    schema: &DFSchema,
    what: &str,
    behind: Option<&Expr>,
) -> Result<()> {
    let types: Vec<TrinoType> = exprs.filter_map(|expr| type_of(expr, schema)).collect();
    let mut known: Vec<&TrinoType> = Vec::new();
    for found in &types {
        if let Some(other) = known.iter().find(|other| !have_common(other, found)) {
            let mut names: Vec<String> = Vec::new();
            for name in types.iter().map(ToString::to_string) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            return Err(mismatch(
                format!(
                    "{what} must be the same type or coercible to a common type. Cannot find \
                     common type between {other} and {found}, all types (without duplicates): [{}]",
                    names.join(", ")
                ),
                behind,
            ));
        }
        known.push(found);
    }
    Ok(())
}
