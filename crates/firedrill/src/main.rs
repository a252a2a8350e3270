//! firedrill: lints, tests and proves Prometheus alert rules.

mod baseline;
mod changes;
mod cli;
mod commands;
mod config;
mod deadline;
mod diff;
mod documents;
mod facts;
mod files;
mod glob;
mod server;
mod terminal;
mod threads;
mod today;

use clap::Parser;
use std::process::ExitCode;

/// What the process ends with; the numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Nothing to complain about.
    Clean,
    /// Findings, or tests that failed.
    Findings,
    /// Could not run.
    Unusable,
    /// promtool's answer to lint findings under `--lint-fatal`.
    PromtoolLint,
}

impl Exit {
    fn number(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Unusable => 2,
            Exit::PromtoolLint => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.number())
    }
}

fn main() -> ExitCode {
    threads::on_deep_stack(run).into()
}

fn run() -> Exit {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // The drop-in speaks promtool's command line, not ours. A link to the binary by that name will do.
    let called = args
        .first()
        .map(std::path::Path::new)
        .and_then(std::path::Path::file_stem);
    if called.is_some_and(|name| name == "promtool") {
        return commands::promtool::run(args.get(1..).unwrap_or_default());
    }
    if args.get(1).is_some_and(|arg| arg == "promtool") {
        return commands::promtool::run(args.get(2..).unwrap_or_default());
    }
    let cli = cli::Cli::parse_from(args);
    commands::run(cli)
}
