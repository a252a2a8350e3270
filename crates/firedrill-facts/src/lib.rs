//! What is known about each metric, and from where.
//!
//! Facts come from sources of different trust ([`Tier`]); the strongest source wins, and two sources of the same tier
//! that disagree make the metric's type unknown. A fact never goes without its [`Evidence`].

mod catalogue;
mod declared;
mod exposition;
mod fact;
mod family;
mod form;
pub mod index;
mod metadata;
mod metric;
mod name;
mod store;
mod unit;

pub use catalogue::Project;
pub use declared::DeclarationError;
pub use fact::{Evidence, Fact, MetricType, Tier};
pub use form::Form;
pub use metric::{Details, Domain, Known};
pub use name::has_counter_suffix;
pub use store::Facts;
pub use unit::{Dimension, Unit};
