//! Methods that step along a smooth function of the gradient or of its running mean.

use super::hyperparameter::{fading, positive};
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::maps::Direction;
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// c = β₁ m + (1 − β₁) g, w ← w − ε ψ(c), then m ← β₂ m + (1 − β₂) g; without memory c = g.
///
/// m starts at the first gradient. ψ is a sign, a norm, a clip or an orthogonalisation, each smoothed so that it has all derivatives:
///
/// | method | ψ(c) | memory |
/// |---|---|---|
/// | sign descent | c/√(c² + e) by coordinate | none |
/// | signum | the same | β₁ = β₂ = β: c is the mean after its update |
/// | Lion | the same | β₁, β₂ |
/// | normalised descent | c/√(‖c‖² + e) | none |
/// | clipping | c/√(1 + ‖c‖²/τ²) | none |
/// | Muon | (CCᵀ + eI)^(−½) C, block by block | β₁ = β₂ = β |
///
/// Source: Bernstein et al. 2018, arXiv 1802.04434 (sign, signum); Chen et al. 2023, arXiv 2302.06675 (Lion);
/// Jordan et al. 2024 (Muon; there by Newton–Schulz); Pascanu et al. 2013, arXiv 1211.5063 (clipping).
/// The sharp sign, norm and clip are the limits e → 0, and not smooth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directed {
    direction: Direction,
    /// β₁ and β₂, if there is a memory.
    means: Option<(Ratio, Ratio)>,
    /// Whether the mean starts at zero instead of at the first gradient.
    from_zero: bool,
}

impl Directed {
    /// Descent along the smoothed sign of the gradient.
    ///
    /// # Errors
    /// [`OutOfRange`] unless e > 0.
    pub fn sign(stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let stabiliser = positive("stabiliser", stabiliser)?;
        Ok(Directed { direction: Direction::Sign { stabiliser }, means: None, from_zero: false })
    }

    /// Descent along the smoothed unit vector of the gradient.
    ///
    /// # Errors
    /// [`OutOfRange`] unless e > 0.
    pub fn normalised(stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let stabiliser = positive("stabiliser", stabiliser)?;
        Ok(Directed {
            direction: Direction::Normalised { stabiliser },
            means: None,
            from_zero: false,
        })
    }

    /// Descent along the gradient, smoothly clipped at the norm τ.
    ///
    /// # Errors
    /// [`OutOfRange`] unless τ > 0.
    pub fn clipped(threshold: Ratio) -> Result<Self, OutOfRange> {
        let threshold = positive("threshold", threshold)?;
        Ok(Directed { direction: Direction::Clipped { threshold }, means: None, from_zero: false })
    }

    /// Lion.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β₁, β₂ < 1 and e > 0.
    pub fn lion(beta1: Ratio, beta2: Ratio, stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let means = Some((fading("beta1", beta1)?, fading("beta2", beta2)?));
        Ok(Directed { means, ..Directed::sign(stabiliser)? })
    }

    /// Signum: descent along the smoothed sign of a moving average.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1 and e > 0.
    pub fn signum(beta: Ratio, stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let beta = fading("beta", beta)?;
        Directed::lion(beta, beta, stabiliser)
    }

    /// Muon: descent along a moving average whose matrices are orthogonalised; those of the loss, or one
    /// of the given shape.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1 and e > 0.
    pub fn muon(
        beta: Ratio,
        stabiliser: Ratio,
        shape: Option<(usize, usize)>,
    ) -> Result<Self, OutOfRange> {
        let direction = Direction::Orthogonalised { stabiliser, shape };
        Ok(Directed { direction, ..Directed::signum(beta, stabiliser)? })
    }
}

impl Directed {
    /// The same with a mean that starts at zero and is not corrected: its first steps are too short, which
    /// moves what it follows by O(ε).
    #[must_use]
    pub fn from_zero(self) -> Self {
        Directed { from_zero: true, ..self }
    }
}

impl<A: Arithmetic> Optimizer<A> for Directed {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let one = Ratio::new(1, 1);
        let moved = match (self.means, s.memory.as_mut_slice()) {
            (Some((beta1, beta2)), [mean]) => {
                let mut ahead = a.duplicate(mean);
                a.scale(&a.ratio(beta1), &mut ahead);
                a.axpy(&a.ratio(one - beta1), &g, &mut ahead);
                a.scale(&a.ratio(beta2), mean);
                a.axpy(&a.ratio(one - beta2), &g, mean);
                let moved = a.apply(&self.direction, &[&ahead]);
                a.recycle(ahead);
                moved
            }
            _ => a.apply(&self.direction, &[&g]),
        };
        a.axpy(&-eps.clone(), &moved, &mut s.w);
        a.recycle(g);
        a.recycle(moved);
    }

    fn memory(&self) -> usize {
        usize::from(self.means.is_some())
    }

    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let first = |a: &mut A| {
            if self.from_zero { a.zero() } else { a.gradient(Batch::Full, w) }
        };
        (0..Optimizer::<A>::memory(self)).map(|_| first(a)).collect()
    }

    fn tempo(&self) -> Tempo {
        let speed = match self.direction {
            Direction::Clipped { .. } => 1.0,
            Direction::Sign { stabiliser }
            | Direction::Normalised { stabiliser }
            | Direction::Orthogonalised { stabiliser, .. } => {
                f64::from_ratio(stabiliser).sqrt().recip()
            }
        };
        let memory = self.means.map_or(1, |(one, two)| Tempo::fading(one).max(Tempo::fading(two)));
        Tempo { speed, memory }
    }
}
