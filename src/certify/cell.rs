//! One cell of step sizes: the constant that is proved for all of them.

use std::ops::RangeInclusive;

use super::curve::{Cubic, Curve, bend, slope, value};
use super::enclosed::{Enclosed, Matrix, Moving};
use super::growth::{advanced, outrun};
use super::guide::{Guide, leading_error};
use super::vectors::{fattened, hull, largest_eigenvalue, norm, product};
use super::{Broken, CellBound};
use crate::scalar::{Interval, Scalar};

/// How often a guessed radius is widened before the cell is given up.
const TRIES: usize = 12;
/// By how much a radius is guessed larger than what it was found to be last.
const MARGIN: f64 = 1.125;
/// A radius below which nothing is guessed.
const LEAST: f64 = 1e-14;

/// What a proof on one cell starts from.
pub(super) struct Cell<'a> {
    pub(super) claim: &'a Enclosed,
    pub(super) guide: &'a Guide,
    pub(super) start: &'a [f64],
    /// The ends of the slices, from 0 to the horizon.
    pub(super) times: &'a [f64],
    /// The step sizes, [ε_a, ε_b].
    pub(super) step_sizes: Interval,
}

/// Where the flow is on a slice.
pub(super) struct Tube {
    /// All the time.
    pub(super) whole: Vec<Interval>,
    /// In the middle of it.
    pub(super) middle: Vec<Interval>,
}

/// The defect δ of a step over ε^{p+1}.
pub(super) struct Defect {
    /// A_{p+1} + … + ε^{d−1} A_{p+d}.
    pub(super) moving: Moving,
    /// ε^d times what is beyond.
    pub(super) rest: Vec<Interval>,
}

/// What is known of one slice before the error is followed.
pub(super) struct Slice<'a> {
    tube: &'a Tube,
    /// w̃′.
    velocity: Vec<Interval>,
    defect: Defect,
    /// |z| at most.
    leading: f64,
}

impl Cell<'_> {
    fn slices(&self) -> usize {
        self.times.len() - 1
    }

    /// A constant K with |w_n − w̃(nε)| ≤ K εᵖ for all ε of the cell and all n with nε ≤ T.
    pub(super) fn bound(&self) -> Result<CellBound, Broken> {
        let eps = self.step_sizes;
        let path = self.guide.solution(self.times, self.start, eps.middle());
        let tubes = self.tubes(&path)?;
        let mut slices = Vec::with_capacity(self.slices());
        let mut defects = Vec::with_capacity(self.slices());
        let mut matrices = Vec::with_capacity(self.slices());
        for (k, tube) in tubes.iter().enumerate() {
            let slice = self.slice(&tubes, k, f64::INFINITY)?;
            let (first, second) = self.claim.step_matrices(eps, &tube.middle)?;
            matrices.push(sum(&first, eps, &second));
            defects.push(plus(&slice.defect.moving.middle, &slice.defect.rest));
            slices.push(slice);
        }
        let z = leading_error(self.times, &matrices, &defects, eps.middle());
        let leading = |k: usize| {
            let (piece, s) = (z.piece(k), z.range(k));
            norm(&piece.iter().map(|c| value(c, s)).collect::<Vec<_>>())
        };
        for (k, slice) in slices.iter_mut().enumerate() {
            slice.leading = leading(k);
        }
        if let Some(k) = slices.iter().position(|slice| !slice.leading.is_finite()) {
            return Err(Broken::new("the leading error is not bounded").on_slice(k));
        }
        self.follow(&z, &slices)
    }

    /// What is known of the slice `k`, on which |z| is `leading` at most.
    pub(super) fn slice<'t>(
        &self,
        tubes: &'t [Tube],
        k: usize,
        leading: f64,
    ) -> Result<Slice<'t>, Broken> {
        let tube = &tubes[k];
        let velocity = self.claim.velocity(self.step_sizes, &tube.whole);
        let defect = self.defect(tubes, k, &velocity)?;
        Ok(Slice { tube, velocity, defect, leading })
    }

    /// The flow's tube, slice by slice: r′ = μ̃ r + ρ around a curve p that misses the flow by ρ at most.
    pub(super) fn tubes(&self, path: &Curve) -> Result<Vec<Tube>, Broken> {
        let (eps, n) = (self.step_sizes, self.start.len());
        let mut radius = 0.0;
        let mut tubes = Vec::with_capacity(self.slices());
        for k in 0..self.slices() {
            let (piece, s, h) = (path.piece(k), path.range(k), path.length(k));
            let core: Vec<Interval> = piece.iter().map(|c| value(c, s)).collect();
            let rho = self.residual(path, k);
            if !rho.is_finite() {
                return Err(Broken::new("the flow is not bounded").on_slice(k));
            }
            let mut guess = MARGIN * (radius + rho * h.hi()) + LEAST;
            let mut found = None;
            for _ in 0..TRIES {
                let ball = fattened(&core, guess);
                let jacobian = self.claim.jacobian(eps, &ball)?;
                let rate =
                    largest_eigenvalue(n, |i, j| (jacobian[i][j] + jacobian[j][i]).scale(0.5));
                let end = advanced(radius, rate, rho, h);
                let most = radius.max(end);
                // Strictly inside, and false where anything is NaN.
                if most < guess && end.is_finite() {
                    let half = h.scale(0.5);
                    let middle: Vec<Interval> = piece.iter().map(|c| value(c, half)).collect();
                    let (whole, middle) = (fattened(&core, most), fattened(&middle, most));
                    found = Some((end, Tube { whole, middle }));
                    break;
                }
                if !most.is_finite() {
                    break;
                }
                guess = (2.0 * guess).max(MARGIN * most);
            }
            let Some((end, tube)) = found else {
                return Err(Broken::new("the flow could not be enclosed").on_slice(k));
            };
            radius = end;
            tubes.push(tube);
        }
        Ok(tubes)
    }

    /// A bound of |p′ − f̃(p, ε)| on the slice `k`: Taylor coefficients at its beginning, the Lagrange coefficient
    /// over all of it.
    pub(super) fn residual(&self, path: &Curve, k: usize) -> f64 {
        let (piece, s) = (path.piece(k), path.range(k));
        let thin: Vec<Vec<Interval>> = piece.iter().map(|c| c.to_vec()).collect();
        let wide: Vec<Vec<Interval>> = (piece.iter())
            .map(|c| {
                let second = bend(c, s).scale(0.5);
                vec![value(c, s), slope(c, s), second, c[3], Interval::zero()]
            })
            .collect();
        let low = self.claim.along(self.step_sizes, &thin);
        let high = self.claim.along(self.step_sizes, &wide);
        let missed = |((c, low), high): ((&[Interval; 4], &Vec<Interval>), &Vec<Interval>)| {
            let tangent = [c[1], c[2].scale(2.0), c[3].scale(3.0), Interval::zero()];
            let top = -high[4];
            (tangent.iter().zip(low)).rev().fold(top, |sum, (t, f)| sum * s + (*t - *f))
        };
        norm(&piece.iter().zip(&low).zip(&high).map(missed).collect::<Vec<_>>())
    }

    /// The slices that [t, t + ε_b] meets for t on the slice `k`.
    pub(super) fn window(&self, k: usize) -> RangeInclusive<usize> {
        let end = (Interval::from(self.times[k + 1]) + Interval::from(self.step_sizes.hi())).hi();
        let last = (k..self.slices()).rev().find(|&j| self.times[j] <= end).unwrap_or(k);
        k..=last
    }

    /// The slices on which a step may begin that meets the slice `k`.
    pub(super) fn reaching(&self, k: usize) -> RangeInclusive<usize> {
        let first = (0..=k).rev().take_while(|&j| self.window(j).contains(&k)).last();
        first.unwrap_or(k)..=k
    }

    /// δ on the slice `k`: (Φ_ε − one step of the flow)(w̃)/ε^{p+1} = A_{p+1} + … + ε^{d−1} A_{p+d} + ε^d (A_{p+d+1} −
    /// y_{p+d+1}), the first at ε = 0, the last but one at any step size up to ε_b, the last at any point of the flow during
    /// the step.
    pub(super) fn defect(
        &self,
        tubes: &[Tube],
        k: usize,
        velocity: &[Interval],
    ) -> Result<Defect, Broken> {
        let (eps, last) = (self.step_sizes, self.claim.order + self.claim.depth() + 1);
        let below = eps.hull(Interval::zero());
        let Tube { whole, middle } = &tubes[k];
        let during = self.window(k).fold(whole.clone(), |all, j| hull(&all, &tubes[j].whole));
        let leading = self.claim.leading_gaps(whole, middle, velocity)?;
        let beyond = self.claim.gap(below, whole, last + 1)?;
        let rest = self.claim.remainder(eps, &during);
        // Horner in ε.
        let n = rest.len();
        let summed = |of: &dyn Fn(&Moving, usize) -> Interval| -> Vec<Interval> {
            let at = |i| leading.iter().rev().fold(Interval::zero(), |sum, a| of(a, i) + eps * sum);
            (0..n).map(at).collect()
        };
        let scale = leading.iter().fold(Interval::one(), |power, _| power * eps);
        let moving =
            Moving { middle: summed(&|a, i| a.middle[i]), drift: summed(&|a, i| a.drift[i]) };
        let rest: Vec<Interval> =
            (0..n).map(|i| scale * (beyond[i].coefficient(last) - rest[i])).collect();
        let all = || moving.middle.iter().chain(&moving.drift).chain(&rest);
        if !all().all(|x| x.is_finite()) {
            return Err(Broken::new("the defect of a step is not bounded").on_slice(k));
        }
        Ok(Defect { moving, rest })
    }

    /// Follows what is left of the error, e = εᵖ (z + x): |x| ≤ X with X′ = m X + D, slice by slice.
    ///
    /// A step adds |x_{n+1}| ≤ (1 + εμ)|x_n| + ε|N z + δ − z′ − (ε/2) z″|. It may begin on any slice that it
    /// ends on or crosses, so m and D are the largest over the steps that reach a slice.
    fn follow(&self, z: &Curve, slices: &[Slice<'_>]) -> Result<CellBound, Broken> {
        let largest = Interval::from(self.step_sizes.hi());
        let mut guesses: Vec<f64> =
            slices.iter().map(|slice| slice.leading * 0.25 + 1e-9).collect();
        for _ in 0..TRIES {
            let mut rates = Vec::with_capacity(slices.len());
            let mut sources = Vec::with_capacity(slices.len());
            for (k, slice) in slices.iter().enumerate() {
                let size = Interval::from(slice.leading) + Interval::from(guesses[k]);
                let (rate, source) = self.step_bounds(z, slice, k, self.reach(size))?;
                rates.push(rate);
                sources.push(source);
            }
            let lengths: Vec<Interval> = (0..slices.len()).map(|k| z.length(k)).collect();
            let reaching = |k: usize| self.reaching(k);
            let bounds = outrun(&rates, &sources, largest.hi(), &lengths, &reaching)
                .map_err(|k| Broken::new("the growth of the error is not bounded").on_slice(k))?;
            let (mut constant, mut widened) = (0.0_f64, false);
            for (k, (slice, most)) in slices.iter().zip(bounds).enumerate() {
                // All comparisons are true only of numbers.
                let within = most <= guesses[k];
                if !within {
                    guesses[k] = 1.5 * most;
                    widened = true;
                }
                let total = (Interval::from(slice.leading) + Interval::from(most)).hi();
                let bounded = total < f64::INFINITY;
                if !bounded {
                    return Err(Broken::new("the error is not bounded").on_slice(k));
                }
                constant = constant.max(total);
            }
            if !widened {
                return Ok(CellBound {
                    step_sizes: (self.step_sizes.lo(), largest.hi()),
                    constant,
                });
            }
        }
        Err(Broken::new("no radius was found that the error stays within"))
    }

    /// How far from the flow an iterate is at most whose error over εᵖ has that `size`.
    pub(super) fn reach(&self, size: Interval) -> f64 {
        let largest = Interval::from(self.step_sizes.hi());
        (0..self.claim.order).fold(size, |far, _| far * largest).hi()
    }

    /// μ with ‖I + ε N‖ ≤ 1 + ε μ, and the largest |N z + δ − z′ − (ε/2) z″|, for steps that begin on the slice `k` and whose error
    /// is `reach` at most.
    fn step_bounds(
        &self,
        z: &Curve,
        slice: &Slice<'_>,
        k: usize,
        reach: f64,
    ) -> Result<(f64, f64), Broken> {
        let (rate, source) = self.step_parts(z, slice, k, reach)?;
        let source = norm(&source);
        if !(rate.is_finite() && source.is_finite()) {
            return Err(Broken::new("a step near the flow is not bounded").on_slice(k));
        }
        Ok((rate, source))
    }

    /// The same with all components of what it adds.
    pub(super) fn step_parts(
        &self,
        z: &Curve,
        slice: &Slice<'_>,
        k: usize,
        reach: f64,
    ) -> Result<(f64, Vec<Interval>), Broken> {
        let (eps, n) = (self.step_sizes, slice.velocity.len());
        let near = fattened(&slice.tube.whole, reach);
        let (first, second) = self.claim.step_matrices(eps, &near)?;
        let matrix = sum(&first, eps, &second);
        // ‖I + εN‖² is the largest eigenvalue of I + ε (N + Nᵀ + ε NᵀN).
        let top = largest_eigenvalue(n, |i, j| {
            let square = (0..n).fold(Interval::zero(), |sum, l| {
                sum + if i == j { matrix[l][i].square() } else { matrix[l][i] * matrix[l][j] }
            });
            matrix[i][j] + matrix[j][i] + eps * square
        });
        let top = Interval::from(top);
        let root = (Interval::one() + eps * top).sqrt();
        let rate = (top / (Interval::one() + root)).hi();

        Ok((rate, self.source(z, slice, k, reach, &near, &second)?))
    }

    /// N z + δ − z′ − (ε/2) z″ for steps that begin on the slice `k`, N the mean of N₀ + ε N₁ between the flow and the
    /// iterate: what changes with time by its value in the middle of the slice and its derivative all over it, so that
    /// what cancels does so in both.
    fn source(
        &self,
        z: &Curve,
        slice: &Slice<'_>,
        k: usize,
        reach: f64,
        near: &[Interval],
        second: &Matrix,
    ) -> Result<Vec<Interval>, Broken> {
        let (eps, n) = (self.step_sizes, near.len());
        let (piece, s, half) = (z.piece(k), z.range(k), z.length(k).scale(0.5));
        let off = s - half;
        let over = |of: &dyn Fn(&Cubic) -> Interval| piece.iter().map(of).collect::<Vec<_>>();
        let (values, slopes) = (over(&|c| value(c, s)), over(&|c| slope(c, s)));
        let tube = &slice.tube;
        let pushed = product(&self.claim.first_matrix(&tube.middle)?, &over(&|c| value(c, half)));
        let drift = self.claim.drift_of_first(&tube.whole, &slice.velocity, &values, &slopes)?;
        // What N₀ changes by from the flow to the iterate, in the mean: ½ D N₀[e] z, |e| within reach.
        let (ball, none) = (fattened(&vec![Interval::zero(); n], reach), vec![Interval::zero(); n]);
        let apart = self.claim.drift_of_first(near, &ball, &values, &none)?;
        let higher = product(second, &values);
        let component = |i: usize| {
            let (bend_rate, bent) = self.bends(z, k, i);
            let middle = pushed[i] + slice.defect.moving.middle[i]
                - slope(&piece[i], half)
                - eps.scale(0.5) * (bent + bend_rate * eps / Interval::from(3.0));
            let change = drift[i] + slice.defect.moving.drift[i]
                - bend(&piece[i], s)
                - eps.scale(0.5) * bend_rate;
            let rest = slice.defect.rest[i] + apart[i].scale(0.5) + eps * higher[i];
            middle + off * change + rest
        };
        Ok((0..n).map(component).collect())
    }

    /// A number b and an interval that contains z_i″(t) − b (t − t_k′) for all t that a step from the slice `k` meets, t_k′ the
    /// middle of that slice.
    ///
    /// z(t + ε) − z(t) − ε z′(t) is ε²/2 times a mean of z″ over the step, in which (ε − τ) weighs what is at t + τ; so
    /// the mean of b (t + τ) is b (t + ε/3).
    pub(super) fn bends(&self, z: &Curve, k: usize, i: usize) -> (Interval, Interval) {
        let window = self.window(k);
        let last = *window.end();
        let middle = |j: usize| 0.5 * (self.times[j] + self.times[j + 1]);
        let typical = |j: usize| bend(&z.piece(j)[i], z.length(j).scale(0.5)).middle();
        let rate = match last > k {
            true => (typical(last) - typical(k)) / (middle(last) - middle(k)),
            false => 0.0,
        };
        let rate = Interval::from(rate);
        let here = Interval::from(self.times[k]) + z.length(k).scale(0.5);
        let left = window.map(|j| {
            let [_, _, c, d] = z.piece(j)[i];
            let begins = Interval::from(self.times[j]) - here;
            c.scale(2.0) - rate * begins + z.range(j) * (d.scale(6.0) - rate)
        });
        (rate, left.reduce(Interval::hull).unwrap_or(Interval::WHOLE))
    }
}

/// first + ε second.
fn sum(first: &Matrix, eps: Interval, second: &Matrix) -> Matrix {
    let row = |(first, second): (&Vec<Interval>, &Vec<Interval>)| {
        first.iter().zip(second).map(|(&first, &second)| first + eps * second).collect()
    };
    first.iter().zip(second).map(row).collect()
}

/// x + y.
fn plus(x: &[Interval], y: &[Interval]) -> Vec<Interval> {
    x.iter().zip(y).map(|(&x, &y)| x + y).collect()
}
