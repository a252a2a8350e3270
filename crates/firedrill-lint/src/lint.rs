//! What a lint is, and the list of all of them.

use crate::cx::{Context, FileCx, RuleCx};
use crate::rules::LINTS;
use firedrill_source::{Code, Diagnostic, Severity};

/// A lint: its name, its page and its check.
#[derive(Debug)]
pub struct Lint {
    /// Its code. Never reused, never renumbered.
    pub code: Code,
    /// Its name, which names the fault, not the cure.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// What it is about.
    pub category: Category,
    /// How bad its findings are at worst.
    pub severity: Severity,
    /// The release in which it appeared.
    pub since: &'static str,
    /// Its page, in Markdown, from the first section on.
    pub page: &'static str,
    pub(crate) check: Check,
}

/// The families of lints; the first digit of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// FD0: files, fields and syntax.
    Files,
    /// FD1: metric types.
    MetricTypes,
    /// FD2: thresholds and values.
    Thresholds,
    /// FD3: labels and vector matching.
    Labels,
    /// FD4: time, and how an alert lives.
    Lifecycle,
    /// FD5: templates.
    Templates,
    /// FD6: relations between rules.
    Relations,
    /// FD8: names, policy and style.
    Style,
    /// FD9: unit tests, manifests and comments for firedrill.
    Tests,
}

impl Category {
    /// A heading for people.
    pub fn title(self) -> &'static str {
        match self {
            Category::Files => "Files, fields and syntax",
            Category::MetricTypes => "Metric types",
            Category::Thresholds => "Thresholds and values",
            Category::Labels => "Labels and vector matching",
            Category::Lifecycle => "Time and lifecycle",
            Category::Templates => "Templates",
            Category::Relations => "Relations between rules",
            Category::Style => "Names, policy and style",
            Category::Tests => "Unit tests, comments and manifests",
        }
    }

    /// The digit after `FD`.
    pub fn digit(self) -> char {
        match self {
            Category::Files => '0',
            Category::MetricTypes => '1',
            Category::Thresholds => '2',
            Category::Labels => '3',
            Category::Lifecycle => '4',
            Category::Templates => '5',
            Category::Relations => '6',
            Category::Style => '8',
            Category::Tests => '9',
        }
    }
}

/// Who looks, and at what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// Nobody here: whoever reads the file finds it.
    Reader,
    /// Looks at one rule alone.
    Rule(fn(&mut RuleCx<'_, '_>)),
    /// Looks at one rule, knowing how the others use its metrics. Without that knowledge it must find at least as much, unless
    /// a metric of the rule is disputed (see [`crate::sketch`]): then the rule gets a second look.
    Usage(fn(&mut RuleCx<'_, '_>)),
    /// Compares rules with each other: those of one file, and those of several.
    Relation {
        /// Looks at one file.
        within: fn(&FileCx<'_>, &mut Vec<Diagnostic>),
        /// Looks at what stands in different files.
        across: fn(&Context<'_>, &mut Vec<Diagnostic>),
    },
}

/// All lints, sorted by code.
pub fn lints() -> &'static [&'static Lint] {
    LINTS
}

/// The lint of that code (in any case) or name.
pub fn find(text: &str) -> Option<&'static Lint> {
    lints()
        .iter()
        .copied()
        .find(|lint| lint.code.0.eq_ignore_ascii_case(text) || lint.name == text)
}

/// The name of a lint; empty for a code that has none.
pub fn name_of(code: Code) -> &'static str {
    lints()
        .binary_search_by_key(&code, |lint| lint.code)
        .map_or("", |index| lints()[index].name)
}
