//! What is known of a metric beside its type, each piece with its own evidence.

use crate::{Evidence, Tier, Unit};
use std::sync::Arc;

/// A piece of knowledge and what says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Known<T> {
    /// What is known.
    pub value: T,
    /// How far to trust it.
    pub tier: Tier,
    /// What says so.
    pub evidence: Evidence,
}

/// The values that a metric can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// All values from the first to the second, both included.
    Range(f64, f64),
    /// These values only, each with what it means.
    Values(Vec<(f64, Arc<str>)>),
}

impl Domain {
    /// The least and the greatest value.
    pub fn bounds(&self) -> (f64, f64) {
        match self {
            Domain::Range(lo, hi) => (*lo, *hi),
            Domain::Values(values) => values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), (value, _)| {
                    (lo.min(*value), hi.max(*value))
                }),
        }
    }
}

/// What is known of a metric beside its type; `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The unit of its values.
    pub unit: Option<Known<Unit>>,
    /// Names of its labels, sorted; those that scraping adds are not among them.
    pub labels: Option<Known<Vec<Arc<str>>>>,
    /// Upper bounds of its buckets, rising, without the infinite one.
    pub buckets: Option<Known<Vec<f64>>>,
    /// The values that it can have.
    pub domain: Option<Known<Domain>>,
    /// How often it is scraped, in milliseconds.
    pub scrape_interval: Option<Known<i64>>,
}
