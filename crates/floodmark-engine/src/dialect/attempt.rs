//! `TRY`: NULL for the rows whose computation fails.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda,
    Volatility,
};

use crate::dialect::prefix::TRY;
use crate::error::{Error, ErrorKind};

/// The function that computes its lambda, and gives NULL where that fails.
pub(crate) fn function() -> HigherOrderUDF {
    HigherOrderUDF::new_from_impl(Attempt {
        signature: HigherOrderSignature::any(1, Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Attempt {
    signature: HigherOrderSignature,
}

impl HigherOrderUDFImpl for Attempt {
    fn name(&self) -> &str {
        TRY
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        _fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        // The parameter is there because a lambda needs one; nothing names it.
        let parameter = Arc::new(Field::new("row", DataType::Int8, true));
        Ok(LambdaParametersProgress::Complete(vec![vec![parameter]]))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        match args.arg_fields {
            [ValueOrLambda::Lambda(field)] => {
                Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
            }
            _ => Err(DataFusionError::Internal("TRY takes a lambda".to_owned())),
        }
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let [ValueOrLambda::Lambda(lambda)] = args.args.as_slice() else {
            return Err(DataFusionError::Internal("TRY takes a lambda".to_owned()));
        };
        let result = attempt(lambda, args.return_type(), 0, args.number_rows)?;
        Ok(ColumnarValue::Array(result))
    }
}

/// The results of these rows. Where one fails, halves are tried again, down to the row that fails.
fn attempt(
    lambda: &LambdaArgument,
    data_type: &DataType,
    from: usize,
    rows: usize,
) -> Result<ArrayRef> {
    if rows == 0 {
        return Ok(new_null_array(data_type, 0));
    }
    let parameter = || Ok(new_null_array(&DataType::Int8, rows) as ArrayRef);
    let result = lambda
        .evaluate(&[&parameter], |captures| {
            Ok(captures.iter().map(|capture| capture.slice(from, rows)).collect())
        })
        .and_then(|value| value.into_array(rows));
    match result {
        Ok(array) => Ok(array),
        Err(error) if !can_be_caught(&error) => Err(error),
        Err(_) if rows == 1 => Ok(new_null_array(data_type, 1)),
        Err(_) => {
            let half = rows / 2;
            let first = attempt(lambda, data_type, from, half)?;
            let second = attempt(lambda, data_type, from + half, rows - half)?;
            Ok(concat(&[first.as_ref(), second.as_ref()])?)
        }
    }
}

/// Whether an error comes from a value; lack of memory and defects are no such errors.
fn can_be_caught(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::ArrowError(..) | DataFusionError::Execution(_) => true,
        DataFusionError::External(source) => source
            .downcast_ref::<Error>()
            .is_some_and(|error| error.kind() == ErrorKind::InvalidQuery),
        _ => false,
    }
}
