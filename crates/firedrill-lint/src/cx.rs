//! What a lint may know, and how it speaks.

use crate::address::ByAddress;
use crate::fields::Fields;
use crate::nodes::Nodes;
use crate::settings::Settings;
use crate::sketch::{Overview, Sketch};
use crate::twins::Twin;
use crate::usage::Usage;
use crate::uses::MetricUse;
use firedrill_facts::Facts;
use firedrill_model::{Group, Rule, RuleFile};
use firedrill_source::{
    Code, Diagnostic, Edit, Fix, Location, Safety, Severity, SourceFile, Sources, Span, Subject,
};
use firedrill_yaml::Scalar;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

/// What lints may know of everything that was loaded.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What all files say together.
    pub overview: &'a Overview,
    /// Usage over all files, as far as somebody asks for it.
    pub usage: &'a Usage,
    /// Facts about metrics.
    pub facts: &'a Facts,
    /// What the project wants.
    pub settings: &'a Settings,
    /// The texts of all files.
    pub sources: &'a Sources,
}

impl<'a> Context<'a> {
    /// What is known before other files are looked at.
    pub fn alone(facts: &'a Facts, settings: &'a Settings, sources: &'a Sources) -> Context<'a> {
        static NOTHING: LazyLock<(Overview, Usage)> = LazyLock::new(Default::default);
        Context {
            overview: &NOTHING.0,
            usage: &NOTHING.1,
            facts,
            settings,
            sources,
        }
    }
}

/// One file under the eyes of a lint that compares its rules.
pub(crate) struct FileCx<'a> {
    pub(crate) file: &'a RuleFile,
    pub(crate) source: &'a SourceFile,
    pub(crate) settings: &'a Settings,
    /// Which metrics its rules read and record.
    pub(crate) sketch: &'a Sketch,
    /// The rules that are known by the same kind, name and labels.
    pub(crate) twins: Vec<(Twin<'a>, Twin<'a>)>,
}

/// Answers that depend on a name alone, so that they are worked out once in each file.
#[derive(Debug, Default)]
pub(crate) struct Memo<'a> {
    up_to_date: RefCell<FxHashSet<ByAddress<'a>>>,
}

impl<'a> Memo<'a> {
    /// What `find` finds for a metric; it is not asked again where it found nothing.
    pub(crate) fn newer<T>(&self, metric: &'a Arc<str>, find: impl FnOnce() -> Option<T>) -> Option<T> {
        let metric = ByAddress(metric);
        if self.up_to_date.borrow().contains(&metric) {
            return None;
        }
        let found = find();
        if found.is_none() {
            self.up_to_date.borrow_mut().insert(metric);
        }
        found
    }
}

/// One rule under the eyes of a lint.
pub(crate) struct RuleCx<'a, 'f> {
    pub(crate) file: &'a RuleFile,
    pub(crate) source: &'a SourceFile,
    pub(crate) group: &'a Group,
    pub(crate) rule: &'a Rule,
    /// Its expression; no nodes where the expression is broken.
    pub(crate) nodes: &'f Nodes<'a>,
    /// Its texts.
    pub(crate) fields: &'f Fields<'a>,
    /// How it uses metrics.
    pub(crate) uses: &'f [MetricUse<'a>],
    /// What was worked out for metrics of earlier rules of the file.
    pub(crate) memo: &'f Memo<'a>,
    pub(crate) context: &'f Context<'f>,
    pub(crate) findings: &'f mut Vec<Diagnostic>,
}

impl RuleCx<'_, '_> {
    /// Where a part of the expression stands in the file.
    pub(crate) fn at(&self, span: Span) -> Location {
        self.within(&self.rule.expr.source, span)
    }

    /// Where a part of a scalar stands in the file.
    pub(crate) fn within(&self, scalar: &Scalar, span: Span) -> Location {
        Location::new(self.file.file, scalar.locate(self.source.text(), span))
    }

    /// A part of the expression as written, on one line.
    pub(crate) fn text(&self, span: Span) -> String {
        one_line(span.slice(&self.rule.expr.source.text))
    }

    /// A finding at a part of the expression.
    #[cold]
    pub(crate) fn finding(
        &self,
        code: Code,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, severity, self.at(span), message)
    }

    /// Reports a finding about the rule.
    #[cold]
    pub(crate) fn report(&mut self, mut finding: Diagnostic) {
        finding.subject = subject(self.group, self.rule);
        self.findings.push(finding);
    }

    /// A repair made of one replacement in the expression; none where the YAML around it makes the edit unsafe to
    /// write down (escapes, folds).
    #[cold]
    pub(crate) fn replace(
        &self,
        title: impl Into<String>,
        span: Span,
        replacement: &str,
        safety: Safety,
    ) -> Option<Fix> {
        let at = self.at(span).span;
        let as_written = at.slice(self.source.text()) == span.slice(&self.rule.expr.source.text);
        as_written.then(|| Fix {
            title: title.into(),
            edits: vec![Edit {
                span: at,
                replacement: replacement.to_owned(),
            }],
            safety,
        })
    }
}

/// The names of a rule and of its group.
#[cold]
pub(crate) fn subject(group: &Group, rule: &Rule) -> Subject {
    Subject {
        group: group.name.as_ref().map(|name| String::from(&*name.text)),
        rule: Some(String::from(&*rule.name.text)),
    }
}

/// Text with runs of blanks and line breaks as one blank, cut after 120 characters.
#[cold]
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if let Some((cut, _)) = line.char_indices().nth(120) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Names between backquotes, separated by commas.
#[cold]
pub(crate) fn quoted_list(names: &[&str]) -> String {
    let mut list = String::new();
    for name in names {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.extend(["`", name, "`"]);
    }
    list
}
