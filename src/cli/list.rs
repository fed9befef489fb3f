//! `shadowflow list`.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{CommandError, screen};
use crate::demo;
use crate::leg::Sabotage;
use crate::loss::{self, preset};
use crate::method::{FULL_BATCH, Method, Methods, Setting};
use crate::theorem::{Catalogue, Settings, Theorem};

/// What `list` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Also list the names that --sabotage takes
    #[arg(long)]
    controls: bool,
    /// List the methods that `derive` takes, with their settings, and nothing else
    #[arg(long, conflicts_with = "controls")]
    methods: bool,
    /// How the list is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// For programs
    Json,
}

/// Lists the catalogue, the losses, the demonstrations and the methods.
pub(super) fn run(
    catalogue: &Catalogue,
    methods: &Methods,
    arguments: &Arguments,
) -> Result<ExitCode, CommandError> {
    let text = match (arguments.format, arguments.methods) {
        (Format::Table, true) => methods_table(methods),
        (Format::Table, false) => table(catalogue, methods, arguments.controls),
        (Format::Json, true) => json(&methods_json(methods))?,
        (Format::Json, false) => {
            let theorems: Vec<Value> = (catalogue.theorems().iter())
                .map(|theorem| theorem_json(catalogue, theorem, arguments.controls))
                .collect();
            json(&json!({
                "theorems": theorems,
                "losses": losses(catalogue).into_iter()
                    .map(|(name, about)| json!({"name": name, "description": about}))
                    .collect::<Vec<_>>(),
                "demos": demo::all().iter()
                    .map(|demo| json!({"name": demo.name(), "title": demo.title()}))
                    .collect::<Vec<_>>(),
                "methods": methods_json(methods),
            }))?
        }
    };
    screen::show(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn json(value: &Value) -> Result<String, CommandError> {
    Ok(serde_json::to_string(value)? + "\n")
}

fn theorem_json(catalogue: &Catalogue, theorem: &Theorem, with_controls: bool) -> Value {
    let mut listed = json!({
        "id": theorem.id(),
        "states": theorem.summary(),
        "orders": theorem.orders(),
        "source": theorem.source(),
        "losses": theorem.losses(),
        "elsewhere": theorem.elsewhere(),
    });
    if with_controls {
        listed["controls"] = controls(catalogue, theorem).into();
    }
    listed
}

fn methods_json(methods: &Methods) -> Value {
    let setting = |setting: &Setting| {
        let mut listed = json!({"name": setting.name(), "default": setting.default()});
        for (name, bound) in setting.bounds() {
            listed[name] = bound.to_string().into();
        }
        if let Some(texts) = setting.one_of() {
            listed["one_of"] = json!(texts);
        }
        if setting.is_count() {
            listed["integer"] = true.into();
        }
        if setting.is_order() {
            listed["order_of"] = "minibatches".into();
        }
        listed
    };
    let method = |method: &Method| {
        let settings: Vec<Value> = method.settings().iter().map(setting).collect();
        json!({"name": method.name(), "settings": settings, "sampling": method.sampling()})
    };
    methods.iter().map(method).collect()
}

fn losses(catalogue: &Catalogue) -> Vec<(&str, &str)> {
    let own = catalogue.problems().iter().map(|own| (own.name(), "a loss of this program"));
    let mut all: Vec<(&str, &str)> = own.collect();
    for (name, about) in loss::names() {
        all.push((name, about));
    }
    all
}

fn methods_table(methods: &Methods) -> String {
    let rows: Vec<(&str, String)> = methods.iter().map(|m| (m.name(), settings(m))).collect();
    columns(&rows)
}

/// "beta=1/2 (at least 0 and below 1), on random-reshuffling".
fn settings(method: &Method) -> String {
    let setting = |setting: &Setting| {
        let default = setting.default().unwrap_or_else(|| "0,1,…".to_owned());
        let wanted = match setting.wanted() {
            anything if anything.is_empty() => anything,
            wanted => format!(" ({wanted})"),
        };
        format!("{}={default}{wanted}", setting.name())
    };
    let mut parts: Vec<String> = method.settings().iter().map(setting).collect();
    if method.sampling() != FULL_BATCH {
        parts.push(format!("sampling {}", method.sampling()));
    }
    parts.join(", ")
}

/// Names, and what is said of each, below each other.
fn columns<T: AsRef<str>>(rows: &[(&str, T)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, said): &(&str, T)| format!("{name:<width$}  {}", said.as_ref());
    rows.iter().map(|row| line(row).trim_end().to_owned() + "\n").collect()
}

fn table(catalogue: &Catalogue, methods: &Methods, with_controls: bool) -> String {
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
        if with_controls {
            line("controls", &controls(catalogue, theorem).join(", "));
        }
        text.push('\n');
    }
    text += "Losses\n\n";
    text += &columns(&losses(catalogue));
    text += "\nDemonstrations\n\n";
    let demos: Vec<(&str, &str)> =
        demo::all().iter().map(|demo| (demo.name(), demo.title())).collect();
    text += &columns(&demos);
    text += "\nMethods\n\n";
    text + &methods_table(methods)
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
