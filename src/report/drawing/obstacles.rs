//! What the layers of a panel cover, for labels to stay clear of.

use super::marks::Frame;
use super::rectangle::Rectangle;
use crate::figure::{Layer, Mark};

/// The density at which curves are seen, in pixels.
const STEP: f64 = 3.0;
/// The side of a cell, in pixels.
const CELL: f64 = 3.0;

/// Points counted in cells over the axes, and each layer's own points.
pub(super) struct Obstacles {
    left: f64,
    top: f64,
    columns: usize,
    rows: usize,
    /// Sums over all cells above and to the left, so that a rectangle costs four look-ups.
    sums: Vec<u32>,
    layers: Vec<Vec<[f64; 2]>>,
}

impl Obstacles {
    pub(super) fn new(layers: &[Layer], frame: &Frame) -> Self {
        let cells = |from: f64, to: f64| ((to - from) / CELL).ceil().max(1.0) as usize;
        let (columns, rows) = (cells(frame.left, frame.right), cells(frame.top, frame.bottom));
        let layers: Vec<Vec<[f64; 2]>> =
            layers.iter().map(|layer| obstacle(layer, frame)).collect();
        let mut obstacles = Obstacles {
            left: frame.left,
            top: frame.top,
            columns,
            rows,
            sums: vec![0; (columns + 1) * (rows + 1)],
            layers,
        };
        obstacles.count();
        obstacles
    }

    fn count(&mut self) {
        let width = self.columns + 1;
        for &[x, y] in self.layers.iter().flatten() {
            let (column, row) = (self.column(x), self.row(y));
            if column < self.columns && row < self.rows {
                self.sums[(row + 1) * width + column + 1] += 1;
            }
        }
        for row in 1..=self.rows {
            for column in 1..=self.columns {
                let at = row * width + column;
                self.sums[at] += self.sums[at - 1] + self.sums[at - width];
                self.sums[at] -= self.sums[at - width - 1];
            }
        }
    }

    fn column(&self, x: f64) -> usize {
        ((x - self.left) / CELL).max(0.0) as usize
    }

    fn row(&self, y: f64) -> usize {
        ((y - self.top) / CELL).max(0.0) as usize
    }

    /// About how many points lie in this area.
    pub(super) fn under(&self, area: &Rectangle) -> u32 {
        let width = self.columns + 1;
        let (first, last) =
            (self.column(area.left), (self.column(area.right) + 1).min(self.columns));
        let (upper, lower) = (self.row(area.top), (self.row(area.bottom) + 1).min(self.rows));
        if first >= last || upper >= lower {
            return 0;
        }
        let sum = |row: usize, column: usize| self.sums[row * width + column];
        sum(lower, last) + sum(upper, first) - sum(upper, last) - sum(lower, first)
    }

    /// About how many points lie under these.
    pub(super) fn along(&self, line: &[[f64; 2]]) -> u32 {
        let dot = |[x, y]: [f64; 2]| Rectangle { left: x, right: x, top: y, bottom: y };
        line.iter().map(|&point| self.under(&dot(point))).sum()
    }

    /// Whether another layer is nearer to this area than the layer `own`.
    pub(super) fn confuses(&self, area: &Rectangle, own: usize) -> bool {
        let near = |points: &[[f64; 2]]| {
            points.iter().map(|&point| area.distance(point)).fold(f64::INFINITY, f64::min)
        };
        let mine = near(&self.layers[own]);
        (self.layers.iter().enumerate()).any(|(at, points)| at != own && near(points) < mine)
    }
}

/// What of a layer a label should not hide.
fn obstacle(layer: &Layer, frame: &Frame) -> Vec<[f64; 2]> {
    let (half, [across, up]) = match &layer.mark {
        Mark::Bars(half) => (half, [0.0, 1.0]),
        Mark::HorizontalBars(half) => (half, [1.0, 0.0]),
        _ => return dense(layer, &frame.pixels(layer)),
    };
    let bar = |(&[x, y], half): (&[f64; 2], &f64)| {
        let end = |half: f64| frame.pixel([x + half * across, y + half * up]);
        [end(-half), end(*half)].into_iter().flatten().collect::<Vec<[f64; 2]>>()
    };
    let bars = layer.points.iter().zip(half).map(bar);
    bars.flat_map(|ends| joined(&ends)).collect()
}

/// The points of a layer, with more of them along its lines.
pub(super) fn dense(layer: &Layer, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    match layer.mark {
        Mark::Line | Mark::Dashes => joined(points),
        _ => points.to_vec(),
    }
}

fn joined(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
        let pieces = ((x1 - x0).hypot(y1 - y0) / STEP).ceil().clamp(1.0, 1000.0) as usize;
        all.extend((1..=pieces).map(|k| {
            let s = k as f64 / pieces as f64;
            [x0 + s * (x1 - x0), y0 + s * (y1 - y0)]
        }));
    }
    all
}
