//! `shadowflow prove`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::{CommandError, screen, selection};
use crate::leg::Sabotage;
use crate::record::{ProofRecord, TheoremProof, proofs_json};
use crate::report::{derived_fields_markdown, proofs_table};
use crate::series::{Proof, ProofStatus};
use crate::theorem::{Catalogue, Expanded, Theorem};

/// Something was refuted.
const REFUTED: u8 = 1;

/// What `prove` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorems, as `list` names them [default: all]
    #[arg(value_name = "ID")]
    pub(super) theorems: Vec<String>,
    /// A setting of the methods named that have it, exactly, such as beta=0.9: the flow claimed for them is
    /// compared with it; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) settings: Vec<String>,
    /// Whether nobody named them: then those beyond series are listed as such.
    #[arg(skip)]
    pub(super) unnamed: bool,
    /// Compare this control in the claim's place, such as "omit batch penalty": it must be refuted
    #[arg(long, value_name = "CONTROL")]
    sabotage: Option<String>,
    /// How results are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// For programs
    Json,
    /// The fields that the proofs find, as the proof documents have them
    Markdown,
}

/// Compares what was asked for in exact series and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let mut theorems: Vec<&Theorem> = Vec::new();
    for id in &arguments.theorems {
        theorems.push(selection::theorem(catalogue, id)?);
    }
    if theorems.is_empty() {
        theorems.extend(catalogue.theorems());
    }
    let sabotage = match &arguments.sabotage {
        None => None,
        Some(name) => {
            let mut known: Vec<Sabotage> = Vec::new();
            theorems.retain(|theorem| {
                let controls = theorem.series_controls();
                let concerned = controls.iter().any(|control| control.is_named(name));
                known.extend(
                    controls
                        .into_iter()
                        .filter(|control| !known.contains(control))
                        .collect::<Vec<_>>(),
                );
                concerned
            });
            Some(selection::control(&known, name)?)
        }
    };
    let mut proofs: Vec<TheoremProof> = Vec::new();
    for theorem in &theorems {
        let proof = theorem
            .proof(sabotage.as_ref())
            .unwrap_or_else(|fault| Proof::unprovable(fault.to_string()));
        let open = proof.status == ProofStatus::NotApplicable;
        let expanded = if open { theorem.expanded(sabotage.as_ref(), None) } else { None };
        let asked = !arguments.unnamed;
        if let Some(why) = proof.unprovable.clone()
            && asked
            && !expanded.as_ref().is_some_and(Expanded::holds)
        {
            return Err(CommandError::Unprovable { theorem: theorem.id().to_owned(), why });
        }
        let (theorem, proof) = (theorem.id().to_owned(), ProofRecord::of(&proof));
        proofs.push(TheoremProof { theorem, proof, expanded });
    }
    screen::show(&match arguments.format {
        Format::Table => proofs_table(&proofs, screen::width()),
        Format::Json => proofs_json(&proofs)?,
        Format::Markdown => derived_fields(&theorems)?,
    })?;
    let refuted = proofs.iter().any(|found| found.proof.status == ProofStatus::Refuted);
    Ok(if refuted { ExitCode::from(REFUTED) } else { ExitCode::SUCCESS })
}

/// The derived fields of all theorems that have one, each under its theorem's name.
fn derived_fields(theorems: &[&Theorem]) -> Result<String, CommandError> {
    let mut text = String::new();
    for theorem in theorems {
        let derived = theorem.derived_fields()?;
        if !derived.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}# {}\n\n{}", theorem.id(), derived_fields_markdown(&derived));
        }
    }
    Ok(text)
}
