//! The modified flow of Adam and RMSProp.

use super::{Flow, Term};
use crate::arithmetic::{Batch, Pointwise};
use crate::scalar::{Ratio, Scalar};

/// w′ = −s {g + (ε/2) [(1+β₁)/(1−β₁) − ((1+β₂)/(1−β₂)) q] H u}, u = s g, coordinate by coordinate:
/// s = (g² + e)^−½ and q = u² with the stabiliser e inside the root, s = 1/(|g| + e) and q = |u| with
/// it outside.
///
/// In both cases q = −∂ ln s/∂ ln |g|, and H u is the gradient of Σ (g_j² + e)^½ or of
/// Σ |g_j| − e ln(1 + |g_j|/e). Outside it is claimed where no g_j changes its sign.
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
    /// Whether e stands inside the root.
    pub inside: bool,
}

/// ½ (1+β)/(1−β): the mean age β/(1−β) of what a running mean sees, and half a step.
fn lag(beta: Ratio) -> Ratio {
    let one = Ratio::new(1, 1);
    (one + beta) / (one - beta) / Ratio::new(2, 1)
}

impl<A: Pointwise> Flow<A> for Adaptive {
    fn terms(&self) -> Vec<Term> {
        vec![
            Term {
                name: "lag of the mean gradient".into(),
                coefficient: lag(self.beta1),
                power: 1,
            },
            Term { name: "lag of the mean square".into(), coefficient: -lag(self.beta2), power: 1 },
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let stabiliser = a.ratio(self.stabiliser);
        let magnitude = |x: A::Number| if x.leading() < 0.0 { -x } else { x };
        let g = a.gradient(Batch::Full, w);
        let scale = a.map(&g, |g| {
            let slowness = if self.inside {
                (g.square() + stabiliser).sqrt()
            } else {
                magnitude(g) + stabiliser
            };
            A::Number::one() / slowness
        });
        let u = a.zip(&scale, &g, |s, g| s * g);
        let bend = a.hessian_vector(Batch::Full, w, &u);
        let weighed = a.zip(&u, &bend, |u, bend| {
            let share = if self.inside { u.square() } else { magnitude(u) };
            (c[0] + c[1] * share) * bend
        });
        let correction = a.zip(&scale, &weighed, |s, x| s * x);
        let mut field = u;
        a.axpy(&A::Number::one(), &correction, &mut field);
        a.scale(&-A::Number::one(), &mut field);
        for used in [g, scale, bend, weighed, correction] {
            a.recycle(used);
        }
        field
    }
}
