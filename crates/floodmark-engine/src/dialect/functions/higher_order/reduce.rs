//! `reduce`: one value from the values of an array.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array, new_null_array};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, LambdaParametersProgress, ValueOrLambda,
};

use crate::dialect::functions::array::lists::{common, fit, item, pick};
use crate::dialect::functions::higher_order::declare::{AnyField, Known, lambda, parameter, value};
use crate::dialect::functions::higher_order::{array, done, evaluate, lists};
use crate::dialect::trino_type::failure;

/// The parameters of both lambdas: the state has a type that takes the first state, and what the first lambda makes of it.
pub(super) fn parameters(step: usize, given: &[Known<'_>]) -> Result<LambdaParametersProgress> {
    let item = parameter(item(value(given, 0)?.data_type())?.as_ref());
    let first = value(given, 1)?;
    let (ValueOrLambda::Lambda(merged), ValueOrLambda::Lambda(finished)) = (&given[2], &given[3])
    else {
        return Err(failure("FUNCTION_NOT_FOUND", "reduce takes two functions"));
    };
    let Some(merged) = merged else {
        let state = parameter(first);
        return Ok(LambdaParametersProgress::Partial(vec![Some(vec![state, item]), None]));
    };
    let state = state_type(first.data_type(), merged.data_type())?;
    let is_settled = step > 1 || finished.is_some() || state == *first.data_type();
    let state = parameter(&Field::clone(first).with_data_type(state));
    if is_settled {
        return Ok(LambdaParametersProgress::Complete(vec![
            vec![Arc::clone(&state), item],
            vec![state],
        ]));
    }
    Ok(LambdaParametersProgress::Partial(vec![Some(vec![state, item]), None]))
}

fn state_type(first: &DataType, merged: &DataType) -> Result<DataType> {
    common(first, merged).ok_or_else(|| {
        let message = "the function of reduce gives another type than that of the first state";
        failure("TYPE_MISMATCH", message)
    })
}

pub(super) fn reduce(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let first = array(args, 1)?;
    let (merge, finish) = (lambda(&args.args, 2)?, lambda(&args.args, 3)?);
    let data_type = state_type(first.data_type(), args.arg_fields[2].field().data_type())?;
    let first = fit(first, &data_type)?;
    // Rows take one step together, so that the function is called as often as the longest array has values.
    let mut rows: Vec<u32> =
        (0..lists.len()).filter(|row| !lists.is_null(*row)).map(|row| row as u32).collect();
    let all = rows.clone();
    let mut states = pick(&first, &UInt32Array::from(rows.clone()))?;
    let mut ended: Vec<ArrayRef> = Vec::new();
    let mut place_of_row = vec![(0, 0); lists.len()];
    let mut step = 0;
    while !rows.is_empty() {
        let (mut going, mut going_at) = (Vec::new(), Vec::new());
        for (at, row) in rows.iter().enumerate() {
            if lists.range(*row as usize).len() > step {
                going.push(*row);
                going_at.push(at as u32);
            } else {
                place_of_row[*row as usize] = (ended.len(), at);
            }
        }
        if going.len() < rows.len() {
            ended.push(Arc::clone(&states));
        }
        if !going.is_empty() {
            let places = going.iter().map(|row| (lists.range(*row as usize).start + step) as u32);
            let values = pick(&lists.values, &places.collect::<UInt32Array>())?;
            let before = pick(&states, &UInt32Array::from(going_at))?;
            states = fit(evaluate(merge, &[before, values], going.clone())?, &data_type)?;
        }
        rows = going;
        step += 1;
    }
    if all.is_empty() {
        return done(args, new_null_array(args.return_type(), lists.len()));
    }
    let ended: Vec<&dyn Array> = ended.iter().map(|states| states.as_ref()).collect();
    let places: Vec<_> = all.iter().map(|row| place_of_row[*row as usize]).collect();
    let states = interleave(&ended, &places)?;
    let results = evaluate(finish, &[states], all.clone())?;
    let mut of_row = vec![None; lists.len()];
    all.iter().enumerate().for_each(|(at, row)| of_row[*row as usize] = Some(at as u32));
    done(args, fit(pick(&results, &UInt32Array::from(of_row))?, args.return_type())?)
}
