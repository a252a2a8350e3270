//! `info()`: labels of info metrics joined to other series (upstream `promql/info.go`).

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::value::Column;
use firedrill_promql::ast::{MatchOp, Matcher, Name};
use firedrill_regex::Regex;
use firedrill_source::Span;
use firedrill_value::METRIC_NAME;

impl Evaluator<'_> {
    /// `info()`.
    pub(crate) fn info(
        &mut self,
        call: &CallNode,
        _span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        self.vector(&call.args[0], grid)
    }
}

/// The matchers on the name that pick the info metrics: `target_info` without any, `.+_info` beside negative ones.
pub(crate) fn effective_name_matchers(matchers: &[Matcher], span: Span) -> Vec<Matcher> {
    let mut names: Vec<Matcher> = matchers
        .iter()
        .filter(|m| &*m.label.text == METRIC_NAME)
        .cloned()
        .collect();
    let positive = |m: &Matcher| matches!(m.op, MatchOp::Equal | MatchOp::Regex);
    if names.is_empty() {
        names.push(name_matcher(MatchOp::Equal, "target_info", span));
    } else if !names.iter().any(positive) {
        names.push(name_matcher(MatchOp::Regex, ".+_info", span));
    }
    names
}

fn name_matcher(op: MatchOp, value: &str, span: Span) -> Matcher {
    Matcher {
        label: Name {
            text: METRIC_NAME.into(),
            span,
        },
        op,
        value: value.into(),
        value_span: span,
        regex: (op == MatchOp::Regex)
            .then(|| Regex::anchored(value).ok())
            .flatten(),
        span,
    }
}
