//! Evaluates parts of a rule at the times that somebody looks at.

use crate::ticks::Engine;
use firedrill_eval::{Column, EvalOptions, Grid, Plan, SelectorInfo, is_absent};
use firedrill_value::Timestamp;

/// What is evaluated for points of an expression.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a rule has a handful of them")]
pub(crate) enum Probe {
    /// A comparison; its points are `first` for true and the next for false.
    Comparison {
        frames: Vec<Frame>,
        first: usize,
        /// With `bool`: 1 and 0.
        outcome: Plan,
        /// As written, where `bool` cannot be: without their names two series may be the same.
        kept: Plan,
        /// Its left side.
        left: Plan,
    },
    /// A point that is seen where the plan has any result.
    Any {
        frames: Vec<Frame>,
        point: usize,
        plan: Plan,
    },
}

/// A subquery around a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) range: i64,
    /// `None` for the default.
    pub(crate) step: Option<i64>,
    pub(crate) offset: i64,
    pub(crate) at: Option<Timestamp>,
}

/// A selector and how far it reaches.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) selector: SelectorInfo,
    /// Length of the windows around it; 0 for an instant.
    pub(crate) range: i64,
    pub(crate) offset: i64,
    pub(crate) at: Option<Timestamp>,
}

impl Read {
    /// The end of the window at a time of evaluation.
    pub(crate) fn end(&self, time: Timestamp) -> Timestamp {
        self.at.unwrap_or(time).saturating_sub(self.offset)
    }

    /// Whether it finds a sample.
    pub(crate) fn finds(&self, engine: &Engine<'_>, time: Timestamp) -> bool {
        let end = self.end(time);
        let start = end.saturating_sub(self.range.max(engine.eval.lookback.millis()));
        let found = engine.storage.select(&self.selector.matchers);
        found.into_iter().any(|id| {
            let samples = &engine.storage.get(id).samples;
            let known = samples.times().count_until(end, samples.len());
            let in_window = (0..known)
                .rev()
                .take_while(|&index| samples.times().at(index) > start);
            let is_sample = |index: usize| {
                let histogram = samples.histograms().and_then(|all| all.get(index));
                !is_absent(samples.values()[index]) || histogram.is_some_and(Option::is_some)
            };
            if self.range == 0 {
                // Only the last one counts; where it is a stale marker there is nothing.
                in_window.take(1).any(is_sample)
            } else {
                in_window.into_iter().any(is_sample)
            }
        })
    }
}

/// Times of evaluation: a grid, and which of its times somebody looks at.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) grid: Grid,
    pub(crate) mask: Vec<bool>,
}

/// Times inside of a subquery beyond which nobody looks: a week of quarter minutes.
const MAX_STEPS: usize = 40_320;

/// To evaluate this many steps more costs about as much as to begin anew.
const NEAR: usize = 64;

impl Looked {
    /// The looked-at part of a grid; `None` if there is none.
    pub(crate) fn new(grid: Grid, mask: &[bool]) -> Option<Looked> {
        let first = mask.iter().position(|&looked| looked)?;
        let last = mask.iter().rposition(|&looked| looked)?;
        Some(Looked {
            grid: Grid {
                start: grid.time(first),
                step: grid.step,
                count: last - first + 1,
            },
            mask: mask.get(first..=last)?.to_vec(),
        })
    }

    fn times(&self) -> impl Iterator<Item = Timestamp> {
        let times = self.grid.times().zip(&self.mask);
        times.filter(|(_, looked)| **looked).map(|(time, _)| time)
    }

    /// Where to evaluate: first step and number of steps. Far stretches of time at which nobody looks are left out.
    fn stretches(&self) -> Vec<(usize, usize)> {
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        for (step, _) in self.mask.iter().enumerate().filter(|(_, looked)| **looked) {
            match stretches.last_mut() {
                Some((first, count)) if step - (*first + *count) < NEAR => *count = step - *first + 1,
                _ => stretches.push((step, 1)),
            }
        }
        stretches
    }

    /// The times at which a subquery evaluates what is in it.
    fn inside(&self, frame: &Frame, default_step: i64) -> Option<Looked> {
        let step = frame.step.unwrap_or(default_step).max(1);
        let windows: Vec<(i64, i64)> = self
            .times()
            .map(|time| {
                let end = frame.at.unwrap_or(time).saturating_sub(frame.offset);
                (end.saturating_sub(frame.range), end)
            })
            .collect();
        let first = windows.iter().map(|window| window.0).min()?.div_euclid(step) + 1;
        let last = windows.iter().map(|window| window.1).max()?.div_euclid(step);
        let count = usize::try_from(last - first + 1)
            .ok()
            .filter(|count| (1..=MAX_STEPS).contains(count))?;
        let mut mask = vec![false; count];
        for (start, end) in windows {
            for at in start.div_euclid(step) + 1..=end.div_euclid(step) {
                if let Some(slot) = usize::try_from(at - first).ok().and_then(|at| mask.get_mut(at)) {
                    *slot = true;
                }
            }
        }
        let grid = Grid {
            start: first * step,
            step,
            count,
        };
        Some(Looked { grid, mask })
    }

    /// The columns of a plan over the grid, with how many steps there are before the grid's first; nothing where it
    /// fails.
    fn columns(&self, plan: &Plan, engine: &Engine<'_>, ahead: bool) -> Option<Vec<(usize, Column)>> {
        let eval = |grid: Grid, options: &EvalOptions| {
            let output = plan.eval_within(&engine.storage, grid, options, engine.guard);
            output
                .ok()
                .and_then(|output| crate::record::columns(output.value).ok())
        };
        if !ahead {
            let mut found = Vec::new();
            for (first, count) in self.stretches() {
                let grid = Grid {
                    start: self.grid.time(first),
                    step: self.grid.step,
                    count,
                };
                let columns = eval(grid, &engine.eval)?;
                found.extend(columns.into_iter().map(|column| (first, column)));
            }
            return Some(found);
        }
        let mut found = Vec::new();
        for (step, _) in self.mask.iter().enumerate().filter(|(_, looked)| **looked) {
            let time = self.grid.time(step);
            let options = EvalOptions {
                horizon: Some(time),
                ..engine.eval
            };
            let columns = eval(Grid::instant(time), &options)?;
            found.extend(columns.into_iter().map(|column| (step, column)));
        }
        Some(found)
    }

    /// Shows every sample at the looked-at times, until `on_sample` says `false`. Whether the plan could be evaluated.
    fn samples(
        &self,
        plan: &Plan,
        engine: &Engine<'_>,
        ahead: bool,
        on_sample: &mut dyn FnMut(usize, f64) -> bool,
    ) -> bool {
        let Some(columns) = self.columns(plan, engine, ahead) else {
            return false;
        };
        for (before, column) in &columns {
            for index in 0..column.values.len() {
                let step = before + index;
                let looked = self.mask.get(step).copied().unwrap_or(false);
                if looked && column.has(index) && !on_sample(step, column.values[index]) {
                    return true;
                }
            }
        }
        true
    }

    /// Whether a plan has a result at a looked-at time. `ahead`: see [`Plan::looks_ahead`].
    pub(crate) fn any(&self, plan: &Plan, engine: &Engine<'_>, ahead: bool) -> bool {
        let mut any = false;
        self.samples(plan, engine, ahead, &mut |_, _| {
            any = true;
            false
        });
        any
    }

    /// How many samples a plan has at every time.
    fn counts(&self, plan: &Plan, engine: &Engine<'_>, ahead: bool) -> Option<Vec<usize>> {
        let mut counts = vec![0; self.mask.len()];
        let fine = self.samples(plan, engine, ahead, &mut |step, _| {
            counts[step] += 1;
            true
        });
        fine.then_some(counts)
    }
}

impl Probe {
    /// Marks the points that are seen.
    pub(crate) fn run(&self, looked: &Looked, engine: &Engine<'_>, ahead: bool, hits: &mut [bool]) {
        let (Probe::Comparison { frames, .. } | Probe::Any { frames, .. }) = self;
        let mut inside = looked.clone();
        for frame in frames {
            let step = engine.eval.default_subquery_step.millis();
            match inside.inside(frame, step) {
                Some(next) => inside = next,
                None => return,
            }
        }
        let looked = inside;
        match self {
            Probe::Any { point, plan, .. } => hits[*point] |= looked.any(plan, engine, ahead),
            Probe::Comparison {
                first,
                outcome,
                kept,
                left,
                ..
            } => {
                let (mut holds, mut fails) = (false, false);
                let fine = looked.samples(outcome, engine, ahead, &mut |_, value| {
                    if value == 0.0 {
                        fails = true;
                    } else {
                        holds = true;
                    }
                    !(holds && fails)
                });
                if !fine
                    && let (Some(kept), Some(of)) = (
                        looked.counts(kept, engine, ahead),
                        looked.counts(left, engine, ahead),
                    )
                {
                    holds = kept.iter().any(|&count| count > 0);
                    fails = kept.iter().zip(&of).any(|(kept, of)| kept < of);
                }
                hits[*first] |= holds;
                hits[*first + 1] |= fails;
            }
        }
    }
}
