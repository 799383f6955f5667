//! A timeline as segments, each with a level of its own.

/// Where the segments of a timeline start, and where the last one ends: the positions of buckets, in order.
///
/// PELT (Killick, Fearnhead, Eckley 2012: "Optimal detection of changepoints with a linear computational cost"), with the cost of a
/// Poisson process whose rate is a multiple of what is expected, divided by the dispersion, and a penalty of 3 ln n a segment.
/// Exact: no other segmentation costs less.
pub(super) fn segments(amounts: &[f64], expected: &[f64], dispersion: f64) -> Vec<usize> {
    let count = amounts.len();
    let penalty = 3.0 * (count.max(2) as f64).ln();
    let sum = |values: &[f64]| {
        let mut total = 0.0;
        let sums = values.iter().map(|value| {
            total += value;
            total
        });
        std::iter::once(0.0).chain(sums).collect::<Vec<_>>()
    };
    let (amounts, expected) = (sum(amounts), sum(expected));
    let cost = |start: usize, end: usize| {
        let amount = amounts[end] - amounts[start];
        let expected = expected[end] - expected[start];
        if amount <= 0.0 || expected <= 0.0 {
            return 0.0;
        }
        -2.0 * amount * (amount / expected).ln() / dispersion
    };
    // The least cost of the buckets up to each position, and where its last segment starts.
    let mut least = vec![-penalty];
    let mut begins = vec![0];
    let mut candidates: Vec<(usize, f64)> = Vec::new();
    for end in 1..=count {
        candidates.push((end - 1, 0.0));
        for (start, total) in &mut candidates {
            *total = least[*start] + cost(*start, end);
        }
        let (start, total) = (candidates.iter().copied())
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .expect("each bucket can begin a segment");
        least.push(total + penalty);
        begins.push(start);
        candidates.retain(|(_, candidate)| *candidate <= total + penalty);
    }
    let mut cuts = vec![count];
    let mut at = count;
    while at > 0 {
        at = begins[at];
        cuts.push(at);
    }
    cuts.reverse();
    cuts
}
