//! One cell of step sizes: the constant that is proved for all of them.

use std::ops::RangeInclusive;

use super::curve::{Curve, bend, slope, value};
use super::enclosed::Enclosed;
use super::growth::{advanced, surplus};
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

/// What is known of one slice before the error is followed.
struct Slice {
    /// All points of the flow on it.
    tube: Vec<Interval>,
    /// δ, the defect of a step over ε^{p+1}.
    defect: Vec<Interval>,
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
        let mut defects = Vec::with_capacity(self.slices());
        let mut matrices = Vec::with_capacity(self.slices());
        for (k, tube) in tubes.iter().enumerate() {
            defects.push(self.defect(&tubes, k)?);
            matrices.push(self.claim.step_matrix(eps, tube)?);
        }
        let z = leading_error(self.times, &matrices, &defects, eps.middle());
        let leading = |k: usize| {
            let (piece, s) = (z.piece(k), z.range(k));
            norm(&piece.iter().map(|c| value(c, s)).collect::<Vec<_>>())
        };
        let slices: Vec<Slice> = (tubes.into_iter().zip(defects).enumerate())
            .map(|(k, (tube, defect))| Slice { tube, defect, leading: leading(k) })
            .collect();
        if let Some(k) = slices.iter().position(|slice| !slice.leading.is_finite()) {
            return Err(Broken::new("the leading error is not bounded").on_slice(k));
        }
        self.follow(&z, &slices)
    }

    /// The flow's tube, slice by slice: r′ = μ̃ r + ρ around a curve p that misses the flow by ρ at most.
    pub(super) fn tubes(&self, path: &Curve) -> Result<Vec<Vec<Interval>>, Broken> {
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
                    found = Some((end, fattened(&core, most)));
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

    /// δ on the slice `k`: (Φ_ε − one step of the flow)(w̃)/ε^{p+1} = A_{p+1} + ε (A_{p+2} − y_{p+2}), the first at ε = 0, the second at
    /// any step size up to ε_b, the third at any point of the flow during the step.
    pub(super) fn defect(
        &self,
        tubes: &[Vec<Interval>],
        k: usize,
    ) -> Result<Vec<Interval>, Broken> {
        let (eps, p) = (self.step_sizes, self.claim.order);
        let below = eps.hull(Interval::zero());
        let during = self.window(k).fold(tubes[k].clone(), |all, j| hull(&all, &tubes[j]));
        let first = self.claim.gap(Interval::zero(), &tubes[k], p + 2)?;
        let second = self.claim.gap(below, &tubes[k], p + 3)?;
        let rest = self.claim.remainder(eps, &during);
        let delta = |i: usize| {
            let next = second[i].coefficient(p + 2) - rest[i];
            first[i].coefficient(p + 1) + eps * next
        };
        let found: Vec<Interval> = (0..rest.len()).map(delta).collect();
        if !found.iter().all(|x| x.is_finite()) {
            return Err(Broken::new("the defect of a step is not bounded").on_slice(k));
        }
        Ok(found)
    }

    /// Follows what is left of the error, e = εᵖ (z + x): |x| ≤ X with X′ = m X + D, slice by slice.
    ///
    /// A step adds |x_{n+1}| ≤ (1 + εμ)|x_n| + ε|N z + δ − z′ − (ε/2) z″|. It may begin on any slice that it
    /// ends on or crosses, so m and D are the largest over the steps that reach a slice.
    fn follow(&self, z: &Curve, slices: &[Slice]) -> Result<CellBound, Broken> {
        let p = self.claim.order;
        let largest = Interval::from(self.step_sizes.hi());
        let scale = (0..p).fold(Interval::one(), |power, _| power * largest);
        let mut guesses: Vec<f64> =
            slices.iter().map(|slice| slice.leading * 0.25 + 1e-9).collect();
        for _ in 0..TRIES {
            let mut rates = Vec::with_capacity(slices.len());
            let mut sources = Vec::with_capacity(slices.len());
            for (k, slice) in slices.iter().enumerate() {
                let reach = scale * (Interval::from(slice.leading) + Interval::from(guesses[k]));
                let (rate, source) = self.step_bounds(z, slice, k, reach.hi())?;
                rates.push(rate);
                sources.push(source);
            }
            let (mut rest, mut constant) = (0.0_f64, 0.0_f64);
            let mut widened = false;
            for (k, slice) in slices.iter().enumerate() {
                let (mut rate, mut source) = (f64::NEG_INFINITY, 0.0_f64);
                for j in self.reaching(k) {
                    let factor = Interval::from(surplus(rates[j], largest.hi()));
                    let added = (Interval::from(sources[j]) * factor).hi();
                    if !(rates[j] < f64::INFINITY && added < f64::INFINITY) {
                        return Err(
                            Broken::new("the growth of the error is not bounded").on_slice(j)
                        );
                    }
                    rate = rate.max(rates[j]);
                    source = source.max(added);
                }
                let end = advanced(rest, rate, source, z.length(k));
                let most = rest.max(end);
                // All comparisons are true only of numbers.
                let bounded = most < f64::INFINITY;
                if !bounded {
                    return Err(Broken::new("the error is not bounded").on_slice(k));
                }
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
                rest = end;
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

    /// μ with ‖I + ε N‖ ≤ 1 + ε μ, and the largest |N z + δ − z′ − (ε/2) z″|, for steps that begin on the slice `k` and whose error
    /// is `reach` at most.
    fn step_bounds(
        &self,
        z: &Curve,
        slice: &Slice,
        k: usize,
        reach: f64,
    ) -> Result<(f64, f64), Broken> {
        let (eps, n) = (self.step_sizes, slice.tube.len());
        let matrix = self.claim.step_matrix(eps, &fattened(&slice.tube, reach))?;
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

        let (piece, s) = (z.piece(k), z.range(k));
        let at: Vec<Interval> = piece.iter().map(|c| value(c, s)).collect();
        let pushed = product(&matrix, &at);
        let component = |i: usize| {
            let bent = self.window(k).map(|j| bend(&z.piece(j)[i], z.range(j)));
            let bent = bent.reduce(Interval::hull).unwrap_or(Interval::WHOLE);
            pushed[i] + slice.defect[i] - slope(&piece[i], s) - eps.scale(0.5) * bent
        };
        let source = norm(&(0..n).map(component).collect::<Vec<_>>());
        if !(rate.is_finite() && source.is_finite()) {
            return Err(Broken::new("a step near the flow is not bounded").on_slice(k));
        }
        Ok((rate, source))
    }
}
