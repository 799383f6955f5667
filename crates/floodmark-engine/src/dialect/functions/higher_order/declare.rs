//! How a function that takes lambdas is declared.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use crate::dialect::functions::array::lists::{list_type, map_type};
use crate::dialect::functions::declare::Unify;
use crate::dialect::trino_type::{TrinoType, failure};

/// A function that takes lambdas.
pub(super) struct HigherOrder {
    /// Its name, in lower case.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) arguments: &'static [Argument],
    /// Makes the types of the arguments that are no lambdas fit each other.
    pub(super) unify: Option<Unify>,
    /// The parameters of its lambdas; the number is that of the call, for those that depend on each other.
    pub(super) parameters: fn(usize, &[Known<'_>]) -> Result<LambdaParametersProgress>,
    /// The type of its result, from the fields of its arguments and of what its lambdas make.
    pub(super) returns: fn(&[&FieldRef]) -> Result<DataType>,
    /// The work.
    pub(super) run: fn(&HigherOrderFunctionArgs) -> Result<ColumnarValue>,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Array,
    Map,
    Value,
    Lambda,
    /// A last argument that may be missing.
    OptionalLambda,
}

/// An argument's field; of a lambda the field of its result, once it is known.
pub(super) type Known<'a> = ValueOrLambda<&'a FieldRef, Option<&'a FieldRef>>;

impl HigherOrder {
    /// The function for DataFusion.
    pub(super) fn udf(&'static self) -> HigherOrderUDF {
        HigherOrderUDF::new_from_impl(Declared {
            function: self,
            signature: HigherOrderSignature::user_defined(Volatility::Immutable),
        })
    }

    fn unexpected(&self, given: &[String]) -> DataFusionError {
        let given = given.join(", ");
        let message = format!("Unexpected parameters ({given}) for function {}", self.name);
        failure("FUNCTION_NOT_FOUND", &message)
    }

    /// Whether lambdas stand where they should.
    fn check<V, L>(&self, given: &[ValueOrLambda<V, L>]) -> Result<()> {
        let required = self.arguments.iter().filter(|a| **a != Argument::OptionalLambda).count();
        let fits = (required..=self.arguments.len()).contains(&given.len())
            && self.arguments.iter().zip(given).all(|(argument, given)| {
                let wants_lambda = matches!(argument, Argument::Lambda | Argument::OptionalLambda);
                wants_lambda == matches!(given, ValueOrLambda::Lambda(_))
            });
        if fits {
            return Ok(());
        }
        let given: Vec<_> = (given.iter())
            .map(|given| match given {
                ValueOrLambda::Value(_) => "value".to_owned(),
                ValueOrLambda::Lambda(_) => "<function>".to_owned(),
            })
            .collect();
        Err(self.unexpected(&given))
    }
}

/// The parameters of lambdas that depend on the arguments alone.
pub(super) fn simple(parameters: Vec<Vec<FieldRef>>) -> LambdaParametersProgress {
    LambdaParametersProgress::Complete(parameters)
}

/// A parameter of a lambda that takes values of this field.
pub(super) fn parameter(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_nullable(true))
}

/// The value at a position.
pub(super) fn value<V, L>(given: &[ValueOrLambda<V, L>], at: usize) -> Result<&V> {
    match given.get(at) {
        Some(ValueOrLambda::Value(value)) => Ok(value),
        _ => Err(DataFusionError::Internal(format!("argument {at} is no value"))),
    }
}

/// The lambda at a position.
pub(super) fn lambda<V, L>(given: &[ValueOrLambda<V, L>], at: usize) -> Result<&L> {
    match given.get(at) {
        Some(ValueOrLambda::Lambda(lambda)) => Ok(lambda),
        _ => Err(DataFusionError::Internal(format!("argument {at} is no lambda"))),
    }
}

/// A declared function as DataFusion sees it.
struct Declared {
    function: &'static HigherOrder,
    signature: HigherOrderSignature,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.function.name)
    }
}

impl PartialEq for Declared {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Declared {}

impl Hash for Declared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl HigherOrderUDFImpl for Declared {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let unexpected = || {
            let given: Vec<_> = arg_types.iter().map(|t| TrinoType::of(t).to_string()).collect();
            self.function.unexpected(&given)
        };
        let values =
            self.function.arguments.iter().filter(|argument| {
                !matches!(argument, Argument::Lambda | Argument::OptionalLambda)
            });
        let nothing = || Field::new("", DataType::Null, true);
        let types: Option<Vec<_>> = (arg_types.iter().zip(values))
            .map(|(given, argument)| match (argument, given) {
                (Argument::Value, given) => Some(given.clone()),
                (Argument::Array, DataType::List(item) | DataType::LargeList(item)) => {
                    Some(list_type(item))
                }
                (Argument::Array, DataType::Null) => Some(list_type(&nothing())),
                (Argument::Map, DataType::Map(..)) => Some(given.clone()),
                (Argument::Map, DataType::Null) => Some(map_type(&nothing(), &nothing())),
                _ => None,
            })
            .collect();
        let types = types.filter(|types| types.len() == arg_types.len()).ok_or_else(unexpected)?;
        match self.function.unify {
            None => Ok(types),
            Some(unify) => unify(types).ok_or_else(unexpected),
        }
    }

    fn lambda_parameters(
        &self,
        step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        self.function.check(fields)?;
        let known: Vec<Known<'_>> = (fields.iter())
            .map(|field| match field {
                ValueOrLambda::Value(field) => ValueOrLambda::Value(field),
                ValueOrLambda::Lambda(field) => ValueOrLambda::Lambda(field.as_ref()),
            })
            .collect();
        (self.function.parameters)(step, &known)
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        self.function.check(args.arg_fields)?;
        let fields: Vec<&FieldRef> = args.arg_fields.iter().map(AnyField::field).collect();
        let data_type = (self.function.returns)(&fields)?;
        Ok(Arc::new(Field::new(self.function.name, data_type, true)))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        (self.function.run)(&args)
    }
}

/// What has a field, be it of a value or of what a lambda makes.
pub(super) trait AnyField {
    /// The field.
    fn field(&self) -> &FieldRef;
}

impl AnyField for ValueOrLambda<FieldRef, FieldRef> {
    fn field(&self) -> &FieldRef {
        match self {
            Self::Value(field) | Self::Lambda(field) => field,
        }
    }
}
