//! What a log type is: plain data from which schema, decoder, keys, pruning and manual are derived.

use crate::athena::AthenaTable;
use crate::column_type::ColumnType;
use crate::kind::{Dimension, Kind};
use crate::measure::Measure;
use crate::observation::Observation;
use crate::time::{DAY, HOUR, MINUTE, Micros};

/// One kind of AWS log, declared once in `log_types/<name>.rs`.
#[derive(Debug)]
pub struct LogType {
    /// The table's name, such as `nlb`.
    pub name: &'static str,
    /// The names that the same table has in AWS's documentation.
    pub aliases: &'static [&'static str],
    /// What it is, for people.
    pub title: &'static str,
    /// The page of AWS's documentation that describes the fields.
    pub page: &'static str,
    /// How a record is written.
    pub encoding: Encoding,
    /// Where AWS puts the objects by default, below the bucket and the owner's prefix.
    ///
    /// `{account}`, `{region}`, `{resource}`, `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{mm}` stand for what they say.
    pub folder: &'static str,
    /// How `{time}` is written in the objects' names: `yyyyMMddTHHmmZ` for most.
    pub key_time: &'static str,
    /// The objects' names without folder and without suffixes such as `.log.gz`; see [`crate::key`].
    pub keys: &'static [&'static str],
    /// When a record's event began: the first of these clocks that has a value.
    pub event_time: &'static [Clock],
    /// When it ended, for connections and flows; empty for all else.
    pub event_end: &'static [Clock],
    /// What the time in an object's name says about each time column.
    pub windows: &'static [Window],
    /// The written values of a record, in the order of the newest era.
    pub fields: &'static [Field],
    /// How many fields the shortest record of any era has.
    pub fields_min: usize,
    /// What tells a line of this log from all others.
    pub marks: &'static [Mark],
    /// The column and value that say that records are missing here.
    pub hole: Option<(&'static str, &'static str)>,
    /// Where its records are made, and so how often a byte stands in them.
    pub observation: Observation,
    /// The address that asks, as an expression of Athena's SQL: a column, or a part of a nested one.
    pub client: Option<&'static str>,
    /// What can be counted, summed or averaged over its records. The first is the count of records.
    pub measures: &'static [Measure],
    /// What to group by beside the columns: parts of nested values and of URLs.
    pub dimensions: &'static [Dimension],
    /// Its tables in Athena, the one that `floodmark` writes first.
    pub athena: &'static [AthenaTable],
}

/// How a record is written as a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Values between separators, in the order of a header line or of the declaration.
    Words {
        /// The separators that occur, the usual one first.
        separators: &'static [u8],
        /// How a value that holds a separator is written.
        quotes: Quotes,
        /// Where the order of the values is written.
        header: Header,
    },
    /// One JSON object a line.
    Json,
}

/// How a value that holds a separator is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// It cannot hold one.
    None,
    /// In double quotes; a quote inside is written `\x22`, or `\"` at times.
    Double,
    /// As S3 writes its access logs: a time in brackets, and quotes in which stray quotes occur.
    Stray,
}

/// Where the order of the values is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Nowhere: the order is that of the declaration.
    None,
    /// In a line of field names. Without one, the order is that of the declaration.
    Names,
    /// In a line of field names, for the log's owner chooses the fields. Without one, a line is in the default format: the
    /// first `fields_min` fields of the declaration.
    NamesOfChoice,
    /// In a `#Fields:` line. Without one, the order is that of the declaration.
    Directives,
}

/// One written value of a record. It fills one column or several.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in AWS's documentation, in header lines and in JSON.
    pub name: &'static str,
    /// The columns it fills.
    pub value: Value,
    /// Whether the writer puts it in double quotes, and whether Athena's table shows them.
    pub quoting: Quoting,
    /// What synthetic records hold here.
    pub sample: Sample,
}

/// Whether a value is written in double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// It is not.
    Bare,
    /// It is, and the column is without them.
    Quoted,
    /// It is, and the column keeps them, as AWS's documented table does.
    Kept,
}

/// How a written value becomes columns.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// The value itself.
    One(Column),
    /// `address:port`, split at the last colon. A lone `-` gives an empty address and no port, as in Athena.
    AddressAndPort(Column, Column),
    /// `METHOD URL VERSION`, split at the first blank and at the last.
    Request(Column, Column, Column),
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in AWS's documented Athena table.
    pub name: &'static str,
    /// The type in AWS's documented Athena table.
    pub column_type: ColumnType,
    /// The unit of a number, such as `ms` or `bytes`; empty where there is none.
    pub unit: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What its values are.
    pub kind: Kind,
}

/// Where a record's time is written. Names are those of columns.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// An ISO 8601 time in UTC.
    Iso(&'static str),
    /// An ISO 8601 time less a duration in milliseconds.
    IsoLess(&'static str, &'static str),
    /// Seconds since 1970, with or without a fraction.
    EpochSeconds(&'static str),
    /// Milliseconds since 1970.
    EpochMillis(&'static str),
    /// A date and a time of day.
    DateAndTime(&'static str, &'static str),
    /// `06/Feb/2019:00:00:38 +0000`.
    CommonLog(&'static str),
}

/// Between which moments the values of a time column lie in an object whose name bears the time K.
///
/// A bound of None means that there is none. The bounds have slack: they must never cost a row.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The column.
    pub column: &'static str,
    /// How the column holds its time.
    pub written: Written,
    /// The earliest value, relative to K.
    pub earliest: Option<Micros>,
    /// The latest value, relative to K.
    pub latest: Option<Micros>,
}

/// How a column holds a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A `timestamp`.
    Timestamp,
    /// A `date`.
    Date,
    /// Text as ISO 8601, whose order is that of time.
    Iso,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
}

/// Something that holds for a field of every line of a log type.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The field's first column.
    pub column: &'static str,
    /// What holds for it.
    pub shape: Shape,
}

/// What a field of every line looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// It is there, whatever it holds.
    Present,
    /// An ISO 8601 time.
    Iso,
    /// `yyyy-MM-dd`.
    Date,
    /// `hh:mm:ss`.
    Clock,
    /// `06/Feb/2019:00:00:38 +0000`.
    CommonLog,
    /// Digits only, or a lone `-`.
    Digits,
    /// Digits and points, beginning with a digit.
    Decimal,
    /// An IPv4 or IPv6 address, or a lone `-`.
    Address,
    /// It begins with one of these.
    StartsWith(&'static [&'static str]),
    /// It is one of these.
    OneOf(&'static [&'static str]),
    /// A JSON object whose `event_type` is this.
    EventType(&'static str),
}

/// What synthetic records hold in a field.
#[derive(Clone, Copy, Debug)]
pub enum Sample {
    /// From the column's type.
    Typed,
    /// The record's time.
    Time(TimeForm),
    /// An address, one of many.
    Address,
    /// A port number.
    Port,
    /// A whole number between two.
    Between(i64, i64),
    /// A number of seconds with so many decimals, between zero and one.
    Fraction(usize),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// So many hexadecimal digits.
    Hex(usize),
}

/// How a synthetic record writes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// `2018-12-20T02:59:40`
    IsoSeconds,
    /// `2018-12-20T02:59:40Z`
    IsoSecondsZ,
    /// `2018-12-20T02:59:40.186641Z`
    IsoMicros,
    /// `1545274780`
    EpochSeconds,
    /// `1545274780.186`
    EpochSecondsMillis,
    /// `1545274780186`
    EpochMillis,
    /// `2018-12-20`
    Date,
    /// `02:59:40`
    Clock,
    /// `20/Dec/2018:02:59:40 +0000`
    CommonLog,
}

impl Field {
    /// The columns it fills, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        let columns: [Option<&Column>; 3] = match &self.value {
            Value::One(column) => [Some(column), None, None],
            Value::AddressAndPort(address, port) => [Some(address), Some(port), None],
            Value::Request(verb, url, version) => [Some(verb), Some(url), Some(version)],
        };
        columns.into_iter().flatten()
    }

    /// The same field with the name that AWS writes in headers and JSON, where it is not the column's.
    pub const fn written(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The same field, written in double quotes.
    pub const fn quoted(mut self) -> Self {
        self.quoting = Quoting::Quoted;
        self
    }

    /// The same field, written in double quotes that its column keeps.
    pub const fn quotes_kept(mut self) -> Self {
        self.quoting = Quoting::Kept;
        self
    }

    /// The same field, whose values are of this kind. Of an address and a port, it is the port's.
    pub const fn kind(mut self, kind: Kind) -> Self {
        match &mut self.value {
            Value::One(column) | Value::AddressAndPort(_, column) => column.kind = kind,
            Value::Request(..) => {}
        }
        self
    }

    /// The same field with what synthetic records hold.
    pub const fn sample(mut self, sample: Sample) -> Self {
        self.sample = sample;
        self
    }
}

const fn one(
    name: &'static str,
    column_type: ColumnType,
    unit: &'static str,
    meaning: &'static str,
) -> Field {
    let value = Value::One(Column {
        name,
        column_type,
        unit,
        meaning,
        kind: Kind::usual(column_type, unit),
    });
    Field { name, value, quoting: Quoting::Bare, sample: Sample::Typed }
}

/// A `string` column.
pub const fn text(name: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::String, "", meaning)
}

/// An `int` column.
pub const fn int(name: &'static str, unit: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::Int, unit, meaning)
}

/// A `bigint` column.
pub const fn bigint(name: &'static str, unit: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::BigInt, unit, meaning)
}

/// A `float` column.
pub const fn float(name: &'static str, unit: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::Float, unit, meaning)
}

/// A `double` column.
pub const fn double(name: &'static str, unit: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::Double, unit, meaning)
}

/// A `date` column.
pub const fn date(name: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::Date, "", meaning)
}

/// A column of a nested type, in Athena's words.
pub const fn nested(name: &'static str, column_type: &'static str, meaning: &'static str) -> Field {
    one(name, ColumnType::Nested(column_type), "", meaning)
}

/// `address:port` in one value, two columns. The port is one that a client chose, unless the kind says otherwise.
pub const fn address_and_port(
    name: &'static str,
    address: &'static str,
    port: &'static str,
    meaning: &'static str,
) -> Field {
    let address = Column {
        name: address,
        column_type: ColumnType::String,
        unit: "",
        meaning,
        kind: Kind::Address,
    };
    let port = Column {
        name: port,
        column_type: ColumnType::Int,
        unit: "",
        meaning: "The port of it.",
        kind: Kind::Identifier,
    };
    let value = Value::AddressAndPort(address, port);
    Field { name, value, quoting: Quoting::Bare, sample: Sample::Address }
}

/// A request line in one quoted value, three columns.
pub const fn request(
    name: &'static str,
    verb: &'static str,
    url: &'static str,
    version: &'static str,
) -> Field {
    const fn part(name: &'static str, meaning: &'static str, kind: Kind) -> Column {
        Column { name, column_type: ColumnType::String, unit: "", meaning, kind }
    }
    let value = Value::Request(
        part(verb, "The request's method.", Kind::Category),
        part(url, "The request's URL, blanks included if the client sent any.", Kind::Url),
        part(version, "The request's protocol and version.", Kind::Category),
    );
    Field { name, value, quoting: Quoting::Quoted, sample: Sample::Typed }
}

/// A window that is bounded on both sides.
pub const fn between(
    column: &'static str,
    written: Written,
    earliest: Micros,
    latest: Micros,
) -> Window {
    Window { column, written, earliest: Some(earliest), latest: Some(latest) }
}

/// A window that is bounded above only: the object may hold records that began long before.
pub const fn until(column: &'static str, written: Written, latest: Micros) -> Window {
    Window { column, written, earliest: None, latest: Some(latest) }
}

/// The slack of names that bear the end of a five-minute interval: before it, by two intervals.
pub const TWO_INTERVALS_BEFORE: Micros = -10 * MINUTE;
/// The slack of such names after their time, by one interval.
pub const INTERVAL_AFTER: Micros = 5 * MINUTE;
/// One day, the slack where AWS states none.
pub const A_DAY: Micros = DAY;
/// One hour.
pub const AN_HOUR: Micros = HOUR;
