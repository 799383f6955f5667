//! Text of HashiCorp's configuration language, whatever is in it.

use std::fmt::Write;

/// A configuration as it is written.
#[derive(Debug, Default)]
pub(super) struct Hcl {
    text: String,
    depth: usize,
    /// Arguments of the same run, whose signs stand below each other.
    arguments: Vec<(String, String)>,
}

impl Hcl {
    /// A comment of one line.
    pub(super) fn comment(&mut self, text: &str) {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.line(&format!("# {line}"));
    }

    /// A block with what is in it.
    pub(super) fn block(&mut self, header: &str, inside: impl FnOnce(&mut Self)) {
        self.line(&format!("{header} {{"));
        self.depth += 1;
        inside(self);
        self.align();
        self.depth -= 1;
        self.line("}");
    }

    /// A block with nothing in it.
    pub(super) fn empty(&mut self, header: &str) {
        self.line(&format!("{header} {{}}"));
    }

    /// An argument that is a text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.expression(name, &quote(value));
    }

    /// An argument that is a list of texts, one a line.
    pub(super) fn texts(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        self.line(&format!("{name} = ["));
        self.depth += 1;
        for value in values {
            self.line(&format!("{},", quote(&value)));
        }
        self.depth -= 1;
        self.line("]");
    }

    /// An argument that is an expression.
    pub(super) fn expression(&mut self, name: &str, value: &str) {
        self.arguments.push((name.to_owned(), value.to_owned()));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.align();
        self.text.push('\n');
    }

    /// The configuration.
    pub(super) fn finish(mut self) -> String {
        self.align();
        self.text
    }

    /// Writes the arguments of a run, as `terraform fmt` would.
    fn align(&mut self) {
        let arguments = std::mem::take(&mut self.arguments);
        let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in arguments {
            self.line(&format!("{name:width$} = {value}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.align();
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = self.depth * 2);
    }
}

/// A text between quotes: no template in it is one.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                quoted.push(character);
                quoted.push(character);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}
