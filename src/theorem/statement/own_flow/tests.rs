//! What a method keeps when it is started on its slow manifold.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::preset;
use crate::optimizer::Momentum;
use crate::sampling::{FlipFlop, FullBatch};

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

/// m³ patterns of m minibatches over the largest differentials, of which at most 200 are derived; on the whole
/// loss there is one.
#[test]
fn a_field_is_in_differentials_where_they_are_few() {
    let found = |sampling: Arc<dyn Sampling>, m: usize| {
        let exact = Arc::new(GradientDescent);
        let own = OwnFlow {
            optimizer: AnyOptimizer::Everywhere(exact.clone()),
            exact: Some(exact),
            sampling: Arc::new(move |_| Arc::clone(&sampling)),
            ridge: Ratio::new(0, 1),
            terms: 3,
        };
        own.in_differentials(&preset("quadratic", Some(m), None, 1).unwrap()).is_some()
    };
    for (m, few) in [(1, true), (3, true), (5, true), (6, false), (9, false)] {
        assert_eq!(found(Arc::new(|path: &[Draw], m: usize| one_by_one(path, m)), m), few, "{m}");
        assert!(found(Arc::new(FullBatch), m), "{m}");
    }
    // Of the paths too: those of flip-flop are m!.
    assert!(found(Arc::new(FlipFlop), 3) && !found(Arc::new(FlipFlop), 6));
}

/// 0, 1, …, m − 1: one path.
fn one_by_one(path: &[Draw], m: usize) -> Vec<Draw> {
    if path.len() < m { vec![Draw::One(path.len())] } else { Vec::new() }
}
