//! The drop-in for promtool: `check rules` and `test rules` with promtool's flags, texts and exit codes.

mod check;
mod test;

use crate::Exit;
use firedrill_promql::Features;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

const USAGE: &str = "usage: promtool [--enable-feature=NAME ...] check rules [--lint=duplicate-rules] [--lint-fatal] \
                     [--ignore-unknown-fields] [<rule-files>...]\n       \
                     promtool [--enable-feature=NAME ...] test rules [--run=REGEX ...] [--diff] [--debug] [--junit=FILE] \
                     [--ignore-unknown-fields] <test-rule-file>...\n\nThis is firedrill standing in for promtool 3.14; `firedrill --help` shows \
                     what else it does.";

/// Why a command line is refused, in the words of promtool's flag parser.
struct UsageError(String);

/// A parsed command line.
#[derive(Default)]
struct Line {
    command: Vec<String>,
    files: Vec<PathBuf>,
    features: Vec<String>,
    lint: Option<String>,
    lint_fatal: bool,
    ignore_unknown_fields: bool,
    run: Vec<String>,
    junit: Option<PathBuf>,
    diff: bool,
    debug: bool,
    help: bool,
    version: bool,
}

pub(crate) fn run(args: &[OsString]) -> Exit {
    let args: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let line = match parse(&args) {
        Ok(line) => line,
        Err(UsageError(message)) => {
            say_error(&format!("promtool: error: {message}, try --help"));
            return Exit::Findings;
        }
    };
    if line.version {
        say(&format!(
            "promtool, version 3.14.0 (firedrill {})",
            env!("CARGO_PKG_VERSION")
        ));
        return Exit::Clean;
    }
    if line.help {
        say(USAGE);
        return Exit::Clean;
    }
    for feature in unknown_features(&line) {
        // promtool leaves out the line break, too.
        let _ = write!(
            io::stderr(),
            "  WARNING: Unknown feature passed to --enable-feature: {feature}"
        );
    }
    if line.command[0] == "check" {
        check::run(&line)
    } else {
        test::run(&line)
    }
}

fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn say_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn parse(args: &[String]) -> Result<Line, UsageError> {
    let mut line = Line::default();
    let mut rest = args.iter();
    let mut only_files = false;
    while let Some(arg) = rest.next() {
        if arg == "--" && !only_files {
            only_files = true;
        } else if arg.starts_with("--") && !only_files {
            let (name, value) = match arg[2..].split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&arg[2..], None),
            };
            let mut argument = || {
                value
                    .clone()
                    .or_else(|| rest.next().cloned())
                    .ok_or(UsageError(format!("expected argument for flag '--{name}'")))
            };
            match (name, line.command.first().map(String::as_str)) {
                ("help", _) => line.help = true,
                ("version", _) => line.version = true,
                ("enable-feature", _) => line.features.extend(argument()?.split(',').map(str::to_owned)),
                ("lint", Some("check")) => {
                    if line.lint.replace(argument()?).is_some() {
                        return Err(UsageError("flag 'lint' cannot be repeated".to_owned()));
                    }
                }
                ("lint-fatal", Some("check")) => line.lint_fatal = true,
                ("no-lint-fatal", Some("check")) => line.lint_fatal = false,
                ("ignore-unknown-fields", Some(_)) => line.ignore_unknown_fields = true,
                ("no-ignore-unknown-fields", Some(_)) => line.ignore_unknown_fields = false,
                ("run", Some("test")) => line.run.push(argument()?),
                ("junit", Some("test")) => {
                    if line.junit.replace(PathBuf::from(argument()?)).is_some() {
                        return Err(UsageError("flag 'junit' cannot be repeated".to_owned()));
                    }
                }
                ("diff", Some("test")) => line.diff = true,
                ("no-diff", Some("test")) => line.diff = false,
                ("debug", Some("test")) => line.debug = true,
                ("no-debug", Some("test")) => line.debug = false,
                _ => return Err(UsageError(format!("unknown long flag '--{name}'"))),
            }
        } else if arg == "-h" && !only_files {
            line.help = true;
        } else if arg.starts_with('-') && arg.len() > 1 && !only_files {
            let flag: String = arg.chars().take(2).collect();
            return Err(UsageError(format!("unknown short flag '{flag}'")));
        } else if line.command.len() < 2 {
            let known: &[&str] = if line.command.is_empty() {
                &["check", "test"]
            } else {
                &["rules"]
            };
            if !known.contains(&arg.as_str()) {
                return Err(UsageError(format!(
                    "expected command but got {}",
                    firedrill_value::quote(arg)
                )));
            }
            line.command.push(arg.clone());
        } else {
            line.files.push(PathBuf::from(arg));
        }
    }
    if line.help || line.version {
        return Ok(line);
    }
    if line.command.len() < 2 {
        line.help = true;
        return Ok(line);
    }
    for file in &line.files {
        if file.is_dir() {
            return Err(UsageError(format!("'{}' is a directory", file.display())));
        }
        if file.as_os_str() == "-" || !file.exists() {
            let shown = if file.as_os_str() == "-" {
                String::new()
            } else {
                file.display().to_string()
            };
            return Err(UsageError(format!("path '{shown}' does not exist")));
        }
    }
    if line.command[0] == "test" && line.files.is_empty() {
        return Err(UsageError(
            "required argument 'test-rule-file' not provided".to_owned(),
        ));
    }
    Ok(line)
}

fn unknown_features(line: &Line) -> Vec<&str> {
    let known = |name: &str| {
        matches!(name, "promql-delayed-name-removal" | "promql-duration-expr" | "")
            || Features::default().enable(name)
    };
    line.features
        .iter()
        .map(String::as_str)
        .filter(|name| !known(name))
        .collect()
}

fn features(line: &Line) -> Features {
    Features::from_flags(line.features.iter().map(String::as_str))
}
