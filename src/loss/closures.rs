//! A loss known only in `f64`, through closures.

use super::Oracle;

type Gradient = dyn Fn(usize, &[f64], &mut [f64]) + Send + Sync;
type HessianVector = dyn Fn(usize, &[f64], &[f64], &mut [f64]) + Send + Sync;

/// A loss given by closures for its gradient and its Hessian–vector product.
///
/// For losses that live in another program. Its value and its derivatives from the third on are not known
/// and read NaN, so a claim that needs either is inconclusive rather than wrong.
pub struct Closures {
    dim: usize,
    batches: usize,
    gradient: Box<Gradient>,
    hessian_vector: Box<HessianVector>,
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
        }
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

    fn value(&self, _batch: usize, _w: &[f64]) -> f64 {
        f64::NAN
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        (self.gradient)(batch, w, out);
    }

    fn derivative(&self, batch: usize, w: &[f64], directions: &[&[f64]], out: &mut [f64]) {
        match directions {
            [] => (self.gradient)(batch, w, out),
            [v] => (self.hessian_vector)(batch, w, v, out),
            _ => out.fill(f64::NAN),
        }
    }
}
