//! Processor time, added up over the threads that share a piece of work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cpu_time::ThreadTime;

/// The processor time of work that is shared out over threads: each part is measured on the thread that does
/// it. A part may not hand on work to other threads, nor wait for them.
#[derive(Debug, Default)]
pub struct Effort {
    nanoseconds: AtomicU64,
    unknown: AtomicBool,
}

impl Effort {
    /// Does `work`, and adds the time it takes.
    pub fn spend<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = ThreadTime::try_now().ok();
        let done = work();
        match (began, ThreadTime::try_now().ok()) {
            (Some(began), Some(now)) => {
                let spent = now.as_duration().saturating_sub(began.as_duration()).as_nanos();
                let spent = u64::try_from(spent).unwrap_or(u64::MAX);
                let _ = self.nanoseconds.fetch_add(spent, Ordering::Relaxed);
            }
            _ => self.unknown.store(true, Ordering::Relaxed),
        }
        done
    }

    /// All of it, in seconds; NaN where the system does not tell.
    pub fn seconds(&self) -> f64 {
        if self.unknown.load(Ordering::Relaxed) {
            return f64::NAN;
        }
        self.nanoseconds.load(Ordering::Relaxed) as f64 * 1e-9
    }
}

#[cfg(test)]
mod tests {
    use super::Effort;

    #[test]
    fn effort_is_added_up_over_threads_and_does_not_count_sleep() {
        let effort = Effort::default();
        let busy = || {
            let began = cpu_time::ThreadTime::now();
            while began.elapsed().as_millis() < 20 {
                std::hint::spin_loop();
            }
        };
        effort.spend(|| std::thread::sleep(std::time::Duration::from_millis(50)));
        assert!(effort.seconds() < 0.02, "{}", effort.seconds());
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let _ = scope.spawn(|| effort.spend(busy));
            }
        });
        assert!((0.06..0.12).contains(&effort.seconds()), "{}", effort.seconds());
    }
}
