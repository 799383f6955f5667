//! A page of a result, for `GetQueryResults`.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use crate::limits::ROW_BYTES_MAX;
use crate::results::csv;

/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct From(u64);

/// A page of a result.
#[derive(Debug)]
pub(crate) struct Page {
    /// The rows as a list in JSON.
    pub(crate) rows: String,
    /// Where the next page begins; None if this is the last one.
    pub(crate) next: Option<From>,
}

/// How large a page may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How many rows, the names of the columns among them.
    pub(crate) rows: usize,
    /// After how many bytes no further row begins.
    pub(crate) bytes: usize,
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum NoPage {
    /// It does not begin where a row does.
    Malformed,
    /// The result is gone.
    Gone,
    /// The file cannot be read.
    Failed(std::io::Error),
}

impl From {
    /// Reads what a client sends back.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let digits = token.strip_prefix("at-")?;
        let at = digits.parse().ok()?;
        (format!("{at}") == digits).then_some(Self(at))
    }

    /// What a client sends back.
    pub(crate) fn token(self) -> String {
        format!("at-{}", self.0)
    }
}

/// Reads a page of rows.
pub(crate) fn rows(path: &Path, from: From, size: Size) -> Result<Page, NoPage> {
    read(path, from, size, |bytes, _, out| csv::row_as_json(bytes, out))
}

/// Reads a page of lines. The last one ends with the file.
pub(crate) fn lines(path: &Path, from: From, size: Size) -> Result<Page, NoPage> {
    read(path, from, size, |bytes, is_end, out| {
        let (line, taken) = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&bytes[..at], at + 1),
            None if is_end => (bytes, bytes.len()),
            None => return None,
        };
        out.extend_from_slice(b"{\"Data\":[");
        csv::datum(Some(line), out);
        out.extend_from_slice(b"]}");
        Some(taken)
    })
}

/// How much is read at a time, in bytes.
const PIECE: usize = 1 << 18;

fn read(
    path: &Path,
    From(from): From,
    size: Size,
    row: impl Fn(&[u8], bool, &mut Vec<u8>) -> Option<usize>,
) -> Result<Page, NoPage> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => NoPage::Gone,
        _ => NoPage::Failed(error),
    };
    let mut file = File::open(path).map_err(failed)?;
    let end = file.metadata().map_err(failed)?.len();
    if from > end {
        return Err(NoPage::Malformed);
    }
    if from > 0 {
        // A row begins after the end of another.
        let mut before = [0];
        file.seek(SeekFrom::Start(from - 1)).map_err(failed)?;
        file.read_exact(&mut before).map_err(failed)?;
        if before != *b"\n" {
            return Err(NoPage::Malformed);
        }
    }
    let mut file = BufReader::with_capacity(PIECE, file);
    let mut out = b"[".to_vec();
    let mut at = from;
    let mut held: Vec<u8> = Vec::new();
    let (mut used, mut count, mut is_end) = (0, 0, false);
    while count < size.rows && (count == 0 || out.len() < size.bytes) {
        let rest = &held[used..];
        if is_end && rest.is_empty() {
            break;
        }
        let length = out.len();
        if count > 0 {
            out.push(b',');
        }
        // A row is tried again with more bytes, of which there are twice as many each time.
        match if rest.is_empty() { None } else { row(rest, is_end, &mut out) } {
            Some(taken) => {
                used += taken;
                at += taken as u64;
                count += 1;
            }
            None if is_end || rest.len() > ROW_BYTES_MAX => return Err(NoPage::Malformed),
            None => {
                out.truncate(length);
                held.drain(..used);
                used = 0;
                let wanted = PIECE.max(held.len());
                let read = file.by_ref().take(wanted as u64).read_to_end(&mut held);
                is_end = read.map_err(failed)? < wanted;
            }
        }
    }
    out.push(b']');
    let rows = String::from_utf8(out).expect("JSON is made of texts");
    Ok(Page { rows, next: (at < end).then_some(From(at)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(bytes: &[u8], size: Size) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("result");
        std::fs::write(&path, bytes).expect("it is written");
        let mut from = From::default();
        let mut pages = Vec::new();
        loop {
            let page = rows(&path, from, size).expect("a page");
            pages.push(page.rows);
            match page.next {
                Some(next) => from = From::parse(&next.token()).expect("our own token"),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let bytes = b"\"n\"\n\"1\"\n\"2\"\n\n";
        let size = Size { rows: 2, bytes: 1 << 20 };
        assert_eq!(
            pages(bytes, size),
            [
                r#"[{"Data":[{"VarCharValue":"n"}]},{"Data":[{"VarCharValue":"1"}]}]"#,
                r#"[{"Data":[{"VarCharValue":"2"}]},{"Data":[{}]}]"#
            ]
        );
        assert_eq!(pages(bytes, Size { rows: 9, bytes: 1 }).len(), 4);
        assert_eq!(pages(b"", size), ["[]"]);
    }

    #[test]
    fn a_row_may_be_longer_than_what_is_read_at_a_time() {
        let value = "x".repeat(3 * PIECE);
        let bytes = format!("\"n\"\n\"{value}\"\n\"2\"\n");
        let all = pages(bytes.as_bytes(), Size { rows: 10, bytes: usize::MAX });
        assert_eq!(all.len(), 1);
        assert!(all[0].ends_with("xx\"}]},{\"Data\":[{\"VarCharValue\":\"2\"}]}]"));
    }

    #[test]
    fn a_place_where_no_row_begins_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("result");
        std::fs::write(&path, "\"n\"\n\"1\"\n").expect("it is written");
        let size = Size { rows: 2, bytes: 1 << 20 };
        for at in [1, 2, 100] {
            assert!(matches!(rows(&path, From(at), size), Err(NoPage::Malformed)), "{at}");
        }
        assert!(matches!(rows(&folder.path().join("none"), From(0), size), Err(NoPage::Gone)));
        for token in ["", "at-", "at-01", "at--1", "1", "at-18446744073709551616"] {
            assert_eq!(From::parse(token), None, "{token}");
        }
    }
}
