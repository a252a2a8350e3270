//! Functions of instant vectors, by area.

mod absent;
mod labels;
pub(crate) mod math;
pub(crate) mod sort;
pub(crate) mod time;
