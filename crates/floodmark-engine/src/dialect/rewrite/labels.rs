//! Gives each output column a name of its own, from which the name that Athena shows is known.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, OrderBy, OrderByKind, Select, SelectItem, SetExpr, VisitMut, VisitorMut,
    visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::rewrite::build;
use crate::dialect::{names, tokens};
use crate::error::Error;

/// What is known of the output of a query.
#[derive(Default)]
pub(crate) struct Labels {
    items: Vec<Label>,
    /// Whether names are hidden, or may be the same, so that a query around must sort that out.
    pub(crate) is_unsettled: bool,
}

struct Label {
    /// The name that Athena shows.
    shown: String,
    /// The name that it is planned under.
    planned: String,
    expr: Expr,
}

/// Names the outputs of a query; its name is that of its first part.
pub(crate) fn label(body: &mut SetExpr, order_by: Option<&OrderBy>) -> Labels {
    match body {
        SetExpr::Select(select) => label_select(select, order_by),
        SetExpr::SetOperation { left, right, .. } => {
            // Names of further parts do not show, but must differ.
            label(right, None);
            let mut labels = label(left, None);
            for item in &mut labels.items {
                item.expr = Expr::Identifier(build::name(&item.planned, Span::empty()));
            }
            labels
        }
        SetExpr::Values(_) => Labels { items: Vec::new(), is_unsettled: true },
        // A query in parentheses was labelled before.
        SetExpr::Query(query) => {
            Labels { items: Vec::new(), is_unsettled: is_unsettled(&query.body) }
        }
        _ => Labels::default(),
    }
}

/// Makes ORDER BY mean the outputs by the names under which they are planned.
pub(crate) fn order(labels: &Labels, order_by: &mut OrderBy, errors: &mut Vec<Error>) {
    let OrderByKind::Expressions(expressions) = &mut order_by.kind else {
        return;
    };
    for order in expressions {
        match &order.expr {
            Expr::Identifier(ident) => {
                let mut same: Vec<_> =
                    labels.items.iter().filter(|label| label.shown == ident.value).collect();
                if same.len() > 1 {
                    // Columns that are the same but for their name do not differ either.
                    same.retain(|label| label.planned == label.shown);
                }
                match same.as_slice() {
                    [label] => {
                        order.expr = Expr::Identifier(build::name(&label.planned, ident.span));
                    }
                    _ if labels.items.iter().any(|label| label.shown == ident.value) => {
                        errors.push(
                            Error::invalid_query(format!("Column '{}' is ambiguous", ident.value))
                                .code("AMBIGUOUS_NAME")
                                .at(tokens::position(ident.span)),
                        );
                    }
                    _ => {}
                }
            }
            Expr::Value(_) => {}
            expr => {
                match labels.items.iter().find(|label| label.expr == *expr) {
                    Some(label) => {
                        order.expr = Expr::Identifier(build::name(&label.planned, Span::empty()));
                    }
                    None => {
                        let _ = order.expr.visit(&mut Planned(labels));
                    }
                };
            }
        }
    }
}

/// Replaces the shown names in an expression by those under which they are planned.
struct Planned<'a>(&'a Labels);

impl VisitorMut for Planned<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let Expr::Identifier(ident) = &*expr else {
            return ControlFlow::Continue(());
        };
        let mut same = self.0.items.iter().filter(|label| label.shown == ident.value);
        if let (Some(label), None) = (same.next(), same.next())
            && names::is_hidden(&label.planned)
            && label.expr != *expr
        {
            *expr = Expr::Identifier(build::name(&label.planned, ident.span));
        }
        ControlFlow::Continue(())
    }
}

/// Whether a query around this one must sort its names out.
pub(crate) fn is_unsettled(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.projection.iter().any(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => names::is_hidden(&alias.value),
            SelectItem::UnnamedExpr(_) => false,
            _ => true,
        }),
        SetExpr::SetOperation { left, .. } => is_unsettled(left),
        SetExpr::Query(query) => is_unsettled(&query.body),
        SetExpr::Values(_) => true,
        _ => false,
    }
}

/// The first output that Athena gives no name, of those before a wildcard.
pub(crate) fn first_unnamed(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => {
            let known = select.projection.iter().take_while(|item| !is_wildcard(item));
            known.map(shown_name).position(|name| name.is_none())
        }
        SetExpr::SetOperation { left, .. } => first_unnamed(left),
        SetExpr::Query(query) => first_unnamed(&query.body),
        SetExpr::Values(_) => Some(0),
        _ => None,
    }
}

fn label_select(select: &mut Select, order_by: Option<&OrderBy>) -> Labels {
    let behind = behind_output(select, order_by);
    let items = std::mem::take(&mut select.projection);
    let has_wildcard = items.iter().any(is_wildcard);
    let shown: Vec<Option<String>> = items.iter().map(shown_name).collect();
    let mut labels = Labels { items: Vec::new(), is_unsettled: has_wildcard };
    let mut wildcard_before = false;
    let exprs: Vec<Option<Expr>> = items.iter().map(|item| expression(item).cloned()).collect();
    for (at, item) in items.into_iter().enumerate() {
        let (expr, explicit, span) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, false, Span::empty()),
            SelectItem::ExprWithAlias { expr, alias } => (expr, true, alias.span),
            item => {
                wildcard_before |= is_wildcard(&item);
                select.projection.push(item);
                continue;
            }
        };
        let is_same_column =
            |name: &str| matches!(plain(&expr), Expr::Identifier(ident) if ident.value == name);
        let planned = match &shown[at] {
            None if wildcard_before => names::hidden("", at),
            None => names::unnamed(at),
            Some(name) => {
                let others: Vec<usize> = (0..shown.len())
                    .filter(|other| *other != at && shown[*other].as_deref() == Some(name))
                    .collect();
                // The first of several that are the same column keeps the name.
                let is_repeated =
                    others.iter().any(|other| *other < at || exprs[*other].as_ref() != Some(&expr));
                let hides_column = explicit && behind.contains(name) && !is_same_column(name);
                if has_wildcard || is_repeated || hides_column {
                    names::hidden(name, at)
                } else {
                    name.clone()
                }
            }
        };
        let shown = shown[at].clone().unwrap_or_else(|| planned.clone());
        labels.is_unsettled |= names::is_hidden(&planned);
        labels.items.push(Label { shown, planned: planned.clone(), expr: expr.clone() });
        let is_plain = !explicit && is_same_column(&planned);
        select.projection.push(if is_plain {
            SelectItem::UnnamedExpr(expr)
        } else {
            SelectItem::ExprWithAlias { expr, alias: build::name(&planned, span) }
        });
    }
    labels
}

/// The names that clauses use that must not see the names of outputs.
fn behind_output(select: &Select, order_by: Option<&OrderBy>) -> HashSet<String> {
    let mut found = HashSet::new();
    if let Some(order_by) = order_by {
        // `t.a` is a column of the table, also where an output is called `a`.
        let _ = visit_expressions(order_by, |expr| {
            if let Expr::CompoundIdentifier(parts) = expr {
                found.extend(parts.last().map(|part| part.value.clone()));
            }
            ControlFlow::<()>::Continue(())
        });
    }
    let mut note = |expr: &Expr| {
        if let Expr::Identifier(ident) = expr {
            found.insert(ident.value.clone());
        }
        ControlFlow::<()>::Continue(())
    };
    let _ = visit_expressions(&select.group_by, &mut note);
    let _ = visit_expressions(&select.having, &mut note);
    let _ = visit_expressions(&select.qualify, &mut note);
    found
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => plain(inner),
        expr => expr,
    }
}

/// The name that Athena gives an output, if it gives any.
fn shown_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(expr) => match plain(expr) {
            Expr::Identifier(ident) => Some(ident.value.clone()),
            Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()),
            Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
                Some(AccessExpr::Dot(Expr::Value(field))) => field.value.clone().into_string(),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
