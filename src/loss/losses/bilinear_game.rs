//! A game that only turns.

use crate::loss::{Loss, ProblemError};
use crate::scalar::Scalar;

/// Two components over w = (φ, θ) with φ, θ ∈ ℝ²: f = φᵀBθ and h = −½f, B = (2, 1; −1, 2). Either player has a gradient of a bilinear
/// loss, and the two pull against each other: the flow turns about the equilibrium 0 for ever.
///
/// With h = −f the two rates would be those of f; half of it is half the rate of the second, and the mean of the two is not 0.
#[derive(Clone, Copy, Debug)]
pub struct BilinearGame;

const COUPLING: [[f64; 2]; 2] = [[2.0, 1.0], [-1.0, 2.0]];

impl BilinearGame {
    /// The game.
    ///
    /// # Errors
    /// [`ProblemError`] unless it is to have 2 components.
    pub fn new(batches: usize) -> Result<Self, ProblemError> {
        match batches {
            2 => Ok(BilinearGame),
            0 => Err(ProblemError::NoBatches),
            found => {
                let what = "the list of players".to_owned();
                Err(ProblemError::Size { what, found, expected: 2 })
            }
        }
    }
}

impl Loss for BilinearGame {
    fn dim(&self) -> usize {
        4
    }

    fn batches(&self) -> usize {
        2
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (phi, theta) = w.split_at(2);
        let mut sum = S::zero();
        for (row, &phi) in COUPLING.iter().zip(phi) {
            for (&b, &theta) in row.iter().zip(theta) {
                sum += (phi * theta).scale(b);
            }
        }
        if batch == 0 { sum } else { sum.scale(-0.5) }
    }

    fn is_quadratic(&self) -> bool {
        true
    }
}
