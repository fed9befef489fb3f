//! Files that are written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The place is a directory.
    #[error("cannot write to '{path}': it is a directory; name a file in it")]
    Directory {
        /// The place asked for.
        path: String,
    },
    /// The file there must not be changed.
    #[error("cannot write to '{path}': the file is read-only; name another one")]
    ReadOnly {
        /// The place asked for.
        path: String,
    },
    /// No file can be made or written there.
    #[error("cannot write to '{path}': {reason}; name a file in a directory that can be written")]
    Unwritable {
        /// The place asked for.
        path: String,
        /// What the operating system says.
        reason: String,
    },
}

impl OutputError {
    /// The system's own words, without the passing file that nobody asked for.
    fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        let said = error.to_string();
        let reason = said.split(" at path ").next().unwrap_or(&said).to_owned();
        OutputError::Unwritable { path: path.display().to_string(), reason }
    }
}

/// A file that will be written, known to be writable.
///
/// Its content is collected beside it under a passing name, so that whatever stood there stays
/// until all of the new content does.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A file, replaced at the end.
    Replaced(NamedTempFile),
    /// A device or a pipe: there is nothing to replace.
    Stream(File),
}

impl OutputFile {
    /// Prepares to write `path`: to be called before any computation.
    ///
    /// # Errors
    /// [`OutputError`] if that will not be possible.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        let unwritable = |error| OutputError::unwritable(path, &error);
        let shown = || path.display().to_string();
        // What a link points to is written, not the link.
        let goal = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Ok(known) = fs::metadata(&goal) {
            if known.is_dir() {
                return Err(OutputError::Directory { path: shown() });
            }
            if known.permissions().readonly() {
                return Err(OutputError::ReadOnly { path: shown() });
            }
            if !known.is_file() {
                let stream = OpenOptions::new().write(true).open(&goal).map_err(unwritable)?;
                return Ok(OutputFile { path: goal, place: Place::Stream(stream) });
            }
        }
        let directory = match goal.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if goal.file_name().is_none() {
            return Err(OutputError::Directory { path: shown() });
        }
        let file = beside(directory).map_err(unwritable)?;
        Ok(OutputFile { path: goal, place: Place::Replaced(file) })
    }

    /// Writes `text` and puts the file in its place.
    ///
    /// # Errors
    /// [`OutputError::Unwritable`]; what stood there before then still does.
    pub fn write(self, text: &str) -> Result<(), OutputError> {
        let path = self.path;
        let unwritable = |error| OutputError::unwritable(&path, &error);
        match self.place {
            Place::Replaced(mut file) => {
                file.write_all(text.as_bytes()).map_err(unwritable)?;
                file.as_file().sync_all().map_err(unwritable)?;
                file.persist(&path).map(drop).map_err(|error| unwritable(error.error))
            }
            Place::Stream(mut file) => file.write_all(text.as_bytes()).map_err(unwritable),
        }
    }
}

/// A new file in `directory` under a passing name, with the permissions of any other new file.
fn beside(directory: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    let builder = builder.prefix(".shadowflow-").suffix(".partial");
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}
