//! Properties over random losses, dimensions and step sizes, each against something computed another
//! way: brute force, closed forms, other differentiators, higher precision.
//!
//! Everything random has a literal seed, so a failure repeats; proptest prints the case it shrank to.

#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

mod choices;
mod counts;
mod derivatives;
mod equivariance;
mod ladders;
mod means;
mod orders;
mod paths;
mod problems;
mod quadratics;

use proptest::test_runner::{Config, RngSeed};

/// `cases` random cases from the literal `seed`.
fn config(cases: u32, seed: u64) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    }
}
