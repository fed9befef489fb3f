//! The kernel limit: a wide two-layer net in NTK scaling trains like its linearisation.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{NotApplicable, Statement};
use crate::flow::Term;
use crate::integrate::{Dop853, RightHandSide};
use crate::loss::Problem;
use crate::scalar::{DoubleDouble, Ratio};
use crate::theorem::Settings;
use crate::theorem::comparison::{
    Certificate, Comparison, LegKind, Observation, Obstacle, Rung, exact,
};

/// f(x) = h^(−½) Σ_j a_j tanh(b_j x + c_j) under the gradient flow of ½⟨(f − y)²⟩, beside the flow of
/// its linearisation at the start: the distance of the function values at a fixed time, RMS over
/// seeds, falls at least as h^(−½).
///
/// A bound, not an equality. As a control the net is scaled by 1/h, with time stretched by h so that
/// it learns as fast: there features move at any width and the distance does not fall like that.
///
/// Source: Jacot, Gabriel & Hongler 2018, arXiv 1806.07572; Lee et al. 2019, arXiv 1902.06720.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelLimit;

/// The name of the loss this theorem brings with it.
pub const WIDE_NET: &str = "wide-net";
const MEAN_FIELD: &str = "scale by 1/h";
/// Widths h, each twice the last.
const WIDTHS: [usize; 7] = [32, 64, 128, 256, 512, 1024, 2048];
/// Seeds the distance is averaged over.
const SEEDS: u64 = 48;
/// The time both flows run.
const TIME: f64 = 1.0;
/// The longest time that is followed: beyond it both have long settled.
const LONGEST: f64 = 20.0;
const TOLERANCE: f64 = 1e-8;
/// Inputs and targets: a fixed smooth function on six points.
const INPUTS: [f64; 6] = [-1.5, -0.9, -0.2, 0.4, 1.0, 1.6];

fn target(x: f64) -> f64 {
    (1.5 * x).sin()
}

impl Statement for KernelLimit {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Comparison>>, NotApplicable> {
        if problem.name() != WIDE_NET {
            return Err(NotApplicable(format!(
                "the kernel limit is a statement about two-layer nets of growing width, not about {}",
                problem.name()
            )));
        }
        if settings.horizon.is_some_and(|time| time > LONGEST) {
            return Err(NotApplicable(format!(
                "both flows are followed for a time of at most {LONGEST}"
            )));
        }
        Ok(vec![Box::new(Widening { seed: settings.seed, time: settings.horizon.unwrap_or(TIME) })])
    }
}

struct Widening {
    seed: u64,
    time: f64,
}

/// Parameters of a two-layer net, unit by unit: a, b, c.
fn initial(width: usize, seed: u64, number: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    // The first units of a wider net are those of a narrower one: the widths share their noise.
    (0..3 * width).map(|_| normal(&mut random)).collect()
}

/// A standard normal number, by Box and Muller's transform.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The gradient flow of a net f = scale · Σ_j a_j tanh(b_j x + c_j), time stretched by `stretch`.
struct Net {
    scale: f64,
    stretch: f64,
    width: usize,
}

impl Net {
    fn of(width: usize, mean_field: bool) -> Self {
        let h = width as f64;
        if mean_field {
            Net { scale: 1.0 / h, stretch: h, width }
        } else {
            Net { scale: 1.0 / h.sqrt(), stretch: 1.0, width }
        }
    }

    fn outputs(&self, w: &[f64]) -> Vec<f64> {
        let unit = |x: f64| {
            w.chunks_exact(3).map(|u| u[0] * (u[1] * x + u[2]).tanh()).sum::<f64>() * self.scale
        };
        INPUTS.iter().map(|&x| unit(x)).collect()
    }

    /// The Jacobian of the outputs, one row an input.
    fn jacobian(&self, w: &[f64]) -> DMatrix<f64> {
        let mut jacobian = DMatrix::zeros(INPUTS.len(), w.len());
        for (i, &x) in INPUTS.iter().enumerate() {
            for (j, u) in w.chunks_exact(3).enumerate() {
                let t = (u[1] * x + u[2]).tanh();
                let slope = self.scale * u[0] * (1.0 - t * t);
                jacobian[(i, 3 * j)] = self.scale * t;
                jacobian[(i, 3 * j + 1)] = slope * x;
                jacobian[(i, 3 * j + 2)] = slope;
            }
        }
        jacobian
    }

    /// The outputs at `time` of the linearisation at `w`: f′ = −K(f − y)/N with K = JJᵀ.
    fn linearised(&self, w: &[f64], time: f64) -> Vec<f64> {
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

impl RightHandSide<f64> for Net {
    fn dim(&self) -> usize {
        3 * self.width
    }

    fn evaluate(&mut self, _t: f64, w: &[f64], dw: &mut [f64]) {
        dw.fill(0.0);
        let mut activations = vec![0.0; self.width];
        let rate = self.stretch * self.scale / INPUTS.len() as f64;
        for &x in &INPUTS {
            let mut output = 0.0;
            for (t, u) in activations.iter_mut().zip(w.chunks_exact(3)) {
                *t = (u[1] * x + u[2]).tanh();
                output += u[0] * *t;
            }
            let pull = -rate * (self.scale * output - target(x));
            for ((t, u), dw) in
                activations.iter().zip(w.chunks_exact(3)).zip(dw.chunks_exact_mut(3))
            {
                let slope = pull * u[0] * (1.0 - t * t);
                dw[0] += pull * t;
                dw[1] += slope * x;
                dw[2] += slope;
            }
        }
    }
}

impl Widening {
    fn net_outputs(
        &self,
        rung: &Rung,
        mean_field: bool,
        tolerance: f64,
    ) -> Result<Vec<f64>, Obstacle> {
        let mut outputs = Vec::new();
        for number in 0..SEEDS {
            let mut net = Net::of(rung.blocks, mean_field);
            let w = initial(rung.blocks, self.seed, number);
            let end = Dop853 { tolerance }.integrate(&mut net, &w, self.time)?;
            let mut seen = net.outputs(&end);
            if mean_field {
                // The prediction is that of the NTK scaling: hand over the distance on top of it.
                let own = net.linearised(&w, self.time);
                let other = Net::of(rung.blocks, false).linearised(&w, self.time);
                for ((seen, own), other) in seen.iter_mut().zip(own).zip(other) {
                    *seen += other - own;
                }
            }
            outputs.extend(seen);
        }
        Ok(outputs)
    }

    /// Entries scaled so that the Euclidean norm is the RMS over seeds and inputs.
    fn scaled(mut values: Vec<f64>) -> Vec<DoubleDouble> {
        let share = (values.len() as f64).sqrt();
        values.iter_mut().for_each(|x| *x /= share);
        exact(&values)
    }
}

impl Comparison for Widening {
    fn kind(&self) -> LegKind {
        LegKind::Bound
    }

    fn claimed_order(&self) -> f64 {
        0.5
    }

    fn terms(&self) -> Vec<Term> {
        Vec::new()
    }

    /// The small parameter is 1/h; `blocks` carries the width h.
    fn rungs(&self) -> Vec<Rung> {
        WIDTHS.iter().map(|&h| Rung { step_size: 1.0 / h as f64, blocks: h }).collect()
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let outputs = self.net_outputs(rung, twin == Some(MEAN_FIELD), TOLERANCE)?;
        Ok(Observation { values: Self::scaled(outputs), floor: TOLERANCE })
    }

    fn predict(
        &self,
        rung: &Rung,
        _terms: &[Term],
        _clock: Ratio,
    ) -> Result<Vec<DoubleDouble>, Obstacle> {
        let net = Net::of(rung.blocks, false);
        let mut outputs = Vec::new();
        for number in 0..SEEDS {
            outputs.extend(net.linearised(&initial(rung.blocks, self.seed, number), self.time));
        }
        Ok(Self::scaled(outputs))
    }

    fn certify(&self, _rung: &Rung, _terms: &[Term]) -> Result<Certificate, Obstacle> {
        Ok(Certificate { disagreement: TOLERANCE, lacking: None })
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<&'static str> {
        vec![MEAN_FIELD]
    }
}

#[cfg(test)]
mod tests {
    use super::Net;

    /// The bound holds for any scaling near h^(−½) too, so the scaling itself is pinned here.
    #[test]
    fn four_times_the_width_halves_the_scale() {
        for h in [8, 32, 100] {
            let (narrow, wide) = (Net::of(h, false), Net::of(4 * h, false));
            assert!((wide.scale / narrow.scale - 0.5).abs() < 1e-15);
            let (narrow, wide) = (Net::of(h, true), Net::of(4 * h, true));
            assert!((wide.scale / narrow.scale - 0.25).abs() < 1e-15);
        }
    }
}
