//! Two-layer nets of any width on six points, and their linearisation.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::integrate::RightHandSide;
use crate::loss::{Examples, Mlp, Oracle, ProblemError};
use crate::scalar::Scalar;

/// Inputs and targets: a fixed smooth function on six points.
const INPUTS: [f64; 6] = [-1.5, -0.9, -0.2, 0.4, 1.0, 1.6];

fn target(x: f64) -> f64 {
    (1.5 * x).sin()
}

/// The nets 1-h-1 on the six points, one for each of `widths`.
///
/// # Errors
/// [`ProblemError`] if a width is 0.
pub(super) fn losses(widths: &[usize]) -> Result<Vec<Mlp>, ProblemError> {
    let inputs = DMatrix::from_column_slice(INPUTS.len(), 1, &INPUTS);
    let examples = Examples::new(&inputs, &inputs.map(target), &[(0..INPUTS.len()).collect()])?;
    widths.iter().map(|&h| Mlp::new(&[1, h, 1], examples.clone())).collect()
}

/// Parameters of a two-layer net: all b, all c, all a.
pub(super) fn initial(width: usize, seed: u64, number: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    let mut w = vec![0.0; 3 * width];
    // The first units of a wider net are those of a narrower one: the widths share their noise.
    for j in 0..width {
        for part in [2, 0, 1] {
            w[part * width + j] = normal(&mut random);
        }
    }
    w
}

/// The units (a, b, c) of the parameters `w`.
fn units(w: &[f64]) -> impl Iterator<Item = (f64, f64, f64)> {
    let width = w.len() / 3;
    (0..width).map(move |j| (w[2 * width + j], w[j], w[width + j]))
}

/// A standard normal number, by Box and Muller's transform.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The gradient flow of a net f = scale · Σ_j a_j tanh(b_j x + c_j), time stretched by `stretch`.
pub(super) struct Net<'a> {
    scale: f64,
    stretch: f64,
    loss: &'a Mlp,
    /// The parameters of the loss, b, c, scale · a and an output bias of 0, and the gradient there.
    point: Vec<f64>,
    gradient: Vec<f64>,
}

impl<'a> Net<'a> {
    pub(super) fn of(loss: &'a Mlp, mean_field: bool) -> Self {
        let width = loss.layers()[1];
        let h = width as f64;
        let (scale, stretch) = if mean_field { (1.0 / h, h) } else { (1.0 / h.sqrt(), 1.0) };
        let [point, gradient] = [(); 2].map(|()| vec![0.0; 3 * width + 1]);
        Net { scale, stretch, loss, point, gradient }
    }

    pub(super) fn outputs(&self, w: &[f64]) -> Vec<f64> {
        let output = |x: f64| {
            units(w).map(|(a, b, c)| a * Scalar::tanh(b * x + c)).sum::<f64>() * self.scale
        };
        INPUTS.iter().map(|&x| output(x)).collect()
    }

    /// The Jacobian of the outputs, one row an input.
    fn jacobian(&self, w: &[f64]) -> DMatrix<f64> {
        let width = w.len() / 3;
        let mut jacobian = DMatrix::zeros(INPUTS.len(), w.len());
        for (i, &x) in INPUTS.iter().enumerate() {
            for (j, (a, b, c)) in units(w).enumerate() {
                let t = Scalar::tanh(b * x + c);
                let slope = self.scale * a * (1.0 - t * t);
                jacobian[(i, j)] = slope * x;
                jacobian[(i, width + j)] = slope;
                jacobian[(i, 2 * width + j)] = self.scale * t;
            }
        }
        jacobian
    }

    /// The outputs at `time` of the linearisation at `w`: f′ = −K(f − y)/N with K = JJᵀ.
    pub(super) fn linearised(&self, w: &[f64], time: f64) -> Vec<f64> {
        let jacobian = self.jacobian(w);
        let kernel = &jacobian * jacobian.transpose();
        let rate = self.stretch / INPUTS.len() as f64;
        let goal = DVector::from_iterator(INPUTS.len(), INPUTS.iter().map(|&x| target(x)));
        let residual = DVector::from_vec(self.outputs(w)) - &goal;
        let eigen = kernel.symmetric_eigen();
        let decay = eigen.eigenvalues.map(|l| (-l * rate * time).exp());
        let left = &eigen.eigenvectors * decay.component_mul(&eigen.eigenvectors.tr_mul(&residual));
        (goal + left).as_slice().to_vec()
    }
}

impl RightHandSide<f64> for Net<'_> {
    fn dim(&self) -> usize {
        self.point.len() - 1
    }

    /// b′ = −∂C/∂b, c′ = −∂C/∂c and a′ = −scale ∂C/∂(scale · a), all stretched.
    fn evaluate(&mut self, _t: f64, w: &[f64], dw: &mut [f64]) {
        let outer = w.len() / 3 * 2;
        self.point[..outer].copy_from_slice(&w[..outer]);
        for (point, &a) in self.point[outer..].iter_mut().zip(&w[outer..]) {
            *point = self.scale * a;
        }
        Oracle::gradient(self.loss, 0, &self.point, &mut self.gradient);
        for (j, (dw, &g)) in dw.iter_mut().zip(&self.gradient).enumerate() {
            *dw = -self.stretch * if j < outer { g } else { self.scale * g };
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // the nets of this file exist

    use super::{DMatrix, INPUTS, Net, RightHandSide, initial, losses, target};

    /// The bound holds for any scaling near h^(−½) too, so the scaling itself is pinned here.
    #[test]
    fn twice_the_width_takes_the_scale_to_its_power() {
        let losses = losses(&[32, 64, 128]).unwrap();
        for pair in losses.windows(2) {
            for (mean_field, factor) in [(false, 0.5_f64.sqrt()), (true, 0.5)] {
                let (narrow, wide) = (Net::of(&pair[0], mean_field), Net::of(&pair[1], mean_field));
                assert!((wide.scale / narrow.scale - factor).abs() < 1e-15);
            }
        }
    }

    /// w′ = −(stretch/N) Jᵀ(f − y), with the Jacobian J that the linearisation uses.
    #[test]
    fn the_flow_descends_along_the_jacobian() {
        for loss in &losses(&[32, 64, 2048]).unwrap() {
            let w = initial(loss.layers()[1], 3, 5);
            for mean_field in [false, true] {
                let mut net = Net::of(loss, mean_field);
                let mut field = vec![0.0; w.len()];
                net.evaluate(0.0, &w, &mut field);
                let left = net.outputs(&w).iter().zip(INPUTS).map(|(f, x)| f - target(x)).collect();
                let left = DMatrix::from_vec(INPUTS.len(), 1, left);
                let descent = net.jacobian(&w).tr_mul(&left) * (-net.stretch / INPUTS.len() as f64);
                let size = descent.norm();
                for (found, known) in field.iter().zip(&descent) {
                    assert!((found - known).abs() < 1e-13 * size);
                }
            }
        }
    }
}
