//! Long work on threads of its own: the interpreter is free meanwhile, and Ctrl-C is heard.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use crate::fault::{caught, unexpected};

/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(50);

thread_local! {
    /// Whether the work of this thread is still wanted.
    static STOPPED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Whether nobody waits any longer for what this thread works at: then no callback is called.
pub(crate) fn stopped() -> bool {
    STOPPED.with_borrow(|stopped| stopped.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// The result of `work`, done on a pool of this many threads, by default one a core.
///
/// # Errors
/// What a signal handler raises, such as KeyboardInterrupt: then the work is left to its end, and calls back no more.
pub(crate) fn worked<T: Send + 'static>(
    py: Python<'_>,
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let (sender, receiver) = channel();
    let begun = std::thread::Builder::new().spawn(move || {
        // Nobody listens after an interruption.
        let _ = sender.send(pooled(threads, &flag, work));
    });
    let _ = begun.map_err(unexpected)?;
    let receiver = Mutex::new(receiver);
    let heard = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(TICK);
    loop {
        match py.detach(heard) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(unexpected("the thread that worked at it is gone"));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(raised) = py.check_signals() {
                    stop.store(true, Ordering::Relaxed);
                    return Err(raised);
                }
            }
        }
    }
}

/// The result of `work` on a pool of threads that the interpreter knows for as long as they live: to make it known to each
/// callback anew would cost ten times the call. They are gone when this returns, so that none meets an interpreter that ends.
fn pooled<T: Send>(
    threads: Option<usize>,
    flag: &Arc<AtomicBool>,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    let mut handles = Vec::new();
    let pool = (rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)))
        .spawn_handler(|thread| {
            let flag = Arc::clone(flag);
            let run = move || {
                STOPPED.with_borrow_mut(|stopped| *stopped = Some(flag));
                Python::attach(|py| py.detach(|| thread.run()));
            };
            handles.push(std::thread::Builder::new().spawn(run)?);
            Ok(())
        })
        .build()
        .map_err(unexpected)?;
    let done = caught(|| pool.install(work));
    drop(pool);
    for handle in handles {
        // What a thread ends with is what the work says.
        let _ = handle.join();
    }
    done
}
