//! A layer's points as marks on the canvas.

use super::axis::{Span, place};
use super::canvas::{Canvas, Drawn};
use super::palette::{self, PAPER};
use crate::figure::{Layer, Mark, Role};

/// Where a panel's axes lie on its canvas, in pixels.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) x: Span,
    pub(super) y: Span,
}

/// The radius of a dot.
const DOT: f64 = 2.8;
/// The radius of a dot among many.
const SPECK: f64 = 1.5;
/// More points than this are many.
const MANY: usize = 150;
const HOLLOW: f64 = 3.2;
const STAR: f64 = 8.0;
const CAP: f64 = 3.0;
const BAND_OPACITY: f64 = 0.18;

impl Frame {
    /// The pixel of a point; `None` if it has no place on the axes.
    pub(super) fn pixel(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let (x, y) = (place(&self.x.scale, x)?, place(&self.y.scale, y)?);
        Some(self.at(x, y))
    }

    /// The pixel of a place in the axes' own spacing.
    pub(super) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        let right = (x - self.x.low) / self.x.extent();
        let up = (y - self.y.low) / self.y.extent();
        let (width, height) = (self.right - self.left, self.bottom - self.top);
        [self.left + width * right, self.bottom - height * up]
    }

    /// The pixels of a layer's points that have a place.
    pub(super) fn pixels(&self, layer: &Layer) -> Vec<[f64; 2]> {
        layer.points.iter().filter_map(|&point| self.pixel(point)).collect()
    }

    /// The runs of points between those that have no place, so that no line bridges a gap.
    fn runs(&self, layer: &Layer) -> Vec<Vec<[f64; 2]>> {
        let pixels: Vec<Option<[f64; 2]>> =
            layer.points.iter().map(|&point| self.pixel(point)).collect();
        pixels.split(Option::is_none).map(|run| run.iter().copied().flatten().collect()).collect()
    }

    /// A height that may lie below every place of the axis: then its bottom.
    fn height(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        self.pixel([x, y]).or_else(|| {
            let [right, _] = self.at(place(&self.x.scale, x)?, self.y.low);
            y.is_finite().then_some([right, self.bottom])
        })
    }
}

/// Draws one layer.
pub(super) fn draw(canvas: &Canvas, frame: &Frame, layer: &Layer) -> Drawn {
    let colour = palette::mark(layer.role);
    let width = if layer.role == Role::Reference { 1.0 } else { 2.0 };
    match &layer.mark {
        Mark::Line => frame.runs(layer).iter().filter(|run| run.len() > 1).try_for_each(|run| {
            // A thousand noisy paths are drawn finer than one curve.
            let width = if layer.role == Role::Sample { 1.2 } else { width };
            canvas.line(run, colour, width)
        }),
        Mark::Dashes => (frame.runs(layer).iter().filter(|run| run.len() > 1))
            .try_for_each(|run| canvas.broken_line(run, colour)),
        Mark::Dots => {
            let radius = if layer.points.len() > MANY { SPECK } else { DOT };
            frame.pixels(layer).into_iter().try_for_each(|at| canvas.dot(at, radius, colour))
        }
        Mark::Hollow => {
            frame.pixels(layer).into_iter().try_for_each(|at| canvas.circle(at, HOLLOW, colour))
        }
        Mark::Star => frame.pixels(layer).into_iter().try_for_each(|at| {
            canvas.filled(&star(at, STAR + 1.5), PAPER, 1.0)?;
            canvas.filled(&star(at, STAR), colour, 1.0)
        }),
        Mark::Bars(half) => (layer.points.iter().zip(half)).try_for_each(|(&[x, y], half)| {
            let ends = (frame.height(x, y - half), frame.height(x, y + half));
            let (Some(low), Some(high)) = ends else { return Ok(()) };
            canvas.line(&[low, high], colour, 1.4)?;
            for [x, y] in [low, high] {
                canvas.line(&[[x - CAP, y], [x + CAP, y]], colour, 1.4)?;
            }
            Ok(())
        }),
        Mark::HorizontalBars(half) => {
            (layer.points.iter().zip(half)).try_for_each(|(&[x, y], half)| {
                let ends = (frame.pixel([x - half, y]), frame.pixel([x + half, y]));
                let (Some(left), Some(right)) = ends else { return Ok(()) };
                canvas.line(&[left, right], colour, 1.4)?;
                for [x, y] in [left, right] {
                    canvas.line(&[[x, y - CAP], [x, y + CAP]], colour, 1.4)?;
                }
                Ok(())
            })
        }
        Mark::Band(upper) => {
            let edge = |&[x, y]: &[f64; 2]| frame.height(x, y);
            let below = layer.points.iter().filter_map(edge);
            let above: Vec<[f64; 2]> = (layer.points.iter().zip(upper))
                .filter_map(|(&[x, _], &y)| edge(&[x, y]))
                .collect();
            let around: Vec<[f64; 2]> = below.chain(above.into_iter().rev()).collect();
            if around.len() < 3 {
                return Ok(());
            }
            canvas.filled(&around, colour, BAND_OPACITY)
        }
    }
}

/// A sample of a layer's mark for a legend, around the middle of `[x, x + width]`.
pub(super) fn swatch(canvas: &Canvas, layer: &Layer, [x, y]: [f64; 2], width: f64) -> Drawn {
    let colour = palette::mark(layer.role);
    let middle = [x + 0.5 * width, y];
    match &layer.mark {
        Mark::Line => canvas.line(&[[x, y], [x + width, y]], colour, 2.0),
        Mark::Dashes => canvas.broken_line(&[[x, y], [x + width, y]], colour),
        Mark::Dots => canvas.dot(middle, DOT, colour),
        Mark::Hollow => canvas.circle(middle, HOLLOW, colour),
        Mark::Star => canvas.filled(&star(middle, STAR - 2.0), colour, 1.0),
        Mark::Bars(_) => canvas.line(&[[middle[0], y - 5.0], [middle[0], y + 5.0]], colour, 1.4),
        Mark::HorizontalBars(_) => {
            canvas.line(&[[middle[0] - 5.0, y], [middle[0] + 5.0, y]], colour, 1.4)
        }
        Mark::Band(_) => {
            let (low, high) = (y + 4.0, y - 4.0);
            let corners = [[x, low], [x + width, low], [x + width, high], [x, high]];
            canvas.filled(&corners, colour, 2.0 * BAND_OPACITY)
        }
    }
}

/// A star with five points.
fn star([x, y]: [f64; 2], radius: f64) -> Vec<[f64; 2]> {
    let corner = |k: u32| {
        let angle = std::f64::consts::PI * (f64::from(k) / 5.0 - 0.5);
        let reach = if k.is_multiple_of(2) { radius } else { 0.42 * radius };
        [x + reach * angle.cos(), y + reach * angle.sin()]
    };
    (0..10).map(corner).collect()
}
