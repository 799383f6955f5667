//! Functions that tell about the session and its types.

use datafusion::arrow::array::types::Float64Type;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result, text};
use crate::dialect::trino_type::{TrinoType, failure};
use crate::dialect::value_text::Writer;

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// The most characters by which a value is filled up.
const WIDTH_MAX: usize = 100_000;

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
    Scalar::new(
        "format",
        &[&[Parameter::Text], &[Parameter::Text, Parameter::Any, Parameter::Repeated]],
        VARCHAR,
        format,
    ),
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

/// A place in a format.
#[derive(Debug, Default)]
struct Place {
    /// Which argument, from 0.
    argument: Option<usize>,
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    conversion: char,
}

/// A piece of a format.
enum Piece {
    Literal(String),
    Place(Place),
}

fn invalid(message: &str) -> datafusion::common::DataFusionError {
    failure("INVALID_FUNCTION_ARGUMENT", message)
}

/// Reads a format of Java's `Formatter`.
fn pieces(format: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = format.chars().peekable();
    while let Some(first) = chars.next() {
        if first != '%' {
            literal.push(first);
            continue;
        }
        let mut place = Place::default();
        let mut number = String::new();
        loop {
            let Some(next) = chars.next() else {
                return Err(invalid(&format!("Invalid format string: {format}")));
            };
            let is_digit = next.is_ascii_digit() && !(next == '0' && number.is_empty());
            if is_digit {
                number.push(next);
            } else if next == '$' && place.argument.is_none() && !number.is_empty() {
                place.argument = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                number.clear();
            } else if "-#+ 0,(".contains(next) && number.is_empty() {
                place.flags.push(next);
            } else if next == '.' {
                let mut digits = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                place.precision = digits.parse().ok();
            } else {
                place.conversion = next;
                break;
            }
        }
        place.width = number.parse().ok();
        if place.width.max(place.precision).is_some_and(|size| size > WIDTH_MAX) {
            return Err(invalid(&format!("Invalid format string: {format}")));
        }
        match place.conversion {
            '%' => literal.push('%'),
            'n' => literal.push('\n'),
            _ => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Place(place));
            }
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// The values of an argument in the forms that places ask for.
struct Argument {
    array: ArrayRef,
    texts: Writer,
    trino_type: TrinoType,
    numbers: Option<ArrayRef>,
}

fn format(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let formats = text(args, 0)?;
    let arguments = (1..args.args.len())
        .map(|at| {
            let values = array(args, at)?;
            let field = &args.arg_fields[at];
            let trino_type = TrinoType::of_field(field);
            let numbers =
                trino_type.is_number().then(|| cast(&values, &DataType::Float64)).transpose()?;
            Ok(Argument { texts: Writer::new(&values, field)?, array: values, trino_type, numbers })
        })
        .collect::<Result<Vec<_>>>()?;
    let texts = (0..formats.len()).map(|row| {
        if formats.is_null(row) {
            return Ok(None);
        }
        let mut out = String::new();
        let mut next = 0;
        for piece in pieces(formats.value(row))? {
            match piece {
                Piece::Literal(text) => out.push_str(&text),
                Piece::Place(place) => {
                    let at = place.argument.unwrap_or_else(|| {
                        next += 1;
                        next - 1
                    });
                    let argument = arguments.get(at).ok_or_else(|| {
                        invalid(&format!(
                            "Invalid format string: {} (Format specifier '%{}')",
                            formats.value(row),
                            place.conversion
                        ))
                    })?;
                    filled(&place, &shown(&place, argument, row)?, &mut out);
                }
            }
        }
        Ok(Some(out))
    });
    result(args, texts.collect::<Result<StringViewArray>>()?)
}

/// A value in the form of a place, without its width.
fn shown(place: &Place, argument: &Argument, row: usize) -> Result<String> {
    if argument.array.is_null(row) {
        return Ok("null".to_owned());
    }
    let text = argument.texts.text(row).unwrap_or_default();
    let number = argument.numbers.as_ref().map(|n| n.as_primitive::<Float64Type>().value(row));
    let refused = || {
        invalid(&format!(
            "Invalid format string: %{} (IllegalFormatConversion: {} != {})",
            place.conversion, place.conversion, argument.trino_type
        ))
    };
    let shown = match place.conversion {
        's' | 'S' => match place.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        },
        'b' | 'B' => text,
        'd' if argument.trino_type.is_integer() => signed(place, &text),
        'x' | 'X' | 'o' if argument.trino_type.is_integer() => {
            let number: i64 = text.parse().map_err(|_| refused())?;
            let is_narrow = argument.trino_type != TrinoType::BigInt;
            match (place.conversion, is_narrow) {
                ('o', _) => format!("{number:o}"),
                (_, true) => format!("{:x}", number as i32),
                (_, false) => format!("{number:x}"),
            }
        }
        'f' if number.is_some() && !argument.trino_type.is_integer() => {
            let digits = place.precision.unwrap_or(6);
            signed(place, &format!("{:.digits$}", number.unwrap_or_default()))
        }
        'e' | 'E' if number.is_some() && !argument.trino_type.is_integer() => {
            let digits = place.precision.unwrap_or(6);
            let text = format!("{:.digits$e}", number.unwrap_or_default());
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent),
            };
            signed(place, &format!("{mantissa}e{sign}{exponent:0>2}"))
        }
        'c' if argument.trino_type == TrinoType::Varchar(None) && text.chars().count() == 1 => text,
        _ => return Err(refused()),
    };
    let is_upper = place.conversion.is_ascii_uppercase();
    Ok(if is_upper { shown.to_uppercase() } else { shown })
}

/// A number with the signs, zeros and separators that the flags ask for.
fn signed(place: &Place, number: &str) -> String {
    let has = |flag: char| place.flags.contains(flag);
    let (is_negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let mut digits = digits.to_owned();
    if has(',') {
        let (whole, rest) = match digits.find(['.', 'e']) {
            Some(at) => digits.split_at(at),
            None => (digits.as_str(), ""),
        };
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        digits = grouped + rest;
    }
    let (before, behind) = match (is_negative, has('('), has('+'), has(' ')) {
        (true, true, ..) => ("(", ")"),
        (true, ..) => ("-", ""),
        (false, _, true, _) => ("+", ""),
        (false, _, _, true) => (" ", ""),
        _ => ("", ""),
    };
    if has('0')
        && let Some(width) = place.width
    {
        let width = width.saturating_sub(before.len() + behind.len());
        digits = format!("{digits:0>width$}");
    }
    format!("{before}{digits}{behind}")
}

/// Writes a text as wide as its place.
fn filled(place: &Place, text: &str, out: &mut String) {
    let width = place.width.unwrap_or(0);
    let filler = " ".repeat(width.saturating_sub(text.chars().count()));
    if place.flags.contains('-') {
        out.push_str(text);
        out.push_str(&filler);
    } else {
        out.push_str(&filler);
        out.push_str(text);
    }
}
