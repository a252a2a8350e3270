//! Expectations of alerts that hold for the wrong reason.

use super::{Tested, Traps, finds_series, in_reach, name_of, selector_text};
use crate::alert::AlertState;
use crate::compile::{CompiledRule, TextKind};
use crate::schedule::Scheduled;
use crate::ticks::{AlertRun, Engine};
use crate::words::one_line;
use firedrill_model::{AlertTest, ExpectedState, TestGroup, codes};
use firedrill_source::{Severity, nearest};
use firedrill_value::{Duration, Labels};

/// A tested alert and what came of it.
pub(super) struct Seen<'a> {
    pub(super) scheduled: &'a Scheduled<'a>,
    pub(super) run: &'a AlertRun,
}

impl<'a> Traps<'a> {
    /// Looks at a test of an alert that ran; `tick` is the evaluation that was looked at.
    pub(crate) fn alert(
        &mut self,
        group: &TestGroup,
        test: &AlertTest,
        tick: usize,
        engine: &Engine<'_>,
        alerts: &[Option<AlertRun>],
        passed: bool,
    ) {
        let name = test.alertname.as_ref().map_or("", |name| &name.text);
        let rules: Vec<(usize, &Scheduled<'_>)> = self.rules_of(name).collect();
        if rules.is_empty() {
            if passed {
                self.unknown(name, test);
            }
            return;
        }
        self.not_simulated(test, &rules);
        if test.eval_time.value.millis() % self.file.evaluation_interval.millis().max(1) != 0 {
            self.off_the_grid(test, tick, engine);
        }
        let seen: Vec<Seen<'_>> = rules
            .iter()
            .filter_map(|&(index, scheduled)| {
                let run = alerts.get(index)?.as_ref()?;
                Some(Seen { scheduled, run })
            })
            .collect();
        if !passed {
            self.tested(test, &rules).failed = true;
            return;
        }
        let pending = seen
            .iter()
            .find_map(|it| pending_since(it, tick, engine).map(|since| (it, since)));
        self.tested(test, &rules).pending |= pending.is_some();
        if test.state == ExpectedState::Pending {
            return;
        }
        if !test.expected.is_empty() || test.count.is_some_and(|count| count.value > 0) {
            self.tested(test, &rules).fired = true;
            for it in &seen {
                self.empty_labels(test, it, tick);
                self.unsorted(test, it, tick, engine);
                let (expr, now) = (&it.scheduled.rule.expr.expr, engine.ticks.time(tick));
                self.ties(expr, engine, now, name_of(test), "which alert fires");
            }
            return;
        }
        if let Some((it, since)) = pending {
            let (since, due) = (Duration::from_millis(since), since + it.scheduled.rule.hold);
            self.tested(test, &rules).silent = true;
            self.report(
                codes::ONLY_PENDING,
                Severity::Info,
                name_of(test),
                format!("{name} is pending at this time: no alert fires yet"),
                format!("its expression has held since {since}; it would fire at {}", Duration::from_millis(due)),
                "if the test is about `for`, all is well; if the expression should not hold, test a later time",
            );
            return;
        }
        let selectors = || seen.iter().flat_map(|it| it.scheduled.rule.selectors());
        let reads = selectors().next().is_some();
        let ever = seen.iter().any(|it| !it.run.instances.is_empty());
        if reads
            && !ever
            && !seen
                .iter()
                .any(|it| finds_series(it.scheduled.rule.selectors(), engine))
        {
            let mut wanted: Vec<String> = Vec::new();
            for it in &seen {
                for selector in it.scheduled.rule.selectors() {
                    let text = selector_text(it.scheduled.rule, selector);
                    if !wanted.contains(&text) {
                        wanted.push(text);
                    }
                }
            }
            wanted.truncate(3);
            let vacuous = (name_of(test), wanted.join(", "));
            self.tested(test, &rules).vacuous.push(vacuous);
            return;
        }
        self.tested(test, &rules).silent = true;
        let reached = |it: &Seen<'_>| {
            let rule = it.scheduled.rule;
            let now = engine.ticks.time(tick) - it.scheduled.group.query_offset;
            in_reach(&rule.expr.expr, rule.selectors(), engine, now)
        };
        let in_reach = !reads || seen.iter().any(reached);
        if !in_reach {
            let before = seen.iter().any(|it| {
                let mut states = it
                    .run
                    .instances
                    .iter()
                    .flat_map(|instance| instance.states.iter().take(tick));
                states.any(|state| state.is_active())
            });
            let written =
                |it: &Seen<'_>| self.gap_severity(group, it.scheduled.rule.selectors()) == Severity::Info;
            let severity = if before || seen.iter().any(written) {
                Severity::Info
            } else {
                Severity::Warning
            };
            let eval_time = test.eval_time.value;
            self.report(
                codes::TEST_TIME_UNREACHABLE,
                severity,
                test.eval_time.span,
                format!("{name} has nothing to read at {eval_time}"),
                "no series that its rule selects has a sample near this time, so no alert fires whatever the rule says",
                "make the input series long enough, or test an earlier time",
            );
        }
    }

    fn unknown(&mut self, name: &str, test: &AlertTest) {
        // Without any rule the pattern is to blame, which is reported.
        if self.rules.is_empty() && !self.file.rule_files.is_empty() {
            return;
        }
        let alerts = self
            .rules
            .iter()
            .filter(|it| it.rule.kind == firedrill_model::RuleKind::Alert);
        let names = alerts.map(|it| &*it.rule.name);
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean {near}?"),
            None => "correct the name, or load the file with the rule in `rule_files`".to_owned(),
        };
        self.report(
            codes::TEST_OF_UNKNOWN_ALERT,
            Severity::Error,
            name_of(test),
            format!("no loaded rule defines the alert {name}"),
            "nothing is expected of it, so the test passes whatever the rules say",
            help,
        );
    }

    fn off_the_grid(&mut self, test: &AlertTest, tick: usize, engine: &Engine<'_>) {
        let seen = Duration::from_millis(engine.ticks.time(tick) - engine.ticks.start);
        let step = self.file.evaluation_interval;
        self.report(
            codes::TEST_TIME_UNREACHABLE,
            Severity::Warning,
            test.eval_time.span,
            format!("no rule is evaluated at {}", test.eval_time.value),
            format!("rules run every {step}; what is tested is their state at {seen}"),
            format!("use a multiple of {step}, or a shorter `evaluation_interval`"),
        );
    }

    fn not_simulated(&mut self, test: &AlertTest, rules: &[(usize, &Scheduled<'_>)]) {
        for &(_, scheduled) in rules {
            let group = scheduled.group;
            let every = self.file.evaluation_interval;
            let ignored = self.intervals_ignored;
            let differs = |interval: &i64| ignored && *interval != every.millis() && *interval > 0;
            if let Some(interval) = group.interval.filter(differs)
                && self
                    .intervals
                    .insert((std::ptr::from_ref(group).addr(), group.name.clone()))
            {
                let interval = Duration::from_millis(interval);
                self.report(
                    codes::NOT_SIMULATED,
                    Severity::Info,
                    name_of(test),
                    format!(
                        "the group {} runs every {interval}, here it runs every {every}",
                        group.name
                    ),
                    "unit tests ignore the interval of groups",
                    format!("set `evaluation_interval: {interval}`"),
                );
            }
            for (name, function) in outside_functions(scheduled.rule) {
                self.report(
                    codes::NOT_SIMULATED,
                    Severity::Info,
                    name_of(test),
                    format!(
                        "`{name}` of {} calls {function}, which unit tests do not have",
                        scheduled.rule.name
                    ),
                    "what it expands to here is an error text",
                    "test the other annotations of the alert",
                );
            }
        }
    }

    /// Labels that a template prints and the alert's samples do not have.
    fn empty_labels(&mut self, test: &AlertTest, it: &Seen<'_>, tick: usize) {
        let rule = it.scheduled.rule;
        let mut samples: Vec<&Labels> = Vec::new();
        for column in &it.run.columns {
            if column.has(tick) {
                samples.push(&column.labels);
            }
        }
        let fires =
            |instance: &crate::ticks::Instance| instance.states.get(tick).is_some_and(|s| s.is_firing());
        if samples.is_empty() || !it.run.instances.iter().any(fires) {
            return;
        }
        let mut missing: Vec<(String, String)> = Vec::new();
        for (field, text) in rule.labels.iter().chain(&rule.annotations) {
            let (TextKind::Stable(template) | TextKind::Volatile(template)) = &text.kind else {
                continue;
            };
            if template.text().contains("$labels :=") {
                continue;
            }
            for used in &template.uses().labels {
                let absent = samples.iter().all(|labels| labels.get(&used.name).is_empty());
                if absent && !used.guarded && !missing.iter().any(|(label, _)| *label == used.name) {
                    missing.push((used.name.clone(), field.to_string()));
                }
            }
        }
        for (label, field) in missing {
            self.report(
                codes::LABEL_RENDERS_EMPTY,
                Severity::Info,
                name_of(test),
                format!("`{field}` of {} prints the label {label}, which no tested alert has", rule.name),
                "it renders as empty text, and so does the expectation",
                format!("give the input series the label {label} that real ones have; or the rule drops it on the way"),
            );
        }
    }

    /// What the tests of an alert leave open.
    pub(super) fn sides(&mut self, name: &str, tested: Tested) {
        let Tested {
            at,
            hold,
            fired,
            silent,
            pending,
            failed,
            vacuous,
        } = tested;
        if !fired && !failed && !silent {
            for (at, wanted) in vacuous {
                self.report(
                    codes::VACUOUS_TEST,
                    Severity::Error,
                    at,
                    format!("{name} cannot fire in this test, whatever its threshold"),
                    format!("the input has no series for {wanted}, here or in any other test of the alert in this file"),
                    "give the test series that the alert reads, with values that must not fire it",
                );
            }
            return;
        }
        if failed {
            return;
        }
        let (message, help) = match (fired, silent) {
            (false, _) => (
                format!("no test makes {name} fire"),
                "add a test in which it fires: only that proves its expression, labels and annotations",
            ),
            (true, false) => (
                format!("no test has {name} stay silent over data"),
                "add a test with values on the other side of the threshold",
            ),
            _ if hold > 0 && !pending => (
                format!("no test looks at {name} while it is pending"),
                "test the last evaluation before its `for` is over",
            ),
            _ => return,
        };
        self.report(
            codes::BOUNDARY_UNTESTED,
            Severity::Info,
            at,
            message,
            "a rule that were wrong on this side would pass",
            help,
        );
    }
}

/// Since when the first pending alert of a rule has been pending, in milliseconds after the start of the test.
fn pending_since(it: &Seen<'_>, tick: usize, engine: &Engine<'_>) -> Option<i64> {
    let pending = it
        .run
        .instances
        .iter()
        .find(|instance| instance.states.get(tick) == Some(&AlertState::Pending))?;
    pending.active_since(tick, engine.ticks.start)
}

/// Labels and annotations that call functions which know the server's address.
fn outside_functions(rule: &CompiledRule) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (field, text) in rule.labels.iter().chain(&rule.annotations) {
        if let TextKind::Stable(template) | TextKind::Volatile(template) = &text.kind {
            let uses = &template.uses().functions;
            let outside = uses
                .iter()
                .find(|(function, _)| matches!(function.as_str(), "externalURL" | "pathPrefix"));
            found.extend(outside.map(|(function, _)| (one_line(field, super::MOST), function.clone())));
        }
    }
    found
}
