//! Aggregate functions.

mod borrowed;
mod chosen;
mod collected;
mod declare;
mod entries;
mod fold;
mod percentile;
mod store;
mod sums;
mod text;

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::Result;
use datafusion::functions_aggregate::{bool_and_or, variance};
use datafusion::logical_expr::AggregateUDF;

use crate::dialect::functions::aggregate::chosen::{Best, BestFew, First};
use crate::dialect::functions::aggregate::declare::{Aggregate, Distinct};
use crate::dialect::functions::aggregate::entries::{Entries, Kind};
use crate::dialect::functions::aggregate::fold::{Summed, Whole};
use crate::dialect::functions::aggregate::percentile::{Distributions, Question};
use crate::dialect::functions::aggregate::sums::{Asked, Totals};
use crate::dialect::functions::aggregate::text::ListAgg;
use crate::dialect::functions::declare::Parameter;

/// The name of the function behind `max(x, n)`.
const MAX_FEW: &str = "$max_few";
/// The name of the function behind `min(x, n)`.
const MIN_FEW: &str = "$min_few";

static FUNCTIONS: &[Aggregate] = &[
    Aggregate {
        name: "sum",
        aliases: &[],
        overloads: ADDED,
        distinct: Distinct::Differs,
        returns: sums::sum_field,
        state: sums::totals_state,
        begin: |given| Totals::begin(given, Asked::Sum),
    },
    Aggregate {
        name: "avg",
        aliases: &[],
        overloads: ADDED,
        distinct: Distinct::Differs,
        returns: sums::average_field,
        state: sums::totals_state,
        begin: |given| Totals::begin(given, Asked::Average),
    },
    Aggregate {
        name: "max_by",
        aliases: &[],
        overloads: BY,
        distinct: Distinct::Same,
        returns: by_field,
        state: by_state,
        begin: |given| match given.fields.len() {
            3 => BestFew::begin(given, "max_by", true),
            _ => Best::begin(given, true),
        },
    },
    Aggregate {
        name: "min_by",
        aliases: &[],
        overloads: BY,
        distinct: Distinct::Same,
        returns: by_field,
        state: by_state,
        begin: |given| match given.fields.len() {
            3 => BestFew::begin(given, "min_by", false),
            _ => Best::begin(given, false),
        },
    },
    Aggregate {
        name: MAX_FEW,
        aliases: &[],
        overloads: &[&[Parameter::Any, Parameter::BigInt]],
        distinct: Distinct::Differs,
        returns: chosen::few_field,
        state: chosen::few_state,
        begin: |given| BestFew::begin(given, "max", true),
    },
    Aggregate {
        name: MIN_FEW,
        aliases: &[],
        overloads: &[&[Parameter::Any, Parameter::BigInt]],
        distinct: Distinct::Differs,
        returns: chosen::few_field,
        state: chosen::few_state,
        begin: |given| BestFew::begin(given, "min", false),
    },
    Aggregate {
        name: "arbitrary",
        aliases: &["any_value"],
        overloads: &[&[Parameter::Any]],
        distinct: Distinct::Same,
        returns: |fields| Ok(Arc::new(fields[0].as_ref().clone().with_nullable(true))),
        state: fold::result_state,
        begin: First::begin,
    },
    Aggregate {
        name: "map_agg",
        aliases: &[],
        overloads: &[&[Parameter::Any, Parameter::Any]],
        distinct: Distinct::Same,
        returns: entries::map_field,
        state: fold::result_state,
        begin: |given| Entries::begin(given, Kind::First),
    },
    Aggregate {
        name: "multimap_agg",
        aliases: &[],
        overloads: &[&[Parameter::Any, Parameter::Any]],
        distinct: Distinct::Differs,
        returns: entries::multimap_field,
        state: fold::result_state,
        begin: |given| Entries::begin(given, Kind::All),
    },
    Aggregate {
        name: "map_union",
        aliases: &[],
        overloads: &[&[Parameter::Map]],
        distinct: Distinct::Same,
        returns: |fields| Ok(Arc::new(fields[0].as_ref().clone().with_nullable(true))),
        state: fold::result_state,
        begin: |given| Entries::begin(given, Kind::Union),
    },
    Aggregate {
        name: "histogram",
        aliases: &[],
        overloads: &[&[Parameter::Any]],
        distinct: Distinct::Differs,
        returns: |fields| entries::count_field(fields, 0),
        state: fold::result_state,
        begin: |given| Entries::begin(given, Kind::Count),
    },
    Aggregate {
        name: "approx_most_frequent",
        aliases: &[],
        overloads: &[&[Parameter::BigInt, Parameter::Any, Parameter::BigInt]],
        distinct: Distinct::Differs,
        returns: |fields| entries::count_field(fields, 1),
        state: entries::frequent_state,
        begin: |given| Entries::begin(given, Kind::Frequent),
    },
    Aggregate {
        name: "count_if",
        aliases: &[],
        overloads: &[&[Parameter::Boolean]],
        distinct: Distinct::Differs,
        returns: fold::whole_field,
        state: fold::result_state,
        begin: |_| Ok(Whole::begin(Some(0), i64::wrapping_add)),
    },
    Aggregate {
        name: "bitwise_and_agg",
        aliases: &[],
        overloads: &[&[Parameter::BigInt]],
        distinct: Distinct::Same,
        returns: fold::whole_field,
        state: fold::result_state,
        begin: |_| Ok(Whole::begin(None, |left, right| left & right)),
    },
    Aggregate {
        name: "bitwise_or_agg",
        aliases: &[],
        overloads: &[&[Parameter::BigInt]],
        distinct: Distinct::Same,
        returns: fold::whole_field,
        state: fold::result_state,
        begin: |_| Ok(Whole::begin(None, |left, right| left | right)),
    },
    Aggregate {
        name: "bitwise_xor_agg",
        aliases: &[],
        overloads: &[&[Parameter::BigInt]],
        distinct: Distinct::Differs,
        returns: fold::whole_field,
        state: fold::result_state,
        begin: |_| Ok(Whole::begin(None, |left, right| left ^ right)),
    },
    summed("geometric_mean", |given| Summed::begin(given, fold::GEOMETRIC_MEAN)),
    summed("entropy", |given| Summed::begin(given, fold::ENTROPY)),
    summed("skewness", |given| Summed::begin(given, fold::SKEWNESS)),
    summed("kurtosis", |given| Summed::begin(given, fold::KURTOSIS)),
    Aggregate {
        name: "approx_percentile",
        aliases: &[],
        overloads: &[
            &[Parameter::Number, Parameter::Double],
            &[Parameter::Number, Parameter::Array],
            &[Parameter::Number, Parameter::Double, Parameter::Double],
            &[Parameter::Number, Parameter::Double, Parameter::Array],
            &[Parameter::Number, Parameter::Double, Parameter::Double, Parameter::Double],
            &[Parameter::Number, Parameter::Double, Parameter::Array, Parameter::Double],
        ],
        distinct: Distinct::Differs,
        returns: percentile::percentile_field,
        state: percentile::points_state,
        begin: |given| Distributions::begin(given, Question::Percentile),
    },
    Aggregate {
        name: "numeric_histogram",
        aliases: &[],
        overloads: &[
            &[Parameter::BigInt, Parameter::Double],
            &[Parameter::BigInt, Parameter::Double, Parameter::Double],
        ],
        distinct: Distinct::Differs,
        returns: percentile::histogram_field,
        state: percentile::points_state,
        begin: |given| Distributions::begin(given, Question::Histogram),
    },
    Aggregate {
        name: "listagg",
        aliases: &[],
        overloads: &[&[Parameter::Text], &[Parameter::Text, Parameter::Text]],
        distinct: Distinct::Done,
        returns: text::text_field,
        state: text::list_state,
        begin: ListAgg::begin,
    },
];

const ADDED: &[&[Parameter]] =
    &[&[Parameter::BigInt], &[Parameter::Number], &[Parameter::Interval]];

/// `max_by` and `min_by` give one value, or an array of so many.
fn by_field(fields: &[FieldRef]) -> Result<FieldRef> {
    match fields.len() {
        3 => chosen::few_field(fields),
        _ => Ok(Arc::new(fields[0].as_ref().clone().with_nullable(true))),
    }
}

fn by_state(fields: &[FieldRef], result: &FieldRef) -> Result<Vec<FieldRef>> {
    match fields.len() {
        3 => chosen::few_state(fields, result),
        _ => Ok(vec![Arc::clone(result), Arc::clone(&fields[1])]),
    }
}

const BY: &[&[Parameter]] =
    &[&[Parameter::Any, Parameter::Any], &[Parameter::Any, Parameter::Any, Parameter::BigInt]];

/// A function of the sums of numbers.
const fn summed(
    name: &'static str,
    begin: fn(&declare::Given) -> Result<Box<dyn declare::Groups>>,
) -> Aggregate {
    Aggregate {
        name,
        aliases: &[],
        overloads: &[&[Parameter::Double]],
        distinct: Distinct::Differs,
        returns: fold::double_field,
        state: fold::sums_state,
        begin,
    }
}

/// The functions of this kind.
pub(super) fn all() -> Vec<AggregateUDF> {
    let borrowed = [
        borrowed::approx_distinct(),
        borrowed::array_agg(),
        bool_and_or::bool_and_udaf().as_ref().clone().with_aliases(["every"]),
        variance::var_samp_udaf().as_ref().clone().with_aliases(["variance"]),
    ];
    borrowed.into_iter().chain(FUNCTIONS.iter().map(Aggregate::udaf)).collect()
}

/// The function behind `max` or `min` with so many arguments, where it is another one.
pub(crate) fn of_few(name: &str, arguments: usize) -> Option<AggregateUDF> {
    let name = match (name, arguments) {
        ("max", 2) => MAX_FEW,
        ("min", 2) => MIN_FEW,
        _ => return None,
    };
    FUNCTIONS.iter().find(|function| function.name == name).map(Aggregate::udaf)
}
