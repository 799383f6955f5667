//! `array_sort`: by the order of the values, or by a function that compares two of them.

use datafusion::arrow::array::{Array, AsArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, HigherOrderFunctionArgs, LambdaArgument};

use crate::dialect::functions::array::lists::{Gather, Keys, Lists, fit, invalid, item, pick};
use crate::dialect::functions::higher_order::declare::lambda;
use crate::dialect::functions::higher_order::{done, evaluate, lists};

pub(super) fn array_sort(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let mut orders: Vec<Vec<usize>> =
        (0..lists.len()).map(|row| lists.range(row).collect()).collect();
    if args.args.len() > 1 {
        sort_by(lambda(&args.args, 1)?, &lists, &mut orders)?;
    } else {
        let rows = Keys::of(lists.values.data_type())?.rows(&lists.values)?;
        let nulls = lists.null_values();
        let is_null = |place: &usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(*place));
        for order in &mut orders {
            order.sort_by(|left, right| {
                let nulls_last = is_null(left).cmp(&is_null(right));
                nulls_last.then_with(|| rows.row(*left).cmp(&rows.row(*right)))
            });
        }
    }
    let mut sorted = Gather::with_capacity(lists.len());
    for (row, order) in orders.iter().enumerate() {
        if lists.is_null(row) {
            sorted.null_row();
        } else {
            order.iter().for_each(|place| sorted.push(*place));
            sorted.end_row()?;
        }
    }
    done(args, sorted.list(&item(args.return_type())?, &lists.values)?)
}

/// Two sorted parts of an array that become one.
struct Merge {
    row: usize,
    left: std::ops::Range<usize>,
    right: std::ops::Range<usize>,
    merged: Vec<usize>,
}

/// Sorts by merging, all parts of all rows side by side: the function is called for many pairs at once.
fn sort_by(compare: &LambdaArgument, lists: &Lists, orders: &mut [Vec<usize>]) -> Result<()> {
    let longest = orders.iter().map(Vec::len).max().unwrap_or(0);
    let mut width = 1;
    while width < longest {
        let mut merges = Vec::new();
        for (row, order) in orders.iter().enumerate() {
            for start in (0..order.len()).step_by(2 * width) {
                let middle = (start + width).min(order.len());
                let end = (start + 2 * width).min(order.len());
                let merged = Vec::with_capacity(end - start);
                merges.push(Merge { row, left: start..middle, right: middle..end, merged });
            }
        }
        merge_all(compare, lists, orders, &mut merges)?;
        for order in orders.iter_mut() {
            order.clear();
        }
        merges.into_iter().for_each(|merge| orders[merge.row].extend(merge.merged));
        width *= 2;
    }
    Ok(())
}

fn merge_all(
    compare: &LambdaArgument,
    lists: &Lists,
    orders: &[Vec<usize>],
    merges: &mut [Merge],
) -> Result<()> {
    loop {
        let open: Vec<usize> = (merges.iter().enumerate())
            .filter(|(_, merge)| !merge.left.is_empty() && !merge.right.is_empty())
            .map(|(at, _)| at)
            .collect();
        if open.is_empty() {
            break;
        }
        let first = |merge: &Merge| orders[merge.row][merge.left.start];
        let second = |merge: &Merge| orders[merge.row][merge.right.start];
        let side = |place: &dyn Fn(&Merge) -> usize| {
            let places = open.iter().map(|at| place(&merges[*at]) as u32);
            pick(&lists.values, &places.collect::<UInt32Array>())
        };
        let rows = open.iter().map(|at| merges[*at].row as u32).collect();
        let order = evaluate(compare, &[side(&first)?, side(&second)?], rows)?;
        let order = fit(order, &DataType::Int64)?;
        let order = order.as_primitive::<Int64Type>();
        for (at, merge) in open.into_iter().enumerate() {
            if order.is_null(at) || !(-1..=1).contains(&order.value(at)) {
                return Err(invalid("Lambda comparator must return either -1, 0, or 1"));
            }
            let merge = &mut merges[merge];
            let next = if order.value(at) <= 0 { merge.left.next() } else { merge.right.next() };
            merge.merged.extend(next.map(|at| orders[merge.row][at]));
        }
    }
    for merge in merges {
        let rest = merge.left.clone().chain(merge.right.clone());
        merge.merged.extend(rest.map(|at| orders[merge.row][at]));
    }
    Ok(())
}
