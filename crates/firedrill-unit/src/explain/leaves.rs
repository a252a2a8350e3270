//! Why a selector finds nothing that fits: names that do not exist, matchers that exclude, series that are over.

use super::missing::Search;
use super::{clock, length, series_text, snippet};
use firedrill_eval::{Note, Series, Silence, explain};
use firedrill_promql::Expr;
use firedrill_promql::ast::{ExprKind, MatchOp, Matcher, Name, Selector};
use firedrill_value::{Duration, quote};

impl Search<'_> {
    /// Why a selector, or the windows of a range selector, give nothing that fits.
    pub(super) fn leaf(&self, expr: &Expr, selector: &Selector, window: Option<Duration>) -> Vec<String> {
        let unfound = self.unfound(expr, selector);
        if !unfound.is_empty() {
            return unfound;
        }
        let name = selector.metric_name().map_or("", |name| &**name);
        let narrowed = self.narrowed(expr, selector);
        let explanation = explain(
            &narrowed,
            &self.engine.storage,
            self.at,
            &self.options(),
            self.engine.guard,
        );
        let silent = explanation.notes.iter().find_map(|note| match note {
            Note::Silent { series, examples } => Some((*series, examples.first()?)),
            _ => None,
        });
        let Some((count, (labels, silence))) = silent else {
            return Vec::new();
        };
        if let Some(reasons) = self.recorded(name) {
            return reasons;
        }
        let who = match count {
            1 => series_text(labels),
            many => format!("{} and {} more", series_text(labels), many - 1),
        };
        let moved = selector.modifiers.offset.is_some() || selector.modifiers.at.is_some();
        let shown = super::missing::backticked(expr.span.slice(self.text));
        let reach = match window {
            _ if moved => format!("{shown} does not reach it"),
            Some(window) => format!("a window of {window} does not reach it"),
            None => format!("selectors look back less than {}", self.engine.eval.lookback),
        };
        let at = clock(self.engine, self.at);
        let reason = match silence {
            Silence::Stale(time) => format!("{who} ended (stale) at {}", clock(self.engine, *time)),
            Silence::Last(time) => {
                let ago = length(self.at - time);
                let last = clock(self.engine, *time);
                format!("the last sample of {who} is from {last}, {ago} before {at}; {reach}")
            }
            Silence::First(time) => {
                let first = clock(self.engine, *time);
                if moved {
                    format!("at {at}, {shown} looks to a time before the first sample of {who}, at {first}")
                } else {
                    format!("the first sample of {who} is from {first}, after {at}")
                }
            }
            Silence::Never => format!("{who} has no sample at {at} or before"),
        };
        vec![reason]
    }

    /// Why no series fits a selector; nothing if one does, with samples or not.
    pub(super) fn unfound(&self, expr: &Expr, selector: &Selector) -> Vec<String> {
        let all = self.engine.storage.series();
        let named = |series: &&Series| match &selector.name {
            Some(name) => series.labels.metric_name() == &*name.text,
            None => true,
        };
        let passes = |series: &&Series| {
            selector
                .matchers
                .iter()
                .all(|m| m.matches(series.labels.get(&m.label.text)))
        };
        let of_name: Vec<&Series> = all.iter().filter(named).collect();
        let found: Vec<&Series> = of_name.iter().copied().filter(passes).collect();
        if found.iter().any(|series| self.fits(&series.labels)) {
            return Vec::new();
        }
        let shown = snippet(expr.span.slice(self.text));
        let name = selector.metric_name().map_or("", |name| &**name);
        if let Some(reasons) = self.recorded(name) {
            return reasons;
        }
        let of_name: Vec<&Series> = match name {
            "" => of_name,
            name => all
                .iter()
                .filter(|series| series.labels.metric_name() == name)
                .collect(),
        };
        if of_name.is_empty() {
            if name.is_empty() {
                return vec![format!("no series matches {shown}")];
            }
            let names = all.iter().map(|series| series.labels.metric_name());
            let near = firedrill_source::nearest(name, names);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return vec![format!("there is no series named {name}{hint}")];
        }
        if !found.is_empty() {
            let excluded = self.kept_out(selector, &of_name);
            return if excluded.is_empty() {
                self.other_labels(&shown, &found).into_iter().collect()
            } else {
                self.nearest_series(&shown, selector, &excluded)
                    .into_iter()
                    .collect()
            };
        }
        self.nearest_series(&shown, selector, &of_name)
            .into_iter()
            .collect()
    }

    /// Series that would fit, were it not for labels that the selector excludes.
    fn kept_out<'s>(&self, selector: &Selector, of_name: &[&'s Series]) -> Vec<&'s Series> {
        let excludes = |series: &Series, name: &str| {
            let mut matchers = selector.matchers.iter().filter(|m| *m.label.text == *name);
            matchers.any(|m| !m.matches(series.labels.get(name)))
        };
        let fits = |series: &&&Series| {
            self.wanted.iter().all(|label| {
                let value = series.labels.get(&label.name);
                value.is_empty() || *value == *label.value || excludes(series, &label.name)
            })
        };
        of_name.iter().filter(fits).copied().collect()
    }

    /// Series that the selector takes, none with the labels that are looked for.
    fn other_labels(&self, shown: &str, found: &[&Series]) -> Option<String> {
        let misfit = |series: &&&Series| {
            let wrong = self.wanted.iter().filter(|label| {
                let value = series.labels.get(&label.name);
                !value.is_empty() && *value != *label.value
            });
            wrong.count()
        };
        let nearest = found.iter().min_by_key(misfit)?;
        let wrong: Vec<_> = self
            .wanted
            .iter()
            .filter(|label| {
                let value = nearest.labels.get(&label.name);
                !value.is_empty() && *value != *label.value
            })
            .collect();
        let (wanted, has): (Vec<String>, Vec<String>) = wrong
            .iter()
            .map(|label| {
                let has = nearest.labels.get(&label.name);
                (
                    format!("{}={}", label.name, quote(&label.value)),
                    format!("{}={}", label.name, quote(has)),
                )
            })
            .unzip();
        let only = if found.len() == 1 {
            "the only one has"
        } else {
            "the nearest has"
        };
        Some(format!(
            "no series of {shown} has {}; {only} {}",
            wanted.join(", "),
            has.join(", ")
        ))
    }

    /// The series that passes most matchers, and those that it does not pass.
    fn nearest_series(&self, shown: &str, selector: &Selector, of_name: &[&Series]) -> Option<String> {
        let failing = |series: &Series| -> Vec<&Matcher> {
            let fails = |m: &&Matcher| !m.matches(series.labels.get(&m.label.text));
            selector.matchers.iter().filter(fails).collect()
        };
        let order = |series: &&&Series| (failing(series).len(), usize::from(!self.fits(&series.labels)));
        let nearest = of_name.iter().min_by_key(order)?;
        let failing = failing(nearest);
        let matchers: Vec<String> = failing
            .iter()
            .map(|m| format!("{}{}{}", m.label.text, m.op.symbol(), quote(&m.value)))
            .collect();
        let has: Vec<String> = failing
            .iter()
            .map(|m| match nearest.labels.get(&m.label.text) {
                "" => format!("no label {}", m.label.text),
                value => format!("{}={}", m.label.text, quote(value)),
            })
            .collect();
        let partly = failing.iter().any(|m| {
            let value = nearest.labels.get(&m.label.text);
            m.op == MatchOp::Regex && !m.value.is_empty() && value.contains(&*m.value)
        });
        let whole = if partly {
            " (a regex must match the whole value)"
        } else {
            ""
        };
        let which = if of_name.len() == 1 {
            "the only series"
        } else {
            "the nearest series"
        };
        let name = nearest.labels.metric_name();
        let of = if shown.starts_with(name) {
            format!(" of {name}")
        } else {
            String::new()
        };
        Some(format!(
            "{} excludes {which}{of}, which has {}{whole}",
            matchers.join(" and "),
            has.join(" and ")
        ))
    }

    /// The selector with the wanted labels as matchers, as far as the series it finds have them.
    fn narrowed(&self, expr: &Expr, selector: &Selector) -> Expr {
        let mut narrow = selector.clone();
        let found = self.engine.storage.series().iter().filter(|series| {
            let named = selector
                .name
                .as_ref()
                .is_none_or(|name| series.labels.metric_name() == &*name.text);
            named
                && selector
                    .matchers
                    .iter()
                    .all(|m| m.matches(series.labels.get(&m.label.text)))
        });
        let found: Vec<&Series> = found.collect();
        for label in self.wanted.iter() {
            if found
                .iter()
                .any(|series| *series.labels.get(&label.name) == *label.value)
            {
                narrow.matchers.push(Matcher {
                    label: Name {
                        text: label.name.clone(),
                        span: expr.span,
                    },
                    op: MatchOp::Equal,
                    value: label.value.clone(),
                    value_span: expr.span,
                    regex: None,
                    span: expr.span,
                });
            }
        }
        let kind = ExprKind::Selector(Box::new(narrow));
        let mut narrowed = expr.clone();
        match &mut narrowed.kind {
            ExprKind::Range(range) => range.selector.kind = kind,
            other => *other = kind,
        }
        narrowed
    }
}
