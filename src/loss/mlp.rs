//! A multilayer perceptron with tanh units.

use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Examples, Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(w) = (m/N) Σ_{i in k} ½ ‖f(x_i; w) − y_i‖² for a net f of tanh layers, the last one linear.
///
/// a⁰ = x, aˡ = tanh(Wˡ aˡ⁻¹ + bˡ), f = Wᴸ aᴸ⁻¹ + bᴸ. The parameters w are, layer by layer, Wˡ row
/// by row (outputs × inputs) and then bˡ.
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<usize>,
    dim: usize,
    examples: Examples,
}

/// What evaluating one example writes: the units of all layers but the input, and dℓ/dz of one
/// layer and of the layer below it.
struct Workspace<S> {
    units: Vec<S>,
    slopes: Vec<S>,
    below: Vec<S>,
}

impl Mlp {
    /// The net with layers of the sizes `layers`, from input to output, on `examples`.
    ///
    /// # Errors
    /// [`ProblemError`] if there are fewer than two layers, one of size 0, or the first or the last
    /// does not fit the examples.
    pub fn new(layers: &[usize], examples: Examples) -> Result<Self, ProblemError> {
        let layers = layers.to_vec();
        let (first, last) = match layers[..] {
            [first, .., last] if !layers.contains(&0) => (first, last),
            _ => return Err(ProblemError::Layers { layers }),
        };
        for (what, found, expected) in [
            ("the input layer", first, examples.features()),
            ("the output layer", last, examples.outputs()),
        ] {
            if found != expected {
                return Err(ProblemError::Size { what: what.to_owned(), found, expected });
            }
        }
        let dim = layers.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        Ok(Mlp { layers, dim, examples })
    }

    /// The layer sizes, from input to output.
    pub fn layers(&self) -> &[usize] {
        &self.layers
    }

    /// Random start weights, the same for the same `seed`: uniform in ±1/√inputs, biases uniform
    /// in ±0.1.
    pub fn initial(&self, seed: u64) -> DVector<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut w = Vec::with_capacity(self.dim);
        for pair in self.layers.windows(2) {
            let (inputs, outputs) = (pair[0], pair[1]);
            let width = 1.0 / (inputs as f64).sqrt();
            w.extend((0..inputs * outputs).map(|_| width * rng.random_range(-1.0..1.0)));
            w.extend((0..outputs).map(|_| 0.1 * rng.random_range(-1.0..1.0)));
        }
        DVector::from_vec(w)
    }

    fn workspace<S: Scalar>(&self) -> Workspace<S> {
        let widest = self.layers.iter().copied().max().unwrap_or(0);
        Workspace {
            units: vec![S::zero(); self.layers[1..].iter().sum()],
            slopes: vec![S::zero(); widest],
            below: vec![S::zero(); widest],
        }
    }

    /// Fills `units` for the input `x`; the last `outputs` of them are f(x).
    fn forward<S: Scalar>(&self, w: &[S], x: &[f64], units: &mut [S]) {
        let last = self.layers.len() - 2;
        let (mut weights, mut filled) = (w, 0);
        for (layer, pair) in self.layers.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let (matrix, rest) = weights.split_at(inputs * outputs);
            let (bias, rest) = rest.split_at(outputs);
            weights = rest;
            let (known, open) = units.split_at_mut(filled);
            let input = &known[filled.saturating_sub(inputs)..];
            for ((row, &bias), unit) in matrix.chunks_exact(inputs).zip(bias).zip(open) {
                let mut z = bias;
                if layer == 0 {
                    for (&weight, &x) in row.iter().zip(x) {
                        z += weight.scale(x);
                    }
                } else {
                    for (&weight, &a) in row.iter().zip(input) {
                        z += weight * a;
                    }
                }
                *unit = if layer == last { z } else { z.tanh() };
            }
            filled += outputs;
        }
    }

    /// Adds the gradient of one example's loss to `out`, given its units and, in `slopes`, dℓ/df.
    fn backward<S: Scalar>(&self, w: &[S], x: &[f64], space: &mut Workspace<S>, out: &mut [S]) {
        let Workspace { units, slopes, below } = space;
        let (mut weights, mut filled) = (self.dim, units.len());
        for (layer, pair) in self.layers.windows(2).enumerate().rev() {
            let (inputs, outputs) = (pair[0], pair[1]);
            weights -= (inputs + 1) * outputs;
            filled -= outputs;
            let matrix = &w[weights..weights + inputs * outputs];
            let (rows, rest) = out[weights..].split_at_mut(inputs * outputs);
            for (bias, &slope) in rest.iter_mut().zip(&slopes[..outputs]) {
                *bias += slope;
            }
            if layer == 0 {
                for (row, &slope) in rows.chunks_exact_mut(inputs).zip(&slopes[..outputs]) {
                    for (out, &x) in row.iter_mut().zip(x) {
                        *out += slope.scale(x);
                    }
                }
                return;
            }
            let input = &units[filled - inputs..filled];
            below[..inputs].fill(S::zero());
            let lines = rows.chunks_exact_mut(inputs).zip(matrix.chunks_exact(inputs));
            for ((row, matrix), &slope) in lines.zip(&slopes[..outputs]) {
                for (((out, below), &weight), &a) in
                    row.iter_mut().zip(&mut *below).zip(matrix).zip(input)
                {
                    *out += slope * a;
                    *below += slope * weight;
                }
            }
            for (below, &a) in below.iter_mut().zip(input) {
                *below *= S::one() - a * a;
            }
            std::mem::swap(slopes, below);
        }
    }
}

impl Loss for Mlp {
    fn dim(&self) -> usize {
        self.dim
    }

    fn batches(&self) -> usize {
        self.examples.batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let mut space = self.workspace();
        let outputs = space.units.len() - self.examples.outputs();
        let mut sum = S::zero();
        for (x, y) in self.examples.batch(batch) {
            self.forward(w, x, &mut space.units);
            for (&f, &y) in space.units[outputs..].iter().zip(y) {
                sum += (f - S::from_f64(y)).square();
            }
        }
        sum.scale(0.5) * self.examples.weight()
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let mut space = self.workspace();
        let outputs = space.units.len() - self.examples.outputs();
        let weight = self.examples.weight::<S>();
        out.fill(S::zero());
        for (x, y) in self.examples.batch(batch) {
            self.forward(w, x, &mut space.units);
            for ((slope, &f), &y) in space.slopes.iter_mut().zip(&space.units[outputs..]).zip(y) {
                *slope = (f - S::from_f64(y)) * weight;
            }
            self.backward(w, x, &mut space, out);
        }
    }
}
