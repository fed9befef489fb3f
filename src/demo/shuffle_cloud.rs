//! Where every order of one epoch ends, their mean, and the flows it is compared with.

use std::f64::consts::PI;
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::descent::{Descent, distance};
use super::sketch::{layer, plane, unnamed};
use super::wording::digits;
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Numeric;
use crate::figure::{Figure, Layer, Mark, Role};
use crate::flow::{BatchPenalty, Continued, Flow, GradientFlow, GradientPenalty};
use crate::loss::{Oracle, Quadratic};
use crate::optimizer::{GradientDescent, State, Steps};
use crate::sampling::{RandomReshuffling, for_each_end};

/// The minima of the minibatches, roughly on a circle.
const MINIMA: [[f64; 2]; BATCHES] =
    [[1.5, 0.0], [0.5, 1.4], [-1.2, 0.9], [-1.2, -0.9], [0.5, -1.4]];
/// The number m of minibatches.
const BATCHES: usize = 5;
/// The eigenvalues of their Hessians are 1 ± this; the steep axis of each is turned by 36°.
const LEAN: f64 = 0.8;
/// The start (w₁, w₂).
const START: [f64; 2] = [-1.0, 1.0];
/// The step size of the picture.
const STEP_SIZE: f64 = 0.08;
/// Points on the curve of a flow.
const CURVE: usize = 60;
/// Of which so many are in the panel of the ends.
const TAIL: usize = 4;
/// How often the step is halved for the orders.
const HALVINGS: usize = 5;

/// One epoch from the start at one step size.
struct Epoch {
    step_size: f64,
    /// The end of every order.
    ends: Vec<Vec<f64>>,
    /// Their mean.
    mean: Vec<f64>,
    /// The curves of the flows of C, C̃_GD and C̃_SGD for the same time.
    flows: [Vec<Vec<f64>>; 3],
}

fn loss() -> Result<Arc<dyn Oracle<f64>>, DemoError> {
    let hessian = |k: usize| {
        let (sine, cosine) = (2.0 * PI * k as f64 / BATCHES as f64).sin_cos();
        DMatrix::from_row_slice(
            2,
            2,
            &[1.0 + LEAN * cosine, LEAN * sine, LEAN * sine, 1.0 - LEAN * cosine],
        )
    };
    let minima = MINIMA.map(|minimum| DVector::from_column_slice(&minimum)).to_vec();
    Ok(Arc::new(Quadratic::new((0..BATCHES).map(hessian).collect(), minima)?))
}

impl Epoch {
    fn run(step_size: f64, curve: usize) -> Result<Self, DemoError> {
        let loss = loss()?;
        let mut a = Numeric::new(Arc::clone(&loss));
        let state = State { w: START.to_vec(), memory: Vec::new(), steps: Steps::default() };
        let mut ends: Vec<Vec<f64>> = Vec::new();
        for_each_end(
            &mut a,
            &GradientDescent,
            &RandomReshuffling,
            &step_size,
            &state,
            &mut |_, end| {
                ends.push(end.w.clone());
            },
        );
        let coordinate = |i: usize| ends.iter().map(|w| w[i]).sum::<f64>() / ends.len() as f64;
        let mean = vec![coordinate(0), coordinate(1)];
        let (descent, shuffled) = (GradientPenalty::default(), BatchPenalty::default());
        let time = step_size * BATCHES as f64;
        let follow = |flow: &dyn Flow<Numeric<f64>>| -> Result<Vec<Vec<f64>>, DemoError> {
            let mut flow = Continued::claimed(flow, Arc::clone(&loss), step_size, START.to_vec());
            let times = (0..=curve).map(|i| time * i as f64 / curve as f64);
            Ok(times.map(|time| flow.at(time)).collect::<Result<_, _>>()?)
        };
        let flows = [follow(&GradientFlow)?, follow(&descent)?, follow(&shuffled)?];
        Ok(Epoch { step_size, ends, mean, flows })
    }

    /// The distance of the mean from the end of each flow.
    fn distances(&self) -> [f64; 3] {
        [0, 1, 2].map(|i| self.flows[i].last().map_or(f64::NAN, |end| distance(end, &self.mean)))
    }

    /// The root mean square distance of the ends from their mean.
    fn scatter(&self) -> f64 {
        let squares = self.ends.iter().map(|end| distance(end, &self.mean).powi(2));
        (squares.sum::<f64>() / self.ends.len() as f64).sqrt()
    }
}

/// The figure alone.
pub(super) fn picture() -> Result<Figure, DemoError> {
    figure(&Epoch::run(STEP_SIZE, CURVE)?)
}

/// The figure, the distances of the mean, and their orders under halving of the step.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let epoch = Epoch::run(STEP_SIZE, CURVE)?;
    let ladder =
        session.map(HALVINGS + 1, |j| Epoch::run(STEP_SIZE / f64::powi(2.0, j as i32), 1))?;
    let [from_flow, from_descent, from_shuffled] = epoch.distances();
    let orders = match &ladder[..] {
        [.., coarse, fine] => {
            let (coarse, fine) = (coarse.distances(), fine.distances());
            [0, 1, 2].map(|i| (coarse[i] / fine[i]).log2())
        }
        _ => [f64::NAN; 3],
    };
    let findings = vec![
        Finding::new(
            "the mean over all orders is nearest to the end of the flow of C̃_SGD",
            format!(
                "at ε = {STEP_SIZE} the mean of {} ends lies {} from the flow of C̃_SGD, {} from \
                 that of C̃_GD and {} from that of C, while single ends scatter {} about it",
                epoch.ends.len(),
                digits(from_shuffled, 2),
                digits(from_descent, 2),
                digits(from_flow, 2),
                digits(epoch.scatter(), 2)
            ),
            Agreement::when(from_shuffled < from_descent.min(from_flow)),
        ),
        Finding::new(
            "over one epoch the distance has order 3 for C̃_SGD and order 2 for C̃_GD and C",
            format!(
                "between the two finest of {HALVINGS} halvings the orders are {}, {} and {}",
                digits(orders[2], 3),
                digits(orders[1], 3),
                digits(orders[0], 3)
            ),
            Agreement::when(
                (orders[2] - 3.0).abs() < 0.1
                    && orders[..2].iter().all(|order| (order - 2.0).abs() < 0.1),
            ),
        ),
    ];
    let mut measurements = Measurements::of(&[
        ("step_size", "the step size ε; one epoch takes the time 5ε"),
        ("from_gradient_flow", "the distance of the mean from the flow of C"),
        ("from_modified_flow", "the distance of the mean from the flow of C̃_GD"),
        ("from_shuffled_flow", "the distance of the mean from the flow of C̃_SGD"),
        ("scatter", "the root mean square distance of single ends from their mean"),
    ]);
    measurements.rows = (ladder.iter())
        .map(|epoch| {
            let [flow, descent, shuffled] = epoch.distances();
            vec![epoch.step_size, flow, descent, shuffled, epoch.scatter()]
        })
        .collect();
    Ok(Content {
        source: "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                 stochastic gradient descent, arXiv 2101.12176; how far the ends scatter is the theorem \
                 spread",
        claim: Claim::Reported(
            "The mean over all orders of an epoch follows the flow of C̃_SGD = C + (ε/4m) \
                   Σ‖∇Ĉ_k‖² to third order in ε; single orders do not.",
        ),
        setting: format!(
            "Five quadratics in the plane that disagree, one a minibatch; one epoch from ({}, {}), \
             all 120 orders, ε = {STEP_SIZE} and {HALVINGS} halvings; nothing is random.",
            digits(START[0], 1),
            digits(START[1], 1)
        ),
        findings,
        figure: figure(&epoch)?,
        measurements,
    })
}

fn figure(epoch: &Epoch) -> Result<Figure, DemoError> {
    let points = |path: &[Vec<f64>]| path.iter().map(|w| [w[0], w[1]]).collect::<Vec<_>>();
    let roles = [Role::GradientFlow, Role::ModifiedFlow, Role::ShuffledFlow];
    let names = ["flow of C", "flow of C̃_GD", "flow of C̃_SGD"];
    let curves = |from: usize, named: bool| -> Vec<Layer> {
        let each = epoch.flows.iter().zip(roles).zip(names);
        each.map(|((flow, role), name)| Layer {
            label: named.then(|| name.to_owned()),
            ..unnamed(role, Mark::Line, points(&flow[from..]))
        })
        .collect()
    };
    let path = |reversed: bool| -> Result<Vec<[f64; 2]>, DemoError> {
        let mut descent = Descent::new(loss()?, &GradientDescent, epoch.step_size, START.to_vec());
        let mut path = vec![START];
        for n in 0..BATCHES {
            let k = if reversed { BATCHES - 1 - n } else { n };
            descent.epoch(std::iter::once(k));
            path.push([descent.w()[0], descent.w()[1]]);
        }
        Ok(path)
    };
    let mut whole = vec![
        layer("one order", Role::Sample, Mark::Line, path(false)?),
        unnamed(Role::Sample, Mark::Dots, path(false)?),
        layer("its reverse", Role::Sample, Mark::Dashes, path(true)?),
        unnamed(Role::Sample, Mark::Dots, path(true)?),
    ];
    whole.extend(curves(0, false));
    whole.push(layer("mean", Role::Mean, Mark::Star, points(std::slice::from_ref(&epoch.mean))));
    let mut close = vec![layer("all 120 ends", Role::Sample, Mark::Dots, points(&epoch.ends))];
    close.extend(curves(CURVE - TAIL, true));
    close.push(layer("mean", Role::Mean, Mark::Star, points(std::slice::from_ref(&epoch.mean))));
    Ok(Figure {
        id: "shuffle-cloud".to_owned(),
        title: "All orders of one epoch".to_owned(),
        caption: format!(
            "One epoch over five quadratics that disagree, with ε = {}: two of the 120 paths, all \
             their ends, and the mean, which lies where the flow of C̃_SGD ends, not where those \
             of C and C̃_GD do.",
            epoch.step_size
        ),
        panels: vec![plane("One epoch", "w₁", "w₂", whole), plane("The ends", "w₁", "w₂", close)],
    })
}
