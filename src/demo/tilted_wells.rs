//! The two-minima loss as theory sees it: slopes of C and of C̃_SGD, hills, and the step size at
//! which the right minimum is lost.

use std::sync::Arc;

use super::DemoError;
use crate::arithmetic::Numeric;
use crate::flow::{Flow, ShuffledNext};
use crate::loss::{Oracle, TwoMinima};

/// The number m of minibatches.
const BATCHES: usize = 4;
/// Steps of the grid on which hills are looked for.
const GRID: usize = 2000;

/// The loss, with what its minibatches say at a point.
#[derive(Clone)]
pub(super) struct TiltedWells {
    loss: Arc<dyn Oracle<f64>>,
}

impl TiltedWells {
    pub(super) fn new() -> Result<Self, DemoError> {
        Ok(TiltedWells { loss: Arc::new(TwoMinima::new(BATCHES)?) })
    }

    pub(super) fn loss(&self) -> Arc<dyn Oracle<f64>> {
        Arc::clone(&self.loss)
    }

    /// The number m of minibatches.
    pub(super) fn batches(&self) -> usize {
        BATCHES
    }

    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        (0..BATCHES).map(of).sum::<f64>() / BATCHES as f64
    }

    /// g_k(w).
    pub(super) fn batch_slope(&self, k: usize, w: f64) -> f64 {
        let mut g = [0.0];
        self.loss.gradient(k, &[w], &mut g);
        g[0]
    }

    /// H_k(w).
    fn batch_curvature(&self, k: usize, w: f64) -> f64 {
        let mut h = [0.0];
        self.loss.hessian_vector(k, &[w], &[1.0], &mut h);
        h[0]
    }

    /// C(w).
    pub(super) fn value(&self, w: f64) -> f64 {
        self.mean(|k| self.loss.value(k, &[w]))
    }

    /// g(w).
    pub(super) fn slope(&self, w: f64) -> f64 {
        self.mean(|k| self.batch_slope(k, w))
    }

    /// H(w).
    pub(super) fn curvature(&self, w: f64) -> f64 {
        self.mean(|k| self.batch_curvature(k, w))
    }

    /// The variance over minibatches of g_k(w).
    pub(super) fn noise(&self, w: f64) -> f64 {
        let g = self.slope(w);
        self.mean(|k| (self.batch_slope(k, w) - g).powi(2))
    }

    /// C̃_SGD(w) = C + (ε/4m) Σ g_k².
    pub(super) fn shuffled_value(&self, eps: f64, w: f64) -> f64 {
        self.value(w) + 0.25 * eps * self.mean(|k| self.batch_slope(k, w).powi(2))
    }

    /// C̃_SGD′(w).
    pub(super) fn shuffled_slope(&self, eps: f64, w: f64) -> f64 {
        self.slope(w) + eps * self.pull(w)
    }

    /// What the penalty adds to the slope, in units of ε: ½⟨H_k g_k⟩.
    fn pull(&self, w: f64) -> f64 {
        0.5 * self.mean(|k| self.batch_curvature(k, w) * self.batch_slope(k, w))
    }

    /// The slope with the next term of the mean flow, of size ε².
    pub(super) fn next_slope(&self, eps: f64, w: f64) -> f64 {
        let flow: &dyn Flow<Numeric<f64>> = &ShuffledNext;
        let terms: Vec<f64> = flow.terms().iter().map(|term| term.at(eps)).collect();
        -flow.field(&mut Numeric::new(self.loss()), &terms, &0.0, &vec![w])[0]
    }

    /// The top of the hill of C̃_SGD between its minima, `None` where there is no right minimum.
    pub(super) fn hill(&self, eps: f64) -> Option<f64> {
        top(|w| self.shuffled_slope(eps, w))
    }

    /// The same with the next term of the mean flow.
    pub(super) fn next_hill(&self, eps: f64) -> Option<f64> {
        top(|w| self.next_slope(eps, w))
    }

    /// ε* with the next term of the mean flow: bisected between a step size at which there is a
    /// right minimum and one at which there is none.
    pub(super) fn next_last_step_size(&self) -> f64 {
        let (mut there, mut gone) = (0.0, 0.5);
        for _ in 0..24 {
            let middle = 0.5 * (there + gone);
            match self.next_hill(middle) {
                Some(_) => there = middle,
                None => gone = middle,
            }
        }
        there
    }

    /// ε*, at which C̃_SGD loses its right minimum, and where it does.
    ///
    /// C̃_SGD′ = g + ε q with q > 0, so there is a right minimum as long as −g/q somewhere in (0, 1)
    /// exceeds ε: ε* is the largest value of −g/q there, which golden sections find.
    pub(super) fn last_step_size(&self) -> (f64, f64) {
        let ratio = |w: f64| -self.slope(w) / self.pull(w);
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        let (mut left, mut right) = (0.0, 1.0);
        for _ in 0..80 {
            let (inner_left, inner_right) =
                (right - golden * (right - left), left + golden * (right - left));
            if ratio(inner_left) < ratio(inner_right) {
                left = inner_left;
            } else {
                right = inner_right;
            }
        }
        let place = 0.5 * (left + right);
        (ratio(place), place)
    }
}

/// The top of the hill right of 0 of a loss with this slope.
///
/// The slope is negative just right of the top: the first point of the grid where it is brackets
/// the top, which is then bisected.
fn top(slope: impl Fn(f64) -> f64) -> Option<f64> {
    let at = |i: usize| i as f64 / GRID as f64;
    let beyond = (1..GRID).find(|&i| slope(at(i)) < 0.0)?;
    let (mut left, mut right) = (at(beyond) - 2.0 / GRID as f64, at(beyond));
    for _ in 0..60 {
        let middle = 0.5 * (left + right);
        if slope(middle) < 0.0 {
            right = middle;
        } else {
            left = middle;
        }
    }
    Some(0.5 * (left + right))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::*;

    /// C̃_SGD′ and C̃_SGD″ in closed form: with ⟨s⟩ = 0 and ⟨s²⟩ = 1, ⟨g_k²⟩ = g² + σ², σ = σ(2w).
    fn closed_form(eps: f64, w: f64) -> [f64; 2] {
        let (g, h, third) = (0.08 * w * (w * w - 1.0), 0.08 * (3.0 * w * w - 1.0), 0.48 * w);
        let s = 1.0 / (1.0 + (-2.0 * w).exp());
        let (first, second) = (2.0 * s * (1.0 - s), 4.0 * s * (1.0 - s) * (1.0 - 2.0 * s));
        [
            g + 0.5 * eps * (g * h + s * first),
            h + 0.5 * eps * (h * h + g * third + first * first + s * second),
        ]
    }

    #[test]
    fn the_last_minimum_is_a_double_root_of_the_closed_form() {
        let wells = TiltedWells::new().unwrap();
        let (last, place) = wells.last_step_size();
        assert!((last - 0.2276).abs() < 5e-5, "{last}");
        let [slope, curvature] = closed_form(last, place);
        assert!(slope.abs() < 1e-12, "{slope}");
        assert!(curvature.abs() < 1e-6, "{curvature}");
        assert!(wells.hill(last - 1e-4).is_some() && wells.hill(last + 1e-4).is_none());
    }

    #[test]
    fn slopes_are_those_of_the_closed_form_and_of_the_values() {
        let wells = TiltedWells::new().unwrap();
        for w in [-1.3, -0.2, 0.4, 0.9, 1.6] {
            let [slope, _] = closed_form(0.15, w);
            assert!((wells.shuffled_slope(0.15, w) - slope).abs() < 1e-14, "{w}");
            let [above, below] = [1e-5, -1e-5].map(|d| wells.shuffled_value(0.15, w + d));
            assert!(((above - below) / 2e-5 - slope).abs() < 1e-9, "{w}");
            // The next term has size ε²: it vanishes against the penalty.
            let next = wells.next_slope(1e-3, w) - wells.shuffled_slope(1e-3, w);
            assert!(next.abs() < 1e-6, "{w}: {next}");
        }
    }

    #[test]
    fn hills_are_points_of_rest_between_the_minima() {
        let wells = TiltedWells::new().unwrap();
        for eps in [0.02, 0.1, 0.2] {
            let top = wells.hill(eps).unwrap();
            let [slope, curvature] = closed_form(eps, top);
            assert!(slope.abs() < 1e-14 && curvature < 0.0, "{eps}: {slope}, {curvature}");
        }
    }
}
