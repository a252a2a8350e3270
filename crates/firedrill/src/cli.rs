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
    /// Read this configuration [default: the nearest firedrill.toml, here or above]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration
    #[arg(
        long,
        global = true,
        conflicts_with = "config",
        help_heading = "Configuration"
    )]
    pub(crate) no_config: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find mistakes in rule files
    ///
    /// Reads plain rule files, Kubernetes manifests (PrometheusRule and its relatives), `.promql` files, and Markdown with
    /// blocks of these. Directories are searched for them by content; `-` is standard input.
    Check(CheckArgs),
    /// Run unit tests of rules (promtool's format)
    ///
    /// Rule files that the tests name are found beside the test file; Kubernetes manifests work as well.
    Test(TestArgs),
    /// Evaluate PromQL over series that you give
    ///
    /// Series come from files and from the command line; no server is asked. A file may be a unit test (its input series
    /// are taken), a `.test` script (its loads), what a target exposes on /metrics, an OpenMetrics dump, or lines of
    /// series notation such as `up{job="api"} 1 1 0`: it is told by its content.
    #[command(after_help = QUERY_EXAMPLES)]
    Query(QueryArgs),
    /// Explain a finding: what it means, an example, how to fix and how to silence it
    Explain {
        /// A code (FD101) or a name (rate-on-gauge)
        code: String,
    },
    /// List all lints
    Lints {
        /// How to write the list
        #[arg(short, long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// Show what is known about each metric, and from where
    ///
    /// Facts come from dumps of what targets expose, saved metadata, Go source code, facts files, `firedrill.toml` and the
    /// built-in facts about well-known exporters. Given rule files, their metrics are listed; without, all that was learned.
    Metrics(MetricsArgs),
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
    /// Files and directories to check; `-` is standard input [default: the configured ones, or this directory]
    pub(crate) paths: Vec<PathBuf>,
    /// What is known about metrics: dumps of /metrics, saved metadata, Go source, facts files; or a directory (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) metrics: Vec<PathBuf>,
    /// Repair what can be repaired without changing what any rule does
    #[arg(long, help_heading = "Repairs")]
    pub(crate) fix: bool,
    /// Make the repairs that change what a rule does as well; read what they did
    #[arg(long, help_heading = "Repairs")]
    pub(crate) unsafe_fixes: bool,
    /// Show the repairs, write nothing; exits with 1 if there are any
    #[arg(long, help_heading = "Repairs")]
    pub(crate) diff: bool,
    /// Exit with 1 from this severity on [default: the configured one, or error]
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// What standard input is called in messages; its ending tells Markdown (.md) and PromQL (.promql) from YAML
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_name: Option<PathBuf>,
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Which findings are reported.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Report these lints only: codes, names, or how codes begin, such as FD1 (repeatable, comma list)
    #[arg(long, value_name = "CODES", value_delimiter = ',', help_heading = "Policy")]
    pub(crate) select: Vec<String>,
    /// Do not report these lints (repeatable, comma list)
    #[arg(long, value_name = "CODES", value_delimiter = ',', help_heading = "Policy")]
    pub(crate) ignore: Vec<String>,
    /// Hide the findings of this file [default: the configured one]
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to a file of known findings, report nothing
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["baseline", "changed_since"],
        help_heading = "Policy"
    )]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Report only what concerns rules and lines that have changed since this git revision
    #[arg(long, value_name = "REV", help_heading = "Policy")]
    pub(crate) changed_since: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Rule files and directories whose metrics to list [default: the configured ones]
    pub(crate) paths: Vec<PathBuf>,
    /// Dumps of /metrics, saved metadata, Go source, facts files; or a directory with them (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) metrics: Vec<PathBuf>,
    /// Write what was learned to a facts file, too: commit it, and no dump or source is needed any more
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,
    /// How to write the list
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: PlainFormat,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Test files and directories with test files [default: the configured ones, or this directory]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests whose name matches this regular expression (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Vec<String>,
    /// Write the results as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a page with the results and timelines of all tests, too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// List the slowest tests
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    pub(crate) durations: Option<usize>,
    /// Fail for every test that proves nothing: treat all findings about tests as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Run the rules of each group at the interval of the group only; promtool ignores it
    #[arg(long, conflicts_with = "compat")]
    pub(crate) group_intervals: bool,
    /// Refuse keys of test files that this tool does not know
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) compat: Option<Compat>,
    /// Write what came out into the test files, in place of expected alerts and samples that fail
    ///
    /// Comments and layout stay. The new text is run before it is written.
    #[arg(long, conflicts_with = "watch")]
    pub(crate) update: bool,
    /// With --update: show the changes, write nothing
    #[arg(long, requires = "update")]
    pub(crate) diff: bool,
    /// Keep running: test again what a changed file affects
    #[arg(long, short)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) coverage: CoverageArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Which ways through the rules the tests have seen.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Say which ways through the rules no test has seen; rule files among the paths that no test loads count, too
    #[arg(long, help_heading = "Coverage")]
    pub(crate) coverage: bool,
    /// Write coverage to a file: .info or .lcov, .xml (Cobertura), .json, .html
    #[arg(long, value_name = "FILE", help_heading = "Coverage")]
    pub(crate) coverage_out: Option<PathBuf>,
    /// … in this format, whatever the name of the file is
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        requires = "coverage_out",
        help_heading = "Coverage"
    )]
    pub(crate) coverage_format: Option<CoverageFormat>,
    /// Fail if less than this is covered [default: the configured one]
    #[arg(long, value_name = "PERCENT", help_heading = "Coverage")]
    pub(crate) min_coverage: Option<f64>,
    /// Fail if there is a rule that no test looks at (FD910)
    #[arg(long, help_heading = "Coverage")]
    pub(crate) require_tests: bool,
    /// Only ask for coverage of rules that have changed since this git revision
    #[arg(long, value_name = "REV", help_heading = "Coverage")]
    pub(crate) changed_since: Option<String>,
}

/// How coverage is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// One JSON document
    Json,
    /// LCOV tracefile
    Lcov,
    /// Cobertura XML
    Cobertura,
    /// One page
    Html,
}

const QUERY_EXAMPLES: &str = "\
Times are distances from the first sample (5m; -5m counts back from the last), seconds since 1970, or RFC 3339.

Examples:
  firedrill query 'rate(hits_total[5m])' --series 'hits_total{job=\"api\"} 0+60x10'
  firedrill query 'app_goroutines > 5000' --load tests/app_test.yml --test leak --plot
  curl -s localhost:8080/metrics | firedrill query 'topk(5, go_gc_duration_seconds)' --load -
  firedrill query 'a / on (job) b' --load dump.om --at 2026-01-31T12:00:00Z --explain";

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// The expression
    pub(crate) expr: String,
    /// Load the series of a file, told by its content; `-` is standard input (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) load: Vec<PathBuf>,
    /// A series in notation: `up{job="api"} 1 1 0`, `hits 0+60x10`, `_` for a gap (repeatable)
    #[arg(short, long, value_name = "NOTATION")]
    pub(crate) series: Vec<String>,
    /// Which test of a test file (by name or number), which part of a script [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(crate) test: Option<String>,
    /// Time between samples in notation [default: that of the loaded test, or 1m]
    #[arg(long, value_name = "DURATION")]
    pub(crate) interval: Option<String>,
    /// Evaluate at this time [default: that of the last sample]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["from", "to", "step"])]
    pub(crate) at: Option<String>,
    /// Evaluate at many times, from this one on [default: the first sample]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// … up to this one [default: the last sample]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// … as far from each other [default: as the samples]
    #[arg(long, value_name = "DURATION")]
    pub(crate) step: Option<String>,
    /// Draw a chart; over all samples unless a time is given
    #[arg(long, conflicts_with = "explain")]
    pub(crate) plot: bool,
    /// Show the value of every part of the expression, and what was lost on the way
    #[arg(long, conflicts_with_all = ["from", "to", "step"])]
    pub(crate) explain: bool,
    /// Show what is known of every part without any series: labels, values, units, how far back it looks, and the facts
    /// about its metrics
    #[arg(long, conflicts_with_all = ["explain", "plot", "load", "series", "at", "from", "to", "step"])]
    pub(crate) types: bool,
    /// What is known about metrics, for --types: dumps of /metrics, saved metadata, Go source, facts files; or a directory
    /// (repeatable)
    #[arg(long, value_name = "PATH", requires = "types")]
    pub(crate) metrics: Vec<PathBuf>,
    /// Write no more samples than this
    #[arg(long, value_name = "N")]
    pub(crate) max_output: Option<usize>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: PlainFormat,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Most samples (series × steps) that are loaded, or that a query holds at once [default: 50000000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_samples: Option<usize>,
    /// Most series that are loaded, or that a part of a query yields [default: 1000000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_series: Option<usize>,
    /// How long a query, or the tests of one file, may take; 0 for no limit [default: 2m]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    pub(crate) timeout: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PromqltestArgs {
    /// Scripts
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// How to write results
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: PlainFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// When to colour
    #[arg(long, value_enum, default_value_t)]
    pub(crate) color: ColorChoice,
    /// Say more: infos of `check`, passing tests of `test`, all series of `query --explain`
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Say less: no summary, no head
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
    /// One JSON object a line
    JsonLines,
    /// Annotations of GitHub Actions
    Github,
}

impl OutputFormat {
    /// Whether something may follow that is not in the format.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, OutputFormat::Text | OutputFormat::Short)
    }
}

impl From<OutputFormat> for firedrill_report::Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Text => firedrill_report::Format::Text,
            OutputFormat::Short => firedrill_report::Format::Short,
            OutputFormat::Json => firedrill_report::Format::Json,
            OutputFormat::JsonLines => firedrill_report::Format::JsonLines,
            OutputFormat::Github => firedrill_report::Format::Github,
        }
    }
}

/// How results are written that are no findings.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum PlainFormat {
    /// For people
    #[default]
    Text,
    /// One result a line
    Short,
    /// One JSON document
    Json,
}

impl From<PlainFormat> for firedrill_report::Format {
    fn from(format: PlainFormat) -> Self {
        match format {
            PlainFormat::Text => firedrill_report::Format::Text,
            PlainFormat::Short => firedrill_report::Format::Short,
            PlainFormat::Json => firedrill_report::Format::Json,
        }
    }
}

/// A tool that shall be able to read the same files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    /// promtool 3.14
    Promtool,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding
    Info,
    /// Warnings and errors
    Warning,
    /// Errors
    #[default]
    Error,
    /// Nothing
    Never,
}
