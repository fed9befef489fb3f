//! Two players, each descending a loss of its own.

use super::{Optimizer, State, Tempo};
use crate::arithmetic::maps::Player;
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// How two players take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// Both see where the other was.
    Simultaneous,
    /// The second sees where the first has gone.
    Alternating,
    /// Both see where both would be after a simultaneous step.
    Extragradient,
    /// Both step along twice their gradient less the one before, at first that of the start.
    Optimistic,
}

/// Two players: the first moves its half φ of the parameters by −εα ∂f/∂φ, the second its half θ by −ελ ∂h/∂θ,
/// f and h the two components of the loss. With h = −f it is descent–ascent on f.
///
/// Whatever batch it is handed, a step takes both components.
///
/// Source: Rosca, Wu, Dherin & Barrett 2021, arXiv 2105.13922; Korpelevich 1976 (extragradient);
/// Daskalakis et al. 2018, arXiv 1711.00141 (optimistic).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoPlayers {
    /// α and λ.
    pub rates: [Ratio; 2],
    /// How they take turns.
    pub turns: Turns,
}

/// Adds `c` times the gradient of the player's loss in its own coordinates, at `at`.
fn pull<A: Arithmetic>(
    a: &mut A,
    player: usize,
    c: &A::Number,
    at: &A::Vector,
    sum: &mut A::Vector,
) {
    let g = a.gradient(Batch::One(player), at);
    let own = a.apply(&Player::BOTH[player], &[&g]);
    a.axpy(c, &own, sum);
    a.recycle(g);
    a.recycle(own);
}

impl TwoPlayers {
    /// (−α ∂f/∂φ, −λ ∂h/∂θ) at `w`.
    fn force<A: Arithmetic>(&self, a: &mut A, w: &A::Vector) -> A::Vector {
        let mut force = a.zero();
        for (player, rate) in self.rates.into_iter().enumerate() {
            pull(a, player, &-a.ratio(rate), w, &mut force);
        }
        force
    }
}

impl<A: Arithmetic> Optimizer<A> for TwoPlayers {
    fn step(&self, a: &mut A, eps: &A::Number, _batch: Batch, s: &mut State<A::Vector>) {
        match self.turns {
            Turns::Alternating => {
                for (player, rate) in self.rates.into_iter().enumerate() {
                    let seen = a.duplicate(&s.w);
                    pull(a, player, &-(a.ratio(rate) * eps.clone()), &seen, &mut s.w);
                    a.recycle(seen);
                }
            }
            Turns::Simultaneous => {
                let force = self.force(a, &s.w);
                a.axpy(eps, &force, &mut s.w);
                a.recycle(force);
            }
            Turns::Extragradient => {
                let ahead = self.force(a, &s.w);
                let mut seen = a.duplicate(&s.w);
                a.axpy(eps, &ahead, &mut seen);
                let force = self.force(a, &seen);
                a.axpy(eps, &force, &mut s.w);
                for used in [ahead, seen, force] {
                    a.recycle(used);
                }
            }
            Turns::Optimistic => {
                let [last] = s.memory.as_mut_slice() else { return };
                let force = self.force(a, &s.w);
                a.axpy(&-eps.clone(), last, &mut s.w);
                a.axpy(&(a.fraction(2, 1) * eps.clone()), &force, &mut s.w);
                a.recycle(std::mem::replace(last, force));
            }
        }
    }

    fn memory(&self) -> usize {
        usize::from(self.turns == Turns::Optimistic)
    }

    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        match self.turns {
            Turns::Optimistic => vec![self.force(a, w)],
            _ => Vec::new(),
        }
    }

    fn tempo(&self) -> Tempo {
        let [first, second] = self.rates.map(|rate| f64::from_ratio(rate).abs());
        Tempo { speed: first.max(second).max(1e-3), memory: 1 }
    }
}
