//! What is wanted of a user's table.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use crate::hive::hive_type::HiveType;
use crate::hive::table::{Hidden, HiveTable};
use crate::hive::value::Scalar;
use crate::predicate::{Predicate, Test};

/// Which rows and columns of a user's table are wanted.
#[derive(Debug)]
pub struct HiveRequest {
    table: Arc<HiveTable>,
    schema: SchemaRef,
    pub(crate) outputs: Vec<Output>,
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) rows_max: usize,
}

/// What a column of a batch is filled from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Column(usize),
    Hidden(Hidden),
}

impl HiveRequest {
    /// Asks for columns of a table by their positions, in this order, in batches of at most `rows_max` rows.
    ///
    /// Positions from the number of columns on are those of the [hidden](Hidden::ALL) ones. Rows that a predicate excludes are
    /// left out where that saves work; the account counts them as rows all the same.
    ///
    /// # Panics
    ///
    /// If the table has no column at a position, or if `rows_max` is zero.
    pub fn new(
        table: &Arc<HiveTable>,
        columns: &[usize],
        predicates: Vec<Predicate>,
        rows_max: usize,
    ) -> Self {
        assert!(rows_max > 0, "a batch has at least one row");
        let fields: Vec<_> =
            columns.iter().map(|column| Arc::clone(&table.schema().fields()[*column])).collect();
        let outputs = columns.iter().map(|column| match table.hidden(*column) {
            Some(hidden) => Output::Hidden(hidden),
            None => Output::Column(*column),
        });
        let testable = |predicate: &Predicate| {
            table.columns.get(predicate.column).is_some_and(|column| {
                matches!(
                    (&predicate.test, &column.hive_type),
                    (Test::Text(..) | Test::TextIn(_), HiveType::String | HiveType::Varchar(_))
                        | (
                            Test::Number(..) | Test::NumberIn(_),
                            HiveType::TinyInt
                                | HiveType::SmallInt
                                | HiveType::Int
                                | HiveType::BigInt
                                | HiveType::Date
                        )
                        | (Test::Time(..), HiveType::Timestamp)
                )
            })
        };
        Self {
            schema: Arc::new(Schema::new(fields)),
            outputs: outputs.collect(),
            predicates: predicates.into_iter().filter(testable).collect(),
            rows_max,
            table: Arc::clone(table),
        }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The table that is asked.
    pub fn table(&self) -> &Arc<HiveTable> {
        &self.table
    }
}

/// Whether a value passes a test of a predicate on its column.
pub(crate) fn passes(test: &Test, value: Option<&Scalar<'_>>) -> bool {
    match value {
        None => false,
        Some(Scalar::Whole(value)) => test.number(*value),
        Some(Scalar::Text(value)) => test.text(value.as_bytes()),
        Some(Scalar::Time(value)) => test.time(*value),
        Some(_) => true,
    }
}
