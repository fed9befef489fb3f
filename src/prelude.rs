//! What a program that brings its own optimizers, flows or losses imports.

pub use crate::arithmetic::{Arithmetic, Batch, NotContracting, Numeric, Pointwise, Steps};
pub use crate::flow::{Flow, Term};
pub use crate::loss::{Closures, Loss, Problem, preset};
pub use crate::optimizer::{Optimizer, State};
pub use crate::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Repartition, Sampling,
};
pub use crate::scalar::{Ratio, Real, Scalar};
pub use crate::series::derive;
pub use crate::theorem::{Catalogue, Settings, Theorem, Tracking, Verdict, check};

pub use nalgebra::{DMatrix, DVector};
