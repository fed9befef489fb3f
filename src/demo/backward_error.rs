//! Gradient descent with a visible step beside the gradient flow and the modified flow.

use std::sync::Arc;

use super::descent::{Descent, distance};
use super::sketch::{layer, linear, logarithmic, panel, plane, unnamed};
use super::wording::digits;
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Batch;
use crate::figure::{Figure, Mark, Role};
use crate::flow::{Continued, GradientFlow, GradientPenalty};
use crate::loss::{Factorisation, Oracle};
use crate::optimizer::GradientDescent;

/// The value that a b x is to take, with x = 1: the minima are a b = 0.6.
const TARGET: f64 = 0.6;
/// The start (a, b) of the paper's figure.
const START: [f64; 2] = [2.8, 3.5];
/// The step size: half the reciprocal of the curvature at the start, so that single steps show.
const STEP_SIZE: f64 = 0.025;
/// The number of steps.
const STEPS: usize = 40;
/// Points of a flow's curve between two iterates.
const FINE: usize = 8;
/// How often the step is halved for the orders.
const HALVINGS: u32 = 5;

/// One step size: iterates and both flows at the same times.
struct Trajectories {
    step_size: f64,
    iterates: Vec<Vec<f64>>,
    gradient_flow: Vec<Vec<f64>>,
    modified_flow: Vec<Vec<f64>>,
}

impl Trajectories {
    /// `steps` steps and the flows at `fine` times a step.
    fn run(step_size: f64, steps: usize, fine: usize) -> Result<Self, DemoError> {
        let loss: Arc<dyn Oracle<f64>> = Arc::new(Factorisation::new(&[1.0], &[TARGET])?);
        let start = START.to_vec();
        let mut descent =
            Descent::new(Arc::clone(&loss), &GradientDescent, step_size, start.clone());
        let mut iterates = vec![start.clone()];
        for _ in 0..steps {
            descent.step(Batch::Full);
            iterates.push(descent.w().to_vec());
        }
        let penalty = GradientPenalty::default();
        let mut plain =
            Continued::claimed(&GradientFlow, Arc::clone(&loss), step_size, start.clone());
        let mut modified = Continued::claimed(&penalty, loss, step_size, start);
        let times = (0..=steps * fine).map(|i| i as f64 * step_size / fine as f64);
        let (mut gradient_flow, mut modified_flow) = (Vec::new(), Vec::new());
        for time in times {
            gradient_flow.push(plain.at(time)?);
            modified_flow.push(modified.at(time)?);
        }
        Ok(Trajectories { step_size, iterates, gradient_flow, modified_flow })
    }

    /// The distances of the iterates from a flow at the same times.
    fn distances(&self, flow: &[Vec<f64>]) -> Vec<f64> {
        let fine = (flow.len() - 1) / (self.iterates.len() - 1);
        self.iterates.iter().zip(flow.iter().step_by(fine)).map(|(w, f)| distance(w, f)).collect()
    }

    /// The largest distance from the gradient flow and from the modified flow.
    fn farthest(&self) -> [f64; 2] {
        [&self.gradient_flow, &self.modified_flow]
            .map(|flow| self.distances(flow).into_iter().fold(0.0, f64::max))
    }
}

/// The figure alone.
pub(super) fn picture() -> Result<Figure, DemoError> {
    Ok(figure(&Trajectories::run(STEP_SIZE, STEPS, FINE)?))
}

/// The figure, the distances, and their orders under halving of the step.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let visible = Trajectories::run(STEP_SIZE, STEPS, FINE)?;
    let [from_flow, from_modified] = visible.farthest();
    let ladder: Vec<[f64; 2]> = session.map(HALVINGS as usize, |j| {
        let halves = 1 << (j + 1);
        Ok(Trajectories::run(STEP_SIZE / halves as f64, STEPS * halves, 1)?.farthest())
    })?;
    let orders = match ladder[..] {
        [.., [flow, modified], [finer_flow, finer_modified]] => {
            [(flow / finer_flow).log2(), (modified / finer_modified).log2()]
        }
        _ => [f64::NAN; 2],
    };

    let flattest = [TARGET.sqrt(); 2];
    let end = |path: &[Vec<f64>]| path.last().map_or(f64::NAN, |w| distance(w, &flattest));
    let ends = [&visible.gradient_flow, &visible.modified_flow, &visible.iterates].map(|p| end(p));
    let findings = vec![
        Finding::new(
            "the steps follow the modified flow more closely than the gradient flow",
            format!(
                "at ε = {STEP_SIZE} the farthest any iterate is from the gradient flow is {}, from \
                 the modified flow {}",
                digits(from_flow, 3),
                digits(from_modified, 3)
            ),
            Agreement::when(from_modified < from_flow),
        ),
        Finding::new(
            "halving the step halves the distance from the gradient flow (order 1) and quarters \
             that from the modified flow (order 2)",
            format!(
                "between the two finest of {HALVINGS} halvings the orders are {} and {}",
                digits(orders[0], 3),
                digits(orders[1], 3)
            ),
            Agreement::when((orders[0] - 1.0).abs() < 0.1 && (orders[1] - 2.0).abs() < 0.1),
        ),
        Finding::new(
            "descent ends nearer to the flattest minimum, a = b, than the gradient flow does, as \
             the modified flow says",
            format!(
                "the distance from it is {} for the gradient flow, {} for the modified flow and {} \
                 for the iterates",
                digits(ends[0], 3),
                digits(ends[1], 3),
                digits(ends[2], 3)
            ),
            Agreement::when(ends[1] < ends[0] && ends[2] < ends[0]),
        ),
    ];
    Ok(Content {
        source: "Barrett & Dherin 2021, Implicit gradient regularization, arXiv 2009.11162",
        claim: Claim::Reported(
            "Gradient descent with a finite step on ½(y − abx)² leaves the gradient flow, \
                   follows the flow of C + (ε/4)‖∇C‖² instead, and so ends at a flatter minimum.",
        ),
        setting: format!(
            "C = ½(0.6 − ab)² from (a, b) = (2.8, 3.5), {STEPS} steps of ε = {STEP_SIZE} and the \
             same time with {HALVINGS} halvings of it; nothing is random."
        ),
        findings,
        measurements: measurements(&visible),
        figure: figure(&visible),
    })
}

fn measurements(run: &Trajectories) -> Measurements {
    let mut table = Measurements::of(&[
        ("step", "the number n of steps taken"),
        ("time", "t = nε"),
        ("iterate_a", "a after n steps of gradient descent"),
        ("iterate_b", "b after n steps of gradient descent"),
        ("gradient_flow_a", "a on the gradient flow of C at t"),
        ("gradient_flow_b", "b on the gradient flow of C at t"),
        ("modified_flow_a", "a on the gradient flow of C + (ε/4)‖∇C‖² at t"),
        ("modified_flow_b", "b on the gradient flow of C + (ε/4)‖∇C‖² at t"),
        ("from_gradient_flow", "the distance of the iterate from the gradient flow"),
        ("from_modified_flow", "the distance of the iterate from the modified flow"),
    ]);
    let flows = run.gradient_flow.iter().zip(&run.modified_flow).step_by(FINE);
    for (n, (w, (plain, modified))) in run.iterates.iter().zip(flows).enumerate() {
        let mut row = vec![n as f64, n as f64 * run.step_size];
        row.extend([w, plain, modified].into_iter().flatten());
        row.extend([distance(w, plain), distance(w, modified)]);
        table.rows.push(row);
    }
    table
}

fn figure(run: &Trajectories) -> Figure {
    let points = |path: &[Vec<f64>]| path.iter().map(|w| [w[0], w[1]]).collect::<Vec<_>>();
    let minima: Vec<[f64; 2]> =
        (0..=60).map(|i| 0.16 + f64::from(i) * 0.014).map(|a| [a, TARGET / a]).collect();
    let in_plane = vec![
        layer("minima ab = 0.6", Role::Reference, Mark::Dashes, minima),
        layer("gradient flow", Role::GradientFlow, Mark::Line, points(&run.gradient_flow)),
        layer("modified flow", Role::ModifiedFlow, Mark::Line, points(&run.modified_flow)),
        layer("gradient descent", Role::Iterates, Mark::Dots, points(&run.iterates)),
        layer("flattest", Role::Reference, Mark::Star, vec![[TARGET.sqrt(); 2]]),
    ];
    // At the start both distances are 0, which has no logarithm.
    let over_time = |flow: &[Vec<f64>]| -> Vec<[f64; 2]> {
        let distances = run.distances(flow).into_iter().enumerate().skip(1);
        distances.map(|(n, d)| [n as f64 * run.step_size, d]).collect()
    };
    let apart = vec![
        layer(
            "from the gradient flow",
            Role::GradientFlow,
            Mark::Line,
            over_time(&run.gradient_flow),
        ),
        unnamed(Role::GradientFlow, Mark::Dots, over_time(&run.gradient_flow)),
        layer(
            "from the modified flow",
            Role::ModifiedFlow,
            Mark::Line,
            over_time(&run.modified_flow),
        ),
        unnamed(Role::ModifiedFlow, Mark::Dots, over_time(&run.modified_flow)),
    ];
    Figure {
        id: "backward-error".to_owned(),
        title: "Gradient descent follows a modified flow".to_owned(),
        caption: format!(
            "½(0.6 − ab)² from (2.8, 3.5) with ε = {}: the iterates leave the gradient flow and \
             stay near the flow of C + (ε/4)‖∇C‖², which ends nearer to the flattest minimum.",
            run.step_size
        ),
        panels: vec![
            plane("Plane of parameters", "a", "b", in_plane),
            panel(
                "Distance of the iterates",
                linear("time t = nε"),
                logarithmic("distance"),
                apart,
            ),
        ],
    }
}
