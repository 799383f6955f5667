//! What a column's values are, for those who group, compare and draw them.

use crate::column_type::ColumnType;

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Names or codes, few or many: load balancers, methods, cipher suites, ARNs.
    Category,
    /// Measured numbers, such as bytes, milliseconds or packets; at times written as text.
    Quantity,
    /// A moment or a day, however it is written.
    Time,
    /// Unique or nearly so for each record: ids of requests, ports that clients choose for one connection.
    Identifier,
    /// An IPv4 or IPv6 address; `-` or empty without one.
    Address,
    /// The port of a service. Where either side may be the service, the other side's port stands here as well.
    Port,
    /// A whole URL, or one without its host; the query may follow the path.
    Url,
    /// A path or an object's key: parts between slashes.
    Path,
    /// The query of a URL.
    QueryString,
    /// What a client calls itself.
    UserAgent,
    /// An HTTP status, as a number or as text.
    Status,
    /// The name of a host: in DNS, in TLS, or in a header.
    Domain,
    /// A nested value.
    Nested,
}

impl Kind {
    /// The kind of columns whose declaration says nothing else.
    pub(crate) const fn usual(column_type: ColumnType, unit: &str) -> Self {
        match column_type {
            ColumnType::String => Self::Category,
            ColumnType::Date | ColumnType::Timestamp => Self::Time,
            ColumnType::Nested(_) => Self::Nested,
            ColumnType::Int | ColumnType::BigInt | ColumnType::Float | ColumnType::Double => {
                if unit.is_empty() { Self::Category } else { Self::Quantity }
            }
        }
    }

    /// The kind in a word or two, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Quantity => "quantity",
            Self::Time => "time",
            Self::Identifier => "identifier",
            Self::Address => "address",
            Self::Port => "port",
            Self::Url => "URL",
            Self::Path => "path",
            Self::QueryString => "query string",
            Self::UserAgent => "user agent",
            Self::Status => "HTTP status",
            Self::Domain => "domain",
            Self::Nested => "nested",
        }
    }
}

/// Something to group by that is no column of its own: a part of a nested value or of a URL.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    /// Its name, as a column of an answer would have it. No column of the table has the same.
    pub name: &'static str,
    /// The value, as an expression of Athena's SQL.
    pub sql: &'static str,
    /// What the values are.
    pub kind: Kind,
}

/// A dimension.
pub const fn dimension(name: &'static str, sql: &'static str, kind: Kind) -> Dimension {
    Dimension { name, sql, kind }
}
