//! Everything that a test has stored, as `--debug` of promtool shows it.

use crate::ticks::Engine;
use firedrill_eval::{Grid, Plan, PlanOptions, Points, Value};
use firedrill_promql::{Features, parse};
use firedrill_value::Duration;

/// All series of a test after its last assertion.
#[derive(Clone, Debug)]
pub struct Dump {
    /// How long after the start of the test, in milliseconds: the last tested time, rounded up to a whole second and at
    /// least a part of one later.
    pub after: i64,
    /// The series in label order, or why the query fails. The window is open to the left, so that samples at the start
    /// are not among them.
    pub series: Result<Vec<Points>, String>,
}

/// Asks for everything between the start of the test and its last tested time, `last` milliseconds later.
pub(crate) fn dump(engine: &Engine<'_>, last: i64) -> Dump {
    let after = (last + 1000) / 1000 * 1000;
    let expr = format!("{{__name__=~\".+\"}}[{}]", Duration::from_millis(after));
    let parsed = parse(&expr, &Features::default());
    let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
    let at = engine.ticks.start + after;
    let series = match plan.eval(&engine.storage, Grid::instant(at), &engine.eval) {
        Ok(output) => match output.value {
            Value::Matrix(points) => Ok(points),
            _ => Ok(Vec::new()),
        },
        Err(error) => Err(error.to_string()),
    };
    Dump { after, series }
}
