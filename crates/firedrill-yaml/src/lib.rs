//! YAML in which every node knows its place in the file.

mod scalar;

pub use scalar::{Scalar, Style};
