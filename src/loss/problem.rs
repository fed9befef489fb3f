//! A named loss with a starting point.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nalgebra::DVector;

use super::{AnyLoss, Closures, Evaluated, Loss, Oracle, Ridged, Tampered, Tampering};
use crate::scalar::Ratio;

/// A loss, the name it is reported under, and the point every run starts from.
#[derive(Clone)]
pub struct Problem {
    name: String,
    start: DVector<f64>,
    loss: AnyLoss,
    /// Whether its value and its third derivative are known.
    has_value: bool,
    has_third: bool,
    /// What was found of it, by type and seed: clones share it, so that it is paid for once.
    found: Arc<Mutex<Found>>,
}

type Found = HashMap<(TypeId, u64), Box<dyn Any + Send>>;

impl Problem {
    /// A problem from a loss written over any scalar.
    ///
    /// # Panics
    /// If `start` does not have `loss.dim()` entries, or there are no parameters or no minibatches:
    /// that is a fault in the calling program.
    pub fn new(name: impl Into<String>, loss: impl Loss + 'static, start: DVector<f64>) -> Self {
        assert_eq!(Loss::dim(&loss), start.len(), "the start needs one entry a parameter");
        assert!(!start.is_empty(), "a loss needs at least one parameter");
        assert!(Loss::batches(&loss) > 0, "a loss needs at least one minibatch");
        Problem::of(name.into(), start, AnyLoss::from(loss))
    }

    /// A problem known only in `f64`: it can be measured, but not in jets or double-double.
    ///
    /// # Panics
    /// If `start` does not have `loss.dim()` entries, or there are no parameters or no minibatches:
    /// that is a fault in the calling program.
    pub fn from_closures(name: impl Into<String>, loss: Closures, start: DVector<f64>) -> Self {
        assert_eq!(Oracle::<f64>::dim(&loss), start.len(), "the start needs one entry a parameter");
        assert!(!start.is_empty(), "a loss needs at least one parameter");
        assert!(Oracle::<f64>::batches(&loss) > 0, "a loss needs at least one minibatch");
        let (has_value, has_third) = (loss.has_value(), loss.has_third());
        let problem = Problem::of(name.into(), start, AnyLoss::float_only(loss));
        Problem { has_value, has_third, ..problem }
    }

    fn of(name: String, start: DVector<f64>, loss: AnyLoss) -> Self {
        Problem { name, start, loss, has_value: true, has_third: true, found: Arc::default() }
    }

    /// The same loss under another name, from another start.
    ///
    /// # Panics
    /// If `start` does not have one entry a parameter: that is a fault in the calling program.
    #[must_use]
    pub fn started_at(&self, name: impl Into<String>, start: DVector<f64>) -> Self {
        assert_eq!(self.dim(), start.len(), "the start needs one entry a parameter");
        let (has_value, has_third) = (self.has_value, self.has_third);
        let problem = Problem::of(name.into(), start, self.loss.clone());
        Problem { has_value, has_third, ..problem }
    }

    /// The same problem with a fault planted in its loss; `None` if the loss is known in `f64` only.
    pub fn tampered(&self, tampering: Tampering) -> Option<Self> {
        let AnyLoss::Everywhere(loss) = &self.loss else { return None };
        let loss = Arc::new(Tampered { loss: Arc::clone(loss), tampering });
        Some(Problem::of(self.name.clone(), self.start.clone(), AnyLoss::Everywhere(loss)))
    }

    /// The same problem with (l/2)‖w‖² added to every minibatch's loss; `None` if the loss is known in `f64`
    /// only.
    pub fn ridged(&self, ridge: Ratio) -> Option<Self> {
        let AnyLoss::Everywhere(loss) = &self.loss else { return None };
        let loss = Arc::new(Ridged { loss: Arc::clone(loss), ridge });
        Some(Problem::of(self.name.clone(), self.start.clone(), AnyLoss::Everywhere(loss)))
    }

    /// The name it is reported under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The starting point w₀.
    pub fn start(&self) -> &DVector<f64> {
        &self.start
    }

    /// The number d of parameters.
    pub fn dim(&self) -> usize {
        self.float().dim()
    }

    /// The number m of minibatches.
    pub fn batches(&self) -> usize {
        self.float().batches()
    }

    /// The loss in `f64`.
    pub fn float(&self) -> Arc<dyn Oracle<f64>> {
        self.loss.float()
    }

    /// The loss in the scalar `S`, if it is known there.
    pub fn seen<S: Evaluated>(&self) -> Option<Arc<dyn Oracle<S>>> {
        self.loss.seen()
    }

    /// Whether the value of the loss is known: a loss known only in `f64` need not have one.
    pub fn has_value(&self) -> bool {
        self.has_value
    }

    /// Whether the third derivative of the loss is known.
    pub fn has_third(&self) -> bool {
        self.has_third
    }

    /// What `find` finds of this problem with `seed`, found now if nobody has asked before. There is one
    /// answer a type.
    pub(crate) fn once<T: Clone + Send + 'static>(&self, seed: u64, find: impl FnOnce() -> T) -> T {
        let key = (TypeId::of::<T>(), seed);
        // Not held while something is found, which may take long, panic, or ask for something else.
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found().get(&key).and_then(|known| known.downcast_ref::<T>()) {
            return known.clone();
        }
        let new = find();
        let _ = found().insert(key, Box::new(new.clone()));
        new
    }
}
