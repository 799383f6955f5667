//! The conditions on partition columns in the expressions of a plan.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, Like, Operator, TryCast};
use floodmark_formats::predicate::Comparison;

use super::{Check, Condition, Scalar, Test};
use crate::catalog::ColumnDefinition;
use crate::dialect::typing::guarded;

/// Reads expressions that all hold.
pub(super) fn read(filters: &[Expr], keys: &[ColumnDefinition]) -> Condition {
    let reader = Reader { keys };
    all(filters.iter().map(|filter| reader.condition(filter, true)).collect())
}

struct Reader<'a> {
    keys: &'a [ColumnDefinition],
}

/// A partition column, perhaps in a cast, and as what its value is compared.
#[derive(Clone, Copy)]
struct Operand {
    key: usize,
    reading: Reading,
}

/// As what the text of a value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Text,
    Integer,
    Double,
    Boolean,
    Date,
    Timestamp,
}

impl Reader<'_> {
    /// What an expression says where it holds, or where its negation does.
    fn condition(&self, expr: &Expr, holds: bool) -> Condition {
        if let Some((guard, guarded)) = guarded(expr) {
            return match holds {
                true => all(vec![self.condition(guard, true), self.condition(guarded, true)]),
                false => Condition::Unknown,
            };
        }
        match expr {
            Expr::Alias(alias) => self.condition(&alias.expr, holds),
            Expr::Not(inner) => self.condition(inner, !holds),
            Expr::Literal(ScalarValue::Boolean(value), _) => match value {
                Some(value) if *value == holds => Condition::All(Vec::new()),
                // NULL holds neither way.
                _ => Condition::Any(Vec::new()),
            },
            Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) => {
                let parts = operands(expr, *op);
                let parts = parts.into_iter().map(|part| self.condition(part, holds)).collect();
                if (*op == Operator::And) == holds { all(parts) } else { any(parts) }
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let Some(comparison) = comparison(*op) else { return Condition::Unknown };
                if is_literal(left) {
                    self.compare(right, comparison.mirrored(), left, holds)
                } else {
                    self.compare(left, comparison, right, holds)
                }
            }
            Expr::Between(Between { expr, negated, low, high }) => {
                let is_between = holds != *negated;
                let parts = vec![
                    self.compare(expr, Comparison::GreaterOrEqual, low, is_between),
                    self.compare(expr, Comparison::LessOrEqual, high, is_between),
                ];
                if is_between { all(parts) } else { any(parts) }
            }
            Expr::InList(list) => {
                let is_in = holds != list.negated;
                let parts = list.list.iter();
                let parts = parts
                    .map(|value| self.compare(&list.expr, Comparison::Equal, value, is_in))
                    .collect();
                if is_in { any(parts) } else { all(parts) }
            }
            Expr::IsNull(inner) => self.null(inner, holds),
            Expr::IsNotNull(inner) => self.null(inner, !holds),
            Expr::Like(like) => self.like(like, holds != like.negated),
            Expr::ScalarFunction(function) if function.func.name() == "starts_with" => {
                match &function.args[..] {
                    [column, prefix] => match (self.operand(column), text(prefix)) {
                        (Some(operand), Some(prefix)) => operand.prefix(prefix, holds),
                        _ => Condition::Unknown,
                    },
                    _ => Condition::Unknown,
                }
            }
            _ => Condition::Unknown,
        }
    }

    fn compare(
        &self,
        column: &Expr,
        comparison: Comparison,
        value: &Expr,
        holds: bool,
    ) -> Condition {
        let comparison = if holds { comparison } else { negated(comparison) };
        if let Some(condition) = self.beginning(column, comparison, value) {
            return condition;
        }
        let Some(operand) = self.operand(column) else { return Condition::Unknown };
        match literal(value).and_then(|value| operand.reading.scalar(&value)) {
            Some(scalar) => operand.test(Check::Compare(comparison, scalar)),
            None => Condition::Unknown,
        }
    }

    /// `substr(column, 1, 4) = '2024'` says how the value begins.
    fn beginning(&self, expr: &Expr, comparison: Comparison, value: &Expr) -> Option<Condition> {
        let Expr::ScalarFunction(function) = expr else { return None };
        if !matches!(function.func.name(), "substr" | "substring") {
            return None;
        }
        let [column, start, length] = &function.args[..] else { return None };
        let integer = |expr| Reading::Integer.scalar(&literal(expr)?);
        let prefix = text(value)?;
        let length_is = i64::try_from(prefix.chars().count()).ok().map(Scalar::Integer);
        if integer(start) != Some(Scalar::Integer(1)) || integer(length) != length_is {
            return None;
        }
        let operand = self.operand(column)?;
        match comparison {
            Comparison::Equal => Some(operand.prefix(prefix, true)),
            Comparison::NotEqual => Some(operand.prefix(prefix, false)),
            _ => None,
        }
    }

    fn null(&self, column: &Expr, is_null: bool) -> Condition {
        match column {
            Expr::Column(column) => match self.key(&column.name) {
                Some(key) => Condition::Test(Test { key, check: Check::Null(is_null) }),
                None => Condition::Unknown,
            },
            _ => Condition::Unknown,
        }
    }

    fn like(&self, like: &Like, holds: bool) -> Condition {
        let (Some(operand), Some(pattern)) = (self.operand(&like.expr), text(&like.pattern)) else {
            return Condition::Unknown;
        };
        if like.case_insensitive {
            return Condition::Unknown;
        }
        // The engine takes a backslash for an escape in some places and not in others.
        if like.escape_char.is_none() && pattern.contains('\\') {
            return Condition::Unknown;
        }
        let mut prefix = String::new();
        let mut characters = pattern.chars();
        loop {
            match characters.next() {
                None => {
                    let comparison = if holds { Comparison::Equal } else { Comparison::NotEqual };
                    return operand.text(Check::Compare(comparison, Scalar::Text(prefix)));
                }
                Some('%') if characters.as_str().chars().all(|character| character == '%') => {
                    return operand.prefix(prefix, holds);
                }
                // What comes behind is asked later; of the negation nothing is known.
                Some('%' | '_') if holds => return operand.prefix(prefix, true),
                Some('%' | '_') => return Condition::Unknown,
                Some(character) if like.escape_char == Some(character) => match characters.next() {
                    Some(character) => prefix.push(character),
                    None => return Condition::Unknown,
                },
                Some(character) => prefix.push(character),
            }
        }
    }

    /// The partition column that an expression stands for, if it is no more than that.
    fn operand(&self, expr: &Expr) -> Option<Operand> {
        match expr {
            Expr::Alias(alias) => self.operand(&alias.expr),
            Expr::Column(column) => {
                let key = self.key(&column.name)?;
                Some(Operand { key, reading: reading_of(&self.keys[key].hive_type)? })
            }
            Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => {
                let operand = self.operand(expr)?;
                let reading = operand.reading.cast(reading_as(field.data_type())?)?;
                Some(Operand { reading, ..operand })
            }
            // Trino's casts of texts are functions, with the type as a text.
            Expr::ScalarFunction(function)
                if matches!(function.func.name(), "$cast" | "$try_cast") =>
            {
                let [value, to] = &function.args[..] else { return None };
                let operand = self.operand(value)?;
                let reading = operand.reading.cast(reading_named(&text(to)?)?)?;
                Some(Operand { reading, ..operand })
            }
            Expr::ScalarFunction(function) if function.func.name() == "date" => {
                let [value] = &function.args[..] else { return None };
                let operand = self.operand(value)?;
                Some(Operand { reading: operand.reading.cast(Reading::Date)?, ..operand })
            }
            _ => None,
        }
    }

    fn key(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name.eq_ignore_ascii_case(name))
    }
}

impl Operand {
    fn test(self, check: Check) -> Condition {
        Condition::Test(Test { key: self.key, check })
    }

    /// A check that only texts take.
    fn text(self, check: Check) -> Condition {
        match self.reading {
            Reading::Text => self.test(check),
            _ => Condition::Unknown,
        }
    }

    fn prefix(self, prefix: String, holds: bool) -> Condition {
        self.text(Check::Prefix(prefix, holds))
    }
}

impl Reading {
    /// As what a value is read that is first read as this, and then cast.
    fn cast(self, to: Self) -> Option<Self> {
        let is_same = self == to;
        // What is cast from a number to a text is written in another way, and from a time to a date it loses something.
        let is_kept = matches!(
            (self, to),
            (Self::Text, _) | (Self::Integer, Self::Double) | (Self::Date, Self::Timestamp)
        );
        (is_same || is_kept).then_some(to)
    }

    /// A literal of the same kind.
    fn scalar(self, value: &ScalarValue) -> Option<Scalar> {
        match self {
            Self::Text => Some(Scalar::Text((*value.try_as_str()?.as_ref()?).to_owned())),
            Self::Integer => whole_number(value).map(Scalar::Integer),
            Self::Double => match value {
                ScalarValue::Float64(Some(value)) if !value.is_nan() => {
                    Some(Scalar::Double(*value))
                }
                _ => None,
            },
            Self::Boolean => match value {
                ScalarValue::Boolean(Some(value)) => Some(Scalar::Boolean(*value)),
                _ => None,
            },
            Self::Date => match value {
                ScalarValue::Date32(Some(days)) => Some(Scalar::Date(i64::from(*days))),
                _ => None,
            },
            Self::Timestamp => match value {
                ScalarValue::TimestampSecond(Some(value), None) => value.checked_mul(1_000_000),
                ScalarValue::TimestampMillisecond(Some(value), None) => value.checked_mul(1000),
                ScalarValue::TimestampMicrosecond(Some(value), None) => Some(*value),
                ScalarValue::TimestampNanosecond(Some(value), None) if value % 1000 == 0 => {
                    Some(value / 1000)
                }
                _ => None,
            }
            .map(Scalar::Timestamp),
        }
    }
}

fn all(mut conditions: Vec<Condition>) -> Condition {
    conditions.retain(|condition| *condition != Condition::Unknown);
    match conditions.len() {
        0 => Condition::Unknown,
        1 => conditions.swap_remove(0),
        _ => Condition::All(conditions),
    }
}

fn any(mut conditions: Vec<Condition>) -> Condition {
    match conditions.len() {
        1 => conditions.swap_remove(0),
        _ if conditions.contains(&Condition::Unknown) => Condition::Unknown,
        _ => Condition::Any(conditions),
    }
}

/// The parts of a chain of `AND` or of `OR`, in their order. Such a chain may be very deep.
fn operands(expr: &Expr, operator: Operator) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if *op == operator => {
                waiting.push(right);
                waiting.push(left);
            }
            part => parts.push(part),
        }
    }
    parts
}

/// As what the values of a column of Hive's are read, where their text says all about them.
fn reading_of(hive_type: &str) -> Option<Reading> {
    let name = hive_type.split_once('(').map_or(hive_type, |(name, _)| name).trim();
    Some(match name.to_ascii_lowercase().as_str() {
        "string" | "varchar" => Reading::Text,
        "tinyint" | "smallint" | "int" | "integer" | "bigint" => Reading::Integer,
        "double" => Reading::Double,
        "boolean" => Reading::Boolean,
        "date" => Reading::Date,
        "timestamp" => Reading::Timestamp,
        _ => return None,
    })
}

/// The same for Trino's names of types.
fn reading_named(name: &str) -> Option<Reading> {
    match name.to_ascii_lowercase().as_str() {
        // Shorter texts may be cut, and such with a time zone are moments.
        "varchar" => Some(Reading::Text),
        name if name.contains('(') && !name.ends_with(')') => None,
        name if name.starts_with("varchar") || name == "string" => None,
        // Another precision than three digits is rounded in another way.
        name if name.starts_with("timestamp(") && name != "timestamp(3)" => None,
        name => reading_of(name),
    }
}

/// The same for Arrow's types.
fn reading_as(data_type: &DataType) -> Option<Reading> {
    Some(match data_type {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => Reading::Text,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Reading::Integer,
        DataType::Float64 => Reading::Double,
        DataType::Boolean => Reading::Boolean,
        DataType::Date32 => Reading::Date,
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            None,
        ) => Reading::Timestamp,
        _ => return None,
    })
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::Cast(Cast { expr, .. }) | Expr::TryCast(TryCast { expr, .. }) => is_literal(expr),
        Expr::Alias(alias) => is_literal(&alias.expr),
        _ => false,
    }
}

/// The value of a literal, with its casts done.
fn literal(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Alias(alias) => literal(&alias.expr),
        Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => {
            literal(expr)?.cast_to(field.data_type()).ok()
        }
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<String> {
    let value = literal(expr)?;
    value.try_as_str()?.map(str::to_owned)
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The comparison that holds where another does not.
fn negated(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

fn whole_number(value: &ScalarValue) -> Option<i64> {
    Some(match value {
        ScalarValue::Int8(Some(value)) => i64::from(*value),
        ScalarValue::Int16(Some(value)) => i64::from(*value),
        ScalarValue::Int32(Some(value)) => i64::from(*value),
        ScalarValue::Int64(Some(value)) => *value,
        ScalarValue::UInt8(Some(value)) => i64::from(*value),
        ScalarValue::UInt16(Some(value)) => i64::from(*value),
        ScalarValue::UInt32(Some(value)) => i64::from(*value),
        ScalarValue::UInt64(Some(value)) => i64::try_from(*value).ok()?,
        _ => return None,
    })
}
