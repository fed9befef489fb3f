//! Every minibatch step divided into n: the regulariser shrinks to 1/n of itself, the scatter of
//! single orders stays.

use super::descent::distance;
use super::iris_net::{IrisNet, ROWS};
use super::orders::Epochs;
use super::sketch::{layer, logarithmic, panel, unnamed};
use super::wording::{digits, with_bar};
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Numeric;
use crate::figure::{Figure, Mark, Role};
use crate::flow::{BatchPenalty, Continued, Flow, GradientFlow};
use crate::measure::{Spread, project};
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
/// How near the effect and the scatter must come to what is expected of them.
const NEAR: f64 = 0.15;
/// Pieces of the fitted curve.
const FINE: u32 = 40;

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
        let weights = project(&shift, std::slice::from_ref(&effect), 0.0);
        effects.push(weights.and_then(|w| w.first()?.found()).map_or(f64::NAN, |(w, _)| w));
        let claimed = end(&BatchPenalty { substeps: count })?;
        left.push(distance(&found.means[0], &claimed) / distance(&whole, &plain));
        scatter.push(found.scatter);
    }
    Ok(Trial { effects, left, scatter })
}

impl Trial {
    /// The a and b of the line a/n + b through the effects, by least squares over all n.
    fn parts(&self) -> [f64; 2] {
        let shares = SUBSTEPS.map(|n| 1.0 / f64::from(n));
        let middle = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let (share, effect) = (middle(&shares), middle(&self.effects));
        let pairs = || shares.iter().zip(&self.effects);
        let products: f64 = pairs().map(|(x, y)| (x - share) * (y - effect)).sum();
        let squares: f64 = shares.iter().map(|x| (x - share) * (x - share)).sum();
        [products / squares, effect - products / squares * share]
    }
}

/// The spread over seeds of something of the fit a/n + b.
fn fitted(trials: &[Trial], of: impl Fn([f64; 2]) -> f64) -> Spread {
    Spread::of(&trials.iter().map(|t| of(t.parts())).collect::<Vec<_>>())
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
        ("effect_fitted", "a/n + b, fitted over all n within each seed, mean over seeds"),
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
            fitted(&trials, |[a, b]| a / f64::from(*n) + b).mean,
            left[j].mean,
            left[j].deviation,
            scatter[j].mean,
            scatter[j].deviation,
        ]);
    }
    Ok(Content {
        source: "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                 stochastic gradient descent, arXiv 2101.12176",
        claim: Claim::Reported(
            "Taking n substeps of size ε/n on every minibatch leaves the noise of the \
                   minibatches but divides the regulariser by n.",
        ),
        setting: format!(
            "A tanh net of {WIDTH} units on {ROWS} irises in {BATCHES} minibatches, ε = \
             {STEP_SIZE}, {EPOCHS} epochs; n substeps of size ε/n a minibatch; {SEEDS} seeds \
             (weights and minibatches), {PAIRS} random sequences of orders and their reverses, \
             the same for every n.",
        ),
        findings: findings(&trials, &effects, &scatter),
        figure: figure(&trials, &effects, &scatter),
        measurements,
    })
}

fn findings(trials: &[Trial], effects: &[Spread], scatter: &[Spread]) -> Vec<Finding> {
    let last = SUBSTEPS.len() - 1;
    let many = SUBSTEPS[last];
    let [share, rest] = [0, 1].map(|i| fitted(trials, |parts| parts[i]).estimate());
    let off = (SUBSTEPS.iter().zip(effects))
        .map(|(&n, effect)| (effect.mean - share.value / f64::from(n) - rest.value).abs())
        .fold(0.0, f64::max);
    vec![
        Finding::new(
            "the regulariser's effect on the mean is a/n + b, where b, of order ε², does not \
             depend on n, with a within 0.15 of the theory's 1",
            format!(
                "fitted over all n within each seed, a = {} and b = {}; the means are at most {} \
                 from the fit, at n = {many} the effect is {}, where 1/{many} is {}",
                with_bar(share),
                with_bar(rest),
                digits(off, 2),
                with_bar(effects[last].estimate()),
                digits(1.0 / f64::from(many), 3),
            ),
            Agreement::near(share, 1.0, NEAR),
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
            Agreement::near(effects[last].estimate(), 0.0, NEAR),
        ),
    ]
}

/// What is to be said of the effects that lie below 1/n.
fn below_theory(effects: &[Spread]) -> String {
    let above = SUBSTEPS.iter().zip(effects).rposition(|(&n, e)| e.mean >= 1.0 / f64::from(n));
    let first = above.map_or(0, |last| last + 1);
    SUBSTEPS.get(first).map_or_else(String::new, |n| {
        format!(
            " From n = {n} on the effect lies below 1/n: dividing the steps takes the regulariser \
             away, but leaves a part of order ε² that does not depend on n and counts the more the \
             less of the regulariser is left."
        )
    })
}

fn figure(trials: &[Trial], effects: &[Spread], scatter: &[Spread]) -> Figure {
    let counts = || SUBSTEPS.iter().map(|n| f64::from(*n));
    let theory: Vec<[f64; 2]> = counts().map(|n| [n, 1.0 / n]).collect();
    let curve = |spreads: &[Spread]| -> Vec<[f64; 2]> {
        counts().zip(spreads).map(|(n, s)| [n, s.mean]).collect()
    };
    let bars = |spreads: &[Spread]| spreads.iter().map(|s| s.deviation).collect();
    let most = f64::from(SUBSTEPS[SUBSTEPS.len() - 1]);
    let fit = (0..=FINE).map(|i| most.powf(f64::from(i) / f64::from(FINE)));
    let fit = fit.map(|n| [n, fitted(trials, |[a, b]| a / n + b).mean]).collect();
    // Circles before dots: both begin at 1, where a dot shows inside a circle.
    let layers = vec![
        layer("theory, 1/n", Role::ShuffledFlow, Mark::Line, theory),
        layer("fit, a/n + b", Role::Iterates, Mark::Dashes, fit),
        unnamed(Role::Sample, Mark::Bars(bars(scatter)), curve(scatter)),
        layer("scatter of single orders", Role::Sample, Mark::Hollow, curve(scatter)),
        unnamed(Role::Iterates, Mark::Bars(bars(effects)), curve(effects)),
        layer("effect of the regulariser", Role::Iterates, Mark::Dots, curve(effects)),
    ];
    Figure {
        id: "substeps".to_owned(),
        title: "Substeps: what changes and what does not".to_owned(),
        caption: format!(
            "The effect of the regulariser on the mean over orders, in units of the theory at \
             n = 1, and the scatter of single orders relative to n = 1; mean over {SEEDS} seeds, \
             bars one standard deviation.{}",
            below_theory(effects)
        ),
        panels: vec![panel(
            "",
            logarithmic("substeps n a minibatch"),
            logarithmic("relative to n = 1"),
            layers,
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_known_effect_are_found() {
        let effects = SUBSTEPS.map(|n| 0.97 / f64::from(n) - 0.03).to_vec();
        let trial = Trial { effects, left: Vec::new(), scatter: Vec::new() };
        let [share, rest] = trial.parts();
        assert!((share - 0.97).abs() < 1e-14 && (rest + 0.03).abs() < 1e-14, "{share}, {rest}");
    }

    #[test]
    fn what_lies_below_the_theory_is_named_from_the_first_n_on() {
        let at = |effects: [f64; 5]| below_theory(&effects.map(|e| Spread::of(&[e])));
        assert!(at([1.02, 0.49, 0.26, 0.12, 0.03]).starts_with(" From n = 8 on"));
        assert_eq!(at([0.98, 0.49, 0.24, 0.12, 0.07]), "");
    }
}
