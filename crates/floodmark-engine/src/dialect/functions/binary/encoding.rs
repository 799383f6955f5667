//! Bytes as text, and numbers as bytes.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{
    Answer, bigints, binaries, doubles, invalid, texts, to_binary, to_number, to_text,
};
use crate::dialect::trino_type::failure;

/// The digits of base 32.
const DIGITS_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `to_hex(binary)`, in capitals.
pub(super) fn to_hex(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_text(args, |row| {
        let bytes = bytes.get(row)?;
        let mut made = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                made.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
        Some(Ok(made))
    })
}

/// `from_hex(text)`, in capitals or not.
pub(super) fn from_hex(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    decoded(args, |text| {
        if text.len() % 2 != 0 {
            return Err("invalid input length ".to_owned() + &text.len().to_string());
        }
        let digit = |byte: u8| {
            (char::from(byte).to_digit(16))
                .ok_or_else(|| format!("invalid hex character: {}", char::from(byte)))
        };
        text.chunks_exact(2)
            .map(|pair| Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8))
            .collect()
    })
}

/// `to_base64(binary)`.
pub(super) fn to_base64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_text(args, |row| Some(Ok(engine(&STANDARD).encode(bytes.get(row)?))))
}

/// `from_base64(text)`, with or without `=` at its end.
pub(super) fn from_base64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    decoded(args, |text| engine(&STANDARD).decode(text).map_err(|error| error.to_string()))
}

/// `to_base64url(binary)`.
pub(super) fn to_base64url(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_text(args, |row| Some(Ok(engine(&URL_SAFE).encode(bytes.get(row)?))))
}

/// `from_base64url(text)`, with or without `=` at its end.
pub(super) fn from_base64url(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    decoded(args, |text| engine(&URL_SAFE).decode(text).map_err(|error| error.to_string()))
}

/// `to_base32(binary)`.
pub(super) fn to_base32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_text(args, |row| {
        let mut made = String::new();
        for chunk in bytes.get(row)?.chunks(5) {
            let mut five = [0; 8];
            five[3..3 + chunk.len()].copy_from_slice(chunk);
            let bits = u64::from_be_bytes(five);
            let count = (chunk.len() * 8).div_ceil(5);
            for at in 0..8 {
                let digit = DIGITS_32[(bits >> (35 - 5 * at) & 31) as usize];
                made.push(if at < count { char::from(digit) } else { '=' });
            }
        }
        Some(Ok(made))
    })
}

/// `from_base32(text)`, with or without `=` at its end.
pub(super) fn from_base32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    decoded(args, |text| {
        let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
        let (mut made, mut bits, mut count) = (Vec::new(), 0u32, 0);
        for byte in &text[..end] {
            let digit = DIGITS_32.iter().position(|digit| digit == byte);
            let digit =
                digit.ok_or_else(|| format!("Unrecognized character: {}", char::from(*byte)))?;
            bits = bits << 5 | digit as u32;
            count += 5;
            if count >= 8 {
                count -= 8;
                made.push((bits >> count) as u8);
                bits &= (1 << count) - 1;
            }
        }
        match end % 8 {
            1 | 3 | 6 => Err(format!("Invalid input length {}", text.len())),
            _ => Ok(made),
        }
    })
}

/// `to_big_endian_32(integer)`.
pub(super) fn to_big_endian_32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = bigints(args, 0)?;
    to_binary(args, |row| match i32::try_from(value.get(row)?) {
        Ok(value) => Some(Ok(value.to_be_bytes())),
        Err(_) => {
            Some(Err(failure("NUMERIC_VALUE_OUT_OF_RANGE", "Value exceeds the range of integer")))
        }
    })
}

/// `from_big_endian_32(binary)`.
pub(super) fn from_big_endian_32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_number::<Int32Type>(args, |row| whole(bytes.get(row)?, i32::from_be_bytes))
}

/// `to_big_endian_64(bigint)`.
pub(super) fn to_big_endian_64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = bigints(args, 0)?;
    to_binary(args, |row| Some(Ok(value.get(row)?.to_be_bytes())))
}

/// `from_big_endian_64(binary)`.
pub(super) fn from_big_endian_64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_number::<Int64Type>(args, |row| whole(bytes.get(row)?, i64::from_be_bytes))
}

/// `to_ieee754_32(real)`.
pub(super) fn to_ieee754_32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = doubles(args, 0)?;
    to_binary(args, |row| Some(Ok((value.get(row)? as f32).to_be_bytes())))
}

/// `from_ieee754_32(binary)`.
pub(super) fn from_ieee754_32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_number::<Float32Type>(args, |row| whole(bytes.get(row)?, f32::from_be_bytes))
}

/// `to_ieee754_64(double)`.
pub(super) fn to_ieee754_64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = doubles(args, 0)?;
    to_binary(args, |row| Some(Ok(value.get(row)?.to_be_bytes())))
}

/// `from_ieee754_64(binary)`.
pub(super) fn from_ieee754_64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_number::<Float64Type>(args, |row| whole(bytes.get(row)?, f64::from_be_bytes))
}

/// An alphabet of base 64 that writes `=` at the end and can read without.
fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// Decodes text, or bytes that are text.
fn decoded(
    args: &ScalarFunctionArgs,
    decode: impl Fn(&[u8]) -> Result<Vec<u8>, String>,
) -> Result<ColumnarValue> {
    let answer = |text: &[u8]| match decode(text) {
        Ok(bytes) => Some(Ok(bytes)),
        Err(error) => invalid(error),
    };
    if args.args[0].data_type() == DataType::Binary {
        let bytes = binaries(args, 0)?;
        return to_binary(args, |row| answer(bytes.get(row)?));
    }
    let text = texts(args, 0)?;
    to_binary(args, |row| answer(text.get(row)?.as_bytes()))
}

/// A number of all its bytes.
fn whole<T, const N: usize>(bytes: &[u8], read: fn([u8; N]) -> T) -> Answer<T> {
    match <[u8; N]>::try_from(bytes) {
        Ok(bytes) => Some(Ok(read(bytes))),
        Err(_) => invalid(format!("expected {N}-byte input, but got instead: {}", bytes.len())),
    }
}
