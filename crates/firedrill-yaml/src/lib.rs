//! YAML in which every node knows its place in the file.
//!
//! [`decode`] turns bytes into text, [`parse`] turns text into a [`Tree`]. Verdicts follow go-yaml (what Prometheus
//! reads its files with), not the letter of YAML 1.2; every [`SyntaxError`] also carries go-yaml's own words.

mod budget;
mod build;
mod decode;
mod goyaml;
mod locate;
#[doc(hidden)]
pub use locate::verify as verify_locate;
mod ordinary;
mod problem;
mod resolve;
mod scalar;
mod tree;

pub use budget::{AliasBudget, ExcessiveAliasing};
pub use build::parse;
#[doc(hidden)]
pub use build::parse_general;
pub use decode::{DecodeError, decode, decode_base64, decode_owned};
#[doc(hidden)]
pub use ordinary::parse as parse_ordinary;
pub use problem::{SyntaxError, Upstream};
pub use resolve::{Resolved, TagMismatch, Version, old_bool, resolve};
pub use scalar::{Scalar, Style, Written};
pub use tree::{Comment, Content, Document, Field, MergeError, Node, NodeId, NodeRef, Tree};
