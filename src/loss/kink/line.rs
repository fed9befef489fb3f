//! The gradient along a segment, as Taylor series about any of its points.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::loss::{Oracle, Problem};
use crate::scalar::{CAPACITY, DoubleDouble, Jet, Scalar};

/// Coefficients beyond the last derivative that is looked at: how fast mismatches of a smooth
/// function fall with the distance.
const AHEAD: usize = 7;

/// The gradient of a minibatch, or of the whole loss, at a + s (b − a).
pub(super) struct Line {
    known: Known,
    components: Vec<usize>,
    start: Vec<f64>,
    along: Vec<f64>,
    /// The derivatives that are looked at.
    pub(super) derivatives: usize,
    /// The coefficients that are computed.
    coefficients: usize,
}

/// What knows the gradient along a line.
enum Known {
    Jets(Arc<dyn Oracle<Jet<f64>>>, Arc<dyn Oracle<Jet<DoubleDouble>>>),
    Products(Arc<dyn Oracle<f64>>),
}

/// Taylor coefficients in s, lowest order first, each with all components.
pub(super) struct Coefficients(Vec<Vec<f64>>);

/// The series about one point: in `f64`, and without its round-off where somebody asks.
pub(super) struct Node {
    pub(super) at: f64,
    pub(super) rounded: Coefficients,
    exact: OnceCell<Option<Coefficients>>,
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
        let (known, most) = match (problem.seen::<Jet<f64>>(), problem.seen::<Jet<DoubleDouble>>())
        {
            (Some(jets), Some(exact)) => (Known::Jets(jets, exact), CAPACITY),
            _ => (Known::Products(problem.float()), 2),
        };
        let line = Line {
            known,
            components: batch.map_or_else(|| (0..problem.batches()).collect(), |k| vec![k]),
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

    /// The series about a + s (b − a), in `f64`.
    pub(super) fn node(&self, at: f64) -> Node {
        let rounded = match &self.known {
            Known::Jets(jets, _) => self.by_jets(&**jets, at),
            Known::Products(loss) => self.by_products(&**loss, at),
        };
        Node { at, rounded, exact: OnceCell::new() }
    }

    /// The series of a node without round-off, where the loss is known beyond `f64`.
    pub(super) fn exact<'a>(&self, node: &'a Node) -> Option<&'a Coefficients> {
        let found = node.exact.get_or_init(|| match &self.known {
            Known::Jets(_, exact) => Some(self.by_jets(&**exact, node.at)),
            Known::Products(_) => None,
        });
        found.as_ref()
    }

    fn by_jets<S: Scalar>(&self, jets: &dyn Oracle<Jet<S>>, at: f64) -> Coefficients {
        let line: Vec<Jet<S>> = (self.start.iter().zip(&self.along))
            .map(|(&a, &v)| {
                let v = S::from_f64(v);
                let mut point = vec![S::zero(); self.coefficients];
                point[0] = S::from_f64(a) + v * S::from_f64(at);
                point[1] = v;
                Jet::from_coefficients(&point)
            })
            .collect();
        let mut image = vec![Jet::zero(); line.len()];
        self.mean_of(|k, order, sum| {
            if order == 0 {
                jets.gradient(k, &line, &mut image);
            }
            for (sum, jet) in sum.iter_mut().zip(&image) {
                *sum += jet.coefficient(order).leading();
            }
        })
    }

    fn by_products(&self, loss: &dyn Oracle<f64>, at: f64) -> Coefficients {
        let w = self.point(at);
        let mut image = vec![0.0; w.len()];
        self.mean_of(|k, order, sum| {
            match order {
                0 => loss.gradient(k, &w, &mut image),
                _ => loss.hessian_vector(k, &w, &self.along, &mut image),
            }
            for (sum, x) in sum.iter_mut().zip(&image) {
                *sum += x;
            }
        })
    }

    /// The mean over the components of what `add` adds for each, order by order.
    fn mean_of(&self, mut add: impl FnMut(usize, usize, &mut [f64])) -> Coefficients {
        let mut series = vec![vec![0.0; self.start.len()]; self.coefficients];
        for &k in &self.components {
            for (order, sum) in series.iter_mut().enumerate() {
                add(k, order, sum);
            }
        }
        for x in series.iter_mut().flatten() {
            *x /= self.components.len() as f64;
        }
        Coefficients(series)
    }
}

impl Coefficients {
    /// The number of components.
    pub(super) fn dim(&self) -> usize {
        self.0[0].len()
    }

    /// The p-th derivative of component `i` at a distance of `s`, by the first `terms` coefficients.
    pub(super) fn derivative(&self, p: usize, i: usize, s: f64, terms: usize) -> f64 {
        (p..terms).rev().fold(0.0, |sum, j| {
            let factor: f64 = (j - p + 1..=j).map(|k| k as f64).product();
            sum * s + factor * self.0[j][i]
        })
    }

    /// The number of leading coefficients that are finite in every component.
    pub(super) fn finite(&self) -> usize {
        self.0.iter().take_while(|c| c.iter().all(|x| x.is_finite())).count()
    }

    /// The first component of the coefficient of order p that is not finite.
    pub(super) fn not_finite(&self, p: usize) -> Option<usize> {
        self.0.get(p)?.iter().position(|x| !x.is_finite())
    }

    /// The largest p-th derivative.
    pub(super) fn size(&self, p: usize) -> f64 {
        let here = (0..self.dim()).map(|i| self.derivative(p, i, 0.0, p + 1).abs());
        here.fold(0.0, f64::max)
    }
}
