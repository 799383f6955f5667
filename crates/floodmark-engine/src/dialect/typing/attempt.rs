//! `try(expression)`: NULL where computing it fails.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::expr::{HigherOrderFunction, Lambda};
use datafusion::logical_expr::{
    ColumnarValue, Expr, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, ValueOrLambda, Volatility,
};

use crate::error::{Error, ErrorKind};

/// The name of the parameter that the lambda has, as one without has no rows.
const PARAMETER: &str = "$row";

/// `try` as the planner meets it.
pub(super) fn placeholder() -> ScalarUDF {
    ScalarUDF::new_from_impl(Placeholder { signature: Signature::any(1, Volatility::Immutable) })
}

/// `try` as it is evaluated.
pub(super) fn evaluated() -> HigherOrderUDF {
    HigherOrderUDF::new_from_impl(Attempt {
        signature: HigherOrderSignature::exact(
            vec![ValueOrLambda::Lambda(())],
            Volatility::Immutable,
        ),
    })
}

/// `try(expression)`, which evaluates it, and sees it fail.
pub(super) fn attempt(body: Expr) -> Expr {
    let lambda = Expr::Lambda(Lambda::new(vec![PARAMETER.to_owned()], body));
    Expr::HigherOrderFunction(HigherOrderFunction::new(Arc::new(evaluated()), vec![lambda]))
}

/// Whether a function is `try`.
pub(super) fn is_attempt(function: &ScalarUDF) -> bool {
    function.inner().downcast_ref::<Placeholder>().is_some()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Placeholder {
    signature: Signature,
}

impl ScalarUDFImpl for Placeholder {
    fn name(&self) -> &'static str {
        "try"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types[0].clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(args.arg_fields[0].as_ref().clone().with_nullable(true)))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal("`try` is replaced before it runs".to_owned()))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Attempt {
    signature: HigherOrderSignature,
}

impl HigherOrderUDFImpl for Attempt {
    fn name(&self) -> &'static str {
        "$try"
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        _fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        let parameter = Arc::new(Field::new(PARAMETER, DataType::Boolean, true));
        Ok(LambdaParametersProgress::Complete(vec![vec![parameter]]))
    }

    fn coerce_value_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [ValueOrLambda::Lambda(field)] => {
                Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
            }
            _ => Err(DataFusionError::Internal("`try` takes a lambda".to_owned())),
        }
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let [ValueOrLambda::Lambda(lambda)] = args.args.as_slice() else {
            return Err(DataFusionError::Internal("`try` takes a lambda".to_owned()));
        };
        let mut parts = Vec::new();
        evaluate(lambda, args.return_field.data_type(), 0, args.number_rows, &mut parts)?;
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(match parts.as_slice() {
            [] => new_null_array(args.return_field.data_type(), 0),
            parts => concat(parts)?,
        }))
    }
}

/// Evaluates some rows; where it fails, each half of them, down to the row that fails.
fn evaluate(
    lambda: &LambdaArgument,
    returns: &DataType,
    start: usize,
    length: usize,
    parts: &mut Vec<ArrayRef>,
) -> Result<()> {
    if length == 0 {
        return Ok(());
    }
    let row = || -> Result<ArrayRef> { Ok(Arc::new(BooleanArray::from(vec![true; length]))) };
    let result = lambda
        .evaluate(&[&row], |captures| {
            Ok(captures.iter().map(|capture| capture.slice(start, length)).collect())
        })
        .and_then(|value| value.into_array(length));
    match result {
        Ok(array) => parts.push(array),
        Err(error) => {
            let error = Error::from(error);
            if error.kind() != ErrorKind::InvalidQuery {
                return Err(error.into());
            }
            if length == 1 {
                parts.push(new_null_array(returns, 1));
            } else {
                let half = length / 2;
                evaluate(lambda, returns, start, half, parts)?;
                evaluate(lambda, returns, start + half, length - half, parts)?;
            }
        }
    }
    Ok(())
}
