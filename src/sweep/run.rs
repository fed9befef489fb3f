//! The tasks of a plan, over threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Plan, Running, Skipped, Task};
use crate::record::{Record, machine};

/// What became of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Its index.
    pub index: usize,
    /// The number of tasks of the whole selection.
    pub total: usize,
    /// What was found, or why nothing is said.
    pub result: Result<Record, Skipped>,
}

/// What a run tells of its tasks.
#[derive(Clone, Copy)]
pub enum Progress<'a> {
    /// A task is started.
    Starts(&'a Task, &'a Running),
    /// A task has ended.
    Ends(&'a Task, &'a Finished),
}

impl Plan {
    /// Checks every task on the threads of the current rayon pool, and tells `progress` of each as it
    /// starts and ends; the results come in the order of the indices, whatever the number of threads.
    ///
    /// A panic in one task is that task's inconclusive outcome and no other's.
    pub fn run(&self, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Vec<Finished> {
        let machine = machine();
        let one = |task: &Task| {
            let running = Running { foreseen: task.foreseen(), effort: Arc::default() };
            progress(Progress::Starts(task, &running));
            let result =
                task.check_as(&running).map(|outcome| Record::of(&outcome, Some(machine.clone())));
            let finished = Finished { index: task.index(), total: self.total(), result };
            progress(Progress::Ends(task, &finished));
            finished
        };
        // Each thread takes the next task when it has ended one. Dealing them out in advance would start
        // them in another order than the plan's, and a thread that waits for work of its own task could
        // be given another task meanwhile, whose time would count for both.
        let next = AtomicUsize::new(0);
        let taken = || self.tasks().get(next.fetch_add(1, Ordering::Relaxed));
        let shares = rayon::broadcast(|_| std::iter::from_fn(taken).map(one).collect::<Vec<_>>());
        let mut finished = shares.concat();
        finished.sort_by_key(|finished| finished.index);
        finished
    }
}

#[cfg(test)]
mod tests;
