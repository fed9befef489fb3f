//! What feeds a tracked optimizer.

use std::sync::Arc;

use crate::sampling::{MeanMethod, Sampling};

/// A sampling with the way its mean is taken.
pub(super) struct Fed {
    pub(super) sampling: Arc<dyn Sampling>,
    pub(super) method: MeanMethod,
}
