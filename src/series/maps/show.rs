//! Elementary differentials as text.

use num_traits::{One, Signed};

use super::arena::{Arena, Base, Function, Node, NodeId, POINT};
use super::coefficient::Coefficient;
use crate::arithmetic::maps::Ones;
use crate::flow::superscript;
use crate::series::Rational;

/// An elementary differential times a power of the time, as text.
pub(super) fn timed(power: i8, shown: &str) -> String {
    match power {
        0 => shown.to_owned(),
        1 => format!("t {shown}"),
        power => format!("t^{power} {shown}"),
    }
}

impl Arena {
    /// The differential in g, H, T, D⁴C, … and the names of maps.
    ///
    /// | text | meaning |
    /// |---|---|
    /// | `g`, `H x`, `T[x, y]` | derivatives of the loss at w; `g_a` of minibatch a; `g(x)` at x |
    /// | `φ(x, y)` | the map φ at x and y |
    /// | `∂φ(x)[u]`, `∂²φ(x)[u, v]` | its derivatives in directions |
    /// | `∂₂φ(x, y)[u]`, `∂₁₂φ(x, y)[u, v]` | the same in the slots listed |
    /// | `φ⟨x, y⟩` | D²φ(0)[x, y] of a quadratic map: twice the product for a square |
    /// | `φ` | a constant map; `1` and its multiples, `t`, are written as numbers |
    pub(super) fn show(&self, id: NodeId) -> String {
        if id == POINT {
            return "w".to_owned();
        }
        let node = self.get(id);
        match self.function(node.function) {
            Function::Point => "w".to_owned(),
            Function::Probe(at) => format!("probe {at}"),
            Function::Gradient(k) => self.show_gradient(node, *k),
            Function::Map(symbol) => self.show_map(node, &symbol.map.name(), &symbol.degrees),
        }
    }

    /// The number of symbols in it, bases not counted.
    pub(super) fn size(&self, id: NodeId) -> usize {
        1 + self.get(id).children.iter().map(|(_, child)| self.size(*child)).sum::<usize>()
    }

    /// Children, the larger ones first: in an order that does not depend on what was met first.
    fn show_all(&self, children: impl Iterator<Item = NodeId>) -> Vec<String> {
        let mut shown: Vec<(usize, String)> =
            children.map(|child| (self.size(child), self.show(child))).collect();
        shown.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        shown.into_iter().map(|(_, text)| text).collect()
    }

    fn show_gradient(&self, node: &Node, k: usize) -> String {
        // With one minibatch it is the whole loss.
        let several = self.batches > 1;
        let batch = match (several, u8::try_from(k)) {
            (false, _) => String::new(),
            (true, Ok(c)) if c < 26 => format!("_{}", char::from(b'a' + c)),
            _ => format!("_{}", k + 1),
        };
        let base = self.base_at(node.bases[0]);
        let at_point = matches!(base.as_slice(), [(POINT, c)] if c.is_one());
        let at = if at_point { String::new() } else { format!("({})", self.show_base(base)) };
        let inner = self.show_all(node.children.iter().map(|(_, child)| *child));
        match inner.as_slice() {
            [] => format!("g{batch}{at}"),
            [one] => format!("H{batch}{at} {one}"),
            [_, _] => format!("T{batch}{at}[{}]", inner.join(", ")),
            more => format!("D{}C{batch}{at}[{}]", superscript(more.len() + 1), inner.join(", ")),
        }
    }

    fn show_map(&self, node: &Node, name: &str, degrees: &[Option<usize>]) -> String {
        let in_slot = |slot: usize| -> Vec<String> {
            let own = node.children.iter().filter(|(of, _)| usize::from(*of) == slot);
            self.show_all(own.map(|(_, child)| *child))
        };
        // A constant says nothing of where it is taken.
        if degrees.iter().all(|degree| *degree == Some(0)) {
            return name.to_owned();
        }
        if let [Some(degree)] = degrees
            && *degree > 1
        {
            return format!("{name}⟨{}⟩", in_slot(0).join(", "));
        }
        let mut taken_at = Vec::new();
        let (mut slots, mut directions) = (Vec::new(), Vec::new());
        for (slot, degree) in degrees.iter().enumerate() {
            let own = in_slot(slot);
            match degree {
                Some(1) => taken_at.push(own.concat()),
                Some(_) => taken_at.push(format!("⟨{}⟩", own.join(", "))),
                None => {
                    taken_at.push(self.show_base(self.base_at(node.bases[slot])));
                    slots.extend(std::iter::repeat_n(slot, own.len()));
                    directions.extend(own);
                }
            }
        }
        let at = taken_at.join(", ");
        let order = match (degrees.len(), slots.len()) {
            (_, 0) => return format!("{name}({at})"),
            (1, 1) => String::new(),
            (1, n) => superscript(n),
            _ => slots.iter().map(|slot| subscript(slot + 1)).collect(),
        };
        format!("∂{order}{name}({at})[{}]", directions.join(", "))
    }

    /// A sum as text; a quadratic map of equal things as the map of one.
    pub(super) fn show_base(&self, base: &Base) -> String {
        let mut parts: Vec<(bool, usize, String)> = (base.iter())
            .map(|(node, c)| (*node != POINT, self.size(*node), self.show_part(*node, c)))
            .collect();
        // w first.
        parts.sort();
        let parts: Vec<String> = parts.into_iter().map(|(.., text)| text).collect();
        let sum = parts.join(" + ").replace("+ -", "- ");
        if sum.is_empty() { "0".to_owned() } else { sum }
    }

    fn show_part(&self, id: NodeId, c: &Coefficient) -> String {
        let (mut shown, mut c) = (self.show(id), c.clone());
        let node = self.get(id);
        if let Function::Map(symbol) = self.function(node.function)
            && let [Some(degree)] = symbol.degrees.as_slice()
            && let [first, rest @ ..] = &*node.children
            && *degree > 1
            && rest.iter().all(|child| child == first)
        {
            let ways: u64 = (1..=*degree as u64).product();
            c = c * Coefficient::rational(Rational::from_integer(ways.into()));
            shown = format!("{}({})", symbol.map.name(), self.show(first.1));
        }
        if let Function::Map(symbol) = self.function(node.function)
            && symbol.map.is(&Ones)
        {
            return c.to_string();
        }
        match c.constant() {
            Some(c) if c.is_one() => shown,
            Some(c) if (-c.clone()).is_one() => format!("-{shown}"),
            Some(c) if c.is_negative() => format!("-{} {shown}", -c),
            _ => format!("{c} {shown}"),
        }
    }
}

fn subscript(n: usize) -> String {
    let digit = |c: char| char::from_u32(0x2080 + c as u32 - '0' as u32).unwrap_or(c);
    n.to_string().chars().map(digit).collect()
}
