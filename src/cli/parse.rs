//! Values on the command line, each refused with what would do.

/// The most minibatches: beyond them no mean over orders can be taken.
const MOST_BATCHES: usize = 1000;
/// The most threads.
const MOST_THREADS: usize = 512;

/// The most nodes of a tree that are worth counting: beyond them the number of trees leaves 128 bits.
const MOST_NODES: usize = 60;
/// The most trials of an audit: beyond them it would run for days.
const MOST_TRIALS: usize = 10_000_000;

/// A finite number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x.is_finite() && x > 0.0 => Ok(x),
        Ok(_) => Err("it must be finite and above 0, such as 0.01".to_owned()),
        Err(_) => Err("it must be a number above 0, such as 0.01".to_owned()),
    }
}

/// "1/2", "-3" or "0.9", exactly.
pub(super) fn exact(text: &str) -> Option<crate::scalar::Ratio> {
    crate::method::exact(text)
}

/// A time in seconds, or `none` for any.
pub(super) fn budget(text: &str) -> Result<Budget, String> {
    if text.trim() == "none" {
        return Ok(Budget(None));
    }
    (positive(text).map(|seconds| Budget(Some(seconds))))
        .map_err(|_| "it must be a number of seconds above 0, such as 30, or none".to_owned())
}

/// The most processor time of one check, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Budget(pub(super) Option<f64>);

/// A number of terms of a flow that is integrated.
pub(super) fn own_terms(text: &str) -> Result<usize, String> {
    counted(text, 4)
}

/// A number of minibatches.
pub(super) fn batches(text: &str) -> Result<usize, String> {
    counted(text, MOST_BATCHES)
}

/// A number of threads.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    counted(text, MOST_THREADS)
}

/// A number of trials.
pub(super) fn count(text: &str) -> Result<usize, String> {
    counted(text, MOST_TRIALS)
}

/// A number of nodes.
pub(super) fn tree_order(text: &str) -> Result<usize, String> {
    counted(text, MOST_NODES)
}

fn counted(text: &str, most: usize) -> Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {most}")),
    }
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}
