//! A loss known only in `f64`, through closures.

use super::{Oracle, lane_by_lane, mean_over_batches};
use crate::scalar::Lanes;

type Value = dyn Fn(usize, &[f64]) -> f64 + Send + Sync;
type Gradient = dyn Fn(usize, &[f64], &mut [f64]) + Send + Sync;
type HessianVector = dyn Fn(usize, &[f64], &[f64], &mut [f64]) + Send + Sync;
type ThirdDerivative = dyn Fn(usize, &[f64], &[f64], &[f64], &mut [f64]) + Send + Sync;
type Gradients = dyn Fn(&[usize], &[f64], &mut [f64]) + Send + Sync;
type HessianVectors = dyn Fn(&[usize], &[f64], &[f64], &mut [f64]) + Send + Sync;

/// A loss given by closures for its gradient and its Hessian–vector product.
///
/// For losses that live in another program. Its value and its third derivative are known if
/// [`with_value`](Closures::with_value) and [`with_third`](Closures::with_third) give them; they and all
/// higher derivatives read NaN otherwise, so a claim that needs them is inconclusive rather than wrong.
pub struct Closures {
    dim: usize,
    batches: usize,
    gradient: Box<Gradient>,
    hessian_vector: Box<HessianVector>,
    value: Option<Box<Value>>,
    third: Option<Box<ThirdDerivative>>,
    gradients: Option<Box<Gradients>>,
    products: Option<Box<HessianVectors>>,
}

impl Closures {
    /// A loss on ℝ^`dim` with `batches` minibatches.
    ///
    /// `gradient(k, w, out)` writes ∇Ĉ_k(w), `hessian_vector(k, w, v, out)` writes ∇²Ĉ_k(w) v.
    pub fn new(
        dim: usize,
        batches: usize,
        gradient: impl Fn(usize, &[f64], &mut [f64]) + Send + Sync + 'static,
        hessian_vector: impl Fn(usize, &[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Closures {
            dim,
            batches,
            gradient: Box::new(gradient),
            hessian_vector: Box::new(hessian_vector),
            value: None,
            third: None,
            gradients: None,
            products: None,
        }
    }

    /// The same loss with its value: `value(k, w)` is Ĉ_k(w).
    #[must_use]
    pub fn with_value(
        mut self,
        value: impl Fn(usize, &[f64]) -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.value = Some(Box::new(value));
        self
    }

    /// The same loss with its third derivative: `third(k, w, u, v, out)` writes ∇³Ĉ_k(w)[u, v].
    #[must_use]
    pub fn with_third(
        mut self,
        third: impl Fn(usize, &[f64], &[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        self.third = Some(Box::new(third));
        self
    }

    /// The same loss with gradients at many points in one call, where a call costs more than a gradient:
    /// `gradients(k, w, out)` writes ∇Ĉ_{k_i}(w_i), with the points w_i, and the gradients, one after the other.
    #[must_use]
    pub fn with_gradients(
        mut self,
        gradients: impl Fn(&[usize], &[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        self.gradients = Some(Box::new(gradients));
        self
    }

    /// The same for products: `products(k, w, v, out)` writes ∇²Ĉ_{k_i}(w_i) v_i.
    #[must_use]
    pub fn with_products(
        mut self,
        products: impl Fn(&[usize], &[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        self.products = Some(Box::new(products));
        self
    }

    /// Whether its value is known.
    pub fn has_value(&self) -> bool {
        self.value.is_some()
    }

    /// Whether its third derivative is known.
    pub fn has_third(&self) -> bool {
        self.third.is_some()
    }
}

impl Oracle<f64> for Closures {
    fn dim(&self) -> usize {
        self.dim
    }

    fn batches(&self) -> usize {
        self.batches
    }

    fn is_quadratic(&self) -> bool {
        false
    }

    fn value(&self, batch: usize, w: &[f64]) -> f64 {
        self.value.as_ref().map_or(f64::NAN, |value| value(batch, w))
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        (self.gradient)(batch, w, out);
    }

    fn derivative(&self, batch: usize, w: &[f64], directions: &[&[f64]], out: &mut [f64]) {
        match (directions, &self.third) {
            ([], _) => (self.gradient)(batch, w, out),
            ([v], _) => (self.hessian_vector)(batch, w, v, out),
            ([u, v], Some(third)) => third(batch, w, u, v, out),
            _ => out.fill(f64::NAN),
        }
    }

    fn mean_penalized_gradient(&self, c: f64, w: &[f64], out: &mut [f64]) {
        let (Some(gradients), Some(products)) = (&self.gradients, &self.products) else {
            let part = |k, out: &mut [f64]| self.penalized_gradient(k, c, w, out);
            return mean_over_batches(self.batches, out, part);
        };
        let all: Vec<usize> = (0..self.batches).collect();
        let points = w.repeat(self.batches);
        let (mut g, mut bends) = (vec![0.0; points.len()], vec![0.0; points.len()]);
        gradients(&all, &points, &mut g);
        products(&all, &points, &g, &mut bends);
        g.iter_mut().zip(bends).for_each(|(g, bend)| *g += c * bend);
        mean_over_batches(self.batches, out, |k, out| {
            out.copy_from_slice(&g[k * self.dim..(k + 1) * self.dim]);
        });
    }

    fn gradient_in_lanes(&self, batches: &[usize; Lanes::COUNT], w: &[f64], out: &mut [f64]) {
        let Some(gradients) = &self.gradients else {
            return lane_by_lane(batches, [w], out, |k, [w], out| (self.gradient)(k, w, out));
        };
        // Lanes keep the eight of an entry together; a call is given the entries of a point together.
        let lane_of = |i: usize| (i % self.dim) * Lanes::COUNT + i / self.dim;
        let points: Vec<f64> = (0..w.len()).map(|i| w[lane_of(i)]).collect();
        let mut images = vec![0.0; w.len()];
        gradients(batches, &points, &mut images);
        for (i, image) in images.into_iter().enumerate() {
            out[lane_of(i)] = image;
        }
    }
}
