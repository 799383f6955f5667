//! The file `.metadata` beside a result, which Athena's JDBC driver reads: a message of protocol buffers.
//!
//! Its layout is not documented; burtcorp/athena-jdbc's `AthenaMetaDataParser` reads these fields.

use crate::results::columns::ColumnInfo;

/// What stands in a `.metadata` file.
pub(crate) struct Metadata<'a> {
    /// The engine's own id of the query: `20260917_085344_00007_k6s5b`.
    pub(crate) query_id: &'a str,
    /// What a statement that writes did: `INSERT`, `CREATE TABLE`.
    pub(crate) update_type: Option<&'a str>,
    /// How many rows it wrote.
    pub(crate) update_count: Option<u64>,
    /// The columns of the result.
    pub(crate) columns: &'a [ColumnInfo],
}

impl Metadata<'_> {
    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        text(1, self.query_id, &mut out);
        if let Some(update_type) = self.update_type {
            text(2, update_type, &mut out);
        }
        if let Some(count) = self.update_count {
            number(3, count, &mut out);
        }
        for column in self.columns {
            let mut message = Vec::new();
            of_column(column, &mut message);
            bytes(4, &message, &mut out);
        }
        out
    }
}

/// The number that stands for `UNKNOWN`.
const NULLABLE_UNKNOWN: u64 = 3;

fn of_column(column: &ColumnInfo, out: &mut Vec<u8>) {
    text(1, "hive", out);
    text(4, &column.name, out);
    text(5, &column.label, out);
    text(6, &column.type_name, out);
    let (has_precision, has_scale, has_case) = match column.type_name.as_str() {
        "boolean" | "interval day to second" | "interval year to month" => (false, false, true),
        "date" => (false, true, true),
        "array" | "map" | "row" | "json" | "string" | "uuid" | "ipaddress" => (false, false, false),
        _ => (true, true, true),
    };
    if has_precision {
        number(7, u64::from(column.precision), out);
    }
    if has_scale {
        number(8, u64::from(column.scale.unsigned_abs()), out);
    }
    number(9, NULLABLE_UNKNOWN, out);
    if has_case {
        number(10, u64::from(column.case_sensitive), out);
    }
}

fn number(field: u64, value: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value, out);
}

fn text(field: u64, value: &str, out: &mut Vec<u8>) {
    bytes(field, value.as_bytes(), out);
}

fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
    varint((field << 3) | 2, out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
