//! Limits that protect the machine on which a query runs: how much it may hold, and for how long it may run.

use firedrill_source::Span;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a query, or the tests of one file, may use up. The defaults stop slips of the pen, not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most samples (series times steps) that the unfinished results of one query hold together, and most samples that
    /// are loaded for it.
    pub max_samples: usize,
    /// Most series that are loaded, or that one sub-expression yields.
    pub max_series: usize,
    /// Most rows of a result that are written. The engine does not look at it.
    pub max_output: usize,
    /// How long one query, or the tests of one file, may take; `None` for as long as they like. The engine has no clock:
    /// whoever has one sets the flag of a [`Guard`].
    pub timeout: Option<Duration>,
}

impl Limits {
    /// None that a machine could reach.
    pub const NONE: Limits = Limits {
        max_samples: usize::MAX,
        max_series: usize::MAX,
        max_output: usize::MAX,
        timeout: None,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_samples: 50_000_000,
            max_series: 1_000_000,
            max_output: 10_000,
            timeout: Some(Duration::from_secs(120)),
        }
    }
}

/// Stands by while a query runs: its limits, and a flag by which others stop it.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What the query may use up.
    pub limits: Limits,
    /// Once true, evaluation ends at the next sub-expression or step.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Guard {
    /// Lets everything pass.
    pub const NONE: &'static Guard = &Guard {
        limits: Limits::NONE,
        stop: None,
    };

    /// Guards with these limits; nobody stops the query.
    pub fn new(limits: Limits) -> Self {
        Guard { limits, stop: None }
    }

    /// Guards with these limits and a flag.
    pub fn with_flag(limits: Limits, stop: Arc<AtomicBool>) -> Self {
        Guard {
            limits,
            stop: Some(stop),
        }
    }

    /// Whether somebody wants the query to end.
    pub fn is_stopped(&self) -> bool {
        self.stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Fails if the query shall end.
    ///
    /// # Errors
    /// At the sub-expression that would have been next.
    pub fn check_time(&self, span: Span) -> Result<(), Exceeded> {
        if self.is_stopped() {
            let seconds = self.limits.timeout.map_or(0, |timeout| timeout.as_secs());
            return Err(Exceeded {
                limit: Limit::Time,
                most: usize::try_from(seconds).unwrap_or(usize::MAX),
                span,
            });
        }
        Ok(())
    }

    /// Fails if there are too many samples.
    ///
    /// # Errors
    /// At the sub-expression that has them.
    pub fn check_samples(&self, samples: usize, span: Span) -> Result<(), Exceeded> {
        Self::check(Limit::Samples, samples, self.limits.max_samples, span)
    }

    /// Fails if there are too many series.
    ///
    /// # Errors
    /// At the sub-expression that has them.
    pub fn check_series(&self, series: usize, span: Span) -> Result<(), Exceeded> {
        Self::check(Limit::Series, series, self.limits.max_series, span)
    }

    fn check(limit: Limit, count: usize, most: usize, span: Span) -> Result<(), Exceeded> {
        if count > most {
            return Err(Exceeded { limit, most, span });
        }
        Ok(())
    }
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::max_samples`].
    Samples,
    /// [`Limits::max_series`].
    Series,
    /// [`Limits::timeout`].
    Time,
}

/// A limit that a query went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which.
    pub limit: Limit,
    /// Its value; of the time in seconds.
    pub most: usize,
    /// The sub-expression at which it was noticed.
    pub span: Span,
}

impl Exceeded {
    /// How to allow more.
    pub fn help(&self) -> &'static str {
        match self.limit {
            Limit::Samples => {
                "--max-samples raises it; or look at a shorter time, take a longer step or narrower selectors"
            }
            Limit::Series => "--max-series raises it; or use narrower selectors, or aggregate earlier",
            Limit::Time => "--timeout raises it, --timeout 0 waits for ever",
        }
    }
}

impl std::error::Error for Exceeded {}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most;
        match self.limit {
            Limit::Samples => write!(
                f,
                "more than {most} samples (series × steps) at once, the limit of a query"
            ),
            Limit::Series => write!(f, "more than {most} series, the limit of a query"),
            Limit::Time if most == 0 => f.write_str("stopped before it was finished"),
            Limit::Time => write!(f, "not finished after {most} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_what_is_still_allowed() {
        let guard = Guard::new(Limits {
            max_samples: 10,
            ..Limits::default()
        });
        assert!(guard.check_samples(10, Span::at(0)).is_ok());
        let exceeded = guard.check_samples(11, Span::at(3)).unwrap_err();
        assert_eq!((exceeded.limit, exceeded.most), (Limit::Samples, 10));
        assert!(exceeded.help().contains("--max-samples"));
    }

    #[test]
    fn the_flag_stops_and_no_flag_never_does() {
        let stop = Arc::new(AtomicBool::new(false));
        let guard = Guard::with_flag(Limits::default(), stop.clone());
        assert!(guard.check_time(Span::at(0)).is_ok());
        stop.store(true, Ordering::Relaxed);
        let error = guard.check_time(Span::at(0)).unwrap_err();
        assert_eq!(error.to_string(), "not finished after 120 s");
        assert!(Guard::NONE.check_time(Span::at(0)).is_ok());
    }
}
