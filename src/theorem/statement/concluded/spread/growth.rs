//! How the spread of reshuffled runs grows along the gradient flow.

use super::TOLERANCE;
use super::brackets::bracket_squares;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::integrate::{Dop853, RightHandSide};
use crate::leg::Obstacle;
use crate::loss::Problem;
use crate::scalar::{Ratio, Scalar};

/// The two parts of S at `time`, with the coefficient 1.
///
/// # Errors
/// [`Obstacle::Flow`] if the gradient flow cannot be followed.
pub(super) fn followed(problem: &Problem, time: f64) -> Result<Vec<f64>, Obstacle> {
    let d = problem.dim();
    let mut rhs = Growth { arithmetic: Numeric::new(problem.float()) };
    let mut start = problem.start().as_slice().to_vec();
    start.resize(d + 2 * d * d, 0.0);
    let mut end = Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &start, time)?;
    Ok(end.split_off(d))
}

/// w′ = −g and, row by row, X′ = −HX − XH + Y/m for the two parts Y of K.
pub(super) struct Growth<S: Scalar> {
    pub(super) arithmetic: Numeric<S>,
}

impl<S: Scalar> RightHandSide<S> for Growth<S> {
    fn dim(&self) -> usize {
        let d = self.arithmetic.dim();
        d + 2 * d * d
    }

    fn evaluate(&mut self, _t: S, y: &[S], dy: &mut [S]) {
        let a = &mut self.arithmetic;
        let d = a.dim();
        let w = y[..d].to_vec();
        let g = a.gradient(Batch::Full, &w);
        for (dy, g) in dy.iter_mut().zip(&g) {
            *dy = -*g;
        }
        let share = S::from_ratio(Ratio::new(1, a.batches() as i64));
        let sources = bracket_squares(a, &w);
        for (part, source) in sources.iter().enumerate() {
            let at = d + part * d * d;
            for (dy, &x) in dy[at..].iter_mut().zip(source) {
                *dy = share * x;
            }
            for j in 0..d {
                let row = y[at + j * d..at + (j + 1) * d].to_vec();
                let pulled = a.hessian_vector(Batch::Full, &w, &row);
                for (i, &pull) in pulled.iter().enumerate() {
                    dy[at + i * d + j] -= pull;
                    dy[at + j * d + i] -= pull;
                }
            }
        }
    }
}
