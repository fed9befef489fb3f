//! The search for a jump along a segment, by cutting it where series from both ends do not meet.

use std::rc::Rc;

use super::line::{Line, Node};

/// How closely two series must meet, relative to the derivative around them.
const MEET: f64 = 1e-7;
/// The same where only the gradient and its derivative are known.
const MEET_IN_NUMBERS: f64 = 1e-4;
/// Round-off in a derivative, relative to those below it along the segment.
const ROUND_OFF: f64 = 1e-10;
/// Where a piece is cut: not in its middle, where what is symmetric would hide.
const CUT: f64 = 0.47;
/// The shortest piece, and how many times longer the one is that it is compared with.
const SHORTEST: f64 = 1e-10;
const SHORTEST_IN_NUMBERS: f64 = 1e-7;
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
    /// The largest derivative of each order at the first nodes.
    sizes: Vec<f64>,
    meet: f64,
    shortest: f64,
    left: usize,
}

/// By how much each derivative differs between the ends of a piece, and how long the piece is.
type Ancestor = (f64, Vec<f64>);

impl<'a> Search<'a> {
    pub(super) fn new(line: &'a Line) -> Self {
        let numbers = line.in_numbers_only();
        let shortest = if numbers { SHORTEST_IN_NUMBERS } else { SHORTEST };
        Search {
            line,
            sizes: Vec::new(),
            meet: if numbers { MEET_IN_NUMBERS } else { MEET },
            shortest: shortest.max(line.resolution()),
            left: BUDGET,
        }
    }

    /// The first jump on the segment, cut into `pieces` to begin with.
    pub(super) fn first(mut self, pieces: usize) -> Option<Found> {
        let nodes: Vec<Rc<Node>> =
            (0..=pieces).map(|j| Rc::new(self.line.node(j as f64 / pieces as f64))).collect();
        self.sizes = (0..=self.line.derivatives)
            .map(|p| {
                let sizes = nodes.iter().map(|node| node.size(p)).filter(|x| x.is_finite());
                sizes.fold(0.0, f64::max)
            })
            .collect();
        nodes.windows(2).find_map(|ends| {
            let [a, b] = ends else { return None };
            self.between(a, b, &mut Vec::new())
        })
    }

    fn between(&mut self, a: &Rc<Node>, b: &Rc<Node>, above: &mut Vec<Ancestor>) -> Option<Found> {
        for end in [a, b] {
            if let Some(found) = self.not_finite(end) {
                return Some(found);
            }
        }
        if self.meet(a, b) || self.left == 0 {
            return None;
        }
        let gap = b.at - a.at;
        let apart: Vec<f64> = (0..=self.line.derivatives).map(|p| apart(a, b, p).0).collect();
        if gap <= self.shortest {
            return self.jump(a, b, &apart, above);
        }
        self.left -= 1;
        let middle = Rc::new(self.line.node(a.at + CUT * gap));
        above.push((gap, apart));
        let found = match self.between(a, &middle, above) {
            None => self.between(&middle, b, above),
            found => found,
        };
        let _ = above.pop();
        found
    }

    /// Whether the series from both ends agree between them, in every derivative looked at.
    fn meet(&self, a: &Node, b: &Node) -> bool {
        let (gap, terms) = (b.at - a.at, a.finite().min(b.finite()));
        (0..=self.line.derivatives).all(|p| {
            let size = a.size(p).max(b.size(p));
            let below = self.sizes[..=p].iter().copied().fold(0.0, f64::max);
            let off = if self.line.in_numbers_only() && p == 1 {
                // The trapezoid rule, whose error falls faster than the derivatives meet.
                worst(a, |i| {
                    (b.series[0][i] - a.series[0][i]) / gap
                        - 0.5 * (a.series[1][i] + b.series[1][i])
                })
            } else {
                worst(a, |i| {
                    a.derivative(p, i, 0.5 * gap, terms) - b.derivative(p, i, -0.5 * gap, terms)
                })
            };
            off.0 <= self.meet * size + ROUND_OFF * below
        })
    }

    /// On the shortest piece: the lowest derivative that differs between the ends as much as it did on
    /// the longer ones around it.
    fn jump(&self, a: &Node, b: &Node, apart_here: &[f64], above: &[Ancestor]) -> Option<Found> {
        let long = LONGER * (b.at - a.at);
        let shorter = above.iter().rev().take_while(|(gap, _)| *gap <= long);
        if above.iter().all(|(gap, _)| *gap < long) {
            return None;
        }
        // The ends of one longer piece may agree by chance, of all of them they do not.
        let before = shorter.fold(apart_here.to_vec(), |most, (_, apart)| {
            most.iter().zip(apart).map(|(a, b)| a.max(*b)).collect()
        });
        (0..=self.line.derivatives).find_map(|p| {
            let size = a.size(p).max(b.size(p));
            let below = self.sizes[..=p].iter().copied().fold(0.0, f64::max);
            let stays = apart_here[p] >= KEPT * before[p];
            if !(stays && apart_here[p] > self.meet * size + ROUND_OFF * below) {
                return None;
            }
            let (_, component) = apart(a, b, p);
            let jump =
                b.derivative(p, component, 0.0, p + 1) - a.derivative(p, component, 0.0, p + 1);
            Some(Found { at: 0.5 * (a.at + b.at), derivative: p, component, jump })
        })
    }

    fn not_finite(&self, node: &Node) -> Option<Found> {
        let derivative = node.finite();
        let component = node.series.get(derivative)?.iter().position(|x| !x.is_finite())?;
        let seen = derivative <= self.line.derivatives;
        seen.then_some(Found { at: node.at, derivative, component, jump: f64::NAN })
    }
}

/// How much the p-th derivatives at the two ends differ at most, and in which component.
fn apart(a: &Node, b: &Node, p: usize) -> (f64, usize) {
    worst(a, |i| b.derivative(p, i, 0.0, p + 1) - a.derivative(p, i, 0.0, p + 1))
}

fn worst(like: &Node, off: impl Fn(usize) -> f64) -> (f64, usize) {
    (0..like.series[0].len())
        .map(|i| (off(i).abs(), i))
        .fold((0.0, 0), |worst, here| if here.0 > worst.0 { here } else { worst })
}
