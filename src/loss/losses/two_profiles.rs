//! A flat valley beside which the minibatches disagree in two ways, so that the order of an epoch matters in it.

use super::tilt::Tilts;
use crate::loss::{Loss, ProblemError};
use crate::scalar::{Ratio, Scalar};

/// Ĉ_k(x, y, z) = y² + ½z² − (s_kρ + ½r_k) y − (r_kρ − ½s_k) z on ℝ³ with ρ = tanh x; s_k, r_k of mean 0, mean square
/// 1 and mean product 0.
///
/// C = y² + ½z²: every point (x, 0, 0) is a minimum and all have one Hessian. There V = ⟨‖g_k − g‖²⟩ = 2ρ² + ½, and
/// along the valley [g_j, g_k] = ρ′(s_kr_j − r_ks_j): in the valley of [`Valley`](super::Valley), where the
/// minibatches differ in one profile, it vanishes.
#[derive(Clone, Debug)]
pub struct TwoProfiles {
    tilts: Tilts,
    /// 45/(4 (m² − 1)(m² − 4)).
    unit: Ratio,
    /// (m² − 1)/3, the mean of (m − 1 − 2k)².
    middle: Ratio,
}

impl TwoProfiles {
    /// The loss with `batches` minibatches: s_k equally spaced, r_k ∝ (m − 1 − 2k)² − (m² − 1)/3.
    ///
    /// # Errors
    /// [`ProblemError`] if there are fewer than 3 minibatches.
    pub fn new(batches: usize) -> Result<Self, ProblemError> {
        if batches < 3 {
            return Err(ProblemError::FewerThanThree { batches });
        }
        let square = (batches * batches) as i64;
        Ok(TwoProfiles {
            tilts: Tilts::new(batches)?,
            unit: Ratio::new(45, 4 * (square - 1) * (square - 4)),
            middle: Ratio::new(square - 1, 3),
        })
    }

    /// s_k and r_k.
    fn profiles<S: Scalar>(&self, batch: usize) -> (S, S) {
        let from_middle = self.tilts.batches() as f64 - 1.0 - 2.0 * batch as f64;
        let square = S::from_f64(from_middle * from_middle) - S::from_ratio(self.middle);
        (self.tilts.get(batch), S::from_ratio(self.unit).sqrt() * square)
    }
}

impl Loss for TwoProfiles {
    fn dim(&self) -> usize {
        3
    }

    fn batches(&self) -> usize {
        self.tilts.batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (rho, y, z) = (w[0].tanh(), w[1], w[2]);
        let (s, r) = self.profiles::<S>(batch);
        let bowl = y.square() + z.square().scale(0.5);
        bowl - (s * rho + r.scale(0.5)) * y - (r * rho - s.scale(0.5)) * z
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let (rho, y, z) = (w[0].tanh(), w[1], w[2]);
        let (s, r) = self.profiles::<S>(batch);
        out[0] = -(S::one() - rho * rho) * (s * y + r * z);
        out[1] = y.scale(2.0) - s * rho - r.scale(0.5);
        out[2] = z - r * rho + s.scale(0.5);
    }
}
