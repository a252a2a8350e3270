//! The scripts written here pass, and between them try every function, aggregation, operator, modifier, error and
//! remark.

use firedrill_eval::{EvalError, Remark};
use firedrill_functions::FUNCTIONS;
use firedrill_promql::ast::{
    AggregateOp, AtTime, BinaryOp, DurationExpr, DurationKind, ExtensionKind, GroupSide, Modifiers,
};
use firedrill_promql::{Expr, ExprKind, Features, parse};
use firedrill_promqltest::Report;
use std::collections::HashSet;
use std::path::Path;

fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/promql");
    let entries = std::fs::read_dir(folder)
        .expect("folder is readable")
        .map(|entry| entry.expect("entry is readable").path());
    let mut scripts: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "test"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("file is readable"))
        })
        .collect();
    scripts.sort();
    scripts
}

/// What came of a script that reads without errors.
fn run(name: &str, text: &str) -> Report {
    let script = firedrill_promqltest::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    script.run()
}

#[test]
fn own_scripts_pass() {
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, text) in scripts() {
        let report = run(&name, &text);
        failures.extend(report.failures.into_iter().map(|failure| (name.clone(), failure)));
        passed += report.passed;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(passed > 600, "only {passed} evaluations");
}

/// What the expressions of all scripts are made of.
#[derive(Default)]
struct Parts {
    functions: HashSet<&'static str>,
    aggregations: HashSet<&'static str>,
    operators: HashSet<&'static str>,
    /// Modifiers and keywords, each by its own name.
    modifiers: HashSet<&'static str>,
}

impl Parts {
    fn of_all_scripts() -> Parts {
        let mut parts = Parts::default();
        for (_, text) in scripts() {
            for line in text.lines().filter(|line| line.starts_with("eval ")) {
                let expr = match line.strip_prefix("eval instant at ") {
                    Some(rest) => rest.split_once(' ').map(|(_, expr)| expr),
                    None => line.splitn(9, ' ').nth(8),
                };
                let parsed = parse(expr.expect("an expression"), &Features::all());
                parsed.expr.walk(&mut |node| parts.add(node));
            }
        }
        parts
    }

    fn add(&mut self, node: &Expr) {
        match &node.kind {
            ExprKind::Call(call) => {
                self.functions
                    .insert(call.function.expect("a known function").name);
            }
            ExprKind::Aggregate(aggregate) => {
                self.aggregations.insert(aggregate.op.name());
                let grouping = aggregate.grouping.as_ref();
                self.modifiers
                    .extend(grouping.map(|grouping| if grouping.without { "without" } else { "by" }));
            }
            ExprKind::Binary(binary) => {
                self.operators.insert(operator_name(&binary.op));
                let matching = binary.matching.as_ref();
                self.modifiers
                    .extend(matching.map(|matching| if matching.on { "on" } else { "ignoring" }));
                self.modifiers
                    .extend(binary.group.as_ref().map(|group| match group.side {
                        GroupSide::Left => "group_left",
                        GroupSide::Right => "group_right",
                    }));
                self.modifiers.extend(binary.bool_modifier.map(|_| "bool"));
                self.modifiers
                    .extend(match (binary.fill.left.is_some(), binary.fill.right.is_some()) {
                        (true, true) => Some("fill"),
                        (true, false) => Some("fill_left"),
                        (false, true) => Some("fill_right"),
                        (false, false) => None,
                    });
            }
            ExprKind::Selector(selector) => self.add_modifiers(&selector.modifiers),
            ExprKind::Range(range) => self.add_duration(&range.range),
            ExprKind::Subquery(subquery) => {
                self.add_modifiers(&subquery.modifiers);
                self.add_duration(&subquery.range);
                subquery.step.iter().for_each(|step| self.add_duration(step));
            }
            ExprKind::Unary(unary) => {
                self.modifiers
                    .insert(if unary.negative { "negation" } else { "plus" });
            }
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) | ExprKind::Missing => {}
        }
    }

    fn add_modifiers(&mut self, modifiers: &Modifiers) {
        self.modifiers.extend(modifiers.at.map(|at| match at.time {
            AtTime::Timestamp(_) => "@",
            AtTime::Start => "@ start()",
            AtTime::End => "@ end()",
        }));
        self.modifiers
            .extend(modifiers.extension.map(|extension| match extension.kind {
                ExtensionKind::Anchored => "anchored",
                ExtensionKind::Smoothed => "smoothed",
            }));
        if let Some(offset) = &modifiers.offset {
            self.modifiers.insert("offset");
            self.add_duration(&offset.duration);
        }
    }

    fn add_duration(&mut self, duration: &DurationExpr) {
        match &duration.kind {
            DurationKind::Literal { .. } => {}
            DurationKind::Step => {
                self.modifiers.insert("duration step()");
            }
            DurationKind::Range => {
                self.modifiers.insert("duration range()");
            }
            DurationKind::Unary { negative, operand } => {
                self.modifiers
                    .insert(if *negative { "duration -d" } else { "duration +d" });
                self.add_duration(operand);
            }
            DurationKind::Binary { op, lhs, rhs, .. } => {
                self.modifiers.insert(match op {
                    BinaryOp::Add => "duration +",
                    BinaryOp::Sub => "duration -",
                    BinaryOp::Mul => "duration *",
                    BinaryOp::Div => "duration /",
                    BinaryOp::Mod => "duration %",
                    _ => "duration ^",
                });
                self.add_duration(lhs);
                self.add_duration(rhs);
            }
            DurationKind::Extreme { max, lhs, rhs } => {
                self.modifiers.insert(if *max {
                    "duration max_of"
                } else {
                    "duration min_of"
                });
                self.add_duration(lhs);
                self.add_duration(rhs);
            }
            DurationKind::Paren(inner) => self.add_duration(inner),
        }
    }
}

/// The modifiers that [`Parts`] tells apart.
const MODIFIERS: [&str; 30] = [
    "without",
    "by",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "fill",
    "fill_left",
    "fill_right",
    "@",
    "@ start()",
    "@ end()",
    "anchored",
    "smoothed",
    "offset",
    "negation",
    "plus",
    "duration step()",
    "duration range()",
    "duration -d",
    "duration +d",
    "duration +",
    "duration -",
    "duration *",
    "duration /",
    "duration %",
    "duration ^",
    "duration max_of",
    "duration min_of",
];

#[test]
fn every_function_aggregation_operator_and_modifier_is_tried() {
    let parts = Parts::of_all_scripts();
    let functions = FUNCTIONS.iter().map(|row| row.name);
    let aggregations = AggregateOp::ALL.iter().map(|(name, _)| *name);
    let operators = OPERATORS.iter().copied();
    let missing: Vec<&str> = functions
        .filter(|name| !parts.functions.contains(name))
        .chain(aggregations.filter(|name| !parts.aggregations.contains(name)))
        .chain(operators.filter(|name| !parts.operators.contains(name)))
        .chain(
            MODIFIERS
                .into_iter()
                .filter(|name| !parts.modifiers.contains(name)),
        )
        .collect();
    assert!(missing.is_empty(), "in no script: {missing:?}");
}

/// The names of an enum's variants, and which of them a value is. A variant that is not listed does not compile.
macro_rules! variants {
    ($list:ident, $name:ident, $enum:ident: $($variant:ident),* $(,)?) => {
        const $list: &[&str] = &[$(stringify!($variant)),*];
        fn $name(value: &$enum) -> &'static str {
            match value { $($enum::$variant { .. } => stringify!($variant)),* }
        }
    };
}

variants!(ERRORS, error_name, EvalError: SameLabelset, DuplicateSeries, ImplicitManyToOne, GroupingNotUnique,
    ParameterNan, RatioNan, Underflow, Overflow, InvalidLabelName, SmoothingFactor, TrendFactor, LabelReplaceRegex,
    FunctionLabelName, ExtensionUnsupported, ExtensionOverHistograms, DuplicateInfo, InfoHistogram, ConflictingInfo,
    Duration, TooManySamples, RangeQueryType, Incomplete, Limit);

variants!(OPERATORS, operator_name, BinaryOp: Add, Sub, Mul, Div, Mod, Pow, Atan2, Equal, NotEqual, Less, LessEqual,
    Greater, GreaterEqual, TrimUpper, TrimLower, And, Or, Unless);

variants!(REMARKS, remark_name, Remark: QuantileRange, RatioRange, BucketLabel, MixedWindow, MixedAggregation,
    ClassicAndNative, NotACounter, NotAGauge, MixedSchemas, IncompatibleLayout, SortInRange, ResetConflict,
    StartOverlap, MaybeNoCounter, MaybeNoCounterByType, ForcedMonotonicity, IncompatibleTypes, IgnoredInAggregation, IgnoredInWindow,
    QuantileOfNan, QuantileSkewed, FractionOfNan, ReconciledBounds);

#[test]
fn every_error_and_every_remark_is_expected_somewhere() {
    let mut seen: HashSet<&str> = HashSet::new();
    for (name, text) in scripts() {
        let report = run(&name, &text);
        seen.extend(report.errors.iter().map(error_name));
        seen.extend(report.remarks.iter().map(remark_name));
    }
    // A script with syntax errors does not run at all, and one that runs has no limits set; nor can it switch on that
    // types are read off labels (`tests/cli/query.rs` does).
    let unreachable = ["Incomplete", "Limit", "MaybeNoCounterByType"];
    let missing: Vec<&&str> = ERRORS
        .iter()
        .chain(REMARKS)
        .filter(|name| !unreachable.contains(name))
        .filter(|name| !seen.contains(**name))
        .collect();
    assert!(missing.is_empty(), "in no script: {missing:?}");
}

#[test]
fn failures_name_line_expectation_and_result() {
    let script = "load 1m\n  up 1\n\n# wrong on purpose\neval instant at 0 up\n  up 2\n";
    let report = firedrill_promqltest::parse(script).unwrap().run();
    assert_eq!(report.passed, 0);
    let failure = &report.failures[0];
    assert_eq!((failure.line, failure.expr.as_str()), (5, "up"));
    assert!(
        failure.message.contains("expected 2") && failure.message.contains("got 1"),
        "{}",
        failure.message
    );
    let broken = firedrill_promqltest::parse("load 1m\n  up 1\n\nevil instant at 0 up\n").unwrap_err();
    assert_eq!(
        broken.to_string(),
        "line 4: invalid command \"evil instant at 0 up\""
    );
    assert!(firedrill_promqltest::parse("eval instant at 0 sum(\n").is_err());
}
