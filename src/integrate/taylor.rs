//! Taylor series: the solution's own power series, read off jets of the right-hand side.

use super::{Fault, RightHandSide};
use crate::scalar::{CAPACITY, Jet, Real, Scalar};

/// The Taylor method of a given order with a step size from the last two coefficients.
///
/// At every step y(t + s) = Σ y_j sʲ is found one order at a time: y_{k+1} = f_k/(k + 1), where f_k is
/// the coefficient of sᵏ in f(t + s, y₀ + … + y_k sᵏ). With ‖·‖ the largest component and
/// E = tolerance · max(1, ‖y₀‖), the step is the largest s with ‖y_j‖ sʲ ≤ E for the last two j.
/// A step is taken back and halved where its polynomial misses the differential equation at its end
/// by more than 1024 E/s: that catches series whose last coefficients vanish by accident.
///
/// Source: À. Jorba, M. Zou, *A software package for the numerical integration of ODEs by means of
/// high-order Taylor methods*, Experimental Mathematics 14, 2005, §3.
#[derive(Clone, Copy, Debug)]
pub struct Taylor {
    /// The order p of the series; outside 4 to 31 the nearer of these is used.
    pub order: usize,
    /// The size of the last terms, relative to max(1, ‖y‖); never taken below the round-off of the
    /// scalar that is integrated, so 0 asks for full precision.
    pub tolerance: f64,
}

/// More steps than any flow of the catalogue needs; a flow that needs more is stiff or blows up.
const STEP_LIMIT: u32 = 20_000;

/// How far past E the defect of a step, times its length, may be: truncation and round-off of a
/// right-hand side stay well below, a series that is none well above.
const DEFECT_ALLOWED: f64 = 1024.0;

impl Taylor {
    /// y(`span`) for y′ = f(t, y), y(0) = `start`.
    ///
    /// # Errors
    /// [`Fault`] if the flow cannot be followed to the end.
    pub fn integrate<S: Real>(
        &self,
        rhs: &mut dyn RightHandSide<Jet<S>>,
        start: &[S],
        span: S,
    ) -> Result<Vec<S>, Fault> {
        let length = span.leading();
        if !(length >= 0.0 && span.is_finite()) {
            return Err(Fault::Span { span: length });
        }
        if start.iter().any(|y| !y.is_finite()) {
            return Err(Fault::NotFinite { time: 0.0 });
        }
        let order = self.order.clamp(4, CAPACITY - 1);
        let tolerance = self.tolerance.max(S::ROUND_OFF);
        let (mut t, mut y) = (S::zero(), start.to_vec());
        if length <= 0.0 {
            return Ok(y);
        }
        let mut slope = field(rhs, t, &y);
        // Series are in units of the last step, so that no coefficient overflows near a pole.
        let mut unit = unit_below(length.min(norm(&y).max(1.0) / norm(&slope)));
        for _ in 0..STEP_LIMIT {
            let time = t.leading();
            let series = expand(rhs, t, &y, &slope, unit, order);
            if series.iter().any(|y| !y.is_finite()) {
                return Err(Fault::NotFinite { time });
            }
            let allowed = tolerance * norm(&y).max(1.0);
            let remaining = span - t;
            let mut step = unit * radius(&series, allowed, order);
            loop {
                let last = step >= remaining.leading();
                let s = if last { remaining } else { S::from_f64(step) };
                let (end, tangent) = evaluate(&series, s.scale(1.0 / unit));
                let t_end = if last { span } else { t + s };
                let end_slope = field(rhs, t_end, &end);
                let step_taken = s.leading();
                let defect = (tangent.iter().zip(&end_slope))
                    .map(|(&tangent, &slope)| (tangent - slope.scale(unit)).leading());
                let defect = largest(defect) * (step_taken / unit);
                if defect <= DEFECT_ALLOWED * allowed {
                    if last {
                        return Ok(end);
                    }
                    (t, y, slope) = (t_end, end, end_slope);
                    unit = unit_below(step_taken);
                    break;
                }
                step = 0.5 * step_taken;
                if step <= S::ROUND_OFF * length {
                    return Err(if defect.is_finite() {
                        Fault::StepUnderflow { time }
                    } else {
                        Fault::NotFinite { time }
                    });
                }
            }
            if unit <= S::ROUND_OFF * length {
                return Err(Fault::StepUnderflow { time: t.leading() });
            }
        }
        Err(Fault::TooManySteps { time: t.leading(), limit: STEP_LIMIT })
    }
}

/// f(t, y) without derivatives.
fn field<S: Real>(rhs: &mut dyn RightHandSide<Jet<S>>, t: S, y: &[S]) -> Vec<S> {
    let state: Vec<Jet<S>> = y.iter().map(|&y| Jet::constant(y)).collect();
    let mut slope = vec![Jet::zero(); y.len()];
    rhs.evaluate(Jet::constant(t), &state, &mut slope);
    slope.iter().map(|f| f.coefficient(0)).collect()
}

/// The series of y(t + `unit` s) in s, up to `order`; `slope` is f(t, y).
fn expand<S: Real>(
    rhs: &mut dyn RightHandSide<Jet<S>>,
    t: S,
    y: &[S],
    slope: &[S],
    unit: f64,
    order: usize,
) -> Vec<Jet<S>> {
    let mut time = Jet::from_coefficients(&[t, S::from_f64(unit)]);
    let mut series: Vec<Jet<S>> = (y.iter().zip(slope))
        .map(|(&y, &slope)| Jet::from_coefficients(&[y, slope.scale(unit)]))
        .collect();
    let mut image = vec![Jet::zero(); y.len()];
    for k in 1..order {
        rhs.evaluate(time, &series, &mut image);
        let divisor = S::from_f64((k + 1) as f64);
        for (series, image) in series.iter_mut().zip(&image) {
            series.push(image.coefficient(k).scale(unit) / divisor);
        }
        time.push(S::zero());
    }
    series
}

/// The largest s with ‖y_j‖ sʲ ≤ `allowed` for the last two orders j; infinite if both vanish.
fn radius<S: Real>(series: &[Jet<S>], allowed: f64, order: usize) -> f64 {
    [order - 1, order].into_iter().fold(f64::INFINITY, |radius, j| {
        let size = largest(series.iter().map(|y| y.coefficient(j).leading()));
        radius.min((allowed / size).powf(1.0 / j as f64))
    })
}

/// The series and its derivative at `s`, by Horner's rule.
fn evaluate<S: Real>(series: &[Jet<S>], s: S) -> (Vec<S>, Vec<S>) {
    (series.iter())
        .map(|y| {
            (0..y.len()).rev().fold((S::zero(), S::zero()), |(value, tangent), j| {
                (value * s + y.coefficient(j), tangent * s + value)
            })
        })
        .unzip()
}

/// The power of two at or below `step`, so that changing units does not round.
fn unit_below(step: f64) -> f64 {
    2f64.powf(step.log2().floor().clamp(-1000.0, 1000.0))
}

fn norm<S: Real>(y: &[S]) -> f64 {
    largest(y.iter().map(|y| y.leading()))
}

/// The largest magnitude, NaN if there is one.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::abs).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odd solutions have every other coefficient zero: either of the last two alone may say nothing.
    #[test]
    fn a_step_is_bounded_by_the_larger_of_the_last_two_orders() {
        for (last_but_one, last) in [(32.0, 0.0), (0.0, 64.0), (32.0, 1e-9), (1e-9, 64.0)] {
            let series = [Jet::from_coefficients(&[1.0, 0.5, 0.25, 0.0, 0.0, last_but_one, last])];
            let known = if last_but_one > 1.0 {
                (1e-6_f64 / 32.0).powf(0.2)
            } else {
                (1e-6_f64 / 64.0).powf(1.0 / 6.0)
            };
            let found = radius(&series, 1e-6, 6);
            assert!((found / known - 1.0).abs() < 1e-12, "{found} is not {known}");
        }
        assert!(radius(&[Jet::from_coefficients(&[1.0, 0.0, 0.0])], 1e-6, 2).is_infinite());
    }
}
