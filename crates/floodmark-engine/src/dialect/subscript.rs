//! `a[1]`, `m['key']` and `r[1]`: what is not there is an error, as in Trino.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt64Array, new_null_array};
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, GetFieldAccess, ReturnFieldArgs, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::dialect::trino_type::failure;

/// Plans subscripts.
#[derive(Debug)]
pub(crate) struct Subscripts;

impl ExprPlanner for Subscripts {
    fn plan_field_access(
        &self,
        access: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let index = match &access.field_access {
            GetFieldAccess::ListIndex { key } => key.as_ref().clone(),
            GetFieldAccess::NamedStructField { name } => Expr::Literal(name.clone(), None),
            GetFieldAccess::ListRange { .. } => return Ok(PlannerResult::Original(access)),
        };
        match access.expr.get_type(schema)? {
            DataType::List(_) | DataType::LargeList(_) | DataType::Map(..) => {
                let subscript = ScalarUDF::new_from_impl(Subscript::new());
                Ok(PlannerResult::Planned(subscript.call(vec![access.expr, index])))
            }
            DataType::Struct(fields) => {
                let position = match &index {
                    Expr::Literal(value, _) => value.cast_to(&DataType::Int64).ok(),
                    _ => None,
                };
                match position {
                    Some(ScalarValue::Int64(Some(position))) => {
                        let at = usize::try_from(position - 1).ok();
                        let field = at.and_then(|at| fields.get(at)).ok_or_else(|| {
                            failure(
                                "INVALID_FUNCTION_ARGUMENT",
                                &format!("ROW index is out of bounds: {position}"),
                            )
                        })?;
                        let name = field.name().as_str();
                        Ok(PlannerResult::Planned(get_field(access.expr, name)))
                    }
                    _ => Ok(PlannerResult::Original(access)),
                }
            }
            _ => Ok(PlannerResult::Original(access)),
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Subscript {
    signature: Signature,
}

impl Subscript {
    fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Subscript {
    fn name(&self) -> &str {
        "$subscript"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let [container, index] = arg_types else {
            return Err(DataFusionError::Internal("a subscript has two parts".to_owned()));
        };
        let key = match container {
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) => fields[0].data_type().clone(),
                other => other.clone(),
            },
            _ if index.is_integer() || index.is_null() => DataType::Int64,
            _ => {
                let message = "Cannot use this type as an array subscript";
                return Err(failure("TYPE_MISMATCH", message));
            }
        };
        Ok(vec![container.clone(), key])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field_from_args`".to_owned()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let item = match args.arg_fields[0].data_type() {
            DataType::List(item) | DataType::LargeList(item) => Arc::clone(item),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) => Arc::clone(&fields[1]),
                _ => Arc::clone(entries),
            },
            _ => Arc::clone(&args.arg_fields[0]),
        };
        Ok(Arc::new(item.as_ref().clone().with_name(self.name()).with_nullable(true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_scalar { 1 } else { args.number_rows };
        let container = args.args[0].to_array(rows)?;
        let index = args.args[1].to_array(rows)?;
        let result = match container.data_type() {
            DataType::Map(..) => of_map(&container, &index)?,
            DataType::List(_) | DataType::LargeList(_) => of_list(&container, &index)?,
            other => new_null_array(other, rows),
        };
        if all_scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

fn of_list(container: &ArrayRef, index: &ArrayRef) -> Result<ArrayRef> {
    let index = cast(index, &DataType::Int64)?;
    let index: &Int64Array = index.as_primitive::<Int64Type>();
    let is_large = matches!(container.data_type(), DataType::LargeList(_));
    let range = |row: usize| -> (usize, usize) {
        if is_large {
            let list = container.as_list::<i64>();
            (list.value_offsets()[row] as usize, list.value_length(row) as usize)
        } else {
            let list = container.as_list::<i32>();
            (list.value_offsets()[row] as usize, list.value_length(row) as usize)
        }
    };
    let values = if is_large {
        container.as_list::<i64>().values()
    } else {
        container.as_list::<i32>().values()
    };
    let mut taken: Vec<Option<u64>> = Vec::with_capacity(container.len());
    for row in 0..container.len() {
        if container.is_null(row) || index.is_null(row) {
            taken.push(None);
            continue;
        }
        let (begin, length) = range(row);
        let position = index.value(row);
        let message = match usize::try_from(position) {
            Ok(0) => "SQL array indices start at 1".to_owned(),
            Err(_) => format!("Array subscript is negative: {position}"),
            Ok(at) if at > length => format!(
                "Array subscript must be less than or equal to array length: {at} > {length}"
            ),
            Ok(at) => {
                taken.push(Some((begin + at - 1) as u64));
                continue;
            }
        };
        return Err(failure("INVALID_FUNCTION_ARGUMENT", &message));
    }
    Ok(take(values, &UInt64Array::from(taken), None)?)
}

fn of_map(container: &ArrayRef, index: &ArrayRef) -> Result<ArrayRef> {
    let map = container.as_map();
    // Each key stands beside the key that is looked for in its row.
    let offsets = map.value_offsets();
    let begin = offsets.first().map_or(0, |offset| *offset as usize);
    let end = offsets.last().map_or(0, |offset| *offset as usize);
    let mut rows = vec![0_u64; end - begin];
    for row in 0..map.len() {
        for entry in offsets[row] as usize..offsets[row + 1] as usize {
            rows[entry - begin] = row as u64;
        }
    }
    let keys = map.keys().slice(begin, end - begin);
    let wanted = take(index, &UInt64Array::from(rows), None)?;
    let wanted = cast(&wanted, keys.data_type())?;
    let same = eq(&keys, &wanted)?;
    let mut taken: Vec<Option<u64>> = Vec::with_capacity(map.len());
    for row in 0..map.len() {
        if map.is_null(row) || index.is_null(row) {
            taken.push(None);
            continue;
        }
        let mut entries = offsets[row] as usize..offsets[row + 1] as usize;
        let found = entries.find(|entry| !same.is_null(entry - begin) && same.value(entry - begin));
        let Some(found) = found else {
            let key = ScalarValue::try_from_array(index, row)?;
            let message = format!("Key not present in map: {key}");
            return Err(failure("INVALID_FUNCTION_ARGUMENT", &message));
        };
        taken.push(Some(found as u64));
    }
    Ok(take(map.values(), &UInt64Array::from(taken), None)?)
}
