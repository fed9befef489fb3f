//! The command.

use std::process::ExitCode;

fn main() -> ExitCode {
    shadowflow::cli::run(shadowflow::theorem::Catalogue::standard())
}
