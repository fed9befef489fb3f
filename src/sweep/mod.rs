//! Many checks: every chosen theorem on every chosen loss, as tasks over threads.
//!
//! A [`Plan`] numbers its [`Task`]s by what was chosen alone: neither the number of threads nor the
//! order in which tasks start, nor what was left out of a plan or says nothing, changes the index of
//! another. [`Plan::run`] gives what became of each, in the order of the indices.
//!
//! ```
//! use shadowflow::prelude::*;
//! use shadowflow::sweep::Plan;
//!
//! let catalogue = Catalogue::standard();
//! let theorem = catalogue.theorem("gradient-flow").ok_or("it is in the catalogue")?;
//! let problems = [preset("quadratic", None, None, 1)?];
//! let finished = Plan::on_each([theorem], &problems, &Settings::default()).run(&|_| ());
//!
//! let record = finished[0].result.as_ref().map_err(|skipped| skipped.reason.clone())?;
//! assert_eq!(record.verdict, Verdict::Confirmed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod plan;
mod run;
mod task;

pub use plan::Plan;
pub use run::{Finished, Progress};
pub use task::{Running, Skipped, Subject, Task, time};
