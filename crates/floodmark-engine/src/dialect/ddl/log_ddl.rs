//! The DDL of a log type's table.

/// What a log type's table is called and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct DdlOptions {}

/// The statement.
pub(crate) fn ddl_of(_options: &DdlOptions) -> String {
    String::new()
}
