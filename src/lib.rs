//! Checked theorems about optimizers.

pub mod arithmetic;
pub mod cli;
pub mod flow;
pub mod integrate;
pub mod loss;
pub mod measure;
pub mod optimizer;
pub mod prelude;
pub mod report;
pub mod sampling;
pub mod scalar;
pub mod theorem;
