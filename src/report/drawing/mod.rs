//! Figures drawn as SVG: one visual language for all of them.
//!
//! A [`Role`](crate::figure::Role) has one colour everywhere, safe for colour-blind readers; curves
//! are labelled where they run, and only what finds no room beside its curve goes into a legend, with
//! a number at the curve where others have its colour.
//! Colours are presentation attributes, so that a file alone is readable on white, while a page's
//! style sheet may recolour them for the dark ([`dark_style`]).

mod axis;
mod canvas;
mod compact;
mod labels;
mod layout;
mod legend;
mod marks;
mod obstacles;
mod palette;
mod rectangle;
mod text;

pub(crate) use palette::role_name;
pub use palette::{dark_style, light_style};

use crate::figure::Figure;

/// A figure could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the figure '{figure}' cannot be drawn: {reason}")]
pub struct DrawingError {
    /// The figure's short name.
    pub figure: String,
    /// What the drawing library says.
    pub reason: String,
}

/// The room between panels, in pixels.
const GAP: u32 = 16;
/// The height of the title above the panels.
const TITLE: u32 = 30;
/// System fonts only: nothing is fetched.
const FONTS: &str = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";

/// The figure as a file of its own: its title, and its panels below each other on white.
///
/// Side by side they would shrink together, and on a telephone nobody could read them.
///
/// Points that are not finite, or not positive on a logarithmic axis, are not drawn.
///
/// # Errors
/// [`DrawingError`] if the drawing library fails.
pub fn svg(figure: &Figure) -> Result<String, DrawingError> {
    let panels = drawn(figure)?;
    let width = panels.iter().map(|p| p.width).max().unwrap_or(0) + 2 * GAP;
    let height = panels.iter().map(|p| p.height + GAP).sum::<u32>() + TITLE;
    let (title, caption) = (text::escaped(&figure.title), text::escaped(&figure.caption));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" role=\"img\">\
         <title>{title}</title><desc>{caption}</desc>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\
         <text x=\"{GAP}\" y=\"22\" font-size=\"16\" font-weight=\"600\" fill=\"{}\">{title}</text>",
        palette::INK.hex(),
    );
    let mut top = TITLE;
    for panel in &panels {
        out += &panel.placed(GAP, top);
        top += panel.height + GAP;
    }
    Ok(out + "</svg>\n")
}

/// The panels of a figure, each as an SVG element for a page, which scales them.
///
/// # Errors
/// As [`svg`].
pub fn panels(figure: &Figure) -> Result<Vec<String>, DrawingError> {
    let inline = |(at, panel): (usize, canvas::Drawing)| {
        let label = match figure.panels[at].title.as_str() {
            "" => figure.title.clone(),
            own => format!("{}: {own}", figure.title),
        };
        panel.inline(&text::escaped(&label))
    };
    Ok(drawn(figure)?.into_iter().enumerate().map(inline).collect())
}

fn drawn(figure: &Figure) -> Result<Vec<canvas::Drawing>, DrawingError> {
    let failed = |reason| DrawingError { figure: figure.id.clone(), reason };
    figure.panels.iter().map(|panel| layout::draw(panel).map_err(failed)).collect()
}
