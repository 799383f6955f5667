//! Names and folders of partitions as Hive writes them: `year=2024/month=10`.

use std::borrow::Cow;
use std::fmt::Write;

use crate::catalog::{ColumnDefinition, TableDefinition};

/// How Hive writes that a partition key has no value.
pub const DEFAULT_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// The name of a partition, as `SHOW PARTITIONS` gives it.
pub fn partition_name(keys: &[ColumnDefinition], values: &[Option<String>]) -> String {
    let parts = keys.iter().zip(values).map(|(key, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty()).unwrap_or(DEFAULT_PARTITION);
        format!("{}={}", escaped(&key.name), escaped(value))
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The folder of a partition for which no other was named: its name below the table's location.
pub fn partition_location(table: &TableDefinition, values: &[Option<String>]) -> String {
    let name = partition_name(&table.partition_keys, values);
    format!("{}/{name}/", table.location.trim_end_matches('/'))
}

/// The value that a folder's name stands for.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    if text == DEFAULT_PARTITION {
        return None;
    }
    Some(percent_decoded(text).into_owned())
}

/// A text with its `%3A` read. What is not written so, or would be no UTF-8, stays as it is.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        match hex.filter(|_| bytes[at] == b'%') {
            Some(hex) => {
                let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
                decoded.push(digit(hex[0]) << 4 | digit(hex[1]));
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A text with the characters escaped that Hive does not write into paths.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\0'..='\u{1f}' | '\u{7f}' => push_escape(&mut escaped, character),
            character if ESCAPED.contains(character) => push_escape(&mut escaped, character),
            character => escaped.push(character),
        }
    }
    escaped
}

/// The visible characters that Hive escapes in paths.
const ESCAPED: &str = "\"#%'*/:=?\\{[]^";

fn push_escape(text: &mut String, character: char) {
    write!(text, "%{:02X}", u32::from(character)).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<ColumnDefinition> {
        let key = |name: &&str| ColumnDefinition {
            name: (*name).to_owned(),
            hive_type: "string".to_owned(),
            comment: None,
        };
        names.iter().map(key).collect()
    }

    #[test]
    fn catalog_names_partitions_as_hive_does() {
        let cases: &[(&[Option<&str>], &str)] = &[
            (&[Some("2024"), Some("01")], "a=2024/b=01"),
            (&[Some("2024/10/05"), None], "a=2024%2F10%2F05/b=__HIVE_DEFAULT_PARTITION__"),
            (&[Some(""), Some("x y=z:é")], "a=__HIVE_DEFAULT_PARTITION__/b=x y%3Dz%3Aé"),
            (&[Some("100%"), Some("\u{1}")], "a=100%25/b=%01"),
        ];
        for (values, name) in cases {
            let values: Vec<_> = values.iter().map(|value| value.map(str::to_owned)).collect();
            assert_eq!(partition_name(&keys(&["a", "b"]), &values), *name);
        }
    }

    #[test]
    fn catalog_reads_what_hive_escapes() {
        let cases = [
            ("2024%2F10%2f05", Some("2024/10/05")),
            ("100%", Some("100%")),
            ("%zz%4", Some("%zz%4")),
            ("%ff", Some("%ff")),
            ("%C3%A9", Some("é")),
            ("__HIVE_DEFAULT_PARTITION__", None),
        ];
        for (text, value) in cases {
            assert_eq!(unescaped(text).as_deref(), value, "{text}");
        }
    }
}
