//! Intervals of real numbers: every operation encloses what the exact one would give.
//!
//! A computation over [`Interval`] proves its result: whatever real numbers were enclosed at the start,
//! what they are mapped to is enclosed at the end. Beside the arithmetic stand the functions, proved by
//! their own series, and a bound of eigenvalues.
//!
//! Trusted are the sums, differences, products, quotients and square roots of the hardware, which IEEE
//! 754 defines to the last bit, and the code in this folder; no library of elementary functions is.

mod arithmetic;
mod circular;
mod eigenvalue;
mod exponential;
mod logarithm;
mod reading;
#[cfg(test)]
mod tests;

use super::{Ratio, Scalar};

pub use eigenvalue::{eigenvalues_exceed, largest_eigenvalue_bound, smallest_eigenvalue_bound};
pub use reading::reads_wide_intervals;

// The x87 unit rounds twice, and with it one step outwards would prove nothing.
#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("intervals need IEEE arithmetic in 64 bits: build for a target with SSE2");

/// All real numbers between two `f64`, both included, or the whole line.
///
/// The whole line also stands for "nothing is known": a division by an interval that contains 0, a
/// logarithm or a root of what may be negative, an overflow, NaN. No operation leads back from it: tanh of
/// the whole line is the whole line, because a value that may be undefined has no bounds. Hence
/// one look at [`is_finite`](Scalar::is_finite) at the end of a computation covers all of it, and no bound may
/// be used without that look.
///
/// [`leading`](Scalar::leading) is the value of an interval that is a single point; any other has no
/// value to branch on, see [`reads_wide_intervals`].
///
/// Source: R. E. Moore, R. B. Kearfott, M. J. Cloud, *Introduction to Interval Analysis*, 2009.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Finite and at most `hi`, or −∞ together with `hi` = ∞.
    lo: f64,
    hi: f64,
}

impl Interval {
    /// Nothing known.
    pub const WHOLE: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// [`lo`, `hi`]; the whole line unless both are finite and in this order.
    pub const fn new(lo: f64, hi: f64) -> Self {
        // A NaN fails the comparison.
        if lo <= hi && lo.is_finite() && hi.is_finite() {
            Interval { lo, hi }
        } else {
            Interval::WHOLE
        }
    }

    /// The lower end: −∞ for the whole line.
    pub const fn lo(self) -> f64 {
        self.lo
    }

    /// The upper end: ∞ for the whole line.
    pub const fn hi(self) -> f64 {
        self.hi
    }

    /// Whether anything is known: the ends are numbers.
    pub const fn is_finite(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// Whether it is a single number.
    pub const fn is_point(self) -> bool {
        self.lo >= self.hi
    }

    /// Whether `x` is in it; NaN is in the whole line only, where nothing is known.
    pub fn contains(self, x: f64) -> bool {
        (self.lo <= x && x <= self.hi) || !self.is_finite()
    }

    /// Whether all of `other` is in it.
    pub fn encloses(self, other: Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// A number in it, near the middle; 0 for the whole line.
    pub fn middle(self) -> f64 {
        if !self.is_finite() {
            return 0.0;
        }
        // Halves first: the sum of the ends may overflow. The rounded sum may leave a narrow interval.
        (self.lo / 2.0 + self.hi / 2.0).clamp(self.lo, self.hi)
    }

    /// The largest magnitude of a number in it; ∞ for the whole line.
    pub const fn largest_magnitude(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// How far it reaches from `centre`, rounded up: |x − `centre`| is at most this for every x in it.
    pub fn radius_around(self, centre: f64) -> f64 {
        (self - Interval::from(centre)).largest_magnitude()
    }

    /// hi − lo, rounded up.
    pub fn width(self) -> f64 {
        if self.is_finite() { arithmetic::sum_up(self.hi, -self.lo) } else { f64::INFINITY }
    }

    /// The magnitudes of all numbers in it.
    #[must_use]
    pub fn abs(self) -> Self {
        if self.lo >= 0.0 || !self.is_finite() {
            self
        } else if self.hi <= 0.0 {
            -self
        } else {
            Interval::new(0.0, self.largest_magnitude())
        }
    }

    /// The smallest interval that contains both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Interval::new(self.lo.min(other.lo), self.hi.max(other.hi))
    }

    /// What both have in common, or nothing. For two enclosures of one number it encloses that number; if
    /// either says that nothing is known, so does this.
    pub fn intersection(self, other: Self) -> Option<Self> {
        if !self.is_finite() || !other.is_finite() {
            return Some(Interval::WHOLE);
        }
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then(|| Interval::new(lo, hi))
    }

    /// Both ends of what is known of it beforehand brought in: for results known to be in `bounds`.
    fn within(self, bounds: Self) -> Self {
        self.intersection(bounds).unwrap_or(Interval::WHOLE)
    }

    /// The image under a function that increases: `f` encloses its value at one number.
    fn increasing(self, f: impl Fn(f64) -> Self) -> Self {
        if !self.is_finite() {
            return Interval::WHOLE;
        }
        let first = f(self.lo);
        if self.is_point() {
            return first;
        }
        // Where nothing is known at an end, its −∞ or ∞ makes nothing known here.
        Interval::new(first.lo, f(self.hi).hi)
    }

    /// An integer.
    fn integer(n: i128) -> Self {
        const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0; // 2¹²⁷
        let nearest = n as f64;
        // The conversion back is exact, except of 2¹²⁷, where it saturates.
        if nearest >= BEYOND || nearest as i128 > n {
            Interval::new(nearest.next_down(), nearest)
        } else if (nearest as i128) < n {
            Interval::new(nearest, nearest.next_up())
        } else {
            Interval::new(nearest, nearest)
        }
    }
}

/// The exact constant; what is not finite is the whole line.
impl From<f64> for Interval {
    fn from(x: f64) -> Self {
        Interval::new(x, x)
    }
}

impl Scalar for Interval {
    fn from_f64(x: f64) -> Self {
        Interval::new(x, x)
    }

    fn exp(self) -> Self {
        self.increasing(exponential::exp)
    }

    fn ln(self) -> Self {
        self.increasing(logarithm::ln)
    }

    fn sqrt(self) -> Self {
        self.increasing(arithmetic::square_root)
    }

    fn tanh(self) -> Self {
        self.increasing(exponential::tanh)
    }

    fn sin_cos(self) -> (Self, Self) {
        circular::sin_cos(self)
    }

    fn softplus(self) -> Self {
        self.increasing(logarithm::softplus)
    }

    /// The value of a point. A wider interval has none: it is NaN, so that every comparison fails,
    /// and the reading is noted for [`reads_wide_intervals`].
    fn leading(self) -> f64 {
        if self.is_point() {
            return self.lo;
        }
        reading::note();
        f64::NAN
    }

    /// As [`largest_magnitude`](Interval::largest_magnitude). Code over any scalar stops iterations and
    /// chooses pivots by it, which no enclosure survives: it counts as a reading, unless of a point.
    fn magnitude(self) -> f64 {
        if !self.is_point() {
            reading::note();
        }
        self.largest_magnitude()
    }

    /// As [`is_finite`](Interval::is_finite). Code over any scalar that asks may put something else in the place of what
    /// is not known: of the whole line it counts as a reading.
    fn is_finite(self) -> bool {
        let known = Interval::is_finite(self);
        if !known {
            reading::note();
        }
        known
    }

    /// Encloses the exact ratio.
    fn from_ratio(r: Ratio) -> Self {
        Interval::integer(r.numer()) / Interval::integer(r.denom())
    }

    fn logistic(self) -> Self {
        self.increasing(exponential::logistic)
    }

    fn square(self) -> Self {
        let size = self.abs();
        size * size
    }
}
