//! The lints, one file each, and the one walk that runs them.
//!
//! Files are looked at in parallel: [`look`] judges one file alone and leaves a sketch of it, [`compare`] lays the sketches
//! side by side and names the few rules whose judgement depends on others. For those [`collect`] gathers how their metrics
//! are used, [`Usage::merge`] joins that, [`look_again`] judges them, and [`lint_set`] what lies between files. [`suppress`]
//! then drops what comments silence, and a [`Policy`] says how much the rest counts. A lint reads, it never opens, prints or
//! evaluates.

mod address;
mod calls;
mod cx;
mod fields;
mod ladders;
mod lint;
mod matching;
mod needs;
mod nodes;
mod patterns;
mod peers;
mod policy;
mod records;
mod rules;
mod settings;
mod silence;
mod sketch;
mod source_of;
mod subject;
mod texts;
mod thresholds;
mod twins;
mod usage;
mod uses;
mod vocabulary;

pub use cx::Context;
pub use lint::{Category, Lint, find, lints, name_of};
pub use policy::{CodeSet, FilePolicy, Level, Override, Policy, code_of};
pub use settings::{Options, Settings};
pub use silence::{has_orders, suppress};
pub use sketch::{Doubts, Overview, Sketch, compare};
pub use subject::attach_subjects;
pub use usage::{Usage, collect};

use calls::{BATCH, Calls};
use cx::{FileCx, Memo, RuleCx};
use fields::Fields;
use firedrill_model::{Group, Rule, RuleFile};
use firedrill_source::{Diagnostic, SourceFile};
use lint::Check;
use needs::Parts;
use nodes::Nodes;
use sketch::Drawing;
use twins::twins;
use uses::metric_uses;

fn each_rule(rules: &RuleFile) -> impl Iterator<Item = (&Group, &Rule)> {
    let groups = rules.groups.iter();
    groups.flat_map(|group| group.rules.iter().map(move |rule| (group, rule)))
}

/// Looks at a file alone: what is found in it, and a sketch for the comparison with the others. Findings come in no
/// particular order; each names its group and rule. Comments that silence some of them are left to [`suppress`].
pub fn look(rules: &RuleFile, source: &SourceFile, context: &Context<'_>) -> (Vec<Diagnostic>, Sketch) {
    let mut findings = Vec::new();
    let mut suspicions = Vec::new();
    let mut drawing = Drawing::new(rules);
    let memo = Memo::default();
    let context = &Context::alone(context.facts, context.settings, context.sources);
    let all: Vec<(&Group, &Rule)> = each_rule(rules).collect();
    let mut batch: Vec<Nodes<'_>> = Vec::new();
    batch.resize_with(BATCH.min(all.len()), Nodes::default);
    for (batch_index, chunk) in all.chunks(BATCH).enumerate() {
        let drawn = chunk.iter().zip(&mut batch).map(|(&(group, rule), nodes)| {
            nodes.rebuild(&rule.expr);
            let uses = metric_uses(nodes);
            drawing.add((group, rule), nodes, &uses);
            (group, rule, &*nodes, uses, Fields::of(rule))
        });
        let drawn: Vec<_> = drawn.collect();
        let parts = drawn
            .iter()
            .map(|(_, rule, nodes, uses, _)| Parts::of(rule, nodes, uses));
        let parts: Vec<Parts> = parts.collect();
        let calls = Calls::of(&parts);
        for lint in lints() {
            let (check, alone) = match lint.check {
                Check::Rule(check) => (check, true),
                Check::Usage(check) => (check, false),
                Check::Reader | Check::Relation { .. } => continue,
            };
            for index in calls.of_lint(lint) {
                let (Some(parts), Some((group, rule, nodes, uses, fields))) =
                    (parts.get(index), drawn.get(index))
                else {
                    break;
                };
                let cx = RuleCx {
                    file: rules,
                    source,
                    group,
                    rule,
                    nodes,
                    fields,
                    uses,
                    memo: &memo,
                    context,
                    findings: if alone { &mut findings } else { &mut suspicions },
                };
                lint.call(check, *parts, cx);
                if !suspicions.is_empty() {
                    suspicions.clear();
                    drawing.suspect(batch_index * BATCH + index);
                }
            }
        }
    }
    let cx = FileCx {
        file: rules,
        source,
        settings: context.settings,
        sketch: drawing.sketch(),
        twins: twins(rules),
    };
    for lint in lints() {
        if let Check::Relation { within, .. } = lint.check {
            within(&cx, &mut findings);
        }
    }
    let sketch = drawing.finish(source, |name| context.facts.of(name).is_none());
    (findings, sketch)
}

/// Looks again at the wanted rules of a file, sorted and counted from 0 through all groups, with all that is known of the
/// others by now.
pub fn look_again(
    rules: &RuleFile,
    source: &SourceFile,
    wanted: &[u32],
    context: &Context<'_>,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut nodes = Nodes::default();
    let memo = Memo::default();
    for (index, (group, rule)) in (0..).zip(each_rule(rules)) {
        if wanted.binary_search(&index).is_err() {
            continue;
        }
        nodes.rebuild(&rule.expr);
        let uses = metric_uses(&nodes);
        let parts = Parts::of(rule, &nodes, &uses);
        let fields = Fields::of(rule);
        for lint in lints() {
            let Check::Usage(check) = lint.check else { continue };
            if !lint.looks_at(parts) {
                continue;
            }
            let cx = RuleCx {
                file: rules,
                source,
                group,
                rule,
                nodes: &nodes,
                fields: &fields,
                uses: &uses,
                memo: &memo,
                context,
                findings: &mut findings,
            };
            lint.call(check, parts, cx);
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
