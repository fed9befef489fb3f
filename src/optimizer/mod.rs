//! Optimizers as maps: one step from one state to the next.

mod accumulated;
mod adam;
mod averaged;
mod clients;
mod decayed;
mod decentralised;
mod directed;
mod float_only;
mod geometry;
mod gradient_descent;
mod hyperparameter;
mod implicit;
mod lookahead;
mod momentum;
mod multistep;
mod players;
mod restarted;
mod runge_kutta;
mod scheduled;
mod sharpness;
mod substeps;
mod variance_reduced;
mod weight_average;

pub use accumulated::Accumulated;
pub use adam::Adam;
pub(crate) use adam::Kin;
pub use averaged::Averaged;
pub use clients::LocalDescent;
pub use decayed::Decayed;
pub use decentralised::Decentralised;
pub use directed::Directed;
pub use geometry::{Grouped, MirrorDescent, MirrorSteps, NaturalGradient};
pub use gradient_descent::GradientDescent;
pub use hyperparameter::OutOfRange;
pub use implicit::Implicit;
pub use lookahead::Lookahead;
pub use momentum::{CentredMomentum, Momentum};
pub use multistep::Extrapolated;
pub use players::{Turns, TwoPlayers};
pub use restarted::Restarted;
pub use runge_kutta::RungeKutta;
pub use scheduled::Scheduled;
pub use sharpness::{ExplicitRegularization, NormalisedSharpness, SharpnessAware};
pub use substeps::Substeps;
pub use variance_reduced::VarianceReduced;
pub use weight_average::WeightAverage;

pub use crate::arithmetic::Steps;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::scalar::Ratio;
use crate::scalar::running::erase;

/// What an optimizer carries from step to step.
///
/// `w` is what is looked at and what a flow is claimed for, also where a method takes its gradients elsewhere: the mean of past
/// parameters in [`WeightAverage`], z in [`CentredMomentum`], the mean of the clients in [`Decentralised`]. The points of gradients are
/// then kept in memory, as differences from `w` that vanish with the step size. So the slow manifold, whose memory is a function of what is
/// looked at, needs no inverse, and means over minibatches are those of what is claimed. A method that looked at a function of its state
/// would need both in every series, leg and mean.
#[derive(Clone, Debug)]
pub struct State<V> {
    /// The parameters.
    pub w: V,
    /// Further vectors the method remembers: velocities, averages.
    pub memory: Vec<V>,
    /// The number of steps taken so far, read through the arithmetic.
    pub steps: Steps,
}

/// How fast a method moves and how long it remembers: what ladders of step sizes are scaled by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tempo {
    /// The largest ‖dw/dt‖/‖g‖ in t = nε as ε → 0: 1 for gradient descent, 1/(1 − β) for momentum.
    pub speed: f64,
    /// The number of steps over which memory fades by the factor e: 1/(1 − β) for momentum.
    pub memory: usize,
}

impl Default for Tempo {
    /// The tempo of gradient descent.
    fn default() -> Self {
        Tempo { speed: 1.0, memory: 1 }
    }
}

impl Tempo {
    /// The number of steps 1/(1 − β), rounded up, over which βⁿ fades; 1 where it does not.
    pub fn fading(beta: Ratio) -> usize {
        let rest = Ratio::new(1, 1) - beta;
        if rest <= Ratio::new(0, 1) {
            return 1;
        }
        rest.recip().ceil().and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1)
    }
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no steps in the arithmetic `{A}`",
    note = "write `impl<A: Arithmetic> Optimizer<A> for …` to have it in all of them, or hand over `AnyOptimizer::float_only(…)` to `Tracking::measured` if it is known in `f64` only"
)]
pub trait Optimizer<A: Arithmetic>: Send + Sync {
    /// One step of size `eps` on `batch`. The driver counts the step.
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>);

    /// The number of memory vectors.
    fn memory(&self) -> usize {
        0
    }

    /// The memory before the first step from `w`: zero, at rest, unless the method starts otherwise.
    fn initial_memory(&self, a: &mut A, _eps: &A::Number, _w: &A::Vector) -> Vec<A::Vector> {
        (0..self.memory()).map(|_| a.zero()).collect()
    }

    /// The number of steps after which it repeats what it does: above 1 for methods that read the
    /// [`phase`](Arithmetic::phase) of their steps. Claims are compared after whole periods.
    fn period(&self) -> usize {
        1
    }

    /// How fast it moves and how long it remembers; that of gradient descent unless said otherwise.
    fn tempo(&self) -> Tempo {
        Tempo::default()
    }
}

erase! {
    iterated:
    /// An optimizer erased to the arithmetics that run.
    Runnable = Optimizer<Numeric<_>>,
    /// A scalar in which optimizers take their steps.
    Stepped::optimizer,
    /// An optimizer, in all scalars that run or in `f64` alone.
    AnyOptimizer,
}
