//! `--watch`: tests again what a change affects.

use super::{Runner, report};
use crate::Exit;
use crate::commands::complain;
use notify::{RecursiveMode, Watcher as _};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Editors write a file in several steps; changes within this time are one change.
const SETTLE: Duration = Duration::from_millis(20);

/// Runs all tests, then those whose files change, until the process is ended.
pub(super) fn run(runner: &Runner<'_>) -> Exit {
    let (sender, changes) = channel();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !event.kind.is_access()
        {
            // Who no longer listens is ending.
            let _ = sender.send(event.paths);
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => {
            complain(&format!("--watch: {error}"));
            return Exit::Unusable;
        }
    };
    let mut watched: FxHashSet<PathBuf> = FxHashSet::default();
    // What each test file rests on, by its own path.
    let mut known: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut changed: Option<FxHashSet<PathBuf>> = None;
    loop {
        let mut texts = match runner.find() {
            Ok(texts) => texts.found,
            Err(problem) => {
                complain(&problem);
                return Exit::Unusable;
            }
        };
        if let Some(changed) = &changed {
            texts.retain(|text| {
                let rests_on = text.path.as_ref().and_then(|path| known.get(path));
                // A file that was never run is new.
                rests_on.is_none_or(|files| files.iter().any(|file| changed.contains(&absolute(file))))
            });
        }
        if !texts.is_empty() {
            if changed.is_some() {
                say_again();
            }
            let paths: Vec<Option<PathBuf>> = texts.iter().map(|text| text.path.clone()).collect();
            let run = runner.run(texts, &[]);
            if let Err(problem) = report::write(runner, &run) {
                complain(&problem);
            }
            for (path, files) in paths.into_iter().zip(run.rests_on) {
                if let Some(path) = path {
                    known.insert(path, files);
                }
            }
        }
        // Directories, not files: editors replace files by others of the same name.
        let files = known.values().flatten().map(|file| absolute(file));
        let folders = files.filter_map(|file| file.parent().map(Path::to_path_buf));
        let given = runner
            .paths
            .iter()
            .filter(|path| path.is_dir())
            .map(|path| absolute(path));
        for folder in folders.chain(given).collect::<FxHashSet<_>>() {
            if watched.insert(folder.clone())
                && let Err(error) = watcher.watch(&folder, RecursiveMode::Recursive)
            {
                complain(&format!("cannot watch {}: {error}", folder.display()));
            }
        }
        match next_change(&changes) {
            Some(paths) => changed = Some(paths),
            None => return Exit::Clean,
        }
    }
}

/// Waits for a change, and for those that belong to it. `None` when there will be none any more.
fn next_change(changes: &Receiver<Vec<PathBuf>>) -> Option<FxHashSet<PathBuf>> {
    let mut paths: FxHashSet<PathBuf> = changes.recv().ok()?.into_iter().collect();
    loop {
        match changes.recv_timeout(SETTLE) {
            Ok(more) => paths.extend(more),
            Err(RecvTimeoutError::Timeout) => return Some(paths),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// A path as the watcher tells it.
fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Sets a new run apart from the last one.
fn say_again() {
    let mut out = io::stdout().lock();
    let line = if out.is_terminal() { "\x1b[2J\x1b[H" } else { "\n" };
    let _ = out.write_all(line.as_bytes());
}
