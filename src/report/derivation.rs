//! A derived modified field, for reading, for programs and for papers.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use num_traits::{One, Signed};
use serde::Serialize;

use super::rational::shortened;
use super::table::{RULE, WIDTH};
use crate::flow::superscript;
use crate::scalar::Ratio;
use crate::series::maps::MapRow;
use crate::series::{Contraction, Derived, Forest, Rational, Row, TreeId, modified_loss};

/// A derived field with what it was derived of.
pub struct Derivation<'a> {
    /// The method's name.
    pub method: &'a str,
    /// Its settings.
    pub settings: &'a [(Cow<'static, str>, String)],
    /// The number of minibatches.
    pub batches: usize,
    /// The ridge l that the method adds to the loss: C stands for C + (l/2)‖w‖².
    pub ridge: Ratio,
    /// The terms.
    pub field: &'a Derived,
}

/// `{"method", "settings", "batches", "rows": [{"tree", "order", "coefficient"}]}`.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn derivation_json(derivation: &Derivation) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Field<'a> {
        method: &'a str,
        settings: serde_json::Map<String, serde_json::Value>,
        batches: usize,
        rows: Vec<Term>,
    }
    #[derive(Serialize)]
    struct Term {
        tree: String,
        order: usize,
        coefficient: String,
    }
    let settings = derivation.settings.iter().map(|(k, v)| (k.to_string(), v.clone().into()));
    let rows = match derivation.field {
        Derived::Trees { forest, rows } => rows
            .iter()
            .map(|row| Term {
                tree: forest.show(row.tree),
                order: row.order,
                coefficient: row.coefficient.to_string(),
            })
            .collect(),
        Derived::Maps { rows, .. } => rows
            .iter()
            .map(|row| Term {
                tree: row.tree.clone(),
                order: row.order,
                coefficient: row.coefficient.to_string(),
            })
            .collect(),
    };
    let field = Field {
        method: derivation.method,
        settings: settings.collect(),
        batches: derivation.batches,
        rows,
    };
    Ok(serde_json::to_string(&field)? + "\n")
}

/// One line a term, in trees and in the derivatives of the loss, and whether the field is a gradient.
pub fn derivation_table(derivation: &Derivation) -> String {
    let batches = match derivation.batches {
        1 => String::new(),
        m => format!(", {m} minibatches a, b, …"),
    };
    let ridge =
        ridge_in_words(derivation.ridge).map_or_else(String::new, |said| format!("\n{said}"));
    let (table, said) = match derivation.field {
        Derived::Trees { forest, rows } => (tree_table(forest, rows), potential(forest, rows)),
        Derived::Maps { rows, .. } => (map_table(rows), WHETHER_A_GRADIENT.to_owned()),
    };
    let short = match derivation.field {
        Derived::Maps { rows, .. } => Abbreviation::of(rows),
        Derived::Trees { .. } => None,
    };
    let short = short.map_or_else(String::new, |short| format!("\nwith u = {}", short.whole));
    let (table, said) = (lines(&table), shortened(&said));
    let rounded = if table.contains('~') || said.contains('~') { ROUNDED } else { "" };
    format!(
        "modified field of {}{}{batches}, in t = nε{ridge}{short}\n\n{table}\n{said}\n{rounded}",
        derivation.method,
        settings_in_words(derivation.settings),
    )
}

/// Where numbers that were too long for a table are whole.
const ROUNDED: &str = "~: rounded; --format json has the exact ratios\n";

/// What a field with maps does not show.
const WHETHER_A_GRADIENT: &str = "For every smooth loss, and for all smooth maps in the place of those named. \
     Whether it is a gradient depends on them: --loss NAME tells at a point, power by power of ε";

fn tree_table(forest: &Forest, rows: &[Row]) -> Table {
    let mut table = plain_table(&["tree", "order", "coefficient", "term of dw/dt"]);
    for row in rows {
        let _ = table.add_row([
            forest.show(row.tree),
            row.order.to_string(),
            shortened(&row.coefficient.to_string()).into_owned(),
            shortened(&term(row, &forest.derivative(row.tree))).into_owned(),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let _ = column.set_padding((0, 2));
        if at == 1 || at == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn map_table(rows: &[MapRow]) -> Table {
    let mut table = plain_table(&["order", "coefficient", "term of dw/dt"]);
    let short = Abbreviation::of(rows);
    for row in rows {
        let tree = match &short {
            Some(short) => Cow::Owned(short.applied(&row.tree)),
            None => Cow::Borrowed(row.tree.as_str()),
        };
        let _ = table.add_row([
            row.order.to_string(),
            shortened(&row.coefficient.to_string()).into_owned(),
            shortened(&weighted(&row.coefficient, row.order - 1, &tree)).into_owned(),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let _ = column.set_padding((0, 2));
        if at < 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The direction of a step as ε → 0, which the terms of higher order are made of: u in a table, where it is long.
struct Abbreviation<'a> {
    whole: &'a str,
}

impl<'a> Abbreviation<'a> {
    /// A direction that is shorter is as easily read.
    const LONG: usize = 10;

    fn of(rows: &'a [MapRow]) -> Option<Self> {
        let long = |row: &&MapRow| {
            row.order == 1 && row.tree.ends_with(')') && row.tree.chars().count() > Self::LONG
        };
        let whole = rows.iter().find(long)?.tree.as_str();
        let short = Abbreviation { whole };
        rows.iter()
            .any(|row| row.order > 1 && short.applied(&row.tree) != row.tree)
            .then_some(short)
    }

    /// `tree` with u in the place of the direction itself, but not of its derivatives.
    fn applied(&self, tree: &str) -> String {
        let (mut text, mut rest) = (String::new(), tree);
        while let Some(at) = rest.find(self.whole) {
            let (before, after) = rest.split_at(at);
            text += before;
            let of_another = |c: char| c == '∂' || c.is_alphanumeric();
            let derived = text.chars().next_back().is_some_and(of_another);
            text += if derived { self.whole } else { "u" };
            rest = &after[self.whole.len()..];
        }
        text + rest
    }
}

/// What C stands for, where a method adds a ridge to it.
fn ridge_in_words(ridge: Ratio) -> Option<String> {
    (!ridge.is_zero()).then(|| {
        let half = ridge / Ratio::new(2, 1);
        format!("with g, H, T, … and C of the loss that l2 is a part of, C + {half} ‖w‖²")
    })
}

/// The field as a LaTeX equation in the derivatives g, H, T = D³C of the loss.
pub fn derivation_latex(derivation: &Derivation) -> String {
    let set = settings_in_words(derivation.settings);
    let mut text =
        if set.is_empty() { String::new() } else { format!("% {}{set}\n", derivation.method) };
    if let Some(said) = ridge_in_words(derivation.ridge) {
        text += &format!("% {said}\n");
    }
    text += "\\dot w =";
    let terms: Vec<(Rational, usize, String)> = match derivation.field {
        Derived::Trees { forest, rows } => {
            rows.iter().map(|row| (signed(row), row.order, forest.derivative(row.tree))).collect()
        }
        Derived::Maps { rows, .. } => {
            rows.iter().map(|row| (row.coefficient.clone(), row.order, row.tree.clone())).collect()
        }
    };
    for (c, order, symbol) in terms {
        let sign = if c.is_negative() { "-" } else { "+" };
        let c = c.abs();
        let number = if c.is_one() {
            String::new()
        } else if c.is_integer() {
            format!("{} ", c.numer())
        } else {
            format!("\\tfrac{{{}}}{{{}}} ", c.numer(), c.denom())
        };
        let eps = match order {
            1 => String::new(),
            2 => "\\varepsilon\\, ".to_owned(),
            n => format!("\\varepsilon^{{{}}} ", n - 1),
        };
        text += &format!(" {sign} {number}{eps}{}", in_latex(&symbol));
    }
    text + "\n"
}

/// A differential in LaTeX: names of maps upright, indices and powers as such.
fn in_latex(symbol: &str) -> String {
    #[derive(PartialEq)]
    enum Kind {
        Word,
        Subscript,
        Superscript,
        Other,
    }
    let kind = |c: char| match c {
        '₀'..='₉' => Kind::Subscript,
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' => Kind::Superscript,
        c if c.is_ascii_alphabetic() => Kind::Word,
        _ => Kind::Other,
    };
    let plain = |c: char| match c {
        '⟨' => "\\langle ".to_owned(),
        '⟩' => "\\rangle".to_owned(),
        '∂' => "\\partial ".to_owned(),
        'ψ' => "\\psi".to_owned(),
        '₀'..='₉' => (c as u32 - '₀' as u32).to_string(),
        '¹' => "1".to_owned(),
        '²' => "2".to_owned(),
        '³' => "3".to_owned(),
        '⁰' | '⁴'..='⁹' => (c as u32 - '⁰' as u32).to_string(),
        c => c.to_string(),
    };
    let symbol: Vec<char> = symbol.chars().collect();
    let runs = symbol.chunk_by(|a, b| kind(*a) == kind(*b));
    runs.map(|run| {
        let text: String = run.iter().map(|&c| plain(c)).collect();
        match kind(run[0]) {
            Kind::Word if run.len() > 1 => format!("\\mathrm{{{text}}}"),
            Kind::Subscript => format!("_{{{text}}}"),
            Kind::Superscript => format!("^{{{text}}}"),
            Kind::Word | Kind::Other => text,
        }
    })
    .collect()
}

pub(super) fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    let _ = table
        .load_style(presets::NOTHING.header_separator(RULE))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(header);
    table
}

/// ", key = value" for each.
pub(super) fn settings_in_words(settings: &[(Cow<'static, str>, String)]) -> String {
    settings.iter().map(|(key, value)| format!(", {key} = {value}")).collect()
}

pub(super) fn lines(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The coefficient in the derivatives of the loss: F(τ) has one minus sign a node.
fn signed(row: &Row) -> Rational {
    if row.order.is_multiple_of(2) { row.coefficient.clone() } else { -row.coefficient.clone() }
}

pub(super) fn term(row: &Row, symbol: &str) -> String {
    weighted(&signed(row), row.order - 1, symbol)
}

/// c ε^power symbol, without a factor 1.
pub(super) fn weighted(c: &Rational, power: usize, symbol: &str) -> String {
    let sign = if c.is_negative() { "−" } else { "" };
    let size = if c.abs().is_one() { String::new() } else { format!("{} ", c.abs()) };
    let eps = match power {
        0 => String::new(),
        1 => "ε ".to_owned(),
        n => format!("ε{} ", superscript(n)),
    };
    format!("{sign}{size}{eps}{symbol}")
}

/// Up to which order the field is a gradient, and of which loss.
fn potential(forest: &Forest, rows: &[Row]) -> String {
    let odd = modified_loss(forest, rows).err();
    // A failure at some order leaves the smaller trees untouched.
    let good = odd.map_or(usize::MAX, |(one, _)| forest.tree(one).order - 1);
    let below: Vec<Row> = rows.iter().filter(|row| row.order <= good).cloned().collect();
    let sum = modified_loss_in_words(forest, &below, usize::MAX).unwrap_or_default();
    match odd {
        None => format!(
            "Up to ε{}, as far as it was derived, a gradient: dw/dt = −∇C̃ with C̃ = {sum}",
            superscript(forest.order() - 1)
        ),
        Some((one, other)) if sum.is_empty() => not_a_gradient(forest, one, other),
        Some((one, other)) => format!(
            "Up to ε{} a gradient: dw/dt = −∇C̃ with C̃ = {sum}\n{}",
            superscript(good - 1),
            not_a_gradient(forest, one, other)
        ),
    }
}

/// C̃ up to ε^(`order` − 1), if that much of the field is a gradient.
pub(super) fn modified_loss_in_words(
    forest: &Forest,
    rows: &[Row],
    order: usize,
) -> Option<String> {
    let below: Vec<Row> = rows.iter().filter(|row| row.order <= order).cloned().collect();
    let terms: Vec<String> = (modified_loss(forest, &below).ok()?.iter())
        .map(|Contraction { tree, order, coefficient }| {
            weighted(coefficient, order - 1, &contraction(forest, *tree))
        })
        .collect();
    Some(terms.join(" + ").replace("+ −", "− "))
}

fn not_a_gradient(forest: &Forest, one: TreeId, other: TreeId) -> String {
    format!(
        "Beyond that it is none: {} and {} are one tree rooted at different nodes, with different \
         coefficients",
        forest.show(one),
        forest.show(other)
    )
}

/// The full contraction of a free tree, from one of its rootings.
fn contraction(forest: &Forest, tree: TreeId) -> String {
    let root = forest.tree(tree);
    let children: Vec<String> = root.children.iter().rev().map(|&c| forest.derivative(c)).collect();
    let batch = forest.derivative(tree);
    let batch = batch.split(['[', ' ']).next().unwrap_or_default();
    let own = batch.split_once('_').map_or(String::new(), |(_, letter)| format!("_{letter}"));
    match children.as_slice() {
        [] => format!("C{own}"),
        [one] if *one == format!("g{own}") => format!("‖g{own}‖²"),
        [one] if !one.contains(' ') => format!("g{own}·{one}"),
        [one] => format!("g{own}·({one})"),
        [_, _] => format!("H{own}[{}]", children.join(", ")),
        [_, _, _] => format!("T{own}[{}]", children.join(", ")),
        more => format!("D{}C{own}[{}]", more.len(), children.join(", ")),
    }
}
