//! Losses made of one curve across a plane, and paths across it.

use shadowflow::loss::{Loss, Problem};
use shadowflow::prelude::*;

/// A function of one scalar, whichever it is.
pub trait Curve: Send + Sync + Copy + 'static {
    fn at<S: Scalar>(&self, w: S) -> S;
}

/// Ĉ_1(w) = f(w₀ + 2 w₁) + ½ w₁²; Ĉ_0 is the bowl alone.
struct Plane<F>(F);

impl<F: Curve> Loss for Plane<F> {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        2
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let bowl = w[0].square().scale(0.25) + w[1].square().scale(0.5);
        if batch == 1 { bowl + self.0.at(w[0] + w[1].scale(2.0)) } else { bowl }
    }
}

macro_rules! curve {
    ($name:ident, $w:ident => $value:expr) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl $crate::examine::curves::Curve for $name {
            fn at<S: Scalar>(&self, $w: S) -> S {
                $value
            }
        }
    };
}
pub(crate) use curve;

pub fn problem(curve: impl Curve) -> Problem {
    Problem::new("plane", Plane(curve), DVector::from_vec(vec![1.0, 0.3]))
}

/// The same loss as another program would give it.
pub fn in_numbers(problem: &Problem) -> Problem {
    let [a, b, c, d] = [(); 4].map(|()| problem.float());
    let loss = Closures::new(
        problem.dim(),
        problem.batches(),
        move |k, w, out| a.gradient(k, w, out),
        move |k, w, v, out| b.hessian_vector(k, w, v, out),
    );
    let loss = loss
        .with_value(move |k, w| c.value(k, w))
        .with_third(move |k, w, u, v, out| d.third_derivative(k, w, u, v, out));
    Problem::from_closures(problem.name(), loss, problem.start().clone())
}

/// Polygons that cross w₀ + 2w₁ = 0 once, in the segment given, at uneven and at even places.
pub fn paths() -> Vec<(Vec<Vec<f64>>, usize)> {
    let polygon = |points: &[[f64; 2]]| points.iter().map(|p| p.to_vec()).collect::<Vec<_>>();
    let crowded: Vec<Vec<f64>> =
        (0..=60).map(|i| vec![1.0 - 0.03 * f64::from(i), 0.01 - 0.001 * f64::from(i)]).collect();
    vec![
        (polygon(&[[1.0, 0.3], [-1.0, 0.2]]), 0),
        (polygon(&[[1.0, 0.5], [-1.0, -0.5]]), 0),
        (polygon(&[[-0.2, 0.05], [-0.1, 0.0], [0.35, 0.01], [0.36, 0.0]]), 1),
        (polygon(&[[1e-3, 0.0], [2e-3, 0.0], [-1e-3, 1e-4]]), 1),
        (crowded, 31),
    ]
}
