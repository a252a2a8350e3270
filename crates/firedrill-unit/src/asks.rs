//! Which series the templates of a rule ask for.

use crate::compile::{TextKind, TextValue};
use firedrill_eval::{Plan, PlanOptions, SelectorInfo};
use firedrill_promql::{Features, parse};
use firedrill_template::HOLE;

/// What the calls of `query` in the labels and annotations of a rule read.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    /// Their selectors. Matchers whose value is only known at run time are left out, so these read more rather than less.
    pub(crate) selectors: Vec<SelectorInfo>,
    /// Whether one of them reads later than its time.
    pub(crate) looks_ahead: bool,
}

impl Asks {
    /// What these texts ask for; `None` if that cannot be told before they are expanded.
    pub(crate) fn of<'t>(texts: impl Iterator<Item = &'t TextValue>, features: &Features) -> Option<Asks> {
        let mut asks = Asks::default();
        for text in texts {
            let TextKind::Volatile(template) = &text.kind else {
                continue;
            };
            for query in template.queries()? {
                let parsed = parse(&query, features);
                if parsed.promtool_message(&query).is_some() {
                    return None;
                }
                let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
                asks.looks_ahead |= plan.looks_ahead();
                for selector in plan.selectors() {
                    asks.selectors.push(without_holes(selector)?);
                }
            }
        }
        Some(asks)
    }
}

/// The selector without the matchers whose value has a hole. `None` where the hole is in a name.
fn without_holes(selector: &SelectorInfo) -> Option<SelectorInfo> {
    let mut matchers = Vec::with_capacity(selector.matchers.len());
    for matcher in selector.matchers.iter() {
        if matcher.label.text.contains(HOLE) {
            return None;
        }
        if !matcher.value.contains(HOLE) {
            matchers.push(matcher.clone());
        } else if &*matcher.label.text == firedrill_value::METRIC_NAME {
            return None;
        }
    }
    Some(SelectorInfo {
        matchers: matchers.into(),
        span: selector.span,
    })
}
