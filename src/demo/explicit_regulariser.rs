//! The implicit regulariser of a large step, added explicitly at a small one.

use super::descent::{batch_penalty, distance};
use super::iris_net::{IrisNet, ROWS};
use super::orders::Epochs;
use super::sketch::{layer, linear, logarithmic, named_at_end, panel, unnamed};
use super::wording::{in_percent, with_bar};
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::{Batch, Numeric};
use crate::figure::{Figure, Mark, Role};
use crate::measure::Spread;
use crate::optimizer::{ExplicitRegularization, GradientDescent, Optimizer};
use crate::scalar::Ratio;

/// The number of tanh units, and of minibatches of five rows.
const WIDTH: usize = 8;
const BATCHES: usize = 15;
/// The large steps; the last is judged.
const STEP_SIZES: [f64; 4] = [0.01, 0.02, 0.04, 0.08];
/// How much smaller the small steps are.
const SHRINK: usize = 8;
/// The time of every run: a whole number of epochs of every step size.
const TIME: f64 = 48.0;
/// Points of the curve along the run.
const ROWS_A_CURVE: usize = 20;
/// The number of seeds, and of pairs of orders a seed.
const SEEDS: usize = 12;
const PAIRS: usize = 4;
/// The step size that is judged.
const JUDGED: usize = 2;

/// What is compared of a mean iterate.
#[derive(Clone, Copy)]
struct Seen {
    penalty: f64,
    held_out: f64,
}

/// One seed at one large step: the means of the three methods.
struct Trial {
    /// The large step, the small step, the small step with the regulariser.
    seen: [Vec<Seen>; 3],
    /// ‖small − large‖ and ‖explicit − large‖ at the end.
    apart: [f64; 2],
    /// The scatter of single runs of the large step.
    scatter: f64,
}

fn trial(session: &Session<'_>, run: usize) -> Result<Trial, DemoError> {
    let (large, index) = (STEP_SIZES[run / SEEDS], run % SEEDS);
    let net = IrisNet::new(WIDTH, BATCHES, session.start_seed(index))?;
    let small = large / SHRINK as f64;
    // (ε_large − ε_small)/4 of ‖g_k‖², in units of the small step: what it does not do by itself.
    let regularised = ExplicitRegularization { mu: Ratio::new(SHRINK as i64 - 1, 4) };
    let methods: [(&dyn Optimizer<Numeric<f64>>, f64); 3] =
        [(&GradientDescent, large), (&GradientDescent, small), (&regularised, small)];
    let mut random = session.random(run);
    let mut found = Vec::new();
    for (optimizer, step_size) in methods {
        let epochs =
            Epochs { loss: &net.loss, optimizer, step_size, start: &net.start, batch_size: 1 };
        let whole = (TIME / (step_size * BATCHES as f64)).round() as usize;
        let shown: Vec<usize> = (0..=ROWS_A_CURVE).map(|i| whole * i / ROWS_A_CURVE).collect();
        found.push(epochs.over_orders(&shown, PAIRS, &mut random)?);
    }
    let mut test = Numeric::new(std::sync::Arc::clone(&net.held_out));
    let mut see = |w: &Vec<f64>| Seen {
        penalty: batch_penalty(&net.loss, w),
        held_out: test.value(Batch::Full, w),
    };
    let end = |method: usize| found[method].means[ROWS_A_CURVE].as_slice();
    Ok(Trial {
        seen: [0, 1, 2].map(|method| found[method].means.iter().map(&mut see).collect()),
        apart: [1, 2].map(|method| distance(end(method), end(0))),
        scatter: found[0].scatter,
    })
}

/// All seeds at one large step.
struct Steps {
    step_size: f64,
    trials: Vec<Trial>,
}

impl Steps {
    fn spread(&self, of: impl Fn(&Trial) -> f64) -> Spread {
        Spread::of(&self.trials.iter().map(of).collect::<Vec<_>>())
    }

    fn apart(&self, which: usize) -> Spread {
        self.spread(|t| t.apart[which])
    }

    /// The change of `of` against the small step at the end, of method 0 or 2.
    fn change(&self, method: usize, of: fn(&Seen) -> f64) -> Spread {
        self.spread(|t| of(&t.seen[method][ROWS_A_CURVE]) / of(&t.seen[1][ROWS_A_CURVE]) - 1.0)
    }

    /// The difference between the changes with the regulariser and with the large step.
    fn missed(&self, of: fn(&Seen) -> f64) -> Spread {
        let at = |t: &Trial, method: usize| of(&t.seen[method][ROWS_A_CURVE]);
        self.spread(|t| (at(t, 2) - at(t, 0)).abs() / (at(t, 1) - at(t, 0)).abs())
    }
}

/// The three methods over a ladder of large steps.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let mut trials = session.map(STEP_SIZES.len() * SEEDS, |run| trial(session, run))?.into_iter();
    let steps: Vec<Steps> = (STEP_SIZES.iter())
        .map(|&step_size| Steps { step_size, trials: trials.by_ref().take(SEEDS).collect() })
        .collect();
    Ok(Content {
        source: "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                 stochastic gradient descent, arXiv 2101.12176",
        claim: Claim::Reported(
            "Adding the implicit regulariser (ε/4m) Σ‖∇Ĉ_k‖² to the loss explicitly \
                 can raise the test accuracy that small learning rates reach. Accuracy is not \
                 measured here: compared with a large step are where the means of the iterates \
                 end, the regulariser, and the loss on rows held out.",
        ),
        setting: format!(
            "A tanh net of {WIDTH} units on {ROWS} irises in {BATCHES} minibatches, random \
             reshuffling for the time {TIME}; large steps ε from {} to {}, small ones ε/{SHRINK}; \
             {SEEDS} seeds (weights and minibatches), means over {PAIRS} random sequences of \
             orders and their reverses.",
            STEP_SIZES[0],
            STEP_SIZES[STEP_SIZES.len() - 1]
        ),
        findings: findings(&steps),
        figure: figure(&steps),
        measurements: measurements(&steps),
    })
}

fn measurements(steps: &[Steps]) -> Measurements {
    let mut table = Measurements::of(&[
        ("step_size", "the large step ε; the small one is ε/8"),
        ("small_from_large", "the distance of the small-step mean from the large-step mean"),
        ("small_from_large_deviation", "its standard deviation over seeds"),
        ("explicit_from_large", "the same with the regulariser added at the small step"),
        ("explicit_from_large_deviation", "its standard deviation over seeds"),
        ("scatter", "how far single large-step runs are from their mean, mean over seeds"),
        ("penalty_large", "⟨‖g_k‖²⟩ of the large step relative to the small one, minus 1"),
        ("penalty_large_deviation", "its standard deviation over seeds"),
        ("penalty_explicit", "the same with the regulariser added at the small step"),
        ("penalty_explicit_deviation", "its standard deviation over seeds"),
        ("held_out_large", "the loss on the rows held out, relative to the small step, minus 1"),
        ("held_out_large_deviation", "its standard deviation over seeds"),
        ("held_out_explicit", "the same with the regulariser added at the small step"),
        ("held_out_explicit_deviation", "its standard deviation over seeds"),
    ]);
    for steps in steps {
        let mut row = vec![steps.step_size];
        for spread in [steps.apart(0), steps.apart(1)] {
            row.extend([spread.mean, spread.deviation]);
        }
        row.push(steps.spread(|t| t.scatter).mean);
        for of in [(|s: &Seen| s.penalty) as fn(&Seen) -> f64, |s| s.held_out] {
            for method in [0, 2] {
                let change = steps.change(method, of);
                row.extend([change.mean, change.deviation]);
            }
        }
        table.rows.push(row);
    }
    table
}

fn findings(steps: &[Steps]) -> Vec<Finding> {
    let Some(judged) = steps.get(JUDGED) else { return Vec::new() };
    let share = judged.spread(|t| t.apart[1] / t.apart[0]).estimate();
    let [plain, regularised] = [0, 1].map(|which| order(steps, which).estimate());
    let penalty: fn(&Seen) -> f64 = |s| s.penalty;
    let [large, explicit] = [0, 2].map(|method| judged.change(method, penalty).estimate());
    let missed = judged.missed(penalty).estimate();
    let held_out: fn(&Seen) -> f64 = |s| s.held_out;
    let [tested, tested_explicit] = [0, 2].map(|method| judged.change(method, held_out).estimate());
    let eps = judged.step_size;
    vec![
        Finding::new(
            "with the regulariser the small step ends less than half as far from the large step \
             as without",
            format!(
                "at ε = {eps} it ends at {} of the distance that it has without, mean over seeds \
                 of the ratio; without, the distance is {}",
                in_percent(share),
                with_bar(judged.apart(0).estimate())
            ),
            Agreement::below(share, 0.5),
        ),
        Finding::new(
            "without it the distance falls like ε, with it like ε²",
            format!(
                "between the coarsest and the finest step the orders are {} and {}",
                with_bar(plain),
                with_bar(regularised)
            ),
            Agreement::near(plain, 1.0, 0.25).and(Agreement::near(regularised, 2.0, 0.25)),
        ),
        Finding::new(
            "the large step lowers ⟨‖g_k‖²⟩, and the regulariser does the same at the small step",
            format!(
                "at ε = {eps} the large step changes it by {}, the regulariser by {}; they differ by \
                 {} of the former, mean over seeds of the ratio",
                in_percent(large),
                in_percent(explicit),
                in_percent(missed)
            ),
            Agreement::below(large, 0.0).and(Agreement::below(missed, 0.5)),
        ),
        Finding::new(
            "nothing on the rows held out: 75 irises say little about generalisation",
            format!(
                "their loss changes by {} with the large step and by {} with the regulariser",
                in_percent(tested),
                in_percent(tested_explicit)
            ),
            Agreement::Unclaimed,
        ),
    ]
}

/// The order in ε of a distance between the coarsest and the finest step, seed by seed.
fn order(steps: &[Steps], which: usize) -> Spread {
    let [finest, .., coarsest] = steps else { return Spread::of(&[]) };
    let rungs = (coarsest.step_size / finest.step_size).ln();
    let pairs = coarsest.trials.iter().zip(&finest.trials);
    let orders = pairs.map(|(coarse, fine)| (coarse.apart[which] / fine.apart[which]).ln() / rungs);
    Spread::of(&orders.collect::<Vec<_>>())
}

fn figure(steps: &[Steps]) -> Figure {
    let mut along = Vec::new();
    if let Some(judged) = steps.get(JUDGED) {
        let change = |method: usize, row: usize| {
            judged.spread(|t| t.seen[method][row].penalty / t.seen[1][row].penalty - 1.0)
        };
        let curve = |method: usize| -> Vec<[f64; 2]> {
            let time = |row: usize| TIME * row as f64 / ROWS_A_CURVE as f64;
            (0..=ROWS_A_CURVE).map(|row| [time(row), 100.0 * change(method, row).mean]).collect()
        };
        let bars = (0..=ROWS_A_CURVE).map(|row| 100.0 * change(0, row).deviation).collect();
        let added = named_at_end("regulariser added", Role::ShuffledFlow, Mark::Line, curve(2));
        along = added.into();
        along.extend([
            unnamed(Role::Iterates, Mark::Bars(bars), curve(0)),
            layer("large step", Role::Iterates, Mark::Dots, curve(0)),
            layer("small step", Role::Control, Mark::Dashes, vec![[0.0, 0.0], [TIME, 0.0]]),
        ]);
    }
    let mut apart = Vec::new();
    for (which, name, role) in [
        (0, "without the regulariser", Role::Control),
        (1, "with the regulariser", Role::ShuffledFlow),
    ] {
        let points: Vec<[f64; 2]> =
            steps.iter().map(|s| [s.step_size, s.apart(which).mean]).collect();
        let bars = steps.iter().map(|s| s.apart(which).deviation).collect();
        apart.push(layer(name, role, Mark::Line, points.clone()));
        apart.push(unnamed(role, Mark::Bars(bars), points.clone()));
        apart.push(unnamed(role, Mark::Dots, points));
    }
    Figure {
        id: "explicit-regulariser".to_owned(),
        title: "The implicit regulariser made explicit".to_owned(),
        caption: format!(
            "First: ⟨‖g_k‖²⟩ along the run at ε = {}, relative to the small step; mean over \
             {SEEDS} seeds, bars one standard deviation. Second: how far the mean of the small \
             step ends from that of the large step.",
            STEP_SIZES[JUDGED]
        ),
        panels: vec![
            panel(
                "The regulariser",
                linear("time t = nε"),
                linear("change of ⟨‖g_k‖²⟩ (%)"),
                along,
            ),
            panel(
                "Distance from the large step",
                logarithmic("large step ε"),
                logarithmic("distance at the end"),
                apart,
            ),
        ],
    }
}
