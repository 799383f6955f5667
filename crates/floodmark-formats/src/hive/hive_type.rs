//! The types of a Hive table's columns, as DDL writes them and as Arrow holds them.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};

use crate::limits::NESTED_DEPTH_MAX;

/// The type of a column in Hive's DDL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HiveType {
    /// `boolean`
    Boolean,
    /// `tinyint`: 8 bits, signed.
    TinyInt,
    /// `smallint`: 16 bits, signed.
    SmallInt,
    /// `int`: 32 bits, signed.
    Int,
    /// `bigint`: 64 bits, signed.
    BigInt,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `decimal(precision,scale)`: at most 38 digits.
    Decimal(u8, i8),
    /// `string`
    String,
    /// `char(length)`: longer text is cut, blanks at the end do not count.
    Char(u32),
    /// `varchar(length)`: longer text is cut.
    Varchar(u32),
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `timestamp`: milliseconds, without a zone.
    Timestamp,
    /// `array<item>`
    Array(Box<HiveType>),
    /// `map<key,value>`
    Map(Box<HiveType>, Box<HiveType>),
    /// `struct<name:type,…>`, with the names in lower case.
    Struct(Vec<(String, HiveType)>),
}

impl HiveType {
    /// Reads a type as DDL writes it. The error says what is wrong, and where: the place is counted in characters from 1.
    ///
    /// Names of fields may stand in backticks and become lower case; comments of fields are passed over.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0 };
        let hive_type = parser.hive_type(NESTED_DEPTH_MAX)?;
        parser.blanks();
        match parser.rest().chars().next() {
            None => Ok(hive_type),
            Some(found) => Err(parser.wrong(&format!("`{found}` follows the type"))),
        }
    }

    /// The type that Arrow arrays of this column have.
    ///
    /// Text at the top is `Utf8View`; inside nested values it is `Utf8`.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::String | Self::Char(_) | Self::Varchar(_) => DataType::Utf8View,
            other => other.nested_arrow(),
        }
    }

    /// The type of a value inside a nested one.
    pub(crate) fn nested_arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::String | Self::Char(_) | Self::Varchar(_) => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Array(item) => {
                DataType::List(Arc::new(Field::new_list_field(item.nested_arrow(), true)))
            }
            Self::Map(key, value) => {
                let entries = Fields::from(vec![
                    Field::new("keys", key.nested_arrow(), false),
                    Field::new("values", value.nested_arrow(), true),
                ]);
                let entries = Field::new("entries", DataType::Struct(entries), false);
                DataType::Map(Arc::new(entries), false)
            }
            Self::Struct(fields) => DataType::Struct(
                fields
                    .iter()
                    .map(|(name, field)| Field::new(name, field.nested_arrow(), true))
                    .collect(),
            ),
        }
    }

    /// Whether the type has other types in it.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Map(..) | Self::Struct(_))
    }

    /// Whether the values are text.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::String | Self::Char(_) | Self::Varchar(_))
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varchar(length) => write!(f, "varchar({length})"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Array(item) => write!(f, "array<{item}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (at, (name, field)) in fields.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    let plain = name
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'));
                    let tick = if plain { "" } else { "`" };
                    write!(f, "{comma}{tick}{}{tick}:{field}", name.replace('`', "``"))?;
                }
                f.write_str(">")
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, what: &str) -> String {
        let place = self.text[..self.at].chars().count() + 1;
        format!("{what} at character {place} of the type `{}`", self.text)
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, sign: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(&format!("`{sign}` is missing"))) }
    }

    fn word(&mut self) -> String {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_ascii_lowercase()
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        self.blanks();
        let start = self.at;
        let word = self.word();
        word.parse().map_err(|_| {
            self.at = start;
            self.wrong("a number is missing")
        })
    }

    fn hive_type(&mut self, depth_left: usize) -> Result<HiveType, String> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(self.wrong(&format!("more than {NESTED_DEPTH_MAX} levels")));
        };
        self.blanks();
        let start = self.at;
        let name = self.word();
        Ok(match name.as_str() {
            "boolean" => HiveType::Boolean,
            "tinyint" => HiveType::TinyInt,
            "smallint" => HiveType::SmallInt,
            "int" | "integer" => HiveType::Int,
            "bigint" | "long" => HiveType::BigInt,
            "float" | "real" => HiveType::Float,
            "double" => {
                let before = self.at;
                if self.word() != "precision" {
                    self.at = before;
                }
                HiveType::Double
            }
            "decimal" | "numeric" | "dec" => self.decimal()?,
            "string" => HiveType::String,
            "char" => HiveType::Char(self.length(255)?),
            "varchar" => HiveType::Varchar(self.length(65_535)?),
            "binary" => HiveType::Binary,
            "date" => HiveType::Date,
            "timestamp" => HiveType::Timestamp,
            "array" => {
                self.expect('<')?;
                let item = self.hive_type(depth_left)?;
                self.expect('>')?;
                HiveType::Array(Box::new(item))
            }
            "map" => {
                self.expect('<')?;
                let key_at = self.at;
                let key = self.hive_type(depth_left)?;
                if key.is_nested() {
                    self.at = key_at;
                    return Err(self.wrong("the key of a map is nested"));
                }
                self.expect(',')?;
                let value = self.hive_type(depth_left)?;
                self.expect('>')?;
                HiveType::Map(Box::new(key), Box::new(value))
            }
            "struct" => self.fields(depth_left)?,
            "" => return Err(self.wrong("a type is missing")),
            other => {
                self.at = start;
                return Err(self.wrong(&format!("`{other}` is no type")));
            }
        })
    }

    fn decimal(&mut self) -> Result<HiveType, String> {
        let (mut precision, mut scale) = (10_u8, 0_i8);
        let start = self.at;
        if self.take('(') {
            precision = self.number()?;
            if self.take(',') {
                scale = self.number()?;
            }
            self.expect(')')?;
        }
        let digits = i8::try_from(precision).unwrap_or(i8::MAX);
        if !(1..=38).contains(&precision) || scale > digits {
            self.at = start;
            return Err(
                self.wrong("a decimal has 1 to 38 digits, and no more of them after the point")
            );
        }
        Ok(HiveType::Decimal(precision, scale))
    }

    fn length(&mut self, longest: u32) -> Result<u32, String> {
        self.expect('(')?;
        let start = self.at;
        let length: u32 = self.number()?;
        if !(1..=longest).contains(&length) {
            self.at = start;
            return Err(self.wrong(&format!("the length is not between 1 and {longest}")));
        }
        self.expect(')')?;
        Ok(length)
    }

    fn fields(&mut self, depth_left: usize) -> Result<HiveType, String> {
        self.expect('<')?;
        let mut fields: Vec<(String, HiveType)> = Vec::new();
        loop {
            let start = self.at;
            let name = self.field_name()?;
            if fields.iter().any(|(other, _)| *other == name) {
                self.at = start;
                return Err(self.wrong(&format!("the field `{name}` occurs twice")));
            }
            self.expect(':')?;
            fields.push((name, self.hive_type(depth_left)?));
            self.comment()?;
            if !self.take(',') {
                break;
            }
        }
        self.expect('>')?;
        Ok(HiveType::Struct(fields))
    }

    fn field_name(&mut self) -> Result<String, String> {
        if self.take('`') {
            let rest = self.rest();
            let mut name = String::new();
            let mut characters = rest.char_indices().peekable();
            while let Some((at, character)) = characters.next() {
                if character == '`' && characters.next_if(|(_, next)| *next == '`').is_none() {
                    self.at += at + 1;
                    return Ok(name.to_lowercase());
                }
                name.push(character);
            }
            return Err(self.wrong("the name of a field is not closed"));
        }
        let rest = self.rest();
        let end = rest.find([':', ',', '<', '>']).unwrap_or(rest.len());
        let name = rest[..end].trim_end();
        if name.is_empty() {
            return Err(self.wrong("the name of a field is missing"));
        }
        self.at += end;
        Ok(name.to_lowercase())
    }

    fn comment(&mut self) -> Result<(), String> {
        let before = self.at;
        if self.word() != "comment" {
            self.at = before;
            return Ok(());
        }
        self.blanks();
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|sign| matches!(sign, '\'' | '"')) else {
            return Err(self.wrong("the text of a comment is missing"));
        };
        let Some(end) = rest[1..].find(quote) else {
            return Err(self.wrong("a comment is not closed"));
        };
        self.at += end + 2;
        Ok(())
    }
}
