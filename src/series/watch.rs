//! Whether a method or a field looks at the minibatches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::maps::MapSeries;
use super::{ExactOptimizer, Series};
use crate::arithmetic::{Arithmetic, Batch};
use crate::optimizer::{Optimizer, State, Steps, Tempo};
use crate::sampling::{Draw, followed};

/// Who may look at what, and whether anything else was looked at.
///
/// An optimizer may look at the batch it is handed, a field at the whole loss. Whoever asks for another
/// part of the loss, or for the number of parts, can tell losses of different numbers of minibatches
/// apart. Asking for their number does not change an arithmetic, so what is seen is kept apart from it; the
/// copies that are made to try something share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    allowed: Option<Draw>,
    looked: Arc<AtomicBool>,
    undefined: Arc<AtomicBool>,
}

impl Watch {
    /// From here on nothing but `allowed` is to be looked at.
    pub(super) fn begin(&mut self, allowed: Draw) {
        self.allowed = Some(allowed);
    }

    /// From here on anything may be looked at.
    pub(super) fn end(&mut self) {
        self.allowed = None;
    }

    /// Somebody asks for a derivative of `batch`.
    pub(super) fn asked_for(&self, batch: Batch) {
        if self.allowed.as_ref().is_some_and(|allowed| allowed.batch() != batch) {
            self.looked.store(true, Ordering::Relaxed);
        }
    }

    /// Somebody asks how many minibatches there are.
    pub(super) fn counted(&self) {
        if self.allowed.is_some() {
            self.looked.store(true, Ordering::Relaxed);
        }
    }

    /// A ratio was asked for that is none.
    pub(super) fn undefined(&self) {
        self.undefined.store(true, Ordering::Relaxed);
    }

    /// Whether one was.
    pub(super) fn was_undefined(&self) -> bool {
        self.undefined.load(Ordering::Relaxed)
    }

    /// Whether anybody looked.
    pub(super) fn looked(&self) -> bool {
        self.looked.load(Ordering::Relaxed)
    }
}

/// The draw that hands out `batch`.
fn drawn(batch: Batch) -> Draw {
    match batch {
        Batch::Full => Draw::Full,
        Batch::One(k) => Draw::One(k),
        Batch::Mean(parts) => Draw::Mean(parts.to_vec()),
    }
}

/// An arithmetic that keeps a watch.
pub(super) trait Watching: Arithmetic {
    /// The watch.
    fn watch(&mut self) -> &mut Watch;
}

impl Watching for Series {
    fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }
}

impl Watching for MapSeries {
    fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }
}

/// An optimizer that is watched at every step.
pub(super) struct Watched<'a, A: Arithmetic>(pub(super) &'a dyn Optimizer<A>);

impl<A: Watching> Optimizer<A> for Watched<'_, A> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        a.watch().begin(drawn(batch));
        self.0.step(a, eps, batch, s);
        a.watch().end();
    }

    fn memory(&self) -> usize {
        self.0.memory()
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        a.watch().begin(Draw::Full);
        let memory = self.0.initial_memory(a, eps, w);
        a.watch().end();
        memory
    }

    fn period(&self) -> usize {
        self.0.period()
    }

    fn tempo(&self) -> Tempo {
        self.0.tempo()
    }
}

/// An optimizer that is watched at every step, and whether it ever looked, in either kind of series.
pub(super) struct Observed<'a> {
    optimizer: &'a dyn ExactOptimizer,
    looked: AtomicBool,
}

impl<'a> Observed<'a> {
    /// Nobody has looked yet.
    pub(super) fn new(optimizer: &'a dyn ExactOptimizer) -> Self {
        Observed { optimizer, looked: AtomicBool::new(false) }
    }

    /// Whether it looked at more than the batches that it was handed.
    pub(super) fn looked(&self) -> bool {
        self.looked.load(Ordering::Relaxed)
    }
}

/// Whether a method, handed the whole loss, looks at minibatches by itself, as rounds on many clients do.
pub fn looks_at_minibatches(optimizer: &dyn ExactOptimizer) -> bool {
    let observed = Observed::new(optimizer);
    let mut a = MapSeries::new(2, 1);
    let (eps, w) = (a.step_size(), a.point());
    let memory = observed.initial_memory(&mut a, &eps, &w);
    let mut state = State { w, memory, steps: Steps::settled() };
    for _ in 0..followed(Optimizer::<MapSeries>::period(&observed)) {
        observed.step(&mut a, &eps, Batch::Full, &mut state);
        state.steps.advance();
    }
    observed.looked()
}

/// The same for both kinds of series, whose steps are different methods of one object.
macro_rules! observe {
    ($series:ty) => {
        impl Optimizer<$series> for Observed<'_> {
            fn step(
                &self,
                a: &mut $series,
                eps: &<$series as Arithmetic>::Number,
                batch: Batch,
                s: &mut State<<$series as Arithmetic>::Vector>,
            ) {
                Watched::<$series>(self.optimizer).step(a, eps, batch, s);
                let _ = self.looked.fetch_or(a.watch().looked(), Ordering::Relaxed);
            }

            fn memory(&self) -> usize {
                Optimizer::<$series>::memory(self.optimizer)
            }

            fn initial_memory(
                &self,
                a: &mut $series,
                eps: &<$series as Arithmetic>::Number,
                w: &<$series as Arithmetic>::Vector,
            ) -> Vec<<$series as Arithmetic>::Vector> {
                Watched::<$series>(self.optimizer).initial_memory(a, eps, w)
            }

            fn period(&self) -> usize {
                Optimizer::<$series>::period(self.optimizer)
            }

            fn tempo(&self) -> Tempo {
                Optimizer::<$series>::tempo(self.optimizer)
            }
        }
    };
}

observe!(Series);
observe!(MapSeries);
