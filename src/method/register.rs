//! The methods a command knows.

use super::{Method, standard};

/// Methods by name, as plain values that a program extends.
#[derive(Clone, Default)]
pub struct Methods {
    methods: Vec<Method>,
    /// How many of them this crate ships.
    shipped: usize,
}

/// A name that something has already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is a {what} '{name}' already; give this one another name")]
pub struct NameTaken {
    /// What has it.
    pub what: &'static str,
    /// The name.
    pub name: String,
}

impl Methods {
    /// No methods.
    pub fn empty() -> Self {
        Methods::default()
    }

    /// The methods this crate ships.
    pub fn standard() -> Self {
        let methods = standard::methods();
        Methods { shipped: methods.len(), methods }
    }

    /// Adds a method.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one of its name.
    pub fn push(&mut self, method: Method) -> Result<(), NameTaken> {
        if self.method(method.name()).is_some() {
            return Err(NameTaken { what: "method", name: method.name().to_owned() });
        }
        self.methods.push(method);
        Ok(())
    }

    /// The methods, in the order they are listed in.
    pub fn iter(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter()
    }

    /// Those that were added to the ones this crate ships.
    pub fn added(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().skip(self.shipped)
    }

    /// The method of this name.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name() == name)
    }
}
