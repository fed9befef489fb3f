//! How long a check took, and where it ran.

use serde::{Deserialize, Serialize};

/// The run that a record comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The processor time of the check, in seconds: what its own computation used, not what its thread
    /// waited for; none where the system does not tell.
    pub seconds: Option<f64>,
    /// The machine it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
}

impl Run {
    /// The processor time in seconds with that many `decimals`; a dash where it is not known.
    pub fn time(&self, decimals: usize) -> String {
        self.seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.decimals$}"))
    }
}

/// This machine, as far as results and times may depend on it.
pub fn machine() -> String {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    match std::thread::available_parallelism() {
        Ok(cores) => format!("{system} {processor}, {cores} cores"),
        Err(_) => format!("{system} {processor}"),
    }
}
