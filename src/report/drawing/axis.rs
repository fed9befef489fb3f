//! An axis: what part of it is shown, and where its ticks are.

use super::text::power_of_ten;
use crate::figure::{Layer, Mark, Row, Scale};
use crate::record::typeset;

/// The shown part of an axis, in its own spacing: decimal logarithms on a logarithmic one.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A labelled place on an axis.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// The share of the data's extent that is left free on each side.
const MARGIN: f64 = 0.05;

/// Where `value` lies on an axis; `None` where it does not.
pub(super) fn place(scale: &Scale, value: f64) -> Option<f64> {
    match scale {
        Scale::Linear => value.is_finite().then_some(value),
        // The first row is on top.
        Scale::Rows(_) => value.is_finite().then_some(-value),
        Scale::Logarithmic => (value.is_finite() && value > 0.0).then(|| value.log10()),
    }
}

impl Span {
    /// The part that shows all `values`, with a margin.
    pub(super) fn around(scale: &Scale, values: impl Iterator<Item = f64>) -> Self {
        if let Scale::Rows(rows) = scale {
            let low = 0.5 - rows.len().max(1) as f64;
            return Span { scale: scale.clone(), low, high: 0.5 };
        }
        let placed = values.filter_map(|value| place(scale, value));
        let (low, high) = placed
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        // One value alone still needs an extent.
        let least = if *scale == Scale::Logarithmic { 0.3 } else { 1e-9 + 1e-3 * high.abs() };
        let extent = (high - low).max(least);
        let middle = 0.5 * (low + high);
        let half = 0.5 * extent + MARGIN * extent;
        Span { scale: scale.clone(), low: middle - half, high: middle + half }
    }

    pub(super) fn extent(&self) -> f64 {
        self.high - self.low
    }

    /// Widens the span to this extent around its middle.
    pub(super) fn widen(&mut self, extent: f64) {
        let (middle, half) = (0.5 * (self.low + self.high), 0.5 * extent.max(self.extent()));
        (self.low, self.high) = (middle - half, middle + half);
    }

    /// About `about` ticks at round values.
    pub(super) fn ticks(&self, about: usize) -> Vec<Tick> {
        match &self.scale {
            Scale::Linear => self.linear(about),
            Scale::Rows(rows) => named(rows),
            Scale::Logarithmic => self.logarithmic(about),
        }
    }

    fn linear(&self, about: usize) -> Vec<Tick> {
        let values = round_values(self.low, self.high, about);
        let step = values.get(1).map_or(1.0, |second| second - values[0]);
        values.iter().map(|&at| Tick { at, label: number(at, step) }).collect()
    }

    fn logarithmic(&self, about: usize) -> Vec<Tick> {
        let decades: Vec<i32> = (self.low.ceil() as i32..=self.high.floor() as i32).collect();
        if decades.is_empty() || self.extent() < 0.7 {
            // Less than a decade: round values, as on a linear axis.
            let (low, high) = (10f64.powf(self.low), 10f64.powf(self.high));
            let values = round_values(low, high, about);
            let step = values.get(1).map_or(1.0, |second| second - values[0]);
            let tick = |&v: &f64| Tick { at: v.log10(), label: number(v, step) };
            return values.iter().filter(|v| **v > 0.0).map(tick).collect();
        }
        if decades.len() <= 2 {
            let around = decades[0] - 1..=decades[decades.len() - 1];
            let values = around.flat_map(|d| [1.0, 2.0, 5.0].map(|digit| (digit, d)));
            let tick = |(digit, d): (f64, i32)| {
                let at = digit.log10() + f64::from(d);
                let inside = at >= self.low && at <= self.high;
                inside.then(|| Tick { at, label: decimal(digit, d) })
            };
            return values.filter_map(tick).collect();
        }
        let every = decades.len().div_ceil(about.max(1)) as i32;
        let plain = decades.iter().all(|d| (-2..=3).contains(d));
        let chosen = decades.iter().filter(|d| d.rem_euclid(every) == 0);
        let label = |d: i32| if plain { decimal(1.0, d) } else { power_of_ten(d) };
        chosen.map(|&d| Tick { at: f64::from(d), label: label(d) }).collect()
    }
}

fn named(rows: &[Row]) -> Vec<Tick> {
    let tick = |(at, row): (usize, &Row)| Tick { at: -(at as f64), label: row.name.clone() };
    rows.iter().enumerate().map(tick).collect()
}

/// All x and y that a layer needs room for, with the ends of its bars and bands.
pub(super) fn extent(layer: &Layer) -> impl Iterator<Item = [f64; 2]> + '_ {
    let ends: Vec<[f64; 2]> = match &layer.mark {
        Mark::Bars(half) => (layer.points.iter().zip(half))
            .flat_map(|(&[x, y], half)| [[x, y - half], [x, y + half]])
            .collect(),
        Mark::HorizontalBars(half) => (layer.points.iter().zip(half))
            .flat_map(|(&[x, y], half)| [[x - half, y], [x + half, y]])
            .collect(),
        Mark::Band(upper) => {
            layer.points.iter().zip(upper).map(|(&[x, _], &upper)| [x, upper]).collect()
        }
        _ => Vec::new(),
    };
    layer.points.iter().copied().chain(ends)
}

/// Multiples of 1, 2 or 5 times a power of ten within the bounds, about so many.
fn round_values(low: f64, high: f64, about: usize) -> Vec<f64> {
    let raw = (high - low) / about.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let step = steps.into_iter().find(|step| *step >= raw).unwrap_or(10.0 * power);
    let slack = 1e-9 * step;
    let (first, last) = (((low - slack) / step).ceil(), ((high + slack) / step).floor());
    let count = if step > 0.0 && first <= last { (last - first) as usize + 1 } else { 0 };
    (0..count).map(|k| (first + k as f64) * step).collect()
}

/// A value with as many decimals as the step between values needs.
fn number(value: f64, step: f64) -> String {
    let value = if value.abs() < 1e-9 * step { 0.0 } else { value };
    let places = (-step.log10() + 1e-9).ceil().max(0.0);
    if value.abs() >= 1e5 || (places > 4.0 && value.abs() > 0.0) {
        let power = value.abs().log10().floor();
        let digits = (power + places).clamp(0.0, 6.0) as usize;
        let mantissa = value / 10f64.powf(power);
        return typeset(&format!("{mantissa:.digits$}·{}", power_of_ten(power as i32)));
    }
    typeset(&format!("{value:.digits$}", digits = places.min(12.0) as usize))
}

/// digit · 10^exponent, written out where that is short.
fn decimal(digit: f64, exponent: i32) -> String {
    let power = power_of_ten(exponent);
    match exponent {
        -3..=4 => {
            let places = (-exponent).max(0) as usize;
            format!("{:.places$}", digit * 10f64.powi(exponent))
        }
        _ if digit > 1.0 => format!("{digit}·{power}"),
        _ => power,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, low: f64, high: f64) -> Vec<String> {
        let span = Span { scale, low, high };
        span.ticks(5).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(Scale::Linear, -1.1, 1.1), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(Scale::Linear, 0.0, 0.24), ["0.00", "0.05", "0.10", "0.15", "0.20"]);
        assert_eq!(labels(Scale::Logarithmic, -3.2, 0.1), ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(labels(Scale::Logarithmic, -1.6, -0.1), ["0.05", "0.1", "0.2", "0.5"]);
        assert_eq!(labels(Scale::Logarithmic, -12.5, -1.0), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³"]);
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let span = Span::around(&Scale::Logarithmic, [0.0, f64::NAN, 1.0, 100.0].into_iter());
        assert!((span.low + 0.1).abs() < 1e-12 && (span.high - 2.1).abs() < 1e-12);
        let nothing = Span::around(&Scale::Linear, std::iter::empty());
        assert!(nothing.low < nothing.high);
    }
}
