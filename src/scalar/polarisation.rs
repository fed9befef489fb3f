//! Derivatives in several directions from derivatives along lines.

use super::{CAPACITY, Jet, Scalar};

/// D^n G(w)[v₁, …, v_n] of a vector field G that can be evaluated in jets, for n up to 31 (beyond that
/// the entries are NaN).
///
/// A direction that comes several times, by the same slice, is counted instead of repeated. With u_1,
/// …, u_p the different ones, u_i occurring m_i times, the polarisation identity is
///
/// D^n G[u_1^{m_1}, …, u_p^{m_p}] = Σ_j (−1)^{n−|j|} Π_i binom(m_i, j_i) · c_n(Σ_i j_i u_i)
///
/// over 0 ≤ j_i ≤ m_i, where c_n(u) is the coefficient of sⁿ in G(w + s u). For p = 1 it is n! c_n(u_1).
/// The sum cancels a few digits: about n of them in base two.
pub(crate) fn mixed_derivative<S: Scalar>(
    along: impl Fn(&[Jet<S>], &mut [Jet<S>]),
    w: &[S],
    directions: &[&[S]],
    out: &mut [S],
) {
    let order = directions.len();
    if order >= CAPACITY {
        out.fill(S::from_f64(f64::NAN));
        return;
    }
    let different = counted(directions);
    out.fill(S::zero());
    let mut image = vec![Jet::zero(); w.len()];
    let mut add = |times: &[usize], weights: [f64; 2]| {
        let line: Vec<Jet<S>> = (0..w.len())
            .map(|i| {
                let slope = (different.iter().zip(times))
                    .fold(S::zero(), |sum, ((u, _), &j)| sum + u[i].scale(j as f64));
                let mut point = vec![S::zero(); order + 1];
                point[0] = w[i];
                point[1] = slope;
                Jet::from_coefficients(&point)
            })
            .collect();
        along(&line, &mut image);
        for (out, image) in out.iter_mut().zip(&image) {
            *out += image.coefficient(order).scale(weights[0]).scale(weights[1]);
        }
    };
    if let [(_, _)] = different.as_slice() {
        // n! in two factors, either exact in f64: up to 22!, and what 31! is beyond.
        let part = |from: usize, to: usize| (from..=to).map(|k| k as f64).product();
        add(&[1], [part(1, order.min(22)), part(23, order)]);
        return;
    }
    // All j but 0, counted like the digits of a number.
    let mut times = vec![0; different.len()];
    loop {
        let Some(at) = (0..times.len()).find(|&i| times[i] < different[i].1) else { return };
        times[at] += 1;
        times[..at].fill(0);
        let left = order - times.iter().sum::<usize>();
        let ways: f64 = different.iter().zip(&times).map(|((_, m), &j)| binomial(*m, j)).product();
        add(&times, [ways, if left.is_multiple_of(2) { 1.0 } else { -1.0 }]);
    }
}

/// The different directions, each with the number of times it comes.
fn counted<'a, S>(directions: &[&'a [S]]) -> Vec<(&'a [S], usize)> {
    let mut different: Vec<(&[S], usize)> = Vec::new();
    for &v in directions {
        match different.iter_mut().find(|(u, _)| std::ptr::eq(*u, v)) {
            Some((_, count)) => *count += 1,
            None => different.push((v, 1)),
        }
    }
    different
}

/// Exact for the small numbers that occur here.
fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}
