//! What a reader of the two papers on modified losses concludes from them, as statements of their own.

mod batch_size;
mod fisher;
mod gap;
mod long_times;
mod reference;
mod spread;
mod uniform;
mod valley_drift;

pub use batch_size::BatchSize;
pub use fisher::Fisher;
pub use gap::{EqualCurvature, GeneralizationGap};
pub use long_times::LongTimes;
pub use spread::{SpreadAtFixedTime, SpreadOfOneEpoch};
pub use uniform::UniformInBatches;
pub use valley_drift::ValleyDrift;
