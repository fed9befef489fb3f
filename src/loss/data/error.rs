//! What can be wrong with a table.

use crate::loss::{listed, suggestion};

/// Why a table could not be read or used: each variant names the place and what would do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be opened or read.
    #[error("cannot read the table '{file}': {source}; give the path of a CSV file")]
    Read {
        /// The file.
        file: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Nothing in the file.
    #[error(
        "{file}: the file is empty; it needs a header line with column names and then rows of numbers"
    )]
    Empty {
        /// The file.
        file: String,
    },
    /// A header and nothing else.
    #[error("{file}: there is a header line but no row; add at least two rows of numbers")]
    NoRows {
        /// The file.
        file: String,
    },
    /// A line with too few or too many cells.
    #[error(
        "{file}, line {line}: the number of cells is {cells}, but the header names {expected} columns; give every line one cell a column"
    )]
    Ragged {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The number of cells in it.
        cells: usize,
        /// The number of columns.
        expected: usize,
    },
    /// A cell that is not a finite number.
    #[error(
        "{file}, line {line}, column '{column}': '{value}' is not a finite number; write one such as 1.5 or -2e3, or remove the line"
    )]
    Cell {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands in the cell.
        value: String,
    },
    /// A single row.
    #[error(
        "{file}: there is only one row, so no column can be scaled to variance 1; add at least one more"
    )]
    OneRow {
        /// The file.
        file: String,
    },
    /// A target that is the same everywhere.
    #[error(
        "{file}: the target '{target}' has the value {value:?} in every row, so there is nothing to predict; name another target"
    )]
    ConstantTarget {
        /// The file.
        file: String,
        /// The target.
        target: String,
        /// The value in every row.
        value: f64,
    },
    /// A column that cannot be standardised.
    #[error(
        "{file}, column '{column}': every row has the value {value:?}, so it cannot be scaled to variance 1; remove the column"
    )]
    Constant {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The value in every row.
        value: f64,
    },
    /// Two columns of one name.
    #[error("{file}, line 1: two columns are named '{column}'; rename one of them")]
    Duplicate {
        /// The file.
        file: String,
        /// The name.
        column: String,
    },
    /// No column has the target's name.
    #[error("{file}: there is no target column '{target}'; {hint}")]
    UnknownTarget {
        /// The file.
        file: String,
        /// The name asked for.
        target: String,
        /// A column whose name is near, or all of them.
        hint: String,
    },
    /// The target is the only column.
    #[error(
        "{file}: the target '{target}' is the only column; add at least one column to predict it from"
    )]
    NoFeatures {
        /// The file.
        file: String,
        /// The target.
        target: String,
    },
    /// Not readable as CSV.
    #[error(
        "{file}, line {line}: the line is not CSV in UTF-8 ({reason}); save the table as UTF-8"
    )]
    Malformed {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// No minibatches asked for.
    #[error("{file}: the rows cannot be dealt into 0 minibatches; ask for at least 1")]
    NoBatches {
        /// The file.
        file: String,
    },
    /// Fewer rows than minibatches.
    #[error(
        "{file}: {rows} rows cannot be dealt into {batches} minibatches; ask for at most {rows}"
    )]
    TooFewRows {
        /// The file.
        file: String,
        /// The number of rows in use.
        rows: usize,
        /// The number of minibatches asked for.
        batches: usize,
    },
}

impl TableError {
    pub(super) fn unknown_target(file: &str, target: &str, columns: &[String]) -> Self {
        let names = || columns.iter().map(String::as_str);
        TableError::UnknownTarget {
            file: file.to_owned(),
            target: target.to_owned(),
            hint: suggestion(target, names(), || format!("its columns are {}", listed(names()))),
        }
    }
}
