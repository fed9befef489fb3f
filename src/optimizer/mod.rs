//! Optimizers as maps: one step from one state to the next.

mod gradient_descent;
mod implicit;
mod momentum;
mod runge_kutta;
mod sharpness;
mod substeps;

pub use gradient_descent::GradientDescent;
pub use implicit::Implicit;
pub use momentum::Momentum;
pub use runge_kutta::RungeKutta;
pub use sharpness::{ExplicitRegularization, SharpnessAware};
pub use substeps::Substeps;

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::scalar::DoubleDouble;

/// What an optimizer carries from step to step.
#[derive(Clone, Debug)]
pub struct State<V> {
    /// The parameters.
    pub w: V,
    /// Further vectors the method remembers: velocities, averages.
    pub memory: Vec<V>,
    /// The number of steps taken so far.
    pub steps: usize,
}

/// An optimizer, written once over an arithmetic.
///
/// Only [`step`](Optimizer::step) is mandatory.
///
/// ```
/// use shadowflow::prelude::*;
///
/// /// w ← w − ε g(w).
/// struct Descent;
///
/// impl<A: Arithmetic> Optimizer<A> for Descent {
///     fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
///         let g = a.gradient(batch, &s.w);
///         a.axpy(&-eps.clone(), &g, &mut s.w);
///     }
/// }
/// ```
pub trait Optimizer<A: Arithmetic>: Send + Sync {
    /// One step of size `eps` on `batch`. The driver counts the step.
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>);

    /// The number of memory vectors, all zero at the start.
    fn memory(&self) -> usize {
        0
    }
}

/// An optimizer erased to the arithmetics that run.
pub trait Runnable: Optimizer<Numeric<f64>> + Optimizer<Numeric<DoubleDouble>> {}

impl<O> Runnable for O where O: Optimizer<Numeric<f64>> + Optimizer<Numeric<DoubleDouble>> {}
