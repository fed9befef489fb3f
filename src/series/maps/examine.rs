//! Whether a map is what it says it is, in numbers.

use crate::arithmetic::Map;
use crate::scalar::{Jet, Scalar};

/// The parameters at which degrees are verified.
const DIM: usize = 4;

/// Entries between 1/2 and 3/2, from the fractional parts of multiples of the golden ratio.
fn entry(n: usize) -> f64 {
    0.5 + (n as f64 * 0.618_033_988_749_894_9).fract()
}

/// φ where coordinate i of slot s is `at(s, i)`.
fn image_of<M: Map, S: Scalar>(map: &M, slots: usize, at: impl Fn(usize, usize) -> S) -> Vec<S> {
    let inputs: Vec<Vec<S>> = (0..slots).map(|s| (0..DIM).map(|i| at(s, i)).collect()).collect();
    let inputs: Vec<&[S]> = inputs.iter().map(Vec::as_slice).collect();
    let mut out = vec![S::zero(); DIM];
    map.eval_by_blocks(&|| vec![(DIM, 1)], &inputs, &mut out);
    out
}

/// φ at a point of positive entries and at one of both signs.
pub(super) fn values_of<M: Map>(map: &M, slots: usize) -> Vec<u64> {
    let signs = [[1.0, 1.0], [1.0, -1.0]];
    let image =
        |signs: [f64; 2]| image_of(map, slots, |s, i| signs[i % 2] * entry(1 + s * DIM + i));
    signs.into_iter().flat_map(image).map(f64::to_bits).collect()
}

/// Whether a slot is homogeneous of this degree, as far as numbers tell: along a line through 0, and along one
/// beside it beyond which a polynomial of that degree has no further power.
pub(super) fn is_of_degree<M: Map>(map: &M, slots: usize, slot: usize, degree: usize) -> bool {
    let image = |at: f64| -> Vec<Jet<f64>> {
        image_of(map, slots, |s, i| {
            let (x, v) = (entry(1 + s * DIM + i), entry(71 + i));
            let mut line = vec![0.0; degree + 4];
            (line[0], line[1]) = if s == slot { (at * x, v) } else { (x, 0.0) };
            Jet::from_coefficients(&line)
        })
    };
    let vanishes = |x: &Jet<f64>, power: usize| {
        let scale = (0..degree + 4).map(|p| x.coefficient(p).abs()).fold(0.0, f64::max);
        x.coefficient(power).abs() <= 1e-11 * scale
    };
    let through = image(0.0);
    let beside = image(1.0);
    through.iter().all(|x| (0..degree + 4).all(|p| p == degree || vanishes(x, p)))
        && beside.iter().all(|x| (degree + 1..degree + 4).all(|p| vanishes(x, p)))
}

/// The derivatives that are looked at, 0 included, and how far a jump of one must stay above what it is near it.
const DERIVATIVES: usize = 4;
const JUMP: f64 = 0.05;
/// Intervals along a line, and how often each is halved.
const INTERVALS: usize = 64;
const HALVINGS: usize = 44;

/// The Taylor coefficients of one component.
type Coefficients = [f64; DERIVATIVES];

/// φ along a line: the coefficients of every component at t.
type Along<'a> = dyn Fn(f64) -> Vec<Coefficients> + 'a;

/// Whether no derivative up to the third jumps along a line through both signs of every slot. Where a map is
/// not defined, as a root of what is negative, or grows beyond bounds, nothing is said of it.
pub(super) fn is_smooth<M: Map>(map: &M, slots: usize) -> bool {
    let along = |t: f64| -> Vec<Coefficients> {
        let image = image_of(map, slots, |s, i| {
            let slope = entry(1 + s * DIM + i);
            // Each crosses 0 at a point of its own.
            let mut line = [0.0; DERIVATIVES];
            (line[0], line[1]) = (slope * t + 0.1 * entry(37 + s * DIM + i), slope);
            Jet::from_coefficients(&line)
        });
        image.iter().map(|x| std::array::from_fn(|k| x.coefficient(k))).collect()
    };
    let at = |n: usize| -1.5 + 3.0 * n as f64 / INTERVALS as f64;
    let points: Vec<Vec<Coefficients>> = (0..=INTERVALS).map(|n| along(at(n))).collect();
    let scales: Vec<Coefficients> = (0..DIM)
        .map(|i| {
            std::array::from_fn(|k| {
                let sizes = points.iter().map(|x| x[i][k].abs()).filter(|x| x.is_finite());
                sizes.fold(0.0, f64::max)
            })
        })
        .collect();
    (0..INTERVALS).all(|n| {
        let ends = ((at(n), points[n].as_slice()), (at(n + 1), points[n + 1].as_slice()));
        !jumps(&along, ends, scales.clone(), HALVINGS)
    })
}

/// A point on the line, and the Taylor coefficients of every component there.
type End<'a> = (f64, &'a [Coefficients]);

/// Whether a component jumps between two points, however near they are taken. What is large nearby is no jump
/// of what is small here: `scales` grow on the way.
fn jumps(
    along: &Along,
    (from, to): (End, End),
    mut scales: Vec<Coefficients>,
    halvings: usize,
) -> bool {
    let mut alike = true;
    for ((x, y), scale) in from.1.iter().zip(to.1).zip(&mut scales) {
        if !x.iter().chain(y).all(|c| c.is_finite()) {
            continue;
        }
        for k in 0..DERIVATIVES {
            scale[k] = scale[k].max(x[k].abs()).max(y[k].abs());
            let floor = 1e-9 * (scale[0] + scale[k.min(1)]);
            alike &= (x[k] - y[k]).abs() <= JUMP * scale[k] + floor;
        }
    }
    if alike {
        return false;
    }
    let middle = 0.5 * (from.0 + to.0);
    if halvings == 0 || middle <= from.0 || middle >= to.0 {
        // A pole is where a map is not defined.
        return scales.iter().all(|scale| scale[0] < 1e6);
    }
    let there = along(middle);
    jumps(along, (from, (middle, &there)), scales.clone(), halvings - 1)
        || jumps(along, ((middle, &there), to), scales, halvings - 1)
}

#[cfg(test)]
mod tests;
