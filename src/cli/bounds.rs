//! What a derivation may take: foreseen before it begins, and watched while it runs.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use cpu_time::ProcessTime;

use super::{CommandError, screen};
use crate::method::Made;
use crate::series::{Effort, ExactOptimizer, SeriesFault};

/// The most memory, in bytes.
const MEMORY: f64 = 4e9;
/// How often what is taken is looked at.
const TICK: Duration = Duration::from_millis(100);
/// The exit status of what is refused.
const REFUSED: i32 = 2;

/// A derivation before it begins.
pub(super) struct Asked<'a> {
    /// The method in exact series.
    pub(super) optimizer: &'a dyn ExactOptimizer,
    /// The method and what feeds it.
    pub(super) made: &'a Made,
    /// The most processor time, in seconds.
    pub(super) budget: Option<f64>,
}

impl Asked<'_> {
    /// # Errors
    /// What would take too many paths, too much memory or too much time, with what would not.
    pub(super) fn expect_affordable(
        &self,
        order: usize,
        batches: usize,
    ) -> Result<(), CommandError> {
        let Some(why) = self.too_dear(order, batches) else { return Ok(()) };
        let orders = largest(order, |order| self.too_dear(order, batches).is_none());
        let fewer = largest(batches, |batches| self.too_dear(order, batches).is_none());
        let mut would_do: Vec<String> = Vec::new();
        would_do.extend(orders.map(|order| format!("--order {order}")));
        would_do.extend(fewer.map(|batches| format!("--batches {batches}")));
        if why.lifted {
            would_do.push("--budget none".to_owned());
        }
        let would_do = match would_do.as_slice() {
            [] => "take fewer of both --order and --batches".to_owned(),
            [one] => format!("{one} would do"),
            [some @ .., last] => format!("{} or {last} would do", some.join(", ")),
        };
        Err(CommandError::TooDear { why: why.said, would_do })
    }

    fn too_dear(&self, order: usize, batches: usize) -> Option<Dear> {
        let sampling = &*self.made.sampling;
        let effort = Effort::to_derive(self.optimizer, sampling, order, batches);
        let with = match effort.batches {
            1 => String::new(),
            m => format!(" with {m} minibatches"),
        };
        match effort.expect_within_bounds() {
            Ok(()) => {
                let budget = self.budget.filter(|budget| effort.seconds > *budget)?;
                let needed = two_digits(effort.seconds);
                let said = format!(
                    "order {order}{with} is foreseen to take {needed} s of processor time, and the budget is {budget} s"
                );
                Some(Dear { said, lifted: true })
            }
            Err(SeriesFault::TooLarge { trees, gigabytes, allowed, .. }) => {
                let (needed, trees) = (two_digits(gigabytes), two_digits(trees as f64));
                let said = format!(
                    "order {order}{with} needs about {needed} GB for {trees} trees, and {allowed} GB are allowed"
                );
                Some(Dear { said, lifted: false })
            }
            Err(SeriesFault::TooManyPaths { paths, batches }) => {
                // Beyond 170 minibatches there are more than a number in f64 holds.
                let many = if paths.is_finite() {
                    format!("{paths:.1e}")
                } else {
                    "1e308 and more".to_owned()
                };
                let said = format!("{batches} minibatches have {many} orders, too many to average");
                Some(Dear { said, lifted: false })
            }
            Err(fault) => Some(Dear { said: fault.to_string(), lifted: false }),
        }
    }
}

/// Why something is too dear.
struct Dear {
    said: String,
    /// Whether a larger budget would do.
    lifted: bool,
}

/// The largest number below `asked` that `does`, where every smaller one does too.
fn largest(asked: usize, does: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut good, mut bad) = (0, asked);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if does(middle) { good = middle } else { bad = middle }
    }
    (good > 0).then_some(good)
}

/// A number as people read it, in two digits or as an integer.
fn two_digits(x: f64) -> String {
    match x {
        x if x < 10.0 => format!("{x:.1}"),
        x if x < 1e7 => format!("{x:.0}"),
        x => format!("{x:.1e}"),
    }
}

/// A watch over what this process takes: it ends it beyond the bounds, and shows on a terminal that time passes.
pub(super) struct Bounded {
    end: Option<Sender<()>>,
    watch: Option<JoinHandle<()>>,
}

impl Bounded {
    /// Watches from here on that no more than `budget` seconds of processor time are taken for `what`.
    pub(super) fn begin(budget: Option<f64>, what: &'static str) -> Self {
        let (end, ended) = channel::<()>();
        let watch = std::thread::Builder::new().spawn(move || {
            let bar = screen::waiting(what);
            let began = ProcessTime::try_now().ok();
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.tick();
                let spent = began.and_then(|began| began.try_elapsed().ok());
                let late = budget.filter(|most| spent.is_some_and(|it| it.as_secs_f64() > *most));
                let large = taken().is_some_and(|bytes| bytes > MEMORY);
                let why = match late {
                    Some(budget) => format!(
                        "it has taken the {budget} s of processor time that are its budget; \
                         take a lower --order, fewer --batches, or a larger --budget"
                    ),
                    None if large => format!(
                        "it has taken the {} GB of memory that are allowed; \
                         take a lower --order or fewer --batches",
                        MEMORY / 1e9
                    ),
                    None => continue,
                };
                bar.finish_and_clear();
                screen::complain("error", &why);
                std::process::exit(REFUSED);
            }
            bar.finish_and_clear();
        });
        Bounded { end: Some(end), watch: watch.ok() }
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
    }
}

/// The memory that this process holds, in bytes, where the system tells.
fn taken() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{largest, two_digits};

    #[test]
    fn the_largest_number_that_does_is_found() {
        assert_eq!(largest(27, |m| m <= 7), Some(7));
        assert_eq!(largest(2, |_| true), Some(1));
        assert_eq!(largest(27, |_| false), None);
        assert_eq!(largest(1, |_| true), None);
        assert_eq!([0.26, 12.34, 2e8].map(two_digits), ["0.3", "12", "2.0e8"].map(str::to_owned));
    }
}
