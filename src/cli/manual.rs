//! `shadowflow completions` and `shadowflow man`.

use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;

use super::{CommandError, screen};
use crate::loss;

/// What `completions` takes.
#[derive(clap::Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// What `man` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// One of the commands [default: a page on all of them]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Prints the completions of `command`.
pub(super) fn completions(
    mut command: Command,
    arguments: &Completions,
) -> Result<ExitCode, CommandError> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    screen::show(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a manual page.
pub(super) fn run(mut command: Command, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => {
            let known = command.get_subcommands().find(|known| known.get_name() == name);
            known.cloned().ok_or_else(|| {
                let names = || command.get_subcommands().map(Command::get_name);
                let all = || format!("there are {}", loss::listed(names()));
                let hint = loss::suggestion(name, names(), all);
                CommandError::UnknownCommand { name: name.clone(), hint }
            })?
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    screen::show(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
