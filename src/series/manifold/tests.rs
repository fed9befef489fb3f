//! Which memories have a slow manifold.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Arc;

use super::*;

/// v ← (α + γ ε) v + δ g with w ← w − ε (g + v).
struct Fading {
    alpha: (i64, i64),
    gamma: (i64, i64),
    delta: i64,
}

impl Optimizer<Series> for Fading {
    fn step(&self, a: &mut Series, eps: &Polynomial, batch: Batch, s: &mut State<BSeries>) {
        let g = a.gradient(batch, &s.w);
        let fading = a.fraction(self.alpha.0, self.alpha.1)
            + a.fraction(self.gamma.0, self.gamma.1) * eps.clone();
        a.scale(&fading, &mut s.memory[0]);
        a.axpy(&a.fraction(self.delta, 1), &g, &mut s.memory[0]);
        let minus = -eps.clone();
        a.axpy(&minus, &g, &mut s.w);
        let v = s.memory[0].clone();
        a.axpy(&minus, &v, &mut s.w);
    }

    fn memory(&self) -> usize {
        1
    }
}

fn found(alpha: (i64, i64), gamma: (i64, i64), delta: i64) -> Result<BSeries, SeriesFault> {
    let forest = Arc::new(Forest::new(3, 1).unwrap());
    let composer = Composer::new(&forest);
    let a = Series::new(forest);
    let fading = Fading { alpha, gamma, delta };
    slow_manifold(&a, &composer, &fading).map(|mut memory| memory.swap_remove(0))
}

#[test]
fn memory_that_forgets_in_constant_ratios_has_a_slow_manifold() {
    for alpha in [(0, 1), (1, 2), (-3, 4), (2, 1)] {
        // What nothing feeds is forgotten.
        let empty = found(alpha, (0, 1), 0).unwrap();
        assert!(empty.identity.is_zero() && empty.coefficients.iter().all(Zero::is_zero));
        // v = δ g/(1 − α) to first order, and g is −F(a).
        let fed = found(alpha, (0, 1), 3).unwrap();
        let known = Rational::new((-3 * alpha.1).into(), (alpha.1 - alpha.0).into());
        assert_eq!(fed.coefficients[0].coefficient(0), known, "{alpha:?}");
    }
    assert_eq!(found((1, 1), (0, 1), 0).unwrap_err(), SeriesFault::NoSlowManifold);
}

/// How memory fades must not depend on the step size, even where nothing feeds it: bounds on what lies
/// beyond the forest rest on constant ratios.
#[test]
fn memory_that_fades_with_the_step_size_has_none() {
    for alpha in [(0, 1), (1, 2), (1, 1), (2, 1)] {
        for gamma in [(1, 1), (-1, 3)] {
            for delta in [0, 1] {
                let fault = found(alpha, gamma, delta).unwrap_err();
                assert_eq!(fault, SeriesFault::NoSlowManifold, "{alpha:?} {gamma:?} {delta}");
            }
        }
    }
}
