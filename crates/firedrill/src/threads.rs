//! Threads: stacks large enough for the longest expressions, and one pool for everything that runs in parallel.

use firedrill_promql::STACK_BYTES;
use rayon::prelude::*;
use std::sync::{Once, OnceLock};

/// How many threads the user wants; unset for one per core.
static WANTED: OnceLock<usize> = OnceLock::new();
static STARTED: Once = Once::new();

/// Runs the whole program on a stack of [`STACK_BYTES`]; where the system refuses that much, on the one there is.
pub(crate) fn on_deep_stack<T: Send + 'static>(work: fn() -> T) -> T {
    match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work) {
        Ok(thread) => thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => work(),
    }
}

/// Sets the number of threads; of no effect once [`start_pool`] was called.
pub(crate) fn want(threads: usize) {
    let _ = WANTED.set(threads.max(1));
}

/// Starts the pool, whose threads have deep stacks, too. To be called before anything runs in parallel, and only then:
/// threads cost more than a handful of files.
pub(crate) fn start_pool() {
    STARTED.call_once(|| {
        let build = |stack: Option<usize>| {
            // Whoever starts the pool works in it: a thread that only waits has memory of its own, too.
            let mut builder = rayon::ThreadPoolBuilder::new()
                .num_threads(WANTED.get().copied().unwrap_or(0))
                .use_current_thread();
            if let Some(bytes) = stack {
                builder = builder.stack_size(bytes);
            }
            builder.build_global()
        };
        if build(Some(STACK_BYTES)).is_err() {
            // The system refuses stacks of that size. Ordinary rules need none.
            let _ = build(None);
        }
    });
}

/// Has texts written by all threads; they are given in the order of their numbers.
pub(crate) fn spread(pieces: usize, write: &(dyn Fn(usize) -> String + Sync)) -> Vec<String> {
    start_pool();
    (0..pieces).into_par_iter().with_max_len(1).map(write).collect()
}
