//! What a program that brings its own optimizers, flows, losses or methods imports.

pub use crate::arithmetic::{Arithmetic, Batch, Map, NotContracting, Numeric, Pointwise, Steps};
pub use crate::flow::{AnyFlow, Flow, Term};
pub use crate::loss::{Closures, Loss, Problem, preset};
pub use crate::method::{Method, Methods, NameTaken, Range, Setting, Values};
pub use crate::optimizer::{AnyOptimizer, Optimizer, State, Tempo};
pub use crate::sampling::{
    Draw, FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Repartition,
    Sampling,
};
pub use crate::scalar::{Ratio, Real, Scalar};
pub use crate::series::derive;
pub use crate::theorem::{
    Catalogue, Outcome, Settings, Statement, Theorem, Tracking, Verdict, check,
};

pub use nalgebra::{DMatrix, DVector};
