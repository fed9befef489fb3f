//! Gradient descent on a quadratic, where the whole modified flow is known: w′ = (1/ε) log(I − εH)
//! (w − w*), by the symmetric eigenvalues of another library.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::flow::{Flow, GradientPenalty};
use shadowflow::integrate::{Dop853, RightHandSide};
use shadowflow::loss::Quadratic;
use shadowflow::optimizer::{GradientDescent, Optimizer, State, Steps};

use super::config;
use super::problems::{distance, log_uniform, quadratics, start};

/// w′ = M (H w − r): with M = log(I − εH)/(εH) the exact modified flow, without dividing by H alone.
struct Affine {
    map: DMatrix<f64>,
    hessian: DMatrix<f64>,
    pull: DVector<f64>,
}

impl Affine {
    fn exact(loss: &Quadratic, batches: usize, eps: f64) -> Self {
        let mean = |of: &dyn Fn(usize) -> DVector<f64>| {
            (0..batches).map(of).fold(DVector::zeros(of(0).len()), |a, b| a + b) / batches as f64
        };
        let columns: Vec<DVector<f64>> = (0..loss.hessian(0).ncols())
            .map(|j| mean(&|k| loss.hessian(k).column(j).into_owned()))
            .collect();
        let hessian = DMatrix::from_columns(&columns);
        let pull = mean(&|k| loss.hessian(k) * loss.batch_minimum(k));
        let eigen = hessian.clone().symmetric_eigen();
        let logs = eigen.eigenvalues.map(|l| (-eps * l).ln_1p() / (eps * l));
        let map =
            &eigen.eigenvectors * DMatrix::from_diagonal(&logs) * eigen.eigenvectors.transpose();
        Affine { map, hessian, pull }
    }

    fn at(&self, w: &[f64]) -> DVector<f64> {
        &self.map * (&self.hessian * DVector::from_column_slice(w) - &self.pull)
    }
}

impl RightHandSide<f64> for Affine {
    fn dim(&self) -> usize {
        self.pull.len()
    }

    fn evaluate(&mut self, _t: f64, y: &[f64], dy: &mut [f64]) {
        dy.copy_from_slice(self.at(y).as_slice());
    }
}

proptest! {
    #![proptest_config(config(64, 401))]

    #[test]
    fn the_exact_modified_flow_passes_through_the_iterates(
        raw in quadratics(1..4),
        eps in log_uniform(1e-3, 0.4),
        steps in 1..12_usize,
    ) {
        let p = raw.problem();
        let mut flow = Affine::exact(&raw.quadratic(), p.batches(), eps);
        let mut a = Numeric::new(p.float());
        let mut state = State { w: start(&p), memory: Vec::new(), steps: Steps::default() };
        for _ in 0..steps {
            GradientDescent.step(&mut a, &eps, Batch::Full, &mut state);
        }
        let end = Dop853 { tolerance: 1e-15 }
            .integrate(&mut flow, &start(&p), eps * steps as f64)
            .unwrap();
        let size = 1.0 + state.w.iter().map(|x| x.abs()).fold(0.0, f64::max);
        let gap = distance(&state.w, &end);
        prop_assert!(gap <= 1e-13 * size, "{gap}");
    }

    #[test]
    fn the_gradient_penalty_is_its_second_term_and_leaves_the_third(
        raw in quadratics(1..4),
        eps in log_uniform(1e-3, 1e-2),
    ) {
        // log(1 − x)/x = −1 − x/2 − x²/3 − …
        let p = raw.problem();
        let exact = Affine::exact(&raw.quadratic(), p.batches(), eps);
        let mut a = Numeric::new(p.float());
        let w = start(&p);
        let field = GradientPenalty::default().field(&mut a, &[0.25 * eps], &0.0, &w);
        let g = a.gradient(Batch::Full, &w);
        let bend = a.hessian_vector(Batch::Full, &w, &g);
        let third = a.hessian_vector(Batch::Full, &w, &bend);
        let left: Vec<f64> = exact.at(&w).iter().zip(&field).map(|(a, b)| a - b).collect();
        let known: Vec<f64> = third.iter().map(|x| -eps * eps / 3.0 * x).collect();
        let size = known.iter().map(|x| x * x).sum::<f64>().sqrt();
        prop_assert!(distance(&left, &known) <= 3.0 * eps * size + 1e-14, "{left:?} {known:?}");
    }
}
