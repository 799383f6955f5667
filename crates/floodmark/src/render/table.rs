//! Tables for people: as wide as the terminal, with NULL told from an empty text.

use comfy_table::{CellAlignment, ContentArrangement, presets};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::athena::Texts;

use crate::render::{Place, Sink, safe};

/// How many rows a table shows. Whoever wants more wants another format.
const ROWS_MAX: usize = 10_000;

/// How NULL is shown; an empty text shows nothing.
const NULL: &str = "NULL";

/// How many characters of a value a table shows.
const VALUE_MAX: usize = 2_000;

pub(crate) struct Table<'a> {
    place: &'a mut Place,
    table: comfy_table::Table,
    rows: usize,
    left_out: usize,
}

impl<'a> Table<'a> {
    pub(crate) fn new(place: &'a mut Place, schema: &SchemaRef, is_terminal: bool) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::UTF8_BORDERS_ONLY);
        if is_terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            if let Some(width) = terminal_width() {
                table.set_width(width);
            }
        }
        table.set_header(schema.fields().iter().map(|field| safe(field.name()).into_owned()));
        for (column, field) in table.column_iter_mut().zip(schema.fields()) {
            if field.data_type().is_numeric() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { place, table, rows: 0, left_out: 0 }
    }
}

/// Whether there are too many columns for the terminal.
pub(crate) fn is_too_wide(schema: &SchemaRef) -> bool {
    const COLUMN_MIN: usize = 11;
    let width = usize::from(terminal_width().unwrap_or(80));
    schema.fields().len() > 3 && schema.fields().len() * COLUMN_MIN > width
}

/// The width of the terminal, as COLUMNS or the terminal itself says it.
pub(crate) fn terminal_width() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0))
}

impl Sink for Table<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        let texts = Texts::new(batch)?;
        for row in 0..batch.num_rows() {
            if self.rows == ROWS_MAX {
                self.left_out += batch.num_rows() - row;
                break;
            }
            self.rows += 1;
            let cells = (0..batch.num_columns())
                .map(|at| texts.text(at, row).map_or_else(|| NULL.to_owned(), |text| shown(&text)));
            self.table.add_row(cells.collect::<Vec<_>>());
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        writeln!(self.place, "{}", self.table)?;
        let rows = self.rows + self.left_out;
        writeln!(self.place, "{rows} {}", if rows == 1 { "row" } else { "rows" })?;
        if self.left_out > 0 {
            writeln!(
                self.place,
                "the table shows the first {ROWS_MAX} of them; `--format csv` gives all"
            )?;
        }
        Ok(())
    }
}

fn shown(value: &str) -> String {
    let safe = safe(value);
    match safe.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe.into_owned(),
    }
}

/// Rows one under the other, a line a column, for results that are wider than any terminal.
pub(crate) struct Records<'a> {
    place: &'a mut Place,
    rows: usize,
}

impl<'a> Records<'a> {
    pub(crate) fn new(place: &'a mut Place) -> Self {
        Self { place, rows: 0 }
    }
}

impl Sink for Records<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        records(self.place, batch, self.rows)?;
        self.rows += batch.num_rows();
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        let Self { place, rows } = *self;
        writeln!(place, "{rows} {}", if rows == 1 { "row" } else { "rows" })?;
        Ok(())
    }
}

fn records(place: &mut Place, batch: &RecordBatch, first: usize) -> anyhow::Result<()> {
    let schema = batch.schema();
    let names: Vec<_> = schema.fields().iter().map(|field| safe(field.name())).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let texts = Texts::new(batch)?;
    for row in 0..batch.num_rows() {
        writeln!(place, "─ row {} ─", first + row + 1)?;
        for (at, name) in names.iter().enumerate() {
            let value = texts.text(at, row).map_or_else(|| NULL.to_owned(), |text| shown(&text));
            writeln!(place, "{name:width$} │ {value}")?;
        }
    }
    Ok(())
}
