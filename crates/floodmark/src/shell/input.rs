//! What is typed, cut into words, statements and backslash commands.

/// What a piece of input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Space,
    /// Letters, digits and `_`.
    Word,
    /// `'…'`
    Text,
    /// `"…"`, or in backticks.
    Name,
    Comment,
    /// `;`
    End,
    /// A line that begins with a backslash.
    Command,
    Other,
}

/// A piece of input. All of them together are the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Where it begins in the input, in bytes.
    pub(crate) start: usize,
    /// Whether its quote or comment is closed.
    pub(crate) closed: bool,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// What is run as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A statement with its `;`.
    Statement(&'a str),
    /// A backslash command with its argument.
    Command(&'a str),
    /// A statement that a backslash command interrupts.
    Unended(&'a str),
}

/// Cuts the input into pieces. The rest is a statement without its `;`, or empty.
pub(crate) fn split(input: &str) -> (Vec<Piece<'_>>, &str) {
    if let Some(command) = plain_word(input) {
        return (vec![Piece::Command(command)], "");
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut begun = false;
    for token in tokens(input) {
        match token.kind {
            Kind::End => {
                if begun {
                    pieces.push(Piece::Statement(input[start..token.end()].trim()));
                }
                start = token.end();
                begun = false;
            }
            Kind::Command => {
                if begun {
                    pieces.push(Piece::Unended(input[start..token.start].trim()));
                }
                pieces.push(Piece::Command(token.text.trim()));
                start = token.end();
                begun = false;
            }
            Kind::Space => {}
            Kind::Comment if token.closed => {}
            _ => begun = true,
        }
    }
    (pieces, if begun { &input[start..] } else { "" })
}

/// The command that is meant by a word that other shells understand.
fn plain_word(input: &str) -> Option<&'static str> {
    match input.trim().trim_end_matches(';').to_ascii_lowercase().as_str() {
        "exit" | "quit" => Some("\\q"),
        "help" => Some("\\?"),
        _ => None,
    }
}

/// Cuts the input into words, quotes and comments. Never fails: what is not closed ends with the input.
pub(crate) fn tokens(input: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut line_begins = true;
    while let Some(first) = input[start..].chars().next() {
        let rest = &input[start..];
        let (kind, length, closed) = token(rest, first, line_begins);
        let text = &rest[..length];
        line_begins = kind == Kind::Space && (line_begins || text.contains('\n'));
        tokens.push(Token { kind, text, start, closed });
        start += length;
    }
    tokens
}

fn token(rest: &str, first: char, line_begins: bool) -> (Kind, usize, bool) {
    let until = |ends: fn(char) -> bool| rest.find(ends).unwrap_or(rest.len());
    let line = || until(|character| character == '\n');
    match first {
        '\\' if line_begins => (Kind::Command, line(), true),
        '\'' => quoted(rest, first, Kind::Text),
        '"' | '`' => quoted(rest, first, Kind::Name),
        ';' => (Kind::End, 1, true),
        '-' if rest.starts_with("--") => (Kind::Comment, line(), true),
        '/' if rest.starts_with("/*") => comment(rest),
        _ if first.is_whitespace() => {
            (Kind::Space, until(|character| !character.is_whitespace()), true)
        }
        _ if is_word(first) => (Kind::Word, until(|character| !is_word(character)), true),
        _ => (Kind::Other, first.len_utf8(), true),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// A quote in which the quote itself is written twice.
fn quoted(rest: &str, quote: char, kind: Kind) -> (Kind, usize, bool) {
    let mut at = 1;
    while let Some(found) = rest[at..].find(quote) {
        at += found + 1;
        if !rest[at..].starts_with(quote) {
            return (kind, at, true);
        }
        at += 1;
    }
    (kind, rest.len(), false)
}

/// A comment that may hold others.
fn comment(rest: &str) -> (Kind, usize, bool) {
    let mut at = 2;
    let mut depth = 1;
    while let Some(found) = rest[at..].find(['*', '/']) {
        at += found;
        if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (Kind::Comment, at, true);
            }
        } else if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    (Kind::Comment, rest.len(), false)
}

#[cfg(test)]
mod tests {
    use super::{Piece, split, tokens};

    /// Checks how input is cut: `S` for a statement, `C` for a command, `U` for what is interrupted, `…` for the rest.
    #[track_caller]
    fn check(input: &str, expected: &[&str]) {
        let (pieces, rest) = split(input);
        let mut cut: Vec<String> = (pieces.iter())
            .map(|piece| match piece {
                Piece::Statement(text) => format!("S {text}"),
                Piece::Command(text) => format!("C {text}"),
                Piece::Unended(text) => format!("U {text}"),
            })
            .collect();
        if !rest.is_empty() {
            cut.push(format!("…{rest}"));
        }
        assert_eq!(cut, expected, "{input:?}");
        let joined: String = tokens(input).iter().map(|token| token.text).collect();
        assert_eq!(joined, input);
    }

    #[test]
    fn input_is_cut_into_statements_and_commands() {
        check("", &[]);
        check(" \n ; ;\n", &[]);
        check("SELECT 1;", &["S SELECT 1;"]);
        check("SELECT 1", &["…SELECT 1"]);
        check("SELECT 1;\n SELECT\n2 ; SELECT 3", &["S SELECT 1;", "S SELECT\n2 ;", "… SELECT 3"]);
        check("\\d nlb", &["C \\d nlb"]);
        check("  \\x\nSELECT 1;\n\\q", &["C \\x", "S SELECT 1;", "C \\q"]);
        check("SELECT 1\n\\q", &["U SELECT 1", "C \\q"]);
        check("SELECT \\x;", &["S SELECT \\x;"]);
        check("exit", &["C \\q"]);
        check(" QUIT;\n", &["C \\q"]);
        check("help", &["C \\?"]);
        check("exit now;", &["S exit now;"]);
    }

    #[test]
    fn ends_in_quotes_and_comments_end_nothing() {
        check("SELECT ';';", &["S SELECT ';';"]);
        check("SELECT 'it''s;", &["…SELECT 'it''s;"]);
        check("SELECT 'it''s;';", &["S SELECT 'it''s;';"]);
        check("SELECT \"a;\"\"b\";", &["S SELECT \"a;\"\"b\";"]);
        check("SELECT `a;b`;", &["S SELECT `a;b`;"]);
        check("SELECT 1 -- no; end", &["…SELECT 1 -- no; end"]);
        check("SELECT 1 -- no; end\n;", &["S SELECT 1 -- no; end\n;"]);
        check("SELECT /* ; /* ; */ ; */ 1;", &["S SELECT /* ; /* ; */ ; */ 1;"]);
        check("SELECT '\n\\q\n';", &["S SELECT '\n\\q\n';"]);
        check("-- only talk", &[]);
        check("-- first\nSELECT 1;", &["S -- first\nSELECT 1;"]);
        check("/* not closed;", &["…/* not closed;"]);
        check("SELECT 2 - 1 / 1 * 'ü→';", &["S SELECT 2 - 1 / 1 * 'ü→';"]);
    }
}
