//! `shadowflow list`.

use std::process::ExitCode;

use super::{CommandError, screen};
use crate::demo;
use crate::leg::Sabotage;
use crate::loss::{self, preset};
use crate::theorem::{Catalogue, Settings, Theorem};

/// What `list` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Also list the names that --sabotage takes
    #[arg(long)]
    controls: bool,
}

/// Lists the catalogue, the losses and the demonstrations.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let mut text = String::from("Theorems\n\n");
    for theorem in catalogue.theorems() {
        text += theorem.id();
        text.push('\n');
        let mut line = |label: &str, value: &str| {
            if !value.is_empty() {
                text += &format!("  {label:<9} {value}\n");
            }
        };
        line("states", theorem.summary());
        line("orders", theorem.orders());
        line("source", theorem.source());
        line("losses", &theorem.losses().join(", "));
        line("no others", theorem.elsewhere());
        if arguments.controls {
            line("controls", &controls(catalogue, theorem).join(", "));
        }
        text.push('\n');
    }
    text += "Losses\n\n";
    let own = catalogue.problems().iter().map(|own| (own.name(), "a loss of this program"));
    let losses: Vec<(&str, &str)> = own.chain(loss::names().iter().copied()).collect();
    let width = losses.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, description) in losses {
        text += &format!("{name:<width$}  {description}\n");
    }
    text += "\nDemonstrations\n\n";
    let width = demo::all().iter().map(|demo| demo.name().len()).max().unwrap_or(0);
    for demo in demo::all() {
        text += &format!("{:<width$}  {}\n", demo.name(), demo.title());
    }
    screen::show(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The controls on all default losses, each once.
fn controls(catalogue: &Catalogue, theorem: &Theorem) -> Vec<String> {
    let settings = Settings::default();
    let mut names: Vec<String> = Vec::new();
    for name in theorem.losses() {
        let own = catalogue.problems().iter().find(|own| own.name() == *name).cloned();
        let problem = own.or_else(|| preset(name, None, None, settings.seed).ok());
        let legs = problem.and_then(|problem| theorem.legs(&problem, &settings).ok());
        let controls = legs.map(|legs| theorem.controls_among(&legs)).unwrap_or_default();
        for control in controls.iter().map(Sabotage::name) {
            if !names.contains(&control) {
                names.push(control);
            }
        }
    }
    names
}
