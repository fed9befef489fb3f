//! The theorem check behind `cargo test`: every theorem × loss × leg is a test of its own name.
//!
//! `cargo test random-reshuffling` runs the legs, coefficients, controls and verdicts of that theorem
//! on all its losses. The tests of one cell share one check, which runs when the first of them does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Failed, Trial};
use shadowflow::leg::{BAR_TOLERANCE, Finding, LegEvidence, LegKind, ORDER_TOLERANCE};
use shadowflow::method::{Methods, exact};
use shadowflow::report::derived_fields_markdown;
use shadowflow::scalar::{Ratio, Scalar};
use shadowflow::series::{Derived, ProofStatus};
use shadowflow::sweep::{Plan, Skipped, Task};
use shadowflow::theorem::{Catalogue, Outcome, Settings, Theorem, Verdict};

type Checked = Result<Outcome, Skipped>;
type Cell = Arc<LazyLock<Checked, Box<dyn FnOnce() -> Checked + Send>>>;

/// Sections every proof document has, in this order.
const SECTIONS: [&str; 6] = [
    "## Statement",
    "## Hypotheses",
    "## Proof",
    "## What the machine checks",
    "## Where it fails",
    "## Source",
];

/// What the documents of proved theorems end with.
const DERIVED_FIELD: &str = "## Derived field";

/// Documents in `proofs/` that are not about one theorem.
const SHARED: [&str; 8] = [
    "README",
    "certificates",
    "expansions",
    "lag",
    "local-to-global",
    "notation",
    "seed-slips",
    "series",
];

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let catalogue = Catalogue::standard();
    let plan = Plan::on_their_own(catalogue.theorems(), &Settings::default());
    let mut trials = vec![Trial::test("proofs::a-document-for-every-theorem", {
        let ids = catalogue.theorems().iter().map(|t| t.id().to_owned()).collect();
        move || documents(&ids)
    })];
    trials.push(Trial::test("proofs::every-ambiguous-letter-is-explained", letters));
    trials.push(Trial::test("five-terms::proof::cuts", || by_hand("five-terms", 6, cuts)));
    trials.push(Trial::test("rk4::proof::weights", || by_hand("rk4", 4, stages)));
    for theorem in catalogue.theorems() {
        let id = theorem.id().to_owned();
        let derived = theorem.derived_fields().map_err(|fault| fault.to_string());
        let proved = derived.as_ref().map_or(true, |fields| !fields.is_empty());
        trials.push(Trial::test(format!("{id}::proof::sections"), {
            let id = id.clone();
            move || sections(&id, proved)
        }));
        if proved {
            trials.push(Trial::test(format!("{id}::proof::derived-field"), move || {
                derived_field_of(&id, &derived?)
            }));
        }
    }
    trials.extend(plan.tasks().iter().flat_map(cell_trials));
    let elsewhere = Plan::on_their_own(&with_settings(), &Settings::default());
    trials.extend(elsewhere.tasks().iter().flat_map(cell_trials));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Theorems at other values of a setting than the catalogue's: the momentum that is used in practice.
fn with_settings() -> Vec<Theorem> {
    let methods = Methods::standard();
    let with = |name: &str, setting: &str| {
        let method = methods.method(name)?;
        let values = method.values(&[setting]).ok()?;
        Theorem::of_method(format!("{name}[{setting}]"), method, &values).ok()?
    };
    ["heavy-ball", "nesterov"].into_iter().filter_map(|name| with(name, "beta=9/10")).collect()
}

/// No bar of an order in the catalogue is wider.
const ORDER_BAR: f64 = 0.02;

/// The tests of one theorem on one loss.
fn cell_trials(task: &Task) -> Vec<Trial> {
    let prefix = format!("{}::{}", task.theorem().id(), task.loss());
    let legs = task.problem().map_err(|skipped| skipped.reason).and_then(|problem| {
        task.theorem().legs(problem, task.settings()).map_err(|error| error.to_string())
    });
    let kinds: Vec<LegKind> = match legs {
        Ok(legs) => legs.iter().map(|leg| leg.kind()).collect(),
        Err(message) => return vec![Trial::test(prefix, move || Err(Failed::from(message)))],
    };
    let task = task.clone();
    let work: Box<dyn FnOnce() -> Checked + Send> = Box::new(move || task.check());
    let cell: Cell = Arc::new(LazyLock::new(work));
    let mut trials = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        let twins = kinds[..at].iter().filter(|k| *k == kind).count();
        let suffix = if twins == 0 { String::new() } else { format!("-{}", twins + 1) };
        let cell = Arc::clone(&cell);
        trials.push(Trial::test(format!("{prefix}::{}{suffix}", kind.name()), move || {
            let outcome = outcome(&cell)?;
            leg(&outcome.legs[at])?;
            exponent(&outcome.theorem, &outcome.legs[at])
        }));
    }
    for (name, judge) in [
        ("coefficients", coefficients as fn(&Outcome) -> Result<(), Failed>),
        ("controls", controls),
        ("verdict", verdict),
    ] {
        let cell = Arc::clone(&cell);
        trials.push(Trial::test(format!("{prefix}::{name}"), move || judge(outcome(&cell)?)));
    }
    trials
}

fn outcome(cell: &Cell) -> Result<&Outcome, Failed> {
    (***cell).as_ref().map_err(|skipped| Failed::from(skipped.reason.as_str()))
}

/// The leg holds, its order lies within 0.1 of the claim, and its bar covers the true one.
fn leg(leg: &LegEvidence) -> Result<(), Failed> {
    if leg.finding != Finding::Holds {
        return Err(format!("{:?}: {:?}", leg.finding, leg.ladder).into());
    }
    let in_order = match (&leg.fit, leg.kind) {
        (_, kind) if kind.is_equality() => true,
        (None, _) => false,
        (Some(fit), LegKind::Bound) => fit.order - fit.half_width >= leg.claimed_order,
        (Some(fit), _) => {
            // The errors of the catalogue have whole orders, and each lies in its bar.
            (fit.order - fit.order.round()).abs() <= fit.half_width.min(ORDER_BAR)
                && (fit.order - leg.claimed_order).abs() <= ORDER_TOLERANCE
        }
    };
    if in_order { Ok(()) } else { Err(format!("{:?}", leg.fit).into()) }
}

/// The exponent of a bound that its document tells is the one measured.
fn exponent(id: &str, leg: &LegEvidence) -> Result<(), Failed> {
    let (LegKind::Bound, Some(fit)) = (leg.kind, &leg.fit) else { return Ok(()) };
    let told = format!("${:.2} \\pm {:.2}$", fit.order, fit.half_width);
    let text = std::fs::read_to_string(proofs().join(format!("{id}.md")))?;
    if text.contains(&told) { Ok(()) } else { Err(format!("{id}.md does not say {told}").into()) }
}

/// Every coefficient lies in its bar, and every bar is at most 1e-3 of its value (of the unit that a
/// term claimed absent is measured in).
fn coefficients(outcome: &Outcome) -> Result<(), Failed> {
    for recovered in &outcome.coefficients {
        let claimed = f64::from_ratio(recovered.claimed);
        let within = recovered.estimate.is_some_and(|estimate| {
            (estimate.value - claimed).abs() <= estimate.half_width
                && estimate.half_width <= BAR_TOLERANCE * recovered.magnitude
        });
        if !within {
            return Err(format!("{recovered:?}").into());
        }
    }
    Ok(())
}

/// There are controls, and each is refuted.
fn controls(outcome: &Outcome) -> Result<(), Failed> {
    if outcome.controls.is_empty() {
        return Err("no control was tried".into());
    }
    match outcome.controls.iter().find(|control| control.verdict != Verdict::Refuted) {
        Some(control) => Err(format!("not refuted: {control:?}").into()),
        None => Ok(()),
    }
}

fn verdict(outcome: &Outcome) -> Result<(), Failed> {
    match (outcome.verdict, outcome.proof.status) {
        (Verdict::Confirmed, ProofStatus::Proved | ProofStatus::NotApplicable) => Ok(()),
        (verdict, proof) => Err(format!("{verdict:?}, {proof:?}: {:?}", outcome.reason).into()),
    }
}

fn proofs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs")
}

/// The catalogue and the documents name the same theorems, and the index links each.
fn documents(ids: &BTreeSet<String>) -> Result<(), Failed> {
    let mut written = BTreeSet::new();
    for entry in std::fs::read_dir(proofs())? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "md") {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !SHARED.contains(&stem.as_str()) {
                let _ = written.insert(stem);
            }
        }
    }
    if written != *ids {
        let odd: Vec<_> = written.symmetric_difference(ids).collect();
        return Err(format!("in the catalogue or in proofs/, but not in both: {odd:?}").into());
    }
    let index = std::fs::read_to_string(proofs().join("README.md"))?;
    match ids.iter().find(|id| !index.contains(&format!("({id}.md)"))) {
        Some(id) => Err(format!("the index does not link {id}.md").into()),
        None => Ok(()),
    }
}

fn sections(id: &str, proved: bool) -> Result<(), Failed> {
    let text = std::fs::read_to_string(proofs().join(format!("{id}.md")))?;
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
    let wanted: Vec<&str> = SECTIONS.into_iter().chain(proved.then_some(DERIVED_FIELD)).collect();
    if found == wanted && text.starts_with(&format!("# {id}\n")) {
        Ok(())
    } else {
        Err(format!("the sections are {found:?}, not {wanted:?}").into())
    }
}

/// The table at the end of the document is the field that the machine finds.
fn derived_field_of(id: &str, derived: &[Derived]) -> Result<(), Failed> {
    let text = std::fs::read_to_string(proofs().join(format!("{id}.md")))?;
    let written = text.split_once(DERIVED_FIELD).map_or("", |(_, table)| table).trim();
    let found = derived_fields_markdown(derived);
    if written == found.trim() {
        return Ok(());
    }
    let regenerate = format!("shadowflow prove {id} --format markdown");
    Err(format!("{id}.md must end with what `{regenerate}` writes:\n\n{found}").into())
}

/// What a document calls ambiguous is in the table of letters, and every document links it.
fn letters() -> Result<(), Failed> {
    let table = std::fs::read_to_string(proofs().join("notation.md"))?;
    let (_, table) = table.split_once("## Letters with several meanings").ok_or("no table")?;
    let explained: BTreeSet<&str> = (table.lines())
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('$').skip(1).step_by(2))
        .collect();
    for theorem in Catalogue::standard().theorems() {
        let id = theorem.id();
        let text = std::fs::read_to_string(proofs().join(format!("{id}.md")))?;
        let (said, _) = text.split_once("## Statement").ok_or("no statement")?;
        if !said.contains("[notation](notation.md)") {
            return Err(format!("{id}.md does not link the notation").into());
        }
        let several = said.split(" mean").next().unwrap_or("");
        let named = several.split('$').skip(1).step_by(2);
        if let Some(letter) = named.into_iter().find(|letter| !explained.contains(letter)) {
            return Err(format!("{id}.md: {letter} is not in the table of letters").into());
        }
    }
    for entry in std::fs::read_dir(proofs())? {
        let path = entry?.path();
        let is_document = path.extension().is_some_and(|end| end == "md");
        if !is_document || path.ends_with("notation.md") {
            continue;
        }
        if !std::fs::read_to_string(&path)?.contains("[notation](notation.md)") {
            return Err(format!("{} does not link the notation", path.display()).into());
        }
    }
    Ok(())
}

/// One row of a table of a proof: the tree and its other cells.
type Row<'a> = (&'a str, Vec<&'a str>);

/// How a row that is worked out by hand leads to b/σ, or what is wrong in itself.
type Worked = fn(&[Ratio]) -> Result<Ratio, String>;

/// The rows of a proof's tables that are about a tree of five nodes and have as many cells as `columns`, worked
/// out by hand, lead to the derived field.
fn by_hand(id: &str, columns: usize, coefficient: Worked) -> Result<(), Failed> {
    let text = std::fs::read_to_string(proofs().join(format!("{id}.md")))?;
    let (proof, derived) = text.split_once(DERIVED_FIELD).ok_or("no derived field")?;
    let known: Vec<Row> = derived.lines().filter_map(row).collect();
    let mut worked_out = 0;
    let of_five = |(tree, cells): &Row| tree.matches('a').count() == 5 && cells.len() == columns;
    for (tree, cells) in proof.lines().filter_map(row).filter(of_five) {
        let numbers = cells.iter().map(|cell| sum(cell).ok_or(format!("{tree}: '{cell}'")));
        let found = coefficient(&numbers.collect::<Result<Vec<_>, _>>()?)
            .map_err(|wrong| format!("{tree}: {wrong}"))?;
        let (_, known) = known.iter().find(|(known, _)| *known == tree).ok_or("an unknown tree")?;
        if sum(known[1]) != Some(found) {
            return Err(format!("{tree}: {found} by hand, {} derived", known[1]).into());
        }
        worked_out += 1;
    }
    if worked_out == 9 { Ok(()) } else { Err(format!("{worked_out} of 9 trees").into()) }
}

/// The cells of a line of a table that begins with a tree.
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells =
        line.trim().strip_prefix("| `")?.trim_end_matches('|').split('|').map(str::trim);
    let tree = cells.next()?.strip_suffix('`')?;
    Some((tree, cells.collect()))
}

/// A sum of products such as "1/9 + 2·-1/36".
fn sum(text: &str) -> Option<Ratio> {
    text.split(" + ").try_fold(Ratio::new(0, 1), |sum, product| {
        let factors = product.split('·').try_fold(Ratio::new(1, 1), |p, f| Some(p * exact(f)?));
        Some(sum + factors?)
    })
}

/// Cuts that keep 1, 2, 3 and 4 nodes, b and σ: b is minus the sum.
fn cuts(cells: &[Ratio]) -> Result<Ratio, String> {
    let all = cells[..4].iter().fold(Ratio::new(0, 1), |sum, cell| sum + *cell);
    if (all + cells[4]).is_zero() {
        Ok(cells[4] / cells[5])
    } else {
        Err(format!("the cuts sum to {all}, not to minus {}", cells[4]))
    }
}

/// φ, 1/γ, b and σ: b is φ − 1/γ.
fn stages(cells: &[Ratio]) -> Result<Ratio, String> {
    if cells[0] - cells[1] == cells[2] {
        Ok(cells[2] / cells[3])
    } else {
        Err(format!("{} − {} is not {}", cells[0], cells[1], cells[2]))
    }
}
