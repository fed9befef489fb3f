//! Linear comparison equations X′ = m X + D on a slice, and what a step adds to them.

use std::ops::RangeInclusive;

use crate::scalar::{Interval, Scalar};

/// An upper bound of X(t + h) for X′ = m X + D with X(t) = `x` ≥ 0 and D ≥ 0: e^{mh} x + D h φ(mh) with
/// φ(y) = (eʸ − 1)/y = 1 + y/2 + y²/6 + (y³/24) e^ξ, ξ between 0 and y.
///
/// X is monotone on the slice, so the larger of both ends bounds it there.
pub(super) fn advanced(x: f64, m: f64, d: f64, h: Interval) -> f64 {
    let y = Interval::from(m) * h;
    let grown = y.exp();
    let rest = y.square() * y / Interval::from(24.0) * grown.hull(Interval::one());
    let phi = Interval::one() + y.scale(0.5) + y.square() / Interval::from(6.0) + rest;
    (grown * Interval::from(x) + Interval::from(d) * h * phi).hi()
}

/// A bound of x/(1 − e⁻ˣ) for x = |μ| ε, or 1 where μ ≥ 0: by how much D must exceed what a step of size ε adds
/// over ε, so that X(t + ε) ≥ (1 + εμ) X(t) + ε ρ. Where X shrinks, what is added early in the step has shrunk by
/// its end.
pub(super) fn surplus(mu: f64, eps: f64) -> f64 {
    if mu >= 0.0 {
        return 1.0;
    }
    let x = Interval::from(-mu) * Interval::from(eps);
    (Interval::one() + x.scale(0.5) + x.square() / Interval::from(12.0)).hi()
}

/// A bound on every slice of all x_n with x_{n+1} ≤ (1 + ε μ) x_n + ε ρ from 0, ε up to `eps`, where μ and ρ are the `rates`
/// and `sources` of the slice on which a step begins.
///
/// X′ = m X + D with, on every slice, the largest of those from which a step is `reaching` it. The slice is named on which
/// nothing is bounded.
pub(super) fn outrun(
    rates: &[f64],
    sources: &[f64],
    eps: f64,
    lengths: &[Interval],
    reaching: &dyn Fn(usize) -> RangeInclusive<usize>,
) -> Result<Vec<f64>, usize> {
    let mut rest = 0.0_f64;
    let mut bounds = Vec::with_capacity(rates.len());
    for (k, &length) in lengths.iter().enumerate() {
        let (mut rate, mut source) = (f64::NEG_INFINITY, 0.0_f64);
        for j in reaching(k) {
            let factor = Interval::from(surplus(rates[j], eps));
            let added = (Interval::from(sources[j]) * factor).hi();
            // False of NaN.
            if !(rates[j] < f64::INFINITY && added < f64::INFINITY) {
                return Err(j);
            }
            rate = rate.max(rates[j]);
            source = source.max(added);
        }
        let end = advanced(rest, rate, source, length);
        let most = rest.max(end);
        let bounded = end < f64::INFINITY && most < f64::INFINITY;
        if !bounded {
            return Err(k);
        }
        bounds.push(most);
        rest = end;
    }
    Ok(bounds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::{advanced, outrun, surplus};
    use crate::scalar::Interval;

    #[test]
    fn advances_are_those_of_the_equation() {
        for (x, m, d) in [(1.0, -2.0, 3.0), (0.5, 1.5, 0.25), (2.0, 0.0, 1.0), (0.0, -9.0, 1.0)] {
            let h: f64 = 0.125;
            let particular = if m == 0.0 { d * h } else { d * ((m * h).exp() - 1.0) / m };
            let exact = x * (m * h).exp() + particular;
            let bound = advanced(x, m, d, Interval::from(h));
            assert!(bound >= exact * (1.0 - 1e-15), "{bound} {exact}");
            assert!(bound <= exact * 1.06 + 1e-15, "{bound} {exact}");
        }
    }

    #[test]
    fn a_step_is_outrun() {
        // The continuous solution must be ahead of the discrete one after one step, from 0 and from afar.
        for mu in [-12.0_f64, -3.0, -0.5, -1e-6, 0.0, 2.0] {
            for eps in [1e-3, 0.05, 0.2, 0.08] {
                for x in [0.0, 1.0] {
                    let (rho, step) = (0.7, (1.0 + eps * mu) * x + eps * 0.7);
                    let m = mu;
                    let d: f64 = rho * surplus(mu, eps);
                    let exact = if m == 0.0 {
                        x + d * eps
                    } else {
                        x * (m * eps).exp() + d * (m * eps).exp_m1() / m
                    };
                    assert!(exact >= step * (1.0 - 1e-14), "{mu} {eps} {x}: {exact} < {step}");
                }
            }
        }
    }

    /// Rates and sources that change from slice to slice, and steps that are longer and shorter than slices.
    #[test]
    fn steps_over_slices_are_outrun() {
        let slices = 12;
        let length = 0.0625_f64;
        for (pattern, largest) in [(0, 0.1), (1, 0.1), (2, 0.03), (3, 0.15), (4, 0.1)] {
            let rate = |k: usize| match pattern {
                0 => -5.0,
                1 => 4.0 * f64::from(u8::from(k % 5 == 1)) - 3.0,
                2 => -20.0,
                3 => 3.0,
                _ => -8.0 + k as f64,
            };
            let source = |k: usize| if k % 4 == 1 || pattern == 2 { 2.0 } else { 0.0 };
            let rates: Vec<f64> = (0..slices).map(rate).collect();
            let sources: Vec<f64> = (0..slices).map(source).collect();
            let reaching = |k: usize| {
                let first =
                    (0..=k).find(|&j| (j + 1) as f64 * length + largest >= k as f64 * length);
                first.unwrap_or(k)..=k
            };
            let lengths = vec![Interval::from(length); slices];
            let bounds = outrun(&rates, &sources, largest, &lengths, &reaching).unwrap();
            let mut nearest = f64::INFINITY;
            for size in 1..=400 {
                let eps = largest * f64::from(size) / 400.0;
                let (mut x, mut t) = (0.0, 0.0);
                loop {
                    let k = (t / length) as usize;
                    let next = t + eps;
                    let Some(bound) = bounds.get((next / length) as usize) else { break };
                    x = (1.0 + eps * rates[k]) * x + eps * sources[k];
                    t = next;
                    assert!(x <= bound * (1.0 + 1e-12), "{pattern} {eps} {t}: {x} {bound}");
                    nearest = nearest.min(bound / x);
                }
            }
            assert!(nearest < 2.5, "{pattern}: the bound is idle, {nearest}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_bounded() {
        let all = |k: usize| 0..=k;
        let with = |rate: f64, source: f64| {
            let lengths = [Interval::from(0.5), Interval::from(0.5)];
            outrun(&[-1.0, rate], &[0.5, source], 0.25, &lengths, &all)
        };
        assert!(with(1.0, 1.0).is_ok());
        for (rate, source) in [
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (1.0, f64::NAN),
            (1.0, f64::INFINITY),
            (1e4, 1.0),
        ] {
            assert_eq!(with(rate, source), Err(1));
        }
    }
}
