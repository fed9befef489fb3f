//! Real-valued settings, as a search moves through them.

use super::change::Change;
use crate::method::{Setting, exact};
use crate::scalar::Ratio;

/// A number to be found: a setting of a method, or what comes with a change.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// Whether the method takes it.
    pub(super) of_method: bool,
    /// The value it has unless said otherwise.
    pub(super) default: Option<Ratio>,
    /// Values to begin from.
    pub(super) levels: Vec<f64>,
    /// Whether it is searched by its logarithm.
    logarithmic: bool,
    bounds: (f64, f64),
}

/// How close to an excluded bound a value may come.
const OPEN: f64 = 1e-9;
/// The least and the largest value of what has no bounds.
const WIDE: f64 = 1e6;
/// The least value of what is above 0.
const LEAST: f64 = 1e-17;

impl Parameter {
    /// A setting that is a ratio; none for the others.
    pub(super) fn of_setting(setting: &Setting) -> Option<Self> {
        if !setting.is_ratio() {
            return None;
        }
        let default = setting.default().and_then(|text| exact(&text));
        let (mut low, mut high, mut logarithmic) = (-WIDE, WIDE, false);
        let mut fading = (false, false);
        for (name, bound) in setting.bounds() {
            let value = bound.to_f64();
            match name {
                "at_least" => (low, fading.0) = (value, value.abs() <= 0.0),
                "above" if value.abs() <= 0.0 => (low, logarithmic) = (LEAST, true),
                "above" => low = value + OPEN,
                "at_most" => high = value,
                _ => (high, fading.1) = (value - OPEN, (value - 1.0).abs() <= 0.0),
            }
        }
        let usual = default.map_or(0.0, Ratio::to_f64);
        let mut levels = match (logarithmic, fading) {
            (true, _) => vec![1e-8, 1e-3, 0.1, 1.0],
            (false, (true, true)) => vec![0.1, 0.5, 0.9, 0.99, 0.999],
            // What is off by default is switched on by the fit itself: more levels would crowd the best starts.
            _ if usual.abs() <= 0.0 => vec![0.0],
            _ if low >= 0.0 => vec![usual],
            _ => vec![usual, 0.05, -usual],
        };
        levels.retain(|&level| level >= low && level <= high);
        if levels.is_empty() {
            levels.push(usual.clamp(low, high));
        }
        let name = setting.name().to_owned();
        Some(Parameter { name, of_method: true, default, levels, logarithmic, bounds: (low, high) })
    }

    /// The number that comes with a change, if one does.
    pub(super) fn of_change(change: Change) -> Option<Self> {
        Some(Parameter {
            name: change.extra()?.to_owned(),
            of_method: false,
            default: None,
            levels: change.levels().to_vec(),
            logarithmic: false,
            bounds: (-WIDE, WIDE),
        })
    }

    /// The coordinate at which it has this value.
    pub(super) fn coordinate(&self, value: f64) -> f64 {
        if self.logarithmic { value.max(LEAST).ln() } else { value }
    }

    /// The value at this coordinate.
    pub(super) fn value(&self, coordinate: f64) -> f64 {
        if self.logarithmic { coordinate.exp() } else { coordinate }
    }

    /// The bar of the value, from that of the coordinate.
    pub(super) fn bar(&self, coordinate: f64, bar: f64) -> f64 {
        if self.logarithmic { self.value(coordinate) * bar } else { bar }
    }

    /// Between which the coordinate stays.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.coordinate(self.bounds.0), self.coordinate(self.bounds.1))
    }

    /// Whether this value is near an end that only the search has.
    pub(super) fn is_at_an_end(&self, value: f64) -> bool {
        value.abs() > 0.1 * WIDE || (self.logarithmic && value < 10.0 * LEAST)
    }

    /// Whether it may have this value.
    pub(super) fn admits(&self, value: f64) -> bool {
        value >= self.bounds.0 && value <= self.bounds.1
    }
}

/// A ratio near `value`, to 15 digits, with room to calculate with.
pub(super) fn near(value: f64) -> Ratio {
    let denominator: i64 = match value.abs() {
        size if size > 500.0 => 1 << 30,
        size if size > 1e-3 => 1 << 50,
        _ => 1 << 59,
    };
    Ratio::new((value * denominator as f64).round() as i64, denominator)
}
