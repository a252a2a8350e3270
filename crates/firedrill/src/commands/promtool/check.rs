//! `promtool check rules`.

use super::{Line, features, say, say_error};
use crate::Exit;
use crate::files::reason;
use firedrill_promtool::check::{CheckedRules, Options, check_rules};
use std::io::{self, Read as _, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) fn run(line: &Line) -> Exit {
    let options = Options {
        ignore_unknown_fields: line.ignore_unknown_fields,
        features: features(line),
    };
    let mut wants_duplicates = false;
    for option in line.lint.as_deref().unwrap_or("duplicate-rules").split(',') {
        match option {
            "all" | "duplicate-rules" => wants_duplicates = true,
            "none" => {
                wants_duplicates = false;
                break;
            }
            "" => {}
            other => say(&format!(
                "WARNING: unknown lint option: {}",
                firedrill_value::quote(other)
            )),
        }
    }
    let mut verdict = Verdict::default();
    if line.files.is_empty() {
        let mut bytes = Vec::new();
        say("Checking standard input");
        match io::stdin().read_to_end(&mut bytes) {
            Ok(_) => verdict.print(&check_rules("", &bytes, &options), wants_duplicates),
            Err(error) => verdict.fail(&[error.to_string()]),
        }
        verdict.out.flush();
        return verdict.exit(line.lint_fatal);
    }
    let read = |path: &PathBuf| {
        let prefix = format!("{}: ", path.display());
        match std::fs::read(path) {
            Ok(bytes) => check_rules(&prefix, &bytes, &options),
            Err(error) => CheckedRules {
                result: Err(vec![format!(
                    "{prefix}open {}: {}",
                    path.display(),
                    reason(&error)
                )]),
                multiple_documents: false,
                duplicates: None,
            },
        }
    };
    let show = |index: usize, checked: &CheckedRules| {
        verdict
            .out
            .line(&format!("Checking {}", line.files[index].display()));
        verdict.print(checked, wants_duplicates);
    };
    in_order(line.files.len(), |index| read(&line.files[index]), show);
    verdict.out.flush();
    verdict.exit(line.lint_fatal)
}

/// Does `count` jobs on all cores and shows what they come to, in order and as soon as may be.
fn in_order<T: Send + Sync>(count: usize, job: impl Fn(usize) -> T + Sync, mut show: impl FnMut(usize, &T)) {
    /// Threads cost more than a handful of jobs.
    const FEW: usize = 4;
    let cores = if count < FEW {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let done: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        done.get(index)
            .map(|slot| slot.get_or_init(|| job(index)))
            .is_some()
    };
    let mut shown = 0;
    let mut show_done = || {
        while let Some(outcome) = done.get(shown).and_then(OnceLock::get) {
            show(shown, outcome);
            shown += 1;
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..cores.min(count) {
            scope.spawn(|| while work() {});
        }
        while work() {
            show_done();
        }
    });
    show_done();
}

/// Standard output in large pieces, each before what follows it on standard error.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    const LARGE: usize = 1 << 14;

    fn line(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'\n');
        if self.0.len() > Self::LARGE {
            self.flush();
        }
    }

    fn error(&mut self, text: &str) {
        self.flush();
        say_error(text);
    }

    fn flush(&mut self) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(&self.0).and_then(|()| out.flush());
        self.0.clear();
    }
}

/// What all files come to.
#[derive(Default)]
struct Verdict {
    out: Out,
    failed: bool,
    linted: bool,
}

impl Verdict {
    fn print(&mut self, checked: &CheckedRules, wants_duplicates: bool) {
        if checked.multiple_documents {
            self.out.error(
                "level=WARN source=rulefmt.go:369 msg=\"Multiple document yaml rules files are not supported, only the \
                 first document is processed\"",
            );
        }
        match (
            &checked.result,
            checked.duplicates.as_ref().filter(|_| wants_duplicates),
        ) {
            (Err(errors), _) => self.fail(errors),
            (Ok(_), Some(duplicates)) => {
                self.linted = true;
                self.out.error("  FAILED:");
                self.out.error(&format!("lint error {duplicates}"));
                self.out.line("");
            }
            (Ok(rules), None) => self.out.line(&format!("  SUCCESS: {rules} rules found\n")),
        }
    }

    fn fail(&mut self, errors: &[String]) {
        self.failed = true;
        self.out.error("  FAILED:");
        for error in errors {
            self.out.error(error);
        }
    }

    fn exit(&self, lint_fatal: bool) -> Exit {
        match (self.failed, self.linted && lint_fatal) {
            (true, _) => Exit::Findings,
            (false, true) => Exit::PromtoolLint,
            (false, false) => Exit::Clean,
        }
    }
}
