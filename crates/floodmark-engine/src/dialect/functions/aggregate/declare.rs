//! How an aggregate function is declared, and how it works for one group and for many.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::compute::{filter, prep_null_mask_filter};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::arrow::row::SortField;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::dialect::functions::aggregate::collected::{Collected, Moving, collected_state};
use crate::dialect::functions::declare::{Parameter, coerce, single, unexpected};

/// An aggregate function of Trino.
pub(super) struct Aggregate {
    /// Its name, in lower case.
    pub(super) name: &'static str,
    /// Further names.
    pub(super) aliases: &'static [&'static str],
    /// The parameters of each form in which it can be called.
    pub(super) overloads: &'static [&'static [Parameter]],
    /// Whether what it makes of many values is the same for any order, and for values that stand there twice.
    pub(super) distinct: Distinct,
    /// The field of its result.
    pub(super) returns: fn(&[FieldRef]) -> Result<FieldRef>,
    /// The fields of what one part of the work hands to the next, from the arguments' fields and that of the result.
    pub(super) state: fn(&[FieldRef], &FieldRef) -> Result<Vec<FieldRef>>,
    /// Begins the work.
    pub(super) begin: fn(&Given) -> Result<Box<dyn Groups>>,
}

/// What `DISTINCT` means to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distinct {
    /// Nothing: a value that stands there twice is as one.
    Same,
    /// Something that the function does itself.
    Done,
    /// That values that stand there twice are to be left out before.
    Differs,
}

/// What a function knows when it begins.
#[derive(Clone)]
pub(super) struct Given {
    /// The fields of its arguments.
    pub(super) fields: Vec<FieldRef>,
    /// The field of its result.
    pub(super) result: FieldRef,
    /// How the values are sorted by what stands behind the arguments.
    pub(super) order: Vec<SortField>,
    /// Whether each value counts once.
    pub(super) is_distinct: bool,
}

/// The work on the groups of an aggregation.
pub(super) trait Groups: Send + Sync {
    /// There are so many groups now.
    fn resize(&mut self, groups: usize);
    /// Takes rows; each belongs to a group.
    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()>;
    /// Takes what other parts of the work have made.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()>;
    /// Whether it can take rows back.
    fn retracts(&self) -> bool {
        false
    }
    /// Takes rows back that it was given.
    fn retract(&mut self, _values: &[ArrayRef], _groups: &[usize]) -> Result<()> {
        Err(DataFusionError::Internal("rows cannot be taken back".to_owned()))
    }
    /// What is handed on of the first groups.
    fn state(&self, count: usize) -> Result<Vec<ArrayRef>>;
    /// The results of the first groups.
    fn evaluate(&self, count: usize) -> Result<ArrayRef>;
    /// Forgets the first groups.
    fn drain(&mut self, count: usize);
    /// How many groups there are.
    fn len(&self) -> usize;
    /// How much memory it uses, in bytes.
    fn bytes(&self) -> usize;
}

impl Aggregate {
    /// The function for DataFusion.
    pub(super) fn udaf(&'static self) -> AggregateUDF {
        AggregateUDF::new_from_impl(Declared {
            function: self,
            signature: Signature::user_defined(Volatility::Immutable),
            aliases: self.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        })
    }

    fn coerced(&self, given: &[DataType]) -> Option<Vec<DataType>> {
        self.overloads.iter().find_map(|overload| coerce(overload, given))
    }

    /// Whether its rows are collected first, and given to it without those that stand there twice, and in order.
    fn is_collected(&self, is_distinct: bool, is_ordered: bool) -> bool {
        match self.distinct {
            Distinct::Done => false,
            Distinct::Same => is_ordered,
            Distinct::Differs => is_ordered || is_distinct,
        }
    }

    /// Begins the work as it was asked for.
    pub(super) fn groups(&self, given: &Given) -> Result<Box<dyn Groups>> {
        match self.is_collected(given.is_distinct, !given.order.is_empty()) {
            true => Collected::begin(self.begin, given),
            false => (self.begin)(given),
        }
    }
}

/// A declared function as DataFusion sees it.
struct Declared {
    function: &'static Aggregate,
    signature: Signature,
    aliases: Vec<String>,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.function.name)
    }
}

impl PartialEq for Declared {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Declared {}

impl Hash for Declared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl Declared {
    /// What the function knows.
    fn given(args: &AccumulatorArgs<'_>) -> Result<Given> {
        let order = args.order_bys.iter().map(|order| {
            let data_type = order.expr.data_type(args.schema)?;
            Ok(SortField::new_with_options(data_type, order.options))
        });
        let order = order.collect::<Result<Vec<_>>>()?;
        Ok(Given {
            fields: args.expr_fields.to_vec(),
            result: Arc::clone(&args.return_field),
            order,
            is_distinct: args.is_distinct,
        })
    }
}

impl AggregateUDFImpl for Declared {
    fn name(&self) -> &str {
        self.function.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal("the type is told by `return_field`".to_owned()))
    }

    fn return_field(&self, arg_fields: &[FieldRef]) -> Result<FieldRef> {
        let given: Vec<_> = arg_fields.iter().map(|field| field.data_type().clone()).collect();
        if self.function.coerced(&given).is_none() {
            let overloads = self.function.overloads;
            return Err(unexpected(self.function.name, overloads, given.iter()));
        }
        (self.function.returns)(arg_fields)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // An error from here would lose its code on the way; the one about the result's type keeps it.
        Ok(self.function.coerced(arg_types).unwrap_or_else(|| arg_types.to_vec()))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let mut groups = self.function.groups(&Self::given(&args)?)?;
        groups.resize(1);
        Ok(Box::new(One { groups, places: Vec::new() }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let fields =
            match self.function.is_collected(args.is_distinct, !args.ordering_fields.is_empty()) {
                true => collected_state(args.input_fields),
                false => (self.function.state)(args.input_fields, &args.return_field)?,
            };
        let named = fields.into_iter().enumerate().map(|(at, field)| {
            let name = format_state_name(args.name, &at.to_string());
            Arc::new(field.as_ref().clone().with_name(name).with_nullable(true))
        });
        Ok(named.collect())
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let given = Self::given(&args)?;
        let groups = self.function.groups(&given)?;
        Ok(Box::new(Many { groups, function: self.function, given }))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Moving::new(self.function, Self::given(&args)?)?))
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        _beneficial_ordering: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        // They are sorted when the result is made, from what is given with each value.
        AggregateOrderSensitivity::Beneficial
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        ScalarValue::try_from(data_type)
    }
}

/// The work on one group.
struct One {
    groups: Box<dyn Groups>,
    /// Zeros, as many as a batch has rows.
    places: Vec<usize>,
}

impl std::fmt::Debug for One {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("One")
    }
}

impl One {
    fn places(&mut self, values: &[ArrayRef]) {
        self.places.resize(values.first().map_or(0, |values| values.len()), 0);
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.places(values);
        self.groups.update(values, &self.places)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.places(states);
        self.groups.merge(states, &self.places)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        single(&self.groups.evaluate(1)?)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = self.groups.state(1)?;
        states.iter().map(|state| single(state)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.bytes() + self.places.capacity() * size_of::<usize>()
    }
}

/// The work on many groups.
struct Many {
    groups: Box<dyn Groups>,
    function: &'static Aggregate,
    given: Given,
}

impl Many {
    fn count(&self, emit_to: EmitTo) -> usize {
        match emit_to {
            EmitTo::All => self.groups.len(),
            EmitTo::First(count) => count,
        }
    }
}

impl GroupsAccumulator for Many {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups.resize(total_num_groups);
        let Some(wanted) = opt_filter else {
            return self.groups.update(values, group_indices);
        };
        let wanted = match wanted.null_count() {
            0 => wanted.clone(),
            _ => prep_null_mask_filter(wanted),
        };
        let values = values.iter().map(|values| filter(values, &wanted));
        let values = values.collect::<std::result::Result<Vec<_>, _>>()?;
        let groups: Vec<usize> = (group_indices.iter().zip(wanted.values()))
            .filter_map(|(group, wanted)| wanted.then_some(*group))
            .collect();
        self.groups.update(&values, &groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let count = self.count(emit_to);
        let results = self.groups.evaluate(count)?;
        self.groups.drain(count);
        Ok(results)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let count = self.count(emit_to);
        let states = self.groups.state(count)?;
        self.groups.drain(count);
        Ok(states)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups.resize(total_num_groups);
        self.groups.merge(values, group_indices)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |values| values.len());
        let groups = self.function.groups(&self.given)?;
        let mut rows_alone = Many { groups, function: self.function, given: self.given.clone() };
        let each: Vec<usize> = (0..rows).collect();
        rows_alone.update_batch(values, &each, opt_filter, rows)?;
        rows_alone.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.bytes()
    }
}
