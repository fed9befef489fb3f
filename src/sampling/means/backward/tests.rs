//! Intervals that keep what they are made for, and polynomials through their nodes.

use super::*;

/// Ends are strictly inside, so that nothing is extrapolated, and by no more than rounding asks for.
#[test]
fn an_interval_holds_its_ends_with_little_to_spare() {
    for (low, high) in [
        (-1.0, 1.0),
        (-3e-9, 3e-9),
        (-5e8, 5e8),
        (0.0, 1.0),
        (-7.0, -2.0),
        (1e6, 1e6 + 1e-3),
        (2.5, 2.5),
        (0.0, 0.0),
    ] {
        let nodes = Interval::around(low, high).nodes;
        assert_eq!(nodes.len(), NODES);
        let (first, last) = (nodes[0], nodes[NODES - 1]);
        assert!(last < low && high < first, "{low} and {high} are not within {last} and {first}");
        let spare = (low - last).max(first - high);
        let allowed = 1e-8 * (high - low + low.abs().max(high.abs())) + 1e-150;
        assert!(spare <= allowed, "{low} and {high}: {spare:e} to spare");
        assert!(nodes.windows(2).all(|pair| pair[1] <= pair[0]));
    }
}

/// Forty nodes carry every polynomial of degree 39.
#[test]
fn polynomials_are_interpolated_exactly() {
    for (low, high) in [(-1.0, 1.0), (0.5, 2.0), (-4.0, -3.9)] {
        let interval = Interval::around(low, high);
        let inner = |x: f64| (2.0 * x - low - high) / (high - low);
        for degree in [0, 1, 2, 7, 20, 39] {
            let values: Vec<f64> = interval.nodes.iter().map(|&x| inner(x).powi(degree)).collect();
            for share in [0.0, 0.01, 0.3, 0.5, 0.77, 1.0] {
                let x = low + share * (high - low);
                let error = interval.interpolate(&values, x) - inner(x).powi(degree);
                assert!(error.abs() < 1e-11, "{low}, {high}: x^{degree} at {x} misses by {error}");
            }
            for (&node, &value) in interval.nodes.iter().zip(&values) {
                assert_eq!(interval.interpolate(&values, node).to_bits(), value.to_bits());
            }
        }
    }
}
