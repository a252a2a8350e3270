//! The alert state machine (upstream `rules/alerting.go`).

/// What an alert is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// Nothing.
    #[default]
    Inactive,
    /// The expression holds, but not for long enough.
    Pending,
    /// Firing.
    Firing,
    /// The expression no longer holds, and `keep_firing_for` keeps it firing.
    Kept,
}

impl AlertState {
    /// Whether Prometheus counts it as firing.
    pub fn is_firing(self) -> bool {
        matches!(self, AlertState::Firing | AlertState::Kept)
    }

    /// Whether it is pending or firing.
    pub fn is_active(self) -> bool {
        self != AlertState::Inactive
    }

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            AlertState::Inactive => "inactive",
            AlertState::Pending => "pending",
            AlertState::Firing => "firing",
            AlertState::Kept => "kept firing",
        }
    }
}

/// `for` and `keep_firing_for`, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) hold: i64,
    pub(crate) keep_firing_for: i64,
}

/// One alert of a rule, as its evaluations go by.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) state: AlertState,
    /// When the expression began to hold, in milliseconds.
    pub(crate) active_at: i64,
    kept_since: Option<i64>,
}

impl Machine {
    /// One evaluation at time `now`; the only place that knows `for`.
    #[inline]
    pub(crate) fn step(&mut self, present: bool, now: i64, timing: Timing) {
        if present {
            if self.state == AlertState::Inactive {
                self.state = AlertState::Pending;
                self.active_at = now;
            }
            self.kept_since = None;
            let held = now - self.active_at >= timing.hold;
            self.state = if held {
                AlertState::Firing
            } else {
                AlertState::Pending
            };
            return;
        }
        if self.state.is_firing() && timing.keep_firing_for > 0 {
            let since = *self.kept_since.get_or_insert(now);
            if now - since < timing.keep_firing_for {
                self.state = AlertState::Kept;
                return;
            }
        }
        *self = Machine::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States after evaluations a minute apart; `x` is a sample, `.` none.
    fn states(samples: &str, hold: i64, keep: i64) -> String {
        let timing = Timing {
            hold: hold * 60_000,
            keep_firing_for: keep * 60_000,
        };
        let mut machine = Machine::default();
        let mut out = String::new();
        for (minute, c) in (0..).zip(samples.chars()) {
            machine.step(c == 'x', minute * 60_000, timing);
            out.push(match machine.state {
                AlertState::Inactive => '-',
                AlertState::Pending => 'p',
                AlertState::Firing => 'F',
                AlertState::Kept => 'k',
            });
        }
        out
    }

    #[test]
    fn without_for_an_alert_fires_at_once() {
        assert_eq!(states(".xx.", 0, 0), "-FF-");
    }

    #[test]
    fn for_counts_from_the_first_sample_and_starts_again_after_a_gap() {
        assert_eq!(states("xxxx.xxxx", 2, 0), "ppFF-ppFF");
        assert_eq!(states("xx.xxx", 2, 0), "pp-ppF");
    }

    #[test]
    fn a_kept_alert_fires_on_and_needs_no_new_for() {
        assert_eq!(states("xxx..x....", 2, 3), "ppFkkFkkk-");
        assert_eq!(states("x..", 5, 3), "p--");
    }
}
