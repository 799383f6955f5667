//! Tables of cells: one level, or several levels crossed.

use crate::drivers::cell::{Cell, Measure};
use crate::drivers::noise::Drift;
use crate::drivers::rows::Rows;
use crate::drivers::{Direction, Noise, Options};
use crate::limits::{ALPHABET_VALUES_MAX, CROSSED_LEVELS_MAX, TABLE_CELLS_MAX, TABLES_CELLS_MAX};

/// The place of a value that a crossed table leaves out.
const OTHER: u16 = u16::MAX;

/// The sums of all values of a level, or of all combinations of the kept values of several.
pub(crate) struct Table {
    /// By index in the leaves, in ascending order.
    pub(crate) levels: Vec<usize>,
    pub(crate) cells: Vec<Cell>,
    /// The cells that may still gain enough.
    pub(crate) live: Vec<u32>,
    pub(crate) drift: Drift,
    /// For each of the levels the alphabet, if the table is of several.
    alphabets: Vec<usize>,
}

/// The values of a level that crossed tables keep.
struct Alphabet {
    codes: Vec<u32>,
    /// Each row's place among the codes.
    places: Vec<u16>,
}

/// All tables of a search.
pub(crate) struct Tables {
    /// Those of one level come first, one a usable level.
    pub(crate) tables: Vec<Table>,
    /// The levels of those, in the same, ascending order.
    levels: Vec<usize>,
    alphabets: Vec<Alphabet>,
    pub(crate) cells_examined: u64,
}

impl Tables {
    /// The tables of one level.
    pub(crate) fn of_levels(rows: &Rows) -> Self {
        let mut tables = Vec::with_capacity(rows.levels.len());
        let mut cells_examined = 0;
        for level in &rows.levels {
            let source = rows.level(*level);
            let mut cells = vec![Cell::default(); source.cardinality as usize];
            for (cell, code) in rows.cells.iter().zip(&source.codes) {
                cells[*code as usize].add(cell);
            }
            cells_examined += cells.len() as u64;
            tables.push(Table {
                levels: vec![*level],
                cells,
                live: Vec::new(),
                drift: Drift::default(),
                alphabets: Vec::new(),
            });
        }
        Self { tables, levels: rows.levels.clone(), alphabets: Vec::new(), cells_examined }
    }

    /// Adds the tables of several levels: of the most promising levels, as far as the limits go.
    pub(crate) fn cross(&mut self, rows: &Rows, measure: &Measure, options: &Options, least: f64) {
        if options.order_max < 2 {
            return;
        }
        let (rises, falls) = directions(options);
        let mut chosen = self.promising(rows, measure);
        let mut alphabets = Vec::new();
        chosen.retain(|table| {
            let cells = &self.tables[*table].cells;
            let mut codes: Vec<u32> = (0..cells.len() as u32)
                .filter(|code| {
                    let cell = &cells[*code as usize];
                    !cell.is_empty() && measure.gain_bound(cell, rises, falls) > least
                })
                .collect();
            if codes.len() > ALPHABET_VALUES_MAX {
                let bound = |code: &u32| measure.gain_bound(&cells[*code as usize], rises, falls);
                codes.sort_by(|a, b| bound(b).total_cmp(&bound(a)).then(a.cmp(b)));
                codes.truncate(ALPHABET_VALUES_MAX);
                codes.sort_unstable();
            }
            let kept = !codes.is_empty();
            if kept {
                alphabets.push(codes);
            }
            kept
        });
        let chosen: Vec<usize> =
            chosen.into_iter().map(|table| self.tables[table].levels[0]).collect();
        self.alphabets = chosen
            .iter()
            .zip(alphabets)
            .map(|(level, codes)| Alphabet::of(rows, *level, codes))
            .collect();
        let (mut additions, mut cells) = (options.additions_max, TABLES_CELLS_MAX);
        for subset in subsets(chosen.len(), options.order_max) {
            let apart = subset.iter().enumerate().all(|(place, a)| {
                let chain = rows.level(chosen[*a]).chain;
                subset[place + 1..].iter().all(|b| rows.level(chosen[*b]).chain != chain)
            });
            if !apart {
                continue;
            }
            let size = subset
                .iter()
                .try_fold(1usize, |size, place| {
                    size.checked_mul(self.alphabets[*place].codes.len())
                })
                .unwrap_or(usize::MAX);
            if size > TABLE_CELLS_MAX.min(cells) {
                continue;
            }
            if additions < rows.cells.len() {
                break;
            }
            additions -= rows.cells.len();
            cells -= size;
            self.cells_examined += size as u64;
            let mut subset = subset;
            subset.sort_unstable_by_key(|place| chosen[*place]);
            let levels = subset.iter().map(|place| chosen[*place]).collect();
            self.add_crossed(rows, levels, subset, size);
        }
    }

    /// Notes which cells may gain more than this.
    pub(crate) fn enliven(&mut self, measure: &Measure, options: &Options, least: f64) {
        let (rises, falls) = directions(options);
        for table in &mut self.tables {
            table.live = (0..table.cells.len() as u32)
                .filter(|place| {
                    let cell = &table.cells[*place as usize];
                    !cell.is_empty() && measure.gain_bound(cell, rises, falls) > least
                })
                .collect();
        }
    }

    /// Takes rows out of all tables.
    pub(crate) fn remove(&mut self, rows: &Rows, taken: &[u32]) {
        let Self { tables, alphabets, .. } = self;
        for table in tables {
            if table.alphabets.is_empty() {
                let codes = &rows.level(table.levels[0]).codes;
                for row in taken {
                    let row = *row as usize;
                    table.cells[codes[row] as usize].subtract(&rows.cells[row]);
                }
            } else {
                let axes: Vec<&Alphabet> =
                    table.alphabets.iter().map(|alphabet| &alphabets[*alphabet]).collect();
                for row in taken {
                    let row = *row as usize;
                    if let Some(place) = place(&axes, row) {
                        table.cells[place].subtract(&rows.cells[row]);
                    }
                }
            }
        }
    }

    /// The pattern of a cell.
    pub(crate) fn pattern(&self, table: &Table, place: u32) -> Vec<(usize, u32)> {
        if table.alphabets.is_empty() {
            return vec![(table.levels[0], place)];
        }
        let mut rest = place as usize;
        let mut pattern = Vec::with_capacity(table.levels.len());
        for (level, alphabet) in table.levels.iter().zip(&table.alphabets).rev() {
            let codes = &self.alphabets[*alphabet].codes;
            pattern.push((*level, codes[rest % codes.len()]));
            rest /= codes.len();
        }
        pattern.reverse();
        pattern
    }

    /// The levels, those first of which one value gains most.
    pub(crate) fn levels_by_gain(&self, measure: &Measure) -> Vec<usize> {
        let ranked = self.ranked(measure).into_iter();
        ranked.map(|place| self.tables[place].levels[0]).collect()
    }

    /// The table of one level.
    pub(crate) fn of_level(&self, level: usize) -> Option<&Table> {
        let place = self.levels.binary_search(&level).ok()?;
        self.tables.get(place)
    }
}

impl Tables {
    fn add_crossed(&mut self, rows: &Rows, levels: Vec<usize>, alphabets: Vec<usize>, size: usize) {
        let axes: Vec<&Alphabet> =
            alphabets.iter().map(|alphabet| &self.alphabets[*alphabet]).collect();
        let mut cells = vec![Cell::default(); size];
        if let [first, second] = axes[..] {
            // Most tables are of two levels, and most of the search's time goes by here.
            let width = second.codes.len();
            for ((cell, a), b) in rows.cells.iter().zip(&first.places).zip(&second.places) {
                if *a != OTHER && *b != OTHER {
                    cells[*a as usize * width + *b as usize].add(cell);
                }
            }
        } else {
            for (row, cell) in rows.cells.iter().enumerate() {
                if let Some(place) = place(&axes, row) {
                    cells[place].add(cell);
                }
            }
        }
        let (live, drift) = (Vec::new(), Drift::default());
        self.tables.push(Table { levels, cells, live, drift, alphabets });
    }

    /// The tables of one level that are worth crossing: for each chain its best level first.
    fn promising(&self, rows: &Rows, measure: &Measure) -> Vec<usize> {
        let mut seen: Vec<(u32, usize)> = Vec::new();
        let mut ordered: Vec<(usize, usize, usize)> = Vec::new();
        for (rank, place) in self.ranked(measure).into_iter().enumerate() {
            let chain = rows.level(self.tables[place].levels[0]).chain;
            let turn = match seen.iter_mut().find(|(known, _)| *known == chain) {
                Some((_, turn)) => {
                    *turn += 1;
                    *turn
                }
                None => {
                    seen.push((chain, 0));
                    0
                }
            };
            ordered.push((turn, rank, place));
        }
        ordered.sort_unstable();
        ordered.truncate(CROSSED_LEVELS_MAX);
        ordered.into_iter().map(|(_, _, place)| place).collect()
    }
}

impl Tables {
    /// The tables of one level, those first of which one cell gains most.
    fn ranked(&self, measure: &Measure) -> Vec<usize> {
        let mut ranked: Vec<(f64, usize)> = self
            .tables
            .iter()
            .enumerate()
            .filter(|(_, table)| table.levels.len() == 1)
            .map(|(place, table)| {
                let best = table.live.iter().map(|cell| measure.gain(&table.cells[*cell as usize]));
                (best.fold(0.0, f64::max), place)
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, place)| place).collect()
    }
}

impl Alphabet {
    fn of(rows: &Rows, level: usize, codes: Vec<u32>) -> Self {
        let source = rows.level(level);
        let mut place_of = vec![OTHER; source.cardinality as usize];
        for (place, code) in codes.iter().enumerate() {
            place_of[*code as usize] = place as u16;
        }
        let places =
            source.codes[..rows.cells.len()].iter().map(|code| place_of[*code as usize]).collect();
        Self { codes, places }
    }
}

/// Which changes of a cell count, for this direction: rises, falls.
pub(crate) fn directions(options: &Options) -> (bool, bool) {
    let relative = options.noise == Noise::Relative;
    (
        relative || options.direction != Direction::Down,
        !relative && options.direction != Direction::Up,
    )
}

fn place(axes: &[&Alphabet], row: usize) -> Option<usize> {
    let mut place = 0;
    for alphabet in axes {
        let next = alphabet.places[row];
        if next == OTHER {
            return None;
        }
        place = place * alphabet.codes.len() + next as usize;
    }
    Some(place)
}

/// The subsets of two to `order_max` of the first `count` numbers: small ones first, then those of low numbers.
fn subsets(count: usize, order_max: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut last: Vec<Vec<usize>> = (0..count).map(|number| vec![number]).collect();
    for _ in 2..=order_max.min(count) {
        let mut next = Vec::new();
        for subset in &last {
            for number in subset[subset.len() - 1] + 1..count {
                let mut longer = subset.clone();
                longer.push(number);
                next.push(longer);
            }
        }
        next.sort_by_key(|subset| (subset.iter().sum::<usize>(), subset.clone()));
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}
