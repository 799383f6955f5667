//! The rows that contributors are looked for among: all of them, or a sample that keeps the heavy ones.

use crate::explain::dictionary::Dictionary;
use crate::limits::{ROWS_KEPT_MAX, VALUES_BYTES_MAX};

/// The rows of the windows, column by column, with values as codes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// A dictionary for each dimension, and a code a row.
    pub(crate) columns: Vec<Column>,
    /// The window of each row, by its position among the windows.
    pub(crate) windows: Vec<u8>,
    /// The numbers of each row, by the position of the part that they are of. NaN for none.
    pub(crate) numbers: Vec<Vec<f64>>,
    /// How many rows each kept row stands for.
    pub(crate) weights: Vec<f64>,
    /// How much each row matters: about one, more for rows with large numbers.
    sizes: Vec<f32>,
    /// A row of size `s` is kept with the probability `s / threshold`, at most one.
    threshold: f64,
    random: u64,
}

/// One dimension of the rows.
#[derive(Debug, Default)]
pub(crate) struct Column {
    pub(crate) dictionary: Dictionary,
    pub(crate) codes: Vec<u32>,
}

impl Rows {
    /// No rows, with so many dimensions and numbers.
    pub(crate) fn new(columns: usize, numbers: usize) -> Self {
        Self {
            columns: std::iter::repeat_with(Column::default).take(columns).collect(),
            numbers: vec![Vec::new(); numbers],
            // The same logs give the same answer.
            random: 0x9e37_79b9_7f4a_7c15,
            ..Self::default()
        }
    }

    /// How many rows are kept.
    pub(crate) fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether some rows were left out.
    pub(crate) fn is_sample(&self) -> bool {
        self.threshold > 0.0
    }

    /// For how many rows a kept row of the usual size stands.
    pub(crate) fn usual_weight(&self) -> f64 {
        self.threshold.max(1.0)
    }

    /// Whether a row of this size is kept; if so, its window, size and weight are.
    pub(crate) fn keep(&mut self, window: u8, size: f32) -> bool {
        let chance = chance(size, self.threshold);
        if chance < 1.0 && self.fraction() >= chance {
            return false;
        }
        self.windows.push(window);
        self.sizes.push(size);
        self.weights.push(1.0 / chance);
        true
    }

    /// Leaves rows out if there are too many, or if their values take too much memory.
    pub(crate) fn bound(&mut self) {
        let bytes: usize = self.columns.iter().map(|column| column.dictionary.bytes()).sum();
        let too_many_bytes = bytes > VALUES_BYTES_MAX;
        if self.len() <= ROWS_KEPT_MAX && !too_many_bytes {
            return;
        }
        let before = self.threshold;
        let wanted = self.len() as f64 / 2.0;
        self.threshold = self.threshold.max(1.0);
        loop {
            self.threshold *= 2.0;
            let left: f64 = (self.sizes.iter())
                .map(|size| chance(*size, self.threshold) / chance(*size, before))
                .sum();
            if left <= wanted {
                break;
            }
        }
        let mut kept = Vec::with_capacity(self.len() / 2);
        for row in 0..self.len() {
            let now = chance(self.sizes[row], self.threshold);
            if self.fraction() < now / chance(self.sizes[row], before) {
                self.weights[row] = 1.0 / now;
                kept.push(row);
            }
        }
        self.retain(&kept);
        if too_many_bytes {
            for column in &mut self.columns {
                column.dictionary.rebuild(&mut column.codes);
            }
        }
    }

    /// Leaves out the rows of all windows after this one.
    pub(crate) fn forget_windows(&mut self, last: u8) {
        let kept: Vec<usize> = (0..self.len()).filter(|row| self.windows[*row] <= last).collect();
        if kept.len() < self.len() {
            self.retain(&kept);
        }
    }

    fn retain(&mut self, kept: &[usize]) {
        retain(&mut self.windows, kept);
        retain(&mut self.weights, kept);
        retain(&mut self.sizes, kept);
        for numbers in &mut self.numbers {
            retain(numbers, kept);
        }
        for column in self.columns.iter_mut().filter(|column| !column.codes.is_empty()) {
            retain(&mut column.codes, kept);
        }
    }

    /// A number from 0 to 1, the next of a fixed series (splitmix64).
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The probability with which a row of this size is kept.
fn chance(size: f32, threshold: f64) -> f64 {
    if threshold <= 0.0 { 1.0 } else { (f64::from(size) / threshold).min(1.0) }
}

fn retain<T: Copy>(values: &mut Vec<T>, kept: &[usize]) {
    for (to, from) in kept.iter().enumerate() {
        values[to] = values[*from];
    }
    values.truncate(kept.len());
}
