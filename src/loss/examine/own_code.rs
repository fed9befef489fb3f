//! Code of a loss's own for `f64`, against the generic code.

use super::coarse::coarseness;
use super::flaw::{Flaw, Quantity};
use super::noise::digits;
use super::precise::Precise;
use super::survey::Survey;
use super::{beyond, largest, norm};
use crate::scalar::{DoubleDouble, Jet, Lanes, Scalar};

/// Relative error beyond which an entry is wrong, relative to itself and to the largest.
const OF_ENTRY: f64 = 1e-11;
const OF_LARGEST: f64 = 1e-12;
/// The same where digits cancel: relative to the curvature times the length of the parameters.
const CANCELLED: f64 = 1e-13;
/// How many times the round-off of the generic code in `f64` own code may have.
const AS_GOOD: f64 = 100.0;

impl Survey<'_> {
    /// Gradients and Hessian–vector products in `f64` against double-double, along `direction` at each
    /// point.
    pub(super) fn own_code(&self, precise: &Precise) -> Result<(), Flaw> {
        for (n, w) in self.points.iter().enumerate() {
            let v = &self.directions[n % 3];
            for &k in &self.batches {
                let exact = precise.gradient(k, w);
                let generic = || self.generic(k, w, None);
                let found = self.gradient(k, w);
                self.same_as(Quantity::Gradient, k, w, &found, &exact, generic)?;
                self.products(precise, k, w, v)?;
            }
        }
        Ok(())
    }

    /// H v in `f64` against double-double.
    pub(super) fn products(
        &self,
        precise: &Precise,
        k: usize,
        w: &[f64],
        v: &[f64],
    ) -> Result<(), Flaw> {
        let exact = precise.hessian_vector(k, w, v);
        let found = self.hessian_vector(k, w, v);
        self.same_as(Quantity::HessianVector, k, w, &found, &exact, || self.generic(k, w, Some(v)))
    }

    fn same_as(
        &self,
        quantity: Quantity,
        k: usize,
        w: &[f64],
        found: &[f64],
        exact: &[DoubleDouble],
        generic: impl FnOnce() -> Vec<f64>,
    ) -> Result<(), Flaw> {
        let exact: Vec<f64> = exact.iter().map(|x| x.leading()).collect();
        let off = |i: usize| (found[i] - exact[i]).abs();
        let most = largest(exact.iter().copied());
        let reach = if quantity == Quantity::Gradient { self.length } else { 1.0 };
        let floor = OF_LARGEST * most + CANCELLED * self.rate * reach;
        // What is not finite in double-double either says nothing; a NaN in f64 alone is wrong.
        let wrong = |i: &usize| {
            exact[*i].is_finite() && beyond(off(*i), OF_ENTRY * exact[*i].abs() + floor)
        };
        let Some(_) = (0..w.len()).find(wrong) else { return Ok(()) };
        let rounding = largest(generic().iter().zip(&exact).map(|(g, x)| g - x));
        let worst = (0..w.len())
            .filter(wrong)
            .filter(|&i| beyond(off(i), AS_GOOD * rounding))
            .max_by(|&i, &j| off(i).total_cmp(&off(j)));
        let Some(worst) = worst else { return Ok(()) };
        let entry = self.entry(quantity, worst, k, w);
        let (one, other) = (found[worst], exact[worst]);
        let pairs: Vec<(f64, f64)> = found.iter().copied().zip(exact).collect();
        Err(match coarseness(&pairs) {
            Some(relative) => {
                Flaw::FewDigits { entry, digits: digits(relative), found: one, expected: other }
            }
            None => Flaw::OtherCode { entry, found: one, expected: other },
        })
    }

    /// What the generic code gives in `f64`: the gradient, or its derivative along a direction.
    fn generic(&self, k: usize, w: &[f64], v: Option<&[f64]>) -> Vec<f64> {
        let Some(jets) = self.problem.seen::<Jet<f64>>() else { return vec![f64::NAN; w.len()] };
        let line: Vec<Jet<f64>> = (0..w.len())
            .map(|i| match v {
                Some(v) => Jet::from_coefficients(&[w[i], v[i]]),
                None => Jet::constant(w[i]),
            })
            .collect();
        let mut out = vec![Jet::zero(); w.len()];
        jets.gradient(k, &line, &mut out);
        out.iter().map(|x| x.coefficient(usize::from(v.is_some()))).collect()
    }

    /// What is made of gradients and products in one go, against gradients and products.
    pub(super) fn put_together(&self) -> Result<(), Flaw> {
        let w = &self.points[0];
        let c = if self.rate > 0.0 { 0.1 / self.rate } else { 0.1 };
        let penalized = |k: usize| {
            let mut g = self.gradient(k, w);
            let bend = self.hessian_vector(k, w, &g);
            g.iter_mut().zip(bend).for_each(|(g, bend)| *g += c * bend);
            g
        };
        let mut out = vec![0.0; w.len()];
        for &k in &self.batches {
            self.loss.penalized_gradient(k, c, w, &mut out);
            self.alike(Quantity::PenalizedGradient, k, w, &out, &penalized(k))?;
        }
        if self.batches.len() == self.loss.batches() {
            self.loss.mean_penalized_gradient(c, w, &mut out);
            let mut mean = vec![0.0; w.len()];
            for &k in &self.batches {
                for (mean, part) in mean.iter_mut().zip(penalized(k)) {
                    *mean += part / self.batches.len() as f64;
                }
            }
            self.alike(Quantity::MeanPenalizedGradient, 0, w, &out, &mean)?;
        }
        for eight in self.batches.chunks(Lanes::COUNT) {
            self.lanes(eight)?;
        }
        Ok(())
    }

    /// The gradients of up to eight minibatches, each at a point of its own, in lanes.
    fn lanes(&self, eight: &[usize]) -> Result<(), Flaw> {
        let labels: [usize; Lanes::COUNT] = std::array::from_fn(|lane| eight[lane % eight.len()]);
        let of = |lane: usize| &self.points[lane % self.points.len()];
        let dim = self.points[0].len();
        let w: Vec<f64> =
            (0..dim * Lanes::COUNT).map(|i| of(i % Lanes::COUNT)[i / Lanes::COUNT]).collect();
        let mut out = vec![0.0; w.len()];
        self.loss.gradient_in_lanes(&labels, &w, &mut out);
        for (lane, &k) in labels.iter().enumerate() {
            let own: Vec<f64> = out.iter().skip(lane).step_by(Lanes::COUNT).copied().collect();
            let g = self.gradient(k, of(lane));
            self.alike(Quantity::GradientInLanes, k, of(lane), &own, &g)?;
        }
        Ok(())
    }

    fn alike(
        &self,
        quantity: Quantity,
        k: usize,
        w: &[f64],
        found: &[f64],
        expected: &[f64],
    ) -> Result<(), Flaw> {
        let floor = OF_LARGEST * norm(expected) + CANCELLED * self.rate * self.length;
        let wrong = |i: &usize| {
            let off = (found[*i] - expected[*i]).abs();
            expected[*i].is_finite() && beyond(off, 10.0 * (OF_ENTRY * expected[*i].abs() + floor))
        };
        match (0..found.len()).find(wrong) {
            None => Ok(()),
            Some(i) => Err(Flaw::OtherCode {
                entry: self.entry(quantity, i, k, w),
                found: found[i],
                expected: expected[i],
            }),
        }
    }
}
