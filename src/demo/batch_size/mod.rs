//! Step size and batch size: with new batches every epoch the regulariser depends on ε/B.

mod picture;

use nalgebra::{DMatrix, DVector};

use super::descent::squared_length;
use super::iris_net::{IrisNet, ROWS};
use super::orders::Epochs;
use super::wording::{digits, with_bar};
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Continued, Repartitioned};
use crate::measure::{Spread, Weight, norm, project};
use crate::optimizer::GradientDescent;

/// The number of tanh units.
const WIDTH: usize = 8;
/// The batch sizes B; each divides the number of rows.
const BATCH_SIZES: [usize; 4] = [1, 3, 5, 15];
/// The ratios ε/B. An epoch takes the time N ε/B whatever B.
const RATIOS: [f64; 3] = [0.002, 0.004, 0.008];
/// The time of every run: a whole number of epochs at every ratio.
const TIME: f64 = 24.0;
/// The number of seeds, and of pairs of sequences of partitions a seed.
const SEEDS: usize = 12;
const PAIRS: usize = 6;
/// The error allowed a step of a flow, and the coefficients at which the effect of either part of
/// the regulariser is taken by a central difference.
const TOLERANCE: f64 = 1e-10;
const PROBE: f64 = 5e-4;
/// How near exponents and relative coefficients must come.
const NEAR: f64 = 0.15;

/// One seed at one ratio and batch size.
struct Trial {
    /// How far the mean is from the gradient flow.
    shift: f64,
    /// The coefficients of ‖∇C‖² and of Γ that the shift shows.
    coefficients: [f64; 2],
    /// ln of the disagreement Γ of the examples at the mean, relative to the gradient flow.
    change: f64,
}

/// Γ(w) = (1/N) Σ_i ‖∇C_i − ∇C‖².
fn disagreement(a: &mut Numeric<f64>, w: &Vec<f64>) -> f64 {
    let whole = a.gradient(Batch::Full, w);
    let examples = a.batches();
    let sum: f64 = (0..examples).map(|i| squared_length(&a.gradient(Batch::One(i), w))).sum();
    sum / examples as f64 - squared_length(&whole)
}

fn trials(session: &Session<'_>, index: usize) -> Result<Vec<Trial>, DemoError> {
    let net = IrisNet::new(WIDTH, ROWS, session.start_seed(index))?;
    let mut a = Numeric::new(std::sync::Arc::clone(&net.loss));
    let flow = Repartitioned { examples: ROWS, batch_size: 1 };
    let end = |coefficients: [f64; 2]| -> Result<Vec<f64>, DemoError> {
        let loss = std::sync::Arc::clone(&net.loss);
        let flow = Continued::new(&flow, loss, coefficients.to_vec(), net.start.clone());
        Ok(flow.with_tolerance(TOLERANCE).at(TIME)?)
    };
    let plain = end([0.0, 0.0])?;
    let effect = |unit: [f64; 2]| -> Result<Vec<f64>, DemoError> {
        let [above, below] = [PROBE, -PROBE].map(|probe| end(unit.map(|u| probe * u)));
        Ok(above?.iter().zip(below?).map(|(a, b)| (a - b) / (2.0 * PROBE)).collect())
    };
    let effects = [effect([1.0, 0.0])?, effect([0.0, 1.0])?];
    let at_plain = disagreement(&mut a, &plain);
    let mut random = session.random(index);
    let mut trials = Vec::new();
    for ratio in RATIOS {
        for batch_size in BATCH_SIZES {
            let epochs = Epochs {
                loss: &net.loss,
                optimizer: &GradientDescent,
                step_size: ratio * batch_size as f64,
                start: &net.start,
                batch_size,
            };
            let whole = (TIME / (ratio * ROWS as f64)).round() as usize;
            let mean = epochs.over_orders(&[whole], PAIRS, &mut random)?.means.swap_remove(0);
            let shift: Vec<f64> = mean.iter().zip(&plain).map(|(w, p)| w - p).collect();
            let weights = project(&shift, &effects, 0.0).unwrap_or_default();
            let weight = |i: usize| {
                weights.get(i).and_then(Weight::found).map_or(f64::NAN, |(weight, _)| weight)
            };
            trials.push(Trial {
                shift: norm(&shift),
                coefficients: [weight(0), weight(1)],
                change: (disagreement(&mut a, &mean) / at_plain).ln(),
            });
        }
    }
    Ok(trials)
}

/// The trials of all seeds, and what was run at each.
struct Grid {
    seeds: Vec<Vec<Trial>>,
}

impl Grid {
    /// ε/B, B and the place in the trials, of every combination.
    fn cells() -> impl Iterator<Item = (f64, usize, usize)> {
        let pairs = RATIOS.iter().flat_map(|&r| BATCH_SIZES.iter().map(move |&b| (r, b)));
        pairs.enumerate().map(|(place, (ratio, batch_size))| (ratio, batch_size, place))
    }

    fn spread(&self, place: usize, of: impl Fn(&Trial) -> f64) -> Spread {
        Spread::of(&self.seeds.iter().map(|trials| of(&trials[place])).collect::<Vec<_>>())
    }

    /// The exponents p and q of the coefficient of Γ ∝ ε^p B^q (N − B)/(N − 1), by least squares on
    /// logarithms within one seed.
    fn exponents(trials: &[Trial]) -> [f64; 2] {
        let cells: Vec<(f64, usize, usize)> = Self::cells().collect();
        let design = DMatrix::from_fn(cells.len(), 3, |i, j| {
            let (ratio, batch_size, _) = cells[i];
            match j {
                0 => 1.0,
                1 => (ratio * batch_size as f64).ln(),
                _ => (batch_size as f64).ln(),
            }
        });
        let logs = DVector::from_fn(cells.len(), |i, _| {
            let (_, batch_size, place) = cells[i];
            (trials[place].coefficients[1] / finite_population(batch_size)).ln()
        });
        let solution = design.svd(true, true).solve(&logs, 1e-12);
        solution.map_or([f64::NAN; 2], |s| [s[1], s[2]])
    }

    /// How far the coefficients of Γ are from theory, over all ratios: with any B, and with the
    /// largest.
    fn off(&self) -> String {
        let over = |which: &dyn Fn(usize) -> bool| {
            let cells = Self::cells().filter(|(_, b, _)| which(*b));
            let off = cells.map(|(ratio, b, place)| self.relative(place, ratio, b)[1].mean - 1.0);
            let off = Spread::of(&off.collect::<Vec<_>>());
            [off.least, off.most].map(|off| digits(100.0 * off, 2))
        };
        let largest = BATCH_SIZES[BATCH_SIZES.len() - 1];
        let ([least, most], [from, to]) = (over(&|_| true), over(&|b| b == largest));
        format!("it is off by {least} to {most} %, with B = {largest} by {from} to {to} %")
    }

    /// Both coefficients relative to theory: ε/4 of ‖∇C‖², (ε/4B)(N − B)/(N − 1) of Γ.
    fn relative(&self, place: usize, ratio: f64, batch_size: usize) -> [Spread; 2] {
        let whole = 0.25 * ratio * batch_size as f64;
        let parts = 0.25 * ratio * finite_population(batch_size);
        [
            self.spread(place, |t| t.coefficients[0] / whole),
            self.spread(place, |t| t.coefficients[1] / parts),
        ]
    }
}

/// (N − B)/(N − 1): what drawing without replacement leaves of the disagreement.
fn finite_population(batch_size: usize) -> f64 {
    (ROWS - batch_size) as f64 / (ROWS - 1) as f64
}

/// Four batch sizes at three ratios.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let grid = Grid { seeds: session.map(SEEDS, |index| trials(session, index))? };
    let mut measurements = Measurements::of(&[
        ("ratio", "ε/B, the step size over the batch size"),
        ("batch_size", "the number B of examples a batch"),
        ("step_size", "the step size ε"),
        ("shift", "the distance of the mean from the gradient flow at the end"),
        ("shift_deviation", "its standard deviation over seeds"),
        ("whole", "the coefficient of ‖∇C‖² that the shift shows, relative to ε/4"),
        ("whole_deviation", "its standard deviation over seeds"),
        ("parts", "the coefficient of Γ that it shows, relative to (ε/4B)(N − B)/(N − 1)"),
        ("parts_deviation", "its standard deviation over seeds"),
        ("change", "ln of the disagreement Γ of the examples relative to the gradient flow"),
        ("change_deviation", "its standard deviation over seeds"),
    ]);
    for (ratio, batch_size, place) in Grid::cells() {
        let mut row = vec![ratio, batch_size as f64, ratio * batch_size as f64];
        let [whole, parts] = grid.relative(place, ratio, batch_size);
        let (shift, change) = (grid.spread(place, |t| t.shift), grid.spread(place, |t| t.change));
        for spread in [shift, whole, parts, change] {
            row.extend([spread.mean, spread.deviation]);
        }
        measurements.rows.push(row);
    }
    Ok(Content {
        source: "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                 stochastic gradient descent, arXiv 2101.12176",
        claim: Claim::Reported(
            "With small batches the scale of the implicit regulariser is proportional to \
                   the ratio ε/B of step size and batch size.",
        ),
        setting: format!(
            "A tanh net of {WIDTH} units on {ROWS} irises, dealt into new batches of B every \
             epoch, for the time {TIME}; B = 1, 3, 5, 15 at ε/B = 0.002, 0.004, 0.008; {SEEDS} \
             seeds, means over {PAIRS} random sequences of partitions and their reverses."
        ),
        findings: findings(&grid),
        figure: picture::figure(&grid),
        measurements,
    })
}

fn findings(grid: &Grid) -> Vec<Finding> {
    let exponents: Vec<[f64; 2]> = grid.seeds.iter().map(|t| Grid::exponents(t)).collect();
    let [p, q] =
        [0, 1].map(|i| Spread::of(&exponents.iter().map(|e| e[i]).collect::<Vec<_>>()).estimate());
    let columns = BATCH_SIZES.len();
    let last = RATIOS.len() * columns - 1;
    let coarse = last + 1 - columns;
    // The cells of the first ratio have the finest steps, those of the last the coarsest.
    let smallest = || {
        let cells = Grid::cells().take(columns);
        cells.map(|(ratio, b, place)| grid.relative(place, ratio, b)[1].estimate())
    };
    let listed: Vec<String> = (BATCH_SIZES.iter().zip(smallest()))
        .map(|(b, parts)| format!("{} (B = {b})", with_bar(parts)))
        .collect();
    let largest = BATCH_SIZES[columns - 1];
    let [whole, _] = grid.relative(columns - 1, RATIOS[0], largest);
    let change = |place: usize| grid.spread(place, |t| t.change).estimate();
    let shift = |place: usize| grid.spread(place, |t| t.shift).estimate();
    let less = [coarse, last].map(|place| Agreement::below(change(place), 0.0));
    let coarsest = RATIOS[RATIOS.len() - 1];
    vec![
        Finding::new(
            "the coefficient of the disagreement Γ of the examples is proportional to ε/B, once \
             (N − B)/(N − 1), for drawing without replacement, is taken out; both powers within 0.15",
            format!(
                "over all combinations it goes like ε to the power {} and B to the power {}",
                with_bar(p),
                with_bar(q)
            ),
            Agreement::near(p, 1.0, NEAR).and(Agreement::near(q, -1.0, NEAR)),
        ),
        Finding::new(
            "as ε → 0 it is (ε/4B)(N − B)/(N − 1) whatever B, within 0.15 at the smallest ε/B",
            format!(
                "relative to that it is, at ε/B = {}, {}; at all three ratios {}",
                RATIOS[0],
                listed.join(", "),
                grid.off()
            ),
            smallest()
                .map(|p| Agreement::near(p, 1.0, NEAR))
                .fold(Agreement::Unclaimed, Agreement::and),
        ),
        Finding::new(
            "the coefficient of ‖∇C‖² is ε/4, within 0.15 where ε is largest at that ratio",
            format!(
                "relative to that it is {} at ε/B = {} with B = {largest}",
                with_bar(whole.estimate()),
                RATIOS[0]
            ),
            Agreement::near(whole.estimate(), 1.0, NEAR),
        ),
        Finding::new(
            "the examples disagree less than on the gradient flow",
            format!(
                "at ε/B = {coarsest} the logarithm of their disagreement changes by {} with B = \
                 {} and by {} with B = {largest}",
                with_bar(change(coarse)),
                BATCH_SIZES[0],
                with_bar(change(last)),
            ),
            less[0].and(less[1]),
        ),
        Finding::new(
            "nothing on both parts together, of which only one depends on ε/B",
            format!(
                "at ε/B = {coarsest} the mean ends {} from the gradient flow with B = {} and {} \
                 with B = {largest}: with large batches the part ε/4 of ‖∇C‖² shows",
                with_bar(shift(coarse)),
                BATCH_SIZES[0],
                with_bar(shift(last))
            ),
            Agreement::Unclaimed,
        ),
    ]
}
