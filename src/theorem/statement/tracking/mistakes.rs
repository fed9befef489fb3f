//! Mistakes of an outside author, planted in a statement about iterates and a flow: a check has to notice.

use std::sync::Arc;

use super::Tracking;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{AnyFlow, Flow, Term};
use crate::optimizer::{AnyOptimizer, Optimizer, State, Tempo};
use crate::sampling::{Draw, IndependentDraws, Sampling};
use crate::scalar::{Ratio, Scalar};

/// A mistake in an author's own method, flow or sampling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// After some steps the method changes: its steps are longer by a factor from then on.
    Turns {
        /// The number of steps before it changes.
        after: usize,
        /// The factor.
        factor: Ratio,
    },
    /// The gradients of the minibatches are summed where they should be averaged.
    Undivided,
    /// The flow starts at w + c g(w) instead of where the iterates do.
    MovedStart {
        /// The factor c.
        by: Ratio,
    },
    /// Minibatches are drawn independently, and the sampling says that each comes once an epoch in a
    /// random order.
    FalseFlags,
}

impl Tracking {
    /// The statement with a mistake planted. It is measured only: the mistake is in what is run.
    pub(super) fn with_mistake(&self, mistake: &Mistake) -> Self {
        let mut spoiled = Tracking { exact: None, ..self.clone() };
        match mistake {
            Mistake::Turns { after, factor } => {
                spoiled.optimizer = turning(&self.optimizer, *after, Some(*factor));
            }
            Mistake::Undivided => {
                spoiled.optimizer = turning(&self.optimizer, 0, None);
            }
            Mistake::MovedStart { by } => {
                let (flow, by) = (Arc::clone(&self.flow), *by);
                spoiled.flow = Arc::new(move |m| match flow(m) {
                    AnyFlow::Everywhere(inner) => Moved { inner, by }.into(),
                    AnyFlow::FloatOnly(inner) => AnyFlow::float_only(Moved { inner, by }),
                });
            }
            Mistake::FalseFlags => spoiled.sampling = Arc::new(|_| Arc::new(Flagged)),
        }
        spoiled
    }
}

fn turning(optimizer: &AnyOptimizer, after: usize, factor: Option<Ratio>) -> AnyOptimizer {
    match optimizer.clone() {
        AnyOptimizer::Everywhere(inner) => Spoiled { inner, after, factor }.into(),
        AnyOptimizer::FloatOnly(inner) => {
            AnyOptimizer::float_only(Spoiled { inner, after, factor })
        }
    }
}

/// A method whose steps are `factor` times as long from some step on, or as many times as there are
/// minibatches.
struct Spoiled<O: ?Sized> {
    inner: Arc<O>,
    after: usize,
    factor: Option<Ratio>,
}

impl<S: Scalar, O: Optimizer<Numeric<S>> + ?Sized> Optimizer<Numeric<S>> for Spoiled<O> {
    fn step(&self, a: &mut Numeric<S>, eps: &S, batch: Batch, s: &mut State<Vec<S>>) {
        let spoiled = a.count(s.steps) >= self.after;
        let factor = match self.factor {
            Some(factor) => a.ratio(factor),
            None => a.fraction(a.batches() as i64, 1),
        };
        let eps = if spoiled { *eps * factor } else { *eps };
        self.inner.step(a, &eps, batch, s);
    }

    fn memory(&self) -> usize {
        self.inner.memory()
    }

    fn initial_memory(&self, a: &mut Numeric<S>, eps: &S, w: &Vec<S>) -> Vec<Vec<S>> {
        self.inner.initial_memory(a, eps, w)
    }

    fn period(&self) -> usize {
        self.inner.period()
    }

    fn tempo(&self) -> Tempo {
        self.inner.tempo()
    }
}

/// A flow that starts elsewhere.
struct Moved<F: ?Sized> {
    inner: Arc<F>,
    by: Ratio,
}

impl<S: Scalar, F: Flow<Numeric<S>> + ?Sized> Flow<Numeric<S>> for Moved<F> {
    fn terms(&self) -> Vec<Term> {
        self.inner.terms()
    }

    fn field(&self, a: &mut Numeric<S>, c: &[S], t: &S, w: &Vec<S>) -> Vec<S> {
        self.inner.field(a, c, t, w)
    }

    fn start(&self, a: &mut Numeric<S>, c: &[S], w: Vec<S>) -> Vec<S> {
        let mut start = self.inner.start(a, c, w);
        let g = a.gradient(Batch::Full, &start);
        a.axpy(&S::from_ratio(self.by), &g, &mut start);
        start
    }
}

/// Independent draws that are said to be a random order.
struct Flagged;

impl Sampling for Flagged {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        IndependentDraws { steps: components }.continuations(path, components)
    }

    fn is_random_order(&self) -> bool {
        true
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
