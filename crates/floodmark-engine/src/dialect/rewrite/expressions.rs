//! Expressions that the parser knows by their syntax become calls of Athena's functions.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, DateTimeField, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Ident, ListAggOnOverflow,
    ObjectNamePart, UnaryOperator, Value, ValueWithSpan, VisitMut, VisitorMut,
};

use crate::dialect::functions::is_registered;
use crate::dialect::rewrite::build::{all, call, text, value};
use crate::error::{Error, ErrorKind};

/// How many comparisons the comparison of two rows may become.
const ROW_COMPARISONS_MAX: usize = 10_000;

/// Rewrites each expression after those within it.
pub(crate) struct Expressions<'a> {
    pub(crate) errors: &'a mut Vec<Error>,
}

impl VisitorMut for Expressions<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let nothing = value(Value::Null);
        *expr = match std::mem::replace(expr, nothing) {
            Expr::Function(function) => self.function(function),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let rest = substring_from.into_iter().chain(substring_for).map(|arg| *arg);
                call("substr", std::iter::once(*expr).chain(rest).collect())
            }
            Expr::Position { expr, r#in } => call("strpos", vec![*r#in, *expr]),
            Expr::AtTimeZone { timestamp, time_zone } if is_registered("at_timezone") => {
                call("at_timezone", vec![*timestamp, *time_zone])
            }
            Expr::Extract { field, syntax, expr } => match field_function(&field) {
                Some(function) if is_registered(function) => call(function, vec![*expr]),
                _ => Expr::Extract { field, syntax, expr },
            },
            Expr::BinaryOp { left, op, right } => compare_rows(left, op, right),
            Expr::InList { expr, list, negated } => in_rows(expr, list, negated),
            Expr::Tuple(values) if !values.is_empty() => row(values),
            Expr::Identifier(ident) if is_session_value(&ident) => call(&ident.value, Vec::new()),
            Expr::CompoundFieldAccess { root, mut access_chain } => {
                for access in &mut access_chain {
                    if let AccessExpr::Dot(Expr::Identifier(field)) = access {
                        *access = AccessExpr::Dot(text(&field.value));
                    }
                }
                Expr::CompoundFieldAccess { root, access_chain }
            }
            Expr::Lambda(mut lambda) => {
                let names = lambda.params.iter().map(|parameter| parameter.name.value.clone());
                let _ = lambda.body.visit(&mut Fields { of: names.collect() });
                Expr::Lambda(lambda)
            }
            Expr::Like { negated, any, expr, pattern, escape_char } => {
                let pattern = Box::new(self.pattern(*pattern, escape_char));
                Expr::Like { negated, any, expr, pattern, escape_char: None }
            }
            expr => expr,
        };
        ControlFlow::Continue(())
    }
}

/// `x.field` within a lambda: the field of its parameter, which would be looked for in a table.
struct Fields {
    /// The parameters.
    of: Vec<String>,
}

impl VisitorMut for Fields {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(idents) = expr
            && self.of.contains(&idents[0].value)
        {
            let fields = idents.split_off(1).into_iter();
            *expr = Expr::CompoundFieldAccess {
                root: Box::new(Expr::Identifier(idents.remove(0))),
                access_chain: fields.map(|field| AccessExpr::Dot(text(&field.value))).collect(),
            };
        }
        ControlFlow::Continue(())
    }
}

impl Expressions<'_> {
    fn function(&mut self, mut function: Function) -> Expr {
        let [ObjectNamePart::Identifier(ident)] = function.name.0.as_slice() else {
            return Expr::Function(function);
        };
        let ident = ident.clone();
        let name = ident.value.as_str();
        // These are columns unless they are called.
        if matches!(name, "user" | "session_user") && function.args == FunctionArguments::None {
            return Expr::Identifier(ident);
        }
        if name == "listagg" {
            self.listagg(&mut function);
            return Expr::Function(function);
        }
        let Some(args) = plain_args(&function) else {
            return Expr::Function(function);
        };
        match (name, args.len()) {
            ("if", 2 | 3) => condition(args),
            ("row", 1..) => row(args),
            _ => Expr::Function(function),
        }
    }

    /// A pattern whose escape character is the backslash, as the planner takes it; Trino's has none unless it is told.
    fn pattern(&mut self, pattern: Expr, escape: Option<ValueWithSpan>) -> Expr {
        let escape = match escape.map(|escape| escape.value) {
            None => None,
            Some(Value::SingleQuotedString(text)) if text.chars().count() == 1 => {
                text.chars().next()
            }
            Some(_) => {
                let message = "Escape string must be a single character";
                self.errors.push(Error::invalid_query(message).code("INVALID_FUNCTION_ARGUMENT"));
                None
            }
        };
        let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(literal), span }) =
            &pattern
        else {
            if escape.is_some() {
                let message = "LIKE … ESCAPE with a pattern that is computed is not supported";
                self.errors.push(Error::new(ErrorKind::NotSupported, message));
            }
            return call("replace", vec![pattern, text("\\"), text("\\\\")]);
        };
        let mut escaped = String::with_capacity(literal.len());
        let mut characters = literal.chars();
        while let Some(character) = characters.next() {
            if Some(character) == escape {
                match characters.next() {
                    Some(next) if next == '%' || next == '_' || Some(next) == escape => {
                        if next != escape.unwrap_or_default() || matches!(next, '%' | '_' | '\\') {
                            escaped.push('\\');
                        }
                        escaped.push(next);
                    }
                    _ => {
                        let message = "Escape character must be followed by '%', '_' or the escape character itself";
                        let error = Error::invalid_query(message);
                        self.errors.push(error.code("INVALID_FUNCTION_ARGUMENT"));
                    }
                }
            } else {
                if character == '\\' {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
        }
        let value = Value::SingleQuotedString(escaped);
        Expr::Value(ValueWithSpan { value, span: *span })
    }

    /// `LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)`: the order is that of the aggregation.
    fn listagg(&mut self, function: &mut Function) {
        let order = std::mem::take(&mut function.within_group);
        let FunctionArguments::List(list) = &mut function.args else {
            return;
        };
        let truncates = |clause: &FunctionArgumentClause| {
            matches!(clause, FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate { .. }))
        };
        if list.clauses.iter().any(truncates) {
            self.errors.push(Error::new(
                ErrorKind::NotSupported,
                "LISTAGG … ON OVERFLOW TRUNCATE is not supported",
            ));
        }
        list.clauses.clear();
        if list.args.len() == 1 {
            list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(""))));
        }
        if !order.is_empty() {
            list.clauses.push(FunctionArgumentClause::OrderBy(order));
        }
        if !is_registered("listagg")
            && let Some(ObjectNamePart::Identifier(ident)) = function.name.0.first_mut()
        {
            ident.value = "string_agg".to_owned();
        }
    }
}

/// The arguments of a function that is called with nothing but arguments.
fn plain_args(function: &Function) -> Option<Vec<Expr>> {
    let is_plain = function.filter.is_none()
        && function.over.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty();
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    if !is_plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    args.collect()
}

/// `IF(condition, then, otherwise)`.
fn condition(args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    let conditions = match (args.next(), args.next()) {
        (Some(condition), Some(result)) => vec![CaseWhen { condition, result }],
        _ => Vec::new(),
    };
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions,
        else_result: args.next().map(Box::new),
    }
}

/// `ROW(a, b)` and `(a, b)`, whose fields have no names.
fn row(values: Vec<Expr>) -> Expr {
    if is_registered("row") {
        return call("row", values);
    }
    let fields = values.into_iter().enumerate();
    call(
        "named_struct",
        fields.flat_map(|(at, field)| [text(&format!("field{at}")), field]).collect(),
    )
}

/// The values of a row that is written as such.
fn row_values(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(values) => Some(values.clone()),
        Expr::Nested(inner) => row_values(inner),
        Expr::Function(function) => {
            let name = function.name.0.first()?.as_ident()?.value.as_str();
            let args = plain_args(function)?;
            match name {
                "row" => Some(args),
                "named_struct" => Some(args.into_iter().skip(1).step_by(2).collect()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a name is that of a function that is called without parentheses, and that the parser takes for a column.
fn is_session_value(ident: &Ident) -> bool {
    let name = ident.value.as_str();
    ident.quote_style.is_none()
        && matches!(name, "current_schema" | "current_path")
        && is_registered(name)
}

fn equal(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::Eq, right: Box::new(right) }
}

fn rows_equal(left: &[Expr], right: &[Expr]) -> Option<Expr> {
    if left.len() != right.len() {
        return None;
    }
    let pairs = left.iter().zip(right).map(|(left, right)| equal(left.clone(), right.clone()));
    all(pairs.collect(), &BinaryOperator::And)
}

/// `(a, b) = (c, d)` is `a = c AND b = d`.
fn compare_rows(left: Box<Expr>, op: BinaryOperator, right: Box<Expr>) -> Expr {
    let rows = match op {
        BinaryOperator::Eq | BinaryOperator::NotEq => row_values(&left).zip(row_values(&right)),
        _ => None,
    };
    match rows.and_then(|(left, right)| rows_equal(&left, &right)) {
        None => Expr::BinaryOp { left, op, right },
        Some(equal) if op == BinaryOperator::Eq => Expr::Nested(Box::new(equal)),
        Some(equal) => not(equal),
    }
}

/// `(a, b) IN ((c, d), (e, f))`.
fn in_rows(expr: Box<Expr>, list: Vec<Expr>, negated: bool) -> Expr {
    let Some(left) = row_values(&expr) else {
        return Expr::InList { expr, list, negated };
    };
    let comparisons = list.iter().map(|item| rows_equal(&left, &row_values(item)?));
    let any = comparisons
        .collect::<Option<Vec<_>>>()
        .filter(|comparisons| comparisons.len() * left.len() <= ROW_COMPARISONS_MAX)
        .and_then(|comparisons| all(comparisons, &BinaryOperator::Or));
    match any {
        None => Expr::InList { expr, list, negated },
        Some(any) if negated => not(any),
        Some(any) => Expr::Nested(Box::new(any)),
    }
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

/// The function that takes a part of a time.
fn field_function(field: &DateTimeField) -> Option<&'static str> {
    Some(match field {
        DateTimeField::Year | DateTimeField::Years => "year",
        DateTimeField::Quarter => "quarter",
        DateTimeField::Month | DateTimeField::Months => "month",
        DateTimeField::Week(None) => "week",
        DateTimeField::Day | DateTimeField::Days => "day",
        DateTimeField::DayOfWeek | DateTimeField::Dow => "day_of_week",
        DateTimeField::DayOfYear | DateTimeField::Doy => "day_of_year",
        DateTimeField::Hour | DateTimeField::Hours => "hour",
        DateTimeField::Minute | DateTimeField::Minutes => "minute",
        DateTimeField::Second | DateTimeField::Seconds => "second",
        DateTimeField::TimezoneHour => "timezone_hour",
        DateTimeField::TimezoneMinute => "timezone_minute",
        DateTimeField::Custom(ident) => match ident.value.as_str() {
            "day_of_month" => "day",
            "day_of_week" | "dow" => "day_of_week",
            "day_of_year" | "doy" => "day_of_year",
            "year_of_week" | "yow" => "year_of_week",
            _ => return None,
        },
        _ => return None,
    })
}
