//! Rounds of descent on many clients at once, each with a component of the loss.

use super::{Optimizer, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};

/// A round: every client k takes K steps of descent on its own loss Ĉ_k from where the round begins, and the mean
/// of where they end is where the next one does.
///
/// | | step of client k |
/// |---|---|
/// | local descent | x ← x − ε g_k(x) |
/// | corrected | x ← x − ε (g_k(x) − g_k(w) + g(w)), w the beginning of the round |
///
/// A round moves by K ε. Whatever batch it is handed, a round takes all clients.
///
/// Source: McMahan et al. 2017, arXiv 1602.05629 (federated averaging, with full gradients of the clients);
/// Karimireddy et al. 2020, arXiv 1910.06378 (SCAFFOLD; here with the controls of the
/// same round, where the method as published keeps those of the round before).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDescent {
    /// The number K of steps a round; 0 counts as 1.
    pub steps: u32,
    /// Whether the steps are corrected for what sets a client apart at the beginning of the round.
    pub corrected: bool,
}

impl<A: Arithmetic> Optimizer<A> for LocalDescent {
    fn step(&self, a: &mut A, eps: &A::Number, _batch: Batch, s: &mut State<A::Vector>) {
        let (minus, share) = (-eps.clone(), a.fraction(1, a.batches() as i64));
        let whole = if self.corrected { Some(a.gradient(Batch::Full, &s.w)) } else { None };
        let mut mean = a.zero();
        for k in 0..a.batches() {
            let mut x = a.duplicate(&s.w);
            let own = whole.as_ref().map(|_| a.gradient(Batch::One(k), &s.w));
            for _ in 0..self.steps.max(1) {
                let g = a.gradient(Batch::One(k), &x);
                a.axpy(&minus, &g, &mut x);
                a.recycle(g);
                if let (Some(whole), Some(own)) = (&whole, &own) {
                    a.axpy(eps, own, &mut x);
                    a.axpy(&minus, whole, &mut x);
                }
            }
            a.axpy(&share, &x, &mut mean);
            a.recycle(x);
            own.into_iter().for_each(|own| a.recycle(own));
        }
        whole.into_iter().for_each(|whole| a.recycle(whole));
        a.recycle(std::mem::replace(&mut s.w, mean));
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: f64::from(self.steps.max(1)), memory: 1 }
    }
}
