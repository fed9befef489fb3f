//! A numeric table read from CSV, standardised.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::error::TableError;
use super::separator::Separator;
use super::text::{MOST_BYTES, read_text};

const IRIS: &str = include_str!("../../../data/iris.csv");

/// A table of numbers with one target column; every column has mean 0 and variance 1.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    features: Vec<String>,
    target: String,
    inputs: DMatrix<f64>,
    targets: DVector<f64>,
    /// The number of values that the target has in the whole table.
    values: usize,
    notes: Vec<String>,
}

/// What stands in a file.
struct Parsed {
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
    notes: Vec<String>,
}

impl Table {
    /// Reads the CSV file at `path`, or standard input where that is `-`: a header line, then one line of
    /// numbers a row. The column named `target` is the target, every other one a feature.
    ///
    /// Cells are separated by what the header is separated by: commas, semicolons, tabs or blanks. Blank lines
    /// and lines that begin with `#` are left out.
    ///
    /// # Errors
    /// [`TableError`], which names the file, line and column at fault.
    pub fn read(path: impl AsRef<Path>, target: &str) -> Result<Self, TableError> {
        if path.as_ref() == Path::new("-") {
            return Self::from_reader(std::io::stdin(), "standard input", target);
        }
        let name = path.as_ref().display().to_string();
        match File::open(&path) {
            Ok(file) => Self::from_reader(file, &name, target),
            Err(source) => Err(TableError::Read { file: name, source }),
        }
    }

    /// Reads CSV text as [`read`](Table::read) does; `name` stands for the file in errors.
    ///
    /// # Errors
    /// [`TableError`], which names the line and column at fault.
    pub fn from_reader(reader: impl Read, name: &str, target: &str) -> Result<Self, TableError> {
        Self::from_rows(name, parse(reader, name)?, target)
    }

    /// Fisher's irises: 150 rows, four measurements, the target `species` (0, 1 or 2), sorted by it.
    ///
    /// Source: R. A. Fisher 1936, "The use of multiple measurements in taxonomic problems", Annals
    /// of Eugenics 7:179–188.
    ///
    /// # Errors
    /// None: the table is part of the program. The type is that of every table.
    pub fn iris() -> Result<Self, TableError> {
        Self::from_reader(IRIS.as_bytes(), "iris.csv", "species")
    }

    /// The 100 irises of the species versicolor and virginica, which no plane separates.
    ///
    /// # Errors
    /// None, as for [`iris`](Table::iris).
    pub fn iris_pair() -> Result<Self, TableError> {
        let mut parsed = parse(IRIS.as_bytes(), "iris.csv")?;
        parsed.rows.retain(|row| row.last().is_some_and(|&species| species > 0.5));
        Self::from_rows("iris.csv", parsed, "species")
    }

    fn from_rows(name: &str, parsed: Parsed, target: &str) -> Result<Self, TableError> {
        let Parsed { columns: mut features, rows, notes } = parsed;
        let file = || name.to_owned();
        let Some(place) = features.iter().position(|column| column == target) else {
            return Err(TableError::unknown_target(name, target, &features));
        };
        if features.len() == 1 {
            return Err(TableError::NoFeatures { file: file(), target: target.to_owned() });
        }
        if rows.len() == 1 {
            return Err(TableError::OneRow { file: file() });
        }
        let mut columns = Vec::with_capacity(features.len());
        for (j, column) in features.iter().enumerate() {
            let values = DVector::from_iterator(rows.len(), rows.iter().map(|row| row[j]));
            let standard = standardised(&values).ok_or_else(|| {
                let value = values.iter().next().copied().unwrap_or(f64::NAN);
                if j == place {
                    TableError::ConstantTarget { file: file(), target: target.to_owned(), value }
                } else {
                    TableError::Constant { file: file(), column: column.clone(), value }
                }
            })?;
            columns.push(standard);
        }
        let targets = columns.remove(place);
        let target = features.remove(place);
        let inputs = DMatrix::from_columns(&columns);
        let values = distinct(targets.as_slice());
        Ok(Table { name: file(), features, target, inputs, targets, values, notes })
    }

    /// The number N of rows.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    /// The names of the feature columns.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The name of the target column.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The standardised features, N × `features().len()`.
    pub fn inputs(&self) -> &DMatrix<f64> {
        &self.inputs
    }

    /// The standardised target, N entries.
    pub fn targets(&self) -> &DVector<f64> {
        &self.targets
    }

    /// The number of different values that the target has; rows that are taken of a table keep that of the
    /// whole.
    pub fn target_values(&self) -> usize {
        self.values
    }

    /// How the file was read, where that is not what CSV says: sentences for whoever gave it.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// At most `n` rows (at least one), evenly spread over the table, in its order. They keep the
    /// standardisation of the whole.
    #[must_use]
    pub fn take_spread(&self, n: usize) -> Self {
        let rows = self.rows();
        let n = n.clamp(1, rows);
        let chosen: Vec<usize> = (0..n).map(|i| i * rows / n).collect();
        Table {
            inputs: self.inputs.select_rows(&chosen),
            targets: self.targets.select_rows(&chosen),
            ..self.clone()
        }
    }

    /// The rows 0, 2, 4, … and the rows 1, 3, 5, …: one half to train on, one to hold out. Both keep
    /// the standardisation of the whole.
    #[must_use]
    pub fn halves(&self) -> (Self, Self) {
        let half = |first: usize| {
            let chosen: Vec<usize> = (first..self.rows()).step_by(2).collect();
            Table {
                inputs: self.inputs.select_rows(&chosen),
                targets: self.targets.select_rows(&chosen),
                ..self.clone()
            }
        };
        (half(0), half(1))
    }

    /// The rows, counted from 0, in the random order of `seed` and dealt in turn into `batches`
    /// groups, whose sizes differ by at most one.
    ///
    /// # Errors
    /// [`TableError::NoBatches`] and [`TableError::TooFewRows`].
    pub fn groups(&self, batches: usize, seed: u64) -> Result<Vec<Vec<usize>>, TableError> {
        if batches == 0 {
            return Err(TableError::NoBatches { file: self.name.clone() });
        }
        if batches > self.rows() {
            let (file, rows) = (self.name.clone(), self.rows());
            return Err(TableError::TooFewRows { file, rows, batches });
        }
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let deal = |k| order.iter().copied().skip(k).step_by(batches).collect();
        Ok((0..batches).map(deal).collect())
    }
}

/// The header and the rows of CSV text, every cell a finite number.
fn parse(reader: impl Read, name: &str) -> Result<Parsed, TableError> {
    let file = || name.to_owned();
    let text = read_text(reader, MOST_BYTES)
        .map_err(|source| TableError::Read { file: file(), source })?;
    let separator = Separator::of(&text);
    let text = separator.applied(text);
    let malformed = |error: csv::Error| TableError::Malformed {
        file: file(),
        line: line(&text, error.position()),
        reason: match error.kind() {
            csv::ErrorKind::Utf8 { err, .. } => err.to_string(),
            _ => error.to_string(),
        },
    };

    // Ragged lines are let through here so that the error can count cells.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.byte())
        .comment(Some(b'#'))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(&text[..]);
    let header = reader.headers().map_err(malformed)?;
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    if columns.is_empty() {
        return Err(TableError::Empty { file: file() });
    }
    if let Some(j) = (1..columns.len()).find(|&j| columns[..j].contains(&columns[j])) {
        return Err(TableError::Duplicate { file: file(), column: columns[j].clone() });
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let line = || line(&text, record.position());
        if record.len() != columns.len() {
            let (cells, expected) = (record.len(), columns.len());
            return Err(TableError::Ragged { file: file(), line: line(), cells, expected });
        }
        let mut row = Vec::with_capacity(columns.len());
        for (cell, column) in record.iter().zip(&columns) {
            match cell.parse::<f64>() {
                Ok(x) if x.is_finite() => row.push(x),
                _ => {
                    let (column, value) = (column.clone(), cell.to_owned());
                    return Err(TableError::Cell { file: file(), line: line(), column, value });
                }
            }
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(TableError::NoRows { file: file() });
    }
    let mut notes = separator.note().map(str::to_owned).into_iter().collect::<Vec<_>>();
    match text.split(|&byte| byte == b'\n').filter(|line| line.first() == Some(&b'#')).count() {
        0 => {}
        1 => notes.push("1 line that begins with # is left out".to_owned()),
        count => notes.push(format!("{count} lines that begin with # are left out")),
    }
    Ok(Parsed { columns, rows, notes })
}

/// The line, counted from 1, of the record at `position`. The parser's own count is short by the
/// blank lines and the comments it skips and by the second half of a CRLF.
fn line(text: &[u8], position: Option<&csv::Position>) -> usize {
    let place = position.map_or(0, csv::Position::byte) as usize;
    let (before, mut rest) = text.split_at(place.min(text.len()));
    let breaks = |text: &[u8]| text.iter().filter(|&&byte| byte == b'\n').count();
    let mut skipped = 0;
    while let Some(b'\n' | b'\r' | b'#') = rest.first() {
        let end = if rest[0] == b'#' {
            rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len() - 1)
        } else {
            0
        };
        skipped += breaks(&rest[..=end]);
        rest = &rest[end + 1..];
    }
    1 + breaks(before) + skipped
}

/// The number of different values.
fn distinct(values: &[f64]) -> usize {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| *a <= *b); // sorted, so "not above" is "equal"
    values.len()
}

/// (x − mean)/deviation, or `None` if all entries are equal. Scaled first: squares may overflow.
fn standardised(x: &DVector<f64>) -> Option<DVector<f64>> {
    if x.max() <= x.min() {
        return None;
    }
    let n = x.len() as f64;
    let x = x / x.amax();
    let mean = x.sum() / n;
    let offset = x.add_scalar(-mean);
    let deviation = (offset.norm_squared() / n).sqrt();
    (deviation > 0.0).then(|| offset / deviation)
}
