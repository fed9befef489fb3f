//! The command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let catalogue = shadowflow::theorem::Catalogue::standard();
    shadowflow::cli::run(catalogue, shadowflow::method::Methods::standard())
}
