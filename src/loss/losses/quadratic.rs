//! Quadratic losses: the one family where every mean over orders has a closed form.

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::kernel::Symmetric;
use crate::loss::{FloatKernel, Loss, ProblemError};
use crate::scalar::Scalar;

/// Relative asymmetry up to which a Hessian counts as symmetric: what forming Q diag Qᵀ loses.
const ASYMMETRY: f64 = 1e-12;

/// Ĉ_k(w) = ½ (w − b_k)ᵀ H_k (w − b_k) on ℝᵈ, for k = 0 … m−1.
///
/// The H_k need be neither definite nor commuting. The third derivative vanishes, so a quadratic
/// says nothing about terms of a flow that contain one.
#[derive(Clone, Debug)]
pub struct Quadratic {
    hessians: Vec<DMatrix<f64>>,
    minima: Vec<DVector<f64>>,
    dim: usize,
    /// The Hessians as the `f64` kernel reads them.
    halves: Vec<Symmetric>,
}

impl Quadratic {
    /// The loss with `hessians` H_k (d × d) and `minima` b_k (d entries), one of each a minibatch.
    ///
    /// A Hessian that differs from its transpose by round-off is replaced by its symmetric part,
    /// which defines the same loss.
    ///
    /// # Errors
    /// [`ProblemError`] if there is no minibatch, the sizes do not fit, a number is not finite, or
    /// a Hessian is not symmetric.
    pub fn new(
        hessians: Vec<DMatrix<f64>>,
        minima: Vec<DVector<f64>>,
    ) -> Result<Self, ProblemError> {
        let Some(first) = hessians.first() else {
            return Err(ProblemError::NoBatches);
        };
        let dim = first.nrows();
        if dim == 0 {
            size("the Hessian of minibatch 0", 0, 1)?;
        }
        size("the list of minima", minima.len(), hessians.len())?;
        for (k, (hessian, minimum)) in hessians.iter().zip(&minima).enumerate() {
            size(&format!("a row of the Hessian of minibatch {k}"), hessian.ncols(), dim)?;
            size(&format!("a column of the Hessian of minibatch {k}"), hessian.nrows(), dim)?;
            size(&format!("the minimum of minibatch {k}"), minimum.len(), dim)?;
            finite(&format!("the Hessian of minibatch {k}"), hessian.as_slice())?;
            finite(&format!("the minimum of minibatch {k}"), minimum.as_slice())?;
            symmetric(k, hessian)?;
        }
        let hessians: Vec<DMatrix<f64>> =
            hessians.into_iter().map(|h| (&h + h.transpose()) * 0.5).collect();
        let halves = hessians.iter().map(|h| Symmetric::new(dim, |r, c| h[(r, c)])).collect();
        Ok(Quadratic { hessians, minima, dim, halves })
    }

    /// A random loss on ℝᵈ, d = `spectrum.len()`, whose mean Hessian has the eigenvalues `spectrum`.
    ///
    /// H_k = Q diag(spectrum) Qᵀ + spread · P_k with Q a random rotation and P_k random symmetric
    /// matrices of norm about 1 that sum to zero and do not commute; the entries of b_k are of
    /// order 1. The same `seed` gives the same loss.
    ///
    /// # Errors
    /// [`ProblemError`] if `batches` is 0, `spectrum` is empty, or it or `spread` is not finite.
    pub fn random(
        spectrum: &[f64],
        batches: usize,
        spread: f64,
        seed: u64,
    ) -> Result<Self, ProblemError> {
        if batches == 0 {
            return Err(ProblemError::NoBatches);
        }
        let dim = spectrum.len();
        if dim == 0 {
            size("the spectrum", 0, 1)?;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A sum of four uniform numbers: near enough to Gaussian, and the same bits everywhere.
        let mut draw = || (0..4).map(|_| rng.random::<f64>() - 0.5).sum::<f64>() * 3.0_f64.sqrt();

        let rotation = DMatrix::from_fn(dim, dim, |_, _| draw()).qr().q();
        let eigenvalues = DMatrix::from_diagonal(&DVector::from_column_slice(spectrum));
        let mean = &rotation * eigenvalues * rotation.transpose();

        let mut perturbations: Vec<DMatrix<f64>> = (0..batches)
            .map(|_| {
                let a = DMatrix::from_fn(dim, dim, |_, _| draw());
                (&a + a.transpose()) * (0.5 / (dim.max(1) as f64).sqrt())
            })
            .collect();
        let excess = mean_of(&perturbations, dim);
        for perturbation in &mut perturbations {
            *perturbation -= &excess;
        }
        let hessians = perturbations.into_iter().map(|p| &mean + p * spread).collect();
        let minima = (0..batches).map(|_| DVector::from_fn(dim, |_, _| draw())).collect();
        Self::new(hessians, minima)
    }

    /// H_k.
    ///
    /// # Panics
    /// If there is no minibatch `batch`.
    pub fn hessian(&self, batch: usize) -> &DMatrix<f64> {
        &self.hessians[batch]
    }

    /// b_k, the critical point of Ĉ_k.
    ///
    /// # Panics
    /// If there is no minibatch `batch`.
    pub fn batch_minimum(&self, batch: usize) -> &DVector<f64> {
        &self.minima[batch]
    }

    /// H = ⟨H_k⟩, the Hessian of C.
    pub fn mean_hessian(&self) -> DMatrix<f64> {
        mean_of(&self.hessians, self.dim)
    }

    /// The critical point H⁻¹ ⟨H_k b_k⟩ of C, its minimum if H is positive definite; `None` if H
    /// is singular.
    pub fn minimum(&self) -> Option<DVector<f64>> {
        let mut pull = DVector::zeros(self.dim);
        for (hessian, minimum) in self.hessians.iter().zip(&self.minima) {
            pull += hessian * minimum;
        }
        self.mean_hessian().lu().solve(&(pull / self.hessians.len() as f64))
    }
}

fn mean_of(matrices: &[DMatrix<f64>], dim: usize) -> DMatrix<f64> {
    matrices.iter().fold(DMatrix::zeros(dim, dim), |sum, m| sum + m) / matrices.len() as f64
}

fn size(what: &str, found: usize, expected: usize) -> Result<(), ProblemError> {
    if found == expected {
        return Ok(());
    }
    Err(ProblemError::Size { what: what.to_owned(), found, expected })
}

fn finite(what: &str, values: &[f64]) -> Result<(), ProblemError> {
    match values.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(ProblemError::NotFinite { what: what.to_owned(), value }),
        None => Ok(()),
    }
}

fn symmetric(batch: usize, hessian: &DMatrix<f64>) -> Result<(), ProblemError> {
    let tolerance = ASYMMETRY * hessian.amax();
    for column in 0..hessian.ncols() {
        for row in 0..column {
            let (above, below) = (hessian[(row, column)], hessian[(column, row)]);
            if (above - below).abs() > tolerance {
                return Err(ProblemError::NotSymmetric { batch, row, column, above, below });
            }
        }
    }
    Ok(())
}

impl Loss for Quadratic {
    fn dim(&self) -> usize {
        self.dim
    }

    fn batches(&self) -> usize {
        self.hessians.len()
    }

    fn is_quadratic(&self) -> bool {
        true
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (hessian, minimum) = (self.hessians[batch].as_slice(), &self.minima[batch]);
        let offset = |i: usize| w[i] - S::from_f64(minimum[i]);
        let mut sum = S::zero();
        for j in 0..self.dim {
            let mut image = S::zero();
            for (i, &entry) in hessian[j * self.dim..(j + 1) * self.dim].iter().enumerate() {
                image += offset(i).scale(entry);
            }
            sum += image * offset(j);
        }
        sum.scale(0.5)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let (hessian, minimum) = (self.hessians[batch].as_slice(), &self.minima[batch]);
        let offset = |i: usize| w[i] - S::from_f64(minimum[i]);
        out.fill(S::zero());
        for (j, column) in hessian.chunks_exact(self.dim).enumerate() {
            let offset = offset(j);
            for (out, &entry) in out.iter_mut().zip(column) {
                *out += offset.scale(entry);
            }
        }
    }

    fn kernel(&self) -> Option<&dyn FloatKernel> {
        Some(self)
    }
}

impl FloatKernel for Quadratic {
    fn batches(&self) -> usize {
        self.hessians.len()
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        self.halves[batch].product(w, Some(self.minima[batch].as_slice()), out);
    }

    fn hessian_vector(&self, batch: usize, _w: &[f64], v: &[f64], out: &mut [f64]) {
        self.halves[batch].product(v, None, out);
    }
}
