//! Gradient descent with momentum: heavy ball and Nesterov's method with a constant coefficient.

use super::hyperparameter::fading;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// v ← β v − ε g(w + λ v), w ← w + v, with λ = 0 (heavy ball) or λ = β (Nesterov).
///
/// Source: Polyak 1964; Nesterov 1983. In t = nε it follows a flow with the factor 1/(1 − β).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Momentum {
    pub(crate) beta: Ratio,
    /// Whether the gradient is taken ahead, at w + β v.
    pub(crate) ahead: bool,
    /// Whether it starts with the velocity of the slow manifold instead of at rest.
    pub(crate) settled: bool,
}

impl Momentum {
    /// Polyak's heavy ball, from rest.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn heavy_ball(beta: Ratio) -> Result<Self, OutOfRange> {
        Ok(Momentum { beta: fading("beta", beta)?, ahead: false, settled: false })
    }

    /// Nesterov's method with constant β, from rest.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn nesterov(beta: Ratio) -> Result<Self, OutOfRange> {
        Ok(Momentum { ahead: true, ..Momentum::heavy_ball(beta)? })
    }

    /// The same method, started on its slow manifold up to O(ε³).
    #[must_use]
    pub fn settled(self) -> Self {
        Momentum { settled: true, ..self }
    }
}

impl<A: Arithmetic> Optimizer<A> for Momentum {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (beta, one) = (a.ratio(self.beta), a.fraction(1, 1));
        let [velocity] = s.memory.as_mut_slice() else { return };
        a.scale(&beta, velocity);
        let g = if self.ahead {
            let mut at = s.w.clone();
            a.axpy(&one, velocity, &mut at);
            a.gradient(batch, &at)
        } else {
            a.gradient(batch, &s.w)
        };
        a.axpy(&-eps.clone(), &g, velocity);
        a.axpy(&one, velocity, &mut s.w);
        a.recycle(g);
    }

    fn memory(&self) -> usize {
        1
    }

    /// −aε g − a²(a − λ)ε² H g with a = 1/(1 − β) on the slow manifold, zero at rest.
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut velocity = a.zero();
        let rest = Ratio::new(1, 1) - self.beta;
        if !self.settled {
            return vec![velocity];
        }
        let speed = rest.recip();
        let ahead = if self.ahead { self.beta } else { Ratio::new(0, 1) };
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let once = a.ratio(speed) * eps.clone();
        let bending = once.clone() * once * a.ratio(speed - ahead);
        a.axpy(&-(a.ratio(speed) * eps.clone()), &g, &mut velocity);
        a.axpy(&-bending, &bend, &mut velocity);
        a.recycle(g);
        a.recycle(bend);
        vec![velocity]
    }

    fn tempo(&self) -> Tempo {
        let memory = Tempo::fading(self.beta);
        let rest = f64::from_ratio(Ratio::new(1, 1) - self.beta);
        Tempo { speed: rest.recip(), memory }
    }
}

/// The heavy ball from rest in z = w + (β/(1 − β)) v, which memory delays by nothing:
/// v ← βv − ε g(w), z ← z − (ε/(1 − β)) g(w), w = z − (β/(1 − β)) v.
///
/// The iterates w are those of [`Momentum`]. Over random minibatches v is random at the beginning of every
/// epoch, and z is what has a modified flow.
///
/// Source: Ghosh et al. 2023, arXiv 2302.00849 (the average z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CentredMomentum {
    beta: Ratio,
}

impl CentredMomentum {
    /// With the momentum β.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn new(beta: Ratio) -> Result<Self, OutOfRange> {
        Ok(CentredMomentum { beta: fading("beta", beta)? })
    }

    fn speed(&self) -> Ratio {
        (Ratio::new(1, 1) - self.beta).recip()
    }
}

impl<A: Arithmetic> Optimizer<A> for CentredMomentum {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let [velocity] = s.memory.as_mut_slice() else { return };
        let mut w = a.duplicate(&s.w);
        a.axpy(&-a.ratio(self.beta * self.speed()), velocity, &mut w);
        let g = a.gradient(batch, &w);
        a.scale(&a.ratio(self.beta), velocity);
        a.axpy(&-eps.clone(), &g, velocity);
        a.axpy(&-(a.ratio(self.speed()) * eps.clone()), &g, &mut s.w);
        a.recycle(w);
        a.recycle(g);
    }

    fn memory(&self) -> usize {
        1
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: f64::from_ratio(self.speed()), memory: Tempo::fading(self.beta) }
    }
}
