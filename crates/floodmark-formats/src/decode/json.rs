//! One JSON object a line: WAF's, Route 53's and Network Firewall's records, and CloudFront's if so delivered.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::account::{Account, Reason};
use crate::decode::batch::Batch;
use crate::decode::row::{Row, Written, has_shape};
use crate::decode::{Line, Request, line_at};
use crate::limits::LINE_BYTES_MAX;
use crate::log_type::Encoding;
use crate::table::Table;

/// Reads the line at `start`, and says where the next one begins.
pub(crate) fn read(
    request: &Request,
    bytes: &[u8],
    start: usize,
    number: u64,
    account: &mut Account,
    batch: &mut Batch<'_>,
) -> (Line, usize) {
    let (range, next) = line_at(bytes, start);
    if range.is_empty() {
        return (Line::Rejected(Reason::Empty), next);
    }
    if range.len() > LINE_BYTES_MAX {
        return (Line::Rejected(Reason::TooLong), next);
    }
    let text = std::str::from_utf8(&bytes[range.clone()]).unwrap_or_default();
    let Some(row) = JsonRow::parse(&request.table, bytes, text, range, number) else {
        return (Line::Rejected(Reason::NotJson), next);
    };
    // One known name may be chance.
    if row.values.iter().flatten().nth(1).is_none() {
        return (Line::Rejected(Reason::Foreign), next);
    }
    for (field, shape) in &request.plan.marks {
        let shaped = match (row.values[*field], row.written(*field)) {
            (Some(value), None) => has_shape(*shape, value.get().as_bytes()),
            (_, Some(written)) => has_shape(*shape, written.bytes(bytes)),
            // Where lines are usually words, the owner chooses which fields are delivered.
            (None, None) => request.table.log_type.encoding != Encoding::Json,
        };
        if !shaped {
            return (Line::Rejected(Reason::Foreign), next);
        }
    }
    if let Some((field, value)) = request.plan.hole
        && row.written(field).is_some_and(|written| written.bytes(bytes) == value)
    {
        account.holes += 1;
    }
    if request.plan.passes(&row) {
        batch.push(&row);
    }
    (Line::Row, next)
}

/// The string member of a JSON object; the last one, where the key occurs twice.
pub(crate) fn member(object: &[u8], key: &str) -> Option<String> {
    let text = std::str::from_utf8(object).ok()?;
    let mut found = None;
    members(text, |name, value| {
        if name.eq_ignore_ascii_case(key) {
            found = string(value).map(Cow::into_owned);
        }
    })?;
    found
}

/// Calls `member` for each member of a JSON object, in order. None if the text is no JSON object.
pub(crate) fn members<'a>(text: &'a str, member: impl FnMut(&str, &'a RawValue)) -> Option<()> {
    struct Members<F>(F);
    impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for Members<F> {
        type Value = ();
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                self.0(&key, map.next_value()?);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Members(member)).ok()?;
    deserializer.end().ok()
}

/// Calls `item` for each item of a JSON array, in order. None if the text is no JSON array.
pub(crate) fn items<'a>(text: &'a str, item: impl FnMut(&'a RawValue)) -> Option<()> {
    struct Items<F>(F);
    impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Items<F> {
        type Value = ();
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON array")
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
            while let Some(value) = seq.next_element()? {
                self.0(value);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_seq(Items(item)).ok()?;
    deserializer.end().ok()
}

/// A JSON value as a `string` column holds it: a string's text, any other value's JSON, None for null.
///
/// A string with half a surrogate pair, which a client can cause, has no text; it is given as it is written.
pub(crate) fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    let text = value.get();
    match text.as_bytes() {
        b"null" => None,
        [b'"', ..] if !text.contains('\\') => Some(Cow::Borrowed(&text[1..text.len() - 1])),
        [b'"', ..] => Some(match serde_json::from_str::<String>(text) {
            Ok(text) => Cow::Owned(text),
            Err(_) => Cow::Borrowed(&text[1..text.len() - 1]),
        }),
        _ => Some(Cow::Borrowed(text)),
    }
}

struct JsonRow<'a> {
    bytes: &'a [u8],
    range: Range<usize>,
    number: u64,
    /// For each field of the declaration its value.
    values: Vec<Option<&'a RawValue>>,
    /// The members that the declaration does not know, as JSON without the braces.
    unknown: String,
}

impl<'a> JsonRow<'a> {
    fn parse(
        table: &Table,
        bytes: &'a [u8],
        text: &'a str,
        range: Range<usize>,
        number: u64,
    ) -> Option<Self> {
        let mut values = vec![None; table.log_type.fields.len()];
        let mut unknown = String::new();
        members(text, |key, value| match table.field_named(key) {
            Some(field) => values[field] = Some(value),
            None => {
                if !unknown.is_empty() {
                    unknown.push(',');
                }
                unknown.push_str(&serde_json::Value::from(key).to_string());
                unknown.push(':');
                unknown.push_str(value.get());
            }
        })?;
        Some(Self { bytes, range, number, values, unknown })
    }
}

impl Row for JsonRow<'_> {
    fn block(&self) -> &[u8] {
        self.bytes
    }

    fn written(&self, field: usize) -> Option<Written<'_>> {
        match string(self.values[field]?)? {
            Cow::Borrowed(text) => {
                // The value stands in the line, and the line in the block: where, its address tells.
                let start = text.as_ptr() as usize - self.bytes.as_ptr() as usize;
                Some(Written::Part(start..start + text.len()))
            }
            Cow::Owned(text) => Some(Written::Text(Cow::Owned(text))),
        }
    }

    fn json(&self, field: usize) -> Option<&RawValue> {
        self.values[field]
    }

    fn trailing(&self) -> Option<Written<'_>> {
        (!self.unknown.is_empty())
            .then(|| Written::Text(Cow::Owned(format!("{{{}}}", self.unknown))))
    }

    fn range(&self) -> Option<Range<usize>> {
        Some(self.range.clone())
    }

    fn number(&self) -> u64 {
        self.number
    }
}
