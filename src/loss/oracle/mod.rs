//! A loss seen through one scalar, without its type: values and derivatives of its minibatches.

mod closures;
mod float_kernel;
mod relabelled;
mod ridged;
mod shared;
mod tampered;

pub use closures::Closures;
pub use float_kernel::FloatKernel;
pub use relabelled::Relabelled;
pub use ridged::Ridged;
pub(super) use shared::{lane_by_lane, mean_over_batches, penalize};
pub use tampered::{Tampered, Tampering};

use super::Loss;
use crate::scalar::mixed_derivative;
use crate::scalar::running::erase;
use crate::scalar::{Dual, Jet, Lanes, Scalar};

/// Values and derivatives of a finite-sum loss in the scalar `S`, one minibatch at a time.
///
/// Every [`Loss`] is an `Oracle` in every scalar. Vectors have `dim()` entries; results are
/// written over `out`.
pub trait Oracle<S: Scalar>: Send + Sync {
    /// The number d of parameters.
    fn dim(&self) -> usize;

    /// The number m of minibatches.
    fn batches(&self) -> usize;

    /// Whether every minibatch gradient is affine in w.
    fn is_quadratic(&self) -> bool;

    /// The matrices that the parameters are made of: see [`Loss::blocks`].
    fn blocks(&self) -> Vec<(usize, usize)> {
        vec![(self.dim(), 1)]
    }

    /// Ĉ_k(w).
    fn value(&self, batch: usize, w: &[S]) -> S;

    /// g_k(w) = ∇Ĉ_k(w).
    fn gradient(&self, batch: usize, w: &[S], out: &mut [S]);

    /// Dⁿ⁺¹Ĉ_k(w)[v₁, …, v_n], all directions held fixed; without directions the gradient.
    fn derivative(&self, batch: usize, w: &[S], directions: &[&[S]], out: &mut [S]);

    /// H_k(w) v with H_k = ∇²Ĉ_k.
    fn hessian_vector(&self, batch: usize, w: &[S], v: &[S], out: &mut [S]) {
        self.derivative(batch, w, &[v], out);
    }

    /// g_k + c H_k g_k, the gradient of Ĉ_k + (c/2)‖g_k‖².
    fn penalized_gradient(&self, batch: usize, c: S, w: &[S], out: &mut [S]) {
        self.gradient(batch, w, out);
        penalize(c, out, |g, bend| self.hessian_vector(batch, w, g, bend));
    }

    /// ⟨g_k + c H_k g_k⟩, the mean over the minibatches.
    fn mean_penalized_gradient(&self, c: S, w: &[S], out: &mut [S]) {
        mean_over_batches(self.batches(), out, |k, out| self.penalized_gradient(k, c, w, out));
    }

    /// g_k at eight points, each for a minibatch of its own; see [`FloatKernel::gradient_in_lanes`](super::FloatKernel::gradient_in_lanes).
    fn gradient_in_lanes(&self, batches: &[usize; Lanes::COUNT], w: &[S], out: &mut [S]) {
        lane_by_lane(batches, [w], out, |batch, [w], out| self.gradient(batch, w, out));
    }

    /// T_k(w)[u, v] with T_k = ∇³Ĉ_k, both directions held fixed.
    fn third_derivative(&self, batch: usize, w: &[S], u: &[S], v: &[S], out: &mut [S]) {
        self.derivative(batch, w, &[u, v], out);
    }
}

impl<L: Loss, S: Scalar> Oracle<S> for L {
    fn dim(&self) -> usize {
        Loss::dim(self)
    }

    fn batches(&self) -> usize {
        Loss::batches(self)
    }

    fn is_quadratic(&self) -> bool {
        Loss::is_quadratic(self)
    }

    fn blocks(&self) -> Vec<(usize, usize)> {
        Loss::blocks(self)
    }

    fn value(&self, batch: usize, w: &[S]) -> S {
        Loss::value(self, batch, w)
    }

    fn gradient(&self, batch: usize, w: &[S], out: &mut [S]) {
        if let (Some(kernel), Some(w), Some(out)) =
            (self.kernel(), S::floats(w), S::floats_mut(out))
        {
            return kernel.gradient(batch, w, out);
        }
        Loss::gradient(self, batch, w, out);
    }

    fn derivative(&self, batch: usize, w: &[S], directions: &[&[S]], out: &mut [S]) {
        match directions {
            [] => Oracle::gradient(self, batch, w, out),
            [v] => self.hessian_vector(batch, w, v, out),
            [u, v] => self.third_derivative(batch, w, u, v, out),
            [u, v, x] => {
                let moved: Vec<Dual<Dual<Dual<S>>>> = (0..w.len())
                    .map(|i| {
                        let fixed = |x: S| Dual::new(x, S::zero());
                        let along = Dual::new(fixed(v[i]), Dual::zero());
                        Dual::new(Dual::new(Dual::new(w[i], u[i]), fixed(x[i])), along)
                    })
                    .collect();
                let mut image = vec![Dual::zero(); w.len()];
                Loss::gradient(self, batch, &moved, &mut image);
                for (out, image) in out.iter_mut().zip(image) {
                    *out = image.derivative.derivative.derivative;
                }
            }
            _ => {
                let along = |w: &[Jet<S>], image: &mut [Jet<S>]| {
                    Loss::gradient(self, batch, w, image);
                };
                mixed_derivative(along, w, directions, out);
            }
        }
    }

    fn hessian_vector(&self, batch: usize, w: &[S], v: &[S], out: &mut [S]) {
        if let (Some(kernel), Some(w), Some(v)) = (self.kernel(), S::floats(w), S::floats(v))
            && let Some(out) = S::floats_mut(out)
        {
            return kernel.hessian_vector(batch, w, v, out);
        }
        let moved: Vec<Dual<S>> = w.iter().zip(v).map(|(&w, &v)| Dual::new(w, v)).collect();
        let mut image = vec![Dual::zero(); w.len()];
        Loss::gradient(self, batch, &moved, &mut image);
        for (out, image) in out.iter_mut().zip(image) {
            *out = image.derivative;
        }
    }

    fn penalized_gradient(&self, batch: usize, c: S, w: &[S], out: &mut [S]) {
        if let (Some(kernel), Some(&[c]), Some(w)) = (self.kernel(), S::floats(&[c]), S::floats(w))
            && let Some(out) = S::floats_mut(out)
        {
            return kernel.penalized_gradient(batch, c, w, out);
        }
        Oracle::gradient(self, batch, w, out);
        penalize(c, out, |g, bend| self.hessian_vector(batch, w, g, bend));
    }

    fn mean_penalized_gradient(&self, c: S, w: &[S], out: &mut [S]) {
        if let (Some(kernel), Some(&[c]), Some(w)) = (self.kernel(), S::floats(&[c]), S::floats(w))
            && let Some(out) = S::floats_mut(out)
        {
            return kernel.mean_penalized_gradient(c, w, out);
        }
        let one = |k, out: &mut [S]| self.penalized_gradient(k, c, w, out);
        mean_over_batches(Loss::batches(self), out, one);
    }

    fn gradient_in_lanes(&self, batches: &[usize; Lanes::COUNT], w: &[S], out: &mut [S]) {
        if let (Some(kernel), Some(w), Some(out)) =
            (self.kernel(), S::floats(w), S::floats_mut(out))
        {
            return kernel.gradient_in_lanes(batches, w, out);
        }
        lane_by_lane(batches, [w], out, |batch, [w], out| Oracle::gradient(self, batch, w, out));
    }

    fn third_derivative(&self, batch: usize, w: &[S], u: &[S], v: &[S], out: &mut [S]) {
        let moved: Vec<Dual<Dual<S>>> = (w.iter().zip(u).zip(v))
            .map(|((&w, &u), &v)| Dual::new(Dual::new(w, u), Dual::new(v, S::zero())))
            .collect();
        let mut image = vec![Dual::zero(); w.len()];
        Loss::gradient(self, batch, &moved, &mut image);
        for (out, image) in out.iter_mut().zip(image) {
            *out = image.derivative.derivative;
        }
    }
}

/// A scalar, as it is: what a loss is evaluated in.
type Bare<S> = S;

erase! {
    followed:
    /// A loss erased to the scalars that run: measured in `f64` and double-double, integrated by
    /// Taylor series in the jets of both.
    Differentiable = Oracle<Bare<_>>,
    /// A scalar in which losses are evaluated.
    Evaluated::oracle,
    /// A loss, in all scalars that run or in `f64` alone.
    AnyLoss,
}
