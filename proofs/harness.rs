//! The theorem check behind `cargo test`: every theorem × loss × leg is a test of its own name.
//!
//! `cargo test random-reshuffling` runs the legs, coefficients, controls and verdicts of that theorem
//! on all its losses. The tests of one cell share one check, which runs when the first of them does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Failed, Trial};
use shadowflow::leg::{BAR_TOLERANCE, Finding, LegEvidence, LegKind, ORDER_TOLERANCE};
use shadowflow::report::derived_fields_markdown;
use shadowflow::scalar::Scalar;
use shadowflow::series::{Derived, ProofStatus};
use shadowflow::sweep::{Plan, Skipped, Task};
use shadowflow::theorem::{Catalogue, Outcome, Settings, Verdict};

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
const SHARED: [&str; 6] =
    ["README", "expansions", "lag", "local-to-global", "seed-slips", "series"];

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let catalogue = Catalogue::standard();
    let plan = Plan::on_their_own(catalogue.theorems(), &Settings::default());
    let mut trials = vec![Trial::test("proofs::a-document-for-every-theorem", {
        let ids = catalogue.theorems().iter().map(|t| t.id().to_owned()).collect();
        move || documents(&ids)
    })];
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
    libtest_mimic::run(&arguments, trials).exit_code()
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
            leg(&outcome(&cell)?.legs[at])
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
