//! A loss that claims to be quadratic has no third derivative.

use super::flaw::{Flaw, Quantity};
use super::largest;
use super::survey::{Survey, direction, moved};

/// How large a third derivative may be, relative to curvature over the length of the parameters.
const ROUND_OFF: f64 = 1e-10;

impl Survey<'_> {
    /// T[u, v] = 0 at the points of the path and at two random ones, if the loss claims it.
    pub(super) fn quadratic_if_claimed(&mut self) -> Result<(), Flaw> {
        if !(self.loss.is_quadratic() && self.problem.has_third()) {
            return Ok(());
        }
        let mut points = self.points.clone();
        for _ in 0..2 {
            let aside = direction(&mut self.random, points[0].len());
            points.push(moved(&points[0], self.length, &aside));
        }
        let [u, v, _] = &self.directions;
        for w in &points {
            for &k in &self.batches {
                let third = self.third(k, w, u, v);
                let bend = largest(self.hessian_vector(k, w, u)).max(self.rate);
                let limit = ROUND_OFF * bend / self.length;
                let worst = (0..w.len()).max_by(|&i, &j| third[i].abs().total_cmp(&third[j].abs()));
                if let Some(i) = worst.filter(|&i| third[i].abs() > limit) {
                    let entry = self.entry(Quantity::ThirdDerivative, i, k, w);
                    return Err(Flaw::NotQuadratic { entry, third: third[i] });
                }
            }
        }
        Ok(())
    }
}
