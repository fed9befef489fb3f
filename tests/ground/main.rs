//! What everything stands on: numbers, kernels, losses, statistics, integrators, exact means.

#![allow(missing_docs)] // the names of the tests say what they check

mod examine;
mod expansions;
mod house;
mod integrate;
mod kernel;
mod loss;
mod measure;
mod oracle_cases;
mod random_inputs;
mod sampling;
mod scalar;
