//! Long work on threads of its own: the interpreter is free meanwhile, and Ctrl-C is heard.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

/// How many threads are in the interpreter, or on their way into it or out of it.
static WITHIN: AtomicUsize = AtomicUsize::new(0);

/// A stay in the interpreter: while there is one, it does not end.
pub(crate) struct Stay;

impl Stay {
    /// One that begins, unless nobody waits any longer for what this thread works at.
    pub(crate) fn begin() -> Option<Stay> {
        let stopped = STOPPED.with_borrow(|stopped| stopped.clone());
        Stay::unless(stopped.as_deref())
    }

    fn unless(stopped: Option<&AtomicBool>) -> Option<Stay> {
        // Counted first: whoever stops it and then counts sees it, or it sees that it is stopped.
        let _ = WITHIN.fetch_add(1, Ordering::SeqCst);
        let stay = Stay;
        (!stopped.is_some_and(|flag| flag.load(Ordering::SeqCst))).then_some(stay)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let _ = WITHIN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until every callback has returned: the interpreter asks for it before it ends, when interrupted work may still be in one.
#[pyfunction]
pub(crate) fn all_returned(py: Python<'_>) {
    py.detach(|| {
        while WITHIN.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
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
                    stop.store(true, Ordering::SeqCst);
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
                STOPPED.with_borrow_mut(|stopped| *stopped = Some(Arc::clone(&flag)));
                let leave = || {
                    thread.run();
                    // Interrupted work may outlive the interpreter, to which its thread then must not return.
                    let leaving = Stay::unless(Some(&flag));
                    while leaving.is_none() {
                        std::thread::park();
                    }
                    leaving
                };
                let left = Python::attach(|py| py.detach(leave));
                drop(left);
            };
            handles.push(std::thread::Builder::new().spawn(run)?);
            Ok(())
        })
        .build()
        .map_err(unexpected)?;
    let done = caught(|| pool.install(work));
    drop(pool);
    for handle in handles {
        // The threads of interrupted work are left alone. What another ends with is what the work says.
        while !handle.is_finished() && !flag.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_micros(20));
        }
    }
    done
}
