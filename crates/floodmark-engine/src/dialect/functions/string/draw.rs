//! Bars and colours for terminals. A colour is a whole number: `0xRRGGBB`, or a negative one for a colour of the terminal.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::declare::Parameter;
use crate::dialect::functions::rows::{
    Size, bigints, booleans, doubles, invalid, texts, to_bigint, to_text,
};
use crate::dialect::value_text::double_text;

/// How `color` is called.
pub(super) const COLOR: &[&[Parameter]] = &[
    &[Parameter::Text],
    &[Parameter::Double, Parameter::BigInt, Parameter::BigInt],
    &[
        Parameter::Double,
        Parameter::Double,
        Parameter::Double,
        Parameter::BigInt,
        Parameter::BigInt,
    ],
];

/// How `render` is called.
pub(super) const RENDER: &[&[Parameter]] = &[
    &[Parameter::Boolean],
    &[Parameter::Text, Parameter::BigInt],
    &[Parameter::BigInt, Parameter::BigInt],
    &[Parameter::Double, Parameter::BigInt],
];

/// The colours of a terminal, in the order of their numbers.
const NAMES: &[&str] = &["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

const RED: i64 = 0x00ff_0000;
const GREEN: i64 = 0x0000_ff00;
const RESET: &str = "\u{1b}[0m";

/// `bar(share, width[, low, high])`.
pub(super) fn bar(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (share, width) = (doubles(args, 0)?, bigints(args, 1)?);
    let colors = match args.args.len() {
        2 => None,
        _ => Some((bigints(args, 2)?, bigints(args, 3)?)),
    };
    let mut size = Size::default();
    to_text(args, |row| {
        let (share, width) = (share.get(row)?, width.get(row)?);
        let (low, high) = match &colors {
            None => (RED, GREEN),
            Some((low, high)) => (low.get(row)?, high.get(row)?),
        };
        let wide = usize::try_from(width).unwrap_or(0);
        // A block has its colour before and the end of it behind.
        if let Err(error) = size.add(wide.saturating_mul(18)) {
            return Some(Err(error));
        }
        let count = ((share * width as f64) as i64).clamp(0, width.max(0));
        let mut made = String::new();
        for at in 0..count {
            let fraction = at as f64 / (width - 1).max(1) as f64;
            made.push_str(&escape(between(fraction, low, high)));
            made.push('█');
            made.push_str(RESET);
        }
        made.extend(std::iter::repeat_n(' ', usize::try_from(width - count).unwrap_or(0)));
        Some(Ok(made))
    })
}

/// `color(name)`, `color(share, low, high)` and `color(value, least, greatest, low, high)`.
pub(super) fn color(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    if args.args.len() == 1 {
        let name = texts(args, 0)?;
        return to_bigint(args, |row| {
            let name = name.get(row)?;
            match named(name) {
                Some(color) => Some(Ok(color)),
                None => invalid(format!("Invalid color: '{name}'")),
            }
        });
    }
    let value = doubles(args, 0)?;
    let range = match args.args.len() {
        3 => None,
        _ => Some((doubles(args, 1)?, doubles(args, 2)?)),
    };
    let (low, high) = (bigints(args, args.args.len() - 2)?, bigints(args, args.args.len() - 1)?);
    to_bigint(args, |row| {
        let (value, low, high) = (value.get(row)?, low.get(row)?, high.get(row)?);
        let fraction = match &range {
            None => value,
            Some((least, greatest)) => {
                let (least, greatest) = (least.get(row)?, greatest.get(row)?);
                (value - least) / (greatest - least)
            }
        };
        Some(Ok(between(fraction, low, high)))
    })
}

/// `rgb(red, green, blue)`.
pub(super) fn rgb(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let parts = [bigints(args, 0)?, bigints(args, 1)?, bigints(args, 2)?];
    to_bigint(args, |row| {
        let mut color = 0;
        for (part, name) in parts.iter().zip(["red", "green", "blue"]) {
            let part = part.get(row)?;
            if !(0..=255).contains(&part) {
                return invalid(format!("{name} must be between 0 and 255"));
            }
            color = color << 8 | part;
        }
        Some(Ok(color))
    })
}

/// `render(boolean)` and `render(value, color)`.
pub(super) fn render(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    if args.args.len() == 1 {
        let truth = booleans(args, 0)?;
        return to_text(args, |row| {
            let (sign, color) = if truth.get(row)? { ('✓', GREEN) } else { ('✗', RED) };
            Some(Ok(format!("{}{sign}{RESET}", escape(color))))
        });
    }
    let color = bigints(args, 1)?;
    if args.args[0].data_type() == DataType::Float64 {
        let value = doubles(args, 0)?;
        return to_text(args, |row| {
            let (value, color) = (value.get(row)?, color.get(row)?);
            Some(Ok(format!("{}{}{RESET}", escape(color), double_text(value))))
        });
    }
    let value = texts(args, 0)?;
    to_text(args, |row| {
        let (value, color) = (value.get(row)?, color.get(row)?);
        Some(Ok(format!("{}{value}{RESET}", escape(color))))
    })
}

/// A colour by its name, or by `#rgb`.
fn named(name: &str) -> Option<i64> {
    if let Some(at) = NAMES.iter().position(|known| *known == name) {
        return Some(-(at as i64 + 1));
    }
    let digits = name.strip_prefix('#').filter(|digits| digits.len() == 3)?;
    digits.chars().try_fold(0, |color, digit| {
        let digit = i64::from(digit.to_digit(16)?);
        Some(color << 8 | digit << 4 | digit)
    })
}

/// The colour that lies so far between two.
fn between(fraction: f64, low: i64, high: i64) -> i64 {
    let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    [16, 8, 0].into_iter().fold(0, |color, shift| {
        let (low, high) = ((low >> shift & 0xff) as f64, (high >> shift & 0xff) as f64);
        color << 8 | (low + fraction * (high - low)) as i64
    })
}

/// What switches a terminal to a colour.
fn escape(color: i64) -> String {
    let number = match color {
        // Colours with a name lie below zero, the first at -1.
        ..0 => !color,
        _ => {
            let part = |shift: i64| (color >> shift & 0xff) * 6 / 256;
            16 + 36 * part(16) + 6 * part(8) + part(0)
        }
    };
    format!("\u{1b}[38;5;{number}m")
}
