//! The search for a jump along a segment, by cutting it where series from both ends do not meet.

use std::rc::Rc;

use super::line::{Coefficients, Line, Node};

/// How closely two series must meet, relative to the derivative around them.
const MEET: f64 = 1e-7;
/// The same for a derivative of which nothing more is known, and the round-off in the rise of a gradient.
const MEET_IN_NUMBERS: f64 = 1e-4;
const RISE: f64 = 1e-15;
/// Round-off in a derivative, relative to those below it along the segment.
const ROUND_OFF: f64 = 1e-10;
/// Where a piece is cut: not in its middle, where what is symmetric would hide.
const CUT: f64 = 0.47;
/// The shortest piece, and how many times longer those are that it is compared with.
const SHORTEST: f64 = 1e-10;
const LONGER: f64 = 1e3;
/// The share of the mismatch that a jump keeps over that distance; a smooth function keeps a thousandth.
const KEPT: f64 = 0.5;
/// The most pieces that are cut.
const BUDGET: usize = 4_000;

/// A jump on a segment.
pub(super) struct Found {
    pub(super) at: f64,
    pub(super) derivative: usize,
    pub(super) component: usize,
    pub(super) jump: f64,
}

pub(super) struct Search<'a> {
    line: &'a Line,
    /// The largest derivative of each order at the nodes so far.
    sizes: Vec<f64>,
    shortest: f64,
    /// The highest derivative that is looked at.
    most: usize,
}

/// A part of the segment, with the longer ones it was cut from.
struct Piece {
    ends: [Rc<Node>; 2],
    above: Vec<Ancestor>,
}

/// What a piece looks like: smooth, with a jump, or too long to tell.
enum Seen {
    Smooth,
    Jump(Found),
    Unclear(Vec<f64>),
}

/// How long a piece was, and by how much each derivative differed between its ends.
type Ancestor = (f64, Vec<f64>);

impl<'a> Search<'a> {
    pub(super) fn new(line: &'a Line) -> Self {
        let (shortest, sizes) = (SHORTEST.max(line.resolution()), vec![0.0; line.derivatives + 1]);
        Search { line, sizes, shortest, most: 0 }
    }

    /// The first jump on the segment, cut into `pieces` to begin with.
    pub(super) fn first(mut self, pieces: usize) -> Option<Found> {
        let nodes: Vec<Rc<Node>> =
            (0..=pieces).map(|j| self.node(j as f64 / pieces as f64)).collect();
        // The gradient first: where it jumps, its derivatives are worth nothing.
        (0..=self.line.derivatives).find_map(|most| {
            self.most = most;
            let whole = nodes.windows(2).filter_map(|ends| match ends {
                [a, b] => Some(Piece { ends: [Rc::clone(a), Rc::clone(b)], above: Vec::new() }),
                _ => None,
            });
            self.among(whole.collect())
        })
    }

    /// Cuts pieces until their ends meet, all of one depth before those of the next: by then it is known how
    /// large derivatives are, and with them their round-off.
    fn among(&mut self, mut pieces: Vec<Piece>) -> Option<Found> {
        let (mut found, mut left) = (Vec::new(), BUDGET);
        while !pieces.is_empty() {
            let mut parts = Vec::new();
            for piece in pieces {
                match self.look(&piece) {
                    Seen::Smooth => {}
                    Seen::Jump(jump) => found.push(jump),
                    Seen::Unclear(apart) if left > 0 => {
                        left -= 1;
                        parts.extend(self.cut(piece, apart));
                    }
                    Seen::Unclear(_) => {}
                }
            }
            pieces = parts;
        }
        let first =
            |a: &Found, b: &Found| a.derivative.cmp(&b.derivative).then(a.at.total_cmp(&b.at));
        found.into_iter().min_by(first)
    }

    fn node(&mut self, at: f64) -> Rc<Node> {
        let node = self.line.node(at);
        for (p, size) in self.sizes.iter_mut().enumerate() {
            let here = node.rounded.size(p);
            if here.is_finite() {
                *size = size.max(here);
            }
        }
        Rc::new(node)
    }

    fn cut(&mut self, piece: Piece, apart: Vec<f64>) -> [Piece; 2] {
        let Piece { ends: [a, b], mut above } = piece;
        let gap = b.at - a.at;
        above.push((gap, apart));
        let middle = self.node(a.at + CUT * gap);
        let before = Piece { ends: [a, Rc::clone(&middle)], above: above.clone() };
        [before, Piece { ends: [middle, b], above }]
    }

    fn look(&self, piece: &Piece) -> Seen {
        let [a, b] = &piece.ends;
        if let Some(found) = self.not_finite(a).or_else(|| self.not_finite(b)) {
            return Seen::Jump(found);
        }
        let gap = b.at - a.at;
        if self.meet(gap, &a.rounded, &b.rounded) {
            return Seen::Smooth;
        }
        // Round-off in a derivative that is almost 0 is no jump.
        let exact = self.line.exact(a).zip(self.line.exact(b));
        if exact.is_some_and(|(a, b)| self.meet(gap, a, b)) {
            return Seen::Smooth;
        }
        let (here, there) = exact.unwrap_or((&a.rounded, &b.rounded));
        let apart: Vec<f64> = (0..=self.most).map(|p| apart(here, there, p).0).collect();
        if gap > self.shortest {
            return Seen::Unclear(apart);
        }
        let at = 0.5 * (a.at + b.at);
        self.jump(at, gap, [here, there], &apart, &piece.above).map_or(Seen::Smooth, Seen::Jump)
    }

    /// Whether the series from both ends agree between them, in every derivative looked at.
    fn meet(&self, gap: f64, a: &Coefficients, b: &Coefficients) -> bool {
        let terms = a.finite().min(b.finite());
        (0..=self.most).all(|p| {
            if self.line.in_numbers_only() && p == 1 {
                // The trapezoid rule: its error falls faster than the ends of a derivative meet.
                let off = worst(a, |i| {
                    let rise = b.derivative(0, i, 0.0, 1) - a.derivative(0, i, 0.0, 1);
                    rise / gap - 0.5 * (a.derivative(1, i, 0.0, 2) + b.derivative(1, i, 0.0, 2))
                });
                let rounding = RISE * self.sizes[0] / gap;
                return off.0 <= MEET_IN_NUMBERS * a.size(1).max(b.size(1)) + rounding;
            }
            let off = worst(a, |i| {
                a.derivative(p, i, 0.5 * gap, terms) - b.derivative(p, i, -0.5 * gap, terms)
            });
            off.0 <= self.tolerance(a.size(p).max(b.size(p)), p)
        })
    }

    /// How much p-th derivatives may differ, where they are of this size.
    fn tolerance(&self, size: f64, p: usize) -> f64 {
        let below = self.sizes[..=p].iter().copied().fold(0.0, f64::max);
        MEET * size + ROUND_OFF * below
    }

    /// On the shortest piece: the lowest derivative that differs between the ends as much as it did on
    /// the longer ones around it.
    fn jump(
        &self,
        at: f64,
        gap: f64,
        [a, b]: [&Coefficients; 2],
        apart_here: &[f64],
        above: &[Ancestor],
    ) -> Option<Found> {
        let long = LONGER * gap;
        if above.iter().all(|(gap, _)| *gap < long) {
            return None;
        }
        // The ends of one longer piece may agree by chance, those of all of them do not.
        let longer = above.iter().rev().take_while(|(gap, _)| *gap <= long);
        let before = longer.fold(apart_here.to_vec(), |most, (_, apart)| {
            most.iter().zip(apart).map(|(a, b)| a.max(*b)).collect()
        });
        let size = |p: usize| a.size(p).max(b.size(p));
        let derivative = (0..=self.most).find(|&p| {
            apart_here[p] >= KEPT * before[p] && apart_here[p] > self.tolerance(size(p), p)
        })?;
        let (_, component) = apart(a, b, derivative);
        let of = |end: &Coefficients| end.derivative(derivative, component, 0.0, derivative + 1);
        Some(Found { at, derivative, component, jump: of(b) - of(a) })
    }

    fn not_finite(&self, node: &Node) -> Option<Found> {
        let derivative = node.rounded.finite();
        let component = node.rounded.not_finite(derivative)?;
        let seen = derivative <= self.most;
        seen.then_some(Found { at: node.at, derivative, component, jump: f64::NAN })
    }
}

/// How much the p-th derivatives at the two ends differ at most, and in which component.
fn apart(a: &Coefficients, b: &Coefficients, p: usize) -> (f64, usize) {
    worst(a, |i| b.derivative(p, i, 0.0, p + 1) - a.derivative(p, i, 0.0, p + 1))
}

fn worst(like: &Coefficients, off: impl Fn(usize) -> f64) -> (f64, usize) {
    (0..like.dim())
        .map(|i| (off(i).abs(), i))
        .fold((0.0, 0), |worst, here| if here.0 > worst.0 { here } else { worst })
}
