//! A drawing area of the library, in tenths of a pixel: it rounds coordinates to integers.

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, IntoTextStyle, PathElement, Polygon, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBAColor};

use super::compact::compact;
use super::palette::{Colour, PAPER};

/// Units of the library a pixel.
pub(super) const FINE: f64 = 10.0;
/// The library's font sizes are this much larger than those it writes.
const FONT_SCALE: f64 = 1.24;
/// Strokes of exactly this width are broken ones: the library has no other way to say so.
pub(super) const BROKEN: u32 = 17;

/// A finished drawing.
pub(super) struct Drawing {
    pub(super) width: u32,
    pub(super) height: u32,
    body: String,
}

impl Drawing {
    fn view_box(&self) -> String {
        let fine = |pixels: u32| f64::from(pixels) * FINE;
        format!("viewBox=\"0 0 {} {}\"", fine(self.width), fine(self.height))
    }

    /// As part of a larger drawing.
    pub(super) fn placed(&self, left: u32, top: u32) -> String {
        let Drawing { width, height, body } = self;
        let view = self.view_box();
        format!(
            "<svg x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" {view}>{body}</svg>"
        )
    }

    /// As an element of a page, with what it shows in words.
    pub(super) fn inline(&self, label: &str) -> String {
        let (view, body) = (self.view_box(), &self.body);
        format!("<svg role=\"img\" aria-label=\"{label}\" {view}>{body}</svg>")
    }
}

/// Where a text stands in relation to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The point is at its left end.
    Start,
    /// The point is at its right end.
    End,
    /// The point is its middle.
    Middle,
}

/// An area to draw on, in pixels.
pub(super) struct Canvas<'a> {
    pub(super) area: DrawingArea<SVGBackend<'a>, Shift>,
}

pub(super) type Drawn = Result<(), String>;

/// Draws on an area of this size.
pub(super) fn draw(
    width: u32,
    height: u32,
    content: impl FnOnce(&Canvas) -> Drawn,
) -> Result<Drawing, String> {
    let mut text = String::new();
    {
        let fine = |pixels: u32| (f64::from(pixels) * FINE) as u32;
        let size = (fine(width), fine(height));
        let canvas = Canvas { area: SVGBackend::with_string(&mut text, size).into_drawing_area() };
        content(&canvas)?;
        canvas.area.present().map_err(|error| error.to_string())?;
    }
    Ok(Drawing { width, height, body: compact(&text) })
}

pub(super) fn fine([x, y]: [f64; 2]) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

impl Canvas<'_> {
    fn path(&self, points: &[[f64; 2]], colour: Colour, stroke: u32) -> Drawn {
        let points: Vec<(i32, i32)> = points.iter().copied().map(fine).collect();
        let style = colour.rgb().stroke_width(stroke);
        self.area.draw(&PathElement::new(points, style)).map_err(|error| error.to_string())
    }

    /// A solid line of this width.
    pub(super) fn line(&self, points: &[[f64; 2]], colour: Colour, width: f64) -> Drawn {
        let stroke = (width * FINE).round() as u32;
        self.path(points, colour, if stroke == BROKEN { stroke + 1 } else { stroke })
    }

    /// A broken line.
    pub(super) fn broken_line(&self, points: &[[f64; 2]], colour: Colour) -> Drawn {
        self.path(points, colour, BROKEN)
    }

    /// A filled area with this opacity.
    pub(super) fn filled(&self, points: &[[f64; 2]], colour: Colour, opacity: f64) -> Drawn {
        let points: Vec<(i32, i32)> = points.iter().copied().map(fine).collect();
        let style: RGBAColor = colour.rgb().mix(opacity);
        self.area.draw(&Polygon::new(points, style.filled())).map_err(|error| error.to_string())
    }

    /// A filled dot.
    pub(super) fn dot(&self, at: [f64; 2], radius: f64, colour: Colour) -> Drawn {
        let style = colour.rgb().filled();
        let size = (radius * FINE) as i32;
        self.area.draw(&Circle::new(fine(at), size, style)).map_err(|error| error.to_string())
    }

    /// An open circle.
    pub(super) fn circle(&self, at: [f64; 2], radius: f64, colour: Colour) -> Drawn {
        self.dot(at, radius, PAPER)?;
        let style = colour.rgb().stroke_width((1.4 * FINE) as u32);
        let size = (radius * FINE) as i32;
        self.area.draw(&Circle::new(fine(at), size, style)).map_err(|error| error.to_string())
    }

    /// One line of text, its middle at the height of `at`.
    pub(super) fn text(
        &self,
        text: &str,
        at: [f64; 2],
        anchor: Anchor,
        size: f64,
        colour: Colour,
    ) -> Drawn {
        let side = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::End => HPos::Right,
            Anchor::Middle => HPos::Center,
        };
        let style = ("sans-serif", size * FINE * FONT_SCALE)
            .with_color(colour.rgb())
            .with_anchor::<RGBAColor>(Pos::new(side, VPos::Center))
            .into_text_style(&self.area);
        let drawn = Text::new(text.to_owned(), fine(at), style);
        self.area.draw(&drawn).map_err(|error| error.to_string())
    }
}
