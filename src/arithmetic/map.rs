//! Smooth functions of whole vectors.

use crate::scalar::Scalar;

/// A smooth function of whole vectors, written once over any [`Scalar`]: it may mix coordinates.
///
/// Numbers, lanes, double-double and power series in ε run it as it stands, derivatives included.
pub trait Map {
    /// φ(x₁, x₂, …), written over `out`, which has as many entries as each input.
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]);
}
