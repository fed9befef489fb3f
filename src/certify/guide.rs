//! Floating-point guesses that a certificate is built around. Nothing here is trusted: what a guess is wrong by is
//! enclosed afterwards.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::curve::Curve;
use crate::arithmetic::Numeric;
use crate::flow::{Flow, Term};
use crate::loss::Oracle;
use crate::scalar::Interval;

/// Steps of the classical Runge–Kutta method a slice.
const SUBSTEPS: usize = 4;
/// Rounds in which the second derivative of the leading error is fed back.
const ROUNDS: usize = 3;

/// The flow in `f64`.
pub(super) struct Guide {
    pub(super) loss: Arc<dyn Oracle<f64>>,
    pub(super) flow: Arc<dyn Flow<Numeric<f64>>>,
    pub(super) terms: Vec<Term>,
}

impl Guide {
    /// About the solution from `start` at the step size `eps`.
    pub(super) fn solution(&self, times: &[f64], start: &[f64], eps: f64) -> Curve {
        let coefficients: Vec<f64> = self.terms.iter().map(|term| term.at(eps)).collect();
        let mut a = Numeric::new(Arc::clone(&self.loss));
        let mut field = |w: &DVector<f64>| {
            DVector::from_vec(self.flow.field(&mut a, &coefficients, &0.0, &w.as_slice().to_vec()))
        };
        let mut w = DVector::from_column_slice(start);
        let (mut values, mut slopes) = (Vec::new(), Vec::new());
        let mut keep = |w: &DVector<f64>, f: &DVector<f64>| {
            values.push(w.as_slice().to_vec());
            slopes.push(f.as_slice().to_vec());
        };
        keep(&w, &field(&w));
        for pair in times.windows(2) {
            let h = (pair[1] - pair[0]) / SUBSTEPS as f64;
            for _ in 0..SUBSTEPS {
                let first = field(&w);
                let second = field(&(&w + &first * (0.5 * h)));
                let third = field(&(&w + &second * (0.5 * h)));
                let fourth = field(&(&w + &third * h));
                w += (first + (second + third) * 2.0 + fourth) * (h / 6.0);
            }
            keep(&w, &field(&w));
        }
        Curve { times: times.to_vec(), values, slopes }
    }
}

/// About the solution z of z′ = N z + δ − (ε/2) z″ from 0, from enclosures of N and δ on the slices.
pub(super) fn leading_error(
    times: &[f64],
    matrices: &[Vec<Vec<Interval>>],
    defects: &[Vec<Interval>],
    eps: f64,
) -> Curve {
    let d = defects.first().map_or(0, Vec::len);
    let slices = defects.len();
    let matrix = |k: usize| DMatrix::from_fn(d, d, |i, j| matrices[k][i][j].middle());
    let defect = |k: usize| DVector::from_fn(d, |i, _| defects[k][i].middle());
    // At a node: the mean of both sides, continued straight at the ends.
    let at_node = |k: usize, of: &dyn Fn(usize) -> DMatrix<f64>| match k {
        _ if slices == 1 => of(0),
        0 => of(0) * 1.5 - of(1) * 0.5,
        _ if k == slices => of(slices - 1) * 1.5 - of(slices - 2) * 0.5,
        _ => (of(k - 1) + of(k)) * 0.5,
    };
    let column = |k: usize| DMatrix::from_column_slice(d, 1, defect(k).as_slice());
    let mut bends = vec![DVector::<f64>::zeros(d); slices + 1];
    let (mut values, mut slopes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        values = vec![DVector::<f64>::zeros(d)];
        for k in 0..slices {
            let h = times[k + 1] - times[k];
            let half = matrix(k) * (0.5 * h);
            let source = defect(k) - (&bends[k] + &bends[k + 1]) * (0.25 * eps);
            let ahead = (DMatrix::identity(d, d) + &half) * &values[k] + source * h;
            let next = (DMatrix::identity(d, d) - half).lu().solve(&ahead);
            values.push(next.unwrap_or_else(|| DVector::zeros(d)));
        }
        let slope = |k: usize| {
            let pushed: DVector<f64> = at_node(k, &matrix) * &values[k]
                + DVector::from_column_slice(at_node(k, &column).as_slice());
            pushed - &bends[k] * (0.5 * eps)
        };
        slopes = (0..=slices).map(slope).collect();
        bends = (0..=slices).map(|k| bend_at(k, times, &slopes, eps)).collect();
    }
    let plain = |of: Vec<DVector<f64>>| of.iter().map(|v| v.as_slice().to_vec()).collect();
    Curve { times: times.to_vec(), values: plain(values), slopes: plain(slopes) }
}

/// The derivative at the node `k` of the parabola through three slopes about `eps` apart.
///
/// Fed back ε/2 times, a difference of neighbours would enlarge by ε over their distance, round after round, whatever is
/// rough in the slopes.
fn bend_at(k: usize, times: &[f64], slopes: &[DVector<f64>], eps: f64) -> DVector<f64> {
    let slices = slopes.len() - 1;
    let Some(most) = (slices / 2).checked_sub(1) else {
        return (&slopes[slices] - &slopes[0]) / (times[slices] - times[0]);
    };
    let within = (0..=most).find(|m| times[m + 1] - times[0] >= eps).unwrap_or(most);
    let apart = within + 1;
    let first = k.saturating_sub(apart).min(slices - 2 * apart);
    let [a, b, c] = [first, first + apart, first + 2 * apart];
    let rise = |i: usize, j: usize| (&slopes[j] - &slopes[i]) / (times[j] - times[i]);
    let curvature = (rise(b, c) - rise(a, b)) / (times[c] - times[a]);
    rise(a, b) + curvature * (2.0 * times[k] - times[a] - times[b])
}
