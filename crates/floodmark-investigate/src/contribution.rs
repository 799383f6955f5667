//! The figures of a segment under the names of BigQuery's CONTRIBUTION_ANALYSIS, so that results can be compared.
//!
//! "Test" is the window that is explained, "control" the one before.
//! See <https://cloud.google.com/bigquery/docs/contribution-analysis>.

/// A sum in both windows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// The amount in the window that is explained.
    pub test: f64,
    /// The amount in the window before.
    pub control: f64,
}

/// How a summable metric, `sum(x)`, changed in a segment.
///
/// A figure whose denominator is zero is not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SummableMetric {
    /// The segment's amount in the test window.
    pub metric_test: f64,
    /// The segment's amount in the control window.
    pub metric_control: f64,
    /// `metric_test - metric_control`.
    pub difference: f64,
    /// `difference / metric_control`.
    pub relative_difference: f64,
    /// What the segment would have if it had grown as all the rest did.
    pub expected_metric_test: f64,
    /// `metric_test - expected_metric_test`.
    pub unexpected_difference: f64,
    /// `unexpected_difference / expected_metric_test`.
    pub relative_unexpected_difference: f64,
    /// The greater of the segment's shares of the two windows.
    pub apriori_support: f64,
    /// The size of the difference, which segments are ordered by.
    pub contribution: f64,
}

/// The figures of a segment, given its amounts and those of everything.
#[must_use]
pub fn summable_metric(segment: Sums, all: Sums) -> SummableMetric {
    let difference = segment.test - segment.control;
    let rest = Sums { test: all.test - segment.test, control: all.control - segment.control };
    let expected_metric_test = segment.control * ratio(rest.test, rest.control);
    let unexpected_difference = segment.test - expected_metric_test;
    SummableMetric {
        metric_test: segment.test,
        metric_control: segment.control,
        difference,
        relative_difference: ratio(difference, segment.control),
        expected_metric_test,
        unexpected_difference,
        relative_unexpected_difference: ratio(unexpected_difference, expected_metric_test),
        apriori_support: ratio(segment.test, all.test).max(ratio(segment.control, all.control)),
        contribution: difference.abs(),
    }
}

/// How a summable ratio, `sum(a) / sum(b)`, changed in a segment.
///
/// A figure whose denominator is zero is not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SummableRatio {
    /// The segment's ratio in the test window.
    pub metric_test: f64,
    /// The segment's ratio in the control window.
    pub metric_control: f64,
    /// `metric_test / metric_control`.
    pub metric_test_over_metric_control: f64,
    /// The segment's ratio over that of all the rest, in the test window.
    pub metric_test_over_complement: f64,
    /// The segment's ratio over that of all the rest, in the control window.
    pub metric_control_over_complement: f64,
    /// What the segment adds to the change of the whole ratio: over a partition these sum up to that change.
    pub aumann_shapley_attribution: f64,
    /// The greater of the segment's shares of the numerator in the two windows.
    pub apriori_support: f64,
    /// The size of the attribution, which segments are ordered by.
    pub contribution: f64,
}

/// The numerator and the denominator of a ratio, in both windows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RatioSums {
    /// The sums above the line.
    pub numerator: Sums,
    /// The sums below the line.
    pub denominator: Sums,
}

/// The figures of a segment, given its sums and those of everything.
#[must_use]
pub fn summable_ratio(segment: RatioSums, all: RatioSums) -> SummableRatio {
    let of = |part: f64, whole: f64| whole - part;
    let test = ratio(segment.numerator.test, segment.denominator.test);
    let control = ratio(segment.numerator.control, segment.denominator.control);
    let complement_test = ratio(
        of(segment.numerator.test, all.numerator.test),
        of(segment.denominator.test, all.denominator.test),
    );
    let complement_control = ratio(
        of(segment.numerator.control, all.numerator.control),
        of(segment.denominator.control, all.denominator.control),
    );
    let attribution = aumann_shapley(segment, all);
    SummableRatio {
        metric_test: test,
        metric_control: control,
        metric_test_over_metric_control: ratio(test, control),
        metric_test_over_complement: ratio(test, complement_test),
        metric_control_over_complement: ratio(control, complement_control),
        aumann_shapley_attribution: attribution,
        apriori_support: ratio(segment.numerator.test, all.numerator.test)
            .max(ratio(segment.numerator.control, all.numerator.control)),
        contribution: attribution.abs(),
    }
}

/// The segment's part in the change of the whole ratio, on the straight way from control to test.
///
/// With `A` and `B` the whole numerator and denominator, it is the segment's change of `A` times the mean of `1 / B`
/// on the way, less its change of `B` times the mean of `A / B²`. Not a number where a whole denominator is not
/// positive.
fn aumann_shapley(segment: RatioSums, all: RatioSums) -> f64 {
    let (a0, a1) = (all.numerator.control, all.numerator.test);
    let (b0, b1) = (all.denominator.control, all.denominator.test);
    if b0 <= 0.0 || b1 <= 0.0 {
        return f64::NAN;
    }
    let (a_change, b_change) = (a1 - a0, b1 - b0);
    let growth = b_change / b0;
    let (inverse, slope) = if growth.abs() < 1e-4 {
        // The closed form below loses all digits here; this is its series, exact to growth².
        let inverse = (1.0 - growth / 2.0 + growth * growth / 3.0) / b0;
        let at_control = a0 * (1.0 - growth + growth * growth);
        let on_the_way = a_change * (0.5 - growth * 2.0 / 3.0 + growth * growth * 0.75);
        (inverse, (at_control + on_the_way) / (b0 * b0))
    } else {
        let logarithm = growth.ln_1p();
        let inverse = logarithm / b_change;
        let slope = a_change / (b_change * b_change) * logarithm
            + (a0 - a_change * b0 / b_change) / (b0 * b1);
        (inverse, slope)
    };
    let numerator_change = segment.numerator.test - segment.numerator.control;
    let denominator_change = segment.denominator.test - segment.denominator.control;
    numerator_change * inverse - denominator_change * slope
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}

#[cfg(test)]
mod tests {
    use super::{RatioSums, Sums, summable_metric, summable_ratio};

    #[test]
    fn a_sums_figures_are_those_of_the_test_vectors() {
        let all = Sums { control: 216_802_833.0, test: 230_372_400.0 };
        let check = |control: f64, test: f64, unexpected: f64, relative: f64| {
            let figures = summable_metric(Sums { test, control }, all);
            assert_eq!(figures.unexpected_difference.round(), unexpected);
            assert_eq!(rounded(figures.relative_unexpected_difference), relative);
            assert_eq!(figures.difference, test - control);
            assert_eq!(figures.contribution, (test - control).abs());
        };
        check(43_857_330.0, 50_788_320.0, 5_247_510.0, 0.115);
        check(27_001_845.0, 25_824_531.0, -3_275_264.0, -0.113);
    }

    #[test]
    fn a_ratios_figures_are_those_of_the_test_vectors() {
        let rows = [(50.0, 100.0), (75.0, 200.0), (1.0, 10.0)];
        let sums = |(a, b): (f64, f64)| RatioSums {
            numerator: Sums { test: a, control: 0.0 },
            denominator: Sums { test: b, control: 0.0 },
        };
        let all = sums((126.0, 310.0));
        let check = |row: usize, expected: f64| {
            let figures = summable_ratio(sums(rows[row]), all);
            assert_eq!((figures.metric_test_over_complement * 100.0).round() / 100.0, expected);
        };
        check(0, 1.38);
        check(2, 0.24);
        let exact = summable_ratio(sums(rows[0]), all).metric_test_over_complement;
        assert!((exact - 0.5 / (76.0 / 210.0)).abs() < 1e-12);
        let exact = summable_ratio(sums(rows[2]), all).metric_test_over_complement;
        assert!((exact - 0.1 / (125.0 / 300.0)).abs() < 1e-12);
    }

    #[test]
    fn the_attributions_of_a_partition_sum_up_to_the_change() {
        let mut state = 7u64;
        let mut fraction = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / (1u64 << 31) as f64
        };
        // How far the whole denominator is moved: not at all, hardly, and by much.
        for moved in [0.0, 1e-12, 1e-9, 1e-6, 9.9e-5, 1.01e-4, 1e-2, 0.5, 40.0] {
            let mut parts: Vec<RatioSums> = (0..5)
                .map(|_| {
                    let denominator = 100.0 * fraction() + 1.0;
                    RatioSums {
                        numerator: Sums { control: 50.0 * fraction(), test: 50.0 * fraction() },
                        denominator: Sums { control: denominator, test: denominator },
                    }
                })
                .collect();
            let whole = |parts: &[RatioSums], of: fn(&RatioSums) -> f64| parts.iter().map(of).sum();
            let before: f64 = whole(&parts, |part| part.denominator.control);
            parts[0].denominator.test += moved * before + 10.0;
            parts[1].denominator.test -= 10.0_f64.min(parts[1].denominator.test - 0.5);
            let shift: f64 = whole(&parts, |part| part.denominator.test - part.denominator.control);
            parts[2].denominator.test += moved * before - shift;
            let all = RatioSums {
                numerator: Sums {
                    control: whole(&parts, |part| part.numerator.control),
                    test: whole(&parts, |part| part.numerator.test),
                },
                denominator: Sums {
                    control: before,
                    test: whole(&parts, |part| part.denominator.test),
                },
            };
            let change = all.numerator.test / all.denominator.test
                - all.numerator.control / all.denominator.control;
            let sum: f64 = parts
                .iter()
                .map(|part| summable_ratio(*part, all).aumann_shapley_attribution)
                .sum();
            assert!((sum - change).abs() < 1e-9, "{moved}: {sum} is not {change}");
        }
    }

    #[test]
    fn an_unmoved_denominator_gives_the_limit() {
        let part = RatioSums {
            numerator: Sums { control: 10.0, test: 20.0 },
            denominator: Sums { control: 40.0, test: 60.0 },
        };
        let all = RatioSums {
            numerator: Sums { control: 30.0, test: 50.0 },
            denominator: Sums { control: 100.0, test: 100.0 },
        };
        let attribution = summable_ratio(part, all).aumann_shapley_attribution;
        assert!((attribution - (10.0 / 100.0 - 20.0 * 80.0 / (2.0 * 100.0 * 100.0))).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_denominator_is_not_a_number() {
        let nothing = Sums::default();
        let figures = summable_metric(nothing, nothing);
        assert!(figures.relative_difference.is_nan());
        let figures = summable_ratio(RatioSums::default(), RatioSums::default());
        assert!(figures.aumann_shapley_attribution.is_nan());
    }

    fn rounded(figure: f64) -> f64 {
        (figure * 1000.0).round() / 1000.0
    }
}
