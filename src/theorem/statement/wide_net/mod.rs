//! The kernel limit: a wide two-layer net in NTK scaling trains like its linearisation.

mod net;

use self::net::{Net, initial, losses};
use super::{NotApplicable, Statement};
use crate::flow::Term;
use crate::integrate::Dop853;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Rung, Variant, exact};
use crate::loss::{Mlp, Problem};
use crate::scalar::DoubleDouble;
use crate::theorem::Settings;
use std::borrow::Cow;

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

impl Statement for KernelLimit {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
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
        let time = settings.horizon.unwrap_or(TIME);
        let losses = losses(&WIDTHS).map_err(|fault| NotApplicable(fault.to_string()))?;
        Ok(vec![Box::new(Widening { seed: settings.seed, time, losses })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it has no step size")
    }
}

struct Widening {
    seed: u64,
    time: f64,
    /// The nets 1-h-1 on the six points, one a width.
    losses: Vec<Mlp>,
}

impl Widening {
    fn net_outputs(
        &self,
        rung: &Rung,
        mean_field: bool,
        tolerance: f64,
    ) -> Result<Vec<f64>, Obstacle> {
        let loss = self.loss(rung);
        let mut outputs = Vec::new();
        for number in 0..SEEDS {
            let mut net = Net::of(loss, mean_field);
            let w = initial(rung.blocks, self.seed, number);
            let end = Dop853 { tolerance }.integrate(&mut net, &w, self.time)?;
            let mut seen = net.outputs(&end);
            if mean_field {
                // The prediction is that of the NTK scaling: hand over the distance on top of it.
                let own = net.linearised(&w, self.time);
                let other = Net::of(loss, false).linearised(&w, self.time);
                for ((seen, own), other) in seen.iter_mut().zip(own).zip(other) {
                    *seen += other - own;
                }
            }
            outputs.extend(seen);
        }
        Ok(outputs)
    }

    fn loss(&self, rung: &Rung) -> &Mlp {
        let narrower = WIDTHS.iter().filter(|&&width| width < rung.blocks).count();
        &self.losses[narrower]
    }

    /// Entries scaled so that the Euclidean norm is the RMS over seeds and inputs.
    fn scaled(mut values: Vec<f64>) -> Vec<DoubleDouble> {
        let share = (values.len() as f64).sqrt();
        values.iter_mut().for_each(|x| *x /= share);
        exact(&values)
    }
}

impl Leg for Widening {
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

    fn predict(&self, rung: &Rung, _claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let net = Net::of(self.loss(rung), false);
        let mut outputs = Vec::new();
        for number in 0..SEEDS {
            outputs.extend(net.linearised(&initial(rung.blocks, self.seed, number), self.time));
        }
        Ok(Self::scaled(outputs))
    }

    fn agreement(&self, _rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        Ok(Agreement { disagreement: TOLERANCE, lacking: None })
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![MEAN_FIELD.into()]
    }
}
