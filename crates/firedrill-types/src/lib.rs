//! What can be proved about an expression: label flow, value ranges, units and times.
//!
//! Only proofs count: "unknown" is always a correct answer, and the answer for everything that is not understood.

mod always;
mod constant;
mod describe;
mod flow;
mod part;
mod pattern;
mod range;
mod share;
mod timing;
mod units;

pub use always::always_returns;
pub use constant::constant;
pub use describe::{Typed, UsedFact, describe};
pub use flow::{Gone, LabelFact, Labels, Presence, What, label_flow};
pub use part::is_part_of_whole;
pub use range::{Range, value_range};
pub use share::{Share, ShareProof, share};
pub use timing::{Hold, LookBack, Renewal, longest_hold, look_back};
pub use units::{Measure, Quantity, measure};
