//! What a demonstration found, for reading and for programs.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::table::{RULE, WIDTH};
use crate::demo::{Agreement, Demo};

/// The version of the JSON of a demonstration. Keys may be added under the same version; changing
/// or removing one raises it.
pub const DEMO_SCHEMA: u32 = 2;

/// What ± means in the sentences of demonstrations, and what bars are in their figures.
pub(super) const BARS: &str = "the mean over seeds ± the half-width of its 95 % confidence interval; \
                               bars in figures are one standard deviation over seeds";

/// A demonstration as text of at most 100 columns, or of fewer on a narrower terminal: what the source reports or the
/// theory says, what was run, what was expected and what was found.
pub fn demo_table(demo: &Demo, width: Option<u16>) -> String {
    let content = &demo.content;
    let plain_table = || plain_table(width.map_or(WIDTH, |columns| columns.min(WIDTH)));
    let mut head = plain_table();
    let run = format!("{} {}", content.setting, seed_and_time(demo));
    let claim = content.claim;
    let mut rows =
        vec![("source", content.source), (claim.word(), claim.sentence()), ("run here", &run)];
    let theorems = demo.theorems.join(", ");
    if !theorems.is_empty() {
        rows.insert(1, ("theorems", &theorems));
    }
    if has_bars(demo) {
        rows.push(("a ± b", BARS));
    }
    for (what, said) in rows {
        let _ = head.add_row([what, said]);
    }
    let mut findings = plain_table();
    let _ = findings
        .load_style(presets::NOTHING.header_separator(RULE))
        .set_header(["", "expected", "found"]);
    for finding in &content.findings {
        let _ = findings.add_row([finding.agreement.word(), finding.expected, &finding.found]);
    }
    for table in [&mut head, &mut findings] {
        for column in table.column_iter_mut() {
            let _ = column.set_padding((0, 2));
        }
    }
    let lines = |table: &Table| -> String {
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    };
    format!("{}: {}\n\n{}\n{}", demo.name, demo.title, lines(&head), lines(&findings))
}

/// Whether its sentences have a ±.
pub(super) fn has_bars(demo: &Demo) -> bool {
    demo.content.findings.iter().any(|finding| finding.found.contains('±'))
}

/// What it takes to repeat it: "Seed 1, 2.3 s."
pub(super) fn seed_and_time(demo: &Demo) -> String {
    match demo.seconds {
        short if short < 0.1 => format!("Seed {}, under 0.1 s.", demo.seed),
        seconds => format!("Seed {}, {seconds:.1} s.", demo.seed),
    }
}

fn plain_table(width: u16) -> Table {
    let mut table = Table::new();
    let _ = table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

/// The numbers of a demonstration as CSV: a header line, then one line a row, with as many digits
/// as read back to the same `f64`. What does not apply is empty.
pub fn demo_csv(demo: &Demo) -> String {
    let table = &demo.content.measurements;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut text = names.join(",") + "\n";
    for row in &table.rows {
        let cell = |x: &f64| if x.is_nan() { String::new() } else { format!("{x:?}") };
        text += &row.iter().map(cell).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text
}

/// A demonstration as one JSON object: its sentences, and its numbers with documented columns. A
/// number that does not apply is null.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn demo_json(demo: &Demo) -> serde_json::Result<String> {
    let content = &demo.content;
    let object = Object {
        schema: DEMO_SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        demo: demo.name,
        title: demo.title,
        theorems: demo.theorems,
        source: content.source,
        claim: content.claim.sentence(),
        claim_by: content.claim.word(),
        setting: &content.setting,
        seed: demo.seed,
        seconds: demo.seconds,
        findings: (content.findings.iter())
            .map(|finding| Found {
                expected: finding.expected,
                found: &finding.found,
                agreement: match finding.agreement {
                    Agreement::Agrees => "agrees",
                    Agreement::Disagrees => "disagrees",
                    Agreement::Undecided => "undecided",
                    Agreement::Unclaimed => "unclaimed",
                },
            })
            .collect(),
        columns: (content.measurements.columns.iter())
            .map(|column| Described { name: column.name, meaning: column.meaning })
            .collect(),
        rows: &content.measurements.rows,
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    version: &'static str,
    demo: &'a str,
    title: &'a str,
    theorems: &'a [&'a str],
    source: &'a str,
    claim: &'a str,
    claim_by: &'a str,
    setting: &'a str,
    seed: u64,
    seconds: f64,
    findings: Vec<Found<'a>>,
    columns: Vec<Described<'a>>,
    rows: &'a [Vec<f64>],
}

#[derive(Serialize)]
struct Found<'a> {
    expected: &'a str,
    found: &'a str,
    agreement: &'static str,
}

#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    meaning: &'a str,
}
