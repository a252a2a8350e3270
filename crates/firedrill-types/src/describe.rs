//! Everything that is known of an expression and of each of its parts, for whoever wants to see it.

use crate::{
    Labels, LookBack, Measure, Presence, Range, Share, constant, label_flow, look_back, measure, share,
    value_range,
};
use firedrill_facts::{Domain, Evidence, Facts};
use firedrill_promql::ast::{Expr, ExprKind};

/// What is known of an expression.
#[derive(Clone, Debug)]
pub struct Typed<'a> {
    /// The expression, without parentheses around it.
    pub expr: &'a Expr,
    /// The labels of its series.
    pub labels: Labels<'a>,
    /// The values of its samples.
    pub range: Range,
    /// Their unit.
    pub measure: Measure,
    /// Whether they tell a share of something.
    pub share: Option<Share>,
    /// How far back it reads.
    pub look_back: Option<LookBack>,
    /// What is known of the metric that it selects, and what says so.
    pub facts: Vec<UsedFact>,
    /// The same of its parts; numbers, texts and the selectors of windows are left out.
    pub parts: Vec<Typed<'a>>,
}

/// A fact about a metric that what is known of an expression may rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedFact {
    /// `type`, `unit` or `values`.
    pub about: &'static str,
    /// What is known, in words.
    pub value: String,
    /// What says so, in words.
    pub evidence: String,
}

/// Describes an expression and its parts.
pub fn describe<'a>(expr: &'a Expr, facts: &Facts) -> Typed<'a> {
    let expr = expr.unparenthesised();
    let parts = match &expr.kind {
        ExprKind::Range(_) => Vec::new(),
        _ => expr
            .children()
            .into_iter()
            .filter(|part| constant(part).is_none() && !matches!(part.kind, ExprKind::String(_)))
            .map(|part| describe(part, facts))
            .collect(),
    };
    Typed {
        expr,
        labels: label_flow(expr),
        range: value_range(expr, facts),
        measure: measure(expr, facts),
        share: share(expr, facts),
        look_back: look_back(expr),
        facts: used_facts(expr, facts),
        parts,
    }
}

fn used_facts(expr: &Expr, facts: &Facts) -> Vec<UsedFact> {
    let selector = match &expr.kind {
        ExprKind::Range(range) => range.selector.unparenthesised(),
        _ => expr,
    };
    let ExprKind::Selector(selector) = &selector.kind else {
        return Vec::new();
    };
    let Some(metric) = selector.metric_name() else {
        return Vec::new();
    };
    let used = |about, value: String, evidence: &Evidence| UsedFact {
        about,
        value,
        evidence: evidence.to_string(),
    };
    let metric_type = facts
        .of(metric)
        .map(|fact| used("type", fact.metric_type.name().to_owned(), &fact.evidence));
    let unit = facts
        .unit(metric)
        .map(|unit| used("unit", unit.value.to_string(), &unit.evidence));
    let values = facts.domain(metric).map(|domain| {
        let words = match &domain.value {
            Domain::Range(lo, hi) => format!("{lo} to {hi}"),
            Domain::Values(values) => {
                let words: Vec<String> = values.iter().map(|(value, _)| value.to_string()).collect();
                words.join(", ")
            }
        };
        used("values", words, &domain.evidence)
    });
    metric_type.into_iter().chain(unit).chain(values).collect()
}

impl Typed<'_> {
    /// The labels about which something is known, each with its constant value where it has one, in the order of the
    /// expression.
    pub fn known_labels(&self) -> impl Iterator<Item = (&str, Presence, Option<&str>)> {
        self.labels.named().into_iter().map(|name| {
            let fact = self.labels.fact(name);
            (name, fact.presence, fact.value)
        })
    }

    /// Whether there can be labels that are not among the known ones.
    pub fn has_other_labels(&self) -> bool {
        !self.labels.are_exact()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    #[test]
    fn what_is_known_of_a_metric_goes_with_its_evidence() {
        let mut facts = Facts::without_catalogue();
        facts.read_exposition("api.prom", "# TYPE queue_bytes gauge\n");
        let of = |text: &str| {
            let parsed = parse(text, &Features::default());
            let typed = describe(&parsed.expr, &facts);
            let words = |fact: UsedFact| format!("{} {} ({})", fact.about, fact.value, fact.evidence);
            typed.facts.into_iter().map(words).collect::<Vec<_>>()
        };
        let known = [
            "type gauge (TYPE line, api.prom:1)",
            "unit bytes (by its name only)",
        ];
        assert_eq!(of("queue_bytes"), known);
        assert_eq!(of("(queue_bytes{job=\"a\"}[5m])"), known);
        assert_eq!(of("sum(queue_bytes)"), [""; 0], "of its parts, not of it");
        assert_eq!(of("other"), [""; 0]);
    }

    #[test]
    fn each_part_is_described_once() {
        let text = r#"(sum by (job) (rate(x_bytes_total{code="5", job="a"}[5m]))) > 100"#;
        let parsed = parse(text, &Features::default());
        assert!(parsed.errors.is_empty());
        let root = describe(&parsed.expr, &Facts::new());
        let mut chain = Vec::new();
        let mut at = Some(&root);
        while let Some(part) = at {
            chain.push(part.expr.span.slice(text));
            at = part.parts.first();
        }
        assert_eq!(
            chain,
            [
                text,
                r#"sum by (job) (rate(x_bytes_total{code="5", job="a"}[5m]))"#,
                r#"rate(x_bytes_total{code="5", job="a"}[5m])"#,
                r#"x_bytes_total{code="5", job="a"}[5m]"#,
            ]
        );
        assert_eq!(
            root.known_labels().collect::<Vec<_>>(),
            [("job", Presence::Always, Some("a"))]
        );
        assert!(!root.has_other_labels());
        assert_eq!(root.range.lo, 100.0);
    }
}
