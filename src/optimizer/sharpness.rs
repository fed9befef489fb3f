//! Methods that penalise the gradient on purpose.

use super::hyperparameter::positive;
use super::{Optimizer, OutOfRange, State};
use crate::arithmetic::maps::Direction;
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

/// Sharpness-aware minimisation along the unit gradient: w ← w − ε g(w + ρ u), u = g/√(‖g‖² + e), ρ in units of ε.
///
/// The stabiliser e makes it smooth where g vanishes.
///
/// Source: Foret et al. 2021, arXiv 2010.01412 (there e = 0 and ρ fixed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormalisedSharpness {
    rho: Ratio,
    stabiliser: Ratio,
}

impl NormalisedSharpness {
    /// With ρ in units of ε.
    ///
    /// # Errors
    /// [`OutOfRange`] unless e > 0.
    pub fn new(rho: Ratio, stabiliser: Ratio) -> Result<Self, OutOfRange> {
        Ok(NormalisedSharpness { rho, stabiliser: positive("stabiliser", stabiliser)? })
    }
}

impl<A: Arithmetic> Optimizer<A> for NormalisedSharpness {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let uphill = a.gradient(batch, &s.w);
        let unit = a.apply(&Direction::Normalised { stabiliser: self.stabiliser }, &[&uphill]);
        let mut ahead = a.duplicate(&s.w);
        a.axpy(&(a.ratio(self.rho) * eps.clone()), &unit, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        for used in [uphill, unit, ahead, g] {
            a.recycle(used);
        }
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
