//! The losses of two players who share their parameters.

use crate::loss::{Loss, ProblemError};
use crate::scalar::Scalar;

/// Two components over w = (φ, θ) with φ, θ ∈ ℝ²: Ĉ₀ = f, the loss of who plays φ, and Ĉ₁ = h, that of who plays θ,
///
/// f = ½ (φ₁² + ½ φ₂²) + φᵀB tanh(θ),  h = ½ (½ θ₁² + θ₂²) − tanh(φ)ᵀBθ,  B = (1, ½; −½, 1),
///
/// the hyperbolic tangents entry by entry: a game that is neither of sum zero nor bilinear, with an equilibrium at 0.
#[derive(Clone, Copy, Debug)]
pub struct Game;

const COUPLING: [[f64; 2]; 2] = [[1.0, 0.5], [-0.5, 1.0]];

impl Game {
    /// The game.
    ///
    /// # Errors
    /// [`ProblemError`] unless it is to have 2 components.
    pub fn new(batches: usize) -> Result<Self, ProblemError> {
        if batches == 2 {
            return Ok(Game);
        }
        if batches == 0 {
            return Err(ProblemError::NoBatches);
        }
        let what = "the list of players".to_owned();
        Err(ProblemError::Size { what, found: batches, expected: 2 })
    }
}

impl Loss for Game {
    fn dim(&self) -> usize {
        4
    }

    fn batches(&self) -> usize {
        2
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (phi, theta) = w.split_at(2);
        let coupled = |one: &dyn Fn(S) -> S, other: &dyn Fn(S) -> S| {
            let mut sum = S::zero();
            for (row, &phi) in COUPLING.iter().zip(phi) {
                for (&b, &theta) in row.iter().zip(theta) {
                    sum += (one(phi) * other(theta)).scale(b);
                }
            }
            sum
        };
        let bowl = |x: S, y: S| x.square().scale(0.5) + y.square().scale(0.25);
        if batch == 0 {
            bowl(phi[0], phi[1]) + coupled(&|x| x, &Scalar::tanh)
        } else {
            bowl(theta[1], theta[0]) - coupled(&Scalar::tanh, &|x| x)
        }
    }
}
