//! What can be proved about an expression: label flow and value ranges.
//!
//! Only proofs count: "unknown" is always a correct answer, and the answer for everything that is not understood.

mod constant;

pub use constant::constant;
