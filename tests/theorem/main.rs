//! Legs, verdicts and theorems, those of the catalogue and those of outside authors.

#![allow(missing_docs)] // the names of the tests say what they check

mod adaptive;
mod expanded;
mod extension;
mod interpolation;
mod judgement;
mod legs;
mod maps;
mod minima;
mod momentum;
mod outside_hypotheses;
mod outside_verdicts;
mod own_flow;
mod pathologies;
