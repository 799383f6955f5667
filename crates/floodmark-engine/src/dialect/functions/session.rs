//! Functions that tell about the session and its types.

use datafusion::arrow::array::types::Float64Type;
use datafusion::arrow::array::{AsArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result};
use crate::dialect::trino_type::TrinoType;

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

const VARCHAR: Returns = Returns::Always("varchar");

static ALL: &[Scalar] = &[
    Scalar::new("typeof", &[&[Parameter::Any]], VARCHAR, |args| {
        Ok(constant(TrinoType::of_field(&args.arg_fields[0]).to_string()))
    }),
    Scalar::new("current_user", &[&[]], VARCHAR, |_| Ok(constant("floodmark".to_owned())))
        .volatility(Volatility::Stable),
    Scalar::new("current_catalog", &[&[]], VARCHAR, |args| {
        Ok(constant(args.config_options.catalog.default_catalog.to_ascii_lowercase()))
    })
    .volatility(Volatility::Stable),
    Scalar::new("current_schema", &[&[]], VARCHAR, |args| {
        Ok(constant(args.config_options.catalog.default_schema.clone()))
    })
    .volatility(Volatility::Stable),
    Scalar::new("version", &[&[]], VARCHAR, |_| {
        Ok(constant(format!("Athena engine version 3 (Floodmark {})", env!("CARGO_PKG_VERSION"))))
    })
    .volatility(Volatility::Stable),
    Scalar::new("format_number", &[&[Parameter::Number]], VARCHAR, format_number),
];

fn constant(text: String) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::Utf8View(Some(text)))
}

/// A number with a sign for its thousands: `1.23K`.
fn format_number(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let numbers = cast(&array(args, 0)?, &DataType::Float64)?;
    let texts = numbers.as_primitive::<Float64Type>().iter().map(|number| {
        let mut number = number?;
        let mut sign = "";
        for larger in ["K", "M", "B", "T", "Q"] {
            if number.abs() < 1000.0 {
                break;
            }
            number /= 1000.0;
            sign = larger;
        }
        let digits = match number.abs() {
            size if size < 10.0 => 2,
            size if size < 100.0 => 1,
            _ => 0,
        };
        let shown = format!("{number:.digits$}");
        let shown = if digits > 0 {
            shown.trim_end_matches('0').trim_end_matches('.')
        } else {
            shown.as_str()
        };
        Some(format!("{shown}{sign}"))
    });
    result(args, texts.collect::<StringViewArray>())
}
