//! `info()`: labels of info metrics joined to other series (upstream `promql/info.go`).

use crate::columns;
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{CallNode, Length, Node, NodeKind, SelectorNode};
use crate::value::{ABSENT, Column, is_absent};
use firedrill_promql::ast::{AtTime, MatchOp, Matcher, Name};
use firedrill_regex::Regex;
use firedrill_source::Span;
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;

/// The labels by which info metrics are joined.
const IDENTIFYING: [&str; 2] = ["instance", "job"];

/// The matchers on the name that pick the info metrics: `target_info` without any, `.+_info` beside negative ones.
pub(crate) fn effective_name_matchers(matchers: &[Matcher], span: Span) -> Vec<Matcher> {
    let mut names: Vec<Matcher> = matchers
        .iter()
        .filter(|m| &*m.label.text == METRIC_NAME)
        .cloned()
        .collect();
    let positive = |m: &Matcher| matches!(m.op, MatchOp::Equal | MatchOp::Regex);
    if names.is_empty() {
        names.push(name_matcher(MatchOp::Equal, "target_info", span));
    } else if !names.iter().any(positive) {
        names.push(name_matcher(MatchOp::Regex, ".+_info", span));
    }
    names
}

fn name_matcher(op: MatchOp, value: &str, span: Span) -> Matcher {
    Matcher {
        label: Name {
            text: METRIC_NAME.into(),
            span,
        },
        op,
        value: value.into(),
        value_span: span,
        regex: (op == MatchOp::Regex)
            .then(|| Regex::anchored(value).ok())
            .flatten(),
        span,
    }
}

/// One series of an info metric: at which step it has a sample, and how old that is.
struct InfoSeries {
    labels: Labels,
    /// Time of the sample in seconds.
    times: Vec<f64>,
}

impl Evaluator<'_> {
    /// The first argument with the labels of the matching info metrics added.
    pub(crate) fn info(
        &mut self,
        call: &CallNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let base = self.vector(&call.args[0], grid)?;
        let matchers: &[Matcher] = match call.args.get(1).map(|arg| &arg.kind) {
            Some(NodeKind::Selector(selector)) => &selector.matchers,
            _ => &[],
        };
        let names = effective_name_matchers(matchers, span);
        let data: Vec<&Matcher> = matchers
            .iter()
            .filter(|m| &*m.label.text != METRIC_NAME)
            .collect();
        let is_info = |labels: &Labels| names.iter().all(|m| m.matches(labels.metric_name()));
        // The values by which info series are looked for; a label that no base series has does not matter.
        let sought = IDENTIFYING.map(|name| -> Vec<&str> {
            let enriched = base.iter().filter(|column| !is_info(&column.labels));
            let values = enriched.filter_map(|column| column.labels.find(name));
            values.map(|label| &*label.value).collect()
        });
        let mut infos: FxHashMap<[String; 2], Vec<InfoSeries>> = FxHashMap::default();
        if sought.iter().any(|values| !values.is_empty()) {
            let is_sought = |labels: &Labels| {
                let mut pairs = IDENTIFYING.iter().zip(&sought);
                pairs.all(|(name, values)| values.is_empty() || values.contains(&labels.get(name)))
            };
            infos = self.info_series(&names, &data, is_sought, &call.args[0], grid)?;
        }
        let mut result = Vec::new();
        for column in base {
            if is_info(&column.labels) {
                result.push(column);
                continue;
            }
            let own = infos.get(&key(&column.labels)).map_or(&[][..], Vec::as_slice);
            join(column, own, &data, grid, &mut result)?;
        }
        columns::unify(result)
    }

    /// The info series by their identifying labels, looked up where the first selector of the base looks.
    fn info_series(
        &mut self,
        names: &[Matcher],
        data: &[&Matcher],
        is_sought: impl Fn(&Labels) -> bool,
        base: &Node,
        grid: &Grid,
    ) -> Result<FxHashMap<[String; 2], Vec<InfoSeries>>, EvalError> {
        let (offset, at) = self.first_selector_time(base).unwrap_or((0, None));
        let selector = SelectorNode {
            matchers: names.iter().chain(data.iter().copied()).cloned().collect(),
            offset: Length::Millis(offset),
            at,
            extension: None,
            statistics_only: false,
        };
        let mut infos: FxHashMap<[String; 2], Vec<InfoSeries>> = FxHashMap::default();
        let found = self.selector(&selector, base.span, grid)?;
        let mut native = found.iter().filter(|column| column.histograms.is_some());
        if let Some(column) = native.find(|column| is_sought(&column.labels)) {
            return Err(EvalError::InfoHistogram(column.labels.clone()));
        }
        let times = self.sample_times(&selector, base.span, grid)?;
        for column in times.into_iter().filter(|column| is_sought(&column.labels)) {
            infos.entry(key(&column.labels)).or_default().push(InfoSeries {
                labels: column.labels,
                times: column.values,
            });
        }
        Ok(infos)
    }

    /// Offset in milliseconds and `@` of the first selector, subqueries around it included.
    fn first_selector_time(&self, node: &Node) -> Option<(i64, Option<AtTime>)> {
        let own = |selector: &SelectorNode| Some((self.millis(selector.offset), selector.at));
        match &node.kind {
            NodeKind::Number(_) | NodeKind::String(_) => None,
            NodeKind::Selector(selector) => own(selector),
            NodeKind::Window(window) => own(&window.selector),
            NodeKind::Subquery(subquery) => {
                let (offset, at) = self.first_selector_time(&subquery.expr)?;
                match at {
                    Some(_) => Some((offset, at)),
                    None => Some((offset + self.millis(subquery.offset), subquery.at)),
                }
            }
            NodeKind::Call(call) => call.args.iter().find_map(|arg| self.first_selector_time(arg)),
            NodeKind::Aggregate(aggregate) => aggregate
                .param
                .iter()
                .chain([&aggregate.expr])
                .find_map(|part| self.first_selector_time(part)),
            NodeKind::Binary(binary) => [&binary.lhs, &binary.rhs]
                .into_iter()
                .find_map(|part| self.first_selector_time(part)),
            NodeKind::Negate(inner) | NodeKind::Pinned { inner, .. } => self.first_selector_time(inner),
        }
    }
}

fn key(labels: &Labels) -> [String; 2] {
    IDENTIFYING.map(|name| labels.get(name).to_owned())
}

/// Adds labels to one base series: one column for each set of info series that it meets over time.
fn join(
    base: Column,
    infos: &[InfoSeries],
    data: &[&Matcher],
    grid: &Grid,
    result: &mut Vec<Column>,
) -> Result<(), EvalError> {
    let optional = data.iter().all(|matcher| matcher.matches(""));
    let mut known: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
    for step in 0..grid.count {
        if !base.has(step) {
            continue;
        }
        let met = newest_per_metric(infos, step)?;
        if met.is_empty() && !optional {
            continue;
        }
        let place = match known.get(&met) {
            Some(&place) => place,
            None => {
                result.push(Column {
                    labels: enriched(&base.labels, infos, &met, data)?,
                    ..base.like(vec![ABSENT; grid.count], None)
                });
                known.insert(met, result.len() - 1);
                result.len() - 1
            }
        };
        result[place].take(step, &base, step);
    }
    Ok(())
}

/// For each info metric the series with the newest sample at a step.
fn newest_per_metric(infos: &[InfoSeries], step: usize) -> Result<Vec<usize>, EvalError> {
    let mut newest: Vec<usize> = Vec::new();
    for (index, info) in infos.iter().enumerate() {
        let time = info.times[step];
        if is_absent(time) {
            continue;
        }
        let name = info.labels.metric_name();
        let Some(held) = newest
            .iter_mut()
            .find(|held| infos[**held].labels.metric_name() == name)
        else {
            newest.push(index);
            continue;
        };
        let other = &infos[*held];
        let held_time = other.times[step];
        if held_time == time {
            return Err(EvalError::DuplicateInfo {
                existing: other.labels.clone(),
                existing_time: (held_time * 1000.0) as i64,
                new: info.labels.clone(),
                new_time: (time * 1000.0) as i64,
            });
        }
        if held_time < time {
            *held = index;
        }
    }
    Ok(newest)
}

/// The base labels and what the info series add: all their labels, or those that the data matchers name.
fn enriched(
    base: &Labels,
    infos: &[InfoSeries],
    met: &[usize],
    data: &[&Matcher],
) -> Result<Labels, EvalError> {
    let mut labels = base.to_builder();
    let mut added: FxHashMap<&str, &str> = FxHashMap::default();
    for &index in met {
        for label in infos[index].labels.iter() {
            let name = &*label.name;
            let wanted = data.is_empty() || data.iter().any(|matcher| &*matcher.label.text == name);
            if name == METRIC_NAME || !wanted || base.find(name).is_some() {
                continue;
            }
            match added.insert(name, &label.value) {
                Some(other) if *other != *label.value => {
                    return Err(EvalError::ConflictingInfo(name.to_owned()));
                }
                _ => labels.set_label(label),
            }
        }
    }
    Ok(labels.build())
}
