//! Dates and times by patterns.

use std::sync::Arc;

use datafusion::arrow::array::types::TimestampMicrosecondType;
use datafusion::arrow::array::{PrimitiveArray, StringViewArray};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::pattern::Pattern;
use super::{Kind, Moments};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, result, text};
use crate::dialect::moment::Zone;
use crate::dialect::trino_type::TrinoType;

/// The functions.
pub(super) static ALL: &[Scalar] = &[
    Scalar::new(
        "date_format",
        &[&[Parameter::Moment, Parameter::Text]],
        Returns::Always("varchar"),
        |args| format(args, Pattern::mysql),
    ),
    Scalar::new(
        "format_datetime",
        &[&[Parameter::Moment, Parameter::Text]],
        Returns::Always("varchar"),
        |args| format(args, Pattern::joda),
    ),
    Scalar::new(
        "date_parse",
        &[&[Parameter::Text, Parameter::Text]],
        Returns::Always("timestamp(3)"),
        |args| {
            let values = parse(args, Pattern::mysql, |local, _| local)?;
            result(args, values)
        },
    ),
    Scalar::new(
        "parse_datetime",
        &[&[Parameter::Literal, Parameter::Literal]],
        Returns::With(zoned),
        |args| {
            let values = parse(args, Pattern::joda, |local, zone| {
                zone.unwrap_or_else(Zone::of_sessions).utc(local)
            })?;
            let zone = match TrinoType::of_field(&args.return_field) {
                TrinoType::TimestampWithTimeZone(zone) => zone,
                _ => "UTC".into(),
            };
            result(args, values.with_timezone(zone))
        },
    ),
];

type Compile = fn(&str) -> Result<Pattern>;

/// Patterns that were met, each read once.
struct Patterns {
    compile: Compile,
    known: Vec<(String, Pattern)>,
    /// The one that was asked for last, which most often is the next one too.
    last: usize,
}

impl Patterns {
    fn new(compile: Compile) -> Self {
        Self { compile, known: Vec::new(), last: 0 }
    }

    fn get(&mut self, text: &str) -> Result<&Pattern> {
        let is_last = self.known.get(self.last).is_some_and(|(known, _)| known == text);
        if !is_last {
            self.last = match self.known.iter().position(|(known, _)| known == text) {
                Some(at) => at,
                None => {
                    // Patterns that differ from row to row do not pile up.
                    if self.known.len() >= 64 {
                        self.known.clear();
                    }
                    self.known.push((text.to_owned(), (self.compile)(text)?));
                    self.known.len() - 1
                }
            };
        }
        Ok(&self.known[self.last].1)
    }
}

fn format(args: &ScalarFunctionArgs, compile: Compile) -> Result<ColumnarValue> {
    let mut patterns = Patterns::new(compile);
    let moments = Moments::of(args, 0)?;
    let utc = moments.utc();
    let formats = text(args, 1)?;
    let texts =
        moments.local.iter().zip(&utc).zip(formats.iter()).map(|((local, utc), pattern)| {
            let (Some(local), Some(utc), Some(pattern)) = (local, utc, pattern) else {
                return Ok(None);
            };
            let (zone, offset) = match &moments.kind {
                Kind::Zoned(zone, _) => (zone.name.as_ref(), zone.offset_seconds(utc)),
                _ => ("UTC", 0),
            };
            Ok(patterns.get(pattern)?.format(local, zone, offset))
        });
    result(args, texts.collect::<Result<StringViewArray>>()?)
}

fn parse(
    args: &ScalarFunctionArgs,
    compile: Compile,
    settle: fn(i64, Option<Zone>) -> i64,
) -> Result<PrimitiveArray<TimestampMicrosecondType>> {
    let mut patterns = Patterns::new(compile);
    let (texts, formats) = (text(args, 0)?, text(args, 1)?);
    texts
        .iter()
        .zip(formats.iter())
        .map(|(text, pattern)| {
            let (Some(text), Some(pattern)) = (text, pattern) else { return Ok(None) };
            let (local, zone) = patterns.get(pattern)?.parse(text)?;
            Ok(Some(settle(local, zone)))
        })
        .collect()
}

/// A text that is known when planning tells its zone.
fn zoned(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let known = |at: usize| {
        let value = args.scalar_arguments.get(at).copied().flatten()?;
        value.try_as_str().flatten()
    };
    let zone = match (known(0), known(1)) {
        (Some(text), Some(pattern)) => {
            Pattern::joda(pattern).and_then(|pattern| pattern.parse(text)).ok().and_then(|p| p.1)
        }
        _ => None,
    };
    let zone = zone.unwrap_or_else(Zone::of_sessions);
    Ok(Arc::new(TrinoType::TimestampWithTimeZone(zone.name).field("zoned")))
}
