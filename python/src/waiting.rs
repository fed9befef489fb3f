//! Long work on threads of its own: the interpreter is free meanwhile, and Ctrl-C is heard.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use crate::fault::unexpected;

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
    let started =
        move |_: usize| STOPPED.with_borrow_mut(|stopped| *stopped = Some(Arc::clone(&flag)));
    let pool = (rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)))
        .start_handler(started)
        .build()
        .map_err(unexpected)?;
    let (sender, receiver) = channel();
    let begun = std::thread::Builder::new().spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| pool.install(work)));
        // Nobody listens after an interruption.
        let _ = sender.send(done);
    });
    let _ = begun.map_err(unexpected)?;
    let receiver = Mutex::new(receiver);
    let heard = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(TICK);
    loop {
        match py.detach(heard) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(panic)) => return Err(unexpected(said(&*panic))),
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

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it ended without a message".to_owned())
}
