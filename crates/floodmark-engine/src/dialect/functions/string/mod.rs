//! Functions on text.

mod distance;
mod draw;
mod format;
mod join;
mod shape;
mod split;
mod unicode;

use datafusion::logical_expr::ScalarUDF;

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};

const TEXT: Parameter = Parameter::Text;
const BIGINT: Parameter = Parameter::BigInt;
const BINARY: Parameter = Parameter::Binary;
const DOUBLE: Parameter = Parameter::Double;

/// Text of any length.
const VARCHAR: Returns = Returns::Always("varchar");
/// A whole number.
const WHOLE: Returns = Returns::Always("bigint");
/// True or false.
const TRUTH: Returns = Returns::Always("boolean");

static ALL: &[Scalar] = &[
    Scalar::new("bar", &[&[DOUBLE, BIGINT], &[DOUBLE, BIGINT, BIGINT, BIGINT]], VARCHAR, draw::bar),
    Scalar::new("chr", &[&[BIGINT]], VARCHAR, unicode::chr),
    Scalar::new("codepoint", &[&[TEXT]], Returns::Always("integer"), unicode::codepoint),
    Scalar::new("color", draw::COLOR, WHOLE, draw::color),
    Scalar::new(
        "concat",
        &[
            &[TEXT, TEXT, Parameter::Repeated],
            &[BINARY, BINARY, Parameter::Repeated],
            &[Parameter::Array, Parameter::Any, Parameter::Repeated],
            &[Parameter::Any, Parameter::Array, Parameter::Repeated],
        ],
        Returns::With(join::concat_field),
        join::concat,
    )
    .unify(join::concat_fits),
    Scalar::new(
        "concat_ws",
        &[&[TEXT, Parameter::Array], &[TEXT, TEXT, Parameter::Repeated]],
        VARCHAR,
        join::concat_ws,
    ),
    Scalar::new("format", &[&[TEXT, Parameter::Any, Parameter::Repeated]], VARCHAR, format::format),
    Scalar::new("from_utf8", unicode::FROM_UTF8, VARCHAR, unicode::from_utf8),
    Scalar::new("hamming_distance", &[&[TEXT, TEXT]], WHOLE, distance::hamming),
    Scalar::new("length", &[&[TEXT], &[BINARY]], WHOLE, unicode::length),
    Scalar::new("levenshtein_distance", &[&[TEXT, TEXT]], WHOLE, distance::levenshtein),
    Scalar::new("lower", &[&[TEXT]], VARCHAR, unicode::lower),
    Scalar::new(
        "lpad",
        &[&[TEXT, BIGINT, TEXT], &[BINARY, BIGINT, BINARY]],
        Returns::Like(0),
        shape::lpad,
    ),
    Scalar::new("ltrim", &[&[TEXT], &[TEXT, TEXT]], VARCHAR, shape::ltrim),
    Scalar::new("luhn_check", &[&[TEXT]], TRUTH, distance::luhn_check),
    Scalar::new("render", draw::RENDER, VARCHAR, draw::render),
    Scalar::new("replace", &[&[TEXT, TEXT], &[TEXT, TEXT, TEXT]], VARCHAR, shape::replace),
    Scalar::new("rgb", &[&[BIGINT, BIGINT, BIGINT]], WHOLE, draw::rgb),
    Scalar::new(
        "rpad",
        &[&[TEXT, BIGINT, TEXT], &[BINARY, BIGINT, BINARY]],
        Returns::Like(0),
        shape::rpad,
    ),
    Scalar::new("rtrim", &[&[TEXT], &[TEXT, TEXT]], VARCHAR, shape::rtrim),
    Scalar::new("soundex", &[&[TEXT]], VARCHAR, distance::soundex),
    Scalar::new(
        "split",
        &[&[TEXT, TEXT], &[TEXT, TEXT, BIGINT]],
        Returns::Always("array(varchar)"),
        split::split,
    ),
    Scalar::new("split_part", &[&[TEXT, TEXT, BIGINT]], VARCHAR, split::split_part),
    Scalar::new(
        "split_to_map",
        &[&[TEXT, TEXT, TEXT]],
        Returns::Always("map(varchar, varchar)"),
        split::split_to_map,
    ),
    Scalar::new(
        "split_to_multimap",
        &[&[TEXT, TEXT, TEXT]],
        Returns::Always("map(varchar, array(varchar))"),
        split::split_to_multimap,
    ),
    Scalar::new("starts_with", &[&[TEXT, TEXT]], TRUTH, shape::starts_with),
    Scalar::new("ends_with", &[&[TEXT, TEXT]], TRUTH, shape::ends_with),
    Scalar::new("strpos", &[&[TEXT, TEXT], &[TEXT, TEXT, BIGINT]], WHOLE, split::strpos)
        .aliases(&["position"]),
    Scalar::new(
        "substring",
        &[&[TEXT, BIGINT], &[TEXT, BIGINT, BIGINT], &[BINARY, BIGINT], &[BINARY, BIGINT, BIGINT]],
        Returns::Like(0),
        shape::substring,
    )
    .aliases(&["substr"]),
    Scalar::new("to_utf8", &[&[TEXT]], Returns::Always("varbinary"), unicode::to_utf8),
    Scalar::new("translate", &[&[TEXT, TEXT, TEXT]], VARCHAR, shape::translate),
    Scalar::new("trim", &[&[TEXT], &[TEXT, TEXT]], VARCHAR, shape::trim).aliases(&["btrim"]),
    Scalar::new("upper", &[&[TEXT]], VARCHAR, unicode::upper),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// The function of this kind with this name.
pub(super) fn find(name: &str) -> Option<ScalarUDF> {
    ALL.iter().find(|function| function.name == name).map(Scalar::udf)
}
