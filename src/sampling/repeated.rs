//! Several blocks of a sampling as one: for methods that repeat after a number of steps that a block does not have.

use std::ops::Deref;
use std::sync::Arc;

use super::{Draw, Sampling};
use crate::arithmetic::common_multiple;

/// The most steps after which a method may repeat, for its periods to be followed.
pub(crate) const LONGEST_PERIOD: usize = 64;

/// The period that is followed: 1 in the place of a longer one, so that whoever reads its phase is found out.
pub(crate) fn followed(period: usize) -> usize {
    if period > LONGEST_PERIOD { 1 } else { period.max(1) }
}

/// `times` independent blocks of another sampling.
pub(crate) struct Repeated<P> {
    inner: P,
    times: usize,
}

impl<P> Repeated<P> {
    /// As many blocks of `inner` over `components` components as make whole periods.
    pub(crate) fn new<'a>(inner: P, period: usize, components: usize) -> Self
    where
        P: Deref<Target = dyn Sampling + 'a>,
    {
        let steps = inner.steps(components).max(1);
        let times = common_multiple(steps, followed(period)) / steps;
        Repeated { inner, times }
    }
}

/// `sampling` itself where its blocks make whole periods, and several of them otherwise.
pub(crate) fn in_periods(
    sampling: Arc<dyn Sampling>,
    period: usize,
    components: usize,
) -> Arc<dyn Sampling> {
    let period = followed(period);
    if period == 1 || sampling.steps(components).is_multiple_of(period) {
        return sampling;
    }
    Arc::new(Repeated::new(sampling, period, components))
}

impl<'a, P> Sampling for Repeated<P>
where
    P: Deref<Target = dyn Sampling + 'a> + Send + Sync,
{
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        let steps = self.inner.steps(components);
        if steps == 0 || path.len() >= self.times.saturating_mul(steps) {
            return Vec::new();
        }
        let begun = path.len() / steps * steps;
        self.inner.continuations(&path[begun..], components)
    }

    fn is_random_order(&self) -> bool {
        self.times == 1 && self.inner.is_random_order()
    }

    fn is_balanced(&self) -> bool {
        self.inner.is_balanced()
    }

    fn is_kept(&self) -> bool {
        self.inner.is_kept()
    }

    fn is_independent(&self) -> bool {
        self.inner.is_independent()
    }

    fn steps(&self, components: usize) -> usize {
        self.inner.steps(components).saturating_mul(self.times)
    }

    fn paths(&self, components: usize) -> f64 {
        self.inner.paths(components).powf(self.times as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FixedOrder, IndependentDraws, KeptOrder, RandomReshuffling, examine};
    use super::*;

    #[test]
    fn several_blocks_are_what_one_is() {
        let repeated = |inner: Arc<dyn Sampling>| Repeated::new(inner, 6, 3);
        let draws = repeated(Arc::new(IndependentDraws { steps: 3 }));
        assert!(!draws.is_balanced() && draws.is_independent() && !draws.is_kept());
        let orders = repeated(Arc::new(RandomReshuffling));
        assert!(orders.is_balanced() && !orders.is_independent() && !orders.is_kept());
        assert!(!orders.is_random_order(), "two orders are no order of single components");
        assert!(repeated(Arc::new(KeptOrder)).is_kept());
        let fixed = repeated(Arc::new(FixedOrder::ascending(3)));
        assert_eq!(fixed.steps(3), 6);
        assert!((fixed.paths(3) - 1.0).abs() < 1e-12);
        for sampling in [&draws, &orders, &fixed] {
            assert!(examine(sampling, 3, 1).is_ok());
        }
    }
}
