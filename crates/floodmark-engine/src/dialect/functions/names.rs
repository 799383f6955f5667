//! Which names of functions are Trino's, and what people mean by those that are not.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::dialect;
use crate::dialect::functions::{aggregates, higher_order, is_registered};

/// Functions of Trino that are not there yet.
pub(crate) const MISSING: &[&str] = &[
    "approx_set",
    "bing_tile",
    "bing_tile_at",
    "checksum",
    "classify",
    "empty_approx_set",
    "features",
    "from_encoded_polyline",
    "geometry_from_hadoop_shape",
    "inverse_beta_cdf",
    "learn_classifier",
    "learn_regressor",
    "make_set_digest",
    "merge",
    "merge_set_digest",
    "normalize",
    "qdigest_agg",
    "reduce_agg",
    "regress",
    "simplify_geometry",
    "spooky_hash_v2_32",
    "spooky_hash_v2_64",
    "st_geometryfromtext",
    "st_point",
    "tdigest_agg",
    "to_encoded_polyline",
    "value_at_quantile",
    "values_at_quantiles",
    "word_stem",
];

/// Functions of DataFusion that Trino has under the same names.
const BORROWED: &[&str] = &[
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "max",
    "min",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "row_number",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "uuid",
    "var_pop",
    "var_samp",
];

/// What is written like a call, and is none to Trino.
const FORMS: &[&str] = &["coalesce", "grouping", "nullif", "row", "unnest"];

/// What other systems call something, and what Trino calls it.
const FOREIGN: &[(&str, &str)] = &[
    ("approx_count_distinct", "approx_distinct"),
    ("approx_median", "approx_percentile"),
    ("array_append", "concat"),
    ("array_contains", "contains"),
    ("array_element", "element_at"),
    ("array_has", "contains"),
    ("array_has_any", "arrays_overlap"),
    ("array_length", "cardinality"),
    ("array_prepend", "concat"),
    ("array_size", "cardinality"),
    ("array_slice", "slice"),
    ("array_to_string", "array_join"),
    ("array_transform", "transform"),
    ("array_filter", "filter"),
    ("arrow_cast", "cast"),
    ("arrow_typeof", "typeof"),
    ("ascii", "codepoint"),
    ("bit_and", "bitwise_and_agg"),
    ("bit_or", "bitwise_or_agg"),
    ("bit_xor", "bitwise_xor_agg"),
    ("btrim", "trim"),
    ("character_length", "length"),
    ("char_length", "length"),
    ("charindex", "strpos"),
    ("collect_list", "array_agg"),
    ("collect_set", "array_agg"),
    ("convert", "cast"),
    ("date_bin", "date_trunc"),
    ("date_part", "extract"),
    ("date_sub", "date_add"),
    ("dateadd", "date_add"),
    ("datediff", "date_diff"),
    ("decode", "from_utf8"),
    ("digest", "sha256"),
    ("encode", "to_utf8"),
    ("explode", "unnest"),
    ("from_timestamp", "from_unixtime"),
    ("generate_series", "sequence"),
    ("get_json_object", "json_extract_scalar"),
    ("group_concat", "listagg"),
    ("ifnull", "coalesce"),
    ("iff", "if"),
    ("instr", "strpos"),
    ("isnan", "is_nan"),
    ("isnull", "coalesce"),
    ("lcase", "lower"),
    ("left", "substr"),
    ("len", "length"),
    ("levenshtein", "levenshtein_distance"),
    ("list_contains", "contains"),
    ("locate", "strpos"),
    ("mean", "avg"),
    ("median", "approx_percentile"),
    ("named_struct", "row"),
    ("nvl", "coalesce"),
    ("nvl2", "if"),
    ("octet_length", "length"),
    ("parse_url", "url_extract_host"),
    ("percentile", "approx_percentile"),
    ("percentile_approx", "approx_percentile"),
    ("percentile_cont", "approx_percentile"),
    ("quantile_cont", "approx_percentile"),
    ("range", "sequence"),
    ("regexp_match", "regexp_like"),
    ("regexp_instr", "regexp_position"),
    ("regexp_matches", "regexp_extract_all"),
    ("regexp_substr", "regexp_extract"),
    ("right", "substr"),
    ("sha2", "sha256"),
    ("signum", "sign"),
    ("size", "cardinality"),
    ("str_to_date", "date_parse"),
    ("strftime", "date_format"),
    ("string_agg", "listagg"),
    ("string_split", "split"),
    ("string_to_array", "split"),
    ("struct", "row"),
    ("substring_index", "split_part"),
    ("to_char", "date_format"),
    ("to_date", "date_parse"),
    ("to_timestamp", "from_unixtime"),
    ("to_timestamp_millis", "from_unixtime"),
    ("to_timestamp_seconds", "from_unixtime"),
    ("today", "current_date"),
    ("trunc", "truncate"),
    ("ucase", "upper"),
    ("unix_timestamp", "to_unixtime"),
    ("var", "variance"),
];

/// Names that functions have besides Trino's, and that nobody should write.
const INTERNAL: &[&str] = &["btrim"];

/// Whether this can be called.
pub(crate) fn is_callable(name: &str) -> bool {
    FORMS.contains(&name) || is_known(name)
}

/// Whether this is the name of a function of Athena.
pub(crate) fn is_known(name: &str) -> bool {
    static HIGHER_ORDER: LazyLock<HashSet<String>> =
        LazyLock::new(|| higher_order().iter().map(|f| f.name().to_owned()).collect());
    !name.starts_with('$')
        && !INTERNAL.contains(&name)
        && (is_registered(name) || HIGHER_ORDER.contains(name) || BORROWED.contains(&name))
}

/// All names of a function that has this one, which comes first.
pub(crate) fn names_of(name: &str) -> Vec<String> {
    let scalars = super::scalars();
    let aliases = scalars.iter().find(|f| f.name() == name).map(|f| f.aliases().to_vec());
    let aggregates = || {
        let aggregates = aggregates();
        aggregates.iter().find(|f| f.name() == name).map(|f| f.aliases().to_vec())
    };
    let aliases = aliases.or_else(aggregates).unwrap_or_default();
    std::iter::once(name.to_owned()).chain(aliases).collect()
}

/// The function of Trino that one who calls this name may mean.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let scalars = super::scalars();
        let scalars = scalars
            .iter()
            .flat_map(|f| std::iter::once(f.name().to_owned()).chain(f.aliases().iter().cloned()));
        let aggregates = aggregates();
        let aggregates = aggregates
            .iter()
            .flat_map(|f| std::iter::once(f.name().to_owned()).chain(f.aliases().iter().cloned()));
        let higher_order = higher_order().into_iter().map(|f| f.name().to_owned());
        scalars
            .chain(aggregates)
            .chain(higher_order)
            .chain(BORROWED.iter().map(|name| (*name).to_owned()))
            .filter(|name| is_known(name))
            .collect()
    });
    FOREIGN
        .iter()
        .find(|(foreign, _)| *foreign == name)
        .map(|(_, known)| *known)
        .or_else(|| dialect::nearest(name, &NAMES))
}
