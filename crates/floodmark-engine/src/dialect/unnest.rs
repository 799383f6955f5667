//! `UNNEST`: one row for each item of arrays and maps, beside the row that they came from.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{
    Column, DataFusionError, NullHandling, Result, ScalarValue, TableReference, UnnestOptions,
};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::functions_nested::map_entries::map_entries;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, Spanned, TableAlias};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::dialect::trino_type::TrinoType;
use crate::dialect::{names, tokens};
use crate::error::Error;

/// What UNNEST is asked to do.
pub(crate) struct Unnest {
    /// The arrays and maps, whose items stand side by side.
    pub(crate) arrays: Vec<SqlExpr>,
    /// Whether a last column counts the items of a row.
    pub(crate) with_ordinality: bool,
    /// The names of the result and its columns.
    pub(crate) alias: Option<TableAlias>,
    /// Whether a row without items stays, with NULLs.
    pub(crate) keeps_rows: bool,
}

/// Plans UNNEST beside the rows of a plan.
pub(crate) fn plan(
    left: LogicalPlan,
    unnest: Unnest,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let mut lists = Vec::new();
    // Rows stay whole in Athena. Where there are more names than that gives columns, their fields stand apart as in Trino.
    let mut outputs = Vec::new();
    let mut apart = Vec::new();
    for array in unnest.arrays {
        let span = array.span();
        let expr = context.sql_to_expr(array, left.schema())?;
        let data_type = expr.get_type(left.schema())?;
        let column = names::hidden("list", lists.len());
        let item = Expr::Column(Column::from_name(&column));
        let list = match &data_type {
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(cannot_unnest(&data_type, span));
                };
                for field in fields {
                    let value = get_field(item.clone(), field.name().as_str());
                    outputs.push(value.clone());
                    apart.push(value);
                }
                map_entries(expr)
            }
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::FixedSizeList(field, _) => {
                match field.data_type() {
                    DataType::Struct(fields) => {
                        for field in fields {
                            let value = get_field(item.clone(), field.name().as_str());
                            apart.push(value);
                        }
                    }
                    _ => apart.push(item.clone()),
                }
                outputs.push(item);
                expr
            }
            DataType::Null => {
                outputs.push(item.clone());
                apart.push(item);
                Expr::Literal(ScalarValue::new_null_list(DataType::Null, true, 1), None)
            }
            _ => return Err(cannot_unnest(&data_type, span)),
        };
        lists.push((column, list));
    }
    if unnest.with_ordinality {
        let column = names::hidden("list", lists.len());
        let arrays = lists.iter().map(|(_, list)| list.clone()).collect();
        let ordinals = ScalarUDF::new_from_impl(Ordinals::new()).call(arrays);
        let value = Expr::Column(Column::from_name(&column));
        outputs.push(value.clone());
        apart.push(value);
        lists.push((column, ordinals));
    }
    let names = unnest.alias.as_ref().map_or(0, |alias| alias.columns.len());
    if names > outputs.len() && names == apart.len() {
        outputs = apart;
    }
    let outputs = named(outputs, unnest.alias)?;
    let before: Vec<Expr> = left.schema().iter().map(|field| Expr::Column(field.into())).collect();
    let columns = lists.iter().map(|(name, _)| Column::from_name(name)).collect();
    let null_handling = match unnest.keeps_rows {
        true => NullHandling::PreserveAndExpandEmpty,
        false => NullHandling::Drop,
    };
    let lists = lists.into_iter().map(|(name, list)| list.alias(name));
    LogicalPlanBuilder::from(left)
        .project(before.clone().into_iter().chain(lists))?
        .unnest_columns_with_options(
            columns,
            UnnestOptions::new().with_null_handling(null_handling),
        )?
        .project(before.into_iter().chain(outputs))?
        .build()
}

/// The columns under the names that the alias gives them.
fn named(outputs: Vec<Expr>, alias: Option<TableAlias>) -> Result<Vec<Expr>> {
    let Some(alias) = alias else {
        let columns = outputs.into_iter().enumerate();
        return Ok(columns.map(|(at, value)| value.alias(names::hidden("", at))).collect());
    };
    if !alias.columns.is_empty() && alias.columns.len() != outputs.len() {
        return Err(Error::invalid_query(format!(
            "Column alias list has {} entries but '{}' has {} columns available",
            alias.columns.len(),
            alias.name.value,
            outputs.len()
        ))
        .code("MISMATCHED_COLUMN_ALIASES")
        .at(tokens::position(alias.name.span))
        .into());
    }
    let table = TableReference::bare(alias.name.value);
    let mut given = alias.columns.into_iter().map(|column| column.name.value);
    let columns = outputs.into_iter().enumerate();
    Ok(columns
        .map(|(at, value)| {
            let name = given.next().unwrap_or_else(|| names::hidden("", at));
            value.alias_qualified(Some(table.clone()), name)
        })
        .collect())
}

fn cannot_unnest(data_type: &DataType, span: Span) -> DataFusionError {
    let trino_type = TrinoType::of(data_type);
    Error::invalid_query(format!("Cannot unnest type: {trino_type}"))
        .code("INVALID_FUNCTION_ARGUMENT")
        .at(tokens::position(span))
        .into()
}

/// Counts from 1 to the length of the longest of its arrays.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Ordinals {
    signature: Signature,
}

impl Ordinals {
    fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Ordinals {
    fn name(&self) -> &str {
        "$ordinals"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::new_list(DataType::Int64, true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Vec<ArrayRef> = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
            1
        } else {
            args.number_rows
        };
        let mut lengths = vec![0_usize; rows];
        for array in &arrays {
            for (row, length) in lengths.iter_mut().enumerate() {
                *length = (*length).max(list_length(array, row));
            }
        }
        let ordinals: Int64Array =
            lengths.iter().flat_map(|length| 1..=*length as i64).collect::<Vec<_>>().into();
        let list = ListArray::try_new(
            Arc::new(Field::new_list_field(DataType::Int64, true)),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(ordinals),
            None,
        )?;
        if rows == 1 && rows != args.number_rows {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&list, 0)?));
        }
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}

fn list_length(array: &ArrayRef, row: usize) -> usize {
    if array.is_null(row) {
        return 0;
    }
    match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value_length(row) as usize,
        DataType::LargeList(_) => array.as_list::<i64>().value_length(row) as usize,
        DataType::FixedSizeList(_, length) => *length as usize,
        _ => 0,
    }
}
