//! What a log measures: what can be counted, summed or averaged over its records.

/// A measure of a log.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// The name by which it is asked for, such as `connections` or `p95_duration`.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The unit of its values, such as `bytes` or `ms`; empty for counts and shares.
    pub unit: &'static str,
    /// How it comes from the records.
    pub amount: Amount,
}

/// How a measure comes from records. The texts are Athena's SQL over the columns of one record.
///
/// A number or value that is NULL does not count; what a log writes for none, such as `-1`, is NULL in these expressions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// How many records there are.
    Records,
    /// The sum of a number.
    Sum(&'static str),
    /// How many records meet a condition.
    CountIf(&'static str),
    /// Which share of all records meets a condition, from 0 to 1.
    Share(&'static str),
    /// The mean of a number.
    Mean(&'static str),
    /// A percentile of a number; the share below it is from 0 to 1.
    Percentile(&'static str, f64),
    /// How many different values there are.
    Distinct(&'static str),
}

impl Amount {
    /// The expression over one record: a number, a condition or a value. None for the count of records.
    pub fn expression(&self) -> Option<&'static str> {
        match *self {
            Self::Records => None,
            Self::Sum(expression)
            | Self::CountIf(expression)
            | Self::Share(expression)
            | Self::Mean(expression)
            | Self::Percentile(expression, _)
            | Self::Distinct(expression) => Some(expression),
        }
    }

    /// Whether the values of parts add up to that of the whole.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::Records | Self::Sum(_) | Self::CountIf(_))
    }
}

impl Measure {
    /// The measure as an aggregate expression of Athena's SQL.
    ///
    /// Over no records, counts are 0 and all others NULL.
    pub fn sql(&self) -> String {
        match self.amount {
            Amount::Records => "count(*)".to_owned(),
            Amount::Sum(number) => format!("sum({number})"),
            Amount::CountIf(condition) => format!("count_if({condition})"),
            Amount::Share(condition) => {
                format!("CAST(count_if({condition}) AS double) / nullif(count(*), 0)")
            }
            Amount::Mean(number) => format!("avg({number})"),
            Amount::Percentile(number, share) => format!("approx_percentile({number}, {share})"),
            Amount::Distinct(value) => format!("count(DISTINCT {value})"),
        }
    }
}

const fn measure(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    amount: Amount,
) -> Measure {
    Measure { name, title, unit, amount }
}

/// How many records there are: the first measure of every log.
pub const fn records(name: &'static str, title: &'static str) -> Measure {
    measure(name, title, "", Amount::Records)
}

/// The sum of a number.
pub const fn sum(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    number: &'static str,
) -> Measure {
    measure(name, title, unit, Amount::Sum(number))
}

/// How many records meet a condition.
pub const fn count_if(name: &'static str, title: &'static str, condition: &'static str) -> Measure {
    measure(name, title, "", Amount::CountIf(condition))
}

/// Which share of all records meets a condition.
pub const fn share(name: &'static str, title: &'static str, condition: &'static str) -> Measure {
    measure(name, title, "", Amount::Share(condition))
}

/// The mean of a number.
pub const fn mean(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    number: &'static str,
) -> Measure {
    measure(name, title, unit, Amount::Mean(number))
}

/// The value that 95 of 100 numbers do not exceed.
pub const fn p95(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    number: &'static str,
) -> Measure {
    measure(name, title, unit, Amount::Percentile(number, 0.95))
}

/// How many different values there are.
pub const fn distinct(name: &'static str, title: &'static str, value: &'static str) -> Measure {
    measure(name, title, "", Amount::Distinct(value))
}
