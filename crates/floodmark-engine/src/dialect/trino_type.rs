//! Trino's types: their names, the Arrow types that hold them, and the errors that speak of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use datafusion::common::DataFusionError;

use crate::error::{Error, ErrorKind};

/// The key under which a field's metadata names a type that Arrow does not have.
pub(crate) const EXTENSION: &str = "ARROW:extension:name";
/// `json`: text that holds JSON.
pub(crate) const JSON: &str = "trino.json";
/// `ipaddress`: 16 bytes, an IPv4 address mapped to IPv6.
pub(crate) const IP_ADDRESS: &str = "trino.ipaddress";
/// `ipprefix`: 17 bytes, the address and the length of the prefix (of an IPv4 address: up to 32).
pub(crate) const IP_PREFIX: &str = "trino.ipprefix";

/// How deep types may be nested in a type that is written in a statement.
const DEPTH_MAX: usize = 32;

/// A type of Trino.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TrinoType {
    Boolean,
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    Real,
    Double,
    Decimal(u8, i8),
    Varchar(Option<u32>),
    Char(u32),
    Varbinary,
    Date,
    Time,
    Timestamp,
    /// With the zone in which its values are shown.
    TimestampWithTimeZone(Arc<str>),
    IntervalDayToSecond,
    IntervalYearToMonth,
    Array(Box<TrinoType>),
    Map(Box<TrinoType>, Box<TrinoType>),
    Row(Vec<(Option<String>, TrinoType)>),
    Json,
    IpAddress,
    IpPrefix,
    /// The type of NULL.
    Unknown,
    /// An Arrow type without a name in Trino.
    Other(DataType),
}

impl TrinoType {
    /// Reads a type as Trino writes it; None if it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0 };
        let read = reader.read(0)?;
        (reader.at == tokens.len()).then_some(read)
    }

    /// The type that an Arrow type holds, without what a field's metadata may say besides.
    pub(crate) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Unknown,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::TinyInt,
            DataType::Int16 | DataType::UInt8 => Self::SmallInt,
            DataType::Int32 | DataType::UInt16 => Self::Integer,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Self::BigInt,
            DataType::Float16 | DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => Self::Decimal(*precision, *scale),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Varchar(None),
            // Nothing else has these sizes, and arrays lose what their items' fields say.
            DataType::FixedSizeBinary(16) => Self::IpAddress,
            DataType::FixedSizeBinary(17) => Self::IpPrefix,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Varbinary,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(_) | DataType::Time64(_) => Self::Time,
            DataType::Timestamp(_, None) => Self::Timestamp,
            DataType::Timestamp(_, Some(zone)) => Self::TimestampWithTimeZone(Arc::clone(zone)),
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearToMonth,
            DataType::Interval(_) | DataType::Duration(_) => Self::IntervalDayToSecond,
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => Self::Array(Box::new(Self::of_field(item))),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => Self::Map(
                    Box::new(Self::of_field(&fields[0])),
                    Box::new(Self::of_field(&fields[1])),
                ),
                _ => Self::Other(data_type.clone()),
            },
            DataType::Struct(fields) => Self::Row(
                (fields.iter().enumerate())
                    .map(|(at, field)| {
                        let named = *field.name() != nameless(at);
                        (named.then(|| field.name().clone()), Self::of_field(field))
                    })
                    .collect(),
            ),
            DataType::Dictionary(_, value) => Self::of(value),
            DataType::RunEndEncoded(_, value) => Self::of_field(value),
            DataType::Union(..) => Self::Other(data_type.clone()),
        }
    }

    /// The type of a field.
    pub(crate) fn of_field(field: &Field) -> Self {
        match field.metadata().get(EXTENSION).map(String::as_str) {
            Some(JSON) => Self::Json,
            Some(IP_ADDRESS) => Self::IpAddress,
            Some(IP_PREFIX) => Self::IpPrefix,
            _ => Self::of(field.data_type()),
        }
    }

    /// The Arrow type that holds it.
    pub(crate) fn arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Varchar(_) | Self::Char(_) | Self::Json => DataType::Utf8View,
            Self::Varbinary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampWithTimeZone(zone) => {
                DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::clone(zone)))
            }
            Self::IntervalDayToSecond => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::IntervalYearToMonth => DataType::Interval(IntervalUnit::YearMonth),
            Self::Array(item) => DataType::List(Arc::new(item.field("item"))),
            Self::Map(key, value) => {
                let key = key.field("key").with_nullable(false);
                let fields = Fields::from(vec![key, value.field("value")]);
                DataType::Map(
                    Arc::new(Field::new("entries", DataType::Struct(fields), false)),
                    false,
                )
            }
            Self::Row(fields) => DataType::Struct(
                (fields.iter().enumerate())
                    .map(|(at, (name, field))| match name {
                        Some(name) => field.field(name),
                        None => field.field(&nameless(at)),
                    })
                    .collect(),
            ),
            Self::IpAddress => DataType::FixedSizeBinary(16),
            Self::IpPrefix => DataType::FixedSizeBinary(17),
            Self::Unknown => DataType::Null,
            Self::Other(data_type) => data_type.clone(),
        }
    }

    /// A nullable field of this type.
    pub(crate) fn field(&self, name: &str) -> Field {
        let extension = match self {
            Self::Json => Some(JSON),
            Self::IpAddress => Some(IP_ADDRESS),
            Self::IpPrefix => Some(IP_PREFIX),
            _ => None,
        };
        let field = Field::new(name, self.arrow(), true);
        match extension {
            None => field,
            Some(name) => {
                field.with_metadata(HashMap::from([(EXTENSION.to_owned(), name.to_owned())]))
            }
        }
    }

    /// Whether it is one of the numbers.
    pub(crate) fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Self::Real | Self::Double | Self::Decimal(..))
    }

    /// Whether it is one of the whole numbers.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::Integer | Self::BigInt)
    }

    /// The name without parameters, as results name the types of their columns.
    pub(crate) fn base_name(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Real => "real",
            Self::Double => "double",
            Self::Decimal(..) => "decimal",
            Self::Varchar(_) => "varchar",
            Self::Char(_) => "char",
            Self::Varbinary => "varbinary",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::TimestampWithTimeZone(_) => "timestamp with time zone",
            Self::IntervalDayToSecond => "interval day to second",
            Self::IntervalYearToMonth => "interval year to month",
            Self::Array(_) => "array",
            Self::Map(..) => "map",
            Self::Row(_) => "row",
            Self::Json => "json",
            Self::IpAddress => "ipaddress",
            Self::IpPrefix => "ipprefix",
            Self::Unknown | Self::Other(_) => "unknown",
        }
    }
}

impl fmt::Display for TrinoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Time => f.write_str("time(3)"),
            Self::Timestamp => f.write_str("timestamp(3)"),
            Self::TimestampWithTimeZone(_) => f.write_str("timestamp(3) with time zone"),
            Self::Array(item) => write!(f, "array({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => {
                f.write_str("row(")?;
                for (at, (name, field)) in fields.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    match name {
                        Some(name) if is_plain(name) => write!(f, "{name} {field}")?,
                        Some(name) => write!(f, "\"{}\" {field}", name.replace('"', "\"\""))?,
                        None => write!(f, "{field}")?,
                    }
                }
                f.write_str(")")
            }
            Self::Other(data_type) => write!(f, "{data_type}"),
            other => f.write_str(other.base_name()),
        }
    }
}

/// The name that holds the place of a row's field without a name.
pub(crate) fn nameless(at: usize) -> String {
    format!("field{at}")
}

/// An error with Athena's code, such as `INVALID_CAST_ARGUMENT`, that goes through the plan as it is.
pub(crate) fn failure(code: &'static str, message: &str) -> DataFusionError {
    Error::new(ErrorKind::InvalidQuery, message).code(code).into()
}

/// Whether a field's name can be written without quotes.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A part of a type's text.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// A word in lower case.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    Number(u32),
    Open,
    Close,
    Comma,
}

/// The parts of a type's text; None if there is anything else in it.
fn tokens(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            '(' | '<' => parts.push(Part::Open),
            ')' | '>' => parts.push(Part::Close),
            ',' => parts.push(Part::Comma),
            '"' => {
                let mut name = String::new();
                loop {
                    match chars.next()? {
                        '"' if chars.next_if_eq(&'"').is_some() => name.push('"'),
                        '"' => break,
                        other => name.push(other),
                    }
                }
                parts.push(Part::Quoted(name));
            }
            _ if first.is_whitespace() => {}
            _ if first.is_alphanumeric() || first == '_' => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(next);
                }
                parts.push(match word.parse() {
                    Ok(number) => Part::Number(number),
                    Err(_) => Part::Word(word.to_lowercase()),
                });
            }
            _ => return None,
        }
    }
    Some(parts)
}

/// Reads a type from its parts.
struct Reader<'a> {
    tokens: &'a [Part],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, part: &Part) -> bool {
        let found = self.tokens.get(self.at) == Some(part);
        self.at += usize::from(found);
        found
    }

    /// Takes these words, if they all come next.
    fn words(&mut self, words: &[&str]) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let found = rest.len() >= words.len()
            && rest
                .iter()
                .zip(words)
                .all(|(part, word)| matches!(part, Part::Word(w) if w == word));
        if found {
            self.at += words.len();
        }
        found
    }

    /// The numbers in parentheses, if there are any.
    fn numbers(&mut self) -> Option<Vec<u32>> {
        let mut numbers = Vec::new();
        if !self.take(&Part::Open) {
            return Some(numbers);
        }
        loop {
            let Some(Part::Number(number)) = self.tokens.get(self.at) else { return None };
            numbers.push(*number);
            self.at += 1;
            if self.take(&Part::Close) {
                return Some(numbers);
            }
            if !self.take(&Part::Comma) {
                return None;
            }
        }
    }

    /// The precision of a time in parentheses, which is read and forgotten: all are held alike.
    fn precision(&mut self) -> Option<()> {
        let numbers = self.numbers()?;
        (numbers.len() <= 1 && numbers.iter().all(|number| *number <= 12)).then_some(())
    }

    fn read(&mut self, depth: usize) -> Option<TrinoType> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut read = self.simple(depth)?;
        // `integer array` is another way to write `array(integer)`.
        while self.words(&["array"]) {
            read = TrinoType::Array(Box::new(read));
        }
        Some(read)
    }

    fn simple(&mut self, depth: usize) -> Option<TrinoType> {
        let Some(Part::Word(word)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        Some(match word.as_str() {
            "boolean" => TrinoType::Boolean,
            "tinyint" => TrinoType::TinyInt,
            "smallint" => TrinoType::SmallInt,
            "integer" | "int" => TrinoType::Integer,
            "bigint" => TrinoType::BigInt,
            "real" => TrinoType::Real,
            "double" => {
                self.words(&["precision"]);
                TrinoType::Double
            }
            "decimal" | "dec" | "numeric" => {
                let (precision, scale) = match *self.numbers()? {
                    [] => (38, 0),
                    [precision] => (precision, 0),
                    [precision, scale] => (precision, scale),
                    _ => return None,
                };
                if !(1..=38).contains(&precision) || scale > precision {
                    return None;
                }
                TrinoType::Decimal(u8::try_from(precision).ok()?, i8::try_from(scale).ok()?)
            }
            "varchar" => match *self.numbers()? {
                [] => TrinoType::Varchar(None),
                [length] => TrinoType::Varchar(Some(length)),
                _ => return None,
            },
            "char" => match *self.numbers()? {
                [] => TrinoType::Char(1),
                [length] if length <= 65_536 => TrinoType::Char(length),
                _ => return None,
            },
            "varbinary" => TrinoType::Varbinary,
            "date" => TrinoType::Date,
            "time" => {
                self.precision()?;
                self.words(&["without", "time", "zone"]);
                TrinoType::Time
            }
            "timestamp" => {
                self.precision()?;
                if self.words(&["with", "time", "zone"]) {
                    TrinoType::TimestampWithTimeZone("UTC".into())
                } else {
                    self.words(&["without", "time", "zone"]);
                    TrinoType::Timestamp
                }
            }
            "interval" if self.words(&["day", "to", "second"]) => TrinoType::IntervalDayToSecond,
            "interval" if self.words(&["year", "to", "month"]) => TrinoType::IntervalYearToMonth,
            "array" => {
                let items = self.nested(depth)?;
                let [item] = <[_; 1]>::try_from(items).ok()?;
                TrinoType::Array(Box::new(item))
            }
            "map" => {
                let items = self.nested(depth)?;
                let [key, value] = <[_; 2]>::try_from(items).ok()?;
                TrinoType::Map(Box::new(key), Box::new(value))
            }
            "row" => TrinoType::Row(self.fields(depth)?),
            "json" => TrinoType::Json,
            "ipaddress" => TrinoType::IpAddress,
            "ipprefix" => TrinoType::IpPrefix,
            "unknown" => TrinoType::Unknown,
            _ => return None,
        })
    }

    /// The types in parentheses.
    fn nested(&mut self, depth: usize) -> Option<Vec<TrinoType>> {
        let mut types = Vec::new();
        if !self.take(&Part::Open) {
            return None;
        }
        loop {
            types.push(self.read(depth + 1)?);
            if self.take(&Part::Close) {
                return Some(types);
            }
            if !self.take(&Part::Comma) {
                return None;
            }
        }
    }

    /// The fields of a row in parentheses: a name and a type, or a type.
    fn fields(&mut self, depth: usize) -> Option<Vec<(Option<String>, TrinoType)>> {
        let mut fields = Vec::new();
        if !self.take(&Part::Open) {
            return None;
        }
        loop {
            let start = self.at;
            // What can be read whole as a type has no name, such as `double precision`.
            let bare = self
                .read(depth + 1)
                .filter(|_| matches!(self.tokens.get(self.at), Some(Part::Comma | Part::Close)));
            match bare {
                Some(bare) => fields.push((None, bare)),
                None => {
                    self.at = start;
                    let name = match self.tokens.get(self.at)? {
                        Part::Word(name) | Part::Quoted(name) => name.clone(),
                        _ => return None,
                    };
                    self.at += 1;
                    fields.push((Some(name), self.read(depth + 1)?));
                }
            }
            if self.take(&Part::Close) {
                return Some(fields);
            }
            if !self.take(&Part::Comma) {
                return None;
            }
        }
    }
}
