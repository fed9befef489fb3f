//! What every demonstration is run with: a seed, threads, and somebody who waits.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::DemoError;

/// Told how many runs there will be, and of each that is done.
pub trait Progress: Sync {
    /// `runs` more runs will follow.
    fn expect(&self, runs: usize);

    /// One run is done.
    fn done(&self);
}

/// Nobody waits.
impl Progress for () {
    fn expect(&self, _runs: usize) {}

    fn done(&self) {}
}

/// One run of a demonstration.
pub(super) struct Session<'a> {
    seed: u64,
    progress: &'a dyn Progress,
}

impl<'a> Session<'a> {
    pub(super) fn new(seed: u64, progress: &'a dyn Progress) -> Self {
        Session { seed, progress }
    }

    /// The random numbers of run `index`: independent of every other run's, and of threads.
    pub(super) fn random(&self, index: usize) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(index as u64);
        random
    }

    /// The seed of the start of run `index`.
    pub(super) fn start_seed(&self, index: usize) -> u64 {
        self.seed.wrapping_mul(1000).wrapping_add(index as u64)
    }

    /// `run` of 0, 1, …, `runs` − 1 in parallel; the results are in that order.
    ///
    /// # Errors
    /// That of the first run in that order that has one.
    pub(super) fn map<T: Send>(
        &self,
        runs: usize,
        run: impl Fn(usize) -> Result<T, DemoError> + Sync,
    ) -> Result<Vec<T>, DemoError> {
        self.progress.expect(runs);
        let results: Vec<Result<T, DemoError>> = (0..runs)
            .into_par_iter()
            .with_max_len(1)
            .map(|index| {
                let result = run(index);
                self.progress.done();
                result
            })
            .collect();
        results.into_iter().collect()
    }
}
