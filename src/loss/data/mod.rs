//! Data: tables from files and from the program, and examples made of them.

mod error;
mod examples;
mod table;

pub use error::TableError;
pub use examples::Examples;
pub use table::Table;
