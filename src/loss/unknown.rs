//! A name that nothing has.

use super::suggestion;

/// There is nothing of this kind of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} '{name}'; {hint}")]
pub struct UnknownName {
    /// What was asked for: a theorem, a method.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// One that is near, or where all of them are listed.
    pub hint: String,
}

impl UnknownName {
    /// `name`, which is not among those `known`, with the nearest of them or where all are `listed`.
    pub(crate) fn among<'a>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
        listed: &str,
    ) -> Self {
        let hint = suggestion(name, known, || listed.to_owned());
        UnknownName { what, name: name.to_owned(), hint }
    }
}
