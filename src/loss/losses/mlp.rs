//! A multilayer perceptron with tanh units.

use std::array::from_fn;

use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::loss::net::{Link, Net};
use crate::loss::{Examples, FloatKernel, Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(w) = (m/N) Σ_{i in k} ½ ‖f(x_i; w) − y_i‖² for a net f of tanh layers, the last one linear.
///
/// a⁰ = x, aˡ = tanh(Wˡ aˡ⁻¹ + bˡ), f = Wᴸ aᴸ⁻¹ + bᴸ. The parameters w are, layer by layer, Wˡ row
/// by row (outputs × inputs) and then bˡ.
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<usize>,
    net: Net,
}

/// An example (x_i, y_i).
type Example<'a> = (&'a [f64], &'a [f64]);

/// What evaluating a panel of `L` examples writes, one lane an example: their inputs, the units of
/// all other layers, and dℓ/dz of one layer and of the layer below it.
///
/// Lanes are innermost, so that loops over them compile to vector instructions and a weight is read
/// once a panel.
struct Workspace<S, const L: usize> {
    inputs: Vec<[f64; L]>,
    units: Vec<[S; L]>,
    slopes: Vec<[S; L]>,
    below: Vec<[S; L]>,
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
        let net = Net::new(&layers, examples, Link::Squares, 0.0);
        Ok(Mlp { layers, net })
    }

    /// The layer sizes, from input to output.
    pub fn layers(&self) -> &[usize] {
        &self.layers
    }

    /// Random start weights, the same for the same `seed`: uniform in ±1/√inputs, biases uniform
    /// in ±0.1.
    pub fn initial(&self, seed: u64) -> DVector<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut w = Vec::with_capacity(self.net.dim());
        for pair in self.layers.windows(2) {
            let (inputs, outputs) = (pair[0], pair[1]);
            let width = 1.0 / (inputs as f64).sqrt();
            w.extend((0..inputs * outputs).map(|_| width * rng.random_range(-1.0..1.0)));
            w.extend((0..outputs).map(|_| 0.1 * rng.random_range(-1.0..1.0)));
        }
        DVector::from_vec(w)
    }

    fn workspace<S: Scalar, const L: usize>(&self) -> Workspace<S, L> {
        let widest = self.layers.iter().copied().max().unwrap_or(0);
        Workspace {
            inputs: vec![[0.0; L]; self.layers[0]],
            units: vec![[S::zero(); L]; self.layers[1..].iter().sum()],
            slopes: vec![[S::zero(); L]; widest],
            below: vec![[S::zero(); L]; widest],
        }
    }

    /// Fills `inputs` and `units` for a panel; the last `outputs` units are f(x).
    fn forward<S: Scalar, const L: usize>(
        &self,
        w: &[S],
        panel: &[Example; L],
        space: &mut Workspace<S, L>,
    ) {
        for (i, input) in space.inputs.iter_mut().enumerate() {
            *input = panel.map(|(x, _)| x[i]);
        }
        let last = self.layers.len() - 2;
        let (mut weights, mut filled) = (w, 0);
        for (layer, pair) in self.layers.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let (matrix, rest) = weights.split_at(inputs * outputs);
            let (bias, rest) = rest.split_at(outputs);
            weights = rest;
            let (known, open) = space.units.split_at_mut(filled);
            let input = &known[filled.saturating_sub(inputs)..];
            for ((row, &bias), unit) in matrix.chunks_exact(inputs).zip(bias).zip(open) {
                let mut z = [bias; L];
                if layer == 0 {
                    for (&weight, x) in row.iter().zip(&space.inputs) {
                        for (z, &x) in z.iter_mut().zip(x) {
                            *z += weight.scale(x);
                        }
                    }
                } else {
                    for (&weight, a) in row.iter().zip(input) {
                        for (z, &a) in z.iter_mut().zip(a) {
                            *z += weight * a;
                        }
                    }
                }
                if layer != last {
                    for z in &mut z {
                        *z = z.tanh();
                    }
                }
                *unit = z;
            }
            filled += outputs;
        }
    }

    /// Adds the gradients of a panel's losses to `out`, given its units and, in `slopes`, dℓ/df.
    fn backward<S: Scalar, const L: usize>(
        &self,
        w: &[S],
        space: &mut Workspace<S, L>,
        out: &mut [S],
    ) {
        let Workspace { inputs: x, units, slopes, below } = space;
        let (mut weights, mut filled) = (self.net.dim(), units.len());
        for (layer, pair) in self.layers.windows(2).enumerate().rev() {
            let (inputs, outputs) = (pair[0], pair[1]);
            weights -= (inputs + 1) * outputs;
            filled -= outputs;
            let matrix = &w[weights..weights + inputs * outputs];
            let (rows, rest) = out[weights..].split_at_mut(inputs * outputs);
            for (bias, &slope) in rest.iter_mut().zip(&slopes[..outputs]) {
                *bias += sum(slope);
            }
            if layer == 0 {
                for (row, slope) in rows.chunks_exact_mut(inputs).zip(&slopes[..outputs]) {
                    for (out, x) in row.iter_mut().zip(&*x) {
                        *out += sum::<S, L>(from_fn(|l| slope[l].scale(x[l])));
                    }
                }
                return;
            }
            let input = &units[filled - inputs..filled];
            below[..inputs].fill([S::zero(); L]);
            let lines = rows.chunks_exact_mut(inputs).zip(matrix.chunks_exact(inputs));
            for ((row, matrix), &slope) in lines.zip(&slopes[..outputs]) {
                for (((out, below), &weight), a) in
                    row.iter_mut().zip(&mut *below).zip(matrix).zip(input)
                {
                    *out += sum::<S, L>(from_fn(|l| slope[l] * a[l]));
                    for (below, &slope) in below.iter_mut().zip(&slope) {
                        *below += slope * weight;
                    }
                }
            }
            for (below, a) in below.iter_mut().zip(input) {
                for (below, &a) in below.iter_mut().zip(a) {
                    *below *= S::one() - a * a;
                }
            }
            std::mem::swap(slopes, below);
        }
    }

    /// Adds the gradient of the examples in `panels`, each weighted with `weight`, to `out`.
    fn add_gradient<S: Scalar, const L: usize>(
        &self,
        panels: &[[Example; L]],
        weight: S,
        w: &[S],
        out: &mut [S],
    ) {
        if panels.is_empty() {
            return;
        }
        let mut space = self.workspace();
        let outputs = space.units.len() - self.net.examples().outputs();
        for panel in panels {
            self.forward(w, panel, &mut space);
            for (i, (slope, f)) in space.slopes.iter_mut().zip(&space.units[outputs..]).enumerate()
            {
                *slope = from_fn(|l| (f[l] - S::from_f64(panel[l].1[i])) * weight);
            }
            self.backward(w, &mut space, out);
        }
    }
}

/// The sum of the lanes, `L` a power of two: halves onto halves, which vectorises.
fn sum<S: Scalar, const L: usize>(mut lanes: [S; L]) -> S {
    let mut half = L / 2;
    while half > 0 {
        for l in 0..half {
            let other = lanes[l + half];
            lanes[l] += other;
        }
        half /= 2;
    }
    lanes[0]
}

impl Loss for Mlp {
    fn dim(&self) -> usize {
        self.net.dim()
    }

    fn batches(&self) -> usize {
        self.net.examples().batches()
    }

    /// The weights of each layer, outputs × inputs, and its biases as a column.
    fn blocks(&self) -> Vec<(usize, usize)> {
        let layer = |pair: &[usize]| [(pair[1], pair[0]), (pair[1], 1)];
        self.layers.windows(2).flat_map(layer).collect()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let mut space = self.workspace::<S, 1>();
        let outputs = space.units.len() - self.net.examples().outputs();
        let mut sum = S::zero();
        for (x, y) in self.net.examples().batch(batch) {
            self.forward(w, &[(x, y)], &mut space);
            for (&[f], &y) in space.units[outputs..].iter().zip(y) {
                sum += (f - S::from_f64(y)).square();
            }
        }
        sum.scale(0.5) * self.net.examples().weight()
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let examples: Vec<Example> = self.net.examples().batch(batch).collect();
        let weight = self.net.examples().weight::<S>();
        out.fill(S::zero());
        let mut rest = &examples[..];
        // Panels pay as long as the sums of one stay in registers.
        if const { size_of::<S>() <= 16 } {
            let (panels, after) = rest.as_chunks::<4>();
            self.add_gradient(panels, weight, w, out);
            rest = after;
        }
        self.add_gradient(rest.as_chunks::<1>().0, weight, w, out);
    }

    fn kernel(&self) -> Option<&dyn FloatKernel> {
        Some(&self.net)
    }
}
