//! What two players do to their distance from the equilibrium of a bilinear game: an identity in every step.

use super::samples::{sampled_point, sampled_rungs};
use super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::Term;
use crate::leg::{Leg, LegKind, Observation, Obstacle, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{Optimizer, State, Steps, Turns, TwoPlayers};
use crate::scalar::{DoubleDouble, Ratio, Scalar};
use crate::theorem::Settings;

/// One step of two players on f = φᵀBθ and h = −κf, E the squared distance in which the flow turns.
///
/// With the rates α and λ and A the linear field (−α∂f/∂φ, −λ∂h/∂θ), E(w) = κλ‖φ‖² + α‖θ‖² and A is skew in it. Exactly:
/// simultaneous steps have E⁺ = E + ε²E(Aw), steps that look ahead E⁺ = E − ε²E(Aw) + ε⁴E(A²w), and steps in turns
/// E⁺ = E + εκαλ (f⁺ − f).
#[derive(Clone, Copy, Debug)]
pub struct Turning {
    /// α and λ, not equal.
    pub rates: [Ratio; 2],
}

impl Statement for Turning {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let Some(share) = opposed(problem) else {
            let name = problem.name();
            return Err(NotApplicable(format!(
                "{name} is no bilinear game: of two components, over two halves of the parameters, with gradients \
                 against each other"
            )));
        };
        Ok(vec![Box::new(Turned {
            rates: self.rates,
            share,
            problem: problem.clone(),
            seed: settings.seed,
        })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it is an identity of one step on bilinear losses, and no field")
    }
}

/// Points at which a loss is looked at, and the seed of them.
const POINTS: usize = 3;
const SEED: u64 = 7;
/// Relative to what is compared.
const TOLERANCE: f64 = 1e-12;

/// κ, if the components are f = φᵀBθ and −κf with κ > 0: then Hessians are constant and blocks of one player vanish.
fn opposed(problem: &Problem) -> Option<f64> {
    let mut a = Numeric::new(problem.float());
    let dim = problem.dim();
    if a.batches() != 2 || !dim.is_multiple_of(2) {
        return None;
    }
    let half = dim / 2;
    let mut share = None;
    for number in 0..POINTS {
        let w = sampled_point(&vec![0.0; dim], 1.0, SEED, number);
        let (f, h) = (a.gradient(Batch::One(0), &w), a.gradient(Batch::One(1), &w));
        let here = -dot(&f, &h) / dot(&f, &f);
        let known = *share.get_or_insert(here);
        let size = norm(&f);
        let close = |x: f64, y: f64| (x - y).abs() <= TOLERANCE * size;
        let alike = f.iter().zip(&h).all(|(&f, &h)| close(h, -known * f));
        // Linear in one player's parameters while the other's stay, and nothing where these are 0.
        let mut own = w.clone();
        own[half..].fill(0.0);
        let turned = a.hessian_vector(Batch::One(0), &w, &own);
        let at_own = a.gradient(Batch::One(0), &own);
        let bilinear = (0..dim).all(|i| {
            let wanted = if i < half { 0.0 } else { f[i] };
            close(turned[i], wanted) && close(at_own[i], wanted)
        });
        if !(alike && bilinear && known > 0.0) {
            return None;
        }
    }
    share
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

struct Turned {
    rates: [Ratio; 2],
    /// κ.
    share: f64,
    problem: Problem,
    seed: u64,
}

/// How far samples lie from the start, in every coordinate.
const RADIUS: f64 = 0.5;
/// The ways of taking turns of which the identity speaks, in the order of its terms.
const TURNS: [Turns; 3] = [Turns::Simultaneous, Turns::Extragradient, Turns::Alternating];
const EXCHANGED: &str = "exchange simultaneous steps and steps that look ahead";

impl Turned {
    /// α and λ.
    fn rates(&self) -> [f64; 2] {
        self.rates.map(f64::from_ratio)
    }

    /// E(w).
    fn energy(&self, w: &[f64]) -> f64 {
        let [alpha, lambda] = self.rates();
        let (phi, theta) = w.split_at(w.len() / 2);
        self.share * lambda * dot(phi, phi) + alpha * dot(theta, theta)
    }

    /// Aw.
    fn turned(&self, a: &mut Numeric<f64>, w: &Vec<f64>) -> Vec<f64> {
        let half = w.len() / 2;
        let [alpha, lambda] = self.rates();
        let mut moved = a.gradient(Batch::One(0), w);
        moved[..half].iter_mut().for_each(|x| *x *= -alpha);
        moved[half..].copy_from_slice(&a.gradient(Batch::One(1), w)[half..]);
        moved[half..].iter_mut().for_each(|x| *x *= -lambda);
        moved
    }

    fn step(&self, a: &mut Numeric<f64>, turns: Turns, eps: f64, w: &[f64]) -> Vec<f64> {
        let mut state = State { w: w.to_vec(), memory: Vec::new(), steps: Steps::default() };
        TwoPlayers { rates: self.rates, turns }.step(a, &eps, Batch::Full, &mut state);
        state.w
    }
}

impl Leg for Turned {
    fn kind(&self) -> LegKind {
        LegKind::Identity
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![
            Term::new("growth of simultaneous steps", 1, 1, 2),
            Term::new("growth of steps that look ahead", -1, 1, 2),
            Term::new("the same at ε⁴", 1, 1, 4),
            Term::new("what steps in turns exchange for f", 1, 1, 1),
        ]
    }

    fn rungs(&self) -> Vec<Rung> {
        // ε up to 1/σ, σ of the order of 1.
        sampled_rungs(1.0, self.seed)
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let w = sampled_point(self.problem.start().as_slice(), RADIUS, self.seed, rung.blocks);
        let mut turns = TURNS;
        if twin.is_some() {
            turns.swap(0, 1);
        }
        let before = self.energy(&w);
        let eps = rung.step_size;
        let values: Vec<f64> = turns
            .into_iter()
            .zip([2, 2, 1])
            .map(|(turns, power)| {
                (self.energy(&self.step(&mut a, turns, eps, &w)) - before) / eps.powi(power)
            })
            .collect();
        let floor = 16.0 * f64::EPSILON * (1.0 + before) / (eps * eps);
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let w = sampled_point(self.problem.start().as_slice(), RADIUS, self.seed, rung.blocks);
        let c: Vec<f64> =
            claim.terms.iter().map(|term| f64::from_ratio(term.coefficient)).collect();
        let (eps, [alpha, lambda]) = (rung.step_size, self.rates());
        let once = self.turned(&mut a, &w);
        let twice = self.turned(&mut a, &once);
        let (once, twice) = (self.energy(&once), self.energy(&twice));
        let after = self.step(&mut a, Turns::Alternating, eps, &w);
        let exchanged = a.value(Batch::One(0), &after) - a.value(Batch::One(0), &w);
        Ok(exact(&[
            c[0] * once,
            c[1] * once + c[2] * eps * eps * twice,
            c[3] * self.share * alpha * lambda * exchanged,
        ]))
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<std::borrow::Cow<'static, str>> {
        vec![EXCHANGED.into()]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::*;
    use crate::loss::preset;

    #[test]
    fn a_bilinear_game_is_told_from_other_losses() {
        let share = |loss: &str| opposed(&preset(loss, None, None, 1).unwrap());
        assert!((share("bilinear-game").unwrap() - 0.5).abs() < 1e-12);
        for other in ["game", "tiny-net", "quadratic", "two-minima", "factorisation"] {
            assert_eq!(share(other), None, "{other}");
            let statement = Turning { rates: [Ratio::new(1, 1), Ratio::new(1, 2)] };
            let problem = preset(other, None, None, 1).unwrap();
            assert!(statement.legs(&problem, &Settings::default()).is_err(), "{other}");
        }
        // Of two components without a rest of its own each, but not against each other.
        let own = crate::loss::preset("quadratic", Some(2), None, 1).unwrap();
        assert_eq!(opposed(&own), None);
    }

    /// The flow turns: E is kept along it, and so is the sum of its derivative.
    #[test]
    fn the_field_is_skew_in_the_distance() {
        let problem = preset("bilinear-game", None, None, 1).unwrap();
        let rates = [Ratio::new(1, 1), Ratio::new(1, 3)];
        let leg = Turned { rates, share: opposed(&problem).unwrap(), problem, seed: 1 };
        let mut a = Numeric::new(leg.problem.float());
        for number in 0..5 {
            let w = sampled_point(&[0.0; 4], 1.0, 3, number);
            let moved = leg.turned(&mut a, &w);
            let tip: Vec<f64> = w.iter().zip(&moved).map(|(w, v)| w + v).collect();
            let cross = leg.energy(&tip) - leg.energy(&w) - leg.energy(&moved);
            assert!(cross.abs() < 1e-13 * leg.energy(&tip), "{cross}");
        }
    }
}
