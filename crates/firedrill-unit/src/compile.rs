//! Rules made ready to run: expressions as plans, label values as templates.

use crate::asks::Asks;
use crate::coverage::RuleMap;
use firedrill_eval::{Plan, PlanOptions};
use firedrill_model::{RuleFile, RuleKind, Templated};
use firedrill_promql::{Features, parse};
use firedrill_source::{FileId, Span};
use firedrill_template::{Template, TemplateError};
use firedrill_value::METRIC_NAME;
use firedrill_yaml::Scalar;
use std::sync::{Arc, OnceLock};

/// How rules are compiled.
#[derive(Clone, Copy, Debug)]
pub struct CompileOptions {
    /// What the engine understands. promtool's own unit tests know neither experimental functions nor duration
    /// expressions, whatever its flags say.
    pub engine_features: Features,
}

/// The rules of one file.
#[derive(Debug)]
pub struct CompiledFile {
    /// The name by which the file is known; two files of one name are one file.
    pub name: Arc<str>,
    /// Its groups, in file order.
    pub groups: Vec<CompiledGroup>,
}

/// A group of rules.
#[derive(Debug)]
pub struct CompiledGroup {
    /// Its name.
    pub name: Arc<str>,
    /// How often it is evaluated by its own account, in milliseconds.
    pub interval: Option<i64>,
    /// How far back it is evaluated, in milliseconds.
    pub query_offset: i64,
    /// Most series or alerts of a rule; 0 and below is no limit.
    pub limit: i64,
    /// Its rules, in file order.
    pub rules: Vec<CompiledRule>,
}

/// A rule.
#[derive(Debug)]
pub struct CompiledRule {
    /// Alert or recording rule.
    pub kind: RuleKind,
    /// Name of the alert or of the recorded metric.
    pub name: Arc<str>,
    /// The file it is in.
    pub file: FileId,
    /// The whole rule in the file.
    pub span: Span,
    /// The expression's text and where its parts stand, for explanations.
    pub expr: firedrill_model::Expression,
    /// The plan, or the error that every evaluation ends with.
    pub plan: Result<Plan, String>,
    /// Milliseconds for which the expression must hold before the alert fires.
    pub hold: i64,
    /// Milliseconds for which the alert goes on firing.
    pub keep_firing_for: i64,
    /// The rule's labels over the group's, sorted by name.
    pub labels: Vec<(Arc<str>, TextValue)>,
    /// Annotations, in file order.
    pub annotations: Vec<(Arc<str>, TextValue)>,
    /// What its templates ask for; `None` if that cannot be told.
    pub(crate) asks: Option<Asks>,
    /// Made when somebody asks for coverage.
    map: OnceLock<RuleMap>,
}

/// A label or annotation value.
#[derive(Clone, Debug)]
pub struct TextValue {
    /// As written.
    pub text: Arc<str>,
    /// Where it is written.
    pub source: Scalar,
    pub(crate) kind: TextKind,
}

#[derive(Clone, Debug)]
pub(crate) enum TextKind {
    Literal,
    /// A template whose expansion depends on nothing but labels.
    Stable(Template),
    /// A template that reads the value, the time or other series.
    Volatile(Template),
    /// No template at all; upstream finds out at run time.
    Broken(Box<TemplateError>),
}

impl TextValue {
    /// Whether it is no template.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self.kind, TextKind::Literal)
    }

    /// Whether its expansion may differ from sample to sample of one series.
    pub(crate) fn reads_values(&self) -> bool {
        matches!(self.kind, TextKind::Volatile(_))
    }

    fn literal(source: &Scalar) -> Self {
        TextValue {
            text: source.text.clone(),
            source: source.clone(),
            kind: TextKind::Literal,
        }
    }

    fn template(source: &Scalar, parsed: Result<Template, Box<TemplateError>>) -> Self {
        let text = &source.text;
        let kind = match parsed {
            Err(error) => TextKind::Broken(error),
            Ok(template) if template.is_literal() => TextKind::Literal,
            Ok(template) => {
                let uses = template.uses();
                let outside = |name: &str| matches!(name, "query" | "now");
                let whole_dot = text.contains("{{ . }}") || text.contains("$ ") || text.contains("$}");
                if !uses.values.is_empty()
                    || whole_dot
                    || uses.functions.iter().any(|(name, _)| outside(name))
                {
                    TextKind::Volatile(template)
                } else {
                    TextKind::Stable(template)
                }
            }
        };
        TextValue {
            text: text.clone(),
            source: source.clone(),
            kind,
        }
    }

    pub(crate) fn runs_queries(&self) -> bool {
        matches!(&self.kind, TextKind::Volatile(template) if template.runs_queries())
    }
}

impl CompiledFile {
    /// Compiles the rules of a file. Rules of a broken file compile too; the caller decides whether to run them.
    pub fn compile(file: &RuleFile, name: &str, options: &CompileOptions) -> CompiledFile {
        let groups = file.groups.iter().map(|group| CompiledGroup {
            name: group
                .name
                .as_ref()
                .map_or_else(|| "".into(), |name| name.text.clone()),
            interval: group.interval.map(|interval| interval.value.millis()),
            query_offset: group.query_offset.map_or(0, |offset| offset.value.millis()),
            limit: group.limit.map_or(0, |limit| limit.value),
            rules: group
                .rules
                .iter()
                .map(|rule| compile_rule(rule, file.file, &group.labels, options))
                .collect(),
        });
        CompiledFile {
            name: name.into(),
            groups: groups.collect(),
        }
    }
}

fn compile_rule(
    rule: &firedrill_model::Rule,
    file: FileId,
    group_labels: &[firedrill_model::Entry],
    options: &CompileOptions,
) -> CompiledRule {
    let is_alert = rule.kind == RuleKind::Alert;
    let mut labels: Vec<(Arc<str>, TextValue)> = Vec::new();
    for entry in group_labels {
        let value = if is_alert {
            TextValue::template(&entry.value, Template::parse(&entry.value.text).map_err(Box::new))
        } else {
            TextValue::literal(&entry.value)
        };
        labels.push((entry.key.text.clone(), value));
    }
    for own in &rule.labels {
        let value = own_value(own, is_alert);
        match labels.iter_mut().find(|(name, _)| *name == own.key.text) {
            Some(slot) => slot.1 = value,
            None => labels.push((own.key.text.clone(), value)),
        }
    }
    labels.sort_by(|a, b| a.0.cmp(&b.0));
    let annotations: Vec<(Arc<str>, TextValue)> = rule
        .annotations
        .iter()
        .map(|own| (own.key.text.clone(), own_value(own, is_alert)))
        .collect();
    let texts = labels.iter().chain(&annotations).map(|(_, value)| value);
    let asks = Asks::of(texts, &options.engine_features);
    CompiledRule {
        kind: rule.kind,
        name: rule.name.text.clone(),
        file,
        span: rule.span,
        expr: rule.expr.clone(),
        plan: compile_plan(&rule.expr, options),
        hold: rule.hold.map_or(0, |hold| hold.value.millis()),
        keep_firing_for: rule.keep_firing_for.map_or(0, |keep| keep.value.millis()),
        labels,
        annotations,
        asks,
        map: OnceLock::new(),
    }
}

fn own_value(own: &Templated, is_alert: bool) -> TextValue {
    match &own.template {
        Some(parsed) if is_alert => TextValue::template(&own.value, parsed.clone()),
        _ => TextValue::literal(&own.value),
    }
}

/// Rules are evaluated from their printed form, which the engine parses with its own idea of the language.
fn compile_plan(expr: &firedrill_model::Expression, options: &CompileOptions) -> Result<Plan, String> {
    let printed = expr.expr.to_string();
    let again = parse(&printed, &options.engine_features);
    match again.promtool_message(&printed) {
        Some(message) => Err(message),
        None => Ok(Plan::compile(&expr.expr, &PlanOptions::default())),
    }
}

impl CompiledRule {
    /// Whether a selector may read what this rule writes.
    pub(crate) fn may_feed(&self, selector: &firedrill_eval::SelectorInfo) -> bool {
        if self.kind == RuleKind::Record {
            return selector.may_match_name(&self.name);
        }
        ["ALERTS", "ALERTS_FOR_STATE"].iter().any(|name| {
            selector
                .matchers
                .iter()
                .all(|matcher| match &*matcher.label.text {
                    METRIC_NAME => matcher.matches(name),
                    "alertname" => matcher.matches(&self.name),
                    _ => true,
                })
        })
    }

    /// What there is to be seen of it.
    pub fn map(&self) -> &RuleMap {
        self.map.get_or_init(|| RuleMap::of(self))
    }

    /// The selectors of its expression.
    pub(crate) fn selectors(&self) -> &[firedrill_eval::SelectorInfo] {
        self.plan.as_ref().map_or(&[], Plan::selectors)
    }

    /// Whether a label or annotation asks for other series.
    pub(crate) fn templates_query(&self) -> bool {
        self.labels
            .iter()
            .chain(&self.annotations)
            .any(|(_, value)| value.runs_queries())
    }
}
