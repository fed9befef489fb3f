//! Descent of many clients who hear their neighbours only.

use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// Clients 0, …, m − 1 on a ring, each with a component of the loss and with parameters x_k of its own. All take a step
/// y_k = x_k − ε g_k(x_k), and then move towards their two neighbours: x_k ← y_k + a (y_{k−1} − 2y_k + y_{k+1}).
///
/// What is looked at is the mean w of the x_k; what is remembered are the m differences x_k − w, 0 at the start. Whatever
/// batch it is handed, a step takes all clients.
///
/// Source: Lian et al. 2017, arXiv 1705.09056 (with the gradients of the clients whole).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decentralised {
    clients: u32,
    weight: Ratio,
}

impl Decentralised {
    /// m clients and the weight a of a neighbour.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 3 ≤ m ≤ 64 and 0 < a < ½, so that differences fade.
    pub fn new(clients: u32, weight: Ratio) -> Result<Self, OutOfRange> {
        let value = Ratio::new(i64::from(clients), 1);
        if !(3..=64).contains(&clients) {
            return Err(OutOfRange {
                name: "clients",
                value,
                wanted: "between 3 and 64 clients on a ring",
            });
        }
        if weight <= Ratio::new(0, 1) || weight >= Ratio::new(1, 2) {
            let wanted = "above 0 and below 1/2, so that differences fade";
            return Err(OutOfRange { name: "weight", value: weight, wanted });
        }
        Ok(Decentralised { clients, weight })
    }
}

impl<A: Arithmetic> Optimizer<A> for Decentralised {
    fn step(&self, a: &mut A, eps: &A::Number, _batch: Batch, s: &mut State<A::Vector>) {
        let (one, m) = (a.fraction(1, 1), s.memory.len());
        let share = a.fraction(1, i64::from(self.clients));
        let mut moved = Vec::with_capacity(m);
        let mut mean = a.zero();
        for (k, apart) in s.memory.iter().enumerate() {
            let mut y = a.duplicate(&s.w);
            a.axpy(&one, apart, &mut y);
            let g = a.gradient(Batch::One(k), &y);
            a.axpy(&-eps.clone(), &g, &mut y);
            a.axpy(&share, &y, &mut mean);
            a.recycle(g);
            moved.push(y);
        }
        let (near, own) =
            (a.ratio(self.weight), a.ratio(Ratio::new(1, 1) - self.weight - self.weight));
        for (k, apart) in s.memory.iter_mut().enumerate() {
            let mut x = a.zero();
            a.axpy(&own, &moved[k], &mut x);
            for neighbour in [(k + m - 1) % m, (k + 1) % m] {
                a.axpy(&near, &moved[neighbour], &mut x);
            }
            a.axpy(&-one.clone(), &mean, &mut x);
            a.recycle(std::mem::replace(apart, x));
        }
        a.recycle(std::mem::replace(&mut s.w, mean));
        moved.into_iter().for_each(|used| a.recycle(used));
    }

    fn memory(&self) -> usize {
        self.clients as usize
    }

    /// Differences fade like μⁿ, μ the largest |1 − 2a (1 − cos 2πj/m)|, j from 1 to m/2: at one of the ends.
    fn tempo(&self) -> Tempo {
        let weight = f64::from_ratio(self.weight);
        let kept = |j: u32| {
            let turn = std::f64::consts::TAU * f64::from(j) / f64::from(self.clients);
            (1.0 - 2.0 * weight * (1.0 - turn.cos())).abs()
        };
        let slowest = f64::max(kept(1), kept(self.clients / 2));
        Tempo { speed: 1.0, memory: ((1.0 - slowest).recip().ceil() as usize).max(1) }
    }
}
