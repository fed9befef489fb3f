//! The catalogue: every theorem that is checked.

mod clients;
mod concluded;
mod deterministic;
mod directed;
mod epochs;
mod games;
mod geometry;
mod memory;
mod sampled;
mod schedules;

use super::{Theorem, document};
use crate::loss::{Problem, names};
use crate::method::{Methods, NameTaken, SettingError};

/// Theorems and the problems they are checked on, as plain values that a program extends.
#[derive(Clone, Default)]
pub struct Catalogue {
    theorems: Vec<Theorem>,
    problems: Vec<Problem>,
}

impl Catalogue {
    /// A catalogue with nothing in it.
    pub fn empty() -> Self {
        Catalogue::default()
    }

    /// The theorems this crate ships.
    pub fn standard() -> Self {
        let theorems = [
            deterministic::theorems(),
            memory::theorems(),
            directed::theorems(),
            schedules::theorems(),
            geometry::theorems(),
            sampled::theorems(),
            epochs::theorems(),
            clients::theorems(),
            games::theorems(),
            concluded::theorems(),
        ]
        .concat();
        let documented = |theorem: Theorem| match document(theorem.id()) {
            Some(text) => theorem.with_document(text),
            None => theorem,
        };
        Catalogue { theorems: theorems.into_iter().map(documented).collect(), problems: Vec::new() }
    }

    /// Adds a theorem.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one of its name.
    pub fn push(&mut self, theorem: Theorem) -> Result<(), NameTaken> {
        if self.theorem(theorem.id()).is_some() {
            return Err(NameTaken { what: "theorem", name: theorem.id().to_owned() });
        }
        self.theorems.push(theorem);
        Ok(())
    }

    /// Adds a problem, which can then be named like the built-in ones.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one of its name, built in or added.
    pub fn push_problem(&mut self, problem: Problem) -> Result<(), NameTaken> {
        let mut known =
            self.problems.iter().map(Problem::name).chain(names().map(|(name, _)| name));
        if known.any(|name| name == problem.name()) {
            return Err(NameTaken { what: "loss", name: problem.name().to_owned() });
        }
        self.problems.push(problem);
        Ok(())
    }

    /// Adds, for each method that was added to those of this crate and claims a flow, that claim with the method's defaults as a theorem of its
    /// name, where there is none.
    ///
    /// # Errors
    /// [`SettingError`] if a method turns its own defaults down.
    pub fn push_methods(&mut self, methods: &Methods) -> Result<(), SettingError> {
        for method in methods.added() {
            if self.theorem(method.name()).is_none() {
                let values = method.values::<&str>(&[])?;
                self.theorems.extend(Theorem::of_method(method.name(), method, &values)?);
            }
        }
        Ok(())
    }

    /// The theorems, in the order they are listed in.
    pub fn theorems(&self) -> &[Theorem] {
        &self.theorems
    }

    /// The problems a program added.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The theorem with this identifier.
    pub fn theorem(&self, id: &str) -> Option<&Theorem> {
        self.theorems.iter().find(|theorem| theorem.id() == id)
    }
}

const BARRETT: &str = "Barrett & Dherin 2021, Implicit gradient regularization, arXiv 2009.11162";
const SMITH: &str = "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                     stochastic gradient descent, arXiv 2101.12176";

#[cfg(test)]
mod tests;
