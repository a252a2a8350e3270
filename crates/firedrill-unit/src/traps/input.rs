//! Input series that are lost on the way, or that nothing reads.

use super::{Selectors, Traps};
use crate::input::ends_list;
use firedrill_eval::{Plan, PlanOptions, SelectorInfo};
use firedrill_model::{InputSeries, TestGroup, codes};
use firedrill_promql::series::{Series, parse_series};
use firedrill_source::{Diagnostic, Location, Severity, nearest};
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl Traps<'_> {
    /// Looks at the input of a test, which need not run.
    pub(crate) fn input(&mut self, test: &TestGroup) {
        let read = self.cut(test);
        let mut seen: FxHashMap<Labels, &InputSeries> = FxHashMap::default();
        let plans: Vec<Plan> = test
            .expr_tests
            .iter()
            .map(|it| Plan::compile(&it.expr.expr, &PlanOptions::default()))
            .collect();
        let own: Vec<&SelectorInfo> = plans.iter().flat_map(Plan::selectors).collect();
        for input in test.input_series.iter().take(read) {
            let Some(labels) = labels_of(input) else { continue };
            match seen.insert(labels.clone(), input) {
                Some(before) => self.twice(before, input, &labels),
                None => self.unused(input, labels, &own),
            }
        }
        if test.alert_tests.is_empty() && test.expr_tests.is_empty() {
            let at = test
                .name
                .as_ref()
                .map_or(super::first_of(test), |name| name.used_at);
            self.report(
                codes::NOTHING_TESTED,
                Severity::Warning,
                at,
                "this test expects nothing and checks nothing",
                "it passes whatever the rules say",
                "add `alert_rule_test` or `promql_expr_test`",
            );
        }
    }

    /// How many series promtool reads; reports what it drops.
    fn cut(&mut self, test: &TestGroup) -> usize {
        let all = &test.input_series;
        let Some((at, cut)) = all
            .iter()
            .enumerate()
            .find_map(|(at, input)| Some((at, cut_by(input)?)))
        else {
            return all.len();
        };
        let input = &all[at];
        let behind = all.len() - at - 1;
        let here = match cut {
            Cut::Here => 0,
            Cut::Behind => 1,
        };
        let (place, why, help) = match cut {
            Cut::Here if input.series.text.trim().is_empty() => (
                input.span,
                "promtool stops at a series without labels and values",
                "give it `series` and `values`, or remove it",
            ),
            Cut::Here => (
                input.series.used_at,
                "promtool takes `#` for a comment that ends the list",
                "to leave the series out, make it a comment of YAML",
            ),
            Cut::Behind => (
                input.values.used_at,
                "promtool puts each series on a line of its own, and stops at the empty line that follows this text",
                "write `values` on one line, or with `>-` instead of `|`",
            ),
        };
        // Only the first line of a block, which has the indicator.
        let place = firedrill_source::Span {
            start: place.start,
            end: if cut == Cut::Behind {
                place.start + 1
            } else {
                place.end
            },
        };
        if behind > 0 {
            let message = match behind {
                1 => "the series behind this one is never loaded".to_owned(),
                n => format!("the {n} series behind this one are never loaded"),
            };
            self.report(codes::SERIES_LIST_CUT, Severity::Error, place, message, why, help);
        } else if cut == Cut::Here && !input.series.text.trim().is_empty() {
            self.report(
                codes::SERIES_LIST_CUT,
                Severity::Warning,
                place,
                "this series is never loaded",
                why,
                help,
            );
        }
        at + here
    }

    fn twice(&mut self, before: &InputSeries, input: &InputSeries, labels: &Labels) {
        let same = before
            .values
            .text
            .split_whitespace()
            .eq(input.values.text.split_whitespace());
        let note = if same {
            "the values are the same, so one of the two is superfluous or meant another"
        } else {
            "promtool keeps the values of the last one and says nothing of the others"
        };
        let at = Location::new(self.file.file, input.series.used_at);
        let first = Location::new(self.file.file, before.series.used_at);
        let finding = Diagnostic::new(
            codes::DUPLICATE_INPUT_SERIES,
            Severity::Warning,
            at,
            format!("the input series {labels} is given twice"),
        )
        .related(first, "given here first")
        .note(note)
        .help("keep one of them, or tell them apart by a label");
        self.findings.push(finding);
    }

    fn unused(&mut self, input: &InputSeries, labels: Labels, own: &[&SelectorInfo]) {
        if self.selectors.unknown || self.rules.is_empty() || self.selectors.reads(&labels, own) {
            return;
        }
        if !self.unused.insert(labels.clone()) {
            return;
        }
        let name = labels.get(METRIC_NAME).to_owned();
        let near_miss = self.selectors.of_name(&name).next().is_some()
            || own
                .iter()
                .any(|it| it.metric_name().is_some_and(|known| **known == *name));
        if near_miss {
            self.report(
                codes::TEST_INPUT_UNUSED,
                Severity::Info,
                input.series.used_at,
                "no loaded rule selects this series: its labels are others",
                format!("rules read {name}, but with matchers that exclude this series"),
                "if that is what the test is about, all is well; otherwise correct the labels",
            );
            return;
        }
        let names = self.selectors.by_name.keys().map(|name| &**name);
        let help = match nearest(&name, names) {
            Some(near) => format!("did you mean {near}?"),
            None => "remove it, or load the rules that read it".to_owned(),
        };
        self.report(
            codes::TEST_INPUT_UNUSED,
            Severity::Warning,
            input.series.used_at,
            format!("nothing reads the input series {name}"),
            "no loaded rule and no expression of this test selects it, so it makes no difference",
            help,
        );
    }
}

impl<'a> Selectors<'a> {
    fn reads(&self, labels: &Labels, own: &[&SelectorInfo]) -> bool {
        let named = self.of_name(labels.get(METRIC_NAME));
        let mut all = named.chain(&self.nameless).chain(own);
        all.any(|selector| selector.matches(labels))
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = &&'a SelectorInfo> {
        self.by_name.get(name).into_iter().flatten()
    }
}

/// What of the list an entry drops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Itself and what follows.
    Here,
    /// What follows.
    Behind,
}

fn cut_by(input: &InputSeries) -> Option<Cut> {
    let (series, values) = (&*input.series.text, &*input.values.text);
    if !series.contains('\n') && !values.contains('\n') {
        return ends_list(series, values).then_some(Cut::Here);
    }
    let joined = format!("{series} {values}");
    let ends = joined.split('\n').position(|line| ends_list(line.trim(), ""))?;
    Some(if ends == 0 { Cut::Here } else { Cut::Behind })
}

/// The labels of an input series, if its notation can be read.
fn labels_of(input: &InputSeries) -> Option<Labels> {
    let text: Arc<str> = input.series.text.clone();
    let parsed: Series = parse_series(&text, "").ok()?;
    (parsed.duplicate.is_none() && !parsed.labels.is_empty()).then_some(parsed.labels)
}
