//! One theorem on one loss, to be checked.

use crate::loss::Problem;
use crate::theorem::{Outcome, Settings, Theorem, check};

/// The loss of a task.
#[derive(Clone)]
pub struct Subject {
    /// The name it was asked for by.
    pub loss: String,
    /// The loss, or why it cannot be made.
    pub problem: Result<Problem, String>,
}

impl Subject {
    /// A loss that can be made.
    pub fn of(problem: Problem) -> Self {
        Subject { loss: problem.name().to_owned(), problem: Ok(problem) }
    }
}

/// One theorem on one loss.
#[derive(Clone)]
pub struct Task {
    pub(super) index: usize,
    pub(super) theorem: Theorem,
    pub(super) subject: Subject,
    pub(super) settings: Settings,
}

/// A task of which nothing can be said, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The theorem's identifier.
    pub theorem: String,
    /// The loss's name.
    pub loss: String,
    /// Why: the loss cannot be made, or the theorem says nothing about it.
    pub reason: String,
}

impl Task {
    /// Its place in the plan it was made for, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The theorem.
    pub fn theorem(&self) -> &Theorem {
        &self.theorem
    }

    /// The loss's name.
    pub fn loss(&self) -> &str {
        &self.subject.loss
    }

    /// The loss.
    ///
    /// # Errors
    /// [`Skipped`] if it cannot be made.
    pub fn problem(&self) -> Result<&Problem, Skipped> {
        self.subject.problem.as_ref().map_err(|reason| self.skipped(reason.clone()))
    }

    /// What was chosen about the check.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// This task, left out for that reason.
    pub fn skipped(&self, reason: String) -> Skipped {
        let (theorem, loss) = (self.theorem.id().to_owned(), self.subject.loss.clone());
        Skipped { theorem, loss, reason }
    }

    /// Checks the theorem on the loss; a panic in either is an inconclusive outcome.
    ///
    /// # Errors
    /// [`Skipped`] if the loss cannot be made, or the theorem says nothing about it.
    pub fn check(&self) -> Result<Outcome, Skipped> {
        check(&self.theorem, self.problem()?, &self.settings)
            .map_err(|why| self.skipped(why.to_string()))
    }
}
