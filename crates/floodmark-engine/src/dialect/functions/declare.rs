//! How a scalar function is declared: its overloads, its type and its work. Everything else is derived from that.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::dialect::trino_type::{self, TrinoType};

/// Makes types of arguments fit each other; None if they cannot.
pub(crate) type Unify = fn(Vec<DataType>) -> Option<Vec<DataType>>;

/// A scalar function of Trino.
pub(crate) struct Scalar {
    /// Its name, in lower case.
    pub(crate) name: &'static str,
    /// Further names.
    pub(crate) aliases: &'static [&'static str],
    /// The parameters of each form in which it can be called; the first that fits is taken.
    pub(crate) overloads: &'static [&'static [Parameter]],
    /// Makes the types of the arguments fit each other, after an overload has taken them; None if they cannot.
    pub(crate) unify: Option<Unify>,
    /// The type of its result.
    pub(crate) returns: Returns,
    /// The work: the arguments have the types of the overload.
    pub(crate) run: fn(&ScalarFunctionArgs) -> Result<ColumnarValue>,
    /// Whether its result depends on its arguments alone.
    pub(crate) volatility: Volatility,
}

/// What a parameter takes, and the Arrow type in which the function sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// `varchar`: `Utf8View`.
    Text,
    /// `varchar` in its own type, so that a literal stays one and can tell the type of the result.
    Literal,
    /// `boolean`.
    Boolean,
    /// Any whole number: `Int64`.
    BigInt,
    /// Any number: `Float64`.
    Double,
    /// Any number, in its own type.
    Number,
    /// `date`, `timestamp` or `timestamp with time zone`, in its own type.
    Moment,
    /// `time`: `Time64(Microsecond)`.
    Time,
    /// Either interval: `Interval(MonthDayNano)`.
    Interval,
    /// `varbinary`: `Binary`.
    Binary,
    /// `array`, in its own type.
    Array,
    /// `map`, in its own type.
    Map,
    /// `json`: `Utf8View` that holds JSON, or `varchar`.
    Json,
    /// `ipaddress`: `FixedSizeBinary(16)`.
    IpAddress,
    /// `ipprefix`: `FixedSizeBinary(17)`.
    IpPrefix,
    /// Anything, in its own type.
    Any,
    /// The parameter before it any number of times more.
    Repeated,
}

/// The type of a result.
pub(crate) enum Returns {
    /// Always this type, in Trino's words, such as `array(varchar)`.
    Always(&'static str),
    /// The type of the argument at this position.
    Like(usize),
    /// The item type of the array argument at this position.
    ItemOf(usize),
    /// What the arguments make of it.
    With(fn(&ReturnFieldArgs<'_>) -> Result<FieldRef>),
}

impl Scalar {
    /// A function of one form that depends on its arguments alone.
    pub(crate) const fn new(
        name: &'static str,
        overloads: &'static [&'static [Parameter]],
        returns: Returns,
        run: fn(&ScalarFunctionArgs) -> Result<ColumnarValue>,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            overloads,
            unify: None,
            returns,
            run,
            volatility: Volatility::Immutable,
        }
    }

    /// The same function, the types of whose arguments must fit each other.
    pub(crate) const fn unify(mut self, unify: fn(Vec<DataType>) -> Option<Vec<DataType>>) -> Self {
        self.unify = Some(unify);
        self
    }

    /// The same function under further names.
    pub(crate) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same function, whose result may differ from call to call, or from query to query.
    pub(crate) const fn volatility(mut self, volatility: Volatility) -> Self {
        self.volatility = volatility;
        self
    }

    /// The types in which the function sees these arguments; None if it does not take them.
    fn coerced(&self, given: &[DataType]) -> Option<Vec<DataType>> {
        self.overloads.iter().find_map(|overload| {
            let taken = coerce(overload, given)?;
            match self.unify {
                None => Some(taken),
                Some(unify) => unify(taken),
            }
        })
    }

    /// The function for DataFusion.
    pub(crate) fn udf(&'static self) -> ScalarUDF {
        ScalarUDF::new_from_impl(Declared {
            function: self,
            signature: Signature::user_defined(self.volatility),
            aliases: self.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        })
    }
}

/// A declared function as DataFusion sees it.
struct Declared {
    function: &'static Scalar,
    signature: Signature,
    aliases: Vec<String>,
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

impl ScalarUDFImpl for Declared {
    fn name(&self) -> &str {
        self.function.name
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

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let name = self.function.name;
        let given: Vec<_> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        if self.function.coerced(&given).is_none() {
            let types = (args.arg_fields.iter().zip(args.scalar_arguments))
                .map(|(field, literal)| type_of_literal(field, *literal));
            return Err(unexpected_types(name, self.function.overloads, types));
        }
        match &self.function.returns {
            Returns::Always(text) => {
                let trino_type = TrinoType::parse(text).ok_or_else(|| {
                    DataFusionError::Internal(format!("`{name}` declares an unknown type {text}"))
                })?;
                Ok(Arc::new(trino_type.field(name)))
            }
            Returns::Like(at) => Ok(Arc::new(
                args.arg_fields[*at].as_ref().clone().with_name(name).with_nullable(true),
            )),
            Returns::ItemOf(at) => match args.arg_fields[*at].data_type() {
                DataType::List(item) | DataType::LargeList(item) => {
                    Ok(Arc::new(item.as_ref().clone().with_name(name).with_nullable(true)))
                }
                DataType::Null => Ok(Arc::new(Field::new(name, DataType::Null, true))),
                _ => Err(unexpected(name, self.function.overloads, given.iter())),
            },
            Returns::With(field) => field(&args),
        }
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // An error from here would lose its code on the way; the one about the result's type keeps it.
        Ok(self.function.coerced(arg_types).unwrap_or_else(|| arg_types.to_vec()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        (self.function.run)(&args)
    }
}

/// The types in which an overload sees these arguments, if it takes them.
pub(crate) fn coerce(overload: &[Parameter], arg_types: &[DataType]) -> Option<Vec<DataType>> {
    let (fixed, repeated) = match overload.split_last() {
        Some((Parameter::Repeated, fixed)) => (fixed, fixed.last().copied()),
        _ => (overload, None),
    };
    let fits = match repeated {
        None => arg_types.len() == fixed.len(),
        Some(_) => arg_types.len() >= fixed.len(),
    };
    if !fits {
        return None;
    }
    let parameters =
        fixed.iter().copied().chain(std::iter::repeat_with(|| repeated).map_while(|p| p));
    arg_types.iter().zip(parameters).map(|(given, parameter)| parameter.accept(given)).collect()
}

impl Parameter {
    /// The type in which the function sees an argument of this type; None if it does not take it.
    fn accept(self, given: &DataType) -> Option<DataType> {
        use DataType as T;
        let is_text = matches!(given, T::Utf8 | T::LargeUtf8 | T::Utf8View);
        let is_null = *given == T::Null;
        let kept = |fits: bool| (fits || is_null).then(|| given.clone());
        let becomes = |fits: bool, target: DataType| (fits || is_null).then_some(target);
        match self {
            Self::Text | Self::Json => becomes(is_text, T::Utf8View),
            Self::Literal => kept(is_text),
            Self::Boolean => becomes(*given == T::Boolean, T::Boolean),
            Self::BigInt => becomes(given.is_integer(), T::Int64),
            Self::Double => becomes(given.is_numeric(), T::Float64),
            Self::Number => kept(given.is_numeric()),
            Self::Moment => match given {
                T::Timestamp(_, zone) => Some(T::Timestamp(TimeUnit::Microsecond, zone.clone())),
                T::Date32 | T::Date64 => Some(T::Date32),
                _ => kept(false),
            },
            Self::Time => becomes(
                matches!(given, T::Time32(_) | T::Time64(_)),
                T::Time64(TimeUnit::Microsecond),
            ),
            Self::Interval => becomes(
                matches!(given, T::Interval(_) | T::Duration(_)),
                T::Interval(IntervalUnit::MonthDayNano),
            ),
            Self::Binary => {
                becomes(matches!(given, T::Binary | T::LargeBinary | T::BinaryView), T::Binary)
            }
            Self::Array => kept(matches!(given, T::List(_) | T::LargeList(_))),
            Self::Map => kept(matches!(given, T::Map(..))),
            Self::IpAddress => becomes(*given == T::FixedSizeBinary(16), T::FixedSizeBinary(16)),
            Self::IpPrefix => becomes(*given == T::FixedSizeBinary(17), T::FixedSizeBinary(17)),
            Self::Any => Some(given.clone()),
            Self::Repeated => None,
        }
    }

    /// The parameter in Trino's words.
    fn text(self) -> &'static str {
        match self {
            Self::Text | Self::Literal => "varchar",
            Self::Boolean => "boolean",
            Self::BigInt => "bigint",
            Self::Double => "double",
            Self::Number => "number",
            Self::Moment => "timestamp with time zone",
            Self::Time => "time",
            Self::Interval => "interval",
            Self::Binary => "varbinary",
            Self::Array => "array(T)",
            Self::Map => "map(K,V)",
            Self::Json => "json",
            Self::IpAddress => "ipaddress",
            Self::IpPrefix => "ipprefix",
            Self::Any => "T",
            Self::Repeated => "...",
        }
    }
}

/// The error of arguments that no overload takes, in Trino's words.
pub(crate) fn unexpected<'a>(
    name: &str,
    overloads: &[&[Parameter]],
    given: impl Iterator<Item = &'a DataType>,
) -> DataFusionError {
    unexpected_types(name, overloads, given.map(TrinoType::of))
}

/// The type of an argument: a literal's is as narrow as its value.
pub(crate) fn type_of_literal(field: &Field, literal: Option<&ScalarValue>) -> TrinoType {
    match literal {
        Some(ScalarValue::Int64(Some(value))) if i32::try_from(*value).is_ok() => {
            TrinoType::Integer
        }
        Some(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)),
        ) if field.metadata().is_empty() => {
            TrinoType::Varchar(u32::try_from(text.chars().count()).ok())
        }
        _ => TrinoType::of_field(field),
    }
}

fn unexpected_types(
    name: &str,
    overloads: &[&[Parameter]],
    given: impl Iterator<Item = TrinoType>,
) -> DataFusionError {
    let given: Vec<String> = given.map(|given| given.to_string()).collect();
    let expected: Vec<String> = (overloads.iter())
        .map(|overload| {
            let parameters: Vec<_> = overload.iter().map(|parameter| parameter.text()).collect();
            format!("{name}({})", parameters.join(", "))
        })
        .collect();
    trino_type::failure(
        "FUNCTION_NOT_FOUND",
        &format!(
            "Unexpected parameters ({}) for function {name}. Expected: {}",
            given.join(", "),
            expected.join(", ")
        ),
    )
}

/// The argument at a position as an array of `rows` values.
pub(crate) fn array(args: &ScalarFunctionArgs, at: usize) -> Result<ArrayRef> {
    args.args[at].to_array(args.number_rows)
}

/// The text argument at a position.
pub(crate) fn text(args: &ScalarFunctionArgs, at: usize) -> Result<StringViewArray> {
    let array = cast(&array(args, at)?, &DataType::Utf8View)?;
    Ok(array.as_string_view().clone())
}

/// The text argument at a position if it is the same for all rows: `Some(None)` for NULL.
pub(crate) fn constant_text(args: &ScalarFunctionArgs, at: usize) -> Option<Option<&str>> {
    match &args.args[at] {
        ColumnarValue::Scalar(
            ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text),
        ) => Some(text.as_deref()),
        ColumnarValue::Scalar(ScalarValue::Null) => Some(None),
        _ => None,
    }
}

/// A result, as a single value where all arguments are.
pub(crate) fn result(
    args: &ScalarFunctionArgs,
    array: impl Array + 'static,
) -> Result<ColumnarValue> {
    let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    if all_scalar && array.len() == 1 {
        return Ok(ColumnarValue::Scalar(single(&array)?));
    }
    Ok(ColumnarValue::Array(Arc::new(array)))
}

/// The value of an array of one. Unlike DataFusion's own way it keeps what the fields of items say besides their type.
pub(crate) fn single(array: &dyn Array) -> Result<ScalarValue> {
    if array.len() == 1 {
        match array.data_type() {
            DataType::List(_) => {
                return Ok(ScalarValue::List(Arc::new(array.as_list::<i32>().clone())));
            }
            DataType::Map(..) => return Ok(ScalarValue::Map(Arc::new(array.as_map().clone()))),
            DataType::Struct(_) => {
                return Ok(ScalarValue::Struct(Arc::new(array.as_struct().clone())));
            }
            _ => {}
        }
    }
    ScalarValue::try_from_array(array, 0)
}
