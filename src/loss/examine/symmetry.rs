//! The symmetry of the Hessian: a field without it is the gradient of nothing.

use super::flaw::Flaw;
use super::norm;
use super::precise::Precise;
use super::survey::Survey;
use crate::loss::Place;
use crate::scalar::Scalar;

/// How far ⟨u, H v⟩ and ⟨v, H u⟩ may differ, relative to ‖H u‖ + ‖H v‖.
const ASYMMETRY: f64 = 1e-10;
/// The most columns of a Hessian that are looked through for the worst entry.
const COLUMNS: usize = 64;
/// Round-off in products that cancel, relative to the curvature.
const CANCELLED: f64 = 1e-13;

impl Survey<'_> {
    /// ⟨u, H v⟩ = ⟨v, H u⟩ for the three pairs of the three directions, at each point.
    pub(super) fn symmetric(&self, precise: Option<&Precise>) -> Result<(), Flaw> {
        for w in &self.points {
            for &k in &self.batches {
                let images = [0, 1, 2].map(|i| self.hessian_vector(k, w, &self.directions[i]));
                let apart = |[i, j]: [usize; 2]| {
                    let (above, below) = (
                        inner(&self.directions[i], &images[j]),
                        inner(&self.directions[j], &images[i]),
                    );
                    let size = norm(&images[i]) + norm(&images[j]);
                    let limit = ASYMMETRY * size + CANCELLED * self.rate;
                    ((above - below).abs() > limit).then_some((above, below))
                };
                let Some((above, below)) = [[0, 1], [1, 2], [2, 0]].into_iter().find_map(apart)
                else {
                    continue;
                };
                if let Some(precise) = precise {
                    // Own code that is wrong is told from a gradient that is none.
                    for v in &self.directions {
                        self.products(precise, k, w, v)?;
                    }
                    let exact = [0, 1].map(|i| precise.hessian_vector(k, w, &self.directions[i]));
                    let exact =
                        exact.map(|image| image.iter().map(|x| x.leading()).collect::<Vec<_>>());
                    let off = inner(&self.directions[0], &exact[1])
                        - inner(&self.directions[1], &exact[0]);
                    if off.abs() <= ASYMMETRY * (norm(&exact[0]) + norm(&exact[1])) {
                        continue;
                    }
                }
                return Err(self.asymmetry(k, w, above, below));
            }
        }
        Ok(())
    }

    fn asymmetry(&self, batch: usize, w: &[f64], above: f64, below: f64) -> Flaw {
        let place = Place(w.to_vec());
        let dim = w.len();
        if dim > COLUMNS {
            return Flaw::NotSymmetricAlong { batch, place, above, below };
        }
        let columns: Vec<Vec<f64>> = (0..dim)
            .map(|j| {
                let axis: Vec<f64> = (0..dim).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
                self.hessian_vector(batch, w, &axis)
            })
            .collect();
        let pairs = (0..dim).flat_map(|i| (0..i).map(move |j| (j, i)));
        let off = |(i, j): (usize, usize)| (columns[j][i] - columns[i][j]).abs();
        match pairs.max_by(|&a, &b| off(a).total_cmp(&off(b))) {
            Some((row, column)) => Flaw::NotSymmetric {
                batch,
                place,
                row,
                column,
                above: columns[column][row],
                below: columns[row][column],
            },
            None => Flaw::NotSymmetricAlong { batch, place, above, below },
        }
    }
}

fn inner(u: &[f64], v: &[f64]) -> f64 {
    u.iter().zip(v).map(|(u, v)| u * v).sum()
}
