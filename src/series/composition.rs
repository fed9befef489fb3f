//! Composition of B-series, the exponential of a field and the logarithm of a map.

use std::collections::HashMap;

use num_traits::{One, Zero};

use super::{Forest, Rational, TreeId};

/// The ring that coefficients live in: rationals, or polynomials in ε over them.
pub trait Ring: Clone + Zero + One {
    /// `self` + `a` · `b` in the place of `self`.
    fn add_product(&mut self, a: &Self, b: &Self);
    /// `self` times a rational.
    fn scaled(&self, by: &Rational) -> Self;
}

impl Ring for Rational {
    fn add_product(&mut self, a: &Self, b: &Self) {
        if a.is_one() {
            *self += b;
        } else if b.is_one() {
            *self += a;
        } else {
            *self += a * b;
        }
    }
    fn scaled(&self, by: &Rational) -> Self {
        self * by
    }
}

/// One way to cut a tree: the part that keeps the root, and the trees cut off.
#[derive(Clone, Debug)]
struct Cut {
    kept: TreeId,
    off: Vec<TreeId>,
    times: u64,
}

/// The cuts of every tree of a forest: all subtrees that contain the root, with what they leave.
///
/// With series normalised by 1/σ, the field B(b) at the point B(c) has the coefficient
/// Σ_cuts b(kept) Π c(off) at τ.
#[derive(Clone, Debug)]
pub struct Composer {
    cuts: Vec<Vec<Cut>>,
}

impl Composer {
    /// The cuts of all trees of `forest`.
    pub fn new(forest: &Forest) -> Self {
        let mut cuts: Vec<Vec<Cut>> = Vec::with_capacity(forest.len());
        for id in forest.ids() {
            let tree = forest.tree(id);
            // Each child is cut off whole, or kept with one of its own cuts.
            let mut partial: HashMap<(Vec<TreeId>, Vec<TreeId>), u64> = HashMap::new();
            let _ = partial.insert((Vec::new(), Vec::new()), 1);
            for &child in &tree.children {
                let mut next: HashMap<(Vec<TreeId>, Vec<TreeId>), u64> = HashMap::new();
                for ((kept, off), times) in &partial {
                    let mut whole = off.clone();
                    whole.push(child);
                    whole.sort_unstable();
                    *next.entry((kept.clone(), whole)).or_insert(0) += times;
                    for cut in &cuts[child.index()] {
                        let mut kept = kept.clone();
                        kept.push(cut.kept);
                        kept.sort_unstable();
                        let mut off = off.clone();
                        off.extend(&cut.off);
                        off.sort_unstable();
                        *next.entry((kept, off)).or_insert(0) += times * cut.times;
                    }
                }
                partial = next;
            }
            let mut of_tree: Vec<Cut> = (partial.into_iter())
                .filter_map(|((kept, off), times)| {
                    let kept = forest.find(tree.colour, kept)?;
                    Some(Cut { kept, off, times })
                })
                .collect();
            of_tree.sort_by(|a, b| (a.kept, &a.off).cmp(&(b.kept, &b.off)));
            cuts.push(of_tree);
        }
        Composer { cuts }
    }

    /// The field `b` at the point `c`: one coefficient a tree, c(∅) = 1 and b(∅) = 0 understood.
    pub fn compose<R: Ring>(&self, b: &[R], c: &[R]) -> Vec<R> {
        (self.cuts.iter())
            .map(|cuts| {
                let mut sum = R::zero();
                for cut in cuts.iter().filter(|cut| !b[cut.kept.index()].is_zero()) {
                    let mut product = b[cut.kept.index()].scaled(&integer(cut.times));
                    for off in &cut.off {
                        product = times(&product, &c[off.index()]);
                    }
                    sum.add_product(&product, &R::one());
                }
                sum
            })
            .collect()
    }

    /// The point after unit time of the flow of the field `b`.
    pub fn exponential<R: Ring>(&self, b: &[R]) -> Vec<R> {
        let mut paths: Vec<Vec<R>> = Vec::with_capacity(b.len());
        for (tree, own) in b.iter().enumerate() {
            let mut path = self.others(tree, b, &paths);
            // The tree's own coefficient enters as b(τ) t.
            path[1].add_product(own, &R::one());
            paths.push(path);
        }
        paths.iter().map(|path| at_one(path)).collect()
    }

    /// The field whose flow reaches the point `a` after unit time: b with exp(b) = a, tree by tree.
    pub fn logarithm<R: Ring>(&self, a: &[R]) -> Vec<R> {
        let minus_one = -Rational::one();
        let mut b: Vec<R> = Vec::with_capacity(a.len());
        let mut paths: Vec<Vec<R>> = Vec::with_capacity(a.len());
        for (tree, goal) in a.iter().enumerate() {
            b.push(R::zero());
            let mut path = self.others(tree, &b, &paths);
            let mut own = goal.clone();
            own.add_product(&at_one(&path).scaled(&minus_one), &R::one());
            path[1].add_product(&own, &R::one());
            b[tree] = own;
            paths.push(path);
        }
        b
    }

    /// c_t(τ) as a polynomial in t, without the contribution of b(τ) itself:
    /// ∫ Σ_{cuts ≠ whole} b(kept) Π c_t(off) dt.
    fn others<R: Ring>(&self, tree: usize, b: &[R], paths: &[Vec<R>]) -> Vec<R> {
        let mut rate: Vec<R> = vec![R::zero()];
        let mut cuts = self.cuts[tree].iter().filter(|cut| !cut.off.is_empty()).peekable();
        while let Some(cut) = cuts.next() {
            // Cuts are sorted by what is kept: b(kept) is multiplied once.
            let kept = cut.kept;
            if b[kept.index()].is_zero() {
                continue;
            }
            let mut sum: Vec<R> = vec![R::zero()];
            let mut current = Some(cut);
            while let Some(cut) = current {
                let mut product = vec![R::one().scaled(&integer(cut.times))];
                for off in &cut.off {
                    product = convolve(&product, &paths[off.index()]);
                }
                add(&mut sum, &product, &R::one());
                current = cuts.next_if(|next| next.kept == kept);
            }
            add(&mut rate, &sum, &b[kept.index()]);
        }
        let mut path = vec![R::zero(), R::zero()];
        path.truncate(1);
        for (power, c) in rate.iter().enumerate() {
            path.push(c.scaled(&Rational::new(1.into(), (power as u64 + 1).into())));
        }
        path
    }
}

fn integer(n: u64) -> Rational {
    Rational::from_integer(n.into())
}

fn times<R: Ring>(a: &R, b: &R) -> R {
    let mut product = R::zero();
    product.add_product(a, b);
    product
}

fn at_one<R: Ring>(path: &[R]) -> R {
    let mut sum = R::zero();
    path.iter().for_each(|c| sum.add_product(c, &R::one()));
    sum
}

fn add<R: Ring>(sum: &mut Vec<R>, p: &[R], factor: &R) {
    if sum.len() < p.len() {
        sum.resize_with(p.len(), R::zero);
    }
    for (sum, c) in sum.iter_mut().zip(p).filter(|(_, c)| !c.is_zero()) {
        sum.add_product(factor, c);
    }
}

fn convolve<R: Ring>(a: &[R], b: &[R]) -> Vec<R> {
    let mut product = vec![R::zero(); a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| !x.is_zero()) {
        for (j, y) in b.iter().enumerate().filter(|(_, y)| !y.is_zero()) {
            product[i + j].add_product(x, y);
        }
    }
    product
}
