//! `approx_percentile` and `numeric_histogram`: a distribution in few points.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{DataFusionError, Result};

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::array::lists::{
    Lengths, Lists, fit, invalid, item, list_type, map_type,
};
use crate::limits::{CENTROIDS_MAX, HISTOGRAM_BUCKETS_MAX};

/// A number that stands for all around it, and how many these are.
#[derive(Clone, Copy, Debug)]
struct Point {
    value: f64,
    weight: f64,
}

/// What is asked of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// `approx_percentile(x, percentage)`, with a weight before the percentage perhaps.
    Percentile,
    /// `numeric_histogram(buckets, x)`, with a weight at the end perhaps.
    Histogram,
}

/// The distributions of each group.
pub(super) struct Distributions {
    question: Question,
    /// Where the value, its weight and the question's number stand among the arguments.
    value_at: usize,
    weight_at: Option<usize>,
    asked_at: usize,
    result: DataType,
    groups: Vec<Distribution>,
}

#[derive(Default)]
struct Distribution {
    points: Vec<Point>,
    /// The percentages, or the count of buckets.
    asked: Vec<f64>,
}

/// The type of the values, or an array of it where several percentages are asked for.
pub(super) fn percentile_field(fields: &[FieldRef]) -> Result<FieldRef> {
    let value = fields[0].as_ref().clone().with_nullable(true);
    let asked = &fields[asked_at(fields)];
    Ok(Arc::new(match asked.data_type() {
        DataType::List(_) | DataType::LargeList(_) => Field::new("", list_type(&value), true),
        _ => value,
    }))
}

/// The position of the percentage: a weight may stand before it, and an accuracy behind it.
fn asked_at(fields: &[FieldRef]) -> usize {
    if fields.len() > 2 { 2 } else { 1 }
}

/// A map from numbers to their weights.
pub(super) fn histogram_field(_: &[FieldRef]) -> Result<FieldRef> {
    let number = Field::new("", DataType::Float64, true);
    Ok(Arc::new(Field::new("", map_type(&number, &number), true)))
}

/// The values, the weights and what is asked.
pub(super) fn points_state(_: &[FieldRef], _: &FieldRef) -> Result<Vec<FieldRef>> {
    let numbers = list_type(&Field::new("", DataType::Float64, true));
    let field: FieldRef = Arc::new(Field::new("", numbers, true));
    Ok((0..3).map(|_| Arc::clone(&field)).collect())
}

impl Distributions {
    /// For `approx_percentile` or `numeric_histogram`.
    pub(super) fn begin(given: &Given, question: Question) -> Result<Box<dyn Groups>> {
        let count = given.fields.len();
        let (value_at, weight_at, asked_at) = match question {
            Question::Percentile => (0, (count > 2).then_some(1), asked_at(&given.fields)),
            Question::Histogram => (1, (count > 2).then_some(2), 0),
        };
        let result = given.result.data_type().clone();
        let groups = Vec::new();
        Ok(Box::new(Self { question, value_at, weight_at, asked_at, result, groups }))
    }

    fn check(&self, asked: &[f64]) -> Result<()> {
        match self.question {
            Question::Percentile => {
                if asked.iter().any(|asked| !(0.0..=1.0).contains(asked)) {
                    return Err(invalid("percentile must be between 0 and 1"));
                }
            }
            Question::Histogram => {
                let most = HISTOGRAM_BUCKETS_MAX as f64;
                if asked.iter().any(|asked| !(2.0..=most).contains(asked)) {
                    return Err(invalid(&format!(
                        "numeric_histogram bucket count must be between 2 and {most}"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl Distribution {
    fn add(&mut self, question: Question, point: Point) {
        self.points.push(point);
        match question {
            Question::Percentile => {
                if self.points.len() >= 2 * CENTROIDS_MAX {
                    self.points.sort_by(|left, right| left.value.total_cmp(&right.value));
                    self.points = shrink(&self.points);
                }
            }
            Question::Histogram => {
                let buckets = self.asked.first().map_or(2, |asked| *asked as usize);
                // Points are joined only now and then, for that goes over all of them.
                if self.points.len() >= 2 * buckets + 1000 {
                    join_nearest(&mut self.points, buckets);
                }
            }
        }
    }

    fn sorted(&self) -> Vec<Point> {
        let mut points = self.points.clone();
        points.sort_by(|left, right| left.value.total_cmp(&right.value));
        points
    }
}

/// Joins neighbours, fewer at the ends of the distribution, where small shares are asked for.
fn shrink(points: &[Point]) -> Vec<Point> {
    let total: f64 = points.iter().map(|point| point.weight).sum();
    let scale = CENTROIDS_MAX as f64 / std::f64::consts::PI;
    let place = |weight: f64| scale * (2.0 * (weight / total).clamp(0.0, 1.0) - 1.0).asin();
    let mut kept: Vec<Point> = Vec::with_capacity(CENTROIDS_MAX);
    // The weight before the last point that is kept.
    let mut before = 0.0;
    for (at, point) in points.iter().enumerate() {
        // The least and the greatest value stay as they are.
        let is_inner = at > 1 && at + 1 < points.len();
        match kept.last_mut() {
            Some(last)
                if is_inner
                    && place(before + last.weight + point.weight) - place(before) <= 1.0 =>
            {
                last.weight += point.weight;
                last.value += (point.value - last.value) * point.weight / last.weight;
            }
            last => {
                before += last.map_or(0.0, |last| last.weight);
                kept.push(*point);
            }
        }
    }
    kept
}

/// The value below which such a share of the weight lies.
fn percentile(points: &[Point], share: f64) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let total: f64 = points.iter().map(|point| point.weight).sum();
    let wanted = share * total;
    if wanted < 1.0 {
        return Some(first.value);
    }
    if wanted > total - 1.0 {
        return Some(last.value);
    }
    // Each point lies in the middle of its weight; single values answer for their own place alone.
    let mut before = first.weight / 2.0;
    for pair in points.windows(2) {
        let [left, right] = [pair[0], pair[1]];
        let distance = (left.weight + right.weight) / 2.0;
        if before + distance > wanted {
            let mut from_left = wanted - before;
            let mut from_right = before + distance - wanted;
            if left.weight == 1.0 {
                if from_left < 0.5 {
                    return Some(left.value);
                }
                from_left -= 0.5;
            }
            if right.weight == 1.0 {
                if from_right <= 0.5 {
                    return Some(right.value);
                }
                from_right -= 0.5;
            }
            let between = from_left + from_right;
            if between <= 0.0 {
                return Some(right.value);
            }
            return Some((left.value * from_right + right.value * from_left) / between);
        }
        before += distance;
    }
    Some(last.value)
}

/// Joins the points that are nearest to each other until there are so many.
fn join_nearest(points: &mut Vec<Point>, buckets: usize) {
    points.sort_by(|left, right| left.value.total_cmp(&right.value));
    points.dedup_by(|next, point| {
        let same = next.value == point.value;
        if same {
            point.weight += next.weight;
        }
        same
    });
    let cost = |left: &Point, right: &Point| {
        let weight = left.weight + right.weight;
        (right.value - left.value).powi(2) * left.weight * right.weight / weight
    };
    while points.len() > buckets.max(1) {
        let costs = points.windows(2).map(|pair| cost(&pair[0], &pair[1]));
        let Some((at, _)) = costs.enumerate().min_by(|left, right| left.1.total_cmp(&right.1))
        else {
            return;
        };
        let right = points.remove(at + 1);
        let left = &mut points[at];
        let weight = left.weight + right.weight;
        left.value = (left.value * left.weight + right.value * right.weight) / weight;
        left.weight = weight;
    }
}

impl Groups for Distributions {
    fn resize(&mut self, groups: usize) {
        self.groups.resize_with(groups, Distribution::default);
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let numbers = |at: usize| fit(Arc::clone(&values[at]), &DataType::Float64);
        let asked = &values[self.asked_at];
        let shares = match asked.data_type() {
            DataType::List(_) | DataType::LargeList(_) => Some(Lists::of(asked)?),
            _ => None,
        };
        let shares_values = match &shares {
            Some(lists) => fit(Arc::clone(&lists.values), &DataType::Float64)?,
            None => numbers(self.asked_at)?,
        };
        let shares_values = shares_values.as_primitive::<Float64Type>();
        let given = numbers(self.value_at)?;
        let given = given.as_primitive::<Float64Type>();
        let weights = self.weight_at.map(numbers).transpose()?;
        for (row, group) in groups.iter().copied().enumerate() {
            let weight = match &weights {
                None => 1.0,
                Some(weights) if weights.is_null(row) => continue,
                Some(weights) => weights.as_primitive::<Float64Type>().value(row),
            };
            if given.is_null(row) {
                continue;
            }
            if weight.is_nan() || weight <= 0.0 {
                if self.question == Question::Histogram || weight == 0.0 {
                    continue;
                }
                return Err(invalid("percentile weight must be > 0"));
            }
            if self.groups[group].asked.is_empty() {
                let range = shares.as_ref().map_or(row..row + 1, |lists| lists.range(row));
                let asked: Vec<f64> = range
                    .filter(|at| shares_values.is_valid(*at))
                    .map(|at| shares_values.value(at))
                    .collect();
                self.check(&asked)?;
                self.groups[group].asked = asked;
            }
            let value = given.value(row);
            self.groups[group].add(self.question, Point { value, weight });
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let lists = states.iter().map(|state| Lists::of(state)).collect::<Result<Vec<_>>>()?;
        let [values, weights, asked] = lists.as_slice() else {
            return Err(DataFusionError::Internal("a distribution has three parts".to_owned()));
        };
        let number =
            |lists: &Lists, at: usize| lists.values.as_primitive::<Float64Type>().value(at);
        for (row, group) in groups.iter().copied().enumerate() {
            if self.groups[group].asked.is_empty() {
                self.groups[group].asked = asked.range(row).map(|at| number(asked, at)).collect();
            }
            for (value, weight) in values.range(row).zip(weights.range(row)) {
                let point = Point { value: number(values, value), weight: number(weights, weight) };
                self.groups[group].add(self.question, point);
            }
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        type Numbers = fn(&Distribution) -> Vec<f64>;
        let parts: [Numbers; 3] = [
            |group| group.points.iter().map(|point| point.value).collect(),
            |group| group.points.iter().map(|point| point.weight).collect(),
            |group| group.asked.clone(),
        ];
        let item = Arc::new(Field::new_list_field(DataType::Float64, true));
        let lists = parts.into_iter().map(|part| {
            let mut lengths = Lengths::with_capacity(count);
            let mut numbers = Vec::new();
            for group in &self.groups[..count] {
                numbers.extend(part(group));
                lengths.end_row(numbers.len())?;
            }
            let list = lengths.list(&item, Arc::new(Float64Array::from(numbers)))?;
            Ok(Arc::new(list) as ArrayRef)
        });
        lists.collect()
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        let groups = &self.groups[..count];
        let mut numbers: Vec<Option<f64>> = Vec::new();
        let mut lengths = Lengths::with_capacity(count);
        let mut weights: Vec<Option<f64>> = Vec::new();
        let is_single = !matches!(self.result, DataType::List(_) | DataType::Map(..));
        for group in groups {
            if group.points.is_empty() {
                lengths.null_row();
                numbers.extend(is_single.then_some(None));
                continue;
            }
            match self.question {
                Question::Percentile => {
                    let points = group.sorted();
                    let shares = group.asked.iter();
                    numbers.extend(shares.map(|share| percentile(&points, *share)));
                    if is_single && group.asked.is_empty() {
                        numbers.push(None);
                    }
                }
                Question::Histogram => {
                    let mut points = group.points.clone();
                    let buckets = group.asked.first().map_or(2, |asked| *asked as usize);
                    join_nearest(&mut points, buckets);
                    numbers.extend(points.iter().map(|point| Some(point.value)));
                    weights.extend(points.iter().map(|point| Some(point.weight)));
                }
            }
            lengths.end_row(numbers.len())?;
        }
        if let DataType::Map(..) = self.result {
            let keys: ArrayRef = Arc::new(Float64Array::from(numbers));
            let values: ArrayRef = Arc::new(Float64Array::from(weights));
            return Ok(Arc::new(lengths.map(&self.result, keys, values)?));
        }
        let target = match &self.result {
            DataType::List(item) => item.data_type(),
            single => single,
        };
        if target.is_integer() {
            numbers.iter_mut().flatten().for_each(|number| *number = number.round());
        }
        let numbers = fit(Arc::new(Float64Array::from(numbers)), target)?;
        if is_single {
            return Ok(numbers);
        }
        Ok(Arc::new(lengths.list(&item(&self.result)?, numbers)?))
    }

    fn drain(&mut self, count: usize) {
        self.groups.drain(..count);
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn bytes(&self) -> usize {
        let points = self.groups.iter().map(|group| group.points.capacity()).sum::<usize>();
        points * size_of::<Point>() + self.groups.capacity() * size_of::<Distribution>()
    }
}
