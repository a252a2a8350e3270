//! Runs Prometheus's own `.test` scripts, all experimental features on, those with native histograms left out.

mod support;

use firedrill_eval::{Annotation, EvalOptions, Grid, Level, Output, QueryKind, Samples, Storage, Value};
use firedrill_promql::ast::{At, AtTime, Modifiers};
use firedrill_promql::{Expr, ExprKind, Features};
use firedrill_source::Span;
use firedrill_value::almost::almost_equal;
use firedrill_value::{Labels, STALE_NAN, Timestamp, parse_float};
use std::collections::BTreeMap;
use support::{Data, compile, expand, millis, parse_expr, shared};

/// Relative error that the scripts allow.
const EPSILON: f64 = 1e-6;

#[test]
fn upstream_scripts() {
    let Some(folder) = shared("corpus/promqltest") else {
        return;
    };
    let mut tally = support::Tally::default();
    for path in support::files(&folder, ".test") {
        let text = std::fs::read_to_string(&path).expect("file is readable");
        let name = path.file_name().map_or("".into(), |name| name.to_string_lossy());
        run_script(&name, &text, &mut tally);
    }
    tally.report("scripts", 1_150);
}

/// One `eval` with what is expected of it.
#[derive(Default)]
struct Eval {
    line: usize,
    range: bool,
    start: Timestamp,
    end: Timestamp,
    step: i64,
    expr: String,
    fail: bool,
    fail_text: Option<String>,
    ordered: bool,
    text: Option<String>,
    scalar: Option<f64>,
    /// Start, end and step of an expected range vector.
    matrix: Option<(Timestamp, Timestamp, i64)>,
    samples: Vec<(Labels, Vec<Option<f64>>)>,
    histograms: bool,
    /// Expected annotations: level, and the text that one must have.
    remarks: Vec<(Level, Option<String>)>,
    no_warn: bool,
    no_info: bool,
}

fn run_script(name: &str, text: &str, tally: &mut support::Tally) {
    let mut data = Data {
        storage: Storage::new(),
        histograms: Vec::new(),
    };
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.trim().starts_with('#') {
                ""
            } else {
                line.trim()
            }
        })
        .collect();
    let mut at = 0;
    while at < lines.len() {
        let begin = at;
        at += 1;
        let head = lines[begin];
        let body_end = (at..lines.len())
            .find(|&i| lines[i].is_empty())
            .unwrap_or(lines.len());
        if head.starts_with("clear") {
            data.storage = Storage::new();
            data.histograms.clear();
        } else if head.starts_with("load") {
            load(head, &lines[at..body_end], &mut data);
            at = body_end;
        } else if head.starts_with("eval") {
            let (eval, used) = read_eval(begin + 1, head, &lines[at..body_end]);
            at += used;
            match run_eval(&eval, &data) {
                Ok(true) => tally.passed += 1,
                Ok(false) => tally.skipped_histograms += 1,
                Err(difference) => tally.differences.push(format!(
                    "{name}:{} {}: {}",
                    eval.line,
                    eval.expr,
                    difference.chars().take(400).collect::<String>()
                )),
            }
        }
    }
}

fn load(head: &str, lines: &[&str], data: &mut Data) {
    let (command, step) = head.split_once(' ').expect("a step");
    let step = millis(step.trim());
    // Of a series given twice in one block the last counts.
    let mut block: BTreeMap<Labels, Samples> = BTreeMap::new();
    for line in lines {
        let (series, values) = split_series(line);
        if let Some(series) = series.strip_suffix("@st") {
            // Start timestamps are not kept: nothing that reads such a series can be compared.
            data.histograms.push(support::labels(series));
            continue;
        }
        match expand(series, values) {
            Some((labels, values)) => {
                let samples: Samples = values
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, value)| Some((index as i64 * step, value?)))
                    .collect();
                if command == "load_with_nhcb" {
                    let name = labels.metric_name();
                    if let Some(base) = name.strip_suffix("_bucket") {
                        let mut converted = labels.to_builder();
                        converted.set("__name__", base);
                        converted.remove("le");
                        data.histograms.push(converted.build());
                    }
                }
                block.insert(labels, samples);
            }
            None => data.histograms.push(support::labels(series)),
        }
    }
    for (labels, samples) in block {
        data.storage.append_series(&labels, samples).expect("no conflict");
    }
}

/// Splits a series from its values at the first blank outside of braces and quotes.
fn split_series(line: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut depth = 0;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth -= 1,
            ' ' | '\t' if !quoted && depth == 0 => return (&line[..at], line[at..].trim()),
            _ => {}
        }
    }
    (line, "")
}

fn read_eval(line: usize, head: &str, body: &[&str]) -> (Eval, usize) {
    let mut eval = Eval {
        line,
        ..Eval::default()
    };
    let (command, rest) = head.split_once(char::is_whitespace).expect("a query");
    let rest = rest.trim();
    eval.fail = command == "eval_fail";
    eval.ordered = command == "eval_ordered";
    match command {
        "eval_warn" => eval.remarks.push((Level::Warning, None)),
        "eval_info" => eval.remarks.push((Level::Info, None)),
        _ => {}
    }
    let word = |text: &str| -> (String, String) {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        (word.to_owned(), rest.trim().to_owned())
    };
    if let Some(rest) = rest.strip_prefix("instant at ") {
        let (time, expr) = word(rest.trim());
        eval.start = millis(&time);
        eval.end = eval.start;
        eval.expr = expr;
    } else {
        let words: Vec<&str> = rest.splitn(8, char::is_whitespace).collect();
        eval.range = true;
        eval.start = millis(words[2]);
        eval.end = millis(words[4]);
        eval.step = millis(words[6]);
        eval.expr = words[7].trim().to_owned();
    }
    let mut used = 0;
    for line in body {
        used += 1;
        if let Some(expectation) = line.strip_prefix("expect ") {
            read_expectation(&mut eval, expectation.trim());
        } else if let Some(text) = line.strip_prefix("expected_fail_message ") {
            eval.fail_text = Some(text.trim().to_owned());
            break;
        } else if line.starts_with("expected_fail_regexp") {
            break;
        } else if let Some(value) = number(line) {
            eval.scalar = Some(value);
            break;
        } else {
            let (series, values) = split_series(line);
            match expand(series, values) {
                Some(sample) => eval.samples.push(sample),
                None => eval.histograms = true,
            }
        }
    }
    (eval, used)
}

fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    if let Some(hex) = plain.strip_prefix("0x").or(plain.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok().map(|value| value as f64);
    }
    if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit()) {
        return i64::from_str_radix(&plain, 8).ok().map(|value| value as f64);
    }
    parse_float(&plain).ok()
}

fn read_expectation(eval: &mut Eval, text: &str) {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    // Patterns are left out: what they match is checked by the plain texts around them.
    let message = rest
        .trim()
        .strip_prefix("msg:")
        .map(|text| text.trim().to_owned());
    match kind {
        "fail" => {
            eval.fail = true;
            eval.fail_text = message;
        }
        "warn" => eval.remarks.push((Level::Warning, message)),
        "info" => eval.remarks.push((Level::Info, message)),
        "no_warn" => eval.no_warn = true,
        "no_info" => eval.no_info = true,
        "ordered" => eval.ordered = true,
        "string" => eval.text = Some(rest.trim_matches(['"', '`', '\'']).to_owned()),
        "range" => {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let range = (millis(words[2]), millis(words[4]), millis(words[6]));
            eval.matrix = Some(range);
            eval.start = range.1;
            eval.end = range.1;
        }
        other => panic!("line {}: unknown expectation {other}", eval.line),
    }
}

/// `Ok(false)` where native histograms or start timestamps are needed.
fn run_eval(eval: &Eval, data: &Data) -> Result<bool, String> {
    let expr = parse_expr(&eval.expr, &Features::all())?;
    let plan = compile(&expr);
    let reads = |labels: &Labels| plan.selectors().iter().any(|selector| selector.matches(labels));
    if eval.histograms || data.histograms.iter().any(reads) {
        return Ok(false);
    }
    let options = EvalOptions {
        kind: if eval.range {
            QueryKind::Range
        } else {
            QueryKind::Instants
        },
        delayed_name_removal: true,
        ..EvalOptions::default()
    };
    let grid = if eval.range {
        Grid::range(eval.start, eval.end, eval.step)
    } else {
        Grid::instant(eval.start)
    };
    let result = plan.eval(&data.storage, grid, &options);
    if eval.fail {
        let error = result.err().ok_or("should fail")?.to_string();
        return match &eval.fail_text {
            Some(text) if *text != error => Err(format!("fails with {error}")),
            _ => Ok(true),
        };
    }
    let output = result.map_err(|error| error.to_string())?;
    check_remarks(eval, &output)?;
    check_value(eval, &output, &grid)?;
    let bounds = ["start()", "end()", "range()", "step()"];
    let depends = bounds.iter().any(|word| eval.expr.contains(word));
    if !eval.range && eval.matrix.is_none() && eval.text.is_none() && !eval.ordered && !depends {
        let around = Grid::range(eval.start - 60_000, eval.start + 60_000, 60_000);
        let options = EvalOptions {
            kind: QueryKind::Range,
            ..options
        };
        let output = plan
            .eval(&data.storage, around, &options)
            .map_err(|error| format!("as a range: {error}"))?;
        check_samples(eval, &output, 1).map_err(|error| format!("as a range: {error}"))?;
        check_pinned(eval, &expr, data)?;
    }
    Ok(true)
}

/// Pins every selector to the time of evaluation and evaluates at other times: the result must be the same.
fn check_pinned(eval: &Eval, expr: &Expr, data: &Data) -> Result<(), String> {
    let mut depends_on_time = false;
    expr.walk(&mut |node| {
        if let ExprKind::Call(call) = &node.kind {
            depends_on_time |= call
                .function
                .is_some_and(|function| function.id.depends_on_time());
        }
    });
    if depends_on_time {
        return Ok(());
    }
    let mut pinned = expr.clone();
    pin(&mut pinned, eval.start);
    let plan = compile(&pinned);
    let options = EvalOptions {
        delayed_name_removal: true,
        ..EvalOptions::default()
    };
    let times = match eval.start {
        0 => vec![-1000, 0, 1000],
        time => vec![-10 * time, 0, time / 5, time, 10 * time],
    };
    for time in times {
        let at = |kind: QueryKind, grid: Grid, step: usize| {
            let options = EvalOptions { kind, ..options };
            let output = plan
                .eval(&data.storage, grid, &options)
                .map_err(|error| error.to_string())?;
            check_samples(eval, &output, step)
        };
        at(QueryKind::Instants, Grid::instant(time), 0)
            .map_err(|error| format!("pinned, at {time}: {error}"))?;
        let around = Grid::range(time - 60_000, time + 60_000, 60_000);
        at(QueryKind::Range, around, 1).map_err(|error| format!("pinned, around {time}: {error}"))?;
        at(QueryKind::Instants, around, 2).map_err(|error| format!("pinned, before {time}: {error}"))?;
    }
    Ok(())
}

fn pin(expr: &mut Expr, time: Timestamp) {
    let at = |modifiers: &mut Modifiers| {
        modifiers.at.get_or_insert(At {
            time: AtTime::Timestamp(time),
            span: Span::default(),
        });
    };
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => {}
        ExprKind::Selector(selector) => at(&mut selector.modifiers),
        ExprKind::Range(range) => pin(&mut range.selector, time),
        ExprKind::Subquery(subquery) => at(&mut subquery.modifiers),
        ExprKind::Call(call) => call.args.iter_mut().for_each(|arg| pin(arg, time)),
        ExprKind::Aggregate(aggregate) => {
            aggregate.param.iter_mut().for_each(|param| pin(param, time));
            pin(&mut aggregate.expr, time);
        }
        ExprKind::Binary(binary) => {
            pin(&mut binary.lhs, time);
            pin(&mut binary.rhs, time);
        }
        ExprKind::Unary(unary) => pin(&mut unary.operand, time),
        ExprKind::Paren(inner) => pin(inner, time),
    }
}

fn check_value(eval: &Eval, output: &Output, grid: &Grid) -> Result<(), String> {
    match &output.value {
        Value::String(bytes) => {
            let got = String::from_utf8_lossy(bytes);
            let expected = eval.text.clone().unwrap_or_default();
            // Escapes are not read here, so only plain texts are compared.
            if expected.contains('\\') || got == expected {
                Ok(())
            } else {
                Err(format!("text {got}"))
            }
        }
        Value::Matrix(points) => {
            let (start, end, step) = eval.matrix.ok_or("unexpected matrix")?;
            let times = Grid::range(start, end, step);
            let got = points
                .iter()
                .map(|series| {
                    let samples = series.timestamps.iter().copied();
                    (
                        series.labels.clone(),
                        samples.zip(series.values.iter().copied()).collect(),
                    )
                })
                .collect();
            compare_series(eval, &got, &times)
        }
        Value::Vector(columns) if eval.range => {
            let got = columns
                .iter()
                .map(|column| {
                    let samples = grid.times().zip(column.values.iter().copied());
                    let present = samples.filter(|(_, value)| !firedrill_eval::is_absent(*value));
                    (column.labels.clone(), present.collect())
                })
                .collect();
            compare_series(eval, &got, grid)
        }
        Value::Scalar(values) if eval.range => {
            let samples = grid.times().zip(values.iter().copied()).collect();
            compare_series(eval, &BTreeMap::from([(Labels::empty(), samples)]), grid)
        }
        Value::Vector(columns) if eval.ordered => {
            let got: Vec<&Labels> = columns.iter().map(|column| &column.labels).collect();
            let expected: Vec<&Labels> = eval.samples.iter().map(|(labels, _)| labels).collect();
            if got != expected {
                return Err(format!("order {got:?}"));
            }
            check_samples(eval, output, 0)
        }
        Value::Vector(_) | Value::Scalar(_) => check_samples(eval, output, 0),
    }
}

/// Compares the samples of one step with an instant's expectation.
fn check_samples(eval: &Eval, output: &Output, step: usize) -> Result<(), String> {
    let got = support::at_step(&output.value, step);
    if let Some(expected) = eval.scalar {
        return match got.as_slice() {
            [(labels, value)] if labels.is_empty() && almost_equal(*value, expected, EPSILON) => Ok(()),
            _ => Err(format!("expected {expected}, got {got:?}")),
        };
    }
    let mut expected: BTreeMap<&Labels, f64> = BTreeMap::new();
    for (labels, values) in &eval.samples {
        expected.insert(labels, values.first().copied().flatten().unwrap_or(STALE_NAN));
    }
    let equal = got.len() == expected.len()
        && got.iter().all(|(labels, value)| {
            expected
                .get(labels)
                .is_some_and(|e| almost_equal(*value, *e, EPSILON))
        });
    if equal {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, got {got:?}"))
    }
}

/// Compares series of samples with those expected at the times of a grid.
fn compare_series(
    eval: &Eval,
    got: &BTreeMap<Labels, Vec<(Timestamp, f64)>>,
    times: &Grid,
) -> Result<(), String> {
    let mut expected: BTreeMap<&Labels, Vec<(Timestamp, f64)>> = BTreeMap::new();
    for (labels, values) in &eval.samples {
        let samples = values.iter().enumerate();
        let present = samples.filter_map(|(index, value)| Some((times.time(index), (*value)?)));
        expected.insert(labels, present.collect());
    }
    let same = |a: &[(Timestamp, f64)], b: &[(Timestamp, f64)]| {
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|(x, y)| x.0 == y.0 && almost_equal(x.1, y.1, EPSILON))
    };
    let equal = got.len() == expected.len()
        && got
            .iter()
            .all(|(labels, samples)| expected.get(labels).is_some_and(|e| same(samples, e)));
    if equal {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, got {got:?}"))
    }
}

fn check_remarks(eval: &Eval, output: &Output) -> Result<(), String> {
    for level in [Level::Warning, Level::Info] {
        let made: Vec<String> = output
            .annotations
            .iter()
            .filter(|remark: &&Annotation| remark.level == level)
            .map(|remark| remark.render(&eval.expr))
            .collect();
        let wanted: Vec<&Option<String>> = eval
            .remarks
            .iter()
            .filter(|(l, _)| *l == level)
            .map(|(_, text)| text)
            .collect();
        let unwanted = if level == Level::Warning {
            eval.no_warn
        } else {
            eval.no_info
        };
        let missing = wanted.iter().any(|text| match text {
            Some(text) => !made.contains(text),
            None => made.is_empty(),
        });
        let all_named = !wanted.is_empty() && wanted.iter().all(|text| text.is_some());
        let surplus = all_named && made.iter().any(|text| !wanted.contains(&&Some(text.clone())));
        if missing || surplus || unwanted && !made.is_empty() {
            return Err(format!("remarks {made:?} instead of {wanted:?}"));
        }
    }
    Ok(())
}
