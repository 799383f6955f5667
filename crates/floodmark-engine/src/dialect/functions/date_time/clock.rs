//! The functions that tell the time of the query.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility,
};

use crate::dialect::moment::DAY_MICROS;
use crate::dialect::trino_type::TrinoType;

/// A function that tells the time: all its calls in a query tell the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Clock {
    name: &'static str,
    aliases: Vec<String>,
    returns: &'static str,
    signature: Signature,
}

/// The functions, with further names, and their types.
const ALL: &[(&str, &[&str], &str)] = &[
    ("now", &["current_timestamp"], "timestamp(3) with time zone"),
    ("localtimestamp", &[], "timestamp(3)"),
    ("current_date", &["today"], "date"),
    ("current_time", &["localtime"], "time(3)"),
];

/// The functions.
pub(super) fn all() -> Vec<ScalarUDF> {
    (ALL.iter())
        .map(|(name, aliases, returns)| {
            ScalarUDF::new_from_impl(Clock {
                name,
                aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
                returns,
                // A number in the parentheses is a precision.
                signature: Signature::one_of(
                    vec![TypeSignature::Nullary, TypeSignature::Exact(vec![DataType::Int64])],
                    Volatility::Stable,
                ),
            })
        })
        .collect()
}

impl Clock {
    fn value(&self, now: DateTime<Utc>) -> ScalarValue {
        let micros = now.timestamp_millis() * 1000;
        match TrinoType::parse(self.returns) {
            Some(TrinoType::Timestamp) => ScalarValue::TimestampMicrosecond(Some(micros), None),
            Some(TrinoType::Date) => {
                ScalarValue::Date32(i32::try_from(micros.div_euclid(DAY_MICROS)).ok())
            }
            Some(TrinoType::Time) => {
                ScalarValue::Time64Microsecond(Some(micros.rem_euclid(DAY_MICROS)))
            }
            _ => ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())),
        }
    }
}

impl ScalarUDFImpl for Clock {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field_from_args`".to_owned()))
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let returns = TrinoType::parse(self.returns)
            .ok_or_else(|| DataFusionError::Internal(format!("no type {}", self.returns)))?;
        Ok(Arc::new(returns.field(self.name)))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal("the time of the query is put in when planning".to_owned()))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let Some(now) = info.query_execution_start_time() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        Ok(ExprSimplifyResult::Simplified(Expr::Literal(self.value(now), None)))
    }
}
