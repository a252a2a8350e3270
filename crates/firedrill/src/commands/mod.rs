//! The commands, one file each.

mod check;
mod explain;
mod promqltest;
pub(crate) mod promtool;
mod query;
mod test;

use crate::Exit;
use crate::cli::{Cli, Command, Common, LimitArgs};
use firedrill_eval::Limits;
use std::io::{self, Write};

/// Runs a command and says how the process ends.
pub(crate) fn run(cli: Cli) -> Exit {
    match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Promqltest(args) => promqltest::run(&args),
        Command::Explain { code } => explain::explain(&code),
        Command::Lints { format } => explain::list(format),
        Command::Promtool { args } => {
            promtool::run(&args.into_iter().map(std::ffi::OsString::from).collect::<Vec<_>>())
        }
    }
}

/// Says on standard error why the command cannot do its work.
pub(crate) fn complain(problem: &str) {
    let _ = writeln!(io::stderr().lock(), "firedrill: {problem}");
}

/// Writes to standard output through a buffer. A reader that has gone away (`| head`) is no error.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if let Err(error) = write(&mut out).and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        complain(&format!("cannot write results: {error}"));
    }
}

/// Sets the number of threads before the first is started.
pub(crate) fn set_jobs(common: &Common) {
    if let Some(jobs) = common.jobs {
        crate::threads::want(jobs);
    }
}

/// The limits that were asked for.
///
/// # Errors
/// If the timeout is no duration.
pub(crate) fn limits(args: &LimitArgs) -> Result<Limits, String> {
    let mut limits = Limits::default();
    if let Some(samples) = args.max_samples {
        limits.max_samples = samples;
    }
    if let Some(series) = args.max_series {
        limits.max_series = series;
    }
    if let Some(text) = &args.timeout {
        let millis = duration("--timeout", text)?;
        limits.timeout = (millis > 0).then(|| std::time::Duration::from_millis(millis.unsigned_abs()));
    }
    Ok(limits)
}

/// A duration of the command line in milliseconds.
///
/// # Errors
/// In words, with the name of the option.
pub(crate) fn duration(option: &str, text: &str) -> Result<i64, String> {
    let parsed = firedrill_value::Duration::parse(text);
    parsed
        .map(firedrill_value::Duration::millis)
        .map_err(|error| format!("{option}: {error}; durations are written as 30s, 5m or 1h30m"))
}

/// The features that Prometheus knows and firedrill need not switch on.
const OTHER_FEATURES: [&str; 1] = ["promql-delayed-name-removal"];

/// What `--enable-feature` asks for; unknown names are errors with a suggestion.
pub(crate) fn features(common: &Common) -> Result<firedrill_promql::Features, String> {
    let mut features = firedrill_promql::Features::promtool_default();
    for flag in &common.features {
        if !features.enable(flag) && !OTHER_FEATURES.contains(&flag.as_str()) {
            let known = [
                "promql-experimental-functions",
                "promql-duration-expr",
                "promql-extended-range-selectors",
                "promql-binop-fill-modifiers",
                "promql-delayed-name-removal",
            ];
            let hint = match firedrill_source::nearest(flag, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            };
            return Err(format!("unknown feature {flag}; {hint}"));
        }
    }
    Ok(features)
}

/// Whether a feature that the engine knows was asked for.
pub(crate) fn delayed_name_removal(common: &Common) -> bool {
    common
        .features
        .iter()
        .any(|flag| flag == "promql-delayed-name-removal")
}
