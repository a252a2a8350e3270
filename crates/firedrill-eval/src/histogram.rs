//! `histogram_quantile` and its kin, over `le` buckets and over native histograms.

mod classic;
mod native;
pub(crate) mod totals;

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{CallNode, Node};
use crate::remark::Remark;
use crate::value::{ABSENT, Column, Scalars, is_absent};
use classic::{Bucket, Repair};
use firedrill_functions::Func;
use firedrill_source::Span;
use firedrill_value::{
    FloatHistogram, Labels, METRIC_NAME, format_f, format_g, format_g_precision, parse_float,
};
use native::NanEffect;
pub(crate) use native::logarithmic_share;
use rustc_hash::FxHashMap;

/// The buckets of one histogram: everything but `le` in common.
struct Group {
    labels: Labels,
    drop_name: bool,
    /// Upper bound and column, by rising bound.
    buckets: Vec<(f64, usize)>,
    /// Steps at which a native histogram has the same labels, so that neither counts.
    hidden: Vec<usize>,
}

impl Evaluator<'_> {
    pub(crate) fn histogram_quantile(
        &mut self,
        call: &CallNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let phi = self.scalar(&call.args[0], grid)?;
        self.remark_bad_quantile(&phi, grid, call.args[0].span);
        let (groups, columns) = self.buckets(&call.args[1], grid)?;
        let result = self.quantiles(&groups, &columns, &phi, grid, call.args[1].span);
        self.without_names(result)
    }

    pub(crate) fn histogram_quantiles(
        &mut self,
        call: &CallNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let (groups, columns) = self.buckets(&call.args[0], grid)?;
        let label = CallNode::text_of(&call.args[1]);
        let mut result = Vec::new();
        for arg in &call.args[2..] {
            let phi = self.scalar(arg, grid)?;
            self.remark_bad_quantile(&phi, grid, arg.span);
            let found = self.quantiles(&groups, &columns, &phi, grid, call.args[0].span);
            for column in found {
                result.extend(split_by_phi(column, &label, &phi));
            }
        }
        self.without_names(result)
    }

    pub(crate) fn histogram_fraction(
        &mut self,
        call: &CallNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let lower = self.scalar(&call.args[0], grid)?;
        let upper = self.scalar(&call.args[1], grid)?;
        let (groups, columns) = self.buckets(&call.args[2], grid)?;
        let mut result = self.each_native(&columns, call.args[2].span, |step, histogram| {
            let (value, has_nan) = native::fraction(lower.at(step), upper.at(step), histogram);
            let remark: fn(String) -> Remark = |metric| Remark::FractionOfNan { metric };
            (value, has_nan.then_some(remark))
        });
        for group in &groups {
            let values = each_histogram(group, &columns, grid, |step, buckets| {
                classic::fraction(lower.at(step), upper.at(step), buckets)
            });
            result.push(group.column(values));
        }
        self.without_names(result)
    }

    /// The columns of a vector and which of them make up which histogram.
    fn buckets(&mut self, arg: &Node, grid: &Grid) -> Result<(Vec<Group>, Vec<Column>), EvalError> {
        let mut columns = self.vector(arg, grid)?;
        let mut groups: Vec<Group> = Vec::new();
        let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
        for (index, column) in columns.iter().enumerate() {
            if column.values.iter().copied().all(is_absent) {
                continue;
            }
            let le = column.labels.get("le");
            let Ok(bound) = parse_float(le) else {
                self.remark_bad_bucket(column, le, arg.span);
                continue;
            };
            let labels = column.labels.filter(|name| name != "le");
            let place = *places.entry(labels.clone()).or_insert_with(|| {
                groups.push(Group {
                    labels,
                    drop_name: column.drop_name,
                    buckets: Vec::new(),
                    hidden: Vec::new(),
                });
                groups.len() - 1
            });
            groups[place].buckets.push((bound, index));
        }
        for group in &mut groups {
            group.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        self.hide_twins(&mut groups, &places, &mut columns, arg.span);
        Ok((groups, columns))
    }

    /// Classic and native histograms with the same labels at one step: neither is looked at.
    fn hide_twins(
        &mut self,
        groups: &mut [Group],
        places: &FxHashMap<Labels, usize>,
        columns: &mut [Column],
        span: Span,
    ) {
        for native in 0..columns.len() {
            if columns[native].histograms.is_none() {
                continue;
            }
            let Some(&place) = places.get(&columns[native].labels) else {
                continue;
            };
            for step in 0..columns[native].values.len() {
                let group = &mut groups[place];
                let classic = group
                    .buckets
                    .iter()
                    .any(|&(_, column)| !is_absent(columns[column].values[step]));
                if classic && columns[native].histogram(step).is_some() {
                    group.hidden.push(step);
                    let metric = self.name_to_tell(&columns[native].labels);
                    self.annotations.add(span, Remark::ClassicAndNative { metric });
                    if let Some(histograms) = &mut columns[native].histograms {
                        histograms[step] = None;
                    }
                }
            }
        }
    }

    /// What `compute` makes of each native histogram, a number and perhaps a remark.
    fn each_native(
        &mut self,
        columns: &[Column],
        span: Span,
        compute: impl Fn(usize, &FloatHistogram) -> (f64, Option<fn(String) -> Remark>),
    ) -> Vec<Column> {
        let mut result = Vec::new();
        for column in columns {
            let Some(histograms) = &column.histograms else {
                continue;
            };
            let mut values = vec![ABSENT; histograms.len()];
            for (step, histogram) in histograms.iter().enumerate() {
                let Some(histogram) = histogram else { continue };
                let (value, remark) = compute(step, histogram);
                values[step] = value;
                if let Some(remark) = remark {
                    let metric = self.name_to_tell(&column.labels);
                    self.annotations.add(span, remark(metric));
                }
            }
            result.push(column.like(values, None));
        }
        result
    }

    /// `histogram_count` and its kin: a number of each native histogram.
    pub(crate) fn histogram_number(
        &mut self,
        call: &CallNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let columns = self.vector(&call.args[0], grid)?;
        let number = |histogram: &FloatHistogram| match call.func {
            Func::HistogramCount => histogram.count,
            Func::HistogramSum => histogram.sum,
            Func::HistogramAvg => histogram.sum / histogram.count,
            Func::HistogramStddev => native::variance(histogram).sqrt(),
            _ => native::variance(histogram),
        };
        let mut result = self.each_native(&columns, call.args[0].span, |_, histogram| {
            (number(histogram), None)
        });
        for column in &mut result {
            if self.options.delayed_name_removal {
                column.drop_name = true;
            } else {
                // Unlike elsewhere, what else is reserved stays.
                column.labels = column.labels.filter(|name| name != METRIC_NAME);
            }
        }
        self.unique(result)
    }

    fn remark_bad_bucket(&mut self, column: &Column, le: &str, span: Span) {
        if column.is_empty() {
            return;
        }
        let (le, metric) = (le.to_owned(), self.name_to_tell(&column.labels));
        self.annotations.add(span, Remark::BucketLabel { le, metric });
    }

    /// Some messages name the metric only where names are still there, that is with late removal.
    fn name_to_tell(&self, labels: &Labels) -> String {
        if self.options.delayed_name_removal {
            labels.metric_name().to_owned()
        } else {
            String::new()
        }
    }

    fn quantiles(
        &mut self,
        groups: &[Group],
        columns: &[Column],
        phi: &Scalars,
        grid: &Grid,
        span: Span,
    ) -> Vec<Column> {
        let mut result = self.each_native(columns, span, |step, histogram| {
            let (value, effect) = native::quantile(phi.at(step), histogram);
            let remark = effect.map(|effect| -> fn(String) -> Remark {
                match effect {
                    NanEffect::ResultIsNan => |metric| Remark::QuantileOfNan { metric },
                    NanEffect::Skewed => |metric| Remark::QuantileSkewed { metric },
                }
            });
            (value, remark)
        });
        // Repairs are told once per metric name, over all steps and series.
        let mut repairs: Vec<(String, Repairs)> = Vec::new();
        for group in groups {
            let mut made = Repairs::default();
            let values = each_histogram(group, columns, grid, |step, buckets| {
                let (value, repair) = classic::quantile(phi.at(step), buckets);
                if let Some(repair) = repair {
                    made.add(&repair, grid.time(step));
                }
                value
            });
            if made.count > 0 {
                let name = self.name_to_tell(&group.labels);
                match repairs.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => known.merge(&made),
                    None => repairs.push((name, made)),
                }
            }
            result.push(group.column(values));
        }
        for (metric, made) in repairs {
            let extent = made.extent();
            self.annotations
                .add(span, Remark::ForcedMonotonicity { metric, extent });
        }
        result
    }
}

impl Group {
    fn column(&self, values: Vec<f64>) -> Column {
        Column {
            labels: self.labels.clone(),
            drop_name: self.drop_name,
            values,
            histograms: None,
        }
    }
}

/// The value of `compute` for the buckets present at each step, absent where there is none.
fn each_histogram(
    group: &Group,
    columns: &[Column],
    grid: &Grid,
    mut compute: impl FnMut(usize, &mut Vec<Bucket>) -> f64,
) -> Vec<f64> {
    let mut buckets: Vec<Bucket> = Vec::with_capacity(group.buckets.len());
    let steps = (0..grid.count).map(|step| {
        buckets.clear();
        for &(bound, column) in &group.buckets {
            let count = columns[column].values[step];
            if !is_absent(count) {
                buckets.push(Bucket { bound, count });
            }
        }
        if buckets.is_empty() || group.hidden.contains(&step) {
            ABSENT
        } else {
            compute(step, &mut buckets)
        }
    });
    steps.collect()
}

/// A column for each value that φ takes, labelled with it.
fn split_by_phi(column: Column, label: &str, phi: &Scalars) -> Vec<Column> {
    let labelled = |phi: f64, values: Vec<f64>| {
        let mut labels = column.labels.to_builder();
        labels.set(label, &open_metrics_float(phi));
        Column {
            labels: labels.build(),
            drop_name: column.drop_name,
            values,
            histograms: None,
        }
    };
    let Scalars::Steps(steps) = phi else {
        return vec![labelled(phi.at(0), column.values.clone())];
    };
    let mut seen: Vec<u64> = steps.iter().map(|phi| phi.to_bits()).collect();
    seen.sort_unstable();
    seen.dedup();
    let columns = seen.into_iter().map(|bits| {
        let values = column.values.iter().zip(steps);
        let own = values.map(|(value, phi)| if phi.to_bits() == bits { *value } else { ABSENT });
        labelled(f64::from_bits(bits), own.collect())
    });
    columns.collect()
}

/// A float as OpenMetrics writes it in label values: whole numbers keep a `.0`.
fn open_metrics_float(value: f64) -> String {
    let text = if value.abs() >= 1e21 {
        format_g(value)
    } else {
        format_f(value)
    };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { format!("{text}.0") } else { text }
}

/// What had to be repaired in the buckets of one metric.
#[derive(Default)]
struct Repairs {
    count: usize,
    lowest: f64,
    highest: f64,
    largest: f64,
    first: i64,
    last: i64,
}

impl Repairs {
    fn add(&mut self, repair: &Repair, time: i64) {
        self.merge(&Repairs {
            count: 1,
            lowest: repair.lowest,
            highest: repair.highest,
            largest: repair.largest,
            first: time,
            last: time,
        });
    }

    fn merge(&mut self, other: &Repairs) {
        if self.count == 0 {
            *self = Repairs { ..*other };
            return;
        }
        self.count += other.count;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        self.largest = self.largest.max(other.largest);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn extent(&self) -> String {
        format!(
            "from buckets {} to {}, with a max diff of {}, over {} samples from {} to {}",
            format_g(self.lowest),
            format_g(self.highest),
            format_g_precision(self.largest, 2),
            self.count,
            rfc3339(self.first),
            rfc3339(self.last)
        )
    }
}

/// A time in milliseconds as `2006-01-02T15:04:05Z`.
fn rfc3339(millis: i64) -> String {
    use crate::functions::time::{DatePart, date_part};
    let seconds = millis.div_euclid(1000);
    let part = |part| date_part(part, seconds);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        part(DatePart::Year),
        part(DatePart::Month),
        part(DatePart::DayOfMonth),
        part(DatePart::Hour),
        part(DatePart::Minute),
        seconds.rem_euclid(60)
    )
}
