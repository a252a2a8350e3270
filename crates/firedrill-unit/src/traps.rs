//! Tests that pass without proving anything: each way in which that happens is a finding.
//!
//! promtool says nothing of an unknown alert, of series that no rule reads, or of a time at which there is no data any
//! more. [`Traps`] looks at every test before ([`Traps::input`]) and after it ran ([`Traps::case`]), and at the file as
//! a whole ([`Traps::finish`]). Failing expectations are left alone: they are seen anyway.

mod alerts;
mod exprs;
mod history;
mod input;
mod order;
mod queries;

use crate::compile::CompiledRule;
use crate::schedule::Scheduled;
use crate::ticks::Engine;
use crate::words::one_line;
use firedrill_eval::SelectorInfo;
use firedrill_model::{AlertTest, RuleKind, TestFile, TestGroup, codes};
use firedrill_promql::Expr;
use firedrill_promql::ast::{DurationExpr, ExprKind};
use firedrill_promql::series::parse_series;
use firedrill_source::{Code, Diagnostic, Location, Severity, Span};
use firedrill_value::{Labels, Timestamp, is_stale};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

pub(crate) use order::depends_on_order;

/// Most characters of a piece of source in a finding.
const MOST: usize = 80;

/// What looks wrong about the tests of a file.
pub(crate) struct Traps<'a> {
    file: &'a TestFile,
    rules: &'a [Scheduled<'a>],
    selectors: Selectors<'a>,
    /// Alerts that are tested, in the order of their first test.
    tested: Vec<(String, Tested)>,
    /// Unused series that were reported: once is enough.
    unused: FxHashSet<Labels>,
    /// Whether groups run at every evaluation, whatever their interval is.
    intervals_ignored: bool,
    /// Groups whose interval was reported.
    intervals: FxHashSet<(usize, Arc<str>)>,
    findings: Vec<Diagnostic>,
}

/// What the tests of a file have seen of an alert.
struct Tested {
    /// The name in its first test.
    at: Span,
    hold: i64,
    fired: bool,
    /// Silent, although its expression had something to read.
    silent: bool,
    pending: bool,
    failed: bool,
    /// Tests of its silence over input that it does not read.
    vacuous: Vec<(Span, String)>,
}

/// The selectors of all rules, by metric name.
struct Selectors<'a> {
    by_name: FxHashMap<Arc<str>, Vec<&'a SelectorInfo>>,
    nameless: Vec<&'a SelectorInfo>,
    /// Whether something may read more than the selectors tell: a template that queries what
    /// cannot be told, a rule that does not compile.
    unknown: bool,
}

impl<'a> Traps<'a> {
    pub(crate) fn new(file: &'a TestFile, rules: &'a [Scheduled<'a>], intervals_ignored: bool) -> Self {
        let mut selectors = Selectors {
            by_name: FxHashMap::default(),
            nameless: Vec::new(),
            unknown: false,
        };
        for it in rules {
            selectors.unknown |= it.rule.asks.is_none() || it.rule.plan.is_err();
            let asked = it.rule.asks.iter().flat_map(|asks| &asks.selectors);
            for selector in it.rule.selectors().iter().chain(asked) {
                match selector.metric_name() {
                    Some(name) => selectors.by_name.entry(name.clone()).or_default().push(selector),
                    None => selectors.nameless.push(selector),
                }
            }
        }
        Traps {
            file,
            rules,
            selectors,
            tested: Vec::new(),
            intervals_ignored,
            unused: FxHashSet::default(),
            intervals: FxHashSet::default(),
            findings: Vec::new(),
        }
    }

    /// Looks at the file and takes all findings, in file order, without those that a comment silences.
    pub(crate) fn finish(mut self, strict: bool) -> Vec<Diagnostic> {
        if self.file.tests.is_empty() {
            let at = self
                .file
                .rule_files
                .first()
                .map_or(Span::default(), |pattern| pattern.used_at);
            self.report(
                codes::NOTHING_TESTED,
                Severity::Warning,
                at,
                "this file has no tests",
                "promtool calls that a success, and does not even read the rules",
                "add entries to `tests`, or remove the file",
            );
        }
        for (name, tested) in std::mem::take(&mut self.tested) {
            self.sides(&name, tested);
        }
        let mut findings = self.findings;
        self.file.silences.filter(&mut findings);
        if strict {
            for finding in &mut findings {
                finding.severity = Severity::Error;
            }
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings
    }

    /// Notes that a verdict depends on an order of groups that nothing defines.
    pub(crate) fn order_matters(&mut self, test: &TestGroup, groups: &(String, String)) {
        let (reader, writer) = groups;
        let at = test.name.as_ref().map_or(first_of(test), |name| name.used_at);
        self.report(
            codes::UNDEFINED_GROUP_ORDER,
            Severity::Warning,
            at,
            format!("whether this test passes depends on which group runs first, {reader} or {writer}"),
            "promtool runs groups that `group_eval_order` does not tell apart in an order of chance",
            format!("list both: `group_eval_order: [{writer}, {reader}]`"),
        );
    }

    /// How bad it is that a tested time lies outside the data: where the input writes a gap, or a rule makes the data,
    /// the test may be about just that.
    fn gap_severity(&self, test: &TestGroup, selectors: &[SelectorInfo]) -> Severity {
        let gap = test.input_series.iter().any(|input| {
            let written = input.values.text.contains('_') || input.values.text.contains("stale");
            let parsed = parse_series(&input.series.text, "");
            let read = |labels: &Labels| selectors.iter().any(|it| it.matches(labels));
            written && parsed.is_ok_and(|series| read(&series.labels))
        });
        let fed = |selector: &SelectorInfo| self.rules.iter().any(|it| it.rule.may_feed(selector));
        if gap || selectors.iter().any(fed) {
            Severity::Info
        } else {
            Severity::Warning
        }
    }

    fn report(
        &mut self,
        code: Code,
        severity: Severity,
        at: Span,
        message: impl Into<String>,
        note: impl Into<String>,
        help: impl Into<String>,
    ) {
        let location = Location::new(self.file.file, at);
        let finding = Diagnostic::new(code, severity, location, message)
            .note(note)
            .help(help);
        self.findings.push(finding);
    }

    /// The alerting rules of a name.
    fn rules_of(&self, name: &str) -> impl Iterator<Item = (usize, &'a Scheduled<'a>)> + use<'a, '_> {
        let of_name = |it: &Scheduled<'_>| it.rule.kind == RuleKind::Alert;
        let name = name.to_owned();
        self.rules
            .iter()
            .enumerate()
            .filter(move |(_, it)| of_name(it) && *it.rule.name == *name)
    }

    fn tested(&mut self, test: &AlertTest, rules: &[(usize, &Scheduled<'_>)]) -> &mut Tested {
        let name = test.alertname.as_ref().map_or("", |name| &name.text);
        let at = self.tested.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            let hold = rules.iter().map(|(_, it)| it.rule.hold).max().unwrap_or(0);
            let tested = Tested {
                at: name_of(test),
                hold,
                fired: false,
                silent: false,
                pending: false,
                failed: false,
                vacuous: Vec::new(),
            };
            self.tested.push((name.to_owned(), tested));
            self.tested.len() - 1
        });
        &mut self.tested[at].1
    }
}

/// Where a test names its alert.
fn name_of(test: &AlertTest) -> Span {
    test.alertname.as_ref().map_or(test.span, |name| name.used_at)
}

/// The beginning of a test, for carets on one line.
fn first_of(test: &TestGroup) -> Span {
    Span {
        start: test.span.start,
        end: test.span.start,
    }
}

/// Whether the selectors of an expression find a sample that counts at that time: in reach of the lookback and of every
/// window and offset. Anything pinned by `@` may count.
fn in_reach(expr: &Expr, selectors: &[SelectorInfo], engine: &Engine<'_>, at: Timestamp) -> bool {
    let Some(distance) = reach(expr) else { return true };
    let first = at.saturating_sub(distance + engine.eval.lookback.millis());
    let last = at.saturating_add(distance);
    selectors.iter().any(|selector| {
        engine.storage.select(&selector.matchers).into_iter().any(|id| {
            let samples = &engine.storage.get(id).samples;
            let mut samples = samples.iter();
            samples.any(|(time, value)| first <= time && time <= last && !is_stale(value))
        })
    })
}

/// How far an expression looks around its time at most, without the lookback, in milliseconds. `None` if that cannot be
/// told.
fn reach(expr: &Expr) -> Option<i64> {
    let mut total: Option<i64> = Some(0);
    let mut add = |duration: &DurationExpr| {
        total = match (total, duration.literal()) {
            (Some(sum), Some(length)) => Some(sum.saturating_add(length.millis().saturating_abs())),
            _ => None,
        };
    };
    let mut pinned = false;
    expr.walk(&mut |node| {
        let modifiers = match &node.kind {
            ExprKind::Selector(selector) => &selector.modifiers,
            ExprKind::Range(range) => {
                add(&range.range);
                return;
            }
            ExprKind::Subquery(subquery) => {
                add(&subquery.range);
                &subquery.modifiers
            }
            _ => return,
        };
        pinned |= modifiers.at.is_some();
        if let Some(offset) = &modifiers.offset {
            add(&offset.duration);
        }
    });
    total.filter(|_| !pinned)
}

/// Whether some selector finds a series, whenever.
fn finds_series(selectors: &[SelectorInfo], engine: &Engine<'_>) -> bool {
    let found = |it: &SelectorInfo| engine.storage.has_match(&it.matchers);
    selectors.iter().any(found)
}

/// A selector as the rule has it, on one line.
fn selector_text(rule: &CompiledRule, selector: &SelectorInfo) -> String {
    one_line(selector.span.slice(&rule.expr.source.text), MOST)
}
