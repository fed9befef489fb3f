//! Taylor jets: truncated power series of one variable.

use std::fmt::{Debug, Formatter};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Ratio, Scalar};

/// The most coefficients a jet can hold unless it says otherwise: orders 0 to 31.
pub const CAPACITY: usize = 32;

/// Coefficients of a product summed at once; it divides every capacity.
const BLOCK: usize = 4;

/// x₀ + x₁ s + … + x_{n−1} sⁿ⁻¹ + O(sⁿ), with its number n of coefficients known at run time.
///
/// A constant has length 1, a quantity known to order k has length k + 1, and an operation yields
/// the longer of its operands' lengths. The shorter operand counts as a polynomial, its missing
/// coefficients as 0. Hence a *variable* must be given its full length, trailing zeros included: the
/// square of t₀ + s at length 2 has lost s² for good.
///
/// Functions are expanded by the recurrences that their differential equations give, at a cost
/// quadratic in the length. Source: R. D. Neidinger, *Introduction to automatic differentiation*, 2010;
/// E. Hairer, S. P. Nørsett, G. Wanner, *Solving Ordinary Differential Equations I*, §I.8.
///
/// Jets of jets are series in two variables; where many are copied, a smaller capacity N (a multiple of 4) keeps
/// them small.
#[derive(Clone, Copy)]
pub struct Jet<S, const N: usize = CAPACITY> {
    len: usize,
    /// Zero from `len` on.
    coefficients: [S; N],
}

impl<S: Scalar> Jet<S> {
    /// `value` + 0 s + 0 s² + …
    pub fn constant(value: S) -> Self {
        Jet::of(value)
    }

    /// The jet of the given coefficients, lowest first: none means 0, those past [`CAPACITY`] are cut.
    pub fn from_coefficients(coefficients: &[S]) -> Self {
        Jet::of_coefficients(coefficients)
    }
}

impl<S: Scalar, const N: usize> Jet<S, N> {
    /// `value` + 0 s + 0 s² + …, of any capacity.
    pub fn of(value: S) -> Self {
        const { assert!(N > 0 && N.is_multiple_of(BLOCK), "a capacity is a multiple of four") };
        let mut coefficients = [S::zero(); N];
        coefficients[0] = value;
        Jet { len: 1, coefficients }
    }

    /// The jet of the given coefficients, lowest first, of any capacity: none means 0, those past it are cut.
    pub fn of_coefficients(coefficients: &[S]) -> Self {
        let mut jet = Self::zeros(coefficients.len().clamp(1, N));
        for (slot, &c) in jet.coefficients.iter_mut().zip(coefficients) {
            *slot = c;
        }
        jet
    }

    /// The coefficient of sᵏ: 0 for k past the length.
    pub fn coefficient(&self, k: usize) -> S {
        self.live().get(k).copied().unwrap_or_else(S::zero)
    }

    /// The number of coefficients, at least 1.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.len
    }

    /// Appends the next coefficient; past the capacity it is cut.
    pub fn push(&mut self, coefficient: S) {
        if let Some(slot) = self.coefficients.get_mut(self.len) {
            *slot = coefficient;
            self.len += 1;
        }
    }

    fn zeros(len: usize) -> Self {
        Jet { len, coefficients: [S::zero(); N] }
    }

    fn live(&self) -> &[S] {
        &self.coefficients[..self.len]
    }

    fn map(mut self, f: impl Fn(S) -> S) -> Self {
        for c in &mut self.coefficients[..self.len] {
            *c = f(*c);
        }
        self
    }

    /// k x_k: the coefficients of s x′(s).
    fn weighted(&self) -> Self {
        let mut weighted = *self;
        for (k, c) in weighted.coefficients[..self.len].iter_mut().enumerate() {
            *c = c.scale(k as f64);
        }
        weighted
    }

    /// The jet that starts with `leading` and continues by `next`, which is shown the coefficients so
    /// far and their number k.
    fn recurrence(len: usize, leading: S, mut next: impl FnMut(&[S], usize) -> S) -> Self {
        let mut jet = Self::of(leading);
        for k in 1..len {
            jet.coefficients[k] = next(&jet.coefficients[..k], k);
        }
        jet.len = len;
        jet
    }
}

/// Σ_j a_j b_{n−1−j} over two slices of the same length n.
fn convolution<S: Scalar>(a: &[S], b: &[S]) -> S {
    a.iter().zip(b.iter().rev()).fold(S::zero(), |sum, (&a, &b)| sum + a * b)
}

fn integer<S: Scalar>(k: usize) -> S {
    S::from_f64(k as f64)
}

impl<S: Scalar, const N: usize> Add for Jet<S, N> {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl<S: Scalar, const N: usize> Sub for Jet<S, N> {
    type Output = Self;
    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

impl<S: Scalar, const N: usize> Mul for Jet<S, N> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if other.len == 1 {
            return self.map(|c| c * other.coefficients[0]);
        }
        if self.len == 1 {
            return other.map(|c| self.coefficients[0] * c);
        }
        let len = self.len.max(other.len);
        let mut product = Self::zeros(len);
        let blocks = product.coefficients.as_chunks_mut::<BLOCK>().0;
        for (sums, k) in blocks.iter_mut().zip((0..len).step_by(BLOCK)) {
            // Into the coefficient k + i of this block: a_j b_{k+i−j} for j ≤ k, then for j > k.
            let rows = other.coefficients[..k + BLOCK].windows(BLOCK).rev();
            for (&a, b) in self.coefficients[..=k].iter().zip(rows) {
                for (sum, &b) in sums.iter_mut().zip(b) {
                    *sum += a * b;
                }
            }
            for (j, &a) in self.coefficients[k + 1..k + BLOCK].iter().enumerate() {
                for (sum, &b) in sums[j + 1..].iter_mut().zip(&other.coefficients) {
                    *sum += a * b;
                }
            }
        }
        for past in &mut product.coefficients[len..len.next_multiple_of(BLOCK)] {
            *past = S::zero();
        }
        product
    }
}

impl<S: Scalar, const N: usize> Div for Jet<S, N> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let divisor = other.coefficients[0];
        if other.len == 1 {
            return self.map(|c| c / divisor);
        }
        let len = self.len.max(other.len);
        Self::recurrence(len, self.coefficients[0] / divisor, |q, k| {
            (self.coefficients[k] - convolution(&other.coefficients[1..=k], q)) / divisor
        })
    }
}

impl<S: Scalar, const N: usize> Neg for Jet<S, N> {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(|c| -c)
    }
}

impl<S: Scalar, const N: usize> AddAssign for Jet<S, N> {
    fn add_assign(&mut self, other: Self) {
        for (a, &b) in self.coefficients.iter_mut().zip(other.live()) {
            *a += b;
        }
        self.len = self.len.max(other.len);
    }
}

impl<S: Scalar, const N: usize> SubAssign for Jet<S, N> {
    fn sub_assign(&mut self, other: Self) {
        for (a, &b) in self.coefficients.iter_mut().zip(other.live()) {
            *a -= b;
        }
        self.len = self.len.max(other.len);
    }
}

impl<S: Scalar, const N: usize> MulAssign for Jet<S, N> {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<S: Scalar, const N: usize> Scalar for Jet<S, N> {
    fn from_f64(x: f64) -> Self {
        Self::of(S::from_f64(x))
    }

    /// From e′ = e x′.
    fn exp(self) -> Self {
        let slope = self.weighted();
        Self::recurrence(self.len, self.coefficients[0].exp(), |e, k| {
            convolution(&slope.coefficients[1..=k], e) / integer(k)
        })
    }

    /// From x l′ = x′.
    fn ln(self) -> Self {
        let slope = self.weighted();
        let x = &self.coefficients;
        // s l′ = s x′ / x is a quotient; its coefficients are k l_k.
        let quotient = Self::recurrence(self.len, S::zero(), |q, k| {
            (slope.coefficients[k] - convolution(&x[1..=k], q)) / x[0]
        });
        Self::recurrence(self.len, x[0].ln(), |_, k| quotient.coefficients[k] / integer(k))
    }

    /// From r² = x.
    fn sqrt(self) -> Self {
        let root = self.coefficients[0].sqrt();
        let twice = root + root;
        Self::recurrence(self.len, root, |r, k| {
            (self.coefficients[k] - convolution(&r[1..], &r[1..])) / twice
        })
    }

    /// From t′ = (1 − t²) x′.
    fn tanh(self) -> Self {
        let slope = self.weighted();
        let leading = self.coefficients[0].tanh();
        let mut complement = Self::zeros(self.len); // 1 − t², one coefficient behind t
        Self::recurrence(self.len, leading, |t, k| {
            complement.coefficients[k - 1] = -convolution(t, t);
            if k == 1 {
                complement.coefficients[0] += S::one();
            }
            convolution(&slope.coefficients[1..=k], &complement.coefficients[..k]) / integer(k)
        })
    }

    /// From s′ = c x′ and c′ = −s x′.
    fn sin_cos(self) -> (Self, Self) {
        let slope = self.weighted();
        let (sine, cosine) = self.coefficients[0].sin_cos();
        let mut cosines = Self::zeros(self.len);
        cosines.coefficients[0] = cosine;
        let sines = Self::recurrence(self.len, sine, |s, k| {
            let slope = &slope.coefficients[1..=k];
            cosines.coefficients[k] = -(convolution(slope, s) / integer(k));
            convolution(slope, &cosines.coefficients[..k]) / integer(k)
        });
        (sines, cosines)
    }

    /// From p′ = x′/(1 + e⁻ˣ).
    fn softplus(self) -> Self {
        let slope = self.weighted();
        let logistic = self.logistic();
        Self::recurrence(self.len, self.coefficients[0].softplus(), |_, k| {
            convolution(&slope.coefficients[1..=k], &logistic.coefficients[..k]) / integer(k)
        })
    }

    fn leading(self) -> f64 {
        self.coefficients[0].leading()
    }

    fn magnitude(self) -> f64 {
        // NaN, once met, stays.
        self.live()
            .iter()
            .map(|c| c.magnitude())
            .fold(0.0, |most, size| if size.is_nan() || size > most { size } else { most })
    }

    fn is_finite(self) -> bool {
        self.live().iter().all(|c| c.is_finite())
    }

    fn from_ratio(r: Ratio) -> Self {
        Self::of(S::from_ratio(r))
    }

    fn scale(self, c: f64) -> Self {
        self.map(|x| x.scale(c))
    }

    fn square(self) -> Self {
        let mut square = self * self;
        // Of intervals, the square is narrower than the product.
        square.coefficients[0] = self.coefficients[0].square();
        square
    }
}

/// Equal lengths and equal coefficients.
impl<S: PartialEq, const N: usize> PartialEq for Jet<S, N> {
    fn eq(&self, other: &Self) -> bool {
        self.coefficients[..self.len] == other.coefficients[..other.len]
    }
}

impl<S: Debug, const N: usize> Debug for Jet<S, N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jet")?;
        f.debug_list().entries(&self.coefficients[..self.len]).finish()
    }
}
