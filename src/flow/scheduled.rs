//! The modified flow of methods whose step size changes with the time.

use super::{Flow, Term};
use crate::arithmetic::maps::{Direction, Ones, Schedule};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −s ψ(g) − ε (½ + ℓ) s ψ′(g) H (s ψ(g)) + (ε/2) ṡ ψ(g) with s = s(t): the flow of w ← w − ε s(nε) ψ(x), x a
/// memory of the gradient of mean lag ℓ, or the gradient itself. Where s is taken in the middle of each step the
/// term with ṡ goes away.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledFlow {
    /// s.
    pub schedule: Schedule,
    /// ψ and ℓ; without them the gradient is stepped along.
    pub along: Option<(Direction, Ratio)>,
    /// Whether s is taken in the middle of the step.
    pub midpoint: bool,
}

impl<A: Arithmetic> Flow<A> for ScheduledFlow {
    fn terms(&self) -> Vec<Term> {
        let half = Ratio::new(1, 2);
        let (name, lag) = match self.along {
            Some((_, lag)) => ("lag of the gradient", lag),
            None => ("half a step", Ratio::new(0, 1)),
        };
        let turn = if self.midpoint { Ratio::new(0, 1) } else { half };
        let term =
            |name: &'static str, coefficient| Term { name: name.into(), coefficient, power: 1 };
        vec![term(name, half + lag), term("change of the schedule", turn)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let ones = a.apply(&Ones, &[w]);
        let mut times = a.duplicate(&ones);
        a.scale(t, &mut times);
        let g = a.gradient(Batch::Full, w);
        let psi = match &self.along {
            Some((psi, _)) => a.apply(psi, &[&g]),
            None => a.duplicate(&g),
        };
        let mut field = a.apply(&self.schedule, &[&psi, &times]);
        a.scale(&a.fraction(-1, 1), &mut field);
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let bend = match &self.along {
            Some((psi, _)) => a.apply_derivative(psi, &[&g], &[(0, &moved)]),
            None => moved,
        };
        let bend = a.apply(&self.schedule, &[&bend, &times]);
        let turn = a.apply_derivative(&self.schedule, &[&psi, &times], &[(1, &ones)]);
        a.axpy(&c[0], &bend, &mut field);
        a.axpy(&c[1], &turn, &mut field);
        for used in [ones, times, g, psi, bend, turn] {
            a.recycle(used);
        }
        field
    }
}
