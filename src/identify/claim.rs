//! The modified flow of a black box, as it was measured: coefficients with bars, and a claim that can be pasted.

use std::fmt;

use super::fraction::simplest;
use crate::flow::{Differential, TreeFlow};
use crate::scalar::Ratio;

const F: Differential = Differential(&[]);
const BEND: Differential = Differential(&[F]);

/// The elementary differentials up to three nodes: what they are called, as code, in g, H and T, their powers of ε.
pub(super) const BASIS: [(Differential, &str, &str, usize, f64); 4] = [
    (F, "Differential(&[])", "g", 0, -1.0),
    (BEND, "Differential(&[Differential(&[])])", "H g", 1, 1.0),
    (Differential(&[BEND]), "Differential(&[Differential(&[Differential(&[])])])", "H² g", 2, -1.0),
    (
        Differential(&[F, F]),
        "Differential(&[Differential(&[]), Differential(&[])])",
        "T[g, g]",
        2,
        -1.0,
    ),
];

/// A coefficient of a modified flow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// The elementary differential of f = −g that it multiplies.
    pub tree: Differential,
    /// Its power of ε.
    pub power: usize,
    /// The coefficient of ε^power F(τ).
    pub value: f64,
    /// Its bar.
    pub bar: f64,
    /// The simplest fraction within the bar.
    pub exact: Option<Ratio>,
}

/// The modified flow w′ = Σ c(τ) ε^(|τ|−1) F(τ) of a black box, up to trees of three nodes as far as they were resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// The coefficients, by order.
    pub rows: Vec<Coefficient>,
    /// What the fit leaves of the field, relative to it.
    pub rest: f64,
}

impl Coefficients {
    /// Those of the basis, in its order, with bars.
    pub(super) fn of(values: &[(f64, f64)], rest: f64) -> Self {
        let rows = BASIS.iter().zip(values).map(|(basis, &(value, bar))| {
            let exact = simplest(value - bar, value + bar);
            Coefficient { tree: basis.0, power: basis.3, value, bar, exact }
        });
        Coefficients { rows: rows.collect(), rest }
    }

    /// The rows whose orders are fractions throughout: all below the first that is not.
    fn exact(&self) -> Vec<(Coefficient, Ratio)> {
        let open = self.rows.iter().filter(|row| row.exact.is_none()).map(|row| row.power).min();
        let below = |row: &&Coefficient| open.is_none_or(|open| row.power < open);
        self.rows.iter().filter(below).filter_map(|row| Some((*row, row.exact?))).collect()
    }

    /// The number of orders that are fractions throughout: the order of the error of one step is one more.
    pub fn orders(&self) -> usize {
        self.exact().iter().map(|(row, _)| row.power + 1).max().unwrap_or(0)
    }

    /// The flow with these fractions, up to the order to which all are some.
    pub fn flow(&self) -> TreeFlow {
        let rows: Vec<(Differential, i64, i64)> = (self.exact().iter())
            .filter(|(_, ratio)| !ratio.is_zero())
            .filter_map(|(row, ratio)| {
                let (n, d) = (i64::try_from(ratio.numer()), i64::try_from(ratio.denom()));
                Some((row.tree, n.ok()?, d.ok()?))
            })
            .collect();
        TreeFlow::new(&rows)
    }

    /// The same as code.
    pub fn code(&self) -> String {
        let rows: Vec<String> = (self.exact().iter())
            .filter(|(_, ratio)| !ratio.is_zero())
            .filter_map(|(row, ratio)| {
                let (_, code, ..) = BASIS.iter().find(|(tree, ..)| *tree == row.tree)?;
                Some(format!("    ({code}, {}, {}),", ratio.numer(), ratio.denom()))
            })
            .collect();
        format!("TreeFlow::new(&[\n{}\n])", rows.join("\n"))
    }
}

impl fmt::Display for Coefficients {
    /// The field in g, H and T, line by line, and the claim as code.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("In t = nε its iterates follow w′ = Σ c, with")?;
        for (row, (_, _, name, power, sign)) in self.rows.iter().zip(&BASIS) {
            let step = ["", "ε ", "ε² "].get(*power).copied().unwrap_or_default();
            let (value, bar) = (sign * row.value, row.bar);
            write!(f, "\n  {step}{name}: {value:+.9} ± {bar:.0e}")?;
            if let Some(exact) = row.exact {
                let exact = if *sign < 0.0 { -exact } else { exact };
                write!(f, ", {exact}")?;
            }
        }
        if self.orders() == 0 {
            return f.write_str("\nNone of them is a simple fraction within its bar.");
        }
        let (local, global) = (self.orders() + 1, self.orders());
        write!(
            f,
            "\nAs a claim, with an error of order {local} in one step and {global} at a fixed time:\n"
        )?;
        f.write_str(&self.code())
    }
}
