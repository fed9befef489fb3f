//! The proof documents, part of the program.

use include_dir::{Dir, include_dir};

static PROOFS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/proofs");

/// The document of this name in `proofs/`: a theorem's identifier, `series`, `local-to-global` or
/// `README`.
pub fn document(name: &str) -> Option<&'static str> {
    PROOFS.get_file(format!("{name}.md"))?.contents_utf8()
}

#[cfg(test)]
mod tests;
