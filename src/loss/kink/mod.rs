//! Where a loss is not as smooth as a theorem assumes: gradients, and derivatives of gradients, that jump.

mod line;
mod search;

use std::fmt::{Display, Formatter};

use self::line::Line;
use self::search::{Found, Search};
use super::place::Digits;
use super::{Place, Problem};

/// The most minibatches that are looked at one by one; beyond that the whole loss is.
const BATCHES: usize = 32;
/// The least number of pieces a path is cut into at first.
const PIECES: usize = 48;

/// A place where the gradient, or a derivative of it, jumps.
#[derive(Clone, Debug, PartialEq)]
pub struct Kink {
    /// The minibatch, counted from 0; none for the whole loss.
    pub batch: Option<usize>,
    /// Where.
    pub place: Place,
    /// The segment of the path, counted from 0.
    pub segment: usize,
    /// How many times the gradient is differentiated along the path: 0 where it jumps itself.
    pub derivative: usize,
    /// The component of the gradient that jumps most, counted from 0.
    pub component: usize,
    /// What it jumps by, for a unit of length along the path; not finite where there is no number.
    pub jump: f64,
}

impl Display for Kink {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.derivative {
            0 => {}
            1 => f.write_str("the derivative of ")?,
            2 => f.write_str("the second derivative of ")?,
            3 => f.write_str("the third derivative of ")?,
            n => write!(f, "the {n}th derivative of ")?,
        }
        match self.batch {
            Some(k) => write!(f, "the gradient of minibatch {k}")?,
            None => f.write_str("the gradient")?,
        }
        let Kink { place, component, jump, .. } = self;
        if !jump.is_finite() {
            return write!(f, " is not finite at {place}, in component {component}");
        }
        let rounded = format!("{jump:.3e}").parse().unwrap_or(*jump);
        write!(f, " jumps near {place}, by {} in component {component}", Digits(rounded))
    }
}

/// The first place along the polygon `path` where the gradient of a minibatch, or one of its first
/// `derivatives` derivatives along the path, jumps; of several on one segment a jump of the lowest derivative.
/// `None` where none is found.
///
/// Between two points Taylor series from both ends must agree in the middle, the better the closer the
/// points: where they do not, the path is cut until they do or the mismatch no longer falls. Of a loss known in
/// `f64` only, the series are the gradient and H v, so that no derivative beyond the first is seen.
/// Steps much smaller than the function around them, below about 1e-7 of it (1e-4 of a derivative
/// known in `f64` only), are not told from a smooth loss. Beyond 32 minibatches the whole loss is looked at.
pub fn first_kink(problem: &Problem, path: &[Vec<f64>], derivatives: usize) -> Option<Kink> {
    let usable = |w: &&Vec<f64>| w.len() == problem.dim() && w.iter().all(|x| x.is_finite());
    let whole = problem.batches() > BATCHES;
    let batches: Vec<Option<usize>> =
        if whole { vec![None] } else { (0..problem.batches()).map(Some).collect() };
    let pieces = PIECES.div_ceil(path.len().saturating_sub(1).max(1));
    path.windows(2).enumerate().find_map(|(segment, ends)| {
        let [a, b] = ends else { return None };
        if !(usable(&a) && usable(&b)) {
            return None;
        }
        let found = batches.iter().filter_map(|&batch| {
            let line = Line::new(problem, batch, a, b, derivatives)?;
            let found = Search::new(&line).first(pieces)?;
            Some((found, batch, line))
        });
        let first =
            |a: &Found, b: &Found| a.derivative.cmp(&b.derivative).then(a.at.total_cmp(&b.at));
        let (found, batch, line) = found.min_by(|(a, ..), (b, ..)| first(a, b))?;
        Some(Kink {
            batch,
            place: Place(line.point(found.at).iter().map(|x| rounded(*x, line.length())).collect()),
            segment,
            derivative: found.derivative,
            component: found.component,
            jump: found.jump / line.length().powi(found.derivative as i32),
        })
    })
}

/// `x` without what a place on a segment of that length need not show.
fn rounded(x: f64, length: f64) -> f64 {
    let unit = 10_f64.powf((1e-7 * length).log10().ceil());
    // Adding 0 takes the sign off −0.
    if unit > 0.0 { (x / unit).round() * unit + 0.0 } else { x }
}
