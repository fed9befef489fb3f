//! The gradient along a segment, as Taylor series about any of its points.

use std::sync::Arc;

use crate::loss::{Oracle, Problem};
use crate::scalar::{CAPACITY, Jet, Scalar};

/// Coefficients beyond the last derivative that is looked at: how fast mismatches of a smooth
/// function fall with the distance.
const AHEAD: usize = 7;

/// What knows the gradient along a line.
enum Known {
    Jets(Arc<dyn Oracle<Jet<f64>>>),
    Products(Arc<dyn Oracle<f64>>),
}

/// The gradient of a minibatch, or of the whole loss, at a + s (b − a).
pub(super) struct Line {
    known: Known,
    batch: Option<usize>,
    batches: usize,
    start: Vec<f64>,
    along: Vec<f64>,
    /// The derivatives that are looked at.
    pub(super) derivatives: usize,
    /// The coefficients that are computed.
    coefficients: usize,
}

/// Taylor coefficients in s about one point, lowest order first, each with all components.
pub(super) struct Node {
    pub(super) at: f64,
    pub(super) series: Vec<Vec<f64>>,
}

impl Line {
    /// The segment from `a` to `b`; `None` if it has no length.
    pub(super) fn new(
        problem: &Problem,
        batch: Option<usize>,
        a: &[f64],
        b: &[f64],
        derivatives: usize,
    ) -> Option<Self> {
        let (known, most) = match problem.jet() {
            Some(jets) => (Known::Jets(jets), CAPACITY),
            None => (Known::Products(problem.float()), 2),
        };
        let line = Line {
            known,
            batch,
            batches: problem.batches(),
            start: a.to_vec(),
            along: b.iter().zip(a).map(|(b, a)| b - a).collect(),
            derivatives: derivatives.min(most - 1),
            coefficients: (derivatives + 1 + AHEAD).min(most),
        };
        (line.length() > 0.0).then_some(line)
    }

    /// ‖b − a‖.
    pub(super) fn length(&self) -> f64 {
        self.along.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// a + s (b − a).
    pub(super) fn point(&self, s: f64) -> Vec<f64> {
        self.start.iter().zip(&self.along).map(|(a, v)| a + s * v).collect()
    }

    /// Whether only the gradient and its first derivative are known.
    pub(super) fn in_numbers_only(&self) -> bool {
        matches!(self.known, Known::Products(_))
    }

    /// The smallest step in s that moves the point by many units of round-off.
    pub(super) fn resolution(&self) -> f64 {
        let size = self.start.iter().map(|x| x * x).sum::<f64>().sqrt();
        1e-12 * (1.0 + size / self.length())
    }

    /// The series about a + s (b − a).
    pub(super) fn node(&self, at: f64) -> Node {
        let w = self.point(at);
        let components: Vec<usize> = match self.batch {
            Some(k) => vec![k],
            None => (0..self.batches).collect(),
        };
        let mut series = vec![vec![0.0; w.len()]; self.coefficients];
        let share = 1.0 / components.len() as f64;
        for k in components {
            match &self.known {
                Known::Jets(jets) => {
                    let line: Vec<Jet<f64>> = (w.iter().zip(&self.along))
                        .map(|(&w, &v)| {
                            let mut point = vec![0.0; self.coefficients];
                            point[0] = w;
                            // At least a gradient and what moves it.
                            point[1] = v;
                            Jet::from_coefficients(&point)
                        })
                        .collect();
                    let mut image = vec![Jet::zero(); w.len()];
                    jets.gradient(k, &line, &mut image);
                    for (order, series) in series.iter_mut().enumerate() {
                        for (sum, jet) in series.iter_mut().zip(&image) {
                            *sum += share * jet.coefficient(order);
                        }
                    }
                }
                Known::Products(loss) => {
                    let mut image = vec![0.0; w.len()];
                    for (order, series) in series.iter_mut().enumerate() {
                        match order {
                            0 => loss.gradient(k, &w, &mut image),
                            _ => loss.hessian_vector(k, &w, &self.along, &mut image),
                        }
                        for (sum, x) in series.iter_mut().zip(&image) {
                            *sum += share * x;
                        }
                    }
                }
            }
        }
        Node { at, series }
    }
}

impl Node {
    /// The p-th derivative of component `i` at a distance of `s`, by the first `terms` coefficients.
    pub(super) fn derivative(&self, p: usize, i: usize, s: f64, terms: usize) -> f64 {
        (p..terms).rev().fold(0.0, |sum, j| {
            let factor: f64 = (j - p + 1..=j).map(|k| k as f64).product();
            sum * s + factor * self.series[j][i]
        })
    }

    /// The number of leading coefficients that are finite in every component.
    pub(super) fn finite(&self) -> usize {
        let finite = |c: &Vec<f64>| c.iter().all(|x| x.is_finite());
        self.series.iter().take_while(|c| finite(c)).count()
    }

    /// p! times the largest coefficient of order p.
    pub(super) fn size(&self, p: usize) -> f64 {
        let factor: f64 = (1..=p).map(|k| k as f64).product();
        factor * self.series[p].iter().fold(0.0, |most: f64, x| most.max(x.abs()))
    }
}
