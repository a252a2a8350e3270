//! Function calls: one arm per function, without a wildcard, so that a new row of the table needs a kernel.

use crate::counter::RateKind;
use crate::engine::{Evaluator, map_scalars};
use crate::error::EvalError;
use crate::functions::time::{self, DatePart};
use crate::functions::{math, sort};
use crate::gomath;
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::value::{ABSENT, Column, Scalars, is_absent};
use firedrill_functions::Func;
use firedrill_source::Span;
use firedrill_value::Labels;

impl Evaluator<'_> {
    /// Calls a function that gives a vector.
    #[rustfmt::skip]
    pub(crate) fn call(&mut self, call: &CallNode, span: Span, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        match call.func {
            Func::Abs => self.each_sample(call, grid, f64::abs),
            Func::Acos => self.each_sample(call, grid, gomath::acos),
            Func::Acosh => self.each_sample(call, grid, gomath::acosh),
            Func::Asin => self.each_sample(call, grid, gomath::asin),
            Func::Asinh => self.each_sample(call, grid, gomath::asinh),
            Func::Atan => self.each_sample(call, grid, gomath::atan),
            Func::Atanh => self.each_sample(call, grid, gomath::atanh),
            Func::Ceil => self.each_sample(call, grid, f64::ceil),
            Func::Cos => self.each_sample(call, grid, gomath::cos),
            Func::Cosh => self.each_sample(call, grid, gomath::cosh),
            Func::Deg => self.each_sample(call, grid, math::deg),
            Func::Exp => self.each_sample(call, grid, gomath::exp),
            Func::Floor => self.each_sample(call, grid, f64::floor),
            Func::Ln => self.each_sample(call, grid, gomath::log),
            Func::Log10 => self.each_sample(call, grid, gomath::log10),
            Func::Log2 => self.each_sample(call, grid, gomath::log2),
            Func::Rad => self.each_sample(call, grid, math::rad),
            Func::Sgn => self.each_sample(call, grid, math::sgn),
            Func::Sin => self.each_sample(call, grid, gomath::sin),
            Func::Sinh => self.each_sample(call, grid, gomath::sinh),
            Func::Sqrt => self.each_sample(call, grid, f64::sqrt),
            Func::Tan => self.each_sample(call, grid, gomath::tan),
            Func::Tanh => self.each_sample(call, grid, gomath::tanh),

            Func::Clamp => self.clamp(call, grid, Some(1), Some(2)),
            Func::ClampMax => self.clamp(call, grid, None, Some(1)),
            Func::ClampMin => self.clamp(call, grid, Some(1), None),
            Func::Round => self.round(call, grid),

            Func::DayOfMonth => self.date(call, grid, DatePart::DayOfMonth),
            Func::DayOfWeek => self.date(call, grid, DatePart::DayOfWeek),
            Func::DayOfYear => self.date(call, grid, DatePart::DayOfYear),
            Func::DaysInMonth => self.date(call, grid, DatePart::DaysInMonth),
            Func::Hour => self.date(call, grid, DatePart::Hour),
            Func::Minute => self.date(call, grid, DatePart::Minute),
            Func::Month => self.date(call, grid, DatePart::Month),
            Func::Year => self.date(call, grid, DatePart::Year),
            Func::Timestamp => self.timestamp(call, grid),
            Func::Vector => self.scalar_as_vector(call, grid),

            Func::Absent => self.absent(call, grid),
            Func::AbsentOverTime => self.absent_over_time(call, grid),

            Func::Delta => self.rate(call, grid, RateKind::DELTA),
            Func::Increase => self.rate(call, grid, RateKind::INCREASE),
            Func::Rate => self.rate(call, grid, RateKind::RATE),

            Func::AvgOverTime | Func::Changes | Func::CountOverTime | Func::Deriv
            | Func::DoubleExponentialSmoothing | Func::FirstOverTime | Func::Idelta | Func::Irate
            | Func::LastOverTime | Func::MadOverTime | Func::MaxOverTime | Func::MinOverTime
            | Func::PredictLinear | Func::PresentOverTime | Func::QuantileOverTime | Func::Resets
            | Func::StddevOverTime | Func::StdvarOverTime | Func::SumOverTime | Func::TsOfFirstOverTime
            | Func::TsOfLastOverTime | Func::TsOfMaxOverTime | Func::TsOfMinOverTime => self.over_time(call, grid),

            Func::HistogramFraction => self.histogram_fraction(call, grid),
            Func::HistogramQuantile => self.histogram_quantile(call, grid),
            Func::HistogramQuantiles => self.histogram_quantiles(call, grid),
            Func::HistogramAvg | Func::HistogramCount | Func::HistogramStddev | Func::HistogramStdvar
            | Func::HistogramSum => self.histogram_number(call, grid),
            Func::StartTimestamp => self.start_timestamp(call, grid),

            Func::Info => self.info(call, span, grid),
            Func::LabelJoin => self.label_join(call, grid),
            Func::LabelReplace => self.label_replace(call, grid),
            Func::Sort => self.sort(call, span, grid, sort::ascending),
            Func::SortByLabel => self.sort_by_label(call, span, grid, false),
            Func::SortByLabelDesc => self.sort_by_label(call, span, grid, true),
            Func::SortDesc => self.sort(call, span, grid, sort::descending),

            Func::End | Func::MaxOf | Func::MinOf | Func::Pi | Func::Range | Func::Scalar | Func::Start
            | Func::Step | Func::Time => Err(EvalError::Incomplete),
        }
    }

    /// Calls a function that gives a scalar.
    pub(crate) fn scalar_call(&mut self, call: &CallNode, grid: &Grid) -> Result<Scalars, EvalError> {
        let seconds = |millis: i64| millis as f64 / 1000.0;
        let own_time = || Scalars::Steps(grid.times().map(seconds).collect());
        Ok(match call.func {
            Func::Pi => Scalars::Constant(std::f64::consts::PI),
            Func::Time => own_time(),
            Func::Start => self
                .bounds
                .map_or_else(own_time, |(start, _)| Scalars::Constant(seconds(start))),
            Func::End => self
                .bounds
                .map_or_else(own_time, |(_, end)| Scalars::Constant(seconds(end))),
            Func::Step => Scalars::Constant(seconds(self.query_step)),
            Func::Range => Scalars::Constant(self.bounds.map_or(0.0, |(start, end)| seconds(end - start))),
            Func::MaxOf => self.two_scalars(call, grid, math::larger)?,
            Func::MinOf => self.two_scalars(call, grid, math::smaller)?,
            Func::Scalar => self.vector_as_scalar(call, grid)?,
            _ => return Err(EvalError::Incomplete),
        })
    }

    /// A function of single samples.
    fn each_sample(
        &mut self,
        call: &CallNode,
        grid: &Grid,
        function: impl Fn(f64) -> f64,
    ) -> Result<Vec<Column>, EvalError> {
        let columns = self.vector(&call.args[0], grid)?;
        self.map_columns(columns, function)
    }

    fn clamp(
        &mut self,
        call: &CallNode,
        grid: &Grid,
        least: Option<usize>,
        most: Option<usize>,
    ) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.vector(&call.args[0], grid)?;
        let mut bound = |arg: Option<usize>, default: f64| match arg {
            Some(arg) => self.scalar(&call.args[arg], grid),
            None => Ok(Scalars::Constant(default)),
        };
        let least = bound(least, f64::NEG_INFINITY)?;
        let most = bound(most, f64::INFINITY)?;
        for column in &mut columns {
            column.histograms = None;
            for (step, value) in column.values.iter_mut().enumerate() {
                if is_absent(*value) {
                    continue;
                }
                let (least, most) = (least.at(step), most.at(step));
                *value = if most < least {
                    ABSENT
                } else {
                    math::go_max(least, math::go_min(most, *value))
                };
            }
        }
        self.without_names(columns)
    }

    fn round(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.vector(&call.args[0], grid)?;
        let nearest = match call.args.get(1) {
            Some(arg) => self.scalar(arg, grid)?,
            None => Scalars::Constant(1.0),
        };
        let inverse = map_scalars(nearest, |nearest| 1.0 / nearest);
        for column in &mut columns {
            column.histograms = None;
            for (step, value) in column.values.iter_mut().enumerate() {
                if !is_absent(*value) {
                    let inverse = inverse.at(step);
                    *value = (*value * inverse + 0.5).floor() / inverse;
                }
            }
        }
        self.without_names(columns)
    }

    fn date(&mut self, call: &CallNode, grid: &Grid, part: DatePart) -> Result<Vec<Column>, EvalError> {
        let Some(arg) = call.args.first() else {
            let values = grid
                .times()
                .map(|now| time::date_part(part, now.div_euclid(1000)));
            return Ok(vec![Column::new(Labels::empty(), values.collect())]);
        };
        let columns = self.vector(arg, grid)?;
        self.map_columns(columns, |value| time::date_part(part, time::go_int64(value)))
    }

    fn timestamp(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        if let Some(selector) = call.direct_selector() {
            let columns = self.sample_times(selector, call.args[0].span, grid)?;
            return self.without_names(columns);
        }
        let mut columns = self.vector(&call.args[0], grid)?;
        for column in &mut columns {
            for (step, now) in grid.times().enumerate() {
                if column.has(step) {
                    column.values[step] = now as f64 / 1000.0;
                }
            }
            column.histograms = None;
        }
        self.without_names(columns)
    }

    fn scalar_as_vector(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let values = self.scalar(&call.args[0], grid)?.into_steps(grid.count);
        Ok(vec![Column::new(Labels::empty(), values)])
    }

    /// The value of the only sample of each step, NaN where there is none or more than one.
    fn vector_as_scalar(&mut self, call: &CallNode, grid: &Grid) -> Result<Scalars, EvalError> {
        let columns = self.vector(&call.args[0], grid)?;
        let mut values = vec![ABSENT; grid.count];
        let mut crowded = vec![false; grid.count];
        for column in &columns {
            for (step, &value) in column.values.iter().enumerate() {
                if !is_absent(value) {
                    crowded[step] |= !is_absent(values[step]);
                    values[step] = value;
                }
            }
        }
        for (value, crowded) in values.iter_mut().zip(crowded) {
            if crowded || is_absent(*value) {
                *value = f64::NAN;
            }
        }
        Ok(Scalars::Steps(values))
    }

    fn two_scalars(
        &mut self,
        call: &CallNode,
        grid: &Grid,
        function: fn(f64, f64) -> f64,
    ) -> Result<Scalars, EvalError> {
        let a = self.scalar(&call.args[0], grid)?;
        let b = self.scalar(&call.args[1], grid)?;
        if let (Scalars::Constant(a), Scalars::Constant(b)) = (&a, &b) {
            return Ok(Scalars::Constant(function(*a, *b)));
        }
        let values = (0..grid.count).map(|step| function(a.at(step), b.at(step)));
        Ok(Scalars::Steps(values.collect()))
    }

    /// Since when the samples of a selector count.
    fn start_timestamp(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        if let Some(selector) = call.direct_selector() {
            let columns = self.sample_starts(selector, call.args[0].span, grid)?;
            return self.without_names(columns);
        }
        self.vector(&call.args[0], grid)?;
        Ok(Vec::new())
    }
}
