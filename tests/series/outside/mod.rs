//! What a proof in exact series must not say of methods, flows and samplings from outside: every claim here is
//! written through the public interface, the false one that would slip through beside the true one that
//! would be refused.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

mod epochs;
mod maps;
mod minibatches;
mod periods;
mod several;
mod start;
mod steps;
mod time;
mod truncation;

use shadowflow::flow::Integrable;
use shadowflow::prelude::*;
use shadowflow::series::{ExactFlow, ExactOptimizer, Proof, ProofStatus, ProvedBatches};
use shadowflow::theorem::Outcome;

const PROVED: ProofStatus = ProofStatus::Proved;
const REFUTED: ProofStatus = ProofStatus::Refuted;

/// Σ coefficient · (−H)^k f with its power of ε, one entry a k, and the coefficient 1 of f: a field in
/// powers of the Hessian, each of the entries a term.
#[derive(Clone)]
struct Powers(Vec<(usize, Ratio, u32)>);

impl Powers {
    fn of(terms: &[(usize, (i64, i64), u32)]) -> Self {
        Powers(terms.iter().map(|&(k, c, p)| (k, c.into(), p)).collect())
    }
}

const NAMES: [&str; 8] = ["g", "Hg", "H²g", "H³g", "H⁴g", "H⁵g", "H⁶g", "H⁷g"];

impl<A: Arithmetic> Flow<A> for Powers {
    fn terms(&self) -> Vec<Term> {
        let term = |&(k, coefficient, power): &(usize, Ratio, u32)| Term {
            name: NAMES[k].into(),
            coefficient,
            power,
        };
        self.0.iter().map(term).collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&a.fraction(-1, 1), &mut field);
        for (&(k, ..), c) in self.0.iter().zip(c) {
            let mut v = a.gradient(Batch::Full, w);
            for _ in 0..k {
                v = a.hessian_vector(Batch::Full, w, &v);
            }
            a.axpy(c, &v, &mut field);
        }
        field
    }
}

fn claimed<O, F>(optimizer: O, flow: F, local: u32) -> Theorem
where
    O: shadowflow::optimizer::Runnable + ExactOptimizer + 'static,
    F: Integrable + ExactFlow + 'static,
{
    Theorem::tracks("claimed", optimizer, flow, local, local - 1)
}

/// Without controls and powers of its own: what the proof and the measured legs say.
fn checked(theorem: &Theorem, loss: &str, batches: Option<usize>) -> Outcome {
    let problem = preset(loss, batches, None, 1).unwrap();
    let settings = Settings { controls: false, ..Settings::default() };
    check(theorem, &problem, &settings).unwrap()
}

fn assert_refuted_at(proof: &Proof, tree: &str, batches: usize) {
    assert_eq!(proof.status, REFUTED, "{proof:?}");
    let failure = proof.first_failure.as_ref().unwrap();
    assert_eq!((failure.tree.as_str(), failure.batches), (tree, batches), "{failure}");
    assert_eq!(proof.batches, ProvedBatches::Listed(Vec::new()));
}

/// w ← w − ε (1 + c ε^p) g.
struct Faster {
    c: Ratio,
    power: u32,
}

impl<A: Arithmetic> Optimizer<A> for Faster {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let more = (0..self.power).fold(a.ratio(self.c), |x, _| x * eps.clone());
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() * (a.fraction(1, 1) + more)), &g, &mut s.w);
    }
}
