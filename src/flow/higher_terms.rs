//! Modified flows with terms beyond ε²: gradient descent's fourth and fifth, and the first of Kutta's
//! classical method.

use super::differentials::{
    D_G_G_G_G, D_HG_G_G, G, H_D_G_G_G, H_T_G_G, H_T_HG_G, HG, HH_T_G_G, HHG, HHHG, HHHHG, T_G_G,
    T_HG_G, T_HG_HG, T_HHG_G, T_TGG_G,
};
use super::{Differential, TreeFlow};

/// A differential with numerator and denominator of its coefficient.
type Row = (Differential, i64, i64);

/// f̃ of gradient descent with two, three and four nodes, beside f.
const DESCENT: [Row; 7] = [
    (G, 1, 1),
    (HG, -1, 2),
    (HHG, 1, 3),
    (T_G_G, 1, 12),
    (HHHG, -1, 4),
    (H_T_G_G, -1, 12),
    (T_HG_G, -1, 12),
];

/// f̃ of gradient descent with five nodes.
const DESCENT_FIFTH: [Row; 9] = [
    (HHHHG, 1, 5),
    (HH_T_G_G, 3, 40),
    (H_T_HG_G, 1, 10),
    (H_D_G_G_G, 1, 180),
    (T_HHG_G, 1, 20),
    (T_TGG_G, 1, 120),
    (T_HG_HG, 1, 60),
    (D_HG_G_G, -1, 120),
    (D_G_G_G_G, -1, 720),
];

/// w′ = −g − (ε/2) Hg − ε² (⅓ HHg + (1/12) T[g, g]) − ε³ (¼ HHHg + (1/12) HT[g, g] + (1/12) T[Hg, g]):
/// the modified flow of gradient descent with four terms.
///
/// Source: Hairer, Lubich & Wanner 2006, Geometric numerical integration, chapter IX.
pub fn four_terms() -> TreeFlow {
    TreeFlow::new(&DESCENT)
}

/// The same with its nine terms in ε⁴, −(1/5) HHHHg and eight others; see the proof document.
pub fn five_terms() -> TreeFlow {
    TreeFlow::new(&[DESCENT.as_slice(), &DESCENT_FIFTH].concat())
}

/// w′ = −g + ε⁴ ((1/120) HHHHg − (1/480) HHT[g, g] + (1/240) HT[Hg, g] + (1/720) HD⁴C[g, g, g] − …): the
/// modified flow of Kutta's classical method with its first correction, nine trees of five nodes; see
/// the proof document.
pub fn rk4_terms() -> TreeFlow {
    TreeFlow::new(&[
        (G, 1, 1),
        (D_G_G_G_G, 1, 2880),
        (D_HG_G_G, 1, 480),
        (T_TGG_G, -1, 480),
        (T_HHG_G, 1, 120),
        (T_HG_HG, 1, 160),
        (H_D_G_G_G, -1, 720),
        (H_T_HG_G, -1, 240),
        (HH_T_G_G, 1, 480),
        (HHHHG, -1, 120),
    ])
}
