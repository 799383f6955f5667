//! The rows of a search: their amounts, which of them are still unexplained, and where a value's rows lie.

use std::collections::BTreeMap;

use crate::drivers::cell::Cell;
use crate::drivers::{Direction, Leaves, Level, Noise, Options};
use crate::limits::LEVEL_VALUES_MAX;

/// The fewest rows before that say which event is a large one.
const TAMED_ROWS_MIN: usize = 100;

/// The rows of a search.
pub(crate) struct Rows<'a> {
    pub(crate) leaves: &'a Leaves,
    pub(crate) noise: Noise,
    /// Each row's amounts as they are summed up.
    pub(crate) cells: Vec<Cell>,
    /// Whether no driver has taken the row.
    pub(crate) active: Vec<bool>,
    /// The levels that take part, by their index in the leaves.
    pub(crate) levels: Vec<usize>,
    pub(crate) amounts_unreadable: u64,
    /// Whether one of the windows has nothing at all, so that nothing can be compared.
    pub(crate) one_sided: bool,
    postings: BTreeMap<usize, Postings>,
}

/// The rows of each value of a level.
struct Postings {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl<'a> Rows<'a> {
    /// Reads the leaves. Levels that no search can use, being too short or of too many values, are left out.
    pub(crate) fn of(leaves: &'a Leaves, options: &Options) -> Self {
        let mut count = leaves.during.len().min(leaves.before.len()).min(u32::MAX as usize);
        let squares_given = options.noise == Noise::Sums || !leaves.during_squares.is_empty();
        if options.noise == Noise::Sums && !leaves.during_squares.is_empty() {
            count = count.min(leaves.during_squares.len()).min(leaves.before_squares.len());
        }
        let levels = (0..leaves.levels.len())
            .filter(|level| usable(&leaves.levels[*level], count))
            .collect();
        let mut amounts_unreadable = 0;
        let mut read = |amount: f64| {
            let fits = amount.is_finite() && (amount >= 0.0 || options.noise == Noise::Relative);
            amounts_unreadable += u64::from(!fits);
            if fits { amount } else { 0.0 }
        };
        let mut cells = Vec::with_capacity(count);
        for row in 0..count {
            let (during, before) = (read(leaves.during[row]), read(leaves.before[row]));
            let (during_squares, before_squares) = match options.noise {
                Noise::Sums if squares_given && !leaves.during_squares.is_empty() => {
                    (read(leaves.during_squares[row]), read(leaves.before_squares[row]))
                }
                Noise::Sums => (during * during, before * before),
                _ => (0.0, 0.0),
            };
            cells.push(Cell { during, before, during_squares, before_squares });
        }
        let whole = |of: fn(&Cell) -> f64| cells.iter().map(of).sum::<f64>();
        let one_sided = whole(|cell| cell.during) <= 0.0 || whole(|cell| cell.before) <= 0.0;
        if options.noise == Noise::Relative {
            make_relative(&mut cells, options.direction);
        }
        if options.noise == Noise::Sums {
            tame(&mut cells);
        }
        let active = vec![true; count];
        let noise = options.noise;
        Self {
            leaves,
            noise,
            cells,
            active,
            levels,
            amounts_unreadable,
            one_sided,
            postings: BTreeMap::new(),
        }
    }

    pub(crate) fn level(&self, level: usize) -> &'a Level {
        &self.leaves.levels[level]
    }

    /// All rows of a pattern, those of earlier drivers too, in order.
    pub(crate) fn matching(&mut self, pattern: &[(usize, u32)]) -> Vec<u32> {
        for (level, _) in pattern {
            if !self.postings.contains_key(level) {
                let made = Postings::of(self.level(*level), self.cells.len());
                self.postings.insert(*level, made);
            }
        }
        let lists = pattern.iter().map(|(level, code)| self.postings[level].rows_of(*code));
        let Some((first, list)) = lists.enumerate().min_by_key(|(_, list)| list.len()) else {
            return Vec::new();
        };
        let others: Vec<(&[u32], u32)> = pattern
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != first)
            .map(|(_, (level, code))| (self.leaves.levels[*level].codes.as_slice(), *code))
            .collect();
        list.iter()
            .copied()
            .filter(|row| others.iter().all(|(codes, code)| codes[*row as usize] == *code))
            .collect()
    }
}

impl Postings {
    fn of(level: &Level, count: usize) -> Self {
        let codes = &level.codes[..count];
        let mut starts = vec![0u32; level.cardinality as usize + 1];
        for code in codes {
            starts[*code as usize + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; count];
        for (row, code) in codes.iter().enumerate() {
            let place = &mut next[*code as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        Self { starts, rows }
    }

    fn rows_of(&self, code: u32) -> &[u32] {
        let code = code as usize;
        &self.rows[self.starts[code] as usize..self.starts[code + 1] as usize]
    }
}

fn usable(level: &Level, count: usize) -> bool {
    level.codes.len() >= count
        && level.cardinality > 1
        && level.cardinality as usize <= LEVEL_VALUES_MAX
        && level.codes[..count].iter().all(|code| *code < level.cardinality)
}

/// Cuts the largest events down to the size that one event in fifty exceeds before, so that a single one of them does
/// not drown what many rows say. What is reported of a driver is not cut.
fn tame(cells: &mut [Cell]) {
    let size = |sum: f64, squares: f64| if sum > 0.0 { squares / sum } else { 0.0 };
    let mut sizes: Vec<f64> = cells
        .iter()
        .filter(|cell| cell.before > 0.0)
        .map(|cell| size(cell.before, cell.before_squares))
        .collect();
    if sizes.len() < TAMED_ROWS_MIN {
        return;
    }
    let place = sizes.len() - 1 - sizes.len() / 50;
    let (_, most, _) = sizes.select_nth_unstable_by(place, f64::total_cmp);
    let most = *most;
    let cut = |sum: &mut f64, squares: &mut f64| {
        let size = size(*sum, *squares);
        if size > most {
            *sum *= most / size;
            *squares *= (most / size).powi(2);
        }
    };
    for cell in cells {
        cut(&mut cell.during, &mut cell.during_squares);
        cut(&mut cell.before, &mut cell.before_squares);
    }
}

/// Replaces amounts by the error relative to the greater of the two, positive in the direction that is looked at, and
/// by the number of rows. A row that is zero in both says nothing.
fn make_relative(cells: &mut [Cell], direction: Direction) {
    let change: f64 = cells.iter().map(|cell| cell.during - cell.before).sum();
    let falls = match direction {
        Direction::Up => false,
        Direction::Down => true,
        Direction::Both | Direction::Total => change < 0.0,
    };
    let sign = if falls { -1.0 } else { 1.0 };
    for cell in cells {
        let greater = cell.during.max(cell.before);
        *cell = if greater > 0.0 {
            let error = sign * (cell.during - cell.before) / greater;
            Cell { during: error, before: 1.0, ..Cell::default() }
        } else {
            Cell::default()
        };
    }
}
