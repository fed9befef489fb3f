//! The documents that the program carries.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::theorem::Catalogue;

#[test]
fn the_documents_are_the_files_in_proofs() {
    for (name, text) in [
        ("README", include_str!("../../../proofs/README.md")),
        ("series", include_str!("../../../proofs/series.md")),
        ("local-to-global", include_str!("../../../proofs/local-to-global.md")),
    ] {
        assert_eq!(document(name), Some(text), "{name}");
    }
    for name in ["", "seriess", "series.md", "../README"] {
        assert_eq!(document(name), None, "{name}");
    }
}

/// Every theorem that is shipped shows its own proof.
#[test]
fn every_theorem_of_the_catalogue_comes_with_its_document() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
    let catalogue = Catalogue::standard();
    assert!(catalogue.theorems().len() > 10);
    for theorem in catalogue.theorems() {
        let text = std::fs::read_to_string(folder.join(format!("{}.md", theorem.id()))).unwrap();
        assert_eq!(theorem.document(), Some(text.as_str()), "{}", theorem.id());
        assert!(text.starts_with("# "), "{}", theorem.id());
    }
}
