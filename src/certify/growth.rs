//! Linear comparison equations X′ = m X + D on a slice, and what a step adds to them.

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

#[cfg(test)]
mod tests {
    use super::{advanced, surplus};
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
}
