//! Explicit Runge–Kutta methods on w′ = −g, as optimizers: a method is its tableau.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// k_i = −g(w + ε Σ_{j<i} a_ij k_j), w ← w + ε Σ_i b_i k_i.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungeKutta {
    /// The rows a_i1, …, a_i,i−1, one a stage; the first is empty.
    pub stages: Vec<Vec<Ratio>>,
    /// The weights b_i, one a stage.
    pub weights: Vec<Ratio>,
}

fn ratios(row: &[(i64, i64)]) -> Vec<Ratio> {
    row.iter().map(|&(n, d)| Ratio::new(n, d)).collect()
}

impl RungeKutta {
    /// Heun's method: the mean of the slopes at both ends (order 2).
    pub fn heun() -> Self {
        RungeKutta { stages: vec![vec![], ratios(&[(1, 1)])], weights: ratios(&[(1, 2), (1, 2)]) }
    }

    /// The explicit midpoint method: the slope half a step ahead (order 2).
    pub fn explicit_midpoint() -> Self {
        RungeKutta { stages: vec![vec![], ratios(&[(1, 2)])], weights: ratios(&[(0, 1), (1, 1)]) }
    }

    /// The extragradient method: the slope a whole step ahead (Korpelevich 1976).
    pub fn extragradient() -> Self {
        RungeKutta { stages: vec![vec![], ratios(&[(1, 1)])], weights: ratios(&[(0, 1), (1, 1)]) }
    }

    /// The classical method of order 4 (Kutta 1901).
    pub fn rk4() -> Self {
        RungeKutta {
            stages: vec![
                vec![],
                ratios(&[(1, 2)]),
                ratios(&[(0, 1), (1, 2)]),
                ratios(&[(0, 1), (0, 1), (1, 1)]),
            ],
            weights: ratios(&[(1, 6), (1, 3), (1, 3), (1, 6)]),
        }
    }
}

impl<A: Arithmetic> Optimizer<A> for RungeKutta {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        // Slopes are gradients here: the minus sign sits in the step.
        let mut slopes: Vec<A::Vector> = Vec::with_capacity(self.stages.len());
        for row in &self.stages {
            let mut at = s.w.clone();
            for (&weight, slope) in row.iter().zip(&slopes) {
                a.axpy(&-(a.ratio(weight) * eps.clone()), slope, &mut at);
            }
            slopes.push(a.gradient(batch, &at));
            a.recycle(at);
        }
        for (&weight, slope) in self.weights.iter().zip(slopes) {
            a.axpy(&-(a.ratio(weight) * eps.clone()), &slope, &mut s.w);
            a.recycle(slope);
        }
    }
}
