//! Sub-queries over the items of an array of the row around them, as calls of functions that take lambdas.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, Distinct, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, GroupByExpr, Ident, LambdaFunction,
    LambdaFunctionParameter, LambdaSyntax, LimitClause, OneOrManyWithParens, Query, SelectItem,
    SetExpr, Subscript, TableFactor, Value, VisitMut, VisitorMut, visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::functions::is_aggregate;
use crate::dialect::rewrite::build::{call, name, value};

/// The parameter that stands for an item of several columns.
const ITEM: &str = "$item";

/// `EXISTS (SELECT … FROM UNNEST(array) AS t(x) WHERE …)`; None for other queries.
pub(crate) fn exists(query: &Query) -> Option<Expr> {
    let items = Items::of(query)?;
    if items.is_aggregated() {
        return None;
    }
    let condition = items.condition.clone().unwrap_or_else(|| value(Value::Boolean(true)));
    Some(items.any(condition))
}

/// `operand IN (SELECT … FROM UNNEST(array) AS t(x) WHERE …)`; None for other queries.
pub(crate) fn contains(query: &Query, operand: &Expr) -> Option<Expr> {
    let items = Items::of(query)?;
    let output = items.output()?;
    if items.is_aggregated() || items.names(operand) {
        return None;
    }
    let equal = Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(output))),
        op: BinaryOperator::Eq,
        right: Box::new(Expr::Nested(Box::new(operand.clone()))),
    };
    let found = call("any_match", vec![items.filtered(), items.lambda(equal)]);
    // NULL has no items.
    Some(unless_null(items.array.clone(), found, value(Value::Boolean(false))))
}

/// `(SELECT max(x) FROM UNNEST(array) AS t(x) WHERE …)`; None for other queries.
pub(crate) fn scalar(query: &Query) -> Option<Expr> {
    let items = Items::of(query)?;
    let Expr::Function(function) = items.output()? else {
        return None;
    };
    let is_plain = function.over.is_none()
        && function.filter.is_none()
        && function.within_group.is_empty()
        && function.null_treatment.is_none();
    let FunctionArguments::List(list) = &function.args else { return None };
    if !is_plain || list.duplicate_treatment.is_some() {
        return None;
    }
    let name = function_name(&function)?;
    let argument = match list.args.as_slice() {
        [] => None,
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] => None,
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => Some(expr.clone()),
        _ => return None,
    };
    let zero = || value(Value::Number("0".to_owned(), false));
    let known = |argument: Expr| {
        let known = Expr::IsNotNull(Box::new(Expr::Identifier(item())));
        call("filter", vec![items.mapped(argument), lambda(item(), known)])
    };
    match (name, argument, list.clauses.as_slice()) {
        ("count", None, []) => {
            Some(call("coalesce", vec![call("cardinality", vec![items.filtered()]), zero()]))
        }
        ("count", Some(argument), []) => {
            Some(call("coalesce", vec![call("cardinality", vec![known(argument)]), zero()]))
        }
        ("max", Some(argument), []) => Some(call("array_max", vec![known(argument)])),
        ("min", Some(argument), []) => Some(call("array_min", vec![known(argument)])),
        ("array_agg", Some(argument), clauses) => {
            let mapped = items.mapped(argument.clone());
            let mapped = match clauses {
                [] => mapped,
                [FunctionArgumentClause::OrderBy(orders)] => match orders.as_slice() {
                    // An order by what is collected.
                    [order] if order.options.nulls_first.is_none() => {
                        match (order.expr == argument, order.options.asc) {
                            (true, None | Some(true)) => call("array_sort", vec![mapped]),
                            _ => return None,
                        }
                    }
                    _ => return None,
                },
                _ => return None,
            };
            let size = call("cardinality", vec![mapped.clone()]);
            Some(unless(size, zero(), mapped))
        }
        _ => None,
    }
}

/// The items that a query reads.
struct Items<'q> {
    array: Expr,
    /// The names of the table and its columns.
    table: String,
    columns: Vec<String>,
    condition: Option<Expr>,
    projection: &'q [SelectItem],
}

impl<'q> Items<'q> {
    fn of(query: &'q Query) -> Option<Self> {
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let is_limited = match &query.limit_clause {
            None => false,
            Some(LimitClause::LimitOffset { .. } | LimitClause::OffsetCommaLimit { .. }) => true,
        };
        let has_groups =
            !matches!(&select.group_by, GroupByExpr::Expressions(exprs, _) if exprs.is_empty());
        if query.with.is_some()
            || query.fetch.is_some()
            || is_limited
            || has_groups
            || select.having.is_some()
            || !matches!(select.distinct, None | Some(Distinct::Distinct))
        {
            return None;
        }
        let [from] = select.from.as_slice() else { return None };
        let TableFactor::UNNEST { alias: Some(alias), array_exprs, with_ordinality: false, .. } =
            &from.relation
        else {
            return None;
        };
        let [array] = array_exprs.as_slice() else { return None };
        if !from.joins.is_empty() || alias.columns.is_empty() || !is_correlated(array) {
            return None;
        }
        let mut items = Items {
            array: array.clone(),
            table: alias.name.value.clone(),
            columns: alias.columns.iter().map(|column| column.name.value.clone()).collect(),
            condition: None,
            projection: &select.projection,
        };
        if let Some(condition) = &select.selection {
            if has_query(condition) {
                return None;
            }
            items.condition = Some(items.replaced(condition.clone()));
        }
        Some(items)
    }

    fn parameter(&self) -> Ident {
        match self.columns.as_slice() {
            [column] => name(column, Span::empty()),
            _ => item(),
        }
    }

    /// The one output, in terms of the lambda's parameter.
    fn output(&self) -> Option<Expr> {
        match self.projection {
            [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }]
                if !has_query(expr) =>
            {
                Some(self.replaced(expr.clone()))
            }
            _ => None,
        }
    }

    fn is_aggregated(&self) -> bool {
        let found = visit_expressions(&self.projection.to_vec(), |expr| match expr {
            Expr::Function(function) if function_name(function).is_some_and(is_aggregate) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }

    /// Whether an expression from around the query has a name that would mean an item within it.
    fn names(&self, expr: &Expr) -> bool {
        let parameter = self.parameter().value;
        visit_expressions(expr, |expr| match expr {
            Expr::Identifier(ident) if ident.value == parameter => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    }

    /// The columns of an item as the lambda's parameter or its fields.
    fn replaced(&self, mut expr: Expr) -> Expr {
        let _ = expr.visit(&mut Columns(self));
        expr
    }

    fn column(&self, name: &str) -> Option<Expr> {
        let at = self.columns.iter().position(|column| column == name)?;
        let parameter = Expr::Identifier(self.parameter());
        if self.columns.len() == 1 {
            return Some(parameter);
        }
        let index = value(Value::Number((at + 1).to_string(), false));
        Some(Expr::CompoundFieldAccess {
            root: Box::new(parameter),
            access_chain: vec![AccessExpr::Subscript(Subscript::Index { index })],
        })
    }

    fn lambda(&self, body: Expr) -> Expr {
        lambda(self.parameter(), body)
    }

    fn any(&self, condition: Expr) -> Expr {
        let any = call("any_match", vec![self.array.clone(), self.lambda(condition)]);
        call("coalesce", vec![any, value(Value::Boolean(false))])
    }

    fn filtered(&self) -> Expr {
        match &self.condition {
            None => self.array.clone(),
            Some(condition) => {
                call("filter", vec![self.array.clone(), self.lambda(condition.clone())])
            }
        }
    }

    fn mapped(&self, output: Expr) -> Expr {
        if output == Expr::Identifier(self.parameter()) {
            return self.filtered();
        }
        call("transform", vec![self.filtered(), self.lambda(output)])
    }
}

struct Columns<'i, 'q>(&'i Items<'q>);

impl VisitorMut for Columns<'_, '_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let replaced = match &*expr {
            Expr::Identifier(ident) => self.0.column(&ident.value),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] if table.value == self.0.table => self.0.column(&column.value),
                _ => None,
            },
            _ => None,
        };
        if let Some(replaced) = replaced {
            *expr = replaced;
        }
        ControlFlow::Continue(())
    }
}

fn item() -> Ident {
    name(ITEM, Span::empty())
}

fn function_name(function: &Function) -> Option<&str> {
    Some(function.name.0.last()?.as_ident()?.value.as_str())
}

fn is_correlated(expr: &Expr) -> bool {
    visit_expressions(expr, |expr| match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn has_query(expr: &Expr) -> bool {
    visit_expressions(expr, |expr| match expr {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn lambda(parameter: Ident, body: Expr) -> Expr {
    let parameter = LambdaFunctionParameter { name: parameter, data_type: None };
    Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::One(parameter),
        body: Box::new(body),
        syntax: LambdaSyntax::Arrow,
    })
}

/// `CASE WHEN condition IS NULL THEN otherwise ELSE result END`.
fn unless_null(tested: Expr, result: Expr, otherwise: Expr) -> Expr {
    case(Expr::IsNull(Box::new(tested)), otherwise, result)
}

/// `CASE WHEN tested = none THEN NULL ELSE result END`.
fn unless(tested: Expr, none: Expr, result: Expr) -> Expr {
    let condition =
        Expr::BinaryOp { left: Box::new(tested), op: BinaryOperator::Eq, right: Box::new(none) };
    case(condition, value(Value::Null), result)
}

fn case(condition: Expr, result: Expr, otherwise: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: Some(Box::new(otherwise)),
    }
}
