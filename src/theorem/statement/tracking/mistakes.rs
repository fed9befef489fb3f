//! Mistakes of an outside author, planted in a statement about iterates and a flow: a check has to notice.

use std::sync::Arc;

use super::Tracking;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Flow, Integrable, Term};
use crate::optimizer::{Optimizer, Runnable, State, Tempo};
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
                let inner = Arc::clone(&self.optimizer);
                let turning = Spoiled { inner, after: *after, factor: Some(*factor) };
                spoiled.optimizer = Arc::new(turning);
            }
            Mistake::Undivided => {
                let inner = Arc::clone(&self.optimizer);
                spoiled.optimizer = Arc::new(Spoiled { inner, after: 0, factor: None });
            }
            Mistake::MovedStart { by } => {
                let (flow, by) = (Arc::clone(&self.flow), *by);
                spoiled.flow = Arc::new(move |m| Arc::new(Moved { inner: flow(m), by }));
            }
            Mistake::FalseFlags => spoiled.sampling = Arc::new(|_| Arc::new(Flagged)),
        }
        spoiled
    }
}

/// A method whose steps are `factor` times as long from some step on, or as many times as there are
/// minibatches.
struct Spoiled {
    inner: Arc<dyn Runnable>,
    after: usize,
    factor: Option<Ratio>,
}

impl<S: Scalar> Optimizer<Numeric<S>> for Spoiled
where
    dyn Runnable: Optimizer<Numeric<S>>,
{
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
        Optimizer::<Numeric<S>>::memory(&*self.inner)
    }

    fn initial_memory(&self, a: &mut Numeric<S>, eps: &S, w: &Vec<S>) -> Vec<Vec<S>> {
        self.inner.initial_memory(a, eps, w)
    }

    fn tempo(&self) -> Tempo {
        Optimizer::<Numeric<S>>::tempo(&*self.inner)
    }
}

/// A flow that starts elsewhere.
struct Moved {
    inner: Arc<dyn Integrable>,
    by: Ratio,
}

impl<S: Scalar> Flow<Numeric<S>> for Moved
where
    dyn Integrable: Flow<Numeric<S>>,
{
    fn terms(&self) -> Vec<Term> {
        Flow::<Numeric<S>>::terms(&*self.inner)
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
