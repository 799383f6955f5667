//! The values of one projected column in their order, made when they are asked for.

use std::collections::BTreeSet;

use crate::catalog::partition_filter::{Order, Scalar};
use crate::catalog::projection::columns::plus_months;
use crate::catalog::projection::date_format::{
    DAY_MILLIS, DateFormat, HOUR_MILLIS, MINUTE_MILLIS, Millis, Precision, SECOND_MILLIS,
};

/// The values that a column can have.
#[derive(Clone, Debug)]
pub(super) enum Candidates {
    /// A few texts.
    Texts(Vec<String>),
    /// Whole numbers from one to another, with zeros in front up to so many digits.
    Integers { low: i64, high: i64, step: i64, digits: usize },
    /// Moments in even steps.
    Steps { low: Millis, count: usize, step: Millis, format: DateFormat },
    /// Moments in steps of months.
    Moments(Vec<Millis>, DateFormat),
}

/// From one moment to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Months(i64),
    Millis(Millis),
}

impl Candidates {
    /// Some texts, each once.
    pub(super) fn of_texts(mut texts: Vec<String>) -> Self {
        let mut seen = BTreeSet::new();
        texts.retain(|text| seen.insert(text.clone()));
        Self::Texts(texts)
    }

    /// The moments from one to another, both of which belong to them.
    pub(super) fn of_moments(
        (low, high): (Millis, Millis),
        step: Step,
        format: DateFormat,
    ) -> Self {
        match step {
            Step::Millis(step) => {
                let count = if low > high { 0 } else { (high - low) / step + 1 };
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                Self::Steps { low, count, step, format }
            }
            Step::Months(months) => {
                // One by one: a day that was cut to the end of a short month stays so.
                let moments = std::iter::successors(Some(low), |last| plus_months(*last, months));
                Self::Moments(moments.take_while(|moment| *moment <= high).collect(), format)
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Integers { low, high, step, .. } => {
                let count = (i128::from(*high) - i128::from(*low)) / i128::from(*step) + 1;
                usize::try_from(count).unwrap_or(usize::MAX)
            }
            Self::Steps { count, .. } => *count,
            Self::Moments(moments, _) => moments.len(),
        }
    }

    pub(super) fn text(&self, number: usize) -> String {
        let wide = i64::try_from(number).unwrap_or(i64::MAX);
        match self {
            Self::Texts(texts) => texts[number].clone(),
            Self::Integers { low, step, digits, .. } => {
                padded(low.saturating_add(wide.saturating_mul(*step)), *digits)
            }
            Self::Steps { low, step, format, .. } => format.write(low + wide * step),
            Self::Moments(moments, format) => format.write(moments[number]),
        }
    }

    pub(super) fn order(&self) -> Order {
        match self {
            Self::Texts(_) => Order::default(),
            Self::Integers { low, high, digits, .. } => {
                let same_length = padded(*low, *digits).len() == padded(*high, *digits).len();
                Order { by_text: *low >= 0 && same_length, by_number: true }
            }
            Self::Steps { format, .. } | Self::Moments(_, format) => {
                Order { by_text: format.is_ordered, by_number: format.is_ordered }
            }
        }
    }

    /// Those of some named values that belong to these, as texts; None if that can only be told by looking at all.
    pub(super) fn among(&self, named: &[&Scalar]) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for value in named {
            let text = match (self, value) {
                (Self::Integers { digits, .. }, Scalar::Integer(number)) => {
                    padded(*number, *digits)
                }
                (_, Scalar::Text(text)) => text.clone(),
                _ => return None,
            };
            if self.contains(&text)? {
                texts.push(text);
            }
        }
        Some(texts)
    }

    /// Whether a text is one of these; None if that can only be told by looking at all.
    fn contains(&self, text: &str) -> Option<bool> {
        Some(match self {
            // They are few.
            Self::Texts(_) => return None,
            Self::Integers { low, high, step, digits } => text.parse().is_ok_and(|number: i64| {
                let distance = i128::from(number) - i128::from(*low);
                (*low..=*high).contains(&number)
                    && distance % i128::from(*step) == 0
                    && padded(number, *digits) == text
            }),
            Self::Steps { low, count, step, format } => {
                if !is_told(format.precision, *step) {
                    return None;
                }
                format.read(text).is_some_and(|moment| {
                    let number = (moment - low).div_euclid(*step);
                    (moment - low) % step == 0
                        && usize::try_from(number).is_ok_and(|number| number < *count)
                        && format.write(moment) == text
                })
            }
            Self::Moments(moments, format) => {
                if format.precision < Precision::Month {
                    return None;
                }
                format.read(text).is_some_and(|moment| {
                    moments.binary_search(&moment).is_ok() && format.write(moment) == text
                })
            }
        })
    }
}

/// Whether steps of this length are told apart by what is so precise, without a rest.
fn is_told(precision: Precision, step: Millis) -> bool {
    let unit = match precision {
        Precision::Year | Precision::Month => return false,
        Precision::Day => DAY_MILLIS,
        Precision::Hour => HOUR_MILLIS,
        Precision::Minute => MINUTE_MILLIS,
        Precision::Second => SECOND_MILLIS,
        // It may write less than milliseconds.
        Precision::Fraction => SECOND_MILLIS,
    };
    step % unit == 0
}

/// A number as Java's `%0nd` writes it: the sign counts.
fn padded(number: i64, digits: usize) -> String {
    format!("{number:0digits$}")
}
