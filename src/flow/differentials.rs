//! The elementary differentials with up to five nodes, by the derivatives they are of.
//!
//! Named as in g, H, T, D⁴C, D⁵C, with the sign (−1)^nodes that comes from f = −g understood:
//! [`T_HG_G`] is `T[Hg, g]`.

use super::Differential;

/// One node: f, that is −g.
pub const G: Differential = Differential(&[]);

/// H g.
pub const HG: Differential = Differential(&[G]);

/// H H g, with a minus sign.
pub const HHG: Differential = Differential(&[HG]);
/// `T[g, g]`, with a minus sign.
pub const T_G_G: Differential = Differential(&[G, G]);

/// H H H g.
pub const HHHG: Differential = Differential(&[HHG]);
/// `H T[g, g]`.
pub const H_T_G_G: Differential = Differential(&[T_G_G]);
/// `T[Hg, g]`.
pub const T_HG_G: Differential = Differential(&[HG, G]);

/// H H H H g, with a minus sign, as all with five nodes.
pub const HHHHG: Differential = Differential(&[HHHG]);
/// `H H T[g, g]`.
pub const HH_T_G_G: Differential = Differential(&[H_T_G_G]);
/// `H T[Hg, g]`.
pub const H_T_HG_G: Differential = Differential(&[T_HG_G]);
/// `H D⁴C[g, g, g]`.
pub const H_D_G_G_G: Differential = Differential(&[Differential(&[G, G, G])]);
/// `T[HHg, g]`.
pub const T_HHG_G: Differential = Differential(&[HHG, G]);
/// `T[T[g, g], g]`.
pub const T_TGG_G: Differential = Differential(&[T_G_G, G]);
/// `T[Hg, Hg]`.
pub const T_HG_HG: Differential = Differential(&[HG, HG]);
/// `D⁴C[Hg, g, g]`.
pub const D_HG_G_G: Differential = Differential(&[HG, G, G]);
/// `D⁵C[g, g, g, g]`.
pub const D_G_G_G_G: Differential = Differential(&[G, G, G, G]);
