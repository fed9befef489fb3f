//! The modified flow of Adam and RMSProp.

use super::{Flow, Lagged, Observable, Slot, Term, mean_age};
use crate::arithmetic::Arithmetic;
use crate::arithmetic::maps::Scaled;
use crate::scalar::Ratio;

/// w′ = f₀ + ε [(½ + ℓ₁) ∂₁ψ · H f₀ + (½ + ℓ₂) ∂₂ψ · 2g ∘ (H f₀)] with f₀ = −ψ(g, g²), ψ(m, v) the step that is
/// made of the two means and ℓ = β/(1 − β) their mean ages: [`Lagged`] with two slots.
///
/// Coordinate by coordinate it is −s {g + (ε/2) [(1+β₁)/(1−β₁) − ((1+β₂)/(1−β₂)) q] H u}, u = s g, with
/// s = (g² + e)^−½ and q = u² where the stabiliser e stands inside the root, s = 1/(|g| + e) and q = |u| where
/// it stands outside; there it is claimed where no g_j changes its sign. A decay λ adds −λw to f₀ and ε (λ/2) f₀.
///
/// Source: Cattaneo, Klusowski & Shigida 2024, arXiv 2309.00079 (stabiliser inside).
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    /// The fading β₁ of the mean gradient, not 1.
    pub beta1: Ratio,
    /// The fading β₂ of the mean squared gradient, not 1.
    pub beta2: Ratio,
    /// The stabiliser e > 0.
    pub stabiliser: Ratio,
    /// Whether the stabiliser stands inside the root.
    pub inside: bool,
    /// The decoupled decay λ.
    pub decay: Ratio,
}

impl Adaptive {
    fn lagged(&self) -> Lagged<Scaled> {
        Lagged {
            psi: Scaled { stabiliser: self.stabiliser, inside: self.inside },
            slots: vec![
                Slot {
                    observable: Observable::Gradient,
                    lag: mean_age(self.beta1),
                    name: "lag of the mean gradient",
                },
                Slot {
                    observable: Observable::SquaredGradient,
                    lag: mean_age(self.beta2),
                    name: "lag of the mean square",
                },
            ],
            decay: self.decay,
        }
    }
}

impl<A: Arithmetic> Flow<A> for Adaptive {
    fn terms(&self) -> Vec<Term> {
        self.lagged().terms_of()
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        self.lagged().field(a, c, t, w)
    }
}
