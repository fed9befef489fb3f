//! One smooth loss in three parameters, and ways to get it wrong.

use std::sync::atomic::{AtomicU64, Ordering};

use shadowflow::loss::{Flaw, Loss, Problem, examine};
use shadowflow::prelude::*;
use shadowflow::scalar::Tape;

/// What is wrong with the loss, if anything.
pub enum Fault {
    None,
    /// A component of the gradient times a factor, in one minibatch or in all.
    Factor {
        component: usize,
        batch: Option<usize>,
        factor: f64,
    },
    /// Every component times a factor.
    Everywhere(f64),
    /// A component of the gradient plus a constant.
    Shift {
        component: usize,
        by: f64,
    },
    /// The first two components turned by an angle.
    Turned(f64),
    /// c (w₁, −w₀, 0) on top of the gradient.
    Curl(f64),
    /// Gradients rounded to single precision, derivatives kept or lost.
    SingleGradient {
        keep: bool,
    },
    /// Values rounded to single precision, derivatives kept or lost.
    SingleValue {
        keep: bool,
    },
    /// A value by way of a bare number.
    Detached,
    /// NaN as the value of a minibatch.
    NoValue(usize),
    /// An infinite component of the gradient of a minibatch.
    Infinite {
        component: usize,
        batch: usize,
    },
    /// A value that jumps by `by` where the parameter `along` passes `at`.
    Jump {
        along: usize,
        at: f64,
        by: f64,
    },
    /// Values that differ at each call.
    NoisyValue(f64, AtomicU64),
    /// Gradients that differ at each call.
    NoisyGradient(f64, AtomicU64),
    /// A cubic in a loss that claims to be quadratic.
    NotQuadratic {
        batch: usize,
        cubic: f64,
    },
}

/// Ĉ_k(w) = ln cosh(w₀ + w₁ x_k − y_k) + (w₀ w₁ w₂)²/20 + 0.15 (w₂ − x_k)², three minibatches.
pub struct Own(pub Fault);

pub const POINTS: [(f64, f64); 3] = [(-1.0, 0.5), (0.25, -0.75), (1.0, 1.5)];
pub const START: [f64; 3] = [1.0, -0.75, 0.6];

fn to_single<S: Scalar>(x: S, keep: bool) -> S {
    let rounded = f64::from(x.leading() as f32);
    if keep { x + S::from_f64(rounded - x.leading()) } else { S::from_f64(rounded) }
}

impl Own {
    fn true_value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (x, y) = POINTS[batch];
        if let Fault::NotQuadratic { batch: k, cubic } = &self.0 {
            let square =
                (w[0] + w[1].scale(x) - S::from_f64(y)).square() + w[2].square().scale(0.5);
            return if *k == batch {
                square + (w[2] * w[2].square()).scale(*cubic)
            } else {
                square
            };
        }
        let r = w[0] + w[1].scale(x) - S::from_f64(y);
        let log_cosh = r.scale(2.0).softplus() - r;
        let product = (w[0] * w[1] * w[2]).square().scale(0.05);
        log_cosh + product + (w[2] - S::from_f64(x)).square().scale(0.15)
    }
}

impl Loss for Own {
    fn dim(&self) -> usize {
        3
    }

    fn batches(&self) -> usize {
        POINTS.len()
    }

    fn is_quadratic(&self) -> bool {
        matches!(self.0, Fault::NotQuadratic { .. })
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let value = self.true_value(batch, w);
        match &self.0 {
            Fault::SingleValue { keep } => to_single(value, *keep),
            Fault::Detached => S::from_f64(value.leading()),
            Fault::NoValue(k) if *k == batch => S::from_f64(f64::NAN),
            Fault::Jump { along, at, by } if w[*along].leading() > *at => value + S::from_f64(*by),
            Fault::NoisyValue(size, calls) => value + S::from_f64(size * noise(calls)),
            _ => value,
        }
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        Tape::gradient(w, |variables| self.true_value(batch, variables), out);
        match &self.0 {
            Fault::Factor { component, batch: only, factor } if only.is_none_or(|k| k == batch) => {
                out[*component] = out[*component].scale(*factor);
            }
            Fault::Everywhere(factor) => out.iter_mut().for_each(|g| *g = g.scale(*factor)),
            Fault::Shift { component, by } => out[*component] += S::from_f64(*by),
            Fault::Turned(angle) => {
                let (a, b) = (out[0], out[1]);
                out[0] = a.scale(angle.cos()) - b.scale(angle.sin());
                out[1] = a.scale(angle.sin()) + b.scale(angle.cos());
            }
            Fault::Curl(c) => {
                out[0] += w[1].scale(*c);
                out[1] -= w[0].scale(*c);
            }
            Fault::SingleGradient { keep } => {
                out.iter_mut().for_each(|g| *g = to_single(*g, *keep));
            }
            Fault::Infinite { component, batch: k } if *k == batch => {
                out[*component] = S::from_f64(f64::INFINITY);
            }
            Fault::NoisyGradient(size, calls) => out[2] += S::from_f64(size * noise(calls)),
            _ => {}
        }
    }
}

fn noise(calls: &AtomicU64) -> f64 {
    (calls.fetch_add(1, Ordering::Relaxed) as f64).sin()
}

pub fn own(fault: Fault) -> Problem {
    Problem::new("own", Own(fault), DVector::from_column_slice(&START))
}

#[track_caller]
pub fn flaw(problem: &Problem) -> Flaw {
    let flaw = examine(problem, 1).unwrap_err();
    // Whatever the directions are, the flaw is found.
    for seed in 2..12 {
        assert!(examine(problem, seed).is_err(), "seed {seed} misses: {flaw}");
    }
    println!("{flaw}");
    flaw
}

#[track_caller]
pub fn passes(problem: &Problem) {
    for seed in 1..4 {
        if let Err(flaw) = examine(problem, seed) {
            panic!("{} with seed {seed}: {flaw}", problem.name());
        }
    }
}
