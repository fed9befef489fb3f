//! Eight numbers side by side.
#![allow(unsafe_code)] // one claim about the layout of a struct, so that kernels may read its numbers

use std::array::from_fn;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use pulp::bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

use super::{Ratio, Scalar};
use crate::kernel;

/// Eight independent `f64`: what is run in them is run for eight trajectories at once.
///
/// Every operation acts lane by lane, and every lane computes what `f64` would.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f64; Lanes::COUNT]);

// SAFETY: eight numbers without padding, for which every bit pattern is valid.
unsafe impl Zeroable for Lanes {}
// SAFETY: as above; the type is `Copy`, `'static` and `repr(C)`.
unsafe impl Pod for Lanes {}

impl Lanes {
    /// The number of lanes.
    pub const COUNT: usize = 8;

    /// All numbers of `lanes`, the eight of each entry together.
    pub fn numbers(lanes: &[Lanes]) -> &[f64] {
        cast_slice(lanes)
    }

    /// As [`numbers`](Lanes::numbers), to be written.
    pub fn numbers_mut(lanes: &mut [Lanes]) -> &mut [f64] {
        cast_slice_mut(lanes)
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Lanes(self.0.map(f))
    }

    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Lanes(from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Add for Lanes {
    type Output = Lanes;
    fn add(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Lanes {
    type Output = Lanes;
    fn sub(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Lanes {
    type Output = Lanes;
    fn mul(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a * b)
    }
}

impl Div for Lanes {
    type Output = Lanes;
    fn div(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a / b)
    }
}

impl Neg for Lanes {
    type Output = Lanes;
    fn neg(self) -> Lanes {
        self.map(|a| -a)
    }
}

impl AddAssign for Lanes {
    fn add_assign(&mut self, other: Lanes) {
        *self = *self + other;
    }
}

impl SubAssign for Lanes {
    fn sub_assign(&mut self, other: Lanes) {
        *self = *self - other;
    }
}

impl MulAssign for Lanes {
    fn mul_assign(&mut self, other: Lanes) {
        *self = *self * other;
    }
}

impl Scalar for Lanes {
    fn from_f64(x: f64) -> Self {
        Lanes([x; Lanes::COUNT])
    }
    fn exp(self) -> Self {
        self.map(f64::exp)
    }
    fn ln(self) -> Self {
        self.map(f64::ln)
    }
    fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }
    fn tanh(self) -> Self {
        self.map(Scalar::tanh)
    }
    fn sin_cos(self) -> (Self, Self) {
        (self.map(f64::sin), self.map(f64::cos))
    }
    fn softplus(self) -> Self {
        self.map(Scalar::softplus)
    }
    /// The value of the lane that is largest in magnitude; NaN if one is.
    fn leading(self) -> f64 {
        let larger = |a: f64, b: f64| if a.is_nan() || a.abs() >= b.abs() { a } else { b };
        self.0.into_iter().fold(0.0, larger)
    }
    fn is_finite(self) -> bool {
        self.0.into_iter().all(f64::is_finite)
    }
    fn from_ratio(r: Ratio) -> Self {
        Self::from_f64(f64::from_ratio(r))
    }
    fn add_scaled(y: &mut [Lanes], c: Lanes, x: &[Lanes]) {
        kernel::add_scaled(Lanes::numbers_mut(y), &c.0, Lanes::numbers(x));
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;
    use crate::scalar::Scalar;

    #[test]
    fn the_leading_lane_is_the_largest_and_nan_is_never_hidden() {
        let lanes = |x: f64| Lanes([0.0, 1.0, -3.0, 2.0, x, 0.5, 1.5, -1.0]);
        assert!((lanes(-7.0).leading() + 7.0).abs() < 1e-15);
        assert!((lanes(0.0).leading() + 3.0).abs() < 1e-15);
        assert!(lanes(f64::NAN).leading().is_nan());
        assert!(!lanes(f64::INFINITY).is_finite() && lanes(1.0).is_finite());
    }
}
