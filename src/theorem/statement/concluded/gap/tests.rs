//! What the variance of minibatches tells of the gap, and what it does not.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::{Quadratic, preset};

/// Two minibatches ½wᵀHw ∓ cᵀw with H = diag(`curvatures`): at the minimum 0 their gradients are ∓c, Σ = ccᵀ.
fn pair(curvatures: [f64; 2], c: [f64; 2]) -> Problem {
    let hessian = DMatrix::from_diagonal(&DVector::from_column_slice(&curvatures));
    let at = |sign: f64| {
        DVector::from_vec(vec![sign * c[0] / curvatures[0], sign * c[1] / curvatures[1]])
    };
    let loss = Quadratic::new(vec![hessian.clone(), hessian], vec![at(1.0), at(-1.0)]).unwrap();
    Problem::new("pair", loss, DVector::from_vec(vec![0.5, 0.5]))
}

/// V and the mean rise over δ at the smallest δ of the ladder.
fn variance_and_gap(problem: &Problem) -> (f64, f64) {
    let leg = &GeneralizationGap.legs(problem, &Settings::default()).unwrap()[0];
    let rung = *leg.rungs().last().unwrap();
    let rises = leg.observe(&rung, None).unwrap().values;
    let mut a = Numeric::new(problem.float());
    let v = covariance(&mut a, &vec![0.0; 2]).trace();
    (v, rises.last().unwrap().leading() / rung.step_size)
}

/// H = diag(1, 10): Σ = diag(1, 0) has the smaller trace than diag(0, 2), and the larger gap: 1 against 0.2.
#[test]
fn of_two_minima_with_one_hessian_the_smaller_variance_may_have_the_larger_gap() {
    let (small, its_gap) = variance_and_gap(&pair([1.0, 10.0], [1.0, 0.0]));
    let (large, other_gap) = variance_and_gap(&pair([1.0, 10.0], [0.0, 2.0_f64.sqrt()]));
    assert!((small - 1.0).abs() < 1e-12 && (large - 2.0).abs() < 1e-12);
    assert!((its_gap - 1.0).abs() < 0.01 && (other_gap - 0.2).abs() < 0.01);
    // The statement of equal curvatures makes no claim there.
    assert!(EqualCurvature.legs(&pair([1.0, 10.0], [1.0, 0.0]), &Settings::default()).is_err());
}

/// With H a multiple of the identity it may not, nor where the covariances are ordered.
#[test]
fn of_round_minima_and_of_ordered_covariances_the_smaller_variance_has_the_smaller_gap() {
    for (curvatures, one, other) in [
        ([2.0, 2.0], [1.0, 0.0], [0.0, 2.0_f64.sqrt()]),
        ([2.0, 2.0], [0.6, -0.5], [1.0, 0.1]),
        ([1.0, 10.0], [0.5, -1.0], [0.75, -1.5]),
    ] {
        let (small, its_gap) = variance_and_gap(&pair(curvatures, one));
        let (large, other_gap) = variance_and_gap(&pair(curvatures, other));
        assert!(small < large && its_gap < other_gap, "{its_gap} {other_gap}");
    }
}

/// ½h_k(w − b_k)² in one parameter: C − δĈ_k has its minimum in closed form.
#[test]
fn the_rise_of_a_parabola_is_the_closed_form() {
    let (h, b) = ([1.0, 3.0], [1.0, -1.0]);
    let loss = Quadratic::new(
        h.map(|x| DMatrix::from_element(1, 1, x)).to_vec(),
        b.map(|x| DVector::from_element(1, x)).to_vec(),
    );
    let problem = Problem::new("parabolas", loss.unwrap(), DVector::from_element(1, 2.0));
    let leg = &GeneralizationGap.legs(&problem, &Settings::default()).unwrap()[0];
    for rung in leg.rungs() {
        let delta = rung.step_size;
        let place = |taken: [f64; 2]| {
            let weight = [0.5 - taken[0], 0.5 - taken[1]];
            (weight[0] * h[0] * b[0] + weight[1] * h[1] * b[1])
                / (weight[0] * h[0] + weight[1] * h[1])
        };
        let value = |k: usize, w: f64| 0.5 * h[k] * (w - b[k]).powi(2);
        let old = place([0.0, 0.0]);
        let known = [
            value(0, place([delta, 0.0])) - value(0, old),
            value(1, place([0.0, delta])) - value(1, old),
        ];
        let seen = leg.observe(&rung, None).unwrap();
        for (found, known) in seen.values.iter().zip(known) {
            assert!((found.leading() - known).abs() <= 10.0 * seen.floor, "{found:?} {known}");
        }
        assert!(known.iter().all(|rise| *rise > 0.0));
        let stayed = leg.observe(&rung, Some(STAYING)).unwrap();
        assert!(stayed.values.iter().all(|rise| rise.leading().abs() <= stayed.floor));
    }
}

#[test]
fn both_minima_of_equal_curvature_are_compared() {
    let problem = preset("two-minima", None, None, 1).unwrap();
    let leg = &EqualCurvature.legs(&problem, &Settings::default()).unwrap()[0];
    let rung = *leg.rungs().last().unwrap();
    let seen = leg.observe(&rung, None).unwrap().values;
    assert_eq!(seen.len(), 2);
    // g_k = s_k/(1 + e^{−2w}) at ±1, ⟨s_k²⟩ = 1, c = 0.16.
    let known = |w: f64| (1.0 + (-2.0 * w).exp()).powi(-2) / 0.16;
    let mut gaps: Vec<f64> = seen.iter().map(|x| x.leading() / rung.step_size).collect();
    gaps.sort_by(f64::total_cmp);
    for (found, known) in gaps.iter().zip([known(-1.0), known(1.0)]) {
        assert!((found / known - 1.0).abs() < 0.02, "{found} {known}");
    }
}
