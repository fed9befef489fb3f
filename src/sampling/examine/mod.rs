//! What a sampling scheme claims of itself, against its paths.

mod false_flag;

pub use false_flag::{FalseFlag, Path};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Draw, Sampling};

/// The most steps of an enumeration of all paths.
const STEPS: usize = 10_000;
/// The longest paths that are enumerated: the walk goes as deep.
const DEEPEST: usize = 500;
/// Random paths where there are more, fewer where paths are long: to continue a path of n draws mostly takes n
/// looks at it, and n² for all of it.
const RANDOM_PATHS: usize = 300;
const RANDOM_LOOKS: usize = 100_000;
/// The longest block, or four times the number of components where that is more.
const LONGEST: usize = 10_000;

/// Whether `sampling` over `components` components keeps its contract and does what its flags claim:
/// on all paths of a block where they have 10⁴ steps together, otherwise on a few hundred random ones.
///
/// The flags speak of what follows a path, so that one path suffices to contradict them:
/// `is_random_order` means that exactly the components not yet drawn may follow, each equally often;
/// `is_independent` that every component may, each equally often; `is_balanced` that every path visits
/// each component equally often, where a full batch counts for all and a batch of b for 1/b each.
/// A block longer than 10⁴ steps (or four times the components) is taken to have no end.
///
/// A scheme that draws nothing from this number of components refuses it, which is no fault. What is examined is
/// the scheme at hand: one made for m components need not know what to do with others.
///
/// # Errors
/// The first [`FalseFlag`] found.
pub fn examine(sampling: &dyn Sampling, components: usize, seed: u64) -> Result<(), FalseFlag> {
    let mut walk = Walk { sampling, components, counts: Vec::new(), steps: 0 };
    let first = walk.first()?;
    if first.is_empty() {
        return walk.miscounted("steps", sampling.steps(components) as f64, 0.0, &first);
    }
    walk.overridden(&first)?;
    if first.len() > DEEPEST || !walk.enumerate(&mut Vec::new())? {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let paths = (RANDOM_LOOKS / first.len().pow(2)).clamp(2, RANDOM_PATHS);
        (0..paths).try_for_each(|_| walk.at_random(&mut random))?;
    }
    Ok(())
}

/// A walk through the paths of a block.
struct Walk<'a> {
    sampling: &'a dyn Sampling,
    components: usize,
    /// The number of continuations after each number of steps.
    counts: Vec<usize>,
    /// Steps made in the enumeration.
    steps: usize,
}

impl Walk<'_> {
    /// The path of first continuations, which tells how many there are after each step.
    fn first(&mut self) -> Result<Vec<Draw>, FalseFlag> {
        let longest = LONGEST.max(4 * self.components);
        let mut path = Vec::new();
        loop {
            let next = self.sampling.continuations(&path, self.components);
            self.counts.push(next.len());
            let Some(draw) = next.into_iter().next() else { break };
            if path.len() == longest {
                return Err(FalseFlag::NeverEnds { components: self.components, steps: longest });
            }
            path.push(draw);
        }
        Ok(path)
    }

    /// Counts that a scheme overrides are those of the walk.
    fn overridden(&self, first: &[Draw]) -> Result<(), FalseFlag> {
        let m = self.components;
        let steps = first.len() as f64;
        let paths: f64 = self.counts.iter().take(first.len()).map(|&count| count as f64).product();
        self.miscounted("steps", self.sampling.steps(m) as f64, steps, first)?;
        self.miscounted("paths", self.sampling.paths(m), paths, first)?;
        let (length, ways) = self.sampling.first_path(m);
        self.miscounted("the length of first_path", length as f64, steps, first)?;
        self.miscounted("the multiplicity of first_path", ways, paths, first)
    }

    fn miscounted(
        &self,
        method: &'static str,
        found: f64,
        expected: f64,
        path: &[Draw],
    ) -> Result<(), FalseFlag> {
        // Products of counts may be rounded, and overflow.
        let same = found.total_cmp(&expected).is_eq() || (found / expected - 1.0).abs() < 1e-9;
        if same {
            return Ok(());
        }
        let (components, path) = (self.components, Path(path.to_vec()));
        Err(FalseFlag::Miscounted { method, components, found, expected, path })
    }

    /// Walks all paths from the end of `path`; false if they are too many.
    fn enumerate(&mut self, path: &mut Vec<Draw>) -> Result<bool, FalseFlag> {
        let next = self.continued(path)?;
        if next.is_empty() {
            self.complete(path)?;
            return Ok(true);
        }
        for draw in next {
            self.steps += 1;
            if self.steps > STEPS {
                return Ok(false);
            }
            path.push(draw);
            let whole = self.enumerate(path)?;
            let _ = path.pop();
            if !whole {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Walks one random path.
    fn at_random(&mut self, random: &mut ChaCha8Rng) -> Result<(), FalseFlag> {
        let mut path = Vec::new();
        loop {
            let mut next = self.continued(&path)?;
            if next.is_empty() {
                return self.complete(&path);
            }
            let at = random.random_range(0..next.len());
            path.push(next.swap_remove(at));
        }
    }

    /// The continuations of `path`, after a look at them.
    fn continued(&self, path: &[Draw]) -> Result<Vec<Draw>, FalseFlag> {
        let next = self.sampling.continuations(path, self.components);
        let (components, shown) = (self.components, || Path(path.to_vec()));
        let expected = self.counts.get(path.len()).copied().unwrap_or(0);
        if next.len() != expected {
            let found = next.len();
            return Err(FalseFlag::UnequalCounts { components, path: shown(), found, expected });
        }
        if next != self.sampling.continuations(path, self.components) {
            return Err(FalseFlag::NotRepeatable { components, path: shown() });
        }
        for draw in &next {
            let with = || Path(path.iter().chain([draw]).cloned().collect());
            let parts = match draw {
                Draw::Full => &[],
                Draw::One(k) => std::slice::from_ref(k),
                Draw::Mean(parts) if parts.is_empty() => {
                    return Err(FalseFlag::EmptyBatch { components, path: with() });
                }
                Draw::Mean(parts) => parts.as_slice(),
            };
            if let Some(&drawn) = parts.iter().find(|&&k| k >= components) {
                return Err(FalseFlag::NoSuchComponent { components, path: with(), drawn });
            }
        }
        if next.is_empty() {
            return Ok(next);
        }
        if self.sampling.is_independent() {
            self.follow("is_independent", path, &next, |_| true)?;
        }
        if self.sampling.is_random_order() {
            let drawn = |k: usize| path.contains(&Draw::One(k));
            self.follow("is_random_order", path, &next, |k| !drawn(k))?;
        }
        Ok(next)
    }

    /// Whether exactly the single components that `may` names follow `path`, each equally often.
    fn follow(
        &self,
        flag: &'static str,
        path: &[Draw],
        next: &[Draw],
        may: impl Fn(usize) -> bool,
    ) -> Result<(), FalseFlag> {
        let mut times = vec![0_usize; self.components];
        for draw in next {
            match draw {
                Draw::One(k) => times[*k] += 1,
                _ => {
                    let wrong: Vec<Draw> = path.iter().chain([draw]).cloned().collect();
                    let wrong = Path(wrong);
                    return self.claimed(flag, path, format!("{wrong} draws no single component"));
                }
            }
        }
        let among = (0..self.components).filter(|&k| may(k)).count();
        for (k, &count) in times.iter().enumerate() {
            let expected = if may(k) { next.len() as f64 / among as f64 } else { 0.0 };
            if (count as f64 - expected).abs() > 1e-9 {
                let shown = Path(path.to_vec());
                let why = format!(
                    "component {k} follows {shown} in {count} of {} continuations, not in {}",
                    next.len(),
                    (1e4 * expected).round() / 1e4
                );
                return self.claimed(flag, path, why);
            }
        }
        Ok(())
    }

    /// A path at the end of a block.
    fn complete(&self, path: &[Draw]) -> Result<(), FalseFlag> {
        let m = self.components;
        let shown = Path(path.to_vec());
        if self.sampling.is_random_order() && path.len() != m {
            let why = format!("{shown} has {} draws and is no order of {m}", path.len());
            return self.claimed("is_random_order", path, why);
        }
        if !self.sampling.is_balanced() {
            return Ok(());
        }
        let mut visits = vec![0.0; m];
        for draw in path {
            match draw {
                Draw::Full => visits.iter_mut().for_each(|n| *n += 1.0),
                Draw::One(k) => visits[*k] += 1.0,
                Draw::Mean(parts) => {
                    for &k in parts {
                        visits[k] += 1.0 / parts.len() as f64;
                    }
                }
            }
        }
        let most = (0..m).max_by(|&i, &j| visits[i].total_cmp(&visits[j]));
        let least = (0..m).min_by(|&i, &j| visits[i].total_cmp(&visits[j]));
        let (Some(most), Some(least)) = (most, least) else { return Ok(()) };
        if visits[most] - visits[least] <= 1e-9 * visits[most] {
            return Ok(());
        }
        let round = |x: f64| (1e4 * x).round() / 1e4;
        let (more, less) = (round(visits[most]), round(visits[least]));
        let why = format!(
            "{shown} visits component {most} {more} times and component {least} {less} times"
        );
        self.claimed("is_balanced", path, why)
    }

    fn claimed(&self, flag: &'static str, path: &[Draw], why: String) -> Result<(), FalseFlag> {
        let (components, path) = (self.components, Path(path.to_vec()));
        Err(FalseFlag::Claimed { flag, components, path, why })
    }
}

#[cfg(test)]
mod tests;
