//! Files that are written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::{Path, PathBuf};

use atomic_write_file::AtomicWriteFile;

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
    fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        OutputError::Unwritable { path: path.display().to_string(), reason: error.to_string() }
    }
}

/// A file that will be written, known to be writable.
///
/// Nothing is made before the content is complete: whatever ends the program until then leaves no trace. The
/// content is then collected in a file without a name, where the system has such, and put in its place at
/// once, with the mode and, where that is permitted, the owner of what stood there.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A file, replaced at the end.
    Replaced(PathBuf),
    /// A device, a pipe or an open descriptor: there is nothing to replace.
    Stream(File),
    /// This program's standard output.
    Output,
    /// This program's standard error.
    Error,
}

/// The most links that lead to one file, as Linux has it.
const LINKS: usize = 40;

impl OutputFile {
    /// Prepares to write `path`, or to standard output where it is `-`: to be called before any computation.
    ///
    /// # Errors
    /// [`OutputError`] if that will not be possible.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        let unwritable = |error| OutputError::unwritable(path, &error);
        let shown = || path.display().to_string();
        let made = |place| Ok(OutputFile { path: path.to_owned(), place });
        if path == Path::new("-") {
            return made(Place::Output);
        }
        let goal = followed(path).map_err(unwritable)?;
        match descriptor(&goal) {
            Some(Some(1)) => return made(Place::Output),
            Some(Some(2)) => return made(Place::Error),
            Some(_) => return made(Place::Stream(stream(&goal).map_err(unwritable)?)),
            None => {}
        }
        if let Ok(known) = fs::metadata(&goal) {
            if known.is_dir() {
                return Err(OutputError::Directory { path: shown() });
            }
            if !known.is_file() {
                return made(Place::Stream(stream(&goal).map_err(unwritable)?));
            }
            if known.permissions().readonly() {
                return Err(OutputError::ReadOnly { path: shown() });
            }
        }
        if goal.file_name().is_none() {
            return Err(OutputError::Directory { path: shown() });
        }
        // Made and discarded: whether it can be made is known.
        AtomicWriteFile::open(&goal).and_then(AtomicWriteFile::discard).map_err(unwritable)?;
        made(Place::Replaced(goal))
    }

    /// Whether there is nothing to replace: a device, a pipe or an open descriptor.
    pub fn is_stream(&self) -> bool {
        !matches!(self.place, Place::Replaced(_))
    }

    /// Whether it is this program's standard output, which nothing else should be printed to.
    pub fn is_standard_output(&self) -> bool {
        matches!(self.place, Place::Output)
    }

    /// Writes `text` and puts the file in its place.
    ///
    /// # Errors
    /// [`OutputError::Unwritable`]; what stood there before then still does.
    pub fn write(self, text: &str) -> Result<(), OutputError> {
        let text = text.as_bytes();
        let written = match self.place {
            Place::Replaced(goal) => AtomicWriteFile::open(&goal)
                .and_then(|mut file| file.write_all(text).and_then(|()| file.commit())),
            Place::Stream(file) => to_the_end(file, text),
            Place::Output => to_the_end(stdout().lock(), text),
            Place::Error => to_the_end(stderr().lock(), text),
        };
        written.map_err(|error| OutputError::unwritable(&self.path, &error))
    }
}

/// Writes to what cannot be replaced. A reader that has seen enough is no error.
fn to_the_end(mut stream: impl Write, text: &[u8]) -> std::io::Result<()> {
    match stream.write_all(text).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// What is no regular file, or is open already, is written where it ends.
fn stream(goal: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).open(goal)
}

/// What `path` leads to if it is a link, whether that exists or not; a link to an open descriptor is that
/// descriptor, not the file it is of.
fn followed(path: &Path) -> std::io::Result<PathBuf> {
    let mut goal = path.to_owned();
    for _ in 0..LINKS {
        if descriptor(&goal).is_some() {
            return Ok(goal);
        }
        match fs::read_link(&goal) {
            Ok(next) => goal = directory(&goal).join(next),
            Err(_) => return Ok(goal),
        }
    }
    Err(std::io::Error::other("too many links lead on from there"))
}

/// Whether `path` names an open descriptor, of which process ever, and which one of this process it is.
fn descriptor(path: &Path) -> Option<Option<u32>> {
    let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
    let directory = fs::canonicalize(directory(path)).ok()?;
    let is_one = directory == Path::new("/dev/fd")
        || (directory.starts_with("/proc") && directory.ends_with("fd"));
    let is_own = ["/dev/fd", "/proc/self/fd"].into_iter().any(|own| {
        directory == Path::new(own) || fs::canonicalize(own).is_ok_and(|own| own == directory)
    });
    is_one.then_some(is_own.then_some(number))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
