//! The slow manifold, the mean map of one block and the field that it is a step of.

use num_traits::{One, Zero};

use super::apply::MapVector;
use super::arithmetic::MapSeries;
use super::coefficient::{Coefficient, StepPolynomial};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::{Draw, Sampling, expectation};
use crate::series::derive::PATH_LIMIT;
use crate::series::{Misuse, SeriesFault};

/// A method fed by a sampling, in series with maps.
pub(super) struct Fed<'a> {
    pub(super) optimizer: &'a dyn Optimizer<MapSeries>,
    pub(super) sampling: &'a dyn Sampling,
}

/// # Errors
/// The first misuse of the arithmetic.
pub(super) fn expect_use(a: &MapSeries) -> Result<(), SeriesFault> {
    a.misuse().map_or(Ok(()), |misuse| Err(SeriesFault::Misused(misuse)))
}

impl Fed<'_> {
    /// The draws of a block that has but one path.
    pub(super) fn only_path(&self, batches: usize) -> Option<Vec<Draw>> {
        let mut path = Vec::new();
        loop {
            match self.sampling.continuations(&path, batches).as_slice() {
                [] => return Some(path),
                [only] => path.push(only.clone()),
                _ => return None,
            }
        }
    }

    /// The state after the steps of `path`.
    pub(super) fn after(
        &self,
        a: &mut MapSeries,
        path: &[Draw],
        mut state: State<MapVector>,
    ) -> State<MapVector> {
        let eps = a.step_size();
        for draw in path {
            self.optimizer.step(a, &eps, draw.batch(), &mut state);
            state.steps.advance();
        }
        state
    }

    /// The memory V_j, as series in w, that one block carries into itself.
    ///
    /// The unknowns enter a block affinely, all powers of ε in the same way; how, is read off one constant of
    /// its own a vector. At each power they are corrected until the defect V₊ − V(w₊) is gone, which a memory
    /// that another one looks at delays by a round. What enters otherwise never goes, and is refused.
    ///
    /// # Errors
    /// [`SeriesFault`] if there is none, or the paths of a block cannot be walked.
    pub(super) fn manifold(&self, a: &mut MapSeries) -> Result<Vec<MapVector>, SeriesFault> {
        let (size, batches, top) = (self.optimizer.memory(), a.colours(), a.top);
        let paths = self.sampling.paths(batches);
        if paths > PATH_LIMIT {
            return Err(SeriesFault::TooManyPaths { paths, batches });
        }
        if size == 0 {
            return Ok(Vec::new());
        }
        let Some(path) = self.only_path(batches) else {
            return if self.forgets(a, size) {
                Ok(vec![MapVector::default(); size])
            } else {
                Err(SeriesFault::RandomMemory)
            };
        };
        a.top = 1;
        let solve = self.links(a, &path, size);
        a.top = top;
        let solve = solve?;
        let mut memory = vec![MapVector::default(); size];
        for power in 0..=top {
            a.top = power;
            let settled = self.settle(a, &path, &mut memory, &solve, power);
            a.top = top;
            settled?;
        }
        Ok(memory)
    }

    /// Whether a block of random draws leaves nothing of the memory it begins with: what it yields is free of
    /// constants of their own in its place. Then memory lies on no manifold, and needs none.
    pub(super) fn forgets(&self, a: &mut MapSeries, size: usize) -> bool {
        let memory: Vec<MapVector> = (0..size)
            .map(|j| MapVector::monomial(a.arena.probe(j), Coefficient::one(), 0))
            .collect();
        let (eps, steps) = (a.step_size(), Steps::settled());
        let state = State { w: a.point(), memory, steps };
        let ends = expectation(a, self.optimizer, self.sampling, &eps, &state, &mut |_, end| {
            std::iter::once(end.w).chain(end.memory).collect()
        });
        ends.iter().all(|end| !a.arena.holds_a_probe(end))
    }

    /// The matrix that turns a defect into what memory has to be corrected by.
    fn links(
        &self,
        a: &mut MapSeries,
        path: &[Draw],
        size: usize,
    ) -> Result<Vec<Vec<Coefficient>>, SeriesFault> {
        let probes: Vec<_> = (0..size).map(|j| a.arena.probe(j)).collect();
        let memory =
            probes.iter().map(|&probe| MapVector::monomial(probe, Coefficient::one(), 1)).collect();
        let state = State { w: a.point(), memory, steps: Steps::settled() };
        let after = self.after(a, path, state);
        expect_use(a)?;
        if after.memory.len() != size {
            return Err(SeriesFault::NoSlowManifold);
        }
        let carried: Vec<Vec<Coefficient>> = (after.memory.iter())
            .map(|v| probes.iter().map(|&probe| v.coefficient(1, probe)).collect())
            .collect();
        if !fades(&carried) {
            return Err(SeriesFault::NoSlowManifold);
        }
        // V₊ − V(w₊) moves by (A − 1) x: the correction is x = (1 − A)⁻¹ times the defect.
        let rest = (0..size)
            .map(|i| {
                (0..size)
                    .map(|j| {
                        let one = if i == j { Coefficient::one() } else { Coefficient::zero() };
                        one - carried[i][j].clone()
                    })
                    .collect()
            })
            .collect();
        inverse(rest).ok_or(SeriesFault::NoSlowManifold)
    }

    /// Corrects memory at ε^`power` until the defect is gone.
    fn settle(
        &self,
        a: &mut MapSeries,
        path: &[Draw],
        memory: &mut [MapVector],
        solve: &[Vec<Coefficient>],
        power: usize,
    ) -> Result<(), SeriesFault> {
        for _ in 0..memory.len() + 2 {
            let state = State { w: a.point(), memory: memory.to_vec(), steps: Steps::settled() };
            let after = self.after(a, path, state);
            expect_use(a)?;
            if !after.w.is_at_the_point() {
                return Err(SeriesFault::MovesAtZero);
            }
            let minus = -a.number(Coefficient::one());
            let mut defects = after.memory;
            for (defect, old) in defects.iter_mut().zip(&*memory) {
                let moved = a.arena.substituted(old, (&after.w, path.len()), power);
                defect.add_scaled(&minus, &moved, power);
            }
            if defects.iter().any(|defect| (0..power).any(|p| !defect.is_zero_at(p))) {
                return Err(SeriesFault::NoSlowManifold);
            }
            if defects.iter().all(|defect| defect.is_zero_at(power)) {
                return Ok(());
            }
            for (v, row) in memory.iter_mut().zip(solve) {
                for (c, defect) in row.iter().zip(&defects) {
                    for (node, d) in defect.at(power) {
                        v.add(power, node, c, d);
                    }
                }
            }
        }
        Err(SeriesFault::NoSlowManifold)
    }

    /// The mean map of one block from w with this memory, after `steps`.
    pub(super) fn map(&self, a: &mut MapSeries, memory: &[MapVector], steps: Steps) -> MapVector {
        let eps = a.step_size();
        let state = State { w: a.point(), memory: memory.to_vec(), steps };
        let mut mean =
            expectation(a, self.optimizer, self.sampling, &eps, &state, &mut |_, end| vec![end.w]);
        mean.swap_remove(0)
    }

    /// f with Φ = exp(ε f), Φ the mean map of one block: its coefficients of ε⁰ … ε^(top − 1).
    ///
    /// Φ = w + Σ_k (ε D_f)^k w / k!, D_f with the derivative by the time where it occurs, so f_j is what Φ has at ε^(j+1) without the powers k ≥ 2, which are made
    /// of f₀ … f_{j−1}.
    ///
    /// # Errors
    /// [`SeriesFault`] if the method leaves w at ε = 0 elsewhere, or misuses the arithmetic.
    pub(super) fn field(
        &self,
        a: &mut MapSeries,
        memory: &[MapVector],
    ) -> Result<MapVector, SeriesFault> {
        let length = self.sampling.steps(a.colours()) as u64;
        let length = Coefficient::rational(crate::series::Rational::from_integer(length.into()));
        let map = self.map(a, memory, Steps::settled());
        expect_use(a)?;
        if !map.is_at_the_point() {
            return Err(SeriesFault::MovesAtZero);
        }
        let minus = -Coefficient::one();
        let mut field = MapVector::default();
        for j in 0..a.top {
            let power = j + 1;
            let mut here = MapVector::default();
            for (node, c) in map.at(power) {
                here.add(j, node, c, &Coefficient::one());
            }
            // (ε D_f)^k w for k = 1, 2, …, with what is known of f.
            let mut repeated = MapVector::default();
            repeated.add_scaled(&a.step_size(), &field, power);
            let mut factorial = 1_u64;
            for k in 2..=power as u64 {
                factorial *= k;
                repeated = a.arena.along_field(&repeated, (&field, &length), power);
                for (node, c) in repeated.at(power) {
                    here.add(j, node, &c.divided(factorial), &minus);
                }
            }
            field.add_scaled(&StepPolynomial::monomial(Coefficient::one(), 0), &here, j);
        }
        Ok(field)
    }
}

/// Whether what a block carries over fades: all eigenvalues are of magnitude below 1, by the test of Schur and
/// Cohn. Rates that are symbols stand for ones that do.
fn fades(carried: &[Vec<Coefficient>]) -> bool {
    let numbers: Option<Vec<Vec<_>>> =
        carried.iter().map(|row| row.iter().map(Coefficient::constant).collect()).collect();
    let Some(numbers) = numbers else { return true };
    schur_stable(characteristic(&numbers))
}

/// det(z − A), the highest power first, by Faddeev and LeVerrier.
fn characteristic(a: &[Vec<crate::series::Rational>]) -> Vec<crate::series::Rational> {
    type R = crate::series::Rational;
    let n = a.len();
    let mut coefficients = vec![R::one()];
    let mut m: Vec<Vec<R>> = vec![vec![R::zero(); n]; n];
    for k in 1..=n {
        // M ← A M + c 1, c = −tr(A M)/k.
        let last = coefficients[k - 1].clone();
        for (i, row) in m.iter_mut().enumerate() {
            row[i] += last.clone();
        }
        let product: Vec<Vec<R>> = (0..n)
            .map(|i| {
                (0..n).map(|j| (0..n).fold(R::zero(), |s, l| s + &a[i][l] * &m[l][j])).collect()
            })
            .collect();
        let trace = (0..n).fold(R::zero(), |sum, i| sum + &product[i][i]);
        coefficients.push(-trace / R::from_integer((k as u64).into()));
        m = product;
    }
    coefficients
}

/// Whether all roots lie inside the unit circle.
fn schur_stable(mut p: Vec<crate::series::Rational>) -> bool {
    use num_traits::Signed;
    while p.len() > 1 {
        let (first, last) = (p[0].clone(), p[p.len() - 1].clone());
        if last.abs() >= first.abs() {
            return false;
        }
        let reversed: Vec<_> = p.iter().rev().cloned().collect();
        p = (p.iter().zip(&reversed)).map(|(x, y)| x * &first - y * &last).collect();
        let _ = p.pop();
    }
    true
}

/// The inverse of a small matrix, by elimination with pivots that can be divided by.
fn inverse(mut matrix: Vec<Vec<Coefficient>>) -> Option<Vec<Vec<Coefficient>>> {
    let n = matrix.len();
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..n).map(|j| if i == j { Coefficient::one() } else { Coefficient::zero() }));
    }
    for column in 0..n {
        let (pivot, scale) = (column..n)
            .find_map(|row| matrix[row][column].inverse().map(|inverse| (row, inverse)))?;
        matrix.swap(column, pivot);
        for x in &mut matrix[column] {
            *x = std::mem::take(x) * scale.clone();
        }
        let lead = matrix[column].clone();
        for (_, row) in matrix.iter_mut().enumerate().filter(|(row, _)| *row != column) {
            let factor = -row[column].clone();
            row.iter_mut().zip(&lead).for_each(|(x, lead)| x.add_product(&factor, lead));
        }
    }
    Some(matrix.into_iter().map(|mut row| row.split_off(n)).collect())
}

/// What a misuse of a claim's field is called.
pub(super) fn of_a_claim(misuse: Misuse) -> SeriesFault {
    match misuse {
        Misuse::Undefined => SeriesFault::Undefined,
        Misuse::Degree | Misuse::NotSmooth | Misuse::Inverse => SeriesFault::Misused(misuse),
        _ => SeriesFault::NoField,
    }
}
