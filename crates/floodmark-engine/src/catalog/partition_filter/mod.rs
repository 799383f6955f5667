//! What the conditions of a query say about the partitions of a table.
//!
//! All of it only saves work: the plan tests the conditions again on every row.

mod conditions;
#[cfg(test)]
mod tests;

use datafusion::logical_expr::Expr;
use floodmark_formats::predicate::Comparison;
use floodmark_formats::time::{DAY, Micros, date, timestamp};

use crate::catalog::ColumnDefinition;

/// The conditions of a query on partition columns. It never excludes a partition for which they may hold; the default one excludes none.
#[derive(Clone, Debug, Default)]
pub struct PartitionFilter {
    condition: Condition,
}

/// A condition on the values of a partition, without negations: those are in the tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Condition {
    /// It may hold or not.
    #[default]
    Unknown,
    /// It holds if all of these do.
    All(Vec<Condition>),
    /// It holds if one of these does.
    Any(Vec<Condition>),
    /// It holds if a value passes.
    Test(Test),
}

/// A test of the value of one key. NULL passes none but [`Check::Null`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    /// Which key it is.
    pub(crate) key: usize,
    pub(crate) check: Check,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Check {
    /// It is NULL, or it is not.
    Null(bool),
    /// It compares so.
    Compare(Comparison, Scalar),
    /// It begins so, or it does not.
    Prefix(String, bool),
}

/// What a value is compared with. Its kind says how the text of the value is read.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(crate) enum Scalar {
    Text(String),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    /// Days since 1970.
    Date(i64),
    Timestamp(Micros),
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'a> {
    /// Nothing.
    Nothing,
    /// The value itself.
    Value(Option<&'a str>),
    /// It is not NULL, and lies between two others.
    Between(&'a str, &'a str, Order),
}

/// How values that are made in a row follow on each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// As texts, each comes after the one before.
    pub(crate) by_text: bool,
    /// As numbers or moments, if they are some, each comes after the one before.
    pub(crate) by_number: bool,
}

impl PartitionFilter {
    /// Reads conditions that all hold. Those that say nothing about the keys are passed over.
    pub fn of(filters: &[Expr], keys: &[ColumnDefinition]) -> Self {
        Self { condition: conditions::read(filters, keys) }
    }

    /// Whether the conditions may hold in a partition with these values.
    pub fn matches(&self, values: &[Option<String>]) -> bool {
        self.may_hold(&|key| match values.get(key) {
            Some(value) => Known::Value(value.as_deref()),
            None => Known::Nothing,
        })
    }

    /// Whether the conditions may hold for what is known of the values.
    pub(crate) fn may_hold<'a>(&self, known: &dyn Fn(usize) -> Known<'a>) -> bool {
        self.condition.may_hold(known)
    }

    /// The few values that a key can have, if the conditions name them.
    pub(crate) fn named_values(&self, key: usize) -> Option<Vec<&Scalar>> {
        self.condition.named_values(key)
    }

    /// The conditions.
    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }
}

impl Condition {
    fn may_hold<'a>(&self, known: &dyn Fn(usize) -> Known<'a>) -> bool {
        match self {
            Self::Unknown => true,
            Self::All(all) => all.iter().all(|condition| condition.may_hold(known)),
            Self::Any(any) => any.iter().any(|condition| condition.may_hold(known)),
            Self::Test(test) => match known(test.key) {
                Known::Nothing => true,
                Known::Value(value) => test.check.may_pass(value),
                Known::Between(low, high, order) => test.check.may_pass_between(low, high, order),
            },
        }
    }

    fn named_values(&self, key: usize) -> Option<Vec<&Scalar>> {
        match self {
            Self::Test(Test { key: tested, check: Check::Compare(Comparison::Equal, value) })
                if *tested == key =>
            {
                Some(vec![value])
            }
            Self::All(all) => {
                let named = all.iter().filter_map(|condition| condition.named_values(key));
                named.min_by_key(Vec::len)
            }
            Self::Any(any) => {
                let named = any.iter().map(|condition| condition.named_values(key));
                named.collect::<Option<Vec<_>>>().map(|values| values.concat())
            }
            Self::Test(_) | Self::Unknown => None,
        }
    }
}

impl Check {
    fn may_pass(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return *self == Self::Null(true) };
        match self {
            Self::Null(is_null) => !is_null,
            Self::Prefix(prefix, begins) => value.starts_with(prefix.as_str()) == *begins,
            Self::Compare(comparison, scalar) => match scalar.read(value) {
                Some(value) => comparison.holds(&value, scalar),
                // What the engine says about it, it says later.
                None => true,
            },
        }
    }

    /// Whether some value between two can pass.
    fn may_pass_between(&self, low: &str, high: &str, order: Order) -> bool {
        match self {
            Self::Null(is_null) => !is_null,
            Self::Prefix(..) if !order.by_text => true,
            // Between two texts that begin so all do.
            Self::Prefix(prefix, false) => {
                !(low.starts_with(prefix.as_str()) && high.starts_with(prefix.as_str()))
            }
            Self::Prefix(prefix, true) => {
                (low < prefix.as_str() || low.starts_with(prefix.as_str()))
                    && high >= prefix.as_str()
            }
            Self::Compare(comparison, scalar) => {
                let ordered = match scalar {
                    Scalar::Text(_) => order.by_text,
                    Scalar::Boolean(_) => false,
                    _ => order.by_number,
                };
                match (scalar.read(low), scalar.read(high)) {
                    (Some(low), Some(high)) if ordered && low <= high => match comparison {
                        Comparison::Equal => low <= *scalar && *scalar <= high,
                        Comparison::NotEqual => low != *scalar || high != *scalar,
                        Comparison::Less | Comparison::LessOrEqual => {
                            comparison.holds(&low, scalar)
                        }
                        Comparison::Greater | Comparison::GreaterOrEqual => {
                            comparison.holds(&high, scalar)
                        }
                    },
                    _ => true,
                }
            }
        }
    }
}

impl Scalar {
    /// Reads the text of a partition's value as the same kind, if it is one.
    fn read(&self, text: &str) -> Option<Self> {
        Some(match self {
            Self::Text(_) => Self::Text(text.to_owned()),
            Self::Integer(_) => Self::Integer(text.parse().ok()?),
            Self::Double(_) => {
                Self::Double(text.parse().ok().filter(|number: &f64| !number.is_nan())?)
            }
            Self::Boolean(_) => Self::Boolean(text.to_ascii_lowercase().parse().ok()?),
            Self::Date(_) => Self::Date(i64::from(date(text.as_bytes())?)),
            Self::Timestamp(_) => Self::Timestamp(moment(text)?),
        })
    }

    /// How a partition's value is written that equals this one.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Boolean(value) => Some(value.to_string()),
            Self::Date(days) => {
                let (year, month, day) = floodmark_formats::time::civil(*days);
                Some(format!("{year:04}-{month:02}-{day:02}"))
            }
            // There are several ways.
            Self::Double(_) | Self::Timestamp(_) => None,
        }
    }
}

/// The moment that a partition's value says: a date, or a date and a time.
fn moment(text: &str) -> Option<Micros> {
    // A cast rounds what is finer.
    const FRACTION_DIGITS_MAX: usize = 3;
    if text.len() == 10 {
        return i64::from(date(text.as_bytes())?).checked_mul(DAY);
    }
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let is_plain = text.as_bytes().get(10) == Some(&b' ') && !text.ends_with('Z');
    (is_plain && !text.contains('+') && fraction <= FRACTION_DIGITS_MAX)
        .then(|| timestamp(text.as_bytes()))?
}
