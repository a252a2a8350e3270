//! Runs scripts: command after command, and every instant in several ways that must not make a difference.

use crate::check;
use crate::load::Load;
use crate::pin::pinned;
use crate::script::{Command, Eval, Script, ScriptError};
use firedrill_eval::{
    EvalError, EvalOptions, Grid, Guard, Output, Plan, PlanOptions, QueryKind, Remark, Storage,
};
use firedrill_promql::Expr;

/// What came of a script.
#[derive(Debug, Default)]
pub struct Report {
    /// How many evaluations gave what was expected.
    pub passed: usize,
    /// Those that did not, and loads that were refused.
    pub failures: Vec<Failure>,
    /// The errors that were expected, and were there.
    pub errors: Vec<EvalError>,
    /// The warnings and infos of evaluations that say which they expect.
    pub remarks: Vec<Remark>,
}

/// Something that did not go as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line of the command, from 1.
    pub line: usize,
    /// The expression, if it is an evaluation.
    pub expr: String,
    /// What was expected and what was there instead.
    pub message: String,
}

impl Script {
    /// How many parts `clear` cuts the script into, those without a load left out.
    pub fn sections(&self) -> usize {
        self.loads().len()
    }

    /// The series of a section, counted from 0; none if there is no such section.
    ///
    /// # Errors
    /// If a load stores two values at one time, or a histogram that storage refuses.
    pub fn section(&self, index: usize) -> Result<Storage, ScriptError> {
        let mut storage = Storage::new();
        for load in self.loads().get(index).into_iter().flatten() {
            load.run(&mut storage).map_err(|message| ScriptError {
                line: load.line,
                message,
            })?;
        }
        Ok(storage)
    }

    /// The loads of each section.
    fn loads(&self) -> Vec<Vec<&Load>> {
        let mut sections: Vec<Vec<&Load>> = vec![Vec::new()];
        for command in &self.commands {
            match command {
                Command::Clear => sections.push(Vec::new()),
                Command::Load(load) => {
                    if let Some(section) = sections.last_mut() {
                        section.push(load);
                    }
                }
                Command::Eval(_) => {}
            }
        }
        sections.retain(|section| !section.is_empty());
        sections
    }

    /// Runs all commands. One that fails does not keep the others from running.
    pub fn run(&self) -> Report {
        self.run_within(Guard::NONE)
    }

    /// Like [`Script::run`], within limits: what exceeds them counts as failed.
    pub fn run_within(&self, guard: &Guard) -> Report {
        let mut storage = Storage::new();
        let mut report = Report::default();
        for command in &self.commands {
            match command {
                Command::Clear => storage = Storage::new(),
                Command::Load(load) => {
                    if let Err(message) = load.run(&mut storage) {
                        report.failures.push(Failure {
                            line: load.line,
                            expr: String::new(),
                            message,
                        });
                    }
                }
                Command::Eval(eval) => match run_eval(eval, &storage, guard, &mut report) {
                    Ok(()) => report.passed += 1,
                    Err(message) => {
                        report.failures.push(Failure {
                            line: eval.line,
                            expr: eval.text.clone(),
                            message,
                        });
                    }
                },
            }
        }
        report
    }
}

fn run_eval(eval: &Eval, storage: &Storage, guard: &Guard, report: &mut Report) -> Result<(), String> {
    let kind = if eval.range {
        QueryKind::Range
    } else {
        QueryKind::Instants
    };
    let grid = if eval.range {
        Grid::range(eval.start, eval.end, eval.step)
    } else {
        Grid::instant(eval.start)
    };
    let result = evaluate(&eval.expr, storage, kind, grid, guard);
    if let Err(EvalError::Limit(exceeded)) = &result {
        return Err(format!("{exceeded}; {}", exceeded.help()));
    }
    if let Some(pattern) = &eval.expected.fail {
        let Err(error) = result else {
            return Err("expected an error, got none".to_owned());
        };
        let text = error.to_string();
        if !pattern.matches(&text) {
            return Err(format!("expected another error, got: {text}"));
        }
        report.errors.push(error);
        return Ok(());
    }
    let output = result.map_err(|error| format!("fails: {error}"))?;
    check::remarks(eval, &output)?;
    let wanted = |level| eval.expected.remarks.iter().any(|remark| remark.level == level);
    let made = output.annotations.iter().filter(|made| wanted(made.level));
    report.remarks.extend(made.map(|made| made.remark.clone()));
    check::value(eval, &output, grid)?;
    if eval.range {
        return Ok(());
    }
    in_a_range(eval, &eval.expr, storage, eval.start, guard)?;
    let Some(pinned) = pinned(&eval.expr, eval.start) else {
        return Ok(());
    };
    let times = match eval.start {
        0 => vec![-1000, 0, 1000],
        time => vec![-10 * time, 0, time / 5, time, 10 * time],
    };
    for time in times {
        let context = |error: String| format!("pinned and evaluated at {time} ms: {error}");
        let at = Grid::instant(time);
        let output = evaluate(&pinned, storage, QueryKind::Instants, at, guard);
        let output = output.map_err(|error| context(error.to_string()))?;
        check::value(eval, &output, at).map_err(context)?;
        in_a_range(eval, &pinned, storage, time, guard).map_err(context)?;
    }
    Ok(())
}

/// Evaluates an instant in the middle of a range of three, as one query and as three.
fn in_a_range(eval: &Eval, expr: &Expr, storage: &Storage, time: i64, guard: &Guard) -> Result<(), String> {
    const STEP: i64 = 60_000;
    let bounds = ["start()", "end()", "range()", "step()"];
    let of_no_use = eval.expected.matrix.is_some() || eval.expected.text.is_some() || eval.expected.ordered;
    if of_no_use || bounds.iter().any(|word| eval.text.contains(word)) {
        return Ok(());
    }
    for kind in [QueryKind::Range, QueryKind::Instants] {
        let grid = Grid::range(time - STEP, time + STEP, STEP);
        match evaluate(expr, storage, kind, grid, guard) {
            Ok(output) => check::step(eval, &output, 1).map_err(|error| format!("in a range: {error}"))?,
            // Steps of their own may fail where the one in the middle does not.
            Err(_) if kind == QueryKind::Instants => {}
            Err(error) => return Err(format!("in a range: {error}")),
        }
    }
    Ok(())
}

fn evaluate(
    expr: &Expr,
    storage: &Storage,
    kind: QueryKind,
    grid: Grid,
    guard: &Guard,
) -> Result<Output, EvalError> {
    let options = EvalOptions {
        kind,
        delayed_name_removal: true,
        ..EvalOptions::default()
    };
    Plan::compile(expr, &PlanOptions::default()).eval_within(storage, grid, &options, guard)
}
