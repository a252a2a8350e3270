//! Checks the samples that a test expects of an expression.

use crate::compare::GotSample;
use crate::event::Passed;
use crate::explain::{Timeline, expr_timeline, sample_reasons};
use crate::failure::{ExprMismatch, Failure};
use crate::input;
use crate::looser::samples_match;
use crate::run::{Case, Verdict, samples_at};
use crate::ticks::Engine;
use firedrill_eval::{Plan, PlanOptions};
use firedrill_model::ExprTest;
use firedrill_promql::parse;
use firedrill_source::Location;
use firedrill_value::{Labels, Timestamp};

impl Case<'_> {
    pub(crate) fn check_expr(&self, test: &ExprTest, engine: &Engine<'_>, tell: &mut dyn FnMut(Verdict)) {
        let text = &test.expr.source.text;
        let eval_time = test.eval_time.value;
        let failed = |error: String| {
            Verdict::Failed(Failure::ExprError {
                expr: text.to_string(),
                eval_time,
                error,
                span: test.span,
                expr_span: test.expr.source.span,
            })
        };
        let at = self.test.start + eval_time.millis();
        let got = match self.query(text, at, engine) {
            Ok(got) => got,
            Err(error) => return tell(failed(error)),
        };
        let mut expected = Vec::with_capacity(test.expected.len());
        for entry in &test.expected {
            match input::expected_sample(entry) {
                Ok(sample) => expected.push(sample),
                Err(error) => return tell(failed(error)),
            }
        }
        expected.sort_by(|a, b| a.labels.cmp(&b.labels));
        let mut got = got;
        got.sort_by(|a, b| a.labels.cmp(&b.labels));
        let fuzzy = self.file.fuzzy_compare;
        let same = samples_match(&expected, &got, &test.looser, fuzzy);
        if same {
            if self.options.tell_passed {
                tell(Verdict::Passed(Passed {
                    subject: text.to_string(),
                    eval_time,
                    expected: expected.len(),
                    span: test.span,
                    timelines: vec![self.timeline(test, at, engine, &[])],
                }));
            }
            return;
        }
        let mut reasons = Vec::new();
        let timeline = self.options.explain.then(|| {
            let wanted: Vec<Labels> = expected.iter().map(|it| it.labels.clone()).collect();
            let timeline = self.timeline(test, at, engine, &wanted);
            let expr = (&test.expr.expr, &**text);
            reasons = sample_reasons(engine, expr, at, &expected, &got, &timeline);
            timeline
        });
        tell(Verdict::Failed(Failure::Expr(ExprMismatch {
            expr: text.to_string(),
            eval_time,
            expected,
            got,
            span: test.span,
            expr_span: test.expr.source.span,
            timeline,
            reasons,
        })));
    }

    /// Evaluates an expression at one time, over everything.
    fn query(&self, text: &str, at: Timestamp, engine: &Engine<'_>) -> Result<Vec<GotSample>, String> {
        let parsed = parse(text, &self.options.engine_features);
        if let Some(message) = parsed.promtool_message(text) {
            return Err(message);
        }
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        samples_at(&plan, text, engine, at)
    }

    fn timeline(&self, test: &ExprTest, at: Timestamp, engine: &Engine<'_>, wanted: &[Labels]) -> Timeline {
        let location = Location::new(self.file.file, test.expr.source.span);
        let expr = (&test.expr.expr, &*test.expr.source.text);
        expr_timeline(engine, expr, location, at, wanted)
    }
}
