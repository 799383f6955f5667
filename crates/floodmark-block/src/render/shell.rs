//! Words and comments of `sh`, whatever is in them.

/// What stands in a text for a variable of the shell, between two of these; no target has one.
pub(super) const MARK: char = '\u{1}';

/// A word that the shell takes as it is.
pub(super) fn quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    // A word that begins with `~` or `=` has a meaning to some shells; neither is plain at its start.
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('=') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A word in which variables stand, as `\u{1}name\u{1}`: the variable is put in as it is.
pub(super) fn quote_with_variables(text: &str) -> String {
    let mut word = String::new();
    for (index, part) in text.split(MARK).enumerate() {
        if index % 2 == 0 {
            word.push_str(&format!("'{}'", part.replace('\'', r"'\''")));
        } else {
            word.push_str(&format!("\"${part}\""));
        }
    }
    word
}

/// A comment of one line.
pub(super) fn comment(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# {line}\n")
}
