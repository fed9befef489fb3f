//! One panel: axes, layers, labels, and a legend for what found no place beside its curve.

use super::axis::{Span, Tick, extent};
use super::canvas::{self, Anchor, Canvas, Drawing, Drawn};
use super::labels;
use super::marks::{self, Frame};
use super::rectangle::Rectangle;
use super::{legend, palette, text};
use crate::figure::{Layer, Panel, Row, Scale};

/// The width of every panel, in pixels: that of a narrow telephone.
const WIDTH: f64 = 420.0;
/// The height of the axes where the units do not decide it.
const HEIGHT: f64 = 290.0;
/// The bounds of that height where they do.
const HEIGHTS: [f64; 2] = [170.0, 400.0];
/// The height of a row of a panel that reads like a table.
const ROW: f64 = 20.0;
const LINE: f64 = 18.0;
const SIZE: f64 = 12.5;
const EDGE: f64 = 14.0;
/// About so many ticks an axis.
const TICKS: usize = 5;
/// How much an axis may be lengthened to make room for labels, on the left and on the right.
const ROOM: [[f64; 2]; 8] = [
    [0.0, 0.0],
    [0.0, 0.25],
    [0.25, 0.0],
    [0.0, 0.45],
    [0.45, 0.0],
    [0.3, 0.3],
    [0.7, 0.0],
    [0.6, 0.4],
];
/// What room for labels costs, in units of their places' costs.
const ROOM_COST: f64 = 12.0;

/// Draws a panel.
pub(super) fn draw(panel: &Panel) -> Result<Drawing, String> {
    let frame = settle(panel);
    let (placed, entries) = legend::divided(&panel.layers, &frame);
    let legend = legend::rows(&panel.layers, &entries, WIDTH);
    let below = frame.bottom + 2.0 * LINE + 8.0;
    let height = below + LINE * legend.len() as f64 + 4.0;
    canvas::draw(WIDTH as u32, height.ceil() as u32, |canvas| {
        axes(canvas, panel, &frame)?;
        panel.layers.iter().try_for_each(|layer| marks::draw(canvas, &frame, layer))?;
        placed.iter().try_for_each(|place| label(canvas, &panel.layers, place))?;
        for (row, entries) in legend.iter().enumerate() {
            let y = below + LINE * (row as f64 + 0.5);
            for &(entry, x) in entries {
                legend::draw(canvas, &panel.layers, entry, [x, y])?;
            }
        }
        Ok(())
    })
}

/// The axes with the least crowded labels.
fn settle(panel: &Panel) -> Frame {
    let mut best: Option<(f64, Frame)> = None;
    for room in ROOM {
        let price = ROOM_COST * (room[0] + room[1]);
        if best.as_ref().is_some_and(|(least, _)| *least <= price) {
            break;
        }
        let frame = frame(panel, room);
        let names = legend::labels(&panel.layers, &[]);
        let cost = labels::arrange(&panel.layers, names, &frame).cost + price;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, frame));
        }
    }
    best.map_or_else(|| frame(panel, [0.0, 0.0]), |(_, frame)| frame)
}

fn frame(panel: &Panel, [before, after]: [f64; 2]) -> Frame {
    let points = || panel.layers.iter().flat_map(extent);
    let mut x = Span::around(&panel.x.scale, points().map(|[x, _]| x));
    let mut y = Span::around(&panel.y.scale, points().map(|[_, y]| y));
    let whole = x.extent();
    x.low -= before * whole;
    x.high += after * whole;
    let heading = if panel.title.is_empty() { 0.0 } else { LINE };
    let above = text::wrapped(&panel.y.label, SIZE, WIDTH - 4.0).len() as f64;
    let top = 6.0 + heading + LINE * above + 9.0;
    let widest = |ticks: &[Tick]| {
        ticks.iter().map(|tick| text::width(&tick.label, SIZE)).fold(0.0, f64::max)
    };
    let left = (widest(&y.ticks(TICKS)) + 10.0).max(24.0);
    let rows = rows(panel);
    let values = rows.iter().map(|row| text::width(&row.value, SIZE)).fold(0.0, f64::max);
    let width = WIDTH - (values + 10.0).max(EDGE) - left;
    let mut height = if rows.is_empty() { HEIGHT } else { ROW * rows.len() as f64 };
    if panel.equal_units {
        height = (width * y.extent() / x.extent()).clamp(HEIGHTS[0], HEIGHTS[1]);
        let unit = (x.extent() / width).max(y.extent() / height);
        x.widen(unit * width);
        y.widen(unit * height);
    }
    Frame { left, right: left + width, top, bottom: top + height, x, y }
}

/// Grid, axes, ticks and titles.
fn axes(canvas: &Canvas, panel: &Panel, frame: &Frame) -> Drawn {
    let (across, up) = (frame.x.ticks(TICKS), frame.y.ticks(TICKS));
    let Frame { left, right, top, bottom, .. } = *frame;
    for tick in &across {
        let [x, _] = frame.at(tick.at, frame.y.low);
        canvas.line(&[[x, top], [x, bottom]], palette::GRID, 0.8)?;
    }
    for tick in &up {
        let [_, y] = frame.at(frame.x.low, tick.at);
        canvas.line(&[[left, y], [right, y]], palette::GRID, 0.8)?;
    }
    canvas.line(&[[left, top], [left, bottom], [right, bottom]], palette::INK, 1.0)?;
    let write = |text: &str, at, anchor| canvas.text(text, at, anchor, SIZE, palette::INK);
    let mut free = f64::NEG_INFINITY;
    for tick in &across {
        let [x, _] = frame.at(tick.at, frame.y.low);
        let half = 0.5 * text::width(&tick.label, SIZE);
        // At the end of the axis a long label stands a little to the left of its tick.
        let x = x.min(WIDTH - 1.0 - half);
        if x - half < free {
            continue;
        }
        free = x + half + 4.0;
        write(&tick.label, [x, frame.bottom + 0.6 * LINE], Anchor::Middle)?;
    }
    for tick in &up {
        let [_, y] = frame.at(frame.x.low, tick.at);
        write(&tick.label, [frame.left - 6.0, y], Anchor::End)?;
    }
    for (row, tick) in rows(panel).iter().zip(&up) {
        let [_, y] = frame.at(frame.x.low, tick.at);
        write(&row.value, [frame.right + 6.0, y], Anchor::Start)?;
    }
    let mut line = 6.0 + 0.5 * LINE;
    if !panel.title.is_empty() {
        canvas.text(&panel.title, [2.0, line], Anchor::Start, SIZE + 1.0, palette::INK)?;
        line += LINE;
    }
    for part in text::wrapped(&panel.y.label, SIZE, WIDTH - 4.0) {
        write(&part, [2.0, line], Anchor::Start)?;
        line += LINE;
    }
    // A title longer than the axis takes the room on its right.
    let end = frame.right.max(text::width(&panel.x.label, SIZE) + 2.0).min(WIDTH - 2.0);
    write(&panel.x.label, [end, frame.bottom + 1.6 * LINE], Anchor::End)
}

/// The rows of a panel that reads like a table.
fn rows(panel: &Panel) -> &[Row] {
    if let Scale::Rows(rows) = &panel.y.scale { rows } else { &[] }
}

fn label(canvas: &Canvas, layers: &[Layer], place: &labels::Placed) -> Drawn {
    let Rectangle { left, top, bottom, .. } = place.area;
    let colour = palette::letters(layers[place.label.layer].role);
    if let Some(end) = place.leader {
        canvas.line(&[labels::leader_start(&place.area, end), end], colour, 0.7)?;
    }
    let at = [left, 0.5 * (top + bottom)];
    canvas.text(&place.label.text, at, Anchor::Start, labels::SIZE, colour)
}
