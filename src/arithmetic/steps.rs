//! The number of steps taken, to be read through an arithmetic only.

use std::fmt;
use std::ops::Mul;

/// How many steps a method has taken.
///
/// Drivers advance it; what is written over an arithmetic reads it through
/// [`Arithmetic::faded`](super::Arithmetic::faded) or [`Arithmetic::count`](super::Arithmetic::count),
/// so that an arithmetic in which there is no first step can say so. It cannot be compared or printed:
/// either would be another way to count.
#[derive(Clone, Copy, Default)]
pub struct Steps {
    taken: usize,
}

impl Steps {
    /// So many steps that whatever fades has faded: the count on a slow manifold.
    pub(crate) fn settled() -> Self {
        Steps { taken: usize::MAX / 2 }
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
        Steps { taken: self.taken.saturating_add(more) }
    }

    /// The number itself: for arithmetics, and for nobody else.
    pub(crate) fn taken(self) -> usize {
        self.taken
    }

    /// `one` · `beta`ⁿ by repeated squaring: for arithmetics too.
    pub(crate) fn power<N: Clone + Mul<Output = N>>(self, one: N, beta: N) -> N {
        let (mut product, mut square, mut left) = (one, beta, self.taken);
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
