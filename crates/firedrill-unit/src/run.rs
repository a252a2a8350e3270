//! Runs the tests of a file.

use crate::compare::GotSample;
use crate::compile::{CompiledFile, CompiledRule, TextKind, TextValue};
use crate::coverage::{Coverage, cover};
use crate::dump::{Dump, dump};
use crate::event::{Event, Passed, Summary};
use crate::failure::Failure;
use crate::input::{self, Input, Refused, Unreadable};
use crate::schedule::{Scheduled, ordered_rules, schedule};
use crate::thin::{Thinned, Thinning, thinned};
use crate::ticks::{Engine, Outcome};
use crate::traps::{Traps, depends_on_order};
use firedrill_eval::{EvalError, EvalOptions, Grid, Guard, Plan, Storage};
use firedrill_model::{AlertTest, TestFile, TestGroup};
use firedrill_promql::Features;
use firedrill_promql::ast::ExprKind;
use firedrill_source::{Location, Span};
use firedrill_value::{Duration, Labels, Timestamp};
use std::sync::Arc;

/// A test file and the rule files that it names, in order.
#[derive(Clone, Debug)]
pub struct Suite<'a> {
    /// The tests.
    pub file: &'a TestFile,
    /// The rules. Of two files with one name the later one counts.
    pub rules: Vec<Arc<CompiledFile>>,
}

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// What expression tests may use.
    pub engine_features: Features,
    /// `promql-delayed-name-removal`.
    pub delayed_name_removal: bool,
    /// Most samples that one input series may expand to.
    pub max_series_samples: usize,
    /// Most samples that a query may hold at one time; promtool's tests allow 10 000.
    pub max_samples: Option<usize>,
    /// Whether to look for explanations of failures (they cost a few evaluations).
    pub explain: bool,
    /// Whether to tell of what passed, too, with timelines.
    pub tell_passed: bool,
    /// Whether to tell what is stored at the end of each test.
    pub dump: bool,
    /// Whether to look for tests that prove nothing ([`Event::Noticed`]).
    pub notice: bool,
    /// Whether all that is noticed is an error.
    pub strict: bool,
    /// Whether to tell which ways through the rules the assertions have seen.
    pub coverage: bool,
    /// Whether to evaluate rules, too, that nobody looks at and that cannot fail, and all rules at ticks that make no
    /// difference; what comes of it is the same.
    pub whole: bool,
    /// Whether groups run at their own intervals, counted from the start of the test. One that is no multiple of the
    /// time between evaluations is rounded up to it.
    pub group_intervals: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            engine_features: Features::promtool_default(),
            delayed_name_removal: false,
            max_series_samples: 50_000_000,
            max_samples: None,
            explain: true,
            tell_passed: false,
            dump: false,
            notice: false,
            strict: false,
            coverage: false,
            whole: false,
            group_intervals: false,
        }
    }
}

/// Evaluations of a test beyond which it is a slip of the pen: thirty years of minutes.
const MAX_TICKS: usize = 16_000_000;

/// Runs the tests for whose name `selected` holds, in file order.
pub fn run(
    suite: &Suite<'_>,
    options: &RunOptions,
    selected: &dyn Fn(&str) -> bool,
    emit: &mut dyn FnMut(Event),
) -> Summary {
    run_within(suite, options, Guard::NONE, selected, emit)
}

/// Like [`run`], within limits: what exceeds them fails with a word on how to raise them.
pub fn run_within(
    suite: &Suite<'_>,
    options: &RunOptions,
    guard: &Guard,
    selected: &dyn Fn(&str) -> bool,
    emit: &mut dyn FnMut(Event),
) -> Summary {
    let mut summary = Summary::default();
    let rules = ordered_rules(suite, false);
    let mut traps = options
        .notice
        .then(|| Traps::new(suite.file, &rules, !options.group_intervals));
    let order = options
        .notice
        .then(|| depends_on_order(suite.file, &rules))
        .flatten();
    for (index, test) in suite.file.tests.iter().enumerate() {
        let name = test.name.as_ref().map(|name| name.text.to_string());
        if !selected(name.as_deref().unwrap_or("")) {
            continue;
        }
        emit(Event::CaseStarted {
            index,
            name: name.clone(),
            span: test.span,
        });
        let mut failures = 0;
        let assertions = test.alert_tests.len() + test.expr_tests.len();
        let mut case = Case {
            file: suite.file,
            test,
            rules: &rules,
            options,
            guard,
            name,
        };
        let mut failed = Vec::new();
        case.run(traps.as_mut(), &mut |verdict| match verdict {
            Verdict::Failed(failure) => {
                failures += 1;
                failed.push(failure.span());
                emit(Event::Failed {
                    index,
                    failure: Box::new(failure),
                });
            }
            Verdict::Dumped(dump) => emit(Event::Dumped {
                index,
                dump: Box::new(dump),
            }),
            Verdict::Covered(coverage) => emit(Event::Covered {
                index,
                coverage: Box::new(coverage),
            }),
            Verdict::Passed(passed) => emit(Event::Passed {
                index,
                passed: Box::new(passed),
            }),
        });
        let finished = Event::CaseFinished {
            index,
            assertions,
            failures,
        };
        summary.add(&finished);
        emit(finished);
        if let (Some(traps), Some(groups)) = (&mut traps, &order)
            && failed != failures_in_other_order(suite, test, options, guard)
        {
            traps.order_matters(test, groups);
        }
    }
    for finding in traps
        .map(|traps| traps.finish(options.strict))
        .into_iter()
        .flatten()
    {
        emit(Event::Noticed {
            finding: Box::new(finding),
        });
    }
    summary
}

/// What fails in a test if groups that nothing tells apart run the other way round.
fn failures_in_other_order(
    suite: &Suite<'_>,
    test: &TestGroup,
    options: &RunOptions,
    guard: &Guard,
) -> Vec<Span> {
    let rules = ordered_rules(suite, true);
    let options = RunOptions {
        explain: false,
        tell_passed: false,
        dump: false,
        ..*options
    };
    let mut case = Case {
        file: suite.file,
        test,
        rules: &rules,
        options: &options,
        guard,
        name: None,
    };
    let mut failed = Vec::new();
    case.run(None, &mut |verdict| {
        if let Verdict::Failed(failure) = verdict {
            failed.push(failure.span());
        }
    });
    failed
}

/// What a test has to tell.
#[expect(clippy::large_enum_variant, reason = "lives from the check to the event")]
pub(crate) enum Verdict {
    Failed(Failure),
    Passed(Passed),
    Dumped(Dump),
    Covered(Coverage),
}

/// A test whose rules have been evaluated.
pub(crate) struct Ran<'a> {
    pub(crate) engine: Engine<'a>,
    pub(crate) outcome: Outcome,
    /// An input sample that storage refuses: from then on no rule runs.
    refused: Option<Refused>,
    all_ticks: Grid,
    /// The last time that is looked at, after the start of the test.
    last: i64,
    /// For every rule whether it was not evaluated at all; empty if all were.
    pub(crate) left_out: Vec<bool>,
}

impl Ran<'_> {
    /// Whether ticks were left out.
    fn has_fewer_ticks(&self) -> bool {
        self.engine.only.iter().any(Option::is_some)
    }

    /// Whether anything was left out.
    fn is_thin(&self) -> bool {
        self.left_out.contains(&true) || self.has_fewer_ticks()
    }
}

/// One entry of `tests`.
pub(crate) struct Case<'a> {
    pub(crate) file: &'a TestFile,
    pub(crate) test: &'a TestGroup,
    pub(crate) rules: &'a [Scheduled<'a>],
    pub(crate) options: &'a RunOptions,
    pub(crate) guard: &'a Guard,
    pub(crate) name: Option<String>,
}

impl Case<'_> {
    fn run(&mut self, mut traps: Option<&mut Traps<'_>>, tell: &mut dyn FnMut(Verdict)) {
        let test = self.test;
        if let Some(traps) = &mut traps {
            traps.input(test);
        }
        let mut next = Some(if self.options.whole {
            Thinning::Nothing
        } else {
            Thinning::Ticks
        });
        while let Some(thinning) = next {
            next = self.attempt(thinning, traps.as_deref_mut(), tell);
        }
    }

    /// Runs the test without what makes no difference. Where it then finds that something fails it has told nothing:
    /// explanations may look at all rules and ticks. Where that is so it returns how to run the test again.
    fn attempt(
        &self,
        thinning: Thinning,
        mut traps: Option<&mut Traps<'_>>,
        tell: &mut dyn FnMut(Verdict),
    ) -> Option<Thinning> {
        let test = self.test;
        let interval = self.file.evaluation_interval.millis().max(1);
        let ran = self.evaluate(thinning, tell)?;
        let (thin, fewer_ticks) = (ran.is_thin(), ran.has_fewer_ticks());
        let Ran {
            engine,
            outcome,
            refused,
            all_ticks,
            last,
            ..
        } = ran;
        let run_ticks = engine.ticks.count;
        if thin
            && (refused.is_some() || outcome.abort_tick.is_some() || self.anything_fails(&engine, &outcome))
        {
            return Some(Thinning::Nothing);
        }
        if let Some(traps) = traps.as_deref().filter(|_| fewer_ticks)
            && traps.history_counts(test, &engine, &outcome.alerts)
        {
            return Some(Thinning::Rules);
        }
        let stopped = outcome.abort_tick.unwrap_or(usize::MAX);

        let mut told: Vec<(&str, usize)> = Vec::new();
        let mut alert_tests: Vec<&AlertTest> = test.alert_tests.iter().collect();
        alert_tests.sort_by_key(|it| it.eval_time.value);
        for alert_test in alert_tests {
            let tick = self.tick_of(alert_test, interval);
            if tick < stopped {
                // Where no rule runs any more, the state of the last evaluation stands.
                let seen = tick.min(run_ticks.saturating_sub(1));
                told.push((name_of(alert_test), seen));
                let mut passed = true;
                self.check_alert(alert_test, seen, &engine, &outcome.alerts, &mut |verdict| {
                    passed &= !matches!(verdict, Verdict::Failed(_));
                    tell(verdict);
                });
                if let Some(traps) = &mut traps {
                    traps.alert(test, alert_test, seen, &engine, &outcome.alerts, passed);
                }
            }
        }
        if let Some(refused) = refused {
            let times = all_ticks.count - refused.tick;
            tell(Verdict::Failed(Failure::Setup {
                error: refused.error,
                detail: None,
                span: refused.span,
                times,
            }));
        }
        for (rule, error) in &outcome.errors {
            let rule = self.rules[*rule].rule;
            tell(Verdict::Failed(Failure::Rule {
                rule: rule.name.to_string(),
                location: Location::new(rule.file, rule.span),
                expr_span: rule.expr.source.span,
                time: all_ticks.time(stopped),
                error: error.clone(),
            }));
        }
        if self.options.coverage && run_ticks > 0 {
            let complete = outcome.abort_tick.is_none();
            let ticks = run_ticks.min(stopped);
            let coverage = cover(&engine, test, &told, &outcome.alerts, ticks, complete);
            tell(Verdict::Covered(coverage));
        }
        if outcome.abort_tick.is_some() {
            return None;
        }
        for expr_test in &test.expr_tests {
            let mut passed = true;
            self.check_expr(expr_test, &engine, &mut |verdict| {
                passed &= !matches!(verdict, Verdict::Failed(_));
                tell(verdict);
            });
            if let Some(traps) = traps.as_mut().filter(|_| passed) {
                traps.expr(test, expr_test, &engine);
            }
        }
        if self.options.dump {
            tell(Verdict::Dumped(dump(&engine, last)));
        }
        None
    }

    /// Loads the input and evaluates the rules, without what makes no difference. What keeps it from running is told.
    pub(crate) fn evaluate(&self, thinning: Thinning, tell: &mut dyn FnMut(Verdict)) -> Option<Ran<'_>> {
        let test = self.test;
        let interval = self.file.evaluation_interval.millis().max(1);
        let last = test
            .alert_tests
            .iter()
            .map(|it| it.eval_time.value)
            .chain(test.expr_tests.iter().map(|it| it.eval_time.value))
            .max()
            .unwrap_or_default()
            .millis();
        let all_ticks = Grid::range(test.start, test.start.saturating_add(last), interval);
        if all_ticks.count > MAX_TICKS {
            let error = format!(
                "the rules would run {} times, more than the {MAX_TICKS} ticks of a test; use an earlier eval_time or a \
                 longer evaluation_interval",
                all_ticks.count
            );
            tell(Verdict::Failed(Failure::Setup {
                error,
                detail: None,
                span: test.span,
                times: 1,
            }));
            return None;
        }
        let loaded = input::load(
            test,
            all_ticks,
            self.options.max_series_samples,
            &self.guard.limits,
        );
        let Input { storage, refused } = match loaded {
            Ok(input) => input,
            Err(Unreadable { error, detail, span }) => {
                tell(Verdict::Failed(Failure::Setup {
                    error,
                    detail,
                    span,
                    times: 1,
                }));
                return None;
            }
        };
        if let Some(nameless) = test.alert_tests.iter().find(|it| name_of(it).is_empty()) {
            let of = match &self.name {
                Some(name) if !name.is_empty() => format!(" (in TestGroup {name})"),
                _ => String::new(),
            };
            let time = nameless.eval_time.value;
            let error = format!(
                "an item under alert_rule_test misses required attribute alertname at eval_time {time}{of}"
            );
            tell(Verdict::Failed(Failure::Setup {
                error,
                detail: None,
                span: nameless.span,
                times: 1,
            }));
            return None;
        }
        // From the first refused sample on nothing is stored and no rule runs.
        let run_ticks = refused.as_ref().map_or(all_ticks.count, |refused| refused.tick);
        let eval = EvalOptions {
            default_subquery_step: Duration::from_millis(interval),
            delayed_name_removal: self.options.delayed_name_removal,
            max_samples: self.options.max_samples,
            ..EvalOptions::default()
        };
        let external_labels = Labels::from_pairs(
            test.external_labels
                .iter()
                .map(|entry| (&*entry.key.text, &*entry.value.text)),
        );
        let mut engine = Engine {
            storage,
            guard: self.guard,
            ticks: Grid {
                count: run_ticks,
                ..all_ticks
            },
            eval,
            external_labels,
            external_url: test
                .external_url
                .as_ref()
                .map(|url| url.text.clone())
                .unwrap_or_default(),
            query_features: self.options.engine_features,
            rules: self.rules,
            tested: test
                .alert_tests
                .iter()
                .map(|it| (name_of(it).to_owned(), self.tick_of(it, interval)))
                .collect(),
            alerts_are_read: false,
            group_intervals: self.options.group_intervals,
            only: Vec::new(),
        };
        // Input may hold such series, too; then what the rules write can be in its way.
        let given = |name: &str| {
            engine
                .storage
                .series()
                .iter()
                .any(|series| series.labels.metric_name() == name)
        };
        engine.alerts_are_read =
            self.options.dump || self.alerts_are_read() || given("ALERTS") || given("ALERTS_FOR_STATE");
        let mut schedule = schedule(self.rules);
        let thinned = thinned(&engine, test, self.options, &schedule, thinning);
        let Thinned {
            rules: left_out,
            only,
        } = thinned;
        let runs = |index: &usize| !left_out.get(*index).is_some_and(|&out| out);
        schedule.before.retain(runs);
        schedule.after.retain(runs);
        engine.only = only;
        let outcome = if run_ticks == 0 {
            Outcome::empty(self.rules.len())
        } else {
            engine.run(&schedule)
        };
        Some(Ran {
            engine,
            outcome,
            refused,
            all_ticks,
            last,
            left_out,
        })
    }

    /// Whether an assertion fails; says nothing of it.
    fn anything_fails(&self, engine: &Engine<'_>, outcome: &Outcome) -> bool {
        let quiet = RunOptions {
            explain: false,
            ..*self.options
        };
        let case = Case {
            options: &quiet,
            name: None,
            ..*self
        };
        let interval = self.file.evaluation_interval.millis().max(1);
        let mut failed = false;
        let mut note = |verdict: Verdict| failed |= matches!(verdict, Verdict::Failed(_));
        for test in &self.test.alert_tests {
            let tick = self
                .tick_of(test, interval)
                .min(engine.ticks.count.saturating_sub(1));
            case.check_alert(test, tick, engine, &outcome.alerts, &mut note);
        }
        for test in &self.test.expr_tests {
            case.check_expr(test, engine, &mut note);
        }
        failed
    }

    fn tick_of(&self, test: &AlertTest, interval: i64) -> usize {
        usize::try_from(test.eval_time.value.millis() / interval).unwrap_or(0)
    }

    /// Whether any expression may read what alerting rules write.
    fn alerts_are_read(&self) -> bool {
        let may_read = |name: &str| matches!(name, "ALERTS" | "ALERTS_FOR_STATE");
        let reads = |selectors: &[firedrill_eval::SelectorInfo]| {
            selectors.iter().any(|s| match s.metric_name() {
                Some(name) => may_read(name),
                None => s.may_match_name("ALERTS") || s.may_match_name("ALERTS_FOR_STATE"),
            })
        };
        let asked = |rule: &CompiledRule| rule.asks.as_ref().is_none_or(|asks| reads(&asks.selectors));
        let in_tests = self.test.expr_tests.iter().any(|it| {
            let mut found = false;
            it.expr.expr.walk(&mut |node| {
                if let ExprKind::Selector(selector) = &node.kind {
                    found |= selector.metric_name().is_none_or(|name| may_read(name));
                }
            });
            found
        });
        in_tests
            || self
                .rules
                .iter()
                .any(|it| reads(it.rule.selectors()) || asked(it.rule))
    }
}

pub(crate) fn name_of(test: &AlertTest) -> &str {
    test.alertname.as_ref().map_or("", |name| &name.text)
}

/// The words for an error of the expression `text`. For limits of firedrill's own they say where, and how to raise it.
pub(crate) fn error_text(error: &EvalError, text: &str) -> String {
    match error {
        EvalError::Limit(exceeded) => {
            let part = exceeded.span.slice(text).split_whitespace();
            let part: String = part.collect::<Vec<_>>().join(" ").chars().take(80).collect();
            format!("{exceeded} in `{part}`; {}", exceeded.help())
        }
        _ => error.to_string(),
    }
}

/// The samples of a plan at one time; `text` is the expression.
pub(crate) fn samples_at(
    plan: &Plan,
    text: &str,
    engine: &Engine<'_>,
    at: Timestamp,
) -> Result<Vec<GotSample>, String> {
    samples_in(&engine.storage, plan, text, engine, at)
}

/// Like [`samples_at`], of other series.
pub(crate) fn samples_in(
    storage: &Storage,
    plan: &Plan,
    text: &str,
    engine: &Engine<'_>,
    at: Timestamp,
) -> Result<Vec<GotSample>, String> {
    let output = plan
        .eval_within(storage, Grid::instant(at), &engine.eval, engine.guard)
        .map_err(|error| error_text(&error, text))?;
    let columns = crate::record::columns(output.value)?;
    let present = columns.into_iter().filter(|column| !column.is_empty());
    Ok(present
        .map(|column| {
            let histogram = column.histogram(0).cloned();
            let value = if histogram.is_some() {
                0.0
            } else {
                column.values[0]
            };
            GotSample {
                value,
                histogram,
                labels: column.labels,
            }
        })
        .collect())
}

/// Expands a label or annotation for a sample.
pub(crate) fn expand(
    value: &TextValue,
    alert: &str,
    data: &firedrill_template::Data<'_>,
    context: &mut dyn firedrill_template::Context,
) -> String {
    match &value.kind {
        TextKind::Literal => value.text.to_string(),
        TextKind::Stable(template) | TextKind::Volatile(template) => template
            .expand(data, context)
            .unwrap_or_else(|error| error.render(alert)),
        TextKind::Broken(error) => {
            format!(
                "<error expanding template: error parsing template __alert_{alert}: {}>",
                error.render(alert)
            )
        }
    }
}
