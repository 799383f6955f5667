//! Text of HashiCorp's configuration language, whatever is in it.

use std::fmt::Write;

/// A configuration as it is written.
#[derive(Debug, Default)]
pub(super) struct Hcl {
    text: String,
    depth: usize,
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
        self.line(&format!("{name} = {value}"));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// The configuration.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
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
