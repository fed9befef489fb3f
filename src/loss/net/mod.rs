//! Nets of tanh layers in `f64`, in vector instructions: what evaluates multilayer perceptrons and
//! regressions, which are nets of one layer.

mod accumulate;
mod batchwise;
mod in_lanes;
mod kept;
mod kernels;
mod layer;
mod panels;
mod passes;
mod tangent;

use self::layer::{Layer, layers};
use self::panels::{Panel, panels};
use super::Examples;

/// The net of the layers `layers`, the last one linear, on examples in panels, minibatch by minibatch;
/// with a ridge on all weights.
#[derive(Clone, Debug)]
pub(super) struct Net {
    layers: Vec<Layer>,
    dim: usize,
    examples: Examples,
    panels: Vec<Vec<Panel>>,
    link: Link,
    ridge: f64,
}

/// What the loss of one example makes of the net's output f.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// ½ ‖f − y‖².
    Squares,
    /// ln(1 + e^f) − y f, whose derivative is σ(f) − y, σ the logistic function.
    Logistic,
}

impl Net {
    /// The net with layers of `sizes`, which must fit the examples.
    pub(super) fn new(sizes: &[usize], examples: Examples, link: Link, ridge: f64) -> Self {
        let dim = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        let panels = panels(&examples);
        Net { layers: layers(sizes), dim, examples, panels, link, ridge }
    }

    /// The number of parameters.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The examples.
    pub(super) fn examples(&self) -> &Examples {
        &self.examples
    }
}
