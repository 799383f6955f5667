//! `FETCH FIRST n ROWS WITH TIES`: the rows whose rank is within the limit.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query,
    Select, SelectItem, SetExpr, WindowSpec, WindowType,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::rewrite::build::{self, derived, select_all};
use crate::dialect::rewrite::labels;

/// The name of the rank in the query around.
const RANK: &str = "$rank";

/// Makes a query give the first rows and those that stand level with the last of them; None if it is none that can be so.
pub(crate) fn with_ties(query: &Query, rows: &Expr) -> Option<Query> {
    let order_by = query.order_by.clone()?;
    let OrderByKind::Expressions(order) = &order_by.kind else {
        return None;
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let offset =
        matches!(&query.limit_clause, Some(LimitClause::LimitOffset { offset: Some(_), .. }));
    if select.distinct.is_some() || offset {
        return None;
    }
    let order = order.iter().map(|order| by_input(order, select)).collect::<Option<Vec<_>>>()?;
    let mut rank = build::call("rank", Vec::new());
    if let Expr::Function(function) = &mut rank {
        function.over = Some(WindowType::WindowSpec(WindowSpec {
            window_name: None,
            partition_by: Vec::new(),
            order_by: order,
            window_frame: None,
        }));
    }
    let mut ranked = query.clone();
    ranked.order_by = None;
    ranked.limit_clause = None;
    ranked.fetch = None;
    let SetExpr::Select(inner) = ranked.body.as_mut() else {
        return None;
    };
    let name = || build::name(RANK, Span::empty());
    inner.projection.push(SelectItem::ExprWithAlias { expr: rank, alias: name() });
    labels::label(&mut ranked.body, None);
    let mut around = select_all(derived(ranked));
    if let SetExpr::Select(select) = around.body.as_mut() {
        select.selection = Some(Expr::BinaryOp {
            left: Box::new(Expr::Identifier(name())),
            op: BinaryOperator::LtEq,
            right: Box::new(rows.clone()),
        });
        build::exclude(select, RANK);
    }
    around.order_by = Some(OrderBy {
        kind: OrderByKind::Expressions(vec![OrderByExpr {
            expr: Expr::Identifier(name()),
            options: OrderByOptions { asc: None, nulls_first: None },
            with_fill: None,
        }]),
        interpolate: None,
    });
    Some(around)
}

/// An order by what the select reads, in the place of what it puts out.
fn by_input(order: &OrderByExpr, select: &Select) -> Option<OrderByExpr> {
    let expr = match &order.expr {
        Expr::Value(value) => {
            let position: usize = value.value.to_string().parse().ok()?;
            match select.projection.get(position.checked_sub(1)?)? {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    expr.clone()
                }
                _ => return None,
            }
        }
        Expr::Identifier(ident) => {
            let named = select.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if alias.value == ident.value => {
                    Some(expr.clone())
                }
                _ => None,
            });
            named.unwrap_or_else(|| order.expr.clone())
        }
        expr => expr.clone(),
    };
    Some(OrderByExpr { expr, ..order.clone() })
}
