//! Methods that penalise the gradient on purpose.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// Sharpness-aware minimisation, unnormalised: w ← w − ε g(w + (ρ ε + ρ′) g(w)).
///
/// Source: Foret et al. 2021, arXiv 2010.01412 (there ρ g/‖g‖).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharpnessAware {
    /// ρ in units of ε.
    pub rho: Ratio,
    /// ρ′, which stays as ε → 0.
    pub fixed: Ratio,
}

impl SharpnessAware {
    /// With ρ in units of ε alone.
    pub fn new(rho: Ratio) -> Self {
        SharpnessAware { rho, fixed: Ratio::new(0, 1) }
    }
}

impl<A: Arithmetic> Optimizer<A> for SharpnessAware {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let uphill = a.gradient(batch, &s.w);
        let mut ahead = s.w.clone();
        let reach = a.ratio(self.rho) * eps.clone();
        let reach = if self.fixed.is_zero() { reach } else { reach + a.ratio(self.fixed) };
        a.axpy(&reach, &uphill, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// Gradient descent on C + μ‖g‖²: w ← w − ε (g + 2μ H g).
///
/// Source: Barrett & Dherin 2021, arXiv 2009.11162; μ = −ε/4 cancels the implicit penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplicitRegularization {
    /// μ in units of ε.
    pub mu: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for ExplicitRegularization {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut g = a.gradient(batch, &s.w);
        let bend = a.hessian_vector(batch, &s.w, &g);
        a.axpy(&(a.ratio(self.mu * Ratio::new(2, 1)) * eps.clone()), &bend, &mut g);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}
