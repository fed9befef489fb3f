//! Sampling schemes as an outside author writes them, flagged as the test wants.

use shadowflow::prelude::*;
use shadowflow::sampling::{Draw, examine};

/// The continuations of a path.
pub type Next = fn(&[Draw], usize) -> Vec<Draw>;

/// A scheme given by its continuations and its flags.
#[derive(Clone, Copy)]
pub struct Own {
    pub next: Next,
    pub random_order: bool,
    pub balanced: bool,
    pub independent: bool,
    pub steps: Option<usize>,
    pub paths: Option<f64>,
}

impl Own {
    pub fn new(next: Next) -> Self {
        let (random_order, balanced, independent) = (false, false, false);
        Own { next, random_order, balanced, independent, steps: None, paths: None }
    }

    pub fn random_order(self) -> Self {
        Own { random_order: true, ..self }
    }

    pub fn balanced(self) -> Self {
        Own { balanced: true, ..self }
    }

    pub fn independent(self) -> Self {
        Own { independent: true, ..self }
    }
}

impl Sampling for Own {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        (self.next)(path, components)
    }

    fn is_random_order(&self) -> bool {
        self.random_order
    }

    fn is_balanced(&self) -> bool {
        self.balanced
    }

    fn is_independent(&self) -> bool {
        self.independent
    }

    fn steps(&self, components: usize) -> usize {
        self.steps.unwrap_or_else(|| self.first_path(components).0)
    }

    fn paths(&self, components: usize) -> f64 {
        self.paths.unwrap_or_else(|| self.first_path(components).1)
    }
}

pub fn ones(parts: impl IntoIterator<Item = usize>) -> Vec<Draw> {
    parts.into_iter().map(Draw::One).collect()
}

/// m steps, any component each.
pub fn any(path: &[Draw], m: usize) -> Vec<Draw> {
    if path.len() == m { Vec::new() } else { ones(0..m) }
}

/// Each component once.
pub fn once(path: &[Draw], m: usize) -> Vec<Draw> {
    ones((0..m).filter(|&k| !path.contains(&Draw::One(k))))
}

/// A random first component, the others after it in turn: m of the m! orders.
pub fn turned(path: &[Draw], m: usize) -> Vec<Draw> {
    match path {
        [] => ones(0..m),
        [.., Draw::One(k)] if path.len() < m => ones([(k + 1) % m]),
        _ => Vec::new(),
    }
}

/// All but the component that was drawn last.
pub fn other(path: &[Draw], m: usize) -> Vec<Draw> {
    match path.last() {
        _ if path.len() == m => Vec::new(),
        Some(Draw::One(last)) if m > 1 => ones((0..m).filter(|k| k != last)),
        _ => ones(0..m),
    }
}

/// An order without its last component, and the first one again in its place.
pub fn forgetful(path: &[Draw], m: usize) -> Vec<Draw> {
    let rest = once(path, m);
    if rest.len() > 1 || path.is_empty() {
        rest
    } else {
        path.get(..path.len().min(1))
            .unwrap_or_default()
            .iter()
            .filter(|_| path.len() < m)
            .cloned()
            .collect()
    }
}

/// Component 0 counts twice among the continuations.
pub fn leaning(path: &[Draw], m: usize) -> Vec<Draw> {
    if path.len() == m { Vec::new() } else { ones((0..m).chain([0])) }
}

#[track_caller]
pub fn fault(sampling: impl Sampling, components: usize) -> String {
    let found = examine(&sampling, components, 1).unwrap_err();
    for seed in 2..12 {
        assert!(examine(&sampling, components, seed).is_err(), "seed {seed}");
    }
    println!("{found}");
    found.to_string()
}

#[track_caller]
pub fn passes(sampling: impl Sampling, components: usize) {
    if let Err(fault) = examine(&sampling, components, 1) {
        panic!("with {components}: {fault}");
    }
}
