//! Words and comments of `sh`, whatever is in them.

/// A part of a word of the shell.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A text, as it is.
    Literal(String),
    /// What a variable of this name holds.
    Variable(&'static str),
}

/// A word that the shell takes as it is.
pub(super) fn quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    // A word that begins with `~` or `=` has a meaning to some shells; neither is plain at its start.
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('=') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One word of several parts.
pub(super) fn word(parts: &[Part]) -> String {
    let written = parts.iter().map(|part| match part {
        Part::Literal(text) => format!("'{}'", text.replace('\'', r"'\''")),
        Part::Variable(name) => format!("\"${name}\""),
    });
    written.collect()
}

/// A comment of one line.
pub(super) fn comment(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# {line}\n")
}
