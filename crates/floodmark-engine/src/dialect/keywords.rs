//! The words of SQL.

/// The words of Athena's SQL that editors offer and show as such, in upper case and in order. As names they are quoted.
#[rustfmt::skip]
pub const KEYWORDS: &[&str] = &[
    "ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "CROSS", "DESC", "DESCRIBE", "DISTINCT", "ELSE", "END",
    "EXCEPT", "EXISTS", "EXPLAIN", "FALSE", "FROM", "FULL", "GROUP", "HAVING", "IN", "INNER", "INTERSECT", "INTERVAL",
    "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER",
    "PARTITION", "RIGHT", "SELECT", "SHOW", "TABLES", "THEN", "TIMESTAMP", "TRUE", "UNION", "UNNEST", "USING", "VALUES",
    "WHEN", "WHERE", "WITH",
];
