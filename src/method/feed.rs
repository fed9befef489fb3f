//! Samplings by name, for methods that take the whole loss unless told otherwise.

use std::sync::Arc;

use super::{Feed, Method, Setting, SettingError, Values};
use crate::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Repartition, Sampling,
};

/// The sampling of a method that takes the whole loss, by name.
pub(crate) const FULL_BATCH: &str = "full-batch";

/// The components of a batch that is dealt out afresh every epoch.
const DEALT: usize = 2;

/// A sampling by name.
struct Named {
    name: &'static str,
    settings: fn() -> Vec<Setting>,
    make: fn(&Values, usize) -> Arc<dyn Sampling>,
}

const NAMED: [Named; 6] = [
    Named { name: FULL_BATCH, settings: Vec::new, make: |_, _| Arc::new(FullBatch) },
    Named {
        name: "random-reshuffling",
        settings: Vec::new,
        make: |_, _| Arc::new(RandomReshuffling),
    },
    Named {
        name: "single-order",
        settings: || vec![Setting::order("order")],
        make: |values, m| Arc::new(FixedOrder { order: values.order("order", m) }),
    },
    Named { name: "flip-flop", settings: Vec::new, make: |_, _| Arc::new(FlipFlop) },
    Named {
        name: "with-replacement",
        settings: Vec::new,
        make: |_, m| Arc::new(IndependentDraws { steps: m }),
    },
    Named {
        name: "repartition",
        settings: Vec::new,
        make: |_, _| Arc::new(Repartition { batch_size: DEALT }),
    },
];

/// The names of the samplings that [`Method::fed_by`] takes.
pub fn samplings() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|named| named.name)
}

impl Method {
    /// The same method fed by the sampling of this name, with the settings of that sampling.
    ///
    /// # Errors
    /// [`SettingError`] if there is no such sampling, or if one belongs to the method already.
    pub fn fed_by(&self, sampling: &str) -> Result<Method, SettingError> {
        let Some(named) = NAMED.iter().find(|named| named.name == sampling) else {
            return Err(SettingError::UnknownSampling {
                given: sampling.to_owned(),
                known: samplings().collect::<Vec<_>>().join(", "),
            });
        };
        if self.feed.is_some() {
            let (method, own) = (self.name().to_owned(), self.sampling().to_owned());
            return Err(SettingError::HasSampling { method, own });
        }
        let mut fed = self.clone();
        fed.settings.extend((named.settings)());
        if sampling != FULL_BATCH {
            fed.feed = Some(Feed { name: named.name.into(), make: Arc::new(named.make) });
        }
        Ok(fed)
    }
}
