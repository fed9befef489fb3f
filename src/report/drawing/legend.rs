//! The legend: the names that found no place beside their curves.
//!
//! Where the colour alone does not say which curve is meant, a number at the curve's end does.

use super::canvas::{Anchor, Canvas, Drawn};
use super::labels::{self, Label, Placed};
use super::marks::{self, Frame};
use super::{palette, text};
use crate::figure::Layer;

const SIZE: f64 = 12.5;
const SWATCH: f64 = 18.0;
/// The room between the parts of an entry.
const GAP: f64 = 6.0;
/// The room between entries.
const APART: f64 = 14.0;

/// A name in the legend, with the number that stands at its curve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    layer: usize,
    number: Option<usize>,
}

/// The names of all layers, those of `numbered` replaced by their place in it, counted from 1.
pub(super) fn labels(layers: &[Layer], numbered: &[usize]) -> Vec<Label> {
    let label = |(layer, name): (usize, &String)| {
        let number = number(layer, numbered);
        let text = number.map_or_else(|| name.clone(), |number| number.to_string());
        Label { layer, text, needed: number.is_some() }
    };
    let named = layers.iter().enumerate().filter_map(|(at, l)| Some((at, l.label.as_ref()?)));
    named.map(label).collect()
}

fn number(layer: usize, numbered: &[usize]) -> Option<usize> {
    numbered.iter().position(|&at| at == layer).map(|at| at + 1)
}

/// What stands beside the curves, and what in the legend.
pub(super) fn divided(layers: &[Layer], frame: &Frame) -> (Vec<Placed>, Vec<Entry>) {
    let mut numbered: Vec<usize> = Vec::new();
    loop {
        let placement = labels::arrange(layers, labels(layers, &numbered), frame);
        let known = numbered.len();
        let homeless = placement.homeless.iter().filter(|at| !numbered.contains(at));
        let (alike, others): (Vec<usize>, Vec<usize>) =
            homeless.copied().partition(|&at| mistakable(layers, at));
        numbered.extend(alike);
        numbered.sort_unstable();
        // Numbers take other places than names did, so that another name may have lost its own.
        if numbered.len() == known {
            let mut entries: Vec<Entry> = (numbered.iter().chain(&others))
                .map(|&layer| Entry { layer, number: number(layer, &numbered) })
                .collect();
            entries.sort_by_key(|entry| entry.layer);
            return (placement.placed, entries);
        }
    }
}

/// Whether another named layer looks the same.
fn mistakable(layers: &[Layer], at: usize) -> bool {
    let mark = |layer: &Layer| std::mem::discriminant(&layer.mark);
    let same = |other: &Layer| other.role == layers[at].role && mark(other) == mark(&layers[at]);
    (layers.iter().enumerate())
        .any(|(other, layer)| other != at && layer.label.is_some() && same(layer))
}

/// The rows of a legend of at most this width: which entry stands where.
pub(super) fn rows(layers: &[Layer], entries: &[Entry], most: f64) -> Vec<Vec<(Entry, f64)>> {
    let mut rows: Vec<Vec<(Entry, f64)>> = Vec::new();
    let mut x = f64::INFINITY;
    for &entry in entries {
        let name = layers[entry.layer].label.as_deref().unwrap_or_default();
        let width = before(entry) + SWATCH + GAP + text::width(name, SIZE) + APART;
        if x + width > most {
            rows.push(Vec::new());
            x = 4.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((entry, x));
        }
        x += width;
    }
    rows
}

/// The room for an entry's number.
fn before(entry: Entry) -> f64 {
    entry.number.map_or(0.0, |number| text::width(&number.to_string(), SIZE) + GAP)
}

/// Draws an entry from `x` to the right, in the middle of a line at `y`.
pub(super) fn draw(canvas: &Canvas, layers: &[Layer], entry: Entry, [x, y]: [f64; 2]) -> Drawn {
    let layer = &layers[entry.layer];
    let colour = palette::letters(layer.role);
    let write = |text: &str, x| canvas.text(text, [x, y], Anchor::Start, SIZE, colour);
    if let Some(number) = entry.number {
        write(&number.to_string(), x)?;
    }
    let x = x + before(entry);
    marks::swatch(canvas, layer, [x, y], SWATCH)?;
    write(layer.label.as_deref().unwrap_or_default(), x + SWATCH + GAP)
}
