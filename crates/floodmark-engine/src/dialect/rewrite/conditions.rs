//! What is checked of clauses before they are planned, as long as it is known where it stands.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, GroupByExpr, Join, JoinConstraint, JoinOperator,
    LimitClause, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetOperator, SetQuantifier, Spanned, TableFactor, TableWithJoins, UnaryOperator, Value, Visit,
    Visitor, VisitorMut,
};

use crate::dialect::functions::is_aggregate;
use crate::dialect::rewrite::build::{call, text, value};
use crate::dialect::tokens;
use crate::dialect::typing::CONDITION;
use crate::error::{Error, ErrorKind};

/// Checks each query, and marks what must be a truth.
pub(crate) struct Conditions<'a> {
    pub(crate) errors: &'a mut Vec<Error>,
}

impl VisitorMut for Conditions<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.set_operations(&query.body);
        self.common_tables(query);
        if let SetExpr::Select(select) = query.body.as_ref()
            && let Some(order_by) = &query.order_by
            && let OrderByKind::Expressions(orders) = &order_by.kind
        {
            let outputs = outputs(select);
            for order in orders {
                self.position(&order.expr, outputs, "ORDER BY");
                if select.distinct.is_some() && outputs.is_some() {
                    self.of_distinct(&order.expr, select);
                }
            }
        }
        if let Some(LimitClause::LimitOffset { limit: Some(limit), .. }) = &query.limit_clause
            && let Expr::UnaryOp { op: UnaryOperator::Minus, .. } = limit
        {
            let error = Error::invalid_query("mismatched input '-'. Expecting: 'ALL', <integer>");
            self.errors.push(error.code(crate::error::MALFORMED_QUERY).at(place(limit)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        self.stars(select);
        let outputs = outputs(select);
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            // `GROUP BY ()` is one group of all rows, as without it.
            exprs.retain(|expr| !matches!(expr, Expr::Tuple(parts) if parts.is_empty()));
        }
        if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
            for expr in exprs {
                self.position(expr, outputs, "GROUP BY");
                self.scalar(expr, "GROUP BY clause");
            }
        }
        if let Some(condition) = &mut select.selection {
            self.scalar(condition, "WHERE clause");
            mark(condition, "WHERE clause must evaluate to a boolean: actual type {}");
        }
        if let Some(condition) = &mut select.having {
            mark(condition, "HAVING clause must evaluate to a boolean: actual type {}");
        }
        for TableWithJoins { joins, .. } in &mut select.from {
            for join in joins {
                self.join(join);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => mark(
                expr,
                "Value of logical NOT expression must evaluate to a boolean (actual: {})",
            ),
            Expr::Function(function) => {
                if let Some(outer) = function_name(function).filter(|name| is_aggregate(name))
                    && function.over.is_none()
                {
                    let outer = outer.to_owned();
                    self.nested(function, &outer);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Conditions<'_> {
    fn join(&mut self, join: &mut Join) {
        let constraint = match &mut join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint) => constraint,
            _ => return,
        };
        match constraint {
            JoinConstraint::On(_) if matches!(join.relation, TableFactor::UNNEST { .. }) => {}
            JoinConstraint::On(condition) => {
                self.scalar(condition, "JOIN clause");
                mark(condition, "JOIN ON clause must evaluate to a boolean: actual type {}");
            }
            JoinConstraint::Natural => {
                let error = Error::new(ErrorKind::NotSupported, "Natural join not supported")
                    .code("NOT_SUPPORTED")
                    .hint("name the columns: `JOIN … USING (a, b)`");
                self.errors.push(error.at(place(&join.relation)));
            }
            _ => {}
        }
    }

    /// `EXCEPT ALL` and `INTERSECT ALL` count rows, which the planner does not.
    fn set_operations(&mut self, body: &SetExpr) {
        if let SetExpr::SetOperation { op, set_quantifier, left, right } = body {
            if *op != SetOperator::Union && *set_quantifier == SetQuantifier::All {
                let message = format!("{op} ALL is not supported");
                let error = Error::new(ErrorKind::NotSupported, message).code("NOT_SUPPORTED");
                self.errors.push(error);
            }
            if let (Some(first), Some(second)) = (width(left), width(right))
                && first != second
            {
                let message =
                    format!("{op} query has different number of fields: {first}, {second}");
                self.errors.push(Error::invalid_query(message).code("TYPE_MISMATCH"));
            }
            self.set_operations(left);
            self.set_operations(right);
        }
    }

    /// Common table expressions have different names, and as many names of columns as columns.
    fn common_tables(&mut self, query: &Query) {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        let mut names: Vec<&str> = Vec::new();
        for table in tables {
            let name = &table.alias.name;
            let at = tokens::position(name.span);
            if names.contains(&name.value.as_str()) {
                let message = format!("WITH query name '{}' specified more than once", name.value);
                let error = Error::invalid_query(message).code("DUPLICATE_NAMED_QUERY");
                self.errors.push(error.at(at));
            }
            names.push(&name.value);
            let given = table.alias.columns.len();
            if let Some(columns) = width(&table.query.body)
                && given > 0
                && given != columns
            {
                let message = format!(
                    "column alias list has {given} entries but relation has {columns} columns"
                );
                let error = Error::invalid_query(message).code("MISMATCHED_COLUMN_ALIASES");
                self.errors.push(error.at(at));
            }
        }
    }

    /// A position in ORDER BY or GROUP BY.
    fn position(&mut self, expr: &Expr, outputs: Option<usize>, clause: &str) {
        let (Expr::Value(literal), Some(outputs)) = (expr, outputs) else { return };
        let Value::Number(digits, _) = &literal.value else { return };
        let Ok(position) = digits.parse::<usize>() else { return };
        if position == 0 || position > outputs {
            let message = format!("{clause} position {position} is not in select list");
            let error = Error::invalid_query(message).code("INVALID_COLUMN_REFERENCE");
            self.errors.push(error.at(tokens::position(literal.span)));
        }
    }

    /// What DISTINCT is ordered by must be among what it puts out.
    fn of_distinct(&mut self, order: &Expr, select: &Select) {
        let Expr::Identifier(ident) = order else { return };
        let is_output = select.projection.iter().any(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => alias.value == ident.value,
            SelectItem::UnnamedExpr(Expr::Identifier(name)) => name.value == ident.value,
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                parts.last().is_some_and(|part| part.value == ident.value)
            }
            SelectItem::UnnamedExpr(Expr::CompoundFieldAccess { .. }) => true,
            _ => false,
        });
        // What is no column at all is told later.
        let is_plain = matches!(select.distinct, Some(Distinct::Distinct));
        if !is_output && is_plain {
            let message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list";
            let error = Error::invalid_query(message).code("EXPRESSION_NOT_IN_DISTINCT");
            self.errors.push(error.at(tokens::position(ident.span)));
        }
    }

    /// Aggregations and window functions have no meaning in some clauses.
    fn scalar(&mut self, expr: &Expr, clause: &str) {
        let mut found = Found::default();
        let _ = expr.visit(&mut found);
        let Some(first) = found.calls.first() else { return };
        let calls: Vec<String> = found.calls.iter().map(ToString::to_string).collect();
        let message = format!(
            "{clause} cannot contain aggregations, window functions or grouping operations: [{}]",
            calls.join(", ")
        );
        let error = Error::invalid_query(message).code("EXPRESSION_NOT_SCALAR");
        self.errors.push(error.at(place(first)));
    }

    /// Aggregations within the arguments of another one.
    fn nested(&mut self, function: &Function, outer: &str) {
        let mut found = Found::default();
        let _ = function.args.visit(&mut found);
        let found = found
            .calls
            .iter()
            .filter(|call| matches!(call, Expr::Function(function) if function.over.is_none()));
        let found: Vec<&Expr> = found.collect();
        let Some(first) = found.first() else { return };
        let calls: Vec<String> = found.iter().map(ToString::to_string).collect();
        let message = format!(
            "Cannot nest aggregations inside aggregation '{outer}': [{}]",
            calls.join(", ")
        );
        let error = Error::invalid_query(message).code("NESTED_AGGREGATION");
        self.errors.push(error.at(place(*first)));
    }

    /// `*` needs something that it stands for.
    fn stars(&mut self, select: &Select) {
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(options) if select.from.is_empty() => {
                    let message = "SELECT * not allowed in queries without FROM clause";
                    let span = options.wildcard_token.0.span;
                    let error = Error::invalid_query(message).code("COLUMN_NOT_FOUND");
                    self.errors.push(error.at(tokens::position(span)));
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let Some(tables) = tables(select) else { continue };
                    let parts: Option<Vec<_>> = name.0.iter().map(|part| part.as_ident()).collect();
                    if let Some([table]) = parts.as_deref()
                        && !tables.contains(&table.value)
                    {
                        let message = format!("Unable to resolve reference {}", table.value);
                        let error = Error::invalid_query(message).code("TABLE_NOT_FOUND");
                        self.errors.push(error.at(tokens::position(table.span)));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The calls of aggregations and window functions, besides those of sub-queries.
#[derive(Default)]
struct Found {
    depth: usize,
    calls: Vec<Expr>,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && self.depth == 0
            && (function.over.is_some() || function_name(function).is_some_and(is_aggregate))
        {
            self.calls.push(expr.clone());
        }
        ControlFlow::Continue(())
    }
}

fn function_name(function: &Function) -> Option<&str> {
    match function.name.0.as_slice() {
        [part] => Some(part.as_ident()?.value.as_str()),
        _ => None,
    }
}

/// How many outputs a select has, if it says so.
fn outputs(select: &Select) -> Option<usize> {
    let is_one = |item: &SelectItem| {
        matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
    };
    select.projection.iter().all(is_one).then_some(select.projection.len())
}

/// How many outputs a query has, if it says so.
fn width(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => outputs(select),
        SetExpr::SetOperation { left, .. } => width(left),
        SetExpr::Query(query) => width(&query.body),
        SetExpr::Values(values) => values.rows.first().map(|row| row.content.len()),
        _ => None,
    }
}

/// The names of the tables in FROM; None if not all of them are known.
fn tables(select: &Select) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for from in &select.from {
        for factor in
            std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
        {
            names.push(match factor {
                TableFactor::Table { alias: Some(alias), .. }
                | TableFactor::Derived { alias: Some(alias), .. }
                | TableFactor::UNNEST { alias: Some(alias), .. } => alias.name.value.clone(),
                TableFactor::Table { name, .. } => name.0.last()?.as_ident()?.value.clone(),
                TableFactor::Derived { .. } | TableFactor::UNNEST { .. } => continue,
                _ => return None,
            });
        }
    }
    Some(names)
}

fn place(node: &impl Spanned) -> Option<crate::error::Position> {
    tokens::position(node.span())
}

/// Marks what must be a truth, unless it is one by its form.
fn mark(expr: &mut Expr, message: &str) {
    match expr {
        Expr::Nested(inner) => mark(inner, message),
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::Function(_)
        | Expr::CompoundFieldAccess { .. }
        | Expr::BinaryOp {
            op:
                BinaryOperator::Plus
                | BinaryOperator::Minus
                | BinaryOperator::Multiply
                | BinaryOperator::Divide
                | BinaryOperator::Modulo
                | BinaryOperator::StringConcat,
            ..
        } => {
            if matches!(expr, Expr::Value(value) if matches!(value.value, Value::Boolean(_) | Value::Null | Value::Placeholder(_)))
            {
                return;
            }
            let number = |number: u64| value(Value::Number(number.to_string(), false));
            let position = place(expr);
            let (line, column) =
                position.map_or((0, 0), |position| (position.line, position.column));
            let inner = std::mem::replace(expr, value(Value::Null));
            *expr = call(CONDITION, vec![inner, text(message), number(line), number(column)]);
        }
        _ => {}
    }
}
