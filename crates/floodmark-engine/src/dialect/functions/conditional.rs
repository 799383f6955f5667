//! `if`, `greatest` and `least`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::kernels::cmp;
use datafusion::arrow::compute::kernels::nullif::nullif;
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{cast, is_null, or};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar, type_of_literal};
use crate::dialect::functions::rows::{answer, values};
use crate::dialect::trino_type::{TrinoType, failure};

static ALL: &[Scalar] = &[
    Scalar::new(
        "greatest",
        &[&[Parameter::Any, Parameter::Repeated]],
        Returns::With(|args| common_field("greatest", args)),
        |args| extreme(args, |best, next| Ok(cmp::gt(&next, &best)?)),
    ),
    Scalar::new(
        "least",
        &[&[Parameter::Any, Parameter::Repeated]],
        Returns::With(|args| common_field("least", args)),
        |args| extreme(args, |best, next| Ok(cmp::lt(&next, &best)?)),
    ),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    let mut all: Vec<_> = ALL.iter().map(Scalar::udf).collect();
    all.push(ScalarUDF::new_from_impl(If {
        signature: Signature::user_defined(Volatility::Immutable),
    }));
    all
}

/// The type that all arguments can have, as a field.
fn common_field(name: &str, args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    common(name, args.arg_fields).map_err(|_| {
        let given: Vec<_> = (args.arg_fields.iter().zip(args.scalar_arguments))
            .map(|(field, literal)| type_of_literal(field, *literal).to_string())
            .collect();
        failure(
            "FUNCTION_NOT_FOUND",
            &format!(
                "Unexpected parameters ({}) for function {name}. Expected: {name}(E) E:orderable",
                given.join(", ")
            ),
        )
    })
}

/// The type that all of these fields can have, with what the first of them says of it.
fn common(name: &str, fields: &[FieldRef]) -> Result<FieldRef> {
    let mut common = Field::new(name, DataType::Null, true);
    for field in fields {
        if common.data_type() == &DataType::Null {
            common = field.as_ref().clone().with_name(name).with_nullable(true);
            continue;
        }
        let (one, other) = (common.data_type(), field.data_type());
        if one == other || *other == DataType::Null {
            continue;
        }
        // Trino makes no text of a number, nor a number of text.
        let fits = is_text(one) == is_text(other);
        let wider = fits.then(|| comparison_coercion(one, other)).flatten().ok_or_else(|| {
            failure(
                "TYPE_MISMATCH",
                &format!(
                    "All arguments of {name} must be of one type: {} and {}",
                    TrinoType::of(one),
                    TrinoType::of(other)
                ),
            )
        })?;
        common = common.with_data_type(match wider {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            other => other,
        });
    }
    Ok(Arc::new(common))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The argument that beats all others: NULL if one of them is.
fn extreme(
    args: &ScalarFunctionArgs,
    beats: fn(ArrayRef, ArrayRef) -> Result<BooleanArray>,
) -> Result<ColumnarValue> {
    let target = args.return_field.data_type();
    let mut best: Option<ArrayRef> = None;
    let mut nulls: Option<BooleanArray> = None;
    for at in 0..args.args.len() {
        let next = cast(&values(args, at)?, target)?;
        let missing = is_null(&next)?;
        nulls = Some(match nulls {
            None => missing,
            Some(nulls) => or(&nulls, &missing)?,
        });
        best = Some(match best {
            None => next,
            Some(best) if *target == DataType::Null => best,
            Some(best) => {
                let better = beats(Arc::clone(&best), Arc::clone(&next))?;
                zip(&better, &next, &best)?
            }
        });
    }
    let (Some(best), Some(nulls)) = (best, nulls) else {
        return Err(DataFusionError::Internal("a call without arguments".to_owned()));
    };
    match *target == DataType::Null {
        true => answer(args, best),
        false => answer(args, nullif(&best, &nulls)?),
    }
}

/// `if(condition, then[, else])`, which becomes CASE, so that only what is needed is worked out.
#[derive(Debug, PartialEq, Eq, Hash)]
struct If {
    signature: Signature,
}

impl ScalarUDFImpl for If {
    fn name(&self) -> &'static str {
        "if"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field_from_args`".to_owned()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        common(self.name(), &args.arg_fields[1..])
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let condition = arg_types.first().filter(|first| {
            matches!(first, DataType::Boolean | DataType::Null) && matches!(arg_types.len(), 2 | 3)
        });
        if condition.is_none() {
            return Err(failure(
                "TYPE_MISMATCH",
                "IF condition must evaluate to a boolean, followed by one or two values",
            ));
        }
        let fields: Vec<FieldRef> = (arg_types[1..].iter())
            .map(|given| Arc::new(Field::new("if", given.clone(), true)))
            .collect();
        let target = common(self.name(), &fields)?.data_type().clone();
        let mut types = vec![DataType::Boolean];
        types.resize(arg_types.len(), target);
        Ok(types)
    }

    fn simplify(&self, args: Vec<Expr>, _info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let mut args = args.into_iter().map(Box::new);
        let (Some(condition), Some(then)) = (args.next(), args.next()) else {
            return Err(DataFusionError::Internal("`if` without a value".to_owned()));
        };
        let case =
            Case { expr: None, when_then_expr: vec![(condition, then)], else_expr: args.next() };
        Ok(ExprSimplifyResult::Simplified(Expr::Case(case)))
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // Only where the plan was not simplified.
        let condition = values(&args, 0)?;
        let then = values(&args, 1)?;
        let other = match args.args.len() {
            2 => ScalarValue::try_from(then.data_type())?.to_array_of_size(then.len())?,
            _ => values(&args, 2)?,
        };
        let condition = condition.as_boolean();
        // NULL is as false.
        let condition: BooleanArray =
            condition.iter().map(|truth| Some(truth.unwrap_or(false))).collect();
        answer(&args, zip(&condition, &then, &other)?)
    }
}
