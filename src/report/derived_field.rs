//! What a proof finds, as a table for the proof documents.

use super::derivation::{term, weighted};
use crate::series::Derived;
use crate::series::maps::MapRow;

/// The trees of derived fields with their exact coefficients, a table each, in Markdown.
pub fn derived_fields_markdown(fields: &[Derived]) -> String {
    fields.iter().map(markdown).collect::<Vec<_>>().join("\n")
}

/// A field with maps: what is left out is not counted, as there is no end of it.
fn with_maps(batches: usize, rows: &[MapRow]) -> String {
    let letters = match batches {
        1 => String::new(),
        m => format!(", for {m} minibatches a, b, …"),
    };
    let mut text = format!(
        "The modified field on the clock t = nε{letters}, as `shadowflow prove` finds it: all that does not \
         vanish, in the derivatives of the loss and of the maps that the method applies.\n\n\
         | order | coefficient | term |\n|---|---|---|\n",
    );
    for row in rows {
        let term = weighted(&row.coefficient, row.order - 1, &row.tree).replace('_', "\\_");
        text += &format!("| {} | {} | {term} |\n", row.order, row.coefficient);
    }
    text
}

fn markdown(derived: &Derived) -> String {
    let (forest, rows) = match derived {
        Derived::Trees { forest, rows } => (forest, rows),
        Derived::Maps { batches, rows } => return with_maps(*batches, rows),
    };
    let letters = match forest.colours() {
        1 => String::new(),
        m => format!(", for {m} minibatches a, b, …"),
    };
    let left = match forest.len() - rows.len() {
        0 => "all of them are here".to_owned(),
        1 => "the one left out has the coefficient 0".to_owned(),
        n => format!("the {n} left out have the coefficient 0"),
    };
    let mut text = format!(
        "The modified field on the clock t = nε{letters}, as `shadowflow prove` finds it. There are {} trees \
         with at most {} nodes; {left}.\n\n| tree | nodes | coefficient | term |\n|---|---|---|---|\n",
        forest.len(),
        forest.order(),
    );
    for row in rows {
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            forest.show(row.tree),
            row.order,
            row.coefficient,
            term(row, &forest.derivative(row.tree)).replace('_', "\\_"),
        );
    }
    text
}
