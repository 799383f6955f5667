//! The SerDes of JSON: OpenX's and Hive's own, and CloudTrail's files of records.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::hive::column::{Column, Values};
use crate::hive::hive_type::HiveType;
use crate::hive::json_keys::{KeyUse, KnownKeys};
use crate::hive::json_text::{Dialect, Json, JsonReader, Wrong};
use crate::hive::serde::{Properties, SerdeError, is_true};
use crate::hive::table::HiveColumn;
use crate::hive::time_format;
use crate::hive::value::{Reading, Rules, Scalar, fitted, scalar};

/// How a SerDe of JSON reads an object as a row.
#[derive(Clone, Debug)]
pub struct JsonSerde {
    openx: bool,
    ignore_malformed: bool,
    any_case: bool,
    dots: bool,
    /// Whether a value that cannot be read is NULL, where Athena otherwise fails the query.
    null_for_invalid: bool,
    /// For a column or a field the key that it is filled from, where that is another name.
    mappings: BTreeMap<String, String>,
    /// For a key, as it is compared, the columns that are filled from it.
    columns: HashMap<String, Vec<usize>>,
    /// For a column's own name its position.
    names: HashMap<String, usize>,
    reading: Reading,
}

/// What a line of JSON is.
pub(crate) enum JsonLine<'a> {
    /// For each column of the table its value.
    Row(Vec<Json<'a>>),
    /// No object: a row of NULLs.
    Nulls,
    /// It cannot be read.
    Malformed(Wrong),
}

/// The members of a CloudTrail record that are text, whatever they are.
const RECORD_TEXTS: [&str; 4] =
    ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"];

/// The column that holds a CloudTrail record's `userIdentity` as text.
const USER_AS_STRING: &str = "useridentity_as_string";

impl JsonSerde {
    pub(crate) fn openx(
        properties: &Properties,
        columns: &[HiveColumn],
    ) -> Result<Self, SerdeError> {
        let any_case = properties
            .get("case.insensitive")
            .is_none_or(|value| value.eq_ignore_ascii_case("true"));
        let mut mappings = BTreeMap::new();
        for (name, key) in properties {
            if let Some(column) = name.strip_prefix("mapping.") {
                mappings.insert(column.to_lowercase(), key.clone());
            }
        }
        Ok(Self {
            openx: true,
            any_case,
            dots: is_true(properties, "dots.in.keys"),
            mappings,
            ..Self::hive(properties, columns)?
        }
        .with_columns(columns))
    }

    pub(crate) fn hive(
        properties: &Properties,
        columns: &[HiveColumn],
    ) -> Result<Self, SerdeError> {
        Ok(Self {
            openx: false,
            ignore_malformed: is_true(properties, "ignore.malformed.json"),
            any_case: true,
            dots: false,
            null_for_invalid: is_true(properties, "use.null.for.invalid.data"),
            mappings: BTreeMap::new(),
            columns: HashMap::new(),
            names: HashMap::new(),
            reading: Reading::new(Rules::Json, time_format::of(properties)?),
        }
        .with_columns(columns))
    }

    fn with_columns(mut self, columns: &[HiveColumn]) -> Self {
        if self.openx {
            self.reading.rules = Rules::OpenX;
        }
        self.columns.clear();
        for (at, column) in columns.iter().enumerate() {
            let name = column.name.to_lowercase();
            let key = self.mappings.get(&name).unwrap_or(&name);
            self.columns.entry(self.compared(key).into_owned()).or_default().push(at);
            self.names.insert(name, at);
        }
        self
    }

    /// Whether Athena fails the query at a line that is no JSON.
    pub(crate) fn malformed_fails(&self) -> bool {
        !self.ignore_malformed
    }

    /// Whether Athena fails the query at a value that does not fit its column.
    pub(crate) fn invalid_fails(&self) -> bool {
        !self.null_for_invalid
    }

    fn compared<'a>(&self, key: &'a str) -> Cow<'a, str> {
        if self.any_case && key.chars().any(|c| !c.is_lowercase() && c.is_alphabetic()) {
            Cow::Owned(key.to_lowercase())
        } else {
            Cow::Borrowed(key)
        }
    }

    fn dialect(&self) -> Dialect {
        if self.openx { Dialect::OpenX { any_case: self.any_case } } else { Dialect::Jackson }
    }

    /// Reads a line: the values of the wanted columns.
    pub(crate) fn read<'a>(
        &self,
        line: &'a str,
        known: &mut KnownKeys,
        columns: usize,
        wanted: &[usize],
        record: bool,
    ) -> JsonLine<'a> {
        let trimmed = line.trim_matches(|c| c <= ' ');
        if self.openx && !trimmed.starts_with(['{', '[']) {
            return JsonLine::Nulls;
        }
        let mut values = vec![Json::Null; columns];
        let mut reader = JsonReader::new(trimmed, self.dialect());
        let read = if self.openx && trimmed.starts_with('[') {
            // An array fills the columns by their order.
            reader.value(true).map(|value| {
                if let Json::Array(items) = value {
                    for (value, item) in values.iter_mut().zip(items) {
                        *value = item;
                    }
                }
            })
        } else {
            self.read_object(&mut reader, known, &mut values, wanted, record)
        };
        match read {
            Ok(()) => JsonLine::Row(values),
            Err(_) if self.ignore_malformed => JsonLine::Nulls,
            Err(wrong) => JsonLine::Malformed(wrong),
        }
    }

    fn read_object<'a>(
        &self,
        reader: &mut JsonReader<'a>,
        known: &mut KnownKeys,
        values: &mut [Json<'a>],
        wanted: &[usize],
        record: bool,
    ) -> Result<(), Wrong> {
        let mut dotted = Vec::new();
        known.begin();
        reader.members_of(known, |reader, known, key| {
            let key_use = known.key_use(|key| self.key_use(key, values.len(), wanted, record));
            let mut value = reader.value(key_use.keeps())?;
            if key_use.is_text && value != Json::Null {
                value = Json::Text { text: Cow::Owned(value.written()), quoted: true };
            }
            if let Some(at) = key_use.as_string
                && value != Json::Null
            {
                values[at] = Json::Text { text: Cow::Owned(value.written()), quoted: true };
            }
            if key_use.dotted {
                dotted.push((key, value));
            } else if let Some((last, others)) = key_use.columns.split_last() {
                for column in others {
                    values[*column] = value.clone();
                }
                values[*last] = value;
            }
            Ok(())
        })?;
        for (key, value) in dotted {
            let name = self.compared(&key).replace('.', "_");
            if let Some(at) = self.names.get(&name).filter(|at| values[**at] == Json::Null) {
                values[*at] = value;
            }
        }
        Ok(())
    }

    /// What is to be done with the members of a key, for a table of so many columns of which these are wanted.
    fn key_use(&self, key: &str, columns: usize, wanted: &[usize], record: bool) -> KeyUse {
        let compared = self.compared(key);
        let mut found = self.columns.get(compared.as_ref()).cloned().unwrap_or_default();
        if found.is_empty()
            && !self.openx
            && let Some(at) = key.strip_prefix("_col").and_then(|at| at.parse().ok())
            && at < columns
        {
            found.push(at);
        }
        let dotted = found.is_empty() && self.dots && key.contains('.');
        found.retain(|column| wanted.binary_search(column).is_ok());
        let user = (record && key == "userIdentity").then(|| self.names.get(USER_AS_STRING));
        KeyUse {
            as_string: user.flatten().copied(),
            is_text: record && !found.is_empty() && RECORD_TEXTS.contains(&key),
            columns: found,
            dotted,
        }
    }

    /// Appends the value of a column. Gives the text that does not fit its type, if so.
    pub(crate) fn push(
        &self,
        column: &mut Column,
        hive_type: &HiveType,
        json: &Json<'_>,
        block: &str,
    ) -> Option<String> {
        let mut invalid = None;
        match column {
            Column::Text(column) => match self.text(json, &mut invalid) {
                None => column.push_null(),
                Some(Cow::Borrowed(text)) => {
                    let text = fitted(hive_type, text);
                    let start = (text.as_ptr() as usize).wrapping_sub(block.as_ptr() as usize);
                    // What is no part of the block, such as `true`, is copied.
                    if start <= block.len() && start + text.len() <= block.len() {
                        column.push_part(start, start + text.len());
                    } else {
                        column.push_text(text);
                    }
                }
                Some(Cow::Owned(text)) => column.push_text(fitted(hive_type, &text)),
            },
            Column::Values(values) => self.push_value(values, hive_type, json, &mut invalid),
        }
        invalid
    }

    /// The text of a value in a column of text.
    fn text<'a>(&self, json: &Json<'a>, invalid: &mut Option<String>) -> Option<Cow<'a, str>> {
        match json {
            Json::Text { text, .. } if !self.openx => Some(text.clone()),
            Json::Array(_) | Json::Object(_) if !self.openx => {
                note(invalid, json);
                None
            }
            json => json.shown(),
        }
    }

    /// The value of a column that is not nested, for a predicate.
    pub(crate) fn scalar<'a>(&self, hive_type: &HiveType, json: &Json<'a>) -> Option<Scalar<'a>> {
        self.scalar_noting(hive_type, json, &mut None)
    }

    fn scalar_noting<'a>(
        &self,
        hive_type: &HiveType,
        json: &Json<'a>,
        invalid: &mut Option<String>,
    ) -> Option<Scalar<'a>> {
        if hive_type.is_text() {
            return scalar(hive_type, &self.reading, self.text(json, invalid)?);
        }
        let Json::Text { text, quoted } = json else {
            if matches!(json, Json::Array(_) | Json::Object(_)) {
                if self.openx && *hive_type == HiveType::Boolean {
                    return Some(Scalar::Boolean(false));
                }
                note(invalid, json);
            }
            return None;
        };
        let number = matches!(
            hive_type,
            HiveType::TinyInt
                | HiveType::SmallInt
                | HiveType::Int
                | HiveType::BigInt
                | HiveType::Float
                | HiveType::Double
        );
        // Hive's SerDe takes no number from a string.
        let value = if !self.openx && number && *quoted {
            None
        } else {
            scalar(hive_type, &self.reading, text.clone())
        };
        if value.is_none() {
            note(invalid, json);
        }
        value
    }

    fn push_value(
        &self,
        values: &mut Values,
        hive_type: &HiveType,
        json: &Json<'_>,
        invalid: &mut Option<String>,
    ) {
        match (values, hive_type, json) {
            (values, _, Json::Null) => values.push_null(),
            (Values::List(list), HiveType::Array(item), json) => {
                match json {
                    Json::Array(items) => {
                        for value in items {
                            self.push_value(&mut list.items, item, value, invalid);
                        }
                    }
                    Json::Text { text, .. } if self.openx && text.is_empty() => {
                        return list.end(false);
                    }
                    // OpenX takes any other value as an array of it.
                    other if self.openx => self.push_value(&mut list.items, item, other, invalid),
                    other => {
                        note(invalid, other);
                        return list.end(false);
                    }
                }
                list.end(true);
            }
            (Values::Map(map), HiveType::Map(key_type, value_type), json) => {
                let Json::Object(members) = json else {
                    if !is_blank(json) || !self.openx {
                        note(invalid, json);
                    }
                    return map.end(false);
                };
                // The last of equal keys counts.
                let mut seen = HashSet::new();
                let mut kept: Vec<bool> =
                    members.iter().rev().map(|(key, _)| seen.insert(key.as_ref())).collect();
                kept.reverse();
                for ((key, value), _) in members.iter().zip(kept).filter(|(_, kept)| *kept) {
                    let key = Cow::Borrowed(key.as_ref());
                    if let Some(key) = scalar(key_type, &self.reading, key) {
                        map.keys.push(Some(key));
                        self.push_value(&mut map.values, value_type, value, invalid);
                    }
                }
                map.end(true);
            }
            (Values::Struct(column), HiveType::Struct(fields), json) => {
                match json {
                    Json::Object(members) => {
                        for (column, (name, field)) in column.columns.iter_mut().zip(fields) {
                            let value = self.member(members, name).unwrap_or(&Json::Null);
                            self.push_value(column, field, value, invalid);
                        }
                    }
                    Json::Array(items) if self.openx => {
                        let items = items.iter().chain(std::iter::repeat(&Json::Null));
                        for ((column, (_, field)), item) in
                            column.columns.iter_mut().zip(fields).zip(items)
                        {
                            self.push_value(column, field, item, invalid);
                        }
                    }
                    other => {
                        if !self.openx || !is_blank(other) {
                            note(invalid, other);
                            return column.end_null();
                        }
                        column.columns.iter_mut().for_each(Values::push_null);
                    }
                }
                column.end();
            }
            (values, hive_type, json) => {
                let value = self.scalar_noting(hive_type, json, invalid);
                values.push(value);
            }
        }
    }

    /// The member of an object that a field is filled from; the last of equal keys counts.
    fn member<'j, 'a>(
        &self,
        members: &'j [(Cow<'a, str>, Json<'a>)],
        name: &str,
    ) -> Option<&'j Json<'a>> {
        let wanted = self.mappings.get(name).map_or(name, String::as_str);
        let same = |key: &str, name: &str| {
            key == name
                || (self.any_case
                    && (key.eq_ignore_ascii_case(name)
                        || (!key.is_ascii() && key.to_lowercase() == name.to_lowercase())))
        };
        let found = members.iter().rev().find(|(key, _)| same(key, wanted));
        let dotted =
            |(key, _): &&(Cow<'_, str>, _)| key.contains('.') && same(&key.replace('.', "_"), name);
        let found = found.or_else(|| if self.dots { members.iter().find(dotted) } else { None });
        found.map(|(_, value)| value)
    }
}

/// Notes a value that does not fit its type, if it is the first one.
fn note(invalid: &mut Option<String>, json: &Json<'_>) {
    if invalid.is_none() {
        *invalid = Some(match json {
            Json::Text { text, .. } => text.to_string(),
            other => other.written(),
        });
    }
}

fn is_blank(json: &Json<'_>) -> bool {
    matches!(json, Json::Text { text, .. } if text.trim().is_empty())
}

/// Where the records stand in a CloudTrail file, which is one object: `{"Records":[…]}`.
///
/// None if the text is no JSON; no records if it is another object.
pub(crate) fn records(text: &str) -> Option<Option<Vec<Range<usize>>>> {
    let mut reader = JsonReader::new(text, Dialect::Jackson);
    let mut found = None;
    reader
        .members(|reader, key| {
            if key != "Records" {
                return reader.value(false).map(drop);
            }
            let mut records = Vec::new();
            let at = reader.place();
            let is_array = text[at..].trim_start().starts_with('[');
            if !is_array {
                return reader.value(false).map(drop);
            }
            reader.items(|reader| {
                let start = reader.place();
                reader.value(false)?;
                records.push(start..reader.place());
                Ok(())
            })?;
            found = Some(records);
            Ok(())
        })
        .ok()?;
    Some(found)
}
