//! Safe repairs change nothing: random series give the same result before and after, and the finding is gone.

mod common;

use common::{Checked, check, shared};
use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, Samples, Storage};
use firedrill_facts::Facts;
use firedrill_model::{Kind, RuleFile, RuleKind, detect};
use firedrill_promql::ast::{Expr, ExprKind, MatchOp};
use firedrill_source::{Code, Diagnostic, Fix, Safety, repaired};
use firedrill_value::Labels;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// The safe repairs of a file's findings, for one code.
fn safe_fixes(checked: &Checked, code: Code) -> Vec<&Fix> {
    let safe = |finding: &&Diagnostic| {
        finding.code == code && finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe)
    };
    let all = checked.reading.iter().chain(&checked.linting);
    all.filter(safe)
        .filter_map(|finding| finding.fix.as_ref())
        .collect()
}

/// Codes of findings that can be repaired safely.
fn fixable(checked: &Checked) -> BTreeSet<Code> {
    let all = checked.reading.iter().chain(&checked.linting);
    all.filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe))
        .map(|finding| finding.code)
        .collect()
}

fn of_code(checked: &Checked, code: Code) -> usize {
    let all = checked.reading.iter().chain(&checked.linting);
    all.filter(|finding| finding.code == code).count()
}

/// Repairs everything of one code and holds the outcome against what a safe repair promises; gives the number of repairs.
fn repair(name: &str, text: &str, checked: &Checked, code: Code) -> Result<usize, String> {
    let before = of_code(checked, code);
    let total = safe_fixes(checked, code).len();
    let mut done = 0;
    let mut now = text.to_owned();
    let mut after: Option<Checked> = None;
    loop {
        let current = after.as_ref().unwrap_or(checked);
        let Some((next, count)) = repaired(&now, safe_fixes(current, code)) else {
            break;
        };
        done += count;
        if done > 2 * total {
            return Err(format!("{name}: {code}: repairs go round in a circle"));
        }
        let again = check([(name, next.as_str())], &Facts::new());
        same_rules(name, &files(checked)[0], &files(&again)[0])
            .map_err(|problem| format!("{code}: {problem}"))?;
        if again.reading.len() > checked.reading.len() {
            return Err(format!(
                "{name}: {code}: the repaired file cannot be read any more"
            ));
        }
        now = next;
        after = Some(again);
    }
    let left = after.as_ref().map_or(before, |again| of_code(again, code));
    if left + total > before {
        return Err(format!(
            "{name}: {code}: {left} of {before} findings are left after {total} repairs"
        ));
    }
    Ok(done)
}

fn files(checked: &Checked) -> &[RuleFile] {
    &checked.files
}

/// Whether two files have the same rules, which give the same results.
fn same_rules(name: &str, old: &RuleFile, new: &RuleFile) -> Result<(), String> {
    if old.groups.len() != new.groups.len() {
        return Err(format!("{name}: another number of groups"));
    }
    for (old, new) in old.groups.iter().zip(&new.groups) {
        if old.rules.len() != new.rules.len() {
            return Err(format!("{name}: another number of rules"));
        }
        for (a, b) in old.rules.iter().zip(&new.rules) {
            let millis = |hold: &Option<firedrill_source::Spanned<firedrill_value::Duration>>| {
                hold.as_ref().map_or(0, |hold| hold.value.millis())
            };
            let texts = |rule: &firedrill_model::Rule| {
                let all = rule.labels.iter().chain(&rule.annotations);
                all.map(|it| (it.key.text.to_string(), it.value.text.to_string()))
                    .collect::<Vec<_>>()
            };
            // What only alerts have makes Prometheus refuse a recording rule: taking it out is the repair.
            let alike = a.name.text == b.name.text
                && (a.kind == RuleKind::Record
                    || (millis(&a.hold) == millis(&b.hold)
                        && millis(&a.keep_firing_for) == millis(&b.keep_firing_for)
                        && texts(a) == texts(b)));
            if !alike {
                return Err(format!("{name}: `{}` is another rule now", a.name.text));
            }
            if a.expr.source.text != b.expr.source.text {
                same_results(&a.expr.expr, &b.expr.expr).map_err(|problem| {
                    format!(
                        "{name}: `{}` {problem}: {}\n{}",
                        a.name.text, a.expr.source.text, b.expr.source.text
                    )
                })?;
            }
        }
    }
    Ok(())
}

/// Evaluates two expressions over series made for them.
fn same_results(old: &Expr, new: &Expr) -> Result<(), String> {
    let mut dice = Dice(old.span.len() as u64 + 7);
    for _ in 0..4 {
        let storage = series_for(&[old, new], &mut dice);
        if results(old, &storage) != results(new, &storage) {
            return Err("gives another result".to_owned());
        }
    }
    Ok(())
}

/// Labels and the bits of all values; an error as its text.
fn results(expr: &Expr, storage: &Storage) -> Result<Vec<(String, Vec<u64>)>, String> {
    let plan = Plan::compile(expr, &PlanOptions::default());
    let output = plan
        .eval(
            storage,
            Grid::range(600_000, 1_800_000, 60_000),
            &EvalOptions::default(),
        )
        .map_err(|error| error.to_string())?;
    let columns = output.value.columns().iter();
    Ok(columns
        .map(|column| {
            let bits = column.values.iter().map(|value| value.to_bits()).collect();
            (column.labels.to_string(), bits)
        })
        .collect())
}

/// Series around the selectors of some expressions: values that match, that do not, and none.
fn series_for(exprs: &[&Expr], dice: &mut Dice) -> Storage {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut metrics: BTreeSet<String> = BTreeSet::new();
    for expr in exprs {
        expr.walk(&mut |expr| match &expr.kind {
            ExprKind::Selector(selector) => {
                metrics.insert(
                    selector
                        .metric_name()
                        .map_or("some_metric".to_owned(), ToString::to_string),
                );
                for matcher in &selector.matchers {
                    let known = values.entry(matcher.label.text.to_string()).or_default();
                    match matcher.op {
                        MatchOp::Equal | MatchOp::NotEqual => known.push(matcher.value.to_string()),
                        MatchOp::Regex | MatchOp::NotRegex => known.extend(examples(&matcher.value)),
                    }
                }
            }
            ExprKind::Aggregate(aggregate) => {
                for label in aggregate.grouping.iter().flat_map(|grouping| &grouping.labels) {
                    values.entry(label.text.to_string()).or_default();
                }
            }
            ExprKind::Binary(binary) => {
                for label in binary.matching.iter().flat_map(|matching| &matching.labels) {
                    values.entry(label.text.to_string()).or_default();
                }
            }
            _ => {}
        });
    }
    values.remove("__name__");
    let mut storage = Storage::new();
    for metric in &metrics {
        for _ in 0..8 {
            let mut labels = vec![("__name__".to_owned(), metric.clone())];
            for (label, known) in &values {
                let value = match dice.roll(6) {
                    0 => continue,
                    1 => "a".to_owned(),
                    2 => "b\nc".to_owned(),
                    _ if known.is_empty() => "x".to_owned(),
                    _ => known[dice.roll(known.len())].clone(),
                };
                labels.push((label.clone(), value));
            }
            let labels = Labels::from_pairs(labels);
            let mut level = dice.roll(100) as f64;
            let counts = dice.roll(2) == 0;
            let samples = (0..64).map(|_| {
                let step = dice.roll(10) as f64;
                level = if counts && dice.roll(20) > 0 {
                    level + step
                } else {
                    step
                };
                level
            });
            let samples = samples.collect();
            // The same labels may come twice.
            let _ = storage.append_series(&labels, Samples::regular(0, 30_000, samples));
        }
    }
    storage
}

/// Texts that a pattern may match: its alternatives, and what is left of it without its special characters.
fn examples(pattern: &str) -> Vec<String> {
    let mut texts = vec![pattern.to_owned()];
    for part in pattern.split(['|', '(', ')']) {
        let plain: String = part
            .chars()
            .filter(|c| !matches!(c, '^' | '$' | '\\' | '?' | ':'))
            .collect();
        texts.push(plain.replace(".*", "").replace(".+", "x"));
        texts.push(plain.replace(".*", "zz").replace(".+", "zz").replace('.', "0"));
    }
    texts
}

const PATTERNS: [&str; 14] = [
    "api", "^api$", "^api", "api$", ".*", ".+", "a|b", "^a|b$", "^(a|b)$", "", "x.*", "^.*$", "a\\\\.b",
    "5..",
];
const OPERATORS: [&str; 4] = ["=", "!=", "=~", "!~"];
const SHAPES: [&str; 8] = [
    "{s}",
    "sum by (job) (rate({s}[5m]))",
    "{s} > 5 or {t} and on (job) {s}",
    "{s} unless {t} and {s} > 3",
    "count without (env) ({s} == 0) or vector(0)",
    "max_over_time(({s} or {t})[10m:1m])",
    "absent({s})",
    "{s} and {t} or {s} unless on (env) {t}",
];

fn selector() -> impl Strategy<Value = String> {
    let matcher = (0..3_usize, 0..OPERATORS.len(), 0..PATTERNS.len()).prop_map(|(label, op, pattern)| {
        let label = ["job", "env", "code"][label];
        format!("{label}{}\"{}\"", OPERATORS[op], PATTERNS[pattern])
    });
    (prop::collection::vec(matcher, 0..4), any::<bool>(), any::<bool>()).prop_map(
        |(matchers, blanks, comma)| {
            let list = matchers.join(if blanks { " , " } else { "," });
            let end = if comma && !list.is_empty() { "," } else { "" };
            format!("m{{{list}{end}}}")
        },
    )
}

/// A rule file with the expression, written in one of YAML's styles.
fn file(expr: &str, style: usize, zero: bool) -> String {
    let written = match style {
        0 => format!("'{}'", expr.replace('\'', "''")),
        1 => format!("\"{}\"", expr.replace('\\', "\\\\").replace('"', "\\\"")),
        2 => format!("|\n          {expr}"),
        3 => format!(">-\n          {}", expr.replace(" or ", "\n          or ")),
        _ => format!("|-\n          # why\n          {expr} # because"),
    };
    let zero = if zero { "\n        for: 0s" } else { "" };
    format!(
        "groups:\n  - name: g\n    rules:\n      - alert: A # note\n        expr: {written}{zero}\n        labels: {{a: b}}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn safe_repairs_leave_results_as_they_are(
        s in selector(), t in selector(), shape in 0..SHAPES.len(), style in 0..5_usize, zero in any::<bool>(),
    ) {
        let expr = SHAPES[shape].replace("{s}", &s).replace("{t}", &t);
        let text = file(&expr, style, zero);
        let checked = check([("rules.yml", text.as_str())], &Facts::new());
        for code in fixable(&checked) {
            repair("rules.yml", &text, &checked, code).map_err(|problem| TestCaseError::fail(format!("{problem}\n{text}")))?;
        }
    }
}

#[test]
fn every_safe_repair_of_real_rules_changes_nothing() {
    let Some(root) = shared().map(|shared| shared.join("corpus")) else {
        println!("skipped: no recorded data beside the repository");
        return;
    };
    let mut paths = Vec::new();
    for folder in ["rules", "crds", "promtool"] {
        gather(&root.join(folder), &mut paths);
    }
    paths.sort();
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if !matches!(detect(&text), Kind::RuleFile | Kind::Manifest) {
            continue;
        }
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let checked = check([(name.as_str(), text.as_str())], &Facts::new());
        for code in fixable(&checked) {
            match repair(&name, &text, &checked, code) {
                Ok(count) => *counts.entry(code).or_default() += count,
                Err(problem) => problems.push(problem),
            }
        }
    }
    println!("{counts:?}");
    assert!(!counts.is_empty(), "nothing was repaired");
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems[..problems.len().min(20)].join("\n")
    );
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path
            .extension()
            .is_some_and(|ext| matches!(ext.to_str(), Some("yml" | "yaml" | "rules")))
        {
            paths.push(path);
        }
    }
}
