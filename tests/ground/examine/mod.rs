//! Losses and samplings as an outside author writes them, with one fault each, and true ones: what is said
//! of them before anything is measured.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

mod curves;
mod float_only;
mod kernels;
mod kinks;
mod losses;
mod own;
mod samplings;
mod schemes;
mod smooth;
mod true_losses;
