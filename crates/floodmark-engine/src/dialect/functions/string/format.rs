//! `format(pattern, a, b, …)` with Java's patterns.

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{invalid_argument, rows, texts, to_text, values};
use crate::dialect::value_text::{Writer, double_text};

/// The widest field that a pattern may ask for, in characters.
const WIDTH_MAX: usize = 1 << 20;

/// The values of one argument.
enum Values {
    Whole(ArrayRef),
    Double(ArrayRef),
    Boolean(ArrayRef),
    Moment(ArrayRef, Writer),
    Other(ArrayRef, Writer),
}

/// A part of a pattern that shows a value: `%[index$][flags][width][.precision]conversion`.
#[derive(Default)]
struct Field {
    index: Option<usize>,
    is_same: bool,
    is_left: bool,
    is_signed: bool,
    is_spaced: bool,
    is_zeroed: bool,
    is_grouped: bool,
    is_bracketed: bool,
    is_alternate: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    /// What of a moment is shown, after `%t`.
    of_moment: char,
}

/// `format(pattern, a, b, …)`.
pub(super) fn format(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let pattern = texts(args, 0)?;
    let given = (1..args.args.len())
        .map(|at| {
            let field = args.arg_fields[at].as_ref();
            Values::new(values(args, at)?, field)
        })
        .collect::<Result<Vec<_>>>()?;
    debug_assert!(given.iter().all(|values| values.array().len() == rows(args)));
    to_text(args, |row| {
        let pattern = pattern.get(row)?;
        Some(formatted(pattern, &given, row).ok_or_else(|| {
            let shown: Vec<_> =
                given.iter().map(|v| v.text(row).unwrap_or_else(|| "null".to_owned())).collect();
            invalid_argument(format!("Invalid format string: {pattern} ({})", shown.join(", ")))
        }))
    })
}

/// A pattern with a row's values; None if the pattern is none, or does not fit the values.
fn formatted(pattern: &str, given: &[Values], row: usize) -> Option<String> {
    let mut made = String::new();
    let mut rest = pattern;
    let (mut next, mut last) = (0, None);
    while let Some(at) = rest.find('%') {
        made.push_str(&rest[..at]);
        let (field, after) = Field::read(&rest[at + 1..])?;
        rest = after;
        match field.conversion {
            'n' => made.push('\n'),
            '%' => field.place("%", &mut made),
            _ => {
                let index = match (field.index, field.is_same) {
                    (Some(index), _) => index.checked_sub(1)?,
                    (None, true) => last?,
                    (None, false) => {
                        next += 1;
                        next - 1
                    }
                };
                last = Some(index);
                field.write(given.get(index)?, row, &mut made)?;
            }
        }
        if made.len() > WIDTH_MAX * 16 {
            return None;
        }
    }
    made.push_str(rest);
    Some(made)
}

impl Values {
    fn new(array: ArrayRef, field: &datafusion::arrow::datatypes::Field) -> Result<Self> {
        let texts = Writer::new(&array, field)?;
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        Ok(match array.data_type() {
            data_type if data_type.is_integer() => Self::Whole(cast(&array, &DataType::Int64)?),
            DataType::Float32 | DataType::Float64 => {
                Self::Double(cast(&array, &DataType::Float64)?)
            }
            DataType::Boolean => Self::Boolean(array),
            DataType::Date32 | DataType::Timestamp(_, None) => {
                Self::Moment(cast(&array, &micros)?, texts)
            }
            _ => Self::Other(array, texts),
        })
    }

    fn array(&self) -> &ArrayRef {
        match self {
            Self::Whole(array) | Self::Double(array) | Self::Boolean(array) => array,
            Self::Moment(array, _) | Self::Other(array, _) => array,
        }
    }

    fn whole(&self, row: usize) -> Option<i64> {
        match self {
            Self::Whole(array) => Some(array.as_primitive::<Int64Type>().value(row)),
            _ => None,
        }
    }

    /// The value as Java writes it by itself; None is NULL.
    fn text(&self, row: usize) -> Option<String> {
        if self.array().is_null(row) {
            return None;
        }
        match self {
            Self::Whole(array) => Some(array.as_primitive::<Int64Type>().value(row).to_string()),
            Self::Double(array) => {
                Some(double_text(array.as_primitive::<Float64Type>().value(row)))
            }
            Self::Boolean(array) => Some(array.as_boolean().value(row).to_string()),
            Self::Moment(_, texts) | Self::Other(_, texts) => texts.text(row),
        }
    }

    /// The value as a plain decimal, with this number of digits behind the point.
    fn fixed(&self, row: usize, digits: usize) -> Option<String> {
        match self {
            Self::Double(array) => {
                let value = array.as_primitive::<Float64Type>().value(row);
                Some(match value.is_finite() {
                    true => rounded(&plain(value), digits),
                    false => double_text(value),
                })
            }
            Self::Other(array, texts)
                if matches!(
                    array.data_type(),
                    DataType::Decimal128(..) | DataType::Decimal256(..)
                ) =>
            {
                Some(rounded(&texts.text(row)?, digits))
            }
            _ => None,
        }
    }
}

impl Field {
    /// Reads what stands after a `%`; gives what stands behind it.
    fn read(text: &str) -> Option<(Self, &str)> {
        let mut field = Self::default();
        let mut rest = text;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 && rest[digits..].starts_with('$') {
            field.index = Some(rest[..digits].parse().ok()?);
            rest = &rest[digits + 1..];
        } else if let Some(after) = rest.strip_prefix('<') {
            field.is_same = true;
            rest = after;
        }
        let mut chars = rest.chars().peekable();
        while let Some(flag) = chars.next_if(|c| "-#+ 0,(".contains(*c)) {
            let set = match flag {
                '-' => &mut field.is_left,
                '#' => &mut field.is_alternate,
                '+' => &mut field.is_signed,
                ' ' => &mut field.is_spaced,
                '0' => &mut field.is_zeroed,
                ',' => &mut field.is_grouped,
                _ => &mut field.is_bracketed,
            };
            if std::mem::replace(set, true) {
                return None;
            }
        }
        let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits.parse::<usize>().ok().filter(|width| *width <= WIDTH_MAX)
        };
        if chars.peek().is_some_and(char::is_ascii_digit) {
            field.width = number(&mut chars)?;
        }
        if chars.next_if_eq(&'.').is_some() {
            field.precision = Some(number(&mut chars)?);
        }
        field.conversion = chars.next()?;
        if matches!(field.conversion, 't' | 'T') {
            field.of_moment = chars.next()?;
        }
        if (field.is_left || field.is_zeroed) && field.width == 0 {
            return None;
        }
        let rest_bytes: usize = chars.map(char::len_utf8).sum();
        Some((field, &text[text.len() - rest_bytes..]))
    }

    fn write(&self, values: &Values, row: usize, made: &mut String) -> Option<()> {
        let Some(text) = values.text(row) else {
            let shown = if matches!(self.conversion, 'b' | 'B') { "false" } else { "null" };
            self.place(&self.cased(self.cut(shown)), made);
            return Some(());
        };
        match self.conversion {
            's' | 'S' => self.place(&self.cased(self.cut(&text)), made),
            'b' | 'B' => {
                let truth = match values {
                    Values::Boolean(_) => text.as_str(),
                    _ => "true",
                };
                self.place(&self.cased(self.cut(truth)), made);
            }
            'c' | 'C' => {
                let char = char::from_u32(u32::try_from(values.whole(row)?).ok()?)?;
                self.place(&self.cased(&char.to_string()), made);
            }
            'd' => {
                let digits = match values {
                    Values::Whole(_) => text,
                    _ => return None,
                };
                self.number(&digits, made);
            }
            'x' | 'X' | 'o' => {
                let value = values.whole(row)?;
                let (digits, start) = match self.conversion {
                    'o' => (format!("{value:o}"), "0"),
                    _ => (format!("{value:x}"), "0x"),
                };
                let start = if self.is_alternate { start } else { "" };
                let zeros = match self.is_zeroed {
                    true => self.width.saturating_sub(start.len() + digits.len()),
                    false => 0,
                };
                let shown = format!("{start}{}{digits}", "0".repeat(zeros));
                self.place(&self.cased(&shown), made);
            }
            'f' => self.number(&values.fixed(row, self.precision.unwrap_or(6))?, made),
            'e' | 'E' => {
                let Values::Double(array) = values else { return None };
                let value = array.as_primitive::<Float64Type>().value(row);
                self.number(&self.cased(&scientific(value, self.precision.unwrap_or(6))), made);
            }
            'g' | 'G' => {
                let Values::Double(array) = values else { return None };
                let value = array.as_primitive::<Float64Type>().value(row);
                let precision = self.precision.unwrap_or(6).max(1);
                let is_plain = value == 0.0
                    || (value.abs() >= 1e-4 && value.abs() < 10f64.powi(precision as i32));
                let shown = match is_plain && value.is_finite() {
                    true => {
                        let before = plain(value.abs()).find('.').unwrap_or(1);
                        let before = if value.abs() < 1.0 { 1 } else { before };
                        rounded(&plain(value), precision.saturating_sub(before))
                    }
                    false => scientific(value, precision - 1),
                };
                self.number(&self.cased(&shown), made);
            }
            't' | 'T' => {
                let Values::Moment(array, _) = values else { return None };
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let moment = DateTime::from_timestamp_micros(micros)?.naive_utc();
                self.place(&self.cased(&of_moment(self.of_moment, moment)?), made);
            }
            _ => return None,
        }
        Some(())
    }

    /// The text in capitals, if the conversion is one.
    fn cased(&self, text: &str) -> String {
        match self.conversion.is_ascii_uppercase() {
            true => text.to_uppercase(),
            false => text.to_owned(),
        }
    }

    /// As much of the text as the precision lets through.
    fn cut<'a>(&self, text: &'a str) -> &'a str {
        let Some(precision) = self.precision else { return text };
        text.char_indices().nth(precision).map_or(text, |(at, _)| &text[..at])
    }

    /// Writes text with the width of the field.
    fn place(&self, text: &str, made: &mut String) {
        let missing = self.width.saturating_sub(text.chars().count());
        let spaces = std::iter::repeat_n(' ', missing);
        if self.is_left {
            made.push_str(text);
            made.extend(spaces);
        } else {
            made.extend(spaces);
            made.push_str(text);
        }
    }

    /// Writes a number with its sign, its groups and the width of the field.
    fn number(&self, digits: &str, made: &mut String) {
        let (is_negative, digits) = match digits.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, digits),
        };
        let (before, after) = match is_negative {
            true if self.is_bracketed => ("(", ")"),
            true => ("-", ""),
            false if self.is_signed => ("+", ""),
            false if self.is_spaced => (" ", ""),
            false => ("", ""),
        };
        let mut shown = match self.is_grouped {
            true => grouped(digits),
            false => digits.to_owned(),
        };
        if self.is_zeroed {
            let missing = self.width.saturating_sub(before.len() + after.len() + shown.len());
            shown.insert_str(0, &"0".repeat(missing));
        }
        self.place(&format!("{before}{shown}{after}"), made);
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let mut made = String::new();
    for (at, digit) in digits[..end].chars().enumerate() {
        if at > 0 && (end - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    made.push_str(&digits[end..]);
    made
}

/// The shortest decimal of a double, without an exponent.
fn plain(value: f64) -> String {
    let shown = format!("{value}");
    if shown.contains('.') { shown } else { format!("{shown}.0") }
}

/// A plain decimal with this number of digits behind the point, halves rounded away from zero.
fn rounded(decimal: &str, digits: usize) -> String {
    let (sign, decimal) = match decimal.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", decimal),
    };
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let mut kept: Vec<u8> = whole.bytes().chain(fraction.bytes().take(digits)).collect();
    kept.resize(whole.len() + digits, b'0');
    if fraction.as_bytes().get(digits).is_some_and(|digit| *digit >= b'5') {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, b'1');
                break;
            }
            at -= 1;
            if kept[at] == b'9' {
                kept[at] = b'0';
            } else {
                kept[at] += 1;
                break;
            }
        }
    }
    let kept = String::from_utf8(kept).expect("digits are ASCII");
    let point = kept.len() - digits;
    match digits {
        0 => format!("{sign}{kept}"),
        _ => format!("{sign}{}.{}", &kept[..point], &kept[point..]),
    }
}

/// A double with an exponent of at least two digits.
fn scientific(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return double_text(value);
    }
    let shown = format!("{value:.digits$e}");
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// A part of a moment; None if Java has no such part.
fn of_moment(part: char, moment: NaiveDateTime) -> Option<String> {
    let pattern = match part {
        'A' => "%A",
        'a' => "%a",
        'B' => "%B",
        'b' | 'h' => "%b",
        'd' => "%d",
        'D' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'H' => "%H",
        'I' => "%I",
        'j' => "%j",
        'm' => "%m",
        'M' => "%M",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        'S' => "%S",
        'T' => "%H:%M:%S",
        'y' => "%y",
        'Y' => "%Y",
        'e' => return Some(moment.day().to_string()),
        'k' => return Some(moment.hour().to_string()),
        'l' => return Some(moment.hour12().1.to_string()),
        'p' => return Some(if moment.hour12().0 { "pm" } else { "am" }.to_owned()),
        'L' => return Some(format!("{:03}", moment.nanosecond() / 1_000_000)),
        'N' => return Some(format!("{:09}", moment.nanosecond())),
        _ => return None,
    };
    Some(moment.format(pattern).to_string())
}
