//! Everything that is known of an expression and of each of its parts, for whoever wants to see it.

use crate::{
    Labels, LookBack, Measure, Presence, Range, Share, constant, label_flow, look_back, measure, share,
    value_range,
};
use firedrill_facts::Facts;
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
    /// The same of its parts; numbers, texts and the selectors of windows are left out.
    pub parts: Vec<Typed<'a>>,
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
        parts,
    }
}

impl Typed<'_> {
    /// The labels about which something is known, each with its constant value where it has one, in the order of the
    /// expression.
    pub fn known_labels(&self) -> impl Iterator<Item = (&str, Presence, Option<&str>)> {
        self.labels
            .named()
            .map(|name| (name, self.labels.presence(name), self.labels.value(name)))
    }

    /// Whether there can be labels that are not among the known ones.
    pub fn has_other_labels(&self) -> bool {
        self.labels.exact().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

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
