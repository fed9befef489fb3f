//! What a method keeps when it is started on its slow manifold.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::preset;
use crate::optimizer::Momentum;
use crate::sampling::FullBatch;

/// Ladders are scaled by it.
#[test]
fn a_settled_method_moves_and_remembers_as_before() {
    let problem = preset("quadratic", None, None, 1).unwrap();
    for beta in [Ratio::new(1, 2), Ratio::new(9, 10)] {
        let inner: AnyOptimizer = Momentum::heavy_ball(beta).unwrap().into();
        let expander = Expander::new(&inner, Arc::new(FullBatch), &problem).unwrap();
        let known = inner.float().tempo();
        let settled = Settled { inner, expander: Arc::new(expander), terms: 2 };
        let found = Optimizer::<Numeric<f64>>::tempo(&settled);
        assert_eq!(found, known);
        assert!(found.speed > 1.9 && found.memory > 1, "{found:?}");
    }
}
