//! One theorem on one loss, to be checked.

use std::sync::Arc;

use crate::leg::Effort;
use crate::loss::Problem;
use crate::theorem::{Outcome, Settings, Theorem, check_with, foreseen, undecided};

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
    pub(super) budget: Option<f64>,
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

    /// Checks the theorem on the loss; a panic in either is an inconclusive outcome, and so is a check that
    /// would take longer than the [budget](super::Plan::within).
    ///
    /// # Errors
    /// [`Skipped`] if the loss cannot be made, or the theorem says nothing about it.
    pub fn check(&self) -> Result<Outcome, Skipped> {
        self.check_as(&Running { foreseen: self.foreseen(), effort: Arc::default() })
    }

    /// The same, with what is foreseen of it, its processor time counted as it goes.
    pub(super) fn check_as(&self, running: &Running) -> Result<Outcome, Skipped> {
        let problem = self.problem()?;
        if let Some(budget) = self.budget
            && running.foreseen > budget
        {
            let why = format!(
                "it is foreseen to take {}, more than the budget of {} of processor time: \
                 --budget none, or of more seconds, runs it",
                time(running.foreseen),
                time(budget)
            );
            return Ok(undecided(&self.theorem, problem, &self.settings, why));
        }
        check_with(&self.theorem, problem, &self.settings, &running.effort)
            .map_err(|why| self.skipped(why.to_string()))
    }

    /// The processor time in seconds that its check takes, roughly; 0 where that is never long.
    pub fn foreseen(&self) -> f64 {
        self.problem().map_or(0.0, |problem| foreseen(&self.theorem, problem, &self.settings))
    }
}

/// A check under way.
#[derive(Clone, Debug)]
pub struct Running {
    pub(super) foreseen: f64,
    pub(super) effort: Arc<Effort>,
}

impl Running {
    /// The processor time in seconds that it takes, roughly; 0 where that is never long.
    pub fn foreseen(&self) -> f64 {
        self.foreseen
    }

    /// How far it has come, from the processor time of the parts that have ended: below 1 until it has ended itself,
    /// 0 where nothing was foreseen.
    pub fn share(&self) -> f64 {
        let share = self.effort.seconds() / self.foreseen;
        if share.is_finite() { share.min(0.99) } else { 0.0 }
    }
}

/// So many seconds as people say it: 0.5 s, 12 s, 3 min, 2 h.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{s:.1e} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 1e7 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0e} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_said_in_units_that_fit() {
        let said = [0.25, 30.0, 119.4, 300.0, 7200.0, 3.6e12].map(time);
        assert_eq!(said, ["2.5e-1 s", "30 s", "119 s", "5 min", "2 h", "1e9 h"]);
    }
}
