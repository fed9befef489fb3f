//! The catalogue: every theorem that is checked.

mod deterministic;
mod memory;
mod sampled;

use super::{Theorem, document};
use crate::loss::Problem;

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
        let theorems =
            [deterministic::theorems(), memory::theorems(), sampled::theorems()].concat();
        let documented = |theorem: Theorem| match document(theorem.id()) {
            Some(text) => theorem.with_document(text),
            None => theorem,
        };
        Catalogue { theorems: theorems.into_iter().map(documented).collect(), problems: Vec::new() }
    }

    /// Adds a theorem.
    pub fn push(&mut self, theorem: Theorem) {
        self.theorems.push(theorem);
    }

    /// Adds a problem, which can then be named like the built-in ones.
    pub fn push_problem(&mut self, problem: Problem) {
        self.problems.push(problem);
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
