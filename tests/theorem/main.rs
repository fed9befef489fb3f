//! Legs, verdicts and theorems, those of the catalogue and those of outside authors.

#![allow(missing_docs)] // the names of the tests say what they check

mod adaptive;
mod constants;
mod expanded;
mod extension;
mod identify;
mod interpolation;
mod judgement;
mod large_constants;
mod legs;
mod maps;
mod minima;
mod modified_loss;
mod momentum;
mod outside_hypotheses;
mod outside_verdicts;
mod own_flow;
mod pathologies;

/// The program that the tutorial arrives at, with its tests.
#[allow(dead_code, clippy::expect_used)] // it is run elsewhere, and panics as a test does
#[path = "../tutorial/claimed.rs"]
mod tutorial;
