//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Fire drills for your alerts: lint, test and prove Prometheus alert rules before they page anyone.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 nothing found, 1 findings or failed tests, 2 could not run.\n\n\
                  Start with:  firedrill check rules/     then:  firedrill test tests/"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find mistakes in rule files
    ///
    /// Reads plain rule files and Kubernetes manifests (PrometheusRule and its relatives). Directories are searched
    /// for them by content; `-` is standard input.
    Check(CheckArgs),
    /// Run unit tests of rules (promtool's format)
    ///
    /// Rule files that the tests name are found beside the test file; Kubernetes manifests work as well.
    Test(TestArgs),
    /// Explain a finding: what it means, an example, how to fix and how to silence it
    Explain {
        /// A code (FD101) or a name (rate-on-gauge)
        code: String,
    },
    /// List all lints
    Lints {
        /// How to write the list
        #[arg(short, long, value_enum, default_value_t)]
        format: OutputFormat,
    },
    /// Run Prometheus' own scripts of loads and evaluations (`.test` files)
    ///
    /// Every instant is evaluated again in ranges and pinned to its time, which must make no difference.
    Promqltest(PromqltestArgs),
    /// Stand in for promtool: `promtool check rules …` and `promtool test rules …`
    ///
    /// Same flags, verdicts, messages and exit codes as promtool 3.14.
    #[command(disable_help_flag = true)]
    Promtool {
        /// promtool's own arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files and directories to check; `-` is standard input
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Metrics with TYPE lines, as an exporter serves them; tells counters from gauges (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Vec<PathBuf>,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub(crate) fail_on: FailOn,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Test files and directories with test files
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests whose name matches this regular expression (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct PromqltestArgs {
    /// Scripts
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// When to colour
    #[arg(long, value_enum, default_value_t)]
    pub(crate) color: ColorChoice,
    /// Say more: infos of `check`, passing tests of `test`
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Say less: no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Switch on a PromQL feature, named as in Prometheus' --enable-feature (repeatable, comma list)
    #[arg(
        long = "enable-feature",
        alias = "feature",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) features: Vec<String>,
    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Excerpts with carets, for people
    #[default]
    Text,
    /// One finding a line: `file:line:col: severity: message [code name]`
    Short,
    /// One JSON document
    Json,
}

impl From<OutputFormat> for firedrill_report::Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Text => firedrill_report::Format::Text,
            OutputFormat::Short => firedrill_report::Format::Short,
            OutputFormat::Json => firedrill_report::Format::Json,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// From which severity on findings make the command fail.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding
    Info,
    /// Warnings and errors
    Warning,
    /// Errors
    Error,
    /// Nothing
    Never,
}
