//! Which types go together, and the errors where they do not.

use datafusion::common::{DFSchema, DataFusionError, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable};

use crate::dialect::moment;
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, Position};

/// The type of an expression as Trino sees it: a literal knows its length.
pub(super) fn type_of(expr: &Expr, schema: &DFSchema) -> Option<TrinoType> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)),
            None,
        ) => Some(TrinoType::Varchar(u32::try_from(text.chars().count()).ok())),
        Expr::Literal(ScalarValue::Int64(Some(value)), _) if i32::try_from(*value).is_ok() => {
            Some(TrinoType::Integer)
        }
        Expr::Negative(inner) => type_of(inner, schema),
        _ => Some(TrinoType::of_field(&expr.to_field(schema).ok()?.1)),
    }
}

/// Whether values of these types can be compared, or be results of one expression.
pub(super) fn have_common(left: &TrinoType, right: &TrinoType) -> bool {
    use TrinoType as T;
    let is_text = |t: &T| matches!(t, T::Varchar(_) | T::Char(_));
    let is_moment = |t: &T| matches!(t, T::Date | T::Timestamp | T::TimestampWithTimeZone(_));
    match (left, right) {
        (T::Unknown | T::Other(_), _) | (_, T::Unknown | T::Other(_)) => true,
        (T::Array(left), T::Array(right)) => have_common(left, right),
        (T::Map(key, value), T::Map(other_key, other_value)) => {
            have_common(key, other_key) && have_common(value, other_value)
        }
        (T::Row(left), T::Row(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| have_common(&left.1, &right.1))
        }
        (left, right) => {
            left == right
                || (left.is_number() && right.is_number())
                || (is_text(left) && is_text(right))
                || (is_moment(left) && is_moment(right))
        }
    }
}

/// An error about types, at the place of an operator behind an expression.
pub(super) fn mismatch(message: String, behind: Option<&Expr>) -> DataFusionError {
    Error::invalid_query(message).code("TYPE_MISMATCH").at(behind.and_then(place_behind)).into()
}

/// The same error with what to write instead.
pub(super) fn mismatch_of(
    message: String,
    left: &Expr,
    right: &Expr,
    moment: &TrinoType,
) -> DataFusionError {
    let error = Error::invalid_query(message).code("TYPE_MISMATCH").at(place_behind(left));
    let hint = [left, right].into_iter().find_map(|expr| instead(expr, moment));
    match hint {
        Some(hint) => error.hint(hint).into(),
        None => error.into(),
    }
}

/// The one of two types that is not that of text.
pub(super) fn not_text<'t>(left: &'t TrinoType, right: &'t TrinoType) -> &'t TrinoType {
    if matches!(left, TrinoType::Varchar(_)) { right } else { left }
}

/// What to write in the place of a literal that stands beside another type.
fn instead(expr: &Expr, beside: &TrinoType) -> Option<String> {
    use TrinoType as T;
    match (expr, beside) {
        (Expr::Literal(value, _), T::Date | T::Timestamp | T::TimestampWithTimeZone(_)) => {
            let text = value.try_as_str()??;
            if moment::parse_date(text).is_some() {
                return Some(format!("write DATE '{text}'"));
            }
            if moment::parse_timestamp(text).is_some() {
                return Some(format!("write TIMESTAMP '{text}'"));
            }
            Some(format!("write from_iso8601_timestamp('{text}'), if it is written so"))
        }
        (Expr::Literal(value, _), number) if number.is_number() => {
            let text = value.try_as_str()??;
            text.parse::<f64>().is_ok().then(|| format!("write {text} without quotes"))
        }
        _ => None,
    }
}

/// The place behind a column and a blank, where an operator stands.
fn place_behind(expr: &Expr) -> Option<Position> {
    let Expr::Column(column) = expr else { return None };
    let end = column.spans().first()?.end;
    Some(Position { line: end.line, column: end.column + 1 })
}
