//! Why an expected alert does not fire, and why an unexpected one does.

use super::counterparts::decision;
use super::missing::{Search, backticked};
use super::timeline::reads_later;
use super::{AlertPair, alert_distance, clock, length, numbers};
use crate::alert::AlertState;
use crate::compare::{ExpectedAlertLabels, GotAlert, pairs};
use crate::ticks::{AlertRun, Engine, Instance};
use firedrill_eval::Column;
use firedrill_promql::Expr;
use firedrill_promql::ast::ExprKind;
use firedrill_value::Labels;

/// Alerts whose reasons are told; of more than these nobody reads them.
const MOST_ALERTS: usize = 3;

/// Reasons for the differences between expected and firing alerts of a name at a tick, the nearest cause first.
pub(crate) fn alert_reasons(
    engine: &Engine<'_>,
    alertname: &str,
    tick: usize,
    alerts: &[Option<AlertRun>],
    differences: &[AlertPair<'_>],
) -> Vec<String> {
    let rules: Vec<Inquiry<'_>> = engine
        .rules
        .iter()
        .zip(alerts)
        .enumerate()
        .filter(|(_, (it, _))| *it.rule.name == *alertname)
        .filter_map(|(index, (_, run))| {
            Some(Inquiry {
                engine,
                index,
                run: run.as_ref()?,
                tick,
            })
        })
        .collect();
    let mut reasons: Vec<String> = Vec::new();
    let mut told = 0;
    let mut unexpected = false;
    for pair in differences {
        if told == MOST_ALERTS {
            break;
        }
        let several = differences.len() > 1;
        let found = match (pair.expected, pair.got) {
            (Some(expected), got) => missing_alert(&rules, expected, got, several),
            // The second one fires for the same reason as the first.
            (None, Some(_)) if unexpected => Vec::new(),
            (None, Some(got)) => rules
                .iter()
                .find_map(|rule| rule.why_firing(got))
                .into_iter()
                .collect(),
            (None, None) => Vec::new(),
        };
        unexpected |= pair.expected.is_none() && !found.is_empty();
        told += usize::from(!found.is_empty());
        for reason in found {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

/// Of several rules of one name the one speaks that has the nearest alert.
fn missing_alert(
    rules: &[Inquiry<'_>],
    expected: &ExpectedAlertLabels,
    got: Option<&GotAlert>,
    several: bool,
) -> Vec<String> {
    let nearest = rules.iter().min_by_key(|rule| {
        let instances = rule.run.instances.iter();
        let own = instances.map(|it| alert_distance(&expected.labels, &pairs(&it.labels)));
        (rule.contradictions(expected), own.min().unwrap_or(usize::MAX))
    });
    nearest.map_or_else(Vec::new, |rule| rule.why_missing(expected, got, several))
}

/// A rule at the tested time.
struct Inquiry<'a> {
    engine: &'a Engine<'a>,
    index: usize,
    run: &'a AlertRun,
    tick: usize,
}

impl Inquiry<'_> {
    fn expr(&self) -> (&Expr, &str) {
        let expr = &self.engine.rules[self.index].rule.expr;
        (&expr.expr, &expr.source.text)
    }

    fn time(&self, tick: usize) -> String {
        clock(self.engine, self.engine.ticks.time(tick))
    }

    /// How many of the rule's fixed labels the expected alert has otherwise.
    fn contradictions(&self, expected: &ExpectedAlertLabels) -> usize {
        let rule = self.engine.rules[self.index].rule;
        let fixed = rule.labels.iter().filter(|(_, value)| value.is_literal());
        let other = fixed.filter(|(name, value)| {
            !expected
                .labels
                .iter()
                .any(|(n, v)| **n == **name && **v == *value.text)
        });
        other.count()
    }

    /// The expected labels that a sample would bring along.
    fn sample_labels(&self, expected: &ExpectedAlertLabels) -> Labels {
        let rule = self.engine.rules[self.index].rule;
        let own = |name: &str| name == "alertname" || rule.labels.iter().any(|(label, _)| **label == *name);
        Labels::from_pairs(
            expected
                .labels
                .iter()
                .filter(|(name, value)| !own(name) && !value.is_empty())
                .map(|(name, value)| (name, value)),
        )
    }

    fn why_missing(
        &self,
        expected: &ExpectedAlertLabels,
        got: Option<&GotAlert>,
        several: bool,
    ) -> Vec<String> {
        let wanted = self.sample_labels(expected);
        if let Some(got) = got {
            // Where the samples agree the alert is there, and only what the rule makes of it differs.
            let other = |label: &&firedrill_value::Label| {
                got.labels
                    .iter()
                    .any(|(name, value)| **name == *label.name && **value != *label.value)
            };
            let own = self
                .run
                .instances
                .iter()
                .any(|it| pairs(&it.labels) == got.labels);
            if own && wanted.iter().find(other).is_none() {
                return self.dropped_labels(&wanted, got);
            }
        }
        let who = if several {
            format!("{wanted}: ")
        } else {
            String::new()
        };
        let fits = |instance: &&Instance| {
            wanted.iter().all(|label| {
                matches!(instance.labels.get(&label.name), value if value.is_empty() || *value == *label.value)
            })
        };
        let mut fitting: Vec<&Instance> = self.run.instances.iter().filter(fits).collect();
        fitting.sort_by_key(|it| alert_distance(&expected.labels, &pairs(&it.labels)));
        let active = |it: &&&Instance| it.states.get(self.tick).is_some_and(|state| state.is_active());
        let instance = fitting.iter().find(active).or(fitting.first());
        let state = instance.map(|it| it.states.get(self.tick).copied().unwrap_or_default());
        let mut reasons = match (instance, state) {
            (Some(instance), Some(AlertState::Pending)) => vec![self.still_pending(instance)],
            // It fires, under other labels than those that are compared here.
            (Some(instance), Some(AlertState::Firing | AlertState::Kept)) => {
                let listed_twice = got.is_none() && pairs(&instance.labels) == expected.labels;
                let reason = || "it fires once, but is expected more than once".to_owned();
                listed_twice.then(reason).into_iter().collect()
            }
            (Some(instance), _) => {
                let mut reasons = self.why_not_holding(&wanted);
                reasons.extend(self.before_and_after(instance));
                reasons
            }
            (None, _) => self.why_not_holding(&wanted),
        };
        if let Some(first) = reasons.first_mut() {
            first.insert_str(0, &who);
        }
        reasons
    }

    /// Expected labels that an aggregation does away with.
    fn dropped_labels(&self, wanted: &Labels, got: &GotAlert) -> Vec<String> {
        let (expr, text) = self.expr();
        let lacks = |name: &str| !got.labels.iter().any(|(known, _)| **known == *name);
        let mut reasons = Vec::new();
        for label in wanted.iter().filter(|label| lacks(&label.name)) {
            let mut dropping = None;
            expr.walk(&mut |node| {
                let ExprKind::Aggregate(aggregate) = &node.kind else {
                    return;
                };
                let listed = aggregate.grouping.as_ref().map(|it| {
                    (
                        it.without,
                        it.labels.iter().any(|name| *name.text == *label.name),
                        it.span,
                    )
                });
                let drops = match listed {
                    Some((without, listed, _)) => without == listed,
                    None => true,
                };
                if drops && !aggregate.op.selects() && dropping.is_none() {
                    let grouping = listed.map_or_else(String::new, |it| format!(" {}", it.2.slice(text)));
                    dropping = Some(format!("{}{grouping}", aggregate.op.name()));
                }
            });
            reasons.extend(dropping.map(|by| format!("`{by}` drops the label {}", label.name)));
        }
        reasons
    }

    /// Why the expression gives nothing that fits at the tested time.
    fn why_not_holding(&self, wanted: &Labels) -> Vec<String> {
        let scheduled = self.engine.rules[self.index];
        if let Some(reason) = self.read_too_early(wanted) {
            return vec![reason];
        }
        if reads_later(self.engine, self.index) {
            return Vec::new();
        }
        let (expr, text) = self.expr();
        let at = self.engine.ticks.time(self.tick) - scheduled.group.query_offset;
        let mut reasons = Search::new(self.engine, text, at, wanted.clone())
            .seen_by_rule()
            .why(expr);
        if let (Some(first), offset @ 1..) = (reasons.first_mut(), scheduled.group.query_offset) {
            first.push_str(&format!(
                " (the group's query_offset looks {} back)",
                length(offset)
            ));
        }
        reasons
    }

    /// The rule ran before another had written what it reads.
    fn read_too_early(&self, wanted: &Labels) -> Option<String> {
        let scheduled = self.engine.rules[self.index];
        let rules = self.engine.rules.iter().enumerate().skip(self.index + 1);
        let selectors = scheduled.rule.selectors();
        let writer = rules
            .map(|(_, it)| it)
            .find(|it| selectors.iter().any(|selector| it.rule.may_feed(selector)))?;
        let (expr, text) = self.expr();
        let at = self.engine.ticks.time(self.tick) - scheduled.group.query_offset;
        let now = Search::new(self.engine, text, at, wanted.clone())
            .seen_by_rule()
            .fitting(expr)?;
        if now.is_empty() {
            return None;
        }
        let order = if writer.group.name == scheduled.group.name {
            "move it before this rule".to_owned()
        } else {
            format!(
                "group_eval_order decides: {} should run before {}",
                writer.group.name, scheduled.group.name
            )
        };
        Some(format!(
            "the rule runs before {} is recorded, and sees its value of one evaluation earlier; {order}",
            writer.rule.name
        ))
    }

    /// How long a pending alert still has to wait.
    fn still_pending(&self, instance: &Instance) -> String {
        let ticks = self.engine.ticks;
        let rule = self.engine.rules[self.index].rule;
        let since = instance.active_since(self.tick, ticks.start).unwrap_or(0);
        let steps = (rule.hold + ticks.step - 1) / ticks.step.max(1);
        let due = since + steps * ticks.step;
        let now = ticks.time(self.tick) - ticks.start;
        let told = format!(
            "pending since {}, and `for: {}` is not over at {}",
            length(since),
            length(rule.hold),
            length(now)
        );
        let later = instance.states.iter().enumerate().skip(self.tick);
        let change = later
            .into_iter()
            .find(|(_, state)| **state != AlertState::Pending);
        let left = length(due - now);
        match change {
            Some((tick, AlertState::Firing)) => {
                format!("{told}: it fires at {}, {left} later", self.time(tick))
            }
            Some((tick, _)) => format!(
                "{told}; it would fire at {}, but the expression stops holding at {}",
                length(due),
                self.time(tick)
            ),
            None => format!(
                "{told}: it fires at {}, {left} later, if the expression holds until then",
                length(due)
            ),
        }
    }

    /// When an inactive alert was, or will be, active.
    fn before_and_after(&self, instance: &Instance) -> Option<String> {
        let rule = self.engine.rules[self.index].rule;
        let states = &instance.states;
        let before = (0..self.tick).rev().find(|&at| states[at].is_active());
        let after = (self.tick + 1..states.len()).find(|&at| states[at].is_firing());
        let pending_after = (self.tick + 1..states.len()).find(|&at| states[at].is_active());
        let past = before.map(|last| {
            let firing = states[last].is_firing();
            let same = |at: &usize| states[*at].is_firing() == firing && states[*at].is_active();
            let first = (0..=last).rev().take_while(same).last().unwrap_or(last);
            if firing {
                format!("it fired from {} to {}", self.time(first), self.time(last))
            } else {
                format!(
                    "it was pending from {} to {}, too short for `for: {}`",
                    self.time(first),
                    self.time(last),
                    length(rule.hold)
                )
            }
        });
        let future = match (after, pending_after) {
            (Some(at), _) => Some(format!("it fires at {}", self.time(at))),
            (None, Some(at)) => Some(format!("it is pending from {} on", self.time(at))),
            (None, None) => None,
        };
        match (past, future) {
            (Some(past), Some(future)) => Some(format!("{past}, and {}", future.replacen("it", "again", 1))),
            (Some(only), None) | (None, Some(only)) => Some(only),
            (None, None) => None,
        }
    }

    /// Why an alert fires that nobody expects.
    fn why_firing(&self, got: &GotAlert) -> Option<String> {
        let instance = self
            .run
            .instances
            .iter()
            .find(|it| pairs(&it.labels) == got.labels)?;
        let state = instance.states.get(self.tick)?;
        let rule = self.engine.rules[self.index].rule;
        let who = if self.run.instances.len() > 1 {
            let own =
                |name: &str| name == "alertname" || rule.labels.iter().any(|(label, _)| **label == *name);
            format!("{} fires", instance.labels.filter(|name| !own(name)))
        } else {
            "it fires".to_owned()
        };
        let since = length(instance.active_since(self.tick, self.engine.ticks.start)?);
        if *state == AlertState::Kept {
            let last = (0..=self.tick)
                .rev()
                .find(|&at| instance.column_at(at).is_some())?;
            let steps = self.tick - last;
            let ended = self.time(last + usize::from(steps > 0));
            return Some(format!(
                "{who} on by `keep_firing_for: {}`: the expression held from {since} to {}, and no longer at {ended}",
                length(rule.keep_firing_for),
                self.time(last)
            ));
        }
        let hold = if rule.hold > 0 {
            format!(", longer than `for: {}`", length(rule.hold))
        } else {
            String::new()
        };
        let cause = self
            .holding(instance)
            .unwrap_or_else(|| "the expression holds".to_owned());
        let now = self.engine.ticks.time(self.tick) - self.engine.ticks.start;
        let exactly = self.engine.rules[self.index].rule.hold
            == now - instance.active_since(self.tick, self.engine.ticks.start)?;
        let hold = if exactly && rule.hold > 0 {
            format!(", exactly `for: {}`", length(rule.hold))
        } else {
            hold
        };
        Some(format!("{who}: {cause}; it has held since {since}{hold}"))
    }

    /// What the deciding comparison sees of a firing alert; only where there is no doubt which sample it is.
    fn holding(&self, instance: &Instance) -> Option<String> {
        if reads_later(self.engine, self.index) {
            return None;
        }
        let (expr, text) = self.expr();
        let sample = self.run.columns.get(instance.column_at(self.tick)?)?;
        let decides = decision(expr);
        let offset = self.engine.rules[self.index].group.query_offset;
        let at = self.engine.ticks.time(self.tick) - offset;
        let search = Search::new(self.engine, text, at, sample.labels.clone()).seen_by_rule();
        let Some(decides) = decides else {
            return absence(expr, text);
        };
        let value = single(search.fitting(decides.side)?)?;
        let limit = match &decides.other.unparenthesised().kind {
            ExprKind::Number(number) => number.value,
            _ => single(search.fitting(decides.other)?)?,
        };
        let (value, limit) = numbers(value, limit);
        let literal = matches!(decides.other.unparenthesised().kind, ExprKind::Number(_));
        let other = if literal {
            super::snippet(decides.other.span.slice(text))
        } else {
            format!("{limit}, which is {}", backticked(decides.other.span.slice(text)))
        };
        Some(format!(
            "{} is {value} at {}, {} {other}",
            backticked(decides.side.span.slice(text)),
            self.time(self.tick),
            decides.op.symbol()
        ))
    }
}

/// `absent(x)` holds because there is no x.
fn absence(expr: &Expr, text: &str) -> Option<String> {
    let ExprKind::Call(call) = &expr.unparenthesised().kind else {
        return None;
    };
    let function = call.function?;
    let absent = matches!(
        function.id,
        firedrill_functions::Func::Absent | firedrill_functions::Func::AbsentOverTime
    );
    let source = call.args.first().filter(|_| absent)?;
    Some(format!("{} finds nothing", backticked(source.span.slice(text))))
}

/// The number of the only sample.
fn single(columns: Vec<Column>) -> Option<f64> {
    match columns.as_slice() {
        [only] if only.histogram(0).is_none() => only.values.first().copied(),
        _ => None,
    }
}
