//! Where labels go: beside what they name, over nothing else.
//!
//! Each label takes the cheapest of many places along its layer; it may never touch another label
//! or leave the axes, and pays for what it covers and for the distance to its layer. A name without
//! a place is left to the legend, and a number may stand at its layer instead.

use super::marks::Frame;
use super::obstacles::{Obstacles, dense};
use super::rectangle::Rectangle;
use super::text;
use crate::figure::{Layer, Mark};

/// The size of labels.
pub(super) const SIZE: f64 = 12.5;
/// The height of a line of labels.
pub(super) const HEIGHT: f64 = 15.0;

/// The distance of a label from its point.
const AWAY: f64 = 6.0;
/// Places tried along a layer.
const PLACES: usize = 25;
/// What it costs to hide one point of a curve.
const HIDDEN: f64 = 4.0;
/// What it costs to lead a line over one point of a curve.
const CROSSED: f64 = 1.5;
/// What it costs to stand nearer to another layer.
const CONFUSING: f64 = 8.0;
/// A place that costs more than this is none.
const MOST: f64 = 40.0;

/// What is to stand beside a layer.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) layer: usize,
    pub(super) text: String,
    /// Whether it takes any free place, however dear.
    pub(super) needed: bool,
}

/// A label that found its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) label: Label,
    pub(super) area: Rectangle,
    /// The end of its layer, where the label stands too far from it to be understood.
    pub(super) leader: Option<[f64; 2]>,
}

/// The places of all labels, and what all of them cost.
pub(super) struct Placement {
    pub(super) placed: Vec<Placed>,
    pub(super) homeless: Vec<usize>,
    pub(super) cost: f64,
}

struct Place {
    area: Rectangle,
    leader: Option<[f64; 2]>,
    cost: f64,
}

/// Places the labels, those of the topmost ends first.
pub(super) fn arrange(layers: &[Layer], labels: Vec<Label>, frame: &Frame) -> Placement {
    let obstacles = Obstacles::new(layers, frame);
    let mut named: Vec<(Label, Vec<[f64; 2]>)> = (labels.into_iter())
        .map(|label| {
            let points = frame.pixels(&layers[label.layer]);
            (label, points)
        })
        .collect();
    let height = |points: &[[f64; 2]]| points.first().map_or(0.0, |point| point[1]);
    named.sort_by(|a, b| height(&a.1).total_cmp(&height(&b.1)));
    let mut result = Placement { placed: Vec::new(), homeless: Vec::new(), cost: 0.0 };
    for (label, points) in named {
        let most = if label.needed { f64::INFINITY } else { MOST };
        let size = [text::width(&label.text, SIZE), HEIGHT];
        let mut candidates = places(&layers[label.layer], &points, size);
        candidates.retain(|place| inside(&place.area, frame));
        candidates.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut best: Option<Place> = None;
        for mut place in candidates {
            let least = best.as_ref().map_or(most, |best| best.cost);
            // The others are dearer still, before anything they hide.
            if place.cost >= least {
                break;
            }
            place.cost += HIDDEN * f64::from(obstacles.under(&place.area));
            let meets = |other: &Placed| other.area.meets(&place.area);
            if place.cost >= least || result.placed.iter().any(meets) {
                continue;
            }
            if let Some(end) = place.leader {
                let line = leader(&place.area, end);
                let on_label = |point| result.placed.iter().any(|p| p.area.distance(point) < 1.0);
                if line.iter().any(|&point| on_label(point)) {
                    continue;
                }
                place.cost += CROSSED * f64::from(obstacles.along(&line));
            }
            if place.leader.is_none() && obstacles.confuses(&place.area, label.layer) {
                place.cost += CONFUSING;
            }
            if place.cost < least {
                best = Some(place);
            }
        }
        match best {
            Some(Place { area, leader, cost }) => {
                result.cost += cost;
                result.placed.push(Placed { label, area, leader });
            }
            None => {
                result.cost += 2.0 * MOST;
                result.homeless.push(label.layer);
            }
        }
    }
    result.homeless.sort_unstable();
    result
}

fn inside(area: &Rectangle, frame: &Frame) -> bool {
    area.left >= frame.left + 1.0
        && area.right <= frame.right + 4.0
        && area.top >= frame.top - 2.0
        && area.bottom <= frame.bottom - 1.0
}

/// Points along the line from a label to its layer's end, short of that end.
fn leader(area: &Rectangle, end: [f64; 2]) -> Vec<[f64; 2]> {
    let from = leader_start(area, end);
    let along = |s: f64| [from[0] + s * (end[0] - from[0]), from[1] + s * (end[1] - from[1])];
    (0..16).map(|k| along(f64::from(k) / 18.0)).collect()
}

/// Where the line to `end` leaves the label.
pub(super) fn leader_start(area: &Rectangle, end: [f64; 2]) -> [f64; 2] {
    let middle = 0.5 * (area.top + area.bottom);
    if end[0] > area.right { [area.right + 1.5, middle] } else { [area.left - 1.5, middle] }
}

/// The candidates along a layer: its ends first, then between them.
fn places(layer: &Layer, points: &[[f64; 2]], [width, height]: [f64; 2]) -> Vec<Place> {
    let joined = matches!(layer.mark, Mark::Line | Mark::Dashes | Mark::Band(_));
    let anchors = if joined { dense(layer, points) } else { points.to_vec() };
    let step = anchors.len().div_ceil(PLACES).max(1);
    let mut anchors: Vec<([f64; 2], f64)> =
        anchors.into_iter().step_by(step).map(|point| (point, 1.5)).collect();
    let across = |a: &&[f64; 2], b: &&[f64; 2]| a[0].total_cmp(&b[0]);
    let (right, left) = (points.iter().max_by(across), points.iter().min_by(across));
    let ends: Vec<[f64; 2]> = [right, left].into_iter().flatten().copied().collect();
    anchors.extend(ends.iter().map(|&end| (end, 0.0)));
    let mut places = Vec::new();
    for ([x, y], price) in anchors {
        let d = AWAY * std::f64::consts::FRAC_1_SQRT_2;
        for (left, top, extra) in [
            (x + AWAY, y - 0.5 * height, 0.0),
            (x - AWAY - width, y - 0.5 * height, 0.1),
            (x - 0.5 * width, y - AWAY - height + 2.0, 0.4),
            (x - 0.5 * width, y + AWAY - 2.0, 0.5),
            (x + d, y - d - height + 2.0, 0.2),
            (x + d, y + d - 2.0, 0.3),
            (x - d - width, y - d - height + 2.0, 0.2),
            (x - d - width, y + d - 2.0, 0.3),
        ] {
            let area = Rectangle { left, top, right: left + width, bottom: top + height };
            places.push(Place { area, leader: None, cost: price + extra });
        }
    }
    for &[x, y] in &ends {
        for left in [x + 16.0, x - 16.0 - width] {
            let top = y - 0.5 * height;
            let level = Rectangle { left, top, right: left + width, bottom: top + height };
            for shift in 1..=9 {
                for by in [f64::from(shift), -f64::from(shift)].map(|s| s * 0.5 * HEIGHT) {
                    let cost = 2.0 + 0.12 * by.abs();
                    places.push(Place { area: level.moved(by), leader: Some([x, y]), cost });
                }
            }
        }
    }
    places
}
