//! The scalars that legs are computed in.

use super::fed::Fed;
use crate::arithmetic::{Arithmetic, Numeric};
use crate::flow::Followed;
use crate::integrate::{Dop853, Extrapolation, Fault, RightHandSide};
use crate::loss::Evaluated;
use crate::optimizer::State;
use crate::sampling::{Iterated, MeanMethod, Walker, backward_mean, block_means};
use crate::scalar::{DoubleDouble, Scalar};

/// A scalar in which iterates and flows of a leg are computed.
///
/// Runs and flows are written over any scalar; here is what differs: which integrator follows the flow,
/// and how far.
pub(super) trait Precision: Iterated + Evaluated + Followed {
    /// The error the integrator is allowed a step.
    const TOLERANCE: f64;
    /// The order of the second, Taylor integrator.
    const TAYLOR_ORDER: usize;
    /// Its tolerance; 0 asks for full precision.
    const TAYLOR_TOLERANCE: f64;

    /// The right-hand sides that the first integrator takes over one rung of a local and of a global ladder,
    /// as found on the catalogue: for estimates.
    const EVALUATIONS: [f64; 2];
    /// The steps that the second one takes.
    const TAYLOR_STEPS: [f64; 2];
    /// Whether there is an integrator that needs no jets beside the first.
    const HAS_ANOTHER: bool;

    /// The flow's end point.
    fn follow(
        rhs: &mut dyn RightHandSide<Self>,
        start: &[Self],
        span: Self,
        tolerance: f64,
    ) -> Result<Vec<Self>, Fault>;

    /// The same end point by an integrator that shares nothing with the first and needs no jets, if the
    /// scalar has one.
    fn follow_otherwise(
        _rhs: &mut dyn RightHandSide<Self>,
        _start: &[Self],
        _span: Self,
    ) -> Option<Result<Vec<Self>, Fault>> {
        None
    }

    /// The mean iterate after `blocks` blocks; `None` if the iterates leave the finite numbers.
    fn mean(
        a: &mut Numeric<Self>,
        walker: &Walker<Self>,
        fed: &Fed,
        eps: f64,
        start: State<Vec<Self>>,
        blocks: usize,
    ) -> Option<Vec<Self>> {
        let eps = Self::from_f64(eps);
        let end = block_means(a, walker, &*fed.sampling, fed.method, eps, start, blocks);
        end.map(|state| state.w)
    }

    /// The value as observations and predictions carry it.
    fn widened(self) -> DoubleDouble;
}

impl Precision for f64 {
    /// The round-off of one step.
    const TOLERANCE: f64 = 1e-14;
    const TAYLOR_ORDER: usize = 16;
    const TAYLOR_TOLERANCE: f64 = 0.0;
    const EVALUATIONS: [f64; 2] = [50.0, 200.0];
    const TAYLOR_STEPS: [f64; 2] = [1.0, 6.0];
    const HAS_ANOTHER: bool = true;

    fn follow(
        rhs: &mut dyn RightHandSide<f64>,
        start: &[f64],
        span: f64,
        tolerance: f64,
    ) -> Result<Vec<f64>, Fault> {
        Dop853 { tolerance }.integrate(rhs, start, span)
    }

    fn follow_otherwise(
        rhs: &mut dyn RightHandSide<f64>,
        start: &[f64],
        span: f64,
    ) -> Option<Result<Vec<f64>, Fault>> {
        Some(Extrapolation { tolerance: 0.0 }.integrate(rhs, start, span))
    }

    /// In one parameter the true mean over independent blocks, elsewhere the closed map.
    fn mean(
        a: &mut Numeric<f64>,
        walker: &Walker<f64>,
        fed: &Fed,
        eps: f64,
        start: State<Vec<f64>>,
        blocks: usize,
    ) -> Option<Vec<f64>> {
        let sampled = fed.sampling.paths(a.batches()) > 1.0;
        let one = start.w.len() == 1 && start.memory.is_empty();
        if sampled && fed.method == MeanMethod::Tree && one && blocks > 1 {
            let end = backward_mean(a, walker.optimizer(), &*fed.sampling, eps, start.w[0], blocks);
            return end.map(|w| vec![w]);
        }
        let end = block_means(a, walker, &*fed.sampling, fed.method, eps, start, blocks);
        end.map(|state| state.w)
    }

    fn widened(self) -> DoubleDouble {
        DoubleDouble::from_f64(self)
    }
}

impl Precision for DoubleDouble {
    /// Below the errors of a ladder, far above round-off: every digit costs time.
    const TOLERANCE: f64 = 1e-21;
    const TAYLOR_ORDER: usize = 20;
    const TAYLOR_TOLERANCE: f64 = 1e-23;
    const EVALUATIONS: [f64; 2] = [40.0, 300.0];
    const TAYLOR_STEPS: [f64; 2] = [1.0, 2.0];
    const HAS_ANOTHER: bool = false;

    fn follow(
        rhs: &mut dyn RightHandSide<DoubleDouble>,
        start: &[DoubleDouble],
        span: DoubleDouble,
        tolerance: f64,
    ) -> Result<Vec<DoubleDouble>, Fault> {
        Extrapolation { tolerance }.integrate(rhs, start, span)
    }

    fn widened(self) -> DoubleDouble {
        self
    }
}
