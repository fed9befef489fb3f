//! Demonstrations: pictures of the theory from real runs, and small versions of the papers'
//! experiments, with what the source reports or the theory says and what was found here.
//!
//! A theorem's check compares two sides to stated bars; a demonstration shows what the theory
//! looks like, and how far it carries where the theorems say nothing: long times, visible steps,
//! one run instead of the mean. Its sentences are computed from its numbers, so a result that does
//! not reproduce says so.
//!
//! ```no_run
//! let found = shadowflow::demo::named("two-minima")?.run(1, &())?;
//! for finding in &found.content.findings {
//!     println!("{finding}");
//! }
//! # Ok::<(), shadowflow::demo::DemoError>(())
//! ```

mod backward_error;
mod batch_size;
mod claim;
mod crossing_rate;
mod descent;
mod error;
mod explicit_regulariser;
mod finding;
mod flatness;
mod iris_net;
mod noise_hopping;
mod orders;
mod session;
mod shuffle_cloud;
mod sketch;
mod substeps;
mod tilted_wells;
mod two_minima;
mod valley;
mod wording;

use std::time::Instant;

pub use claim::Claim;
pub use error::DemoError;
pub use finding::{Agreement, Finding};
pub use session::Progress;

use crate::figure::Figure;
use crate::loss::suggestion;
use session::Session;

/// What a demonstration found.
#[derive(Clone, Debug, PartialEq)]
pub struct Demo {
    /// The name it is asked for by.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub title: &'static str,
    /// The theorems of the catalogue that it is a picture of.
    pub theorems: &'static [&'static str],
    /// The seed of everything random in it.
    pub seed: u64,
    /// How long it took, in seconds of wall-clock time.
    pub seconds: f64,
    /// What was found.
    pub content: Content,
}

/// The content of a demonstration: the same for the same seed, whatever the number of threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Who did it first, and where.
    pub source: &'static str,
    /// What is to be seen, and who says it.
    pub claim: Claim,
    /// What was run here: loss, steps, times, how many seeds.
    pub setting: String,
    /// What was found, a sentence each.
    pub findings: Vec<Finding>,
    /// The figure.
    pub figure: Figure,
    /// The numbers behind sentences and figures.
    pub measurements: Measurements,
}

/// A table of numbers with documented columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurements {
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows; every row has one entry a column. NaN stands for what does not apply.
    pub rows: Vec<Vec<f64>>,
}

/// One column of [`Measurements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, fit for a header line: lower case and underscores.
    pub name: &'static str,
    /// What its numbers are.
    pub meaning: &'static str,
}

impl Measurements {
    /// An empty table with columns of these names and meanings.
    fn of(columns: &[(&'static str, &'static str)]) -> Self {
        let columns = columns.iter().map(|&(name, meaning)| Column { name, meaning }).collect();
        Measurements { columns, rows: Vec::new() }
    }
}

/// A demonstration that can be run.
pub struct Demonstration {
    name: &'static str,
    title: &'static str,
    theorems: &'static [&'static str],
    run: fn(&Session<'_>) -> Result<Content, DemoError>,
}

/// All demonstrations: pictures first, then the papers' experiments.
static ALL: [Demonstration; 9] = [
    Demonstration {
        name: "backward-error",
        title: "Backward error analysis in the plane",
        theorems: &["implicit-gradient-regularization", "three-terms"],
        run: backward_error::run,
    },
    Demonstration {
        name: "shuffle-cloud",
        title: "All orders of an epoch and their mean",
        theorems: &["random-reshuffling", "spread"],
        run: shuffle_cloud::run,
    },
    Demonstration {
        name: "two-minima",
        title: "Two equal minima, told apart by shuffling",
        theorems: &["random-reshuffling", "long-times"],
        run: two_minima::run,
    },
    Demonstration {
        name: "valley",
        title: "The drift along a flat valley",
        theorems: &["valley-drift"],
        run: valley::run,
    },
    Demonstration {
        name: "noise-hopping",
        title: "Hopping by noise, a different mechanism",
        theorems: &[],
        run: noise_hopping::run,
    },
    Demonstration {
        name: "flatness",
        title: "Larger steps, larger nets and flatness",
        theorems: &["implicit-gradient-regularization"],
        run: flatness::run,
    },
    Demonstration {
        name: "explicit-regulariser",
        title: "The implicit regulariser made explicit",
        theorems: &["explicit-gradient-regularization"],
        run: explicit_regulariser::run,
    },
    Demonstration {
        name: "substeps",
        title: "Substeps: what changes and what does not",
        theorems: &["substeps"],
        run: substeps::run,
    },
    Demonstration {
        name: "batch-size",
        title: "Step size over batch size",
        theorems: &["batch-size"],
        run: batch_size::run,
    },
];

/// All demonstrations, in the order in which they are best read.
pub fn all() -> &'static [Demonstration] {
    &ALL
}

/// The demonstration `name`.
///
/// # Errors
/// [`DemoError::Unknown`] with the nearest name.
pub fn named(name: &str) -> Result<&'static Demonstration, DemoError> {
    ALL.iter().find(|demo| demo.name == name).ok_or_else(|| {
        let known = || ALL.iter().map(Demonstration::name);
        let all = || format!("there are {}", known().collect::<Vec<_>>().join(", "));
        DemoError::Unknown { name: name.to_owned(), hint: suggestion(name, known(), all) }
    })
}

/// The pictures that cost next to nothing: backward error, the cloud of shuffles, and the modified
/// loss over the two minima.
///
/// # Errors
/// [`DemoError`] if a flow cannot be followed.
pub fn pictures() -> Result<Vec<Figure>, DemoError> {
    Ok(vec![backward_error::picture()?, shuffle_cloud::picture()?, two_minima::picture()?])
}

impl Demonstration {
    /// The name it is asked for by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it shows, in a few words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The theorems of the catalogue that it is a picture of; none where the theory has no theorem here.
    pub fn theorems(&self) -> &'static [&'static str] {
        self.theorems
    }

    /// Runs it, on the threads of the current rayon pool; `progress` is told of every run.
    ///
    /// # Errors
    /// [`DemoError`] if a run or a flow leaves the finite numbers.
    pub fn run(&self, seed: u64, progress: &dyn Progress) -> Result<Demo, DemoError> {
        let began = Instant::now();
        let content = (self.run)(&Session::new(seed, progress))?;
        let seconds = began.elapsed().as_secs_f64();
        let Demonstration { name, title, theorems, .. } = *self;
        Ok(Demo { name, title, theorems, seed, seconds, content })
    }
}
