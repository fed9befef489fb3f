//! The hyperbolic tangent of every lane of a vector.

use pulp::Simd;
use pulp::bytemuck::cast_slice_mut;

/// tanh x of each lane, within 3.5 units in the last place (5 without fused multiply–add); ±0, subnormals, ±∞ and NaN as they
/// should be.
///
/// With |x| = n ln 2/2 + y, |y| ≤ ln 2/4, and tanh y = P/Q the Padé approximant of type [5/6], whose
/// error there is below 10⁻¹⁸: e^{2|x|} = 2ⁿ (Q + P)/(Q − P), so that
///
/// tanh |x| = ((2ⁿ − 1) Q + (2ⁿ + 1) P) / ((2ⁿ + 1) Q + (2ⁿ − 1) P),
///
/// one division, no branch, and no cancellation near 0.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    /// Beyond this tanh rounds to 1.
    const LARGEST: f64 = 20.0;
    /// Adding 1.5 · 2⁵² leaves the nearest integer in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    /// ln 2/2 in two parts; n times the first, a multiple of 2⁻³³, is exact.
    const HALF_LN_2: f64 = 2_977_044_471.0 / 8_589_934_592.0;
    const HALF_LN_2_REST: f64 = 9.541_074_646_352_939e-11;

    let constant = |value: f64| simd.splat_f64s(value);
    let sign = simd.and_f64s(x, constant(-0.0));
    let size = simd.xor_f64s(x, sign);
    let large = simd.less_than_f64s(constant(LARGEST), size); // false for NaN, which passes through
    let size = simd.select_f64s(large, constant(LARGEST), size);

    let rounded =
        simd.mul_add_e_f64s(size, constant(2.0 * std::f64::consts::LOG2_E), constant(ROUNDER));
    let n = simd.sub_f64s(rounded, constant(ROUNDER));
    let y = simd.mul_add_e_f64s(n, constant(-HALF_LN_2), size);
    let y = simd.mul_add_e_f64s(n, constant(-HALF_LN_2_REST), y);

    let z = simd.mul_f64s(y, y);
    let p = simd.mul_add_e_f64s(z, constant(21.0), constant(1260.0));
    let p = simd.mul_add_e_f64s(z, p, constant(10395.0));
    let p = simd.mul_f64s(y, p);
    let q = simd.add_f64s(z, constant(210.0));
    let q = simd.mul_add_e_f64s(z, q, constant(4725.0));
    let q = simd.mul_add_e_f64s(z, q, constant(10395.0));

    let power = power_of_two::<S>(rounded);
    let less = simd.sub_f64s(power, constant(1.0));
    let more = simd.add_f64s(power, constant(1.0));
    let numerator = simd.mul_add_e_f64s(less, q, simd.mul_f64s(more, p));
    let denominator = simd.mul_add_e_f64s(more, q, simd.mul_f64s(less, p));
    simd.or_f64s(simd.div_f64s(numerator, denominator), sign)
}

/// 2ⁿ for n in the low bits of each lane's mantissa, 0 ≤ n < 1024.
#[inline(always)]
fn power_of_two<S: Simd>(mut rounded: S::f64s) -> S::f64s {
    /// What the exponent field holds for 2⁰.
    const BIAS: u64 = 1023;
    /// The bits below the exponent field.
    const MANTISSA: u32 = 52;
    for word in cast_slice_mut::<S::f64s, u64>(std::slice::from_mut(&mut rounded)) {
        *word = (*word + BIAS) << MANTISSA;
    }
    rounded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)] // special values are exact

    use pulp::{Arch, Simd, WithSimd};

    use crate::kernel::all_instructions;
    use crate::scalar::{DoubleDouble, Scalar};

    struct Map<'a>(&'a mut [f64]);

    impl WithSimd for Map<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            for x in S::as_mut_simd_f64s(self.0).0 {
                *x = super::tanh(simd, *x);
            }
        }
    }

    fn tanh(instructions: Arch, x: f64) -> f64 {
        let mut lanes = [x; 8];
        instructions.dispatch(Map(&mut lanes));
        assert!(lanes.iter().all(|lane| lane.to_bits() == lanes[0].to_bits()), "lanes differ");
        lanes[0]
    }

    /// The distance from `y` to tanh x in units in the last place of tanh x.
    fn error(x: f64, y: f64) -> f64 {
        let exact = DoubleDouble::from_f64(x).tanh();
        let place = f64::powi(2.0, exact.leading().abs().log2().floor() as i32 - 52);
        (DoubleDouble::from_f64(y) - exact).leading().abs() / place
    }

    #[test]
    fn it_is_within_a_few_units_in_the_last_place_everywhere() {
        for instructions in all_instructions() {
            let mut worst = (0.0, 0.0);
            // Sizes from 2⁻⁴⁰ to 2⁵ spaced by ratios, and a fine grid where the pieces meet.
            let spread =
                (0..200_000).map(|i| f64::powf(2.0, -40.0 + 45.0 * f64::from(i) / 200_000.0));
            let grid = (1..200_000).map(|i| f64::from(i) * 1e-4);
            for x in spread.chain(grid) {
                let y = tanh(instructions, x);
                assert_eq!(tanh(instructions, -x), -y, "tanh is odd, at {x}");
                let error = error(x, y);
                if error > worst.1 {
                    worst = (x, error);
                }
            }
            let (x, error) = worst;
            let bound = if matches!(instructions, Arch::Scalar) { 5.0 } else { 3.5 };
            assert!(error <= bound, "{instructions:?}: {error:.2} units off at {x}");
            assert!(error > 0.5, "the measure of the error is blind");
        }
    }

    #[test]
    fn special_values_are_exact() {
        for instructions in all_instructions() {
            let tanh = |x| tanh(instructions, x);
            assert_eq!(tanh(0.0).to_bits(), 0.0_f64.to_bits());
            assert_eq!(tanh(-0.0).to_bits(), (-0.0_f64).to_bits());
            assert_eq!(tanh(f64::INFINITY), 1.0);
            assert_eq!(tanh(f64::NEG_INFINITY), -1.0);
            assert_eq!(tanh(f64::MAX), 1.0);
            assert!(tanh(f64::NAN).is_nan());
            for tiny in [f64::from_bits(1), f64::from_bits(12345), f64::MIN_POSITIVE, 1e-300, 1e-20]
            {
                let ulps = (tanh(tiny) - tiny).abs() / (tiny * f64::EPSILON).max(f64::from_bits(1));
                assert!(ulps <= 1.0, "{tiny:e} becomes {:e}", tanh(tiny));
            }
        }
    }
}
