//! The parts of figures, in fewer words.

use crate::figure::{Axis, Layer, Mark, Panel, Role, Scale};

/// An axis with equal differences.
pub(super) fn linear(label: &str) -> Axis {
    Axis { label: label.to_owned(), scale: Scale::Linear }
}

/// An axis with equal ratios.
pub(super) fn logarithmic(label: &str) -> Axis {
    Axis { label: label.to_owned(), scale: Scale::Logarithmic }
}

/// A panel without layers.
pub(super) fn panel(title: &str, x: Axis, y: Axis, layers: Vec<Layer>) -> Panel {
    Panel { title: title.to_owned(), x, y, equal_units: false, layers }
}

/// A panel of the plane of parameters: equal units on both axes.
pub(super) fn plane(title: &str, x: &str, y: &str, layers: Vec<Layer>) -> Panel {
    Panel { equal_units: true, ..panel(title, linear(x), linear(y), layers) }
}

/// A named layer.
pub(super) fn layer(label: &str, role: Role, mark: Mark, points: Vec<[f64; 2]>) -> Layer {
    Layer { label: Some(label.to_owned()), role, mark, points }
}

/// A layer that needs no name.
pub(super) fn unnamed(role: Role, mark: Mark, points: Vec<[f64; 2]>) -> Layer {
    Layer { label: None, role, mark, points }
}

/// A curve whose name stands where it ends, for curves that only part there.
pub(super) fn named_at_end(
    label: &str,
    role: Role,
    mark: Mark,
    points: Vec<[f64; 2]>,
) -> [Layer; 2] {
    let end = points.last().copied().into_iter().collect();
    // A line of one point draws nothing: it only carries the name.
    [unnamed(role, mark.clone(), points), layer(label, role, mark, end)]
}
