//! A named loss with a starting point.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nalgebra::DVector;

use super::{Closures, Differentiable, Loss, Oracle, Tampered, Tampering};
use crate::scalar::{DoubleDouble, Jet};

/// A loss, the name it is reported under, and the point every run starts from.
#[derive(Clone)]
pub struct Problem {
    name: String,
    start: DVector<f64>,
    loss: Access,
    /// What was found of it, by type and seed: clones share it, so that it is paid for once.
    found: Arc<Mutex<Found>>,
}

type Found = HashMap<(TypeId, u64), Box<dyn Any + Send>>;

/// What is known of the loss.
#[derive(Clone)]
enum Access {
    Differentiable(Arc<dyn Differentiable>),
    FloatOnly { loss: Arc<dyn Oracle<f64>>, has_value: bool, has_third: bool },
}

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
        Problem::of(name.into(), start, Access::Differentiable(Arc::new(loss)))
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
        Problem::of(
            name.into(),
            start,
            Access::FloatOnly { loss: Arc::new(loss), has_value, has_third },
        )
    }

    fn of(name: String, start: DVector<f64>, loss: Access) -> Self {
        Problem { name, start, loss, found: Arc::default() }
    }

    /// The same loss under another name, from another start.
    ///
    /// # Panics
    /// If `start` does not have one entry a parameter: that is a fault in the calling program.
    #[must_use]
    pub fn started_at(&self, name: impl Into<String>, start: DVector<f64>) -> Self {
        assert_eq!(self.dim(), start.len(), "the start needs one entry a parameter");
        Problem::of(name.into(), start, self.loss.clone())
    }

    /// The same problem with a fault planted in its loss; `None` if the loss is known in `f64` only.
    pub fn tampered(&self, tampering: Tampering) -> Option<Self> {
        let Access::Differentiable(loss) = &self.loss else { return None };
        let loss = Arc::new(Tampered { loss: Arc::clone(loss), tampering });
        Some(Problem::of(self.name.clone(), self.start.clone(), Access::Differentiable(loss)))
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
        match &self.loss {
            Access::Differentiable(loss) => loss.clone(),
            Access::FloatOnly { loss, .. } => loss.clone(),
        }
    }

    /// The loss in jets over `f64`, if it is known beyond `f64`.
    pub fn jet(&self) -> Option<Arc<dyn Oracle<Jet<f64>>>> {
        match &self.loss {
            Access::Differentiable(loss) => Some(loss.clone()),
            Access::FloatOnly { .. } => None,
        }
    }

    /// The loss in double-double, if it is known beyond `f64`.
    pub fn double_double(&self) -> Option<Arc<dyn Oracle<DoubleDouble>>> {
        match &self.loss {
            Access::Differentiable(loss) => Some(loss.clone()),
            Access::FloatOnly { .. } => None,
        }
    }

    /// The loss in jets over double-double, if it is known beyond `f64`.
    pub fn double_double_jet(&self) -> Option<Arc<dyn Oracle<Jet<DoubleDouble>>>> {
        match &self.loss {
            Access::Differentiable(loss) => Some(loss.clone()),
            Access::FloatOnly { .. } => None,
        }
    }

    /// Whether the value of the loss is known: a loss known only in `f64` need not have one.
    pub fn has_value(&self) -> bool {
        match self.loss {
            Access::Differentiable(_) => true,
            Access::FloatOnly { has_value, .. } => has_value,
        }
    }

    /// Whether the third derivative of the loss is known.
    pub fn has_third(&self) -> bool {
        match self.loss {
            Access::Differentiable(_) => true,
            Access::FloatOnly { has_third, .. } => has_third,
        }
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
