//! Functions that keep a few numbers a group: counts, bits, means and moments.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::Result;

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::array::lists::{fit, invalid};

/// A whole number for each group, from whole numbers.
pub(super) struct Whole {
    groups: Vec<Option<i64>>,
    first: Option<i64>,
    add: fn(i64, i64) -> i64,
}

impl Whole {
    /// Begins with `first`, which is the result where there are no values.
    pub(super) fn begin(first: Option<i64>, add: fn(i64, i64) -> i64) -> Box<dyn Groups> {
        Box::new(Self { groups: Vec::new(), first, add })
    }
}

/// A whole number.
pub(super) fn whole_field(_: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", DataType::Int64, true)))
}

/// The result itself is what one part of the work hands to the next.
pub(super) fn result_state(_: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    Ok(vec![Arc::clone(result)])
}

impl Groups for Whole {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, self.first);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let numbers = fit(Arc::clone(&values[0]), &DataType::Int64)?;
        for (number, group) in numbers.as_primitive::<Int64Type>().iter().zip(groups) {
            let known = &mut self.groups[*group];
            *known = match (*known, number) {
                (known, None) => known,
                (None, number) => number,
                (Some(known), Some(number)) => Some((self.add)(known, number)),
            };
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        self.update(states, groups)
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(count)?])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.groups[..count].to_vec())))
    }

    fn drain(&mut self, count: usize) {
        self.groups.drain(..count);
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.groups.capacity() * size_of::<Option<i64>>()
    }
}

/// How many numbers are kept a group: a count, and four that depend on the function.
const KEPT: usize = 5;

type Sums = [f64; KEPT];

/// A function of the sums of what is made of each value.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    /// Takes a further value.
    pub(super) add: fn(&mut Sums, f64) -> Result<()>,
    /// Takes what another part of the work has made.
    pub(super) merge: fn(&mut Sums, &Sums),
    /// The result.
    pub(super) finish: fn(&Sums) -> Option<f64>,
}

/// `geometric_mean`: the count and the sum of logarithms.
pub(super) const GEOMETRIC_MEAN: Sum = Sum {
    add: |sums, value| {
        sums[0] += 1.0;
        sums[1] += value.ln();
        Ok(())
    },
    merge: add_all,
    finish: |sums| (sums[0] > 0.0).then(|| (sums[1] / sums[0]).exp()),
};

/// `entropy`: the sum of counts, and that of counts with their logarithms.
pub(super) const ENTROPY: Sum = Sum {
    add: |sums, value| {
        if value < 0.0 {
            return Err(invalid("Entropy count argument must be non-negative"));
        }
        if value > 0.0 {
            sums[0] += value;
            sums[1] += value * value.ln();
        }
        Ok(())
    },
    merge: add_all,
    finish: |sums| {
        if sums[0] <= 0.0 {
            return Some(0.0);
        }
        let entropy = (sums[0].ln() - sums[1] / sums[0]) / std::f64::consts::LN_2;
        Some(entropy.max(0.0))
    },
};

/// `skewness`, from the central moments.
pub(super) const SKEWNESS: Sum = Sum {
    add: add_moments,
    merge: merge_moments,
    finish: |[count, _, m2, m3, _]| (*count >= 3.0).then(|| count.sqrt() * m3 / m2.powf(1.5)),
};

/// `kurtosis`: the unbiased excess kurtosis, from the central moments.
pub(super) const KURTOSIS: Sum = Sum {
    add: add_moments,
    merge: merge_moments,
    finish: |[count, _, m2, _, m4]| {
        let n = *count;
        (n >= 4.0).then(|| {
            let variance = m2 / (n - 1.0);
            (n * (n + 1.0)) / ((n - 1.0) * (n - 2.0) * (n - 3.0)) * m4 / (variance * variance)
                - 3.0 * ((n - 1.0) * (n - 1.0)) / ((n - 2.0) * (n - 3.0))
        })
    },
};

fn add_all(sums: &mut Sums, others: &Sums) {
    sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
}

/// The count, the mean and the sums of the second, third and fourth powers of the distances from it.
fn add_moments(sums: &mut Sums, value: f64) -> Result<()> {
    merge_moments(sums, &[1.0, value, 0.0, 0.0, 0.0]);
    Ok(())
}

fn merge_moments(sums: &mut Sums, others: &Sums) {
    let [n1, mean1, m21, m31, m41] = *sums;
    let [n2, mean2, m22, m32, m42] = *others;
    if n2 == 0.0 {
        return;
    }
    if n1 == 0.0 {
        *sums = *others;
        return;
    }
    let n = n1 + n2;
    let delta = mean2 - mean1;
    let mean = mean1 + delta * n2 / n;
    let m2 = m21 + m22 + delta.powi(2) * n1 * n2 / n;
    let m3 = m31
        + m32
        + delta.powi(3) * n1 * n2 * (n1 - n2) / n.powi(2)
        + 3.0 * delta * (n1 * m22 - n2 * m21) / n;
    let m4 = m41
        + m42
        + delta.powi(4) * n1 * n2 * (n1.powi(2) - n1 * n2 + n2.powi(2)) / n.powi(3)
        + 6.0 * delta.powi(2) * (n1.powi(2) * m22 + n2.powi(2) * m21) / n.powi(2)
        + 4.0 * delta * (n1 * m32 - n2 * m31) / n;
    *sums = [n, mean, m2, m3, m4];
}

/// The sums of each group.
pub(super) struct Summed {
    sum: Sum,
    groups: Vec<Sums>,
}

impl Summed {
    /// For this function.
    pub(super) fn begin(_: &Given, sum: Sum) -> Result<Box<dyn Groups>> {
        Ok(Box::new(Self { sum, groups: Vec::new() }))
    }
}

/// A double.
pub(super) fn double_field(_: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", DataType::Float64, true)))
}

/// The sums, one column each.
pub(super) fn sums_state(_: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    Ok(vec![Arc::clone(result); KEPT])
}

impl Groups for Summed {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Sums::default());
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let numbers = fit(Arc::clone(&values[0]), &DataType::Float64)?;
        for (number, group) in numbers.as_primitive::<Float64Type>().iter().zip(groups) {
            if let Some(number) = number {
                (self.sum.add)(&mut self.groups[*group], number)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let states: Vec<_> =
            states.iter().map(|state| state.as_primitive::<Float64Type>()).collect();
        for (row, group) in groups.iter().enumerate() {
            let mut sums = Sums::default();
            for (sum, state) in sums.iter_mut().zip(&states) {
                *sum = if state.is_null(row) { 0.0 } else { state.value(row) };
            }
            (self.sum.merge)(&mut self.groups[*group], &sums);
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let column = |at: usize| {
            let sums = self.groups[..count].iter().map(|sums| sums[at]);
            Arc::new(Float64Array::from_iter_values(sums)) as ArrayRef
        };
        Ok((0..KEPT).map(column).collect())
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        let results = self.groups[..count].iter().map(|sums| (self.sum.finish)(sums));
        Ok(Arc::new(results.collect::<Float64Array>()))
    }

    fn drain(&mut self, count: usize) {
        self.groups.drain(..count);
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        self.groups.capacity() * size_of::<Sums>()
    }
}
