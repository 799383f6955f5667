//! Athena's CSV: every value in quotes, NULL as nothing, lines that end with a line feed.

use floodmark_engine::athena::Texts;

/// Appends a row of texts; None is NULL.
pub(super) fn append_row<'a>(values: impl Iterator<Item = Option<&'a str>>, out: &mut String) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(value) = value {
            let from = out.len();
            out.push('"');
            out.push_str(value);
            close(from, out);
        }
    }
    out.push('\n');
}

/// Appends a row of a batch.
pub(super) fn append(texts: &Texts, columns: usize, row: usize, out: &mut String) {
    for column in 0..columns {
        if column > 0 {
            out.push(',');
        }
        let from = out.len();
        out.push('"');
        if texts.append(column, row, out) {
            close(from, out);
        } else {
            out.truncate(from);
        }
    }
    out.push('\n');
}

/// Ends a value that began with its quote: quotes within it are doubled.
fn close(from: usize, out: &mut String) {
    if out[from + 1..].contains('"') {
        let doubled = out[from + 1..].replace('"', "\"\"");
        out.truncate(from + 1);
        out.push_str(&doubled);
    }
    out.push('"');
}

/// Where reading a row of CSV stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Before a value.
    Start,
    /// In a value, within its quotes.
    Quotes,
    /// After a quote within a value: its end, or half of a doubled one.
    Quote,
}

/// Reads one row that this module wrote, as JSON: `{"Data":[{"VarCharValue":"…"},{}]}`. Gives how many bytes it takes; None if it does
/// not end here.
pub(super) fn row_as_json(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let from = out.len();
    out.extend_from_slice(b"{\"Data\":[");
    let mut within = Within::Start;
    let mut value: Vec<u8> = Vec::new();
    let mut is_null = true;
    for (at, byte) in bytes.iter().enumerate() {
        match (within, byte) {
            (Within::Start, b'"') => (within, is_null) = (Within::Quotes, false),
            (Within::Quotes, b'"') => within = Within::Quote,
            (Within::Quotes, byte) => value.push(*byte),
            (Within::Quote, b'"') => {
                value.push(b'"');
                within = Within::Quotes;
            }
            (Within::Start | Within::Quote, b',' | b'\n') => {
                datum(if is_null { None } else { Some(&value) }, out);
                value.clear();
                (within, is_null) = (Within::Start, true);
                if *byte == b'\n' {
                    out.extend_from_slice(b"]}");
                    return Some(at + 1);
                }
                out.push(b',');
            }
            // Nothing that this module writes.
            (Within::Start | Within::Quote, _) => {}
        }
    }
    out.truncate(from);
    None
}

/// One value of a row as JSON.
pub(super) fn datum(value: Option<&[u8]>, out: &mut Vec<u8>) {
    match value {
        None => out.extend_from_slice(b"{}"),
        Some(value) => {
            out.extend_from_slice(b"{\"VarCharValue\":");
            let text = String::from_utf8_lossy(value);
            serde_json::to_writer(&mut *out, text.as_ref()).expect("a text has a JSON");
            out.push(b'}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(rows: &[&[Option<&str>]]) -> Vec<String> {
        let mut written = String::new();
        for row in rows {
            append_row(row.iter().copied(), &mut written);
        }
        let mut read = Vec::new();
        let mut rest = written.as_bytes();
        while !rest.is_empty() {
            let mut row = Vec::new();
            rest = &rest[row_as_json(rest, &mut row).expect("a whole row")..];
            read.push(String::from_utf8(row).expect("UTF-8"));
        }
        read
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let rows: &[&[Option<&str>]] = &[
            &[Some("a"), None, Some("")],
            &[Some("say \"hi\","), Some("two\nlines"), Some("\u{1b}[31m é")],
            &[None, None, None],
        ];
        assert_eq!(
            there_and_back(rows),
            [
                r#"{"Data":[{"VarCharValue":"a"},{},{"VarCharValue":""}]}"#,
                r#"{"Data":[{"VarCharValue":"say \"hi\","},{"VarCharValue":"two\nlines"},{"VarCharValue":"\u001b[31m é"}]}"#,
                r#"{"Data":[{},{},{}]}"#,
            ]
        );
        assert_eq!(there_and_back(&[&[None]]), [r#"{"Data":[{}]}"#]);
    }

    #[test]
    fn a_row_that_is_cut_is_none() {
        let mut out = Vec::new();
        assert_eq!(row_as_json(b"\"a\",\"b", &mut out), None);
        assert!(out.is_empty());
    }
}
