//! The commands, one file each.

mod check;
mod explain;
mod metrics;
mod promqltest;
pub(crate) mod promtool;
mod query;
mod test;

use crate::Exit;
use crate::cli::{Cli, Command, Common, LimitArgs};
use crate::config::Config;
use firedrill_eval::Limits;
use std::io::{self, Write};

/// Runs a command and says how the process ends.
pub(crate) fn run(cli: Cli) -> Exit {
    let config = if cli.no_config {
        Ok(Config::default())
    } else {
        Config::load(cli.config.as_deref())
    };
    let config = match config {
        Ok(config) => config,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    match cli.command {
        Command::Check(args) => check::run(&args, &config),
        Command::Test(args) => test::run(&args, &config),
        Command::Query(args) => query::run(&args, &config),
        Command::Metrics(args) => metrics::run(&args, &config),
        Command::Promqltest(args) => promqltest::run(&args, &config),
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
pub(crate) fn limits(args: &LimitArgs, config: &Config) -> Result<Limits, String> {
    let mut limits = config.limits();
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
const OTHER_FEATURES: [&str; 2] = [DELAYED_NAME_REMOVAL, TYPE_AND_UNIT_LABELS];
const DELAYED_NAME_REMOVAL: &str = "promql-delayed-name-removal";
const TYPE_AND_UNIT_LABELS: &str = "type-and-unit-labels";

/// What the configuration and `--enable-feature` ask for.
///
/// # Errors
/// For an unknown name, with a suggestion.
pub(crate) fn features(common: &Common, config: &Config) -> Result<firedrill_promql::Features, String> {
    let mut features = firedrill_promql::Features::promtool_default();
    for name in config.features() {
        features.enable(name);
    }
    for flag in &common.features {
        known_feature(flag)?;
        features.enable(flag);
    }
    Ok(features)
}

/// Whether Prometheus knows a feature by that name.
///
/// # Errors
/// If it does not, with a suggestion.
pub(crate) fn known_feature(name: &str) -> Result<(), String> {
    if firedrill_promql::Features::default().enable(name) || OTHER_FEATURES.contains(&name) {
        return Ok(());
    }
    let known = [
        "promql-experimental-functions",
        "promql-duration-expr",
        "promql-extended-range-selectors",
        "promql-binop-fill-modifiers",
        DELAYED_NAME_REMOVAL,
        TYPE_AND_UNIT_LABELS,
    ];
    let hint = match firedrill_source::nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", known.join(", ")),
    };
    Err(format!("unknown feature {name}; {hint}"))
}

/// Whether metric names are dropped at the end of a query only.
pub(crate) fn delayed_name_removal(common: &Common, config: &Config) -> bool {
    is_on(DELAYED_NAME_REMOVAL, common, config)
}

/// Whether the types of metrics are read off their labels.
pub(crate) fn type_and_unit_labels(common: &Common, config: &Config) -> bool {
    is_on(TYPE_AND_UNIT_LABELS, common, config)
}

fn is_on(feature: &str, common: &Common, config: &Config) -> bool {
    let mut names = common
        .features
        .iter()
        .map(String::as_str)
        .chain(config.features());
    names.any(|name| name == feature)
}
