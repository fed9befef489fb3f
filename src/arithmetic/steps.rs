//! The number of steps taken, to be read through an arithmetic only.

use std::fmt;
use std::ops::Mul;

/// How many steps a method has taken.
///
/// Drivers advance it; what is written over an arithmetic reads it through
/// [`Arithmetic::faded`](super::Arithmetic::faded), [`Arithmetic::time`](super::Arithmetic::time),
/// [`Arithmetic::phase`](super::Arithmetic::phase) or [`Arithmetic::count`](super::Arithmetic::count),
/// so that an arithmetic in which there is no first step can say so. It cannot be compared or printed:
/// either would be another way to count.
#[derive(Clone, Copy, Default)]
pub struct Steps {
    taken: usize,
    /// Whether infinitely many came before: whatever fades has faded.
    settled: bool,
    /// Into how many small steps each step of the driver is divided; 0 counts as 1.
    parts: usize,
}

/// βⁿ with so large an n has faded in every scalar.
const FADED: usize = usize::MAX / 2;

impl Steps {
    /// The count on a slow manifold: none since some time, and infinitely many before.
    pub(crate) fn settled() -> Self {
        Steps::default().as_settled()
    }

    /// The same count, with infinitely many steps before.
    pub(crate) fn as_settled(self) -> Self {
        Steps { settled: true, ..self }
    }

    /// One step more, in place.
    pub fn advance(&mut self) {
        *self = self.next();
    }

    /// The count after one step more.
    #[must_use]
    pub fn next(self) -> Self {
        self.after(1)
    }

    /// The count after `more` steps more.
    #[must_use]
    pub fn after(self, more: usize) -> Self {
        Steps { taken: self.taken.saturating_add(more), ..self }
    }

    /// The count of small steps where each is divided into `parts`.
    pub(crate) fn times(self, parts: usize) -> Self {
        let taken = self.taken.saturating_mul(parts);
        Steps { taken, parts: self.parts().saturating_mul(parts), ..self }
    }

    /// Into how many small steps each step of the driver is divided.
    pub(crate) fn parts(self) -> usize {
        self.parts.max(1)
    }

    /// Whether infinitely many steps came before.
    pub(crate) fn is_settled(self) -> bool {
        self.settled
    }

    /// The number since the start, or since the time that a slow manifold is looked at: for arithmetics, and for nobody else.
    pub(crate) fn taken(self) -> usize {
        self.taken
    }

    /// `one` · `beta`ⁿ by repeated squaring: for arithmetics too.
    pub(crate) fn power<N: Clone + Mul<Output = N>>(self, one: N, beta: N) -> N {
        let all = if self.settled { FADED } else { self.taken };
        let (mut product, mut square, mut left) = (one, beta, all);
        while left > 0 {
            if left % 2 == 1 {
                product = product * square.clone();
            }
            square = square.clone() * square;
            left /= 2;
        }
        product
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Steps")
    }
}

/// The least common multiple of two numbers above 0, or the largest number there is.
pub(crate) fn common_multiple(one: usize, other: usize) -> usize {
    let (mut a, mut b) = (one, other);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (one / a.max(1)).saturating_mul(other)
}
