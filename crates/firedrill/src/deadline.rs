//! Deadlines: one thread that raises flags when time is up.

use crate::Exit;
use crate::commands::complain;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long somebody who was told to stop may go on before the process ends.
const GRACE: Duration = Duration::from_secs(3);

/// A flag to be raised.
struct Alarm {
    at: Instant,
    flag: Arc<AtomicBool>,
    /// Whether the process ends when the work does not.
    hard: bool,
}

/// Raises flags some time after they were asked for, always the same time.
pub(crate) struct Deadlines {
    after: Option<Duration>,
    alarms: Option<Sender<Alarm>>,
}

impl Deadlines {
    /// Starts the thread, unless there is no deadline.
    pub(crate) fn new(after: Option<Duration>) -> Self {
        let alarms = after.map(|_| {
            let (sender, receiver) = channel();
            // Without the thread nothing is stopped, and that is all.
            let _ = std::thread::Builder::new().spawn(move || watch(&receiver));
            sender
        });
        Deadlines { after, alarms }
    }

    /// A flag that is raised when time is up, as long as somebody beside the alarm holds it. With `hard` the process
    /// ends where raising it is of no use.
    pub(crate) fn flag(&self, hard: bool) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        if let (Some(after), Some(alarms)) = (self.after, &self.alarms)
            && let Some(at) = Instant::now().checked_add(after)
        {
            let _ = alarms.send(Alarm {
                at,
                flag: flag.clone(),
                hard,
            });
        }
        flag
    }
}

fn watch(alarms: &Receiver<Alarm>) {
    // All wait equally long, so they come in the order in which they are due.
    while let Ok(alarm) = alarms.recv() {
        let is_held = || Arc::strong_count(&alarm.flag) > 1;
        while is_held() {
            let left = alarm.at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
        alarm.flag.store(true, Ordering::Relaxed);
        if alarm.hard && is_held() {
            std::thread::sleep(GRACE);
            if is_held() {
                complain("not finished in time; --timeout raises the limit");
                std::process::exit(i32::from(Exit::Unusable.number()));
            }
        }
    }
}
