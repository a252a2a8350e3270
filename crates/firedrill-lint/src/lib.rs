//! The lints, one file each, and the one walk that runs them.

use firedrill_facts::Facts;
use firedrill_model::RuleFile;
use firedrill_source::{Code, Diagnostic, Severity, SourceFile, Sources};

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// Its code.
    pub code: Code,
    /// Its name.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// How bad its findings are at worst.
    pub severity: Severity,
    /// Its page, in Markdown.
    pub page: &'static str,
}

/// All lints, sorted by code.
pub fn lints() -> &'static [&'static Lint] {
    &[]
}

/// The lint of that code (in any case) or name.
pub fn find(text: &str) -> Option<&'static Lint> {
    lints()
        .iter()
        .copied()
        .find(|lint| lint.code.0.eq_ignore_ascii_case(text) || lint.name == text)
}

/// The name of a lint.
pub fn name_of(code: Code) -> &'static str {
    lints()
        .iter()
        .find(|lint| lint.code == code)
        .map_or("", |lint| lint.name)
}

/// How the metrics of the loaded files are used.
#[derive(Clone, Debug, Default)]
pub struct Usage {}

impl Usage {
    /// The usage of several files, in their order.
    pub fn merge(usages: Vec<Usage>) -> Usage {
        let _ = usages;
        Usage {}
    }
}

/// What lints may know.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Usage over all files.
    pub usage: &'a Usage,
    /// Facts about metrics.
    pub facts: &'a Facts,
    /// The texts of all files.
    pub sources: &'a Sources,
}

/// Collects the usage of a file.
pub fn collect(rules: &RuleFile, source: &SourceFile) -> Usage {
    let _ = (rules, source);
    Usage {}
}

/// Lints a file.
pub fn lint_file(rules: &RuleFile, source: &SourceFile, context: &Context<'_>) -> Vec<Diagnostic> {
    let _ = (rules, source, context);
    Vec::new()
}

/// Lints what concerns several files.
pub fn lint_set(context: &Context<'_>) -> Vec<Diagnostic> {
    let _ = context;
    Vec::new()
}

/// Names the group and rule of findings that lack them.
pub fn attach_subjects(rules: &RuleFile, findings: &mut [Diagnostic]) {
    let _ = (rules, findings);
}
