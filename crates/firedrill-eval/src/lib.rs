//! The PromQL engine: expressions over series, evaluated across time in columns.
//!
//! An expression is compiled once to a [`Plan`], which is evaluated over a [`Storage`] at all steps of a [`Grid`] at
//! once. Every node gives [`Column`]s: labels once, then one `f64` per step, [`ABSENT`] where there is no sample. An
//! instant is a grid of one; both ways give the same bits.
//!
//! ```
//! # use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, Samples, Storage, Value};
//! # use firedrill_promql::{Features, parse};
//! # use firedrill_value::Labels;
//! let mut storage = Storage::new();
//! let up = Labels::from_pairs([("__name__", "up"), ("job", "api")]);
//! storage.append_series(&up, Samples::regular(0, 60_000, vec![1.0, 1.0, 0.0]))?;
//!
//! let parsed = parse("up == 0", &Features::promtool_default());
//! let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
//! let output = plan.eval(&storage, Grid::range(0, 120_000, 60_000), &EvalOptions::default())?;
//! let Value::Vector(columns) = output.value else { unreachable!() };
//! assert!(firedrill_eval::is_absent(columns[0].values[1]));
//! assert_eq!(columns[0].values[2], 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Native histograms stand in a side vector of a column, which columns of floats do not have; [`ABSENT`] stands at their
//! steps among the floats.

mod aggregate;
mod annotations;
mod arithmetic;
mod binary;
mod bounds;
mod call;
mod columns;
mod counter;
mod durations;
mod engine;
mod error;
mod explain;
mod extended;
mod functions;
mod gomath;
mod grid;
mod histogram;
mod info;
mod lanes;
mod limits;
mod notation;
mod over_time;
mod plan;
mod quantile;
mod regression;
mod remark;
mod sample_limit;
mod samples;
mod selector;
mod sliding;
mod sorted;
mod storage;
mod subquery;
mod summary;
mod value;
mod variance;
mod window;
mod window_sums;
mod xxhash;

pub use annotations::{Annotation, Annotations, Level};
pub use engine::{EvalOptions, QueryKind};
pub use error::{AppendError, EvalError, Real};
pub use explain::{Explanation, Note, Silence, explain};
pub use grid::Grid;
pub use limits::{Exceeded, Guard, Limit, Limits};
pub use notation::MixedRun;
pub use plan::{Plan, PlanOptions, SelectorInfo};
pub use remark::{Remark, Sum};
pub use samples::{Samples, Times};
pub use storage::{Series, SeriesId, Storage};
pub use value::{ABSENT, Column, Histograms, Output, Points, Scalars, Value, is_absent};
