//! Double-double arithmetic: a real number as the unevaluated sum of two `f64`, about 31 digits.

use std::fmt::{Display, Formatter};
use std::num::ParseFloatError;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use qd::Quad;

use super::{Ratio, Real, Scalar};

/// hi + lo with |lo| ≤ ½ ulp(hi): 106 bits in the range of `f64`.
///
/// The representation, quotients and square roots come from the crate `qd`. The elementary functions
/// are our own, because that crate's exponential flushes to 0 below −709 and its logarithm loses
/// relative digits near 1; sums and products are, because they decide what a Taylor jet costs. They are good to a few units of [`ROUND_OFF`](Real::ROUND_OFF) relative to the result, as
/// long as that result and its low part are normal numbers (magnitudes from about 1e-290).
/// What overflows is not finite, but may be NaN where `f64` has ±∞.
///
/// Source: T. J. Dekker, *A floating-point technique for extending the available precision*, 1971;
/// Y. Hida, X. S. Li, D. H. Bailey, *Algorithms for quad-double precision arithmetic*, 2001.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct DoubleDouble(Quad);

/// ln 2 in three parts: reducing an argument near 700 with two would cost it three digits.
const LN_2: [f64; 3] =
    [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17, 5.707_708_438_416_212e-34];

/// π/2 in three parts.
const HALF_PI: [f64; 3] =
    [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];

/// The powers of ten up to this one are exact in double-double.
const EXACT_POWER_OF_TEN: u32 = 45;

/// Significant digits that [`Display`] prints.
const DIGITS: i32 = 31;

/// 1/k!; the factorials themselves are exact in `f64` up to 18!.
const INVERSE_FACTORIALS: [Quad; 18] = {
    let mut table = [Quad::ONE; 18];
    let mut factorial = 1.0;
    let mut k = 1;
    while k < table.len() {
        factorial *= k as f64;
        table[k] = Quad::from_f64(factorial).const_recip();
        k += 1;
    }
    table
};

impl DoubleDouble {
    /// The sum of `hi` and `lo`, brought into normal form.
    pub fn from_parts(hi: f64, lo: f64) -> Self {
        let (hi, lo) = two_sum(hi, lo);
        DoubleDouble(Quad(hi, lo))
    }

    /// The number rounded to `f64`.
    pub fn hi(self) -> f64 {
        self.0.0
    }

    /// What [`hi`](Self::hi) leaves over.
    pub fn lo(self) -> f64 {
        self.0.1
    }

    /// `value`, rounded once.
    fn from_integer(value: i128) -> Self {
        let hi = value as f64;
        // Saturates only at 2¹²⁷, where the remainder still fits.
        DoubleDouble::from_parts(hi, value.wrapping_sub(hi as i128) as f64)
    }

    /// 10ⁿ, exact up to n = 45.
    fn power_of_ten(n: u32) -> Self {
        let ten = DoubleDouble::from_f64(10.0);
        (0..n.min(EXACT_POWER_OF_TEN)).fold(DoubleDouble::one(), |power, _| power * ten)
    }

    /// `self` · 10ⁿ, in pieces that neither overflow nor round a power of ten.
    fn shift_decimal(self, n: i32) -> Self {
        let (mut shifted, mut left) = (self, n.unsigned_abs());
        while left > 0 {
            let piece = left.min(EXACT_POWER_OF_TEN);
            let power = DoubleDouble::power_of_ten(piece);
            shifted = if n < 0 { shifted / power } else { shifted * power };
            left -= piece;
        }
        shifted
    }

    /// `self` · 2ⁿ for |n| ≤ 1100, in two factors because 2¹⁰²⁴ is not an `f64`.
    fn shift_binary(self, n: i32) -> Self {
        let (first, second) = (2f64.powi(n / 2), 2f64.powi(n - n / 2));
        DoubleDouble(Quad(self.hi() * first * second, self.lo() * first * second))
    }

    /// eˣ − 1 for |x| ≤ 1, to full relative accuracy: Taylor at x/32, then five times
    /// e²ˣ − 1 = (eˣ − 1)(eˣ + 1).
    fn exp_minus_one(self) -> Self {
        const DOUBLINGS: i32 = 5;
        let x = self.shift_binary(-DOUBLINGS);
        // From x⁹/9! on, below 3e-18 of the sum, terms need no more digits than f64 has.
        let small = INVERSE_FACTORIALS[9..].iter().rev().fold(0.0, |sum, c| sum * x.hi() + c.0);
        let tail = INVERSE_FACTORIALS[2..9]
            .iter()
            .rev()
            .fold(DoubleDouble::from_f64(small), |sum, &c| sum * x + DoubleDouble(c));
        let mut e = x + x * x * tail;
        for _ in 0..DOUBLINGS {
            e = e + e + e * e;
        }
        e
    }

    /// ln(1 + x) for −½ < x ≤ 1, to full relative accuracy: one Newton step on eʸ − 1 = x.
    fn ln_one_plus(self) -> Self {
        let y = DoubleDouble::from_f64(self.hi().ln_1p());
        let e = y.exp_minus_one();
        y - (e - self) / (e + DoubleDouble::one())
    }
}

/// a + b and its rounding error, exactly (D. E. Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// a + b and its rounding error, exactly, where |a| ≥ |b| or a = 0 (T. J. Dekker).
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

impl Scalar for DoubleDouble {
    fn from_f64(x: f64) -> Self {
        DoubleDouble(Quad::from_f64(x))
    }

    fn exp(self) -> Self {
        // Beyond these bounds the result is 0 or overflows; NaN goes on to the arithmetic.
        if self.hi() < -746.0 {
            return DoubleDouble::zero();
        }
        if self.hi() > 710.0 {
            return DoubleDouble(Quad::INFINITY);
        }
        let n = (self.hi() / LN_2[0]).round();
        let reduced = LN_2.iter().fold(self, |x, &part| x - DoubleDouble::from_f64(part).scale(n));
        let e = reduced.exp_minus_one() + DoubleDouble::one();
        e.shift_binary(n as i32)
    }

    fn ln(self) -> Self {
        if self.hi() <= 0.0 || !self.is_finite() {
            return DoubleDouble::from_f64(self.hi().ln());
        }
        // x = m 2ⁿ with m in [√½, √2): neither ln m near 1 nor the sum cancels.
        let n = (self.hi().log2()).round();
        let mantissa = self.shift_binary(-(n as i32));
        (mantissa - DoubleDouble::one()).ln_one_plus()
            + DoubleDouble::from_parts(LN_2[0], LN_2[1]).scale(n)
    }

    fn sqrt(self) -> Self {
        DoubleDouble(self.0.sqrt())
    }

    fn tanh(self) -> Self {
        let (size, one) = (self.abs(), DoubleDouble::one());
        let tanh = if size.hi() < 0.5 {
            // (1 − e)/(1 + e) cancels near 0, hence through eˣ − 1.
            let e = (size + size).exp_minus_one();
            e / (e + one + one)
        } else if size.hi() > 400.0 {
            one // 1 − tanh is below the smallest f64
        } else {
            let e = (-(size + size)).exp();
            one - (e + e) / (one + e)
        };
        if self.hi().is_sign_negative() { -tanh } else { tanh }
    }

    /// Reduced to |x| ≤ π/4, where the series are summed; an argument near 10ⁿ costs n digits.
    fn sin_cos(self) -> (Self, Self) {
        if !self.is_finite() {
            return (DoubleDouble::from_f64(f64::NAN), DoubleDouble::from_f64(f64::NAN));
        }
        let n = (self.hi() / HALF_PI[0]).round();
        let x = HALF_PI.iter().fold(self, |x, &part| x - DoubleDouble::from_f64(part).scale(n));
        let (mut sine, mut cosine) = (DoubleDouble::zero(), DoubleDouble::zero());
        // xᵏ/k! down to 1e-35 of the sum: (π/4)²⁹/29!.
        let mut term = DoubleDouble::one();
        for k in 0..30_u32 {
            let signed = if k / 2 % 2 == 0 { term } else { -term };
            *(if k % 2 == 0 { &mut cosine } else { &mut sine }) += signed;
            term = term * x / DoubleDouble::from_f64(f64::from(k + 1));
        }
        match n.rem_euclid(4.0) as u8 {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        }
    }

    fn softplus(self) -> Self {
        let tail = (-self.abs()).exp().ln_one_plus();
        if self.hi() > 0.0 { self + tail } else { tail }
    }

    fn leading(self) -> f64 {
        self.hi()
    }

    fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    fn from_ratio(r: Ratio) -> Self {
        DoubleDouble::from_integer(r.numer()) / DoubleDouble::from_integer(r.denom())
    }

    fn logistic(self) -> Self {
        // Through tanh the tail to the left would lose its relative digits.
        let (e, one) = ((-self.abs()).exp(), DoubleDouble::one());
        if self.hi() > 0.0 { one / (one + e) } else { e / (one + e) }
    }
}

impl Real for DoubleDouble {
    const ROUND_OFF: f64 = f64::EPSILON * f64::EPSILON / 2.0;

    fn abs(self) -> Self {
        DoubleDouble(self.0.abs())
    }
}

/// Reads a decimal number as `f64` would, but keeps 38 of its digits.
impl FromStr for DoubleDouble {
    type Err = ParseFloatError;

    /// # Errors
    /// The error of `f64::from_str` on the same text.
    fn from_str(text: &str) -> Result<Self, ParseFloatError> {
        let nearest: f64 = text.parse()?;
        if !nearest.is_finite() || nearest.abs() <= 0.0 {
            return Ok(DoubleDouble::from_f64(nearest));
        }
        // The text is a well-formed number from here on.
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let mut exponent: i32 = exponent.parse().unwrap_or(0);
        let (mut digits, mut fraction) = (0_i128, false);
        for c in mantissa.chars() {
            fraction |= c == '.';
            let Some(digit) = c.to_digit(10) else { continue };
            let room = digits < 10_i128.pow(37);
            if room {
                digits = 10 * digits + i128::from(digit);
            }
            exponent += i32::from(!room) - i32::from(fraction);
        }
        let size = DoubleDouble::from_integer(digits).shift_decimal(exponent);
        Ok(if nearest < 0.0 { -size } else { size })
    }
}

/// Scientific notation with 31 digits; the last may be off by a unit or two.
impl Display for DoubleDouble {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let size = self.abs();
        if !self.is_finite() || size.hi() <= 0.0 {
            return self.hi().fmt(f);
        }
        let mut exponent = size.hi().log10().floor() as i32;
        let digits_at = |exponent: i32| {
            let scaled = size.shift_decimal(DIGITS - 1 - exponent);
            (scaled.hi() as i128 + scaled.lo().round() as i128).to_string()
        };
        let mut digits = digits_at(exponent);
        // Next to a power of ten the f64 logarithm may be on the wrong side.
        let excess = digits.len() as i32 - DIGITS;
        if excess != 0 {
            exponent += excess;
            digits = digits_at(exponent);
        }
        let sign = if self.hi() < 0.0 { "-" } else { "" };
        let (first, rest) = digits.split_at(1);
        write!(f, "{sign}{first}.{rest}e{exponent}")
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // The quicker sum of `qd` loses digits when the operands cancel, and its accurate one branches
        // on their order, which costs more than the six additions that do without.
        let (high, error) = two_sum(self.hi(), other.hi());
        let (low, low_error) = two_sum(self.lo(), other.lo());
        let (high, low) = quick_two_sum(high, error + low);
        let (hi, lo) = quick_two_sum(high, low + low_error);
        DoubleDouble(Quad(hi, lo))
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        // One fused operation instead of the three of `qd`: it is a library call on a baseline
        // target, and the products with a low part need no error term of their own.
        let (Quad(a, a_lo), Quad(b, b_lo)) = (self.0, other.0);
        let product = a * b;
        let (hi, lo) = quick_two_sum(product, a.mul_add(b, -product) + (a * b_lo + a_lo * b));
        DoubleDouble(Quad(hi, lo))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        DoubleDouble(self.0 / other.0)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        DoubleDouble(-self.0)
    }
}

impl AddAssign for DoubleDouble {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for DoubleDouble {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl MulAssign for DoubleDouble {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl DivAssign for DoubleDouble {
    fn div_assign(&mut self, other: Self) {
        *self = *self / other;
    }
}
