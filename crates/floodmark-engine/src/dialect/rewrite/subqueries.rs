//! Sub-queries where the planner takes none: EXISTS and IN among the outputs, and IN with several columns.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    Ident, OrderByKind, Query, Select, SelectItem, SetExpr, TableAlias, TableAliasColumnDef,
    TableFactor, UnaryOperator, Value, VisitMut, VisitorMut, visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::functions::is_aggregate;
use crate::dialect::rewrite::build::{all, call, name, select_all, value};
use crate::dialect::rewrite::unnested;

/// The name of a sub-query within another.
const INNER: &str = "$in";

/// Rewrites the sub-queries of each select.
pub(crate) struct Subqueries;

impl VisitorMut for Subqueries {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(orders) = &mut order_by.kind
        {
            for order in orders {
                in_value(&mut order.expr);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                in_value(expr);
            }
        }
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            exprs.iter_mut().for_each(in_value);
        }
        let path = Path { is_within_or: false, is_negated: false };
        for condition in [&mut select.selection, &mut select.having].into_iter().flatten() {
            in_condition(condition, path);
        }
        ControlFlow::Continue(())
    }
}

/// What stands around a part of a condition.
#[derive(Clone, Copy)]
struct Path {
    is_within_or: bool,
    is_negated: bool,
}

/// Sub-queries of a condition, which the planner takes where they are joined by AND, OR and NOT.
fn in_condition(expr: &mut Expr, path: Path) {
    match expr {
        Expr::Nested(inner) => in_condition(inner, path),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            in_condition(expr, Path { is_negated: !path.is_negated, ..path });
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
            let is_or = *op == BinaryOperator::Or;
            let path = Path { is_within_or: path.is_within_or || is_or, ..path };
            in_condition(left, path);
            in_condition(right, path);
        }
        Expr::Exists { subquery, negated } => {
            if let Some(any) = unnested::exists(subquery) {
                *expr = negated_if(any, *negated);
            }
        }
        Expr::InSubquery { expr: operand, subquery, negated } => {
            let negated = *negated;
            // NULL and false are the same in a condition, but not in what it negates.
            let is_negative = negated != path.is_negated;
            if let Some(any) = unnested::contains(subquery, operand) {
                *expr = negated_if(any, negated);
            } else if let Some(operands) = tuple(operand) {
                *expr = exists(subquery, operands, is_negative, negated);
            } else if path.is_within_or && is_negative {
                in_value(expr);
            }
        }
        other => in_value(other),
    }
}

/// Sub-queries whose value matters, be it NULL.
fn in_value(expr: &mut Expr) {
    let _ = VisitMut::visit(expr, &mut Values { depth: 0 });
}

struct Values {
    depth: usize,
}

impl VisitorMut for Values {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let replaced = match &*expr {
            Expr::Exists { subquery, negated } => {
                let exists = unnested::exists(subquery).unwrap_or_else(|| has_rows(subquery));
                Some(negated_if(exists, *negated))
            }
            Expr::InSubquery { expr: operand, subquery, negated } => {
                is_in(operand, subquery).map(|is_in| negated_if(is_in, *negated))
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
                subquery(right).and_then(|query| is_in(left, query))
            }
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => {
                let is_in = subquery(right).and_then(|query| is_in(left, query));
                is_in.map(|is_in| negated_if(is_in, true))
            }
            Expr::Subquery(query) => unnested::scalar(query),
            _ => None,
        };
        if let Some(replaced) = replaced {
            *expr = replaced;
        }
        ControlFlow::Continue(())
    }
}

fn subquery(expr: &Expr) -> Option<&Query> {
    match expr {
        Expr::Subquery(query) => Some(query),
        Expr::Nested(inner) => subquery(inner),
        _ => None,
    }
}

fn negated_if(expr: Expr, negated: bool) -> Expr {
    match negated {
        true => {
            Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
        }
        false => expr,
    }
}

fn number(digits: &str) -> Expr {
    value(Value::Number(digits.to_owned(), false))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn count_all() -> Expr {
    let mut count = call("count", Vec::new());
    if let Expr::Function(function) = &mut count
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    }
    count
}

/// The operands of `(a, b)` and `ROW(a, b)`.
fn tuple(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(operands) if operands.len() > 1 => Some(operands.clone()),
        Expr::Nested(inner) => tuple(inner),
        _ => None,
    }
}

/// A query within another, with names for its columns.
fn within(query: &Query, columns: usize) -> TableFactor {
    let columns =
        (0..columns).map(|at| TableAliasColumnDef { name: column_name(at), data_type: None });
    TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query.clone()),
        alias: Some(TableAlias {
            explicit: true,
            name: name(INNER, Span::empty()),
            columns: columns.collect(),
            at: None,
        }),
        sample: None,
    }
}

fn column_name(at: usize) -> Ident {
    name(&format!("${at}"), Span::empty())
}

fn column(at: usize) -> Expr {
    Expr::CompoundIdentifier(vec![name(INNER, Span::empty()), column_name(at)])
}

/// `(a, b) IN (query)` as `EXISTS (SELECT … FROM (query) WHERE … = a AND … = b)`.
fn exists(query: &Query, operands: Vec<Expr>, is_negative: bool, negated: bool) -> Expr {
    let mut around = select_all(within(query, operands.len()));
    let equal = operands.into_iter().enumerate().map(|(at, operand)| {
        binary(column(at), BinaryOperator::Eq, Expr::Nested(Box::new(operand)))
    });
    let equal = all(equal.collect(), &BinaryOperator::And);
    if let SetExpr::Select(select) = around.body.as_mut() {
        // A comparison with NULL makes neither IN nor NOT IN hold.
        select.selection = match is_negative {
            true => equal.map(|equal| Expr::IsNotFalse(Box::new(Expr::Nested(Box::new(equal))))),
            false => equal,
        };
    }
    Expr::Exists { subquery: Box::new(around), negated }
}

/// The select of a query of which nothing but the rows of its FROM and WHERE matters.
fn plain(query: &Query) -> Option<&Select> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let has_groups = match &select.group_by {
        GroupByExpr::Expressions(exprs, modifiers) => !exprs.is_empty() || !modifiers.is_empty(),
        GroupByExpr::All(_) => true,
    };
    let is_plain = query.with.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && select.distinct.is_none()
        && !has_groups
        && select.having.is_none()
        && select.qualify.is_none();
    let aggregates = visit_expressions(&select.projection, |expr| match expr {
        Expr::Function(function) if function.over.is_some() => ControlFlow::Break(()),
        Expr::Function(function)
            if function
                .name
                .0
                .last()
                .and_then(|part| part.as_ident())
                .is_some_and(|name| is_aggregate(&name.value)) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    (is_plain && aggregates.is_continue()).then_some(select)
}

/// `(SELECT output FROM …)` over the rows of a query.
fn over(query: &Query, output: impl FnOnce(Expr) -> Expr) -> Expr {
    let (mut around, item) = match plain(query) {
        Some(select) => {
            let item = match select.projection.as_slice() {
                [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] => {
                    Some(expr.clone())
                }
                _ => None,
            };
            let around = Query { order_by: None, ..query.clone() };
            (around, item)
        }
        None => (select_all(within(query, 0)), None),
    };
    let item = match item {
        Some(item) => item,
        None => {
            around = select_all(within(query, 1));
            column(0)
        }
    };
    if let SetExpr::Select(select) = around.body.as_mut() {
        select.projection = vec![SelectItem::UnnamedExpr(output(item))];
    }
    Expr::Subquery(Box::new(around))
}

/// Whether a query has rows, as a sub-query of one value.
fn has_rows(query: &Query) -> Expr {
    let mut around = match plain(query) {
        Some(_) => Query { order_by: None, ..query.clone() },
        None => select_all(within(query, 0)),
    };
    if let SetExpr::Select(select) = around.body.as_mut() {
        let has_rows = binary(count_all(), BinaryOperator::Gt, number("0"));
        select.projection = vec![SelectItem::UnnamedExpr(has_rows)];
    }
    Expr::Subquery(Box::new(around))
}

/// `x IN (query)` as a search among the values of the query, which are NULL if there are none.
fn is_in(operand: &Expr, query: &Query) -> Option<Expr> {
    if let Some(any) = unnested::contains(query, operand) {
        return Some(any);
    }
    if tuple(operand).is_some() {
        return None;
    }
    let values = || over(query, |item| call("array_agg", vec![item]));
    let condition = Expr::IsNull(Box::new(values()));
    Some(Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result: value(Value::Boolean(false)) }],
        else_result: Some(Box::new(call("contains", vec![values(), operand.clone()]))),
    })
}
