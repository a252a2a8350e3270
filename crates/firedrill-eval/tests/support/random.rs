//! Random series and well-typed expressions over them, drawn from bytes: what property tests and the fuzz target
//! `engine` have in common.
//!
//! Every choice takes a byte; where the bytes end, all further choices are the first and simplest one. So any bytes
//! make a case, and fewer bytes make a smaller one.

use firedrill_eval::{EvalOptions, Grid, Samples, Storage};
use firedrill_functions::{FUNCTIONS, Func, Function, ValueType, Variadic};
use firedrill_promql::ast::{AggregateOp, MatchOp};
use firedrill_promql::{Expr, ExprKind, Features, parse};
use firedrill_value::histogram::CUSTOM_SCHEMA;
use firedrill_value::{Duration, FloatHistogram, Labels, METRIC_NAME, ResetHint, STALE_NAN};
use std::sync::Arc;

/// An expression, what it is evaluated over, and when.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) expr: Expr,
    pub(crate) storage: Storage,
    pub(crate) grid: Grid,
    pub(crate) options: EvalOptions,
}

impl Case {
    /// A generated expression over series of a few names.
    pub(crate) fn generate(bytes: &[u8]) -> Case {
        let mut choices = Choices { bytes };
        let (grid, options) = (grid(&mut choices), options(&mut choices));
        let wanted = choices.one_of(&[
            ValueType::Vector,
            ValueType::Vector,
            ValueType::Scalar,
            ValueType::Matrix,
        ]);
        let text = Writer {
            choices: &mut choices,
            deepest: 5,
        }
        .expr(wanted);
        let parsed = parse(&text, &Features::all());
        assert!(parsed.errors.is_empty(), "{text}: {:?}", parsed.errors);
        let mut storage = Storage::new();
        for (index, name) in NAMES.into_iter().enumerate() {
            let labels = Labels::from_pairs([
                (METRIC_NAME, name),
                ("a", ["0", "1", "2"][index % 3]),
                ("le", ["0.5", "1", "+Inf"][index % 3]),
                ("job", ["", "j"][index % 2]),
            ]);
            let histograms = name.starts_with('h');
            let samples = samples(&mut choices, histograms);
            storage
                .append_series(&labels, samples)
                .expect("a series of its own");
        }
        Case {
            text,
            expr: parsed.expr,
            storage,
            grid,
            options,
        }
    }

    /// An expression that is given as text, over series that its selectors find. `None` for what does not parse, gives
    /// a string, or looks over more time than a test has.
    pub(crate) fn of_text(text: &str, bytes: &[u8]) -> Option<Case> {
        let parsed = parse(text, &Features::all());
        let evaluated = matches!(
            parsed.expr.value_type(),
            ValueType::Vector | ValueType::Scalar | ValueType::Matrix
        );
        if !parsed.errors.is_empty() || !evaluated || is_long(&parsed.expr) {
            return None;
        }
        let mut choices = Choices { bytes };
        let (grid, options) = (grid(&mut choices), options(&mut choices));
        let mut storage = Storage::new();
        let mut selectors = Vec::new();
        parsed.expr.walk(&mut |node| {
            if let ExprKind::Selector(selector) = &node.kind {
                selectors.push(selector);
            }
        });
        for (index, selector) in selectors.into_iter().take(6).enumerate() {
            for copy in 0..1 + choices.below(3) {
                let copy = (index + copy).to_string();
                let mut labels = vec![
                    ("copy", copy.as_str()),
                    ("le", choices.one_of(&["1", "+Inf", "2", "0.5"])),
                ];
                let equal = selector
                    .matchers
                    .iter()
                    .filter(|matcher| matcher.op == MatchOp::Equal);
                labels.extend(equal.map(|matcher| (&*matcher.label.text, &*matcher.value)));
                labels.extend(selector.metric_name().map(|name| (METRIC_NAME, &**name)));
                labels.sort_by_key(|pair| pair.0);
                labels.dedup_by_key(|pair| pair.0);
                let histograms = choices.one_in(2);
                // The same series again may contradict the first; then that one stays as it is.
                let _ = storage.append_series(&Labels::from_pairs(labels), samples(&mut choices, histograms));
            }
        }
        Some(Case {
            text: text.to_owned(),
            expr: parsed.expr,
            storage,
            grid,
            options,
        })
    }
}

/// Whether evaluation would take longer than a test may: subqueries of many steps, several of them inside each other.
fn is_long(expr: &Expr) -> bool {
    const HOUR: i64 = 3_600_000;
    fn depth(expr: &Expr) -> Option<usize> {
        let inner = expr
            .children()
            .into_iter()
            .map(depth)
            .collect::<Option<Vec<_>>>()?;
        let deepest = inner.into_iter().max().unwrap_or(0);
        let ExprKind::Subquery(subquery) = &expr.kind else {
            return Some(deepest);
        };
        let length = subquery.range.literal()?.millis();
        let step = subquery
            .step
            .as_ref()
            .map_or(Some(60_000), |step| Some(step.literal()?.millis()))?;
        (length <= HOUR && step >= 10_000 && deepest < 2).then_some(deepest + 1)
    }
    depth(expr).is_none()
}

/// Bytes as choices.
pub(crate) struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        *first
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    /// Once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

fn grid(choices: &mut Choices<'_>) -> Grid {
    Grid {
        start: choices.below(24) as i64 * 45_000,
        step: choices.one_of(&[60_000, 15_000, 170_000, 1_000]),
        count: 2 + choices.below(9),
    }
}

fn options(choices: &mut Choices<'_>) -> EvalOptions {
    let defaults = EvalOptions::default();
    EvalOptions {
        delayed_name_removal: choices.one_in(2),
        lookback: choices.one_of(&[
            defaults.lookback,
            Duration::from_secs(75),
            Duration::from_millis(1),
        ]),
        horizon: choices.one_of(&[None, None, None, Some(600_000)]),
        ..defaults
    }
}

/// Samples as tests have them: runs, restarts, gaps, stale markers, odd values; of histograms and of both kinds.
fn samples(choices: &mut Choices<'_>, histograms: bool) -> Samples {
    let step = choices.one_of(&[60_000i64, 15_000, 70_000]);
    // Without gaps only the values are stored, and windows and selectors take other paths.
    let (gaps, jitter, starts) = (choices.one_in(2), choices.one_in(4), choices.one_in(5));
    let layout = choices.below(6);
    let mut samples = Samples::default();
    let mut time = choices.one_of(&[0, 0, 30_000]);
    let mut value = 0.0;
    for _ in 0..choices.below(64) {
        let kind = choices.byte();
        if jitter {
            time += i64::from(kind % 7) * 1_000;
        }
        let before = time;
        time += step;
        match kind % 16 {
            0 if gaps => continue,
            1 => samples.push_float(before, STALE_NAN),
            2 if histograms => samples.push_float(before, f64::from(kind)),
            _ if histograms => samples.push_histogram(before, Arc::new(histogram(choices, layout))),
            2 => samples.push_float(
                before,
                choices.one_of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300, 5e-324]),
            ),
            3..6 => samples.push_float(before, f64::from(choices.byte()) / 4.0 - 20.0),
            6 => {
                value = 0.0;
                samples.push_float(before, value);
            }
            _ => {
                value += f64::from(kind / 16) / 10.0;
                samples.push_float(before, value);
            }
        }
        if starts {
            samples.set_last_start(before - choices.one_of(&[0, 30_000, 60_000, 200_000]));
        }
    }
    samples
}

fn histogram(choices: &mut Choices<'_>, layout: usize) -> FloatHistogram {
    let layout = (layout + usize::from(choices.one_in(16))) % 6;
    let [a, b] = [choices.below(40), choices.below(9)].map(|count| count as f64);
    let hint = choices.one_of(&[
        ResetHint::Unknown,
        ResetHint::Unknown,
        ResetHint::NotReset,
        ResetHint::Reset,
        ResetHint::Gauge,
    ]);
    let odd = choices.one_of(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, f64::NAN, f64::INFINITY]);
    let custom = layout >= 4;
    FloatHistogram {
        hint,
        schema: [0, 2, -1, 8, CUSTOM_SCHEMA, CUSTOM_SCHEMA][layout],
        zero_threshold: [0.01, 0.0, 0.5, 1e-128, 0.0, 0.0][layout],
        zero_count: if layout == 0 || layout == 2 { b / 2.0 } else { 0.0 },
        count: a + b + if custom { 0.0 } else { b / 2.0 },
        sum: a * 0.7 + b * 3.3 + odd,
        positive: vec![(0, a), (if custom { 2 } else { choices.below(5) as i32 + 1 }, b)],
        negative: if layout == 2 { vec![(1, b)] } else { Vec::new() },
        custom_bounds: [&[][..], &[], &[], &[], &[0.5, 1.0, 5.0], &[0.5, 2.0, 5.0]][layout].into(),
    }
}

const NAMES: [&str; 12] = [
    "m",
    "m",
    "m",
    "n_total",
    "n_total",
    "o",
    "h",
    "h",
    "h",
    "h_custom",
    "target_info",
    "build_info",
];

/// Writes expressions.
struct Writer<'c, 'b> {
    choices: &'c mut Choices<'b>,
    /// How many levels are left.
    deepest: usize,
}

impl Writer<'_, '_> {
    fn expr(&mut self, wanted: ValueType) -> String {
        if self.deepest == 0 {
            return self.leaf(wanted);
        }
        self.deepest -= 1;
        let text = match wanted {
            ValueType::Vector => match self.choices.below(12) {
                0 => self.leaf(wanted),
                1..6 => self.call(wanted),
                6..8 => self.aggregation(),
                8..11 => self.operation(),
                _ => format!("-({})", self.expr(ValueType::Vector)),
            },
            ValueType::Scalar => match self.choices.below(6) {
                0..3 => self.leaf(wanted),
                3..5 => self.call(wanted),
                _ => {
                    let op = self.choices.one_of(&[
                        "+", "-", "*", "/", "%", "^", "atan2", "< bool", ">= bool", "== bool",
                    ]);
                    format!("({} {op} {})", self.expr(wanted), self.expr(wanted))
                }
            },
            ValueType::Matrix if self.choices.one_in(2) => self.subquery(),
            _ => self.leaf(wanted),
        };
        self.deepest += 1;
        text
    }

    fn leaf(&mut self, wanted: ValueType) -> String {
        match wanted {
            ValueType::Vector => {
                let selector = self.selector();
                let smoothed = self.choices.one_in(12);
                format!(
                    "{selector}{}{}",
                    if smoothed { " smoothed" } else { "" },
                    self.shift()
                )
            }
            ValueType::Matrix => {
                let (selector, length) = (self.selector(), self.length());
                let extension = self.choices.one_of(&["", "", "", "", " anchored", " smoothed"]);
                format!("{selector}[{length}]{extension}{}", self.shift())
            }
            ValueType::String => self.text().to_owned(),
            ValueType::Scalar | ValueType::None => {
                let numbers = [
                    "1", "2", "0", "0.5", "-3", "1e18", "NaN", "-Inf", "0.9", "30", "2m",
                ];
                self.choices.one_of(&numbers).to_owned()
            }
        }
    }

    fn selector(&mut self) -> &'static str {
        self.choices.one_of(&[
            "m",
            "h",
            "n_total",
            "o",
            "m{a=\"1\"}",
            "h_custom",
            "{__name__=~\"m|o\"}",
            "{__name__=~\"m|h\"}",
            "{__name__=~\"h.*\"}",
            "{__name__=~\".+\"}",
            "h{a!=\"1\"}",
            "nowhere",
            "n_total{a!~\"1|2\",le=\"0.5\"}",
        ])
    }

    /// `offset` and `@`.
    fn shift(&mut self) -> String {
        let offset = self.choices.one_of(&[
            "",
            "",
            "",
            "",
            " offset 90s",
            " offset -2m",
            " offset (step() + 30)",
            " offset -(range() - 1m)",
        ]);
        let at = self
            .choices
            .one_of(&["", "", "", "", "", " @ 600", " @ start()", " @ end()", " @ -1.5"]);
        format!("{at}{offset}")
    }

    fn length(&mut self) -> &'static str {
        self.choices.one_of(&[
            "1m",
            "5m",
            "130s",
            "10m",
            "1s",
            "step() + 1m",
            "max_of(90, range() / 2)",
            "2m ^ 1",
        ])
    }

    fn subquery(&mut self) -> String {
        let inner = self.expr(ValueType::Vector);
        let length = self.length();
        let step = self.choices.one_of(&["30s", "", "45s", "1m", "min_of(20, 40)"]);
        format!("({inner})[{length}:{step}]{}", self.shift())
    }

    fn text(&mut self) -> &'static str {
        self.choices.one_of(&[
            "\"a\"",
            "\"le\"",
            "\"$1\"",
            "\"(.*)\"",
            "\"\"",
            "\"__name__\"",
            "\"x-$2$1\"",
            "\"(?P<n>.)(.*)\"",
            "\"job\"",
            "\"(\"",
            "\"\\xff\"",
        ])
    }

    fn call(&mut self, wanted: ValueType) -> String {
        let rows = FUNCTIONS.iter().filter(|row| row.returns == wanted);
        let mut rows: Vec<&Function> = rows.collect();
        // Functions of windows have more to get wrong than those of single numbers.
        if wanted == ValueType::Vector && self.choices.one_in(2) {
            rows.retain(|row| row.args.contains(&ValueType::Matrix));
        }
        let row = self.choices.one_of(&rows);
        if row.id == Func::Info {
            let selector = self.choices.one_of(&[
                "",
                ", {job=\"j\"}",
                ", {__name__=~\".+_info\"}",
                ", {a=~\".+\"}",
                ", {x=\"\"}",
            ]);
            return format!("info({}{selector})", self.expr(ValueType::Vector));
        }
        let most = row.max_args().unwrap_or(row.args.len() + 2);
        let mut count = row.min_args();
        if row.variadic != Variadic::No {
            count += self.choices.below((most - count).min(3) + 1);
        }
        let args = (0..count).map(|index| {
            let wanted = row.args[index.min(row.args.len() - 1)];
            self.expr(wanted)
        });
        let args: Vec<String> = args.collect();
        format!("{}({})", row.name, args.join(", "))
    }

    fn aggregation(&mut self) -> String {
        let (name, op) = self.choices.one_of(&AggregateOp::ALL);
        let grouping = self.choices.one_of(&[
            "",
            " by (a)",
            " without (a)",
            " by (a, le)",
            " by (__name__)",
            " by ()",
        ]);
        let param = match op.param_type() {
            Some(wanted) => self.expr(wanted) + ", ",
            None => String::new(),
        };
        format!("{name}{grouping} ({param}{})", self.expr(ValueType::Vector))
    }

    fn operation(&mut self) -> String {
        const OPS: [&str; 18] = [
            "+", "-", "*", "/", "==", "<", "and", "or", "unless", "%", "^", "atan2", "!=", "<=", ">", ">=",
            "</", ">/",
        ];
        let op = self.choices.one_of(&OPS);
        let set = matches!(op, "and" | "or" | "unless");
        let comparison = matches!(op, "==" | "!=" | "<" | "<=" | ">" | ">=");
        let bool_word = if comparison && self.choices.one_in(3) {
            " bool"
        } else {
            ""
        };
        let sides = if set { 0 } else { self.choices.below(4) };
        let (left, right) = match sides {
            1 => (ValueType::Vector, ValueType::Scalar),
            2 => (ValueType::Scalar, ValueType::Vector),
            _ => (ValueType::Vector, ValueType::Vector),
        };
        let mut matching = String::new();
        if (left, right) == (ValueType::Vector, ValueType::Vector) {
            matching += self.choices.one_of(&[
                "",
                " on (a)",
                " ignoring (le)",
                " on ()",
                " ignoring (a, le, job)",
                " on (a, x)",
            ]);
            if !set && !matching.is_empty() {
                matching += self.choices.one_of(&[
                    "",
                    " group_left ()",
                    " group_right ()",
                    " group_left (le)",
                    " group_right (job)",
                ]);
            }
            if !set {
                matching +=
                    self.choices
                        .one_of(&["", "", "", " fill (0)", " fill_left (3)", " fill_right (-1)"]);
            }
        }
        format!(
            "({}) {op}{bool_word}{matching} ({})",
            self.expr(left),
            self.expr(right)
        )
    }
}
