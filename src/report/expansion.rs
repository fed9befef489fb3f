//! A modified field in numbers at a point, for reading and for programs.

use std::borrow::Cow;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::derivation::{lines, plain_table, settings_in_words};
use crate::flow::power_of_step;
use crate::record::{SCHEMA, decimal, typeset};
use crate::scalar::{DoubleDouble, Scalar};

/// A field at a point with what it is the field of.
pub struct PointField<'a> {
    /// The method's name.
    pub method: &'a str,
    /// Its settings.
    pub settings: &'a [(Cow<'static, str>, String)],
    /// What feeds it.
    pub sampling: &'a str,
    /// The loss.
    pub loss: &'a str,
    /// The number of its minibatches.
    pub batches: usize,
    /// The point, as it was given.
    pub point: &'a [String],
    /// f₀, f₁, …
    pub fields: &'a [Vec<DoubleDouble>],
    /// The significant digits that are known of each.
    pub digits: u32,
    /// Whether each is a gradient.
    pub gradient: &'a [bool],
}

/// The digits that are written.
const WRITTEN: usize = 30;

/// The components that fit into a table.
const SHOWN: usize = 4;

/// `{"schema", "method", "settings", "sampling", "loss", "batches", "point", "fields", "digits", "gradient"}`.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn expansion_json(field: &PointField) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Written<'a> {
        schema: u32,
        method: &'a str,
        settings: serde_json::Map<String, serde_json::Value>,
        sampling: &'a str,
        loss: &'a str,
        batches: usize,
        point: &'a [String],
        fields: Vec<Vec<String>>,
        digits: u32,
        gradient: &'a [bool],
    }
    let settings = field.settings.iter().map(|(k, v)| (k.to_string(), v.clone().into())).collect();
    let written = |f: &Vec<DoubleDouble>| f.iter().map(|&x| decimal(x, WRITTEN)).collect();
    let written = Written {
        schema: SCHEMA,
        method: field.method,
        settings,
        sampling: field.sampling,
        loss: field.loss,
        batches: field.batches,
        point: field.point,
        fields: field.fields.iter().map(written).collect(),
        digits: field.digits,
        gradient: field.gradient,
    };
    Ok(serde_json::to_string(&written)? + "\n")
}

/// One line a power of ε: the field's norm, its first components, and whether it is a gradient.
pub fn expansion_table(field: &PointField) -> String {
    let dim = field.point.len();
    let mut table = plain_table(&[
        "power",
        "norm",
        if dim > SHOWN { "first components" } else { "components" },
        "a gradient",
    ]);
    for (power, (f, gradient)) in field.fields.iter().zip(field.gradient).enumerate() {
        let square = f.iter().fold(DoubleDouble::zero(), |sum, &x| sum + x * x);
        let norm = if square.leading() > 0.0 { square.sqrt().leading() } else { 0.0 };
        let places = if dim > SHOWN { 10 } else { 18 };
        let mut components: Vec<String> =
            f.iter().take(SHOWN).map(|&x| typeset(&decimal(x, places))).collect();
        if dim > SHOWN {
            components.push("…".to_owned());
        }
        let _ = table.add_row([
            if power == 0 { "1".to_owned() } else { power_of_step(power as u32) },
            if norm < 1e12 { format!("{norm:.6}") } else { format!("{norm:.6e}") },
            components.join("  "),
            if *gradient { "yes" } else { "no" }.to_owned(),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let _ = column.set_padding((0, 2));
        if at == 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let at: Vec<&str> = field.point.iter().take(SHOWN).map(String::as_str).collect();
    let more = if dim > SHOWN { ", …" } else { "" };
    let fed = if field.sampling == crate::method::FULL_BATCH {
        String::new()
    } else {
        format!(", fed by {} of {} minibatches", field.sampling, field.batches)
    };
    format!(
        "modified field of {}{}{fed}, in t = nε\non {} at w = ({}{more}), known to {} digits\n\n{}",
        field.method,
        settings_in_words(field.settings),
        field.loss,
        typeset(&at.join(", ")),
        field.digits,
        lines(&table)
    )
}
