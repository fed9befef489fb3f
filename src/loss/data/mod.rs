//! Data: tables from files and from the program, and examples made of them.

mod error;
mod examples;
mod separator;
mod table;
mod text;

pub use error::TableError;
pub use examples::Examples;
pub use table::Table;
pub(crate) use text::{MOST_BYTES, read_text};
