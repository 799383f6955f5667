//! Sizes of data, and distances on the globe.

use std::sync::Arc;

use datafusion::arrow::array::Decimal128Array;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{
    answer, doubles, invalid, invalid_argument, rows, texts, to_double,
};
use crate::dialect::trino_type::failure;

/// The units of sizes; each is 1024 times the one before it.
const UNITS: &[&str] = &["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
/// The mean radius of the earth, in kilometers.
const EARTH_RADIUS: f64 = 6371.01;

/// `parse_data_size(text)`: how many bytes `2.3MB` are.
pub(super) fn parse_data_size(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    let sizes = (0..rows(args)).map(|row| text.get(row).map(bytes).transpose());
    let sizes = sizes.collect::<Result<Decimal128Array>>()?.with_precision_and_scale(38, 0)?;
    answer(args, Arc::new(sizes))
}

fn bytes(text: &str) -> Result<i128> {
    let refused = || invalid_argument(format!("Invalid data size: '{text}'"));
    let too_large = || {
        let message = format!("Value out of range: '{text}'");
        failure("NUMERIC_VALUE_OUT_OF_RANGE", &message)
    };
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refused)?;
    let (number, unit) = trimmed.split_at(end);
    let unit = unit.trim();
    let power = UNITS.iter().position(|known| *known == unit).ok_or_else(refused)?;
    let unit = 1_i128 << (10 * power);
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(refused()),
        None => (number, ""),
    };
    if whole.is_empty() || fraction.contains('.') {
        return Err(refused());
    }
    // More digits than these make no byte.
    let fraction = &fraction[..fraction.len().min(12)];
    let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or_default());
    let part: i128 =
        if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| refused())? };
    let whole: i128 = whole.parse().map_err(|_| too_large())?;
    let size = whole.checked_mul(unit).ok_or_else(too_large)?;
    let part = part.checked_mul(unit).ok_or_else(too_large)? / scale;
    let size = size.checked_add(part).ok_or_else(too_large)?;
    if size >= 10_i128.pow(38) { Err(too_large()) } else { Ok(size) }
}

/// `great_circle_distance(latitude, longitude, latitude, longitude)`, in kilometers.
pub(super) fn great_circle_distance(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let sides = [doubles(args, 0)?, doubles(args, 1)?, doubles(args, 2)?, doubles(args, 3)?];
    to_double(args, |row| {
        let [from_latitude, from_longitude, to_latitude, to_longitude] =
            [sides[0].get(row)?, sides[1].get(row)?, sides[2].get(row)?, sides[3].get(row)?];
        if ![from_latitude, to_latitude].iter().all(|latitude| latitude.abs() <= 90.0) {
            return invalid("Latitude must be between -90 and 90");
        }
        if ![from_longitude, to_longitude].iter().all(|longitude| longitude.abs() <= 180.0) {
            return invalid("Longitude must be between -180 and 180");
        }
        let (from_sin, from_cos) = from_latitude.to_radians().sin_cos();
        let (to_sin, to_cos) = to_latitude.to_radians().sin_cos();
        let (apart_sin, apart_cos) = (from_longitude - to_longitude).to_radians().sin_cos();
        let across = to_cos * apart_sin;
        let along = from_cos * to_sin - from_sin * to_cos * apart_cos;
        let inward = from_sin * to_sin + from_cos * to_cos * apart_cos;
        Some(Ok(across.hypot(along).atan2(inward) * EARTH_RADIUS))
    })
}
