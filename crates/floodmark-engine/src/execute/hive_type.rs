//! Trino's types in Hive's words, for tables that are made of queries.

use crate::dialect::trino_type::TrinoType;

/// The type of a table's column that holds values of this type; None if there is none.
pub(crate) fn hive_type(trino_type: &TrinoType) -> Option<String> {
    use TrinoType as T;
    let all = |types: &[&TrinoType]| -> Option<Vec<String>> {
        types.iter().map(|inner| hive_type(inner)).collect()
    };
    Some(match trino_type {
        T::Boolean => "boolean".to_owned(),
        T::TinyInt => "tinyint".to_owned(),
        T::SmallInt => "smallint".to_owned(),
        T::Integer => "int".to_owned(),
        T::BigInt => "bigint".to_owned(),
        T::Real => "float".to_owned(),
        T::Double => "double".to_owned(),
        T::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
        T::Varchar(None) => "string".to_owned(),
        T::Varchar(Some(length)) => format!("varchar({length})"),
        T::Char(length) => format!("char({length})"),
        T::Varbinary => "binary".to_owned(),
        T::Date => "date".to_owned(),
        T::Timestamp => "timestamp".to_owned(),
        T::Array(item) => format!("array<{}>", hive_type(item)?),
        T::Map(key, value) => format!("map<{}>", all(&[key, value])?.join(",")),
        T::Row(fields) => {
            // A field without a name could not be asked for.
            let fields: Vec<String> = (fields.iter())
                .map(|(name, inner)| Some(format!("{}:{}", name.as_ref()?, hive_type(inner)?)))
                .collect::<Option<_>>()?;
            format!("struct<{}>", fields.join(","))
        }
        _ => return None,
    })
}
