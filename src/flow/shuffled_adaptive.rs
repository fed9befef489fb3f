//! The mean modified flow of Adam over reshuffled minibatches, begun anew every epoch.

use super::{Flow, Term};
use crate::arithmetic::maps::{Scaled, Square};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = F₀ + ε F₁, the mean over all orders π of an epoch of m steps. With M_i = Σ_{j≤i} ω_ij g_{π_j} and V_i = Σ_{j≤i} υ_ij g²_{π_j}, the
/// corrected means that step i sees, ω_ij = (1 − β₁)β₁^{i−j}/(1 − β₁^i), υ_ij the same of β₂,
///
/// F₀ = −(1/m) E Σ_i ψ(M_i, V_i),
///
/// F₁ = −(1/m) E Σ_i [∂₁ψ · Σ_j ω_ij H_{π_j} X_j + ∂₂ψ · Σ_j υ_ij 2g_{π_j} ∘ (H_{π_j} X_j)], X_j = −Σ_{i<j} ψ(M_i, V_i) − (m/2) F₀:
///
/// by how far gradient j is taken off the middle of an epoch of the flow. It takes m! orders, so m is at most 5.
#[derive(Clone, Copy, Debug)]
pub struct ShuffledAdaptive {
    /// The fading β₁ of the mean gradient.
    pub beta1: Ratio,
    /// The fading β₂ of the mean squared gradient.
    pub beta2: Ratio,
    /// ψ.
    pub psi: Scaled,
}

/// The most minibatches of which all orders are taken.
const MOST: usize = 5;

/// All orders of 0, …, m − 1; none above [`MOST`].
fn orders(m: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..if m <= MOST { m } else { 0 } {
        let longer = |path: &Vec<usize>| {
            let next = (0..m).filter(|k| !path.contains(k));
            next.map(|k| path.iter().copied().chain([k]).collect()).collect::<Vec<Vec<usize>>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// The weight of a value of the age `age` in the corrected mean of `seen` values that fades by β.
fn weight(beta: Ratio, age: usize, seen: usize) -> Ratio {
    let one = Ratio::new(1, 1);
    let power = |n: usize| (0..n).fold(one, |power, _| power * beta);
    (one - beta) * power(age) / (one - power(seen))
}

/// One step of one order, as ε → 0.
struct Step<V> {
    /// M_i and V_i.
    seen: [V; 2],
    /// ψ(M_i, V_i).
    moved: V,
}

impl ShuffledAdaptive {
    /// Σ_j c_j x_{π_j} over the first `i` + 1 steps, c the weights of a corrected mean.
    fn mean<A: Arithmetic>(&self, a: &mut A, beta: Ratio, of: &[&A::Vector]) -> A::Vector {
        let mut mean = a.zero();
        for (j, &x) in of.iter().enumerate() {
            a.axpy(&a.ratio(weight(beta, of.len() - 1 - j, of.len())), x, &mut mean);
        }
        mean
    }

    fn steps<A: Arithmetic>(
        &self,
        a: &mut A,
        order: &[usize],
        gradients: &[A::Vector],
        squares: &[A::Vector],
    ) -> Vec<Step<A::Vector>> {
        (1..=order.len())
            .map(|seen| {
                let of = |v: &'_ [A::Vector]| -> Vec<A::Vector> {
                    order[..seen].iter().map(|&k| v[k].clone()).collect()
                };
                let (gradients, squares) = (of(gradients), of(squares));
                let first = self.mean(a, self.beta1, &gradients.iter().collect::<Vec<_>>());
                let second = self.mean(a, self.beta2, &squares.iter().collect::<Vec<_>>());
                let moved = a.apply(&self.psi, &[&first, &second]);
                Step { seen: [first, second], moved }
            })
            .collect()
    }
}

impl<A: Arithmetic> Flow<A> for ShuffledAdaptive {
    fn terms(&self) -> Vec<Term> {
        vec![
            Term::new("what the mean gradient sees", 1, 1, 1),
            Term::new("what the mean square sees", 1, 1, 1),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let m = a.batches();
        let gradients: Vec<A::Vector> = (0..m).map(|k| a.gradient(Batch::One(k), w)).collect();
        let squares: Vec<A::Vector> = gradients.iter().map(|g| a.apply(&Square, &[g])).collect();
        let orders = orders(m);
        let share = a.fraction(-1, (m * orders.len()).max(1) as i64);
        let paths: Vec<Vec<Step<A::Vector>>> =
            orders.iter().map(|order| self.steps(a, order, &gradients, &squares)).collect();
        let mut leading = a.zero();
        for step in paths.iter().flatten() {
            a.axpy(&share, &step.moved, &mut leading);
        }
        let mut middle = a.duplicate(&leading);
        a.scale(&a.fraction(-(m as i64), 2), &mut middle);
        let mut field = leading;
        for (order, steps) in orders.iter().zip(&paths) {
            let mut off = middle.clone();
            let (mut turned, mut turned_squares) = (Vec::new(), Vec::new());
            for (&k, Step { seen: [first, second], moved }) in order.iter().zip(steps) {
                let turn = a.hessian_vector(Batch::One(k), w, &off);
                turned_squares.push(a.apply_derivative(&Square, &[&gradients[k]], &[(0, &turn)]));
                turned.push(turn);
                a.axpy(&a.fraction(-1, 1), moved, &mut off);
                for (slot, beta, of) in [(0, self.beta1, &turned), (1, self.beta2, &turned_squares)]
                {
                    let mean = self.mean(a, beta, &of.iter().collect::<Vec<_>>());
                    let bend = a.apply_derivative(&self.psi, &[first, second], &[(slot, &mean)]);
                    a.axpy(&(share.clone() * c[slot].clone()), &bend, &mut field);
                    a.recycle(mean);
                    a.recycle(bend);
                }
            }
        }
        field
    }
}
