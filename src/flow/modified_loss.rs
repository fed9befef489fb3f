//! The flow of methods that step along the gradient of a function of the gradient: a modified loss takes it all up.

use super::{Flow, Observable, Term};
use crate::arithmetic::maps::Square;
use crate::arithmetic::{Arithmetic, Batch, Map};
use crate::scalar::Ratio;

/// w′ = −(1 + ελ/2) [∇K(∇C̃) + λ w] with C̃ = C + ε (½ + ℓ) [K(∇C) + λ (w·∇C − C)]: the flow of
/// w ← w − ε [∇K(x) + λ w], x a memory of the gradient of mean lag ℓ, or several of one and the same lag.
///
/// ∇K is ψ(X₁(g), X₂(g), …) in the method's own map: K = Σ√(x² + e) for the smooth sign, and for Adam's
/// m/√(v + e) with m = x, v = x²; tr √(XXᵀ + eI) for the orthogonalised matrix. As ∇K has a potential, what memory
/// does is to change the loss by a penalty K(∇C); from ε² on no such loss exists unless K‴ = 0. See the proof
/// document on lags for the derivation.
#[derive(Clone, Debug)]
pub struct ModifiedLoss<P> {
    /// ∇K.
    pub psi: P,
    /// What its slots see of the gradient.
    pub seen: Vec<Observable>,
    /// The mean lag ℓ, in steps.
    pub lag: Ratio,
    /// The decoupled decay λ.
    pub decay: Ratio,
    /// What K(∇C) is called.
    pub penalty: &'static str,
}

impl<P: Map> ModifiedLoss<P> {
    /// ∇K(x).
    fn direction<A: Arithmetic>(&self, a: &mut A, x: &A::Vector) -> A::Vector {
        let seen: Vec<A::Vector> = (self.seen.iter())
            .map(|observable| match observable {
                Observable::Gradient => a.duplicate(x),
                Observable::SquaredGradient => a.apply(&Square, &[x]),
                Observable::Nothing => a.zero(),
            })
            .collect();
        let inputs: Vec<&A::Vector> = seen.iter().collect();
        let direction = a.apply(&self.psi, &inputs);
        seen.into_iter().for_each(|used| a.recycle(used));
        direction
    }
}

impl<A: Arithmetic, P: Map> Flow<A> for ModifiedLoss<P> {
    fn terms(&self) -> Vec<Term> {
        let coefficient = Ratio::new(1, 2) + self.lag;
        let penalty = Term { name: self.penalty.into(), coefficient, power: 1 };
        let decay = (!self.decay.is_zero()).then(|| Term::new("half a step of decay", 1, 2, 1));
        std::iter::once(penalty).chain(decay).collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let (one, decay) = (a.fraction(1, 1), a.ratio(self.decay));
        // ∇C̃ = g + c H [∇K(g) + λ w].
        let mut modified = a.gradient(Batch::Full, w);
        let mut moved = self.direction(a, &modified);
        a.axpy(&decay, w, &mut moved);
        let bend = a.hessian_vector(Batch::Full, w, &moved);
        a.axpy(&c[0], &bend, &mut modified);
        let mut field = self.direction(a, &modified);
        a.axpy(&decay, w, &mut field);
        let ahead = match c.get(1) {
            Some(c) => one + c.clone() * decay,
            None => one,
        };
        a.scale(&-ahead, &mut field);
        for used in [modified, moved, bend] {
            a.recycle(used);
        }
        field
    }
}
