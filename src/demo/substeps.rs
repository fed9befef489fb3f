//! Every minibatch step divided into n: the regulariser shrinks to 1/n of itself, the scatter of
//! single orders stays.

use super::descent::distance;
use super::iris_net::{IrisNet, ROWS};
use super::orders::Epochs;
use super::sketch::{layer, logarithmic, panel, unnamed};
use super::wording::{digits, with_bar};
use super::{Agreement, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Numeric;
use crate::figure::{Figure, Mark, Role};
use crate::flow::{BatchPenalty, Continued, Flow, GradientFlow};
use crate::measure::{Estimate, Spread, project};
use crate::optimizer::{GradientDescent, Substeps};

/// The number of tanh units, and of minibatches of five rows.
const WIDTH: usize = 8;
const BATCHES: usize = 15;
/// The numbers n of substeps.
const SUBSTEPS: [u32; 5] = [1, 2, 4, 8, 16];
/// The step size ε of a whole minibatch step: substeps have size ε/n.
const STEP_SIZE: f64 = 0.02;
/// The number of epochs.
const EPOCHS: usize = 80;
/// The number of seeds, and of pairs of orders a seed.
const SEEDS: usize = 12;
const PAIRS: usize = 8;
/// The error allowed a step of a flow: far below the effects.
const TOLERANCE: f64 = 1e-9;
/// How near the order in n and the relative scatter must come to −1 and 1.
const NEAR: f64 = 0.15;

/// One seed: for every n, the effect of the regulariser and the scatter of single orders.
struct Trial {
    /// The weight of the regulariser's effect in the mean's distance from the gradient flow: 1/n by
    /// theory.
    effects: Vec<f64>,
    /// How far the mean is from the flow that theory predicts, in units of the effect at n = 1.
    left: Vec<f64>,
    scatter: Vec<f64>,
}

fn trial(session: &Session<'_>, index: usize) -> Result<Trial, DemoError> {
    let net = IrisNet::new(WIDTH, BATCHES, session.start_seed(index))?;
    let time = STEP_SIZE * (BATCHES * EPOCHS) as f64;
    let end = |flow: &dyn Flow<Numeric<f64>>| {
        let loss = std::sync::Arc::clone(&net.loss);
        Continued::claimed(flow, loss, STEP_SIZE, net.start.clone())
            .with_tolerance(TOLERANCE)
            .at(time)
    };
    let plain = end(&GradientFlow)?;
    let whole = end(&BatchPenalty::default())?;
    let effect: Vec<f64> = whole.iter().zip(&plain).map(|(whole, plain)| whole - plain).collect();
    let (mut effects, mut left, mut scatter) = (Vec::new(), Vec::new(), Vec::new());
    for count in SUBSTEPS {
        // The same orders for every n.
        let mut random = session.random(index);
        let epochs = Epochs {
            loss: &net.loss,
            optimizer: &Substeps { inner: GradientDescent, count },
            step_size: STEP_SIZE,
            start: &net.start,
            batch_size: 1,
        };
        let found = epochs.over_orders(&[EPOCHS], PAIRS, &mut random)?;
        let shift: Vec<f64> = found.means[0].iter().zip(&plain).map(|(w, p)| w - p).collect();
        let weights = project(&shift, std::slice::from_ref(&effect));
        effects.push(weights.and_then(|w| w.first().copied()).map_or(f64::NAN, |(w, _)| w));
        let claimed = end(&BatchPenalty { substeps: count })?;
        left.push(distance(&found.means[0], &claimed) / distance(&whole, &plain));
        scatter.push(found.scatter);
    }
    Ok(Trial { effects, left, scatter })
}

/// The spread over seeds of something, for every n.
fn spreads(trials: &[Trial], of: impl Fn(&Trial, usize) -> f64) -> Vec<Spread> {
    (0..SUBSTEPS.len())
        .map(|j| Spread::of(&trials.iter().map(|t| of(t, j)).collect::<Vec<_>>()))
        .collect()
}

/// The effect of the regulariser and the scatter of orders against the number of substeps.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let trials = session.map(SEEDS, |index| trial(session, index))?;
    let effects = spreads(&trials, |t, j| t.effects[j]);
    let left = spreads(&trials, |t, j| t.left[j]);
    let scatter = spreads(&trials, |t, j| t.scatter[j] / t.scatter[0]);
    let mut measurements = Measurements::of(&[
        ("substeps", "the number n of substeps a minibatch"),
        ("effect", "the regulariser's effect at the end, in units of that by theory at n = 1"),
        ("effect_deviation", "its standard deviation over seeds"),
        ("effect_theory", "1/n"),
        ("left", "the distance of the mean from the flow with 1/n of the regulariser, same units"),
        ("left_deviation", "its standard deviation over seeds"),
        ("scatter", "the scatter of single orders about their mean, relative to n = 1"),
        ("scatter_deviation", "its standard deviation over seeds"),
    ]);
    for (j, n) in SUBSTEPS.iter().enumerate() {
        measurements.rows.push(vec![
            f64::from(*n),
            effects[j].mean,
            effects[j].deviation,
            1.0 / f64::from(*n),
            left[j].mean,
            left[j].deviation,
            scatter[j].mean,
            scatter[j].deviation,
        ]);
    }
    Ok(Content {
        source: "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                 stochastic gradient descent, arXiv 2101.12176",
        reported: "Taking n substeps of size ε/n on every minibatch leaves the noise of the \
                   minibatches but divides the regulariser by n.",
        setting: format!(
            "A tanh net of {WIDTH} units on {ROWS} irises in {BATCHES} minibatches, ε = \
             {STEP_SIZE}, {EPOCHS} epochs; n substeps of size ε/n a minibatch; {SEEDS} seeds \
             (weights and minibatches), {PAIRS} random sequences of orders and their reverses, \
             the same for every n.",
        ),
        findings: findings(&trials, &effects, &scatter),
        figure: figure(&effects, &scatter),
        measurements,
    })
}

fn findings(trials: &[Trial], effects: &[Spread], scatter: &[Spread]) -> Vec<Finding> {
    let last = SUBSTEPS.len() - 1;
    let many = SUBSTEPS[last];
    // What terms of order ε² add does not depend on n: it is taken out before the order is.
    let order = |t: &Trial| {
        let halved = |j: usize| t.effects[j] - t.effects[j + 1];
        (halved(2) / halved(0)).log2() / 2.0
    };
    let order = Spread::of(&trials.iter().map(order).collect::<Vec<_>>()).estimate();
    vec![
        Finding::new(
            "the regulariser's effect on the mean falls like 1/n, the power within 0.15",
            format!(
                "in units of the theory at n = 1 it is {} at n = 1 and {} at n = {many}, where \
                 1/n is {}; from one doubling of n to the next its decrease falls like n to the power {}",
                with_bar(effects[0].estimate()),
                with_bar(effects[last].estimate()),
                digits(1.0 / many as f64, 3),
                with_bar(order)
            ),
            Agreement::near(order, -1.0, NEAR),
        ),
        Finding::new(
            "at n = 1 the effect is that of (ε/4m) Σ‖∇Ĉ_k‖², within 0.15",
            format!("it is {} of it", with_bar(effects[0].estimate())),
            Agreement::near(effects[0].estimate(), 1.0, NEAR),
        ),
        Finding::new(
            "the scatter of single orders stays what it is, within 0.15 of it",
            format!("relative to n = 1 it is {} at n = {many}", with_bar(scatter[last].estimate())),
            Agreement::near(scatter[last].estimate(), 1.0, NEAR),
        ),
        Finding::new(
            "at the largest n less than 0.15 of the effect is left",
            format!("at n = {many} {} is left", with_bar(effects[last].estimate())),
            Agreement::near(
                Estimate {
                    value: effects[last].mean,
                    half_width: effects[last].estimate().half_width,
                },
                0.0,
                NEAR,
            ),
        ),
    ]
}

fn figure(effects: &[Spread], scatter: &[Spread]) -> Figure {
    let counts = || SUBSTEPS.iter().map(|n| f64::from(*n));
    let theory: Vec<[f64; 2]> = counts().map(|n| [n, 1.0 / n]).collect();
    let curve = |spreads: &[Spread]| -> Vec<[f64; 2]> {
        counts().zip(spreads).map(|(n, s)| [n, s.mean]).collect()
    };
    let bars = |spreads: &[Spread]| spreads.iter().map(|s| s.deviation).collect();
    let layers = vec![
        layer("theory, 1/n", Role::ShuffledFlow, Mark::Line, theory),
        unnamed(Role::Iterates, Mark::Bars(bars(effects)), curve(effects)),
        layer("effect of the regulariser", Role::Iterates, Mark::Dots, curve(effects)),
        unnamed(Role::Sample, Mark::Bars(bars(scatter)), curve(scatter)),
        layer("scatter of single orders", Role::Sample, Mark::Hollow, curve(scatter)),
    ];
    Figure {
        id: "substeps".to_owned(),
        title: "Substeps: what changes and what does not".to_owned(),
        caption: format!(
            "The effect of the regulariser on the mean over orders, in units of the theory at \
             n = 1, and the scatter of single orders relative to n = 1; mean over {SEEDS} seeds, \
             bars one standard deviation."
        ),
        panels: vec![panel(
            "",
            logarithmic("substeps n a minibatch"),
            logarithmic("relative to n = 1"),
            layers,
        )],
    }
}
