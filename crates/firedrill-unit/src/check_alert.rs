//! Checks the alerts that a test expects.

use crate::compare::{ExpectedAlertLabels, GotAlert};
use crate::event::Passed;
use crate::explain::{alert_reasons, alert_timelines, pair_alerts};
use crate::failure::{AlertMismatch, Failure};
use crate::looser::{alerts_match, describe};
use crate::run::{Case, Verdict, name_of};
use crate::ticks::{AlertRun, Engine};
use firedrill_model::{AlertTest, RuleKind};
use firedrill_value::{Duration, Labels};

impl Case<'_> {
    pub(crate) fn check_alert(
        &self,
        test: &AlertTest,
        tick: usize,
        engine: &Engine<'_>,
        alerts: &[Option<AlertRun>],
        tell: &mut dyn FnMut(Verdict),
    ) {
        let alertname = name_of(test);
        let mut expected: Vec<ExpectedAlertLabels> = test
            .expected
            .iter()
            .map(|entry| {
                let mut labels = sorted(&entry.labels, |name| name != "alertname");
                labels.push(("alertname".to_owned(), alertname.to_owned()));
                labels.sort();
                ExpectedAlertLabels {
                    labels,
                    annotations: sorted(&entry.annotations, |_| true),
                    span: entry.span,
                }
            })
            .collect();
        expected.sort_by(|a, b| (&a.labels, &a.annotations).cmp(&(&b.labels, &b.annotations)));
        let mut got: Vec<GotAlert> = Vec::new();
        for (rule, run) in self.rules.iter().zip(alerts) {
            if let Some(run) = run
                && rule.rule.kind == RuleKind::Alert
                && *rule.rule.name == *alertname
            {
                got.extend(engine.in_state(rule, run, tick, test.state));
            }
        }
        got.sort_by(|a, b| (&a.labels, &a.annotations).cmp(&(&b.labels, &b.annotations)));
        let same = alerts_match(test, &expected, &got);
        let wanted = if same {
            self.options.tell_passed
        } else {
            self.options.explain
        };
        let differences = pair_alerts(&expected, &got);
        let timelines = if wanted {
            let expected = differences.iter().filter_map(|pair| Some(&pair.expected?.labels));
            let got = differences.iter().filter_map(|pair| Some(&pair.got?.labels));
            let of_test: Vec<Labels> = expected.chain(got).map(|pairs| labels(pairs)).collect();
            alert_timelines(engine, alertname, tick, alerts, &of_test)
        } else {
            Vec::new()
        };
        if same {
            if wanted {
                tell(Verdict::Passed(Passed {
                    subject: alertname.to_owned(),
                    eval_time: test.eval_time.value,
                    expected: expected.len(),
                    span: test.span,
                    timelines,
                }));
            }
            return;
        }
        let mut reasons = if self.options.explain {
            alert_reasons(engine, alertname, tick, alerts, &differences)
        } else {
            Vec::new()
        };
        if let Some(reason) = self.off_grid(test, tick, engine).filter(|_| self.options.explain) {
            reasons.push(reason);
        }
        describe(test, &mut expected);
        let known = self.rules.iter().filter(|it| it.rule.kind == RuleKind::Alert);
        let names: Vec<String> = known.map(|it| it.rule.name.to_string()).collect();
        let defined = names.iter().any(|name| name == alertname);
        tell(Verdict::Failed(Failure::Alert(AlertMismatch {
            test_name: self.name.clone(),
            alertname: alertname.to_owned(),
            eval_time: test.eval_time.value,
            expected,
            got,
            span: test.span,
            name_span: test.alertname.as_ref().map_or(test.span, |name| name.span),
            timelines,
            reasons,
            known_alerts: (!defined).then_some(names),
        })));
    }

    /// A tested time between two evaluations.
    fn off_grid(&self, test: &AlertTest, tick: usize, engine: &Engine<'_>) -> Option<String> {
        let time = test.eval_time.value;
        let seen = engine.ticks.time(tick) - engine.ticks.start;
        let step = Duration::from_millis(engine.ticks.step);
        (time.millis() - seen > 0 && time.millis() - seen < engine.ticks.step).then(|| {
            format!(
                "the rules run every {step} only: at {time} the state of {} still stands",
                Duration::from_millis(seen)
            )
        })
    }
}

/// The pairs as a label set; empty values are none.
fn labels(pairs: &[(String, String)]) -> Labels {
    Labels::from_pairs(pairs.iter().map(|(name, value)| (name, value)))
}

fn sorted(entries: &[firedrill_model::Entry], keep: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = entries
        .iter()
        .filter(|entry| keep(&entry.key.text))
        .map(|entry| (entry.key.text.to_string(), entry.value.text.to_string()))
        .collect();
    pairs.sort();
    pairs
}
