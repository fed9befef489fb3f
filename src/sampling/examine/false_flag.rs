//! What a sampling scheme claims and does not do.

use std::fmt::{Display, Formatter};

use crate::sampling::Draw;

/// A path of draws, as sentences show it: `1 0 2`, `{0,2} {1,3}`, `full`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(pub Vec<Draw>);

/// Draws that a sentence shows of a path.
const SHOWN: usize = 12;

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the empty path");
        }
        f.write_str("the path ")?;
        for (i, draw) in self.0.iter().take(SHOWN).enumerate() {
            f.write_str(if i > 0 { " " } else { "" })?;
            match draw {
                Draw::Full => f.write_str("full")?,
                Draw::One(k) => write!(f, "{k}")?,
                Draw::Mean(parts) => {
                    let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                    write!(f, "{{{}}}", parts.join(","))?;
                }
            }
        }
        match self.0.len() {
            n if n > SHOWN => write!(f, " … of {n} draws"),
            _ => Ok(()),
        }
    }
}

/// Why the means of a sampling cannot be trusted: its flags, or its contract, are not kept.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FalseFlag {
    /// A draw of a component that is not there.
    #[error(
        "with {components} components {path} draws component {drawn}; components are counted from 0"
    )]
    NoSuchComponent {
        /// The number of components.
        components: usize,
        /// The path, its last draw the wrong one.
        path: Path,
        /// The component.
        drawn: usize,
    },
    /// A batch put together from nothing.
    #[error("with {components} components {path} ends with a batch of no components")]
    EmptyBatch {
        /// The number of components.
        components: usize,
        /// The path, its last draw the wrong one.
        path: Path,
    },
    /// A number of continuations that depends on more than the length of the path.
    #[error(
        "with {components} components {path} has {found} continuations, but another of the same length has {expected}; their number may depend on the length only"
    )]
    UnequalCounts {
        /// The number of components.
        components: usize,
        /// The path.
        path: Path,
        /// Its continuations.
        found: usize,
        /// Those of another path of this length.
        expected: usize,
    },
    /// Another answer to the same question.
    #[error(
        "with {components} components {path} has other continuations at the second call than at the first"
    )]
    NotRepeatable {
        /// The number of components.
        components: usize,
        /// The path.
        path: Path,
    },
    /// A block without an end.
    #[error("with {components} components a block has not ended after {steps} steps")]
    NeverEnds {
        /// The number of components.
        components: usize,
        /// The steps made.
        steps: usize,
    },
    /// A flag that the paths contradict.
    #[error("{flag} is claimed, but with {components} components {why}")]
    Claimed {
        /// The flag: the name of the method that claims it.
        flag: &'static str,
        /// The number of components.
        components: usize,
        /// The path that contradicts it.
        path: Path,
        /// What that path does.
        why: String,
    },
    /// An overridden count that is not what walking the paths gives.
    #[error(
        "{method} says {found} with {components} components, but {path} shows that it is {expected}"
    )]
    Miscounted {
        /// The method that is overridden.
        method: &'static str,
        /// The number of components.
        components: usize,
        /// What it says.
        found: f64,
        /// What it is.
        expected: f64,
        /// A path through a block.
        path: Path,
    },
}
