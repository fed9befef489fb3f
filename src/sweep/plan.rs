//! Which tasks there are, and which index each has.

use super::{Skipped, Subject, Task};
use crate::leg::Sabotage;
use crate::loss::{Problem, preset};
use crate::theorem::{Settings, Theorem};

/// The tasks of a selection of theorems and losses.
///
/// Indices count the pairs in the order they were chosen, those included that turn out to say
/// nothing. They depend on the selection alone, so that a part of a plan, run elsewhere or later,
/// names the same tasks by the same numbers.
#[derive(Clone)]
pub struct Plan {
    tasks: Vec<Task>,
    total: usize,
}

impl Plan {
    /// Each theorem on its losses.
    pub fn new<'a>(
        selection: impl IntoIterator<Item = (&'a Theorem, Vec<Subject>)>,
        settings: &Settings,
    ) -> Self {
        let pairs = (selection.into_iter())
            .flat_map(|(theorem, subjects)| subjects.into_iter().map(move |s| (theorem, s)));
        let task = |(index, (theorem, subject)): (usize, (&Theorem, Subject))| Task {
            index,
            theorem: theorem.clone(),
            subject,
            settings: settings.clone(),
            budget: None,
        };
        let tasks: Vec<Task> = pairs.enumerate().map(task).collect();
        Plan { total: tasks.len(), tasks }
    }

    /// Every theorem on every problem.
    pub fn on_each<'a>(
        theorems: impl IntoIterator<Item = &'a Theorem>,
        problems: &[Problem],
        settings: &Settings,
    ) -> Self {
        let subjects = || problems.iter().cloned().map(Subject::of).collect();
        Plan::new(theorems.into_iter().map(|theorem| (theorem, subjects())), settings)
    }

    /// Every theorem on the named losses that it is checked on by default, drawn from the seed of the
    /// settings.
    pub fn on_their_own<'a>(
        theorems: impl IntoIterator<Item = &'a Theorem>,
        settings: &Settings,
    ) -> Self {
        let subject = |loss: &str| Subject {
            loss: loss.to_owned(),
            problem: preset(loss, None, None, settings.seed).map_err(|why| why.to_string()),
        };
        let own = |theorem: &'a Theorem| {
            (theorem, theorem.losses().iter().map(|loss| subject(loss)).collect())
        };
        Plan::new(theorems.into_iter().map(own), settings)
    }

    /// Its tasks, in the order in which they start.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The number of tasks of the whole selection, whatever was left out: indices lie below it.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Leaves out all tasks but those; the others keep their indices.
    pub fn retain(&mut self, wanted: impl FnMut(&Task) -> bool) {
        self.tasks.retain(wanted);
    }

    /// Leaves out the tasks whose loss cannot be made, and says why.
    pub fn take_impossible(&mut self) -> Vec<Skipped> {
        let impossible = self.tasks.iter().filter_map(|task| task.problem().err()).collect();
        self.retain(|task| task.problem().is_ok());
        impossible
    }

    /// The same tasks with a sabotage in the claims' place.
    #[must_use]
    pub fn sabotaged(mut self, sabotage: &Sabotage) -> Self {
        for task in &mut self.tasks {
            task.settings.sabotage = Some(sabotage.clone());
        }
        self
    }

    /// Does not start a check that is foreseen to take more than that many `seconds` of processor time: it is
    /// inconclusive, and says so.
    #[must_use]
    pub fn within(mut self, seconds: Option<f64>) -> Self {
        for task in &mut self.tasks {
            task.budget = seconds;
        }
        self
    }

    /// Starts the tasks with the highest `cost` first, so that no long one is left for the end; what is
    /// found, and its order, does not depend on it.
    #[must_use]
    pub fn longest_first(mut self, cost: impl Fn(&Task) -> f64) -> Self {
        self.tasks.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
        self
    }
}
