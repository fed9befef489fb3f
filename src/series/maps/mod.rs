//! Series in which maps are symbols: for every smooth loss and every smooth map at once.
//!
//! A vector is, for each power of ε, a sum of elementary differentials with exact coefficients. An elementary
//! differential is a derivative of a gradient or of a map at what these are taken at as ε → 0, applied to
//! elementary differentials. Sums are truncated by powers of ε and differentials are interned as they are
//! met: there are far too many to enumerate. With the gradient as the only symbol these are the rooted trees
//! of [`Forest`](super::Forest).

mod apply;
mod arena;
mod arithmetic;
mod coefficient;
mod evaluate;
mod examine;
mod field;
mod prove;
mod show;

pub use apply::MapVector;
pub use arithmetic::MapSeries;
pub use coefficient::{Coefficient, SYMBOLS, StepPolynomial};
pub(super) use prove::{MapClaim, prove_with_maps};

use self::field::{Fed, expect_use};
use self::show::timed;
use super::{Rational, SeriesFault};
use crate::flow::MapFlow;
use crate::optimizer::Optimizer;
use crate::sampling::{Repeated, Sampling, followed};

/// One term of a field with maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRow {
    /// The elementary differential, as text, with the power of the time t that comes with it.
    pub tree: String,
    /// One more than the power of ε that it comes with.
    pub order: usize,
    /// The coefficient of ε^(order − 1) in dw/dt.
    pub coefficient: Rational,
}

/// The modified field of a method, with maps.
#[derive(Debug)]
pub struct MapField {
    a: MapSeries,
    field: MapVector,
    steps: usize,
}

/// The modified vector field dw/dt of `optimizer` under `sampling`, in t = nε, up to ε^(`terms` − 1) on
/// losses of `batches` minibatches: for every smooth loss and all smooth maps.
///
/// # Errors
/// [`SeriesFault`] if there is none.
pub fn derive_with_maps(
    optimizer: &dyn Optimizer<MapSeries>,
    sampling: &dyn Sampling,
    terms: usize,
    batches: usize,
) -> Result<MapField, SeriesFault> {
    let sampling = &Repeated::new(sampling, optimizer.period(), batches);
    let mut a = MapSeries::new(batches, terms);
    a.period = followed(optimizer.period());
    let fed = Fed { optimizer, sampling };
    let memory = fed.manifold(&mut a)?;
    let field = fed.field(&mut a, &memory)?;
    expect_use(&a)?;
    Ok(MapField { a, field, steps: sampling.steps(batches) })
}

impl MapField {
    /// The terms that are not zero, by power of ε, those with fewer symbols first.
    ///
    /// `None` if a coefficient is no rational: a symbol stands in it.
    pub fn rows(&self) -> Option<Vec<MapRow>> {
        let share = Rational::from_integer((self.steps as u64).into());
        let mut rows = Vec::new();
        for power in 0..self.field.len() {
            let mut of_power = Vec::new();
            for (node, c) in self.field.at(power) {
                for time in c.powers_of_time() {
                    let coefficient = c.at_power_of_time(time).constant()? / &share;
                    let tree = timed(time, &self.a.arena.show(node));
                    let key = (self.a.arena.size(node), self.a.arena.show(node), time);
                    of_power.push((key, MapRow { tree, order: power + 1, coefficient }));
                }
            }
            // Places depend on what was met first; sizes and texts do not.
            of_power.sort_by(|a, b| a.0.cmp(&b.0));
            rows.extend(of_power.into_iter().map(|(_, row)| row));
        }
        Some(rows)
    }

    /// The field as a flow in numbers, each power of ε a term.
    ///
    /// `None` if a coefficient is no ratio of 128-bit integers, or has a negative power of the time.
    pub fn flow(&self) -> Option<MapFlow> {
        evaluate::flow_of(&self.a.arena, &self.field, self.steps)
    }

    /// The number of elementary differentials at each power of ε.
    pub fn counts(&self) -> Vec<usize> {
        (0..self.field.len()).map(|power| self.field.at(power).count()).collect()
    }
}

#[cfg(test)]
mod tests;
