//! The lints, one file each, and the one walk that runs them.
//!
//! Files can be read in parallel: [`collect`] looks at one file alone, [`Usage::merge`] joins what was seen, and
//! [`lint_file`] judges one file knowing all the others, [`lint_set`] what lies between them. [`suppress`] then drops
//! what comments silence, and a [`Policy`] says how much the rest counts. A lint reads, it never opens, prints or evaluates.

mod cx;
mod ladders;
mod lint;
mod matching;
mod nodes;
mod patterns;
mod peers;
mod policy;
mod records;
mod rules;
mod settings;
mod silence;
mod source_of;
mod subject;
mod texts;
mod thresholds;
mod twins;
mod usage;
mod uses;

pub use cx::Context;
pub use lint::{Category, Lint, find, lints, name_of};
pub use policy::{CodeSet, FilePolicy, Level, Override, Policy};
pub use settings::{Options, Settings};
pub use silence::suppress;
pub use subject::attach_subjects;
pub use usage::{Usage, collect};

use cx::RuleCx;
use firedrill_model::RuleFile;
use firedrill_source::{Diagnostic, SourceFile};
use lint::Check;
use nodes::Nodes;
use uses::metric_uses;

/// Lints a file. Findings come in no particular order; each names its group and rule. Comments that silence some of them
/// are left to [`suppress`].
pub fn lint_file(rules: &RuleFile, source: &SourceFile, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut nodes = Nodes::default();
    for group in &rules.groups {
        for rule in &group.rules {
            nodes.rebuild(&rule.expr);
            let uses = metric_uses(&nodes);
            let mut cx = RuleCx {
                file: rules,
                source,
                group,
                rule,
                nodes: &nodes,
                uses: &uses,
                context,
                findings: &mut findings,
            };
            for lint in lints() {
                if let Check::Rule(check) = lint.check {
                    check(&mut cx);
                }
            }
        }
    }
    for lint in lints() {
        if let Check::Relation { within, .. } = lint.check {
            within(rules, source, &mut findings);
        }
    }
    findings
}

/// Lints what concerns several files.
pub fn lint_set(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for lint in lints() {
        if let Check::Relation { across, .. } = lint.check {
            across(context, &mut findings);
        }
    }
    findings
}
