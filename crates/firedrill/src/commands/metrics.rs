//! `firedrill metrics`: what is known about each metric, and from where.

mod lock;

use super::{complain, features, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::MetricsArgs;
use crate::config::Config;
use crate::facts::{self, Gathered};
use crate::{documents, files};
use firedrill_facts::{Domain, Facts, Known, MetricType, Tier};
use firedrill_lint::{Usage, collect};
use firedrill_model::{ReadOptions, RuleFile};
use firedrill_promql::ExprKind;
use firedrill_report::Format;
use firedrill_source::Sources;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Width of the list on a terminal.
const WIDTH: usize = 100;

/// What is known of one metric.
struct Row {
    metric: String,
    metric_type: String,
    /// How far to trust it; `None` where nothing is known.
    tier: Option<Tier>,
    evidence: String,
    unit: Option<String>,
    labels: Option<Vec<String>>,
    buckets: Option<Vec<f64>>,
    values: Option<String>,
    /// In how many expressions it is taken for a counter, and in how many for a level.
    used: (usize, usize),
}

pub(crate) fn run(args: &MetricsArgs, config: &Config) -> Exit {
    set_jobs(&args.common);
    let mut gathered = match facts::gather(&args.metrics, config) {
        Ok(gathered) => gathered,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let (used, usage) = match used_metrics(args, config, &mut gathered) {
        Ok(Some(found)) => (Some(found.0), found.1),
        Ok(None) => (None, Usage::default()),
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let facts = &gathered.facts;
    if let Some(path) = &args.lock
        && let Err(problem) = files::write_atomically(path, lock::text(facts).as_bytes())
    {
        complain(&problem);
        return Exit::Unusable;
    }
    let names: Vec<String> = match used {
        Some(used) => used.into_iter().collect(),
        None => lock::families(facts).into_iter().map(str::to_owned).collect(),
    };
    if names.is_empty() && args.lock.is_none() {
        complain("no metric is known; name rule files, or sources of facts with --metrics");
        return Exit::Unusable;
    }
    let rows: Vec<Row> = names.iter().map(|name| row(facts, &usage, name)).collect();
    to_stdout(|out| match args.format.into() {
        Format::Json => {
            let all: Vec<Value> = rows.iter().map(as_json).collect();
            serde_json::to_writer_pretty(&mut *out, &all)?;
            writeln!(out)
        }
        Format::Short => rows
            .iter()
            .try_for_each(|row| writeln!(out, "{}\t{}\t{}", row.metric, row.metric_type, row.evidence)),
        _ => {
            write_text(out, &rows)?;
            if !args.common.quiet {
                write_summary(out, &rows)?;
            }
            if args.common.verbose {
                write_left_out(out, gathered.dynamic, gathered.untyped)?;
            }
            Ok(())
        }
    });
    Exit::Clean
}

/// The metrics that the rules select, and how; `None` if no rules are asked about. What documents among them tell about
/// metrics is learned.
fn used_metrics(
    args: &MetricsArgs,
    config: &Config,
    gathered: &mut Gathered,
) -> Result<Option<(BTreeSet<String>, Usage)>, String> {
    let paths = match args.paths.as_slice() {
        [] if !config.names_rules() => return Ok(None),
        [] => config.rules()?,
        paths => paths.to_vec(),
    };
    let options = ReadOptions {
        features: features(&args.common, config)?,
        extensions: true,
        ..ReadOptions::default()
    };
    let wanted = files::Wanted {
        documents: true,
        ..files::Wanted::default()
    };
    let mut found = files::find_wanted(&paths, &|path| config.excludes(path), wanted);
    for quoted in documents::take_apart(&mut found.texts, &mut found.problems) {
        gathered.learn_quoted(&quoted);
    }
    if let Some(problem) = found.problems.first() {
        return Err(problem.clone());
    }
    let mut sources = Sources::new();
    let mut metrics = BTreeSet::new();
    let mut usages = Vec::new();
    for text in found.texts {
        if !documents::is_rules(text.kind) {
            continue;
        }
        let id = sources.add(text.source.clone());
        let file = documents::read_rules(id, &text, &options).file;
        add_metrics(&file, &mut metrics);
        usages.push(collect(&file, None));
    }
    if usages.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(format!("no rule file found in {}", shown.join(", ")));
    }
    Ok(Some((metrics, Usage::merge(usages))))
}

fn add_metrics(file: &RuleFile, metrics: &mut BTreeSet<String>) {
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        rule.expr.expr.walk(&mut |expr| {
            if let ExprKind::Selector(selector) = &expr.kind
                && let Some(name) = selector.metric_name()
            {
                metrics.insert(name.to_string());
            }
        });
    }
}

fn row(facts: &Facts, usage: &Usage, metric: &str) -> Row {
    let (metric_type, tier, evidence) = match (facts.of(metric), facts.dispute(metric)) {
        (Some(fact), _) => (
            fact.metric_type.name().to_owned(),
            Some(fact.tier),
            fact.evidence.to_string(),
        ),
        (None, Some((one, other))) => (
            "disputed".to_owned(),
            Some(one.tier),
            format!(
                "{} ({}), {} ({})",
                one.metric_type.name(),
                one.evidence,
                other.metric_type.name(),
                other.evidence
            ),
        ),
        (None, None) => ("unknown".to_owned(), None, "nothing says what it is".to_owned()),
    };
    let base = metric.strip_suffix("_bucket").unwrap_or(metric);
    Row {
        metric: metric.to_owned(),
        metric_type,
        tier,
        evidence,
        unit: facts.unit(metric).map(|known| known.value.to_string()),
        labels: facts
            .labels(metric)
            .map(|known| known.value.iter().map(ToString::to_string).collect()),
        buckets: facts.buckets(base).map(|known| known.value.clone()),
        values: facts.domain(metric).map(|known| values(&known)),
        used: usage.counts(metric),
    }
}

fn values(known: &Known<Domain>) -> String {
    match &known.value {
        Domain::Range(low, high) => format!("from {low} to {high}"),
        Domain::Values(values) => {
            let each: Vec<String> = values
                .iter()
                .map(|(value, meaning)| format!("{value} {meaning}"))
                .collect();
            each.join(", ")
        }
    }
}

fn write_text(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let width = rows.iter().map(|row| row.metric.chars().count()).max();
    let width = width.unwrap_or_default().min(45);
    for row in rows {
        let head = format!("{:width$}  {:9}", row.metric, row.metric_type);
        let left = WIDTH.saturating_sub(head.chars().count() + 2);
        if row.evidence.chars().count() <= left {
            writeln!(out, "{head}  {}", row.evidence)?;
        } else {
            writeln!(out, "{}", head.trim_end())?;
            write_wrapped(out, &row.evidence)?;
        }
        let mut more = Vec::new();
        more.extend(row.unit.as_ref().map(|unit| format!("in {unit}")));
        match row.labels.as_deref() {
            Some([]) => more.push("no labels".to_owned()),
            Some(labels) => more.push(format!("labels {}", labels.join(", "))),
            None => {}
        }
        let counted = |count: usize, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        more.extend(
            row.buckets
                .as_ref()
                .map(|it| counted(it.len(), "bucket", "buckets")),
        );
        more.extend(row.values.as_ref().map(|values| format!("values {values}")));
        let (rates, levels) = row.used;
        if rates > 0 {
            let uses = counted(rates, "expression", "expressions");
            more.push(format!("taken for a counter in {uses}"));
        }
        if levels > 0 {
            let uses = counted(levels, "expression", "expressions");
            more.push(format!("taken for a level in {uses}"));
        }
        if !more.is_empty() {
            write_wrapped(out, &more.join(" · "))?;
        }
    }
    Ok(())
}

/// Writes a text below a metric, broken between words.
fn write_wrapped(out: &mut dyn Write, text: &str) -> io::Result<()> {
    const INDENT: &str = "    ";
    let mut line = String::new();
    for word in text.split(' ') {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && INDENT.len() + length > WIDTH {
            writeln!(out, "{INDENT}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{INDENT}{line}")
}

fn write_summary(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let disputed = rows.iter().filter(|row| row.metric_type == "disputed").count();
    let known = rows
        .iter()
        .filter(|row| row.tier.is_some_and(|tier| tier > Tier::Name) && row.metric_type != "disputed")
        .count();
    let metrics = if rows.len() == 1 { "metric" } else { "metrics" };
    write!(
        out,
        "\n{} {metrics}; the type of {known} is known from more than the name",
        rows.len()
    )?;
    if disputed > 0 {
        write!(out, ", {disputed} disputed")?;
    }
    writeln!(out)
}

fn write_left_out(out: &mut dyn Write, dynamic: usize, untyped: usize) -> io::Result<()> {
    match dynamic {
        0 => {}
        1 => writeln!(out, "1 name is made at run time and was left out")?,
        _ => writeln!(out, "{dynamic} names are made at run time and were left out")?,
    }
    match untyped {
        0 => Ok(()),
        1 => writeln!(
            out,
            "1 metric of the source code has no certain type and was left out"
        ),
        _ => writeln!(
            out,
            "{untyped} metrics of the source code have no certain type and were left out"
        ),
    }
}

fn as_json(row: &Row) -> Value {
    json!({
        "metric": row.metric,
        "type": row.metric_type,
        "tier": row.tier.map(tier_name),
        "evidence": row.evidence,
        "unit": row.unit,
        "labels": row.labels,
        "buckets": row.buckets,
        "values": row.values,
        "taken_for_counter": row.used.0,
        "taken_for_level": row.used.1,
    })
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Name => "name",
        Tier::Bundled => "built-in",
        Tier::Code => "code",
        Tier::Exposed => "exposed",
        Tier::Declared => "declared",
    }
}

/// Whether a type stands for a family of series.
fn is_family(metric_type: MetricType) -> bool {
    matches!(metric_type, MetricType::Histogram | MetricType::Summary)
}
