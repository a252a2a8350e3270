//! The numbers of a series, shared by series of the same samples until one of them changes.

use crate::summary::Summary;
use std::sync::{Arc, OnceLock};

/// Numbers and what holds for all of them, which is found out when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(Arc<Shared>);

#[derive(Clone, Debug, Default)]
struct Shared {
    values: Vec<f64>,
    summary: OnceLock<Summary>,
}

impl Numbers {
    #[inline]
    pub(super) fn as_slice(&self) -> &[f64] {
        &self.0.values
    }

    pub(super) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    pub(super) fn summary(&self) -> &Summary {
        self.0.summary.get_or_init(|| Summary::of(&self.0.values))
    }

    pub(super) fn push(&mut self, value: f64) {
        let shared = Arc::make_mut(&mut self.0);
        if let Some(summary) = shared.summary.get_mut() {
            summary.push(shared.values.last().copied(), value);
        }
        shared.values.push(value);
    }

    pub(super) fn insert(&mut self, place: usize, value: f64) {
        let shared = Arc::make_mut(&mut self.0);
        shared.summary.take();
        shared.values.insert(place, value);
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(values: Vec<f64>) -> Self {
        Numbers(Arc::new(Shared {
            values,
            summary: OnceLock::new(),
        }))
    }
}
