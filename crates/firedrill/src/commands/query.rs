//! `firedrill query`: evaluates an expression over series from files and from the command line.

use super::{complain, delayed_name_removal, duration, features, limits, to_stdout, type_and_unit_labels};
use crate::Exit;
use crate::cli::QueryArgs;
use crate::config::Config;
use crate::deadline::Deadlines;
use crate::facts;
use crate::files;
use crate::terminal;
use firedrill_eval::{
    EvalError, EvalOptions, Explanation, Grid, Guard, Limits, Output, Plan, PlanOptions, QueryKind, explain,
};
use firedrill_load::{LoadError, LoadOptions, Loaded, Loader};
use firedrill_model::parse_timestamp;
use firedrill_promql::{Expr, ParseError, parse};
use firedrill_report::{
    Clock, Excerpt, Format, QueryView, Style, plural, write_excerpt, write_explanation, write_query,
    write_query_error_json, write_query_json, write_types, write_types_json,
};
use firedrill_source::{FileId, Severity, SourceFile, Sources, Span};
use firedrill_types::describe;
use firedrill_value::{Duration, Timestamp};

/// Steps of a range that were not asked for: more than anybody reads.
const MOST_STEPS: i64 = 11_000;
/// Width of a chart where there is no terminal.
const PLAIN_WIDTH: usize = 80;

/// Why there is no result.
enum Problem {
    /// Something is wrong with the command line or a file.
    Words(String),
    /// Something is wrong at a place of a text.
    At {
        file: FileId,
        span: Span,
        message: String,
        related: Option<(Span, String)>,
        help: Option<String>,
    },
}

impl From<String> for Problem {
    fn from(words: String) -> Self {
        Problem::Words(words)
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        Problem::At {
            file: error.location.file,
            span: error.location.span,
            message: error.message,
            related: None,
            help: error.help,
        }
    }
}

/// What is asked: when, and in which way.
struct Question {
    grid: Grid,
    range: bool,
    /// For people.
    words: String,
}

/// What came out.
struct Answer {
    /// The result, unless it failed.
    output: Option<Output>,
    /// Why and where it failed.
    failure: Option<(EvalError, Span)>,
    explanation: Option<Explanation>,
    /// Whether the expression has selectors.
    reads_series: bool,
}

pub(crate) fn run(args: &QueryArgs, config: &Config) -> Exit {
    let mut sources = Sources::new();
    let expr_source = SourceFile::new("expression", &*args.expr);
    let expr_id = sources.add(expr_source.clone());
    let style = terminal::style(args.common.color);
    let format: Format = args.format.into();
    if args.types {
        return types(args, config, expr_id, style, format, &sources);
    }
    match answer(args, config, expr_id, &mut sources) {
        Ok((loaded, question, answer, limits)) => {
            let clock = Clock::starting_at(loaded.start);
            let head = if args.common.quiet {
                Vec::new()
            } else {
                head(&loaded, &question, &answer, clock)
            };
            if let Some((error, span)) = &answer.failure {
                if let (Format::Text, Some(explanation)) = (format, &answer.explanation) {
                    to_stdout(|out| {
                        write_explanation(out, style, &expr_source, explanation, clock, args.common.verbose)
                    });
                }
                report(&eval_problem(expr_id, error, *span), style, format, &sources);
                return Exit::Unusable;
            }
            let Some(output) = &answer.output else {
                return Exit::Unusable;
            };
            let view = QueryView {
                expr: &expr_source,
                output,
                grid: question.grid,
                range: question.range,
                clock,
                head: &head,
                max_output: limits.max_output,
                plot: args.plot.then(chart_width),
            };
            write(args, style, format, &view, answer.explanation.as_ref());
            Exit::Clean
        }
        Err(problem) => {
            report(&problem, style, format, &sources);
            Exit::Unusable
        }
    }
}

/// What is known of the expression without any series.
fn types(
    args: &QueryArgs,
    config: &Config,
    expr_id: FileId,
    style: Style,
    format: Format,
    sources: &Sources,
) -> Exit {
    let features = match features(&args.common, config) {
        Ok(features) => features,
        Err(words) => {
            report(&Problem::Words(words), style, format, sources);
            return Exit::Unusable;
        }
    };
    let parsed = parse(&args.expr, &features);
    if let Some(error) = parsed.errors.first() {
        report(&syntax_problem(expr_id, error), style, format, sources);
        return Exit::Unusable;
    }
    let facts = match facts::gather(&args.metrics, config) {
        Ok(gathered) => gathered.facts,
        Err(words) => {
            report(&Problem::Words(words), style, format, sources);
            return Exit::Unusable;
        }
    };
    let typed = describe(&parsed.expr, &facts);
    to_stdout(|out| match format {
        Format::Json => write_types_json(out, &args.expr, &typed),
        _ => write_types(out, style, &args.expr, &typed),
    });
    Exit::Clean
}

fn write(
    args: &QueryArgs,
    style: Style,
    format: Format,
    view: &QueryView<'_>,
    explanation: Option<&Explanation>,
) {
    to_stdout(|out| match (format, explanation) {
        (Format::Json, _) => write_query_json(out, view, explanation),
        (Format::Text, Some(explanation)) => {
            for line in view.head {
                writeln!(out, "{line}")?;
            }
            if !view.head.is_empty() {
                writeln!(out)?;
            }
            write_explanation(
                out,
                style,
                view.expr,
                explanation,
                view.clock,
                args.common.verbose,
            )
        }
        _ => write_query(out, format, style, view),
    });
}

/// Loads, reads the expression, evaluates.
fn answer(
    args: &QueryArgs,
    config: &Config,
    expr_id: FileId,
    sources: &mut Sources,
) -> Result<(Loaded, Question, Answer, Limits), Problem> {
    let mut limits = limits(&args.limits, config)?;
    if let Some(rows) = args.max_output {
        limits.max_output = rows;
    }
    let features = features(&args.common, config)?;
    let parsed = parse(&args.expr, &features);
    if let Some(error) = parsed.errors.first() {
        return Err(syntax_problem(expr_id, error));
    }
    let loaded = load(args, &limits, sources)?;
    let question = question(args, &loaded)?;
    let options = EvalOptions {
        kind: if question.range {
            QueryKind::Range
        } else {
            QueryKind::Instants
        },
        default_subquery_step: Duration::from_millis(loaded.evaluation_interval.unwrap_or(60_000)),
        delayed_name_removal: delayed_name_removal(&args.common, config),
        type_and_unit_labels: type_and_unit_labels(&args.common, config),
        ..EvalOptions::default()
    };
    let deadlines = Deadlines::new(limits.timeout);
    let guard = Guard::with_flag(limits, deadlines.flag(true));
    let answer = evaluate(args, &parsed.expr, &loaded, &question, &options, &guard);
    Ok((loaded, question, answer, limits))
}

/// Evaluates, and explains where that is asked for or where something fails.
fn evaluate(
    args: &QueryArgs,
    expr: &Expr,
    loaded: &Loaded,
    question: &Question,
    options: &EvalOptions,
    guard: &Guard,
) -> Answer {
    let plan = Plan::compile(expr, &PlanOptions::default());
    let result = plan.eval_within(&loaded.storage, question.grid, options, guard);
    let explained = || explain(expr, &loaded.storage, question.grid.start, options, guard);
    let explanation = args.explain.then(explained);
    let (output, failure) = match result {
        Ok(output) => (Some(output), None),
        Err(error) => {
            let span = match &error {
                EvalError::Limit(_) | EvalError::RangeQueryType(_) => expr.span,
                // Which part fails is known of instants only.
                _ if question.range => expr.span,
                _ => explanation
                    .as_ref()
                    .map_or_else(|| failing(&explained()), failing),
            };
            (None, Some((error, span)))
        }
    };
    Answer {
        output,
        failure,
        explanation,
        reads_series: !plan.selectors().is_empty(),
    }
}

/// The innermost part that fails.
fn failing(part: &Explanation) -> Span {
    let below = part.parts.iter().find(|part| part.value.is_err());
    below.map_or(part.span, failing)
}

fn load(args: &QueryArgs, limits: &Limits, sources: &mut Sources) -> Result<Loaded, Problem> {
    let interval = match &args.interval {
        None => None,
        Some(text) => match duration("--interval", text)? {
            0 => return Err(Problem::Words("--interval: no time between samples".to_owned())),
            millis => Some(millis),
        },
    };
    let mut loader = Loader::new(LoadOptions {
        test: args.test.clone(),
        interval,
        limits: *limits,
    });
    let found = files::find(&args.load, &|_| false);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(Problem::Words(problem));
    }
    for text in found.texts {
        let id = sources.add(text.source.clone());
        if let Some((_, message)) = &text.undecodable {
            return Err(Problem::Words(format!(
                "{}: not a text file: {message}",
                text.source.name()
            )));
        }
        loader.add(id, &text.source)?;
    }
    for text in &args.series {
        let source = SourceFile::new("--series", &**text);
        let id = sources.add(source);
        loader.add_notation(id, text)?;
    }
    Ok(loader.finish()?)
}

/// When to evaluate.
fn question(args: &QueryArgs, loaded: &Loaded) -> Result<Question, Problem> {
    let clock = Clock::starting_at(loaded.start);
    let time = |option: &str, text: &Option<String>, default: Timestamp| {
        match text {
        None => Ok(default),
        Some(text) => moment(text, loaded).ok_or_else(|| {
            Problem::Words(format!(
                "{option} {text}: no time; write 5m after the first sample, -5m before the last, seconds since 1970, or \
                 2026-01-31T12:00:00Z"
            ))
        }),
    }
    };
    let asked = args.from.is_some() || args.to.is_some() || args.step.is_some();
    let whole = args.plot && args.at.is_none() && loaded.end > loaded.start;
    if !asked && !whole {
        let at = time("--at", &args.at, loaded.end)?;
        let why = if args.at.is_none() && loaded.samples > 0 {
            ", the time of the last sample"
        } else {
            ""
        };
        return Ok(Question {
            grid: Grid::instant(at),
            range: false,
            words: format!("evaluated at {}{why}", clock.full(at)),
        });
    }
    let from = time("--from", &args.from, loaded.start)?;
    let to = time("--to", &args.to, loaded.end)?;
    if to < from {
        let (from, to) = (clock.full(from), clock.full(to));
        return Err(Problem::Words(format!("--from {from} is later than --to {to}")));
    }
    let step = match &args.step {
        Some(text) => match duration("--step", text)? {
            0 => return Err(Problem::Words("--step: no time between steps".to_owned())),
            millis => millis,
        },
        // As fine as the samples, but not finer than anybody can look at.
        None => {
            let times = ((to - from) / loaded.step / MOST_STEPS) + 1;
            loaded.step.saturating_mul(times).max(1)
        }
    };
    Ok(Question {
        grid: Grid::range(from, to, step),
        range: true,
        words: format!(
            "evaluated from {} to {} every {}",
            clock.full(from),
            clock.full(to),
            Duration::from_millis(step)
        ),
    })
}

/// A time of the command line: after the first sample, before the last one, or a date.
fn moment(text: &str, loaded: &Loaded) -> Option<Timestamp> {
    if let Some(before) = text.strip_prefix('-')
        && let Ok(length) = Duration::parse(before)
    {
        return Some(loaded.end.saturating_sub(length.millis()));
    }
    if let Ok(length) = Duration::parse(text) {
        return Some(loaded.start.saturating_add(length.millis()));
    }
    // Beyond that, sums of times overflow.
    parse_timestamp(text).filter(|time| time.abs() < 1 << 53)
}

/// What was loaded, and when it is looked at.
fn head(loaded: &Loaded, question: &Question, answer: &Answer, clock: Clock) -> Vec<String> {
    let mut lines: Vec<String> = loaded
        .summaries
        .iter()
        .map(|summary| {
            let others = match summary.other_tests {
                0 => String::new(),
                others => format!(", the first of {}; --test picks another", others + 1),
            };
            format!("{}: {}{others}", summary.name, summary.what)
        })
        .collect();
    let count = loaded.storage.series().len();
    let what = if count == 0 && answer.reads_series {
        "no series are loaded (--load FILE, --series 'up 1 1 0')".to_owned()
    } else if count == 0 {
        "no series are needed".to_owned()
    } else {
        let samples = plural(loaded.samples, "sample");
        let (from, to) = (clock.full(loaded.start), clock.full(loaded.end));
        if from == to {
            format!("{count} series, {samples} at {from}")
        } else {
            format!("{count} series, {samples} from {from} to {to}")
        }
    };
    lines.push(format!("{what}; {}", question.words));
    lines
}

fn chart_width() -> usize {
    use std::io::IsTerminal as _;
    if std::io::stdout().is_terminal() {
        terminal::style(crate::cli::ColorChoice::Never).width
    } else {
        PLAIN_WIDTH
    }
}

fn syntax_problem(file: FileId, error: &ParseError) -> Problem {
    Problem::At {
        file,
        span: error.span,
        message: error.message.clone(),
        related: error.related.map(|(span, words)| (span, words.to_owned())),
        help: error.help.clone(),
    }
}

fn eval_problem(file: FileId, error: &EvalError, whole: Span) -> Problem {
    let (span, help) = match error {
        EvalError::Limit(exceeded) => (exceeded.span, Some(exceeded.help().to_owned())),
        EvalError::Duration { start, end, .. } => (Span::new(*start as usize, *end as usize), None),
        EvalError::RangeQueryType(_) => (
            whole,
            Some("ask for one time with --at, or apply a function such as rate()".to_owned()),
        ),
        _ => (whole, None),
    };
    Problem::At {
        file,
        span,
        message: error.to_string(),
        related: None,
        help,
    }
}

/// Says why there is no result: on standard error for people, as the document for programs.
fn report(problem: &Problem, style: Style, format: Format, sources: &Sources) {
    let (file, span, message, related, help) = match problem {
        Problem::Words(words) => {
            complain(words);
            if format == Format::Json {
                let nothing = SourceFile::new("", "");
                to_stdout(|out| write_query_error_json(out, &nothing, Span::at(0), words, None));
            }
            return;
        }
        Problem::At {
            file,
            span,
            message,
            related,
            help,
        } => (*file, *span, message, related, help),
    };
    let source = sources.get(file);
    match format {
        Format::Json => {
            to_stdout(|out| write_query_error_json(out, source, span, message, help.as_deref()));
        }
        Format::Short => {
            let at = source.line_column(span.start as usize);
            complain(&format!("{}:{}:{}: {message}", source.name(), at.line, at.column));
        }
        _ => {
            let excerpt = Excerpt {
                severity: Severity::Error,
                message: message.clone(),
                source,
                span: if span.is_empty() && span.start == 0 && file == FileId(0) {
                    // An empty place at the start of the expression is a place all the same.
                    Span::new(0, 1)
                } else {
                    span
                },
                related: related.clone(),
                help: help.clone(),
            };
            let mut err = std::io::stderr().lock();
            let _ = write_excerpt(&mut err, style, &excerpt);
        }
    }
}
