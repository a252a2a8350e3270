//! What a project wants of the lints: the `[lints]` table of `firedrill.toml`, and the server that the rules are for.

use firedrill_model::{Date, PrometheusConfig};
use serde::Deserialize;

/// What a project tells the lints.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Its wishes.
    pub options: Options,
    /// The configuration of the server that will run the rules, where it is known.
    pub prometheus: Option<PrometheusConfig>,
    /// Today, as whoever has a clock says; without it no comment expires.
    pub today: Option<Date>,
    /// Whether only some files of the project were read: then nothing is concluded from what was not found.
    pub partial: bool,
}

/// The keys of `[lints]` that are not codes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Whether all recording rules of the server are among the files: then a recorded metric that no rule makes is an error.
    pub closed_world: bool,
    /// Values of the label `severity`, mildest first.
    pub severities: Vec<String>,
    /// Labels that every alert needs (FD804).
    pub required_labels: Vec<String>,
    /// Annotations that every alert needs (FD805).
    pub required_annotations: Vec<String>,
    /// Whether `for: 0s` is written on purpose, to show that nobody forgot it.
    pub explicit_zero_for: bool,
    /// Whether comments that silence findings have to say why (FD909).
    pub suppressions_need_reason: bool,
}

impl Default for Options {
    fn default() -> Self {
        let severities = [
            "none",
            "debug",
            "info",
            "notice",
            "low",
            "warning",
            "minor",
            "medium",
            "major",
            "high",
            "error",
            "critical",
            "page",
            "emergency",
        ];
        Options {
            closed_world: false,
            severities: severities.map(str::to_owned).to_vec(),
            required_labels: Vec::new(),
            required_annotations: Vec::new(),
            explicit_zero_for: false,
            suppressions_need_reason: false,
        }
    }
}

impl Options {
    /// The place of a severity in their order, mildest first.
    pub(crate) fn rank(&self, severity: &str) -> Option<usize> {
        self.severities
            .iter()
            .position(|known| known.eq_ignore_ascii_case(severity))
    }
}
