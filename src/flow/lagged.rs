//! The flow of methods that step along a smooth map of things they remember.

use super::{Flow, Term};
use crate::arithmetic::maps::Square;
use crate::arithmetic::{Arithmetic, Batch, Map};
use crate::scalar::Ratio;

/// β/(1 − β): the mean age, in steps, of what a running mean shows after its update.
pub fn mean_age(beta: Ratio) -> Ratio {
    beta / (Ratio::new(1, 1) - beta)
}

/// What a memory remembers, as a function of w.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observable {
    /// g(w).
    Gradient,
    /// g(w) ∘ g(w).
    SquaredGradient,
    /// What is of the order ε² along the iterates, as the variance of the gradient over a memory: 0.
    Nothing,
}

/// What ψ sees in one slot: a memory of total weight 1, or the present value.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What is remembered.
    pub observable: Observable,
    /// The mean age ℓ of what is remembered, in steps: 0 for the present value, β/(1 − β) for a running mean
    /// after its update.
    pub lag: Ratio,
    /// What the term of this slot is called.
    pub name: &'static str,
}

/// w′ = f₀ + ε [Σ_i (½ + ℓ_i) ∂_iψ · DX_i\[f₀\] + (λ/2) f₀] with f₀ = −ψ(X(w)) − λw: the flow of
/// w ← w − ε [ψ(x₁, x₂, …) + λw], each x_i a memory of X_i of mean lag ℓ_i.
///
/// Neither ψ nor X need come from a potential. The technique for a memory's first-order effect is that of
/// Cattaneo & Shigida 2025, arXiv 2502.02132; see the proof document on lags for the derivation.
#[derive(Clone, Debug)]
pub struct Lagged<P> {
    /// ψ.
    pub psi: P,
    /// Its slots.
    pub slots: Vec<Slot>,
    /// The decoupled decay λ.
    pub decay: Ratio,
}

impl<P> Lagged<P> {
    /// The flow of w ← w − ε [ψ(c) + λ w], c = β₁ m + (1 − β₁) g and then m ← β₂ m + (1 − β₂) g: the mean lag
    /// of c is β₁/(1 − β₂). Without a mean c = g, and what is left is half a step.
    pub fn along(psi: P, means: Option<(Ratio, Ratio)>, decay: Ratio) -> Self {
        let none = Ratio::new(0, 1);
        let lag = means.map_or(none, |(one, two)| one / (Ratio::new(1, 1) - two));
        let name = if means.is_some() { "lag of the gradient" } else { "half a step" };
        Lagged { psi, slots: vec![Slot { observable: Observable::Gradient, lag, name }], decay }
    }

    /// The slots in which something moves, with their places.
    fn moving(&self) -> impl Iterator<Item = (usize, &Slot)> {
        let slots = self.slots.iter().enumerate();
        slots.filter(|(_, slot)| slot.observable != Observable::Nothing)
    }

    /// ½ + ℓ of each slot, and ½ for the decay where there is any.
    pub(super) fn terms_of(&self) -> Vec<Term> {
        let half = Ratio::new(1, 2);
        let term =
            |slot: &Slot| Term { name: slot.name.into(), coefficient: half + slot.lag, power: 1 };
        let decay = (!self.decay.is_zero()).then(|| Term::new("half a step of decay", 1, 2, 1));
        self.moving().map(|(_, slot)| term(slot)).chain(decay).collect()
    }
}

impl<A: Arithmetic, P: Map> Flow<A> for Lagged<P> {
    fn terms(&self) -> Vec<Term> {
        self.terms_of()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let one = a.fraction(1, 1);
        let g = a.gradient(Batch::Full, w);
        let seen: Vec<A::Vector> = (self.slots.iter())
            .map(|slot| match slot.observable {
                Observable::Gradient => a.duplicate(&g),
                Observable::SquaredGradient => a.apply(&Square, &[&g]),
                Observable::Nothing => a.zero(),
            })
            .collect();
        let inputs: Vec<&A::Vector> = seen.iter().collect();
        let mut field = a.apply(&self.psi, &inputs);
        a.scale(&-one, &mut field);
        if !self.decay.is_zero() {
            a.axpy(&-a.ratio(self.decay), w, &mut field);
        }
        // How the gradient moves along the flow, and with it what is seen.
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let leading = a.duplicate(&field);
        for ((at, slot), c) in self.moving().zip(c) {
            let direction = match slot.observable {
                Observable::SquaredGradient => a.apply_derivative(&Square, &[&g], &[(0, &moved)]),
                _ => a.duplicate(&moved),
            };
            let bend = a.apply_derivative(&self.psi, &inputs, &[(at, &direction)]);
            a.axpy(c, &bend, &mut field);
            a.recycle(direction);
            a.recycle(bend);
        }
        if !self.decay.is_zero()
            && let Some(c) = c.get(self.moving().count())
        {
            a.axpy(&(c.clone() * a.ratio(self.decay)), &leading, &mut field);
        }
        for used in seen.into_iter().chain([g, moved, leading]) {
            a.recycle(used);
        }
        field
    }
}
