//! Modified losses with a penalty on the gradient and one on how the minibatches disagree.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −s ∇[C + ε (c₁ ‖g‖² + c₂ ⟨‖g_k − g‖²⟩)], that is −s [g + 2ε c₁ H g + 2ε c₂ (⟨H_k g_k⟩ − H g)].
///
/// See the proof documents of the methods that it is named after.
#[derive(Clone, Copy, Debug)]
pub struct Penalties {
    /// s, how fast the method moves beside descent.
    pub speed: Ratio,
    /// c₁, of ε‖g‖².
    pub whole: Ratio,
    /// c₂, of ε⟨‖g_k − g‖²⟩, where the minibatches matter.
    pub disagreement: Option<Ratio>,
}

const ONE: Ratio = Ratio::new(1, 1);
const QUARTER: Ratio = Ratio::new(1, 4);

impl Penalties {
    /// Rounds of K local steps on every client, t = nε counting rounds: s = K, c₁ = ¼, c₂ = −(K − 1)/4.
    pub fn of_local_steps(steps: u32) -> Self {
        let k = i64::from(steps);
        Penalties {
            speed: Ratio::new(k, 1),
            whole: QUARTER,
            disagreement: Some(Ratio::new(1 - k, 4)),
        }
    }

    /// K steps of which the share α is kept: s = α, c₁ = (1 − K(1 − α))/4.
    pub fn of_lookahead(ahead: u32, share: Ratio) -> Self {
        let back = Ratio::new(i64::from(ahead), 1) * (ONE - share);
        Penalties { speed: share, whole: (ONE - back) * QUARTER, disagreement: None }
    }

    /// Epochs of `m` minibatches, of which the last is dropped: c₁ = ¼, c₂ = (m − 2)/(4(m − 1)).
    pub fn of_dropping_the_last(m: usize) -> Self {
        let m = i64::try_from(m).unwrap_or(i64::MAX).max(2);
        let disagreement = Some(QUARTER * Ratio::new(m - 2, m - 1));
        Penalties { speed: ONE, whole: QUARTER, disagreement }
    }

    /// The heavy ball over reshuffled epochs of `m` minibatches, in z = w + βv/(1 − β): s = 1/(1 − β),
    /// c₁ = (1 + β)/(4(1 − β)²), c₂ = κ/(4(1 − β)) with κ = 1 − 2S/(m(m − 1)) and
    /// S = mβ/(1 − β) − β(1 − βᵐ)/(1 − β)².
    pub fn of_shuffled_momentum(beta: Ratio, m: usize) -> Self {
        let rest = ONE - beta;
        let m = i64::try_from(m).unwrap_or(i64::MAX);
        let power = (0..m).fold(ONE, |power, _| power * beta);
        let sum = Ratio::new(m, 1) * beta / rest - beta * (ONE - power) / (rest * rest);
        let pairs = Ratio::new(m.saturating_mul(m - 1).max(1), 1);
        let kappa = if m > 1 { ONE - Ratio::new(2, 1) * sum / pairs } else { ONE };
        Penalties {
            speed: rest.recip(),
            whole: QUARTER * (ONE + beta) / (rest * rest),
            disagreement: Some(QUARTER * kappa / rest),
        }
    }

    /// The same penalty c on all minibatches: c₁ = c₂ = c, of ε⟨‖g_k‖²⟩.
    pub fn of_each(c: Ratio) -> Self {
        Penalties { speed: ONE, whole: c, disagreement: Some(c) }
    }

    /// Descent's own penalty at the speed s, and none on disagreement: c₁ = ¼, c₂ = 0.
    pub fn undisturbed(speed: Ratio) -> Self {
        Penalties { speed, whole: QUARTER, disagreement: Some(Ratio::new(0, 1)) }
    }
}

impl<A: Arithmetic> Flow<A> for Penalties {
    fn terms(&self) -> Vec<Term> {
        let term =
            |name: &'static str, coefficient| Term { name: name.into(), coefficient, power: 1 };
        let whole = term("gradient penalty", self.whole);
        std::iter::once(whole).chain(self.disagreement.map(|c| term("disagreement", c))).collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let two = a.fraction(2, 1);
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        let mut whole = c[0].clone();
        if let (Some(_), Some(c)) = (self.disagreement, c.get(1)) {
            whole = whole - c.clone();
            let share = two.clone() * c.clone() * a.fraction(1, a.batches() as i64);
            for k in 0..a.batches() {
                let g = a.gradient(Batch::One(k), w);
                let own = a.hessian_vector(Batch::One(k), w, &g);
                a.axpy(&share, &own, &mut field);
                a.recycle(g);
                a.recycle(own);
            }
        }
        a.axpy(&(two * whole), &bend, &mut field);
        a.scale(&-a.ratio(self.speed), &mut field);
        a.recycle(bend);
        field
    }
}
