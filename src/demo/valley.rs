//! The drift along a valley of equal minima: gradient descent stays, random reshuffling drifts to
//! where the minibatches agree, independent draws wander without drift. The theorem of the catalogue is
//! `valley-drift`.

use std::sync::Arc;

use super::descent::Descent;
use super::sketch::{layer, linear, logarithmic, panel, unnamed};
use super::wording::{digits, with_bar};
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Batch;
use crate::figure::{Figure, Mark, Role};
use crate::flow::{BatchPenalty, Continued};
use crate::loss::{Oracle, Valley};
use crate::measure::Spread;
use crate::optimizer::GradientDescent;

/// The number m of minibatches.
const BATCHES: usize = 4;
/// The start: in the valley, so that gradient descent does not move at all.
const START: [f64; 2] = [0.8, 0.0];
/// The step sizes, coarsest first.
const STEP_SIZES: [f64; 4] = [0.16, 0.08, 0.04, 0.02];
/// The slow time s = εt = ε²n that every run takes: the drift has size ε, so 1/ε of time shows it.
const SLOW_TIME: f64 = 1.536;
/// Rows a curve: between two lies a whole number of epochs of every step size.
const ROWS: usize = 15;
/// The number of seeds.
const SEEDS: usize = 40;
/// How near to 1 the order of the distance from the drift must come: after a time 1/ε, what the
/// modified loss leaves out has size ε.
const NEAR: f64 = 0.15;

/// x at the times of all rows, for every seed.
type Paths = Vec<Vec<f64>>;

/// What was found at one step size.
struct Drift {
    step_size: f64,
    reshuffled: Paths,
    independent: Paths,
    descent: Vec<f64>,
}

impl Drift {
    /// The spread over seeds of x at row `row`.
    fn spread(paths: &Paths, row: usize) -> Spread {
        Spread::of(&paths.iter().map(|path| path[row]).collect::<Vec<_>>())
    }

    /// The largest distance of the mean from the drift of the theory.
    fn off(&self, theory: &[f64]) -> f64 {
        let rows = theory.iter().enumerate();
        rows.map(|(row, x)| (Self::spread(&self.reshuffled, row).mean - x).abs())
            .fold(0.0, f64::max)
    }
}

/// How the minibatches come.
#[derive(Clone, Copy)]
enum Order {
    Full,
    Reshuffled,
    Independent,
}

fn slow_time(row: usize) -> f64 {
    SLOW_TIME * row as f64 / ROWS as f64
}

/// x by the drift x′ = −2ερρ′: the flow of C̃_SGD, which the valley floor y = 0 does not leave.
fn theory(loss: &Arc<dyn Oracle<f64>>) -> Result<Vec<f64>, DemoError> {
    // With ε = 1 its time is the slow time: at y = 0 the field is proportional to ε.
    let penalty = BatchPenalty::default();
    let mut flow = Continued::claimed(&penalty, Arc::clone(loss), 1.0, START.to_vec());
    (0..=ROWS).map(|row| Ok(flow.at(slow_time(row))?[0])).collect()
}

fn drifts(session: &Session<'_>, loss: &Arc<dyn Oracle<f64>>) -> Result<Vec<Drift>, DemoError> {
    let columns = 2 * SEEDS + 1;
    let paths = session.map(STEP_SIZES.len() * columns, |run| {
        let (step_size, column) = (STEP_SIZES[run / columns], run % columns);
        let order = match column {
            _ if column < SEEDS => Order::Reshuffled,
            _ if column < 2 * SEEDS => Order::Independent,
            _ => Order::Full,
        };
        let mut random = session.random(run);
        let mut descent =
            Descent::new(Arc::clone(loss), &GradientDescent, step_size, START.to_vec());
        let mut path = vec![descent.w()[0]];
        let mut epochs = 0;
        for row in 1..=ROWS {
            let epoch = step_size * step_size * BATCHES as f64;
            let until = (slow_time(row) / epoch).round() as usize;
            for _ in epochs..until {
                match order {
                    Order::Full => (0..BATCHES).for_each(|_| descent.step(Batch::Full)),
                    Order::Reshuffled => descent.reshuffled_epoch(&mut random),
                    Order::Independent => {
                        (0..BATCHES).for_each(|_| descent.independent_step(&mut random));
                    }
                }
            }
            epochs = until;
            path.push(descent.w()[0]);
        }
        let _ = descent.end("a run in the valley")?;
        Ok(path)
    })?;
    Ok((STEP_SIZES.iter().zip(paths.chunks(columns)))
        .map(|(&step_size, found)| Drift {
            step_size,
            reshuffled: found[..SEEDS].to_vec(),
            independent: found[SEEDS..2 * SEEDS].to_vec(),
            descent: found[2 * SEEDS].clone(),
        })
        .collect())
}

/// The drift, measured and predicted, and the two methods that do not drift.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let loss: Arc<dyn Oracle<f64>> = Arc::new(Valley::new(BATCHES)?);
    let theory = theory(&loss)?;
    let found = drifts(session, &loss)?;
    let mut measurements = Measurements::of(&[
        ("step_size", "the step size ε"),
        ("slow_time", "s = εt, the time of the drift"),
        ("theory", "x by the drift x' = −2ερρ', ρ = tanh x"),
        ("reshuffled", "x under random reshuffling, mean over seeds"),
        ("reshuffled_deviation", "its standard deviation over seeds"),
        ("independent", "x under independent draws, mean over seeds"),
        ("independent_deviation", "its standard deviation over seeds"),
        ("gradient_descent", "x under gradient descent"),
    ]);
    for drift in &found {
        for (row, x) in theory.iter().enumerate() {
            let shuffled = Drift::spread(&drift.reshuffled, row);
            let drawn = Drift::spread(&drift.independent, row);
            measurements.rows.push(vec![
                drift.step_size,
                slow_time(row),
                *x,
                shuffled.mean,
                shuffled.deviation,
                drawn.mean,
                drawn.deviation,
                drift.descent[row],
            ]);
        }
    }
    Ok(Content {
        source: "C̃_SGD of Smith, Dherin, Barrett & De 2021, arXiv 2101.12176, on a loss where it \
                 is all there is",
        claim: Claim::Theory(
            "Where every point of a valley is a minimum with the same Hessian, only the \
                   disagreement of the minibatches is left to decide.",
        ),
        setting: format!(
            "Ĉ_k = y² − 2 s_k tanh(x) y, s = (3, 1, −1, −3)/√5, from (0.8, 0); slow time εt = \
             {SLOW_TIME}, ε from {} to {}, {SEEDS} seeds.",
            STEP_SIZES[0], STEP_SIZES[3]
        ),
        findings: findings(&found, &theory),
        figure: figure(&found, &theory),
        measurements,
    })
}

fn findings(found: &[Drift], theory: &[f64]) -> Vec<Finding> {
    let off: Vec<String> = (found.iter())
        .map(|d| format!("{} (ε = {})", digits(d.off(theory), 2), d.step_size))
        .collect();
    let moved =
        (found.iter().flat_map(|d| &d.descent)).map(|x| (x - START[0]).abs()).fold(0.0, f64::max);
    let mut findings = vec![Finding::new(
        "gradient descent stays where it is",
        format!("the farthest it moved is {moved}"),
        Agreement::when(moved <= 0.0),
    )];
    if let [.., coarser, finest] = found {
        let order = (coarser.off(theory) / finest.off(theory)).ln()
            / (coarser.step_size / finest.step_size).ln();
        let end = Drift::spread(&finest.reshuffled, ROWS);
        findings.push(Finding::new(
            "under random reshuffling x follows the drift, at a distance that falls like ε",
            format!(
                "from {} the theory goes to {}, {SEEDS} runs at ε = {} to {} with standard \
                 deviation {}; the largest distance of the mean is {}, of order {} between the \
                 two finest",
                START[0],
                digits(theory[ROWS], 4),
                finest.step_size,
                with_bar(end.estimate()),
                digits(end.deviation, 2),
                off.join(", "),
                digits(order, 3)
            ),
            Agreement::when((order - 1.0).abs() < NEAR),
        ));
        let drawn = Drift::spread(&finest.independent, ROWS);
        let bar = drawn.estimate();
        findings.push(Finding::new(
            "independent draws do not drift: their mean stays within a quarter of the drift",
            format!(
                "at ε = {} their mean ends at {}, with standard deviation {}",
                finest.step_size,
                with_bar(bar),
                digits(drawn.deviation, 2)
            ),
            Agreement::near(bar, START[0], 0.25 * (START[0] - theory[ROWS])),
        ));
    }
    findings
}

fn figure(found: &[Drift], theory: &[f64]) -> Figure {
    let at = |row: usize, x: f64| [slow_time(row), x];
    let curve: Vec<[f64; 2]> = theory.iter().enumerate().map(|(row, &x)| at(row, x)).collect();
    let mut drift = vec![layer("drift of C̃_SGD", Role::ShuffledFlow, Mark::Line, curve)];
    if let Some(finest) = found.last() {
        let mean = |paths: &Paths| -> Vec<[f64; 2]> {
            (0..=ROWS).map(|row| at(row, Drift::spread(paths, row).mean)).collect()
        };
        let deviation = |paths: &Paths| -> Vec<f64> {
            (0..=ROWS).map(|row| Drift::spread(paths, row).deviation).collect()
        };
        let (shuffled, drawn) = (&finest.reshuffled, &finest.independent);
        let still = finest.descent.iter().enumerate().map(|(row, &x)| at(row, x)).collect();
        drift.extend([
            unnamed(Role::Iterates, Mark::Bars(deviation(shuffled)), mean(shuffled)),
            layer("random reshuffling", Role::Iterates, Mark::Dots, mean(shuffled)),
            unnamed(Role::Control, Mark::Bars(deviation(drawn)), mean(drawn)),
            layer("independent draws", Role::Control, Mark::Hollow, mean(drawn)),
            layer("gradient descent", Role::Reference, Mark::Dashes, still),
        ]);
    }
    let off: Vec<[f64; 2]> = found.iter().map(|d| [d.step_size, d.off(theory)]).collect();
    let line = found.last().map_or_else(Vec::new, |finest| {
        let scale = finest.off(theory) / finest.step_size;
        STEP_SIZES.iter().map(|&eps| [eps, scale * eps]).collect()
    });
    let apart = vec![
        layer("slope 1", Role::Reference, Mark::Dashes, line),
        layer("measured", Role::Iterates, Mark::Dots, off),
    ];
    Figure {
        id: "valley".to_owned(),
        title: "The drift along a flat valley".to_owned(),
        caption: format!(
            "x along the valley against the slow time εt, at ε = {}: mean of {SEEDS} seeds, bars \
             one standard deviation of single runs. Second: the largest distance of the reshuffled \
             mean from the drift.",
            STEP_SIZES[3]
        ),
        panels: vec![
            panel("Where they are", linear("slow time εt"), linear("x"), drift),
            panel(
                "Distance from the drift",
                logarithmic("step size ε"),
                logarithmic("distance"),
                apart,
            ),
        ],
    }
}
