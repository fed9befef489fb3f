//! The order p of an error e(ε) = A εᵖ (1 + …).

use nalgebra::{DMatrix, DVector};

use super::spread::student;
use super::{Estimate, LEAST_POINTS, Point, extrapolate_to_zero};

/// A fitted order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderFit {
    /// The order p.
    pub order: f64,
    /// The half-width of its bar: see [`Model`].
    pub half_width: f64,
    /// ln A.
    pub intercept: f64,
    /// B, the weight of the next term; 0 where the model has none.
    pub next_term: f64,
    /// The half-widths of the curve's 95 % confidence band in ln e, at the used points, coarsest first;
    /// empty where errors do not scatter.
    pub band: Vec<f64>,
    /// The slopes between neighbouring points, coarsest first.
    pub pairwise: Vec<f64>,
}

impl OrderFit {
    /// The fitted error at the step size ε: A εᵖ exp(B ε).
    pub fn error_at(&self, step_size: f64) -> f64 {
        (self.intercept + self.order * step_size.ln() + self.next_term * step_size).exp()
    }

    /// The order with its bar.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.order, half_width: self.half_width }
    }
}

/// What an error is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A εᵖ with random scatter. The line is that of least squares, and the bar the 95 % confidence interval
    /// of its slope, for scatter that is normal in ln e and independent.
    PowerLaw,
    /// A εᵖ (1 + B₁ ε + B₂ ε² + …), where nothing is random: the slopes between neighbouring points are a
    /// power series in ε, whose limit and bar are those of [`extrapolate_to_zero`]. What keeps the points
    /// from a power law is truncation, so that no interval with a probability can be stated.
    Series,
}

/// The order of the errors at the used points.
///
/// `None` if fewer than [`LEAST_POINTS`] points are used, or if a slope is not finite.
pub fn fit_order(points: &[Point], model: Model) -> Option<OrderFit> {
    let used: Vec<&Point> = points.iter().filter(|p| p.used).collect();
    if used.len() < LEAST_POINTS {
        return None;
    }
    let coarsest = used.iter().map(|p| p.step_size).fold(0.0, f64::max);
    let slopes: Vec<Slope> = used.windows(2).map(|pair| Slope::between(pair[0], pair[1])).collect();
    let pairwise = slopes.iter().map(|slope| slope.value).collect();
    match model {
        Model::PowerLaw => through_scatter(&used, coarsest, pairwise),
        Model::Series => {
            let at: Vec<f64> = slopes.iter().map(|slope| slope.step_size).collect();
            let noise: Vec<f64> = slopes.iter().map(|slope| slope.noise).collect();
            let Estimate { value: order, half_width } =
                extrapolate_to_zero(&at, &pairwise, &noise)?;
            let logs = used.iter().map(|p| p.error.ln() - order * p.step_size.ln());
            let line = Line::through(&used, |p| p.step_size / coarsest, logs)?;
            let (intercept, next_term) = (line.intercept, line.slope / coarsest);
            Some(OrderFit { order, half_width, intercept, next_term, band: Vec::new(), pairwise })
        }
    }
}

/// d ln e / d ln ε between two points.
struct Slope {
    value: f64,
    /// The logarithmic mean of the two step sizes, at which ln ε + B ε has that slope.
    step_size: f64,
    /// What the floors of the two errors may change.
    noise: f64,
}

impl Slope {
    fn between(coarse: &Point, fine: &Point) -> Self {
        let decades = (coarse.step_size / fine.step_size).ln();
        Slope {
            value: (coarse.error / fine.error).ln() / decades,
            step_size: (coarse.step_size - fine.step_size) / decades,
            noise: (coarse.floor / coarse.error + fine.floor / fine.error) / decades,
        }
    }
}

/// A line of least squares.
struct Line {
    intercept: f64,
    slope: f64,
    /// The residuals' variance, two degrees of freedom taken by the line.
    variance: f64,
    /// (XᵀX)⁻¹ of the design X with the columns 1 and x.
    spreads: DMatrix<f64>,
    design: DMatrix<f64>,
}

impl Line {
    fn through(
        points: &[&Point],
        x: impl Fn(&Point) -> f64,
        y: impl Iterator<Item = f64>,
    ) -> Option<Line> {
        let n = points.len();
        let design = DMatrix::from_fn(n, 2, |i, j| if j == 0 { 1.0 } else { x(points[i]) });
        let y = DVector::from_iterator(n, y);
        let solution = design.clone().svd(true, true).solve(&y, 1e-12).ok()?;
        let residual = y - &design * &solution;
        let variance = residual.norm_squared() / (n - 2) as f64;
        let spreads = (design.transpose() * &design).try_inverse()?;
        Some(Line { intercept: solution[0], slope: solution[1], variance, spreads, design })
    }
}

fn through_scatter(used: &[&Point], coarsest: f64, pairwise: Vec<f64>) -> Option<OrderFit> {
    let logs = used.iter().map(|p| p.error.ln());
    let line = Line::through(used, |p| (p.step_size / coarsest).ln(), logs)?;
    let quantile = student(used.len() - 2);
    let half_width = |spread: f64| quantile * (line.variance * spread).sqrt();
    let band = (line.design.row_iter())
        .map(|row| half_width((row * &line.spreads * row.transpose())[(0, 0)].max(0.0)))
        .collect();
    Some(OrderFit {
        order: line.slope,
        half_width: half_width(line.spreads[(1, 1)]),
        intercept: line.intercept - line.slope * coarsest.ln(),
        next_term: 0.0,
        band,
        pairwise,
    })
}

#[cfg(test)]
mod tests;
