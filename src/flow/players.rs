//! The modified flow of two players.

use super::{Flow, Term};
use crate::arithmetic::maps::Player;
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = F − (ε/2) [F₁₁F₁ + F₂₂F₂ + F₁₂F₂ ± F₂₁F₁] with F₁ = −α ∂f/∂φ, F₂ = −λ ∂h/∂θ and F_ij the derivative of
/// F_i along the other player's F_j: + where both move at once, − where the second sees where the first has gone;
/// all signs turned where both see where both would be.
///
/// In the first, F₁₂F₂ = αλ f_{φθ} h_θ: the term carries the rates of both players. Published modified losses are
/// those of equal rates.
///
/// Source: Rosca, Wu, Dherin & Barrett 2021, arXiv 2105.13922 (equal rates).
#[derive(Clone, Copy, Debug)]
pub struct PlayersFlow {
    rates: [Ratio; 2],
    /// Twice the coefficients of own play, of what the first sees of the second, and of what the second sees of
    /// the first.
    signs: [i64; 3],
}

impl PlayersFlow {
    /// Both move at once, at the rates α and λ.
    pub fn simultaneous(rates: [Ratio; 2]) -> Self {
        PlayersFlow { rates, signs: [-1, -1, -1] }
    }

    /// The second sees where the first has gone.
    pub fn alternating(rates: [Ratio; 2]) -> Self {
        PlayersFlow { rates, signs: [-1, -1, 1] }
    }

    /// Both see where both would be.
    pub fn extragradient(rates: [Ratio; 2]) -> Self {
        PlayersFlow { rates, signs: [1, 1, 1] }
    }

    /// −α ∂f/∂φ of the first or −λ ∂h/∂θ of the second, or its derivative along a vector.
    fn force<A: Arithmetic>(
        &self,
        a: &mut A,
        at: usize,
        w: &A::Vector,
        along: &[&A::Vector],
    ) -> A::Vector {
        let player = Player::BOTH[at];
        let g = a.derivative(Batch::One(at), w, along);
        let mut own = a.apply(&player, &[&g]);
        a.scale(&-a.ratio(self.rates[at]), &mut own);
        a.recycle(g);
        own
    }
}

impl<A: Arithmetic> Flow<A> for PlayersFlow {
    fn terms(&self) -> Vec<Term> {
        let [own, first, second] = self.signs;
        vec![
            Term::new("own play", own, 2, 1),
            Term::new("the first sees the second", first, 2, 1),
            Term::new("the second sees the first", second, 2, 1),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let forces = [self.force(a, 0, w, &[]), self.force(a, 1, w, &[])];
        let mut field = a.duplicate(&forces[0]);
        a.axpy(&a.fraction(1, 1), &forces[1], &mut field);
        for (seer, seen, at) in [(0, 0, 0), (1, 1, 0), (0, 1, 1), (1, 0, 2)] {
            let bend = self.force(a, seer, w, &[&forces[seen]]);
            a.axpy(&c[at], &bend, &mut field);
            a.recycle(bend);
        }
        forces.into_iter().for_each(|used| a.recycle(used));
        field
    }
}
