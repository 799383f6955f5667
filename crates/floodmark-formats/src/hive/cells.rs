//! The values of a line as text, before they are given to columns.

/// Where the value of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// NULL.
    Null,
    /// A part of the block.
    Part(u32, u32),
    /// A part of the text beside the block, for what does not stand in the block as it is.
    Side(u32, u32),
}

/// The cells of one line: for each column of the table its value, if it is wanted.
#[derive(Debug)]
pub(crate) struct Cells {
    cells: Vec<Cell>,
    /// The columns that are wanted, in order.
    wanted: Vec<usize>,
    pub(crate) side: String,
}

impl Cell {
    /// A part of the block. Blocks are below 4 GiB.
    #[inline]
    pub(crate) fn part(start: usize, end: usize) -> Self {
        Self::Part(start as u32, end as u32)
    }
}

impl Cells {
    pub(crate) fn new(columns: usize, wanted: Vec<usize>) -> Self {
        Self { cells: vec![Cell::Null; columns], wanted, side: String::new() }
    }

    /// The columns that are wanted, in order.
    pub(crate) fn wanted(&self) -> &[usize] {
        &self.wanted
    }

    #[inline]
    pub(crate) fn get(&self, column: usize) -> Cell {
        self.cells[column]
    }

    #[inline]
    pub(crate) fn set(&mut self, column: usize, cell: Cell) {
        self.cells[column] = cell;
    }

    /// Sets the cell of every wanted column.
    pub(crate) fn fill(&mut self, cell: impl Fn(usize) -> Cell) {
        for column in &self.wanted {
            self.cells[*column] = cell(*column);
        }
    }

    /// Sets the cell of every wanted column by its place among them.
    pub(crate) fn fill_in_order(&mut self, cell: impl Fn(usize) -> Cell) {
        for (place, column) in self.wanted.iter().enumerate() {
            self.cells[*column] = cell(place);
        }
    }

    /// The text of a cell in a block; None is NULL.
    #[inline]
    pub(crate) fn text<'a>(&'a self, column: usize, block: &'a str) -> Option<&'a str> {
        match self.cells[column] {
            Cell::Null => None,
            Cell::Part(start, end) => block.get(start as usize..end as usize),
            Cell::Side(start, end) => self.side.get(start as usize..end as usize),
        }
    }
}
