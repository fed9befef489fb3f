//! The modified flow of momentum with weight decay, in the gradient or beside it.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = f₀ + ε [(½ + ℓ) H f₀ + c λ f₀] with f₀ = −(g + λw): momentum whose mean gradient has the mean age ℓ, and the decay λ.
///
/// Where the decay is coupled the mean sees it too, c = ½ + ℓ, and the field is −∇[C_λ + (ε/2)(½ + ℓ)‖∇C_λ‖²] with
/// C_λ = C + (λ/2)‖w‖². Where it is decoupled c = ½. The two fields are parallel up to ε: the coupled one is 1 + εℓλ times the other.
#[derive(Clone, Copy, Debug)]
pub struct DecayedMomentum {
    /// ℓ.
    pub lag: Ratio,
    /// λ.
    pub decay: Ratio,
    /// Whether λw is added to the gradient before the mean is taken.
    pub coupled: bool,
    /// Whether the mean begins at zero, and the flow at w₀ + εℓ X(w₀), X what the mean is of: g, or g + λw where the decay
    /// is coupled.
    pub from_zero: bool,
}

impl DecayedMomentum {
    fn decays(&self) -> bool {
        !self.decay.is_zero()
    }
}

impl<A: Arithmetic> Flow<A> for DecayedMomentum {
    fn terms(&self) -> Vec<Term> {
        let half = Ratio::new(1, 2);
        let term =
            |name: &'static str, coefficient| Term { name: name.into(), coefficient, power: 1 };
        let mut terms = vec![term("lag of the gradient", half + self.lag)];
        if self.decays() {
            terms.push(if self.coupled {
                term("lag of the decay", half + self.lag)
            } else {
                term("half a step of decay", half)
            });
        }
        if self.from_zero {
            terms.push(term("start shift", self.lag));
        }
        terms
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut leading = a.gradient(Batch::Full, w);
        a.axpy(&a.ratio(self.decay), w, &mut leading);
        a.scale(&a.fraction(-1, 1), &mut leading);
        let bend = a.hessian_vector(Batch::Full, w, &leading);
        let mut field = a.duplicate(&leading);
        a.axpy(&c[0], &bend, &mut field);
        if let Some(c) = c.get(1).filter(|_| self.decays()) {
            a.axpy(&(c.clone() * a.ratio(self.decay)), &leading, &mut field);
        }
        a.recycle(leading);
        a.recycle(bend);
        field
    }

    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        let Some(shift) = c.last().filter(|_| self.from_zero) else { return w };
        let mut seen = a.gradient(Batch::Full, &w);
        if self.coupled {
            a.axpy(&a.ratio(self.decay), &w, &mut seen);
        }
        a.axpy(shift, &seen, &mut w);
        a.recycle(seen);
        w
    }
}
