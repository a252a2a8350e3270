//! How far a long run has come, on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Who waits no longer than this need not be told.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// A bar on standard error; nothing where that is no terminal.
pub(super) struct Progress {
    state: Arc<State>,
    drawer: Option<std::thread::JoinHandle<()>>,
}

struct State {
    total: usize,
    done: AtomicUsize,
    ended: AtomicBool,
}

impl Progress {
    /// Begins to count files, of which there are `total`.
    pub(super) fn start(total: usize) -> Self {
        let state = Arc::new(State {
            total,
            done: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let shown = total > 1 && std::io::stderr().is_terminal();
        let drawer = shown.then(|| {
            let state = state.clone();
            // Without the thread there is no bar, and that is all.
            std::thread::Builder::new().spawn(move || draw(&state)).ok()
        });
        Progress {
            state,
            drawer: drawer.flatten(),
        }
    }

    /// One more file is done.
    pub(super) fn done(&self) {
        self.state.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.state.ended.store(true, Ordering::Relaxed);
        if let Some(drawer) = self.drawer {
            drawer.thread().unpark();
            let _ = drawer.join();
        }
    }
}

fn draw(state: &State) {
    std::thread::park_timeout(PATIENCE);
    let mut drawn = false;
    while !state.ended.load(Ordering::Relaxed) {
        let line = bar(state.done.load(Ordering::Relaxed), state.total);
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\r{line}").and_then(|()| err.flush());
        drop(err);
        drawn = true;
        std::thread::park_timeout(REFRESH);
    }
    if drawn {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
    }
}

fn bar(done: usize, total: usize) -> String {
    let filled = WIDTH * done / total.max(1);
    format!(
        "[{}{}] {done}/{total} test files",
        "=".repeat(filled),
        " ".repeat(WIDTH - filled.min(WIDTH))
    )
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn the_bar_fills_up() {
        assert_eq!(bar(0, 4), format!("[{}] 0/4 test files", " ".repeat(30)));
        assert_eq!(
            bar(2, 4),
            format!("[{}{}] 2/4 test files", "=".repeat(15), " ".repeat(15))
        );
        assert_eq!(bar(4, 4), format!("[{}] 4/4 test files", "=".repeat(30)));
    }
}
