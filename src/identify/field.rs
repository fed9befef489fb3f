//! The modified flow of an unknown black box, measured from its iterates.

use nalgebra::{DMatrix, DVector};

use super::black_box::AnyBox;
use super::claim::{BASIS, Coefficients};
use super::experiment::{Data, distance};
use super::watch::mean_gradient;
use crate::loss::Oracle;
use crate::measure::norm;

/// Steps after which a memory has to have faded.
const BURN_IN: usize = 400;
/// Iterates on either side of the one at which the field is measured.
const ARM: usize = 4;
/// How many steps further the field is measured again.
const APART: usize = 25;
/// How often it is measured in a run.
const CENTRES: usize = 3;
/// Step sizes, times the curvature at the start.
const SIZES: [f64; 3] = [0.012, 0.008, 0.004];
/// By how much step sizes are divided until what is left out of the fit is below round-off.
const SMALLER: [f64; 3] = [1.0, 4.0, 16.0];
/// The places of the basis in the list of trees: f, f′f, f′f′f, f″(f, f).
const PLACES: [usize; BASIS.len()] = [0, 1, 3, 2];
/// The starts of a problem: its own, and this far from it.
const STARTS: [f64; 3] = [0.0, 0.3, -0.4];
/// The part of its first gradient that is left where the field is measured.
const LEFT: f64 = 0.05;
/// The largest order of trees that is fitted, so that those of interest are not bent by what is left out.
const ORDER: usize = 5;
/// The rest, relative to the field, above which the steps are not made of derivatives of the gradient alone.
const MADE_OF_OTHERS: f64 = 1e-8;
/// How many times the difference between fits of two orders.
const SAFETY: f64 = 3.0;

/// A rooted tree by its subtrees' places in a list.
struct Tree {
    children: Vec<usize>,
    order: usize,
}

/// All rooted trees up to `order` nodes, by order.
fn trees(order: usize) -> Vec<Tree> {
    let mut all = vec![Tree { children: Vec::new(), order: 1 }];
    for n in 2..=order {
        let mut found = Vec::new();
        forests(&all, n - 1, 0, &mut Vec::new(), &mut found);
        all.extend(found.into_iter().map(|children| Tree { children, order: n }));
    }
    all
}

/// All multisets of trees from place `from` on with `nodes` nodes together.
fn forests(
    all: &[Tree],
    nodes: usize,
    from: usize,
    chosen: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    if nodes == 0 {
        found.push(chosen.clone());
        return;
    }
    for at in from..all.len() {
        if all[at].order <= nodes {
            chosen.push(at);
            forests(all, nodes - all[at].order, at, chosen, found);
            let _ = chosen.pop();
        }
    }
}

/// F(τ) of f = −∇C at w for every tree.
fn differentials(loss: &dyn Oracle<f64>, trees: &[Tree], w: &[f64]) -> Vec<Vec<f64>> {
    let m = loss.batches();
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(trees.len());
    let mut part = vec![0.0; w.len()];
    for tree in trees {
        let below: Vec<&[f64]> = tree.children.iter().map(|&at| values[at].as_slice()).collect();
        let mut value = vec![0.0; w.len()];
        for k in 0..m {
            loss.derivative(k, w, &below, &mut part);
            value.iter_mut().zip(&part).for_each(|(sum, x)| *sum -= x / m as f64);
        }
        values.push(value);
    }
    values
}

/// The field at the middle of an odd number of iterates: Σ_j c_j (w_j − w_−j)/ε, up to ε^(2M).
///
/// Source: Gelfreich & Vieiro 2018.
pub(super) fn interpolated(iterates: &[Vec<f64>], eps: f64) -> Vec<f64> {
    let arm = iterates.len() / 2;
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let weight = |j: usize| {
        let sign = if j % 2 == 1 { 1.0 } else { -1.0 };
        let whole = factorial(arm).powi(2);
        sign * whole / (j as f64 * factorial(arm - j) * factorial(arm + j))
    };
    let component = |i: usize| {
        let terms = (1..=arm).map(|j| weight(j) * (iterates[arm + j][i] - iterates[arm - j][i]));
        terms.sum::<f64>() / eps
    };
    (0..iterates[arm].len()).map(component).collect()
}

/// A field that was measured, with what it may be made of.
struct Sample {
    eps: f64,
    field: Vec<f64>,
    differentials: Vec<Vec<f64>>,
    /// Round-off of the field.
    noise: f64,
}

/// The coefficients of the modified flow, or why there are none.
pub(super) fn measured(black_box: &dyn AnyBox, data: &Data) -> Result<Coefficients, String> {
    if data.taken.is_some() {
        return Err(
            "it takes minibatches of its own accord, and this is the flow of the whole loss".into(),
        );
    }
    if data.problems.iter().any(|problem| !problem.has_third()) {
        return Err("the third derivatives of these problems are not known".into());
    }
    let trees = trees(ORDER);
    let mut left = f64::INFINITY;
    let mut best: Option<Measured> = None;
    for smaller in SMALLER {
        match measured_at(black_box, data, &trees, smaller)? {
            Err(rest) => left = left.min(rest),
            Ok((bars, rest)) => {
                // Each coefficient from where its bar is least: larger steps resolve what smaller ones leave in round-off.
                let (known, least) = best.get_or_insert_with(|| (bars.clone(), rest));
                *least = least.min(rest);
                for (known, new) in known.iter_mut().zip(&bars) {
                    if new.1 < known.1 {
                        *known = *new;
                    }
                }
            }
        }
    }
    best.map(|(bars, rest)| Coefficients::of(&bars, rest)).ok_or_else(|| {
        format!(
            "its steps are not made of the gradient and its derivatives alone, or its memory is longer than \
             {BURN_IN} steps: {left:.0e} of the field is left"
        )
    })
}

/// Coefficients with bars, and what is left of the field.
type Measured = (Vec<(f64, f64)>, f64);

/// The coefficients from step sizes that are so many times `smaller`, or what is left of the field if that is too
/// much.
fn measured_at(
    black_box: &dyn AnyBox,
    data: &Data,
    trees: &[Tree],
    smaller: f64,
) -> Result<Result<Measured, f64>, String> {
    let mut samples = Vec::new();
    for at in 0..data.problems.len() {
        for away in STARTS {
            for size in SIZES {
                samples.extend(sampled(black_box, data, at, away, size / smaller, trees));
            }
        }
    }
    if samples.len() < 2 * trees.len() {
        return Err(
            "its iterates come to rest, or leave the numbers, before its memory can have faded"
                .into(),
        );
    }
    // The same with one order less says how far what is left out bends the fit.
    let fit = |order: usize| fitted(&samples, trees, order);
    let (Some((full, rest)), Some((fewer, _))) = (fit(ORDER), fit(ORDER - 1)) else {
        return Err("these problems do not tell the derivatives of the gradient apart".into());
    };
    if rest > MADE_OF_OTHERS {
        return Ok(Err(rest));
    }
    let bars: Vec<(f64, f64)> =
        (full.iter().zip(&fewer)).map(|(a, b)| (a.0, SAFETY * (a.0 - b.0).abs() + a.1)).collect();
    Ok(Ok((PLACES.map(|place| bars[place]).to_vec(), rest)))
}

/// The fields of one run.
fn sampled(
    black_box: &dyn AnyBox,
    data: &Data,
    at: usize,
    away: f64,
    size: f64,
    trees: &[Tree],
) -> Vec<Sample> {
    let mut start = data.start(at);
    for (i, w) in start.iter_mut().enumerate() {
        *w += if i % 2 == 0 { away } else { -away };
    }
    let loss = &*data.losses[at];
    let all = data.all(at);
    let batches = vec![all.clone(); BURN_IN + CENTRES * APART + ARM];
    let before = norm(&mean_gradient(loss, &all, &start));
    let mut eps = size / data.curvature(at, &start);
    // Small enough a step that the memory fades before the gradient does.
    for _ in 0..8 {
        let Ok(watched) = data.watched(black_box, at, &start, eps, &batches, 1.0) else {
            eps *= 0.5;
            continue;
        };
        let iterates = &watched.iterates;
        let Some(end) = iterates.last() else { return Vec::new() };
        if norm(&mean_gradient(loss, &all, end)) < LEFT * before {
            eps *= 0.5;
            continue;
        }
        return (0..CENTRES)
            .filter_map(|n| {
                let centre = BURN_IN + n * APART;
                let around = iterates.get(centre - ARM..=centre + ARM)?;
                let largest = distance(&iterates[centre], &vec![0.0; start.len()]);
                Some(Sample {
                    eps,
                    field: interpolated(around, eps),
                    differentials: differentials(loss, trees, &iterates[centre]),
                    noise: f64::EPSILON * largest / eps,
                })
            })
            .collect();
    }
    Vec::new()
}

/// Least squares for the coefficients of trees up to `order` nodes, each with the bar of round-off, and what is
/// left of the field at most.
fn fitted(samples: &[Sample], trees: &[Tree], order: usize) -> Option<(Vec<(f64, f64)>, f64)> {
    let used: Vec<usize> = (0..trees.len()).filter(|&at| trees[at].order <= order).collect();
    let dims: usize = samples.iter().map(|sample| sample.field.len()).sum();
    let mut matrix = DMatrix::zeros(dims, used.len());
    let mut wanted = DVector::zeros(dims);
    let mut row = 0;
    for sample in samples {
        // In units of round-off.
        let unit = sample.noise.max(f64::MIN_POSITIVE).recip();
        for (i, field) in sample.field.iter().enumerate() {
            wanted[row] = field * unit;
            for (column, &at) in used.iter().enumerate() {
                let power = trees[at].order as i32 - 1;
                matrix[(row, column)] = sample.eps.powi(power) * sample.differentials[at][i] * unit;
            }
            row += 1;
        }
    }
    let sizes: Vec<f64> = matrix.column_iter().map(|column| column.norm()).collect();
    if !sizes.iter().take(BASIS.len()).all(|&size| size > 0.0 && size.is_finite()) {
        return None;
    }
    for (column, &size) in sizes.iter().enumerate() {
        matrix.column_mut(column).scale_mut(size.max(f64::MIN_POSITIVE).recip());
    }
    let svd = matrix.clone().try_svd(true, true, f64::EPSILON, 500)?;
    let solution = svd.solve(&wanted, 1e-13).ok()?;
    let left = &wanted - &matrix * &solution;
    let turn = svd.v_t.as_ref()?;
    let scatter = (left.norm() / (dims as f64).sqrt()).max(1.0);
    let bar = |column: usize| {
        let variance: f64 = (svd.singular_values.iter().enumerate())
            .filter(|&(_, &s)| s > 1e-13)
            .map(|(k, &s)| (turn[(k, column)] / s).powi(2))
            .sum();
        SAFETY * scatter * variance.sqrt() / sizes[column]
    };
    let coefficients =
        (0..used.len()).map(|column| (solution[column] / sizes[column], bar(column)));
    let (mut rest, mut row) = (0.0_f64, 0);
    for sample in samples {
        let size = norm(&sample.field) / sample.noise.max(f64::MIN_POSITIVE);
        for _ in &sample.field {
            rest = rest.max(left[row].abs() / size.max(f64::MIN_POSITIVE));
            row += 1;
        }
    }
    Some((coefficients.collect(), rest))
}
