//! Markdown: text, a line a row.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::athena::Texts;

use crate::render::{Place, Sink, safe};

/// A table for documents.
pub(crate) struct Markdown<'a> {
    place: &'a mut Place,
    schema: SchemaRef,
    begun: bool,
}

impl<'a> Markdown<'a> {
    pub(crate) fn new(place: &'a mut Place, schema: &SchemaRef) -> Self {
        Self { place, schema: SchemaRef::clone(schema), begun: false }
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let fields = self.schema.fields();
            let names: Vec<_> = fields.iter().map(|field| markdown_text(field.name())).collect();
            let rules: Vec<_> = (fields.iter())
                .map(|field| if field.data_type().is_numeric() { "---:" } else { "---" })
                .collect();
            writeln!(self.place, "| {} |\n| {} |", names.join(" | "), rules.join(" | "))?;
        }
        Ok(())
    }
}

impl Sink for Markdown<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        self.begin()?;
        let texts = Texts::new(batch)?;
        for row in 0..batch.num_rows() {
            let values: Vec<_> = (0..batch.num_columns())
                .map(|at| match texts.text(at, row) {
                    Some(text) => markdown_text(&text),
                    None => "*NULL*".to_owned(),
                })
                .collect();
            writeln!(self.place, "| {} |", values.join(" | "))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.begin()
    }
}

/// A value with everything that Markdown or HTML would read as more than text taken its meaning.
fn markdown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '~' => {
                shown.push('\\');
                shown.push(character);
            }
            character => shown.push(character),
        }
    }
    shown
}
