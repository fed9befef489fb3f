//! Series with maps as an arithmetic.

use num_traits::{One, Signed, Zero};

use super::apply::MapVector;
use super::arena::{Arena, POINT};
use super::coefficient::{Coefficient, StepPolynomial};
use crate::arithmetic::{Arithmetic, Batch, Map, NotContracting, Steps};
use crate::scalar::Ratio;
use crate::series::watch::Watch;
use crate::series::{Misuse, Rational};

/// The arithmetic of series in ε over elementary differentials, in which maps are symbols: what holds in it
/// holds for every smooth loss and every smooth map.
#[derive(Debug)]
pub struct MapSeries {
    pub(super) arena: Arena,
    batches: usize,
    /// The highest power of ε that is kept.
    pub(super) top: usize,
    misuse: Option<Misuse>,
    pub(in crate::series) watch: Watch,
    fades: bool,
    /// The number of steps after which the method repeats.
    pub(super) period: usize,
    /// Whether the count of steps begins at the time 0, and not at t.
    pub(super) from_time_zero: bool,
}

impl MapSeries {
    /// Over losses of `batches` minibatches, up to ε^`top`.
    pub fn new(batches: usize, top: usize) -> Self {
        MapSeries {
            arena: Arena::new(batches),
            batches,
            top,
            misuse: None,
            watch: Watch::default(),
            fades: false,
            period: 1,
            from_time_zero: false,
        }
    }

    /// The point w.
    pub fn point(&self) -> MapVector {
        MapVector::monomial(POINT, Coefficient::one(), 0)
    }

    /// The step size ε.
    pub fn step_size(&self) -> StepPolynomial {
        StepPolynomial::monomial(Coefficient::one(), 1)
    }

    /// The number that is this coefficient.
    pub fn number(&self, c: Coefficient) -> StepPolynomial {
        StepPolynomial::monomial(c, 0)
    }

    /// The first thing that was done in it that it does not follow: its series mean nothing.
    pub(super) fn misuse(&self) -> Option<Misuse> {
        self.misuse.or_else(|| self.watch.was_undefined().then_some(Misuse::Undefined))
    }

    /// Whether a power of the number of steps was ever read.
    pub(super) fn fades(&self) -> bool {
        self.fades
    }

    /// The number of minibatches; asking counts for nothing.
    pub(super) fn colours(&self) -> usize {
        self.batches
    }

    /// The same differentials, and nothing seen or misused yet.
    pub(super) fn watched_anew(self) -> Self {
        MapSeries { watch: Watch::default(), misuse: None, fades: false, ..self }
    }

    fn misused(&mut self, misuse: Misuse, is: bool) {
        if is {
            self.misuse = self.misuse.or(Some(misuse));
        }
    }
}

impl Arithmetic for MapSeries {
    type Number = StepPolynomial;
    type Vector = MapVector;

    fn ratio(&self, r: Ratio) -> StepPolynomial {
        if !r.is_defined() {
            self.watch.undefined();
            return StepPolynomial::default();
        }
        self.number(Coefficient::ratio(r))
    }

    fn batches(&self) -> usize {
        self.watch.counted();
        self.batches
    }

    fn zero(&mut self) -> MapVector {
        MapVector::default()
    }

    fn gradient(&mut self, batch: Batch, w: &MapVector) -> MapVector {
        self.derivative(batch, w, &[])
    }

    fn derivative(&mut self, batch: Batch, w: &MapVector, directions: &[&MapVector]) -> MapVector {
        self.watch.asked_for(batch);
        let parts: Vec<usize> = match batch {
            Batch::Full => (0..self.batches).collect(),
            Batch::One(k) => vec![k],
            Batch::Mean(parts) => parts.to_vec(),
        };
        self.misused(Misuse::NoBatch, parts.iter().any(|&k| k >= self.batches));
        if self.misuse == Some(Misuse::NoBatch) {
            return MapVector::default();
        }
        let directions: Vec<(usize, &MapVector)> = directions.iter().map(|v| (0, *v)).collect();
        let share = self.number(Coefficient::ratio(Ratio::new(1, parts.len().max(1) as i64)));
        let mut mean = MapVector::default();
        for k in parts {
            let part = self.arena.apply(Arena::gradient(k), &[w], &directions, self.top);
            mean.add_scaled(&share, &part, self.top);
        }
        mean
    }

    fn apply_derivative<M: Map>(
        &mut self,
        map: &M,
        inputs: &[&MapVector],
        directions: &[(usize, &MapVector)],
    ) -> MapVector {
        match self.arena.map(map, inputs.len()) {
            Ok(function) => self.arena.apply(function, inputs, directions, self.top),
            Err(misuse) => {
                self.misused(misuse, true);
                MapVector::default()
            }
        }
    }

    fn inverse(&mut self, x: &StepPolynomial) -> StepPolynomial {
        let inverse = x.inverse(self.top);
        self.misused(Misuse::Inverse, inverse.is_none());
        inverse.unwrap_or_default()
    }

    fn axpy(&mut self, c: &StepPolynomial, x: &MapVector, y: &mut MapVector) {
        y.add_scaled(c, x, self.top);
    }

    fn scale(&mut self, c: &StepPolynomial, x: &mut MapVector) {
        let mut scaled = MapVector::default();
        scaled.add_scaled(c, x, self.top);
        *x = scaled;
    }

    /// As in all truncated series: stationary after one round a power of ε, if it contracts.
    fn fixed_point(
        &mut self,
        start: MapVector,
        mut map: impl FnMut(&mut Self, &MapVector) -> MapVector,
    ) -> Result<MapVector, NotContracting> {
        let mut x = start;
        let rounds = 2 * (self.top + 2);
        for _ in 0..rounds {
            let next = map(self, &x);
            let still = (0..=self.top).all(|power| next.at(power).eq(x.at(power)));
            if still {
                return Ok(x);
            }
            x = next;
        }
        Err(NotContracting { iterations: rounds, change: f64::NAN })
    }

    /// On the slow manifold βⁿ has faded where |β| < 1; nowhere else does it forget the start.
    fn faded(&mut self, beta: Ratio, steps: Steps) -> StepPolynomial {
        let fading = self.ratio(beta);
        let value = fading.coefficient(0).constant().unwrap_or_else(Rational::zero);
        self.misused(Misuse::DoesNotFade, value.abs() >= Rational::one());
        self.fades = true;
        if steps.is_settled() {
            return StepPolynomial::default();
        }
        steps.power(self.number(Coefficient::one()), fading).truncated(self.top)
    }

    /// t + nε on the slow manifold, with t a symbol; nε from the start.
    fn time(&mut self, eps: &StepPolynomial, steps: Steps) -> StepPolynomial {
        let own = self.fraction(1, steps.parts() as i64) * self.step_size();
        self.misused(Misuse::OtherClock, *eps != own);
        let taken = self.fraction(i64::try_from(steps.taken()).unwrap_or(i64::MAX), 1) * own;
        let begun = steps.is_settled() && !self.from_time_zero;
        if begun { taken + self.number(Coefficient::time()) } else { taken }
    }

    fn phase(&mut self, steps: Steps, period: usize) -> usize {
        let period = period.max(1);
        self.misused(Misuse::Phase, !self.period.is_multiple_of(period));
        steps.taken() % period
    }

    fn count(&mut self, steps: Steps) -> usize {
        self.misused(Misuse::CountsSteps, true);
        steps.taken()
    }

    fn note(&mut self, _fault: NotContracting) {
        self.misused(Misuse::NotContracting, true);
    }
}
