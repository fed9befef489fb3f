//! Theorems and methods by name, with what a mistyped one may have meant.

use super::{Catalogue, Theorem};
use crate::loss::UnknownName;
use crate::method::{Method, Methods};

impl Catalogue {
    /// The theorem with this identifier.
    ///
    /// # Errors
    /// [`UnknownName`] with the nearest identifier, if there is none of it.
    pub fn named(&self, id: &str) -> Result<&Theorem, UnknownName> {
        self.theorem(id).ok_or_else(|| {
            let known = self.theorems().iter().map(Theorem::id);
            UnknownName::among("theorem", id, known, "`list` names all")
        })
    }
}

/// The method of this name among `methods`.
///
/// # Errors
/// [`UnknownName`] with the nearest name, if there is none of it.
pub fn method_named<'a>(methods: &'a Methods, name: &str) -> Result<&'a Method, UnknownName> {
    methods.method(name).ok_or_else(|| {
        let known = methods.iter().map(Method::name);
        UnknownName::among("method", name, known, "`list --methods` names all")
    })
}
